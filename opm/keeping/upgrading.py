"""`flask upgrade`: from the tables of an older version to those of this one, or back to where they were.

The migrations are one transaction on both databases, so whatever stops them leaves the old tables. What comes out of
them is looked through: it is sound, no row is missing, and the site's pages can be made of it. If not, the backup that
was taken before is put back.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NoReturn

from flask import current_app
from sqlalchemy import func, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

from opm.extensions import db, migrate, reading
from opm.keeping import backups, database, machine, postgres_dumps
from opm.keeping.archive import BadBackup
from opm.keeping.findings import Grade
from opm.lib import logs, running, schema
from opm.lib.i18n import gettext as _
from opm.posts.models import Post

FOLDER = "backups"
KEPT = 3  # backups of before an upgrade


class UpgradeFailed(Exception):
    """The tables are as they were before, or its text, a sentence, says otherwise."""


class _Stumbled(Exception):
    """A migration did not come to its end. Its text is a sentence."""


class _Unsound(Exception):
    """What came out is not what it should be. Its text is a sentence."""


@dataclass(frozen=True)
class Upgraded:
    """The tables are those of this code."""

    was_needed: bool
    backup: str | None = None  # of before; None where there was nothing to keep, or nobody wanted one

    def lines(self) -> list[str]:
        """What to tell."""
        if not self.was_needed:
            return [_("Nothing to do: the tables are those of this version.")]
        kept = [_("A backup of before is at %(file)s", file=self.backup)] if self.backup else []
        return [*kept, _("The tables are now those of this version, and were looked through. You can start the site.")]


@dataclass(frozen=True)
class _Note:
    """What stands in the instance until an upgrade was looked through: so the next start knows that there was one."""

    before: dict[str, int]  # how many rows each table had
    backup: str | None
    failed: str = ""  # the sentence that was told then

    def write(self) -> None:
        draft = schema.note_of_upgrade().with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self) | {"to": _heads()}))
        draft.replace(schema.note_of_upgrade())

    @classmethod
    def left(cls) -> "_Note | None":
        """That of the last upgrade to this version, if it did not end well."""
        try:
            words = json.loads(schema.note_of_upgrade().read_text())
            return cls(**words) if words.pop("to") == _heads() else None
        except (OSError, ValueError, TypeError, KeyError):
            return None


def upgrade(with_backup: bool = True, by_itself: bool = False) -> Upgraded:
    """Backs up, migrates, looks through what came out, and puts the backup back if it is not sound.

    It wants to be alone, so that no older version is at work meanwhile. One that failed is not tried again `by_itself`,
    as a start would: a service that starts again and again would fill the disk with what failed. Raises UpgradeFailed,
    and WrongSchema if the database is ahead of this code.
    """
    note, is_current = _Note.left(), schema.is_current()
    if is_current and not note:
        schema.note_of_upgrade().unlink(missing_ok=True)  # it spoke of another version
        return Upgraded(was_needed=False)
    if note and note.failed and by_itself:
        raise UpgradeFailed(_("%(failed)s To try once more, run: flask upgrade", failed=note.failed))
    try:
        with running.alone(machine.instance()):
            if not machine.is_sqlite() and not schema.is_empty():
                postgres_dumps.expect_nobody_else()
            return _upgraded(note if is_current else None, with_backup and not schema.is_empty())
    except running.InUse:
        raise UpgradeFailed(
            _("The site, its worker or a backup is still at work here. Stop it first; then the tables are upgraded.")
        ) from None


def _upgraded(unfinished: _Note | None, with_backup: bool) -> Upgraded:
    """If one was stopped after the migrations, what is left to do is to look through what came out of them."""
    note = unfinished or _begun(with_backup)
    try:
        if not unfinished:
            _migrate()
        _look_through(note.before)
    except _Stumbled as error:
        _fail(note, str(error))
    except _Unsound as unsound:
        _fail(note, _put_back(note.backup, unsound))
    schema.note_of_upgrade().unlink(missing_ok=True)
    if note.backup:
        backups.drop_older(Path(note.backup), KEPT)
    return Upgraded(was_needed=True, backup=note.backup)


def _begun(with_backup: bool) -> _Note:
    note = _Note(_rows(), str(_backup().file) if with_backup else None)
    note.write()
    return note


def _migrate() -> None:
    try:
        schema.upgrade()
    except Exception as error:
        raise _Stumbled(
            _("The tables could not be upgraded, and are as they were: %(why)s.", why=_complaint(error))
        ) from error


def _fail(note: _Note, sentence: str) -> NoReturn:
    replace(note, failed=sentence).write()
    raise UpgradeFailed(sentence)


def _backup() -> backups.Made:
    folder = machine.instance() / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        return backups.make(folder)
    except (backups.BackupFailed, BadBackup, OSError) as refusal:
        raise UpgradeFailed(
            _(
                "Without a backup nothing is upgraded, and none could be made. %(why)s If you have one of your own, "
                "run: flask upgrade --without-backup",
                why=refusal,
            )
        ) from refusal


def _put_back(backup: str | None, unsound: _Unsound) -> str:
    if backup is None:
        return _("What came out is not sound. %(why)s Put your own backup back.", why=unsound)
    try:
        restored = backups.restore(Path(backup), force=True)
    except (backups.BackupFailed, BadBackup) as refusal:
        return _(
            "What came out is not sound. %(why)s The backup at %(file)s could not be put back. %(refusal)s",
            why=unsound,
            file=backup,
            refusal=refusal,
        )
    return _(
        "What came out was not sound. %(why)s So the site is back as it was: start it with the version that you had. "
        "What came out is kept at %(place)s",
        why=unsound,
        place=", ".join(restored.kept),
    )


def _heads() -> list[str]:
    return sorted(migrate.script_directory.get_heads())


# Looking through


def _look_through(before: dict[str, int]) -> None:
    """Raises _Unsound unless all is there, in order, and can be read."""
    try:
        for finding in database.integrity():
            if finding.grade is Grade.BROKEN:
                raise _Unsound(finding.sentence)
        for name, count in _rows().items():
            if count < before.get(name, 0):
                raise _Unsound(_("Rows are missing from the table “%(name)s”.", name=name))
        for path in _pages():
            _look_at(path)
    except SQLAlchemyError as error:
        raise _Unsound(f"{_complaint(error)}.") from error


def _rows() -> dict[str, int]:
    """How many rows each table has."""
    with current_app.app_context(), reading():
        names = inspect(db.session.connection()).get_table_names()
        return {name: db.session.scalar(select(func.count()).select_from(table(name))) for name in names}


def _pages() -> list[str]:
    with reading():
        post = db.session.scalar(Post.published().limit(1))
        return ["/", post.address] if post else ["/"]


def _look_at(path: str) -> None:
    """As a reader would, but for the page cache and whatever else stands in front."""
    try:
        with current_app.test_request_context(path, base_url=current_app.config["BASE_URL"]):
            status = current_app.full_dispatch_request().status_code
    except Exception as error:
        raise _Unsound(_("The page %(path)s cannot be made: %(why)s.", path=path, why=_complaint(error))) from error
    if status != 200:
        raise _Unsound(_("The page %(path)s cannot be made: it answers %(status)s.", path=path, status=status))


def _complaint(error: Exception) -> str:
    if isinstance(error, SQLAlchemyError):
        return schema.complaint(error)
    return logs.told(error)  # not in its own words: they can hold what stands in a row
