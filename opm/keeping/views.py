"""What monitors ask."""

import ipaddress

from flask import Blueprint, Response, abort, current_app, request

from opm import settings
from opm.config import LOOPBACK_NAMES
from opm.keeping import health, metrics, visiting
from opm.keeping.health import SILENCE, Pulse, Status
from opm.lib import origin
from opm.lib.machines import for_machines

# A server in front says by one of these that it asks for somebody else.
FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")

bp = Blueprint("keeping", __name__)


@bp.record_once
def _take_pulses(state):
    state.app.extensions["pulse"] = Pulse(state.app, lambda: health.examine(), SILENCE)
    state.app.extensions["numbers"] = Pulse(state.app, lambda: metrics.of_the_site(), metrics.silence())


@bp.get("/healthz")
@for_machines
def pulse():
    """How the site is. 503 if it cannot serve readers; 200 if it can, also where somebody should look ("degraded").

    A load balancer that took every machine away because of a worker that died, or of mail that waits, would take the
    posts from their readers; a monitor reads `status`.
    """
    seen = current_app.extensions["pulse"].take()
    said = seen.as_dict()
    if understood := visiting.understood():
        said["understood"] = understood
    return said, 503 if seen.status is Status.DOWN else 200


@bp.get("/metrics")
@for_machines
def numbers():
    """The site in numbers, for whoever may read them. Others learn no more than from any address that is not there."""
    if not may_read_metrics():
        origin.check()
        settings.current()  # the page is made as any other
        abort(404)
    of_the_site = current_app.extensions["numbers"].take()
    said = metrics.text([*metrics.of_this_machine(), *of_the_site, *metrics.of_this_process()])
    return Response(said, content_type=metrics.CONTENT_TYPE)


def may_read_metrics() -> bool:
    """Whether this machine itself is asking, by a name of its own, or a network that OPM_METRICS names.

    Behind a server on this machine everybody seems to be the machine itself. So whom a server asks for is never taken
    for that, whatever the servers in front are said to be, and is believed only where all of them said who asked.
    """
    asker = _address(request.remote_addr)
    if asker is None:
        return False
    is_named = any(asker in network for network in current_app.config["METRICS"])
    if any(name in request.headers for name in FORWARDED):
        return is_named and _is_known_through_proxies()
    return is_named or (asker.is_loopback and _host() in LOOPBACK_NAMES)


def _is_known_through_proxies() -> bool:
    trusted = current_app.config["TRUSTED_PROXIES"]
    return 0 < trusted <= len(",".join(request.headers.getlist("X-Forwarded-For")).split(","))


def _address(text: str | None):
    try:
        address = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _host() -> str:
    """The name in the Host header, without its port."""
    host, colon, port = request.host.rpartition(":")
    return host if colon and port.isdigit() else request.host
