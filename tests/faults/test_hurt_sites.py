"""Running sites whose database is locked or restarts, or whose disk is full: each says so, and is well again."""

import contextlib
import http.client
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from opm.comments.models import Comment
from opm.extensions import db, sqlite_library
from tests import cast
from tests.conftest import missing
from tests.faults.crowd import Line, at_once, words
from tests.faults.database import looking
from tests.running import Site, eventually, free_port

BUSY = 503
LOCKED_SECONDS = 12
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def texts():
    return db.session.scalars(db.select(Comment.text)).all()


def check_all_taken_are_there_once(site, taken):
    """And nothing that was refused is there twice."""
    assert sorted(looking(site, texts)) == sorted(words(number)["text"] for number in taken)


@pytest.mark.long
def test_a_database_locked_for_twelve_seconds_makes_who_writes_wait_five_and_nobody_who_reads(run_site):
    site = run_site()
    file = make_url(f"sqlite:///{site.instance / 'opm.db'}").database
    writer, reader, waits = Line(site.port), Line(site.port), []

    def lock():
        with contextlib.closing(sqlite_library.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(LOCKED_SECONDS)
            other.execute("ROLLBACK")

    def read_on():
        while locking.is_alive():
            begun = time.monotonic()
            assert reader.get(cast.POST) == 200
            waits.append(time.monotonic() - begun)
            time.sleep(0.05)

    locking = threading.Thread(target=lock)
    locking.start()
    reading = threading.Thread(target=read_on)
    reading.start()
    time.sleep(0.5)
    begun = time.monotonic()
    assert writer.send(words(0)) == BUSY
    waited = time.monotonic() - begun
    assert writer.send_until_taken(words(0))[-1] == http.client.SEE_OTHER
    locking.join(), reading.join()
    print(
        f"\nrefused after {waited:.1f} s, taken after {time.monotonic() - begun:.1f} s; {len(waits)} pages meanwhile,"
    )
    print(f"the slowest in {max(waits) * 1000:.0f} ms")
    assert 4.5 < waited < 6
    assert max(waits) < 1
    check_all_taken_are_there_once(site, [0])
    writer.hang_up(), reader.hang_up()


# A disk that is full


@pytest.fixture
def small_disk(tmp_path):
    """A disk of six megabytes, where a site will be. Only root can have one."""
    disk = tmp_path / "instance"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", disk], check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.long
def test_a_full_disk_takes_no_comment_says_so_lets_people_read_and_heals_when_there_is_room(small_disk, run_site):
    site = run_site()
    line, taken = Line(site.port), []
    filler = small_disk / "filler"
    _fill(filler)
    for number in range(500):
        if (status := line.send(words(number) | {"text": _long(number)})) != http.client.SEE_OTHER:
            break
        taken.append(number)
    assert status == BUSY
    for path in (cast.POST, "/", "/healthz", "/about/"):
        assert line.get(path) == 200
    assert line.send(words(999) | {"text": _long(999)}) == BUSY
    filler.unlink()
    assert line.send(words(999) | {"text": _long(999)}) == http.client.SEE_OTHER
    assert sorted(looking(site, texts)) == sorted(map(_long, [*taken, 999]))
    print(f"\n{len(taken)} comments went in before it was full")
    line.hang_up()


def _fill(filler):
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)


def _long(number):
    return f"{number} {'about the lane ' * 400}".strip()


@pytest.mark.long
def test_a_site_on_a_full_disk_says_so_instead_of_starting(small_disk):
    _fill(small_disk / "filler")
    site = Site(small_disk, OPM_DEMO="0").start()
    assert site.ended() == 1
    assert "The site cannot start." in site.log
    assert "Traceback" not in site.log


# PostgreSQL restarts


class Cluster:
    """A PostgreSQL server of this test's own, on a socket of its own."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        shutil.chown(folder, "postgres") if not os.geteuid() else None
        self._run("initdb", "-D", "data", "-A", "trust", "-U", "opm", "--no-sync", "-E", "UTF8")

    @property
    def url(self) -> str:
        return f"postgresql://opm@127.0.0.1:{self.port}/postgres"

    def control(self, *words: str) -> None:
        options = f"-p {self.port} -k '' -h 127.0.0.1"
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, *words)

    def _run(self, program, *words):
        as_whom = {"user": "postgres"} if not os.geteuid() else {}
        command = [POSTGRES[-1] / program, *words]
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, **as_whom)


@pytest.fixture
def cluster(tmp_path_factory):
    if not POSTGRES:
        missing("PostgreSQL's programs")
    for each in (folder := tmp_path_factory.mktemp("cluster")), folder.parent, folder.parent.parent:
        each.chmod(each.stat().st_mode | 0o011)  # its own user has to get there
    cluster = Cluster(folder / "postgres")
    cluster.control("start")
    yield cluster
    cluster.control("stop", "-m", "immediate")


@pytest.mark.long
@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_while_postgresql_restarts_comments_are_taken_once_or_refused_and_then_taken_again(run_site, cluster, how):
    site = run_site(OPM_DATABASE_URL=cluster.url)
    became, taken, restarts = [], [], 3

    def restart():
        for _ in range(restarts):
            enough = len(taken) + 20
            eventually(lambda enough=enough: len(taken) >= enough, "twenty more comments")
            cluster.control("restart", "-m", how)

    restarting = threading.Thread(target=restart)
    restarting.start()

    def post(client):
        line = Line(site.port)
        for number in range(client, 100_000, 4):
            if not restarting.is_alive() and len(taken) >= 100:
                break
            became.extend(line.send_until_taken(words(number)))
            taken.append(number)
            time.sleep(0.01)
        line.hang_up()

    at_once(4, post)
    restarting.join()
    print(f"\n{len(taken)} comments, {restarts} restarts: { ({each: became.count(each) for each in set(became)}) }")
    assert set(became) <= {http.client.SEE_OTHER, BUSY}
    assert site.get(cast.POST)
    check_all_taken_are_there_once(site, taken)
