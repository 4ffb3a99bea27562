"""Standing pages: what the team writes once and keeps true, such as how to reach it."""

import re
from datetime import datetime

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, load_only, mapped_column

from opm.extensions import db
from opm.lib import clock
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.markdown import Format, render
from opm.lib.slugs import first_free
from opm.posts.pictures.media import with_sizes

# The first parts of our own addresses, now and as planned: no page may take one.
RESERVED = {
    "about", "accessibility", "account", "author", "category", "classroom", "comment", "comments", "contact",
    "cookies", "desk", "examples", "feed", "healthz", "metrics", "moderation", "page", "people", "privacy",
    "receipt", "report", "search", "series", "static", "subscribe", "tag", "toolkit", "training", "uploads",
    "wp-admin", "wp-content", "wp-includes", "wp-json",
}  # fmt: skip
A_YEAR = re.compile(r"\d{4}")  # stands for its posts


def free_slug(wanted: str, taken: set[str]) -> str:
    """The slug itself, or with the first number from 2 that neither these nor one of our own addresses have."""
    ours = RESERVED | {wanted} if A_YEAR.fullmatch(wanted) else RESERVED
    return first_free(wanted, taken | ours)


class StandingPage(db.Model):
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
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    # An imported page is known by the site it came from and its number there.
    source: Mapped[str | None]
    source_id: Mapped[str | None]

    @classmethod
    def at(cls, slug: str) -> "StandingPage | None":
        """The page with this address."""
        return db.session.scalar(select(cls).where(cls.slug == slug))

    @classmethod
    def by_title(cls) -> list["StandingPage"]:
        """All of them, without their text."""
        pages = db.session.scalars(select(cls).options(load_only(cls.slug, cls.title)))
        return sorted(pages, key=lambda page: page.title.casefold())

    @property
    def address(self) -> str:
        """The path of it."""
        return f"/{self.slug}/"

    def write(self, text: str, format: Format = Format.MARKDOWN) -> None:
        """Sets its text, and makes the HTML that is shown."""
        self.text, self.format, self.html = text, format, with_sizes(render(text, format))
        self.changed_at = clock.now()
