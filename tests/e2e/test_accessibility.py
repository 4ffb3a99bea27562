"""Every page against WCAG 2.2 AA as far as a machine can see it; light and dark, at 320 and 1280 px, at 200 % text.

Each story leads to a page as it stands in front of somebody, and then it is looked at.
"""

import re

import pytest
from playwright.sync_api import expect

from opm.comments import moderation
from opm.comments.models import Act, Comment, State, Thread
from opm.extensions import db
from opm.lib import clock
from opm.posts import publishing
from opm.reports import settling
from opm.reports.models import Ground, Outcome
from tests import cast
from tests.e2e.looking import faults
from tests.e2e.tab import on_sqlite
from tests.mailbox import code_in, path_in

pytestmark = on_sqlite

LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
CLOSED = "/2026/10/02/a-closed-matter/"
WITHDRAWN = "/2026/10/04/a-withdrawn-matter/"


@pytest.fixture
def a_busy_site(inside, app, mailbox):
    """Two categories, a thread as deep as it is shown, a closed one; comments that wait, decided ones, and mails."""
    with inside():
        post = cast.a_filed_post()
        cast.a_part_two(post)
        thread, ines, _piotr = post.thread, cast.ines(), cast.piotr()
        answered = None
        for depth, name in enumerate(("Jo Marsh", "Ada Holt", "Bert Okafor", "Cy Wren", "Di Poole")):
            answered = cast.a_comment(
                thread,
                State.PUBLISHED,
                name=name,
                email=f"{depth}@example.org",
                text=f"Thought {depth}, at https://example.org/{LONG_WORD}/",
                parent=answered,
            )
        gone = cast.a_comment(thread, State.PUBLISHED, name="Eve Ray", email="eve@example.org", text="Taken down.")
        cast.a_comment(thread, State.PUBLISHED, email="fay@example.org", text="To what is gone.", parent=gone)
        moderation.decide(gone, Act.REMOVE, ines, revision=1, rule=1, note="Please keep to the matter.")
        cast.a_comment(
            thread, email="gil@example.org", text=f"{LONG_WORD} " * 3, flags=["links", "network"], parent=answered
        )
        cast.a_comment(thread, email="hal@example.org", text="One that waits. Ring 0161 496 0123, M1 1AA.")
        decided = cast.a_comment(thread, email="ida@example.org", text="One that was decided.")
        moderation.decide(decided, Act.APPROVE, ines, revision=1)
        reported = cast.a_comment(thread, State.PUBLISHED, email="lou@example.org", text=f"Reported {LONG_WORD}.")
        for number, name in enumerate(("mo", "nat", "oz")):
            cast.a_report(reported, email=f"{name}@example.org", rule_number=number or None, text=LONG_WORD)
        cast.a_report(answered, email="pip@example.org", flags=["trap"])
        cast.a_notice(
            cast.POST, text=f"{LONG_WORD}\n\nAgain.", quote=LONG_WORD * 3, untrue="All of it.", name=LONG_WORD[:80]
        )
        cast.a_notice(f"/comment/{reported.id}", comment=reported, ground=Ground.PRIVACY, may_be_named=True)
        settling.settle([cast.a_report(answered, text="Answered.")], Outcome.LEFT_UP, ines, note=LONG_WORD)
        cast.a_post("a-closed-matter", f"A title with {LONG_WORD} in it", on=(2026, 10, 2), category="streets")
        withdrawn = cast.a_post("a-withdrawn-matter", "Withdrawn", on=(2026, 10, 4))
        publishing.withdraw(withdrawn, f"The figures about {LONG_WORD} were wrong.")
        db.session.query(Thread).filter_by(address=CLOSED).one().closed_at = clock.now()


# Stories that end at a page. Each takes a tab and the mailbox.


def at(path):
    def story(tab, mailbox):
        tab.go(path)

    return story


