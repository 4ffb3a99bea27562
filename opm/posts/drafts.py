"""What people have typed at the desk and not saved yet, as rows: one for each person and thing they write on."""

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import clock
from opm.lib.columns import BigId, UtcDateTime


class Typed:
    """What one person has typed into one thing, since which of its revisions; and that they have it open."""

    title: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="", deferred=True)
    revision: Mapped[int] = mapped_column(default=1)  # that it began from
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: nothing was typed
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())


class Draft(Typed, db.Model):
    """That of a post."""

    __tablename__ = "post_draft"
    __table_args__ = {}

    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), primary_key=True, index=True)
    person: Mapped[Person] = relationship()
    summary: Mapped[str] = mapped_column(default="")


class PageDraft(Typed, db.Model):
    """That of a standing page, of one that is not begun yet ("new"), or of the words about the site ("about")."""

    __tablename__ = "page_draft"
    __table_args__ = {}

    room: Mapped[str] = mapped_column(primary_key=True)  # the last part of the address where it is written
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), primary_key=True, index=True)
    person: Mapped[Person] = relationship()
    page_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("page.id", ondelete="CASCADE"), index=True)
    slug: Mapped[str] = mapped_column(default="")

    @classmethod
    def rooms_of(cls, person: Person) -> set[str]:
        """Where this person has typed something and not saved it."""
        own = cls.person_id == person.id, cls.saved_at.is_not(None)
        return set(db.session.scalars(select(cls.room).where(*own)))

    @property
    def address(self) -> str:
        """Where it is written."""
        return f"/desk/pages/{self.room}"
