"""The files of pictures, under names that hold a hash of what they show, so that browsers may keep them.

A picture as it was written anew on its way in is called `lane.0123456789.jpg`; what was made of it later has its name
with an ending: `lane.0123456789-480.avif`, at 480 pixels' width. They stand in the instance, so that a backup has them.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from flask import current_app

from opm.lib.slugs import slug

TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif", "avif": "image/avif"}
NAME = re.compile(r"([a-z0-9-]{1,80}\.[0-9a-f]{10})(-(?:[0-9]{1,4}|card))?\.(png|jpg|webp|gif|avif)")
ADDRESS = "/uploads/"
HASH_LENGTH = 10


def name_for(content: bytes, called: str, ending: str) -> str:
    """The name of a picture with these bytes: the same picture that is called the same has one name.

    `called` is what people call it: whatever that is, its name is a plain one.
    """
    return f"{slug(called, otherwise='picture')}.{hash_of(content)}.{ending}"


def hash_of(content: bytes) -> str:
    """What stands for it in names."""
    return hashlib.sha256(content).hexdigest()[:HASH_LENGTH]


def made_of(name: str, how: str | int, ending: str) -> str:
    """The name of what was made of the picture with this name."""
    return f"{NAME.fullmatch(name)[1]}-{how}.{ending}"


def is_whole(name: str) -> bool:
    """Whether it is the name of a picture itself, not of what was made of one."""
    found = NAME.fullmatch(name)
    return bool(found) and found[2] is None


def is_card(name: str) -> bool:
    """Whether it is the name of a social picture of a post (`cards`)."""
    found = NAME.fullmatch(name)
    return bool(found) and found[2] == "-card"


def width_of(name: str) -> int:
    """How wide what is called so was made, in pixels."""
    return int(NAME.fullmatch(name)[2][1:])


def type_of(name: str) -> str | None:
    """The media type of a picture with this name; None if none of ours can have it."""
    found = NAME.fullmatch(name)
    return TYPES[found[3]] if found else None


def folder() -> Path:
    """Where pictures are kept, in the instance."""
    return Path(current_app.instance_path) / "uploads"


def read(name: str) -> bytes | None:
    """The picture of this name, if there is one."""
    file = folder() / name
    return file.read_bytes() if type_of(name) and file.exists() else None


def store(name: str, content: bytes) -> None:
    """Writes it, unless it is there: whole or not at all, also when two do it at once or the machine stops."""
    path = folder() / name
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def drop(names: Iterable[str]) -> None:
    """Forgets the pictures of these names. Call it once nothing shows them any more, for everybody."""
    for name in names:
        if type_of(name):
            (folder() / name).unlink(missing_ok=True)