def sent(tab, mailbox):
    tab.go(cast.POST)
    tab.fill_in(email="kay@example.org")
    tab.approach()
    tab.press("Send comment")
    expect(tab.page.locator("section.panel")).to_be_visible()


def refused_in_place(tab, mailbox):
    tab.go(cast.POST)
    tab.approach()
    tab.fill_in(text=" ", name=" ", email="kay@nowhere")
    tab.press("Send comment")
    expect(tab.page.locator(".problem")).to_be_visible()


def a_reply_opened_and_refused(tab, mailbox):
    tab.go(cast.POST)
    reply = tab.page.get_by_role("link", name="Reply to Di Poole")
    reply.focus()
    tab.wait_for_scripts()
    reply.click()
    form = tab.page.locator(".thread form")
    form.get_by_label("Your comment").fill(LONG_WORD)
    form.get_by_label("Name to show").fill(" ")
    form.get_by_label("Email address").fill("kay@example.org")
    form.get_by_role("button", name="Send comment").click()
    expect(tab.page.locator(".thread .problem")).to_be_visible()


def a_reply_on_its_own_page(tab, mailbox):
    tab.go(cast.POST)
    tab.go(tab.page.get_by_role("link", name="Reply to Jo Marsh").first.get_attribute("href"))


def too_late_for_the_thread(tab, mailbox):
    tab.go(cast.POST)
    tab.fill_in()
    tab.page.evaluate("address => document.forms[0].action = address", f"{CLOSED}comments/")
    tab.page.evaluate("document.forms[0].submit()")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Comments are closed here")


def too_late_in_place(tab, mailbox):
    tab.go(cast.POST)
    tab.page.evaluate("address => document.forms[0].setAttribute('data-hx-post', address)", f"{CLOSED}comments/")
    tab.approach()
    tab.fill_in()
    tab.press("Send comment")
    expect(tab.page.locator("section.problem")).to_be_visible()


def a_wrong_code(tab, mailbox):
    sent(tab, mailbox)
    tab.page.get_by_label("The 6 digits").fill("wrong")
    tab.press("Confirm my comment")
    expect(tab.page.locator(".panel .error").first).to_be_visible()


def a_wrong_new_address(tab, mailbox):
    sent(tab, mailbox)
    tab.page.get_by_text("Not your address? Change it").click()
    tab.page.locator(".panel input[type=email]").fill("kay@nowhere")
    tab.press("Use this address")
    expect(tab.page.locator(".panel [aria-invalid]")).to_be_visible()


def a_likely_slip(tab, mailbox):
    tab.go(cast.POST)
    tab.approach()
    tab.fill_in(email="kay@gmial.com")
    tab.press("Send comment")
    expect(tab.page.get_by_text("Did you mean kay@gmail.com?")).to_be_visible()


def confirmed_in_place(tab, mailbox):
    sent(tab, mailbox)
    tab.page.get_by_label("The 6 digits").fill(code_in(mailbox.newest("kay@example.org")))
    tab.press("Confirm my comment")
    expect(tab.page.locator("[id^=confirmed]").first).to_be_visible()


def mailed(part):
    def story(tab, mailbox):
        sent(tab, mailbox)
        tab.go(path_in(mailbox.newest("kay@example.org"), part))

    return story


def the_panels_own_page(tab, mailbox):
    sent(tab, mailbox)
    tab.go(tab.page.locator(".panel form").first.get_attribute("action"))


def a_receipt_of_a_published_comment(tab, mailbox):
    told = [m for m in mailbox.deliver() if "published" in m.subject]
    tab.go(path_in(told[0], "receipt"))


def a_comment(state=State.PENDING):
    """One more, from an address of its own."""
    return cast.a_comment(
        db.session.query(Thread).first(), state, email="lea@example.org", text=f"{LONG_WORD} and more."
    )


