"""What a reader's browser fetches: the page, one style sheet, one small script; more only for who comes near a form."""

import pytest
from playwright.sync_api import expect

from opm.comments.models import State
from tests import cast
from tests.e2e.tab import on_sqlite

pytestmark = on_sqlite


@pytest.fixture(autouse=True)
def a_post_with_a_comment(inside):
    with inside():
        cast.a_comment(cast.a_post(category="rivers").thread, State.PUBLISHED)


def scripts(tab):
    return [path.split("/")[-1].split(".")[0] for path in tab.requested if path.endswith(".js")]


def test_who_only_reads_fetches_neither_htmx_nor_our_script(tab):
    for path in (cast.POST, "/", "/category/rivers/", "/about/"):
        tab.go(path)
        tab.page.mouse.wheel(0, 2000)
        tab.page.wait_for_load_state("networkidle")
    assert set(scripts(tab)) == {"loader"}


def test_coming_near_a_form_a_filter_or_a_reply_fetches_them_once(tab):
    for path, near in ((cast.POST, "#respond textarea"), ("/", "#posts nav a"), (cast.POST, ".thread li > a")):
        tab.requested.clear()
        tab.go(path)
        tab.page.locator(near).first.hover()
        tab.wait_for_scripts()
        tab.page.locator(near).first.focus()
        assert sorted(scripts(tab)) == ["htmx-4", "inline", "loader"], near


def test_with_save_data_they_are_never_fetched_and_the_form_works(tab):
    tab.page.context.new_cdp_session(tab.page).send("Emulation.setDataSaverOverride", {"dataSaverEnabled": True})
    tab.go(cast.POST)
    assert tab.page.evaluate("navigator.connection.saveData")
    tab.fill_in()
    tab.press("Send comment")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Thank you. One more step")
    assert set(scripts(tab)) == {"loader"}


def test_a_form_sent_before_they_have_come_is_sent_plainly(tab):
    tab.page.route("**/htmx-*.js", lambda route: route.abort())
    tab.go(cast.POST)
    tab.fill_in()
    tab.press("Send comment")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Thank you. One more step")
    tab.forgive("ERR_FAILED")
    tab.forgive("htmx is not defined")


def test_a_reader_and_a_commenter_get_no_cookie(tab):
    tab.go(cast.POST)
    tab.approach()
    tab.fill_in()
    tab.press("Send comment")
    expect(tab.page.locator("section.panel")).to_be_visible()
    assert tab.page.context.cookies() == []
    assert tab.page.evaluate("localStorage.length + sessionStorage.length") == 0
