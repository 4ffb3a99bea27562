"""Where moderators close the thread of a post, now or after a day, and open it again."""

from flask import Blueprint, abort, g, render_template
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.comments import closing
from opm.comments.forms import ThreadForm
from opm.comments.models import Thread, ThreadDecision
from opm.extensions import db
from opm.lib.respond import see_other

bp = Blueprint("threads_desk", __name__, url_prefix="/comments/threads")


@bp.get("/<id:id>")
@requires(Ability.MODERATE)
def thread(id):
    """Whether comments are open under one post, by which rule, and who decided about it."""
    return _page(db.session.get(Thread, id) or abort(404), ThreadForm(formdata=None))


@bp.post("/<id:id>")
@requires(Ability.MODERATE)
def decide(id):
    """Closes comments there now or after a day, or opens them again."""
    thread = Thread.held(id) if db.session.get(Thread, id) else abort(404)
    form = ThreadForm()
    if not form.validate():
        return _page(thread, form, 422)
    try:
        closing.decide(thread, form.act.data, g.person, form.last_day)
    except closing.NothingToDo:
        return _page(thread, form, 409, nothing_to_do=True)
    except closing.TooOld:
        return _page(thread, form, 409, too_old=True)
    db.session.commit()
    return see_other(f"/desk/comments/threads/{id}")


def _page(thread, form, status=200, **values):
    decisions = select(ThreadDecision).where(ThreadDecision.thread_id == thread.id)
    made = decisions.options(joinedload(ThreadDecision.by)).order_by(ThreadDecision.id.desc())
    values |= {"thread": thread, "form": form, "decisions": db.session.scalars(made).all()}
    values["is_too_old"] = closing.is_too_old(thread)
    return render_template("desk/comments/thread.html", **values), status
