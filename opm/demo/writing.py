"""What the team wrote: each post a Markdown file in `posts/`, with its facts on top; those still to come in `making/`.

A post links to an earlier one by `post:` and its slug, since addresses hold a date and dates hang on today. It shows
a picture of `pictures/` by `picture:` and its name. (The pictures are drawn as SVG files beside them.)
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from opm import settings
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import clock
from opm.lib.slugs import slug
from opm.posts.models import Author, Category, ChangeNote, Post, Series, State, Tag
from opm.posts.pictures import decoding, library
from opm.posts.publishing import publish, schedule, submit
from opm.posts.writing import Words, begin, save

SOURCE = "demo"  # by this posts and comments are known to be the demo's own
FILES = Path(__file__).parent / "posts"
IN_THE_MAKING = Path(__file__).parent / "making"
PICTURES = Path(__file__).parent / "pictures"
PICTURE = re.compile(r"!\[([^\]]*)\]\(picture:([a-z0-9-]+\.png)\)")
DRAWN_BY = "Northmere Council"
ABOUT_AUTHORS = {
    "Ines Calder": "Ines leads the policy team of Northmere Council. She used to drive the number 7.",
    "Piotr Lund": "Piotr works on rivers and buses, and would like fewer of the first in the second.",
    "Lotte Akande": "Lotte works on housing for Harrowick District Council, and was our guest once.",
}
CATEGORIES = [
    ("Buses", "Routes, fares and stops, and who they leave out."),
    ("Rivers and floods", "Keeping water where it belongs, and being ready when it is not."),
    ("High street", "Shops, markets, benches, and what to do with empty rooms."),
    ("How we work", "Asking, listening, counting, and saying what we got wrong."),
]


@dataclass(frozen=True)
class Piece:
    """A post as its file has it."""

    slug: str
    facts: dict[str, str]
    text: str

    @classmethod
    def read(cls, file: Path) -> "Piece":
        """From a file: lines of facts between two rules of hyphens, then Markdown."""
        facts, _, text = file.read_text(encoding="utf-8").removeprefix("---\n").partition("\n---\n")
        return cls(file.stem, dict(line.split(": ", 1) for line in facts.splitlines()), text)

    @property
    def days_ago(self) -> int:
        """How long ago it was published."""
        return int(self.facts["days ago"])

    @property
    def published_at(self) -> datetime:
        """When that was."""
        return moment(_today() - timedelta(days=self.days_ago), self.facts["time"])

    @property
    def comments_close_at(self) -> datetime | None:
        """The date set for its comments to close, if there is one."""
        days = self.facts.get("comments close after days")
        return moment(_today() - timedelta(days=self.days_ago - int(days)), self.facts["time"]) if days else None

    @property
    def comments_closed_at(self) -> datetime | None:
        """When its comments were closed by hand, if they were."""
        days_ago = self.facts.get("comments closed days ago")
        return moment(_today() - timedelta(days=int(days_ago)), self.facts["time"]) if days_ago else None

    @property
    def changed_at(self) -> datetime:
        """When readers were told of a change, if they were."""
        return moment(_today() - timedelta(days=self.days_ago - int(self.facts["changed after days"])), "17:00")

    def names(self, fact: str) -> list[str]:
        """What is listed there, between commas."""
        return self.facts[fact].split(", ") if fact in self.facts else []


def publish_all(staff: dict[str, Person]) -> dict[str, Post]:
    """Publishes every piece, the oldest first. Returns the posts by slug."""
    bylines = {name: _byline(name, staff.get(name)) for name in ABOUT_AUTHORS}
    shelves = _Shelves()
    posts: dict[str, Post] = {}
    for piece in pieces():
        posts[piece.slug] = _publish(piece, bylines, shelves, posts)
    return posts


def begin_others(staff: dict[str, Person]) -> None:
    """Those at which the team is still at work: a draft, one for review, one that waits for its day. Call it last."""
    for piece in map(Piece.read, sorted(IN_THE_MAKING.glob("*.md"))):
        by = staff[piece.facts["by"]]
        post = begin(piece.facts["title"], by)
        post.source, post.source_id, post.slug, post.is_slug_chosen = SOURCE, piece.slug, piece.slug, True
        post.categories = _filed(Category, piece.names("categories"))
        post.tags = _filed(Tag, piece.names("tags"))
        save(post, Words(post.title, piece.facts.get("summary", ""), piece.text), by, post.revision)
        _send_on(post, piece, by)


def _send_on(post: Post, piece: Piece, by: Person) -> None:
    if days := piece.facts.get("goes out in days"):
        schedule(post, moment(_today() + timedelta(days=int(days)), piece.facts["time"]), by)
    elif piece.facts["state"] == State.IN_REVIEW:
        submit(post, by)


def _filed(kind, names: list[str]) -> list:
    return [kind.by_slug(slug(name)) for name in names]


def pieces() -> list[Piece]:
    """All of them, the oldest first."""
    return sorted(map(Piece.read, FILES.glob("*.md")), key=lambda piece: -piece.days_ago)


def moment(day: date, at: str) -> datetime:
    """That time of that day, as clocks in the place show it."""
    return datetime.combine(day, time.fromisoformat(at), settings.current().timezone).astimezone(UTC)


class _Shelves:
    """What posts are filed under: categories from the start, tags and series once something needs them."""

    def __init__(self):
        self.categories = {
            name: Category(name=name, slug=slug(name), description=description, position=position)
            for position, (name, description) in enumerate(CATEGORIES)
        }
        self.tags: dict[str, Tag] = {}
        self.series: dict[str, Series] = {}
        db.session.add_all(self.categories.values())

    def tag(self, name: str) -> Tag:
        return self.tags.setdefault(name, Tag(name=name, slug=slug(name)))

    def place(self, post: Post, title: str, position: str) -> None:
        post.series = self.series.setdefault(title, Series(title=title, slug=slug(title)))
        post.series_position = int(position)


def _publish(piece: Piece, bylines: dict[str, Author], shelves: _Shelves, earlier: dict[str, Post]) -> Post:
    post = Post(title=piece.facts["title"], slug=piece.slug, summary=piece.facts["summary"])
    post.source, post.source_id = SOURCE, piece.slug
    post.authors = [bylines[name] for name in piece.names("authors")]
    post.categories = [shelves.categories[name] for name in piece.names("categories")]
    post.tags = [shelves.tag(name) for name in piece.names("tags")]
    if "series" in piece.facts:
        shelves.place(post, *piece.names("series"))
    post.write(_illustrated(_linked(piece.text, earlier)))
    post.changed_at = piece.published_at
    publish(post, piece.published_at, comments_closed_at=piece.comments_closed_at)
    post.thread.closes_at = piece.comments_close_at
    if "change" in piece.facts:
        db.session.flush()
        who = post.authors[0].person_id
        db.session.add(ChangeNote(post_id=post.id, text=piece.facts["change"], noted_at=piece.changed_at, by_id=who))
    return post


def _linked(text: str, earlier: dict[str, Post]) -> str:
    for name, post in earlier.items():
        text = text.replace(f"(post:{name})", f"({post.address})")
    return text


def _illustrated(text: str) -> str:
    return PICTURE.sub(lambda m: f"![{m[1]}]({_kept(m[2], m[1])})", text)


def _kept(name: str, alt: str) -> str:
    """Its address in the library."""
    picture, _is_new = library.add(decoding.anew((PICTURES / name).read_bytes()), name, alt=alt, credit=DRAWN_BY)
    return picture.address


def _byline(name: str, person: Person | None) -> Author:
    """A guest has one without an account."""
    return Author(name=name, slug=slug(name), about=ABOUT_AUTHORS[name], person_id=person and person.id)


def _today() -> date:
    return settings.current().local(clock.now()).date()
