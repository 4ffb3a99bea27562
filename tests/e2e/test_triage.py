"""Fifty comments by keyboard, on a phone, and with scripts off; two moderators at once; keys of one's own."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from opm.accounts import signing_in
from opm.comments.models import Comment, Decision, State
from opm.extensions import db
from tests import cast
from tests.e2e.looking import NARROW, faults
from tests.e2e.tab import on_sqlite

pytestmark = on_sqlite

MANY = 50
ACTS = ("approve", "reject", "approve", "spam", "approve")  # in turn
FOCUSED = "document.activeElement.closest('.decide')?.id"


@pytest.fixture
def fifty(inside):
    """Fifty comments that wait, of different lengths."""
    with inside():
        thread = cast.a_post().thread
        for n in range(MANY):
            cast.a_comment(thread, name=f"Jo {n}", email=f"{n}@example.org", text=f"Comment {n}. " * (1 + n % 9))


@pytest.fixture
def counted(inside):
    """`counted()` says how many comments are in each state."""

    def counted():
        with inside(False):
            rows = db.session.execute(select(Comment.state, func.count()).group_by(Comment.state)).all()
            return {str(state): count for state, count in rows}

    return counted


def at_the_desk(tab, inside, who=cast.ines):
    """Signs in and opens the queue."""
    with inside():
        link = signing_in.begin(who()).link_token
    tab.go(f"/desk/sign-in/link/{link}")
    tab.press("Sign in to the desk")
    tab.go("/desk/comments/")
    return tab


class Hand:
    """Somebody's hand on the keys, who counts."""

    def __init__(self, tab):
        self.page, self.presses = tab.page, 0

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.presses += 1


def test_fifty_mixed_comments_are_cleared_by_keyboard_in_few_presses(fifty, inside, tab, counted):
    at_the_desk(tab, inside)
    hand, page = Hand(tab), tab.page
    for n in range(MANY):
        if n % 20 == 0:
            if n:
                expect(page.locator("main [rel=next]")).to_be_focused()
                with page.expect_navigation():
                    hand.press("Enter")
            hand.press("j")
        expect(page.locator(f".decide:has-text('Jo {n}')").first).to_be_focused()
        act = ACTS[n % len(ACTS)]
        hand.press(act[0])
        if act == "reject":
            expect(page.locator(".decide.open [name=rule]").first).to_be_focused()
            hand.press("3", "Enter")
    expect(page.locator("h1")).to_have_text("No comment waits")
    assert counted() == {"published": 30, "rejected": 10, "spam": 10}
    rejected = MANY // len(ACTS)
    assert hand.presses <= MANY + 2 * rejected + 5, "one press a comment, two more for each rule, and the pages"
    expect(page.locator("#said")).to_contain_text("Published as comment 30")
    hand.press("u")
    expect(page.locator("h1")).to_have_text("1 comment waits")
    expect(page.locator(".decide:not(.done):has-text('Jo 49')")).to_be_focused()


def test_decisions_go_one_after_the_other_so_that_the_last_answer_has_the_last_count(fifty, inside, tab, counted):
    at_the_desk(tab, inside)
    page, sent, late = tab.page, [], []

    def decide(route):
        data = route.request.post_data
        if "decision=approve" in data:
            late.append((route, route.fetch()))
        elif "rule=" in data:
            sent.append(data)
        if "decision=approve" not in data:
            route.continue_()

    page.route("**/decision", decide)
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("r")
    expect(page.locator(".decide.open [name=rule]").first).to_be_focused()
    page.keyboard.press("3")
    page.keyboard.press("Enter")

    def look_for_late():
        """Until the site has answered the approval, and its answer is held back here."""
        for _look in range(200):
            if late:
                return
            page.wait_for_timeout(25)
        raise AssertionError("no approval was sent")

    def answer_late():
        look_for_late()
        route, answer = late.pop()
        route.fulfill(response=answer)

    look_for_late()
    page.evaluate("fetch('/healthz').then(answer => answer.text())")  # what was sent before it has been seen by now
    assert not sent

    answer_late()
    expect(page.locator(".decide.done")).to_have_count(2)
    assert counted() == {"pending": MANY - 2, "published": 1, "rejected": 1}
    expect(page.locator("h1")).to_have_text(f"{MANY - 2} comments wait")

    page.keyboard.press("a")
    page.keyboard.press("s")
    page.locator("main [rel=next]").press("Enter")
    page.evaluate("fetch('/healthz').then(answer => answer.text())")
    with page.expect_navigation():  # nobody leaves before what stands in line has gone out
        answer_late()
    assert counted() == {"pending": MANY - 4, "published": 2, "rejected": 1, "spam": 1}


def test_a_key_decides_nothing_in_a_field_with_a_modifier_or_before_a_comment_has_the_focus(
    fifty, inside, tab, counted
):
    at_the_desk(tab, inside)
    page = tab.page
    page.keyboard.press("a")
    assert page.evaluate(FOCUSED), "the first press goes to the first comment"
    for key in ("Control+Shift+a", "Alt+a", "Shift+a", "Meta+s"):
        page.keyboard.press(key)
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("arsuxjk?")
    expect(page.locator("#q")).to_have_value("arsuxjk?")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("k")
    page.keyboard.press("j")
    here = page.evaluate(FOCUSED)
    page.keyboard.press("x")
    expect(page.locator(f"#{here} [name=chosen]")).to_be_checked()
    page.locator(f"#{here} [name=chosen]").click()
    page.keyboard.press("x")
    expect(page.locator(f"#{here} [name=chosen]"), "a box that was ticked by hand is no field").to_be_checked()
    page.locator(f"#{here}").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate(FOCUSED) == here, "the focus comes back"
    page.keyboard.press("r")
    expect(page.locator(".decide.open [name=rule]").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(f"#{here}:not(.open)")).to_be_focused()
    assert counted() == {"pending": MANY}


