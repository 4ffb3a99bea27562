"""The desk's front page: what needs somebody, for whoever may see it."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from opm.comments.models import State as CommentState
from opm.extensions import db
from opm.outbox import posting
from opm.outbox.models import State as EmailState
from opm.posts import publishing
from opm.posts.drafts import Draft
from opm.posts.models import Post, State
from tests import cast
from tests.counting import counting


@pytest.fixture
def thread(inside):
    with inside():
        return cast.a_post().thread


@pytest.fixture
def desk(inside, browser):
    """Ines at her desk."""
    return cast.signed_in(browser, inside)


def told(desk) -> list[str]:
    """The queues as they are read, one line each."""
    page = desk.visit("/desk/")
    return [" ".join(item.get_text(" ").split()) for item in page.select(".queues li")]


def test_when_nothing_waits_it_says_so(desk):
    assert told(desk) == [
        "No comment waits for a decision",
        "No post is in review",
        "You have no draft",
        "Nothing is scheduled",
        "Nothing was published in the last 7 days",
    ]
    assert desk.heading == "What needs you"


def test_it_counts_what_waits_and_says_how_long_the_oldest_has(inside, thread, desk, clock):
    with inside():
        cast.a_comment(thread, text="First.")
    clock.forward(hours=3, minutes=20)
    with inside():
        cast.a_comment(thread, text="Second.")
        for state in set(CommentState) - {CommentState.PENDING}:
            cast.a_comment(thread, state, text=state)
    desk.visit("/desk/")
    assert "2 comments wait for a decision" in desk.text
    assert "The oldest has waited 3 hours 20 minutes. You promise 24 hours." in desk.text
    assert "Late." not in desk.text
    desk.follow("comments wait")
    assert desk.heading == "2 comments wait"


def test_what_waits_longer_than_promised_is_marked_in_words(inside, thread, desk, clock):
    with inside():
        cast.a_comment(thread)
    clock.forward(hours=24)
    assert "Late." not in desk.visit("/desk/").get_text()
    clock.forward(seconds=1)
    assert "Late." in desk.visit("/desk/").get_text()


def test_a_clock_set_back_makes_no_wait_of_less_than_nothing(inside, thread, desk, clock):
    with inside():
        cast.a_comment(thread)
    clock.forward(days=-2)
    desk.visit("/desk/")
    assert "The oldest has waited less than a minute." in desk.text


def test_mails_that_could_not_be_sent_or_were_kept_are_named_and_lead_to_them(inside, desk):
    with inside():
        posting.post("note", "ada@example.org", 1).settle(EmailState.FAILED, "550 nobody here")
        posting.post("note", "bea@example.org", 1).state = EmailState.KEPT
        posting.post("note", "cai@example.org", 1)
    desk.visit("/desk/")
    assert "1 mail could not be sent" in desk.text
    assert "1 mail was kept here" in desk.text
    desk.follow("could not be sent")
    assert "ada@example.org" in desk.text
    assert "bea@example.org" not in desk.text


@pytest.mark.parametrize("who", [cast.ines, cast.piotr, cast.rosa])
def test_everybody_on_the_team_has_a_front_page_with_their_name_and_a_way_out(inside, browser, who):
    cast.signed_in(browser, inside, who)
    browser.visit("/desk/")
    with inside():
        assert who().name in browser.text
    browser.press("Sign out")
    assert browser.heading == "Sign in to the desk"


def a_post_in(state, title, by, clock, **values):
    """A post that has come this far, a minute after the one before."""
    clock.forward(minutes=1)
    post = Post(title=title, slug=title.lower(), state=state, written_by=by, changed_at=clock.at, **values)
    db.session.add(post)
    return post


def test_posts_are_counted_by_how_far_they_have_come_and_the_first_of_each_is_named(inside, desk, clock):
    with inside():
        ines, rosa = cast.ines(), cast.rosa()
        for title in ("One", "Two"):
            a_post_in(State.DRAFT, title, ines, clock)
        a_post_in(State.DRAFT, "Three", rosa, clock)
        a_post_in(State.DRAFT, "Imported", None, clock)
        a_post_in(State.IN_REVIEW, "Five", rosa, clock, submitted_at=clock.at)
        a_post_in(State.IN_REVIEW, "Six", rosa, clock, submitted_at=clock.at - timedelta(hours=3))
        a_post_in(State.SCHEDULED, "Seven", rosa, clock, publish_at=clock.at + timedelta(days=3))
        a_post_in(State.SCHEDULED, "Eight", rosa, clock, publish_at=clock.at + timedelta(days=2))
        for title, days in (("Nine", 1), ("Ten", 6), ("Old", 8)):
            publishing.publish(a_post_in(State.DRAFT, title, rosa, clock), clock.at - timedelta(days=days))
        a_post_in(State.WITHDRAWN, "Gone", rosa, clock)
    assert told(desk)[1:] == [
        "2 posts are in review The longest: Six by Rosa Menk, for 3 hours 7 minutes.",
        "2 drafts of yours Last touched: Two , 10 minutes ago.",
        "2 drafts by others Last touched: Imported , 8 minutes ago.",
        "2 scheduled Next: Eight on 16 October 2026, 10:07.",
        "2 published in the last 7 days The last: Nine , 1 day ago.",
    ]
    named = {link.get_text(): link["href"] for link in desk.page.select(".queues small a")}
    assert set(named) == {"Six", "Two", "Imported", "Eight", "Nine"}
    for title, address in named.items():
        desk.visit(address)
        assert desk.page.find(id="title")["value"] == title


def test_a_scheduled_post_whose_time_has_passed_is_marked_in_words(inside, desk, clock):
    with inside():
        a_post_in(State.SCHEDULED, "Seven", cast.ines(), clock, publish_at=clock.at + timedelta(minutes=1))
    clock.forward(minutes=5)
    assert "Late." not in " ".join(told(desk))
    clock.forward(minutes=1)
    [line] = [line for line in told(desk) if "scheduled" in line]
    assert line.startswith("1 scheduled Late. Seven should have gone out on ")
    assert "The worker may be down" in line


def test_words_that_somebody_typed_and_did_not_save_are_named_to_them_alone(inside, desk, another_browser, clock):
    with inside():
        rosa, post = cast.rosa(), a_post_in(State.DRAFT, "One", cast.ines(), clock)
        db.session.flush()
        db.session.add(Draft(post_id=post.id, person_id=cast.ines().id, saved_at=clock.at))
        db.session.add(Draft(post_id=post.id, person_id=rosa.id))  # has only looked
    assert any("1 post with words of yours that are not saved" in line for line in told(desk))
    cast.signed_in(another_browser, inside, cast.rosa)
    assert not any("not saved" in line for line in told(another_browser))


def test_everybody_sees_the_queues_that_they_may_do_something_about(inside, browser, thread, clock):
    with inside():
        cast.a_comment(thread)
        posting.post("note", "ada@example.org", 1).settle(EmailState.FAILED)
        a_post_in(State.IN_REVIEW, "Five", None, clock, submitted_at=clock.at)

    def seen(who):
        cast.signed_in(browser, inside, who)
        shown = " ".join(told(browser))
        for link in browser.page.select("main a"):
            assert browser.client.get(link["href"]).status_code == 200, link
        browser.press("Sign out")
        return {words for words in ("comment waits", "could not be sent", "in review", "scheduled") if words in shown}

    assert seen(cast.ines) == {"comment waits", "could not be sent", "in review", "scheduled"}
    assert seen(cast.piotr) == {"comment waits"}
    assert seen(cast.rosa) == {"in review", "scheduled"}


def test_a_title_that_somebody_typed_is_no_part_of_the_page(inside, desk, clock):
    with inside():
        cast.ines().name = "Ines <b>Calder</b>"
        title = "<script>alert(1)</script> & more " * 3
        a_post_in(State.IN_REVIEW, title, cast.ines(), clock, submitted_at=clock.at)
    [line] = [line for line in told(desk) if "in review" in line]
    assert "<script>alert(1)</script> & more" in line
    assert "by Ines <b>Calder</b>" in line


def test_the_front_page_costs_few_statements_however_much_waits(app, inside, thread, desk, clock):
    with counting(app) as few:
        desk.client.get("/desk/")
    with inside():
        for number in range(30):
            cast.a_comment(thread, text=f"Comment {number}.")
            posting.post("note", "ada@example.org", 1).settle(EmailState.FAILED)
            for state in State:
                a_post_in(state, f"{state} {number}", cast.ines(), clock, submitted_at=clock.at, publish_at=clock.at)
    with counting(app) as many:
        desk.client.get("/desk/")
    assert len(few) == len(many) <= 5, str(many)


def test_every_page_of_the_desk_can_be_reached_from_the_front_page(desk, app):
    page = desk.visit("/desk/")
    reached = {link["href"].partition("?")[0] for link in page.find_all("a")}
    assert {"/desk/", "/desk/comments/", "/desk/outbox/", "/"} <= reached
    for address in reached - {"#main"}:
        assert desk.client.get(address).status_code == 200


def test_the_queue_says_where_one_is(desk):
    page = BeautifulSoup(desk.client.get("/desk/comments/").text, "html.parser")
    assert page.find("a", attrs={"aria-current": "page"})["href"] == "/desk/comments/"


@pytest.mark.parametrize("who", [cast.ines, cast.piotr, cast.rosa, cast.edith])
def test_the_menu_has_the_rooms_that_are_open_to_this_person_and_no_others(inside, browser, who):
    cast.signed_in(browser, inside, who)
    led = {link["href"] for link in browser.visit("/desk/").select("header nav a")}
    names = "posts", "pictures", "comments", "reports", "pages", "outbox", "staff", "settings"
    rooms = {f"/desk/{room}/" for room in names}
    assert led - {"/desk/", "/"} == {room for room in rooms if browser.client.get(room).status_code == 200}
