"""What the two databases promise alike: reading cannot write, writers wait in turn, and nobody keeps the lock."""

import stat
import threading
import time
import warnings
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError

from opm import extensions
from opm.accounts.models import Person, SignInAttempt
from opm.comments import forgetting
from opm.comments.models import Comment, Decision, State
from opm.extensions import db, journal_mode, reading, sqlite_library
from opm.lib import throttle
from opm.outbox import posting
from opm.outbox.models import Email
from tests import cast
from tests.mailbox import code_in, path_in
from tests.stranger import FORM, Stranger
from tests.tables import rows

FIXED = [(3, 51, 3), (3, 51, 4), (3, 53, 4), (4, 0, 0), (3, 50, 7), (3, 50, 9), (3, 44, 6), (3, 44, 7)]
AFFECTED = [(3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 46, 1), (3, 49, 9), (3, 50, 6), (3, 51, 0), (3, 51, 2)]


@pytest.fixture
def sqlite(app, database_url):
    """For what only SQLite does: the path of its file."""
    if not database_url.startswith("sqlite"):
        pytest.skip("only SQLite does this")
    return database_url.removeprefix("sqlite:///")


@pytest.fixture
def impatient(app, monkeypatch):
    """Waits a second for a lock, where it would wait five."""
    monkeypatch.setattr(extensions, "BUSY_WAIT_SECONDS", 1)
    with app.app_context():
        db.engine.dispose()
    yield
    with app.app_context():
        db.engine.dispose()


def add_a_person():
    db.session.execute(insert(Person).values(name="Ann", email=f"{time.monotonic_ns()}@example.org", roles=[]))


# How SQLite is opened


def test_an_sqlite_that_can_lose_commits_never_runs_with_a_wal():
    for version in AFFECTED:
        with pytest.warns(UserWarning, match="can lose commits"):
            assert journal_mode(version) == "DELETE", version


def test_a_mended_sqlite_runs_with_a_wal_and_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert {journal_mode(version) for version in FIXED} == {"WAL"}


def test_every_connection_to_sqlite_keeps_what_was_committed(app, sqlite):
    mode = journal_mode(sqlite_library.sqlite_version_info).lower()
    expected = {
        "journal_mode": mode, "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000, "mmap_size": 0,
        "locking_mode": "normal", "ignore_check_constraints": 0,
    }  # fmt: skip
    with app.app_context(), reading():
        connections = [db.engine.connect() for _ in range(3)]
        for connection in connections:
            with closing(connection):
                found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
                assert found == expected


def test_the_library_that_is_used_is_the_one_that_was_judged(app, sqlite):
    with app.app_context(), reading():
        assert db.session.scalar(text("SELECT sqlite_version()")) == sqlite_library.sqlite_version


