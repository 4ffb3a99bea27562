"""The pages on moderating and on accessibility say what the settings say, and the site does it.

Of the page on privacy, tests/holdings/test_clocks.py sees each clause and each clock.
"""

from opm import settings
from opm.comments.models import Comment, State, Thread
from opm.extensions import db
from tests import cast
from tests.stranger import Stranger


def test_which_comments_wait(browser, stranger, inside, app):
    with inside():
        cast.a_post()
        settings.change(comment_policy="none")
    none = browser.visit("/moderation/").get_text()
    with inside():
        settings.change(comment_policy="all")
    assert browser.visit("/moderation/").get_text() != none
    for policy, state in (("none", State.PUBLISHED), ("all", State.PENDING)):
        with inside():
            settings.change(comment_policy=policy)
            comment = db.session.get(Comment, cast.a_comment(_thread(), State.UNCONFIRMED, text=policy).id)
            link = f"/comment/confirm/{comment.link_token}"
        stranger.post(link)
        with inside(False):
            assert db.session.get(Comment, comment.id).state == state


def test_when_threads_close(browser, inside, clock):
    with inside():
        cast.a_post()
    assert "stay open until a moderator closes them" in browser.visit("/moderation/").get_text()
    assert browser.visit(cast.POST).find("textarea")
    with inside():
        settings.change(close_after_days=9)
    assert "close 9 days after they opened" in browser.visit("/moderation/").get_text()
    clock.forward(days=30)
    assert browser.visit(cast.POST).find("textarea") is None


def test_how_many_comments_one_address_may_send(app, browser, inside):
    with inside():
        cast.a_post()
        settings.change(comments_per_address=2, comments_per_address_a_day=11)
    assert "at most 2 comments an hour and 11 a day" in browser.visit("/moderation/").get_text()
    sent = [Stranger(app).send(text=f"Number {number}").status for number in range(3)]
    assert sent == [303, 303, 429]


def test_how_soon_and_by_which_rules(browser, another_browser, inside, clock):
    with inside():
        cast.a_comment(cast.a_post().thread, State.PENDING)
        settings.change(decide_within_hours=5, report_within_hours=7, legal_within_hours=11)
        (first, *others) = settings.current().rules
        settings.change(rules=others)
    page = browser.visit("/moderation/").get_text()
    for words in ("5 hours", "7 hours", "11 hours"):
        assert words in page
    assert first.title not in page
    desk = cast.signed_in(another_browser, inside)
    assert "Late." not in desk.visit("/desk/").get_text()
    clock.forward(hours=6)
    assert "Late." in desk.visit("/desk/").get_text()


def test_what_an_election_does_to_comments(browser, inside):
    with inside():
        cast.a_post()
    assert "comments may wait for some weeks" in browser.visit("/moderation/").get_text()
    with inside():
        settings.change(election_comments="closed")
    assert "we may close all comments" in browser.visit("/moderation/").get_text()
    with inside():
        settings.change(election_is_on=True)
    assert browser.visit(cast.POST).find("textarea") is None


def test_whom_to_tell_of_a_barrier_and_who_enforces_the_law(browser, inside):
    with inside():
        settings.change(contact_email="", is_uk_public_body=False)
    page = browser.visit("/accessibility/").get_text()
    assert "Equality and Human Rights Commission" not in page
    with inside():
        settings.change(contact_email="team@northmere.example", answer_within_days=3, is_uk_public_body=True)
    page = browser.visit("/accessibility/").get_text()
    for words in ("team@northmere.example", "within 3 working days", "Equality and Human Rights Commission"):
        assert words in page


def _thread():
    return db.session.query(Thread).first()
