"""What the site's processes write to stderr: one line an event, without tokens and addresses.

An error is told by its kind and by where it happened. Its own words are left out: a database's error, for one,
quotes what it was given.
"""

import logging
import multiprocessing
import re
import sys
import traceback
from pathlib import Path

HOME = Path(__file__).parent.parent.parent
TOKEN = re.compile(r"(?<![\w-])[\w-]+\.[\w-]{22}(?![\w-])")
ADDRESS = re.compile(r"[^\s<>\"'(]+@[^\s<>\"')]+")


def init(process_name: str) -> None:
    """Sends every logger's lines there. Ours say what they do; of others only warnings are heard."""
    multiprocessing.current_process().name = process_name
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("opm").setLevel(logging.INFO)
    for name in ("alembic", "sqlalchemy"):  # Flask-Alembic gave them handlers of their own
        logging.getLogger(name).handlers.clear()


class OneLine(logging.Formatter):
    """When, which process, and what happened; an error as its kind and place."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record)} {record.processName} {record.levelname}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1]:
            line += f" ({told(record.exc_info[1])})"
        return masked(" ".join(line.split()))


def told(error: BaseException) -> str:
    """The error's kind, and the places in our own code that led to it, the innermost first."""
    places = [
        f"{Path(frame.filename).relative_to(HOME)}:{frame.lineno}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
        if Path(frame.filename).is_relative_to(HOME / "opm")
    ]
    return " < ".join([f"{type(error).__name__} at {places[0]}", *places[1:]]) if places else type(error).__name__


def masked(line: str) -> str:
    """The line without tokens and email addresses."""
    return ADDRESS.sub("…@…", TOKEN.sub("….…", line))
