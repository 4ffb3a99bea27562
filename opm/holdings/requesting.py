"""Asking what is held about an address: always one row and one mail, whether anything is held or not."""

from sqlalchemy import delete

from opm.comments.models import BlockedAddress, address_hash
from opm.extensions import db
from opm.holdings.models import DataRequest
from opm.outbox import strangers

MAIL = "data request"


def submit(email: str, network: str) -> None:
    """Takes a request. The caller commits. Raises TooMany."""
    counts = strangers.spend("data_requests", email, network)
    request = DataRequest(email=email)
    db.session.add(request)
    db.session.flush()
    strangers.post(MAIL, email, request.id, request.nonce, counts)


def not_me(request: DataRequest, *, never_mail_again: bool) -> BlockedAddress | None:
    """Its address did not ask: every request under it goes. The caller commits.

    If it wishes never to be mailed again it is from now on among those; the row is returned.
    """
    email = request.email
    db.session.execute(delete(DataRequest).where(DataRequest.is_from(email)))
    return BlockedAddress.add(address_hash(email)) if never_mail_again else None
