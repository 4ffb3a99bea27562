"""What a commenter can do with their own comment, by the private link in their mail."""

from dataclasses import dataclass
from datetime import datetime

from opm import settings
from opm.comments.models import WITHDRAWABLE, Act, Comment, Decision, State, Thread
from opm.lib import publicity
from opm.lib.i18n import gettext as _

WAITING_STATES = {State.PENDING, State.SPAM}


@dataclass(frozen=True)
class Step:
    """One line of a comment's history: what happened, when, and why if there is a reason."""

    what: str
    at: datetime | None = None
    why: str = ""


def heading(comment: Comment) -> str:
    """Where the comment stands, in a few words."""
    return {
        State.UNCONFIRMED: _("Your comment waits for you to confirm it"),
        State.PUBLISHED: _("Your comment is published"),
        State.REJECTED: _("Your comment is not published"),
        State.WITHDRAWN: _("You withdrew your comment"),
    }.get(comment.state, _("Your comment is waiting for a moderator"))


def history(comment: Comment) -> list[Step]:
    """What has happened to it, in order; the last is where it stands now. That it was taken for spam is not told."""
    steps = [Step(_("Written"), comment.written_at)]
    if comment.confirmed_at:
        steps.append(Step(_("Address confirmed"), comment.confirmed_at))
    told = [decision for decision in comment.decisions if not decision.undone_at and decision.act != Act.SPAM]
    steps += [_step(decision) for decision in told]
    if comment.is_published and not told:
        steps.append(Step(_("Published"), comment.published_at))
    if comment.withdrawn_at:
        steps.append(Step(_("Withdrawn by you"), comment.withdrawn_at))
    if comment.state in WAITING_STATES:
        steps.append(Step(_("Waiting for a moderator")))
    return steps


def _step(decision: Decision) -> Step:
    words = {
        Act.APPROVE: _("Published"),
        Act.REJECT: _("Not published"),
        Act.REMOVE: _("Taken down by a moderator"),
    }.get(decision.act, _("Published again") if decision.to_state == State.PUBLISHED else _("Looked at once more"))
    return Step(words, decision.decided_at, reason(decision))


def reason(decision: Decision) -> str:
    """The rule that a decision names and the moderator's note, as the writer is told them."""
    rule = settings.current().rule(decision.rule_number) if decision.rule_number else None
    by_rule = _("Rule %(number)s: %(title)s.", number=rule.number, title=rule.title) if rule else ""
    return f"{by_rule} {decision.note}".strip()


def withdraw(comment: Comment) -> None:
    """Takes the words off the site; replies stay. The comment is held. The caller commits. Raises MovedOn."""
    comment.withdraw(Thread.held(comment.thread_id))
    if comment.number:  # it was public, or leaves a mark where replies hang from it
        publicity.bump()


def can_withdraw(comment: Comment) -> bool:
    """Whether there is something left to take back."""
    return comment.state in WITHDRAWABLE
