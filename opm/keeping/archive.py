"""A backup as a file: a zip with the database, the pictures, the secret, and a manifest of what it holds.

What it was given by is not believed. Only members whose names we write ourselves are taken, each no longer than the
manifest says, and none by the name that stands in the archive alone: no folder, no link, no name twice.
"""

import contextlib
import hashlib
import json
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from opm.config import SECRET_FILE
from opm.lib.i18n import gettext as _
from opm.posts.pictures import media

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
PICTURES = "uploads/"
LONGEST_MANIFEST = 32 * 1024 * 1024  # some 200,000 pictures
LONGEST_SECRET = 4096
CHUNK = 1024 * 1024
TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}")
REVISION = re.compile(r"[0-9A-Za-z_]{1,32}")


class BadBackup(Exception):
    """The file is no backup, not whole, or not one that can be put back here. Its text is a sentence."""


@dataclass(frozen=True)
class Member:
    """A file in a backup."""

    size: int  # bytes
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds, and of what."""

    made_at: datetime
    site_name: str
    base_url: str
    kind: str  # "sqlite" or "postgresql"
    revision: str  # the last migration that was made
    counts: dict[str, int]  # rows of each table
    members: dict[str, Member] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def database(self) -> str:
        """The member that is the database."""
        return DATABASES[self.kind]

    @property
    def pictures(self) -> list[str]:
        """The members that are pictures, without what was made of them."""
        names = (name for name in self.members if name.startswith(PICTURES))
        return [name for name in names if media.is_whole(name.removeprefix(PICTURES))]

    @property
    def has_secret(self) -> bool:
        """Whether links that were mailed open again."""
        return SECRET_FILE in self.members

    @property
    def size(self) -> int:
        """Bytes of all members, unpacked."""
        return sum(member.size for member in self.members.values())


def write(file, manifest: Manifest, sources: Iterator[tuple[str, Path | bytes]]) -> Manifest:
    """Writes the members and then the manifest, which is returned with their sizes and hashes.

    A picture that went away meanwhile is left out: nothing shows it any more.
    """
    members = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, source in sources:
            with contextlib.suppress(FileNotFoundError):
                members[name] = _put(archive, name, source)
        whole = Manifest(**(_shallow(manifest) | {"members": members}))
        archive.writestr(MANIFEST, json.dumps(asdict(whole), default=str, indent=1))
    return whole


def read(archive: zipfile.ZipFile) -> Manifest:
    """The manifest of an archive whose members are just those that it names. Raises BadBackup."""
    names = archive.namelist()
    if len(names) != len(set(names)) or MANIFEST not in names:
        raise BadBackup(_("This is no backup of OPM: it has no manifest, or something in it twice."))
    info = archive.getinfo(MANIFEST)
    if info.file_size > LONGEST_MANIFEST:
        raise BadBackup(_("The manifest of this backup is too long."))
    manifest = _parsed(archive.read(MANIFEST))
    if set(manifest.members) != set(names) - {MANIFEST} or manifest.database not in names:
        raise BadBackup(_("What is in this backup is not what its manifest says."))
    for name, member in manifest.members.items():
        _check_entry(archive.getinfo(name), member, manifest)
    return manifest


@contextlib.contextmanager
def opened(file: Path):
    """The archive and its manifest. Raises BadBackup, also for what turns out while it is read."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive, read(archive)
    except FileNotFoundError:
        raise BadBackup(_("There is no file %(file)s.", file=file)) from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BadBackup(
            _("%(file)s is no backup of OPM, or is not whole (%(why)s).", file=file.name, why=_shown(error))
        ) from None
    except zipfile.zlib.error as error:
        raise BadBackup(_("%(file)s is damaged (%(why)s).", file=file.name, why=_shown(error))) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BadBackup(_("%(file)s cannot be read: %(why)s.", file=file, why=why)) from None


def unpack(archive: zipfile.ZipFile, manifest: Manifest, name: str, to: Path | None) -> None:
    """Reads a member to its end, into a new file that is on disk when this returns, or only to check it.

    Raises BadBackup unless it has the length and the hash that the manifest says.
    """
    member, digest, length = manifest.members[name], hashlib.sha256(), 0
    with archive.open(name) as source, _target(to) as target:
        while chunk := source.read(CHUNK):
            length += len(chunk)
            if length > member.size:
                break
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        if to:
            os.fsync(target.fileno())
    if (length, digest.hexdigest()) != (member.size, member.sha256):
        raise BadBackup(_("%(name)s in this backup is damaged: it is not what the manifest says.", name=name))


def sync(path: Path) -> None:
    """What a file or a folder holds is on disk from now on."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _put(archive, name, source) -> Member:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_STORED if name.startswith(PICTURES) else zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    digest, length = hashlib.sha256(), 0
    with contextlib.ExitStack() as stack:
        chunks = [source] if isinstance(source, bytes) else _chunks(stack.enter_context(source.open("rb")))
        with archive.open(info, "w", force_zip64=True) as target:
            for chunk in chunks:
                digest.update(chunk)
                length += len(chunk)
                target.write(chunk)
    return Member(length, digest.hexdigest())


def _chunks(file) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _target(to: Path | None):
    if to is None:
        return open(os.devnull, "wb")
    return os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _shallow(manifest: Manifest) -> dict:
    return {name: getattr(manifest, name) for name in manifest.__dataclass_fields__}


def _parsed(content: bytes) -> Manifest:
    try:
        said = json.loads(content)
        if said["format"] != FORMAT:
            raise BadBackup(
                _("This backup is of format %(format)s, which this version cannot read.", format=said["format"])
            )
        members = {name: Member(**member) for name, member in said["members"].items()}
        manifest = Manifest(**(said | {"members": members, "made_at": datetime.fromisoformat(said["made_at"])}))
        if not _is_sound(manifest):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadBackup(_("The manifest of this backup makes no sense.")) from None
    return manifest


def _is_sound(manifest: Manifest) -> bool:
    counts, members = manifest.counts, manifest.members
    return (
        manifest.made_at.tzinfo is not None
        and manifest.kind in DATABASES
        and bool(REVISION.fullmatch(manifest.revision))
        and isinstance(manifest.site_name, str)
        and isinstance(manifest.base_url, str)
        and all(TABLE.fullmatch(table) and _is_count(count) for table, count in counts.items())
        and all(_is_count(member.size) and isinstance(member.sha256, str) for member in members.values())
    )


def _is_count(number) -> bool:
    return type(number) is int and 0 <= number < 2**63


def _check_entry(info: zipfile.ZipInfo, member: Member, manifest: Manifest) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    is_ours = info.filename in (manifest.database, SECRET_FILE) or (
        info.filename.startswith(PICTURES) and media.type_of(info.filename.removeprefix(PICTURES))
    )
    if not is_ours or kind not in (0, stat.S_IFREG):
        raise BadBackup(_("There is something in this backup that no backup of ours holds."))
    if info.file_size != member.size or (info.filename == SECRET_FILE and member.size > LONGEST_SECRET):
        raise BadBackup(_("Something in this backup is larger than its manifest says."))


def _shown(error: Exception) -> str:
    return "".join(c for c in str(error) if c.isprintable())[:200]
