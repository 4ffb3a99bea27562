"""Addresses that mail does not reach: refused at sending or told by a notice, paused after three, seen at the desk."""

import pytest

from opm.comments.models import State as CommentState
from opm.extensions import db
from opm.outbox import bounces, delivery, notices
from opm.outbox.delivery import Answer
from opm.outbox.models import Email, State
from opm.outbox.notices import Verdict
from opm.subscriptions.models import Subscriber
from tests import cast

KIT = "kit@example.org"
NOTICE = """\
From: MAILER-DAEMON@mx.example
To: opm@localhost
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

I am sorry.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--x
Content-Type: {returned}

Message-ID: {message_id}
Subject: Your code

--x--
"""


def a_notice(message_id, action="failed", status="5.1.1", returned="text/rfc822-headers", to=KIT):
    """A notice as a mail server writes it."""
    return NOTICE.format(message_id=message_id, action=action, status=status, returned=returned, to=to).encode()


@pytest.fixture
def sent(inside, mailbox):
    """A mail that left: its Message-ID."""
    with inside():
        cast.a_sign_up(KIT)
    return mailbox.newest(KIT).msgId


@pytest.fixture
def take(inside):
    """`take(raw)` reads a notice and gives the verdict."""

    def take(raw):
        with inside():
            return notices.take(raw)

    return take


@pytest.fixture
def counted(inside):
    """`counted()` says how often mail to Kit came back."""

    def counted():
        with inside(False):
            known = bounces.failing(KIT)
            return known.hard_count if known else 0

    return counted


# Hostile


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\0" * 10_000, b"Hello", b"\xff\xfe" * 999,
        b"Content-Type: multipart/report; boundary=x\n\n--x\n",
        b"Content-Type: message/delivery-status\n\n" + b"A: b\n\n" * 9_999,
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" * 2_000,
        b"Content-Type: text/plain; charset=nonsense\n\n\xff",
    ],
)  # fmt: skip
def test_what_is_no_notice_counts_for_nothing(raw, take, counted):
    assert take(raw) in (Verdict.NO_NOTICE, Verdict.NOT_FOR_GOOD, Verdict.NOT_OURS)
    assert counted() == 0


def test_a_notice_that_somebody_made_up_counts_for_nothing(sent, take, counted):
    for made_up in ("<x@localhost>", "", sent[:-2], f"{sent} {sent}", "<" + "x" * 100_000 + ">"):
        assert take(a_notice(made_up)) == Verdict.NOT_OURS
    assert counted() == 0


def test_a_delay_or_a_success_counts_for_nothing(sent, take, counted):
    others = ("delayed", "4.4.1"), ("delivered", "2.0.0"), ("failed", "4.2.2"), ("", ""), ("failed", "x")
    for action, status in others:
        assert take(a_notice(sent, action, status)) == Verdict.NOT_FOR_GOOD
    assert counted() == 0


# What counts


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_a_notice_about_a_mail_of_ours_counts_once(sent, take, counted, inside, returned):
    assert take(a_notice(sent, returned=returned)) == Verdict.COUNTED
    assert take(a_notice(sent, returned=returned)) == Verdict.KNOWN
    assert counted() == 1
    with inside(False):
        email = db.session.query(Email).one()
        assert (email.state, email.answer[:5]) == (State.FAILED, "5.1.1")


def test_a_refusal_at_sending_counts_and_a_passing_one_does_not(app, inside, counted, monkeypatch):
    answers = [Answer(550, "no such user"), Answer(450, "later")]
    monkeypatch.setattr(delivery, "_answer_to", lambda *_: answers.pop(0))
    for _number in range(2):
        with inside():
            cast.a_data_request(KIT)
        with app.app_context():
            delivery.deliver(app.extensions["letterbox"])
    assert counted() == 1


def test_after_three_nothing_is_sent_in_bulk_until_they_confirm_once_more(inside, browser, counted):
    with inside():
        sam = cast.a_subscriber(KIT)
        for _number in range(2):
            bounces.note(KIT, "550")
    with inside(False):
        assert not bounces.is_paused(KIT)
    with inside():
        bounces.note(KIT, "550")
    with inside(False):
        assert bounces.is_paused(KIT)
        paused = bounces.FailingAddress.pauses(Subscriber.address_hash)
        assert db.session.query(Subscriber).where(Subscriber.id == sam.id, ~paused).count() == 0
    with inside():
        link = f"/subscribe/confirm/{cast.a_sign_up(KIT).link_token}"
    browser.visit(link)
    browser.press("Yes, mail me this")
    assert counted() == 0


def test_it_stands_beside_a_comment_that_waits_and_beside_no_other(inside, another_browser):
    desk = cast.signed_in(another_browser, inside)
    with inside():
        thread = cast.a_post().thread
        cast.a_comment(thread, CommentState.PENDING, email=KIT, text="One.")
        cast.a_comment(thread, CommentState.PENDING, email="lou@example.org", text="Two.")
        bounces.note(KIT, "550")
    desk.visit("/desk/comments/")
    assert desk.text.count("Mail to the writer’s address came back") == 1


# The command


def test_a_maildir_is_read_and_what_was_read_is_moved(app, sent, tmp_path, counted):
    for folder in ("new", "cur", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "new" / "1.host").write_bytes(a_notice(sent))
    (tmp_path / "new" / "2.host").write_bytes(b"Buy pills")
    said = app.test_cli_runner().invoke(args=["outbox", "bounces", "--maildir", str(tmp_path)])
    assert said.exit_code == 0, said.output
    assert "1  counted: a mail of ours did not arrive" in said.output
    assert "1  no notice about a mail" in said.output
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == ["1.host:2,S", "2.host:2,S"]
    assert counted() == 1
    again = app.test_cli_runner().invoke(args=["outbox", "bounces", "--maildir", str(tmp_path)])
    assert "Nothing new." in again.output


def test_one_mail_comes_from_standard_input(app, sent, counted):
    said = app.test_cli_runner().invoke(args=["outbox", "bounces"], input=a_notice(sent))
    assert "1  counted" in said.output, said.output
    assert counted() == 1
