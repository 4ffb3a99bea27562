"""`python -m tests.bench [EXPORT.xml]`: what the site costs, in one table. Takes two minutes; uses loopback alone.

With a WordPress export its busiest post is read, otherwise one of our own with 50 comments. Machines are noisy, and
what asks runs beside the server: quote the ratios, which are of measures taken in turns, and not the rates.
"""

import sys
import time

from tests.bench import servers
from tests.bench.alerts import alerting
from tests.bench.painting import painting
from tests.bench.pictures import looking_into_pictures
from tests.bench.previews import previewing
from tests.bench.processes import memory_mb
from tests.bench.queues import queues
from tests.bench.rates import rates, writing
from tests.bench.servers import Server, busy_and_quiet
from tests.bench.sizes import settled, sizes
from tests.bench.table import MEMORY, SECOND_START, Figure, table
from tests.faults.database import looking
from tests.running import Site


def main(export: str | None = None) -> None:
    """Measures everything and prints it."""
    with servers.site(export) as site:
        ours, (busy, quiet) = Server(site.port, site.process.pid), looking(site, busy_and_quiet)
        figures = sizes(site.port, busy, quiet)
        figures |= painting(site.port, busy)
        with servers.same(settled(site.port, busy)) as same, servers.flask() as flask:
            figures |= rates(ours, busy, same, flask)
        figures |= writing(ours, busy)
        figures |= previewing(site, ours)
        figures[MEMORY] = Figure(memory_mb(ours.pid), "what is shared counted once")
        figures |= queues(site, ours)
        figures[SECOND_START] = Figure(restart(site))
    figures |= looking_into_pictures()
    figures |= alerting()
    print(table(figures))


def restart(site: Site) -> float:
    """Seconds from a second start to the first answer."""
    site.process.terminate()
    site.ended()
    begun = time.monotonic()
    site.start().up()
    return time.monotonic() - begun


if __name__ == "__main__":
    main(*sys.argv[1:2])
