"""What a commenter can do with their own comment, by the private link in their mail."""

from dataclasses import dataclass
from datetime import datetime

from opm.comments.models import Act, Comment, State, Thread
from opm.lib import publicity
from opm.lib.i18n import gettext as _


@dataclass(frozen=True)
class Step:
    """One line of a comment's history."""

    what: str
    at: datetime | None = None


def history(comment: Comment) -> list[Step]:
    """What has happened to it, in order; the last is where it stands now."""
    steps = [Step(_("Written"), comment.written_at)]
    if comment.confirmed_at:
        steps.append(Step(_("Address confirmed"), comment.confirmed_at))
    words = {
        Act.APPROVE: _("Published"),
        Act.REJECT: _("Not published"),
        Act.REMOVE: _("Taken down by a moderator"),
        Act.RESTORE: _("Published again") if comment.number else _("Looked at once more"),
    }
    decided = [d for d in comment.decisions if not d.undone_at]
    steps += [Step(words[d.act], d.decided_at) for d in decided if d.act in words]
    if comment.is_published and not decided:
        steps.append(Step(_("Published"), comment.published_at))
    if comment.withdrawn_at:
        steps.append(Step(_("Withdrawn by you"), comment.withdrawn_at))
    waiting = {
        State.UNCONFIRMED: _("Waiting for you to confirm your address"),
        State.PENDING: _("Waiting for a moderator"),
        State.SPAM: _("Waiting for a moderator"),
    }
    if comment.state in waiting:
        steps.append(Step(waiting[comment.state]))
    return steps


def withdraw(comment: Comment) -> None:
    """Takes the words off the site; replies stay. The comment is held. The caller commits. Raises MovedOn."""
    was_public = comment.is_published
    comment.withdraw(Thread.held(comment.thread_id))
    if was_public:
        publicity.bump()
