"""From each version that there ever was, with a row in every table that it had, to the one of today."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import JSON, Boolean, Date, DateTime, Integer, MetaData, insert, select
from sqlalchemy.dialects.postgresql import JSONB

from opm.extensions import db, migrate
from opm.keeping import upgrading
from opm.posts.models import Post
from tests import cast
from tests.faults.conftest import postgres_url  # noqa: F401
from tests.keeping.test_backups import Place

VERSIONS = [f"{number:04}" for number in range(1, 32)]
AT = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
# What a word has to be for the row to make sense. Everything else is a word of its own.
WORDS = {
    ("post", "state"): "published",
    ("post", "slug"): "who-fills-the-sandbags",
    ("post", "format"): "markdown",
    ("post", "html"): "<p>Who fills them?</p>",
    ("thread", "address"): cast.POST,
    ("comment", "state"): "published",
    ("comment", "source_id"): "7",
    ("comment", "received_how"): "letter",
    ("decision", "act"): "approve",
    ("email", "state"): "sent",
    ("setting", "key"): "site_name",
    ("setting", "value"): "Northmere",
}
EMPTY = {("comment", "parent_id"), ("comment", "withdrawn_at"), ("post", "withdrawn_at"), ("decision", "undone_at")}
EMPTY |= {("announcement", "comment_id"), ("told", "comment_id")}


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """An instance on which nobody has started anything."""
    settings = {"OPM_DATABASE_URL": request.getfixturevalue("postgres_url")} if request.param == "postgresql" else {}
    return Place(tmp_path / "instance", **settings)


def fill(connection) -> dict[str, dict]:
    """A row in every table. Returns them."""
    metadata = MetaData()
    metadata.reflect(connection)
    filled = {}
    for table in metadata.sorted_tables:
        if table.name not in ("alembic_version",):
            connection.execute(table.delete())
            filled[table.name] = {column.name: value(table.name, column) for column in table.columns}
            connection.execute(insert(table).values(filled[table.name]))
    return filled


def value(table, column):
    """Something for one column."""
    if (table, column.name) in EMPTY:
        return None
    if (table, column.name) in WORDS:
        return WORDS[table, column.name]
    kind = column.type
    if isinstance(kind, (JSON, JSONB)):
        return ["admin"] if column.name == "roles" else []
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, DateTime):
        return AT if kind.timezone else AT.replace(tzinfo=None)
    if isinstance(kind, Date):
        return date(2026, 10, 1)
    return 1 if isinstance(kind, Integer) else f"some {column.name}"


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_of_an_older_version_is_lost(place, version):
    with place.inside():
        migrate.upgrade(version)
    with place.inside(), db.engine.begin() as connection:
        filled = fill(connection)
    with place.inside():
        upgrading.upgrade(with_backup=False)  # it looks whether the front page and the post can be made
    with place.inside(), db.engine.connect() as connection:
        now = MetaData()
        now.reflect(connection)
        for name, before in filled.items():
            after = connection.execute(select(now.tables[name])).mappings().one()
            assert {column: after[column] for column in before if column in after} == before, name
    with place.inside():
        assert db.session.scalars(Post.published()).one().address == cast.POST


def test_each_version_is_known_here(place):
    with place.inside():
        known = [script.revision for script in migrate.script_directory.walk_revisions()]
    assert sorted(known)[:-1] == VERSIONS