def receipt(state, end=""):
    def story(tab, mailbox):
        with mailbox.app.app_context():
            path = f"/receipt/{a_comment(state).receipt_token}/{end}"
            db.session.commit()
        tab.go(path)

    return story


def a_receipt_without_some_words(tab, mailbox):
    with mailbox.app.app_context():
        comment = a_comment(State.PUBLISHED)
        moderation.decide(comment, Act.REDACT, cast.ines(), revision=1, rule=4, note="It is private.", left="[…] more.")
        path = f"/receipt/{comment.receipt_token}/"
        db.session.commit()
    tab.go(path)


def a_receipt_changed_in_place(tab, mailbox):
    receipt(State.PENDING)(tab, mailbox)
    tab.approach()
    tab.page.get_by_label("Your comment").fill("Other words.")
    tab.press("Save changes")
    expect(tab.page.get_by_text("Your changes are saved.")).to_be_visible()
    expect(tab.page.locator("#receipt")).to_be_focused()


def a_receipt_changed_too_late(tab, mailbox):
    receipt(State.PENDING)(tab, mailbox)
    with mailbox.app.app_context():
        comment = db.session.query(Comment).filter_by(email="lea@example.org").one()
        moderation.decide(comment, Act.REJECT, cast.ines(), revision=1, rule=2)
        db.session.commit()
    tab.approach()
    tab.page.get_by_label("Your comment").fill("Too late.")
    tab.press("Save changes")
    expect(tab.page.locator(".problem")).to_be_focused()
    expect(tab.page.get_by_label("What you typed")).to_have_value("Too late.")


def erased(tab, mailbox):
    receipt(State.PUBLISHED, "erase")(tab, mailbox)
    tab.press("Erase all of it")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Everything about you is erased")


def blocked(tab, mailbox):
    mailed("not-me")(tab, mailbox)
    tab.page.get_by_label("Never mail this address again").check()
    tab.press("Delete the comment")
    expect(tab.page.get_by_role("link", name="mail me again")).to_be_visible()


def mailed_again(tab, mailbox):
    blocked(tab, mailbox)
    tab.go(tab.page.get_by_role("link", name="mail me again").get_attribute("href"))


def _at_what_waits(tab, mailbox):
    tab.sign_in(mailbox)
    tab.wait_for_scripts()
    return tab.page.locator("article", has_text="One that waits.")


def a_letter_to_a_writer(tab, mailbox):
    _at_what_waits(tab, mailbox).get_by_role("button", name="Reject …").click()
    tab.page.get_by_label("3. Write about the matter").check()
    expect(tab.page.get_by_label("What we tell the writer")).to_have_value(re.compile("rule 3"))


def handed_to_a_colleague(tab, mailbox):
    row = _at_what_waits(tab, mailbox)
    row.get_by_role("link", name="Hand to a colleague …").click()
    expect(tab.page.get_by_label("To whom?")).to_be_focused()
    tab.page.get_by_label("A note to them").fill(f"You know more. {LONG_WORD}")
    tab.page.get_by_label("To whom?").select_option("Piotr Lund")
    tab.press("Hand it on")
    expect(row).to_contain_text("With Piotr Lund, from Ines Calder: You know more.")


def a_reply_of_the_team(tab, mailbox):
    row = _at_what_waits(tab, mailbox)
    row.get_by_role("link", name="Approve and reply …").click()
    expect(tab.page.get_by_label("Your reply")).to_be_focused()
    tab.page.get_by_label("Your reply").fill(f"Thank you. {LONG_WORD}")
    tab.press("Approve and publish the reply")
    expect(row).to_contain_text("Your reply stands as")
    row.get_by_role("link", name="Reply …").click()


def entering_nothing(tab, mailbox):
    tab.sign_in(mailbox)
    tab.go("/desk/comments/new")
    tab.page.locator("form[action='/desk/comments/new']").evaluate("form => { form.noValidate = true }")
    tab.press("Publish it")
    expect(tab.page.locator(".problem")).to_be_focused()


