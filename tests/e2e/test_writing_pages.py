"""Writing standing pages in a real browser: what is typed is kept by itself, as in a post."""

import pytest
from playwright.sync_api import expect

from opm.extensions import db
from opm.posts.drafts import PageDraft
from tests import cast
from tests.e2e.looking import faults
from tests.e2e.tab import on_sqlite

pytestmark = on_sqlite


@pytest.fixture
def page(inside):
    """Where a page that the public reads is written."""
    with inside():
        cast.ines()
        page = cast.a_page()
        db.session.flush()
        return f"/desk/pages/{page.id}"


@pytest.fixture
def at_desk(open_tab, mailbox, page):
    """`at_desk(path)` opens one of the editors as Ines, with options for the window."""

    def at_desk(path, **options):
        tab = open_tab(**options)
        tab.sign_in(mailbox)
        tab.go(path)
        return tab

    return at_desk


def text(tab):
    return tab.page.locator("#text")


def status(tab):
    return tab.page.locator("#status")


def copies(tab):
    return tab.page.evaluate("Object.keys(localStorage)")


@pytest.mark.parametrize("room", ["a page", "new", "about"])
def test_a_closed_tab_and_a_lost_line_lose_no_word(at_desk, page, room):
    path = page if room == "a page" else f"/desk/pages/{room}"
    tab = at_desk(path)
    context = tab.page.context
    text(tab).fill("Typed")
    expect(status(tab)).to_contain_text("What you typed is kept")
    tab.page.close()
    tab.page = context.new_page()
    tab.go(path)
    expect(text(tab)).to_have_value("Typed")
    context.route("**/draft", lambda route: route.abort())
    tab.page.evaluate("navigator.sendBeacon = () => false")  # which no route stops
    text(tab).fill("Written in a tunnel")
    expect(status(tab)).to_contain_text("The site cannot be reached.")
    tab.page.close(run_before_unload=False)
    tab.page = context.new_page()
    tab.go(path)
    expect(text(tab)).to_have_value("Typed")
    context.unroute("**/draft")
    tab.press("Bring them back")
    expect(text(tab)).to_have_value("Written in a tunnel")
    expect(status(tab)).to_contain_text("4 words.")
    assert faults(tab.page) == []
    assert copies(tab) == []
    tab.forgive("ERR_FAILED")
    tab.forgive("Failed to fetch")


def test_a_new_page_that_is_saved_at_once_leaves_nothing_behind(at_desk, inside):
    tab = at_desk("/desk/pages/new")
    tab.wait_for_scripts()
    tab.page.locator("#title").fill("How we decide")
    text(tab).press_sequentially("By vote.")
    tab.page.locator(".save").get_by_role("button", name="Save", exact=True).click()
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Edit page")
    expect(text(tab)).to_have_value("By vote.")
    assert copies(tab) == []
    tab.go("/desk/pages/new")
    expect(text(tab)).to_have_value("")
    expect(tab.page.locator("#copy")).to_be_empty()
    expect(status(tab)).to_contain_text("Nothing is unsaved.")
    with inside(False):
        assert [each.text for each in db.session.query(PageDraft) if each.saved_at] == []


def test_a_page_that_was_refused_keeps_what_was_typed_by_itself(at_desk):
    tab = at_desk("/desk/pages/new")
    text(tab).fill("A text without a title.")
    tab.page.locator(".save").get_by_role("button", name="Save", exact=True).click()
    tab.focused(".problem")
    expect(status(tab)).to_contain_text("What you typed is kept")
    tab.go("/desk/pages/new")
    expect(text(tab)).to_have_value("A text without a title.")
