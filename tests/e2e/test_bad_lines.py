"""A line that breaks, and answers that are not ours: what somebody typed stays in front of them."""

import pytest
from playwright.sync_api import expect

from opm.comments.models import State
from tests import cast
from tests.e2e.tab import on_sqlite

pytestmark = on_sqlite

PROXY_ERROR = "<html><body><h1>502 Bad Gateway</h1></body></html>"
HOTEL_DOOR = "<html><body><h1>Welcome to our hotel. Sign in for free wifi</h1></body></html>"
NO_LINE = "We could not reach the site. Your words are still here: try again when you have a connection."


@pytest.fixture(autouse=True)
def a_post(inside):
    with inside():
        cast.a_comment(cast.a_post(category="rivers").thread, State.PUBLISHED)


def answer(status, body):
    return lambda route: route.fulfill(status=status, content_type="text/html", body=body)


def test_offline_the_words_stay_and_the_page_says_why(tab):
    tab.go(cast.POST)
    tab.approach()
    tab.fill_in()
    tab.page.context.set_offline(True)
    tab.press("Send comment")
    expect(tab.page.get_by_role("alert")).to_have_text(NO_LINE)
    expect(tab.page.get_by_label("Your comment")).to_have_value(cast.WORDS)
    tab.forgive("ERR_INTERNET_DISCONNECTED")
    tab.forgive("Failed to fetch")

    tab.page.context.set_offline(False)
    tab.press("Send comment")
    tab.focused("section.panel")


@pytest.mark.parametrize(("status", "body"), [(502, PROXY_ERROR), (200, HOTEL_DOOR), (403, HOTEL_DOOR), (500, "")])
def test_an_answer_that_is_not_ours_is_never_put_in_place_of_the_form(tab, status, body):
    tab.go(cast.POST)
    tab.approach()
    tab.fill_in()
    tab.page.route("**/comments/", answer(status, body))
    tab.press("Send comment")
    expect(tab.page.get_by_role("alert")).to_have_text(NO_LINE)
    expect(tab.page.get_by_label("Your comment")).to_have_value(cast.WORDS)
    expect(tab.page.get_by_role("button", name="Send comment")).to_be_visible()
    tab.forgive("status of 50")

    tab.page.unroute("**/comments/")
    tab.press("Send comment")
    tab.focused("section.panel")


def test_a_line_that_breaks_at_the_code_leaves_the_panel_standing(tab, mailbox):
    tab.go(cast.POST)
    tab.approach()
    tab.fill_in()
    tab.press("Send comment")
    tab.focused("section.panel")
    tab.page.context.set_offline(True)
    tab.page.get_by_label("The 6 digits").fill("123456")
    tab.press("Confirm my comment")
    expect(tab.page.get_by_role("alert").filter(visible=True)).to_contain_text("Your comment is safe")
    expect(tab.page.get_by_label("The 6 digits")).to_have_value("123456")
    tab.forgive("ERR_INTERNET_DISCONNECTED")
    tab.forgive("Failed to fetch")


def test_a_filter_that_cannot_be_swapped_in_leads_there_as_a_link(tab):
    tab.go("/")
    tab.page.get_by_role("link", name="Rivers", exact=True).first.focus()
    tab.wait_for_scripts()
    tab.page.route(
        "**/category/**",
        lambda route: (
            route.fulfill(status=502, body=PROXY_ERROR, content_type="text/html")
            if route.request.headers.get("hx-request")
            else route.continue_()
        ),
    )
    tab.page.get_by_role("link", name="Rivers", exact=True).first.click()
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Rivers")
    expect(tab.page.locator("body > header")).to_have_count(1)
    tab.forgive("status of 502")


def test_a_refusal_of_ours_is_shown_in_place_with_the_words(tab, app, monkeypatch, inside):
    """The thread closed while somebody wrote."""
    from opm.comments.models import Thread
    from opm.extensions import db
    from opm.lib import clock

    tab.go(cast.POST)
    tab.approach()
    tab.fill_in()
    with inside():
        db.session.query(Thread).one().closed_at = clock.now()
    tab.press("Send comment")
    tab.focused("section.problem")
    expect(tab.page.get_by_role("heading", name="Comments are closed here")).to_be_visible()
    expect(tab.page.get_by_label("What you wrote")).to_have_value(cast.WORDS)
