"""Public pages, answered ready compressed before Flask is asked.

An entry is what a view that wears @public_page said, with the public version that was read before it said so. It is
given out while the database has that version still: each request looks (`publicity.Watch`), so no page is ever stale,
in whatever process the change was made. Nothing else ever enters.
"""

import gzip
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_etags

from opm.lib import caching, origin
from opm.lib.caching import TERMS, Terms, is_between
from opm.lib.pressing import BEST, IDENTITY, LONGEST_WISH, Presser, chosen, pressed
from opm.lib.publicity import Watch
from opm.lib.respond import is_for_fragment

MOST_BYTES = 32 * 1024 * 1024  # a process
LARGEST_SHARE = 1 / 8  # of that, for one page
ENTRY_BYTES = 2_600  # what an entry takes beside its bodies, as Python counts (tests/test_pagecache.py)
LONGEST_PATH = 1_000
WAIT_SECONDS = 5  # for the one who renders the page that several want
SAID_AGAIN = {"Cache-Control", "ETag", "Vary"}  # in a 304 (RFC 9110, 15.4.5)
NOT_LASTING = {"Content-Length", "Date"}  # the server says when it answers

Key = tuple[str, bool]  # the path, and whether htmx asks for what is new alone


class Copy(NamedTuple):
    """A page in one coding, as it leaves."""

    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Page:
    """One public page: what holds for each coding, and the copies that were made so far."""

    terms: Terms
    tag: str
    headers: tuple[tuple[str, str], ...]
    copies: dict[str, Copy]

    @property
    def is_pressed(self) -> bool:
        """Whether its copies are as small as they get. The plain one is not kept then."""
        return IDENTITY not in self.copies

    @property
    def plain(self) -> bytes:
        """The body as Flask gave it."""
        return gzip.decompress(self.copies["gzip"].body) if self.is_pressed else self.copies[IDENTITY].body

    def stands(self, version: int | None) -> bool:
        """Whether it is still what Flask would say, the public version being this one."""
        return version == self.terms.version and is_between(self.terms.since, self.terms.until)

    def is_had(self, if_none_match: str | None) -> bool:
        """Whether the reader has just this page already."""
        if not if_none_match:
            return False
        if if_none_match == self.tag:
            return True
        return len(if_none_match) <= LONGEST_WISH and parse_etags(if_none_match).contains_raw(self.tag)

    def copy(self, coding: str, body: bytes) -> Copy:
        """A copy in this coding."""
        how = (("Content-Encoding", coding),) if coding != IDENTITY else ()
        return Copy((*self.headers, *how, ("Content-Length", str(len(body)))), body)

    def with_copies(self, bodies: dict[str, bytes]) -> "Page":
        """The same page with these copies instead."""
        return replace(self, copies={coding: self.copy(coding, body) for coding, body in bodies.items()})


