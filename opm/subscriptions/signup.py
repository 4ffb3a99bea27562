"""Taking what somebody wants to follow, and having it confirmed: as a report is, with tokens of its own.

A sign-up is made whether the address is known or not, and whether it follows that already: what is answered, and what
is asked of the database, is the same. Only who reads the mail learns more.
"""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from opm import settings
from opm.comments.models import BlockedAddress, Comment, address_hash
from opm.extensions import db
from opm.lib import throttle, tokens
from opm.outbox import bounces, posting, strangers
from opm.subscriptions import following
from opm.subscriptions.models import Rhythm, SignUp, Subscriber, Subscription
from opm.subscriptions.topics import Followed

CONFIRM_MAIL = "subscription confirmation"
WELCOME_MAIL = "subscription welcome"
KINDS = (CONFIRM_MAIL, WELCOME_MAIL)


class AlreadyConfirmed(Exception):
    """Whoever reads that mail has confirmed it."""


def submit(followed: Followed, rhythm: Rhythm, email: str, network: str, *, trapped: bool = False) -> SignUp:
    """A new sign-up with its email, or the one that this already is. The caller commits. Raises TooMany."""
    sign_up = SignUp(
        email=email,
        topic=followed.topic,
        topic_id=followed.topic_id,
        rhythm=rhythm,
        wording=followed.wording(rhythm),
        network=network,
        flags="trap" if trapped else "",
    )
    standing = _standing(_mark(sign_up))
    counts = strangers.spend("subscriptions", email, network)
    if standing:
        standing.reopen_panel(settings.current().unconfirmed_for)
        return standing
    return _add(sign_up, counts)


def by_code(sign_up: SignUp, typed: str, network: str) -> Subscription | None:
    """Confirms it if the digits are right. It is held. The caller commits, refused or not.

    Returns what is followed now; None if it was confirmed before: such a code opens nothing.
    Raises CodeRefused, TooMany.
    """
    throttle.spend({settings.current().allowance("codes_per_network"): network})
    sign_up.try_code(typed)
    return confirm(sign_up)


def confirm(sign_up: SignUp) -> Subscription | None:
    """Its address follows that from now on; once is enough. It is held, after its subscriber. The caller commits.

    Whoever confirms wants mail: what stopped it before is lifted. Returns what is followed; None if it was so before.
    """
    if sign_up.is_confirmed:
        return None
    sign_up.mark_confirmed()
    sign_up.sameness = None
    subscription = follow(sign_up.email, Followed(sign_up.topic, sign_up.topic_id), sign_up.rhythm, sign_up.wording)
    sign_up.subscriber_id = subscription.subscriber_id
    return subscription


def follow_from(comment: Comment, followed: Followed, network: str) -> Subscription:
    """The writer of a comment, by its receipt, hears of that at once. The caller commits. Raises TooMany."""
    strangers.spend("subscriptions", comment.email, network)
    return follow(comment.email, followed, Rhythm.AT_ONCE, followed.wording(Rhythm.AT_ONCE))


def follow(email: str, followed: Followed, rhythm: Rhythm, wording: str) -> Subscription:
    """Who has this address follows that, as they agreed by these words; its owner has confirmed it. The caller commits.

    They are mailed that it is so, with the link to their page.
    """
    subscriber = _subscriber(email)
    subscriber.email = email
    BlockedAddress.lift(email)
    bounces.forgive(email)
    following.resume(subscriber)
    subscription = following.follow(subscriber, followed.topic, followed.topic_id, rhythm, wording)
    posting.post(WELCOME_MAIL, email, subscription.id, nonce=subscriber.nonce)
    return subscription


def followed_from(comment: Comment) -> set[tuple[str, int]]:
    """What the writer of a comment follows by mail: pairs of topic and number. One statement."""
    theirs = Subscriber.address_hash == address_hash(comment.email or ""), Subscription.stands()
    asked = select(Subscription.topic, Subscription.topic_id).join(Subscription.subscriber).where(*theirs)
    return {tuple(row) for row in db.session.execute(asked)}


