"""The pictures of the library: what each shows, whose it is, which files were made of it, and what shows it."""

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, ForeignKey, String, Table, case, exists, false, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opm import settings
from opm.accounts.models import Person
from opm.extensions import Model, db
from opm.lib import clock
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.moved import Moved
from opm.posts.pictures import media
from opm.posts.pictures.decoding import Anew

LONGEST_ALT = 500
LONGEST_LINE = 200
MARK_LENGTH = 16
LARGEST_BYTES = 12 * 1024 * 1024  # of a file that people may send
MARKS = re.compile(r"[\\\[\]*_`<>]")  # what means something in Markdown

# Both are kept by those that show: a picture in use cannot be dropped.
post_picture = Table(
    "post_picture",
    Model.metadata,
    Column("post_id", ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    Column("picture_id", ForeignKey("picture.id"), primary_key=True, index=True),
)
page_picture = Table(
    "page_picture",
    Model.metadata,
    Column("page_id", ForeignKey("page.id", ondelete="CASCADE"), primary_key=True),
    Column("picture_id", ForeignKey("picture.id"), primary_key=True, index=True),
)


class State(StrEnum):
    """How far the worker has come with a picture."""

    WAITING = "waiting"  # it is shown as the one file that there is
    READY = "ready"
    FAILED = "failed"  # nothing could be made of it: the one file is all there will be


class Overtaken(Exception):
    """Somebody else has said something else of the picture since it was looked at."""


class Picture(db.Model):
    """A picture that posts and pages may show. Its name may change, with its file: it stays the same picture."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    alt: Mapped[str] = mapped_column(default="")  # what it shows, for those who cannot see it
    is_decorative: Mapped[bool] = mapped_column(default=False)
    credit: Mapped[str] = mapped_column(default="")
    licence: Mapped[str] = mapped_column(default="")
    licence_address: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")  # in which it is searched

    width: Mapped[int]  # px
    height: Mapped[int]  # px
    byte_count: Mapped[int]
    renditions: Mapped[list[str]] = mapped_column(JSON, default=list)  # names
    state: Mapped[State] = mapped_column(String, default=State.WAITING, index=True)
    is_stale: Mapped[bool] = mapped_column(default=False, index=True)  # what shows it shows how it was before

    added_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    added_by: Mapped[Person | None] = relationship()
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    @classmethod
    def of_file(cls, name: str, anew: Anew, by: Person | None = None, **said) -> "Picture":
        """A picture for this file, as it was looked at."""
        picture = cls(name=name, width=anew.width, height=anew.height, byte_count=len(anew.content), added_by=by)
        picture.describe(**said)
        picture.state, picture.is_stale = State.WAITING, False  # nothing shows it yet
        return picture

    @classmethod
    def held(cls, id: int) -> "Picture | None":
        """It, locked until this transaction ends."""
        return db.session.scalar(
            select(cls).where(cls.id == id).with_for_update(of=cls).execution_options(populate_existing=True)
        )

    @classmethod
    def by_address(cls, address: str) -> "Picture | None":
        """The picture that stands at this path of the site, or did before it was replaced."""
        return cls.by_addresses([address]).get(address)

    @classmethod
    def by_addresses(cls, addresses: Iterable[str], *, held: bool = False) -> dict[str, "Picture"]:
        """Those of these that there are. With `held` nobody changes them until this transaction ends."""
        ours = {address for address in addresses if media.is_whole(address.removeprefix(media.ADDRESS))}
        ours = {address for address in ours if address.startswith(media.ADDRESS)}
        if not ours:
            return {}
        found = cls._named(ours, held)
        if missing := ours - set(found):
            moved = dict(db.session.execute(select(Moved.path, Moved.to).where(Moved.path.in_(missing))).all())
            now = cls._named(set(moved.values()), held)
            found |= {path: now[to] for path, to in moved.items() if to in now}
        return found

    @classmethod
    def _named(cls, addresses: set[str], held: bool) -> dict[str, "Picture"]:
        asked = select(cls).where(cls.name.in_([address.removeprefix(media.ADDRESS) for address in addresses]))
        with db.session.no_autoflush:
            return {
                picture.address: picture
                for picture in db.session.scalars(asked.with_for_update(read=True) if held else asked)
            }

    @classmethod
    def newest(cls):
        """All of them, what came last first."""
        return select(cls).order_by(cls.id.desc())

    @classmethod
    def has_words(cls, typed: str):
        """The condition that all these words stand in what it shows, whose it is, or its name."""
        return [cls.words.contains(word, autoescape=True) for word in typed.casefold().split()]

    @classmethod
    def is_unused(cls):
        """The condition that no post and no page shows it, and that it is not the logo."""
        return ~or_(
            exists().where(post_picture.c.picture_id == cls.id),
            exists().where(page_picture.c.picture_id == cls.id),
            cls.is_the_logo(),
        )

    @classmethod
    def is_undescribed(cls):
        """The condition that nobody has said what it shows, nor that it only adorns."""
        return (cls.alt == "") & ~cls.is_decorative

    @classmethod
    def has_failed(cls):
        """The condition that nothing could be made of it."""
        return cls.state == State.FAILED

    @classmethod
    def uses_count(cls):
        """How many posts and pages show it; as the logo it counts once."""
        posts = select(func.count()).where(post_picture.c.picture_id == cls.id).correlate(cls).scalar_subquery()
        pages = select(func.count()).where(page_picture.c.picture_id == cls.id).correlate(cls).scalar_subquery()
        return posts + pages + case((cls.is_the_logo(), 1), else_=0)

    @classmethod
    def is_the_logo(cls):
        """The condition that it stands at the head of every page."""
        shown = [media.ADDRESS + cls.name == address for address in settings.current().logo[:1]]
        return or_(false(), *shown)

    @classmethod
    def to_do(cls):
        """Those that wait for the worker, the oldest first."""
        return select(cls).where(or_(cls.state == State.WAITING, cls.is_stale)).order_by(cls.id)

    @property
    def address(self) -> str:
        """The path of its file."""
        return media.ADDRESS + self.name

    @property
    def room(self) -> str:
        """The path of its page at the desk."""
        return f"/desk/pictures/{self.id}"

    @property
    def needs_words(self) -> bool:
        """Whether nobody has said what it shows, nor that it only adorns."""
        return not (self.alt or self.is_decorative)

    @property
    def markdown(self) -> str:
        """What shows it in a text."""
        alt = "" if self.is_decorative else MARKS.sub(r"\\\g<0>", self.alt)
        return f"![{alt}]({self.address})"

    @property
    def smallest(self) -> str:
        """The path of the lightest file that every browser shows."""
        plain = sorted(self.of_kind("jpg") + self.of_kind("png"), key=media.width_of)
        return media.ADDRESS + (plain[0] if plain else self.name)

    @property
    def files(self) -> list[str]:
        """The names of all its files."""
        return [self.name, *self.renditions]

    def of_kind(self, ending: str) -> list[str]:
        """Its renditions of one kind, the smallest first."""
        return sorted((name for name in self.renditions if name.endswith(f".{ending}")), key=media.width_of)

    def fits(self, width: int, height: int) -> tuple[int, int]:
        """Its size when it fills a box as well as it can, never larger than it is."""
        scale = min(1, width / self.width, height / self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))

    def describe(
        self,
        *,
        alt: str = "",
        is_decorative: bool = False,
        credit: str = "",
        licence: str = "",
        licence_address: str = "",
        seen: str | None = None,
    ) -> None:
        """Says what it shows and whose it is. What shows it is made anew by the worker.

        `seen` is the mark of what was said when this person looked; None needs no look. Raises Overtaken where that is
        otherwise now, and is not what they say, too.
        """
        before, said = self._said, ("" if is_decorative else alt, is_decorative, credit, licence, licence_address)
        if seen not in (None, self.mark) and said != before:
            raise Overtaken
        self.alt, self.is_decorative, self.credit, self.licence, self.licence_address = said
        self.words = " ".join([self.alt, credit, licence, self.name]).casefold()
        self.is_stale = self.is_stale or self._said != before

    @property
    def mark(self) -> str:
        """By which what is said of it is told from what was said before, and will be."""
        return hashlib.sha256(json.dumps(self._said).encode()).hexdigest()[:MARK_LENGTH]

    @property
    def _said(self) -> tuple:
        return self.alt, self.is_decorative, self.credit, self.licence, self.licence_address


class SocialCard(db.Model):
    """The picture with a post's title on it that stands beside links to the post elsewhere. Made by the worker."""

    __table_args__ = {}

    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    title: Mapped[str]
    site_name: Mapped[str]
    name: Mapped[str]  # of its file; empty where our font lacks the title's script

    @property
    def address(self) -> str:
        """The path of its file."""
        return media.ADDRESS + self.name
