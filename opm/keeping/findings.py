"""What the doctor finds: about what, how bad it is, a plain sentence, and what to do about it."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from enum import StrEnum

from flask import current_app

from opm.lib.i18n import gettext as _

UNITS = ("bytes", "KB", "MB", "GB", "TB")


class Grade(StrEnum):
    """How bad it is; the worse, the later."""

    OK = "ok"
    LOOK = "look"  # nothing is broken yet
    BROKEN = "broken"

    @property
    def exit_code(self) -> int:
        """As monitors take it (the convention of Nagios's plugins): 0 well, 1 a warning, 2 broken."""
        return list(Grade).index(self)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    about: str
    grade: Grade
    sentence: str
    advice: str = ""

    as_dict = asdict


def ok(about: str, sentence: str) -> Finding:
    """All is well with it."""
    return Finding(about, Grade.OK, sentence)


def look(about: str, sentence: str, advice: str = "") -> Finding:
    """Somebody should look at it in the next days."""
    return Finding(about, Grade.LOOK, sentence, advice)


def broken(about: str, sentence: str, advice: str = "") -> Finding:
    """Somebody should mend it now."""
    return Finding(about, Grade.BROKEN, sentence, advice)


def bounded(act: Callable, seconds: float):
    """What `act` returns or raises, done beside this thread. Raises TimeoutError where that takes longer."""
    app, result = current_app._get_current_object(), Future()

    def run():
        try:
            with app.app_context():
                result.set_result(act())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result.result(seconds)


def size(byte_count: float) -> str:
    """So many bytes in words: "3.2 GB"."""
    unit = 0
    while byte_count >= 1000 and unit < len(UNITS) - 1:
        byte_count, unit = byte_count / 1000, unit + 1
    number = f"{byte_count:.1f}" if unit > 1 and byte_count < 10 else f"{byte_count:.0f}"
    return _("%(number)s %(unit)s", number=number, unit=UNITS[unit])
