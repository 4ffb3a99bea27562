"""Writing a post in real browsers: by keyboard, with what is typed kept by itself, and the same without scripts."""

import pytest
from playwright.sync_api import expect

from opm.extensions import db
from opm.posts import filing
from opm.posts.drafts import Draft
from opm.posts.models import Post
from tests import cast
from tests.e2e.tab import on_sqlite
from tests.mailbox import letters_in
from tests.running import eventually

pytestmark = on_sqlite

SAVED = "We walked with eleven people and counted.\n"


@pytest.fixture
def editor(inside):
    """Where a draft of Rosa's is written."""
    with inside():
        cast.ines()
        return f"/desk/posts/{cast.a_draft().id}"


@pytest.fixture
def at_desk(open_tab, mailbox, editor):
    """`at_desk(who)` opens the editor in a tab of somebody's own."""

    def at_desk(who="rosa", **options):
        tab = open_tab(**options)
        tab.go(editor)
        tab.page.get_by_label("Your work email").fill(f"{who}@northmere.example")
        tab.press("Mail me a link and a code")
        tab.page.get_by_label("The 8 letters and digits").fill(code_of(mailbox, who))
        tab.press("Sign in")
        expect(text(tab)).to_be_visible()
        return tab

    return at_desk


def code_of(mailbox, who):
    return letters_in(mailbox.newest(f"{who}@northmere.example"))


def text(tab):
    return tab.page.locator("#text")


def status(tab):
    return tab.page.locator("#status")


def save(tab):
    tab.page.locator(".save").get_by_role("button", name="Save", exact=True).click()


def test_by_keyboard_alone_a_text_is_written_and_stands_beside_it(at_desk):
    tab = at_desk()
    keyboard = tab.page.keyboard
    text(tab).fill("")
    text(tab).focus()
    keyboard.type("We walked ")
    keyboard.press("Control+b")
    keyboard.type("far")
    expect(text(tab)).to_have_value("We walked **far**")
    keyboard.press("Control+End")
    keyboard.type("\nOne\nTwo")
    keyboard.press("Shift+ArrowUp")
    keyboard.press("Shift+Home")
    for _ in range(2):  # over the summary of the help, to the toolbar's one stop
        keyboard.press("Shift+Tab")
    tab.focused("[data-mark='**']")
    for _ in range(4):
        keyboard.press("ArrowRight")
    expect(tab.page.get_by_role("button", name="List", exact=True)).to_be_focused()
    keyboard.press("Enter")
    tab.focused("#text")
    expect(text(tab)).to_have_value("We walked **far**\n- One\n- Two")
    keyboard.press("Control+z")
    expect(text(tab)).to_have_value("We walked **far**\nOne\nTwo")
    expect(tab.page.locator("#preview strong")).to_have_text("far")


def test_the_shortcuts_can_be_switched_off_and_stay_off(at_desk):
    tab = at_desk()
    tab.page.get_by_text("How to write Markdown").click()
    tab.page.get_by_label("In the text, Ctrl or ⌘").uncheck()
    text(tab).fill("word")
    text(tab).press("Control+k")
    expect(text(tab)).to_have_value("word")
    save(tab)
    tab.page.get_by_text("How to write Markdown").click()
    expect(tab.page.get_by_label("In the text, Ctrl or ⌘")).not_to_be_checked()


def test_what_was_typed_is_there_again_after_the_tab_was_closed(at_desk, inside, editor):
    tab, whole = at_desk(), "Half a thought, and the other half"
    text(tab).fill("Half a thought")
    expect(status(tab)).to_contain_text("What you typed is kept")
    tab.page.keyboard.type(", and the other half")
    tab.page.close(run_before_unload=False)  # within the seconds in which nothing is sent yet

    def has_come():  # what a closing tab sends nobody waits for
        with inside(False):
            return db.session.query(Draft).one().text == whole

    eventually(has_come, "what the closing tab sent")
    tab.page = tab.page.context.new_page()
    tab.go(editor)
    expect(text(tab)).to_have_value(whole)
    tab.press("Throw them away and see the post as it is saved")
    expect(text(tab)).to_have_value(SAVED)


def test_two_who_write_are_told_and_none_overwrites_the_other(at_desk):
    rosa, ines = at_desk(), at_desk("ines")
    expect(status(ines)).to_contain_text("Rosa Menk has this post open, too.")
    expect(ines.page.locator("#say")).to_have_text("Rosa Menk has this post open, too.")
    text(ines).fill("We walked with eleven people and counted.\n\nIt took a day.")
    save(ines)
    expect(ines.page.locator("#state")).to_contain_text("Version 3")
    text(rosa).fill("Please sit down.\n\nWe walked with eleven people and counted.")
    expect(status(rosa)).to_contain_text("Ines Calder saved this post after you began.")
    save(rosa)
    expect(rosa.page.get_by_role("heading", name="Both together")).to_be_visible()
    rosa.press("Save both together")
    expect(text(rosa)).to_have_value("Please sit down.\n\nWe walked with eleven people and counted.\n\nIt took a day.")


