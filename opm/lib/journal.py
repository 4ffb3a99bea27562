"""One record in the log for each request that reached Flask, and a number by which it is known.

What stands there is what the site did, not who asked: the rule that matched, never the address, which may hold a token;
no query, no network, no browser. The number is made here: what a stranger's header says is nobody's number. Pages from
the page cache and static files never get here.
"""

import logging
import secrets
import threading
import time
from bisect import bisect_left
from contextvars import ContextVar
from dataclasses import dataclass

from flask import Response, request
from sqlalchemy import event

from opm.extensions import db

METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}  # of others the log says "-"
NUMBER_BYTES = 6
BOUNDS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

log = logging.getLogger("opm.requests")


@dataclass
class Asked:
    """What is known so far of one request."""

    number: str
    rule: str = "-"
    statements: int = 0
    error: BaseException | None = None


_asked: ContextVar[Asked | None] = ContextVar("asked", default=None)


def init(app) -> None:
    """Has each request of the app noted. What stands in front of Flask is put there afterwards."""
    app.wsgi_app = app.extensions["journal"] = Journal(app.wsgi_app)
    app.before_request(_note_rule)
    app.log_exception = _note_error
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", _note_statement)


def number() -> str | None:
    """By which this request is known in the log; None outside of one."""
    asked = _asked.get()
    return asked and asked.number


def show_number(response: Response) -> None:
    """Tells whoever asked, too. Never with what a cache may keep: it would belong to somebody else's request."""
    if asked := _asked.get():
        response.headers["X-Request-Id"] = asked.number


class Tally:
    """How many requests this process has answered since it began, by status and by how long they took."""

    def __init__(self):
        self.by_class = dict.fromkeys(("1xx", "2xx", "3xx", "4xx", "5xx"), 0)
        self.by_bound = [0] * (len(BOUNDS_SECONDS) + 1)  # the last: those that took longer
        self.seconds = 0.0
        self._lock = threading.Lock()

    def add(self, status: int, seconds: float) -> None:
        """Counts one more."""
        with self._lock:
            self.by_class[f"{status // 100}xx"] += 1
            self.by_bound[bisect_left(BOUNDS_SECONDS, seconds)] += 1
            self.seconds += seconds


class Journal:
    """The WSGI layer that writes the records, and counts."""

    def __init__(self, wsgi_app):
        self.wsgi_app = wsgi_app
        self.tally = Tally()

    def __call__(self, environ, start_response):
        asked = Asked(secrets.token_hex(NUMBER_BYTES))
        said = {"status": 500, "bytes": None}

        def begin(status, headers, *exc_info):
            said.update(status=int(status[:3]), bytes=_length(headers))
            return start_response(status, headers, *exc_info)

        before, began = _asked.set(asked), time.perf_counter()
        try:
            return self.wsgi_app(environ, begin)
        except Exception as error:
            asked.error = error
            raise
        finally:
            self._write(asked, environ["REQUEST_METHOD"], said, time.perf_counter() - began)
            _asked.reset(before)

    def _write(self, asked: Asked, method: str, said: dict, seconds: float) -> None:
        self.tally.add(said["status"], seconds)
        known = {
            "method": method if method in METHODS else "-",
            "rule": asked.rule,
            "status": said["status"],
            "ms": round(seconds * 1000, 1),
            "statements": asked.statements,
            "bytes": said["bytes"],
        }
        log.log(
            logging.ERROR if asked.error else logging.WARNING if said["status"] >= 500 else logging.INFO,
            "%(method)s %(rule)s: %(status)s in %(ms)s ms",
            known,
            exc_info=asked.error,
            extra={"known": known},
        )


def _length(headers: list[tuple[str, str]]) -> int | None:
    return next((int(value) for name, value in headers if name.lower() == "content-length"), None)


def _note_rule() -> None:
    asked = _asked.get()
    if asked and request.url_rule:
        asked.rule = request.url_rule.rule


def _note_error(exc_info) -> None:
    """Instead of Flask's own line, which holds the address: the error belongs to the request's record."""
    asked = _asked.get()
    if asked:
        asked.error = exc_info[1]
    else:
        log.error("failed outside of a request", exc_info=exc_info)


def _note_statement(*_) -> None:
    asked = _asked.get()
    if asked:
        asked.statements += 1
