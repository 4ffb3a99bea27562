"""Who may keep an answer: nobody, unless its view wears @public_page. And what this process keeps of pages itself."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import wraps

from flask import current_app, g, make_response, request

from opm.lib import clock

TERMS = "opm.terms"  # where the page cache, which stands in front of Flask, finds them
TAG_LENGTH = 16
SHELF_HOLDS = 1_000  # things, of one or two kilobytes each


@dataclass(frozen=True)
class Terms:
    """On which terms a public page may be kept: while this public version stands, from one moment until another.

    Before the first of them it was never true: then the clock was set back.
    """

    version: int
    since: datetime
    until: datetime | None


def public_page(view):
    """The answer is the same bytes for everyone: any cache may keep it, and asks each time whether it still holds.

    It carries an ETag made of its bytes, so a page that did not change keeps its tag. The tag is weak: it stands for
    the page, however it is compressed.
    """

    @wraps(view)
    def answer(*args, **kwargs):
        response = make_response(view(*args, **kwargs))
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, no-cache"
            tag = hashlib.sha256(response.get_data()).hexdigest()[:TAG_LENGTH]
            response.set_etag(tag, weak=True)
            request.environ[TERMS] = Terms(g.public_version, g.began_at, g.get("changes_at"))
        return response

    answer.is_public_page = True
    return answer


def begin(version: int) -> None:
    """Before anything else that a request shows: this is the public version now. Whatever is kept hangs on it."""
    g.public_version, g.began_at = version, clock.now()


def changes_at(moment: datetime | None) -> None:
    """By the clock alone this page will look different from that moment on: it is kept no longer.

    Of several moments the earliest counts. What was past when the request began changes nothing more.
    """
    if moment is not None and moment > began_at():
        g.changes_at = min(moment, g.get("changes_at") or moment)


def began_at() -> datetime:
    """When this request began. What becomes public after that may be missing on its page: look for it from here on."""
    return g.get("began_at") or clock.now()


def kept(make):
    """What this makes is the same on every page, and is made once while the public version stands; by what it is given.

    It ends by the clock as a page does (`changes_at`). Nobody may change it: other requests have it, too. A page's own
    text and comments are not for here: they are read each time.
    """

    @wraps(make)
    def give(*given):
        if "public_version" not in g:
            return make(*given)
        things, key = _shelf(), (make, *given)
        if (found := things.get(key)) is None or not found.stands:
            found = _made(make, given)
            if len(things) < SHELF_HOLDS:
                things[key] = found
        changes_at(found.until)
        return found.thing

    return give


def forget(app) -> None:
    """Nothing is kept from here on that was kept before."""
    app.extensions.pop("shelf", None)


def _shelf() -> dict:
    """What was made for this public version so far. What an older one left is gone as soon as a newer is asked for."""
    version, things = current_app.extensions.get("shelf") or (None, {})
    if version != g.public_version:
        things = {}
        current_app.extensions["shelf"] = g.public_version, things
    return things


@dataclass(frozen=True)
class _Made:
    """A thing, when it was made, and the moment from which on it will be otherwise."""

    thing: object
    since: datetime
    until: datetime | None

    @property
    def stands(self) -> bool:
        return is_between(self.since, self.until)


def _made(make, given) -> _Made:
    before, since = g.pop("changes_at", None), clock.now()
    made = _Made(make(*given), since, g.pop("changes_at", None))
    changes_at(before)
    return made


def is_between(since: datetime, until: datetime | None) -> bool:
    """Whether it is now not before the one moment and, if there is another, before that."""
    now = clock.now()
    return since <= now and (until is None or now < until)


def varies_by(*names: str) -> None:
    """This answer hangs on what these headers of the request say, and tells caches so in Vary."""
    g.varies_by = (*g.get("varies_by", ()), *names)


def finish(response):
    """After every request: `no-store` where nothing else was said; 304 where the reader has these bytes.

    An answer that has a form for htmx says so in Vary. Our script relies on it: what does not say so is not from us
    (a proxy's error page, a hotel's sign-in page) and is never put in place of what somebody typed. `Expires` is for
    caches that were told to ignore Cache-Control.
    """
    if "varies_by" in g:
        response.vary.update(g.varies_by)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Expires"] = "0"
    if "If-None-Match" in request.headers and response.get_etag()[0] and not response.is_streamed:
        response.make_conditional(request)
    return response
