"""The maintainers' door, its guard, and the front page with its queues.

A page of the desk is closed by being a page of the desk: every feature's desk blueprint is nested in this one, whose
guard runs before all of them.
"""

from flask import Blueprint, g, render_template

from opm.accounts import access
from opm.accounts.kept_forms import KeptForm
from opm.desk import queues
from opm.reports import cases


def blueprint(*rooms: Blueprint) -> Blueprint:
    """The desk, with the features' rooms in it."""
    desk = Blueprint("desk", __name__, url_prefix="/desk")
    desk.before_request(access.guard)
    desk.context_processor(lambda: {"waiting_reports": cases.waiting})
    desk.get("/")(front)
    for room in rooms:
        desk.register_blueprint(room)
    return desk


def front():
    """What needs somebody: queues, not menus."""
    secret = access.kept_secret()
    has_kept = bool(secret and KeptForm.of(secret))
    return render_template("desk/front.html", queues=queues.of(g.person), has_kept=has_kept)
