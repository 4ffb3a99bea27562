"""What a moderator waits for where ten thousand comments do: the first page, the last one, and a search."""

import http.client
import time
from datetime import timedelta
from statistics import median

from sqlalchemy import insert, select

from opm.accounts.access import cookie_name
from opm.accounts.models import Session
from opm.comments.models import Comment, State, Thread
from opm.extensions import db
from opm.lib import clock
from tests import cast
from tests.bench.servers import Server
from tests.bench.table import QUEUE_FIRST, QUEUE_LAST, QUEUE_SEARCH, Figure, Goal
from tests.faults.database import looking
from tests.running import Site

MANY = 10_000
TIMES = 15
PATHS = {
    QUEUE_FIRST: "/desk/comments/",
    QUEUE_LAST: "/desk/comments/?before=end",
    QUEUE_SEARCH: "/desk/comments/?queue=all&q=mill+9999",
}


def queues(site: Site, server: Server) -> dict[Goal, Figure]:
    """Each page, asked for again and again by one connection."""
    name, secret = looking(site, _many_wait)
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    return {goal: _asked(line, path, {"Cookie": f"{name}={secret}"}) for goal, path in PATHS.items()}


def _asked(line, path: str, headers: dict) -> Figure:
    seconds = []
    for _ in range(TIMES):
        begun = time.monotonic()
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        assert b'class="decide' in answer.read()
        assert answer.status == http.client.OK
        seconds.append(time.monotonic() - begun)
    return Figure(1000 * median(seconds), f"the slowest of {TIMES} {1000 * max(seconds):.0f} ms")


def _many_wait() -> tuple[str, str]:
    """The name and the secret of a moderator's cookie. Commits."""
    thread_id, now = db.session.scalar(select(Thread.id).limit(1)), clock.now()
    rows = []
    for number in range(MANY):
        at = now - timedelta(minutes=number)
        rows.append(
            {
                "thread_id": thread_id, "text": f"A bell at mill {number} would be quicker. " * 6, "name": "Jo Marsh",
                "panel_name": "Jo Marsh", "email": f"q{number}@example.org", "address_hash": f"{number:040}",
                "state": State.PENDING, "written_at": at, "confirmed_at": at,
            }
        )  # fmt: skip
    db.session.execute(insert(Comment), rows)
    session, secret = Session.begin(cast.ines(), "")
    db.session.add(session)
    db.session.commit()
    return cookie_name(), secret
