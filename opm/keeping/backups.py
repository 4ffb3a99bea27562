"""`flask backup` and `flask restore`: a whole site in one file, and back.

The file holds the database, the pictures, and the secret. Without the secret every link that was ever mailed would be
dead, receipts among them, and those who said "never mail me again" would be mailed again, since only a hash that is
keyed by it remembers them. With it the file opens everything, as the instance folder does: it is written for its owner
alone (0600), and a copy that others can reach is made with `secret=False`, or encrypted.

The database is copied first, the pictures after it: a picture is stored before the row that shows it, so all that the
copy shows are there.
"""

import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from alembic.util import CommandError
from flask import current_app

from opm.config import RESTORING, SECRET_FILE
from opm.extensions import migrate, sqlite_library
from opm.keeping import archive, machine, postgres_dumps, putting_back, sqlite_copies
from opm.keeping.archive import BadBackup, Manifest
from opm.keeping.findings import size
from opm.keeping.putting_back import Step, ready_for
from opm.lib import clock, running
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext
from opm.lib.slugs import slug
from opm.posts.pictures import media

NOTE = "backups.json"
DRAFTS = ".opm-backup-"
AT = "%Y%m%d-%H%M%S"
ROOM_TO_SPARE = 16 * 1024 * 1024
POSTS, COMMENTS = "post", "comment"


class BackupFailed(Exception):
    """No backup was made, or none was put back; all is as it was. Its text is a sentence."""


@dataclass(frozen=True)
class Made:
    """A backup that was made and looked through."""

    file: Path
    manifest: Manifest
    dropped: tuple[Path, ...] = ()  # older ones that were deleted

    def lines(self) -> list[str]:
        """What to tell."""
        told = [
            _(
                "%(file)s holds %(what)s (%(size)s), and was opened and looked through.",
                file=self.file,
                what=contents(self.manifest),
                size=size(self.file.stat().st_size),
            )
        ]
        if self.manifest.has_secret:
            told.append(_("The site’s secret is in it: whoever reads it can open every link and sign in as anybody."))
        if self.dropped:
            told.append(
                ngettext("%(num)s older backup was deleted.", "%(num)s older backups were deleted.", len(self.dropped))
            )
        return told


@dataclass(frozen=True)
class Restored:
    """A backup that was put back."""

    manifest: Manifest
    kept: tuple[str, ...]  # where the old site is now
    is_current: bool  # whether the tables are those of this code
    opens_links: bool  # whether the secret in use is known to be that of the backup

    def lines(self) -> list[str]:
        """What to tell."""
        manifest = self.manifest
        told = [
            _(
                "The site of %(at)s is back: %(what)s.",
                at=f"{manifest.made_at:%Y-%m-%d %H:%M} UTC",
                what=contents(manifest),
            )
        ]
        told += [_("What was here before is kept at %(place)s", place=place) for place in self.kept]
        if self.kept:
            told.append(_("It holds people’s addresses, and no clock takes them: delete it once all is well."))
        if not self.opens_links:
            told.append(
                _(
                    "The secret in use is not one from this backup: unless it is the same, links that were mailed no "
                    "longer open. Put the old one at %(file)s, or into OPM_SECRET_KEY if you set that.",
                    file=machine.instance() / SECRET_FILE,
                )
            )
        if not self.is_current:
            told.append(_("Its tables are those of an older version. Run: flask upgrade"))
        return told


def contents(manifest: Manifest) -> str:
    """What is in it, in a few words."""
    posts, comments = manifest.counts.get(POSTS, 0), manifest.counts.get(COMMENTS, 0)
    pictures = len(manifest.pictures)
    return ", ".join(
        [
            ngettext("%(num)s post", "%(num)s posts", posts),
            ngettext("%(num)s comment", "%(num)s comments", comments),
            ngettext("%(num)s picture", "%(num)s pictures", pictures),
        ]
    )


