"""What kind of browser somebody signed in with, as coarse as they would say it themselves: "Firefox on Android".

Its full description of itself is nearly a fingerprint, so it is kept nowhere.
"""

from typing import NamedTuple

LONGEST = 1_000  # what is longer comes from no browser

# The first that fits: most browsers claim to be others, too.
BROWSERS = (
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("OPR/", "Opera"),
    ("Opera", "Opera"),
    ("Edg", "Edge"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("Lynx/", "Lynx"),
    ("w3m/", "w3m"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class Kind(NamedTuple):
    """A browser and what it runs on, by the names that people know; empty where it does not say."""

    browser: str
    system: str


UNKNOWN = Kind("", "")


def kind_of(agent: str) -> Kind:
    """Which kind it is by what it says of itself in its User-Agent header."""
    said = agent[:LONGEST]
    return Kind(_first(BROWSERS, said), _first(SYSTEMS, said))


def _first(names: tuple, said: str) -> str:
    return next((name for sign, name in names if sign in said), "")
