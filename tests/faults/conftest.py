"""Real sites that are hurt: killed, flooded, left waiting. Everything runs on loopback, on the real clock."""

import uuid

import psycopg
import pytest
from sqlalchemy.engine import make_url

from opm.extensions import db
from tests import cast
from tests.conftest import missing, postgres_server
from tests.faults.database import looking
from tests.faults.sink import Sink
from tests.running import Site


@pytest.fixture
def clock():
    """The real one: what runs beside a test knows no other."""


@pytest.fixture
def sink():
    """A mail server that takes everything."""
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def run_site(tmp_path):
    """`run_site(**settings)` is a running site with one post, without limits. It is killed at the end."""
    sites = []

    def run_site(**settings):
        site = Site(tmp_path / "instance", OPM_DEMO="0", OPM_LIMITS="0", **settings)
        sites.append(site)
        site.start().up()
        looking(site, _write_a_post)
        return site

    yield run_site
    for each in sites:
        each.kill()


@pytest.fixture
def postgres_url():
    """The address of an empty database of this test's own."""
    server = postgres_server() or missing("a PostgreSQL server")
    name = f"opm_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _write_a_post():
    cast.a_post()
    db.session.commit()
