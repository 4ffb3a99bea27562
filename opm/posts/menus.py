"""What the team puts in order by hand: the menus at the head and the foot of each page, and the ways to take part."""

from collections.abc import Collection
from dataclasses import dataclass, fields

from sqlalchemy import select

from opm import settings
from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.posts.filed import Category, Series
from opm.posts.pages import StandingPage
from opm.settings import Link, Way

MOST_OFFERED = 200  # of a kind: a longer list is no help


@dataclass(frozen=True)
class Arrangement:
    """One list of links: the setting that holds it, where it is arranged, and what may stand in it."""

    key: str
    address: str
    title: later
    about: later  # for whoever arranges it
    most: int
    longest_title: int
    entry: type[Link] = Link
    keeps: frozenset[str] = frozenset()  # addresses that it cannot lose
    fits: int | None = None  # how many do, on a phone, in the room that it should take

    @property
    def entries(self) -> tuple[Link, ...]:
        """What stands in it now, in order."""
        return getattr(settings.current(), self.key)

    @property
    def fields(self) -> list[str]:
        """What an entry is made of."""
        return [field.name for field in fields(self.entry)]

    def lacks(self, entries: Collection[Link]) -> bool:
        """Whether these are without something that it cannot lose."""
        return not self.keeps <= {entry.address for entry in entries}


ARRANGEMENTS = {
    "head": Arrangement(
        "menu",
        "/desk/menus/head/",
        later("Menu at the top"),
        later("It stands at the head of every page that the public reads."),
        most=12,
        longest_title=40,
        fits=6,
    ),
    "foot": Arrangement(
        "footer",
        "/desk/menus/foot/",
        later("Menu at the foot"),
        later(
            "It stands at the foot of every page that the public reads. Privacy, cookies and accessibility stay in it: "
            "you can rename and move them, not take them out."
        ),
        most=12,
        longest_title=40,
        keeps=frozenset({"/privacy/", "/cookies/", "/accessibility/"}),
    ),
    "ways": Arrangement(
        "ways",
        "/desk/ways/",
        later("Ways to take part"),
        later(
            "What anybody can do here and elsewhere: subscribe, join your group or mailing list, come to a training. "
            "They stand on the front page and on the page about the site."
        ),
        most=30,
        longest_title=100,
        entry=Way,
    ),
}


def offered() -> dict[str, list[tuple[str, str]]]:
    """What stands on this site and can be put into a menu: (address, title) of each, under what it is."""
    categories = db.session.scalars(select(Category).order_by(Category.position, Category.name).limit(MOST_OFFERED))
    series = db.session.scalars(select(Series).order_by(Series.id.desc()).limit(MOST_OFFERED))
    pages = [(page.address, page.title) for page in StandingPage.by_title()[:MOST_OFFERED]]
    shelves = {
        _("About the site"): _our_own(),
        _("Pages"): pages,
        _("Categories"): [(category.address, category.name) for category in categories],
        _("Series"): [(one.address, one.title) for one in series],
    }
    return {name: things for name, things in shelves.items() if things}


def _our_own() -> list[tuple[str, str]]:
    return [
        ("/", _("Posts")),
        ("/about/", _("About")),
        ("/moderation/", _("How we moderate")),
        ("/privacy/", _("Privacy")),
        ("/cookies/", _("Cookies")),
        ("/accessibility/", _("Accessibility")),
        ("/category/", _("All categories")),
    ]
