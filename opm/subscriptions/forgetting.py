"""Letting go of who follows nothing any more, of what nobody confirmed, and of what was told to whom."""

from sqlalchemy import and_, exists, or_

from opm.comments.models import Comment
from opm.lib.going import goes
from opm.subscriptions.models import AddressChange, SignUp, Subscriber, Subscription, Told, Topic


@goes(SignUp)
def sign_ups(moment):
    """What somebody wanted to follow and did not confirm; of one that was confirmed, what its page went by."""
    return _is_over(SignUp, moment)


@goes(AddressChange)
def address_changes(moment):
    """Other addresses that subscribers gave: those that nobody confirmed, and what the page of the others went by."""
    return _is_over(AddressChange, moment)


@goes(SignUp, network="")
def networks(moment):
    """From which networks people signed up."""
    return (SignUp.network != "") & (SignUp.written_at < moment)


@goes(AddressChange, network="")
def networks_of_changes(moment):
    """From which networks addresses were changed."""
    return (AddressChange.network != "") & (AddressChange.written_at < moment)


@goes(Subscriber)
def who_left(moment):
    """Who follows nothing any more, with all that is known of them."""
    return Subscriber.ended_at < moment


@goes(Subscription)
def what_ended(moment):
    """What somebody follows no more who follows other things, with what they agreed to."""
    follows_others = exists().where(Subscriber.id == Subscription.subscriber_id, Subscriber.ended_at.is_(None))
    return (Subscription.ended_at < moment) & follows_others


@goes(Told)
def told(moment):
    """That somebody was told of something."""
    return Told.told_at < moment


def follows_on():
    """Comments of whoever hears of answers to it, or of all comments under the same post: their address is in use."""
    here = or_(
        and_(Subscription.topic == Topic.THREAD, Subscription.topic_id == Comment.thread_id),
        and_(Subscription.topic == Topic.REPLIES, Subscription.topic_id == Comment.id),
    )
    in_force = Subscription.stands(), Subscriber.ended_at.is_(None), Subscriber.email.is_not(None)
    theirs = Subscriber.address_hash == Comment.address_hash, Subscription.subscriber_id == Subscriber.id
    return exists().where(*theirs, here, *in_force)


def _is_over(row, moment):
    return or_(and_(row.confirmed_at.is_(None), row.written_at < moment), row.confirmed_at < moment)
