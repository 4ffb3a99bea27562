"""The desk's front page: what needs somebody, for whoever may see it."""

import pytest
from bs4 import BeautifulSoup

from opm.comments.models import State
from opm.outbox import posting
from opm.outbox.models import State as EmailState
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


def test_when_nothing_waits_it_says_so(desk):
    page = desk.visit("/desk/")
    assert desk.heading == "What needs you"
    assert [item.get_text().strip() for item in page.find(class_="queues").find_all("li")] == [
        "0 comments wait for a decision"
    ]


def test_it_counts_what_waits_and_says_how_long_the_oldest_has(inside, thread, desk, clock):
    with inside():
        cast.a_comment(thread, text="First.")
    clock.forward(hours=3, minutes=20)
    with inside():
        cast.a_comment(thread, text="Second.")
        for state in set(State) - {State.PENDING}:
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


def test_the_front_page_costs_few_statements_however_much_waits(app, inside, thread, desk):
    with counting(app) as few:
        desk.client.get("/desk/")
    with inside():
        for number in range(30):
            cast.a_comment(thread, text=f"Comment {number}.")
            posting.post("note", "ada@example.org", 1).settle(EmailState.FAILED)
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
