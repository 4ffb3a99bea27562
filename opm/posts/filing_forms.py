"""The answers that file a post, and those that name what posts are filed under."""

import re
from functools import cached_property

from flask import request
from sqlalchemy import func, select
from wtforms import Field, ValidationError
from wtforms.validators import Regexp

from opm.accounts.models import Person
from opm.extensions import db
from opm.lib.columns import LARGEST_ID
from opm.lib.forms import DeskForm, Line, SlugForm, Text, filled, no_longer_than, one_line, shows
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.lib.moved import LeadsOn
from opm.lib.slugs import slug
from opm.posts import filing
from opm.posts.filed import Author, Category, Filed, Series, Tag
from opm.posts.models import Post

LONGEST_NAME = 80
LONGEST_TITLE = 120
LONGEST_DESCRIPTION = 500
MOST_AUTHORS = 20
MOST_TAGS = 30
LARGEST_PART = 9_999
TAGS_SUGGESTED = 200
ID = re.compile(r"[1-9][0-9]{0,18}")
MOVE = re.compile(r"(up|down)-[1-9][0-9]{0,17}\Z")
ACT = re.compile(r"(number|(up|down|in|out)-[1-9][0-9]{0,17})\Z")
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

    def show_filing(self, post: Post) -> None:
        """Shows how the post is filed now that it is saved: what is sent again then changes nothing."""
        for name, value in filed(post).items():
            self[name].data = value

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


class ThingForm(SlugForm):
    """What one of the things is called, where it stands and what is said of it. Say first what it is: `prepare`."""

    kind: type[Filed]
    thing: Filed | None = None
    free = ""  # a slug like the one that was taken

    name = Line(validators=[filled(later("Say what it is called"))])
    slug = Line(validators=[no_longer_than(LONGEST_NAME, later("An address has at most %(most)s characters here"))])
    take = Line()  # the free slug that was offered
    description = Text(
        validators=[
            no_longer_than(LONGEST_DESCRIPTION, later("This is %(over)s characters over the limit of %(most)s"))
        ]
    )
    person = Line()
    seen = Line()

    def prepare(self, kind: type[Filed], thing: Filed | None = None) -> None:
        """It is about one of this kind: the given one, or a new one."""
        self.kind, self.thing = kind, thing

    @property
    def wanted_slug(self) -> str:
        """The slug that was chosen, as an address can have it; the thing's own as it is; nothing if none was."""
        typed = self.take.data or self.slug.data
        return typed if self.thing and typed == self.thing.slug else slug(typed, otherwise="")

    @property
    def values(self) -> dict:
        """What else is said of it."""
        said = {"description": self.description.data}
        return said | ({"person_id": int(self.person.data) if self.person.data else None} if self.is_author else {})

    @property
    def is_author(self) -> bool:
        """Whether somebody's account can belong to it."""
        return self.kind is Author

    @cached_property
    def staff(self) -> list[Person]:
        """Whose byline it can be: staff without one, and whoever has it."""
        taken = select(Author.person_id).where(Author.person_id.is_not(None))
        others = list(db.session.scalars(Person.staff().where(Person.id.not_in(taken))))
        own = self.thing.person if self.thing else None
        return [own, *others] if own else others

    def validate_name(self, field):
        """Raises ValidationError for what is too long, or is an address that somebody may sign in with."""
        most = LONGEST_TITLE if self.kind is Series else LONGEST_NAME
        if len(field.data) > most:
            raise ValidationError(_("A name has at most %(most)s characters", most=most))
        if self.is_author and "@" in field.data:
            raise ValidationError(_("Readers see this name: write a name, not an email address"))

    def validate_slug(self, field):
        """Raises ValidationError unless something is left of it in small letters, digits and hyphens."""
        if field.data and not self.wanted_slug:
            raise ValidationError(_("Use letters from a to z, digits and hyphens, like high-streets"))

    def validate_person(self, field):
        """Raises ValidationError unless they are there and have no other byline."""
        if self.is_author and field.data and field.data not in by_id(self.staff):
            raise ValidationError(_("They have a byline already, or are not on the team. Choose again"))

    def refuse(self, taken: filing.NameTaken | filing.SlugTaken | LeadsOn) -> None:
        """Says at its field what another one has or had, and which address is free."""
        if isinstance(taken, LeadsOn):
            self.ask_about(taken)
        elif isinstance(taken, filing.NameTaken):
            self.name.errors = [_("There is one called “%(name)s” already", name=taken.thing.name)]
        else:
            self.free = taken.free
            self.slug.errors = [_("Another one has this address. “%(free)s” is free", free=taken.free)]