def test_only_its_owner_can_read_what_the_site_makes(tmp_path):
    file = tmp_path / "opm.db"
    engine = extensions.engine_for(make_url(f"sqlite:///{file}"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE word (id integer)"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    engine.dispose()
    assert modes == {"opm.db": 0o600, "opm.db-wal": 0o600, "opm.db-shm": 0o600}


def test_foreign_keys_hold(app):
    with app.app_context(), pytest.raises(IntegrityError):
        db.session.execute(insert(SignInAttempt).values(person_id=12345))


# Reading cannot write


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_request_that_only_looks_cannot_write_whatever_its_view_does(app, method):
    before = rows(app)
    with app.test_request_context("/", method=method), pytest.raises(DBAPIError, match=r"readonly|read-only"):
        add_a_person()
    with app.test_request_context("/", method=method), pytest.raises(DBAPIError, match=r"readonly|read-only"):
        db.session.execute(delete(Person))
    assert rows(app) == before


def test_a_post_can_write_also_on_a_connection_that_was_read_only(app):
    for _ in range(3):
        with app.test_request_context("/", method="GET"):
            db.session.scalars(select(Person)).all()
        with app.test_request_context("/", method="POST"):
            add_a_person()
            db.session.commit()
    assert len(rows(app)["person"]) == 3


def test_after_its_one_commit_a_post_reads_only(app):
    with app.test_request_context("/", method="POST"):
        add_a_person()
        db.session.commit()
        assert len(db.session.scalars(select(Person)).all()) == 1
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            add_a_person()
    with app.test_request_context("/", method="POST"):
        add_a_person()
        db.session.commit()


def test_a_post_that_was_not_committed_leaves_nothing(app):
    with app.test_request_context("/", method="POST"):
        add_a_person()
        db.session.flush()
    assert rows(app)["person"] == []


def test_a_command_reads_only_inside_reading_and_writes_after_it(app):
    with app.app_context():
        with reading():
            assert db.session.scalars(select(Person)).all() == []
        with pytest.raises(DBAPIError, match=r"readonly|read-only"), reading():
            add_a_person()
        with reading(), reading():
            db.session.scalars(select(Person)).all()
        add_a_person()
        db.session.commit()
    assert len(rows(app)["person"]) == 1


def test_rows_that_were_read_stay_readable_after_reading_and_after_the_commit(app, inside):
    with app.app_context():
        person = cast.ines()
        db.session.commit()
        assert person.name == "Ines Calder"
        with reading():
            again = db.session.scalars(select(Person)).one()
        assert again.name == "Ines Calder"


# Writers wait in turn


def test_who_may_write_takes_the_write_lock_with_the_first_word(app, sqlite):
    with app.test_request_context("/", method="POST"):
        db.session.scalars(select(Person)).all()
        assert not _can_begin(sqlite)
    assert _can_begin(sqlite)


def test_who_only_reads_holds_up_no_writer(app, sqlite):
    with app.test_request_context("/", method="GET"):
        db.session.scalars(select(Person)).all()
        assert _can_begin(sqlite)
    with app.app_context(), reading():
        db.session.scalars(select(Person)).all()
        assert _can_begin(sqlite)


def test_after_its_commit_a_post_holds_up_no_writer(app, sqlite):
    with app.test_request_context("/", method="POST"):
        add_a_person()
        db.session.commit()
        db.session.scalars(select(Person)).all()
        assert _can_begin(sqlite)


def _can_begin(path) -> bool:
    with closing(sqlite_library.connect(path, timeout=0, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite_library.OperationalError:
            return False
        other.execute("ROLLBACK")
        return True


def test_two_transactions_on_one_connection_take_their_turns(app):
    with app.app_context(), db.engine.connect() as connection:
        for _ in range(3):
            connection.execute(insert(Person).values(name="Ann", email=f"{time.monotonic_ns()}@example.org", roles=[]))
            connection.commit()
    assert len(rows(app)["person"]) == 3


class Stopped(BaseException):
    """What ends a server's thread is no Exception."""


def _divided_by_zero():
    return 1 / 0


def _stopped():
    raise Stopped


def _cut_off():
    db.session.connection().invalidate()
    raise OperationalError("SELECT 1", None, Exception("the connection was cut off"))


def _nonsense():
    db.session.execute(text("SELECT nonsense FROM nowhere"))


def _broken_rule():
    db.session.execute(insert(SignInAttempt).values(person_id=12345))


@pytest.mark.parametrize("fails", [_divided_by_zero, _stopped, _cut_off, _nonsense, _broken_rule])
def test_a_post_that_fails_half_way_keeps_no_lock_and_the_next_one_is_taken(app, inside, monkeypatch, fails):
    with inside():
        cast.a_post()
    before = rows(app)
    submit = app.view_functions["comments.submit"]

    def fail(address):
        add_a_person()
        fails()
        return "", 500

    monkeypatch.setitem(app.view_functions, "comments.submit", fail)
    for _ in range(3):
        _try_to_post(app)
    monkeypatch.setitem(app.view_functions, "comments.submit", submit)
    assert rows(app) == before
    begun = time.monotonic()
    assert Stranger(app).send().status == 303
    assert time.monotonic() - begun < 2


def _try_to_post(app):
    app.testing = False  # as a server would, and not as tests like it: no exception reaches the client
    try:
        answer = Stranger(app).send()
        assert answer.status in (500, 503)
        assert "Traceback" not in answer.text
    except Stopped:
        pass
    finally:
        app.testing = True


def test_while_the_database_is_locked_posts_are_told_to_wait_and_readers_notice_nothing(app, sqlite, inside, impatient):
    with inside():
        cast.a_post()
    stranger = Stranger(app)
    with closing(sqlite_library.connect(sqlite, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for htmx in (False, True):
            answer = stranger.send(htmx=htmx)
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.typed("text") == cast.WORDS
            assert FORM in answer.actions()
        assert stranger.get(cast.POST).status == 200
        assert stranger.get("/healthz").status == 200
        other.execute("ROLLBACK")
    assert stranger.send().status == 303


def test_a_writer_who_waits_for_another_of_this_process_is_told_to_wait_and_then_taken(app, sqlite, inside, impatient):
    with inside():
        cast.a_post()
    with app.test_request_context("/", method="POST"):
        add_a_person()
        statuses = []
        waiting = threading.Thread(target=lambda: statuses.append(Stranger(app).send().status))
        waiting.start()
        waiting.join()
        assert statuses == [503]
    assert Stranger(app).send().status == 303


# Ids


def test_an_id_is_never_given_twice(app, inside):
    with inside():
        thread = cast.a_post().thread
        given = []
        for n in range(3):
            comment = cast.a_comment(thread, State.UNCONFIRMED, text=f"{n}")
            email = posting.post("nothing", "jo@example.org", comment.id)
            person = Person(name="Ann", email="ann@example.org", roles=[])
            db.session.add(person)
            db.session.flush()
            given.append((comment.id, email.id, person.id))
            for row in (comment, email, person):
                db.session.delete(row)
            db.session.flush()
    assert all(len(set(ids)) == 3 for ids in zip(*given, strict=True)), given


# Moments


def test_a_moment_comes_back_aware_and_in_utc_and_a_naive_one_is_refused(app, inside):
    summer = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    with inside():
        db.session.add(Person(name="Ann", email="ann@example.org", roles=[], left_at=summer))
    with inside(False):
        left_at = db.session.scalars(select(Person.left_at)).one()
    assert left_at == summer
    assert left_at.tzinfo is UTC
    with app.app_context(), pytest.raises(StatementError):
        db.session.execute(insert(Person).values(name="Bo", email="bo@example.org", left_at=datetime(2026, 7, 1)))


@pytest.mark.parametrize("jump", [{"days": 8}, {"days": -2}], ids=["8 days on", "2 days back"])
def test_a_clock_that_is_set_is_no_error_anywhere_and_what_waits_stays(
    app, inside, browser, another_browser, mailbox, clock, jump
):
    with inside():
        thread = cast.a_post().thread
        waiting = cast.a_comment(thread, text="It waits.")
        cast.a_comment(thread, State.PUBLISHED, text="It is public.")
    cast.signed_in(browser, inside)
    Stranger(app).send()
    mail = mailbox.newest()
    stranger = Stranger(app)
    sent = stranger.send(text="Another.").location
    Stranger(app).post("/desk/sign-in", data={"email": "ines@northmere.example"})
    clock.forward(**jump)
    mailbox.deliver()
    for path in (cast.POST, "/", "/healthz", "/desk/sign-in", "/privacy/"):
        assert Stranger(app).get(path).status in (200, 404)  # a post of tomorrow is not there yet
    for path in (path_in(mail, "confirm"), path_in(mail, "not-me"), path_in(mail, "receipt"), sent):
        assert Stranger(app).get(path).status in (200, 404)
    assert stranger.post(sent, data={"code": code_in(mail)}).status in (404, 422)
    assert stranger.send(text="After the jump.").status == 303
    assert browser.client.get("/desk/comments/").status_code in (200, 303)
    cast.signed_in(another_browser, inside, cast.piotr)
    another_browser.visit(f"/desk/comments/{waiting.id}")
    another_browser.press("Approve")
    another_browser.press("Undo")
    with inside():
        throttle.old.take(2)
        forgetting.unconfirmed.take(7)
        forgetting.networks.take(30)
        forgetting.addresses.take(365)
    mailbox.deliver()
    with inside(False):
        assert {"It waits.", "It is public."} <= set(db.session.scalars(select(Comment.text)))
        assert db.session.get_one(Comment, waiting.id).state == State.PENDING
        assert db.session.query(Decision).count() == 1
        assert db.session.query(Email).count() > 0