def test_known_tags_are_offered_after_each_comma(at_desk, inside):
    with inside():
        filing.file(cast.a_draft("Water"), authors=[], categories=[], tags=["Fords", "Floods"])
    tab = at_desk()
    offered = "[...document.querySelectorAll('#tags-known option')].map(option => option.value)"
    tags = tab.page.get_by_label("Tags")
    assert tab.page.evaluate(offered) == ["Floods", "Fords"]
    tags.press_sequentially("Floods, Fo")
    assert tab.page.evaluate(offered) == ["Floods, Floods", "Floods, Fords"]
    tags.fill("F")
    assert tab.page.evaluate(offered) == ["Floods", "Fords"]


def test_a_lost_line_is_said_and_the_browser_keeps_the_words(at_desk, editor):
    tab = at_desk()
    context = tab.page.context
    context.route("**/draft", lambda route: route.abort())
    tab.page.evaluate("navigator.sendBeacon = () => false")  # which no route stops
    text(tab).fill("Written in a tunnel")
    expect(status(tab)).to_contain_text("The site cannot be reached. What you type is kept in this browser")
    tab.page.close(run_before_unload=False)
    tab.page = context.new_page()
    tab.go(editor)
    expect(text(tab)).to_have_value(SAVED)
    context.unroute("**/draft")
    tab.press("Bring them back")
    expect(text(tab)).to_have_value("Written in a tunnel")
    expect(status(tab)).to_contain_text("What you typed is kept")
    assert tab.page.evaluate("Object.keys(localStorage)") == []
    tab.forgive("ERR_FAILED")
    tab.forgive("Failed to fetch")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_session_that_ended_while_somebody_typed_costs_one_press(at_desk, mailbox, inside, editor, clock, scripts):
    tab = at_desk(java_script_enabled=scripts)
    clock.forward(days=8)
    text(tab).fill("All of this")
    if scripts:
        expect(status(tab)).to_contain_text("You are not signed in any more.")
    save(tab)
    tab.page.get_by_label("Your work email").fill("rosa@northmere.example")
    tab.press("Mail me a link and a code")
    tab.page.get_by_label("The 8 letters and digits").fill(code_of(mailbox, "rosa"))
    tab.press("Sign in")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("What you typed was kept")
    tab.press("Send it now")
    expect(text(tab)).to_have_value("All of this")
    with inside(False):
        assert db.session.get(Post, int(editor.rpartition("/")[2])).revision == 3


def test_who_signs_in_again_in_another_tab_goes_on_where_they_were(at_desk, mailbox, clock, editor):
    tab = at_desk()
    clock.forward(days=8)
    text(tab).fill("Before")
    expect(status(tab)).to_contain_text("You are not signed in any more.")
    with tab.page.expect_popup() as popup:
        status(tab).get_by_role("link", name="Sign in in another tab").click()
    other = popup.value
    other.get_by_label("Your work email").fill("rosa@northmere.example")
    other.get_by_role("button", name="Mail me a link and a code").click()
    other.get_by_label("The 8 letters and digits").fill(code_of(mailbox, "rosa"))
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("What needs you")
    text(tab).press("End")
    tab.page.keyboard.type(" and after\n")
    expect(status(tab)).to_contain_text("What you typed is kept")
    save(tab)
    expect(text(tab)).to_have_value("Before and after")
    expect(tab.page.get_by_role("button", name="Bring them back")).to_have_count(0)
    assert tab.page.evaluate("Object.keys(localStorage)") == []


def test_without_scripts_preview_and_keeping_are_buttons(at_desk, inside, editor):
    tab = at_desk(java_script_enabled=False)
    expect(tab.page.get_by_role("button", name="Bold")).to_have_count(0)
    text(tab).fill("We walked **far**.")
    tab.press("Preview")
    expect(tab.page.locator("article strong")).to_have_text("far")
    tab.press("Back to writing")
    expect(text(tab)).to_have_value("We walked **far**.")
    tab.press("Keep it for later")
    expect(status(tab)).to_contain_text("What you typed is kept")
    tab.go(editor)
    expect(text(tab)).to_have_value("We walked **far**.")
    save(tab)
    expect(tab.page.locator("#state")).to_contain_text("Version 3")
    with inside(False):
        assert db.session.query(Draft).count() == 0
