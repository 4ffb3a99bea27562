"""Bodies in fewer bytes: which coding a reader takes, and each made as small as it gets on a thread of its own."""

import gzip
import queue
import threading
from collections.abc import Callable
from functools import lru_cache

import brotli
from werkzeug.http import parse_accept_header

IDENTITY = "identity"
QUICK = {"br": 2, "gzip": 4}  # more levels make a page a tenth smaller, and take longer than all the rest of it
BEST = {"br": 11, "gzip": 9}
CODINGS = ("br", "gzip", IDENTITY)  # the smallest first
LONGEST_WISH = 1_000  # what is longer comes from no browser
QUEUE_LENGTH = 1_000
LEAST_QUALITY = 0.001  # of what is taken if nothing else is


@lru_cache(256)
def chosen(accepted: str) -> str:
    """Of the codings that an Accept-Encoding header likes best, the smallest; identity where it takes none of ours."""
    if len(accepted) > LONGEST_WISH:
        return IDENTITY
    wanted = parse_accept_header(accepted)
    return max(CODINGS, key=lambda coding: wanted.quality(coding) or (LEAST_QUALITY if coding == IDENTITY else 0))


def pressed(body: bytes, coding: str, levels: dict[str, int] = QUICK) -> bytes:
    """The body in this coding."""
    if coding == "br":
        return brotli.compress(body, quality=levels["br"])
    if coding == "gzip":
        return gzip.compress(body, levels["gzip"], mtime=0)
    return body


class Presser:
    """Does a slow thing for one key after the other, on a thread that begins with the first: never before a fork."""

    def __init__(self, press: Callable[[object], None]):
        self._press = press
        self._waiting: queue.Queue = queue.Queue(QUEUE_LENGTH)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def soon(self, key: object) -> bool:
        """Whether it will be done. If too many wait already it will not."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="presser", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait(key)
        except queue.Full:
            return False
        return True

    def join(self) -> None:
        """Waits until nothing waits."""
        self._waiting.join()

    def _work(self) -> None:
        while True:
            key = self._waiting.get()
            try:
                self._press(key)
            finally:
                self._waiting.task_done()
