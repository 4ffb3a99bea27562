"""Who is to hear of one post or one comment: whoever follows it in some way, each once however many ways these are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, exists, func, or_, select, union_all
from sqlalchemy.orm import selectinload

from opm.accounts.models import Person
from opm.comments.models import BlockedAddress, Comment, address_hash
from opm.extensions import db
from opm.lib import clock
from opm.outbox.bounces import FailingAddress
from opm.posts.filed import Author, Byline
from opm.posts.models import Post
from opm.subscriptions.models import Rhythm, Subscriber, Subscription, Topic


@dataclass(frozen=True)
class Audience:
    """Whoever follows one of these, and did so before the thing was public; but not those whose own words it is."""

    topics: tuple[tuple[Topic, int], ...]
    since: datetime
    not_to: frozenset[str] = frozenset()  # keyed hashes of addresses

    @classmethod
    def of_post(cls, post: Post) -> "Audience":
        """Of one post with its bylines. One that is still to come is public from now on."""
        topics = [(Topic.EVERYTHING, 0)]
        topics += [(Topic.CATEGORY, category.id) for category in post.categories]
        topics += [(Topic.SERIES, post.series_id)] if post.series_id else []
        topics += [(Topic.AUTHOR, byline.author_id) for byline in post.bylines]
        people = (byline.author.person for byline in post.bylines)
        return cls(tuple(topics), post.published_at or clock.now(), _addresses(people))

    @classmethod
    def of_comment(cls, comment: Comment) -> "Audience":
        """Of one published comment."""
        topics = [(Topic.THREAD, comment.thread_id)]
        topics += [(Topic.REPLIES, comment.parent_id)] if comment.parent_id else []
        staff = db.session.get(Person, comment.staff_id) if comment.staff_id else None
        own = {comment.address_hash} if comment.address_hash else set()
        return cls(tuple(topics), comment.published_at, _addresses([staff]) | own)

    @property
    def follows(self):
        """The condition under which a subscription is about it."""
        these = [and_(Subscription.topic == topic, Subscription.topic_id == id) for topic, id in self.topics]
        return and_(Subscription.stands(), Subscription.told_until <= self.since, or_(*these))

    @property
    def listens(self):
        """The condition under which a subscriber is mailed about it."""
        own = (Subscriber.address_hash.not_in(self.not_to),) if self.not_to else ()
        return and_(can_be_mailed(), *own)

    def at_once(self, after_id: int, most: int):
        """Rows of (subscriber's id, the oldest of their subscriptions to it), by the first, above `after_id`.

        Of each topic the index gives the next ones, in order; more are not looked at, however many there are.
        """
        each = [self._of(topic, id, after_id, most) for topic, id in self.topics]
        together = union_all(*(select(following) for following in each)).subquery()
        who = together.c.subscriber_id
        return select(who, func.min(together.c.id).label("subscription_id")).group_by(who).order_by(who).limit(most)

    def counts(self) -> tuple[int, int]:
        """How many hear of it at once, and how many others in a digest. One statement."""
        who = Subscription.subscriber_id
        at_once = func.count(case((Subscription.rhythm == Rhythm.AT_ONCE, who)).distinct())
        of_it = select(at_once, func.count(who.distinct())).join(Subscription.subscriber)
        soon, in_all = db.session.execute(of_it.where(self.follows, self.listens)).one()
        return soon, in_all - soon

    def _of(self, topic: Topic, id: int, after_id: int, most: int):
        who = Subscription.subscriber_id
        of_it = Subscription.topic == topic, Subscription.topic_id == id, Subscription.rhythm == Rhythm.AT_ONCE
        stands = Subscription.stands(), Subscription.told_until <= self.since
        following = select(who, Subscription.id).where(*of_it, *stands, who > after_id)
        return following.order_by(who).limit(most).subquery()


def can_be_mailed():
    """The condition under which a subscriber's address is written to: by their own say, and by that of its server."""
    blocked = exists().where(BlockedAddress.address_hash == Subscriber.address_hash)
    return and_(Subscriber.hears(), ~blocked, ~FailingAddress.pauses(Subscriber.address_hash))


def with_audience():
    """What to load with a post whose audience is asked for."""
    people = selectinload(Post.bylines).joinedload(Byline.author).joinedload(Author.person)
    return selectinload(Post.categories), people


def _addresses(people: Iterable[Person | None]) -> frozenset[str]:
    return frozenset(address_hash(person.email) for person in people if person and person.email)
