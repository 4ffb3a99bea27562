"""The log: one line for each request that reached Flask, whatever it holds, and nothing of who asked."""

import json
import logging
import re

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from opm.comments.models import State
from opm.lib import logs
from opm.lib.logs import JsonLine, OneLine
from tests import cast
from tests.test_house import addresses, routes  # noqa: F401

NASTY = 'a\nb\r\x00\u2028\u2029\x85\x1b[31m\ud800"}\\é' + "ü" * 5000


@pytest.fixture
def lines():
    """What the log says from here on, each line read."""
    with _written(JsonLine()) as written:
        yield _Read(written)


class _Read:
    def __init__(self, written):
        self._written = written

    def __iter__(self):
        for line in self._written:
            assert line.isascii()
            assert line.isprintable()
            assert len(line) <= logs.LONGEST_LINE
            yield json.loads(line)

    @property
    def requests(self):
        return [line for line in self if "rule" in line]


class _written(logging.Handler):
    def __init__(self, formatter):
        super().__init__()
        self.setFormatter(formatter)
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))

    def __enter__(self):
        self.logger = logging.getLogger("opm")
        self.before = self.logger.level
        self.logger.setLevel(logging.INFO)
        self.logger.addHandler(self)
        return self.lines

    def __exit__(self, *_):
        self.logger.removeHandler(self)
        self.logger.setLevel(self.before)


@pytest.fixture
def failing(app, monkeypatch):
    """`failing(error)` lets /cookies/ fail so, as it would in production."""

    def failing(error):
        def fail():
            raise error

        monkeypatch.setitem(app.view_functions, "site.cookies", fail)

    for setting in ("TESTING", "PROPAGATE_EXCEPTIONS"):
        monkeypatch.setitem(app.config, setting, False)
    return failing


def record(message, *args, error=None, **known):
    """As a logger would make it."""
    made = logging.LogRecord("opm", logging.INFO, "", 0, message, args, error and (type(error), error, None))
    if known:
        made.known = known
    return made


# Hostile input


@pytest.mark.parametrize("nasty", [NASTY, "\ud800" * 9000, "\x00", "\n" * 3000, "x" * 100_000, "@" * 5000])
def test_a_record_is_one_line_of_ascii_whatever_it_holds(nasty):
    line = JsonLine().format(record("%s", nasty, rule=nasty, error=ValueError(nasty)))
    assert line.isascii()
    assert line.isprintable()
    assert len(line) <= logs.LONGEST_LINE
    assert json.loads(line)["error"] == "ValueError"


@pytest.mark.parametrize("nasty", [NASTY, "\x1b]0;title\x07", "\x9b31m", "\n2026 site INFO: forged"])
def test_a_line_for_people_is_one_line_and_moves_no_cursor(nasty):
    line = OneLine().format(record("%s", nasty))
    assert line.isprintable() or not set(line) & set("\n\r\x00\x1b\x9b\u2028\u2029\x85")
    assert len(line) < logs.LONGEST_MESSAGE + 100


@pytest.mark.parametrize(
    "path",
    ["/%00", "/%0a%0dHTTP/1.1", "/%e2%80%a8", "/%ff%fe", "/" + "x" * 4000, "/receipt/1.aaaaaaaaaaaaaaaaaaaaaa/x/../"],
)
def test_an_address_that_matches_nothing_is_a_dash(stranger, lines, path):
    stranger.client.get(path)
    (line,) = lines.requests
    assert line["rule"] == "-"
    assert line["status"] in (308, 404)


@pytest.mark.parametrize("method", ["BREW", "GET\nX", "gét", "A" * 5000])
def test_a_method_that_nobody_knows_is_a_dash(app, lines, method):
    app.test_client().open("/", method=method)
    (line,) = lines.requests
    assert line["method"] == "-"


def test_nobody_else_gives_a_request_its_number(app, lines):
    for name in ("X-Request-Id", "X-Request-ID", "X-Correlation-Id", "Traceparent"):
        answer = app.test_client().get("/nothing/", headers={name: "0123456789ab"})
        assert re.fullmatch(r"[0-9a-f]{12}", answer.headers["X-Request-Id"])
        assert answer.headers["X-Request-Id"] != "0123456789ab"


def test_no_line_holds_who_asked_what_they_typed_or_a_token(app, inside, addresses, browser, lines):  # noqa: F811
    cast.signed_in(browser, inside)
    tokens = {part for address in addresses.values() for part in address.split("/") if re.search(r"\.[\w-]{22}$", part)}
    assert len(tokens) >= 10
    person = {
        "User-Agent": "Secret Browser",
        "Referer": "http://127.0.0.1/from-here/",
        "X-Forwarded-For": "9.9.9.9",
    }
    typed = {"text": "Typed words", "name": "Secret Name", "email": "secret@example.org", "code": "123456"}
    for rule in routes(app, "GET", "POST"):
        for client in (app.test_client(), browser.client):
            for method in ("GET", "POST"):
                sent = {"data": typed if method == "POST" else None, "environ_base": {"REMOTE_ADDR": "198.51.100.23"}}
                client.open(f"{addresses[rule]}?q=query", method=method, headers=person, **sent)
    written = json.dumps(list(lines))
    assert len(lines.requests) > 100
    for secret in (*tokens, "Secret", "from-here", "9.9.9.9", "198.51", "secret@", "Typed", "123456", "query"):
        assert secret not in written, secret


# Errors


