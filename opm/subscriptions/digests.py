"""Digests: once a day or a week, at the site's hour, one mail with all that is new of what somebody follows so.

What is new is what was begun to be told since the subscriber's last digest. None is empty: where nothing is new, only
the mark moves on, as it does for whoever pauses or cannot be reached. Whoever was not told for days, since no worker
was there, gets one mail.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select, update
from sqlalchemy.exc import IntegrityError

from opm import settings
from opm.comments.models import Comment, Thread
from opm.extensions import db, reading
from opm.lib import clock
from opm.outbox import posting
from opm.outbox.posting import Wanted
from opm.posts.models import Post
from opm.subscriptions import threads
from opm.subscriptions.audience import Audience, can_be_mailed, with_audience
from opm.subscriptions.models import Announcement, Rhythm, Subscriber, Subscription, Told, Topic

MAIL = "digest"
BATCH = 500  # subscriptions
# Whoever began to tell something just before the hour has written that down by then.
BEGUN_AFTER = timedelta(minutes=1)
FAR_AHEAD = timedelta(days=1)
DAYS = {Rhythm.DAILY: 1, Rhythm.WEEKLY: 7}


@dataclass(frozen=True)
class News:
    """One post or comment that was begun to be told, and for whom that is news."""

    what: tuple[str, int]  # the column of `Told` that says it, and its number
    told_at: datetime
    audience: Audience

    @property
    def is_post(self) -> bool:
        """Whether it is a post."""
        return self.what[0] == "post_id"

    def _is_younger_than(self, subscription: Subscription) -> bool:
        """A comment may have stood there for long before anybody followed, and so was told to nobody until then."""
        return subscription.consented_at <= self.audience.since

    def is_for(self, subscription: Subscription, subscriber: Subscriber) -> bool:
        """Whether it is new to somebody who follows it so."""
        is_new = self.told_at > subscription.told_until and (self.is_post or self._is_younger_than(subscription))
        return is_new and subscriber.address_hash not in self.audience.not_to


NewsByTopic = dict[tuple[Topic, int], list[News]]


@dataclass
class Due:
    """What one subscriber follows in one rhythm, the oldest first."""

    subscriber: Subscriber
    is_mailed: bool
    subscriptions: list[Subscription] = field(default_factory=list)

    def brought(self, by_topic: NewsByTopic, told: set) -> list[tuple[News, int]]:
        """What they are told, each with the subscription that brings it: the oldest that does."""
        found: dict[tuple, tuple[News, int]] = {}
        for each in self.subscriptions:
            for news in by_topic.get((each.topic, each.topic_id), ()):
                if news.is_for(each, self.subscriber) and (self.subscriber.id, *news.what) not in told:
                    found.setdefault(news.what, (news, each.id))
        return list(found.values())


def last_moment(rhythm: Rhythm, now: datetime, hour: int, weekday: int, zone: ZoneInfo) -> datetime:
    """When the last digests were due, in UTC: on each day, or on that day of the week (0 is Monday), at that hour.

    The hour that clocks skip in spring is the next one; of the two that they have in autumn it is the first. So there
    is one a day, whatever the clocks do.
    """
    day = now.astimezone(zone).date()
    if rhythm == Rhythm.WEEKLY:
        day -= timedelta(days=(day.weekday() - weekday) % 7)
    moment = datetime.combine(day, time(hour), zone).astimezone(UTC)
    if moment > now:
        moment = datetime.combine(day - timedelta(days=DAYS[rhythm]), time(hour), zone).astimezone(UTC)
    return moment


def go_on() -> bool:
    """Makes the digests of one batch of those that are due. Commits. Returns whether there may be more.

    None in election time. Asking whether any is due is read-only.
    """
    has_more = [_go_on(rhythm) for rhythm in DAYS]
    return any(has_more)


def _go_on(rhythm: Rhythm) -> bool:
    with reading():
        site = settings.current()
        if site.election_is_on:
            return False
        settled = clock.now() - BEGUN_AFTER
        moment = last_moment(rhythm, settled, site.digest_hour, site.digest_weekday, site.timezone)
        due = _due(rhythm, moment)
        mails = _mails(due, moment) if due else []
    if not due:
        return _mend(rhythm, moment)
    try:
        if _move_on(due, moment):
            _write(mails)
        db.session.commit()
    except IntegrityError:  # somebody was just told at once of something in it: the batch is put together anew
        db.session.rollback()
    return True


def _mend(rhythm: Rhythm, moment: datetime) -> bool:
    """Marks that a clock which was wrong has set far ahead would keep digests away for as long. Commits."""
    is_ahead = Subscription.rhythm == rhythm, Subscription.told_until > clock.now() + FAR_AHEAD
    with reading():  # none is the rule
        ids = db.session.scalars(select(Subscription.id).where(*is_ahead).limit(BATCH)).all()
    if ids:
        back = update(Subscription).where(Subscription.id.in_(ids), *is_ahead).values(told_until=moment)
        db.session.execute(back.execution_options(synchronize_session=False))
        db.session.commit()
    return bool(ids)


def _due(rhythm: Rhythm, moment: datetime) -> list[Due]:
    """The next subscribers whose digest is due, each with all that they follow in this rhythm and is due.

    What they follow no more, and what is not mailed at all, stands by itself: only its mark moves on.
    """
    is_due = Subscription.rhythm == rhythm, Subscription.told_until < moment
    some = select(Subscription.subscriber_id).where(*is_due).order_by(Subscription.told_until).limit(BATCH)
    theirs = (
        select(Subscription, Subscriber, and_(can_be_mailed(), Subscription.stands()))
        .join(Subscription.subscriber)
        .where(*is_due, Subscription.subscriber_id.in_(some))
        .order_by(Subscription.id)
        .execution_options(populate_existing=True)
    )
    due: dict[tuple[int, bool], Due] = {}
    for subscription, subscriber, is_mailed in db.session.execute(theirs):
        each = due.setdefault((subscriber.id, is_mailed), Due(subscriber, is_mailed))
        each.subscriptions.append(subscription)
    return list(due.values())


def _mails(due: list[Due], moment: datetime) -> list[tuple[Due, list[tuple[News, int]]]]:
    """Who is told what. Those to whom nothing is new are not among them."""
    mailed = [each for each in due if each.is_mailed]
    since = min((s.told_until for each in mailed for s in each.subscriptions), default=moment)
    news = _news(since, moment) if since < moment else []
    by_topic: NewsByTopic = defaultdict(list)
    for each in news:
        for topic in each.audience.topics:
            by_topic[topic].append(each)
    told = _told([each.subscriber.id for each in mailed], news) if news else set()
    found = ((each, each.brought(by_topic, told)) for each in mailed)
    return [(each, brought) for each, brought in found if brought]


def _news(since: datetime, until: datetime) -> list[News]:
    """What was begun to be told in this time and is public still."""
    within = Announcement.made_at > since, Announcement.made_at <= until
    posts = select(Announcement.made_at, Post).join(Post, Post.id == Announcement.post_id).where(Post.is_public())
    comments = (
        select(Announcement.made_at, Comment)
        .join(Comment, Comment.id == Announcement.comment_id)
        .join(Comment.thread)
        .where(threads.is_public(Comment, Thread))
    )
    of_posts = db.session.execute(posts.where(*within).options(*with_audience()).order_by(Post.published_at))
    news = [News(("post_id", post.id), at, Audience.of_post(post)) for at, post in of_posts]
    of_comments = db.session.execute(comments.where(*within).order_by(Comment.published_at))
    return news + [News(("comment_id", comment.id), at, Audience.of_comment(comment)) for at, comment in of_comments]


def _told(subscriber_ids: list[int], news: list[News]) -> set:
    """Which of them were told which of it already."""
    told: set = set()
    for name in ("post_id", "comment_id"):
        column = getattr(Told, name)
        ids = [id for kind, id in (each.what for each in news) if kind == name]
        rows = select(Told.subscriber_id, column).where(column.in_(ids), Told.subscriber_id.in_(subscriber_ids))
        told |= {(who, name, id) for who, id in db.session.execute(rows)} if ids else set()
    return told


def _move_on(due: list[Due], moment: datetime) -> bool:
    """Their next digests begin here. Returns False where another worker has done any of it: then nothing is done."""
    ids = [subscription.id for each in due for subscription in each.subscriptions]
    ours = Subscription.id.in_(ids), Subscription.told_until < moment
    db.session.execute(select(Subscription.id).where(*ours).order_by(Subscription.id).with_for_update())
    moved = update(Subscription).where(*ours).values(told_until=moment).execution_options(synchronize_session=False)
    if db.session.execute(moved).rowcount == len(ids):
        return True
    db.session.rollback()
    return False


def _write(mails: list[tuple[Due, list[tuple[News, int]]]]) -> None:
    wanted = [Wanted(due.subscriber.email, due.subscriber.id, due.subscriber.nonce) for due, _news in mails]
    email_ids, now = posting.post_many(MAIL, wanted), clock.now()
    rows = [
        {
            "subscriber_id": due.subscriber.id, "subscription_id": subscription_id, "email_id": email_id,
            "told_at": now, "post_id": None, "comment_id": None, news.what[0]: news.what[1],
        }
        for (due, brought), email_id in zip(mails, email_ids, strict=True)
        for news, subscription_id in brought
    ]  # fmt: skip
    if rows:
        db.session.execute(Told.__table__.insert(), rows)
