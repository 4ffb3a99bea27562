"""Taking mail to the server: each once, whatever the server, the worker or the letter does."""

import contextlib
import socket
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select

from opm import settings
from opm.accounts import signing_in
from opm.accounts.models import Person
from opm.comments.models import Comment
from opm.extensions import db
from opm.lib import clock as clocks
from opm.outbox import delivery, posting
from opm.outbox.delivery import LEASE, ServerAway
from opm.outbox.letters import Letter, Letterbox
from opm.outbox.models import Email, State
from tests import cast
from tests.conftest import missing
from tests.outbox.conftest import KIND, connect
from tests.outbox.smtp import Server
from tests.stranger import Stranger

OURS = {
    "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
}  # fmt: skip


@pytest.fixture
def emails(inside):
    """`emails()` gives all emails, the oldest first."""

    def emails():
        with inside(False):
            return db.session.scalars(select(Email).order_by(Email.id)).all()

    return emails


@pytest.fixture
def states(emails):
    """`states()` gives the states of all emails, the oldest first."""
    return lambda: [email.state.value if isinstance(email.state, State) else email.state for email in emails()]


@pytest.fixture
def deliver_all(deliver):
    """`deliver_all()` sends until nothing is due; what a server that goes away leaves is tried at the next call."""

    def deliver_all():
        with contextlib.suppress(ServerAway):
            while deliver():
                pass

    return deliver_all


def people(count):
    return [f"p{number}@example.org" for number in range(count)]


# Each once


def test_four_workers_and_two_hundred_mails_send_each_exactly_once_over_one_connection_a_batch(
    server, post, deliver, states
):
    post(*people(200))

    def work(_):
        while deliver():
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert sorted(server.recipients) == sorted(people(200))
    assert set(states()) == {"sent"}
    assert server.connection_count <= 200 // delivery.BATCH + 2 * 4


def test_one_batch_takes_one_connection(server, post, deliver):
    post(*people(20))
    assert deliver() == 20
    assert server.connection_count == 1
    assert len(server.taken) == 20


def test_what_is_not_due_yet_waits(server, post, deliver, clock):
    post("ada@example.org", due_at=clock.at + timedelta(minutes=10))
    deliver()
    assert server.taken == []
    clock.forward(minutes=10)
    deliver()
    assert server.recipients == ["ada@example.org"]


def test_of_many_the_longest_waiting_go_first(server, post, deliver, clock):
    for number in range(25):
        post(f"p{number}@example.org", due_at=clock.at - timedelta(minutes=number))
    deliver()
    assert set(server.recipients) == {f"p{number}@example.org" for number in range(5, 25)}


def test_what_goes_to_many_waits_for_what_somebody_waits_for_and_keeps_the_order_it_was_wanted_in(
    app, server, inside, post, deliver, clock, emails
):
    with inside():
        ids = posting.post_many(KIND, [posting.Wanted(email, n, f"n{n}") for n, email in enumerate(people(1_500))])
        assert posting.post_many(KIND, []) == []
    assert [(email.id, email.recipient, email.about_id, email.nonce) for email in emails()] == [
        (id, email, n, f"n{n}") for id, (n, email) in zip(ids, enumerate(people(1_500)), strict=True)
    ]
    assert len({email.message_id for email in emails()}) == 1_500
    clock.forward(minutes=1)
    post("ada@example.org")
    deliver()
    assert server.recipients[0] == "ada@example.org"


def test_a_worker_that_dies_leaves_its_mails_to_the_next_once_the_lease_has_run_out(
    app, server, post, deliver, clock, emails
):
    post(*people(3))
    with app.app_context():
        assert len(delivery.claim()) == 3  # and dies
    assert deliver() == 0
    clock.forward(seconds=LEASE.total_seconds() - 1)
    assert deliver() == 0
    clock.forward(seconds=1)
    assert deliver() == 3
    assert sorted(server.recipients) == sorted(people(3))


class Killed(BaseException):
    """Nothing can be done any more."""


