"""`flask move-database URL`: a whole site from SQLite to PostgreSQL, or back, with every id as it was.

The tables are made and filled in one transaction at the other end, so whatever stops it leaves nothing there. Before
it ends every row is read at both ends and compared. The site stays as it is until its OPM_DATABASE_URL is changed.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from alembic.runtime.environment import EnvironmentContext
from flask import current_app
from sqlalchemy import Connection, Table, bindparam, insert, inspect, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from opm.config import ConfigError, database_url
from opm.extensions import db, engine_for, last_id, migrate, set_last_id
from opm.keeping import machine, postgres_dumps
from opm.lib import running, schema
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext

ROWS_AT_ONCE = 500


class MoveFailed(Exception):
    """Nothing was moved, and the other database is empty as before. Its text is a sentence."""


@dataclass(frozen=True)
class Moved:
    """Every row is in the other database, and was compared."""

    to: str  # the address, without its password, which may stand among its options, too
    row_count: int

    def lines(self) -> list[str]:
        """What to tell."""
        return [
            ngettext(
                "%(num)s row was carried over and compared.",
                "%(num)s rows were carried over and compared.",
                self.row_count,
            ),
            _(
                "Now set OPM_DATABASE_URL to the address that you named, with its password and options (%(to)s), and "
                "start the site. Pictures stay where they are.",
                to=self.to,
            ),
            _("The database that the site used so far was not changed. Delete it once all is well."),
        ]


def move(address: str) -> Moved:
    """Carries the site's rows into an empty database. Raises MoveFailed and WrongSchema."""
    schema.expect_current()
    there = _other_end(address)
    try:
        with running.alone(machine.instance()):
            _expect_nobody_else()
            with there.begin() as target:
                _expect_empty(target)
                _make_tables(target)
                with _held_still() as source:
                    count = _carry(source, target)
        return Moved(there.url.set(query={}).render_as_string(hide_password=True), count)
    except running.InUse:
        raise MoveFailed(_("The site or its worker is still at work here. Stop it first.")) from None
    except SQLAlchemyError as error:
        raise MoveFailed(_("The move was broken off: %(why)s.", why=schema.complaint(error))) from error
    finally:
        there.dispose()


def _other_end(address: str):
    try:
        engine = engine_for(make_url(database_url(address, machine.instance())))
    except ConfigError as error:
        raise MoveFailed(str(error).replace("OPM_DATABASE_URL", _("The address"))) from None
    if engine.dialect.name == db.engine.dialect.name:
        raise MoveFailed(
            _("That is the same kind of database as the site uses now. Use flask backup and flask restore for that.")
        )
    return engine


def _expect_nobody_else() -> None:
    """Raises InUse if anybody else is connected to PostgreSQL, from whatever machine."""
    if not machine.is_sqlite():
        postgres_dumps.expect_nobody_else()


@contextlib.contextmanager
def _held_still() -> Iterator[Connection]:
    """The site's database, to which nobody writes as long as this lasts. What is read is of one moment."""
    if machine.is_sqlite():
        with db.engine.begin() as source:  # takes the lock for writing
            yield source
        return
    with db.engine.execution_options(isolation_level="REPEATABLE READ").connect() as source:
        quote = source.dialect.identifier_preparer.quote
        names = ", ".join(quote(table.name) for table in db.metadata.sorted_tables)
        source.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
        yield source


def _expect_empty(target: Connection) -> None:
    if inspect(target).get_table_names():
        raise MoveFailed(_("There are tables in that database already. Name an empty one."))


def _make_tables(target: Connection) -> None:
    """As this code's migrations make them."""
    script = migrate.script_directory

    def missing(revision, _context):
        return script._upgrade_revs("heads", revision)

    with EnvironmentContext(migrate.config, script, fn=missing) as environment:
        environment.configure(connection=target, target_metadata=db.metadata, **current_app.config["ALEMBIC_CONTEXT"])
        environment.run_migrations()


def _carry(source: Connection, target: Connection) -> int:
    """All rows, in an order in which whatever a row speaks of is there before it. Returns how many."""
    tables = db.metadata.sorted_tables
    for table in reversed(tables):
        target.execute(table.delete())  # what the migrations begin with
    for table in tables:
        _carry_table(table, source, target)
    for table in tables:
        if "id" in table.c and (last := last_id(source, table)):
            set_last_id(target, table, last)
    return sum(_compare(table, source, target) for table in tables)


def _carry_table(table: Table, source: Connection, target: Connection) -> None:
    """A row may speak of a later one of its own table, as an imported reply can: that is filled in at the end."""
    later = [key.parent for key in table.foreign_keys if key.column.table is table]
    for rows in _batches(table, source):
        target.execute(insert(table), [row | {column.name: None for column in later} for row in rows])
    for column in later:
        filled = update(table).where(table.c.id == bindparam("of")).values({column: bindparam("to")})
        for rows in _batches(table, source):
            pairs = [{"of": row["id"], "to": row[column.name]} for row in rows if row[column.name] is not None]
            if pairs:
                target.execute(filled, pairs)


def _compare(table: Table, source: Connection, target: Connection) -> int:
    """Raises MoveFailed unless both ends hold the same. Returns how many rows that is."""
    count, total = _content(table, source)
    if _content(table, target) != (count, total):
        raise MoveFailed(_("The table “%(name)s” did not arrive as it was.", name=table.name))
    return count


def _content(table: Table, connection: Connection) -> tuple[int, int]:
    """How many rows there are, and a sum of their hashes: each server sorts words in an order of its own."""
    count, total = 0, 0
    for rows in _batches(table, connection):
        count += len(rows)
        total += sum(map(_hash, rows))
    return count, total


def _hash(row: dict) -> int:
    words = repr([_plain(value) for value in row.values()])
    return int.from_bytes(hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest())


def _plain(value):
    """As it can be compared: an object has no order of its own."""
    if isinstance(value, dict):
        return sorted((name, _plain(one)) for name, one in value.items())
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _batches(table: Table, connection: Connection) -> Iterator[list[dict]]:
    """Its rows, some at a time."""
    found = connection.execute(select(table), execution_options={"yield_per": ROWS_AT_ONCE})
    for rows in found.mappings().partitions(ROWS_AT_ONCE):
        yield [dict(row) for row in rows]
