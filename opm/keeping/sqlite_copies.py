"""SQLite in a backup: a copy made with its own backup API while the site goes on, and one put in its place.

In WAL mode the copy is made in one step: it is one reader, which sees the database as it was at one moment and keeps
no writer waiting, and new commits go to the log meanwhile. (In steps it would begin anew with each comment that comes
in, and on a busy site never end.) Measured on 2 busy cores with 160 MB while three people post without a rest: the
longest wait is 75 ms, and 56 ms without a backup (`tests/faults/test_backup.py` prints it anew). Where this SQLite
cannot use WAL, a reader does block writers: there it goes in steps of 4 MB with a rest between, so that nobody waits
longer than one step.
"""

import contextlib
from pathlib import Path

from flask import current_app

from opm.extensions import db, sqlite_library
from opm.keeping import machine
from opm.keeping.archive import BadBackup
from opm.lib.i18n import gettext as _
from opm.lib.running import InUse

PAGES_A_STEP = 1000
REST_SECONDS = 0.02
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"


def take(to: Path) -> tuple[str, dict[str, int], str]:
    """Copies it to a file that nothing else belongs to. Returns revision, rows of each table, the site's name."""
    file = machine.database_file()
    with _connected(file) as source, _connected(to) as target:
        target.execute("PRAGMA synchronous = OFF")  # the archive is what is synced
        is_wal = source.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        source.backup(target, pages=-1 if is_wal else PAGES_A_STEP, sleep=REST_SECONDS)
        target.execute("PRAGMA journal_mode = DELETE")
        return _revision(target), _counts(target), _name(target)


def check(file: Path, revision: str, counts: dict[str, int]) -> None:
    """Looks at each page of a copy. Raises BadBackup unless it is sound, and what the manifest says."""
    try:
        with _connected(file) as copy:
            copy.execute("PRAGMA trusted_schema = OFF")
            sound = [row[0] for row in copy.execute("PRAGMA integrity_check(1)")] == ["ok"]
            orphans = copy.execute("PRAGMA foreign_key_check").fetchone()
            if not sound or orphans:
                raise BadBackup(_("The database in this backup is damaged."))
            if (_revision(copy), _counts(copy)) != (revision, counts):
                raise BadBackup(_("The database in this backup is not the one that its manifest speaks of."))
    except sqlite_library.Error as error:
        raise BadBackup(_("The database in this backup is damaged (%(why)s).", why=error)) from None


def is_something_there() -> bool:
    """Whether there is a database that holds more than nothing."""
    file = machine.database_file()
    return file.exists() and file.stat().st_size > 0


def close_the_old() -> None:
    """Makes one whole file of the old one. Raises InUse if anybody else has it open. A damaged one stays as it is."""
    db.session.remove()
    db.engine.dispose()
    if not is_something_there():
        return
    try:
        with _connected(machine.database_file()) as old:
            old.execute("PRAGMA busy_timeout = 0")
            old.execute("PRAGMA journal_mode = DELETE")
            old.execute("BEGIN EXCLUSIVE")
            old.execute("ROLLBACK")
    except sqlite_library.OperationalError as error:
        if "locked" in str(error):
            raise InUse from None
    except sqlite_library.DatabaseError:
        current_app.logger.warning("the old database is damaged, so it is kept as it is")


@contextlib.contextmanager
def _connected(file: Path):
    with contextlib.closing(sqlite_library.connect(file, isolation_level=None)) as connection:
        yield connection


def _revision(connection) -> str:
    try:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    except (sqlite_library.OperationalError, TypeError):
        raise BadBackup(_("The database has no tables yet.")) from None


def _counts(connection) -> dict[str, int]:
    names = [row[0] for row in connection.execute(TABLES)]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in sorted(names)}


def _name(connection) -> str:
    row = connection.execute("SELECT value FROM setting WHERE key = 'site_name'").fetchone()
    return row[0] if row else '""'
