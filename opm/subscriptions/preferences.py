"""What a subscriber does on their own page that touches more than what they follow: stop all of it, erase all of it.

The subscriber is held; the caller commits.
"""

from sqlalchemy import delete, func, select, update

from opm.extensions import db
from opm.outbox.models import Email
from opm.subscriptions import addresses, following, signup
from opm.subscriptions.models import AddressChange, SignUp, Subscriber, Subscription, Told


def stop_everything(subscriber: Subscriber) -> None:
    """They hear of nothing any more."""
    following.end(subscriber, following.every(subscriber))


def undo(subscriber: Subscriber) -> None:
    """What was stopped last comes again, if nothing comes now."""
    if subscriber.ended_at:
        following.take_back(subscriber, following.every(subscriber))


def held_subscription(subscriber: Subscriber, id: int) -> Subscription | None:
    """The one of theirs with this number."""
    return db.session.scalar(
        select(Subscription).where(Subscription.id == id, Subscription.subscriber_id == subscriber.id)
    )


def erase(subscriber: Subscriber) -> None:
    """Nothing of them remains, nor in the outbox: what still waits there does not go."""
    _take_out_of_the_outbox(Email.id.in_(select(Told.email_id).where(Told.subscriber_id == subscriber.id)))
    _take_out_of_the_outbox(Email.kind == signup.WELCOME_MAIL, Email.about_id.in_(_ids_of(Subscription, subscriber)))
    _take_out_of_the_outbox(Email.kind.in_(addresses.KINDS), Email.about_id.in_(_ids_of(AddressChange, subscriber)))
    erase_address(subscriber.email)
    db.session.execute(delete(Subscriber).where(Subscriber.id == subscriber.id))
    db.session.expunge(subscriber)


def erase_address(email: str) -> None:
    """What strangers or other subscribers sent under this address, and wait to be confirmed there, goes."""
    for row, kinds in ((SignUp, [signup.CONFIRM_MAIL]), (AddressChange, addresses.KINDS)):
        theirs = select(row.id).where(func.lower(row.email) == email.lower())
        _take_out_of_the_outbox(Email.kind.in_(kinds), Email.about_id.in_(theirs))
        db.session.execute(delete(row).where(func.lower(row.email) == email.lower()))


def _ids_of(row, subscriber: Subscriber):
    return select(row.id).where(row.subscriber_id == subscriber.id)


def _take_out_of_the_outbox(*which) -> None:
    gone = update(Email).where(*which).values(recipient="", answer="")
    db.session.execute(gone.execution_options(synchronize_session=False))
