"""What the environment decides: every setting once, its meaning above it, its default beside it.

All names begin with `OPM_`. What a maintainer can change from the desk (the site's name, its rules, its
clocks) is not here but in `opm/settings.py`.
"""

import ipaddress
import os
import re
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

KB = 1024
SECRET_FILE = "secret-key"
RESTORING = ".restoring"  # in the instance while a backup is put back, or was and something stopped it
SHORTEST_SECRET = 32
FEWEST_DISTINCT_CHARACTERS = 10
LONGEST_SENDER = 254
HOST = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:\d+)?/?", re.I)


class ConfigError(Exception):
    """A setting that makes no sense. Its text is a sentence for whoever starts the site."""


def instance_folder(environ=os.environ) -> Path:
    """The folder for database, secret and uploads: `OPM_INSTANCE`, by default `instance/` here."""
    named = environ.get("OPM_INSTANCE")
    return Path(named).expanduser().resolve() if named else Path(__file__).parent.parent / "instance"


def from_environment(environ=os.environ) -> dict:
    """The app's configuration. Raises ConfigError with a sentence about the first setting that makes no sense."""
    instance = _made(instance_folder(environ))
    _warn_of_unknown_names(environ)

    # The port that ./run serves on, on loopback.
    port = _whole_number(environ, "OPM_PORT", default=8000, least=1, most=65535)

    # How the public reaches the site: scheme, host, and port if unusual. Every link in a mail begins with it,
    # and requests for another host are refused.
    base_url = _base_url(environ.get("OPM_BASE_URL") or f"http://127.0.0.1:{port}")

    return {
        "PORT": port,
        "BASE_URL": base_url,
        "IS_LOOPBACK": is_loopback(urlsplit(base_url).hostname),
        # Where everything is kept: sqlite:///… or postgresql://…; by default a file in the instance folder.
        "SQLALCHEMY_DATABASE_URI": database_url(environ.get("OPM_DATABASE_URL"), instance),
        # What every link, code and hash is made with: at least 32 characters, by default made on first start and
        # kept in the instance folder. Who knows it can open everything; a new one closes every link that was mailed.
        "SECRET_KEY": _secret(environ.get("OPM_SECRET_KEY"), instance),
        # How many proxies stand in front and set X-Forwarded-For. With 0 that header is not believed.
        "TRUSTED_PROXIES": _whole_number(environ, "OPM_TRUSTED_PROXIES", default=0, least=0, most=10),
        # The server that takes our mail. Without one, mail is kept for admins to read at /desk/outbox/.
        "MAIL_SERVER": _mail_server(environ),
        # Its port: 587 with TLS, otherwise 25.
        "MAIL_PORT": _whole_number(
            environ,
            "OPM_MAIL_PORT",
            default=587 if _yes(environ, "OPM_MAIL_USE_TLS", True) else 25,
            least=1,
            most=65535,
        ),
        # The name and password to sign in there with, if it wants them.
        "MAIL_USERNAME": environ.get("OPM_MAIL_USERNAME") or None,
        "MAIL_PASSWORD": environ.get("OPM_MAIL_PASSWORD") or None,
        # Whether to speak TLS with it (STARTTLS; its certificate is checked). 1 or 0.
        "MAIL_USE_TLS": _yes(environ, "OPM_MAIL_USE_TLS", True),
        # The address that mail comes from; by default no-reply@ the site's host (on loopback: localhost).
        "MAIL_DEFAULT_SENDER": _sender(environ.get("OPM_MAIL_SENDER"), base_url),
        # How stderr is written: "plain" for people, without requests that went well, or "json" for programs, an
        # object a line. By default plain on a terminal and JSON elsewhere.
        "LOG": _one_of(environ, "OPM_LOG", "plain", "json"),
        # Who may read /metrics besides this machine itself: networks such as 10.0.0.0/8, separated by commas.
        "METRICS": _networks(environ, "OPM_METRICS"),
        # Whether an empty site on loopback is filled with the demo. 1 or 0.
        "DEMO": _yes(environ, "OPM_DEMO", True),
        # Whether hourly limits hold. 0 lifts them for a load test; a code's five tries hold whatever this says.
        "LIMITS": _yes(environ, "OPM_LIMITS", True),
        # Not for the environment: what a request may weigh. Werkzeug refuses more while reading it.
        "MAX_CONTENT_LENGTH": 256 * KB,
        "MAX_FORM_MEMORY_SIZE": 256 * KB,
        "MAX_FORM_PARTS": 100,
    }


