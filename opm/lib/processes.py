"""How the processes of one site end: when asked to, and together."""

import contextlib
import os
import select
import signal
import threading
import time

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_AFTER_SECONDS = 0.5
END_WITHIN_SECONDS = 3


class StopSignal:
    """Ctrl-C, SIGTERM or a terminal that was closed, as something to ask and to wait for.

    It can be waited for together with other things, since it has a `fileno`. An Event would do but for one thing: a
    handler that sets it while the same thread is on its way into `wait` locks both out.
    """

    def __init__(self):
        self.came = False
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        for number in STOP_SIGNALS:
            signal.signal(number, self._come)

    def fileno(self) -> int:
        """What becomes readable when it comes."""
        return self._reader

    def wait(self, seconds: float) -> bool:
        """Waits so long, or until it comes. Returns whether it came."""
        if not self.came:
            select.select([self], [], [], seconds)
        return self.came

    def _come(self, *_):
        self.came = True
        with contextlib.suppress(BlockingIOError):  # full: whoever waits is awake already
            os.write(self._writer, b".")


def end_with(parent: int) -> None:
    """This process ends soon after its parent, however that ended: asked first, then at once.

    Nothing tells a process that its parent was killed, so a thread looks whether it is still the same one.
    """
    threading.Thread(target=_outlive_not, args=(parent,), name="lifeline", daemon=True).start()


def _outlive_not(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_AFTER_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(END_WITHIN_SECONDS)
    os._exit(1)
