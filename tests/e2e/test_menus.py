"""Menus and standing pages at the desk: by keyboard, with scripts and without, and as axe sees them."""

import pytest
from playwright.sync_api import expect

from opm.accounts import signing_in
from tests import cast
from tests.e2e.looking import faults
from tests.e2e.tab import on_sqlite
from tests.e2e.test_keyboard import Keyboard

pytestmark = on_sqlite

HEAD = "/desk/menus/head/"


@pytest.fixture(params=["tab", "plain_tab"])
def desk(request, inside):
    """Ines at her desk, with scripts and without."""
    with inside():
        cast.a_filed_post()
        cast.a_page()
        link = signing_in.begin(cast.ines()).link_token
    tab = request.getfixturevalue(request.param)
    tab.go(f"/desk/sign-in/link/{link}")
    tab.press("Sign in to the desk")
    return tab


def test_a_menu_is_put_in_order_with_the_keyboard_alone_and_the_focus_follows(desk, open_tab):
    keys = Keyboard(desk)
    desk.go(HEAD)
    keys.tab_to("Down")  # the first: “Posts”
    keys.enter()
    desk.focused("[value=down-2]")
    expect(desk.page.get_by_role("status").filter(has_text="number 2 of 3")).to_be_visible()
    keys.enter()
    desk.focused("[value=up-3]")  # it cannot go further down
    keys.tab_to("What it is called")
    keys.type("Floods")
    keys.tab_to("Where it leads")
    keys.type("/series/floods/")
    keys.enter()  # Enter in a field saves
    expect(desk.page.get_by_text("Saved by Ines Calder")).to_be_visible()
    reader = open_tab()
    reader.go("/")
    nav = reader.page.get_by_role("navigation", name="Site", exact=True).get_by_role("link")
    assert nav.all_inner_texts() == ["About", "How we moderate", "Posts", "Floods"]


def test_a_page_is_written_and_read_through_with_the_keyboard_alone(desk, open_tab):
    keys = Keyboard(desk)
    desk.go("/desk/pages/")
    keys.tab_to("Write a page")
    keys.enter()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Write a page")
    keys.tab_to("Title")
    keys.type("How we decide")
    keys.tab_to("Text, in Markdown")
    keys.type("By **vote**.")
    if not desk.page.locator(".tools button").count():  # no scripts
        desk.press("How it looks")
    expect(desk.page.locator("#preview strong")).to_have_text("vote")
    keys.tab_to("Publish")
    keys.enter()
    expect(desk.page.get_by_text("Stands at /how-we-decide/.")).to_be_visible()
    keys.tab_to("Ask again on")
    keys.enter()
    expect(desk.page.get_by_text("Read through by Ines Calder")).to_be_visible()
    reader = open_tab()
    reader.go("/how-we-decide/")
    expect(reader.page.locator("main strong")).to_have_text("vote")


@pytest.mark.parametrize("desk", ["tab"], indirect=True)
def test_the_toolbar_writes_markdown_into_a_page(desk):
    keys = Keyboard(desk)
    desk.go("/desk/pages/about")
    names = desk.page.get_by_role("toolbar").get_by_role("button").all_inner_texts()
    assert names == ["Bold", "Italic", "Link", "Heading", "List", "Quote"]
    desk.page.get_by_label("Text, in Markdown").fill("five")
    desk.page.keyboard.press("Control+a")
    desk.press("Bold")
    desk.focused("#text")
    expect(desk.page.locator("#preview strong")).to_have_text("five")
    keys.tab_to("Save for everybody")
    keys.enter()
    expect(desk.page.get_by_text("Changed by Ines Calder")).to_be_visible()


def a_row_that_was_moved(tab):
    tab.go(HEAD)
    tab.page.locator("[value=up-3]").click()
    tab.focused("[value=up-2]")


def a_list_that_was_refused(tab):
    tab.go("/desk/ways/")
    tab.page.locator("#address-1").fill("javascript:alert(1)")
    tab.page.locator("#title-2").fill("")
    tab.page.locator("[value=save]").first.click()
    tab.focused(".problem")


def a_list_that_leads_to_nothing(tab):
    tab.go(HEAD)
    tab.page.locator("#address-1").fill("/nothing/")
    tab.page.locator("[value=save]").first.click()
    expect(tab.page.get_by_text("Readers find nothing there")).to_be_visible()


def a_list_that_somebody_else_has_changed(tab):
    tab.go(HEAD)
    tab.page.evaluate("document.querySelector('form[data-hx-post] [name=revision]').value = 7")
    tab.page.locator("[value=save]").first.click()
    expect(tab.page.get_by_role("heading", name="How it stands now")).to_be_visible()


def a_page_that_was_looked_at(tab):
    tab.go("/desk/pages/new")
    tab.page.locator("#text").fill("## One\n\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    expect(tab.page.locator("#preview table")).to_be_visible()


def a_page_that_was_refused(tab):
    tab.go("/desk/pages/new")
    tab.page.locator("#slug").fill("About us!")
    tab.press("Publish")
    tab.focused(".problem")


def a_page_that_somebody_else_has_changed(tab):
    tab.go("/desk/pages/?due")
    tab.page.get_by_role("link", name="How to reach us").click()
    tab.page.evaluate("document.querySelector('#editor [name=revision]').value = 7")
    tab.page.locator("#text").fill("By balloon, or by letter.")
    tab.press("Save for everybody")
    expect(tab.page.get_by_role("heading", name="What yours would change")).to_be_visible()


def a_day_that_was_refused(tab):
    tab.go("/desk/pages/")
    tab.page.get_by_role("link", name="How to reach us").click()
    tab.page.locator("#review_on").fill("2020-01-01")
    tab.press("I have read it through; it is still true")
    tab.focused(".problem")


def a_version_of_before(tab):
    tab.go("/desk/pages/")
    tab.page.get_by_role("link", name="How to reach us").click()
    tab.page.locator("#text").fill("By balloon.")
    tab.press("Save for everybody")
    tab.page.get_by_role("link", name="Earlier versions").click()
    tab.page.get_by_role("link", name="Version 1").click()
    expect(tab.page.get_by_role("button", name="Put version 1 back")).to_be_visible()


STORIES = [
    a_row_that_was_moved, a_list_that_was_refused, a_list_that_leads_to_nothing, a_list_that_somebody_else_has_changed,
    a_page_that_was_looked_at, a_page_that_was_refused, a_page_that_somebody_else_has_changed, a_day_that_was_refused,
    a_version_of_before,
]  # fmt: skip


@pytest.mark.parametrize("desk", ["tab"], indirect=True)
def test_nothing_is_wrong_with_pages_in_use(desk):
    found = []
    for story in STORIES:
        story(desk)
        found += [f"{story.__name__}, {fault}" for fault in faults(desk.page)]
    assert not found, "\n".join(found)
