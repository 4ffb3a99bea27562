"""`python -m tests.bench [EXPORT.xml]`: what the site costs, in one table. Takes a minute; uses loopback alone.

With a WordPress export its busiest post is read, otherwise one of our own with 50 comments. Machines are noisy, and
the clients here run beside the server: quote the ratios and the processor's time, not the rates.
"""

import http.client
import sys
import time
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlencode

import brotli

from tests.bench.processes import cpu_seconds, memory_mb
from tests.bench.servers import busiest_address, hello, site
from tests.faults.crowd import FORM, at_once, many_lines, words
from tests.faults.database import looking

WRITERS, COMMENTS_EACH = 16, 100
READERS, PAGES_EACH, BARE_EACH, ROUNDS = 4, 50, 250, 5
WARM_UP = 50
AS_A_BROWSER = {"Accept-Encoding": "gzip, deflate, br"}
KB = 1_000


@dataclass
class Cost:
    """What one thing takes."""

    a_second: float
    cpu_ms: float

    def __str__(self):
        return f"{self.cpu_ms:.2f}"

    def times(self, other: "Cost") -> float:
        """How many times as much of the processor's time as another."""
        return self.cpu_ms / other.cpu_ms


def main(export: str | None = None) -> None:
    """Measures everything and prints it."""
    with hello() as (bare_port, bare_pid), site(export) as running:
        port, pid, address = running.port, running.process.pid, looking(running, busiest_address)
        known = {"If-None-Match": fetch(port, address)[1]["ETag"]}
        bare, page, unchanged = in_turns(
            lambda: reading(bare_port, bare_pid, "/", BARE_EACH),
            lambda: reading(port, pid, address, PAGES_EACH),
            lambda: reading(port, pid, address, PAGES_EACH, **known),
        )
        sizes = bytes_of(port, address)
        taken = writing(port, pid, address)
        memory, bare_memory = memory_mb(pid), memory_mb(bare_pid)
        second_start = restart(running)
    show("comments taken a second, 16 clients", f"{taken.a_second:.0f}", f"goal 300; {taken} ms of processor each")
    show("the post, pages a second", f"{page.a_second:.0f}", f"bare Flask {bare.a_second:.0f}")
    show("the post, ms of processor a page", page, f"{page.times(bare):.1f} x bare Flask ({bare})")
    show("the same with its ETag (304)", unchanged, f"{unchanged.times(bare):.1f} x bare Flask")
    for what, size in sizes.items():
        show(what, f"{size / KB:.1f} kB")
    show("second start until it answers", f"{second_start:.2f} s", "at most 2 s")
    show("memory, all processes", f"{memory:.0f} MB", f"bare Flask {bare_memory:.0f} MB")


def in_turns(*measures) -> list[Cost]:
    """The middle of several rounds of each, taken in turns: whatever else the machine does hits them alike."""
    for measure in measures:
        measure()  # to warm up
    rounds = [[measure() for measure in measures] for _ in range(ROUNDS)]
    taken = [list(costs) for costs in zip(*rounds, strict=True)]
    return [Cost(median(c.a_second for c in costs), median(c.cpu_ms for c in costs)) for costs in taken]


def reading(port: int, pid: int, path: str, pages_each: int, **headers) -> Cost:
    """A page, with a few readers at once."""
    with many_lines(READERS, port) as lines:

        def read(reader):
            for _ in range(pages_each):
                lines[reader].get(path, **AS_A_BROWSER, **headers)

        return _timed(pid, READERS * pages_each, lambda: at_once(READERS, read))


def writing(port: int, pid: int, address: str) -> Cost:
    """A comment, with many writers at once. Fails if one is refused."""
    path = f"{address}comments/"
    with many_lines(WRITERS, port) as lines:

        def write(first, count):
            def write_some(client):
                for number in range(count):
                    status = lines[client].send(words(first + client * count + number), path)
                    assert status == 303, status

            return write_some

        at_once(WRITERS, write(0, WARM_UP // WRITERS))
        return _timed(pid, WRITERS * COMMENTS_EACH, lambda: at_once(WRITERS, write(1000, COMMENTS_EACH)))


def bytes_of(port: int, address: str) -> dict[str, int]:
    """What goes over the wire, compressed, without headers."""
    page, _ = fetch(port, address)
    css = next(part for part in brotli.decompress(page).decode().split('"') if part.endswith(".css"))
    htmx = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin", **FORM}
    answer, _ = fetch(port, f"{address}comments/", "POST", urlencode(words(999_999)), **htmx)
    return {
        "the post's page": len(page),
        "the style sheet": len(fetch(port, css)[0]),
        "the answer to an inline comment": len(answer),
    }


def restart(site) -> float:
    """Seconds from a second start to the first answer."""
    site.process.terminate()
    site.ended()
    begun = time.monotonic()
    site.start().up()
    return time.monotonic() - begun


def fetch(
    port: int, path: str, method: str = "GET", body: str | None = None, **headers
) -> tuple[bytes, http.client.HTTPMessage]:
    """The body as it comes over the wire, and the headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, AS_A_BROWSER | headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status == 200, (path, answer.status)
    return content, answer.headers


def show(what: str, figure, beside: str = "") -> None:
    """One line of the table."""
    print(f"{what:<38}{figure!s:>9}   {beside}".rstrip())


def _timed(pid: int, count: int, act) -> Cost:
    cpu, begun = cpu_seconds(pid), time.monotonic()
    act()
    return Cost(count / (time.monotonic() - begun), 1000 * (cpu_seconds(pid) - cpu) / count)


if __name__ == "__main__":
    main(*sys.argv[1:2])
