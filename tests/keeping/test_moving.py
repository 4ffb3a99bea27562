"""`flask move-database URL`: every row in the other database, as it was, or nothing there."""

import os
import signal
import stat
import subprocess
import sys

import psycopg
import pytest
from sqlalchemy import inspect, text

from opm.comments.models import Comment
from opm.extensions import db, sqlite_library
from opm.keeping import moving
from opm.lib import moved, running
from opm.posts.models import Post
from tests import cast
from tests.faults.conftest import postgres_url  # noqa: F401
from tests.keeping.test_backups import ROOT, Place
from tests.tables import rows


@pytest.fixture
def small(tmp_path):
    """A site on SQLite. One comment is a reply to a later one, as an import can bring; the last one was deleted."""
    place = Place(tmp_path / "instance").furnish()
    with place.inside() as app:
        app.test_cli_runner().invoke(args=["demo"])
        post = db.session.query(Post).first()
        first, second, gone = (cast.a_comment(post.thread, text=f"Wörds {n} \U0001f30a") for n in range(3))
        first.parent_id = second.id
        for path in ("/B", "/a", "/_", "/é", "/Z/"):  # in another order wherever words are sorted otherwise
            moved.remember(path, "/")
        db.session.commit()
        db.session.delete(gone)
        db.session.commit()
    return place


@pytest.fixture
def large(small, postgres_url):  # noqa: F811
    """The same site, once its OPM_DATABASE_URL has been changed."""
    return Place(small.instance, OPM_DATABASE_URL=postgres_url)


def held(place):
    with place.inside() as app:
        return rows(app)


def test_a_site_goes_to_postgresql_and_back_with_every_row_and_id(small, large, postgres_url, tmp_path):  # noqa: F811
    before = held(small)
    result = small.run("move-database", postgres_url)
    assert result.exit_code == 0, result.output
    assert f"{sum(map(len, before.values()))} rows were carried over and compared." in result.output
    assert held(large) == held(small) == before
    back = f"sqlite:///{tmp_path / 'back.db'}"
    assert large.run("move-database", back).exit_code == 0
    assert held(Place(small.instance, OPM_DATABASE_URL=back)) == before


def test_an_id_is_not_given_twice_after_the_move(small, large, postgres_url, tmp_path):  # noqa: F811
    with small.inside():
        last = db.session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'comment'"))
        assert last > db.session.query(db.func.max(Comment.id)).scalar()
    small.run("move-database", postgres_url)
    back = f"sqlite:///{tmp_path / 'back.db'}"
    large.run("move-database", back)
    for place in (large, Place(small.instance, OPM_DATABASE_URL=back)):
        with place.inside():
            comment = cast.a_comment(db.session.query(Post).first().thread)
            db.session.commit()
            assert comment.id == last + 1


def test_the_moved_site_is_whole(small, large, postgres_url):  # noqa: F811
    small.run("move-database", postgres_url)
    with large.inside() as app:
        client = app.test_client()
        addresses = ["/", *(post.address for post in db.session.scalars(Post.published()))]
        assert {client.get(address).status_code for address in addresses} == {200}


def test_a_database_that_is_not_empty_is_left_alone(small, large, postgres_url):  # noqa: F811
    with large.inside(), db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id integer)"))
    result = small.run("move-database", postgres_url)
    assert (result.exit_code, "Name an empty one." in result.output) == (1, True)
    with large.inside():
        assert inspect(db.engine).get_table_names() == ["theirs"]


