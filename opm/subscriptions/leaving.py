"""Leaving by a mail: what its links and its header stop, once and for all, without signing in to anything.

A link is about one subscription, or about all of one subscriber's that come in one digest. What its page does and what
a mail program asks for by itself (RFC 8058) have tokens of their own: neither opens the other's address.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from opm.extensions import db
from opm.lib import tokens
from opm.lib.confirming import LinkEnded
from opm.subscriptions import following
from opm.subscriptions.models import Rhythm, Subscriber, Subscription


class SubscriptionLinkEnded(LinkEnded):
    """A link of a subscriber's mail that leads nowhere: cut short, or what it was about is erased or goes elsewhere."""


class Purpose(StrEnum):
    """What a token is made for."""

    PAGE = "unsubscribe"
    ONE_CLICK = "one click"


@dataclass(frozen=True)
class Leaving:
    """What a link is about: some of what one subscriber follows, or followed."""

    subscriber: Subscriber
    subscriptions: list[Subscription]
    rhythm: Rhythm | None = None  # of a digest

    @property
    def is_done(self) -> bool:
        """Whether they hear of none of it any more."""
        return all(each.ended_at for each in self.subscriptions)

    @property
    def shown(self) -> list[Subscription]:
        """What stops, or, once it is done, what was stopped last."""
        last = max((each.ended_at for each in self.subscriptions if each.ended_at), default=None)
        return [each for each in self.subscriptions if each.ended_at == (last if self.is_done else None)]

    def stop(self) -> None:
        """They hear of none of it any more. Its subscriber is held. Twice is the same as once. The caller commits."""
        following.end(self.subscriber, self.subscriptions)

    def undo(self) -> None:
        """They did not mean it. Its subscriber is held. The caller commits."""
        if self.is_done:
            following.take_back(self.subscriber, self.subscriptions)


def token(
    purpose: Purpose, subscriber: Subscriber, subscription: Subscription | None = None, rhythm: Rhythm | None = None
) -> str:
    """What the link holds that is about this subscription, or about the digest of this rhythm."""
    return tokens.seal(purpose, _subject(subscriber, subscription, rhythm), subscriber.nonce)


def of_token(purpose: Purpose, token: str, held: bool = False) -> Leaving:
    """What this token is about. Raises SubscriptionLinkEnded."""
    id, _dash, name = tokens.subject_of(token).partition("-")
    found = _of_digest(_number(id), name, held) if name else _of_one(_number(id), held)
    subject = _subject(found.subscriber, None if found.rhythm else found.subscriptions[0], found.rhythm)
    if not tokens.opens(token, purpose, subject, found.subscriber.nonce):
        raise SubscriptionLinkEnded
    return found


def subscriber_of(token: str, held: bool = False) -> Subscriber:
    """Whose preferences this token opens, while their address is held. Raises SubscriptionLinkEnded."""
    found = _subscriber(tokens.id_of(token), held)
    if not tokens.opens(token, "preferences", found.id, found.nonce):
        raise SubscriptionLinkEnded
    return found


def _subject(subscriber: Subscriber, subscription: Subscription | None, rhythm: Rhythm | None) -> str:
    return str(subscription.id) if subscription else f"{subscriber.id}-{Rhythm(rhythm).name.lower()}"


def _of_one(id: int, held: bool) -> Leaving:
    subscriber_id = db.session.scalar(select(Subscription.subscriber_id).where(Subscription.id == id))
    subscriber = _subscriber(subscriber_id or 0, held)
    subscription = db.session.get(Subscription, id)
    if subscription is None:  # it went while its subscriber was waited for
        raise SubscriptionLinkEnded
    return Leaving(subscriber, [subscription])


def _of_digest(subscriber_id: int, name: str, held: bool) -> Leaving:
    rhythm = next((each for each in Rhythm if each.name.lower() == name), None)
    if rhythm is None:
        raise SubscriptionLinkEnded
    subscriber = _subscriber(subscriber_id, held)
    theirs = [each for each in following.every(subscriber) if each.rhythm == rhythm]
    return Leaving(subscriber, theirs, rhythm)


def _subscriber(id: int, held: bool) -> Subscriber:
    found = Subscriber.held(id) if held else db.session.get(Subscriber, id)
    if found is None or found.email is None:
        raise SubscriptionLinkEnded
    return found


def _number(named: str) -> int:
    """The number of a row; 0, which none has, for what is no such number."""
    return int(named) if named.isascii() and named.isdigit() and len(named) < 19 else 0