def test_a_worker_that_dies_between_the_servers_yes_and_its_note_sends_the_same_mail_twice_and_not_thrice(
    server, post, deliver, deliver_all, clock, monkeypatch, states
):
    post(*people(3))

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_note", die)
        with pytest.raises(Killed):
            deliver()
    assert len(server.taken) == 1
    for _ in range(4):
        deliver_all()
        clock.forward(seconds=LEASE.total_seconds())
    ids = {}
    for message in server.messages:
        ids.setdefault(message["To"], []).append(message["Message-ID"])
    assert sorted(map(len, ids.values())) == [1, 1, 2]
    assert all(len(set(of_one)) == 1 for of_one in ids.values())
    assert states() == ["sent"] * 3


@pytest.mark.parametrize("seconds_a_mail", [14, 30, 45, 59])
def test_a_slow_server_never_has_a_mail_in_hand_whose_lease_has_run_out(
    app, server, post, deliver, clock, emails, states, seconds_a_mail
):
    # Four answers to a mail, each just within its time, come to almost a minute.
    post(*people(5))
    late = []

    def be_slow(recipient):
        clock.forward(seconds=seconds_a_mail)
        with app.app_context():
            due_at = db.session.scalar(select(Email.due_at).where(Email.recipient == recipient))
            late.append(due_at <= clock.at)

    server.on_mail = be_slow
    while deliver():
        pass
    assert sorted(server.recipients) == people(5)
    assert not any(late), "another worker would have sent it, too"


def test_a_server_that_is_slow_to_shake_hands_gets_its_mail_all_the_same(
    server, post, deliver, clock, states, monkeypatch
):
    post(*people(2))
    shake = delivery._Connection.configure_host

    def shake_slowly(self):
        clock.forward(seconds=100)
        return shake(self)

    monkeypatch.setattr(delivery._Connection, "configure_host", shake_slowly)
    deliver()
    assert states() == ["sent"] * 2


def test_a_worker_that_comes_back_late_takes_nothing_away_from_the_one_that_took_over(
    app, server, post, deliver, clock, emails
):
    post(*people(3))
    taken_over = []

    def sleep_past_the_lease(_):
        clock.forward(seconds=LEASE.total_seconds() + 1)
        with app.app_context():
            taken_over.extend((email.id, email.due_at, email.tries) for email in delivery.claim())

    server.on_mail = sleep_past_the_lease
    deliver()
    waiting = {email.id: email for email in emails() if email.state == State.WAITING}
    assert len(waiting) == 2
    for id, due_at, tries in taken_over:
        if id in waiting:
            assert (waiting[id].due_at, waiting[id].tries) == (due_at, tries)


def test_asked_to_stop_it_finishes_the_mail_in_hand_and_charges_the_others_nothing(
    server, post, deliver, emails, clock
):
    post(*people(3))
    deliver(go_on=lambda: not server.taken)
    assert len(server.taken) == 1
    assert sorted((email.state, email.tries) for email in emails()) == [("sent", 1), ("waiting", 0), ("waiting", 0)]
    assert all(email.due_at <= clock.at for email in emails() if email.state == State.WAITING)


# A clock that somebody set


@pytest.fixture
def mend(app):
    """`mend()` does what a worker does now and then, and says how many emails were dated anew."""

    def mend():
        with app.app_context():
            return delivery.mend_dates()

    return mend


@pytest.mark.parametrize("ahead", [{"hours": 2}, {"days": 8}, {"days": 4000}], ids=str)
def test_mail_written_by_a_clock_that_was_ahead_goes_soon_after_it_is_right_again(
    server, post, deliver, mend, clock, ahead
):
    post("early@example.org")
    clock.forward(**ahead)
    post("late@example.org", due_at=clock.at + timedelta(minutes=10))
    clock.at -= timedelta(**ahead)
    assert mend() == 1
    assert mend() == 0
    deliver()
    clock.forward(seconds=LEASE.total_seconds())
    deliver()
    assert server.recipients == ["early@example.org", "late@example.org"]


def test_a_lease_of_the_future_ends_soon_and_is_taken_over_by_one_worker_alone(
    app, server, post, deliver, mend, clock, emails
):
    post(*people(3))
    clock.forward(days=8)
    with app.app_context():
        assert len(delivery.claim()) == 3  # by one that dies, or is slow
    clock.forward(days=-8)
    assert deliver() == 0
    assert [mend(), mend(), deliver()] == [3, 0, 0]  # it may be at work still: its time is given to it once more
    clock.forward(seconds=LEASE.total_seconds())
    with app.app_context():
        assert [len(delivery.claim()), len(delivery.claim())] == [3, 0]
    assert [mend(), deliver()] == [0, 0]
    assert {email.tries for email in emails()} == {2}


