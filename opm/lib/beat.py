"""The worker's beat: one row that says when a worker was last seen at work.

It is written every 20 seconds in a transaction of its own, by a thread, so that a mail server that hangs or a long
forgetting leaves no gap. The thread vouches for the worker only while that comes round: one that is stuck for good
falls silent. Several workers write the same row. What the public sees does not change by it.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from opm.extensions import db, insert
from opm.lib import clock
from opm.lib.columns import UtcDateTime

BEAT_EVERY_SECONDS = 20
ROUND_WITHIN_SECONDS = 10 * 60  # a batch of mail to a slow server and one of forgetting take less
ALIVE_WITHIN = timedelta(seconds=90)  # three beats may be missed: the database may have been locked
ONLY = 1  # the row's id

log = logging.getLogger(__name__)


class WorkerBeat(db.Model):
    """When a worker was last at work, and whether it forgets. No row: there has never been one."""

    __table_args__ = {}

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    beaten_at: Mapped[datetime] = mapped_column(UtcDateTime)
    clock_was_moved: Mapped[bool]  # it forgets nothing until its clock has gone evenly for a day

    @property
    def age(self) -> timedelta | None:
        """How long ago that was. None if it lies ahead: the clock was set back since, and nobody can say."""
        age = clock.now() - self.beaten_at
        return age if age >= timedelta() else None

    @property
    def is_alive(self) -> bool:
        """Whether that was lately."""
        return self.age is not None and self.age <= ALIVE_WITHIN


def beat(clock_was_moved: bool = False) -> None:
    """A worker is at work this moment. Commits."""
    values = {"beaten_at": clock.now(), "clock_was_moved": clock_was_moved}
    statement = insert(WorkerBeat).values(id=ONLY, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=[WorkerBeat.id], set_=values))
    db.session.commit()


class Heart:
    """Beats for a worker: once when it begins, then from a thread until it ends. `is_moved()` says of its clock.

    While the database is away it is silent: whoever asks cannot read the row then, either.
    """

    def __init__(self, app, is_moved: Callable[[], bool]):
        self._app, self._is_moved = app, is_moved
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="heart", daemon=True)
        self.came_round()

    def came_round(self) -> None:
        """The worker has finished a round."""
        self._last_round = time.monotonic()

    def __enter__(self) -> "Heart":
        self.beat()
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._has_ended.set()
        self._thread.join()

    def beat(self) -> None:
        """What the thread does again and again, unless the worker is stuck."""
        if time.monotonic() - self._last_round >= ROUND_WITHIN_SECONDS:
            return
        try:
            with suppress(SQLAlchemyError), self._app.app_context():
                beat(self._is_moved())
        except Exception:
            log.exception("the beat failed")

    def _go_on(self):
        while not self._has_ended.wait(BEAT_EVERY_SECONDS):
            self.beat()
