"""Pictures for a post: chosen with scripts off, and pasted and dropped with them."""

import base64

import pytest
from playwright.sync_api import expect

from opm.extensions import db
from opm.posts.models import Post
from opm.posts.pictures.models import Picture
from tests import cast
from tests.e2e.tab import on_sqlite

pytestmark = on_sqlite

# Hands files over as the clipboard or the pointer would.
HAND_OVER = """([name, kind, bytes]) => {
  const given = new DataTransfer(), text = document.querySelector("#text")
  const content = Uint8Array.from(atob(bytes), c => c.charCodeAt(0))
  given.items.add(new File([content], name, {type: "image/png"}))
  const about = {bubbles: true, cancelable: true}
  text.dispatchEvent(kind === "drop" ? new DragEvent("drop", {...about, dataTransfer: given})
    : new ClipboardEvent("paste", {...about, clipboardData: given}))
}"""


@pytest.fixture
def draft(inside):
    """A post that Rosa is writing."""
    with inside():
        cast.ines()
        return cast.a_draft(text="One.\n\nTwo.")


def enter(tab, mailbox, draft):
    tab.sign_in(mailbox)
    tab.go(f"/desk/posts/{draft.id}")


def hand_over(tab, name, kind, content):
    tab.page.evaluate(HAND_OVER, [name, kind, base64.b64encode(content).decode()])


def test_with_scripts_off_a_picture_is_chosen_described_and_its_line_copied(plain_tab, mailbox, inside, draft):
    enter(plain_tab, mailbox, draft)
    with plain_tab.page.context.expect_page() as opened:
        plain_tab.page.get_by_role("link", name="Add a picture").click()
    library = opened.value
    file = {"name": "lane.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}
    library.get_by_label("What it shows").fill("The lane, drawn")
    library.get_by_label("The picture").set_input_files(file)
    library.get_by_role("button", name="Add it").click()
    expect(library.get_by_role("alert")).to_contain_text("This is no PNG")
    expect(library.get_by_label("What it shows")).to_have_value("The lane, drawn")
    library.get_by_label("The picture").set_input_files(file | {"name": "lane.png", "buffer": cast.a_picture()})
    library.get_by_role("button", name="Add it").click()
    line = library.get_by_label("The line that shows it").input_value()
    plain_tab.page.get_by_label("Text, in Markdown").fill(line)
    plain_tab.page.get_by_role("button", name="Save", exact=True).last.click()
    with inside(False):
        assert db.session.get(Post, draft.id).pictures == db.session.query(Picture).all()


def test_pasted_and_dropped_it_stands_where_the_cursor_was(tab, mailbox, inside, draft):
    enter(tab, mailbox, draft)
    text, shows = tab.page.locator("#text"), tab.page.get_by_label("What it shows")
    text.focus()
    tab.page.evaluate("document.querySelector('#text').setSelectionRange(4, 4)")
    hand_over(tab, "lane.png", "paste", cast.a_picture())
    expect(shows).to_be_focused()
    tab.press("Put it into the text")
    expect(tab.page.get_by_role("alert")).to_contain_text("Say what the picture shows")
    shows.fill("The lane, drawn")
    tab.press("Put it into the text")
    expect(text).to_be_focused()
    with inside(False):
        lane = db.session.query(Picture).one().markdown
    expect(text).to_have_value(f"One.\n\n{lane}\n\nTwo.")
    hand_over(tab, "notes.png", "drop", b"no picture")
    expect(tab.page.get_by_role("dialog")).to_contain_text("Your text is as it was")
    tab.press("Close")
    expect(text).to_have_value(f"One.\n\n{lane}\n\nTwo.")
    hand_over(tab, "quay.png", "drop", cast.a_picture((9, 9)))
    tab.page.get_by_label("It is only decoration").check()
    tab.press("Put it into the text")
    expect(tab.page.get_by_role("status").filter(has_text="The picture is in the text.")).to_be_visible()
    with inside(False):
        assert db.session.query(Picture).count() == 2
