"""What stands around a post: who wrote it, what it is filed under, the other parts of its series, what to read next."""

from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import Date, Integer, String, bindparam, cast, func, literal, null, or_, select, union_all

from opm.extensions import db
from opm.lib import caching
from opm.lib.columns import UtcDateTime
from opm.posts.filed import Author, Byline, Category, Tag, post_category, post_tag
from opm.posts.models import Post, address_of

MOST_RELATED = 3
TAG_WEIGHS, CATEGORY_WEIGHS = 2, 1  # a tag says more than a category, which holds much
MOST_PARTS = 7  # of a series, named under a post; of a longer one those nearest to it


@dataclass(frozen=True)
class Pointer:
    """A link to something else: its name, its address, its place in an order."""

    name: str
    address: str
    number: int | None


@dataclass
class Around:
    """All of that, in the order in which it is shown."""

    authors: list[Pointer] = field(default_factory=list)
    categories: list[Pointer] = field(default_factory=list)
    tags: list[Pointer] = field(default_factory=list)
    parts: list[Pointer] = field(default_factory=list)  # of its series, itself included
    related: list[Pointer] = field(default_factory=list)
    here: int | None = None  # the post's own number in its series

    @property
    def last(self) -> int:
        """The number of the last part that is public."""
        return self.parts[-1].number

    @property
    def before(self) -> Pointer | None:
        """The part to read first."""
        return next((part for part in reversed(self.parts) if part.number < self.here), None)

    @property
    def after(self) -> Pointer | None:
        """The part to read next."""
        return next((part for part in self.parts if part.number > self.here), None)

    @property
    def nearest(self) -> list[Pointer]:
        """The parts that are named under the post."""
        index = next(index for index, part in enumerate(self.parts) if part.number == self.here)
        first = max(0, min(index - MOST_PARTS // 2, len(self.parts) - MOST_PARTS))
        return self.parts[first : first + MOST_PARTS]


def around(post: Post) -> Around:
    """What stands around this post, in one statement at most. The page is kept until the next post comes, no longer."""
    return _kept(*_place(post))


def around_draft(post: Post) -> Around:
    """The same of one that need not be public, itself among the parts. Made each time it is asked for."""
    found = _around(*_place(post))
    if found.here is not None and all(part.number != found.here for part in found.parts):
        found.parts.append(Pointer(post.title, "", found.here))
        found.parts.sort(key=lambda part: part.number)
    return found


def _place(post: Post) -> tuple[int, int | None, int | None]:
    return post.id, post.series_id if post.series_position is not None else None, post.series_position


@caching.kept
def _kept(*place) -> Around:
    return _around(*place)


def _around(post_id: int, series_id: int | None, here: int | None) -> Around:
    found = Around(here=here)
    filed = {"author": found.authors, "category": found.categories, "tag": found.tags}
    lists = filed | {"part": found.parts, "related": found.related}
    given = {"post_id": post_id, "series_id": series_id}
    for kind, name, slug, day, number, at in db.session.execute(_statement(), given):
        if kind == "next":
            caching.changes_at(at)
        else:
            lists[kind].append(Pointer(name, address_of(day, slug) if day else f"/{kind}/{slug}/", number))
    for pointers in filed.values():
        pointers.sort(key=lambda pointer: (pointer.number, pointer.name))
    found.parts.sort(key=lambda part: part.number)
    return found


@cache
def _statement():
    """Rows of (kind, name, slug, day, number, moment). Made once: to put it together takes longer than to ask it."""
    return union_all(_related(), _parts(), _authors(), _categories(), _tags(), _next())


def _authors():
    return _named("author", Author, Byline.position).join(Byline).where(Byline.post_id == bindparam("post_id"))


def _categories():
    here = post_category.c.post_id == bindparam("post_id")
    return _named("category", Category, Category.position).join(post_category).where(here)


def _tags():
    return _named("tag", Tag, literal(0)).join(post_tag).where(post_tag.c.post_id == bindparam("post_id"))


def _named(kind: str, filed, place):
    return select(literal(kind), filed.name, filed.slug, cast(null(), Date), place, cast(null(), UtcDateTime))


def _parts():
    """Where a part is withdrawn, the others keep their numbers: what points at part 3 goes on doing so."""
    places = Post.title, Post.slug, Post.published_on, Post.series_position, Post.published_at
    is_part = Post.series_id == bindparam("series_id"), Post.series_position.is_not(None)
    return select(literal("part"), *places).where(Post.is_public(), *is_part)


def _related():
    """The posts that share the most tags and categories with it, of equal ones the newest; no part of its series."""
    shared = _shared()
    weight = func.sum(shared.c.weight).label("weight")
    found = (
        select(literal("related"), Post.title, Post.slug, Post.published_on, weight, Post.published_at)
        .join(shared, shared.c.post_id == Post.id)
        .where(Post.is_public(), Post.id != bindparam("post_id"))
        .where(or_(Post.series_id.is_(None), Post.series_id.is_distinct_from(bindparam("series_id"))))
        .group_by(Post.id)
        .order_by(weight.desc(), Post.published_at.desc(), Post.id.desc())
        .limit(MOST_RELATED)
    )
    return select(found.subquery())


def _shared():
    """Rows of (post, weight): one for each tag and category that a post has in common with this one."""
    return union_all(
        _in_common(post_tag, post_tag.c.tag_id, TAG_WEIGHS),
        _in_common(post_category, post_category.c.category_id, CATEGORY_WEIGHS),
    ).subquery()


def _in_common(table, filed_under, weight: int):
    here = select(filed_under).where(table.c.post_id == bindparam("post_id"))
    return select(table.c.post_id, literal(weight).label("weight")).where(filed_under.in_(here))


def _next():
    empty = (cast(null(), kind) for kind in (String, String, Date, Integer))
    return select(literal("next"), *empty, Post.next_moment().scalar_subquery())
