"""The kinds of answer that settings take: how each is shown, read, and refused in a sentence."""

import re
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from functools import cache
from typing import ClassVar
from zoneinfo import available_timezones

from sqlalchemy import or_, select
from wtforms import ValidationError

from opm import settings
from opm.extensions import db
from opm.lib import clock, contrast, forms
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.posts.pictures import library
from opm.posts.pictures.models import Picture
from opm.settings import Link, Rule

Typed = dict[str, list[str]]  # what stands in the fields of an answer, by the ends of their names
MOST_ROWS = 50
LONGEST_ADDRESS = 500
WHOLE = re.compile(r"[0-9]{1,9}")
A_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NO_PLACES = "Etc/", "SystemV/", "US/", "posix/", "right/"  # in the database of time zones
ON_THE_WEB = re.compile(r"https://[a-z0-9][a-z0-9.-]*\.[a-z]{2,}(:[0-9]{1,5})?(/[^\s\\]*)?", re.I)
LANGUAGES = {
    "en-GB": later("English, British"), "en": later("English"), "en-IE": later("English, Irish"),
    "en-US": later("English, American"), "cy": later("Welsh"), "ga": later("Irish"), "gd": later("Scottish Gaelic"),
    "de": later("German"), "es": later("Spanish"), "fr": later("French"), "it": later("Italian"),
    "nl": later("Dutch"), "pl": later("Polish"), "pt": later("Portuguese"),
}  # fmt: skip


class Refusal(Exception):
    """An answer that cannot stand, and why. `part` is the end of the name of the field that is at fault."""

    def __init__(self, sentence: str, part: str = ""):
        super().__init__(sentence)
        self.sentence, self.part = sentence, part


@dataclass(frozen=True)
class Kind(ABC):
    """A shape of answer: how it is shown, read and said. In one line of text, by default."""

    shape: ClassVar = "line"
    parts: ClassVar[tuple[str, ...]] = ("",)  # the ends of its fields' names

    def shown(self, value) -> Typed:
        """The value as its fields hold it."""
        return {"": [str(value)]}

    @abstractmethod
    def read(self, typed: Typed):
        """The value that was typed. Raises Refusal."""

    def words(self, value) -> str:
        """The value for whoever reads how it stands."""
        return str(value) or _("nothing")


def _first(typed: Typed, part: str = "") -> str:
    return (typed.get(part) or [""])[0]


@dataclass(frozen=True)
class Words(Kind):
    """One line; several where it has `rows`. `is_for_mail` keeps out what old mail software takes for a header."""

    longest: int = 80
    is_needed: bool = False
    rows: int = 0
    is_for_mail: bool = False

    @property
    def shape(self) -> str:
        """How its field looks."""
        return "text" if self.rows else "line"

    def read(self, typed: Typed) -> str:
        tidy = forms.several_lines if self.rows else forms.one_line
        return self.checked(tidy(_first(typed)))

    def checked(self, text: str) -> str:
        """The text, if it can stand."""
        if (self.is_needed or text) and not forms.shows(text):
            raise Refusal(_("This cannot be empty: write something that can be read"))
        if len(text) > self.longest:
            over = f"{len(text) - self.longest:,}"
            raise Refusal(_("This is %(over)s characters over the limit of %(most)s", over=over, most=self.longest))
        if self.is_for_mail and ("=?" in text or any(mark in text for mark in '<>@",;:\\')):
            raise Refusal(_('Leave out the signs < > @ " , ; : \\ and =?, which have meanings of their own in mail'))
        return text


@dataclass(frozen=True)
class Mailbox(Kind):
    """One email address, or none."""

    def read(self, typed: Typed) -> str:
        field = _Field(forms.one_line(_first(typed)))
        if not field.data:
            return ""
        if len(field.data) > forms.LONGEST_EMAIL:
            raise Refusal(_("An email address has at most %(most)s characters", most=forms.LONGEST_EMAIL))
        try:
            forms.no_encoded_words(None, field)
            forms.one_address(None, field)
        except ValidationError as refused:
            raise Refusal(str(refused)) from None
        return field.data


@dataclass
class _Field:
    """What the checks of a form's field look at."""

    data: str


@dataclass(frozen=True)
class WebAddress(Kind):
    """An address on the web, with https, or none."""

    def read(self, typed: Typed) -> str:
        address = forms.one_line(_first(typed))
        return web_address(address) if address else ""


