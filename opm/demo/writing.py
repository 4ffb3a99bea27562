"""What the team wrote: each post a Markdown file in `posts/`, with its facts on top.

A post links to an earlier one by `post:` and its slug, since addresses hold a date and dates hang on today.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from opm import settings
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import clock
from opm.lib.slugs import slug
from opm.posts.models import Author, Category, Post, Series, Tag
from opm.posts.publishing import publish

FILES = Path(__file__).parent / "posts"
ABOUT_AUTHORS = {
    "Ines Calder": "Ines leads the policy team of Northmere Council. She used to drive the number 7.",
    "Piotr Lund": "Piotr works on rivers and buses, and would like fewer of the first in the second.",
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
    def comments_closed_at(self) -> datetime | None:
        """When its comments were closed, if they were."""
        days_ago = self.facts.get("comments closed days ago")
        return moment(_today() - timedelta(days=int(days_ago)), self.facts["time"]) if days_ago else None

    def names(self, fact: str) -> list[str]:
        """What is listed there, between commas."""
        return self.facts[fact].split(", ") if fact in self.facts else []


def publish_all(staff: dict[str, Person]) -> dict[str, Post]:
    """Publishes every piece, the oldest first. Returns the posts by slug."""
    bylines = {name: _byline(person) for name, person in staff.items()}
    shelves = _Shelves()
    posts: dict[str, Post] = {}
    for piece in sorted(map(Piece.read, FILES.glob("*.md")), key=lambda piece: -piece.days_ago):
        posts[piece.slug] = _publish(piece, bylines, shelves, posts)
    return posts


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
    post.authors = [bylines[name] for name in piece.names("authors")]
    post.categories = [shelves.categories[name] for name in piece.names("categories")]
    post.tags = [shelves.tag(name) for name in piece.names("tags")]
    if "series" in piece.facts:
        shelves.place(post, *piece.names("series"))
    post.write(_linked(piece.text, earlier))
    post.changed_at = piece.published_at
    publish(post, piece.published_at, comments_closed_at=piece.comments_closed_at)
    return post


def _linked(text: str, earlier: dict[str, Post]) -> str:
    for name, post in earlier.items():
        text = text.replace(f"(post:{name})", f"({post.address})")
    return text


def _byline(person: Person) -> Author:
    return Author(name=person.name, slug=slug(person.name), about=ABOUT_AUTHORS[person.name], person_id=person.id)


def _today() -> date:
    return settings.current().local(clock.now()).date()
