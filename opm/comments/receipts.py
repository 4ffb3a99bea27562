"""What a commenter can see and do by the private link in their mail."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from opm import settings
from opm.comments import handing, likeness
from opm.comments.models import WITHDRAWABLE, Act, BlockedAddress, Comment, Decision, SaidAlready, State, Thread
from opm.comments.moderation import OUTCOME_MAIL
from opm.comments.submission import ALREADY_MAIL, CONFIRM_MAIL, signs_after
from opm.comments.thread_html import how_received
from opm.extensions import db
from opm.lib import clock, publicity
from opm.lib.i18n import gettext as _
from opm.outbox.models import Email

WAITING_STATES = {State.PENDING, State.SPAM}
RECENT = timedelta(days=30)
ENOUGH_DECISIONS, MOST_DECISIONS = 10, 200


# What is told


@dataclass(frozen=True)
class Step:
    """One line of a comment's history: what happened, when, and why if there is a reason."""

    what: str
    at: datetime | None = None
    why: str = ""


def heading(comment: Comment) -> str:
    """Where the comment stands, in a few words."""
    if comment.is_published and not comment.thread.is_public:
        return _("Your comment went with the post that it stood under")
    if comment.is_published and comment.is_redacted:
        return _("Your comment is published, without some words")
    return {
        State.UNCONFIRMED: _("Your comment waits for you to confirm it"),
        State.PUBLISHED: _("Your comment is published"),
        State.REJECTED: _("Your comment is not published"),
        State.WITHDRAWN: _("You withdrew your comment"),
    }.get(comment.state, _("Your comment is waiting for a moderator"))


def history(comment: Comment) -> list[Step]:
    """What has happened to it, in order; the last is where it stands now. That it was taken for spam is not told."""
    told = [decision for decision in comment.standing_decisions if decision.act != Act.SPAM]
    steps = [
        *_beginning(comment),
        Step(_("Published"), comment.published_at if comment.went_straight_out else None),
        Step(_("Changed by you"), comment.edited_at),
        *map(_step, told),
        Step(_("Withdrawn by you"), comment.withdrawn_at),
    ]
    happened = sorted((step for step in steps if step.at), key=lambda step: step.at)
    now = {State.UNCONFIRMED: _("Waiting for you")} | dict.fromkeys(WAITING_STATES, _("Waiting for a moderator"))
    return [*happened, Step(now[comment.state])] if comment.state in now else happened


def _beginning(comment: Comment) -> list[Step]:
    if comment.received_how:
        return [Step(how_received(comment.received_how), comment.written_at)]
    return [Step(_("Written"), comment.written_at), Step(_("Address confirmed"), comment.confirmed_at)]


def _step(decision: Decision) -> Step:
    was_public = decision.from_state == State.PUBLISHED
    words = {
        Act.APPROVE: _("Published"),
        Act.REJECT: _("Not published"),
        Act.REMOVE: _("Taken down by a moderator"),
        Act.REDACT: _("Words taken out by a moderator") if was_public else _("Published, without some words"),
    }.get(decision.act, _("Published again") if decision.to_state == State.PUBLISHED else _("Looked at once more"))
    return Step(words, decision.decided_at, reason(decision))


def reason(decision: Decision) -> str:
    """The rule that a decision names, and the moderator's note or letter, as the writer is told them."""
    rule = settings.current().rule(decision.rule_number) if decision.rule_number else None
    by_rule = _("Rule %(number)s: %(title)s.", number=rule.number, title=rule.title) if rule else ""
    return ("\n\n" if decision.is_letter else " ").join([by_rule, decision.note]).strip()


def kept_until(comment: Comment) -> datetime:
    """When the words go of a comment that was withdrawn, or is withdrawn now: as the clocks of `forgetting` have it."""
    site = settings.current()
    if not comment.is_confirmed:
        return comment.written_at + site.unconfirmed_for
    return (comment.withdrawn_at or clock.now()) + timedelta(days=site.unpublished_days)


def usual_wait() -> timedelta | None:
    """How long half of the comments that were decided of late had waited at most; None if those are too few to say."""
    decided = (
        select(Comment.confirmed_at, Decision.decided_at)
        .join(Decision.comment)
        .where(
            Decision.decided_at > clock.now() - RECENT,
            Decision.from_state == State.PENDING,
            Decision.undone_at.is_(None),
            Comment.confirmed_at.is_not(None),
        )
        .order_by(Decision.decided_at.desc())
    )
    waits = [until - since for since, until in db.session.execute(decided.limit(MOST_DECISIONS))]
    return median(waits) if len(waits) >= ENOUGH_DECISIONS else None


def before_count(comment: Comment) -> int:
    """How many comments a moderator comes to before this one."""
    earlier = or_(
        Comment.confirmed_at < comment.confirmed_at,
        and_(Comment.confirmed_at == comment.confirmed_at, Comment.id < comment.id),
    )
    return db.session.scalar(select(func.count(Comment.id)).where(Comment.state == State.PENDING, earlier))


# What can be done


def edit(comment: Comment, *, text: str, name: str, revision: int) -> None:
    """Its writer says it in other words. The comment is held. The caller commits. Raises MovedOn, SaidAlready.

    Pressed twice it counts once: the second time there is nothing to change.
    """
    if (text, name) == (comment.text, comment.name):
        return
    try:
        with db.session.begin_nested():
            comment.edit(text, name, revision)
    except IntegrityError:  # the same words were sent at this very moment
        raise SaidAlready from None
    comment.flags = signs_after(text, comment.flags)
    if comment.is_published:
        publicity.bump()


def hears(comment: Comment) -> bool:
    """Whether its writer is mailed about it: they may have stopped that, or all mails to this address."""
    return comment.wants_outcome and not BlockedAddress.stands(comment.email)


def set_mails(comment: Comment, *, wanted: bool) -> None:
    """Its writer is mailed about it, or not. Who wants to be is one that may be mailed at all. The caller commits."""
    comment.wants_outcome = wanted
    if wanted:
        BlockedAddress.lift(comment.email)


def withdraw(comment: Comment) -> None:
    """Takes the words off the site; replies stay. The comment is held. The caller commits. Raises MovedOn."""
    comment.withdraw(Thread.held(comment.thread_id))
    handing.end(comment)
    if comment.number:  # it was public, or leaves a mark where replies hang from it
        publicity.bump()


def can_withdraw(comment: Comment) -> bool:
    """Whether there is something left to take back."""
    return comment.state in WITHDRAWABLE


def erase(comment: Comment) -> None:
    """Nothing of who wrote it remains, nor in the outbox; replies stay. The comment is held. The caller commits.

    What still waits to be mailed about it does not go: the comment has no address any more.
    """
    comment.erase(Thread.held(comment.thread_id))
    likeness.forget(comment)
    handing.end(comment)
    db.session.execute(update(Email).where(_is_about(comment)).values(recipient="", answer=""))
    if comment.number:
        publicity.bump()


def mails(comment: Comment) -> list[Email]:
    """What the outbox holds about it, in order."""
    return list(db.session.scalars(select(Email).where(_is_about(comment)).order_by(Email.id)))


def _is_about(comment: Comment):
    decided = [decision.id for decision in comment.decisions]
    return or_(
        and_(Email.kind.in_([CONFIRM_MAIL, ALREADY_MAIL]), Email.about_id == comment.id),
        and_(Email.kind == OUTCOME_MAIL, Email.about_id.in_(decided)),
    )
