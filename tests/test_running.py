"""What `./run` starts, as real processes: it comes up, stays up, stops, and says plainly why it cannot."""

import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
from urllib.request import HTTPCookieProcessor, Request, build_opener

import psycopg
import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, text

from opm import demo
from opm.comments.submission import CONFIRM_MAIL
from opm.extensions import db
from opm.factory import create_app
from opm.outbox import posting
from opm.outbox.models import Email
from opm.posts.models import Post
from tests import cast
from tests.conftest import missing, postgres_server
from tests.running import ROOT, Site, children_of, eventually, family, free_port, is_alive, kill

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes in /proc")


@pytest.fixture
def clock():
    """The real one: what runs beside a test knows no other."""


@pytest.fixture
def site(tmp_path):
    """`site(OPM_DEMO="0")` is a site with these settings, not yet started. Whatever still runs at the end is killed."""
    sites = []

    def site(instance="instance", **settings):
        sites.append(Site(tmp_path / instance, **settings))
        return sites[-1]

    yield site
    for each in sites:
        each.kill()


@pytest.fixture
def looking():
    """`looking(site, question)` answers a question about what a site's database holds."""

    def looking(site, question):
        app = create_app(site.environ)
        with app.app_context():
            try:
                return question()
            finally:
                db.session.remove()
                db.engine.dispose()

    return looking


def posts_count():
    return db.session.scalar(db.select(func.count(Post.id)))


def parts(site):
    """The processes of a site: its server, the server's own workers, and its worker."""
    server, worker = eventually(lambda: len(found := children_of(site.process.pid)) == 2 and found, "two children")
    workers = eventually(lambda: len(found := children_of(server)) == os.cpu_count() and found, "the server's workers")
    return server, workers, worker


# Coming up


def test_a_first_start_makes_secret_and_database_and_loads_the_demo_and_a_second_is_quick(site, looking):
    site = site()
    begun = time.monotonic()
    site.start().up()
    first = time.monotonic() - begun
    assert "Policy in the Open" in site.get("/")
    assert looking(site, posts_count) == 15
    assert {"secret-key", "opm.db"} <= {path.name for path in site.instance.iterdir()}
    site.process.terminate()
    assert site.ended() == 0
    begun = time.monotonic()
    site.start().up()
    print(f"first start {first:.2f} s, second start {time.monotonic() - begun:.2f} s")
    assert looking(site, posts_count) == 15
    eventually(lambda: site.log.count(f"http://127.0.0.1:{site.port}/") == 2, "the address")
    assert "sign-in" not in site.log


@pytest.mark.parametrize(
    "settings", [{"OPM_DEMO": "0"}, {"OPM_BASE_URL": "https://policy.example.org"}], ids=["no demo", "public"]
)
def test_a_site_that_wants_no_demo_or_is_public_starts_empty(site, looking, settings):
    site = site(**settings).start()
    eventually(lambda: f"http://127.0.0.1:{site.port}/" in site.log, "the address")
    assert looking(site, demo.is_empty)


def test_the_demo_never_comes_to_a_site_that_has_something(site, looking):
    site = site(OPM_DEMO="0").start().up()
    site.kill()

    def write():
        cast.a_post()
        db.session.commit()

    looking(site, write)
    del site.environ["OPM_DEMO"]
    site.start().up()
    assert looking(site, posts_count) == 1


def test_the_demo_does_not_come_back_once_it_was_taken_away(site, looking):
    site = site().start().up()
    site.kill()

    def take_away():
        demo.remove()
        db.session.commit()

    looking(site, take_away)
    site.start().up()
    assert looking(site, demo.is_empty)


def test_several_sites_run_side_by_side(site):
    one, other = site("one").start(), site("other", OPM_DEMO="0").start()
    one.up(), other.up()
    assert "Policy in the Open" in one.get("/")
    assert "Policy in the Open" not in other.get("/")


def test_two_that_start_at_once_on_one_instance_make_it_once(site, looking):
    both = [site("shared").start() for _ in range(2)]
    for each in both:
        each.up()
    assert looking(both[0], posts_count) == 15
    assert both[0].get("/") == both[1].get("/").replace(str(both[1].port), str(both[0].port))


