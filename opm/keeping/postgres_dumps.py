"""PostgreSQL in a backup: made by `pg_dump` of the snapshot that was counted, put back in one transaction.

The old tables stay, in a schema of their own whose name says when. The commit that sets them aside is the one that
brings the new ones, so whatever stops it, one or the other is there whole.
"""

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL, make_url

from opm.extensions import db
from opm.keeping.archive import BadBackup
from opm.lib.i18n import gettext as _
from opm.lib.running import InUse

SCHEMA = "public"
CONNECT_WITHIN_SECONDS = 5
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename"
SCHEMA_ENTRY = re.compile(r"\d+; \d+ \d+ (SCHEMA|COMMENT|ACL) - (SCHEMA )?" + SCHEMA + r"\b")


class ToolFailed(Exception):
    """`pg_dump` and its like are missing, too old, or said no. Its text is a sentence."""


def take(to: Path) -> tuple[str, dict[str, int], str]:
    """Dumps it to a file. Returns revision, rows of each table and the site's name, of the same moment.

    Raises ToolFailed.
    """
    url = db.engine.url
    with _connected(url) as connection:
        _expect_tool("pg_dump", connection.info.server_version // 10000)
        connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()[0]
        facts = _revision(connection), _counts(connection), _name(connection)
        what = [f"--schema={SCHEMA}", f"--snapshot={snapshot}", "--no-owner", "--no-privileges"]
        how = ["--format=custom", f"--file={to}", "--lock-wait-timeout=5000", "--no-password", _address(url)]
        _run(url, ["pg_dump", *what, *how])
        return facts


def check(dump: Path) -> None:
    """Raises BadBackup unless `pg_restore` can read it. Raises ToolFailed if there is none."""
    _entries(dump)


def is_something_there() -> bool:
    """Whether there are tables."""
    with _connected(db.engine.url) as connection:
        return connection.execute(TABLES, [SCHEMA]).fetchone() is not None


def expect_nobody_else() -> None:
    """Raises InUse if anybody else is connected. This process lets go of its own connections first."""
    db.session.remove()
    db.engine.dispose()
    with _connected(db.engine.url) as connection:
        if connection.execute(OTHERS).fetchone()[0]:
            raise InUse


def put_back(dump: Path, aside: str, revision: str, counts: dict[str, int]) -> None:
    """In one transaction: sets the old tables aside under that schema name, brings the new ones, counts them.

    Raises ToolFailed, and then all is as it was.
    """
    url, listing = db.engine.url, dump.with_suffix(".list")
    listing.write_text("\n".join(line for line in _entries(dump) if not SCHEMA_ENTRY.match(line)))
    reading = ["pg_restore", "--no-owner", "--no-privileges", f"--use-list={listing}", "--file=-", str(dump)]
    writing = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--no-password", "--output=/dev/null", _address(url)]
    with (
        subprocess.Popen(writing, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=_environ(url)) as psql,
        subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as pg_restore,
    ):
        with contextlib.suppress(BrokenPipeError):  # it said no: why, is asked below
            psql.stdin.write(_prologue(aside).encode())
            shutil.copyfileobj(pg_restore.stdout, psql.stdin)
            if pg_restore.wait() == 0:
                psql.stdin.write(_epilogue(revision, counts).encode())
        with contextlib.suppress(BrokenPipeError):
            psql.stdin.close()
        psql.stdin = None
        pg_restore.stdout.close()
        said = psql.stderr.read() or pg_restore.stderr.read()
    if psql.returncode or pg_restore.returncode:
        raise ToolFailed(_("PostgreSQL refused the backup, and all is as it was: %(why)s.", why=_complaint(said)))


def has_been_put_aside(address: str, aside: str) -> bool:
    """Whether the transaction of `put_back` was committed."""
    with _connected(make_url(address)) as connection:
        found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [aside]).fetchone()
        return found is not None


