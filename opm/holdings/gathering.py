"""All that is held about one address, from every room that holds something; and letting go of all of it.

A room that begins to hold something about people joins here by one line in each.
"""

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import selectinload

from opm.accounts.invitations import Invitation
from opm.accounts.models import Person
from opm.comments import holdings as of_comments
from opm.comments import receipts
from opm.comments.models import BlockedAddress, Comment, Thread, address_hash
from opm.complaints import holdings as of_complaints
from opm.extensions import db
from opm.holdings.models import DataRequest
from opm.lib import clock
from opm.lib.i18n import gettext as _
from opm.outbox import bounces
from opm.outbox.models import Email, State
from opm.reports import holdings as of_reports
from opm.subscriptions import holdings as of_subscriptions

AT_ONCE = 200  # comments that are erased in one transaction, so that no writer waits long


def of(email: str) -> dict:
    """What is held, ready for JSON. What is not told is the same for everyone, so that it tells nothing."""
    return {
        "what_this_is": _("All that we hold about one address. Times are in UTC."),
        "what_is_left_out": [
            _("whether somebody took a comment for spam: to tell would help those who send it"),
            _("whether somebody reported a comment, and what they said: that is theirs"),
            _("random numbers from which the links and codes in our mails are made"),
            _("how often an address was used of late, counted under a fingerprint for two days"),
        ],
        "email": email,
        "comments": [of_comments.told(each) for each in db.session.scalars(_comments(email))],
        "reports": of_reports.of_address(email),
        "complaints": of_complaints.of_address(email),
        "what_you_get_by_mail": of_subscriptions.of_address(email),
        "mails": [_mail(each) for each in db.session.scalars(select(Email).where(_is_to(email)).order_by(Email.id))],
        "asked_never_to_be_mailed": BlockedAddress.stands(email),
        "our_mails_came_back": bounces.is_failing(email),
        "is_of_the_team": _any(select(Person.id).where(func.lower(Person.email) == email.lower())),
        "is_invited_to_the_team": _any(select(Invitation.id).where(_is_for(email))),
        "requests_like_this": [
            each.made_at.isoformat(timespec="seconds")
            for each in db.session.scalars(select(DataRequest).where(DataRequest.is_from(email)))
        ],
    }


def is_nothing(held: dict) -> bool:
    """Whether there is nothing but the request itself and the mail about it."""
    kinds = (
        "comments",
        "reports",
        "complaints",
        "what_you_get_by_mail",
        "is_of_the_team",
        "is_invited_to_the_team",
        "our_mails_came_back",
    )
    return not any(held[kind] for kind in kinds) and not held["asked_never_to_be_mailed"]


def erase(email: str) -> bool:
    """Lets go of all of it. Returns whether that is done: of very many comments some go at a time. The caller commits.

    Threads stay readable: replies stand under "Name removed". Every link ends; those to the page say what was done.
    """
    held = _comments(email).limit(AT_ONCE + 1).with_for_update().execution_options(populate_existing=True)
    comments = db.session.scalars(held).all()
    is_all = len(comments) <= AT_ONCE
    if is_all:
        _erase_the_rest(email)
    # All threads before the first erasing raises the public version: the locks' order everywhere.
    threads = select(Thread).where(Thread.id.in_({each.thread_id for each in comments})).order_by(Thread.id)
    db.session.scalars(threads.with_for_update()).all()
    for comment in comments[:AT_ONCE]:
        receipts.erase(comment)
    return is_all


def _erase_the_rest(email: str) -> None:
    """All but comments. Who asked never to be mailed stays known by a fingerprint: else we could not keep our word."""
    waiting = update(Email).where(_is_to(email), Email.state == State.WAITING)
    quickly = {"synchronize_session": False}
    db.session.execute(waiting.values(state=State.CANCELLED, settled_at=clock.now()), execution_options=quickly)
    of_reports.erase_address(email)
    of_complaints.erase_address(email)
    of_subscriptions.erase_address(email)
    db.session.execute(delete(Invitation).where(_is_for(email)))
    bounces.forgive(email)
    db.session.execute(update(Email).where(_is_to(email)).values(recipient="", answer=""), execution_options=quickly)
    asked = update(DataRequest).where(DataRequest.is_from(email))
    db.session.execute(asked.values(email=""), execution_options=quickly)


def _comments(email: str):
    theirs = or_(Comment.address_hash == address_hash(email), func.lower(Comment.email) == email.strip().lower())
    found = select(Comment).where(theirs, Comment.erased_at.is_(None)).order_by(Comment.id)
    return found.options(selectinload(Comment.decisions), selectinload(Comment.thread), selectinload(Comment.parent))


def _any(which) -> bool:
    return db.session.scalar(which.limit(1)) is not None


def _is_for(email: str):
    return func.lower(Invitation.email) == email.strip().lower()


def _is_to(email: str):
    return func.lower(Email.recipient) == email.strip().lower()


def _mail(email: Email) -> dict:
    return {"kind": email.kind, "state": email.state, "due": email.due_at.isoformat(timespec="seconds")}
