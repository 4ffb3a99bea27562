"""What the team publishes. What it is filed under is in `filed`."""

from datetime import date, datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, and_, bindparam, false, func, select, text
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import (
    Mapped,
    column_property,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    undefer,
    undefer_group,
)

from opm import settings
from opm.accounts.models import Person
from opm.comments.models import Thread
from opm.extensions import db
from opm.lib import caching, clock
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.markdown import Format, render
from opm.posts.filed import Author, Byline, Category, Series, Tag, post_category, post_tag
from opm.posts.pictures.models import Picture, SocialCard, post_picture
from opm.posts.pictures.showing import Illustrated, with_pictures


class State(StrEnum):
    """How far a post has come."""

    DRAFT = "draft"
    IN_REVIEW = "in review"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Withdrawn(Exception):
    """A post that stood here was taken away. `because` is what the public is told of it."""

    def __init__(self, because: str):
        super().__init__(because)
        self.because = because


class NotNow(Exception):
    """This cannot be done with the post as it stands: somebody may have been quicker."""


# What these are is looked up when a statement is asked, not when it is made.
NOW = bindparam("now", callable_=lambda: clock.now(), type_=UtcDateTime)
BEGAN = bindparam("began", callable_=lambda: caching.began_at(), type_=UtcDateTime)


