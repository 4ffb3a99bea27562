"""The queues in which comments wait, and the archives of what was decided."""

from flask import Blueprint, abort, g, render_template, request
from sqlalchemy.orm import joinedload

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.comments import rows
from opm.comments.models import Comment, Decision, State
from opm.extensions import db
from opm.lib.paging import page_number

bp = Blueprint("comments_desk", __name__, url_prefix="/comments")

ON_A_PAGE = 20


@bp.get("/")
@requires(Ability.MODERATE)
def queue():
    """The comments in one state, the longest waiting first, below what this moderator has just decided."""
    state = _state(request.args.get("state", State.PENDING))
    number = page_number(request.args.get("page"))
    waiting = rows.rows().where(Comment.state == state).order_by(*Comment.longest_waiting())
    found = db.session.execute(waiting.limit(ON_A_PAGE).offset((number - 1) * ON_A_PAGE)).all()
    if number > 1 and not found:
        abort(404)
    decided = Decision.undoable_by(g.person).options(joinedload(Decision.comment).joinedload(Comment.thread))
    return render_template(
        "desk/comments/queue.html",
        state=state,
        rows=found,
        counts=rows.counts(),
        number=number,
        on_a_page=ON_A_PAGE,
        decided=db.session.scalars(decided.limit(5)).all() if state == State.PENDING and number == 1 else [],
    )


def _state(named: str) -> State:
    return State(named) if named in set(State) else abort(404)
