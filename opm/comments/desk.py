"""Where moderators decide: the queues, one row a comment, and undo."""

from flask import Blueprint, abort, g, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.comments import closing, moderation, redacting
from opm.comments.forms import DecisionForm, ThreadForm
from opm.comments.models import Act, Comment, Decision, MovedOn, State, Thread, ThreadDecision
from opm.extensions import db
from opm.lib.i18n import lazy_gettext as _
from opm.lib.paging import page_number
from opm.lib.redaction import CannotTakeOut
from opm.lib.respond import page_or_fragment, see_other, wants_fragment

bp = Blueprint("comments_desk", __name__, url_prefix="/comments")

bp.add_app_template_filter(redacting.details, "private_details")
bp.add_app_template_filter(redacting.kinds_in_words)
bp.add_app_template_filter(redacting.marked)
bp.add_app_template_filter(redacting.proposal)

ON_A_PAGE = 20
DECIDED = {
    Act.APPROVE: _("Approved"),
    Act.REJECT: _("Rejected"),
    Act.SPAM: _("Marked as spam"),
    Act.REMOVE: _("Taken down"),
    Act.REDACT: _("Words taken out"),
    Act.RESTORE: _("Restored"),
}


@bp.app_template_filter()
def decided(act: Act) -> str:
    """What was decided, in a word or two."""
    return str(DECIDED[act])


@bp.get("/")
@requires(Ability.MODERATE)
def queue():
    """The comments in one state, the longest waiting first, below what this moderator has just decided."""
    state = _state(request.args.get("state", State.PENDING))
    number = page_number(request.args.get("page"))
    waiting = _rows().where(Comment.state == state).order_by(*Comment.longest_waiting())
    rows = db.session.execute(waiting.limit(ON_A_PAGE).offset((number - 1) * ON_A_PAGE)).all()
    if number > 1 and not rows:
        abort(404)
    decided = Decision.undoable_by(g.person).options(joinedload(Decision.comment).joinedload(Comment.thread))
    return render_template(
        "desk/comments/queue.html",
        state=state,
        rows=rows,
        counts=_counts(),
        number=number,
        on_a_page=ON_A_PAGE,
        decided=db.session.scalars(decided.limit(5)).all() if state == State.PENDING and number == 1 else [],
    )


@bp.get("/<id:id>")
@requires(Ability.MODERATE)
def row(id):
    """One comment, with what can be decided about it. `?open=reject` asks for the rule first."""
    return _row(*_found(id), opened=request.args.get("open"))


@bp.post("/<id:id>/decision")
@requires(Ability.MODERATE)
def decide(id):
    """Carries out a decision on the revision that was seen; shows the comment instead if it has changed."""
    comment = Comment.held(id) or abort(404)
    form = DecisionForm()
    if form.needs_rule and "rule" not in request.form:  # pressed "Reject …": the next step asks for the rule
        return _row(*_found(id), opened=form.decision.data, form=form)
    if not form.validate():
        return _row(*_found(id), status=422, opened=form.needs_rule and form.decision.data, form=form)
    try:
        decision = moderation.decide(
            comment,
            form.act,
            g.person,
            revision=form.revision.data,
            rule=form.rule_number,
            note=form.note.data,
            left=form.left.data,
        )
    except MovedOn:
        return _row(*_found(id), status=409, has_moved_on=True, form=form)
    except CannotTakeOut as refused:
        form.left.errors = [refused.sentence]
        return _row(*_found(id), status=422, opened=form.decision.data, form=form)
    db.session.commit()
    return _decided(decision) if wants_fragment() else see_other("/desk/comments/#decided")


@bp.post("/decisions/<id:id>/undo")
@requires(Ability.MODERATE)
def undo(id):
    """Takes back one's own decision within ten minutes."""
    decision = moderation.held_decision(id) or abort(404)
    try:
        comment = moderation.undo(decision, g.person)
    except moderation.CannotUndo:
        return _row(*_found(decision.comment_id), status=409, cannot_undo=True)
    db.session.commit()
    if wants_fragment():
        return _row(*_found(comment.id), waiting=_counts()[State.PENDING])
    return see_other(f"/desk/comments/#row-{comment.id}")


@bp.get("/threads/<id:id>")
@requires(Ability.MODERATE)
def thread(id):
    """Whether comments are open under one post, by which rule, and who decided about it."""
    return _thread(db.session.get(Thread, id) or abort(404), ThreadForm(formdata=None))


@bp.post("/threads/<id:id>")
@requires(Ability.MODERATE)
def decide_about_thread(id):
    """Closes comments there now or after a day, or opens them again."""
    thread = Thread.held(id) if db.session.get(Thread, id) else abort(404)
    form = ThreadForm()
    if not form.validate():
        return _thread(thread, form, 422)
    try:
        closing.decide(thread, form.act.data, g.person, form.last_day)
    except closing.NothingToDo:
        return _thread(thread, form, 409, nothing_to_do=True)
    except closing.TooOld:
        return _thread(thread, form, 409, too_old=True)
    db.session.commit()
    return see_other(f"/desk/comments/threads/{id}")


def _rows():
    """Rows of (comment, how many others of its address are published, and rejected) with what a row shows."""
    shown = (
        joinedload(Comment.thread),
        joinedload(Comment.parent),
        selectinload(Comment.decisions).joinedload(Decision.by),
    )
    counts = Comment.others_count(State.PUBLISHED), Comment.others_count(State.REJECTED)
    return select(Comment, *counts).options(*shown)


def _found(id: int):
    return db.session.execute(_rows().where(Comment.id == id)).one_or_none() or abort(404)


def _counts() -> dict[State, int]:
    counted = db.session.execute(select(Comment.state, func.count(Comment.id)).group_by(Comment.state)).all()
    return {state: dict(counted).get(state, 0) for state in State}


def _state(named: str) -> State:
    return State(named) if named in set(State) else abort(404)


def _row(comment, published, rejected, status=200, **values):
    values |= {"comment": comment, "published": published, "rejected": rejected}
    return page_or_fragment("desk/comments/one.html", "desk/comments/_row.html", status, **values)


def _thread(thread, form, status=200, **values):
    decisions = select(ThreadDecision).where(ThreadDecision.thread_id == thread.id)
    made = decisions.options(joinedload(ThreadDecision.by)).order_by(ThreadDecision.id.desc())
    values |= {"thread": thread, "form": form, "decisions": db.session.scalars(made).all()}
    values["is_too_old"] = closing.is_too_old(thread)
    return render_template("desk/comments/thread.html", **values), status


def _decided(decision):
    return render_template(
        "desk/comments/_decided.html", decision=decision, waiting=_counts()[State.PENDING], is_fragment=True
    )
