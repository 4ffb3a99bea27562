"""The journey in browsers that know neither scripts nor style sheets, and say nothing of where a form comes from."""

import re

import pytest

from opm.comments.models import Comment, State
from opm.extensions import db
from opm.reports.models import Report
from opm.subscriptions import following, letters
from tests import cast
from tests.e2e.tab import on_sqlite
from tests.e2e.text_browsers import ENTER, TAB, Lynx, W3m, typed
from tests.mailbox import code_in

pytestmark = on_sqlite


@pytest.fixture
def lynx(tmp_path):
    return Lynx(tmp_path)


@pytest.fixture
def w3m(tmp_path):
    return W3m(tmp_path)


@pytest.fixture
def a_thread(inside):
    with inside():
        thread = cast.a_post().thread
        first = cast.a_comment(thread, State.PUBLISHED)
        cast.a_comment(
            thread, State.PUBLISHED, name="Ada Holt", email="a@example.org", text="So it does.", parent=first
        )
        cast.a_comment(thread, State.PUBLISHED, name="Bert Okafor", email="b@example.org", text="Who pays?")


def check_the_thread(page):
    """The post, the comments by number, an answer further in than what it answers; and no warnings of what is not."""
    assert "Who fills the sandbags?" in page
    assert "3 comments" in page
    lines = page.splitlines()
    first, answer, last = (next(line for line in lines if name in line) for name in ("1 Jo M", "2 Ada H", "3 Bert O"))
    assert indent(answer) > indent(first) == indent(last)
    assert "Send comment" in page
    assert "could not reach" not in page


def indent(line):
    return re.search(r"\d", line).start()


def check_it_waits(inside, name):
    with inside(False):
        comment = db.session.query(Comment).filter_by(name=name).one()
        assert comment.state == State.PENDING


def test_lynx_reads_writes_and_confirms(a_thread, address, lynx, inside, mailbox):
    check_the_thread(lynx.read(address + cast.POST))

    words = typed("The rota is empty.") + TAB + typed("Lyn Ash") + TAB + typed("lyn@example.org")
    screen, panel = lynx.press(f"{address}{cast.POST}#respond", words, TAB, TAB, ENTER)
    assert "Type the code we mailed you" in screen
    assert panel.startswith(f"{address}/comment/sent/")

    code = code_in(mailbox.newest("lyn@example.org"))
    to_the_field = TAB * lynx.links_before(panel, "The 6 digits")
    screen, receipt = lynx.press(panel, to_the_field, typed(code), TAB, ENTER)
    assert "Your comment is waiting for a moderator" in lynx.read(receipt)
    check_it_waits(inside, "Lyn Ash")


def test_lynx_shows_what_is_wrong_with_a_form_and_keeps_the_words(a_thread, address, lynx):
    screen, _ = lynx.press(f"{address}{cast.POST}#respond", typed("Half a thought"), TAB, TAB, TAB, TAB, ENTER)
    assert "Nothing is lost" in screen
    assert "Half a thought" in screen.partition("Nothing is lost")[2]


def test_lynx_reports_a_comment_and_confirms(a_thread, address, lynx, inside, mailbox):
    which = f"{address}{cast.POST}report/"
    assert "Report a comment" in lynx.read(address + cast.POST)
    to_the_field = TAB * lynx.links_before(which, "Number of the comment")
    _screen, form = lynx.press(which, to_the_field, typed("2"), TAB, ENTER)
    assert "So it does." in lynx.read(form), "the comment that is reported"

    rules = 6  # buttons, which lynx does not count among the links
    to_something_else = TAB * (lynx.links_before(form, "Something else") + rules)
    words = ENTER + TAB + typed("It is mine.") + TAB + typed("lyn@example.org")
    screen, panel = lynx.press(form, to_something_else, words, TAB, TAB, ENTER)
    assert "Type the code we mailed you" in screen

    to_the_field = TAB * lynx.links_before(panel, "The 6 digits")
    code = typed(code_in(mailbox.newest("lyn@example.org")))
    _screen, done = lynx.press(panel, to_the_field, code, TAB, ENTER)
    assert "Thank you, we have your report" in lynx.read(done)
    with inside(False):
        assert db.session.query(Report).one().text == "It is mine."


def test_w3m_sends_a_notice_and_confirms(a_thread, address, w3m, inside, mailbox):
    notice = {"on": cast.POST, "quote": "The rota.", "ground": "copyright", "text": "It is mine.", "untrue": ""}
    panel = w3m.send(f"{address}/report/legal/", **notice, name="Wim Elm", email="wim@example.org", is_true="1", url="")
    assert "Type the code we mailed you" in w3m.read(panel)
    done = w3m.send(panel, code=code_in(mailbox.newest("wim@example.org")))
    assert "Thank you, we have your notice" in w3m.read(done)


def test_w3m_reads_writes_and_confirms(a_thread, address, w3m, inside, mailbox):
    check_the_thread(w3m.read(address + cast.POST))

    words = {"text": "The rota is empty.", "name": "Wim Elm", "email": "wim@example.org", "url": ""}
    panel = w3m.send(f"{address}{cast.POST}comments/", **words)
    assert "Type the code we mailed you" in w3m.read(panel)

    receipt = w3m.send(panel, code=code_in(mailbox.newest("wim@example.org")))
    assert "Your comment is waiting for a moderator" in w3m.read(receipt)
    check_it_waits(inside, "Wim Elm")


def test_lynx_and_w3m_stop_a_mail_and_take_it_back(inside, address, lynx, w3m):
    with inside():
        sam = cast.a_subscriber()
        stop, page = letters.unsubscribe(sam, following.followed_by(sam)[0]), letters.preferences(sam)
    to_the_button = TAB * lynx.links_before(address + stop, "BUTTON")
    _screen, stopped = lynx.press(address + stop, to_the_button, ENTER)
    assert "Undo: mail me as before" in lynx.read(stopped)
    assert "You stopped all of it" in w3m.read(address + page)
    assert "All new posts" in w3m.read(w3m.send(f"{address}{page}undo"))


def test_lynx_presses_the_one_button_behind_a_mails_link(inside, address, lynx):
    """Its form holds a hidden field: Lynx sends one without any as a GET, which does nothing."""
    with inside():
        comment = cast.a_comment(cast.a_post().thread, State.UNCONFIRMED, name="Lyn Ash")
        link = f"{address}/comment/confirm/{comment.link_token}"
    lynx.press(link, TAB * lynx.links_before(link, "BUTTON"), ENTER)
    check_it_waits(inside, "Lyn Ash")
