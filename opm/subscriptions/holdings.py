"""All that the site holds about one subscriber, or under one address, as its owner downloads it; and erasing it."""

from datetime import datetime

from sqlalchemy import func, or_, select

from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.links import absolute
from opm.outbox.models import Email
from opm.posts.models import Post
from opm.subscriptions import addresses, following, preferences, signup, topics
from opm.subscriptions.models import AddressChange, SignUp, Subscriber, Subscription, Told
from opm.subscriptions.topics import Followed


def of(subscriber: Subscriber) -> dict:
    """What is held, ready for JSON."""
    return {
        "what_this_is": _("All that we hold about what you get from us by mail. Times are in UTC."),
        "what_is_left_out": [_("random numbers from which the links and codes in our mails are made")],
        **_subscriber(subscriber),
        **_waiting(subscriber.email),
    }


def of_address(email: str) -> dict:
    """What is held under this address, ready for JSON; empty if nothing is."""
    subscriber = Subscriber.at(email)
    waiting = _waiting(email)
    if subscriber is None and not any(waiting.values()):
        return {}
    return (_subscriber(subscriber) if subscriber else {}) | waiting


def erase_address(email: str) -> None:
    """Nothing that is held under this address remains, nor in the outbox. The caller commits."""
    found = Subscriber.at(email)
    if subscriber := found and Subscriber.held(found.id):
        preferences.erase(subscriber)
    preferences.erase_address(email)


def _subscriber(subscriber: Subscriber) -> dict:
    subscriptions = following.every(subscriber)
    names = topics.of_all(subscriptions)
    return {
        "you": {
            "email": subscriber.email,
            "fingerprint_of_the_address": _("held, to find you by your address"),
            "address_confirmed": _moment(subscriber.confirmed_at),
            "paused": _moment(subscriber.paused_at),
            "stopped_everything": _moment(subscriber.ended_at),
        },
        "subscriptions": [_subscription(each, names[each.id]) for each in subscriptions],
        "what_we_told_you": _told(subscriber),
        "mails": [_mail(email) for email in _mails(subscriber)],
    }


def _subscription(subscription: Subscription, followed: Followed) -> dict:
    return {
        "what": followed.words,
        "address": absolute(followed.address) if followed.address else None,
        "how_often": str(topics.RHYTHMS[subscription.rhythm]),
        "what_you_agreed_to": subscription.wording,
        "when_you_agreed": _moment(subscription.consented_at),
        "next_digest_begins": _moment(subscription.told_until),
        "stopped": _moment(subscription.ended_at),
    }


def _told(subscriber: Subscriber) -> list[dict]:
    told = (
        select(Told.told_at, Told.comment_id, Post.title)
        .outerjoin(Post, Post.id == Told.post_id)
        .where(Told.subscriber_id == subscriber.id)
        .order_by(Told.id)
    )
    return [
        {"when": _moment(at), "post": title, "comment": absolute(f"/comment/{comment_id}") if comment_id else None}
        for at, comment_id, title in db.session.execute(told)
    ]


def _mails(subscriber: Subscriber) -> list[Email]:
    told = select(Told.email_id).where(Told.subscriber_id == subscriber.id)
    changes = select(AddressChange.id).where(AddressChange.subscriber_id == subscriber.id)
    sign_ups = select(SignUp.id).where(SignUp.subscriber_id == subscriber.id)
    follows = select(Subscription.id).where(Subscription.subscriber_id == subscriber.id)
    about = or_(
        Email.id.in_(told),
        Email.kind.in_(addresses.KINDS) & Email.about_id.in_(changes),
        (Email.kind == signup.CONFIRM_MAIL) & Email.about_id.in_(sign_ups),
        (Email.kind == signup.WELCOME_MAIL) & Email.about_id.in_(follows),
    )
    return list(db.session.scalars(select(Email).where(about).order_by(Email.id)))


def _waiting(email: str) -> dict:
    """What was sent with this address, to be confirmed there or confirmed of late."""
    sign_ups = _under(SignUp, email)
    names = topics.named((each.topic, each.topic_id) for each in sign_ups)
    return {
        "asked_to_follow": [
            {
                "what": names[each.topic, each.topic_id].words,
                "how_often": str(topics.RHYTHMS[each.rhythm]),
                "what_was_agreed_to": each.wording,
                "sent": _moment(each.written_at),
                "confirmed": _moment(each.confirmed_at),
                "fingerprint_of_the_network": _network(each),
            }
            for each in sign_ups
        ],
        "given_as_a_new_address": [
            {
                "email": each.email,
                "given": _moment(each.written_at),
                "confirmed": _moment(each.confirmed_at),
                "codes_typed": each.code_tries,
                "fingerprint_of_the_network": _network(each),
            }
            for each in _under(AddressChange, email)
        ],
    }


def _under(row, email: str) -> list:
    return list(db.session.scalars(select(row).where(func.lower(row.email) == email.lower()).order_by(row.id)))


def _network(row) -> str | None:
    return _("held, to notice floods") if row.network else None


def _mail(email: Email) -> dict:
    return {"kind": email.kind, "to": email.recipient, "state": email.state, "due": _moment(email.due_at)}


def _moment(at: datetime | None) -> str | None:
    return at and at.isoformat(timespec="seconds")
