"""The site in numbers, as Prometheus reads them (text format 0.0.4).

Those of the database are the same whichever process is asked. Those of a process begin with `opm_process_` and carry
its number: a scrape meets one process of several at random, so each process is a series of its own, with gaps.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from flask import current_app
from sqlalchemy import func, select

from opm.comments.models import Comment
from opm.comments.models import State as CommentState
from opm.extensions import db
from opm.keeping import database, health, machine
from opm.keeping.health import Schema
from opm.lib import clock
from opm.lib.journal import BOUNDS_SECONDS
from opm.outbox.models import Email
from opm.outbox.models import State as EmailState
from opm.posts.models import Post
from opm.reports.models import Report

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[str, dict[str, str], float]  # what the name ends in, labels, value


@dataclass(frozen=True)
class Metric:
    """One name, what it counts, and its samples. One without samples is not shown."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


def gauge(name: str, help: str, value: float | None) -> Metric:
    """A number that rises and falls; None where nobody can say."""
    return Metric(name, "gauge", help, () if value is None else (("", {}, value),))


def by_label(kind: str, name: str, help: str, label: str, values: dict[str, float], **labels: str) -> Metric:
    """A number for each value of a label."""
    return Metric(name, kind, help, tuple(("", {label: key, **labels}, value) for key, value in values.items()))


def text(metrics: Iterable[Metric]) -> str:
    """All of them as Prometheus reads them."""
    return "".join(line for metric in metrics if metric.samples for line in _lines(metric))


def of_the_site() -> list[Metric]:
    """What the database holds, asked in a read-only transaction. Raises SQLAlchemyError where it does not answer."""
    schema = health.schema()
    if schema is not Schema.CURRENT:
        return [_up(0)]
    seen = health.examine()
    waiting_since = db.session.scalar(
        select(func.min(Comment.confirmed_at)).where(Comment.state == CommentState.PENDING)
    )
    return [
        _up(1),
        by_label("gauge", "opm_comments", "Comments, by state.", "state", _counted(Comment, CommentState)),
        gauge("opm_comments_pending_oldest_seconds", "How long the oldest has waited for a moderator.",
              _since(waiting_since)),
        gauge("opm_reports_open", "Reports and notices that wait for an answer.",
              db.session.scalar(select(func.count()).select_from(Report).where(Report.is_open()))),
        gauge("opm_posts_published", "Posts that the public can read.",
              db.session.scalar(select(func.count()).select_from(Post).where(Post.is_public()))),
        by_label("gauge", "opm_emails", "Emails, by state.", "state", _counted(Email, EmailState)),
        gauge("opm_emails_due_oldest_seconds", "How long the oldest one that is due has waited.", seen.outbox_seconds),
        gauge("opm_worker_beat_seconds", "How long ago a worker was last at work.", seen.worker_seconds),
        gauge("opm_database_bytes", "What the database takes.", database.size_now()),
    ]  # fmt: skip


def silence() -> list[Metric]:
    """What is said while the database does not answer."""
    return [_up(0)]


def of_this_machine() -> list[Metric]:
    """What can be seen without the database."""
    folder, backed_up_at = machine.instance(), machine.last_backup_at()
    kind = "sqlite" if machine.is_sqlite() else "postgresql"
    about = {"python": ".".join(map(str, sys.version_info[:3])), "database": kind}
    return [
        Metric("opm_info", "gauge", "What the site runs on.", (("", about, 1),)),
        gauge("opm_disk_free_bytes", "Free where the site is kept.", shutil.disk_usage(folder).free),
        gauge(
            "opm_backup_age_seconds", "How long ago the last backup was made.", backed_up_at and _since(backed_up_at)
        ),
    ]


def of_this_process() -> Iterator[Metric]:
    """What the process that is asked has done since it began."""
    tally, pages = current_app.extensions["journal"].tally, current_app.extensions["pages"]
    pid = str(os.getpid())

    def own(kind, name, help, value):
        return Metric(f"opm_process_{name}", kind, help, (("", {"pid": pid}, value),))

    yield by_label(
        "counter", "opm_process_requests_total", "Requests that reached Flask.", "status", tally.by_class, pid=pid
    )
    yield Metric("opm_process_request_seconds", "histogram", "How long they took.", tuple(_histogram(tally, pid)))
    yield own("counter", "page_cache_hits_total", "Public pages that were answered ready made.", pages.hits)
    yield own("counter", "page_cache_misses_total", "Public pages that had to be made.", pages.misses)
    yield own("gauge", "page_cache_bytes", "Memory that the pages kept take, nearly.", pages.bytes_held)
    yield own("gauge", "page_cache_pages", "Public pages that are kept.", len(pages))


def _histogram(tally, pid: str) -> Iterator[Sample]:
    """So many took no longer than each bound."""
    sums = list(accumulate(tally.by_bound))
    for bound, count in zip((*BOUNDS_SECONDS, "+Inf"), sums, strict=True):
        yield "_bucket", {"le": str(bound), "pid": pid}, count
    yield "_sum", {"pid": pid}, round(tally.seconds, 6)
    yield "_count", {"pid": pid}, sums[-1]


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.kind}\n"
    for ending, labels, value in metric.samples:
        inside = ",".join(f'{name}="{said}"' for name, said in labels.items())
        yield f"{metric.name}{ending}{f'{{{inside}}}' if inside else ''} {value}\n"


def _up(value: int) -> Metric:
    return gauge("opm_database_up", "Whether the database answers and is of this version.", value)


def _counted(model, states) -> dict[str, int]:
    found = dict(db.session.execute(select(model.state, func.count()).group_by(model.state)).all())
    return {str(state): found.get(state, 0) for state in states}


def _since(at: datetime | None) -> int:
    return max(0, int((clock.now() - at) / timedelta(seconds=1))) if at else 0
