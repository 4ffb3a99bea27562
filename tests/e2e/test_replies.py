"""Answering a comment where it stands: the form comes under it, and goes away again."""

import pytest
from playwright.sync_api import expect

from opm.comments.models import State
from tests import cast
from tests.e2e.tab import on_sqlite

pytestmark = on_sqlite


@pytest.fixture
def thread_of_two(inside):
    with inside():
        thread = cast.a_post().thread
        cast.a_comment(thread, State.PUBLISHED)
        cast.a_comment(thread, State.PUBLISHED, name="Ada Holt", email="ada@example.org", text="What the water takes.")


def test_reply_brings_the_form_under_the_comment_and_never_mind_takes_it_away(thread_of_two, tab):
    tab.go(cast.POST)
    reply = tab.page.get_by_role("link", name="Reply to Jo Marsh")
    reply.focus()
    tab.wait_for_scripts()

    reply.click()
    tab.focused(".thread > li:first-child > a + form textarea")
    expect(tab.page.get_by_role("heading", name="Reply to 1, Jo Marsh")).to_be_visible()
    assert tab.page.url == tab.address + cast.POST

    tab.page.get_by_role("link", name="Never mind").click()
    expect(tab.page.locator(".thread > li:first-child form")).to_have_count(0)
    expect(reply).to_be_focused()


def test_a_second_press_of_reply_goes_back_into_the_open_form_with_its_words(thread_of_two, tab):
    tab.go(cast.POST)
    reply = tab.page.get_by_role("link", name="Reply to Jo Marsh")
    reply.focus()
    tab.wait_for_scripts()
    reply.click()
    tab.page.locator(".thread > li:first-child textarea").fill("Half a thought")
    tab.page.get_by_label("Name to show").first.focus()

    reply.click()

    tab.focused(".thread > li:first-child textarea")
    expect(tab.page.locator(".thread > li:first-child textarea")).to_have_value("Half a thought")
    expect(tab.page.locator(".thread > li:first-child form")).to_have_count(1)


def test_two_replies_can_be_open_at_once_beside_the_form_for_the_thread(thread_of_two, tab):
    tab.go(cast.POST)
    for name in ("Jo Marsh", "Ada Holt"):
        tab.page.get_by_role("link", name=f"Reply to {name}").focus()
        tab.wait_for_scripts()
        tab.page.get_by_role("link", name=f"Reply to {name}").click()
        expect(tab.page.get_by_role("heading", name=f", {name}")).to_be_visible()
    ids = tab.page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    expect(tab.page.locator("#comments form")).to_have_count(3)


def test_a_sent_reply_becomes_the_panel_which_takes_the_focus(thread_of_two, tab, mailbox):
    tab.go(cast.POST)
    reply = tab.page.get_by_role("link", name="Reply to Jo Marsh")
    reply.focus()
    tab.wait_for_scripts()
    reply.click()
    form = tab.page.locator(".thread > li:first-child form")
    form.get_by_label("Your comment").fill("I live there and would help.")
    form.get_by_label("Name to show").fill("Bert Okafor")
    form.get_by_label("Email address").fill("bert@example.org")
    form.get_by_role("button", name="Send comment").click()

    tab.focused(".thread > li:first-child section.panel")
    expect(tab.page.locator(".thread > li:first-child section.panel")).to_contain_text("bert@example.org")
    expect(tab.page.locator("#respond")).to_be_visible()


def test_a_refused_form_keeps_the_words_and_says_first_what_is_wrong(thread_of_two, tab):
    tab.go(cast.POST)
    tab.approach()
    tab.fill_in(name=" ", email="jo@nowhere")
    tab.press("Send comment")

    tab.focused("#respond .problem")
    expect(tab.page.get_by_label("Your comment")).to_have_value(cast.WORDS)
    tab.page.get_by_role("link", name="Write a name to show beside your comment").click()
    tab.focused("#name")
    tab.fill_in()
    tab.press("Send comment")
    tab.focused("section.panel")


def test_a_refused_reply_stays_under_its_comment_with_its_own_ids(thread_of_two, tab):
    tab.go(cast.POST)
    reply = tab.page.get_by_role("link", name="Reply to Jo Marsh")
    reply.focus()
    tab.wait_for_scripts()
    reply.click()
    form = tab.page.locator(".thread > li:first-child form")
    form.get_by_label("Your comment").fill("I live there.")
    form.get_by_label("Name to show").fill(" ")
    form.get_by_label("Email address").fill("bert@example.org")
    form.get_by_role("button", name="Send comment").click()

    tab.focused(".thread > li:first-child .problem")
    expect(form.get_by_label("Your comment")).to_have_value("I live there.")
    tab.page.get_by_role("link", name="Write a name to show beside your comment").click()
    tab.focused(".thread [name=name]")
    form.get_by_role("link", name="Never mind").click()
    expect(reply).to_be_focused()


def test_without_scripts_reply_is_a_page_of_its_own(thread_of_two, plain_tab):
    plain_tab.go(cast.POST)
    plain_tab.page.get_by_role("link", name="Reply to Jo Marsh").click()
    expect(plain_tab.page.get_by_role("heading", level=1)).to_have_text("Your reply")
    expect(plain_tab.page.get_by_role("blockquote")).to_contain_text(cast.WORDS)
    plain_tab.fill_in(text="I live there and would help.", name="Bert Okafor", email="bert@example.org")
    plain_tab.press("Send comment")
    expect(plain_tab.page.get_by_role("heading", level=1)).to_have_text("Thank you. One more step")
