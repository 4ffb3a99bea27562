"""What is measured: a site with one busy post, and a bare Flask app under the same server."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from opm.comments.models import State
from opm.extensions import db, reading
from opm.posts.models import Post
from tests import cast
from tests.faults.crowd import Line
from tests.faults.database import looking
from tests.running import ROOT, Site, bare_environment, eventually, family, free_port

COMMENTS = 50
ANSWERED = 3  # every third comment answers the one before it
PARAGRAPH = (
    "I have lived at the lower end of the lane for eleven years. The warning reaches us by phone when the water is "
    "already at the second gate, and by then the road to the bridge is closed. A bell at the mill would be quicker."
)


@contextlib.contextmanager
def site(export: str | None = None, **settings) -> Iterator[Site]:
    """A running site with the posts of a WordPress export, or with one post of our own and 50 comments."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "instance", OPM_DEMO="0", OPM_LIMITS="0", **settings)
        site.start().up()
        try:
            if export:
                import_export(site, export)
            else:
                looking(site, write_a_busy_post)
            yield site
        finally:
            site.kill()


@contextlib.contextmanager
def hello() -> Iterator[tuple[int, int]]:
    """A bare Flask app: its port, and the number of its process."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    options = ["--workers", str(os.cpu_count()), "--blocking-threads", "32", "--log-level", "error"]
    process = subprocess.Popen([*command, *options, "tests.bench.hello:app"], cwd=ROOT, env=bare_environment())
    try:
        eventually(lambda: len(family(process.pid)) >= os.cpu_count() and _answers(port), "the bare app")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


def write_a_busy_post() -> None:
    """One post as long as most, with its comments. Commits."""
    post = cast.a_post()
    post.write("\n\n".join(["## The rota", *[PARAGRAPH] * 12]))
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


def busiest_address() -> str:
    """The address of the post with the most comments."""
    with reading():
        return max(db.session.scalars(Post.for_list()).unique(), key=lambda post: post.thread.published_count).address


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return Line(port).get("/") == 200
    return False
