"""/metrics: in the format that Prometheus reads, true, and for this machine alone unless a network is named."""

import ipaddress
import math
import os
import re
import threading

import pytest

from opm import extensions
from opm.comments.models import State
from opm.extensions import db
from opm.keeping import health, metrics
from opm.lib.journal import BOUNDS_SECONDS, Tally
from opm.outbox import posting
from tests import cast
from tests.counting import counting
from tests.keeping.test_health import _set_revision
from tests.tables import rows

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
HOME, ELSEWHERE = "http://127.0.0.1:8000", "203.0.113.7"


def read(text):
    """Each sample by its name and labels, the format read strictly.

    Source: https://prometheus.io/docs/instrumenting/exposition_formats/
    """
    assert text.endswith("\n")
    assert "\r" not in text
    samples, types, helped = {}, {}, set()
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# HELP "):
            name, words = line.removeprefix("# HELP ").split(" ", 1)
            assert words
            assert "\\" not in words
            assert name not in helped
            helped.add(name)
        elif line.startswith("# TYPE "):
            name, kind = line.removeprefix("# TYPE ").split(" ")
            assert re.fullmatch(NAME, name)
            assert kind in ("counter", "gauge", "histogram")
            assert name not in types, "the lines of one name stand together"
            types[name] = kind
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            name, labels, value = found[1], dict(re.findall(LABEL, found[2] or "")), float(found[found.lastindex])
            family = list(types)[-1]
            endings = {"histogram": ("_bucket", "_sum", "_count")}.get(types[family], ("",))
            assert name in [family + ending for ending in endings], name
            assert types[family] != "counter" or name.endswith("_total")
            key = (name, *sorted(labels.items()))
            assert key not in samples
            samples[key] = value
    assert set(types) == helped
    return samples


@pytest.fixture
def numbers(app):
    """`numbers()` is what this machine is told."""

    def numbers(app=app):
        answer = app.test_client().get("/metrics", base_url=HOME)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        return read(answer.text)

    return numbers


def own(name, **labels):
    """The key of a sample of this process."""
    return (f"opm_process_{name}", *sorted({"pid": str(os.getpid()), **labels}.items()))


# Who may read them


@pytest.fixture
def ask(app, another_app, database_url):
    """`ask(trusted, networks, address, headers)` gives the status; a refusal is the page of any other address."""
    made = {}

    def ask(trusted=0, networks="", address="127.0.0.1", host="127.0.0.1:8000", **headers):
        if trusted not in made:
            made[trusted] = another_app(OPM_DATABASE_URL=database_url, OPM_TRUSTED_PROXIES=str(trusted))
        app = made[trusted]
        app.config["METRICS"] = tuple(ipaddress.ip_network(each) for each in networks.split(",") if each)
        asked = {"base_url": f"http://{host}", "headers": headers, "environ_base": {"REMOTE_ADDR": address}}
        answer, other = app.test_client().get("/metrics", **asked), app.test_client().get("/nothing/", **asked)
        if answer.status_code != 200:
            assert answer.status_code == other.status_code
            assert answer.text == other.text
        return answer.status_code

    return ask


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may(ask, address):
    assert ask(address=address) == 200
    assert ask(address=address, host="localhost") == 200
    assert ask(address=address, host="[::1]:8000") == 200


@pytest.mark.parametrize("address", [ELSEWHERE, "10.0.0.1", "2001:db8::1", "0.0.0.0", "", "nonsense", "unix:"])
def test_nobody_else_may(ask, address):
    assert ask(address=address) == 404


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Proto", "Via"])
@pytest.mark.parametrize("trusted", [0, 1, 2])
def test_whom_a_server_asks_for_is_never_this_machine(ask, name, trusted):
    for value in ("127.0.0.1", "for=127.0.0.1", "127.0.0.1, 127.0.0.1", "", ELSEWHERE):
        assert ask(trusted=trusted, **{name: value}) == 404


def test_a_page_of_another_name_on_this_machine_may_not(ask):
    assert ask(host="evil.example") == 400  # as anywhere: a name that leads here for a moment (DNS rebinding)


def test_a_network_that_is_named_may_directly_and_through_servers_that_are_believed(ask):
    named = "203.0.113.0/24,2001:db8::/32"
    assert ask(networks=named, address=ELSEWHERE) == 200
    assert ask(networks=named, address="2001:db8::1") == 200
    assert ask(networks=named, address="203.0.114.1") == 404
    through = {"X-Forwarded-For": ELSEWHERE}
    assert ask(1, named, **through) == 200
    assert ask(0, named, **through) == 404
    assert ask(2, named, **through) == 404, "one of two said nothing"
    assert ask(1, named, **{"X-Forwarded-For": f"{ELSEWHERE}, 198.51.100.1"}) == 404, "it only says so"
    assert ask(1, "127.0.0.0/8", **{"X-Forwarded-For": f"127.0.0.1, {ELSEWHERE}"}) == 404


