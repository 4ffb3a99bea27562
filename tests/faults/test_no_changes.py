"""A database that takes no changes: whoever sends something is told, keeps the words, and reads on meanwhile."""

import contextlib

import pytest
from sqlalchemy import event, select, text

from opm.accounts.models import SignInAttempt
from opm.comments.models import Comment
from opm.extensions import SQLITE, db
from opm.factory import create_app
from tests import cast
from tests.stranger import FORM, Stranger
from tests.tables import rows

SIGN_IN = "/desk/sign-in"


@pytest.fixture(autouse=True)
def post(app, inside, monkeypatch):
    """What there is to read, and to write under, as often as one likes."""
    monkeypatch.setitem(app.config, "LIMITS", False)
    with inside():
        cast.ines()
        cast.a_post()


@pytest.fixture
def is_sqlite(database_url):
    return database_url.startswith("sqlite")


@pytest.fixture
def read_only(app, database_url, tmp_path, is_sqlite):
    """The same site, whose database takes no changes: a file that it may not write, a server that is a standby."""
    url, options = database_url, SQLITE
    if is_sqlite:
        url = f"sqlite:///file:{database_url.removeprefix('sqlite:///')}?mode=ro&uri=true"
    else:
        options = {"connect_args": {"options": "-c default_transaction_read_only=on"}}
    settings = {"SQLALCHEMY_DATABASE_URI": url, "SQLALCHEMY_ENGINE_OPTIONS": options, "LIMITS": False}
    other = create_app({"OPM_INSTANCE": str(tmp_path)}, TESTING=True, **settings)
    yield other
    with other.app_context():
        db.engine.dispose()


def check_refused(stranger, **fields):
    """As a page and for htmx: not now, when again, and all that was typed, ready to be sent again."""
    for htmx in (False, True):
        answer = stranger.send(htmx=htmx, **fields)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.typed("text") == fields.get("text", cast.WORDS)
        assert answer.typed("name") == "Jo Marsh"
        assert FORM in answer.actions()
    return answer


def check_reading_goes_on(stranger):
    for path in (cast.POST, "/", "/privacy/", SIGN_IN, "/feed/nothing"):
        assert stranger.get(path).status in (200, 404)


# Read-only


def test_on_a_database_that_can_only_be_read_nothing_is_acknowledged_or_lost_and_reading_goes_on(app, read_only):
    before = rows(app)
    stranger = Stranger(read_only)
    for _ in range(2):
        answer = check_refused(stranger)
        assert "for the moment the site can only be read" in answer.text
        assert "database" not in answer.text  # how it is made is no business of a commenter's
        check_reading_goes_on(stranger)
    assert rows(app) == before
    assert Stranger(app).send().status == 303


def test_who_signs_in_at_the_desk_of_a_site_that_can_only_be_read_is_told_what_is_wrong(app, read_only):
    answer = Stranger(read_only).post(SIGN_IN, data={"email": "ines@northmere.example", "next": "/desk/"})
    assert answer.status == 503
    assert "The database can be read and not changed." in answer.text
    assert "flask doctor" in answer.text
    assert answer.typed("email") == "ines@northmere.example"
    assert rows(app)["sign_in_attempt"] == []


def test_a_view_that_writes_where_only_looking_is_allowed_is_our_fault_and_not_the_databases(app, monkeypatch):
    def write(*_, **__):
        db.session.add(SignInAttempt())
        db.session.commit()
        return ""

    monkeypatch.setitem(app.view_functions, "site.about", write)
    monkeypatch.setattr(app, "testing", False)
    assert Stranger(app).get("/about/").status == 500


# Full


@pytest.fixture
def full(app, is_sqlite):
    """`with full():` nothing more fits in. SQLite says so of a file that may not grow, PostgreSQL in a trigger."""

    @contextlib.contextmanager
    def full():
        fill, empty = (_stop_growing, _grow_again) if is_sqlite else (_say_disk_full, _say_so_no_more)
        with app.app_context():
            fill()
        try:
            yield
        finally:
            with app.app_context():
                empty()

    return full


def _stop_growing():
    db.engine.dispose()
    connection = db.engine.raw_connection()
    connection.driver_connection.execute("VACUUM")  # what other tests have left free is gone
    connection.close()
    db.engine.dispose()
    event.listen(db.engine, "connect", _may_not_grow)


def _grow_again():
    event.remove(db.engine, "connect", _may_not_grow)
    db.engine.dispose()


def _may_not_grow(connection, _record):
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")


def _say_disk_full(state="53100"):
    """Whenever a comment comes, in the server's own words to programs."""
    body = f"'BEGIN RAISE SQLSTATE ''{state}''; END'"
    db.session.execute(text(f"CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS {body}"))
    db.session.execute(text("CREATE TRIGGER t BEFORE INSERT ON comment FOR EACH ROW EXECUTE FUNCTION is_full()"))
    db.session.commit()


def _say_so_no_more():
    db.session.execute(text("DROP FUNCTION is_full() CASCADE"))
    db.session.commit()


LONG = "All of this is about the lane. " * 320  # more than a page of the file has left


def test_when_the_disk_is_full_nothing_is_acknowledged_or_lost_and_it_heals_by_itself(app, inside, full, caplog):
    stranger = Stranger(app)
    with full():
        taken = 0
        while (answer := stranger.send(text=f"{taken} {LONG}".strip())).status == 303:  # what still fits
            taken += 1
            assert taken < 100
        assert answer.status == 503
        check_refused(stranger, text=LONG.strip())
        check_reading_goes_on(stranger)
    assert "the database takes no changes: full" in caplog.messages
    assert stranger.send(text=LONG.strip()).status == 303
    with inside(False):
        assert len(db.session.scalars(select(Comment.id)).all()) == taken + 1


# Interrupted


@pytest.mark.parametrize("state", ["40001", "40P01", "57P01", "57014"])
def test_what_postgresql_breaks_off_comes_back_and_is_taken_the_next_time(app, is_sqlite, state):
    if is_sqlite:
        pytest.skip("only PostgreSQL does this")
    with app.app_context():
        _say_disk_full(state)
    try:
        check_refused(Stranger(app))
    finally:
        with app.app_context():
            _say_so_no_more()
    assert Stranger(app).send().status == 303


def test_connections_that_postgresql_has_cut_are_made_anew_unnoticed(app, is_sqlite):
    if is_sqlite:
        pytest.skip("only PostgreSQL does this")
    stranger = Stranger(app)
    for _ in range(3):
        assert stranger.get(cast.POST).status == 200
        with app.app_context(), db.engine.connect() as connection:
            ours = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(text(f"SELECT pg_terminate_backend(pid) {ours}"))
        assert stranger.send().status == 303
