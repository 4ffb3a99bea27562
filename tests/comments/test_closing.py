"""Comments close by hand, after a day, or by age; the public reads until when, the desk by which rule and by whom."""

from datetime import UTC, date, datetime

import pytest

from opm import settings
from opm.comments.models import ThreadAct, ThreadDecision
from opm.extensions import db
from tests import cast

NOW = "Close them now"
AFTER = "after that day"
AGAIN = "Open them again"
UNTIL = "Open them until that day ends"


@pytest.fixture
def desk(inside, post, browser):
    """Ines's browser, on the thread's page."""
    cast.signed_in(browser, inside)
    browser.visit(f"/desk/comments/threads/{post.id}")
    return browser


@pytest.fixture
def by_age(inside):
    """The site closes threads after thirty days; the post is thirteen days old."""
    with inside():
        settings.change(close_after_days=30)


@pytest.fixture
def decided(inside):
    """`decided()` gives what was decided: who, what, and the last day."""

    def decided():
        with inside(False):
            made = db.session.query(ThreadDecision).order_by(ThreadDecision.id)
            return [(row.by.name, row.act, row.last_day) for row in made]

    return decided


def says(stranger):
    return " ".join(stranger.get(cast.POST).page.find(id="comments").get_text(" ").split())


def test_a_moderator_closes_comments_now_and_opens_them_again(desk, stranger, decided):
    assert "Comments are open" in desk.text
    assert "Nothing closes them by itself." in desk.text
    desk.press(NOW)
    assert "Comments are closed" in desk.text
    assert "They were closed by hand on 14 October 2026." in desk.text
    assert "Comments closed on 14 October 2026." in says(stranger)
    assert stranger.send().status == 403
    desk.press(AGAIN)
    assert "Comments are open" in desk.text
    assert "Comments close" not in says(stranger)
    assert stranger.send().status == 303
    assert decided() == [("Ines Calder", ThreadAct.CLOSE, None), ("Ines Calder", ThreadAct.OPEN, None)]
    assert "Closed. Ines Calder, 14 October 2026, 10:00" in desk.text


def test_comments_are_open_until_the_chosen_day_ends_in_the_sites_zone(desk, stranger, clock, decided):
    desk.press("Close them after that day", day="2026-11-14")
    assert "They close at the end of 14 November 2026. Somebody chose that day." in desk.text
    assert "Comments close on 14 November 2026." in says(stranger)
    assert decided() == [("Ines Calder", ThreadAct.CLOSE_AFTER, date(2026, 11, 14))]
    clock.at = datetime(2026, 11, 14, 23, 59, 59, tzinfo=UTC)
    assert stranger.send().status == 303
    clock.forward(seconds=1)
    closed = stranger.send(text="Too late, and long thought about.")
    assert closed.status == 403
    assert "Too late, and long thought about." in closed.text
    assert "Comments closed on 14 November 2026." in says(stranger)


def test_a_post_closes_by_age_and_says_so_before_and_after(by_age, desk, stranger, clock):
    desk.visit(desk.path)
    assert "They close on 31 October 2026, when the post is 30 days old" in desk.text
    assert "Comments close on 31 October 2026." in says(stranger)
    clock.forward(days=18)
    assert "Comments closed on 31 October 2026." in says(stranger)


def test_a_chosen_day_wins_over_age_and_is_the_way_to_open_an_old_post(
    by_age, inside, post, another_browser, stranger, clock
):
    clock.forward(days=40)
    desk = cast.signed_in(another_browser, inside)
    desk.visit(f"/desk/comments/threads/{post.id}")
    assert "They closed on 31 October 2026, when the post was 30 days old" in desk.text
    assert AGAIN not in desk.text
    desk.press(UNTIL, day="2026-12-24")
    assert "Comments close on 24 December 2026." in says(stranger)
    assert stranger.send().status == 303
    desk.press(NOW)
    assert AGAIN not in desk.text, "by its age it would be closed at once"


def test_an_old_post_is_not_opened_without_an_end(desk, inside, clock, decided):
    with inside():
        settings.change(close_after_days=14)
    desk.press(NOW)
    page = desk.page
    clock.forward(hours=23)
    desk.page = page  # opened when the post was young
    desk.press(AGAIN, status=409)
    assert "Choose a last day instead" in desk.text
    assert [act for _who, act, _day in decided()] == [ThreadAct.CLOSE]


def test_who_is_second_changes_nothing(desk, decided):
    page = desk.page
    desk.press(NOW)
    desk.page = page
    desk.press(NOW, status=409)
    assert "it is so already" in desk.text
    assert len(decided()) == 1


@pytest.mark.parametrize(
    "day",
    ["", "2026-10-13", "2036-12-01", "9999-12-31", "0000-00-00", "2026-02-30", "14 November", "9" * 400, "-1", "\0"],
)
def test_a_day_that_is_none_or_past_or_too_far_is_refused_beside_the_field(desk, decided, day):
    desk.press("Close them after that day", status=422, day=day)
    assert "Nothing was changed." in desk.text
    assert desk.page.find(id="day-error")
    assert decided() == []


def test_today_can_be_the_last_day(desk, stranger):
    desk.press("Close them after that day", day="2026-10-14")
    assert "Comments close on 14 October 2026." in says(stranger)
    assert stranger.send().status == 303


def test_a_comments_row_leads_to_its_thread(desk, inside, post):
    with inside():
        cast.a_comment(db.session.merge(post))
    desk.visit("/desk/comments/")
    desk.follow("Close or open it")
    assert desk.path == f"/desk/comments/threads/{post.id}"


def test_what_is_no_thread_or_no_act_is_refused(desk, post, decided):
    for id in (0, 999_999, 2**63, "x"):
        desk.visit(f"/desk/comments/threads/{id}", status=404)
    token = desk.visit("/desk/").find("input", {"name": "csrf_token"})["value"]
    there = desk.client.post("/desk/comments/threads/999999", data={"csrf_token": token, "act": "close"})
    assert there.status_code == 404
    here = desk.client.post(f"/desk/comments/threads/{post.id}", data={"csrf_token": token, "act": "burn"})
    assert here.status_code == 422
    assert decided() == []


@pytest.mark.parametrize("htmx", [False, True])
def test_a_comment_sent_the_moment_it_closed_comes_back(desk, stranger, htmx):
    desk.press(NOW)
    answer = stranger.send(text="I had thought about this.", htmx=htmx)
    assert answer.status == 403
    assert "Comments are closed here" in answer.text
    assert "I had thought about this." in answer.given_back()


def test_nobody_replies_under_a_closed_thread(desk, inside, post, stranger):
    with inside():
        comment = cast.a_comment(db.session.merge(post), state="published")
    desk.press(NOW)
    assert stranger.get(f"/comment/{comment.id}/reply").status == 403
    assert not stranger.get(cast.POST).page.find("a", href=f"/comment/{comment.id}/reply")