def test_what_waits_after_a_refusal_by_a_clock_that_was_ahead_waits_no_longer_than_it_would_have(
    server, post, deliver, mend, clock
):
    post("grey@example.org")
    server.refuses["grey@example.org"] = ["451 later"]
    clock.forward(days=8)
    deliver()
    clock.forward(days=-8)
    assert mend() == 1
    clock.forward(seconds=LEASE.total_seconds())
    deliver()
    assert server.recipients == ["grey@example.org"]


def test_what_is_put_off_for_good_reasons_stays_where_it_is(server, post, deliver, mend, clock, emails):
    post("undo@example.org", due_at=clock.at + timedelta(minutes=10))
    post("flood@example.org", due_at=clock.at + timedelta(hours=20))
    post("grey@example.org")
    server.refuses["grey@example.org"] = ["451 later"] * 20
    clock.forward(hours=21)
    for wait in delivery.WAITS:
        deliver()
        assert mend() == 0
        clock.forward(seconds=wait.total_seconds())
    assert [email.tries for email in emails()] == [1, 1, len(delivery.WAITS)]


def test_a_lease_is_no_longer_for_a_clock_that_is_set_back_while_it_lasts(server, post, deliver, clock, monkeypatch):
    post(*people(3))
    passed = iter([0, 0, 20])  # seconds, on the clock that only runs: at the claim, and before each mail
    monkeypatch.setattr(delivery, "time", SimpleNamespace(monotonic=lambda: next(passed, 20)))
    server.on_mail = lambda _: clock.forward(hours=-1)
    deliver()
    assert len(server.taken) == 1


# Refused


def test_550_for_one_is_final_and_visible_and_the_others_go(server, post, deliver, deliver_all, emails, clock):
    server.always["no@example.org"] = "550 5.1.1 nobody here"
    post("ada@example.org", "no@example.org", "bea@example.org")
    deliver()
    assert server.recipients == ["ada@example.org", "bea@example.org"]
    refused = emails()[1]
    assert (refused.state, refused.answer, refused.tries) == (State.FAILED, "550 5.1.1 nobody here", 1)
    assert refused.settled_at == clock.at
    for _ in range(10):
        clock.forward(days=1)
        deliver_all()
    assert emails()[1].tries == 1


@pytest.mark.parametrize("answer", ["554 we do not like these words", "552 too large"])
def test_a_text_that_the_server_refuses_for_good_is_not_tried_again(server, post, deliver, emails, answer):
    server.refuses_text["no@example.org"] = [answer]
    post("no@example.org", "ada@example.org")
    deliver()
    assert server.recipients == ["ada@example.org"]
    assert (emails()[0].state, emails()[0].answer) == (State.FAILED, answer)


@pytest.mark.parametrize("asks", ["refuses", "refuses_text"])
def test_greylisted_it_is_tried_again_after_a_minute_as_the_same_mail(server, post, deliver, clock, emails, asks):
    getattr(server, asks)["ada@example.org"] = ["451 4.7.1 come back later"]
    post("ada@example.org", "bea@example.org")
    deliver()
    assert server.recipients == ["bea@example.org"]
    waiting = emails()[0]
    assert (waiting.state, waiting.answer) == (State.WAITING, "451 4.7.1 come back later")
    clock.forward(seconds=59)
    assert deliver() == 0
    clock.forward(seconds=1)
    deliver()
    assert server.recipients == ["bea@example.org", "ada@example.org"]
    assert server.messages[1]["Message-ID"] == waiting.message_id
    assert (emails()[0].state, emails()[0].answer) == (State.SENT, "")


def test_refused_again_and_again_it_is_tried_ever_later_up_to_a_day_and_then_no_more(
    server, post, deliver, clock, emails
):
    server.always["full@example.org"] = "452 4.2.2 mailbox full"
    post("full@example.org")
    waits = []
    while True:
        deliver()
        (email,) = emails()
        if email.state != State.WAITING:
            break
        waits.append(email.due_at - clock.at)
        clock.at = email.due_at
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == timedelta(days=1)
    assert sum(waits, timedelta()) > timedelta(days=3)
    assert (email.state, email.answer) == (State.FAILED, "452 4.2.2 mailbox full")


