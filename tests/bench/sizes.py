"""What goes over the wire, headers and all."""

import gzip
import http.client
import re
from dataclasses import dataclass

import brotli

from tests.bench.table import ALL_REQUESTS, FIRST_VIEW, REPEAT_VIEW, SECOND_PAGE, Figure, Goal
from tests.running import eventually

AS_A_BROWSER = {"Accept-Encoding": "gzip, deflate, br"}
BEST = 11
SAME_AGAIN = 24  # looks in a row, each on a line of its own: every process has been asked then
PARTS = re.compile(r'<(?:link rel="(?:stylesheet|icon)"|script|img)[^>]*? (?:href|src)="(/[^"]+)"')
STYLE = re.compile(r"\.css$")


@dataclass(frozen=True)
class Answer:
    """What came back, as it came."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def size(self) -> int:
        """Bytes on the wire: the status line, the headers, the empty line and the body."""
        head = [f"HTTP/1.1 {self.status} {self.reason}", *(f"{name}: {value}" for name, value in self.headers), ""]
        return sum(len(line) + 2 for line in head) + len(self.body)

    @property
    def text(self) -> str:
        """The body, unpacked."""
        unpack = {"br": brotli.decompress, "gzip": gzip.decompress}.get(self.header("content-encoding"), bytes)
        return unpack(self.body).decode()

    def header(self, name: str) -> str | None:
        """The value of a header, if there is one."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def is_pressed(self) -> bool:
        """Whether it is as small as brotli makes it."""
        return len(self.body) <= len(brotli.compress(self.text.encode(), quality=BEST))


def fetch(port: int, path: str, **headers) -> Answer:
    """What a browser's request is answered with, on a line of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=AS_A_BROWSER | headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.reason, tuple(answer.getheaders()), answer.read())
    finally:
        connection.close()


def settled(port: int, path: str) -> Answer:
    """The page once every process gives it out as small as it gets. Fails if none ever does."""
    eventually(lambda: all(fetch(port, path).is_pressed() for _ in range(SAME_AGAIN)), f"{path} in its smallest form")
    return fetch(port, path)


def parts_of(page: Answer) -> list[str]:
    """The addresses of all that a browser fetches with a page, its icon too."""
    return PARTS.findall(page.text)


def sizes(port: int, busy: str, quiet: str) -> dict[Goal, Figure]:
    """The bytes of a first view, of a repeated one, and of another page afterwards."""
    page, other = settled(port, busy), settled(port, quiet)
    parts = {path: fetch(port, path).size for path in parts_of(page)}
    style = sum(size for path, size in parts.items() if STYLE.search(path))
    new = [path for path in parts_of(other) if path not in parts]
    again = fetch(port, busy, **{"If-None-Match": page.header("etag")})
    assert again.status == 304, again
    return {
        FIRST_VIEW: Figure(page.size + style, f"{page.size:,} + {style:,}; the page's body {len(page.body):,}"),
        ALL_REQUESTS: Figure(page.size + sum(parts.values()), f"{1 + len(parts)} requests, the icon too"),
        REPEAT_VIEW: Figure(again.size),
        SECOND_PAGE: Figure(other.size + sum(fetch(port, path).size for path in new), f"{1 + len(new)} request"),
    }