def web_address(address: str, part: str = "") -> str:
    """The address, if a browser finds something under it and nobody listens on the way. Raises Refusal."""
    if len(address) > LONGEST_ADDRESS or not ON_THE_WEB.fullmatch(address):
        raise Refusal(_("Write a whole address that begins with https://, like https://example.org/licence"), part)
    return address


@dataclass(frozen=True)
class Number(Kind):
    """A whole number within what keeps the promises."""

    shape: ClassVar = "number"
    least: int = 1
    most: int = 1_000_000

    def read(self, typed: Typed) -> int:
        text = forms.one_line(_first(typed))
        if not (text.isascii() and WHOLE.fullmatch(text)) or not self.least <= int(text) <= self.most:
            between = {"least": f"{self.least:,}", "most": f"{self.most:,}"}
            raise Refusal(_("Write a whole number from %(least)s to %(most)s", **between))
        return int(text)


@dataclass(frozen=True)
class OneOf(Kind):
    """One of a few, each with what it means."""

    shape: ClassVar = "choice"
    options: tuple[tuple[object, object], ...] = ()  # (value, what it means)

    def read(self, typed: Typed):
        values = {str(value): value for value, _means in self.options}
        if (chosen := _first(typed)) not in values:
            raise Refusal(_("Choose one of these"))
        return values[chosen]

    def words(self, value) -> str:
        return str(dict(self.options).get(value, value))


@dataclass(frozen=True)
class Language(OneOf):
    """One of a list to look through."""

    shape: ClassVar = "list"
    options: tuple[tuple[object, object], ...] = tuple(LANGUAGES.items())


@cache
def zones() -> tuple[str, ...]:
    """The names of all time zones that people use."""
    names = (name for name in available_timezones() if "/" in name and not name.startswith(NO_PLACES))
    return ("UTC", *sorted(names))


@dataclass(frozen=True)
class Zone(Kind):
    """The name of a time zone, which the field helps to find."""

    shape: ClassVar = "zone"
    options: ClassVar = staticmethod(zones)

    def read(self, typed: Typed) -> str:
        name = forms.one_line(_first(typed))
        if name not in zones():
            raise Refusal(_("Choose a time zone from the list, like Europe/London"))
        return name


def day_of(text: str) -> date | None:
    """The day that was named in full, as it is stored and read again; one that no zone can tell is none."""
    try:
        day = date.fromisoformat(text) if A_DAY.fullmatch(text) else None
    except ValueError:
        return None
    return day if day and 1900 <= day.year <= 2999 else None


@dataclass(frozen=True)
class Day(Kind):
    """One day, or none; stored as its name."""

    shape: ClassVar = "day"

    def read(self, typed: Typed) -> str:
        text = forms.one_line(_first(typed))
        if text and day_of(text) is None:
            raise Refusal(_("Name the day like 2026-11-14, or leave it empty"))
        return text


@dataclass(frozen=True)
class Days(Kind):
    """From a day to a day, both included, the last still to end; or none."""

    shape: ClassVar = "days"
    parts: ClassVar = "-first", "-last"

    def shown(self, value) -> Typed:
        first, last = value or ("", "")
        return {"-first": [first], "-last": [last]}

    def read(self, typed: Typed) -> tuple[str, ...]:
        first, last = (forms.one_line(_first(typed, part)) for part in self.parts)
        if not first and not last:
            return ()
        if day_of(first) is None:
            raise Refusal(_("Name the first day like 2026-11-14, or leave both empty"), "-first")
        if day_of(last) is None:
            raise Refusal(_("Name the last day like 2026-11-14, or leave both empty"), "-last")
        if last < first:
            raise Refusal(_("The last day cannot be before the first"), "-last")
        if day_of(last) < settings.current().local(clock.now()).date():
            raise Refusal(_("The last day is past: name today or a later one"), "-last")
        if (day_of(last) - day_of(first)).days > 366:
            raise Refusal(_("That is more than a year: name an earlier last day"), "-last")
        return first, last

    def words(self, value) -> str:
        return _("from %(first)s to %(last)s", first=value[0], last=value[1]) if value else _("no days")


PALETTES = {  # the accent in light and in dark
    "blue": (later("Blue"), "#1d5aa8", "#8ec3ff"),
    "violet": (later("Violet"), "#5f3a9c", "#c9b0ff"),
    "red": (later("Red"), "#a1243c", "#ffa8b3"),
    "brown": (later("Brown"), "#7a4a12", "#f0bf87"),
    "slate": (later("Slate"), "#33475b", "#b9cde0"),
}


