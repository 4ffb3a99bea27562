"""Power cuts in small: server and mail worker are killed while comments come in.

What was answered with yes is there, once. Its mail arrives, and arrives twice only if the worker was killed between
the mail server's yes and our note of it; then both carry the same Message-ID.
"""

import collections
import os
import threading
import time
from itertools import chain

import pytest

from opm.comments.models import Comment
from opm.extensions import db
from opm.outbox.delivery import LEASE
from opm.outbox.models import Email, State
from tests.faults.crowd import Line, at_once, words
from tests.faults.database import looking
from tests.running import children_of, eventually, kill

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes in /proc")

POSTS, MOST_POSTS, CLIENTS, KILLS = 200, 10_000, 4, 8
# The keeper gives up after five deaths of its own parts within a minute; a server's workers are the server's to keep.
VICTIMS = ["a server's worker", "mail worker", "a server's worker", "server"] * 2


class Killer:
    """Kills a part of a site whenever so many comments more were taken."""

    def __init__(self, site):
        self.site, self.killed = site, []

    def watch(self, taken):
        """Runs beside those who post."""
        for number in range(KILLS):
            due_at = (number + 1) * POSTS // (KILLS + 2)
            eventually(lambda due_at=due_at: len(taken) >= due_at, f"{due_at} comments", within=120)
            self.strike(VICTIMS[number])

    def strike(self, victim):
        """Kills it, once it runs."""
        pid = eventually(lambda: self.find(victim), victim)
        kill(pid)
        self.killed.append(victim)

    def find(self, victim):
        """Its process number; None while it is not there."""
        parts = children_of(self.site.process.pid)
        server = next((pid for pid in parts if children_of(pid)), None)
        if victim == "server":
            return server
        if victim == "mail worker":
            return next((pid for pid in parts if pid != server), None) if len(parts) == 2 else None
        workers = children_of(server) if server else []
        return workers[0] if len(workers) == os.cpu_count() else None


def post_while_killing(site):
    """Comments are sent, each until it is taken, as long as parts are killed. Returns their numbers and the tries."""
    taken, killer = [], Killer(site)
    watching = threading.Thread(target=killer.watch, args=(taken,))
    watching.start()

    def post_some(client):
        line, became = Line(site.port), []
        for number in range(client, MOST_POSTS, CLIENTS):
            if len(taken) >= POSTS and not watching.is_alive():
                break
            became += line.send_until_taken(words(number))
            taken.append(number)
        line.hang_up()
        return became

    became = chain(*at_once(CLIENTS, post_some))
    watching.join()
    assert killer.killed == VICTIMS
    return taken, collections.Counter(became)


def check_comments(site, taken):
    """Every one is there once, and none that nobody wrote."""
    texts = looking(site, lambda: db.session.scalars(db.select(Comment.text)).all())
    assert sorted(texts) == sorted(words(number)["text"] for number in taken)


def check_mails(site, sink, taken):
    """Every one arrives once or twice, and twice only as the same mail. Returns how many came twice."""
    wanted = {words(number)["email"] for number in taken}
    eventually(lambda: wanted <= set(sink.message_ids), "all mails", within=2 * LEASE.total_seconds() + 30)
    eventually(lambda: looking(site, waiting_count) == 0, "an empty outbox", within=LEASE.total_seconds() + 10)
    assert set(sink.message_ids) == wanted
    for recipient, ids in sink.message_ids.items():
        assert len(ids) <= 2, recipient
        assert len(set(ids)) == 1, recipient
    return sum(len(ids) == 2 for ids in sink.message_ids.values())


def waiting_count():
    return db.session.scalar(db.select(db.func.count(Email.id)).where(Email.state == State.WAITING))


def check(site, sink):
    begun = time.monotonic()
    taken, became = post_while_killing(site)
    posted = time.monotonic()
    check_comments(site, taken)
    doubled = check_mails(site, sink, taken)
    print(
        f"\n{len(taken)} comments, {KILLS} kills: {posted - begun:.1f} s, tries {dict(became)}; "
        f"all mail {time.monotonic() - posted:.1f} s later, {doubled} twice"
    )


def test_on_sqlite_nothing_is_lost_or_doubled_by_kills(run_site, sink):
    check(run_site(**sink.settings), sink)


@pytest.mark.long
def test_on_postgresql_nothing_is_lost_or_doubled_by_kills(run_site, sink, postgres_url):
    check(run_site(OPM_DATABASE_URL=postgres_url, **sink.settings), sink)
