"""What monitors ask."""

from flask import Blueprint, current_app

from opm.keeping import visiting
from opm.keeping.health import Pulse, Status
from opm.lib.machines import for_machines

bp = Blueprint("keeping", __name__)


@bp.record_once
def _take_a_pulse(state):
    state.app.extensions["pulse"] = Pulse(state.app)


@bp.get("/healthz")
@for_machines
def health():
    """How the site is. 503 if it cannot serve readers; 200 if it can, also where somebody should look ("degraded").

    A load balancer that took every machine away because of a worker that died, or of mail that waits, would take the
    posts from their readers; a monitor reads `status`.
    """
    health = current_app.extensions["pulse"].take()
    said = health.as_dict()
    if understood := visiting.understood():
        said["understood"] = understood
    return said, 503 if health.status is Status.DOWN else 200