def words_to_take_out(tab, mailbox):
    tab.sign_in(mailbox)
    tab.go("/desk/comments/?queue=published")
    tab.wait_for_scripts()
    tab.page.get_by_role("button", name="Take out words …").first.click()
    expect(tab.page.get_by_label("What shall be left of it")).to_be_focused()
    tab.page.get_by_label("What shall be left of it").fill("Quite other words.")
    tab.page.get_by_label("4. Leave out private details").check()
    tab.press("Take these words out and tell the writer")
    expect(tab.page.get_by_text("Words can only be taken out.")).to_be_visible()


def the_code_page(tab, mailbox):
    tab.go("/desk/")
    tab.page.get_by_label("Your work email").fill("ines@northmere.example")
    tab.press("Mail me a link and a code")
    tab.page.get_by_label("The 8 letters and digits").fill("WRONG")
    tab.press("Sign in")
    expect(tab.page.locator(".error")).to_be_visible()


def the_mailed_sign_in(tab, mailbox):
    tab.go("/desk/")
    tab.page.get_by_label("Your work email").fill("ines@northmere.example")
    tab.press("Mail me a link and a code")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Look at your mail")
    tab.go(path_in(mailbox.newest("ines@northmere.example"), "link"))


def desk(path):
    def story(tab, mailbox):
        tab.sign_in(mailbox)
        tab.go(path)

    return story


def the_queue_after_a_decision_and_with_a_rule_to_choose(tab, mailbox):
    tab.sign_in(mailbox)
    tab.wait_for_scripts()
    queue = tab.page.locator("#queue")
    queue.get_by_role("button", name="Approve").last.click()
    expect(queue.locator(".decide.done")).to_be_visible()
    queue.get_by_role("button", name="Reject …").click()
    expect(tab.page.get_by_text("Which rule does it break?")).to_be_visible()


def reporting(path="report/?number=1"):
    def story(tab, mailbox):
        tab.go(f"{cast.POST}{path}")

    return story


def a_report_refused_in_place(tab, mailbox):
    reporting()(tab, mailbox)
    tab.page.get_by_label("Email address").fill("kay@nowhere")
    tab.page.evaluate("document.forms[0].noValidate = true")
    tab.approach("Email address")
    tab.press("Send report")
    expect(tab.page.locator(".problem")).to_be_visible()


def a_notice_refused_in_place(tab, mailbox):
    tab.go("/report/legal/")
    tab.page.evaluate("document.forms[0].noValidate = true")
    tab.approach("Your name")
    tab.press("Send notice")
    expect(tab.page.locator(".problem")).to_be_visible()


def a_report_sent(tab, mailbox):
    reporting()(tab, mailbox)
    tab.page.get_by_label("Something else").check()
    tab.page.get_by_label("A few words about it").fill(LONG_WORD)
    tab.page.get_by_label("Email address").fill("kay@gmial.com")
    tab.approach("Email address")
    tab.press("Send report")
    expect(tab.page.locator("section.panel")).to_be_visible()


def a_report_confirmed_in_place(tab, mailbox):
    a_report_sent(tab, mailbox)
    tab.page.get_by_label("The 6 digits").fill(code_in(mailbox.newest("kay@gmial.com")))
    tab.press("Confirm my report")
    expect(tab.page.locator("[id^=confirmed]").first).to_be_visible()


def of_a_report(part):
    def story(tab, mailbox):
        a_report_sent(tab, mailbox)
        tab.go(path_in(mailbox.newest("kay@gmial.com"), part))

    return story


def the_reports_with_a_rule_to_choose(tab, mailbox):
    tab.sign_in(mailbox)
    tab.go("/desk/reports/")
    tab.wait_for_scripts()
    tab.page.get_by_role("button", name="Leave it as it is").last.click()
    expect(tab.page.locator("#queue .decide.done")).to_be_visible()
    tab.page.get_by_role("button", name="Take down …").first.click()
    expect(tab.page.get_by_text("Which rule does it break?")).to_be_visible()
    tab.page.locator("summary").first.click()


