"""A comment that came by phone or on paper is entered at the desk: public at once, marked, vouched for by staff."""

from datetime import date

import pytest
from sqlalchemy import select

from opm.accounts.audit import Did, Entry
from opm.comments import receipts
from opm.comments.models import Comment, Received, State, Thread
from opm.extensions import db
from tests import cast
from tests.comments.test_moderation import Moderator, assert_counted, ines, look, newest, version  # noqa: F401
from tests.stranger import Stranger
from tests.tables import rows

MARK = "Received by letter, entered by the team"
SAID = "The bus stops too far from the ward."


@pytest.fixture
def enter(ines, post):  # noqa: F811
    """`enter()` enters a letter of Agnes’s; or what is named here."""

    def enter(**fields):
        sent = {
            "thread": post.id,
            "text": SAID,
            "name": "Agnes Holm",
            "how": "letter",
            "day": "2026-10-09",
            "email": "",
        }
        return ines.post("/desk/comments/new", **sent | fields)

    return enter


def test_without_scripts_a_letter_is_entered_stands_marked_and_is_withdrawn(
    inside, post, browser, stranger, mailbox, look  # noqa: F811
):  # fmt: skip
    cast.signed_in(browser, inside)
    browser.visit(f"/desk/comments/threads/{post.id}")
    browser.follow("Enter a comment that came by phone or on paper")
    browser.press("Publish it", text=SAID, status=422)
    assert "Choose how it came" in browser.text
    assert browser.page.textarea.get_text().strip() == SAID
    browser.press("Publish it", name="Agnes Holm", how="letter", day="2026-10-09")
    assert (
        "Received by letter, entered by the team: it came on 9 October 2026, and Ines Calder entered it."
        in browser.text
    )
    shown = stranger.get(cast.POST).page.select_one(".thread li")
    assert "1 Agnes Holm 9 October 2026" in " ".join(shown.h3.get_text().split())
    assert shown.select_one(".note").get_text() == MARK
    assert mailbox.deliver() == []
    with inside(False):
        (comment,) = db.session.scalars(select(Comment))
        assert (comment.received_on, comment.is_by_staff, comment.email) == (date(2026, 10, 9), False, None)
        assert (Did.ENTERED, "letter") in [(entry.did, entry.detail) for entry in db.session.scalars(select(Entry))]
        assert [step.what for step in receipts.history(comment)] == [
            "Received by letter, entered by the team",
            "Published",
        ]
    browser.follow("Withdraw it …")
    browser.press("Withdraw it")
    assert look(comment).state == State.WITHDRAWN
    assert SAID not in stranger.get(cast.POST).text
    assert_counted(inside, post)


def test_each_way_is_told_to_readers_and_the_page_is_new(app, post, enter):
    for how, words in zip(Received, ("by phone", "by letter", "on a paper form", "in person"), strict=True):
        before = version(app)
        assert enter(how=how, text=f"{SAID} {how}").status == 303
        assert version(app) > before
        assert words in Stranger(app).get(cast.POST).text


def test_an_address_is_mailed_only_when_something_is_decided(inside, enter, ines, mailbox, clock, newest):  # noqa: F811
    enter(email="Agnes@Example.org")
    clock.forward(minutes=11)
    assert mailbox.deliver() == []
    with inside(False):
        (comment,) = db.session.scalars(select(Comment))
        assert not Comment.is_trusted(comment.address_hash), "nobody confirmed it"
    ines.decide(comment, "remove", rule=4)
    clock.forward(minutes=10)
    assert [mail.subject for mail in mailbox.deliver()] == ["Your comment on Open policy is not published any more"]


def test_entered_twice_it_stands_once_and_beside_their_own_it_is_refused(app, inside, post, enter):
    enter()
    assert enter().status == 409
    with inside():
        cast.a_comment(db.session.get(Thread, post.id), State.PUBLISHED, text="Mine.", email="agnes@example.org")
    before = rows(app)
    answer = enter(text="Mine.", email="agnes@example.org", name="A. Holm")
    assert (answer.status, answer.typed("text")) == (409, "Mine.")
    assert "They say just this under the post already" in answer.text
    assert rows(app) == before


def test_words_of_theirs_that_wait_do_not_stand_in_its_way(inside, post, enter):
    with inside():
        cast.a_comment(post, text=SAID, email="agnes@example.org")
    assert enter(email="agnes@example.org").status == 303
    assert_counted(inside, post)


def test_a_closed_thread_takes_what_came_before_and_one_that_is_not_public_nothing(app, inside, post, enter):
    with inside():
        db.session.get(Thread, post.id).close()
    assert enter().status == 303
    with inside():
        db.session.get(Thread, post.id).is_public = False
    before = rows(app)
    assert enter(text="Another.").status == 422
    assert rows(app) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"thread": ""}, {"thread": "0"}, {"thread": "x"}, {"thread": "9" * 18}, {"thread": "9" * 40}, {"text": ""},
        {"text": "x" * 10_001}, {"name": ""}, {"name": "n" * 81}, {"name": "A [team]"}, {"how": ""}, {"how": "pigeon"},
        {"day": ""}, {"day": "2026-10-15"}, {"day": "2016-01-01"}, {"day": "0001-01-01"}, {"day": "9999-12-31"},
        {"day": "2026-02-30"}, {"email": "agnes"}, {"email": "a" * 255}, {"name": "=?x?="},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_published_is_refused_beside_its_field_and_nothing_is_lost(app, enter, fields):
    before = rows(app)
    answer = enter(**fields)
    assert answer.status == 422
    assert answer.page.find(class_="error")
    assert (answer.typed("text"), answer.typed("name")) == (fields.get("text", SAID), fields.get("name", "Agnes Holm"))
    assert rows(app) == before
