"""Filing: what posts are filed under is made, named, merged, put in order and taken away; and a post is filed.

Whoever changes a thing holds it (`Filed.held`) and says what they saw of it. The order of locks is posts (by id), then
what they are filed under (authors, categories, the series, tags; each by id, new tags by name), then the thread, then
the public version: of two at once each waits for the other otherwise, and PostgreSQL sends one away.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.schema import Column

from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import moved, publicity, slugs
from opm.lib.i18n import gettext as _
from opm.posts.filed import Author, Byline, Category, Filed, Series, Tag, mark_of, post_category, post_tag
from opm.posts.models import Post

# Words that stand under a list in its address.
NO_SLUGS = {"feed", "page"}
AS_IT_IS = {"synchronize_session": False}


class SlugTaken(Exception):
    """Another of its kind has this slug, or an address of ours has it. `free` is one like it that nothing has."""

    def __init__(self, free: str):
        super().__init__(free)
        self.free = free


class NameTaken(Exception):
    """There is one of this name already: `thing`."""

    def __init__(self, thing: Filed):
        super().__init__(thing.name)
        self.thing = thing


class PlaceTaken(Exception):
    """Another part of the series has this number: `post`. `free` is the first after the last part."""

    def __init__(self, post: Post, free: int):
        super().__init__(free)
        self.post, self.free = post, free


class NotHere(Exception):
    """What was to be changed is not there any more: merged with another, or deleted."""


class ChangedMeanwhile(Exception):
    """Somebody else has changed it since it was seen."""


class InUse(Exception):
    """Posts are filed under it: so many."""

    def __init__(self, count: int):
        super().__init__(count)
        self.count = count


class IntoItself(Exception):
    """Nothing is merged with itself."""


@dataclass(frozen=True)
class Rows:
    """Where it is written which posts are filed under a thing of one kind."""

    thing: Column | InstrumentedAttribute
    post: Column | InstrumentedAttribute

    def count_of(self, thing: Filed | InstrumentedAttribute):
        """How many posts are filed under it, in whatever state they are."""
        id = thing.id if isinstance(thing, Filed) else thing
        return select(func.count()).where(self.thing == id).scalar_subquery()


ROWS: dict[type[Filed], Rows] = {
    Author: Rows(Byline.author_id, Byline.post_id),
    Category: Rows(post_category.c.category_id, post_category.c.post_id),
    Tag: Rows(post_tag.c.tag_id, post_tag.c.post_id),
    Series: Rows(Post.series_id, Post.id),
}


# The things


def create(
    kind: type[Filed], name: str, *, slug: str = "", description: str = "", takes_over: bool = False, **values
) -> Filed:
    """A new one, at the address that was chosen or at a free one. The caller commits.

    Raises NameTaken (not for authors: two people may be called the same), SlugTaken; LeadsOn, unless it takes over an
    address from which readers are led elsewhere.
    """
    free = slug or free_slug(kind, name)  # looked for before the name: of two at once one is told, or has no slug left
    if kind is not Author and (like := named(kind, name)):
        raise NameTaken(like)
    thing = kind(name=name, description=description, slug=free, **values)
    if kind is Category:
        thing.position = (db.session.scalar(select(func.max(Category.position))) or 0) + 1
    if slug:
        _expect_free(thing, slug)
    if not takes_over:
        moved.expect_unclaimed(thing.address)
    _store(thing)
    moved.forget(thing.address)
    if kind is Category:  # it has a page also while it is empty
        publicity.bump()
    return thing


def rename(thing: Filed, name: str, slug: str, takes_over: bool = False) -> None:
    """Gives it another name and, where the slug is another, another address, to which the old one leads.

    The caller holds it and commits. Raises NameTaken, SlugTaken; LeadsOn as for a new one.
    """
    if name != thing.name and not isinstance(thing, Author) and (like := named(type(thing), name)) not in (None, thing):
        raise NameTaken(like)
    before = thing.address
    if slug != thing.slug:
        _expect_free(thing, slug)
        if not takes_over:
            moved.expect_unclaimed(thing.address_with(slug), by=before)
    thing.name, thing.slug = name, slug
    _store(thing)
    moved.move(before, thing.address)
    publicity.bump()


def describe(thing: Filed, description: str, **others) -> None:
    """Says what it is about, and of an author whose byline it is. The caller holds it and commits."""
    for name, value in {"description": description, **others}.items():
        setattr(thing, name, value)
    publicity.bump()


def merge(thing: Filed, into: Filed) -> None:
    """Files its posts under the other one, to which its address leads from now on; and it is gone. The caller commits.

    A post that was filed under both is so once. Parts of a series follow those of the other. Both are held. Raises
    IntoItself.
    """
    if thing is into:
        raise IntoItself
    kind, before = type(thing), thing.address
    MERGE[kind](thing, into)
    db.session.delete(thing)
    moved.move(before, into.address)
    publicity.bump()


def remove(thing: Filed) -> None:
    """Takes it away. Nothing is filed under it, else InUse is raised. The caller holds it and commits."""
    if count := db.session.scalar(select(ROWS[type(thing)].count_of(thing))):
        raise InUse(count)
    db.session.delete(thing)
    publicity.bump()


def held_both(kind: type[Filed], one: int, other: int) -> tuple[Filed | None, Filed | None]:
    """The two with these ids, locked until this transaction ends, in the order in which everybody locks.

    So are the parts of two series, which are to be numbered anew.
    """
    if kind is Series:
        held_parts(one, other)
    held = {id: kind.held_to_go(id) for id in sorted({one, other})}
    return held[one], held[other]


def named(kind: type[Filed], name: str) -> Filed | None:
    """The one with this name, small and capital letters being the same."""
    own_slug = slugs.slug(name, otherwise="")
    alike = or_(kind.name == name, func.lower(kind.name) == name.lower(), and_(kind.slug == own_slug, own_slug != ""))
    found = db.session.scalars(select(kind).where(alike).order_by(kind.id))
    return next((thing for thing in found if thing.name.casefold() == name.casefold()), None)


def free_slug(kind: type[Filed], wanted: str) -> str:
    """The slug that this name makes, or the first like it that is free."""
    start = slugs.slug(wanted, otherwise=kind.__tablename__)
    return slugs.first_free(start, _slugs_like(kind, start) | NO_SLUGS)


def _expect_free(thing: Filed, slug: str) -> None:
    kind = type(thing)
    with db.session.no_autoflush:
        other = kind.by_slug(slug)
        if slug in NO_SLUGS or other not in (None, thing):
            raise SlugTaken(free_slug(kind, slug))


def _slugs_like(kind: type[Filed], start: str) -> set[str]:
    return set(db.session.scalars(select(kind.slug).where(kind.slug.startswith(start, autoescape=True))))


def _store(thing: Filed) -> None:
    """Writes it at once. Somebody may have been quicker with the same slug: raises SlugTaken."""
    try:
        with db.session.begin_nested():
            db.session.add(thing)
    except IntegrityError:
        raise SlugTaken(free_slug(type(thing), thing.slug)) from None


def _merge_rows(thing: Filed, into: Filed) -> None:
    rows = ROWS[type(thing)]
    both = select(rows.post).where(rows.thing == into.id)
    table = rows.thing.table if isinstance(rows.thing, Column) else Byline
    _do(delete(table).where(rows.thing == thing.id, rows.post.in_(both)))
    _do(update(table).where(rows.thing == thing.id).values({rows.thing: into.id}))


def _merge_authors(author: Author, into: Author) -> None:
    """Where both are named the first of the two places is kept."""
    earlier = aliased(Byline)
    stands_first = exists().where(
        earlier.post_id == Byline.post_id, earlier.author_id == author.id, earlier.position < Byline.position
    )
    _do(delete(Byline).where(Byline.author_id == into.id, stands_first))
    _merge_rows(author, into)
    into.person_id = into.person_id or author.person_id


def _merge_series(series: Series, into: Series) -> None:
    last = last_number(into)
    number = Post.series_position + last
    _do(update(Post).where(Post.series_id == series.id).values(series_id=into.id, series_position=number))


def _do(statement) -> None:
    db.session.execute(statement, execution_options=AS_IT_IS)


MERGE = {Author: _merge_authors, Category: _merge_rows, Tag: _merge_rows, Series: _merge_series}


# Order


def reorder(categories: Sequence[Category]) -> None:
    """Puts all of them in this order. The caller holds them and commits."""
    for position, category in enumerate(categories, 1):
        category.position = position
    publicity.bump()


def order_mark(things: Sequence[Filed]) -> str:
    """Stands for their order: who saw another mark saw another order, or others."""
    return mark_of([thing.id for thing in things])


def parts_of(series: Series) -> list[Post]:
    """All posts of a series, whatever their state, in order; those without a number come last."""
    parts = db.session.scalars(select(Post).where(Post.series_id == series.id))
    return sorted(parts, key=_place_of)


def held_parts(*ids: int, besides: int | None = None) -> list[Post]:
    """The same of the series with these ids, all locked until this transaction ends, and another post with them."""
    wanted = Post.at_desk().where(or_(Post.series_id.in_(ids), Post.id == besides)).order_by(Post.id)
    held = db.session.scalars(wanted.with_for_update(of=Post).execution_options(populate_existing=True))
    return sorted((post for post in held if post.series_id in ids), key=_place_of)


def parts_mark(parts: Sequence[Post]) -> str:
    """Stands for the parts and their numbers."""
    return mark_of([(part.id, part.series_position) for part in parts])


def number(parts: Mapping[Post, int | None]) -> list[Post]:
    """Gives parts of one series these numbers, no two the same. Returns those that had another before.

    The caller holds them and commits.
    """
    changed = [part for part, position in parts.items() if part.series_position != position]
    for part in changed:
        part.series_position = parts[part]
    publicity.bump()
    return changed


def take_out(part: Post) -> None:
    """It is no part of its series any more; the others keep their numbers. The caller holds it and commits."""
    part.series = part.series_position = None
    publicity.bump()


def put_in(post: Post, series: Series) -> None:
    """Makes it the last part of a series. The caller holds both and commits."""
    post.series, post.series_position = series, last_number(series) + 1
    publicity.bump()


def last_number(series: Series) -> int:
    """The largest number that a part has, whether or not it is public: numbers are not given twice."""
    return db.session.scalar(select(func.max(Post.series_position)).where(Post.series_id == series.id)) or 0


def _place_of(part: Post) -> tuple:
    return part.series_position is None, part.series_position or 0, part.id


# A post


def author_of(person: Person) -> Author:
    """The byline of somebody with an account, made when they first write. The caller commits."""
    begins = select(Person.id).where(Person.id == person.id).with_for_update(key_share=True)  # who begins twice at once
    db.session.scalar(begins)
    author = db.session.scalar(select(Author).where(Author.person_id == person.id).order_by(Author.id).limit(1))
    return author or create(Author, byline(person.name), takes_over=True, person_id=person.id)


def byline(name: str) -> str:
    """A name for the public: never an email address, which people sign in with."""
    return _("Staff writer") if "@" in name else name


def file(
    post: Post,
    *,
    authors: Sequence[Author],
    categories: Sequence[Category],
    tags: Sequence[str],
    series: Series | None = None,
    series_position: int | None = None,
) -> None:
    """Files the post under these and nothing else. Tags are named: new ones are made. The caller holds all and commits.

    What becomes a part without a number comes after the last; what was one keeps its own. Raises PlaceTaken. It does
    not raise the public version: whoever saves a post that is public does.
    """
    _refer_to(Author, authors)
    _refer_to(Category, categories)
    _place(post, series, series_position)
    known = {name: tag_named(name) for name in sorted(tags, key=str.casefold)}
    _refer_to(Tag, known.values())
    if list(post.authors) != list(authors):
        post.authors = list(authors)
    post.categories = list(categories)
    post.tags = [known[name] for name in tags]


def _refer_to(kind: type[Filed], things: Collection[Filed]) -> None:
    """Whoever refers to several locks them, as the database does for each, in the order in which everybody does."""
    if len(things) > 1:
        ids = [thing.id for thing in things]
        some = select(kind.id).where(kind.id.in_(ids)).order_by(kind.id)
        db.session.execute(some.with_for_update(read=True, key_share=True)).all()


def mark_political(post: Post, is_political: bool) -> None:
    """Whether it is to say so once another government is in office. The post is held. The caller commits."""
    if post.is_political != is_political:
        post.is_political = is_political
        if post.thread_id:
            publicity.bump()


def is_filed(post: Post, authors, categories, tags, series, series_position) -> bool:
    """Whether to file it so would change nothing."""
    names = {name.casefold() for name in tags}
    return (
        list(post.authors) == list(authors)
        and set(post.categories) == set(categories)
        and {tag.name.casefold() for tag in post.tags} == names
        and post.series is series
        and series_position in (None, post.series_position)
    )


def tag_named(name: str) -> Tag:
    """The tag that has this name, or had it before it was renamed or merged; a new one where there is none."""
    if found := named(Tag, name) or _once_named(name):
        return found
    try:
        return create(Tag, name, takes_over=True)
    except (NameTaken, SlugTaken):  # somebody was quicker
        return named(Tag, name) or create(Tag, name, takes_over=True)


def _once_named(name: str) -> Tag | None:
    """Whoever wrote while a tag was merged sends its old name: that must not make it anew."""
    own_slug = slugs.slug(name, otherwise="")
    leads_to = moved.leads_to(f"/tag/{own_slug}/") if own_slug else None
    return Tag.by_slug(leads_to.split("/")[2]) if leads_to and leads_to.startswith("/tag/") else None


def _place(post: Post, series: Series | None, position: int | None) -> None:
    """Among the parts of a series, or of none."""
    if series is None:
        post.series = post.series_position = None
        return
    if post.series_id == series.id and position in (None, post.series_position):
        return
    series = Series.held(series.id)
    with db.session.no_autoflush:
        free = last_number(series) + 1
        there = select(Post).where(Post.series_id == series.id, Post.series_position == position, Post.id != post.id)
        if position is not None and (other := db.session.scalar(there.limit(1))):
            raise PlaceTaken(other, free)
    post.series, post.series_position = series, position or free