PAGES = {
    "home": at("/"),
    "a category": at("/category/rivers/"),
    "all categories": at("/category/"),
    "a tag": at("/tag/water/"),
    "an author": at("/author/ines-calder/"),
    "a series": at("/series/floods/"),
    "a year": at("/2026/"),
    "a month": at("/2026/10/"),
    "a day": at("/2026/10/01/"),
    "a withdrawn post": at(WITHDRAWN),
    "a post with threads": at(cast.POST),
    "a post with a closed thread": at(CLOSED),
    "the form with errors": refused_in_place,
    "a reply with errors": a_reply_opened_and_refused,
    "a reply on its own page": a_reply_on_its_own_page,
    "a refusal": too_late_for_the_thread,
    "a refusal in place": too_late_in_place,
    "the panel": sent,
    "the panel, wrong code": a_wrong_code,
    "the panel, wrong address": a_wrong_new_address,
    "the panel with a likely slip": a_likely_slip,
    "the panel on its own page": the_panels_own_page,
    "confirmed in place": confirmed_in_place,
    "the mail's link": mailed("confirm"),
    "this was not me": mailed("not-me"),
    "a receipt": mailed("receipt"),
    "a receipt, published": a_receipt_of_a_published_comment,
    **{f"a receipt, {state}": receipt(state) for state in (State.PENDING, State.REJECTED, State.SPAM, State.WITHDRAWN)},
    "a receipt, without some words": a_receipt_without_some_words,
    "a receipt, changed in place": a_receipt_changed_in_place,
    "a receipt, changed too late": a_receipt_changed_too_late,
    "asked to erase": receipt(State.PUBLISHED, "erase"),
    "erased": erased,
    "this was not me, never again": blocked,
    "mail me again": mailed_again,
    "how we moderate": at("/moderation/"),
    "privacy": at("/privacy/"),
    "cookies": at("/cookies/"),
    "accessibility": at("/accessibility/"),
    "about": at("/about/"),
    "no such page": at("/nowhere/"),
    "the desk's door": at("/desk/"),
    "the desk's code": the_code_page,
    "the desk's link": the_mailed_sign_in,
    "the desk's front page": desk("/desk/"),
    "the queue": desk("/desk/comments/"),
    "the queue in use": the_queue_after_a_decision_and_with_a_rule_to_choose,
    "the published": desk("/desk/comments/?queue=published"),
    "words to take out": words_to_take_out,
    "a letter to a writer": a_letter_to_a_writer,
    "a comment handed to a colleague": handed_to_a_colleague,
    "a reply of the team": a_reply_of_the_team,
    "a comment to enter": entering_nothing,
    "what was handed to me": desk("/desk/comments/handed/"),
    "the outbox": desk("/desk/outbox/"),
    "what can be reported": at("/report/"),
    "which comment is reported": reporting("report/"),
    "a number that no comment has": reporting("report/?number=99"),
    "the form of a report": reporting(),
    "the form of a report with errors": a_report_refused_in_place,
    "a legal notice": at("/report/legal/?on=/about/"),
    "a legal notice with errors": a_notice_refused_in_place,
    "the panel of a report": a_report_sent,
    "a report confirmed in place": a_report_confirmed_in_place,
    "the link of a report": of_a_report("confirm"),
    "this report was not me": of_a_report("not-me"),
    "the reports": desk("/desk/reports/"),
    "the reports in use": the_reports_with_a_rule_to_choose,
    "the answered reports": desk("/desk/reports/answered/"),
}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wrong_with(name, a_busy_site, tab, mailbox, clock):
    clock.forward(minutes=11)
    PAGES[name](tab, mailbox)
    found = faults(tab.page)
    assert not found, "\n".join(found)
