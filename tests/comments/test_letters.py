"""What we write to somebody whose comment is refused: our letter for the rule, which the moderator can change."""

import pytest

from opm import settings
from opm.comments import letters, receipts
from opm.comments.models import Act, Comment, Decision, State, Thread
from opm.extensions import db
from tests import cast
from tests.comments.test_moderation import Moderator, ines, newest, piotr, waiting  # noqa: F401

OURS = (
    "Thank you for what you wrote about “Who fills the sandbags?”. We did not publish it, because it speaks about a "
    "person rather than the matter (rule 3, Write about the matter, not against a person).\n\n"
    "We would be glad to publish it if it spoke of what was decided or done, and not against whoever did it. You can "
    "change it and send it again under the post. Your words are kept on the page of your comment."
)


def test_choosing_a_rule_without_scripts_shows_our_letter_which_is_changed_and_sent(
    inside, waiting, browser, mailbox, clock, newest  # noqa: F811
):  # fmt: skip
    cast.signed_in(browser, inside)
    browser.visit("/desk/comments/")
    browser.press("Reject …")
    browser.press("Show our text for this rule", rule="", status=422)
    assert "Choose the rule that the comment breaks" in browser.text
    browser.press("Show our text for this rule", rule="1")
    browser.press("Show our text for this rule", rule="3")
    assert browser.page.textarea.get_text().lstrip("\n") == OURS, "our letter follows the rule"
    browser.press("Show our text for this rule", rule="6", note="Dear Jo,\nno.")
    assert browser.page.textarea.get_text().lstrip("\n") == "Dear Jo,\nno.", "a changed one stays"
    browser.press("Reject and tell the writer")
    assert (newest().rule_number, newest().note, newest().is_letter) == (6, "Dear Jo,\nno.", True)
    clock.forward(minutes=10)
    (mail,) = mailbox.deliver()
    assert "\n\nDear Jo,\nno.\n\n" in mail.body
    assert "Dear" not in f"{mail.subject}{mail.extra_headers}"
    with inside(False):
        assert (
            receipts.history(db.session.get(Comment, waiting.id))[-1].why == "Rule 6: No advertising.\n\nDear Jo,\nno."
        )


def test_an_empty_letter_means_our_words_also_where_a_report_takes_it_down(inside, post, ines, waiting, newest):  # noqa: F811
    ines.decide(waiting, "reject", rule=3, note=" \n ")
    assert (newest().note, newest().is_letter) == (OURS, True)
    with inside():
        shown = cast.a_comment(post, State.PUBLISHED, text="Shown.")
        report = cast.a_report(shown)
    ines.post(f"/desk/reports/{report.id}/answer", decision="take down", seen=report.id, revision=1, rule=1)
    assert newest().note.startswith("Thank you for what you wrote about “Who fills the sandbags?”. We took it down, ")


def test_where_nobody_can_write_any_more_it_does_not_ask_to_send_again(inside, post, clock):
    with inside():
        rule = settings.current().rule(1)
        db.session.get(Thread, post.id).close()
    with inside(False):
        letter = letters.standard(Act.REJECT, rule, db.session.get(Thread, post.id))
    assert "send it again" not in letter
    assert "closed by now" in letter


def test_each_rule_brings_its_letter_for_the_script_and_one_without_a_remedy_has_one(inside, waiting, ines):  # noqa: F811
    with inside():
        settings.change(rules=[{"number": 9, "title": "Rhyme", "text": "", "regret": "it does not rhyme"}])
    (rule,) = ines.decide(waiting, "reject", rule=None).page.find_all("input", attrs={"data-letter": True})
    assert "because it does not rhyme (rule 9, Rhyme)." in rule["data-letter"]
    assert "publish it if it kept to this rule." in rule["data-letter"]


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
def test_asking_for_our_letter_decides_nothing_whatever_is_sent(inside, waiting, ines, htmx):  # noqa: F811
    for sent in ({}, {"decision": "approve"}, {"decision": "redact", "rule": 1}, {"decision": "x", "rule": "9" * 30}):
        answer = ines.post(f"/desk/comments/{waiting.id}/letter", htmx, revision=1, note="Kept.", **sent)
        assert answer.status == 422, sent
        assert "Kept." in str(answer.page)
    assert ines.post("/desk/comments/999999/letter", decision="reject", rule=1, revision=1).status == 404
    with inside(False):
        assert db.session.query(Decision).count() == 0


def test_one_decided_before_there_were_letters_is_told_as_it_was(inside, waiting, newest, ines, mailbox, clock):  # noqa: F811
    ines.decide(waiting, "reject", rule=1, note="Hm.")
    with inside():
        db.session.get(Decision, newest().id).is_letter = False
    clock.forward(minutes=10)
    body = " ".join(mailbox.deliver()[0].body.split())
    assert "We did not publish it. The reason: it is not civil in places. Rule 1, Be civil:" in body
    assert "The moderator adds: Hm." in body


def test_the_next_moderator_can_read_what_the_writer_was_told(waiting, ines, piotr):  # noqa: F811
    ines.decide(waiting, "reject", rule=2, note="<b>Off</b> the point.")
    page = piotr.client.get(f"/desk/comments/{waiting.id}").text
    assert "What the writer was told" in page
    assert "&lt;b&gt;Off&lt;/b&gt; the point." in page
