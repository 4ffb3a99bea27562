"""The answers that file a post, and those that name what posts are filed under."""

from functools import cached_property

from sqlalchemy import func, select
from wtforms import Field, ValidationError

from opm.extensions import db
from opm.lib.forms import Line, one_line, shows
from opm.lib.i18n import gettext as _
from opm.posts import filing
from opm.posts.filed import Author, Category, Series, Tag
from opm.posts.models import Post

LONGEST_NAME = 80
LONGEST_TITLE = 120
MOST_AUTHORS = 20
MOST_TAGS = 30
LARGEST_PART = 9_999
TAGS_SUGGESTED = 200
FILING_FIELDS = "authors", "categories", "tags", "series", "series_position"


class Several(Field):
    """An answer that may be given several times, each on one line. Empty ones and what came twice are dropped."""

    def process_data(self, value):
        self.data = list(value or [])

    def process_formdata(self, values):
        self.data = list(dict.fromkeys(filter(None, map(one_line, values))))


class FilingFields:
    """What the form of a post asks about its filing. Mix it in."""

    authors = Several()
    categories = Several()
    tags = Line()
    series = Line()
    series_position = Line()

    @property
    def filed_under(self) -> dict:
        """What the valid form says, as `filing.file` takes it; nothing where it came without these fields."""
        if not self.tags.raw_data:
            return {}
        return {
            "authors": [by_id(self.author_options)[id] for id in self.authors.data],
            "categories": [by_id(self.category_options)[id] for id in self.categories.data],
            "tags": tag_names(self.tags.data),
            "series": by_id(self.series_options).get(self.series.data),
            "series_position": part_number(self.series_position.data),
        }

    @property
    def names(self) -> dict | None:
        """The same by name, as a revision keeps it."""
        under = self.filed_under
        if not under:
            return None
        return {
            "authors": [author.name for author in under["authors"]],
            "categories": sorted(category.name for category in under["categories"]),
            "tags": sorted(under["tags"]),
            "series": [under["series"].title, under["series_position"]] if under["series"] else [],
        }

    def refuse_place(self, taken: filing.PlaceTaken) -> None:
        """Says at its field which part has this number, and which number is free."""
        said = {"number": taken.post.series_position, "title": taken.post.title, "free": taken.free}
        self.series_position.errors = [_("Part %(number)s is “%(title)s”. %(free)s is free.", **said)]

    def validate_authors(self, field):
        """Raises ValidationError unless all of them are there still, and are not too many."""
        if len(field.data) > MOST_AUTHORS:
            raise ValidationError(_("A post has at most %(most)s authors", most=MOST_AUTHORS))
        if not by_id(self.author_options).keys() >= set(field.data):
            raise ValidationError(_("One of these authors is not there any more. Choose again"))

    def validate_categories(self, field):
        """Raises ValidationError unless all of them are there still."""
        if not by_id(self.category_options).keys() >= set(field.data):
            raise ValidationError(_("One of these categories is not there any more. Choose again"))

    def validate_tags(self, field):
        """Raises ValidationError for what makes no tag, and for too many."""
        names = tag_names(field.data)
        if len(names) > MOST_TAGS:
            raise ValidationError(_("A post has at most %(most)s tags", most=MOST_TAGS))
        for name in names:
            if len(name) > LONGEST_NAME:
                raise ValidationError(_("A tag has at most %(most)s characters", most=LONGEST_NAME))
            if not shows(name):
                raise ValidationError(_("One of the tags shows nothing. Put words between the commas"))

    def validate_series(self, field):
        """Raises ValidationError unless it is there still."""
        if field.data and field.data not in by_id(self.series_options):
            raise ValidationError(_("This series is not there any more. Choose again"))

    def validate_series_position(self, field):
        """Raises ValidationError for what numbers no part."""
        if field.data and part_number(field.data) is None:
            raise ValidationError(_("A part’s number is between 1 and %(most)s", most=f"{LARGEST_PART:,}"))

    @property
    def author_slots(self) -> list[str]:
        """Who is chosen in each of the fields for one author; in the last nobody yet."""
        return [*self.authors.data, ""]

    @cached_property
    def author_options(self) -> list[Author]:
        """All authors, by name."""
        return list(db.session.scalars(select(Author).order_by(Author.name, Author.id)))

    @cached_property
    def category_options(self) -> list[Category]:
        """All categories, in the team's order."""
        return list(db.session.scalars(select(Category).order_by(Category.position, Category.name)))

    @cached_property
    def series_options(self) -> list[Series]:
        """All series, by title."""
        return sorted(db.session.scalars(select(Series)), key=lambda series: series.title.casefold())

    @cached_property
    def tag_options(self) -> list[str]:
        """The names of the tags that are used most."""
        count = func.count(filing.ROWS[Tag].post)
        most = select(Tag.name).join(filing.ROWS[Tag].thing.table).group_by(Tag.id).order_by(count.desc(), Tag.name)
        return sorted(db.session.scalars(most.limit(TAGS_SUGGESTED)), key=str.casefold)


def filed(post: Post) -> dict:
    """What the form shows of a post's filing before anything is changed: give it as `data`."""
    return {
        "authors": [str(byline.author_id) for byline in post.bylines],
        "categories": [str(category.id) for category in post.categories],
        "tags": ", ".join(tag.name for tag in post.tags),
        "series": str(post.series_id or ""),
        "series_position": str(post.series_position or ""),
    }


def tag_names(typed: str) -> list[str]:
    """The tags in a list with commas, each once."""
    names: dict[str, str] = {}
    for name in filter(None, map(one_line, typed.split(","))):
        names.setdefault(name.casefold(), name)
    return list(names.values())


def part_number(typed: str) -> int | None:
    """The number that was typed, if it is one that a part can have."""
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= len(str(LARGEST_PART))
    return int(typed) if is_number and 1 <= int(typed) <= LARGEST_PART else None


def by_id(rows) -> dict:
    """The rows by their ids, as forms write them."""
    return {str(row.id): row for row in rows}