KNOWN = {
    "OPM_PORT", "OPM_INSTANCE", "OPM_DATABASE_URL", "OPM_BASE_URL", "OPM_SECRET_KEY", "OPM_TRUSTED_PROXIES",
    "OPM_MAIL_SERVER", "OPM_MAIL_PORT", "OPM_MAIL_USERNAME", "OPM_MAIL_PASSWORD", "OPM_MAIL_USE_TLS",
    "OPM_MAIL_SENDER", "OPM_LOG", "OPM_METRICS", "OPM_DEMO", "OPM_LIMITS",
}  # fmt: skip
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address is this machine talking to itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _warn_of_unknown_names(environ):
    for name in sorted(environ):
        if name.startswith("OPM_") and not name.startswith("OPM_TEST_") and name not in KNOWN:
            print(f"{name} is not a setting of this site, so it changes nothing.", file=sys.stderr)


def _whole_number(environ, name, *, default, least, most) -> int:
    text = (environ.get(name) or "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
        raise ConfigError(f"{name} must be a whole number from {least} to {most}, not “{text}”.")
    return int(text)


def _yes(environ, name, default) -> bool:
    text = (environ.get(name) or "").strip()
    if text not in ("", "0", "1"):
        raise ConfigError(f"{name} must be 1 for yes or 0 for no, not “{text}”.")
    return default if text == "" else text == "1"


def _networks(environ, name) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    texts = [text.strip() for text in (environ.get(name) or "").split(",") if text.strip()]
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError:
        raise ConfigError(f"{name} must be networks like 10.0.0.0/8, separated by commas, not “{', '.join(texts)}”.")


def _one_of(environ, name, *choices) -> str | None:
    text = (environ.get(name) or "").strip()
    if text and text not in choices:
        raise ConfigError(f"{name} must be {' or '.join(choices)}, not “{text}”.")
    return text or None


def _made(instance: Path) -> Path:
    try:
        instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"OPM_INSTANCE must be a folder that can be made and written to, not “{instance}”: {error.strerror}."
        )
    if not os.access(instance, os.W_OK | os.X_OK):
        raise ConfigError(
            f"OPM_INSTANCE must be a folder that can be written to, and “{instance}” cannot, by you. "
            f"It belongs to {_owner(instance)}: run this as that user."
        )
    return instance


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return f"user {path.stat().st_uid}"


def _base_url(text) -> str:
    text = text.strip()
    try:
        parts = urlsplit(text)
        is_sound = bool(HOST.fullmatch(text)) and parts.port != 0
    except ValueError:
        is_sound = False
    if not is_sound:
        raise ConfigError(
            f"OPM_BASE_URL must be like https://policy.example.org, with no path after the host, not “{text}”."
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def database_url(text, instance) -> str:
    if not text:
        return f"sqlite:///{instance / 'opm.db'}"
    if not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ConfigError("OPM_DATABASE_URL must begin with sqlite:/// or postgresql://.")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigError("OPM_DATABASE_URL must be like postgresql://name:password@host:5432/database.")
    if url.drivername == "sqlite" and (url.database in (None, "", ":memory:") or url.query):
        raise ConfigError(
            "OPM_DATABASE_URL must name a file after sqlite:///, and nothing else: several processes share it."
        )
    return text


def _mail_server(environ) -> str | None:
    server = (environ.get("OPM_MAIL_SERVER") or "").strip()
    if any(c.isspace() or c == "/" for c in server) or server.count(":") == 1:
        raise ConfigError(f"OPM_MAIL_SERVER must be a bare host name (its port is OPM_MAIL_PORT), not “{server}”.")
    if bool(environ.get("OPM_MAIL_USERNAME")) != bool(environ.get("OPM_MAIL_PASSWORD")):
        raise ConfigError("OPM_MAIL_USERNAME and OPM_MAIL_PASSWORD belong together: set both or neither.")
    return server or None


def _sender(text, base_url) -> str:
    host = urlsplit(base_url).hostname
    sender = (text or f"no-reply@{'localhost' if is_loopback(host) else host}").strip()
    mailbox, _at, domain = sender.rpartition("@")
    is_sound = mailbox and domain and "@" not in mailbox and len(sender) <= LONGEST_SENDER and sender.isascii()
    if not is_sound or any(not c.isprintable() or c in ' <>()[],;:\\"' for c in sender):
        raise ConfigError(f"OPM_MAIL_SENDER must be one bare address like no-reply@example.org, not “{sender}”.")
    return sender


def _secret(given, instance) -> str:
    try:
        secret = given or _secret_in(instance / SECRET_FILE)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The secret in “{instance / SECRET_FILE}” cannot be read or made: {_why(error)}.")
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_DISTINCT_CHARACTERS:
        raise ConfigError(
            "OPM_SECRET_KEY can be guessed: it needs at least 32 characters of chance. Leave it out and the site "
            "makes a good one."
        )
    return secret


def _why(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror if isinstance(error, OSError) else "it is not text"


def _secret_in(file: Path) -> str:
    """The secret kept in this file; made on first use. Two processes starting at once agree on one."""
    if not file.exists():
        draft = file.with_name(f".{file.name}-{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)  # unlike a rename, this never replaces the one that another process made
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text().strip()
