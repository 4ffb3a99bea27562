"""Where things stood on the old site, and where they stand now: old addresses lead there, and links in texts do."""

import html
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import unquote, urljoin, urlsplit

from flask import current_app
from sqlalchemy import select

from opm.comments.models import Thread
from opm.extensions import db
from opm.lib import moved
from opm.posts.pages import StandingPage
from opm.wordpress.reader import Export, Item, Upload, host
from opm.wordpress.summary import Summary, Taken
from opm.wordpress.uploads import is_web_address

ASKED_AT_ONCE = 500
LONGEST_PATH_BYTES = 1500  # what an index of PostgreSQL can hold, with room
LINK = re.compile(r'(<(?:a|img)\b[^<>]*?\s(?:href|src)=")([^"]*)(?=")')
SHELF = re.compile(r"(/.*)?/(category|tag|author)/(?:[^?]*/)?([^/?]+)/")
FILES = "/wp-content/"


class OldAddresses:
    """Of all things in a file. An address is known by its host and path, with the query where that names the thing."""

    def __init__(self, export: Export, told: Summary):
        self.told = told
        self.hosts = export.hosts - {""}
        self.site, _slash, rest = export.source.partition("/")
        self.base = f"/{rest}" if rest else ""
        self.home = f"{host(f'//{self.site}')}{self.base}/"
        self.now: dict[str, str] = {self.home: "/"}
        self.leading: dict[str, str] = {}  # by path alone: old hosts are not ours
        self.places: dict[str, str] = {}  # of posts and pages, by their numbers
        self.later: dict[str, str] = {}  # the same, for what may not be so any more
        for upload in export.uploads:
            if is_web_address(upload.address) and _path(upload.link):
                self.now.setdefault(_known(upload.link), upload.address)

    # Where things stand

    def item(self, item: Item, address: str) -> None:
        """This post or page stands here now."""
        self.places[item.id] = address
        self.now.setdefault(f"{host(f'//{self.site}')}{address}", address)  # some links are a day off
        names = ("page_id", "p") if item.kind == "page" else ("p",)
        for old in (item.link, *(self._numbered(name, item.id) for name in names)):
            self._leads(old, address)
        if (path := _path(item.guid)) and host(item.guid) in self.hosts:
            self.later.setdefault(path, address)

    def upload(self, upload: Upload) -> bool:
        """The page of this file leads to what the file belongs to. Returns whether that is here."""
        address = self.places.get(upload.parent_id)
        for old in (upload.link, self._numbered("attachment_id", upload.id)):
            if address and (path := _path(old)):
                self.leading.setdefault(path, address)
        return address is not None

    def shelf(self, kind: str, slug: str, number: str, address: str) -> None:
        """What a category, a tag or an author has written is listed here now."""
        self._leads(f"https://{self.site}{self.base}/{kind}/{slug}/", address)
        if kind == "category" and number:
            self._leads(self._numbered("cat", number), address)

    def remember(self, shelves: set[str]) -> None:
        """From now on the old addresses lead there. Those that something else has, such as a shelf, are noted."""
        leading = {path: to for path, to in (self.later | self.leading).items() if not _is_same(path, to)}
        living = _living(leading) | (shelves & leading.keys())
        known = moved.remember_all({path: to for path, to in leading.items() if path not in living})
        self.told.addresses = len(leading) - len(living) - len(known)
        for path, to in self.leading.items():
            if path in living or known.get(path, to) != to:
                self.told.taken.append(Taken(path, to))

    def _numbered(self, name: str, number: str) -> str:
        return f"https://{self.site}{self.base}/?{name}={number}"

    def _leads(self, old: str, address: str) -> None:
        if not (path := _path(old)):
            return
        self.now[_known(old)] = address
        if self.leading.setdefault(path, address) != address:
            self.told.taken.append(Taken(path, address))

    # Links in texts

    def whole(self, text: str, item: Item) -> str:
        """The text with the addresses in it whole, as they were on the old site."""
        base = item.link if is_web_address(item.link) else f"https://{self.site}{self.base}/"

        def whole(link: re.Match) -> str:
            return f"{link[1]}{html.escape(_joined(base, html.unescape(link[2])))}"

        return LINK.sub(whole, text)

    def led_home(self, text: str) -> tuple[str, int]:
        """The text with those links to the old site that lead to what is here leading there; and how many others."""
        others = 0

        def led(link: re.Match) -> str:
            nonlocal others
            address = html.unescape(link[2])
            if link[0].startswith("<img") or host(address) not in self.hosts or FILES in address:
                return link[0]
            if to := self._to(address):
                self.told.led_home += 1
                return f"{link[1]}{html.escape(to)}"
            others += 1
            return link[0]

        return LINK.sub(led, text), others

    def _to(self, address: str) -> str | None:
        whole, _hash, fragment = address.partition("#")
        known = _known(whole)
        shelf = SHELF.fullmatch(known.removeprefix(host(whole)))
        of_shelf = f"{host(whole)}{shelf[1] or ''}/{shelf[2]}/{shelf[3]}/" if shelf else ""
        plain = known.partition("?")[0]
        to = self.now.get(known) or self.now.get(of_shelf) or (self.now.get(plain) if plain != self.home else None)
        return f"{to}#{fragment}" if to and fragment else to


def _joined(base: str, address: str) -> str:
    if not address or address.startswith("#") or re.match(r"[a-z][a-z0-9+.-]*:", address, re.I):
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def _known(address: str) -> str:
    """What an address is known by: its host, its path with a slash at the end, and the query."""
    path, mark, query = _path(address).partition("?")
    return f"{host(address)}{path.rstrip('/')}/{mark}{query}"


def _path(address: str) -> str:
    """The path of an old address, with its query, as we keep it; nothing where it cannot be kept."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https"):
        return ""
    path = re.sub("//+", "/", f"/{unquote(parts.path)}") + (f"?{parts.query}" if parts.query else "")
    return path if path.isprintable() and len(path.encode(errors="replace")) <= LONGEST_PATH_BYTES else ""


def _is_same(path: str, address: str) -> bool:
    return path.rstrip("/") == address.rstrip("/")


def _living(paths: Iterable[str]) -> set[str]:
    """Those of these paths at which something stands now."""
    fixed = {rule.rule for rule in current_app.url_map.iter_rules() if "<" not in rule.rule}
    found = {path for path in paths if path in fixed or f"{path}/" in fixed}
    for some in _some(paths):
        slashed = {f"{path.rstrip('/')}/": path for path in some}
        slugs = [path.strip("/") for path in slashed]
        found |= {slashed[at] for at in db.session.scalars(select(Thread.address).where(Thread.address.in_(slashed)))}
        pages = db.session.scalars(select(StandingPage.slug).where(StandingPage.slug.in_(slugs)))
        found |= {slashed[f"/{slug}/"] for slug in pages}
    return found


def _some(paths: Iterable[str]) -> Iterator[list[str]]:
    paths = iter(paths)
    while some := list(islice(paths, ASKED_AT_ONCE)):
        yield some