def test_a_site_on_postgresql_starts_the_same_way(site, looking):
    server = postgres_server() or missing("a PostgreSQL server")
    name = f"opm_test_running_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        site = site(OPM_DATABASE_URL=f"postgresql:///{name}").start().up()
        assert looking(site, posts_count) == 15
        site.process.terminate()
        assert site.ended() == 0
    finally:
        site.kill()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


# On a terminal


def on_a_terminal(site) -> str:
    """Starts it on a terminal, reads what it prints, and presses Ctrl-C."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe(sys.executable, [sys.executable, "app.py"], site.environ)
    written = b""
    ends = time.monotonic() + 30
    while b"Ctrl-C" not in written and time.monotonic() < ends:
        if select.select([terminal], [], [], 0.1)[0]:
            written += os.read(terminal, 65536)
    os.write(terminal, b"\x03")
    status = os.waitpid(pid, 0)[1]
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    return written.decode()


def test_a_terminal_shows_the_address_and_a_link_that_signs_an_admin_in(site):
    site = site()
    shown = on_a_terminal(site)
    assert f"http://127.0.0.1:{site.port}/\r\n" in shown
    link = re.search(r"http://\S+(/desk/sign-in/link/\S+)", shown)[1]
    site.start().up()
    press = Request(f"http://127.0.0.1:{site.port}{link}", b"", headers={"Sec-Fetch-Site": "same-origin"})
    with build_opener(HTTPCookieProcessor()).open(press, timeout=10) as answer:
        assert answer.url.endswith("/desk/")


def test_a_terminal_says_how_to_make_staff_where_there_is_none(site):
    shown = on_a_terminal(site(OPM_DEMO="0"))
    assert "flask staff add" in shown
    assert "/desk/sign-in/link/" not in shown


# Stopping


@pytest.mark.parametrize(
    ("number", "to_the_group"),
    [(signal.SIGTERM, False), (signal.SIGINT, True), (signal.SIGHUP, True)],
    ids=["SIGTERM", "Ctrl-C", "terminal closed"],
)
def test_a_signal_stops_all_of_it_cleanly(site, number, to_the_group):
    site = site(OPM_DEMO="0").start().up()
    server, workers, worker = parts(site)
    (os.killpg if to_the_group else os.kill)(site.process.pid, number)
    assert site.ended(10) == 0
    assert not any(map(is_alive, [server, *workers, worker]))
    assert "WARNING" not in site.log
    assert "ERROR" not in site.log
    assert "Traceback" not in site.log


def test_a_signal_that_comes_while_it_starts_stops_it_too(site):
    site = site(OPM_DEMO="0").start()
    eventually(lambda: children_of(site.process.pid), "a child")
    site.process.terminate()
    assert site.ended(10) == 0


def test_when_it_is_killed_its_children_end_by_themselves(site):
    site = site(OPM_DEMO="0").start().up()
    children = family(site.process.pid)
    assert len(children) == 2 + os.cpu_count()
    kill(site.process.pid)
    site.process.wait()
    eventually(lambda: not any(map(is_alive, children)), "the end of all children", within=5)


@pytest.mark.long
def test_a_sender_that_never_finishes_does_not_hold_up_the_stop(site):
    site = site(OPM_DEMO="0").start().up()
    children = family(site.process.pid)
    with socket.create_connection(("127.0.0.1", site.port)) as slow:
        slow.sendall(b"POST /desk/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nemail=")
        time.sleep(0.5)
        site.process.terminate()
        assert site.ended(12) == 0
    assert not any(map(is_alive, children))


# Staying up


def test_whatever_part_is_killed_comes_back(site):
    site = site(OPM_DEMO="0").start().up()
    server, workers, worker = parts(site)

    kill(workers[0])
    again = eventually(lambda: set(children_of(server)) - set(workers), "another of the server's workers")
    eventually(lambda: len(children_of(server)) == len(workers) and site.answers(), "an answer")
    assert len(again) == 1

    kill(worker)
    eventually(lambda: set(children_of(site.process.pid)) - {server, worker}, "another worker")

    kill(server)
    eventually(lambda: not any(map(is_alive, [*workers, *again])), "the end of the old server's workers", within=5)
    eventually(site.answers, "an answer")
    assert site.process.poll() is None


DYING = """
import os, sys, time
from opm.lib import keeping
from opm.lib.processes import StopSignal
keeping.FIRST_WAIT_SECONDS = 0.01
lives = lambda: time.sleep(60)
dies = lambda: os._exit(3)
parts = [keeping.Part("liver", lives), keeping.Part("dier", dies)]
sys.exit(keeping.Keeper(parts, StopSignal(), greet=lambda: True).keep())
"""


def test_five_deaths_within_a_minute_stop_everything_and_say_so():
    begun = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", DYING], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert time.monotonic() - begun < 20  # it waited for no part that sleeps
    assert ended.stderr.count("the dier died (exit code 3), starting it again") == 5
    assert "5 deaths within a minute, so the site stops." in ended.stderr


# Why it does not start


def refusal(site) -> str:
    """What it says instead of starting: one sentence or two, at once."""
    site.start()
    assert site.ended() == 1
    assert "Traceback" not in site.log
    assert site.log.count("\n") == 1
    return site.log


def test_a_port_that_is_taken_is_told_at_once(site):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sentence = refusal(site(OPM_PORT=str(port)))
    assert f"Port {port} cannot be used" in sentence
    assert "OPM_PORT" in sentence


def test_a_port_on_which_another_site_runs_is_taken_though_servers_could_share_it(site):
    running = site("one", OPM_DEMO="0").start().up()
    assert "cannot be used" in refusal(site("other", OPM_PORT=str(running.port)))
    assert running.answers()


def test_a_setting_that_makes_no_sense_is_told(site):
    assert "OPM_TRUSTED_PROXIES must be a whole number" in refusal(site(OPM_TRUSTED_PROXIES="some"))


@pytest.mark.parametrize("url", ["postgresql://opm:hunter2@127.0.0.1:1/opm", "sqlite:////nowhere/at/all/opm.db"])
def test_a_database_that_cannot_be_reached_is_told(site, url):
    sentence = refusal(site(OPM_DATABASE_URL=url))
    assert sentence.startswith("The site cannot start. The database does not answer: ")
    assert "hunter2" not in sentence


def test_a_database_of_a_newer_version_is_left_alone(site, looking):
    site = site(OPM_DEMO="0").start().up()
    site.kill()

    def meddle():
        db.session.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
        db.session.commit()

    looking(site, meddle)
    site.log_file.unlink()
    assert "made by a newer version" in refusal(site)


# The worker by itself


class Postbox:
    """A mail server that takes everything."""

    def __init__(self):
        self.recipients = []

    async def handle_DATA(self, server, session, envelope):
        """Remembers whom each mail was for."""
        self.recipients += envelope.rcpt_tos
        return "250 taken"


@pytest.fixture
def postbox():
    """It runs on a free port while the test does."""
    handler = Postbox()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


def start_worker(site):
    with site.log_file.open("a") as log:
        return subprocess.Popen([sys.executable, "-m", "flask", "worker"], cwd=ROOT, env=site.environ, stderr=log)


def test_two_workers_deliver_each_email_once_and_stop_when_asked(site, looking, postbox):
    site = site(OPM_DEMO="0", OPM_MAIL_SERVER="127.0.0.1", OPM_MAIL_PORT=str(postbox.port), OPM_MAIL_USE_TLS="0")
    site.start().up()
    site.process.terminate()
    site.ended()

    def write_thirty():
        thread = cast.a_post().thread
        for number in range(30):
            comment = cast.a_comment(thread, "unconfirmed", email=f"jo{number}@example.org", text=f"{number}")
            posting.post(CONFIRM_MAIL, comment.email, comment.id, nonce=comment.link_nonce)
        db.session.commit()

    workers = [start_worker(site) for _ in range(2)]
    try:
        eventually(lambda: site.log.count("started") == 3, "both workers, beside the one of the site before")
        looking(site, write_thirty)
        eventually(lambda: len(postbox.recipients) >= 30, f"30 mails; there are {len(postbox.recipients)}")
        begun = time.monotonic()
        for worker in workers:
            worker.terminate()
        assert [worker.wait(10) for worker in workers] == [0, 0]
        print(f"both workers stopped in {time.monotonic() - begun:.2f} s")
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert sorted(postbox.recipients) == sorted(f"jo{number}@example.org" for number in range(30))
    assert looking(site, lambda: {email.state for email in db.session.scalars(db.select(Email))}) == {"sent"}
    assert "example.org" not in site.log
