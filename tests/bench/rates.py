"""How many pages a second, and what each takes of the processor, beside what the plumbing alone can do.

wrk asks where it is installed; otherwise our own readers do, which are slower than what they measure: then the ratios
to bare WSGI and to bare Flask come out nearer to each other than they are. The table says who asked.
"""

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from statistics import median

from tests.bench.processes import cpu_seconds
from tests.bench.servers import Server
from tests.bench.sizes import AS_A_BROWSER
from tests.bench.table import COMMENTS, OF_BARE_FLASK, OF_BARE_WSGI, UNCACHED, Figure, Goal
from tests.faults.crowd import at_once, many_lines, words

READERS, SECONDS, ROUNDS = 16, 2, 5
WRITERS, COMMENTS_EACH = 16, 100
WARM_UP = 50
WRK = shutil.which("wrk")
COUNTED = re.compile(r"(\d+) requests in ([\d.]+)s")
REFUSED = re.compile(r"(Non-2xx or 3xx responses|Socket errors): .*")


@dataclass
class Cost:
    """What one thing takes."""

    a_second: float
    cpu_ms: float


def rates(site: Server, address: str, same: Server, flask: Server) -> dict[Goal, Figure]:
    """The post from the page cache and made anew, against the least that WSGI and Flask can do."""
    cached, anew, bare, hello = in_turns(
        lambda: reading(site, address),
        lambda: reading(site, f"{address}?anew"),  # no cache keeps an address with a question mark
        lambda: reading(same, address),
        lambda: reading(flask, "/"),
    )
    by = "wrk" if WRK else "our own readers, slower than the server"
    most = _ratio(bare, hello, by).ours
    return {
        OF_BARE_WSGI: _ratio(cached, bare, by),
        OF_BARE_FLASK: _ratio(cached, hello, f"{by}, bare WSGI {most:.1f} times as many"),
        UNCACHED: _ratio(anew, hello, by),
    }


def in_turns(*measures) -> list[list[Cost]]:
    """Several rounds of each, taken in turns: whatever else the machine does hits them alike."""
    for measure in measures:
        measure()  # to warm up
    rounds = [[measure() for measure in measures] for _ in range(ROUNDS)]
    return [list(costs) for costs in zip(*rounds, strict=True)]


def reading(server: Server, path: str) -> Cost:
    """A page, for some seconds, by a few readers at once. Fails if one is refused."""
    cpu = cpu_seconds(server.pid)
    count, seconds = (_read_with_wrk if WRK else _read_ourselves)(server.port, path)
    return Cost(count / seconds, 1000 * (cpu_seconds(server.pid) - cpu) / count)


def writing(site: Server, address: str) -> dict[Goal, Figure]:
    """A comment, by many writers at once. Fails if one is refused."""
    path = f"{address}comments/"
    with many_lines(WRITERS, site.port) as lines:

        def write(first, count):
            def write_some(client):
                for number in range(count):
                    status = lines[client].send(words(first + client * count + number), path)
                    assert status == 303, status

            return write_some

        at_once(WRITERS, write(0, WARM_UP // WRITERS))
        cpu, begun = cpu_seconds(site.pid), time.monotonic()
        at_once(WRITERS, write(1000, COMMENTS_EACH))
        seconds, count = time.monotonic() - begun, WRITERS * COMMENTS_EACH
    cpu_ms = 1000 * (cpu_seconds(site.pid) - cpu) / count
    return {COMMENTS: Figure(count / seconds, f"{cpu_ms:.2f} ms of processor each")}


def _read_with_wrk(port, path):
    headers = [word for name, value in AS_A_BROWSER.items() for word in ("-H", f"{name}: {value}")]
    how = ["-t1", f"-c{READERS}", f"-d{SECONDS}s", *headers]
    said = subprocess.run([WRK, *how, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True)
    assert not REFUSED.search(said.stdout), said.stdout
    count, seconds = COUNTED.search(said.stdout).groups()
    return int(count), float(seconds)


def _read_ourselves(port, path):
    begun = time.monotonic()
    with many_lines(READERS, port) as lines:

        def read(reader):
            count = 0
            while time.monotonic() < begun + SECONDS:
                status = lines[reader].get(path, **AS_A_BROWSER)
                assert status == 200, status
                count += 1
            return count

        return sum(at_once(READERS, read)), time.monotonic() - begun


def _ratio(ours, theirs, by):
    """The middle of the rounds' ratios; beside it the rates, and how the processor's time compares."""
    rate = median(one.a_second / other.a_second for one, other in zip(ours, theirs, strict=True))
    cpu = median(one.cpu_ms / other.cpu_ms for one, other in zip(ours, theirs, strict=True))
    each, other = (median(cost.a_second for cost in costs) for costs in (ours, theirs))
    return Figure(rate, f"{each:,.0f} ÷ {other:,.0f} by {by}; {cpu:.2f} x its processor time")
