"""How the site is, in a few quick looks that end in time whatever the database does.

The looks are made on a thread, one at a time: whoever asks waits for it, but not for long. A database that is locked,
away or frozen is one that does not answer, and asking it a thousand times costs no more than once.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from time import monotonic

from alembic.util import CommandError
from flask import Flask
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from opm.extensions import db, migrate, reading
from opm.lib import clock
from opm.lib.beat import WorkerBeat
from opm.outbox.models import Email

PATIENCE_SECONDS = 1.5
GIVEN_UP_AFTER_SECONDS = 10  # then another look is made beside one that got lost
MAIL_IS_LATE_AFTER = timedelta(minutes=15)
MADE = text("SELECT version_num FROM alembic_version")

log = logging.getLogger(__name__)


class Status(StrEnum):
    """How the site is, in one word."""

    OK = "ok"
    DEGRADED = "degraded"  # it can be read and takes comments, but somebody should look
    DOWN = "down"


class Schema(StrEnum):
    """Whose tables the database holds."""

    CURRENT = "current"
    OLDER = "older"  # or none yet
    NEWER = "newer"
    UNKNOWN = "unknown"  # it did not answer


class Worker(StrEnum):
    """What the last beat says."""

    ALIVE = "alive"
    SILENT = "silent"
    NEVER_SEEN = "never seen"
    UNKNOWN = "unknown"  # the beat lies in the future, since the clock was set back; or nobody could read it


@dataclass(frozen=True)
class Health:
    """What was seen. Lengths are whole seconds; None where there is nothing to measure or nobody could."""

    answers: bool = False
    schema: Schema = Schema.UNKNOWN
    worker: Worker = Worker.UNKNOWN
    worker_seconds: int | None = None
    outbox_seconds: int | None = None

    @property
    def mail_is_late(self) -> bool:
        """Whether an email that is due has waited for long."""
        return timedelta(seconds=self.outbox_seconds or 0) > MAIL_IS_LATE_AFTER

    @property
    def status(self) -> Status:
        """Down is what cannot serve readers; without a worker or with late mail, readers are served all the same."""
        if not self.answers or self.schema is not Schema.CURRENT:
            return Status.DOWN
        return Status.DEGRADED if self.worker is not Worker.ALIVE or self.mail_is_late else Status.OK

    def as_dict(self) -> dict:
        """For JSON."""
        return {
            "status": self.status,
            "database": "answers" if self.answers else "does not answer",
            "schema": self.schema,
            "worker": self.worker,
            "worker_seconds": self.worker_seconds,
            "outbox_seconds": self.outbox_seconds,
        }


SILENCE = Health()


class Pulse:
    """Looks at the database on somebody's behalf. One for each kind of look, in each process.

    `look` is made within an app context and a read-only transaction; `otherwise` is what is said if that fails.
    """

    def __init__(self, app: Flask, look: Callable, otherwise):
        self._app, self._see, self._otherwise = app, look, otherwise
        self._lock = threading.Lock()
        self._look: Future | None = None
        self._began = 0.0

    def take(self):
        """What is seen now, or what is said if the database does not answer in time."""
        try:
            return self._under_way().result(PATIENCE_SECONDS)
        except TimeoutError:
            return self._otherwise

    def _under_way(self) -> Future:
        """The look that is being made, or a new one."""
        with self._lock:
            is_lost = monotonic() - self._began > GIVEN_UP_AFTER_SECONDS
            if self._look is None or self._look.done() or is_lost:
                self._look, self._began = Future(), monotonic()
                threading.Thread(target=self._make, args=(self._look,), name="pulse", daemon=True).start()
            return self._look

    def _make(self, look: Future) -> None:
        try:
            with self._app.app_context(), reading():
                seen = self._see()
        except SQLAlchemyError:
            seen = self._otherwise
        except Exception:
            log.exception("the pulse could not be taken")
            seen = self._otherwise
        look.set_result(seen)


def examine() -> Health:
    """Looks: at most three statements. Raises SQLAlchemyError where the database does not answer."""
    state = schema()
    if state is not Schema.CURRENT:
        return Health(answers=True, schema=state)
    beat = db.session.scalar(select(WorkerBeat))
    due_at = db.session.scalar(select(func.min(Email.due_at)).where(Email.is_due()))
    return Health(
        answers=True,
        schema=state,
        worker=worker_of(beat),
        worker_seconds=_seconds(beat and beat.age),
        outbox_seconds=_seconds(clock.now() - due_at if due_at else timedelta()),
    )


def schema() -> Schema:
    """Whose tables these are: one statement."""
    made = _made()
    known = migrate.script_directory
    if made == set(known.get_heads()):
        return Schema.CURRENT
    try:
        [known.get_revision(revision) for revision in made]
    except CommandError:
        return Schema.NEWER
    return Schema.OLDER


def _made() -> set[str]:
    """The migrations that were made, the newest of each line; none in a database that nobody has started a site on."""
    try:
        return set(db.session.scalars(MADE))
    except (OperationalError, ProgrammingError):
        db.session.rollback()
        if inspect(db.session.connection()).has_table("alembic_version"):
            raise
        return set()


def worker_of(beat: WorkerBeat | None) -> Worker:
    """What this beat says of the worker."""
    if beat is None:
        return Worker.NEVER_SEEN
    if beat.age is None:
        return Worker.UNKNOWN
    return Worker.ALIVE if beat.is_alive else Worker.SILENT


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())
