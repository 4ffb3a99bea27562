"""The public version: one number that grows whenever what the public sees changes.

Readers read it first, so whatever they keep hangs on it. It is raised last in a transaction, after the locks on
the comment and the thread, so that writers meet in one order.
"""

import contextlib
import functools
import queue
import threading
import weakref

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from opm.extensions import db

MOST_LOOKS = 4  # connections of a process
PATIENCE_SECONDS = 1  # for the look before a page is given out of the cache; then the page is made anew


class Publicity(db.Model):
    """One row, made by the migration."""

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)


def version() -> int:
    """The public version as this transaction sees it."""
    return db.session.scalar(select(Publicity.version)) or 0


def hold() -> None:
    """Nobody else changes what the public sees until this transaction ends: what must be like no other is chosen so."""
    db.session.execute(select(Publicity.version).with_for_update())


def bump() -> None:
    """Say that what the public sees has changed. Call it last."""
    db.session.flush()
    db.session.execute(update(Publicity).values(version=Publicity.version + 1))


class Watch:
    """Says which public version stands this moment, quickly enough to be asked before each page that is given out.

    It has a few connections of its own, so that threads do not wait in line for one. Each is made when it is first
    needed: never before a process has been forked.
    """

    def __init__(self, app):
        self._app = app
        self._idle: queue.SimpleQueue = queue.SimpleQueue()
        self._may_open = threading.BoundedSemaphore(MOST_LOOKS)

    def version(self) -> int | None:
        """The version, or None where the database does not say so at once."""
        try:
            look = self._free()
            version = look()
        except queue.Empty:
            return None
        except Exception as error:
            self._may_open.release()  # another takes its place, the next time
            if isinstance(error, (SQLAlchemyError, *self._errors)):
                return None
            raise
        self._idle.put(look)
        return version

    def _free(self):
        """One that nobody looks through. Raises queue.Empty where all stay in use, and what opening one raises."""
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            if self._may_open.acquire(blocking=False):
                return self._begun()
        return self._idle.get(timeout=PATIENCE_SECONDS)

    def _begun(self):
        with self._app.app_context():
            engine = db.engine
        connection = engine.raw_connection()
        raw = connection.driver_connection
        connection.detach()  # it stays with us
        return _SqliteLook(raw) if engine.dialect.name == "sqlite" else _PostgresLook(raw)

    @functools.cached_property
    def _errors(self) -> tuple[type[Exception], ...]:
        with self._app.app_context():
            return (db.engine.dialect.loaded_dbapi.Error,)


class _Look:
    """A connection that is closed with what looks through it."""

    def __init__(self, raw):
        self._raw = raw
        weakref.finalize(self, _close, raw)

    def _one(self, statement: str) -> int:
        return self._raw.execute(statement).fetchone()[0]


class _SqliteLook(_Look):
    """Asks for the version itself only after somebody has written anything: `data_version` costs no look at a table.

    In this order: what is written between the two is seen by the next look. Who holds it up is not waited for.
    Source: https://sqlite.org/pragma.html#pragma_data_version
    """

    def __init__(self, raw):
        super().__init__(raw)
        raw.execute("PRAGMA query_only = ON")
        raw.execute("PRAGMA busy_timeout = 0")
        self._seen = self._version = None

    def __call__(self) -> int:
        seen = self._one("PRAGMA data_version")
        if seen != self._seen:
            self._version = self._one("SELECT version FROM publicity")
            self._seen = seen
        return self._version


class _PostgresLook(_Look):
    """Asks each time: one round trip."""

    def __init__(self, raw):
        super().__init__(raw)
        raw.autocommit = True
        raw.execute(f"SET statement_timeout = '{PATIENCE_SECONDS}s'")

    def __call__(self) -> int:
        return self._one("SELECT version FROM publicity")


def _close(raw) -> None:
    with contextlib.suppress(Exception):
        raw.close()
