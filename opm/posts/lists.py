"""Where readers find posts: all, or those of a subject, a word, a writer, a series or a time. One shape for all."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Select, and_, extract, func, select
from sqlalchemy.orm import contains_eager, undefer

from opm import settings
from opm.comments.models import Thread
from opm.extensions import db
from opm.filters import MONTHS
from opm.lib import caching, clock
from opm.lib.i18n import gettext as _
from opm.lib.paging import Page, pages
from opm.posts.filed import Author, Byline, Category, Series, Tag, post_category
from opm.posts.models import Post

DISCUSSED_WITHIN = timedelta(days=365)
MOST_DISCUSSED = 3
CHOICES = 8  # of categories in the filter; where there are more, the largest stand in it


@dataclass(frozen=True)
class Listing:
    """Which posts a list shows, in which order, and what stands above them."""

    posts: Select
    address: str = "/"
    title: str = ""
    lead: str = ""
    kind: str = ""  # what the title is the name of, where that does not go without saying
    is_in_order: bool = False  # the first first
    has_feed: bool = True
    stands_empty: bool = False  # others are no page before they have a post: a draft's words stay the team's

    @property
    def feed_address(self) -> str:
        """Where programs follow it; where it has no feed of its own, all posts."""
        return f"{self.address}feed/" if self.has_feed else "/feed/"

    def page(self, number: int) -> Page | None:
        """One page of it; None where there is none."""
        size = settings.current().posts_per_page
        coming = Post.next_moment().scalar_subquery()
        query = self.posts.add_columns(func.count().over(), coming).limit(size).offset((number - 1) * size)
        rows = db.session.execute(query).all()
        caching.changes_at(rows[0][2] if rows else db.session.scalar(Post.next_moment()))
        if not rows and (number > 1 or not self.stands_empty):
            return None
        return Page([row[0] for row in rows], number, pages(rows[0][1] if rows else 0, size), self.address)


def everything() -> Listing:
    """All posts, the newest first."""
    here = settings.current()
    return Listing(Post.for_list(), title=here.headline, lead=here.introduction, stands_empty=True)


def home() -> Listing:
    """The same with the featured post before all others, and not twice."""
    featured_first = Post.for_list().order_by(None).order_by(Post.is_featured.desc(), *Post.newest())
    return replace(everything(), posts=featured_first.options(undefer(Post.is_featured)))


def of_category(category: Category) -> Listing:
    """The posts on one subject."""
    posts = Post.for_list().where(Post.categories.contains(category))
    return Listing(posts, category.address, category.name, category.description, stands_empty=True)


def of_tag(tag: Tag) -> Listing:
    """The posts marked with one word."""
    return Listing(Post.for_list().where(Post.tags.contains(tag)), tag.address, tag.name, tag.description, _("Tag"))


def of_author(author: Author) -> Listing:
    """What one person wrote, alone or with others."""
    posts = Post.for_list().where(Post.bylines.any(Byline.author_id == author.id))
    return Listing(posts, author.address, author.name, author.about, kind=_("Author"))


def of_series(series: Series) -> Listing:
    """The parts of a series, the first first."""
    parts = Post.for_list().where(Post.series_id == series.id)
    in_order = parts.order_by(None).order_by(Post.series_position, Post.published_at, Post.id)
    return Listing(in_order, series.address, series.title, series.description, _("Series"), is_in_order=True)


def choices(category: Category | None) -> tuple[list, int]:
    """What the filter offers: rows of (category, count, count of all), and how many categories there are.

    Where there are too many to take in, the largest and the one that is shown.
    """
    rows = counted_categories()
    largest = {row.Category.id for row in sorted(rows, key=lambda row: -row.count)[:CHOICES]}
    shown = largest | ({category.id} if category else set())
    return [row for row in rows if row.Category.id in shown], len(rows)


def counted_categories() -> list:
    """Rows of (category, how many posts the public sees in it, how many in all); only those with any."""
    everything = select(func.count(Post.id)).where(Post.is_public()).scalar_subquery()
    counted = (
        select(Category, func.count(Post.id).label("count"), everything.label("total"))
        .join(post_category, post_category.c.category_id == Category.id)
        .join(Post, and_(Post.id == post_category.c.post_id, Post.is_public()))
        .group_by(Category.id)
        .order_by(Category.position, Category.name)
    )
    return db.session.execute(counted).all()


def most_discussed() -> list[Post]:
    """The posts of the last year with the most comments; of those with equally many the newest. One statement."""
    since = clock.now() - DISCUSSED_WITHIN
    discussed = Thread.published_count > 0, Post.published_at > since
    posts = select(Post).join(Post.thread).options(contains_eager(Post.thread)).where(Post.is_public(), *discussed)
    ranked = posts.order_by(Thread.published_count.desc(), Post.published_at.desc(), Post.id.desc())
    found = list(db.session.scalars(ranked.limit(MOST_DISCUSSED)))
    for post in found:
        caching.changes_at(post.published_at + DISCUSSED_WITHIN)
    return found


@dataclass(frozen=True)
class Period:
    """A year, a month or a day in the site's zone. Raises ValueError for what no calendar has."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self):
        date(self.year, *(1 if part is None else part for part in (self.month, self.day)))

    @classmethod
    def around(cls, day: date, like: "Period") -> "Period":
        """The period with this day in it, as long as the other one."""
        return cls(day.year, like.month and day.month, like.day and day.day)

    @property
    def listing(self) -> Listing:
        """What was published in it, the newest first."""
        posts = Post.for_list().where(Post.published_on.between(self.first, self.last))
        return Listing(posts, self.address, self.name, has_feed=False)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """Its last day."""
        if self.day:
            return self.first
        if self.month:
            return (self.first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return date(self.year, 12, 31)

    @property
    def address(self) -> str:
        """Its page: /2014/, /2014/10/, /2014/10/23/."""
        return (
            f"/{self.first:%Y}/" + (f"{self.month:02}/" if self.month else "") + (f"{self.day:02}/" if self.day else "")
        )

    @property
    def name(self) -> str:
        """2014, October 2014, 23 October 2014."""
        if not self.month:
            return f"{self.year}"
        values = {"month": MONTHS[self.month - 1], "year": self.year}
        return (
            _("%(day)s %(month)s %(year)s", day=self.day, **values) if self.day else _("%(month)s %(year)s", **values)
        )

    @property
    def short_name(self) -> str:
        """What tells it from others of the same month or year: October, 23."""
        return f"{self.day or MONTHS[self.month - 1]}"

    @property
    def whole(self) -> "Period | None":
        """The month of a day, the year of a month."""
        if self.day:
            return Period(self.year, self.month)
        return Period(self.year) if self.month else None

    def parts(self) -> list[tuple["Period", int]]:
        """Its months or days with how many posts each has; only those with any. One statement, or none for a day."""
        if self.day:
            return []
        part = extract("day" if self.month else "month", Post.published_on)
        here = Post.is_public(), Post.published_on.between(self.first, self.last)
        counted = db.session.execute(select(part, func.count()).where(*here).group_by(part).order_by(part))
        inside = (self.year, self.month) if self.month else (self.year,)
        return [(Period(*inside, int(number)), count) for number, count in counted]

    def neighbours(self) -> tuple["Period | None", "Period | None"]:
        """The nearest before and after it that have posts. One statement."""
        before = select(func.max(Post.published_on)).where(Post.is_public(), Post.published_on < self.first)
        after = select(func.min(Post.published_on)).where(Post.is_public(), Post.published_on > self.last)
        days = db.session.execute(select(before.scalar_subquery(), after.scalar_subquery())).one()
        earlier, later = (day and Period.around(day, self) for day in days)
        return earlier, later
