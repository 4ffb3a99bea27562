"""One publication told to 100,000 subscribers: how long its mails take to be queued, in what memory, and who waits.

The site's own worker does it, with its other errands in between, while somebody comments again and again.
"""

import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import func, insert, select

from opm.extensions import db, reading
from opm.factory import create_app
from opm.lib import clock
from opm.outbox.models import Email
from opm.subscriptions import alerts
from opm.subscriptions.models import Announcement, Rhythm, Subscriber, Subscription, Topic
from tests import cast
from tests.bench import servers
from tests.bench.table import ALERTS_COMMENT, ALERTS_MEMORY, ALERTS_QUEUED, Figure, Goal
from tests.faults.crowd import many_lines, words
from tests.running import eventually, family

MANY, AT_A_TIME = 100_000, 10_000
WITHIN_SECONDS = 300
NUMBERS_FROM = 500_000  # of comments, so that none is like another


def alerting() -> dict[Goal, Figure]:
    """On a site of its own."""
    with servers.site() as site:
        app = create_app(site.environ)
        with app.app_context():
            _subscribe()
            stop, waits = threading.Event(), []
            commenter = threading.Thread(target=_comment, args=(site.port, stop, waits))
            commenter.start()
            _publish()
            eventually(_is_told, "the last mail in the outbox", within=WITHIN_SECONDS)
            stop.set()
            commenter.join()
            with reading():
                seconds = db.session.execute(select(Announcement.made_at, Announcement.ended_at)).one()
                queued = db.session.scalar(select(func.count(Email.id)).where(Email.kind == alerts.MAIL))
            db.engine.dispose()
        peak = max(_peak_mb(pid) for pid in (site.process.pid, *family(site.process.pid)))
    assert queued == MANY, queued
    took = (seconds.ended_at - seconds.made_at).total_seconds()
    return {
        ALERTS_QUEUED: Figure(took, f"{MANY / took:,.0f} mails a second, one each"),
        ALERTS_MEMORY: Figure(peak, "the most that any one process of the site ever had"),
        ALERTS_COMMENT: Figure(1000 * max(waits), f"of {len(waits)}; the middle one {1000 * median(waits):.0f} ms"),
    }


def _subscribe() -> None:
    for first in range(1, MANY, AT_A_TIME):
        numbers, long_ago = range(first, first + AT_A_TIME), clock.now() - timedelta(days=9)
        db.session.execute(
            insert(Subscriber),
            [{"id": n, "email": f"s{n}@example.org", "address_hash": f"{n:040}", "nonce": f"{n}"} for n in numbers],
        )
        what = {"topic": Topic.EVERYTHING, "topic_id": 0, "rhythm": Rhythm.AT_ONCE, "wording": "Mail me.",
                "consented_at": long_ago, "told_until": long_ago}  # fmt: skip
        db.session.execute(insert(Subscription), [{"subscriber_id": n, **what} for n in numbers])
        db.session.commit()


def _publish() -> None:
    post = cast.a_post("for-all", "For all")
    post.published_at, post.is_quiet = clock.now() - alerts.TOLD_AFTER, False
    db.session.commit()


def _is_told() -> bool:
    with reading():
        return db.session.scalar(select(Announcement.id).where(Announcement.ended_at.is_not(None))) is not None


def _comment(port: int, stop: threading.Event, waits: list[float]) -> None:
    with many_lines(1, port) as (line,):
        while not stop.is_set():
            begun = time.monotonic()
            status = line.send(words(NUMBERS_FROM + len(waits)))
            waits.append(time.monotonic() - begun)
            assert status == 303, status
            time.sleep(0.02)


def _peak_mb(pid: int) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next((int(line.split()[1]) * 1024 / 1_000_000 for line in lines if line.startswith("VmHWM:")), 0)
    return 0


if __name__ == "__main__":
    for goal, figure in alerting().items():
        print(f"{goal.figure:<45}{figure.ours:>8.1f} {goal.unit}  {goal.verdict(figure.ours)}  {figure.note}")
