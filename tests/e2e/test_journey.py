"""The main job in a real browser, with scripts and without: read, comment, confirm in the panel, decide."""

from playwright.sync_api import expect

from opm.comments.models import State
from tests import cast
from tests.e2e.tab import on_sqlite
from tests.mailbox import code_in, path_in

pytestmark = on_sqlite


def test_with_scripts_nobody_leaves_the_page_on_which_they_are(inside, open_tab, mailbox):
    with inside():
        cast.a_post()
        cast.ines()
    reader, moderator = open_tab(), open_tab()

    reader.go(cast.POST)
    reader.approach()
    reader.fill_in()
    reader.press("Send comment")
    reader.focused("section.panel")
    expect(reader.page.locator("section.panel")).to_contain_text("jo@example.org")

    reader.page.get_by_label("The 6 digits").fill(code_in(mailbox.newest("jo@example.org")))
    reader.press("Confirm my comment")
    reader.focused("section.panel[id^=confirmed]")
    expect(reader.page.locator("section.panel")).to_contain_text("your address is confirmed")
    assert reader.page.url == reader.address + cast.POST

    moderator.sign_in(mailbox)
    expect(moderator.page.get_by_role("heading", level=1)).to_have_text("1 comment waits")
    queue = moderator.page.url
    moderator.wait_for_scripts()
    moderator.press("Approve")
    expect(moderator.page.get_by_role("heading", level=1)).to_have_text("No comment waits")
    moderator.focused("h1")  # nothing else is to be decided
    assert moderator.page.url == queue
    moderator.press("Undo")
    moderator.focused("article.decide:not(.done)")
    expect(moderator.page.get_by_role("heading", level=1)).to_have_text("1 comment waits")
    moderator.press("Approve")
    expect(moderator.page.locator("article.decide.done")).to_contain_text("Published as comment 1")

    reader.page.reload()
    expect(reader.page.locator(".thread li")).to_contain_text(cast.WORDS)


def test_without_scripts_the_same_journey_leads_over_pages(inside, open_tab, mailbox):
    with inside():
        cast.a_post()
        cast.ines()
    reader = open_tab(java_script_enabled=False)
    moderator = open_tab(java_script_enabled=False)

    reader.go(cast.POST)
    reader.fill_in()
    reader.press("Send comment")
    expect(reader.page.get_by_role("heading", level=1)).to_have_text("Thank you. One more step")
    reader.page.get_by_label("The 6 digits").fill(code_in(mailbox.newest("jo@example.org")))
    reader.press("Confirm my comment")
    expect(reader.page.get_by_role("heading", level=1)).to_have_text("Your comment is waiting for a moderator")

    moderator.sign_in(mailbox)
    moderator.press("Approve")
    expect(moderator.page.locator("article.decide.done")).to_contain_text("Published as comment 1")
    moderator.press("Undo")
    moderator.press("Approve")

    reader.page.reload()
    expect(reader.page.get_by_role("heading", level=1)).to_have_text("Your comment is published")
    reader.page.get_by_role("link", name="comment 1").click()
    expect(reader.page.locator(".thread li")).to_contain_text(cast.WORDS)


def test_a_rejection_asks_for_the_rule_in_the_row_and_can_be_left(inside, open_tab, mailbox):
    with inside():
        cast.a_comment(cast.a_post().thread)
        cast.ines()
    moderator = open_tab()
    moderator.sign_in(mailbox)
    moderator.wait_for_scripts()
    queue = moderator.page.url

    moderator.press("Reject …")
    moderator.focused("input[name=rule]:first-of-type >> nth=0")
    moderator.page.get_by_role("link", name="Keep it as it is").click()
    moderator.focused("article.decide")
    moderator.press("Reject …")
    moderator.page.get_by_label("2. Stay with the subject").check()
    moderator.press("Reject and tell the writer")
    moderator.focused("h1")  # nothing else is to be decided
    expect(moderator.page.locator("article.decide.done")).to_contain_text("Rejected")
    assert moderator.page.url == queue


def test_a_comment_is_taken_down_and_restored_in_the_list_of_its_state(inside, open_tab, mailbox):
    with inside():
        cast.a_comment(cast.a_post().thread, State.PUBLISHED)
        cast.ines()
    moderator = open_tab()
    moderator.sign_in(mailbox)
    moderator.go("/desk/comments/?queue=published")
    moderator.wait_for_scripts()

    moderator.press("Take down …")
    moderator.page.get_by_label("1. Be civil").check()
    moderator.press("Take it down and tell the writer")
    moderator.focused("h1")  # nothing else is to be decided
    moderator.go("/desk/comments/?queue=rejected")
    moderator.wait_for_scripts()
    moderator.press("Publish again")
    expect(moderator.page.locator("article.decide.done").last).to_contain_text("Published as comment 1")


def test_a_comment_is_confirmed_by_the_links_button_alone(inside, tab, mailbox):
    with inside():
        cast.a_post()
    tab.go(cast.POST)
    tab.approach()
    tab.fill_in()
    tab.press("Send comment")
    expect(tab.page.locator("section.panel")).to_be_visible()

    tab.go(path_in(mailbox.newest("jo@example.org"), "confirm"))
    tab.focused("button.big")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Your comment is waiting for a moderator")
