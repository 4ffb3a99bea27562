"""The database, migrations, forms' defence and mail; and what SQLite and PostgreSQL do differently.

A request that may not write begins read-only, so that the database itself keeps the promise that a GET changes
nothing. One that may write takes the write lock at once (`BEGIN IMMEDIATE`): it never has to upgrade a read lock,
which SQLite would refuse. After a request's one commit, whatever it still reads is read-only again.
"""

import contextlib
import contextvars
import os
import sqlite3
import stat
import threading
import time
import warnings
from enum import StrEnum

from flask import g, has_request_context, request
from flask_alembic import Alembic
from flask_mail import Mail
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import URL, Connection, Engine, MetaData, Table, create_engine, event, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase

try:
    from pysqlite3 import dbapi2 as sqlite_library
except ImportError:
    sqlite_library = sqlite3

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
BUSY_WAIT_SECONDS = 5
NAP_SECONDS = 0.001
WAL_PAGES_KEPT = 16 * 1024 * 1024
# Connections enough for a worker of the server: those of its threads that find none wait. What was typed stands in no
# message of the database.
SQLITE = {"module": sqlite_library, "pool_size": 40, "hide_parameters": True}
POSTGRES = {
    "pool_size": 10,
    "max_overflow": 22,
    "pool_pre_ping": True,
    "hide_parameters": True,
    "connect_args": {"options": f"-c lock_timeout={BUSY_WAIT_SECONDS}s", "connect_timeout": BUSY_WAIT_SECONDS},
}
# SQLite's result codes and PostgreSQL's states (https://sqlite.org/rescode.html, appendix A of PostgreSQL's manual).
REFUSES_CHANGES = {sqlite_library.SQLITE_READONLY, "25006"}
DISK_IS_FULL = {sqlite_library.SQLITE_FULL, "53100"}
DISK_FAILS = {sqlite_library.SQLITE_IOERR, "58030"}