def test_keys_of_ones_own_hold_everywhere_and_can_be_turned_off(fifty, inside, tab, open_tab, counted):
    at_the_desk(tab, inside).go("/desk/comments/keys/")
    page = tab.page
    page.get_by_label("Approve").fill("r")
    tab.press("Keep these keys")
    expect(page.get_by_label("Approve")).to_have_value("r")
    expect(page.locator("#approve-error")).to_contain_text("“Reject” has this key, too")
    page.get_by_label("Approve").fill("1")
    tab.press("Keep these keys")
    other = at_the_desk(open_tab(), inside).page
    expect(other.locator("#queue kbd").first).to_have_text("1")
    other.keyboard.press("j")
    other.keyboard.press("a")
    other.keyboard.press("1")
    expect(other.locator(".decide.done")).to_have_count(1)
    tab.go("/desk/comments/keys/")
    page.get_by_label("Decide by keys").uncheck()
    tab.press("Keep these keys")
    expect(page.locator("#keys")).to_contain_text("Keys are off.")
    expect(page.locator("#queue kbd")).to_have_count(0)
    for key in "j1aj1":
        page.keyboard.press(key)
    assert not page.evaluate(FOCUSED)
    assert counted() == {"pending": MANY - 1, "published": 1}


def test_fifty_are_cleared_on_a_phone_by_taps(fifty, inside, open_tab, counted):
    tab = at_the_desk(open_tab(viewport=NARROW, has_touch=True, is_mobile=True), inside)
    page, taps = tab.page, 0
    while True:
        row = page.locator("#queue .decide:not(.done):not([aria-busy])").first
        if not row.count():
            if not page.locator("main [rel=next]").count():
                break
            with page.expect_navigation():
                page.locator("main [rel=next]").tap()
            continue
        button = row.get_by_role("button", name="Approve", exact=True)
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 44, "a thumb finds it"
        id = row.get_attribute("id")
        button.tap()
        taps += 1
        expect(page.locator(f"#{id}.done, [id='{id}'].done")).to_have_count(1)
    assert taps == MANY
    assert counted() == {"published": MANY}


def test_fifty_are_cleared_with_scripts_off(fifty, inside, plain_tab, counted):
    tab = at_the_desk(plain_tab, inside)
    page, pages = tab.page, 0
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("kbd:visible")).to_have_count(0)
    page.locator("#queue [name=chosen]").nth(1).check()
    tab.press("Reject … those chosen")
    page.get_by_label("6. No advertising").check()
    tab.press("Reject 1 comment and tell the writer")
    while tab.go("/desk/comments/") and page.locator("#queue [name=chosen]").count():
        page.get_by_label("All on this page").check()
        tab.press("Approve those chosen")
        expect(page.locator("h1")).to_have_text(re.compile(r"Approve \d+ comments\?"))
        page.get_by_role("button", name=re.compile("^Approve ")).click()
        expect(page.locator("h1")).to_contain_text("approved")
        pages += 1
    assert pages == 3
    assert counted() == {"published": MANY - 1, "rejected": 1}


def test_two_moderators_at_the_same_comment_never_contradict_each_other(fifty, inside, tab, open_tab, counted):
    at_the_desk(tab, inside)
    other = at_the_desk(open_tab(), inside, cast.piotr)
    other.page.keyboard.press("j")
    other.page.keyboard.press("s")
    expect(other.page.locator(".decide.done")).to_have_count(1)
    tab.page.keyboard.press("j")
    tab.page.keyboard.press("a")
    tab.page.keyboard.press("a")
    expect(tab.page.locator(".decide:has-text('Jo 0')")).to_contain_text("Marked as spam by Piotr Lund")
    expect(tab.page.locator(".decide.done:has-text('Jo 1')")).to_have_count(1)
    expect(tab.page.locator(".decide:has(h2:text-is('Jo 2'))")).to_be_focused()
    assert counted() == {"pending": MANY - 2, "published": 1, "spam": 1}
    with inside(False):
        assert db.session.scalar(select(func.count(Decision.id))) == 2


def test_nothing_is_wrong_with_the_pages_that_decide_on_several(fifty, inside, tab):
    at_the_desk(tab, inside)
    page, found = tab.page, []

    def look():
        found.extend(faults(page))
        page.reload()

    page.get_by_label("All on this page").check()
    look()
    page.keyboard.press("?")
    look()
    page.get_by_label("All on this page").check()
    tab.press("Reject … those chosen")
    look()
    page.get_by_label("1. Be civil").check()
    page.get_by_role("button", name=re.compile("^Reject 20")).click()
    expect(page.locator("h1")).to_have_text("20 comments rejected")
    look()
    tab.go("/desk/comments/")
    look()
    assert not found, "\n".join(found)
    with inside(False):
        assert db.session.scalar(select(func.count()).where(Comment.state == State.REJECTED)) == 20
