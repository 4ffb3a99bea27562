"""Putting categories in order by keyboard, with scripts and without; and each shelf as axe sees it."""

import pytest
from playwright.sync_api import expect

from opm.accounts import signing_in
from opm.posts import filing
from opm.posts.filed import Author, Category, Series, Tag
from tests import cast
from tests.e2e.looking import faults
from tests.e2e.tab import on_sqlite

pytestmark = on_sqlite


@pytest.fixture
def link(inside):
    """Edith's link to the desk, where three of each kind stand on the shelves, and a post under some."""
    with inside():
        for kind in (Category, Tag, Series, Author):
            for name in ("Rivers", "Streets", "Budgets"):
                filing.create(kind, name)
        cast.a_filed_post()
        return signing_in.begin(cast.edith()).link_token


def sign_in(tab, link):
    tab.go(f"/desk/sign-in/link/{link}")
    tab.press("Sign in to the desk")
    return tab


def names(tab):
    return tab.page.locator(".entries li p a").all_text_contents()


def test_a_category_is_moved_by_keyboard_in_place_and_the_focus_goes_with_it(link, tab):
    sign_in(tab, link).go("/desk/categories/")
    tab.page.evaluate("window.stayed = true")
    for place in (2, 1):
        tab.page.get_by_role("button", name="Up “Budgets”").focus()
        tab.page.keyboard.press("Enter")
        expect(tab.page.get_by_role("status")).to_have_text(f"Now number {place} of 3.")
    assert names(tab) == ["Budgets", "Rivers", "Streets"]
    expect(tab.page.get_by_role("button", name="Down “Budgets”")).to_be_focused()
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("status")).to_have_text("Now number 2 of 3.")
    assert tab.page.evaluate("window.stayed")


def test_without_scripts_the_same_button_does_the_same(link, plain_tab):
    sign_in(plain_tab, link).go("/desk/categories/")
    plain_tab.page.get_by_role("button", name="Up “Budgets”").press("Enter")
    plain_tab.page.wait_for_url("**/desk/categories/#row-*")
    assert names(plain_tab) == ["Rivers", "Budgets", "Streets"]


def test_nothing_is_wrong_with_any_shelf(inside, link, tab):
    sign_in(tab, link)
    found = []
    for shelf in ("categories", "tags", "series", "authors"):
        tab.go(f"/desk/{shelf}/")
        found += faults(tab.page)
        tab.page.locator(".entries li p a, .rows li > a").first.click()
        found += faults(tab.page)
        tab.page.get_by_role("link", name="Merge it with another").click()
        found += faults(tab.page)
    assert not found, "\n".join(found)
