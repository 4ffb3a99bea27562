"""What is measured: a site with one busy post, and beside it the least that a server can do."""

import contextlib
import getpass
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from opm.comments.models import State
from opm.extensions import db, reading
from opm.posts.models import Post
from opm.serving import THREADS
from tests import cast
from tests.faults.crowd import Line
from tests.faults.database import looking
from tests.running import ROOT, Site, bare_environment, eventually, family, free_port

NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
LOOKS, LOOK_EVERY_SECONDS = 20, 0.1
COMMENTS = 50
ANSWERED = 3  # every third comment answers the one before it
PARAGRAPH = (
    "I have lived at the lower end of the lane for eleven years. The warning reaches us by phone when the water is "
    "already at the second gate, and by then the road to the bridge is closed. A bell at the mill would be quicker."
)
BY_THE_SERVER = ("content-length", "date", "server")  # it says these itself
CONFIGURATION = """
user {user};
worker_processes {workers};
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    {temporary}
    server {{ listen 127.0.0.1:{port}; etag off; types {{}} {locations} }}
}}
"""


class Server(NamedTuple):
    """Where something listens on loopback, and the number of its first process."""

    port: int
    pid: int


@contextlib.contextmanager
def site(export: str | None = None, **settings) -> Iterator[Site]:
    """A running site with the posts of a WordPress export, or with two of our own, one of them with 50 comments."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "instance", OPM_DEMO="0", OPM_LIMITS="0", **settings)
        site.start().up()
        try:
            if export:
                import_export(site, export)
                eventually(lambda: _rests(site), "the pictures of what was imported", within=600)
            else:
                looking(site, write_posts)
            yield site
        finally:
            site.kill()


def flask() -> contextlib.AbstractContextManager[Server]:
    """A bare Flask app that says hello."""
    return _bare("tests.bench.hello:app")


@contextlib.contextmanager
def same(answer) -> Iterator[Server]:
    """A WSGI callable that gives this answer (a `sizes.Answer`) to everything."""
    headers = [(name, value) for name, value in answer.headers if name.lower() not in ("date", "server")]
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(pickle.dumps((headers, answer.body)))
        with _bare("tests.bench.same:app", BENCH_ANSWER=file.name) as server:
            yield server


@contextlib.contextmanager
def static(answers: dict) -> Iterator[int]:
    """These answers (of `sizes.Answer`) by their paths, as files that nginx gives out: its port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        locations = [_location(path, answer, Path(folder, str(i))) for i, (path, answer) in enumerate(answers.items())]
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        configuration = CONFIGURATION.format(
            user=getpass.getuser(),
            workers=os.cpu_count(),
            folder=folder,
            port=port,
            temporary=" ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds),
            locations="\n".join(locations),
        )
        file = Path(folder, "nginx.conf")
        file.write_text(configuration)
        with _running([NGINX, "-c", str(file), "-p", folder, "-e", f"{folder}/error.log"], port) as server:
            yield server.port


def write_posts() -> None:
    """Two posts as long as most, one with its comments. Commits."""
    quiet, post = cast.a_post("the-next-meeting", "The next meeting"), cast.a_post()
    for each in (quiet, post):
        each.write("\n\n".join(["## The rota", *[PARAGRAPH] * 12]))
    before = None
    for number in range(COMMENTS):
        before = cast.a_comment(
            post.thread,
            State.PUBLISHED,
            name=f"Reader {number}",
            email=f"writer{number}@example.org",
            text=f"{number}. {PARAGRAPH}\n\n{PARAGRAPH[number:]}",
            parent=before if number % ANSWERED else None,
        )
    db.session.commit()


def import_export(site: Site, file: str) -> None:
    """Brings in a WordPress export, as its maintainer would."""
    flask = [sys.executable, "-m", "flask", "import-wordpress", str(Path(file).resolve())]
    subprocess.run(flask, cwd=ROOT, env=site.environ, check=True, stdout=subprocess.DEVNULL)


def _rests(site: Site) -> bool:
    """Whether its worker has no picture in hand: each is made by a process of its own."""
    for _ in range(LOOKS):
        if len(family(site.process.pid)) > os.cpu_count() + 2:  # the server and its workers, and the worker
            return False
        time.sleep(LOOK_EVERY_SECONDS)
    return True


def busy_and_quiet() -> tuple[str, str]:
    """The addresses of the post with the most comments, and of one without any that is neither long nor short."""
    with reading():
        posts = list(db.session.scalars(Post.for_list()).unique())
        busy = max(posts, key=lambda post: post.thread.published_count)
        quiet = sorted((post for post in posts if not post.thread.published_count), key=lambda post: len(post.html))
        return busy.address, quiet[len(quiet) // 2].address


def _bare(app, **settings):
    """An app under granian, with as many workers and threads as the site has."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    options = ["--workers", str(os.cpu_count()), "--blocking-threads", str(THREADS), "--log-level", "error"]
    return _running([*command, *options, app], port, **settings)


@contextlib.contextmanager
def _running(command, port, **settings):
    """Starts it, waits until it answers with a worker for each core, and ends it."""
    process = subprocess.Popen(command, cwd=ROOT, env=bare_environment(**settings))
    try:
        eventually(lambda: len(family(process.pid)) >= os.cpu_count() and _answers(port), f"{command[0]} to answer")
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _location(path, answer, file):
    """What nginx is told of one answer: its file, and its headers word for word."""
    file.write_bytes(answer.body)
    headers = {name.lower(): _quoted(value) for name, value in answer.headers if name.lower() not in BY_THE_SERVER}
    kind = headers.pop("content-type")
    said = " ".join(f"add_header {name} {value};" for name, value in headers.items())
    return f"location = {path} {{ root {file.parent}; try_files /{file.name} =404; default_type {kind}; {said} }}"


def _quoted(value):
    return '"' + value.replace('"', r"\"") + '"'


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return Line(port).get("/") in (200, 404)
    return False
