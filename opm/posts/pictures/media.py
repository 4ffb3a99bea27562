"""Pictures in what the team writes: kept under names that hold a hash of their bytes, so that browsers may keep them.

What is kept is written anew from the pixels alone, so that nothing else that stood in the file gets out: not the place
where it was taken, not a second file behind the first.
"""

import hashlib
import html
import os
import re
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path, PurePath

from flask import current_app

from opm.lib.slugs import slug

MOST_PIXELS = 50_000_000  # what a phone takes; three bytes each while it is read
LARGEST_PX = (1400, 2800)  # twice the widest column of text, for screens with two dots a pixel
ENDINGS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif", "AVIF": "avif"}
TYPES = {ending: f"image/{format.lower()}" for format, ending in ENDINGS.items()}
WAYS_TO_WRITE = {
    "PNG": {"optimize": True},
    "JPEG": {"quality": 80, "optimize": True, "progressive": True},
    "WEBP": {"quality": 80, "method": 6},
    "GIF": {"optimize": True},
    "AVIF": {"quality": 65},
}
WRITABLE_MODES = {"JPEG": {"L", "RGB"}, "GIF": {"L", "P", "RGB", "RGBA"}}
NAME = re.compile(r"[a-z0-9-]{1,80}\.[0-9a-f]{10}\.(png|jpg|webp|gif|avif)")
PICTURE = re.compile(r'<img\b((?:[^>"]|"[^"]*")*)>')  # in HTML that is clean: only a quote ends an attribute
VALUE = re.compile(r'([a-z]+)="([^"]*)"')


class NotAPicture(Exception):
    """This is no PNG, JPEG, WebP, GIF or AVIF, or it is damaged."""


class PictureTooLarge(Exception):
    """A picture of more than `MOST_PIXELS` pixels."""


def keep(content: bytes, name: str) -> str:
    """Stores a picture and returns its address; the same picture under the same name has one address.

    It is turned as its camera says, made no larger than `LARGEST_PX`, and of one that moves the first frame is kept.
    Raises NotAPicture and PictureTooLarge; then nothing is stored.
    """
    picture, format = _opened(content)
    anew = _written(picture, format)
    stem = slug(PurePath(name).stem, otherwise="picture")
    stored = folder() / f"{stem}.{hashlib.sha256(anew).hexdigest()[:10]}.{ENDINGS[format]}"
    if not stored.exists():
        _write_whole(stored, anew)
    return f"/uploads/{stored.name}"


def drop(names: Iterable[str]) -> None:
    """Forgets the pictures of these names. Call it once nothing shows them any more, for everybody."""
    for name in names:
        if type_of(name):
            (folder() / name).unlink(missing_ok=True)


def folder() -> Path:
    """Where pictures are kept, in the instance."""
    return Path(current_app.instance_path) / "uploads"


def read(name: str) -> bytes | None:
    """The picture of this name, if there is one."""
    file = folder() / name
    return file.read_bytes() if type_of(name) and file.exists() else None


def type_of(name: str) -> str | None:
    """The media type of a picture with this name; None if none of ours can have it."""
    found = NAME.fullmatch(name)
    return TYPES[found[1]] if found else None


def with_sizes(clean_html: str) -> str:
    """The HTML with each picture's size, so that nothing moves when it comes, and loaded when it is come near.

    Every picture says what it shows, or that it only adorns. Takes HTML that `opm.lib.markdown` has cleaned.
    """
    return PICTURE.sub(_with_size, clean_html)


def _with_size(picture: re.Match) -> str:
    values = {"src": "", "alt": ""} | dict(VALUE.findall(picture[1]))
    if size := _size(html.unescape(values["src"])):
        values |= {"width": size[0], "height": size[1]}
    values["loading"] = "lazy"
    return "<img " + " ".join(f'{name}="{value}"' for name, value in values.items()) + ">"


def _size(address: str) -> tuple[int, int] | None:
    """Width and height of one of our pictures."""
    content = read(address.removeprefix("/uploads/")) if address.startswith("/uploads/") else None
    return _opened(content)[0].size if content else None


def _opened(content: bytes):
    """The picture, not decoded yet, and its format. Raises NotAPicture and PictureTooLarge."""
    from PIL import Image  # what only reads pages need not hold it in memory

    try:
        picture = Image.open(BytesIO(content), formats=list(ENDINGS))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureTooLarge
    except Exception:  # bytes made to do harm make a decoder fail in any way
        raise NotAPicture
    if picture.width * picture.height > MOST_PIXELS:
        raise PictureTooLarge
    return picture, picture.format


def _written(picture, format: str) -> bytes:
    """The pixels as a new file of the same format."""
    from PIL import ImageOps

    out = BytesIO()
    try:
        picture.draft("RGB", LARGEST_PX)  # a JPEG is read no larger than needed
        picture = ImageOps.exif_transpose(picture)
        picture = _fitting(picture, format)
        picture.save(out, format, **WAYS_TO_WRITE[format])
    except Exception:  # damaged further on
        raise NotAPicture
    return out.getvalue()


def _fitting(picture, format: str):
    """No larger than wanted, of a mode that the format can hold, and with nothing beside the pixels."""
    has_palette, is_clear = picture.mode in ("1", "P"), picture.has_transparency_data
    if has_palette and (picture.width > LARGEST_PX[0] or picture.height > LARGEST_PX[1]):
        picture = picture.convert("RGBA" if is_clear else "RGB")
    if picture.mode not in WRITABLE_MODES.get(format, {picture.mode}):
        picture = picture.convert("RGB")
    picture.thumbnail(LARGEST_PX)
    picture.info = {name: value for name, value in picture.info.items() if name == "transparency"}
    return picture


def _write_whole(path: Path, content: bytes) -> None:
    """Whole or not at all, also when two do it at once or the machine stops."""
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
