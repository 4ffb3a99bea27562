"""The stage of every test: a real app, a real database emptied between tests, a clock that stands, mail in a box.

Whatever uses `app` runs once on each database: SQLite always, PostgreSQL where a server answers (OPM_TEST_POSTGRES,
or the local socket). With CI=true its absence is a failure.
"""

import contextlib
import os
import uuid

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from opm.extensions import db, migrate, reading
from opm.factory import create_app
from opm.posts.pictures import decoding
from tests import acts, cast, decoder_at_hand
from tests.browser import Browser
from tests.clock import Clock
from tests.mailbox import Mailbox
from tests.stranger import Stranger

IN_CI = os.environ.get("CI") == "true"


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also the tests that take minutes")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--long"):
        quick = [item for item in items if item.get_closest_marker("long") is None]
        config.hook.pytest_deselected(items=[item for item in items if item not in quick])
        items[:] = quick


def postgres_server() -> str | None:
    """The address of a server that lets us make databases, if there is one."""
    for address in filter(None, [os.environ.get("OPM_TEST_POSTGRES"), "postgresql:///postgres"]):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(address, connect_timeout=3).close()
            return address
    return None


def missing(what: str):
    """Without it some tests cannot run: on a machine of one's own they are left out, in CI that is a failure."""
    (pytest.fail if IN_CI else pytest.skip)(f"{what} is not here")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_url(request, tmp_path_factory):
    """The address of an empty database of this worker's own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.db'}"
        return
    server = postgres_server() or missing("a PostgreSQL server")
    name = f"opm_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def site(database_url, tmp_path_factory):
    """The app on that database, migrated. Tests ask for `app`, which empties it first."""
    environ = {"OPM_INSTANCE": str(tmp_path_factory.mktemp("instance")), "OPM_DATABASE_URL": database_url}
    site = create_app(environ, TESTING=True, MAIL_SERVER="mail.example")
    with site.app_context():
        migrate.upgrade()
        acts.watch(db.engine)
    yield site
    with site.app_context():
        db.engine.dispose()


@pytest.fixture
def app(site):
    """The app with an empty database."""
    with site.app_context():
        for table in reversed(db.metadata.sorted_tables):
            if table.name != "publicity":
                db.session.execute(table.delete())
        db.session.execute(text("UPDATE publicity SET version = 1"))
        db.session.commit()
    site.extensions["pages"].clear()
    return site


@pytest.fixture
def inside(app):
    """`with inside():` acts on the database as a command would, and commits. `with inside(False):` only looks."""

    @contextlib.contextmanager
    def inside(writing=True):
        with app.app_context():
            if not writing:
                with reading():
                    yield
                return
            yield
            db.session.commit()
        app.extensions["pages"].clear()  # a scene may be set past the stories that raise the public version

    return inside


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The false clock: it stands until it is moved."""
    return Clock(monkeypatch)


@pytest.fixture(autouse=True)
def every_act_is_logged():
    """Whatever a test does at the desk: what changed something left a row in the audit log."""
    acts.unlogged.clear()
    yield
    assert not acts.unlogged, acts.told()


@pytest.fixture(autouse=True)
def decoder(monkeypatch):
    """Pictures are looked into here, which spares a process for each. Its own tests start the real one."""
    monkeypatch.setattr(decoding, "run", decoder_at_hand.run)


@pytest.fixture
def mailbox(app):
    """What the site mails: `mailbox.deliver()` sends what is due and returns it."""
    return Mailbox(app)


@pytest.fixture
def every_mail(inside, mailbox, clock):
    """`every_mail(…)` gives one mail of each kind and variant, as cast.every_mail writes them."""

    def every_mail(**values):
        with inside():
            cast.every_mail(**values)
        at_once = mailbox.deliver()
        clock.forward(minutes=11)
        return at_once + mailbox.deliver()

    return every_mail


@pytest.fixture
def browser(app):
    """A reader's browser: it reads each page that it visits."""
    return Browser(app)


@pytest.fixture
def another_browser(app):
    """A second browser, for somebody else."""
    return Browser(app)


@pytest.fixture
def stranger(app):
    """Sends what no browser would."""
    return Stranger(app)


@pytest.fixture
def reader(app):
    """Reads as a careful program does: each answer is checked on the way."""
    return Stranger(app)
