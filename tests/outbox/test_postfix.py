"""Every kind of mail through a real mail server, into a maildir and back."""

import os

import pytest

from opm import settings
from opm.comments.models import State
from opm.comments.submission import CONFIRM_MAIL
from opm.outbox import posting
from tests import cast
from tests.conftest import missing
from tests.outbox.conftest import connect
from tests.outbox.postfix import PROGRAM, SENDER, Postfix, read

LONGEST_LINE = 998  # RFC 5322, 2.1.1


@pytest.fixture(scope="module")
def postfix():
    """The server, running."""
    if not PROGRAM or os.geteuid():
        missing("postfix, and who may start it,")
    server = Postfix("example.org", "northmere.example")
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def sends_there(app, postfix, monkeypatch):
    connect(app, monkeypatch, postfix)
    monkeypatch.setitem(app.config, "MAIL_DEFAULT_SENDER", SENDER)


def test_a_real_server_takes_every_kind_of_mail_and_gives_it_as_it_was(every_mail, inside, postfix):
    with inside():
        settings.change(
            site_name="Öffentlich – Policy in the Open", sender_name="Öffentlich", reply_to="us@example.org"
        )
    sent = {mail.msgId: mail for mail in every_mail(title="Wer füllt die Sandsäcke?", note="Ça va? “Yes.” " * 200)}
    received = postfix.received("everybody", len(sent))
    assert len(received) == len(sent)
    for whole in received:
        assert max(map(len, whole.split(b"\n"))) <= LONGEST_LINE
        mail = read(whole)
        ours = sent.pop(mail["Message-ID"])
        assert mail["Subject"] == ours.subject
        assert mail["To"] == mail["X-Original-To"] == ours.recipients[0]
        assert mail["From"] == f"Öffentlich <{SENDER}>"
        assert mail["Return-Path"] == f"<{SENDER}>"
        assert mail["Reply-To"] == "us@example.org"
        assert mail["Auto-Submitted"] == "auto-generated"
        for name, value in ours.extra_headers.items():
            assert mail.get_all(name) == [value]
        assert mail.get_content_type() == "multipart/alternative"
        text, html = mail.iter_parts()
        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert text.get_content() == ours.body
        assert html.get_content() == ours.html
    assert not sent, "each came once"


def test_of_an_address_that_nobody_has_the_server_sends_a_notice_that_says_which_and_that_it_is_for_good(
    inside, mailbox, postfix
):
    with inside():
        comment = cast.a_comment(cast.a_post().thread, State.UNCONFIRMED, email="old@gone.example")
        posting.post(CONFIRM_MAIL, comment.email, comment.id, nonce=comment.link_nonce)
    (sent,) = mailbox.deliver()
    (whole,) = postfix.received("answers", 1)
    notice = read(whole)
    assert notice["Return-Path"] == "<>", "nothing answers an answer"
    assert notice.get_content_type() == "multipart/report"
    assert notice.get_param("report-type") == "delivery-status"
    _, status, ours = notice.iter_parts()
    _, about = status.iter_parts()
    assert about["Final-Recipient"] == "rfc822; old@gone.example"
    assert (about["Action"], about["Status"]) == ("failed", "5.1.1")
    assert ours.get_content()["Message-ID"] == sent.msgId, "by this it is known which mail of ours it was"
