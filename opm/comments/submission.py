"""Taking a comment from a stranger: stored with its email in one transaction, and one however often it is sent."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from opm import settings
from opm.comments import redacting
from opm.comments.flags import Flag
from opm.comments.models import Comment, ParentGone, State, Thread, ThreadClosed, address_hash, sameness
from opm.extensions import db
from opm.lib import links
from opm.outbox import strangers

CONFIRM_MAIL = "comment confirmation"
ALREADY_MAIL = "comment already confirmed"
A_DAY = ("comments_per_address_a_day",)
MANY_LINKS = 3


def submit(thread: Thread, parent: Comment | None, *, text, name, email, network, trapped=False) -> Comment:
    """A new unconfirmed comment, or the one that these words already are here. The caller commits.

    A repeat costs the same and gets the same answer whatever became of the first, so that nobody learns whose
    comments stand here. Raises ThreadClosed, ParentGone, TooMany.
    """
    check_open(thread, parent)
    standing = _standing(thread, parent, email, text)
    counts = strangers.spend("comments", email, network, A_DAY)  # after the lock on a comment, as everywhere
    if standing:
        standing.panel_name = name
        standing.reopen_panel(settings.current().unconfirmed_for)
        return standing
    comment = Comment(
        thread=thread,
        parent=parent,
        text=text,
        name=name,
        email=email,
        address_hash=address_hash(email),
        network=network,
        flags=_flags(text, trapped, counts),
    )
    return add(comment, counts)


def add(comment: Comment, counts: dict[str, int]) -> Comment:
    """Stores it with its email; or, if another process has just stored the same, gives that one."""
    comment.sameness = sameness(comment.thread.id, comment.parent and comment.parent.id, comment.email, comment.text)
    try:
        with db.session.begin_nested():
            db.session.add(comment)
    except IntegrityError:
        return db.session.scalars(select(Comment).where(Comment.sameness == comment.sameness)).one()
    post_code(comment, counts)
    return comment


def post_code(comment: Comment, counts: dict[str, int]) -> None:
    """Mails the code and the link; a little later while a flood of comments would make a flood of mails."""
    strangers.post(CONFIRM_MAIL, comment.email, comment.id, comment.link_nonce, counts)


def answered(thread: Thread, id: int | None) -> Comment | None:
    """The comment of this thread that somebody answers, if they answer one.

    Raises ParentGone if none of that number is published here, whether it waits, stands elsewhere or never was.
    """
    if id is None:
        return None
    found = db.session.get(Comment, id)
    if found is None or not _is_answerable(found, thread):
        raise ParentGone
    return found


def has_many_links(text: str) -> bool:
    """Whether a moderator should know how many web addresses stand in it."""
    return links.count(text) >= MANY_LINKS


def signs_after(text: str, signs: list[str]) -> list[str]:
    """A comment's signs once it says this: those of its words anew, the others as they were."""
    of_words = _signs_of(text)
    return [sign for sign in signs if sign not in of_words] + [sign for sign, shown in of_words.items() if shown]


def check_open(thread: Thread, parent: Comment | None) -> None:
    """Raises ThreadClosed or ParentGone if nothing can be said here, or not in answer to that."""
    site = settings.current()
    if site.election_closes_comments or not thread.is_open(site.close_after_days):
        raise ThreadClosed
    if parent is not None and not _is_answerable(parent, thread):
        raise ParentGone


def same(thread_id: int, parent_id: int | None, email: str, text: str) -> Comment | None:
    """The comment that these words from this address already are in this place, while it stands."""
    return db.session.scalar(select(Comment).where(Comment.sameness == sameness(thread_id, parent_id, email, text)))


def _standing(thread: Thread, parent: Comment | None, email: str, text: str) -> Comment | None:
    """The comment that these words already are, held. One that nobody can confirm any more makes room."""
    found = same(thread.id, parent and parent.id, email, text)
    mark = found and found.sameness
    if found is None or Comment.held(found.id) is None or found.sameness != mark:
        return None  # there was none, or it has gone or been turned away this moment
    if found.state == State.UNCONFIRMED and not found.link_lives(settings.current().unconfirmed_for):
        db.session.delete(found)
        db.session.flush()
        return None
    return found


def _is_answerable(parent: Comment, thread: Thread) -> bool:
    return parent.thread_id == thread.id and parent.is_published


def _flags(text: str, trapped: bool, counts: dict) -> list[str]:
    """What a moderator should know: signs that order and warn, and never refuse."""
    signs = {
        Flag.TRAP: trapped,
        **_signs_of(text),
        Flag.NETWORK: counts.get("comments_per_network", 0) > settings.current().comments_per_network_flagged,
    }
    return [sign for sign, shown in signs.items() if shown]


def _signs_of(text: str) -> dict[str, bool]:
    return {Flag.LINKS: has_many_links(text), Flag.PRIVATE: bool(redacting.details(text))}
