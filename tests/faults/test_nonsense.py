"""Requests at random, at every address: whatever comes, the answer is a page or a fragment, never an error of ours.

The seed is said where a test fails. 300 in the quick run, 20,000 with --long.
"""

import gzip
import random
import time

import brotli
import pytest

from tests import cast
from tests.stranger import Stranger
from tests.test_house import addresses, routes  # noqa: F401

PIECES = [
    "", "0", "-1", "1", "99999999999999999999", "1e9", "٣", "page", "comments", "comment", "tag", "category", "2026",
    "10", "00", "..", ".", "%2e%2e", "%00", "\x00", "%ff", "%C0%AF", "%ED%A0%80", "\ud800", "é", "日本語", "עברית",
    "{{7*7}}", "<script>", "'", '"', "a" * 3_000, "who-fills-the-sandbags", "%0d%0aSet-Cookie:x=1", "\u202e", "|", "*",
]  # fmt: skip
FIELDS = [
    "text", "name", "email", "url", "parent", "code", "decision", "revision", "rule", "note", "csrf_token", "next",
    "state", "never_again", "outcome", "left", "id", "number", "reason", "on", "quote", "ground",
    "untrue", "is_true", "seen", "reply", "comment", "page", "s", "p", "q",
]  # fmt: skip
VALUES = [*PIECES, "jo@example.org", "a@b,c@d", "=?utf-8?q?x?=", "approve", "reject", "x" * 11_000, "(" * 5_000]
HEADERS = {
    "HX-Request": ["true", "false", "\u00e9", "true, true"],
    "HX-History-Restore-Request": ["true"],
    "Accept-Encoding": ["br", "gzip;q=0", "*;q=0", "identity;q=0", "br;q=nonsense", ",,,", "br" * 1_000],
    "If-None-Match": ["*", '"x"', 'W/"x", ', '"', "x" * 5_000],
    "If-Modified-Since": ["yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"],
    "Range": ["bytes=0-1", "bytes=-1", "bytes=5-1", "lines=1"],
    "Cookie": ["opm-8000=x", "a=b; a=c", "\u00e9=1", "=", "x" * 4_000],
    "Origin": ["http://127.0.0.1:8000", "null", "https://evil.example", "\u00e9"],
    "Sec-Fetch-Site": ["same-origin", "cross-site", "none", "x"],
    "X-Forwarded-For": ["1.2.3.4", "::1", "x, y, z"],
    "X-Forwarded-Host": ["evil.example"],
    "X-HTTP-Method-Override": ["DELETE"],
    "Content-Type": ["application/json", "multipart/form-data", "multipart/form-data; boundary=x", "x/y", ""],
    "Accept": ["application/json", "*/*;q=nonsense"],
}
METHODS = ["GET", "GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "NONSENSE"]
LONGEST_SECONDS = 5


class Nonsense:
    """Makes one request after another, none of which anybody would make."""

    def __init__(self, seed: int, known: list[str]):
        self.chance, self.known = random.Random(seed), known

    def request(self) -> tuple[str, str, dict]:
        """A method, an address, and what else is sent."""
        method = self.chance.choice(METHODS)
        sent = {"headers": self.headers(), "query_string": self.query()}
        if method in ("POST", "PUT", "PATCH", "DELETE"):
            sent["data"] = self.body()
        return method, self.path(), sent

    def path(self) -> str:
        if self.chance.random() < 0.5:
            return self.spoilt(self.chance.choice(self.known))
        return "/" + "/".join(self.some(PIECES, 5)) + self.chance.choice(["", "/"])

    def spoilt(self, path: str) -> str:
        """A known address, often with something wrong in it."""
        parts = path.split("/")
        if self.chance.random() < 0.7:
            parts[self.chance.randrange(1, len(parts))] = self.chance.choice(PIECES)
        return "/".join(parts) or "/"

    def query(self) -> str:
        names = self.some(FIELDS, 3) if self.chance.random() < 0.4 else []
        return "&".join(f"{name}={on_the_wire(self.chance.choice(VALUES))}" for name in names)

    def headers(self) -> dict[str, str]:
        names = self.some(list(HEADERS), 3)
        return {name: self.chance.choice(HEADERS[name]).encode().decode("latin-1") for name in names}

    def body(self):
        if self.chance.random() < 0.2:
            return self.chance.randbytes(self.chance.choice([0, 10, 3_000]))
        return {name: self.chance.choice(VALUES).encode("utf-8", "surrogatepass") for name in self.some(FIELDS, 8)}

    def some(self, things: list[str], most: int) -> list[str]:
        return [self.chance.choice(things) for _ in range(self.chance.randint(0, most))]


def on_the_wire(text: str) -> str:
    """As servers hand it to an application: its bytes, whatever they mean, one a character."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def unpacked(answer) -> str:
    """What the answer says, however it was packed."""
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}.get(answer.headers.get("Content-Encoding"), bytes)
    return unpack(answer.data).decode() if answer.data else ""


def send(app, known, seed, count):
    """So many requests; each is answered in time, by a page if by anything, and by no 500."""
    nonsense, stranger = Nonsense(seed, known), Stranger(app)
    for number in range(count):
        method, path, sent = nonsense.request()
        told = f"seed {seed}, number {number}: {method} {path!r} {sent!r}"[:2_000]
        begun = time.monotonic()
        answer = stranger.client.open(
            "/",
            method=method,
            environ_base=stranger.environ,
            environ_overrides={"PATH_INFO": on_the_wire(path)},
            **sent,
        )
        assert answer.status_code < 500, told
        assert time.monotonic() - begun < LONGEST_SECONDS, told
        may_have_a_cookie = path.startswith("/desk/sign-in/") or (method == "POST" and path.startswith("/desk/"))
        assert "Set-Cookie" not in answer.headers or may_have_a_cookie, told
        said = unpacked(answer) if answer.mimetype != "image/png" else ""
        if answer.status_code >= 400 and method != "HEAD":
            assert "<h1" in said or 'role="alert"' in said, told
        assert "Traceback" not in said, told


@pytest.fixture
def known(addresses):  # noqa: F811
    return sorted(addresses.values())


def test_three_hundred_strange_requests_break_nothing(app, known, inside, browser):
    send(app, known, seed=random.randrange(10**6), count=300)
    browser.visit(cast.POST)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_twenty_thousand_strange_requests_break_nothing(app, known, seed):
    send(app, known, seed, count=1_000)