class PageCache:
    """The WSGI layer in front of the app. `hits` counts the pages that Flask was not asked for, `misses` the others."""

    def __init__(self, app, wsgi_app, most_bytes: int = MOST_BYTES):
        self.app, self.wsgi_app, self.most_bytes = app, wsgi_app, most_bytes
        self.hits = self.misses = 0
        self.bytes_held = 0  # how much memory the pages take, nearly
        self._watch = Watch(app)
        self._pages: OrderedDict[Key, Page] = OrderedDict()  # the one that was asked for last stands last
        self._lock = threading.Lock()
        self._under_way: dict[Key, threading.Event] = {}
        self._presser = Presser(self._press)

    def __call__(self, environ: dict, start_response) -> Iterable[bytes]:
        key = self._key(environ)
        if key and (page := self._standing(key)):
            self.hits += 1
            return self._give(key, page, environ, start_response)
        if not key or not self._is_public(environ):
            return self.wsgi_app(environ, start_response)
        self.misses += 1
        answer = self._rendered(key, environ)
        if isinstance(answer, Reply):
            return answer.give(environ, start_response)
        return self._give(key, answer, environ, start_response)

    def clear(self) -> None:
        """Forgets all pages, and what they share."""
        caching.forget(self.app)
        with self._lock:
            self._pages.clear()
            self.bytes_held = 0

    def settle(self) -> None:
        """Waits until all pages are as small as they get. For tests and benchmarks."""
        self._presser.join()

    def __len__(self) -> int:
        return len(self._pages)

    # Finding

    def _key(self, environ) -> Key | None:
        """What the answer hangs on; None if it hangs on more, or is no business of ours."""
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("QUERY_STRING") or len(path) > LONGEST_PATH:
            return None
        if not origin.is_our_host(environ.get("HTTP_HOST"), self.app.config):
            return None
        return path, is_for_fragment(environ)

    def _standing(self, key: Key) -> Page | None:
        page = self._pages.get(key)
        if page is None or not page.stands(self._watch.version()):
            return None
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
        return page

    def _is_public(self, environ) -> bool:
        """Whether a view that wears @public_page answers at this address."""
        try:
            path = environ["PATH_INFO"].encode("latin-1").decode()
            endpoint, _values = self.app.url_map.bind("").match(path, method="GET")
        except (HTTPException, UnicodeError):
            return False
        return getattr(self.app.view_functions[endpoint], "is_public_page", False)

    # Giving

    def _give(self, key: Key, page: Page, environ, start_response) -> list[bytes]:
        if page.is_had(environ.get("HTTP_IF_NONE_MATCH")):
            start_response("304 NOT MODIFIED", [header for header in page.headers if header[0] in SAID_AGAIN])
            return []
        coding = chosen(environ.get("HTTP_ACCEPT_ENCODING", ""))
        copy = page.copies.get(coding) or self._copied(key, page, coding)
        start_response("200 OK", list(copy.headers))
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else copy.body]

    def _copied(self, key: Key, page: Page, coding: str) -> Copy:
        """A copy that was not asked for before, made quickly; kept, but for one that can be had from another."""
        copy = page.copy(coding, pressed(page.plain, coding))
        if coding != IDENTITY:
            self._replace(key, page, replace(page, copies=page.copies | {coding: copy}))
        return copy

    # Filling

    def _rendered(self, key: Key, environ) -> "Page | Reply":
        with self._alone(key) as is_first:
            return (None if is_first else self._standing(key)) or self._ask(key, environ)

    @contextmanager
    def _alone(self, key: Key) -> Iterator[bool]:
        """The first to come renders; the others wait for that, so long. Says whether this is the first."""
        with self._lock:
            is_done = self._under_way.get(key)
            if is_done is None:
                self._under_way[key] = mine = threading.Event()
        if is_done:
            is_done.wait(WAIT_SECONDS)
            yield False
            return
        try:
            yield True
        finally:
            with self._lock:
                del self._under_way[key]
            mine.set()

    def _ask(self, key: Key, environ) -> "Page | Reply":
        """What Flask says, plain and whole, kept if it may be."""
        reply = Reply.of(self.wsgi_app, _plainly(environ))
        if reply.terms is None:
            return reply
        page = self._known(key, reply) or reply.as_page()
        self._keep(key, page)
        if not page.is_pressed:
            self._presser.soon(key)
        return page

    def _known(self, key: Key, reply: "Reply") -> Page | None:
        """The page as it was, on new terms, if nothing of it has changed: it need not be compressed again."""
        before = self._pages.get(key)
        if before and before.tag == reply.headers["ETag"] and before.headers == reply.lasting_headers:
            return replace(before, terms=reply.terms)
        return None

    def _keep(self, key: Key, page: Page) -> None:
        if _size(key, page) > self.most_bytes * LARGEST_SHARE:
            return
        with self._lock:
            self._put(key, page)
            self._pages.move_to_end(key)
            while self.bytes_held > self.most_bytes:
                self.bytes_held -= _size(*self._pages.popitem(last=False))

    def _put(self, key: Key, page: Page) -> None:
        before = self._pages.get(key)
        self.bytes_held += _size(key, page) - (_size(key, before) if before else 0)
        self._pages[key] = page

    def _replace(self, key: Key, page: Page, better: Page) -> None:
        """If the page is still the one that is kept, this one from now on."""
        with self._lock:
            if self._pages.get(key) is page:
                self._put(key, better)

    def _press(self, key: Key) -> None:
        """Its copies as small as they get, on the presser's thread."""
        page = self._pages.get(key)
        while page and not page.is_pressed:
            bodies = {coding: pressed(page.plain, coding, BEST) for coding in BEST}
            self._replace(key, page, page.with_copies(bodies))
            page = self._pages.get(key)  # changed meanwhile: once more


@dataclass
class Reply:
    """What Flask answered to a request."""

    status: str
    headers: Headers
    body: bytes
    terms: Terms | None

    @classmethod
    def of(cls, wsgi_app, environ: dict) -> "Reply":
        """Asks, and takes all of it in."""
        said = {}

        def start_response(status, headers, exc_info=None):
            said.update(status=status, headers=Headers(headers))

        parts = wsgi_app(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        is_public = said["status"].startswith("200 ") and "Set-Cookie" not in said["headers"]
        return cls(**said, body=body, terms=environ.get(TERMS) if is_public else None)

    @property
    def lasting_headers(self) -> tuple[tuple[str, str], ...]:
        """Those that hold for every coding and at any time."""
        return tuple(header for header in self.headers if header[0] not in NOT_LASTING)

    def as_page(self) -> Page:
        """To be kept, plain at first."""
        page = Page(self.terms, self.headers["ETag"], self.lasting_headers, copies={})
        return page.with_copies({IDENTITY: self.body})

    def give(self, environ, start_response) -> list[bytes]:
        """As it is, quickly compressed: Flask was asked for the plain body."""
        coding = chosen(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if self.body and coding != IDENTITY:
            self.body = pressed(self.body, coding)
            self.headers["Content-Encoding"], self.headers["Content-Length"] = coding, str(len(self.body))
        start_response(self.status, self.headers.to_wsgi_list())
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else self.body]


def _size(key: Key, page: Page) -> int:
    """Bytes of memory, nearly."""
    return ENTRY_BYTES + len(key[0]) + sum(len(copy.body) for copy in page.copies.values())


def _plainly(environ: dict) -> dict:
    """The same request, for the whole page: neither compressed nor on any condition, and from nobody in particular."""
    personal = ("HTTP_IF_", "HTTP_RANGE", "HTTP_ACCEPT_ENCODING", "HTTP_COOKIE", "HTTP_AUTHORIZATION")
    plain = {name: value for name, value in environ.items() if not name.startswith(personal)}
    return plain | {"REQUEST_METHOD": "GET"}
