"""Who wants to hear of what, and what they have been told.

A subscriber is one confirmed address; a subscription is one thing that it follows, with the words that were agreed to.
Nothing that a stranger sends touches either before it is confirmed: that is a sign-up, or a change of address.
What was told is a row for each post or comment and subscriber, so that nobody hears of one twice, whatever is repeated.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opm.comments.models import address_hash
from opm.extensions import db
from opm.lib import clock, tokens
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.confirming import Confirmable


class Topic(StrEnum):
    """What can be followed. Beside it stands the number of a category, series, person, thread or comment, or 0."""

    EVERYTHING = "everything"
    CATEGORY = "category"
    SERIES = "series"
    AUTHOR = "author"
    THREAD = "thread"  # the comments under one post
    REPLIES = "replies"  # answers to one comment


class Rhythm(StrEnum):
    """How soon somebody hears of what is new."""

    AT_ONCE = "at once"
    DAILY = "daily"
    WEEKLY = "weekly"


class Subscriber(db.Model):
    """One address that confirmed that it wants to hear from us. Its links are made from its nonce."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str | None]  # none once it is no longer held
    address_hash: Mapped[str | None] = mapped_column(unique=True)  # none once it is no longer held
    nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)  # they follow nothing any more

    subscriptions: Mapped[list["Subscription"]] = relationship(
        back_populates="subscriber", order_by="Subscription.id", passive_deletes=True
    )

    @property
    def preferences_token(self) -> str:
        """What the link holds that stands in every mail to them."""
        return tokens.seal("preferences", self.id, self.nonce)

    @classmethod
    def held(cls, id: int) -> "Subscriber | None":
        """The row, locked until this transaction ends."""
        return db.session.get(cls, id, with_for_update=True, populate_existing=True)

    @classmethod
    def at(cls, email: str) -> "Subscriber | None":
        """Who has this address, however it is written."""
        return db.session.scalar(select(cls).where(cls.address_hash == address_hash(email)))

    @classmethod
    def hears(cls):
        """The condition under which mails go to them, as far as they have a say."""
        return and_(cls.email.is_not(None), cls.paused_at.is_(None), cls.ended_at.is_(None))


class Subscription(db.Model):
    """One thing that one subscriber follows."""

    __table_args__ = (
        UniqueConstraint("subscriber_id", "topic", "topic_id"),
        Index("ix_subscription_topic", "topic", "topic_id", "rhythm", "subscriber_id"),
        Index("ix_subscription_digest", "rhythm", "told_until"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(BigId, ForeignKey("subscriber.id", ondelete="CASCADE"))
    subscriber: Mapped[Subscriber] = relationship(back_populates="subscriptions")
    topic: Mapped[Topic] = mapped_column(String)
    topic_id: Mapped[int] = mapped_column(BigId, default=0)
    rhythm: Mapped[Rhythm] = mapped_column(String)
    wording: Mapped[str]  # the sentence that was agreed to, as it was shown
    consented_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    told_until: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())  # a digest begins there
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def stands(cls):
        """The condition under which it is in force."""
        return cls.ended_at.is_(None)


class SignUp(Confirmable, db.Model):
    """What somebody wants to follow and has yet to confirm. There is one for each wish, also from a known address."""

    purpose = "subscription"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str]
    topic: Mapped[Topic] = mapped_column(String)
    topic_id: Mapped[int] = mapped_column(BigId, default=0)
    rhythm: Mapped[Rhythm] = mapped_column(String)
    wording: Mapped[str]
    network: Mapped[str] = mapped_column(default="")
    flags: Mapped[str] = mapped_column(default="")
    sameness: Mapped[str | None] = mapped_column(unique=True)  # while it is not confirmed
    subscriber_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("subscriber.id", ondelete="CASCADE"), index=True
    )


class AddressChange(Confirmable, db.Model):
    """Another address that a subscriber gave, to be confirmed there. The old one holds until then."""

    purpose = "new address"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(BigId, ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)
    subscriber: Mapped[Subscriber] = relationship()
    email: Mapped[str]
    network: Mapped[str] = mapped_column(default="")


class Announcement(db.Model):
    """That subscribers are told of a post, or of a comment, and how far that has come. One each, once and for all."""

    __table_args__ = (
        CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name="one_thing"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"), unique=True)
    comment_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("comment.id", ondelete="CASCADE"), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    reached_id: Mapped[int] = mapped_column(BigId, default=0)  # the last subscriber who was dealt with
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class Told(db.Model):
    """That one subscriber was told of one post or comment, by which subscription and in which email."""

    __table_args__ = (
        CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name="one_thing"),
        UniqueConstraint("post_id", "subscription_id"),
        UniqueConstraint("post_id", "subscriber_id"),
        UniqueConstraint("comment_id", "subscriber_id"),
        Index("ix_told_email", "email_id"),
        Index("ix_told_subscriber", "subscriber_id"),
        Index("ix_told_subscription", "subscription_id"),
        Index("ix_told_at", "told_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(BigId, ForeignKey("subscriber.id", ondelete="CASCADE"))
    subscription_id: Mapped[int] = mapped_column(BigId, ForeignKey("subscription.id", ondelete="CASCADE"))
    post_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("comment.id", ondelete="CASCADE"))
    email_id: Mapped[int] = mapped_column(BigId)  # of the outbox, which forgets it first
    told_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
