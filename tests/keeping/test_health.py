"""/healthz: quick, the same for everyone who asks, and an answer whatever the database does."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from opm import extensions, worker
from opm.extensions import db
from opm.keeping import health
from opm.outbox import posting
from tests import cast
from tests.counting import counting
from tests.tables import rows
from tests.test_worker import Stop

WELL = {
    "status": "ok", "database": "answers", "schema": "current", "worker": "alive", "worker_seconds": 0,
    "outbox_seconds": 0,
}  # fmt: skip
SILENT = {
    "status": "down", "database": "does not answer", "schema": "unknown", "worker": "unknown", "worker_seconds": None,
    "outbox_seconds": None,
}  # fmt: skip


@pytest.fixture
def ask(app):
    """`ask()` gives the status and what /healthz says. Whoever asks knows the site by a number only."""

    def ask(app=app):
        answer = app.test_client().get("/healthz", base_url="http://10.1.2.3:8000")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.mimetype == "application/json"
        return answer.status_code, answer.json

    return ask


# The database is in trouble


def test_a_database_that_is_away_is_a_plain_503_at_once(another_app, ask):
    app = another_app(OPM_DATABASE_URL="postgresql://somebody:pass-word@127.0.0.1:1/opm")
    begun = time.monotonic()
    assert ask(app) == (503, SILENT)
    assert time.monotonic() - begun < health.PATIENCE_SECONDS + 1
    assert "pass-word" not in app.test_client().get("/healthz").text


def test_a_file_that_is_no_database_is_a_plain_503(another_app, tmp_path, ask):
    (tmp_path / "nonsense.db").write_bytes(b"This is no database at all." * 1000)
    assert ask(another_app(OPM_DATABASE_URL=f"sqlite:///{tmp_path / 'nonsense.db'}")) == (503, SILENT)


def test_a_folder_where_nobody_may_read_is_a_plain_503(another_app, tmp_path, ask):
    assert ask(another_app(OPM_DATABASE_URL=f"sqlite:///{tmp_path / 'nowhere' / 'opm.db'}")) == (503, SILENT)


def test_whoever_is_locked_out_entirely_says_so_in_time(another_app, tmp_path, ask, monkeypatch):
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(extensions, "BUSY_WAIT_SECONDS", 0.3)
    app = another_app()
    with app.app_context(), db.engine.connect():  # made in WAL mode; nobody else has it open while it is locked
        pass
    with app.app_context():
        db.engine.dispose()
    other = extensions.sqlite_library.connect(tmp_path / "instance/opm.db", isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    assert ask(app) == (503, SILENT)
    other.close()


def test_while_somebody_writes_for_long_it_answers_as_readers_are_answered(app, beating, ask):
    beating()
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE publicity SET version = version"))
        assert ask() == (200, WELL)


def test_a_frozen_database_is_asked_once_however_many_ask(app, ask, monkeypatch):
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.2)
    looks, thaw = [], threading.Event()

    def freeze():
        looks.append(1)
        thaw.wait(10)
        return health.Health(answers=True, schema=health.Schema.CURRENT)

    monkeypatch.setattr(health, "examine", freeze)
    threads = [threading.Thread(target=lambda: said.append(ask())) for _ in range(8)]
    said = []
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert said == [(503, SILENT)] * 8
    assert len(looks) == 1
    monkeypatch.setattr(health, "GIVEN_UP_AFTER_SECONDS", 0)
    assert ask() == (503, SILENT)
    assert len(looks) == 2, "a look that got lost stands in nobody's way for ever"
    thaw.set()
    monkeypatch.undo()
    assert ask()[0] == 200


def test_a_mistake_of_ours_is_no_traceback(ask, monkeypatch, caplog):
    monkeypatch.setattr(health, "examine", lambda: 1 / 0)
    assert ask() == (503, SILENT)
    assert caplog.messages[0] == "the pulse could not be taken"


# Whose tables these are


def test_a_database_of_a_newer_or_older_site_is_not_ours(app, beating, ask):
    beating()
    with app.app_context():
        ours = db.session.scalar(health.MADE)
        db.session.rollback()
    try:
        for theirs, word in (("9999", "newer"), ("0001", "older")):
            _set_revision(app, theirs)
            code, said = ask()
            assert (code, said["status"], said["schema"]) == (503, "down", word)
    finally:
        _set_revision(app, ours)
    assert ask() == (200, WELL)


def test_a_database_that_nobody_has_started_a_site_on_is_older(another_app, ask):
    code, said = ask(another_app())
    assert (code, said["database"], said["schema"]) == (503, "answers", "older")


def _set_revision(app, revision):
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
        db.session.commit()


# The worker and its mail


def test_a_site_without_a_worker_is_degraded_and_goes_on_serving(app, beating, ask, clock):
    code, said = ask()
    assert (code, said["status"], said["worker"], said["worker_seconds"]) == (200, "degraded", "never seen", None)
    beating()
    clock.forward(seconds=90)
    assert ask() == (200, WELL | {"worker_seconds": 90})
    clock.forward(seconds=1)
    assert ask() == (200, WELL | {"status": "degraded", "worker": "silent", "worker_seconds": 91})
    beating()
    assert ask() == (200, WELL)


def test_after_the_clock_was_set_back_nobody_knows_until_the_next_beat(app, beating, ask, clock):
    beating()
    clock.forward(days=-2)
    assert ask() == (200, WELL | {"status": "degraded", "worker": "unknown", "worker_seconds": None})
    beating()
    assert ask() == (200, WELL)


def test_mail_that_waits_for_long_degrades_and_mail_that_is_not_due_does_not(app, inside, beating, ask, clock):
    with inside():
        posting.post("a kind", "jo@example.org", 1, due_at=clock.at + timedelta(hours=1))
    clock.forward(minutes=75)
    beating()
    assert ask() == (200, WELL | {"outbox_seconds": 15 * 60})
    clock.forward(seconds=1)
    assert ask() == (200, WELL | {"status": "degraded", "worker_seconds": 1, "outbox_seconds": 15 * 60 + 1})
    worker.work(app, Stop())  # nobody writes that kind any more: it is cancelled
    assert ask() == (200, WELL)


# Looking costs little and changes nothing


def test_it_takes_three_statements_and_changes_nothing(app, inside, beating, ask):
    with inside():
        cast.a_post()
    beating()
    before = rows(app)
    ask()
    with counting(app) as statements:
        ask()
    assert len(statements) <= 3, statements
    assert rows(app) == before


def test_it_tells_no_secret_and_nothing_of_whom_the_site_knows(app, beating, ask):
    beating()
    assert set(ask()[1]) == set(WELL)
    for method in ("HEAD", "OPTIONS"):
        assert app.test_client().open("/healthz", method=method).status_code == 200
    assert app.test_client().post("/healthz").status_code == 405
    assert app.test_client().get("/healthz/").status_code == 404


def test_other_addresses_still_know_the_site_by_its_name_only(app):
    assert app.test_client().get("/robots.txt", base_url="http://10.1.2.3:8000").status_code == 400