def test_looking_changes_nothing(app, inside, numbers):
    with inside():
        cast.a_post()
    before = rows(app)
    with counting(app) as statements:
        numbers()
    assert len(statements) <= 12
    assert {statement.split()[0] for statement in statements} == {"SELECT"}
    assert rows(app) == before


# While the database is in trouble


def test_while_the_database_is_away_the_process_still_tells_its_own(another_app, numbers):
    app = another_app(OPM_DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    said = numbers(app)
    assert said[("opm_database_up",)] == 0
    assert own("page_cache_hits_total") in said
    assert ("opm_emails_due_oldest_seconds",) not in said


def test_a_database_that_hangs_is_not_waited_for(app, numbers, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(metrics, "of_the_site", lambda: go_on.wait(10) and [])
    assert numbers()[("opm_database_up",)] == 0
    go_on.set()


def test_a_database_of_another_version_is_not_ours_to_count(app, numbers):
    with app.app_context():
        ours = db.session.scalar(health.MADE)
        db.session.rollback()
    try:
        _set_revision(app, "9999")
        assert numbers()[("opm_database_up",)] == 0
    finally:
        _set_revision(app, ours)


# They are true


def test_what_the_database_holds_is_counted(app, inside, clock, numbers, beating):
    with inside():
        thread = cast.a_post().thread
        for state in (State.PENDING, State.PENDING, State.PUBLISHED):
            cast.a_comment(thread, state, text=f"{state} {clock.at}")
            clock.forward(minutes=1)
        posting.post("a kind", "jo@example.org", 1)
    clock.forward(minutes=10)
    beating()
    clock.forward(seconds=7)
    said = numbers()
    assert said[("opm_database_up",)] == 1
    assert said[("opm_comments", ("state", "pending"))] == 2
    assert said[("opm_comments", ("state", "published"))] == 1
    assert {key[1][1] for key in said if key[0] == "opm_comments"} == {str(state) for state in State}
    assert said[("opm_comments_pending_oldest_seconds",)] == 13 * 60 + 7
    assert said[("opm_posts_published",)] == 1
    assert said[("opm_emails", ("state", "waiting"))] == 1
    assert said[("opm_emails_due_oldest_seconds",)] == 10 * 60 + 7
    assert said[("opm_worker_beat_seconds",)] == 7
    assert said[("opm_database_bytes",)] > 10_000
    assert said[("opm_disk_free_bytes",)] > 0
    assert ("opm_backup_age_seconds",) not in said
    with app.app_context():
        name = db.engine.dialect.name
    assert any(key[0] == "opm_info" and ("database", name) in key for key in said)


def test_nobody_can_say_how_old_a_beat_of_the_future_is(numbers, beating, clock):
    assert ("opm_worker_beat_seconds",) not in numbers()
    beating()
    clock.forward(days=-2)
    assert ("opm_worker_beat_seconds",) not in numbers()


def test_requests_are_counted_by_status_and_by_how_long_they_took(app, inside, numbers, stranger):
    with inside():
        cast.a_post()
    before = numbers()
    stranger.get("/nothing/"), stranger.get("/desk/"), stranger.get(cast.POST), stranger.get(cast.POST)
    after = numbers()

    def more(name, **labels):
        return after[own(name, **labels)] - before[own(name, **labels)]

    assert more("requests_total", status="4xx") == 1
    assert more("requests_total", status="3xx") == 1
    assert more("requests_total", status="2xx") == 2, "the post and the numbers before"
    assert more("page_cache_misses_total") >= 1
    assert more("page_cache_hits_total") == 1
    assert after[own("page_cache_pages")] == 1
    assert after[own("page_cache_bytes")] > 1000
    buckets = [after[own("request_seconds_bucket", le=str(bound))] for bound in (*BOUNDS_SECONDS, "+Inf")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == after[own("request_seconds_count")]
    assert after[own("request_seconds_count")] - before[own("request_seconds_count")] == 4
    assert more("request_seconds_sum") > 0


def test_each_length_falls_into_the_first_bound_that_it_does_not_pass():
    tally = Tally()
    for seconds in (0, 0.005, 0.0051, 5, 5.1, math.inf):
        tally.add(200, seconds)
    assert tally.by_bound == [2, 1, *[0] * 7, 1, 2]


def test_many_at_once_lose_no_count():
    tally = Tally()
    threads = [threading.Thread(target=lambda: [tally.add(200, 0.001) for _ in range(2000)]) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert tally.by_class["2xx"] == tally.by_bound[0] == 8000


def test_it_names_nobody(inside, app, numbers, stranger):
    with inside():
        cast.ines()
    stranger.send(name="Jo Marsh")
    text = app.test_client().get("/metrics", base_url=HOME).text
    for secret in ("ines", "Marsh", "jo@", "127.0.0", extensions.sqlite_library.__name__):
        assert secret not in text