@dataclass(frozen=True)
class Palette(Kind):
    """The colour of links and buttons in light and in dark: one of a few good pairs, or two of one's own."""

    shape: ClassVar = "palette"
    parts: ClassVar = "", "-light", "-dark"
    grounds: ClassVar = {"-light": settings.LIGHT_GROUNDS, "-dark": settings.DARK_GROUNDS}

    @property
    def options(self) -> list[tuple[str, object, str, str]]:
        """The pairs to choose from: (name, what it is called, light, dark)."""
        ours = "ours", later("Green, as it comes"), *settings.OUR_COLOURS
        return [ours, *((name, *pair) for name, pair in PALETTES.items())]

    def shown(self, value) -> Typed:
        pair = tuple(value) or settings.OUR_COLOURS
        named = next((name for name, _called, *colours in self.options if tuple(colours) == pair), "own")
        return {"": [named], "-light": [pair[0]], "-dark": [pair[1]]}

    def read(self, typed: Typed) -> tuple[str, ...]:
        named = _first(typed)
        if pair := {name: tuple(colours) for name, _called, *colours in self.options}.get(named):
            return () if named == "ours" else pair
        if named != "own":
            raise Refusal(_("Choose one of these"))
        return tuple(self._colour(typed, part) for part in ("-light", "-dark"))

    def sample(self, typed: Typed) -> list[str]:
        """The two colours that were typed, as far as they are colours."""
        return [
            colour if contrast.HEX.fullmatch(colour := _first(typed, part).lower()) else "" for part in self.grounds
        ]

    def words(self, value) -> str:
        return _("%(light)s in light, %(dark)s in dark", light=value[0], dark=value[1]) if value else _("green")

    def _colour(self, typed: Typed, part: str) -> str:
        colour = forms.one_line(_first(typed, part)).lower()
        if not contrast.HEX.fullmatch(colour):
            raise Refusal(_("Write a colour as # and six digits from 0 to f, like #1d5aa8"), part)
        grounds = self.grounds[part]
        worst = min(grounds, key=lambda ground: contrast.ratio(colour, ground))
        if contrast.ratio(colour, worst) < contrast.TEXT:
            said = {"colour": colour, "ground": worst, "nearest": contrast.nearest(colour, grounds)}
            said["ratio"] = f"{int(contrast.ratio(colour, worst) * 100) / 100:.2f}"
            raise Refusal(
                _("Text in %(colour)s on %(ground)s has a contrast of %(ratio)s to 1, and people need 4.5 to 1. The "
                  "nearest that can be read is %(nearest)s", **said), part,
            )  # fmt: skip
        return colour


@dataclass(frozen=True)
class Logo(Kind):
    """A small picture of the library, as it is: PNG, JPEG or WebP that loads quickly; or none."""

    shape: ClassVar = "logo"
    most_bytes: ClassVar = 8 * 1024

    def options(self) -> list[tuple[str, str]]:
        """Those that can stand there: (address, what it is called)."""
        return [("", _("No logo")), *((picture.address, self._called(picture)) for picture in self._small())]

    def shown(self, value) -> Typed:
        return {"": [value[0] if value else ""]}

    def read(self, typed: Typed) -> tuple:
        if not (address := _first(typed)):
            return ()
        picture = next((each for each in self._small() if each.address == address), None)
        if picture is None:
            raise Refusal(_("This picture is not in the library any more, or has grown. Choose again"))
        return address, *picture.fits(*library.LOGO_BOX)

    def words(self, value) -> str:
        return value[0] if value else _("none")

    def _small(self) -> list[Picture]:
        """And the one that stands there, though its file was replaced by a larger one."""
        kinds = [Picture.name.endswith(ending) for ending in (".png", ".jpg", ".webp")]
        fit = or_(Picture.is_the_logo(), (Picture.byte_count <= self.most_bytes) & or_(*kinds))
        return list(db.session.scalars(select(Picture).where(fit).order_by(Picture.id.desc()).limit(100)))

    def _called(self, picture: Picture) -> str:
        size = {"width": picture.width, "height": picture.height}
        return _("%(name)s, %(width)s by %(height)s pixels", name=picture.alt or picture.name, **size)


