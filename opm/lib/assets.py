"""Static files under names that hold a hash of their bytes, so that a browser may keep them for ever.

At start each file is copied to the instance folder under its hashed name, compressed beside it, and served from
there before Flask is asked. A file that is already there is left alone.
"""

import gzip
import hashlib
import os
import re
from pathlib import Path

import brotli
from whitenoise import WhiteNoise

FOREVER_SECONDS = 365 * 24 * 60 * 60
HASHED = re.compile(r"\.[0-9a-f]{10}\.\w+$")


def init(app) -> None:
    """Lays `static/` out and gives templates `asset(name)`, the address of a file."""
    folder = _folder(app)
    folder.mkdir(parents=True, exist_ok=True)
    sources = [path for path in sorted(Path(app.root_path, "../static").iterdir()) if path.is_file()]
    addresses = {path.name: f"/static/{_lay_out(path, folder).name}" for path in sources}
    app.jinja_env.globals["asset"] = addresses.__getitem__


def in_front_of(app) -> WhiteNoise:
    """Answers for what is laid out by now, and leaves the rest to the app."""
    return WhiteNoise(
        app.wsgi_app,
        root=_folder(app),
        prefix="static/",
        max_age=FOREVER_SECONDS,
        allow_all_origins=False,
        immutable_file_test=lambda _path, url: bool(HASHED.search(url)),
        add_headers_function=lambda headers, _path, _url: headers.add_header("X-Content-Type-Options", "nosniff"),
    )


def _folder(app) -> Path:
    return Path(app.instance_path) / "static"


def _lay_out(path: Path, folder: Path) -> Path:
    """The copy of this file under its hashed name, with its compressed forms beside it."""
    content = path.read_bytes()
    hashed = folder / f"{path.stem}.{hashlib.sha256(content).hexdigest()[:10]}{path.suffix}"
    if not hashed.exists():
        _write(hashed.with_name(hashed.name + ".br"), brotli.compress(content, quality=11))
        _write(hashed.with_name(hashed.name + ".gz"), gzip.compress(content, 9, mtime=0))
        _write(hashed, content)
    return hashed


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, also when two processes do it at once."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
