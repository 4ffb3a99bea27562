"""The whole way of a report: from the link under the thread to the mail that says what was decided."""

import pytest

from opm.comments.models import Comment, State
from opm.extensions import db
from opm.reports.models import Outcome
from tests import cast
from tests.mailbox import code_in, path_in


@pytest.fixture
def desk(inside, another_browser):
    """Ines at her desk."""
    return cast.signed_in(another_browser, inside)


def reported(browser, mailbox, **words):
    """Somebody finds the comment by its number, reports it, and confirms by the code."""
    browser.visit(cast.POST)
    browser.follow("Report a comment")
    browser.press_get("Show me the comment", number="1")
    assert cast.WORDS in browser.text
    browser.press("Send report", **({"reason": "4", "text": "My number.", "email": "kit@example.org"} | words))
    assert browser.heading == "Thank you. One more step"
    browser.press("Confirm my report", code=code_in(mailbox.newest("kit@example.org")))
    assert browser.heading == "Thank you, we have your report"


def test_a_report_leads_from_the_thread_to_the_queue_and_an_answer_to_its_sender(
    comment, browser, desk, mailbox, clock, inside
):
    reported(browser, mailbox)
    assert "usually within 24 hours" in browser.text

    desk.visit("/desk/")
    assert "1 comment was reported" in desk.text
    desk.follow("comment was reported")
    assert desk.heading == "1 report waits"
    assert "Rule 4: Leave out private details" in desk.text
    assert "My number." in desk.text
    assert "kit@example.org" not in desk.answer.text, "moderators decide on what was said, not on who said it"
    desk.press("Take down …")
    desk.press("Take it down and tell them", rule="4", note="Please leave numbers out.", reply="Well seen.")
    assert "All 1 who" not in desk.text
    assert desk.heading == "No report waits"

    clock.forward(minutes=11)
    told = {mail.recipients[0]: mail for mail in mailbox.deliver()}
    assert told["kit@example.org"].subject == "Your report to Open policy is answered"
    assert "We took it down" in told["kit@example.org"].body
    assert "Well seen." in told["kit@example.org"].body
    assert "Please leave numbers out." not in told["kit@example.org"].body
    assert "Please leave numbers out." in told["jo@example.org"].body
    assert "Well seen." not in told["jo@example.org"].body
    with inside(False):
        assert db.session.get(Comment, comment.id).state == State.REJECTED
    assert browser.visit(cast.POST).find(id=f"comment-{comment.id}") is None


def test_a_comment_that_may_stay_stays_and_its_reporter_hears_why(comment, browser, desk, mailbox, clock, stored):
    reported(browser, mailbox)
    desk.visit("/desk/reports/")
    desk.press("Leave it as it is", reply="Strong words, and within the rules.")
    assert "Left as it is" in desk.text
    clock.forward(minutes=11)
    mail = mailbox.newest("kit@example.org")
    assert "the comment may stay" in " ".join(mail.body.split())
    assert "Strong words, and within the rules." in mail.body
    assert stored()[0].settlement.outcome == Outcome.LEFT_UP
    assert cast.WORDS in browser.visit(cast.POST).get_text()


def test_inline_the_panel_takes_the_place_of_the_form(comment, browser, mailbox):
    browser.visit(f"/report/comment/{comment.id}")
    panel = browser.htmx_press("Send report", reason="else", text="It is not his own.", email="kit@example.org")
    assert "Type the code we mailed you" in panel.get_text()
    browser.visit(panel.find("form")["action"])
    done = browser.htmx_press("Confirm my report", code=code_in(mailbox.newest()))
    assert "Thank you, we have your report" in done.get_text()


def test_the_mails_link_and_its_one_button_do_the_same(reports, stranger, browser, mailbox, stored):
    reports(stranger)
    browser.visit(path_in(mailbox.newest(), "confirm"))
    assert browser.heading == "Did you send this report?"
    assert "It shouts." in browser.text
    assert stored()[0].confirmed_at is None
    browser.press("Yes, confirm my report")
    assert browser.heading == "Thank you, we have your report"
    assert stored()[0].confirmed_at


def test_the_link_says_later_that_it_was_answered_once_that_cannot_be_undone(
    comment, reports, stranger, browser, desk, mailbox, clock
):
    reports(stranger)
    link = path_in(mailbox.newest(), "confirm")
    browser.visit(link)
    browser.press("Yes, confirm my report")
    desk.visit("/desk/reports/")
    desk.press("Leave it as it is")
    browser.visit(link)
    assert browser.heading == "Thank you, we have your report"
    clock.forward(minutes=10)
    browser.visit(link)
    assert browser.heading == "Your report is answered"


def test_a_notice_goes_the_same_way_first_in_the_queue_with_its_own_clock(
    comment, browser, desk, mailbox, clock, stored, inside
):
    with inside():
        cast.a_report(comment, email="al@example.org")
    browser.visit("/report/legal/")
    browser.press(
        "Send notice",
        on="http://127.0.0.1:8000" + cast.POST,
        quote="He sold the boat.",
        ground="defamation",
        text="It says that I steal.",
        untrue="I never had a boat.",
        name="Kit Vane",
        email="kit@example.org",
        is_true="1",
    )
    clock.forward(hours=5)
    browser.press("Confirm my notice", code=code_in(mailbox.newest("kit@example.org")))
    assert browser.heading == "Thank you, we have your notice"
    assert "within 48 hours from now" in browser.text

    clock.forward(hours=47, minutes=30)
    page = desk.visit("/desk/reports/")
    first, second = page.select("#queue article")
    assert "Legal notice" in first.get_text()
    assert "30 minutes left" in first.get_text()
    assert "kit@example.org" in first.get_text()
    assert "late by 1 day 4 hours" in " ".join(second.get_text().split())
    clock.forward(hours=1)
    assert "1 legal notice waits" in desk.visit("/desk/").get_text()
    assert "Late. The oldest has waited 2 days" in desk.text

    desk.visit("/desk/reports/")
    desk.press("Passed on", reply="Our lawyer has it.")
    clock.forward(minutes=11)
    mail = mailbox.newest("kit@example.org")
    assert mail.subject == "Your notice to Open policy is answered"
    assert "We passed your notice on" in mail.body
    assert "boat" not in mail.body
    assert [report.settlement and report.settlement.outcome for report in stored()] == [None, Outcome.PASSED_ON]