def make(file: Path, keep: int | None = None, secret: bool = True) -> Made:
    """Backs the site up while it runs, into a new file, or under a name of its own into a folder.

    With `keep`, that many of this site's backups stay in the folder. Raises BackupFailed; then there is no new file,
    and the older ones are all there.
    """
    file = Path(file).absolute()
    is_folder = file.is_dir()
    if is_folder:
        file = file / f"{_site()}-{clock.now():{AT}}.zip"
    elif keep is not None:
        raise BackupFailed(_("To keep so many backups, name a folder for them, not a file."))
    try:
        with _plainly(), running.together(machine.instance()), _draft_folder(file.parent) as folder:
            if file.exists():
                raise BackupFailed(_("There is a file %(file)s already. Choose another name.", file=file))
            manifest = _written(folder, file.name, secret)
            _published(folder / file.name, file)
    except running.InUse:
        raise BackupFailed(
            _("A backup is being put back, or the tables are being changed. Try again when that is done.")
        ) from None
    with _plainly():
        _note(manifest.made_at)
        return Made(file, manifest, drop_older(file, keep) if keep else ())


def check(file: Path) -> Manifest:
    """What is in a backup, after each member was read to its end, and the database was opened and looked through.

    It needs room for the database beside this site's own files. Raises BadBackup.
    """
    with _draft_folder(machine.instance()) as folder:
        return _checked(Path(file), folder)


def restore(file: Path, force: bool = False) -> Restored:
    """Puts a backup in place of what is here, which must be nothing, or with `force` is kept beside.

    Raises BadBackup and BackupFailed; then nothing was changed.
    """
    instance = machine.instance()
    try:
        with _plainly(), running.alone(instance):
            return _put_back(Path(file), force)
    except running.InUse:
        raise BackupFailed(_("The site is running, or something else has its database open. Stop it first.")) from None