def test_what_a_server_answers_is_kept_as_text_however_odd_it_is(server, post, deliver, emails):
    server.always["no@example.org"] = "550 <script>\x00\x1b[31m " + "é" * 1_000
    post("no@example.org", "ada@example.org")
    deliver()
    assert server.recipients == ["ada@example.org"]
    assert emails()[0].state == State.FAILED
    assert emails()[0].answer.startswith("550 <script>[31m")
    assert len(emails()[0].answer) <= 500


def test_a_server_that_takes_only_so_many_mails_a_connection_gets_them_all(server, post, deliver_all, clock, states):
    server.most_a_connection = 3
    post(*people(10))
    for _ in range(8):
        deliver_all()
        clock.forward(minutes=1)
    assert sorted(server.recipients) == people(10)
    assert set(states()) == {"sent"}


# The server is away


def test_while_the_server_is_away_nothing_is_charged_and_once_it_is_back_all_goes_once(
    server, post, deliver, deliver_all, emails, clock, states
):
    post(*people(30))
    server.stop()
    for _ in range(20):
        with pytest.raises(ServerAway):
            deliver()
        clock.forward(minutes=1)
    assert {(email.state, email.tries) for email in emails()} == {("waiting", 0)}
    assert all(email.due_at <= clock.at for email in emails())
    server.start()
    deliver_all()
    assert sorted(server.recipients) == sorted(people(30))
    assert set(states()) == {"sent"}


def test_while_a_server_thinks_comments_are_taken_and_pages_shown(app, server, inside, post, deliver):
    answered = threading.Event()
    server.on_mail = lambda _: answered.wait(10)
    with inside():
        cast.a_post()
    post("ada@example.org")
    with ThreadPoolExecutor(1) as pool:
        delivering = pool.submit(deliver)
        assert server.is_busy.wait(5)
        assert Stranger(app).send().status == 303
        assert Stranger(app).get(cast.POST).status == 200
        assert server.taken == [], "it was still thinking"
        answered.set()
        assert delivering.result() == 1
    assert server.recipients == ["ada@example.org"]


def test_a_server_that_falls_silent_is_given_up_and_gets_the_mail_later(server, post, deliver, monkeypatch, emails):
    monkeypatch.setattr(delivery, "SERVER_TIMEOUT_SECONDS", 0.3)
    server.seconds_a_mail = 0.6
    post("ada@example.org", "bea@example.org")
    with pytest.raises(ServerAway):
        deliver()
    assert [(email.state, email.tries) for email in emails()] == [("waiting", 1), ("waiting", 0)]


