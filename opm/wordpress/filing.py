"""What imported posts are filed under: found here by the slugs of the file, or made."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, count
from urllib.parse import unquote

from sqlalchemy import func, select

from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.slugs import slug
from opm.posts.models import Author, Category, Tag
from opm.wordpress.reader import Export, Item, Term
from opm.wordpress.summary import Kind, Reason, Summary
from opm.wordpress.text import words


class Filing:
    """The shelves of an import, filled with the categories and tags that the file lists."""

    def __init__(self, export: Export, summary: Summary):
        self.export = export
        self.summary = summary
        self.shelves = {
            "category": _Categories(summary),
            "tag": _Shelf(Tag, Kind.TAGS, summary),
            "author": _Authors(summary),
        }
        self.seen: dict[str, set[str]] = defaultdict(set)  # the slugs in the file, by kind
        self.kept: dict[str, set[str]] = defaultdict(set)  # those of what was here before
        self.seen["author"] |= export.authors.keys()
        for term in export.terms:
            if term.kind in self.shelves:
                self._put(term)
            self.seen[term.kind].add(term.slug)

    def see(self, item: Item) -> None:
        """Remembers what this item is filed under, whether or not it can be brought."""
        for term in item.terms:
            if term.kind != "author":
                self.seen[term.kind].add(term.slug)
        if item.author and item.kind in ("post", "page"):
            self.seen["author"].add(item.author)

    def keep(self, item: Item) -> None:
        """Remembers that what this item is filed under came with it once, whatever the team has made of it since."""
        for term in item.terms:
            self.kept[term.kind].add(self._joint_author(term).slug if term.kind == "author" else term.slug)
        self.kept["author"].add(item.author)

    def count_others(self) -> None:
        """Counts what came once, and what nothing that was brought is filed under."""
        for kind, shelf in self.shelves.items():
            others = self.seen[kind] - shelf.given.keys()
            self.summary.here[shelf.counted_as] += len(others & self.kept[kind])
            self.summary.leave_out(shelf.counted_as, Reason.UNUSED, len(others - self.kept[kind]))
        self.summary.leave_out(Kind.LABELS, Reason.NO_PLACE, len(self.seen["label"]))

    def addresses(self) -> Iterator[tuple[str, str, str, str]]:
        """Of all that things are filed under: the kind, the slug and the number on the old site, the address here."""
        for kind, shelf in self.shelves.items():
            for was, row in shelf.given.items():
                if "@" not in was:
                    yield kind, was, shelf.numbers.get(was, ""), row.address

    def living(self) -> set[str]:
        """The addresses of all shelves here."""
        return {row.address for shelf in self.shelves.values() for row in shelf.rows.values()}

    def of(self, kind: str, terms: list[Term]) -> list:
        """The categories or the tags among these, each once, in their order."""
        return _once(self._put(term) for term in terms if term.kind == kind)

    def authors(self, login: str, terms: list[Term]) -> list[Author]:
        """Who is named above a post: those whom the file files it under, as a plugin for joint posts does, else one."""
        joint = [self._joint_author(term) for term in terms if term.kind == "author"]
        return _once(self._put(author) for author in joint or ([self._author(login)] if login else []))

    def _put(self, term: Term):
        return self.shelves[term.kind].put(term)

    def _joint_author(self, term: Term) -> Term:
        """The plugin writes `cap-` and the slug of somebody's login, and names them by login or by name."""
        slugs = {slug(login): login for login in self.export.authors}
        login = term.slug.removeprefix("cap-")
        return self._author(term.name if term.name in self.export.authors else slugs.get(slug(login), login), term.name)

    def _author(self, login: str, name: str = "") -> Term:
        known = self.export.authors.get(login)
        return Term("author", login, known.name if known else name or login)


class _Shelf:
    """All rows of one kind. A slug of the file leads to the same row each time, also when it is imported again."""

    def __init__(self, model, counted_as: Kind, summary: Summary):
        self.model, self.counted_as, self.summary = model, counted_as, summary
        self.rows = {row.slug: row for row in db.session.scalars(select(model))}
        self.given: dict[str, object] = {}  # by the file's slug
        self.numbers: dict[str, str] = {}  # on the old site, by the file's slug
        self.taken: set[str] = set()  # by another of the file's slugs

    def put(self, term: Term):
        """The row that this stands for; a new one where there is none."""
        if term.slug not in self.given:
            slug = next(slug for slug in self._tries(term) if self._fits(slug, term))
            counts = self.summary.here if slug in self.rows else self.summary.brought
            counts[self.counted_as] += 1
            self.given[term.slug] = self.rows.get(slug) or self._made(term, slug)
            self.numbers[term.slug] = term.id
            self.taken.add(slug)
        return self.given[term.slug]

    def name(self, term: Term) -> str:
        """What it is called."""
        return words(term.name) or words(unquote(term.slug)) or term.kind

    def slug(self, term: Term) -> str:
        """Its slug here. Most alphabets leave nothing of themselves in one: then its number stands for it."""
        return slug(unquote(term.slug), otherwise=slug(self.name(term), otherwise=f"{term.kind}-{term.id or 1}"))

    def is_same(self, row, term: Term) -> bool:
        """Whether a row with its slug is what the file means: two may become alike when their slugs are cleaned."""
        return row.slug == term.slug or row.name == self.name(term)

    def new(self, term: Term, slug: str):
        """A row for it."""
        return self.model(slug=slug, name=self.name(term))

    def _tries(self, term: Term) -> Iterator[str]:
        """The slugs it may have here, from the one it should have."""
        wanted = self.slug(term)
        return chain([wanted], (f"{wanted}-{number}" for number in count(2)))

    def _fits(self, slug: str, term: Term) -> bool:
        return slug not in self.rows or (slug not in self.taken and self.is_same(self.rows[slug], term))

    def _made(self, term: Term, slug: str):
        self.rows[slug] = row = self.new(term, slug)
        db.session.add(row)
        return row


class _Categories(_Shelf):
    """They stand in the order of the file, after those that are here."""

    def __init__(self, summary: Summary):
        super().__init__(Category, Kind.CATEGORIES, summary)
        self.last = db.session.scalar(select(func.max(Category.position))) or 0

    def new(self, term: Term, slug: str) -> Category:
        self.last += 1
        return Category(slug=slug, name=self.name(term), description=words(term.description), position=self.last)


class _Authors(_Shelf):
    """Bylines. Two sites may each have an “admin”, so only the same name is the same author."""

    def __init__(self, summary: Summary):
        super().__init__(Author, Kind.AUTHORS, summary)

    def name(self, term: Term) -> str:
        """Never an email address, which some people sign in to WordPress with."""
        name = words(term.name)
        return name if name and "@" not in name else _("Staff writer")

    def slug(self, term: Term) -> str:
        login = "" if "@" in term.slug else term.slug
        return slug(unquote(login), otherwise=slug(self.name(term), otherwise="author"))

    def is_same(self, row: Author, term: Term) -> bool:
        return row.name == self.name(term)


def _once(rows) -> list:
    return list(dict.fromkeys(rows))
