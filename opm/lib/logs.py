"""What the site's processes write to stderr: one line an event, without tokens and addresses.

On a terminal the lines are for people, and requests that went well are left out. Elsewhere each is a JSON object, which
is one line whatever it holds, and no longer than what a pipe takes at once: lines of several processes never mix.

An error is told by its kind and by where it happened. Its own words are left out: a database's error, for one,
quotes what it was given.
"""

import json
import logging
import multiprocessing
import re
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from opm.lib import journal

HOME = Path(__file__).parent.parent.parent
TOKEN = re.compile(r"(?<![\w-])[\w-]+\.[\w-]{22}(?![\w-])")
ADDRESS = re.compile(r"[^\s<>\"'(]+@[^\s<>\"')]+")
LONGEST_MESSAGE = 1000  # characters
MOST_ERRORS = 5  # that led to each other
LONGEST_LINE = 4000  # bytes; Linux writes 4096 in one piece


def init(process_name: str, style: str | None = None) -> None:
    """Sends every logger's lines there, plain or as JSON (`style`; by default, plain on a terminal).

    Ours say what they do; of others only warnings are heard.
    """
    multiprocessing.current_process().name = process_name
    is_plain = (style or ("plain" if sys.stderr.isatty() else "json")) == "plain"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine() if is_plain else JsonLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("opm").setLevel(logging.INFO)
    journal.log.setLevel(logging.WARNING if is_plain else logging.INFO)
    for name in ("alembic", "sqlalchemy"):  # Flask-Alembic gave them handlers of their own
        logging.getLogger(name).handlers.clear()


class OneLine(logging.Formatter):
    """When, which process, and what happened; an error as its kind and place."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()[:LONGEST_MESSAGE]
        line = f"{self.formatTime(record)} {record.processName} {record.levelname}: {message}"
        if record.exc_info and record.exc_info[1]:
            line += f" ({told(record.exc_info[1])})"
        if number := journal.number():
            line += f" [{number}]"
        return masked("".join(letter if letter.isprintable() else "�" for letter in " ".join(line.split())))


class JsonLine(logging.Formatter):
    """The same as a JSON object in ASCII, with what is known of a request, and the whole way to an error."""

    def format(self, record: logging.LogRecord) -> str:
        known = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": record.processName,
            "request": journal.number(),
            "message": masked(record.getMessage()[:LONGEST_MESSAGE]),
            **getattr(record, "known", {}),
        }
        if record.exc_info and record.exc_info[1]:
            known |= {"error": told(record.exc_info[1]), "trace": trace(record.exc_info[1])}
        return _fitted({name: value for name, value in known.items() if value is not None})


def told(error: BaseException) -> str:
    """The error's kind, and the places in our own code that led to it, the innermost first."""
    places = [
        f"{Path(frame.filename).relative_to(HOME)}:{frame.lineno}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
        if Path(frame.filename).is_relative_to(HOME / "opm")
    ]
    return " < ".join([f"{type(error).__name__} at {places[0]}", *places[1:]]) if places else type(error).__name__


def trace(error: BaseException) -> str:
    """The whole way to the error, and to those that led to it, the first of all at the top; without their words."""
    ways = []
    while error is not None and len(ways) < MOST_ERRORS:
        ways.append("".join([*traceback.format_tb(error.__traceback__), type(error).__name__]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nled to:\n".join(reversed(ways))


def masked(line: str) -> str:
    """The line without tokens and email addresses."""
    return ADDRESS.sub("…@…", TOKEN.sub("….…", line))


def _fitted(known: dict) -> str:
    """As JSON. The longest text in it is cut until the line is not too long: of a trace the beginning goes."""
    while len(line := json.dumps(known)) > LONGEST_LINE:
        name = max(known, key=lambda name: len(json.dumps(known[name])))
        half = len(known[name]) // 2
        known[name] = f"…{known[name][-half:]}" if name == "trace" else f"{known[name][:half]}…"
    return line
