"""What the doctor sees of the machine: who runs this, the secret, the files, the disk, the SQLite library."""

import json
import os
import pwd
import shutil
import stat
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy.engine import make_url

from opm import extensions
from opm.config import SECRET_FILE
from opm.filters import length
from opm.keeping.findings import Finding, broken, look, ok, size
from opm.lib import clock
from opm.lib.i18n import gettext as _

MB = 1000 * 1000
BACKUPS_NOTE = "backups.json"  # in the instance folder
BACKUP_IS_DUE_AFTER, BACKUP_IS_OLD_AFTER = timedelta(days=2), timedelta(days=14)
LEAST_FREE = 500 * MB
HARDLY_FREE = 50 * MB
LEAST_FREE_FILES = 1000
OTHERS = stat.S_IRWXG | stat.S_IRWXO
WRITING_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def user() -> Iterator[Finding]:
    """Whether whoever asks is whom the site belongs to."""
    mine, theirs = os.geteuid(), instance().stat().st_uid
    if mine == theirs:
        yield ok(_("user"), _("The site’s folder belongs to you, %(user)s.", user=_name(mine)))
        return
    yield look(
        _("user"),
        _("You are %(user)s, and the site’s folder belongs to %(owner)s.", user=_name(mine), owner=_name(theirs)),
        _("Run this as %(owner)s, to see what the site sees: sudo -u %(owner)s …", owner=_name(theirs)),
    )


def secret() -> Iterator[Finding]:
    """Whether only the site can read it. That it is long enough is seen at each start."""
    file, secret = instance() / SECRET_FILE, current_app.secret_key
    if not file.exists() or file.read_text().strip() != secret:
        length = len(secret)
        yield ok(_("secret"), _("It comes from OPM_SECRET_KEY and has %(length)s characters.", length=length))
    elif mode(file) & OTHERS:
        yield broken(
            _("secret"),
            _("Others on this machine can read it, and so sign in as anybody and open every link that was mailed."),
            _("Run: chmod 600 %(file)s", file=file),
        )
    else:
        yield ok(_("secret"), _("It is long enough, and nobody but its owner can read it."))


def files() -> Iterator[Finding]:
    """Whether the site can write where it must, and others can neither write there nor read what people wrote."""
    folder, faults = instance(), []
    if mode(folder) & WRITING_OTHERS:
        faults.append(
            broken(
                _("files"),
                _("Others on this machine can change what is in %(folder)s.", folder=folder),
                _("Run: chmod go-w %(folder)s", folder=folder),
            )
        )
    for file in _database_files():
        if mode(file) & OTHERS:
            faults.append(
                look(
                    _("files"),
                    _("Others on this machine can read %(name)s, which holds names and addresses.", name=file.name),
                    _("Run: chmod 600 %(file)s", file=file),
                )
            )
    for path in (folder, *_database_files()):
        if not os.access(path, os.W_OK):
            faults.append(
                broken(
                    _("files"),
                    _("You cannot write to %(path)s, so a site that you start cannot either.", path=path),
                    _("Run: chown %(user)s %(path)s", user=_name(os.geteuid()), path=path),
                )
            )
    yield from faults or [ok(_("files"), _("The site can write its files, and others cannot read them."))]


def disk() -> Iterator[Finding]:
    """Whether there is room for the database to grow, and for a copy of it."""
    free, held = shutil.disk_usage(instance()).free, database_size()
    sentence = _("%(free)s are free where the site is kept.", free=size(free))
    advice = _("Make room: delete old backups and logs there, or give it a larger disk.")
    files = os.statvfs(instance())
    if free < max(HARDLY_FREE, held / 10):
        yield broken(_("disk"), sentence, advice)
    elif free < max(LEAST_FREE, 2 * held):
        yield look(_("disk"), sentence, advice)
    elif files.f_files and files.f_favail < LEAST_FREE_FILES:
        yield look(_("disk"), _("Only %(count)s more files can be made there.", count=files.f_favail), advice)
    else:
        yield ok(_("disk"), sentence)


def sqlite_library() -> Iterator[Finding]:
    """Whether SQLite, if it is used, is one that loses no commits."""
    if not is_sqlite():
        return
    version = extensions.sqlite_library.sqlite_version
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        is_safe = extensions.journal_mode(extensions.sqlite_library.sqlite_version_info) == "WAL"
    if is_safe:
        yield ok(_("SQLite"), _("Its version %(version)s loses no commits.", version=version))
    else:
        yield look(
            _("SQLite"),
            _("Version %(version)s can lose commits in its fast mode, so the site uses the slow one.", version=version),
            _("Install what requirements.txt names (./run does), with it comes a newer one."),
        )


def wal() -> Iterator[Finding]:
    """Whether the file of what was written lately stays small: a reader who never finishes lets it grow."""
    file = database_file()
    log = file and file.with_name(f"{file.name}-wal")
    if log is None or not log.exists():
        return
    taken = log.stat().st_size
    if taken <= max(100 * MB, 2 * file.stat().st_size):
        yield ok(_("WAL"), _("%(size)s wait to be moved into the database file, which is usual.", size=size(taken)))
        return
    yield look(
        _("WAL"),
        _("%(name)s has grown to %(size)s: somebody reads and never finishes.", name=log.name, size=size(taken)),
        _("Start the site again. Close what else has the database open, such as a backup that hangs."),
    )


def backup() -> Iterator[Finding]:
    """Whether the last backup is young enough to be of use."""
    at, advice = last_backup_at(), _("Run: flask backup FILE. Let a timer do so each night, and keep copies elsewhere.")
    if at is None and current_app.config["IS_LOOPBACK"]:
        yield ok(_("backup"), _("None was ever made, which may do for a site on a machine of your own."))
    elif at is None:
        yield look(_("backup"), _("None was ever made."), advice)
    elif at > clock.now():
        yield look(_("backup"), _("The last one is of the future: the clock was set back since."), advice)
    else:
        age = clock.now() - at
        grade = broken if age > BACKUP_IS_OLD_AFTER else look if age > BACKUP_IS_DUE_AFTER else ok
        sentence = _("The last one was made %(time)s ago.", time=length(age))
        yield ok(_("backup"), sentence) if grade is ok else grade(_("backup"), sentence, advice)


def last_backup_at() -> datetime | None:
    """When it was made, by the note that each backup leaves once it was looked through. None where nobody can say."""
    try:
        at = datetime.fromisoformat(json.loads((instance() / BACKUPS_NOTE).read_text())["made_at"])
        return at.astimezone(UTC) if at.tzinfo else None
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def instance() -> Path:
    """The folder where everything is kept."""
    return Path(current_app.instance_path)


def is_sqlite() -> bool:
    """Which of the two databases it is."""
    return current_app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")


def database_file() -> Path | None:
    """SQLite's file; None where PostgreSQL keeps the data."""
    return Path(make_url(current_app.config["SQLALCHEMY_DATABASE_URI"]).database) if is_sqlite() else None


def database_size() -> int:
    """Bytes that SQLite's files take; 0 where PostgreSQL keeps the data, which may be on another disk."""
    return sum(file.stat().st_size for file in _database_files())


def mode(path: Path) -> int:
    """What its owner and others may do with it."""
    return stat.S_IMODE(path.stat().st_mode)


def _database_files() -> list[Path]:
    file = database_file()
    beside = [file.with_name(f"{file.name}{ending}") for ending in ("", "-wal", "-shm")] if file else []
    return [path for path in beside if path.exists()]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