class ChangeNote(db.Model):
    """What readers are told of a change to a published post that matters: what is otherwise now, and since when."""

    __table_args__ = (Index("ix_change_note_post", "post_id", "noted_at"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"))
    text: Mapped[str]
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person | None] = relationship()

    @classmethod
    def held(cls, id: int) -> "ChangeNote | None":
        """The note, locked until this transaction ends."""
        return db.session.get(cls, id, with_for_update=True)


WHERE = "sqlite_where", "postgresql_where"  # of an index over some rows only


def desk_column(*args, **kwargs) -> Mapped:
    """A column that readers' pages never ask for."""
    return mapped_column(*args, deferred=True, deferred_group="desk", **kwargs)


def html_of(text: str, format: Format = Format.MARKDOWN) -> str:
    """What readers are shown of a text."""
    return with_pictures(render(text, format))


def address_of(day: date, slug: str) -> str:
    """The path of a post's page, from the day it was published on in the site's zone."""
    return f"/{day:%Y/%m/%d}/{slug}/"


class Post(Illustrated, db.Model):
    """One piece of the team's writing. Its HTML is made once, on saving; its source is kept."""

    __table_args__ = (
        Index("ix_post_list", "state", "published_at"),
        Index("ix_post_featured", "is_featured", unique=True, **dict.fromkeys(WHERE, text("is_featured"))),
        UniqueConstraint("published_on", "slug"),
        UniqueConstraint("source", "source_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str]
    slug: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="", deferred=True)
    format: Mapped[Format] = mapped_column(String, default=Format.MARKDOWN)
    html: Mapped[str] = mapped_column(default="", deferred=True)

    state: Mapped[State] = mapped_column(String, default=State.DRAFT)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_on: Mapped[date | None]  # the day in the site's zone: its address keeps it if the zone changes
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_because: Mapped[str] = mapped_column(default="")  # for the public

    revision: Mapped[int] = desk_column(default=1)  # grows with each save: a save of an older one is stopped
    written_by_id: Mapped[int | None] = desk_column(BigId, ForeignKey("person.id"))  # who began it
    written_by: Mapped[Person | None] = relationship(foreign_keys=lambda: Post.written_by_id)
    changed_by_id: Mapped[int | None] = desk_column(BigId, ForeignKey("person.id"))  # who saved it last
    changed_by: Mapped[Person | None] = relationship(foreign_keys=lambda: Post.changed_by_id)
    submitted_at: Mapped[datetime | None] = desk_column(UtcDateTime)
    submitted_by_id: Mapped[int | None] = desk_column(BigId, ForeignKey("person.id"))
    submitted_by: Mapped[Person | None] = relationship(foreign_keys=lambda: Post.submitted_by_id)
    returned_because: Mapped[str] = desk_column(default="")  # for who wrote it, until it is sent in again
    publish_at: Mapped[datetime | None] = desk_column(UtcDateTime, index=True)  # of a scheduled one
    is_slug_chosen: Mapped[bool] = desk_column(default=False)  # otherwise it follows the title until publication
    is_featured: Mapped[bool] = desk_column(default=False)
    withdrawn_to: Mapped[str] = desk_column(default="")  # a path on this site that its address leads to
    comments_closed: Mapped[bool] = desk_column(default=False)  # from the start; once published the thread knows
    comments_last_day: Mapped[date | None] = desk_column()

    is_political: Mapped[bool] = mapped_column(default=False, server_default=false())  # see `notice`
    is_quiet: Mapped[bool] = desk_column(default=False, server_default=false())  # subscribers are not told of it

    thread_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("thread.id"), unique=True)
    thread: Mapped[Thread | None] = relationship()
    bylines: Mapped[list[Byline]] = relationship(
        order_by=Byline.position, collection_class=ordering_list("position"), cascade="all, delete-orphan"
    )
    authors: AssociationProxy[list[Author]] = association_proxy(
        "bylines", "author", creator=lambda author: Byline(author=author)
    )
    categories: Mapped[list[Category]] = relationship(
        secondary=post_category, order_by=lambda: (Category.position, Category.name)
    )
    tags: Mapped[list[Tag]] = relationship(secondary=post_tag, order_by=Tag.name)
    series_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("series.id"), index=True)
    series_position: Mapped[int | None]
    series: Mapped[Series | None] = relationship()
    pictures: Mapped[list[Picture]] = relationship(secondary=post_picture)  # that its text shows
    card: Mapped[SocialCard | None] = relationship(viewonly=True)

    # An imported post is known by the site it came from and its number there.
    source: Mapped[str | None]
    source_id: Mapped[str | None]

    # When readers were last told of a change; nothing where they never were.
    noted_at: Mapped[datetime | None] = column_property(
        select(func.max(ChangeNote.noted_at))
        .where(ChangeNote.post_id == id)
        .correlate_except(ChangeNote)
        .scalar_subquery(),
        deferred=True,
    )
    notes: Mapped[list[ChangeNote]] = relationship(order_by=(ChangeNote.noted_at, ChangeNote.id), viewonly=True)

    @classmethod
    def held(cls, id: int) -> "Post | None":
        """The post with all that its team knows of it, locked until this transaction ends."""
        held = cls.at_desk().where(cls.id == id).with_for_update(of=cls)
        return db.session.scalar(held.execution_options(populate_existing=True))

    @classmethod
    def at_desk(cls, with_words: bool = True):
        """Posts with all that their team knows of them."""
        words = (undefer(cls.text), undefer(cls.html)) if with_words else ()
        return select(cls).options(undefer_group("desk"), *words)

    @classmethod
    def is_public(cls):
        """The condition under which the public sees a post: said here and nowhere else."""
        return and_(cls.state == State.PUBLISHED, cls.published_at <= NOW)

    @classmethod
    def published(cls):
        """What the public sees, the newest first."""
        return select(cls).where(cls.is_public()).order_by(*cls.newest())

    @classmethod
    def newest(cls) -> tuple:
        """The order of what is published: the newest first."""
        return cls.published_at.desc(), cls.id.desc()

    @classmethod
    def for_list(cls):
        """The published posts with what a list shows of each."""
        shown = joinedload(cls.thread), joinedload(cls.series), selectinload(cls.categories), undefer(cls.noted_at)
        return cls.published().options(*shown)

    @classmethod
    def due(cls):
        """The ids of scheduled posts whose time has come, the longest due first."""
        is_due = cls.state == State.SCHEDULED, cls.publish_at <= clock.now()
        return select(cls.id).where(*is_due).order_by(cls.publish_at, cls.id)

    @classmethod
    def next_moment(cls):
        """When the next post that is already decided on goes public: until then nobody sees anything else."""
        return select(func.min(cls.published_at)).where(cls.state == State.PUBLISHED, cls.published_at > BEGAN)

    @classmethod
    def at(cls, day: date, slug: str) -> "Post | None":
        """The published post with this address, with its words, its thread and its series."""
        return db.session.scalar(cls._at_its_place(), {"day": day, "slug": slug})

    @classmethod
    @cache
    def _at_its_place(cls):
        """Made once: to put it together takes longer than to ask it."""
        return (
            select(cls)
            .where(cls.is_public(), cls.published_on == bindparam("day"), cls.slug == bindparam("slug"))
            .options(undefer(cls.html), undefer(cls.noted_at), joinedload(cls.thread), joinedload(cls.series))
            .options(joinedload(cls.card))
        )

    @classmethod
    def withdrawn(cls, day: date, slug: str) -> "Post | None":
        """The post that the public saw at this address until it was withdrawn."""
        had_it = cls.published_on == day, cls.slug == slug, cls.published_at <= cls.withdrawn_at
        return db.session.scalar(select(cls).where(cls.state == State.WITHDRAWN, *had_it))

    @property
    def has_gone_out(self) -> bool:
        """Whether the public has seen it; it may have been taken away since."""
        return self.state in (State.PUBLISHED, State.WITHDRAWN) and not self.is_set_aside

    @property
    def is_in_the_making(self) -> bool:
        """Whether it is still its writers' to change: nobody has decided yet that and when it goes out."""
        return self.state in (State.DRAFT, State.IN_REVIEW) or self.is_set_aside

    @property
    def is_set_aside(self) -> bool:
        """Whether it was withdrawn before the public ever saw it."""
        return self.state == State.WITHDRAWN and self.thread_id is None

    @property
    def address(self) -> str:
        """The path of its page."""
        return address_of(self.published_on, self.slug)

    @property
    def notice(self) -> str:
        """What readers are told first of one that is marked political, once another government is in office.

        A page that shows it looks different from `government_changes_at` on.
        """
        site = settings.current()
        changed_at, is_of_then = site.government_changes_at, self.is_political and self.published_on
        if not changed_at or not is_of_then or changed_at > caching.began_at():
            return ""
        return site.government_words if self.published_on < site.local(changed_at).date() else ""

    def write(self, text: str, format: Format = Format.MARKDOWN) -> None:
        """Sets its text, and makes the HTML that is shown."""
        self.text, self.format = text, format
        self.make_html()
        self.changed_at = clock.now()


class Revision(db.Model):
    """The words of a post as one person saved them, and what it was filed under then. None is ever changed."""

    __tablename__ = "post_revision"
    __table_args__ = (UniqueConstraint("post_id", "number"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"))
    number: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="", deferred=True)
    format: Mapped[Format] = mapped_column(String, default=Format.MARKDOWN)
    filed: Mapped[dict] = mapped_column(JSON, default=dict)  # names, as they were then
    by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person | None] = relationship()
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    @classmethod
    def of(cls, post: Post):
        """Those of this post, the newest first."""
        return select(cls).where(cls.post_id == post.id).order_by(cls.number.desc())