@pytest.mark.parametrize(
    "address",
    ["", "mysql://x/y", "sqlite:///", "postgresql://u:hidden@127.0.0.1:1/x", "postgresql://u:hidden@[/x", "nonsense", "sqlite:////tmp/other.db"],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_told_in_a_sentence_without_its_password(small, address):
    result = small.run("move-database", address)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert "hidden" not in result.output


def test_nothing_moves_under_a_site_that_runs(small, postgres_url, monkeypatch):  # noqa: F811
    def in_use(_instance):
        raise running.InUse

    monkeypatch.setattr(running, "alone", in_use)
    result = small.run("move-database", postgres_url)
    assert (result.exit_code, "still at work here. Stop it first." in result.output) == (1, True)


@pytest.mark.parametrize("step", ["_make_tables", "_carry_table", "_compare"])
def test_what_is_broken_off_leaves_nothing_at_the_other_end(small, large, postgres_url, monkeypatch, step):  # noqa: F811
    def broken_off(*_):
        raise moving.MoveFailed("The power went.")

    before = held(small)
    monkeypatch.setattr(moving, step, broken_off)
    assert small.run("move-database", postgres_url).exit_code == 1
    monkeypatch.undo()
    with large.inside():
        assert inspect(db.engine).get_table_names() == []
    assert held(small) == before


def test_a_row_that_arrives_changed_is_noticed(small, large, postgres_url, monkeypatch):  # noqa: F811
    compare = moving._compare

    def spoilt(table, source, target):
        if table.name == "comment":
            target.execute(text("UPDATE comment SET name = 'Somebody else' WHERE id = (SELECT min(id) FROM comment)"))
        return compare(table, source, target)

    monkeypatch.setattr(moving, "_compare", spoilt)
    result = small.run("move-database", postgres_url)
    assert "The table “comment” did not arrive as it was." in result.output
    with large.inside():
        assert inspect(db.engine).get_table_names() == []


def test_a_site_of_another_version_does_not_move(small, postgres_url):  # noqa: F811
    with small.inside(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert small.run("move-database", postgres_url).exit_code == 1


def test_nobody_writes_to_what_is_being_moved(small, postgres_url, monkeypatch):  # noqa: F811
    carry, refused = moving._carry, []

    def meanwhile(source, target):
        with sqlite_library.connect(small.instance / "opm.db", timeout=0) as other:
            try:
                other.execute("UPDATE comment SET name = 'Too late'")
            except sqlite_library.OperationalError as error:
                refused.append(str(error))
        return carry(source, target)

    monkeypatch.setattr(moving, "_carry", meanwhile)
    assert small.run("move-database", postgres_url).exit_code == 0
    assert refused == ["database is locked"]


def test_the_way_back_is_closed_while_somebody_is_connected(small, large, postgres_url, tmp_path):  # noqa: F811
    assert small.run("move-database", postgres_url).exit_code == 0
    back = tmp_path / "back.db"
    with psycopg.connect(postgres_url):
        result = large.run("move-database", f"sqlite:///{back}")
    assert (result.exit_code, "Stop it first." in result.output) == (1, True)
    assert not back.exists()
    assert large.run("move-database", f"sqlite:///{back}").exit_code == 0
    assert stat.S_IMODE(back.stat().st_mode) == 0o600


def test_what_postgresql_cannot_hold_leaves_nothing_there(small, large, postgres_url):  # noqa: F811
    with small.inside(), db.engine.begin() as connection:
        connection.execute(text("UPDATE comment SET name = 'a' || char(0) || 'b'"))
    result = small.run("move-database", postgres_url)
    assert (result.exit_code, "The move was broken off" in result.output) == (1, True)
    with large.inside():
        assert inspect(db.engine).get_table_names() == []


def test_one_that_is_killed_half_way_leaves_nothing_there(small, large, postgres_url):  # noqa: F811
    words = (
        "import os; from app import app; from opm.keeping import moving\n"
        "moving._compare = lambda *_: os.kill(os.getpid(), 9)\n"
        f"with app.app_context(): moving.move({postgres_url!r})"
    )
    killed = subprocess.run(
        [sys.executable, "-c", words], cwd=ROOT, env=os.environ | small.environ, capture_output=True
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with large.inside():
        assert inspect(db.engine).get_table_names() == []
    assert small.run("move-database", postgres_url).exit_code == 0