NAMING = {  # a constraint without a name can never be dropped
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """What every table is. On SQLite an id is never given twice, since mails and links speak of ids."""

    metadata = MetaData(naming_convention=NAMING)

    __table_args__ = {"sqlite_autoincrement": True}


# Rows keep their values after the commit: what is shown next is what was just decided, without asking again.
db = SQLAlchemy(model_class=Model, session_options={"expire_on_commit": False})
migrate = Alembic(metadatas=Model.metadata)
csrf = CSRFProtect()
mail = Mail()


def init(app) -> None:
    """Ties the extensions to the app and the engine to the rules above."""
    is_sqlite = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", SQLITE if is_sqlite else POSTGRES)
    app.config.setdefault("ALEMBIC", {"script_location": "migrations"})
    app.config.setdefault("ALEMBIC_CONTEXT", {"render_as_batch": True, "compare_type": True})
    db.init_app(app)
    migrate.init_app(app)
    csrf.init_app(app)
    mail.init_app(app)
    with app.app_context():
        _hold(db.engine)
    event.listen(db.session, "after_commit", _remember_the_commit)


def engine_for(url: URL) -> Engine:
    """An engine for another database than the site's, by the same rules."""
    engine = create_engine(url, **(SQLITE if url.drivername == "sqlite" else POSTGRES))
    _hold(engine)
    return engine


def _hold(engine):
    rules = _SqliteRules() if engine.dialect.name == "sqlite" else _PostgresRules()
    rules.hold(engine)


_reading = contextvars.ContextVar("reading", default=False)


@contextlib.contextmanager
def reading():
    """What is done here is read-only and holds up no writer, whoever asks. Rows that were read stay usable."""
    before = _reading.set(True)
    try:
        yield
        db.session.commit()
    finally:
        db.session.rollback()
        _reading.reset(before)


def may_write() -> bool:
    """Whether a transaction that begins now may change anything."""
    if _reading.get():
        return False
    return not has_request_context() or (request.method not in SAFE_METHODS and not g.get("has_committed"))


class Trouble(StrEnum):
    """What keeps a database from doing as it is told, though nothing is wrong with what it was told."""

    BUSY = "busy"  # locked, away, or starting: it will pass by itself
    FULL = "full"  # its disk
    FAILING = "failing"  # its disk, or a quota is used up
    READ_ONLY = "read-only"  # its file, its disk or the server


def trouble(error: DBAPIError) -> Trouble | None:
    """What it is; None where what it was told is at fault, such as a change where only looking is allowed.

    One that came while an earlier one was dealt with tells less: SQLite undoes all by itself when its disk is full, and
    then knows no savepoint to go back to.
    """
    code = _code(_first(error))
    if code in REFUSES_CHANGES:
        return Trouble.READ_ONLY if may_write() else None
    if code in DISK_IS_FULL:
        return Trouble.FULL
    if code in DISK_FAILS:
        return Trouble.FAILING
    return Trouble.BUSY if isinstance(error, (OperationalError, InterfaceError)) else None


def _first(error: BaseException) -> BaseException:
    """Of the driver's errors that led to this one, the first."""
    first = None
    while error is not None:
        first, error = getattr(error, "orig", first), error.__cause__ or error.__context__
    return first


def _code(error) -> int | str | None:
    """What a driver's error says to programs."""
    if isinstance(error, sqlite_library.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF  # what is above that only tells more of the same
    return getattr(error, "sqlstate", None)


def insert(table):
    """INSERT with `on_conflict_do_update` and `_do_nothing`, in the dialect of the database in use."""
    return (sqlite if db.engine.dialect.name == "sqlite" else postgresql).insert(table)


def keep_ids_free(table: Table, up_to: int) -> None:
    """Ids up to this one can be given by hand: those that the database gives are larger from now on.

    On PostgreSQL this holds at once and for good, whatever becomes of the transaction, and begins when those who are
    writing in the table have finished. Call it before writing there.
    """
    if db.engine.dialect.name == "sqlite":
        here = {"name": table.name, "seq": up_to}
        raised = text("UPDATE sqlite_sequence SET seq = max(seq, :seq) WHERE name = :name")
        if not db.session.execute(raised, here).rowcount:
            db.session.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), here)
        return
    with db.engine.begin() as connection:
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE MODE"))
        connection.execute(select(func.setval(_sequence(table), func.greatest(up_to, func.nextval(_sequence(table))))))


def new_id(table: Table) -> int:
    """An id as the database would give it, for a row that is written later. Call `keep_ids_free` first."""
    with db.session.no_autoflush:  # what waits to be written is written together
        if db.engine.dialect.name == "sqlite":
            raised = text("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = :name RETURNING seq")
            return db.session.scalar(raised, {"name": table.name})
        return db.session.scalar(select(func.nextval(_sequence(table))))


def last_id(connection: Connection, table: Table) -> int | None:
    """The largest id that this table ever gave, also where its row is gone. None if it gave none, or gives none."""
    if connection.dialect.name == "sqlite":
        return connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
    sequence = connection.scalar(select(_sequence(table)))
    return sequence and connection.scalar(text(f"SELECT CASE WHEN is_called THEN last_value END FROM {sequence}"))


def set_last_id(connection: Connection, table: Table, last: int) -> None:
    """The ids that it gives from now on are larger."""
    if connection.dialect.name == "sqlite":
        here = {"name": table.name, "seq": last}
        if not connection.execute(text("UPDATE sqlite_sequence SET seq = :seq WHERE name = :name"), here).rowcount:
            connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), here)
    elif connection.scalar(select(_sequence(table))):
        connection.execute(select(func.setval(_sequence(table), last)))


def _sequence(table: Table):
    return func.pg_get_serial_sequence(table.name, "id")


def _remember_the_commit(session):
    if has_request_context() and not _reading.get():
        g.has_committed = True


