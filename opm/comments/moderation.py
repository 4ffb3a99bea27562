"""Deciding about comments. Every decision is a dated row that names the revision it saw and can be undone."""

from sqlalchemy import select

from opm import settings
from opm.accounts import audit, elections
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.comments import handing, lessons, letters
from opm.comments.models import ACTS, Act, Comment, Decision, MovedOn, State, Thread
from opm.extensions import db
from opm.lib import clock, publicity, redaction
from opm.outbox import posting

OUTCOME_MAIL = "comment outcome"
BY_MAIL = "by a link in a mail"
# What is not told: that somebody's words were taken for spam.
TOLD = set(Act) - {Act.SPAM}
REFUSED = {Act.REJECT, Act.REMOVE}
LOGGED_AS = {
    Act.APPROVE: Did.APPROVED,
    Act.REJECT: Did.REJECTED,
    Act.SPAM: Did.MARKED_SPAM,
    Act.REMOVE: Did.TOOK_DOWN,
    Act.REDACT: Did.REDACTED,
    Act.RESTORE: Did.RESTORED,
}


class CannotUndo(Exception):
    """Too late, not yours, or something newer has happened."""


def decide(
    comment: Comment,
    act: Act,
    by: Person,
    *,
    revision: int,
    rule: int | None = None,
    note: str = "",
    left: str = "",
    through: str = "",
) -> Decision:
    """Carries out what a moderator decided on the revision they saw. The comment is held. The caller commits.

    `left` is what shall be left of the words where some are taken out; `through` says in the log how it was done where
    that was not at the desk. Where the comment is rejected or taken down the note is the whole letter to its writer, or
    our words for the rule if it is empty. They hear of it once it can no longer be undone. Raises MovedOn if the
    comment is not as it was seen; CannotTakeOut; ElectionTime.
    """
    before, after = ACTS[act]
    comment.expect(before, revision)
    if not comment.text:  # its words are no longer kept
        raise MovedOn(comment)
    if act == Act.RESTORE and comment.was_taken_down:
        after = State.PUBLISHED
    if after == State.PUBLISHED and not comment.thread.is_public:  # its post was withdrawn: there is nowhere to stand
        raise MovedOn(comment)
    words = redaction.take_out(comment.text, left) if act == Act.REDACT else None
    if after == State.PUBLISHED and not comment.is_published:
        elections.expect_leave(by, "comment", comment.id, comment.thread.title)
    lessons.teach(comment, lessons.of(act, revision, comment.standing_decisions))
    letter = _letter(comment, act, rule, note)
    decision = Decision(
        comment=comment,
        by=by,
        act=act,
        from_state=comment.state,
        to_state=after,
        revision=revision,
        rule_number=rule,
        note=letter or note,
        is_letter=bool(letter),
        words_before=comment.text if words else None,
        decided_at=clock.now(),
    )
    db.session.add(decision)
    handing.end(comment)
    if comment.state != after:
        _move(comment, after)
    if words:  # after that: whoever sends once more what was first written is still known to have sent it
        _reword(comment, words)
    db.session.flush()
    how = ", ".join(filter(None, [f"rule {rule}" if rule else "", through]))
    audit.record(by, LOGGED_AS[act], "comment", comment.id, comment.thread.title, how)
    if act in TOLD and after != State.PENDING and comment.email and comment.wants_outcome:
        posting.post(OUTCOME_MAIL, comment.email, decision.id, due_at=decision.undo_until)
    return decision


def undo(decision: Decision, by: Person) -> Comment:
    """Puts the comment back to where it was; its mail then finds that it is not so, and does not go.

    What the same person has answered to a comment since they approved it goes with the approval. A mail that did not go
    because of this decision is due again, since what it says is so once more.

    The decision's comment is held. The caller commits. Raises CannotUndo; ElectionTime where the public would see
    again what the decision took from it.
    """
    is_redaction = decision.act == Act.REDACT
    if not decision.can_be_undone_by(by) or (is_redaction and not decision.words_before):
        raise CannotUndo
    if decision.from_state == State.PUBLISHED:
        elections.expect_leave(by, "comment", decision.comment_id, decision.comment.thread.title)
    _unteach(decision)
    decision.undone_at = clock.now()
    audit.record(by, Did.UNDID, "comment", decision.comment_id, decision.comment.thread.title, decision.act)
    if is_redaction:
        _reword(decision.comment, decision.words_before)
        decision.words_before = None
    if decision.act == Act.APPROVE:
        _take_back_answers(decision)
    if decision.comment.state != decision.from_state:
        _move(decision.comment, decision.from_state)
    for standing in decision.comment.decisions:
        if standing.is_current:
            posting.post_cancelled(OUTCOME_MAIL, standing.id)
    return decision.comment


def held_decision(id: int) -> Decision | None:
    """The decision, with its comment locked until this transaction ends."""
    decision = db.session.get(Decision, id)
    if decision is None or Comment.held(decision.comment_id) is None:
        return None
    return db.session.scalar(select(Decision).where(Decision.id == id).execution_options(populate_existing=True))


def _unteach(decision: Decision) -> None:
    """What it taught about spam is counted back, on the words that it was taught with."""
    earlier = [each for each in decision.comment.standing_decisions if each.id < decision.id]
    lesson = lessons.of(decision.act, decision.revision, earlier)
    lessons.teach(decision.comment, lesson and lesson.undone)


def _letter(comment: Comment, act: Act, rule: int | None, note: str) -> str:
    """What is written to somebody whose comment is refused; empty where it is not, or nobody says by which rule."""
    named = settings.current().rule(rule) if act in REFUSED else None
    return (note or letters.standard(act, named, comment.thread)) if named else ""


def _take_back_answers(decision: Decision) -> None:
    """The team would otherwise answer in public what the public does not see. Its words stay at the desk."""
    own = Comment.parent_id == decision.comment_id, Comment.staff_id == decision.by_id
    since = Comment.written_at >= decision.decided_at, Comment.state == State.PUBLISHED
    for id in db.session.scalars(select(Comment.id).where(*own, *since).order_by(Comment.id)).all():
        answer = Comment.held(id)
        answer.withdraw(Thread.held(answer.thread_id))


def _reword(comment: Comment, words: str) -> None:
    """The public reads these from now on."""
    comment.reword(words)
    publicity.bump()


def _move(comment: Comment, state: State) -> None:
    """Into this state, and where the public sees a difference, saying so."""
    is_seen = State.PUBLISHED in (comment.state, state)
    thread = Thread.held(comment.thread_id) if is_seen else comment.thread
    comment.move_to(state, thread)
    if is_seen:
        publicity.bump()
