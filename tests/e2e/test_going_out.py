"""The whole way of a post, by somebody who knows no more than what the pages say: from the printed link over two
pictures and a schedule to its readers. With scripts, without, and by keyboard alone.
"""

import pytest
from playwright.sync_api import expect

from opm import worker
from tests import cast
from tests.e2e.tab import on_sqlite

pytestmark = on_sqlite

ADDRESS = "/2026/10/15/twelve-benches/"
WORDS = "We walked with eleven people and counted where they stopped.\n\n"
SUMMARY = "Where people over eighty stop on their way to the health centre, and what we think of doing about it."
LANE, BENCH = "The lane in the rain, seen from the mill", "A bench with nobody on it"
MOST_STOPS = 90  # of the Tab key, on one page


class Once:
    """Lets the worker make one round."""

    came = False

    def wait(self, seconds):
        self.came = True
        return True


@pytest.fixture
def at_desk(app, inside, open_tab):
    """`at_desk()` opens a tab with the front page, by the link that the command prints."""

    def at_desk(**options):
        with inside():
            email = cast.edith().email
        printed = app.test_cli_runner().invoke(args=["sign-in-link", email]).output
        tab = open_tab(**options)
        tab.page.goto(next(word for word in printed.split() if word.startswith("http")))
        tab.page.get_by_role("button", name="Sign in to the desk").press("Enter")
        expect(tab.page.get_by_role("heading", level=1)).to_have_text("What needs you")
        return tab

    return at_desk


@pytest.fixture
def goes_out(app, clock, open_tab):
    """`goes_out(desk)` lets a day pass: a reader, who found nothing before, finds the post with its pictures."""

    def goes_out(desk):
        expect(desk.page.locator("#state")).to_contain_text("Scheduled")
        reader = open_tab()
        assert reader.go(ADDRESS).status == 404
        clock.forward(hours=22, minutes=59, seconds=59)
        worker.work(app, Once())
        assert reader.go(ADDRESS).status == 404
        clock.forward(seconds=1)
        worker.work(app, Once())
        assert reader.go(ADDRESS).status == 200
        expect(reader.page.get_by_role("heading", level=1)).to_have_text("Twelve benches")
        for words in (LANE, BENCH):
            picture = reader.page.get_by_role("img", name=words)
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_js_property("complete", True)
            assert picture.evaluate("picture => picture.naturalWidth") > 0
        desk.go("/desk/")
        expect(desk.page.locator(".queues")).to_contain_text(["published in the last 7 days"])
        desk.page.get_by_role("link", name="Twelve benches").click()
        expect(desk.page.locator("#state")).to_contain_text("Published")

    return goes_out


def files():
    """The two pictures, as a camera has them."""
    sizes = {"lane.jpg": (300, 200), "bench.jpg": (200, 300)}
    return [
        {"name": name, "mimeType": "image/jpeg", "buffer": cast.a_picture(size, "JPEG", colour="noise")}
        for name, size in sizes.items()
    ]


def shown(words, value):
    """The line that shows a picture, in the text."""
    return f"![{words}](/uploads/" in value


def test_with_scripts(at_desk, goes_out):
    tab = at_desk()
    page = tab.page
    page.get_by_role("link", name="Write a post").click()
    page.get_by_label("What is it called?").fill("Twelve benches")
    tab.press("Start writing")
    tab.wait_for_scripts()
    page.locator("#text").fill(WORDS)
    page.locator("#text").press("Control+End")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("link", name="Add a picture").click()
    chooser.value.set_files(files())
    for words in (LANE, BENCH):
        page.get_by_role("dialog").get_by_label("What it shows").fill(words)
        page.get_by_role("dialog").get_by_role("button", name="Put it into the text").click()
        expect(page.locator("#preview").get_by_role("img", name=words)).to_be_visible()
    expect(page.locator("#checks")).to_contain_text("each picture says what it shows")
    expect(page.locator("#checks")).to_contain_text("Write a summary")
    page.get_by_label("Summary").fill(SUMMARY)
    expect(page.locator("#checks")).to_contain_text("the summary fits")
    page.get_by_label("When", exact=True).fill("2026-10-15T09:00")
    tab.press("Schedule")
    goes_out(tab)


def test_without_scripts(at_desk, goes_out):
    tab = at_desk(java_script_enabled=False)
    page = tab.page
    page.get_by_role("link", name="Write a post").click()
    page.get_by_label("What is it called?").fill("Twelve benches")
    tab.press("Start writing")
    page.locator("#text").fill(WORDS)
    for words, file in zip((LANE, BENCH), files(), strict=True):
        with page.context.expect_page() as other:
            page.get_by_role("link", name="Add a picture").click()
        library = other.value
        library.get_by_label("What it shows").fill(words)
        library.get_by_label("The picture").set_input_files(file)
        library.get_by_role("button", name="Add it").click()
        line = library.get_by_label("The line that shows it").input_value()
        library.close()
        page.locator("#text").fill(f"{page.locator('#text').input_value()}{line}\n\n")
    page.get_by_label("Summary").fill(SUMMARY)
    page.get_by_role("button", name="Check again").click()
    expect(page.locator("#checks")).to_contain_text("each picture says what it shows")
    assert shown(LANE, page.locator("#text").input_value())
    page.get_by_label("When", exact=True).fill("2026-10-15T09:00")
    tab.press("Schedule")
    goes_out(tab)


def test_by_keyboard_alone(at_desk, goes_out):
    tab = at_desk()
    page, keyboard = tab.page, tab.page.keyboard
    page.on("filechooser", lambda chooser: chooser.set_files(files()))
    go_to(tab, page.get_by_role("link", name="Write a post"))
    keyboard.press("Enter")
    expect(page.get_by_label("What is it called?")).to_be_focused()
    keyboard.type("Twelve benches")
    keyboard.press("Enter")
    expect(page.locator("#text")).to_be_visible()
    tab.wait_for_scripts()
    go_to(tab, page.locator("#text"))
    keyboard.insert_text(WORDS)
    go_to(tab, page.get_by_role("link", name="Add a picture"))
    keyboard.press("Enter")
    for words in (LANE, BENCH):
        expect(page.get_by_role("dialog").get_by_label("What it shows")).to_be_focused()
        keyboard.type(words)
        go_to(tab, page.get_by_role("dialog").get_by_role("button", name="Put it into the text"))
        keyboard.press("Enter")
        expect(page.locator("#preview").get_by_role("img", name=words)).to_be_visible()
    expect(page.locator("#text")).to_be_focused()
    go_to(tab, page.get_by_label("Summary"))
    keyboard.type(SUMMARY)
    go_to(tab, page.get_by_label("When", exact=True))
    for typed in ("10", "15", "2026", "ArrowRight", "09", "00", "AM"):
        keyboard.press(typed) if typed.startswith("Arrow") else keyboard.type(typed)
    expect(page.get_by_label("When", exact=True)).to_have_value("2026-10-15T09:00")
    go_to(tab, page.get_by_role("button", name="Schedule", exact=True))
    keyboard.press("Enter")
    goes_out(tab)


def go_to(tab, control):
    """By Tab, as often as it takes."""
    for _ in range(MOST_STOPS):
        if control.evaluate("control => control === document.activeElement"):
            return
        tab.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {control}")
