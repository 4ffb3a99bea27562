"""Where a comment that came by phone or on paper is entered."""

from flask import Blueprint, g, render_template, request
from sqlalchemy import select

from opm import settings
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.comments import entering
from opm.comments.forms import EnteringForm
from opm.comments.models import SaidAlready, Thread
from opm.extensions import db
from opm.lib import clock
from opm.lib.i18n import gettext as _
from opm.lib.respond import see_other

bp = Blueprint("entering_desk", __name__, url_prefix="/comments")

NEWEST = 100  # threads to choose from


@bp.get("/new")
@requires(Ability.MODERATE)
def ask():
    """The form. `?thread=` names the thread, as the page about a thread does."""
    today = settings.current().local(clock.now()).date()
    return _form(EnteringForm(formdata=None, data={"thread": request.args.get("thread", ""), "day": str(today)}))


@bp.post("/new")
@requires(Ability.MODERATE)
def enter():
    """Publishes what somebody said by phone or on paper, and leads to where it stands."""
    form = EnteringForm()
    is_sound, thread = form.validate(), _thread(form.thread_id)
    if thread is None:
        form.thread.errors = [_("Choose the post that it is about")]
    if not is_sound or thread is None:
        return _form(form, 422)
    try:
        comment = entering.enter(Thread.held(thread.id), g.person, **form.words())
    except SaidAlready:
        form.text.errors = [_("They say just this under the post already")]
        return _form(form, 409)
    db.session.commit()
    return see_other(f"/desk/comments/{comment.id}")


def _thread(id: int) -> Thread | None:
    found = db.session.get(Thread, id)
    return found if found and found.is_public and found.opened_at <= clock.now() else None


def _form(form, status=200):
    is_there = Thread.is_public, Thread.opened_at <= clock.now()
    threads = db.session.scalars(select(Thread).where(*is_there).order_by(Thread.opened_at.desc()).limit(NEWEST)).all()
    chosen = _thread(form.thread_id)
    if chosen and chosen not in threads:
        threads = [chosen, *threads]
    return render_template("desk/comments/new.html", form=form, threads=threads, chosen=chosen), status
