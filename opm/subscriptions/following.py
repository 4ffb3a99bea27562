"""What one subscriber follows: more, less, more or less often. The subscriber is held; the caller commits."""

from datetime import timedelta

from sqlalchemy import select

from opm.extensions import db
from opm.lib import clock
from opm.subscriptions.models import Rhythm, Subscriber, Subscription, Topic

SOON = timedelta(hours=1)  # what is taken back within this time is as if it had never been done


def follow(subscriber: Subscriber, topic: Topic, topic_id: int, rhythm: Rhythm, wording: str) -> Subscription:
    """They hear of it from now on, as they agreed by these words. Followed already, it is agreed to anew."""
    now = clock.now()
    mine = Subscription.subscriber_id == subscriber.id, Subscription.topic == topic, Subscription.topic_id == topic_id
    found = db.session.scalar(select(Subscription).where(*mine))
    if found is None:
        found = Subscription(subscriber_id=subscriber.id, topic=topic, topic_id=topic_id, rhythm=rhythm, told_until=now)
        db.session.add(found)
    elif found.ended_at:
        found.consented_at = found.told_until = now
        found.ended_at = None
    change_rhythm(found, rhythm)
    found.wording, found.consented_at = wording, now
    subscriber.ended_at = None
    db.session.flush()
    return found


def change_rhythm(subscription: Subscription, rhythm: Rhythm) -> None:
    """They hear of it so from now on. A digest begins where the one before ended; after alerts, now."""
    if subscription.rhythm == Rhythm.AT_ONCE != rhythm:
        subscription.told_until = clock.now()
    subscription.rhythm = rhythm


def end(subscriber: Subscriber, subscriptions: list[Subscription]) -> None:
    """They hear of none of these any more. Whoever follows nothing at all then is on their way out."""
    now = clock.now()
    for subscription in subscriptions:
        if subscription.ended_at is None:
            subscription.ended_at = now
    db.session.flush()
    if subscriber.ended_at is None and not followed_by(subscriber):
        subscriber.ended_at = now


def take_back(subscriber: Subscriber, subscriptions: list[Subscription]) -> None:
    """What of these was ended last, all at one moment, is followed again. None of it: nothing happens.

    What has become public meanwhile is told by the next digest if that is soon; else digests begin now.
    """
    last = max((each.ended_at for each in subscriptions if each.ended_at), default=None)
    for each in subscriptions if last else ():
        if each.ended_at == last:
            each.ended_at = None
            each.told_until = each.told_until if clock.now() - last < SOON else clock.now()
            subscriber.ended_at = None
    db.session.flush()


def pause(subscriber: Subscriber) -> None:
    """No mail goes to them until they say so. Pressed twice, it began the first time."""
    subscriber.paused_at = subscriber.paused_at or clock.now()


def resume(subscriber: Subscriber) -> None:
    """Mails go to them again, about what comes from now on."""
    if subscriber.paused_at:
        subscriber.paused_at = None
        for subscription in followed_by(subscriber):
            subscription.told_until = clock.now()


def followed_by(subscriber: Subscriber) -> list[Subscription]:
    """What they follow, the oldest first."""
    return [each for each in every(subscriber) if each.ended_at is None]


def every(subscriber: Subscriber) -> list[Subscription]:
    """The same with what they followed once."""
    theirs = select(Subscription).where(Subscription.subscriber_id == subscriber.id).order_by(Subscription.id)
    return list(db.session.scalars(theirs))
