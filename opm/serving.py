"""The site and its worker as one running thing: what `./run` prepares, starts, keeps alive and stops.

Where a service manager keeps things alive, `flask serve` is the server alone, and `flask worker` runs beside it.

The app is made once, here, and its processes are forks of this one: that makes a start quick and the memory shared.
So nothing that cannot be shared may be open when one begins: no database connection, no thread.

    this process          keeps the others alive
      server              granian, which keeps its own workers alive
        a worker a core   answers requests
      worker              delivers mail and forgets
"""

import contextlib
import ctypes
import fcntl
import gc
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers

from opm import worker
from opm.accounts import signing_in
from opm.accounts.abilities import Role
from opm.accounts.models import Person
from opm.extensions import db, reading
from opm.lib import logs, running, schema
from opm.lib.i18n import gettext as _
from opm.lib.keeping import Keeper, Part
from opm.lib.links import absolute
from opm.lib.processes import StopSignal, end_with

ADDRESS = "127.0.0.1"
THREADS = 128  # started as needed; a slow sender costs one, and the system may give many of them to one worker
M_ARENA_MAX, HEAPS = -8, 2  # mallopt(3)
FINISH_WITHIN_SECONDS = 5  # what a request that is under way gets when the site stops


class CannotStart(Exception):
    """Why the site does not start, as a sentence."""


def run(app: Flask) -> int:
    """Prepares the site and serves it until Ctrl-C or SIGTERM. Returns the exit code."""
    stop = StopSignal()

    def keep():
        parts = [Part("server", lambda: serve(app)), Part("worker", lambda: worker.work(app, StopSignal()))]
        return Keeper(parts, stop, greet=lambda: greet(app)).keep()

    return _when_prepared(app, keep)


def run_server(app: Flask) -> int:
    """Prepares the site, without the demo, and serves it without a worker until SIGTERM. Returns the exit code."""
    app.config["DEMO"] = False

    def keep():
        serve(app)
        return 0

    return _when_prepared(app, keep)


def _when_prepared(app: Flask, keep: Callable[[], int]) -> int:
    logs.init("site", app.config["LOG"])
    try:
        check_port(app.config["PORT"])
        upgrade(app)
        with running.together(app.instance_path):
            prepare(app)
            share()
            return keep()
    except (CannotStart, schema.WrongSchema) as refusal:
        print(_("The site cannot start. %(why)s", why=refusal), file=sys.stderr)
    except running.InUse:
        why = _("A backup is being put back, or the tables are being upgraded. Start it when that is done.")
        print(_("The site cannot start. %(why)s", why=why), file=sys.stderr)
    return 1


def check_port(port: int) -> None:
    """Raises CannotStart if nothing can be served there. Granian would not say: its workers share a port."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has just stopped need not cool down
        try:
            trial.bind((ADDRESS, port))
        except OSError as error:
            raise CannotStart(
                _(
                    "Port %(port)s cannot be used (%(why)s). Stop what runs there, or choose another with OPM_PORT.",
                    port=port,
                    why=os.strerror(error.errno).lower(),
                )
            )


def upgrade(app: Flask) -> None:
    """Makes missing tables, as `flask upgrade` does. Raises CannotStart, WrongSchema."""
    try:
        with _alone(app), _at_the_database(app):
            if not schema.is_current() or schema.was_left_unfinished():
                _upgrade()
    except SQLAlchemyError as error:
        raise CannotStart(_("The database does not answer: %(why)s.", why=schema.complaint(error)))


def prepare(app: Flask) -> None:
    """Fills an empty site on loopback with the demo. Raises CannotStart."""
    try:
        with _alone(app), _at_the_database(app):
            if app.config["DEMO"] and app.config["IS_LOOPBACK"]:
                _load_the_demo_if_wanted()
    except SQLAlchemyError as error:
        raise CannotStart(_("The database does not answer: %(why)s.", why=schema.complaint(error)))


def share() -> None:
    """Makes what each process would make by itself with its first row, before they part: so they share it.

    What is loaded then stays: the collector leaves its pages alone.
    """
    configure_mappers()
    gc.freeze()
    _share_heaps()


def _share_heaps() -> None:
    """glibc would give eight heaps for each core to a process's threads, and each stays as large as it ever was."""
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)


def serve(app: Flask) -> None:
    """Runs granian, with a worker for each core, until SIGTERM."""
    multiprocessing.set_start_method("fork", force=True)  # its workers share the app that was made here
    parent = os.getpid()

    def load():
        end_with(parent)
        return app

    Granian(
        "app:app",
        address=ADDRESS,
        port=app.config["PORT"],
        interface=Interfaces.WSGI,
        workers=multiprocessing.cpu_count(),
        blocking_threads=THREADS,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=FINISH_WITHIN_SECONDS,
        log_level=LogLevels.error,
        log_dictconfig={"loggers": {"_granian": {"handlers": [], "propagate": True}}},  # as one line, beside ours
    ).serve(target_loader=load, wrap_loader=False)


def greet(app: Flask) -> bool:
    """Once the site answers, says where it is, and on a terminal how to get in. Returns whether it does answer."""
    port = app.config["PORT"]
    if not _answers(port):
        return False
    here, public = f"http://{ADDRESS}:{port}", app.config["BASE_URL"]
    if public == here:
        print(_("The site is at %(here)s/", here=here), flush=True)
    else:
        print(_("%(public)s is served at %(here)s/", public=public, here=here), flush=True)
    if sys.stdout.isatty():
        with contextlib.suppress(SQLAlchemyError), _at_the_database(app):  # busy: there is still `flask sign-in-link`
            _show_the_way_in(sign_in_link())
    return True


def sign_in_link() -> str | None:
    """A link that signs an admin in, if there is one. Commits."""
    with reading():
        admin = next((person for person in db.session.scalars(Person.staff()) if Role.ADMIN in person.roles), None)
    if admin is None:
        return None
    attempt = signing_in.begin(admin)
    db.session.commit()
    return absolute(f"/desk/sign-in/link/{attempt.link_token}")


def _show_the_way_in(link: str | None) -> None:
    if link:
        print(_("Sign in to the desk, once and within ten minutes, at %(link)s", link=link))
    else:
        print(_("Nobody can sign in to the desk yet. With the same OPM_ settings, run:"))
        print('  .venv/bin/flask staff add you@example.org --name "Your Name" --role admin')
    print(_("Ctrl-C stops it."), flush=True)


def _answers(port: int) -> bool:
    """Whether somebody takes connections there; granian does once its workers have the app."""
    try:
        socket.create_connection((ADDRESS, port), timeout=1).close()
    except OSError:
        return False
    return True


def _upgrade() -> None:
    from opm.keeping import upgrading  # with all that a backup needs, and hardly any start does

    try:
        upgrading.upgrade(by_itself=True)
    except upgrading.UpgradeFailed as refusal:
        raise CannotStart(refusal)


def _load_the_demo_if_wanted() -> None:
    from opm import demo  # here, since a site in use has none: neither its server nor its worker carries it

    with reading():
        is_wanted = demo.is_wanted()
    if is_wanted:
        demo.load()
        db.session.commit()


@contextlib.contextmanager
def _at_the_database(app: Flask):
    """An app context that leaves no connection behind: a fork must not inherit one."""
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


@contextlib.contextmanager
def _alone(app: Flask):
    """Two that start at once on one instance prepare it one after the other."""
    with open(Path(app.instance_path, ".preparing"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
