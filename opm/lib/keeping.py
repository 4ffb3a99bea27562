"""Keeping the processes of one running thing alive, and ending them together.

They are forks of the process that keeps them, so whatever that has loaded is theirs at once. It must have no thread
and no connection when one begins.
"""

import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait

from opm.lib.processes import STOP_SIGNALS, StopSignal, end_with

STOP_WITHIN_SECONDS = 10
MOST_DEATHS = 5
DEATHS_WITHIN_SECONDS = 60
FIRST_WAIT_SECONDS = 0.5
LOOK_AGAIN_SECONDS = 0.02  # whether what was started is up

log = logging.getLogger(__name__)
forks = multiprocessing.get_context("fork")


@dataclass
class Part:
    """A process that the site needs: what it does, and when it is to be started again after it died."""

    name: str
    act: Callable[[], None]
    start_at: float = 0
    process: multiprocessing.Process | None = None

    @property
    def is_due(self) -> bool:
        """Whether it is to be started now."""
        return self.process is None and time.monotonic() >= self.start_at

    @property
    def has_died(self) -> bool:
        """Whether it was started and is no more."""
        return self.process is not None and not self.process.is_alive()

    def start(self) -> None:
        """Begins it as a fork. Signals that come meanwhile wait until it can take them."""
        self.process = forks.Process(name=self.name, target=_begin, args=(self.act, os.getpid()))
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        self.process.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def bury(self, wait_seconds: float) -> None:
        """Notes that it died, and when it is to be started again."""
        log.warning("the %s died (exit code %s), starting it again", self.name, self.process.exitcode)
        self.process.close()
        self.process, self.start_at = None, time.monotonic() + wait_seconds

    def end(self, by: float) -> None:
        """Waits until this moment for it to stop, as it was asked to; then ends it."""
        self.process.join(max(0, by - time.monotonic()))
        if self.process.is_alive():
            log.warning("the %s did not stop, so it was killed", self.name)
            self.process.kill()
            self.process.join()


def _begin(act: Callable[[], None], parent: int) -> None:
    """What a part does first: it leaves Ctrl-C to its parent, takes signals for itself, and ends if its parent does."""
    os.setpgid(0, 0)
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    end_with(parent)
    try:
        act()
    except Exception:
        log.exception("failed")
        sys.exit(1)


class Keeper:
    """Keeps the parts alive: one that dies is started again, later each time. Five deaths in a minute end them all."""

    def __init__(self, parts: list[Part], stop: StopSignal, greet: Callable[[], bool]):
        self.parts, self.stop, self.greet = parts, stop, greet
        self.has_greeted = False
        self.deaths: list[float] = []

    def keep(self) -> int:
        """Returns 0 once asked to stop, 1 after too many deaths; by then every part has ended."""
        try:
            while not self.stop.came and len(self.deaths) < MOST_DEATHS:
                self._start_what_is_due()
                self._wait()
                self._bury_the_dead()
                self.has_greeted = self.has_greeted or self.greet()
            return 0 if self.stop.came else self._give_up()
        finally:
            self._stop_all()

    def _start_what_is_due(self):
        for part in self.parts:
            if part.is_due:
                part.start()

    def _wait(self):
        """Until something stops or dies, or is due; while the site has yet to come up, not for long."""
        running = [part.process.sentinel for part in self.parts if part.process]
        due = [max(0, part.start_at - time.monotonic()) for part in self.parts if not part.process]
        wait([self.stop, *running], min(due, default=None) if self.has_greeted else LOOK_AGAIN_SECONDS)

    def _bury_the_dead(self):
        for part in self.parts:
            if part.has_died and not self.stop.came:
                now = time.monotonic()
                self.deaths = [death for death in self.deaths if now - death < DEATHS_WITHIN_SECONDS] + [now]
                part.bury(FIRST_WAIT_SECONDS * 2 ** (len(self.deaths) - 1))

    def _give_up(self) -> int:
        log.error("%s deaths within a minute, so the site stops. The lines above say why.", MOST_DEATHS)
        return 1

    def _stop_all(self):
        running = [part for part in self.parts if part.process]
        for part in running:
            part.process.terminate()
        by = time.monotonic() + STOP_WITHIN_SECONDS
        for part in running:
            part.end(by)
