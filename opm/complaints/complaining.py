"""Taking a complaint, and what who sent it can do by their private link.

What is answered never tells whether the same was sent before. It is acknowledged in the transaction that takes it.
"""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from opm.comments.models import BlockedAddress, address_hash
from opm.complaints.models import Complaint, Outcome, What
from opm.extensions import db
from opm.outbox import strangers

ACKNOWLEDGED_MAIL = "complaint acknowledged"


def submit(*, text: str, name: str, email: str, network: str, trapped: bool = False) -> None:
    """A new complaint with its acknowledgement; nothing if it waits already. The caller commits. Raises TooMany."""
    counts = strangers.spend("complaints", email, network)
    complaint = Complaint(text=text, name=name, email=email, network=network, is_trapped=trapped)
    complaint.sameness = complaint.mark
    if db.session.scalar(select(Complaint.id).where(Complaint.sameness == complaint.mark)):
        return
    try:
        with db.session.begin_nested():
            db.session.add(complaint)
    except IntegrityError:  # the same was sent at this very moment
        return
    acknowledge(complaint, counts)


def acknowledge(complaint: Complaint, counts: dict[str, int] | None = None) -> None:
    """Mails that we have it, at once; more slowly where strangers cause very many mails. The caller commits."""
    strangers.post(ACKNOWLEDGED_MAIL, complaint.email, complaint.id, complaint.nonce, counts or {})


def say_more(complaint: Complaint, text: str) -> None:
    """Its sender adds something. Pressed twice it counts once. It is held. The caller commits. Raises AlreadyEnded."""
    last = complaint.steps[-1] if complaint.steps else None
    if not (last and last.what == What.MORE and last.text == text):
        complaint.add(What.MORE, text)


def withdraw(complaint: Complaint) -> None:
    """Its sender takes it back; once is enough. It is held. The caller commits."""
    if complaint.ended_at is None:
        complaint.add(What.ENDED)
        complaint.end(Outcome.WITHDRAWN)


def not_me(complaint: Complaint, *, never_mail_again: bool) -> BlockedAddress | None:
    """Who has the address did not send it: what was said goes. It is held. The caller commits.

    If the address wishes never to be mailed again it is from now on among those; the row is returned.
    """
    email = complaint.email
    if complaint.ended_at is None:
        complaint.add(What.ENDED)
        complaint.end(Outcome.NOT_THEIRS)
    complaint.erase()
    return BlockedAddress.add(address_hash(email)) if never_mail_again else None