def test_an_error_is_in_the_requests_own_record_with_its_way_and_without_its_words(stranger, failing, lines):
    typed = "what jo@example.org typed"
    failing(ValueError(typed))
    answer = stranger.get("/cookies/")
    assert answer.status == 500
    (line,) = lines
    assert (line["rule"], line["status"], line["level"]) == ("/cookies/", 500, "ERROR")
    assert line["error"].startswith("ValueError")
    assert "raise error" in line["trace"]
    assert line["trace"].endswith("\nValueError")
    assert "typed" not in json.dumps(line)
    assert line["request"] in answer.text
    assert line["request"] == answer.headers["X-Request-Id"]


def test_what_the_database_was_given_is_in_no_line(stranger, failing, lines):
    failing(IntegrityError("INSERT", {"email": "jo@example.org"}, ValueError("Key (email)=(jo@example.org)")))
    assert stranger.get("/cookies/").status == 500
    assert "jo@" not in json.dumps(list(lines))


def test_errors_that_led_to_each_other_are_told_in_their_order_and_a_long_way_is_cut_at_its_beginning():
    def deeper(depth):
        if depth:
            return deeper(depth - 1)
        try:
            raise KeyError("first")
        except KeyError as first:
            raise ValueError("second") from first

    try:
        deeper(200)
    except ValueError as error:
        told = logs.trace(error)
        assert told.index("KeyError") < told.index("led to:") < told.index("\nValueError")
        assert "first" not in told.replace("first:", "").replace('"first"', "").replace("from first", "")
        made = record("failed", error=error)
        made.exc_info = (type(error), error, error.__traceback__)
        assert json.loads(JsonLine().format(made))["trace"].endswith("\nValueError")


def test_a_busy_database_is_a_warning_and_the_page_has_the_number(stranger, failing, lines):
    failing(OperationalError("SELECT", {}, TimeoutError()))
    answer = stranger.get("/cookies/", htmx=True)
    *_, line = lines
    assert (answer.status, line["status"], line["level"]) == (503, 503, "WARNING")
    assert {each["request"] for each in lines} == {answer.headers["X-Request-Id"]}
    assert answer.headers["X-Request-Id"] in answer.text


def test_refusals_that_are_not_our_fault_show_no_number(stranger):
    answer = stranger.get("/nothing/")
    assert answer.headers["X-Request-Id"] not in answer.response.text


# What a line says


def test_a_line_says_what_the_site_did(app, inside, stranger, lines):
    with inside():
        address = f"/receipt/{cast.a_comment(cast.a_post().thread, State.PUBLISHED).receipt_token}/"
    answer = stranger.get(address)
    (line,) = lines
    assert line.keys() == {
        "time", "level", "process", "request", "message", "method", "rule", "status", "ms", "statements", "bytes",
    }  # fmt: skip
    assert (line["level"], line["method"], line["rule"], line["status"]) == ("INFO", "GET", "/receipt/<token>/", 200)
    assert line["bytes"] == int(answer.headers["Content-Length"])
    assert line["statements"] > 1
    assert line["ms"] > 0
    assert line["request"] == answer.headers["X-Request-Id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["time"])


def test_what_does_not_reach_flask_leaves_no_line_and_public_pages_carry_no_number(app, inside, stranger, lines):
    with inside():
        cast.a_post()
    for _ in range(3):
        answer = stranger.client.get(cast.POST)
        assert answer.status_code == 200
        assert "X-Request-Id" not in answer.headers
    assert stranger.client.get(cast.POST, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    stranger.client.get(re.search(r"/static/site[^\"]*", answer.text)[0]).close()
    (line,) = lines
    assert line["rule"].endswith("<slug>/")


def test_two_requests_have_two_numbers(stranger, lines):
    stranger.get("/nothing/"), stranger.get("/nothing/")
    one, other = lines
    assert one["request"] != other["request"]


@pytest.fixture
def level():
    """The level of what is said of requests, as it was when the test has ended."""
    before = logs.journal.log.level
    yield logs.journal.log.setLevel
    logs.journal.log.setLevel(before)


def test_on_a_terminal_only_requests_that_failed_are_told(stranger, failing, level):
    level(logging.WARNING)
    failing(ValueError("words"))
    with _written(OneLine()) as written:
        stranger.get("/nothing/")
        assert written == []
        answer = stranger.get("/cookies/")
    (line,) = written
    assert "ERROR: GET /cookies/: 500 in" in line
    assert "(ValueError" in line
    assert "words" not in line
    assert line.endswith(f"[{answer.headers['X-Request-Id']}]")


@pytest.mark.parametrize(
    ("style", "is_terminal", "formatter", "tells_all"),
    [
        (None, True, OneLine, False),
        (None, False, JsonLine, True),
        ("plain", False, OneLine, False),
        ("json", True, JsonLine, True),
    ],
)
def test_lines_are_for_people_on_a_terminal_and_for_programs_elsewhere(
    monkeypatch, level, style, is_terminal, formatter, tells_all
):
    said = {}
    monkeypatch.setattr(logging, "basicConfig", lambda handlers, **_: said.update(handler=handlers[0]))
    monkeypatch.setattr(logs.multiprocessing.current_process(), "_name", "test")
    monkeypatch.setattr(logs.sys, "stderr", _Terminal(is_terminal))
    logs.init("test", style)
    assert type(said["handler"].formatter) is formatter
    assert (logs.journal.log.level <= logging.INFO) == tells_all


class _Terminal:
    def __init__(self, is_one):
        self.isatty = lambda: is_one
