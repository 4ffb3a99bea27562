"""Static files under names that hold a hash of their bytes, so that a browser may keep them for ever.

At start each file is copied to the instance folder under its hashed name, without what only people need who read
it (`minified`), compressed beside it, and served from there before Flask is asked. A file that is already there is
left alone.
"""

import gzip
import hashlib
import os
import re
from pathlib import Path

import brotli
from flask import current_app
from whitenoise import WhiteNoise

from opm.config import ConfigError

FOREVER_SECONDS = 365 * 24 * 60 * 60
HEADERS = {"Cache-Control": f"max-age={FOREVER_SECONDS}, immutable", "X-Content-Type-Options": "nosniff"}
# Validators are for who asks again: nobody does within the year. The charset is that of the page, whichever file it is.
NEEDLESS = {"Last-Modified", "ETag"}
CSS_STRING = r"""("[^"\n]*"|'[^'\n]*'|url\([^)]*\))"""
CSS_KEPT = re.compile(CSS_STRING)
CSS_KEPT_OR_COMMENT = re.compile(CSS_STRING + r"|/\*.*?\*/", re.DOTALL)


def init(app) -> None:
    """Lays `static/` out and gives templates `asset(name)`, the address of a file. Raises ConfigError."""
    folder = _folder(app)
    sources = [path for path in sorted(Path(app.root_path, "../static").iterdir()) if path.is_file()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        addresses = {path.name: f"/static/{_lay_out(path, folder).name}" for path in sources}
    except OSError as error:  # a full disk: what is laid out by an older version of the site can still be served by it
        raise ConfigError(f"Style sheets and scripts cannot be laid out in “{folder}”: {error.strerror}.")
    app.jinja_env.globals["asset"] = app.jinja_env.lasting["asset"] = addresses.__getitem__


def address_of(name: str) -> str:
    """Where the file of ours with this name is given out."""
    return current_app.jinja_env.globals["asset"](name)


def hash_of(name: str) -> str:
    """What stands for the file's bytes in its address."""
    return address_of(name).split(".")[-2]


def text_of(name: str) -> str:
    """The file as it is given out."""
    return (_folder(current_app) / address_of(name).removeprefix("/static/")).read_text()


def in_front_of(app) -> WhiteNoise:
    """Answers for what is laid out by now, and leaves the rest to the app."""
    files = WhiteNoise(
        app.wsgi_app, root=_folder(app), prefix="static/", allow_all_origins=False, add_headers_function=_add_headers
    )
    for file in files.files.values():
        file.alternatives = [(coding, path, _terse(headers)) for coding, path, headers in file.alternatives]
    return files


def _add_headers(headers, _path, _url) -> None:
    headers["Content-Type"] = headers["Content-Type"].partition(";")[0]
    for name, value in HEADERS.items():
        headers[name] = value


def _terse(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [header for header in headers if header[0] not in NEEDLESS]


def minified(name: str, text: str) -> str:
    """The text of one of our files without comments and needless blanks. What somebody else made is left as it is."""
    if name.endswith(".css"):
        return _minified_css(text)
    return _minified_js(text) if name.endswith(".js") and ".min." not in name else text


def _minified_css(text: str) -> str:
    """Strings and addresses stay as they are; of the blanks between them, those go that separate nothing."""
    parts = CSS_KEPT.split(CSS_KEPT_OR_COMMENT.sub(lambda found: found[1] or "", text))
    return "".join(part if CSS_KEPT.match(part) else _without_blanks(part) for part in parts).strip()


def _without_blanks(css: str) -> str:
    """A blank before a colon or a bracket, and around what adds or subtracts, means something."""
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,>]) ?", r"\1", css)
    return css.replace(": ", ":").replace(";}", "}")


def _minified_js(text: str) -> str:
    """Without indents and the lines that are all comment: what is within a line or ends one can carry meaning."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _folder(app) -> Path:
    return Path(app.instance_path) / "static"


def _lay_out(path: Path, folder: Path) -> Path:
    """The copy of this file under its hashed name, with its compressed forms beside it."""
    content = _as_served(path)
    hashed = folder / f"{path.stem}.{hashlib.sha256(content).hexdigest()[:10]}{path.suffix}"
    if not hashed.exists():
        _write(hashed.with_name(hashed.name + ".br"), brotli.compress(content, quality=11))
        _write(hashed.with_name(hashed.name + ".gz"), gzip.compress(content, 9, mtime=0))
        _write(hashed, content)
    return hashed


def _as_served(path: Path) -> bytes:
    content = path.read_bytes()
    return minified(path.name, content.decode()).encode() if path.suffix in (".css", ".js") else content


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, also when two processes do it at once."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