def forget_if_empty(aside: str) -> bool:
    """Takes a schema away if nothing is in it. Returns whether it was so."""
    with _connected(db.engine.url) as connection:
        if connection.execute(TABLES, [aside]).fetchone():
            return False
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {}").format(sql.Identifier(aside)))
        return True


def _prologue(aside: str) -> str:
    return f"BEGIN;\nSET lock_timeout = '5s';\nALTER SCHEMA {SCHEMA} RENAME TO {aside};\nCREATE SCHEMA {SCHEMA};\n"


def _epilogue(revision: str, counts: dict[str, int]) -> str:
    """The names and numbers are those of a manifest that was found sound."""
    wrong = [f'(SELECT count(*) FROM {SCHEMA}."{table}") <> {count}' for table, count in counts.items()]
    wrong.append(f"NOT EXISTS (SELECT 1 FROM {SCHEMA}.alembic_version WHERE version_num = '{revision}')")
    checks = "".join(f"IF {each} THEN RAISE EXCEPTION 'it is not what the manifest says'; END IF;\n" for each in wrong)
    return f"\nDO $check$ BEGIN\n{checks}END $check$;\nCOMMIT;\n"


def _entries(dump: Path) -> list[str]:
    done = _ran(["pg_restore", "--list", str(dump)])
    if done.returncode:
        raise BadBackup(_("The database in this backup cannot be read: %(why)s.", why=_complaint(done.stderr)))
    return done.stdout.decode(errors="replace").splitlines()


def _expect_tool(tool: str, server: int) -> None:
    """Raises ToolFailed unless it is there and as new as the server."""
    said = _ran([tool, "--version"]).stdout.decode(errors="replace")
    found = re.search(r"\) (\d+)", said)
    if not found or int(found[1]) < server:
        raise ToolFailed(
            _(
                "%(tool)s is older than the server. Install the client of PostgreSQL %(server)s or newer.",
                tool=tool,
                server=server,
            )
        )


def _run(url: URL, words: list[str]) -> None:
    done = _ran(words, _environ(url))
    if done.returncode:
        raise ToolFailed(_("%(tool)s did not succeed: %(why)s.", tool=words[0], why=_complaint(done.stderr)))


def _ran(words: list[str], environ=None) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(words, capture_output=True, env=environ, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise ToolFailed(
            _("%(tool)s is missing here. Install PostgreSQL's client (Debian: postgresql-client).", tool=words[0])
        ) from None


def _complaint(said: bytes) -> str:
    """The first line that a tool said, in one line of plain characters."""
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return "".join(c for c in (lines or ["?"])[0] if c.isprintable()).rstrip(".")[:300]


def _connected(url: URL):
    return psycopg.connect(**_parameters(url), connect_timeout=CONNECT_WITHIN_SECONDS)


def _address(url: URL) -> str:
    """As the tools take it, without the password: others on the machine see what a command was given."""
    given = {name: value for name, value in _parameters(url).items() if name != "password"}
    return "--dbname=" + make_conninfo(**given)


def _environ(url: URL) -> dict[str, str]:
    password = _parameters(url).get("password")
    return dict(os.environ) | ({"PGPASSWORD": password} if password else {})


def _parameters(url: URL) -> dict:
    return url.get_dialect()().create_connect_args(url)[1]


def _revision(connection) -> str:
    if not connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.alembic_version"]).fetchone()[0]:
        raise BadBackup(_("The database has no tables yet."))
    return connection.execute(f"SELECT version_num FROM {SCHEMA}.alembic_version").fetchone()[0]


def _counts(connection) -> dict[str, int]:
    count = sql.SQL("SELECT count(*) FROM {}.{}")
    names = [row[0] for row in connection.execute(TABLES, [SCHEMA]).fetchall()]
    return {name: _number(connection, count.format(sql.Identifier(SCHEMA), sql.Identifier(name))) for name in names}


def _number(connection, question) -> int:
    return connection.execute(question).fetchone()[0]


def _name(connection) -> str:
    row = connection.execute(f"SELECT value::text FROM {SCHEMA}.setting WHERE key = 'site_name'").fetchone()
    return row[0] if row else '""'