def stop(email: str, followed: Followed) -> None:
    """Who has this address hears of that no more. The caller commits."""
    subscriber = Subscriber.at(email)
    if subscriber and Subscriber.held(subscriber.id):
        pair = followed.topic, followed.topic_id
        mine = [each for each in following.followed_by(subscriber) if (each.topic, each.topic_id) == pair]
        following.end(subscriber, mine)


def send_again(sign_up: SignUp, network: str) -> None:
    """Mails the code once more: the same while it lives; nothing once it is needed no more. Raises TooMany."""
    counts = strangers.spend("confirmations", sign_up.email, network)
    if not sign_up.is_confirmed:
        sign_up.renew_old_code()
        _post_code(sign_up, counts)


def change_address(sign_up: SignUp, email: str, network: str) -> SignUp:
    """The same for another address. Returns what the panel is about from now on. Raises TooMany.

    The one that it leaves goes if nobody has confirmed it; one that is confirmed is left alone. The answer is the same.
    """
    counts = strangers.spend("confirmations", email, network)
    same = {name: getattr(sign_up, name) for name in ("topic", "topic_id", "rhythm", "wording", "network", "flags")}
    moved = SignUp(**same, email=email, written_at=sign_up.panel_opened_at, code_tries=sign_up.code_tries)
    to = _same(_mark(moved)) or _add(moved, counts)
    if to is not moved and not to.is_confirmed:
        to.renew_old_code()
        _post_code(to, counts)
    if to is not sign_up:
        sign_up.hand_panel(to)
        if not sign_up.is_confirmed:
            db.session.delete(sign_up)
    return to


def not_me(sign_up: SignUp, *, never_mail_again: bool) -> BlockedAddress | None:
    """Deletes what its addressee did not ask for. It is held. The caller commits. Raises AlreadyConfirmed.

    If the address wishes never to be mailed again it is from now on among those; the row is returned.
    """
    if sign_up.is_confirmed:
        raise AlreadyConfirmed
    db.session.delete(sign_up)
    return BlockedAddress.add(address_hash(sign_up.email)) if never_mail_again else None


def hold_subscriber(email: str) -> None:
    """Locks who has this address, if somebody has: before the sign-up, as everywhere. One statement either way."""
    theirs = select(Subscriber).where(Subscriber.address_hash == address_hash(email))
    db.session.scalar(theirs.with_for_update(), execution_options={"populate_existing": True})


def _subscriber(email: str) -> Subscriber:
    """Who has this address, held; made if nobody has."""
    if found := Subscriber.at(email):
        return Subscriber.held(found.id)
    subscriber = Subscriber(email=email, address_hash=address_hash(email))
    try:
        with db.session.begin_nested():
            db.session.add(subscriber)
    except IntegrityError:  # another process made them at this very moment
        return Subscriber.held(Subscriber.at(email).id)
    return subscriber


def _mark(sign_up: SignUp) -> str:
    """The keyed hash that the same wish of the same address has each time."""
    said = sign_up.email.lower(), sign_up.topic, str(sign_up.topic_id), sign_up.rhythm
    return tokens.fingerprint("subscription", "\0".join(said))


def _standing(mark: str) -> SignUp | None:
    """The same sign-up, held, while it waits. One that nobody can confirm any more makes room."""
    found = _same(mark)
    if found is None or SignUp.held(found.id) is None or found.sameness != mark:
        return None  # there was none, or it was confirmed or deleted this moment
    if not found.link_lives(settings.current().unconfirmed_for):
        db.session.delete(found)
        db.session.flush()
        return None
    return found


def _same(mark: str) -> SignUp | None:
    return db.session.scalar(select(SignUp).where(SignUp.sameness == mark))


def _add(sign_up: SignUp, counts: dict[str, int]) -> SignUp:
    """Stores it with its email; or, if another process has just stored the same, gives that one."""
    sign_up.sameness = _mark(sign_up)
    try:
        with db.session.begin_nested():
            db.session.add(sign_up)
    except IntegrityError:
        return _same(_mark(sign_up)) or _add(sign_up, counts)  # unless that one was confirmed or deleted since
    _post_code(sign_up, counts)
    return sign_up


def _post_code(sign_up: SignUp, counts: dict[str, int]) -> None:
    strangers.post(CONFIRM_MAIL, sign_up.email, sign_up.id, sign_up.link_nonce, counts)
