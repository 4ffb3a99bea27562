"""Choosing a category: the list changes in place, and everything that says where one is follows."""

import re

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.e2e.tab import on_sqlite

pytestmark = on_sqlite


@pytest.fixture
def posts_in_two_categories(inside):
    with inside():
        cast.a_post(category="rivers")
        cast.a_post(slug="bins", title="Who empties the bins?", on=(2026, 10, 2), category="streets")


def choose(tab, name):
    tab.page.get_by_role("navigation", name="Show posts about").get_by_role("link", name=name, exact=True).click()


def test_a_category_is_swapped_in_and_address_title_mark_and_focus_follow(posts_in_two_categories, tab):
    tab.go("/")
    tab.page.get_by_role("link", name="Rivers", exact=True).first.focus()
    tab.wait_for_scripts()
    tab.page.evaluate("window.stayed = true")

    choose(tab, "Rivers")

    expect(tab.page).to_have_url(f"{tab.address}/category/rivers/")
    tab.focused("#posts")
    expect(tab.page).to_have_title(re.compile("^Rivers –"))
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Rivers")
    expect(tab.page.locator("#posts article")).to_have_count(1)
    expect(tab.page.locator("#posts nav [aria-current]")).to_have_text("Rivers")
    assert tab.page.evaluate("window.stayed")


def test_back_loads_the_page_that_was_left(posts_in_two_categories, tab):
    tab.go("/")
    tab.page.get_by_role("link", name="Rivers", exact=True).first.focus()
    tab.wait_for_scripts()
    choose(tab, "Rivers")
    expect(tab.page).to_have_title(re.compile("^Rivers –"))
    choose(tab, "Streets")
    expect(tab.page).to_have_title(re.compile("^Streets –"))

    tab.page.go_back()
    expect(tab.page).to_have_title(re.compile("^Rivers –"))
    expect(tab.page.locator("#posts nav [aria-current]")).to_have_text("Rivers")
    expect(tab.page.locator("body > header")).to_have_count(1)
    tab.page.go_back()
    expect(tab.page).to_have_url(f"{tab.address}/")
    expect(tab.page.locator("#posts article")).to_have_count(2)
    expect(tab.page.locator("body > header")).to_have_count(1)
    tab.page.go_forward()
    expect(tab.page).to_have_url(f"{tab.address}/category/rivers/")
    expect(tab.page.locator("body > header")).to_have_count(1)


def test_a_reload_after_choosing_gives_the_whole_page(posts_in_two_categories, tab):
    tab.go("/")
    tab.page.get_by_role("link", name="Rivers", exact=True).first.focus()
    tab.wait_for_scripts()
    choose(tab, "Rivers")
    expect(tab.page).to_have_title(re.compile("^Rivers –"))
    tab.page.reload()
    expect(tab.page.locator("body > header")).to_have_count(1)
    expect(tab.page.locator("#posts article")).to_have_count(1)


def test_without_scripts_the_same_links_lead_to_the_same_addresses(posts_in_two_categories, plain_tab):
    plain_tab.go("/")
    choose(plain_tab, "Streets")
    expect(plain_tab.page).to_have_url(f"{plain_tab.address}/category/streets/")
    expect(plain_tab.page.locator("#posts article")).to_have_count(1)