def test_a_listener_that_never_greets_is_given_up_and_charges_nothing(app, post, deliver, emails, monkeypatch):
    monkeypatch.setattr(delivery, "SERVER_TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for name, value in {"suppress": False, "server": "127.0.0.1", "port": silent.getsockname()[1]}.items():
            monkeypatch.setattr(app.extensions["mail"], name, value)
        post("ada@example.org")
        with pytest.raises(ServerAway):
            deliver()
    assert [(email.state, email.tries) for email in emails()] == [("waiting", 0)]


def test_a_server_that_hangs_up_in_the_middle_of_a_mail_gets_the_others_at_once_and_that_one_a_minute_later(
    server, post, deliver, deliver_all, clock, emails, states
):
    server.hangs_up_on = {"p1@example.org"}
    post(*people(4))
    with pytest.raises(ServerAway):
        deliver()
    assert server.recipients == ["p0@example.org"]
    deliver_all()
    assert sorted(server.recipients) == ["p0@example.org", "p2@example.org", "p3@example.org"]
    server.hangs_up_on = set()
    clock.forward(minutes=1)
    deliver_all()
    assert states() == ["sent"] * 4
    assert len(server.taken) == 4


def test_a_mail_at_which_the_server_always_hangs_up_holds_up_no_other_and_ends(
    server, post, deliver_all, clock, emails
):
    server.hangs_up_on = {"p1@example.org"}
    post(*people(3))
    for _ in range(12):
        deliver_all()
        clock.forward(days=1)
    assert sorted(server.recipients) == ["p0@example.org", "p2@example.org"]
    assert emails()[1].state == State.FAILED


# TLS


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody has signed but itself."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=mail"
    out = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    try:
        subprocess.run([*command.split(), *out], check=True, capture_output=True)
    except FileNotFoundError:
        missing("openssl")
    return folder


@pytest.fixture
def tls_server(app, monkeypatch, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = Server(tls_context=context)
    connect(app, monkeypatch, server, use_tls=True)
    server.start()
    yield server
    server.stop()


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(tls_server, post, deliver, emails):
    post("ada@example.org")
    with pytest.raises(ServerAway):
        deliver()
    assert tls_server.taken == []
    assert [(email.state, email.tries) for email in emails()] == [("waiting", 0)]


def test_a_certificate_for_another_host_is_refused(app, tls_server, post, deliver, certificate, monkeypatch):
    _trust(monkeypatch, certificate)
    monkeypatch.setattr(app.extensions["mail"], "server", "localhost")
    post("ada@example.org")
    with pytest.raises(ServerAway):
        deliver()
    assert tls_server.taken == []


def test_a_server_that_is_vouched_for_gets_its_mail_over_tls(tls_server, post, deliver, certificate, monkeypatch):
    _trust(monkeypatch, certificate)
    post("ada@example.org")
    deliver()
    assert tls_server.recipients == ["ada@example.org"]


def test_a_server_that_offers_no_tls_gets_no_mail_where_tls_is_set(app, server, post, deliver, emails, monkeypatch):
    monkeypatch.setattr(app.extensions["mail"], "use_tls", True)
    post("ada@example.org")
    with pytest.raises(ServerAway):
        deliver()
    assert server.taken == []
    assert emails()[0].tries == 0


def test_a_password_that_the_server_does_not_take_charges_no_mail(app, server, post, deliver, emails, monkeypatch):
    connect(app, monkeypatch, server, username="opm", password="wrong")
    post("ada@example.org")
    with pytest.raises(ServerAway):
        deliver()
    assert emails()[0].tries == 0


def _trust(monkeypatch, certificate):
    make = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: make(cafile=certificate / "cert.pem"))


# What leaves


def test_a_mail_is_text_and_html_says_that_a_machine_wrote_it_and_carries_nothing_else(
    app, server, post, deliver, emails
):
    post("ada@example.org")
    deliver()
    (message,) = server.messages
    assert set(message.keys()) == OURS
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for part in message.iter_parts():
        assert sorted(part.keys()) == ["Content-Transfer-Encoding", "Content-Type", "MIME-Version"]
        assert part.get_content_charset() == "utf-8"
    assert message["To"] == "ada@example.org"
    assert message["From"] == app.config["MAIL_DEFAULT_SENDER"]
    assert message["Message-ID"] == emails()[0].message_id
    assert message["Date"].datetime == clocks.now()


def test_a_mail_to_many_tells_mail_programs_where_to_stop_it_and_no_path_brings_a_header_with_it(
    app, server, post, deliver, states
):
    path = f"/unsubscribe/one-click/{'x' * 300}/?a=b&c=%20="
    post("ada@example.org")
    deliver(_writes(one_click=path))
    (message,) = server.messages
    assert set(message.keys()) == OURS | {"List-Unsubscribe", "List-Unsubscribe-Post"}
    assert f"List-Unsubscribe: <{app.config['BASE_URL']}{path}>\r\n".encode() in server.taken[0][1]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    hostile = ["/x\r\nBcc: eve@evil.example", "/x>, <mailto:eve@evil.example", "/x y", "/é", "/=?utf-8?q?x=0D=0A?= y"]
    for bad in hostile:
        post("bea@example.org")
        deliver(_writes(one_click=bad))
    assert server.recipients == ["ada@example.org"]
    assert states() == ["sent", *["failed"] * len(hostile)]


def test_words_arrive_as_they_were_written(server, post, deliver):
    words = "Grüße — “quoted” 🌊\n.\n..\nFrom here\n.dot\n" + "x" * 900 + "\n\ttab\n=20 =?utf-8?q?x?=\n"
    post("ada@example.org")
    deliver(_writes(subject="Grüße 🌊", text=words, html=f"<pre>{words}</pre>"))
    (message,) = server.messages
    text, html = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    assert (text, html) == (words, f"<pre>{words}</pre>")
    assert message["Subject"] == "Grüße 🌊"


def test_a_server_that_knows_seven_bits_and_short_lines_takes_every_letter(app, post, deliver, monkeypatch, states):
    server = Server(decode_data=True, enable_SMTPUTF8=False)  # it offers no 8BITMIME, and hangs up at a byte beyond
    connect(app, monkeypatch, server)
    server.start()
    try:
        post("jo@bücher.example")
        deliver(_writes(subject="Grüße 🌊" * 40, text="Grüße 🌊" * 2_000, html="<p>" + "日本語" * 5_000))
    finally:
        server.stop()
    assert states() == ["sent"]
    ((_, content),) = server.taken
    assert content.isascii()
    assert max(map(len, content.splitlines())) <= 78


def test_no_text_can_end_its_part_and_begin_another(server, post, deliver):
    words = "Hi\n\n--===============1==--\nContent-Type: text/html\n\n--\n--=\n.\nRCPT TO:<eve@evil.example>\n"
    post("ada@example.org")
    deliver(_writes(text=words, html=words))
    (message,) = server.messages
    assert [part.get_content().replace("\r\n", "\n") for part in message.iter_parts()] == [words, words]


INJECTED = [
    "Hi\r\nBcc: eve@evil.example",
    "Hi\nBcc: eve@evil.example",
    "Hi\rBcc: eve@evil.example",
    "Hi\r\n\r\nAnother body",
    "Hi\r\n Bcc: folded@evil.example",
    "=?utf-8?q?Hi=0D=0ABcc=3A_eve=40evil.example?=",
    "=?utf-8?b?SGkNCkJjYzogZXZlQGV2aWwuZXhhbXBsZQ==?=",
    "é =?utf-8?q?Hi=0D=0ABcc=3A_eve=40evil.example?=",
    "Hi\u2028Bcc: eve@evil.example",
    "Hi\x85Bcc: eve@evil.example",
    "Hi\x0bBcc: eve@evil.example",
    "Hi\x00Bcc: eve@evil.example",
    "x" * 5_000 + "\r\nBcc: eve@evil.example",
]


@pytest.mark.parametrize("text", INJECTED, ids=lambda text: ascii(text)[-30:])
def test_no_subject_can_bring_a_header_with_it_and_the_others_go(server, post, deliver, states, text):
    post("ada@example.org")
    deliver(_writes(subject=text))
    post("bea@example.org")
    deliver()
    assert server.recipients in (["ada@example.org", "bea@example.org"], ["bea@example.org"])
    assert states() == ["sent" if "ada@example.org" in server.recipients else "failed", "sent"]
    for message in server.messages:
        assert set(message.keys()) == OURS
        assert len(message.keys()) == len(OURS)
        assert not any("Another body" in part.get_content() for part in message.iter_parts())


def test_no_name_of_the_site_can_bring_a_header_with_it(app, inside, server, deliver):
    for text in INJECTED:
        with inside():
            settings.change(site_name=text.replace("\x00", ""))
            attempt = signing_in.begin(cast.ines())
            posting.post(signing_in.MAIL, "ines@northmere.example", attempt.id, nonce=attempt.link_nonce)
        deliver(app.extensions["letterbox"])
    for message in server.messages:
        assert set(message.keys()) == OURS
    assert set(server.recipients) <= {"ines@northmere.example"}


@pytest.mark.parametrize(
    "recipient",
    [
        "ada@example.org, eve@evil.example",
        "ada@example.org;eve@evil.example",
        "ada@example.org\r\nBcc: eve@evil.example",
        "ada@example.org\nRCPT TO:<eve@evil.example>",
        "ada@example.org> \r\nRCPT TO:<eve@evil.example",
        "Eve <eve@evil.example>, ada@example.org",
        "=?utf-8?q?ada=40example.org=0D=0ABcc=3A_eve=40evil.example?= <ada@example.org>",
        "ada@example.org\u2028eve@evil.example",
        "",
        "@",
        "<>",
        "ädä@example.org",
    ],
    ids=ascii,
)
def test_no_address_makes_two_recipients_or_holds_up_the_others(server, post, deliver_all, clock, emails, recipient):
    post(recipient, "bea@example.org")
    deliver_all()
    clock.forward(minutes=1)
    deliver_all()
    assert "bea@example.org" in server.recipients
    assert all(len(recipients) == 1 for recipients, _ in server.taken)
    assert len(server.taken) <= 2
    for message in server.messages:
        assert set(message.keys()) == OURS
    assert emails()[1].state == State.SENT


def test_an_address_in_letters_of_its_own_country_is_sent_in_those_that_mail_knows(server, post, deliver):
    post("jo@bücher.example")
    deliver()
    assert server.recipients == ["jo@xn--bcher-kva.example"]


# Letters


def _writes(subject="A note", text="Words.\n", html="<p>Words.</p>", one_click="") -> Letterbox:
    box = Letterbox()
    box.add({KIND: lambda _: Letter(subject, text, html, one_click)})
    return box


def _divide(email):
    return Letter("A note", str(1 / 0), "")


def _write_to_the_database(email):
    db.session.execute(insert(Person).values(name="Eve", email="eve@evil.example", roles=["admin"]))
    return Letter("A note", "I have made myself an admin.", "")


def _give_no_letter(email):
    return "no letter"


@pytest.mark.parametrize("fault", [_divide, _give_no_letter])
def test_a_letter_that_cannot_be_written_is_noted_and_holds_up_no_other(server, inside, deliver, emails, fault):
    box = _writes()
    box.add({"faulty": fault})
    with inside():
        for kind, recipient in ((KIND, "ada@example.org"), ("faulty", "no@example.org"), (KIND, "bea@example.org")):
            posting.post(kind, recipient, 1)
    deliver(box)
    assert server.recipients == ["ada@example.org", "bea@example.org"]
    assert (emails()[1].state, emails()[1].answer) == (State.FAILED, "554 it could not be written")


def test_writing_a_letter_cannot_change_the_database(app, server, inside, deliver, emails):
    box = Letterbox()
    box.add({"evil": _write_to_the_database})
    with inside():
        posting.post("evil", "ada@example.org", 1)
    with contextlib.suppress(Exception):
        deliver(box)
    assert server.taken == []
    with inside(False):
        assert db.session.query(Person).count() == 0


def test_what_is_no_longer_so_is_cancelled_and_what_nobody_writes_any_more_too(server, inside, deliver, states):
    box = Letterbox()
    box.add({KIND: lambda _: None})
    with inside():
        posting.post(KIND, "ada@example.org", 1)
        posting.post("of an older version", "bea@example.org", 1)
    deliver(box)
    assert states() == ["cancelled", "cancelled"]
    assert server.taken == []


def test_two_features_cannot_write_the_same_kind(letterbox):
    with pytest.raises(ValueError, match="two features"):
        letterbox.add({KIND: lambda _: None})


def test_without_a_server_mail_is_kept_and_never_sent_after_one_is_set(
    app, server, post, deliver, clock, states, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setitem(app.config, "MAIL_SERVER", None)
        post("ada@example.org")
    assert states() == ["kept"]
    for _ in range(3):
        deliver()
        clock.forward(days=1)
    assert server.taken == []
    assert states() == ["kept"]


def test_a_mail_is_written_in_the_transaction_of_what_caused_it(app, inside, post, states):
    with app.app_context():
        posting.post(KIND, "ada@example.org", 1)
        db.session.flush()
        db.session.rollback()
    assert states() == []


def test_delivery_and_posting_at_the_same_time_get_in_nobodys_way(app, inside, server, post, deliver, monkeypatch):
    monkeypatch.setitem(app.config, "LIMITS", False)
    with inside():
        cast.a_post()
    post(*people(40))
    server.seconds_a_mail = 0.005
    stop = threading.Event()

    def write():
        statuses = []
        while not stop.is_set():
            statuses.append(Stranger(app).send(text=f"{len(statuses)} at {time.monotonic()}").status)
        return statuses

    with ThreadPoolExecutor(3) as pool:
        writing = pool.submit(write)
        delivering = [pool.submit(deliver) for _ in range(2)]
        assert sum(done.result() for done in delivering) == 40
        stop.set()
    assert set(writing.result()) == {303}
    with inside(False):
        assert db.session.query(Comment).count() == len(writing.result())
    assert sorted(server.recipients) == sorted(people(40))
