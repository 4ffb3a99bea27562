"""A comment that came to the team by phone or on paper: entered at the desk, and public at once.

Its writer confirmed nothing here; the person who enters it vouches for it, and readers are told how it came.
"""

from datetime import date, datetime, time

from sqlalchemy import select

from opm import settings
from opm.accounts import audit, elections
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.comments.models import Comment, MovedOn, Received, SaidAlready, State, Thread, address_hash
from opm.extensions import db
from opm.lib import clock, publicity


def enter(thread: Thread, by: Person, *, text: str, name: str, how: Received, received_on: date, email: str) -> Comment:
    """Publishes it, as written on the day it was received. The thread is held, open or not. The caller commits.

    An address is not written to now: only if something is decided about the comment later is its writer told, as
    everybody is. Raises SaidAlready if the same person says the same there already, as after a second press;
    ElectionTime.
    """
    if _is_said(thread, text, name, email):
        raise SaidAlready
    elections.expect_leave(by, "thread", thread.id, thread.title)
    comment = Comment(
        thread=thread,
        text=text,
        name=name,
        email=email or None,
        address_hash=address_hash(email) if email else None,
        written_at=_during(received_on),
        received_how=how,
        received_on=received_on,
        entered_by=by,
    )
    db.session.add(comment)
    db.session.flush()
    comment.confirm()
    comment.publish(thread)
    db.session.flush()
    audit.record(by, Did.ENTERED, "comment", comment.id, thread.title, how)
    publicity.bump()
    return comment


def withdraw(comment: Comment, by: Person) -> None:
    """The team takes back what it wrote, or entered for somebody. The comment is held. The caller commits.

    Raises MovedOn unless it is public and the team's.
    """
    comment.expect({State.PUBLISHED})
    if not comment.is_the_teams:
        raise MovedOn(comment)
    comment.withdraw(Thread.held(comment.thread_id))
    audit.record(by, Did.WITHDREW, "comment", comment.id, comment.thread.title)
    publicity.bump()


def _during(day: date) -> datetime:
    """Noon of that day where the site is, or now if that is still to come."""
    return min(datetime.combine(day, time(12), tzinfo=settings.current().timezone), clock.now())


def _is_said(thread: Thread, text: str, name: str, email: str) -> bool:
    same = Comment.thread_id == thread.id, Comment.text == text, Comment.state == State.PUBLISHED
    by_name = (Comment.name == name) & Comment.received_how.is_not(None)
    by_address = Comment.address_hash == address_hash(email) if email else None
    who = by_name if by_address is None else by_name | by_address
    return db.session.scalar(select(Comment.id).where(*same, who).limit(1)) is not None