class _PostgresRules:
    def hold(self, engine):
        event.listen(engine, "begin", self.begin)

    def begin(self, connection):
        # Where it may write, the server has its say still: one that is told to take no changes takes none.
        connection.connection.driver_connection.read_only = None if may_write() else True


class _SqliteRules:
    """Writers of this process queue for a lock here, fairly and awake at once; between processes waiting is by naps."""

    def __init__(self):
        self.turn = threading.Lock()

    def hold(self, engine):
        event.listen(engine, "do_connect", self.make_file)
        event.listen(engine, "connect", self.connect)
        event.listen(engine, "begin", self.begin)
        event.listen(engine, "checkin", self.checkin)

    def make_file(self, _dialect, _record, words, _names):
        """For its owner alone: SQLite would let others read it. What stands beside it is made like it.

        It is not opened for that. To close a file lets go of all locks that this process has on it.
        Source: https://sqlite.org/howtocorrupt.html, section 2.2
        """
        if not words[0].startswith("file:"):
            with contextlib.suppress(OSError):  # it is there already; or SQLite says what is wrong
                os.mknod(words[0], stat.S_IFREG | 0o600)

    def connect(self, connection, _record):
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute(f"PRAGMA busy_timeout = {BUSY_WAIT_SECONDS * 1000}")
        connection.execute(f"PRAGMA journal_mode = {journal_mode(sqlite_library.sqlite_version_info)}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what was erased is gone from the file, too
        connection.execute(f"PRAGMA journal_size_limit = {WAL_PAGES_KEPT}")
        connection.create_function("lower", 1, _lower, deterministic=True)

    def begin(self, connection):
        raw = connection.connection.driver_connection
        if not may_write():
            self.allow(connection, writing=False)
            raw.execute("BEGIN")
            return
        has_turn = connection.info.get("has_turn")  # from its last transaction, if it was not given back since
        if not has_turn and not self.turn.acquire(timeout=BUSY_WAIT_SECONDS):
            raise OperationalError("BEGIN IMMEDIATE", None, sqlite_library.OperationalError("database is locked"))
        connection.info["has_turn"] = True
        self.allow(connection, writing=True)
        try:
            _begin_immediate(raw)
        except sqlite_library.Error as error:
            self.checkin(raw, connection)
            raise OperationalError("BEGIN IMMEDIATE", None, error) from error

    def allow(self, connection, writing: bool):
        """Said only where it was otherwise before: SQLite then prepares every statement of this connection anew."""
        if connection.info.get("may_write") != writing:
            connection.connection.driver_connection.execute(f"PRAGMA query_only = {'OFF' if writing else 'ON'}")
            connection.info["may_write"] = writing

    def checkin(self, _raw, record):
        if record.info.pop("has_turn", False):
            self.turn.release()


def _lower(value):
    """In small letters, as PostgreSQL has it: SQLite by itself knows those of English alone."""
    return value.lower() if isinstance(value, str) else value


def _begin_immediate(connection) -> None:
    """Takes the lock for writing, tried each millisecond: SQLite's own naps grow to a tenth of a second."""
    ends = time.monotonic() + BUSY_WAIT_SECONDS
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while not _has_begun(connection, is_last_try=time.monotonic() >= ends):
            time.sleep(NAP_SECONDS)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_WAIT_SECONDS * 1000)}")


def _has_begun(connection, is_last_try: bool) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite_library.OperationalError as error:
        if is_last_try or "locked" not in str(error):
            raise
        return False
    return True


def journal_mode(version: tuple[int, int, int]) -> str:
    """WAL where this SQLite has the fix for its lost commits (3.51.3, 3.50.7, 3.44.6), else the slower DELETE.

    Source: https://sqlite.org/wal.html#walresetbug
    """
    fixed = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    if not fixed:
        warnings.warn(
            f"SQLite {'.'.join(map(str, version))} can lose commits in WAL mode: running without it.", stacklevel=2
        )
    return "WAL" if fixed else "DELETE"
