"""A comment is handed to a colleague with a note, who is mailed; it stays in the queue, and deciding ends it."""

import pytest
from sqlalchemy import select

from opm.accounts.audit import Did, Entry
from opm.comments import receipts
from opm.comments.models import Comment, Handover, State
from opm.extensions import db
from tests import cast
from tests.comments.test_moderation import Moderator, ines, newest, piotr, waiting  # noqa: F401
from tests.counting import counting
from tests.stranger import Answer
from tests.tables import rows

NOTE = "Is this =?utf-8?q?true?=\nYou know the lane."


@pytest.fixture
def hand(inside, ines, waiting):  # noqa: F811
    """`hand()` hands the comment to Piotr."""

    def hand(by=None, to=cast.piotr, **fields):
        with inside():
            to_id = to().id if callable(to) else to
        return (by or ines).post(f"/desk/comments/{waiting.id}/hand", **{"to": to_id, "note": NOTE} | fields)

    return hand


def test_without_scripts_it_is_handed_on_mailed_shown_and_taken_back(inside, waiting, browser, mailbox, piotr):  # noqa: F811
    cast.signed_in(browser, inside)
    browser.visit("/desk/comments/")
    browser.follow("Hand to a colleague …")
    browser.press("Hand it on", status=422)
    assert "Choose a colleague who may decide on comments" in browser.text
    with inside():
        to_id = cast.piotr().id
    browser.press("Hand it on", to=str(to_id), note=NOTE)
    assert browser.heading == "1 comment waits", "it stays in the queue"
    assert "With Piotr Lund , from Ines Calder: Is this" in browser.text
    (mail,) = mailbox.deliver()
    assert mail.recipients == ["piotr@northmere.example"]
    assert mail.subject == "A comment waits for you at the desk of Open policy"
    assert f"/desk/comments/{waiting.id}" in mail.body
    assert "You know the lane." in mail.body
    assert cast.WORDS not in mail.body + mail.html
    assert "true" not in str(mail.extra_headers) + mail.subject
    assert "With you, from Ines Calder" in " ".join(piotr.client.get("/desk/comments/handed/").text.split()).replace(
        "<b>", ""
    ).replace("</b>", "")
    assert "1</b> comment was handed to you" in piotr.client.get("/desk/").text
    browser.press("Let it wait for anybody")
    assert "No comment was handed to you" in piotr.client.get("/desk/comments/handed/").text


def test_it_is_one_persons_at_a_time_who_can_hand_it_on(inside, hand, waiting, piotr, mailbox):  # noqa: F811
    hand()
    hand()
    assert len(mailbox.deliver()) == 1, "the second press is the same"
    assert hand(piotr, cast.ines).status == 303
    with inside(False):
        (handover,) = db.session.scalars(select(Handover))
        assert (handover.by.name, handover.to.name) == ("Piotr Lund", "Ines Calder")
        handed = select(Entry).where(Entry.did == Did.HANDED_ON).order_by(Entry.id)
        names = [(entry.detail, entry.words) for entry in db.session.scalars(handed)]
    assert names == [("Piotr Lund", "Who fills the sandbags?"), ("Ines Calder", "Who fills the sandbags?")]


@pytest.mark.parametrize("to", [cast.rosa, cast.edith, cast.ines])
def test_it_goes_to_nobody_who_may_not_moderate_nor_to_oneself_and_the_note_is_kept(app, hand, to):
    hand(to=to)
    before = rows(app)
    answer = hand(to=to)
    assert answer.status == 422
    assert answer.given_back() == [NOTE]
    assert rows(app) == before


def test_odd_numbers_and_long_notes_are_refused_and_kept(app, hand, waiting):  # noqa: F811
    hand()
    before = rows(app)
    for to in ("", "0", "-1", "x", "9" * 18, "9" * 40, "\x00", "1.0"):
        assert hand(to=to).status == 422
    answer = hand(note="n" * 1_001)
    assert (answer.status, answer.typed("note")) == (422, "n" * 1_001)
    assert rows(app) == before


@pytest.mark.parametrize("ends", ["approve", "reject", "spam", "redact", "withdraw", "erase"])
def test_deciding_or_leaving_ends_it_and_its_mail_does_not_go(inside, hand, waiting, piotr, mailbox, clock, ends):  # noqa: F811
    hand()
    if ends in ("withdraw", "erase"):
        with inside():
            getattr(receipts, ends)(Comment.held(waiting.id))
    else:
        assert piotr.decide(waiting, ends).status == 303
    assert not [mail for mail in mailbox.deliver() if "waits for you" in mail.subject]
    with inside(False):
        assert db.session.query(Handover).count() == 0


def test_who_hands_on_what_was_decided_meanwhile_is_shown_that_and_keeps_the_note(hand, waiting, piotr):  # noqa: F811
    hand()
    piotr.decide(waiting, "approve")
    answer = hand()
    assert answer.status == 409
    assert "Approved by Piotr Lund" in answer.text
    assert answer.given_back() == [NOTE]


def test_who_may_moderate_no_more_is_not_mailed(inside, hand, mailbox):
    hand()
    with inside():
        cast.piotr().roles = ["author"]
    assert mailbox.deliver() == []


def test_what_was_handed_to_me_costs_six_statements_however_much_it_is(app, inside, post, hand, piotr):  # noqa: F811
    hand()
    with counting(app) as few:
        piotr.client.get("/desk/comments/handed/")
    with inside():
        for n in range(25):
            comment = cast.a_comment(post, text=f"Comment {n}.")
            db.session.add(Handover(comment_id=comment.id, to=cast.piotr(), by=cast.ines(), note="Please."))
    with counting(app) as many:
        page = Answer(piotr.client.get("/desk/comments/handed/"))
    assert len(page.page.find_all("article")) == 20
    assert len(many) == len(few) <= 6, str(many)
    assert piotr.client.get("/desk/comments/handed/?page=2").text.count("<article") == 6


def test_a_comment_that_does_not_wait_is_handed_to_nobody(inside, post, ines):  # noqa: F811
    with inside():
        to_id, comments = (
            cast.piotr().id,
            [cast.a_comment(post, state, text=state) for state in set(State) - {State.PENDING}],
        )
    for comment in comments:
        assert ines.post(f"/desk/comments/{comment.id}/hand", to=to_id).status == 409
        assert ines.post(f"/desk/comments/{comment.id}/take-back").status == 409
