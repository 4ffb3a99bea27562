"""The main job, end to end: read, comment, confirm, decide, be told."""

from opm.comments.models import Comment, State
from opm.extensions import db
from tests import cast
from tests.mailbox import code_in, path_in


def write(browser, text=cast.WORDS, name="Jo Marsh", email="jo@example.org", status=200):
    browser.visit(cast.POST)
    browser.press("Send comment", text=text, name=name, email=email, status=status)


def test_a_comment_is_written_confirmed_by_code_approved_and_its_writer_told(
    app, inside, browser, another_browser, mailbox, clock
):
    with inside():
        cast.a_post()

    write(browser)
    assert "jo@example.org" in browser.text
    browser.press("Confirm my comment", code=code_in(mailbox.newest("jo@example.org")))
    assert browser.heading == "Your comment is waiting for a moderator"
    assert cast.WORDS not in another_browser.visit(cast.POST).get_text()

    desk = cast.signed_in(another_browser, inside)
    desk.visit("/desk/comments/")
    assert cast.WORDS in desk.text
    desk.press("Approve")
    assert "Published as comment 1 on Who fills the sandbags? The writer hears of it at 10:10." in desk.text

    assert cast.WORDS in browser.visit(cast.POST).get_text()
    assert mailbox.deliver() == []
    clock.forward(minutes=11)
    told = mailbox.newest("jo@example.org")
    assert "published" in told.subject
    browser.visit(path_in(told, "receipt"))
    assert browser.heading == "Your comment is published"


def test_a_comment_is_confirmed_by_the_mails_link(app, inside, browser, mailbox):
    with inside():
        cast.a_post()
    write(browser)
    browser.visit(path_in(mailbox.newest(), "confirm"))
    assert cast.WORDS in browser.text
    browser.press("Yes, confirm my comment")
    assert browser.heading == "Your comment is waiting for a moderator"
    with inside(False):
        assert db.session.query(Comment).one().state == State.PENDING
