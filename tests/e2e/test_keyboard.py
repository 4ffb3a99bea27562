"""The main job with the keyboard alone: Tab, Enter, and what one types."""

import pytest
from playwright.sync_api import expect

from opm.comments.models import State
from tests import cast
from tests.e2e.tab import on_sqlite
from tests.mailbox import code_in

pytestmark = on_sqlite

# What shows that something has the focus: a line around it or a shadow under it.
IS_SHOWN = """() => { const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect()
    return (parseFloat(style.outlineWidth) > 0 && style.outlineStyle != "none" || style.boxShadow != "none")
        && box.bottom > 0 && box.top < innerHeight && box.width > 1 }"""
MOST_STOPS = 60


class Keyboard:
    """Somebody's hands on the keys, and eyes that want to see where they are."""

    def __init__(self, tab):
        self.page = tab.page

    def tab_to(self, words):
        """Presses Tab until what is called that has the focus, which must be seen at each stop."""
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            assert self.page.evaluate(IS_SHOWN), (
                f"the focus cannot be seen on {self.page.evaluate('document.activeElement.outerHTML')[:200]}"
            )
            if words in self.page.evaluate("(e => e.labels?.[0]?.innerText || e.innerText)(document.activeElement)"):
                return
        raise AssertionError(f"Tab never came to “{words}”")

    def type(self, words):
        self.page.keyboard.type(words)

    def enter(self):
        self.page.keyboard.press("Enter")


@pytest.fixture
def a_post(inside):
    with inside():
        cast.a_comment(cast.a_post(category="rivers").thread, State.PUBLISHED, name="Ada Holt", email="a@example.org")
        cast.ines()


def test_reading_writing_and_confirming(a_post, tab, mailbox):
    keys = Keyboard(tab)
    tab.go(cast.POST)
    keys.tab_to("Skip to the post")
    keys.enter()
    keys.tab_to("Your comment")
    keys.type("The rota is empty.")
    keys.tab_to("Name to show")
    keys.type("Jo Marsh")
    keys.tab_to("Email address")
    keys.type("jo@example.org")
    tab.wait_for_scripts()
    keys.tab_to("Send comment")
    keys.enter()
    tab.focused("section.panel")

    keys.tab_to("The 6 digits")
    keys.type(code_in(mailbox.newest("jo@example.org")))
    keys.enter()
    tab.focused("[id^=confirmed].panel")


def test_replying_and_leaving_it(a_post, tab):
    keys = Keyboard(tab)
    tab.go(cast.POST)
    keys.tab_to("Reply to Ada Holt")
    tab.wait_for_scripts()
    keys.enter()
    tab.focused(".thread textarea")
    keys.tab_to("Never mind")
    keys.enter()
    expect(tab.page.get_by_role("link", name="Reply to Ada Holt")).to_be_focused()


def test_choosing_a_category(a_post, tab):
    keys = Keyboard(tab)
    tab.go("/")
    keys.tab_to("Rivers")
    tab.wait_for_scripts()
    keys.enter()
    tab.focused("#posts")
    keys.tab_to("Who fills the sandbags?")


def test_deciding(a_post, inside, tab, mailbox):
    with inside():
        cast.a_comment(cast.a_post(slug="bins").thread, name="Bert Okafor")
    keys = Keyboard(tab)
    tab.sign_in(mailbox)
    tab.wait_for_scripts()
    keys.tab_to("Reject …")
    keys.enter()
    tab.focused("[name=rule] >> nth=0")
    tab.page.keyboard.press("ArrowDown")
    keys.tab_to("Reject and tell the writer")
    keys.enter()
    tab.focused("h1")  # nothing else waits
    keys.tab_to("Undo")
    keys.enter()
    tab.focused(".decide:not(.done)")
    keys.tab_to("Approve and reply …")
    keys.tab_to("Approve")
    keys.enter()
    expect(tab.page.locator(".decide.done")).to_contain_text("Published as comment")
