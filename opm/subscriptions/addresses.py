"""Another address for a subscriber: given on their page, confirmed at the new one. The old one holds until then.

Whoever reads the old mailbox has no power left afterwards: every link of before ends, and so does every other change
that was begun. They are told. Who confirms an address that follows something already has both from then on.
"""

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from opm import settings
from opm.comments.models import BlockedAddress, address_hash
from opm.extensions import db
from opm.lib import throttle, tokens
from opm.outbox import bounces, posting, strangers
from opm.outbox.models import Email, State
from opm.subscriptions import following
from opm.subscriptions.models import AddressChange, SignUp, Subscriber, Told

CONFIRM_MAIL = "new address confirmation"
CHANGED_MAIL = "address changed"
KINDS = (CONFIRM_MAIL, CHANGED_MAIL)


def begin(subscriber: Subscriber, email: str, network: str) -> AddressChange:
    """They want their mails to go there. One change waits at a time. The subscriber is held. Raises TooMany.

    The caller commits. What is answered never tells whether that address is known.
    """
    counts = strangers.spend("subscriptions", email, network)
    waiting = awaited(subscriber)
    if waiting and waiting.email.lower() == email.lower() and waiting.link_lives(settings.current().unconfirmed_for):
        waiting.reopen_panel(settings.current().unconfirmed_for)
        return waiting
    _forget_others(subscriber)
    change = AddressChange(subscriber_id=subscriber.id, email=email, network=network)
    db.session.add(change)
    db.session.flush()
    _post_code(change, counts)
    return change


def awaited(subscriber: Subscriber) -> AddressChange | None:
    """The change that waits to be confirmed, if one does."""
    theirs = AddressChange.subscriber_id == subscriber.id, AddressChange.confirmed_at.is_(None)
    return db.session.scalar(select(AddressChange).where(*theirs).order_by(AddressChange.id.desc()).limit(1))


def send_again(change: AddressChange, network: str) -> None:
    """Mails the code once more: the same while it lives; nothing once it is needed no more. Raises TooMany."""
    counts = strangers.spend("confirmations", change.email, network)
    if not change.is_confirmed:
        change.renew_old_code()
        _post_code(change, counts)


def by_code(change: AddressChange, typed: str, network: str) -> Subscriber | None:
    """Confirms it if the digits are right. Change and subscriber are held. The caller commits, refused or not.

    Returns whose address it is now; None if it was confirmed before: such a code opens nothing.
    Raises CodeRefused, TooMany.
    """
    throttle.spend({settings.current().allowance("codes_per_network"): network})
    change.try_code(typed)
    return confirm(change)


def confirm(change: AddressChange) -> Subscriber | None:
    """Their mails go to the new address from now on; once is enough. Change and subscriber are held.

    Returns whose address it is now; None if it was confirmed before. The caller commits.
    """
    if change.is_confirmed:
        return None
    subscriber, old = change.subscriber, change.subscriber.email
    change.mark_confirmed()
    _forget_others(subscriber, change)
    bounces.forgive(change.email)
    now_theirs = _move(subscriber, change.email) or _merge(subscriber, change)
    posting.post(CHANGED_MAIL, old, change.id)
    return now_theirs


def not_me(change: AddressChange, *, never_mail_again: bool) -> BlockedAddress | None:
    """Deletes what its addressee did not ask for. Returns the row if that address is never to be mailed again."""
    db.session.delete(change)
    return BlockedAddress.add(address_hash(change.email)) if never_mail_again else None


def _move(subscriber: Subscriber, email: str) -> Subscriber | None:
    """The address is theirs, and what waits for them goes there; None if another subscriber has it."""
    nonce = tokens.new_nonce()
    try:
        with db.session.begin_nested():
            subscriber.email, subscriber.address_hash, subscriber.nonce = email, address_hash(email), nonce
            db.session.flush()
    except IntegrityError:
        return None
    theirs = Email.id.in_(select(Told.email_id).where(Told.subscriber_id == subscriber.id))
    moved = update(Email).where(theirs, Email.state == State.WAITING).values(recipient=email, nonce=nonce)
    db.session.execute(moved.execution_options(synchronize_session=False))
    return subscriber


def _merge(subscriber: Subscriber, change: AddressChange) -> Subscriber:
    """Who has the address already follows all that this one does, and this one is no more."""
    db.session.refresh(subscriber)
    other = Subscriber.held(Subscriber.at(change.email).id)
    for each in following.followed_by(subscriber):
        following.follow(other, each.topic, each.topic_id, each.rhythm, each.wording)
    if subscriber.paused_at is None:
        following.resume(other)
    change.subscriber_id = other.id
    db.session.flush()
    db.session.execute(delete(Subscriber).where(Subscriber.id == subscriber.id))
    return other


def _forget_others(subscriber: Subscriber, but: AddressChange | None = None) -> None:
    """Links to other addresses end, and those by which the old one was confirmed once."""
    others = AddressChange.subscriber_id == subscriber.id, AddressChange.id != (but.id if but else 0)
    db.session.execute(delete(AddressChange).where(*others))
    if but:
        db.session.execute(delete(SignUp).where(SignUp.subscriber_id == subscriber.id))


def _post_code(change: AddressChange, counts: dict[str, int]) -> None:
    strangers.post(CONFIRM_MAIL, change.email, change.id, change.link_nonce, counts)