class MergeForm(DeskForm):
    """With which other one it shall become one."""

    into = Line()
    seen = Line()

    @property
    def into_id(self) -> int:
        """The other one's id."""
        return int(self.into.data)

    def validate_into(self, field):
        """Raises ValidationError unless one was chosen."""
        if not ID.fullmatch(field.data) or int(field.data) > LARGEST_ID:
            raise ValidationError(_("Choose the one that shall stay"))


class OrderForm(DeskForm):
    """Which category to move, and which way."""

    do = Line(validators=[Regexp(MOVE)])
    seen = Line()

    def move(self, categories: list[Category]) -> tuple[str, Category] | None:
        """Moves it one place in the list. Returns which way and what, if it moved."""
        way, id = self.do.data.split("-")
        before = next((index for index, row in enumerate(categories) if str(row.id) == id), None)
        after = None if before is None else before + (1 if way == "down" else -1)
        if after is None or not 0 <= after < len(categories):
            return None
        categories.insert(after, categories.pop(before))
        return way, categories[after]


class PartsForm(DeskForm):
    """What to do with the parts of a series. Say first which there are: `prepare`."""

    do = Line(validators=[Regexp(ACT)])
    seen = Line()

    def prepare(self, parts: list[Post]) -> None:
        """These are its parts now, in order."""
        self.parts = parts
        self.typed = {part: one_line(request.form.get(f"number-{part.id}", "")) for part in parts}

    def validate_do(self, field):
        """Raises ValidationError where the numbers that are to be saved are none, or two are the same."""
        if field.data != "number":
            return
        numbers = [part_number(typed) for typed in self.typed.values()]
        if None in numbers:
            raise ValidationError(_("A part’s number is between 1 and %(most)s", most=f"{LARGEST_PART:,}"))
        if twice := [number for number in numbers if numbers.count(number) > 1]:
            raise ValidationError(_("Two parts have the number %(number)s", number=twice[0]))

    def carry_out(self, series: Series) -> tuple[list[Post], Post | None]:
        """Does it. Returns the posts that are filed otherwise now, and the part that was moved, if one was."""
        act, _dash, id = self.do.data.partition("-")
        part = by_id(self.parts).get(id)
        if act == "number":
            return filing.number({part: part_number(typed) for part, typed in self.typed.items()}), None
        if act == "in" and self.newcomer:
            filing.put_in(self.newcomer, series)
            return [self.newcomer], self.newcomer
        if act == "out" and part:
            filing.take_out(part)
            return [part], None
        return (self._move(act, part), part) if act in ("up", "down") and part else ([], None)

    @cached_property
    def newcomer(self) -> Post | None:
        """The post that is to be put in; who holds the parts holds it with them (`wanted`)."""
        id = self.wanted
        return db.session.get(Post, id) if id and str(id) not in by_id(self.parts) else None

    @property
    def wanted(self) -> int | None:
        """The id of the post that is to be put in, if one is."""
        act, _dash, id = self.do.data.partition("-")
        return int(id) if act == "in" and ACT.fullmatch(self.do.data) else None

    @property
    def touched(self) -> list[Post]:
        """The posts that may be filed otherwise by what is to be done."""
        return [*self.parts, self.newcomer] if self.newcomer else self.parts

    def _move(self, way: str, part: Post) -> list[Post]:
        """Changes places with its neighbour: the two change numbers, gaps stay."""
        before = self.parts.index(part)
        after = before + (1 if way == "down" else -1)
        if not 0 <= after < len(self.parts):
            return []
        numbers = self._numbers()
        other = self.parts[after]
        return filing.number(numbers | {part: numbers[other], other: numbers[part]})

    def _numbers(self) -> dict[Post, int]:
        """Of each part; one that has none would come after the last."""
        last = max((part.series_position or 0 for part in self.parts), default=0)
        free = iter(range(last + 1, last + 1 + len(self.parts)))
        return {part: part.series_position or next(free) for part in self.parts}
