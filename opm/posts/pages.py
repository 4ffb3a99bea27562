"""Standing pages: what the team writes once and keeps true, such as how to reach it."""

import re
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, load_only, mapped_column, relationship, undefer

from opm import settings
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import clock
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.markdown import Format
from opm.lib.slugs import first_free
from opm.posts.pictures.models import Picture, page_picture
from opm.posts.pictures.showing import Illustrated

# The first parts of our own addresses, now and as planned: no page may take one.
RESERVED = {
    "about", "accessibility", "account", "author", "category", "classroom", "comment", "comments", "complaint",
    "contact", "cookies", "desk", "examples", "feed", "healthz", "look", "metrics", "moderation", "page", "people",
    "preview", "privacy", "receipt", "report", "search", "series", "static", "subscribe", "subscriptions", "tag",
    "toolkit", "training", "unsubscribe", "uploads", "wp-admin", "wp-content", "wp-includes", "wp-json",
}  # fmt: skip
A_YEAR = re.compile(r"\d{4}")  # stands for its posts


def free_slug(wanted: str, taken: set[str]) -> str:
    """The slug itself, or with the first number from 2 that neither these nor one of our own addresses have."""
    ours = RESERVED | {wanted} if A_YEAR.fullmatch(wanted) else RESERVED
    return first_free(wanted, taken | ours)


class State(StrEnum):
    """Whether the public sees a page."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class PageWithdrawn(Exception):
    """A page that stood here was taken away. `because` is what the public is told of it."""

    def __init__(self, because: str):
        super().__init__(because)
        self.because = because


class Overtaken(Exception):
    """Somebody else has saved the page since it was opened."""


class NotPossible(Exception):
    """That is for pages in another state than this one is in by now."""


class SlugTaken(Exception):
    """Another page has this slug, or the site itself. `free` is one that nobody has."""

    def __init__(self, free: str):
        super().__init__(free)
        self.free = free


class StandingPage(Illustrated, db.Model):
    """One standing page. Its HTML is made once, on saving; its source is kept."""

    __tablename__ = "page"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    text: Mapped[str] = mapped_column(default="", deferred=True)
    format: Mapped[Format] = mapped_column(String, default=Format.MARKDOWN)
    html: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)  # grows with each save
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    changed_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    changed_by: Mapped[Person | None] = relationship(foreign_keys=changed_by_id)

    state: Mapped[State] = mapped_column(String, default=State.PUBLISHED)
    withdrawn_because: Mapped[str] = mapped_column(default="")  # for the public
    withdrawn_to: Mapped[str] = mapped_column(default="")  # a path on this site, where its readers are led instead

    # Somebody reads it through every few months and says that it is still true.
    review_on: Mapped[date | None]
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    reviewed_by: Mapped[Person | None] = relationship(foreign_keys=reviewed_by_id)
    pictures: Mapped[list[Picture]] = relationship(secondary=page_picture)  # that its text shows

    # An imported page is known by the site it came from and its number there.
    source: Mapped[str | None]
    source_id: Mapped[str | None]

    @classmethod
    def at(cls, slug: str) -> "StandingPage | None":
        """The published page with this address."""
        return db.session.scalar(cls.published().where(cls.slug == slug))

    @classmethod
    def withdrawn(cls, slug: str) -> "StandingPage | None":
        """The page that the public saw at this address until it was withdrawn."""
        return db.session.scalar(select(cls).where(cls.slug == slug, cls.state == State.WITHDRAWN))

    @classmethod
    def published(cls):
        """What the public sees."""
        return select(cls).where(cls.state == State.PUBLISHED)

    @classmethod
    def never_reviewed(cls):
        """The published pages that nobody has read through."""
        return cls.published().where(cls.reviewed_at.is_(None))

    @classmethod
    def overdue(cls):
        """The published pages whose day to be read again has come, the longest due first."""
        return cls.published().where(cls.review_on <= _today()).order_by(cls.review_on, cls.id)

    @classmethod
    def due(cls):
        """Both of these: what somebody ought to read through."""
        return cls.published().where(or_(cls.reviewed_at.is_(None), cls.review_on <= _today()))

    @classmethod
    def by_title(cls) -> list["StandingPage"]:
        """All that are published, without their text."""
        pages = db.session.scalars(cls.published().options(load_only(cls.slug, cls.title)))
        return sorted(pages, key=lambda page: page.title.casefold())

    @classmethod
    def held(cls, id: int) -> "StandingPage | None":
        """The page with its text, locked until this transaction ends."""
        return db.session.scalar(select(cls).where(cls.id == id).options(undefer(cls.text)).with_for_update(of=cls))

    @property
    def address(self) -> str:
        """The path of it."""
        return f"/{self.slug}/"

    @property
    def is_published(self) -> bool:
        """Whether the public sees it."""
        return self.state == State.PUBLISHED

    @property
    def is_due(self) -> bool:
        """Whether somebody ought to read it through."""
        has_come = self.review_on is not None and self.review_on <= _today()
        return self.is_published and (self.reviewed_at is None or has_come)

    def write(self, text: str, format: Format = Format.MARKDOWN) -> None:
        """Sets its text, and makes the HTML that is shown."""
        self.text, self.format = text, format
        self.make_html()
        self.changed_at = clock.now()


def _today() -> date:
    return settings.current().local(clock.now()).date()


class PageRevision(db.Model):
    """The words of a page as one person saved them. None is ever changed."""

    __tablename__ = "page_revision"
    __table_args__ = {}

    page_id: Mapped[int] = mapped_column(BigId, ForeignKey("page.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str]
    text: Mapped[str] = mapped_column(deferred=True)
    by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person | None] = relationship()
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    @classmethod
    def of(cls, page: StandingPage):
        """Those of this page, the newest first."""
        return select(cls).where(cls.page_id == page.id).order_by(cls.number.desc())
