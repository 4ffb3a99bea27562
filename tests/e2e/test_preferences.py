"""A subscriber's page, and those behind the links of a mail, in a real browser, with scripts and without."""

from playwright.sync_api import expect

from opm.extensions import db
from opm.subscriptions import following, letters
from opm.subscriptions.models import Rhythm, Topic
from tests import cast
from tests.e2e.looking import faults
from tests.e2e.tab import on_sqlite
from tests.mailbox import code_in

pytestmark = on_sqlite


def sam(inside) -> tuple[str, str]:
    """Who hears of everything at once and of Rivers once a day: the page, and the link that stops the first."""
    with inside():
        post = cast.a_filed_post()
        db.session.flush()
        sam = cast.a_subscriber()
        following.follow(sam, Topic.CATEGORY, post.categories[0].id, Rhythm.DAILY, ".")
        return letters.preferences(sam), letters.unsubscribe(sam, following.every(sam)[0])


def test_with_scripts_all_of_it_happens_on_the_page_and_the_focus_goes_to_what_is_new(inside, open_tab, mailbox):
    page, stop = sam(inside)
    for path in (page, stop, f"{page}erase"):
        looked_at = open_tab()
        looked_at.go(path)
        assert faults(looked_at.page) == [], path
    tab = open_tab()
    tab.go(page)
    tab.approach("Your new address")
    tab.page.get_by_label("How often").first.select_option("weekly")
    tab.page.get_by_role("button", name="Save").first.click()
    tab.focused("#preferences")
    expect(tab.page.locator(".notice")).to_have_text("Your change is saved.")
    tab.press("Pause all mails")
    expect(tab.page.get_by_role("button", name="Mail me again")).to_be_visible()
    tab.press("Mail me again")
    tab.press("Stop all mails")
    expect(tab.page.locator(".notice")).to_contain_text("All is stopped")
    tab.press("Undo: mail me as before")
    expect(tab.page.locator("legend")).to_have_text(["All new posts", "New posts in Rivers"])
    tab.page.get_by_label("Your new address").fill("sam@example.org")
    tab.press("Mail me a code there")
    tab.focused(".problem")
    tab.page.get_by_label("Your new address").fill("new@example.org")
    tab.press("Mail me a code there")
    tab.focused("section.panel")
    assert faults(tab.page) == []
    tab.page.get_by_label("The 6 digits").fill(code_in(mailbox.newest("new@example.org")))
    tab.press("Use this address")
    tab.focused("section.panel[id^=confirmed]")
    assert tab.page.url.endswith(page)
    tab.page.get_by_role("link", name="go on to your new page").click()
    expect(tab.page.locator("main")).to_contain_text("All of it goes to new@example.org")


def test_without_scripts_pages_do_the_same(inside, open_tab, mailbox):
    page, stop = sam(inside)
    tab = open_tab(java_script_enabled=False)
    tab.go(stop)
    tab.press("Stop these mails")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Stopped")
    tab.press("Undo: mail me as before")
    tab.go(page)
    tab.page.get_by_role("button", name="Stop it").first.click()
    expect(tab.page.locator(".notice")).to_contain_text("You do not get this any more")
    tab.page.get_by_label("Your new address").fill("new@example.org")
    tab.press("Mail me a code there")
    tab.page.get_by_label("The 6 digits").fill(code_in(mailbox.newest("new@example.org")))
    tab.press("Use this address")
    expect(tab.page.locator(".notice")).to_contain_text("Your address is changed")
    tab.page.get_by_role("link", name="Erase my data").click()
    tab.press("Erase all of it")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("All of it is erased")