@dataclass(frozen=True)
class Rows(Kind):
    """Several things in an order that is typed as numbers. A row that is ticked goes; the last is for a new one."""

    shape: ClassVar = "rows"
    columns: ClassVar[dict[str, tuple]] = {}  # the end of the name: (label, rows of the field)

    @property
    def parts(self) -> tuple[str, ...]:
        """Its fields' names."""
        return "-place", "-number", "-out", *self.columns

    def shown(self, value) -> Typed:
        typed = {part: [self.cell(thing, part) for thing in value] for part in self.parts}
        typed["-place"] = [str(place) for place, _thing in enumerate(value, 1)]
        return typed

    def cell(self, thing, part: str) -> str:
        """What one of its fields holds of a thing."""
        return str(getattr(thing, part[1:], ""))

    def rows_of(self, typed: Typed) -> list[dict[str, str]]:
        """The rows that have something in them, as typed, the numbers of those to go in `out`."""
        columns = {part: typed.get(part, []) for part in self.parts if part != "-out"}
        count = min(max(map(len, columns.values()), default=0), MOST_ROWS + 1)
        rows = []
        for at in range(count):
            row = {part: (cells[at] if at < len(cells) else "") for part, cells in columns.items()}
            if any(row[part].strip() for part in self.columns):
                rows.append(row | {"-out": "1" if str(at + 1) in typed.get("-out", []) else ""})
        return rows

    def staying(self, typed: Typed) -> list[dict[str, str]]:
        """Those that are to stand, in the order of their numbers. Raises Refusal."""
        rows = [row for row in self.rows_of(typed) if not row["-out"]]
        if len(rows) > MOST_ROWS:
            raise Refusal(_("There is room for %(most)s", most=MOST_ROWS))
        return [row for _at, row in sorted(enumerate(rows), key=lambda pair: (_place(pair[1]), pair[0]))]

    def words(self, value) -> str:
        return "; ".join(thing.title for thing in value) or _("none")


def _place(row: dict[str, str]) -> float:
    text = row["-place"].strip()
    return float(text) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", text) and text.isascii() else float("inf")


@dataclass(frozen=True)
class Rules(Rows):
    """The rules of the moderation policy. A number that a rule has had is no other rule's, ever."""

    columns: ClassVar = {
        "-title": (later("The rule in a few words"), 0),
        "-text": (later("What it asks for"), 2),
        "-regret": (later("What we write to somebody whose comment broke it: “We did not publish it, since …”"), 0),
        "-remedy": (later("What would make it good: “We would publish it if …”"), 0),
    }
    longest: ClassVar = {"-title": 80, "-text": 500, "-regret": 200, "-remedy": 200}

    def read(self, typed: Typed) -> list[Rule]:
        known = {str(rule.number): rule for rule in settings.current().rules}
        free = settings.current().free_rule_number
        rules = []
        for at, row in enumerate(self.staying(typed), 1):
            before = known.pop(row["-number"], None)
            said = {part[1:]: _cell(row, part, most, at, part != "-remedy") for part, most in self.longest.items()}
            number, free = (before.number, free) if before else (free, free + 1)
            rules.append(Rule(number, **said, is_for_private_details=bool(before and before.is_for_private_details)))
        if not rules:
            raise Refusal(_("A moderation policy has at least one rule: moderators name it when they reject a comment"))
        return rules


def _cell(row: dict[str, str], part: str, most: int, at: int, is_needed: bool = True) -> str:
    try:
        return Words(most, is_needed).checked(forms.one_line(row[part]))
    except Refusal as refused:
        raise Refusal(_("In row %(at)s: %(what)s", at=at, what=refused.sentence), part) from None


@dataclass(frozen=True)
class Places(Rows):
    """Where else the team can be found: links to elsewhere on the web, from which nothing is loaded here."""

    columns: ClassVar = {"-title": (later("What it is called"), 0), "-address": (later("Its address"), 0)}

    def read(self, typed: Typed) -> list[Link]:
        links = []
        for at, row in enumerate(self.staying(typed), 1):
            try:
                address = web_address(forms.one_line(row["-address"]), "-address")
            except Refusal as refused:
                raise Refusal(_("In row %(at)s: %(what)s", at=at, what=refused.sentence), "-address") from None
            links.append(Link(_cell(row, "-title", 40, at), address))
        if len({link.address for link in links}) < len(links):
            raise Refusal(_("One address stands there twice"), "-address")
        return links


def same(one, other) -> bool:
    """Whether two values of a setting are the same, however they are held."""
    return _plain(one) == _plain(other)


def _plain(value):
    return (
        [asdict(each) if is_dataclass(each) else each for each in value] if isinstance(value, (list, tuple)) else value
    )
