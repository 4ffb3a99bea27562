"""A report and its answer in a real browser: with scripts nobody leaves the page, without them pages do the same."""

from playwright.sync_api import expect

from opm.comments.models import State
from tests import cast
from tests.e2e.tab import on_sqlite
from tests.mailbox import code_in

pytestmark = on_sqlite


def test_with_scripts_a_report_and_its_answer_stay_on_their_pages(inside, open_tab, mailbox):
    with inside():
        cast.a_comment(cast.a_post().thread, State.PUBLISHED)
        cast.ines()
    reader, moderator = open_tab(), open_tab()
    reader.go(cast.POST)
    reader.page.get_by_role("link", name="Report a comment").click()
    reader.page.get_by_label("Number of the comment").fill("1")
    reader.press("Show me the comment")
    reader.page.get_by_label("It breaks rule 4").check()
    reader.page.get_by_label("Email address").fill("kit@example.org")
    reader.approach("Email address")
    form = reader.page.url
    reader.press("Send report")
    reader.focused("section.panel")
    reader.page.get_by_label("The 6 digits").fill(code_in(mailbox.newest("kit@example.org")))
    reader.press("Confirm my report")
    reader.focused("section.panel[id^=confirmed]")
    expect(reader.page.locator("section.panel")).to_contain_text("we have your report")
    assert reader.page.url == form

    moderator.sign_in(mailbox)
    moderator.page.get_by_role("link", name="Reports").click()
    moderator.wait_for_scripts()
    queue = moderator.page.url
    moderator.press("Take down …")
    moderator.focused("input[name=rule]:first-of-type >> nth=0")
    moderator.page.get_by_role("link", name="Not now").click()
    moderator.focused("article.decide")
    moderator.press("Take down …")
    moderator.page.get_by_label("4. Leave out private details").check()
    moderator.page.get_by_label("And whoever reported it?").fill("Well seen.")
    moderator.press("Take it down and tell them")
    moderator.focused("article.decide.done")
    expect(moderator.page.get_by_role("heading", level=1)).to_have_text("No report waits")
    moderator.press("Undo")
    moderator.focused("article.decide")
    expect(moderator.page.get_by_role("heading", level=1)).to_have_text("1 report waits")
    moderator.page.get_by_text("Add a line to the mail").click()
    moderator.page.get_by_label("A line to whoever reported it").fill("It may stay.")
    moderator.press("Leave it as it is")
    expect(moderator.page.locator("article.decide.done")).to_contain_text("Left as it is")
    assert moderator.page.url == queue


def test_without_scripts_pages_do_the_same(inside, open_tab, mailbox):
    with inside():
        comment = cast.a_comment(cast.a_post().thread, State.PUBLISHED)
        cast.ines()
    reader, moderator = (open_tab(java_script_enabled=False) for _ in range(2))
    reader.go("/report/legal/")
    reader.page.get_by_label("Where is it?").fill(f"{reader.address}{cast.POST}#comment-{comment.id}")
    reader.page.get_by_label("Which words is it about?").fill(cast.WORDS)
    reader.page.get_by_label("It copies something").check()
    reader.page.get_by_label("Why is it unlawful?").fill("I wrote it.")
    reader.page.get_by_label("Your name").fill("Kit Vane")
    reader.page.get_by_label("Email address").fill("kit@example.org")
    reader.page.get_by_label("What I say here is true").check()
    reader.press("Send notice")
    reader.page.get_by_label("The 6 digits").fill(code_in(mailbox.newest("kit@example.org")))
    reader.press("Confirm my notice")
    expect(reader.page.get_by_role("heading", level=1)).to_have_text("Thank you, we have your notice")

    moderator.sign_in(mailbox)
    moderator.page.get_by_role("link", name="Reports").click()
    moderator.press("Take down …")
    moderator.page.get_by_label("5. Keep within the law").check()
    moderator.press("Take it down and tell them")
    expect(moderator.page.locator("article.decide.done")).to_contain_text("Acted on")
    moderator.press("Undo")
    expect(moderator.page.get_by_role("heading", level=1)).to_have_text("1 report waits")
    moderator.press("Passed on")
    expect(moderator.page.locator("article.decide.done")).to_contain_text("Passed on")
