"""The maintainers' door, its guard, and the front page with its queues.

A page of the desk is closed by being a page of the desk: every feature's desk blueprint is nested in this one, whose
guard runs before all of them.
"""

from flask import Blueprint, render_template
from sqlalchemy import func, select

from opm.accounts import access
from opm.comments.models import Comment
from opm.comments.models import State as CommentState
from opm.extensions import db
from opm.outbox.models import Email
from opm.outbox.models import State as EmailState
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
    oldest = func.min(Comment.confirmed_at)
    waiting, oldest_at = db.session.execute(
        select(func.count(Comment.id), oldest).where(Comment.state == CommentState.PENDING)
    ).one()
    mails = dict(db.session.execute(select(Email.state, func.count(Email.id)).group_by(Email.state)).all())
    return render_template(
        "desk/front.html",
        waiting=waiting,
        oldest_at=oldest_at,
        failed=mails.get(EmailState.FAILED, 0),
        kept=mails.get(EmailState.KEPT, 0),
    )
