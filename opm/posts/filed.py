"""What posts are filed under: who wrote them, and the subjects, words and series they are found by."""

import hashlib

from sqlalchemy import Column, ForeignKey, Table, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, synonym

from opm.accounts.models import Person
from opm.extensions import Model, db
from opm.lib.columns import BigId, SortedText

MARK_LENGTH = 16

post_category = Table(
    "post_category",
    Model.metadata,
    Column("post_id", ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    Column("category_id", ForeignKey("category.id"), primary_key=True, index=True),
)
post_tag = Table(
    "post_tag",
    Model.metadata,
    Column("post_id", ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True, index=True),
)


def mark_of(said) -> str:
    """Stands for what was shown, so that a form can tell what its reader saw."""
    return hashlib.sha256(repr(said).encode()).hexdigest()[:MARK_LENGTH]


class Filed:
    """Something that posts are found under. It has a page of its own."""

    slug: Mapped[str] = mapped_column(unique=True)

    @property
    def address(self) -> str:
        """Its page."""
        return self.address_with(self.slug)

    def address_with(self, slug: str) -> str:
        """Where its page would be with this slug."""
        return f"/{self.__tablename__}/{slug}/"

    @property
    def mark(self) -> str:
        """Stands for what is said of it now: who saw another mark saw something else."""
        return mark_of((self.name, self.slug, self.description, getattr(self, "person_id", None)))

    @classmethod
    def by_slug(cls, slug: str):
        """The one with this address."""
        return db.session.scalar(select(cls).where(cls.slug == slug))

    @classmethod
    def held(cls, id: int):
        """The one with this id, locked until this transaction ends. Posts can still be filed under it."""
        return db.session.scalar(select(cls).where(cls.id == id).with_for_update(key_share=True))

    @classmethod
    def held_to_go(cls, id: int):
        """The same where it may go: no post is filed under it meanwhile."""
        return db.session.scalar(select(cls).where(cls.id == id).with_for_update())


class Author(Filed, db.Model):
    """A byline. It need not have an account, and keeps its posts when its person leaves."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(SortedText)
    about: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = synonym("about")
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    person: Mapped[Person | None] = relationship()


class Byline(db.Model):
    """One author of one post, in the order in which they are named."""

    __table_args__ = {}

    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("author.id"), primary_key=True, index=True)
    author: Mapped[Author] = relationship()
    position: Mapped[int]


class Category(Filed, db.Model):
    """A subject that the site writes about."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(SortedText)
    description: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)


class Tag(Filed, db.Model):
    """A word that posts are marked with."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(SortedText)
    description: Mapped[str] = mapped_column(default="")


class Series(Filed, db.Model):
    """Posts that belong together, in order."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str]
    name: Mapped[str] = synonym("title")
    description: Mapped[str] = mapped_column(default="")