def newest(instance) -> datetime | None:
    """When the last backup of this site was made that turned out well; None if none was, or nobody can say."""
    try:
        return datetime.fromisoformat(json.loads((Path(instance) / NOTE).read_text())["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def drop_older(newest: Path, keep: int) -> tuple[Path, ...]:
    """Keeps so many in its folder, itself among them, and returns the others, which it deleted.

    It deletes only files with a name of this site's backups that are backups of this site.
    """
    ours = re.compile(re.escape(_site()) + r"-\d{8}-\d{6}\.zip")
    files = [path for path in newest.parent.iterdir() if ours.fullmatch(path.name) and path != newest]
    files = sorted(filter(_is_of_this_site, files), key=lambda path: path.name, reverse=True)
    for old in files[keep - 1 :]:
        old.unlink()
    return tuple(files[keep - 1 :])


# Making


def _written(folder: Path, name: str, secret: bool) -> Manifest:
    """Writes it as a draft, on disk and looked through."""
    made_at, copy, kind = clock.now(), folder / "database", _kind()
    if machine.is_sqlite() and not sqlite_copies.is_something_there():
        raise BackupFailed(_("There is no database to back up yet."))
    taking = sqlite_copies if machine.is_sqlite() else postgres_dumps
    copy.touch(mode=0o600)
    revision, counts, site_name = taking.take(copy)
    manifest = Manifest(made_at, json.loads(site_name), current_app.config["BASE_URL"], kind, revision, counts)
    with open(folder / name, "xb", opener=_for_the_owner) as draft:
        archive.write(draft, manifest, _sources(manifest, copy, secret))
        draft.flush()
        os.fsync(draft.fileno())
    copy.unlink()
    return _checked(folder / name, folder)


def _sources(manifest: Manifest, copy: Path, secret: bool) -> Iterator[tuple[str, Path | bytes]]:
    yield manifest.database, copy
    if secret:
        yield SECRET_FILE, current_app.secret_key.encode()
    if media.folder().is_dir():
        for picture in sorted(media.folder().iterdir()):
            if media.type_of(picture.name) and picture.is_file():
                yield f"{archive.PICTURES}{picture.name}", picture


def _published(draft: Path, file: Path) -> None:
    draft.rename(file)
    archive.sync(file.parent)


def _note(made_at: datetime) -> None:
    note = machine.instance() / NOTE
    draft = note.with_name(f".{NOTE}-{os.getpid()}")
    draft.write_text(json.dumps({"made_at": made_at.isoformat()}))
    draft.replace(note)


def _is_of_this_site(file: Path) -> bool:
    if file.is_symlink() or not file.is_file():
        return False
    try:
        with archive.opened(file) as (_archive, manifest):
            return manifest.base_url == current_app.config["BASE_URL"]
    except BadBackup:
        return False


def _site() -> str:
    return slug(current_app.config["BASE_URL"].partition("//")[2], otherwise="site")


def _kind() -> str:
    return "sqlite" if machine.is_sqlite() else "postgresql"


@contextlib.contextmanager
def _draft_folder(parent: Path):
    """A folder for what is not whole yet, for its owner alone. What a backup that was killed left behind is cleared."""
    for left in parent.glob(f"{DRAFTS}*"):
        with contextlib.suppress(OSError), _held(left):
            shutil.rmtree(left, ignore_errors=True)
    draft = tempfile.TemporaryDirectory(prefix=DRAFTS, dir=parent, ignore_cleanup_errors=True)
    with draft as name, _held(Path(name)):
        yield Path(name)


@contextlib.contextmanager
def _held(folder: Path):
    """Raises OSError if another process holds it."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(number)


def _for_the_owner(path, flags):
    return os.open(path, flags, 0o600)


# Looking through


def _checked(file: Path, folder: Path) -> Manifest:
    """The manifest of a backup that is sound, looked through with the help of an empty place in this folder."""
    copy = folder / "look"
    with archive.opened(file) as (opened, manifest):
        _expect_room(folder, manifest.members[manifest.database].size)
        for name in manifest.members:
            archive.unpack(opened, manifest, name, copy if name == manifest.database else None)
    _check_database(copy, manifest)
    copy.unlink()
    return manifest


def _check_database(copy: Path, manifest: Manifest) -> None:
    if manifest.kind == "sqlite":
        sqlite_copies.check(copy, manifest.revision, manifest.counts)
    else:
        postgres_dumps.check(copy)


def _expect_room(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if wanted + ROOM_TO_SPARE > free:
        raise BackupFailed(
            _(
                "There is not enough room in %(folder)s: %(wanted)s are needed, %(free)s are free.",
                folder=folder,
                wanted=size(wanted),
                free=size(free),
            )
        )


# Putting back


def _put_back(file: Path, force: bool) -> Restored:
    instance = machine.instance()
    places = {instance, machine.database_file().parent} if machine.is_sqlite() else {instance}
    was_there = _something_is_there()
    if was_there and not force:
        raise BackupFailed(_("There is a site here already. With --force it is kept beside, and the backup comes in."))
    putting_back.clear(*places)
    try:
        manifest = _made_ready(file)
        (sqlite_copies.close_the_old if machine.is_sqlite() else postgres_dumps.expect_nobody_else)()
        kept = _set_in(manifest, was_there)
    finally:
        if not (instance / RESTORING / putting_back.PLAN).exists():
            putting_back.clear(*places)
    current_app.extensions["pages"].clear()
    return Restored(manifest, kept, manifest.revision in migrate.script_directory.get_heads(), _opens_links(manifest))


def _something_is_there() -> bool:
    there = sqlite_copies if machine.is_sqlite() else postgres_dumps
    return there.is_something_there() or (media.folder().is_dir() and any(media.folder().iterdir()))


def _made_ready(file: Path) -> Manifest:
    """Everything beside its place, on disk and looked through. Touches nothing that is in use."""
    with archive.opened(file) as (opened, manifest):
        _expect_ours(manifest)
        for place in {_database_place().parent, machine.instance()}:
            _expect_room(place, manifest.size)
        pictures = ready_for(media.folder())
        pictures.mkdir(mode=0o700)
        for name in manifest.members:
            archive.unpack(opened, manifest, name, _ready(name, manifest))
    _check_database(ready_for(_database_place()), manifest)
    for folder in (pictures, pictures.parent, ready_for(_database_place()).parent):
        archive.sync(folder)
    return manifest


def _expect_ours(manifest: Manifest) -> None:
    """Raises BadBackup if it is of the other kind of database, or of a version to come."""
    if manifest.kind != _kind():
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise BadBackup(
            _(
                "This is a backup from %(there)s, and the site here uses %(here)s. Restore it into an empty instance "
                "on %(there)s, then run there: flask move-database URL",
                there=names[manifest.kind],
                here=names[_kind()],
            )
        )
    try:
        known = migrate.script_directory.get_revision(manifest.revision)
    except CommandError:
        known = None
    if known is None:
        raise BadBackup(_("This backup was made by a newer version of this site. Restore it with that version."))


def _ready(name: str, manifest: Manifest) -> Path:
    """Where a member is made ready."""
    if name == manifest.database:
        return ready_for(_database_place())
    if name == SECRET_FILE:
        return ready_for(machine.instance() / SECRET_FILE)
    return ready_for(media.folder()) / name.removeprefix(archive.PICTURES)


def _database_place() -> Path:
    """Where the database comes to stand; PostgreSQL's dump stays where it is made ready."""
    return machine.database_file() or machine.instance() / archive.DATABASES["postgresql"]


def _set_in(manifest: Manifest, was_there: bool) -> tuple[str, ...]:
    """Decides, and carries it out. Returns where the old site is now."""
    instance, address = machine.instance(), current_app.config["SQLALCHEMY_DATABASE_URI"]
    ending = _free_ending(clock.now().strftime(AT))
    steps = list(_steps(manifest, ending if was_there else None))
    kept = [str(step.aside) for step in steps if step.aside and step.place.exists()]
    if machine.is_sqlite():
        putting_back.decide(instance, steps)
    else:
        schema = f"before_{ending.replace('-', '_')}"
        putting_back.decide(instance, steps, schema)
        try:
            dump = ready_for(_database_place())
            postgres_dumps.put_back(dump, schema, manifest.revision, manifest.counts)
        finally:
            putting_back.carry_out(instance, address)
        return tuple(kept) if postgres_dumps.forget_if_empty(schema) else (_("schema %(name)s", name=schema), *kept)
    putting_back.carry_out(instance, address)
    return tuple(kept)


def _steps(manifest: Manifest, ending: str | None) -> Iterator[Step]:
    """The log before its database: a new database must never meet the old one's."""
    places = [media.folder()] + ([machine.instance() / SECRET_FILE] if manifest.has_secret else [])
    if file := machine.database_file():
        for log in (file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            yield Step(log, None, _aside(log, ending or "empty"))
        places.insert(0, file)
    for place in places:
        yield Step(place, ready_for(place), _aside(place, ending) if ending else None)


def _aside(place: Path, ending: str) -> Path:
    return place.with_name(f"{place.name}.before-{ending}")


def _free_ending(ending: str) -> str:
    """It, or it with a number: nothing that was set aside before is ever overwritten."""
    free, number, places = ending, 1, (_database_place(), media.folder(), machine.instance() / SECRET_FILE)
    while any(_aside(place, free).exists() for place in places):
        number += 1
        free = f"{ending}-{number}"
    return free


def _opens_links(manifest: Manifest) -> bool:
    """Whether the secret with which the site will start is the one that came back."""
    file = machine.instance() / SECRET_FILE
    if not manifest.has_secret:
        return False
    is_given = "OPM_SECRET_KEY" in os.environ and bool(os.environ["OPM_SECRET_KEY"])
    return not is_given or os.environ["OPM_SECRET_KEY"] == file.read_text().strip()


@contextlib.contextmanager
def _plainly():
    """What the disk or a database says becomes a sentence."""
    try:
        yield
    except postgres_dumps.ToolFailed as failure:
        raise BackupFailed(str(failure)) from None
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise BackupFailed(_("This did not succeed: %(why)s.", why=f"{os.strerror(error.errno or errno.EIO)}{where}"))
    except (sqlite_library.Error, psycopg.Error) as error:
        raise BackupFailed(
            _("The database does not answer: %(why)s.", why=str(error).strip().partition("\n")[0])
        ) from None
