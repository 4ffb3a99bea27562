"""Who is at work on an instance: many at once (the site, a worker, a backup), or one alone (who puts a backup back).

A lock on a file in the instance says so. The system lets go of it when the last process that had it has ended,
however that was, and forks have it with their parent. Within one process it may be asked for again.
"""

import contextlib
import fcntl
from pathlib import Path

LOCK_FILE = ".running"
_ours: set[Path] = set()


class InUse(Exception):
    """Somebody else is at work there."""


@contextlib.contextmanager
def together(instance):
    """At work beside others. Raises InUse while somebody is there alone."""
    with _locked(Path(instance), fcntl.LOCK_SH):
        yield


@contextlib.contextmanager
def alone(instance):
    """At work and nobody else. Raises InUse while anybody is there."""
    with _locked(Path(instance), fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def _locked(instance: Path, how: int):
    if instance in _ours:
        yield
        return
    with open(instance / LOCK_FILE, "a") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse from None
        _ours.add(instance)
        try:
            yield
        finally:
            _ours.discard(instance)
