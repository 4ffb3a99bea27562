"""A crowd at the door: nobody is refused because the database was busy, and nobody waits for somebody slow."""

import contextlib
import socket
import time

from sqlalchemy.engine import make_url

from opm.comments.models import Comment
from opm.extensions import db, sqlite_library
from opm.outbox.models import Email
from tests import cast
from tests.e2e.tab import on_sqlite
from tests.faults.crowd import Line, at_once, many_lines, words
from tests.faults.database import looking
from tests.faults.sink import mail_settings, silent_server

CLIENTS, EACH = 16, 20
SLOW_SENDERS = 60
SERVED_WITHIN_SECONDS = 5
TAKEN_WITHIN_SECONDS = 2


def texts():
    return db.session.scalars(db.select(Comment.text)).all()


def test_sixteen_people_posting_at_once_are_all_taken_and_once(run_site):
    site = run_site()
    with many_lines(CLIENTS, site.port) as lines:

        def post(client):
            return [lines[client].send(words(client * EACH + number)) for number in range(EACH)]

        begun = time.monotonic()
        became = at_once(CLIENTS, post)
        print(f"\n{CLIENTS * EACH / (time.monotonic() - begun):.0f} comments a second")
    assert became == [[303] * EACH] * CLIENTS
    assert sorted(looking(site, texts)) == sorted(words(number)["text"] for number in range(CLIENTS * EACH))
    assert looking(site, lambda: db.session.query(Email).count()) == CLIENTS * EACH


def test_the_same_words_sent_sixteen_times_at_once_are_one_comment(run_site):
    site = run_site()
    with many_lines(CLIENTS, site.port) as lines:
        became = at_once(CLIENTS, lambda client: lines[client].send(words(1)))
    assert became == [303] * CLIENTS
    assert looking(site, texts) == [words(1)["text"]]
    assert looking(site, lambda: db.session.query(Email).count()) == 1


def half_a_post(port):
    """Somebody whose line is so slow that half of the form is still to come."""
    line = socket.create_connection(("127.0.0.1", port))
    head = f"POST {cast.POST}comments/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
    line.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\ntext=I+am".encode())
    return line


def test_sixty_slow_senders_leave_everybody_else_served(run_site):
    site = run_site()
    slow = [half_a_post(site.port) for _ in range(SLOW_SENDERS)]
    try:
        time.sleep(1)
        longest = max(at_once(10, lambda client: read_and_write(site.port, client)))
    finally:
        for line in slow:
            line.close()
    print(f"\nthe longest of 10 who read and wrote meanwhile took {longest:.2f} s")
    assert longest < SERVED_WITHIN_SECONDS


def read_and_write(port, client):
    begun = time.monotonic()
    with many_lines(1, port) as (line,):
        assert line.get(cast.POST) == 200
        assert line.send(words(client)) == 303
    return time.monotonic() - begun


def test_a_comment_is_taken_while_the_mail_server_says_nothing(run_site):
    with silent_server() as (port, called):
        site = run_site(**mail_settings(port))
        line = Line(site.port)
        assert line.send(words(0)) == 303
        assert called.wait(10), "the worker never called"
        begun = time.monotonic()
        assert line.send(words(1)) == 303
        assert time.monotonic() - begun < TAKEN_WITHIN_SECONDS
        line.hang_up()
        site.kill()


@on_sqlite
def test_a_form_with_errors_waits_for_nobody_who_writes(app, inside, browser):
    with inside():
        cast.a_post()
    browser.visit(cast.POST)
    file = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database
    with contextlib.closing(sqlite_library.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        browser.press("Send comment", text=cast.WORDS, name="", email="jo@example.org", status=422)
    assert time.monotonic() - begun < TAKEN_WITHIN_SECONDS
