"""A backup is taken while people post, and put back: it has every comment that was taken before it began."""

import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest
from sqlalchemy import insert

from opm.comments.models import Comment, Thread
from opm.extensions import db, migrate
from opm.keeping import backups
from opm.lib.tokens import new_nonce
from opm.posts.models import Post
from tests import cast
from tests.faults.crowd import at_once, many_lines, words
from tests.faults.database import looking
from tests.running import ROOT, Site, eventually

CLIENTS = 3
KILLS, STEP_SECONDS = 30, 0.04  # up to 1.2 s: a command takes about one
BEFORE = 15  # comments that are taken before it begins
PADDING, A_BATCH = 20_000, 1_000  # comments of 8,000 characters: 160 MB
TEXT = "word " * 1600


def flask(site, *given):
    """Runs a command beside the site. Returns how it ended."""
    command = [sys.executable, "-X", "utf8", "-m", "flask", *map(str, given)]
    return subprocess.run(command, cwd=ROOT, env=site.environ, capture_output=True, text=True)


class Crowd:
    """People who post one comment after the other, until they are told to stop. Times each answer."""

    def __init__(self, site):
        self.site, self.taken, self.waits, self.is_over = site, [], [], threading.Event()
        self.thread = threading.Thread(target=at_once, args=(CLIENTS, self._post))

    def _post(self, client):
        with many_lines(1, self.site.port) as (line,):
            for number in range(client, 10**6, CLIENTS):
                if self.is_over.is_set():
                    break
                begun = time.monotonic()
                assert line.send(words(number)) == 303
                self.waits.append((begun, time.monotonic() - begun))
                self.taken.append(number)

    def __enter__(self):
        self.thread.start()
        eventually(lambda: len(self.taken) >= BEFORE, "comments")
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()


def texts():
    return set(db.session.scalars(db.select(Comment.text).where(Comment.text.like("Thought%"))))


def check(site, tmp_path):
    file = tmp_path / "backup.zip"
    with Crowd(site) as crowd:
        before, begun = list(crowd.taken), time.monotonic()
        made = flask(site, "backup", file)
        took = time.monotonic() - begun
        assert made.returncode == 0, made.stderr
    refused = flask(site, "restore", file, "--force")
    assert "Stop it first" in refused.stderr
    site.kill()
    restored = flask(site, "restore", file, "--force")
    assert restored.returncode == 0, restored.stderr
    site.start().up()
    assert cast.POST in site.get("/")
    assert "The rota" in site.get(cast.POST)
    there = looking(site, texts)
    assert {words(number)["text"] for number in before} <= there
    waits = [wait for at, wait in crowd.waits if begun <= at + wait and at <= begun + took]
    calm = [wait for at, wait in crowd.waits if at + wait < begun]
    print(
        f"\nbacked up in {took:.1f} s ({file.stat().st_size / 1e6:.1f} MB) while {len(waits)} comments came; "
        f"{len(before)} were taken before, {len(there)} are in it; the longest wait was {max(waits) * 1000:.0f} ms, "
        f"before it {max(calm) * 1000:.0f} ms; 99 of 100 within {sorted(waits)[len(waits) * 99 // 100] * 1000:.0f} ms"
    )


def grow(site):
    """Makes it as large as a site becomes in years."""

    def fill():
        cast.a_comment(db.session.scalars(db.select(Thread)).first())
        db.session.commit()
        like = dict(db.session.execute(db.select(Comment.__table__)).mappings().first())
        del like["id"]
        for _ in range(PADDING // A_BATCH):
            rows = [like | {"text": TEXT, "sameness": None, "panel_handle": new_nonce()} for _ in range(A_BATCH)]
            db.session.execute(insert(Comment.__table__), rows)
            db.session.commit()

    looking(site, fill)
    return site


def test_one_that_is_made_while_people_post_has_what_was_taken_before(run_site, tmp_path):
    check(run_site(), tmp_path)


@pytest.mark.long
def test_killed_at_any_moment_it_leaves_the_old_site_or_the_new_one(tmp_path):
    """The real commands, killed with SIGKILL. What is there afterwards is asked of whoever starts next."""
    site = Site(tmp_path / "instance", OPM_DEMO="0")
    looking(site, migrate.upgrade)
    looking(site, furnish)
    assert flask(site, "backup", tmp_path / "backup.zip").returncode == 0
    looking(site, rewrite)
    (folder := tmp_path / "all").mkdir()
    became = []
    for step in range(KILLS):
        looking(site, rewrite)
        kill_after(site, (step + 1) * STEP_SECONDS, "backup", folder)
        kill_after(site, (step + 1) * STEP_SECONDS, "restore", tmp_path / "backup.zip", "--force")
        became.append(looking(site, lambda: db.session.scalars(db.select(Post.title)).all()))
        assert looking(site, lambda: db.session.scalar(db.text("PRAGMA integrity_check"))) == "ok"
        assert len(list((site.instance / "uploads").iterdir())) == 1
    assert {tuple(titles) for titles in became} <= {("Who fills the sandbags?",), ("Rewritten",)}
    for made in folder.glob("*.zip"):
        looking(site, lambda made=made: backups.check(made))
    print(f"\n{KILLS} restores killed: {became.count(['Rewritten'])} left the old site, the others the new one")


def kill_after(site, seconds, *given):
    """Runs a command, and kills it after so long."""
    command = [sys.executable, "-X", "utf8", "-m", "flask", *map(str, given)]
    with subprocess.Popen(
        command, cwd=ROOT, env=site.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as it:
        with suppress(subprocess.TimeoutExpired):
            it.wait(seconds)
        it.kill()


def furnish():
    cast.a_post()
    cast.kept(cast.a_picture(), "bench.png")
    db.session.commit()


def rewrite():
    db.session.execute(db.update(Post).values(title="Rewritten"))
    db.session.commit()


@pytest.mark.long
def test_so_it_is_on_postgresql(run_site, postgres_url, tmp_path):
    check(run_site(OPM_DATABASE_URL=postgres_url), tmp_path)


@pytest.mark.long
def test_a_large_one_keeps_nobody_waiting_longer(run_site, tmp_path):
    check(grow(run_site()), tmp_path)


@pytest.mark.long
def test_nor_does_a_large_one_on_postgresql(run_site, postgres_url, tmp_path):
    check(grow(run_site(OPM_DATABASE_URL=postgres_url)), tmp_path)
