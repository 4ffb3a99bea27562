"""Complaints about personal data: sent, acknowledged at once, worked on, answered, and let go."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from opm import settings
from opm.complaints import handling, holdings
from opm.complaints.models import Complaint, Outcome
from opm.extensions import db
from opm.filters import day
from opm.lib import clock
from opm.outbox.models import Email, State
from tests import cast
from tests.counting import counting
from tests.mailbox import path_in

SAID = {"text": "You keep an address that I asked you to delete.", "name": "Kit Vane", "email": "kit@example.org"}
ANSWER = {"outcome": "upheld", "text": "It is deleted, and we found out why it was not."}


@pytest.fixture
def stored(inside):
    """`stored()` gives all complaints in the database."""

    def stored():
        with inside(False):
            return db.session.scalars(select(Complaint).order_by(Complaint.id)).all()

    return stored


@pytest.fixture
def desk(inside, another_browser):
    """Ines at her desk."""
    return cast.signed_in(another_browser, inside)


@pytest.fixture
def sent(browser, mailbox):
    """Kit has complained; the path of the private page in the mail."""
    browser.visit("/complaint/")
    browser.press("Send complaint", **SAID)
    return path_in(mailbox.newest("kit@example.org"), "complaint/")


# Hostile


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "x" * 10_001},
        {"email": "kit"},
        {"email": "kit@example.org, lou@example.org"},
        {"name": "=?utf-8?q?Bcc?="},
        {"name": "n" * 81},
    ],
)
def test_what_is_refused_comes_back_as_it_was_typed(stranger, stored, wrong):
    answer = stranger.post("/complaint/", data=SAID | wrong)
    assert answer.status == 422
    for name, typed in (SAID | wrong).items():
        assert not typed or typed in answer.response.text, name
    assert stored() == []


def test_a_body_far_over_the_limit_and_another_sites_form_lose_nothing(stranger, stored):
    heavy = stranger.post("/complaint/", data=SAID | {"left": "%" * 70_000})
    assert heavy.status == 413
    assert SAID["text"] in heavy.response.text
    foreign = stranger.post("/complaint/", data=SAID, headers={"Origin": "https://elsewhere.example"})
    assert foreign.status == 403
    assert SAID["text"] in foreign.response.text
    assert stored() == []


def test_no_link_opens_what_another_is_for(stranger, inside):
    with inside():
        complaint = cast.a_complaint()
        page, not_me = complaint.token, complaint.not_me_token
        other = cast.a_report(cast.a_comment(cast.a_post().thread)).link_token
    for wrong in (not_me, other, f"{complaint.id}.x", "9" * 40, f"{2**63}.x", "ſ.ſ"):
        assert stranger.get(f"/complaint/{wrong}/").status == 404
    for wrong in (page, other):
        assert stranger.get(f"/complaint/not-me/{wrong}").status == 404
        assert stranger.post(f"/complaint/not-me/{wrong}").status == 404


def test_what_is_asked_of_the_desk_by_somebody_who_plays_is_refused(desk, inside):
    with inside():
        id = cast.a_complaint().id
    token = desk.visit(f"/desk/complaints/{id}").find(attrs={"name": "csrf_token"})["value"]
    for wrong in (
        {"what": "more", "seen": "0", "text": "In their name."},
        {"what": "answer", "seen": "0", "text": "So.", "outcome": "withdrawn"},
        {"what": "note", "seen": str(2**63), "text": "So."},
        {"what": "note", "seen": "x", "text": "So."},
        {"what": "note", "text": "So."},
        {"what": "note", "seen": "0", "text": "x" * 5_001},
    ):
        answer = desk.client.post(f"/desk/complaints/{id}", data=wrong | {"csrf_token": token})
        assert answer.status_code == 422
        assert wrong["text"] in answer.get_data(as_text=True)


# The whole way


def test_a_complaint_is_acknowledged_at_once_worked_on_and_answered(browser, desk, mailbox, clock, stored):
    browser.visit("/privacy/")
    browser.follow("complain to us")
    browser.press("Send complaint", **SAID)
    assert browser.heading == "Thank you, we have it"
    mail = mailbox.newest("kit@example.org")
    (complaint,) = stored()
    assert mail.subject.endswith(f"number {complaint.id}")
    assert "We have your complaint" in mail.body
    assert SAID["text"] not in mail.body
    private = path_in(mail, "complaint/")

    desk.visit("/desk/")
    assert "1 complaint about personal data waits for an answer" in desk.text
    desk.follow("complaint about personal data")
    assert desk.heading == "1 complaint waits"
    desk.follow(f"Number {complaint.id}")
    desk.press("Keep it as a note for the team", text="Lives in an old backup?")
    desk.press("Mail it to them", text="We are looking through our backups.")
    word = mailbox.newest("kit@example.org")
    assert "looking through our backups" in word.body
    browser.visit(private)
    assert "looking through our backups" in browser.text
    assert "old backup?" not in browser.text, "a note is for the team"
    browser.press("Add it", text="It came again today.")
    assert "It came again today." in desk.visit(f"/desk/complaints/{stored()[0].id}").get_text()
    desk.press("Answer and end it", **ANSWER)
    assert "is being looked into" in browser.visit(private).get_text(), "it can still be undone"
    clock.forward(minutes=11)
    assert ANSWER["text"] in " ".join(mailbox.newest("kit@example.org").body.split())
    assert "is answered" in browser.visit(private).get_text()
    assert "Upheld" in desk.visit("/desk/complaints/").get_text()
    assert stored()[0].outcome == Outcome.UPHELD


def test_an_answer_is_undone_for_ten_minutes_and_then_no_more(sent, desk, mailbox, clock, stored):
    desk.visit(f"/desk/complaints/{stored()[0].id}")
    desk.press("Answer and end it", **ANSWER)
    desk.press("Undo")
    clock.forward(minutes=11)
    assert mailbox.newest("kit@example.org").subject.startswith("Your complaint to Open policy: number"), (
        "none but the first"
    )
    assert stored()[0].ended_at is None
    desk.visit(f"/desk/complaints/{stored()[0].id}")
    desk.press("Answer and end it", **ANSWER)
    page = desk.visit(f"/desk/complaints/{stored()[0].id}")
    token = page.find(attrs={"name": "csrf_token"})["value"]
    clock.forward(minutes=10)
    assert desk.client.post(f"/desk/complaints/{stored()[0].id}/undo", data={"csrf_token": token}).status_code == 409


def test_of_two_at_once_the_second_is_told_and_keeps_what_they_wrote(sent, desk, stored):
    token = desk.visit(f"/desk/complaints/{stored()[0].id}").find(attrs={"name": "csrf_token"})["value"]
    seen = {"csrf_token": token, "seen": "0", "what": "answer"}
    assert desk.client.post(f"/desk/complaints/{stored()[0].id}", data=seen | ANSWER).status_code == 303
    late = desk.client.post(
        f"/desk/complaints/{stored()[0].id}", data=seen | {"outcome": "not upheld", "text": "We do not agree."}
    )
    assert late.status_code == 409
    assert "somebody has done something" in late.get_data(as_text=True)
    assert "We do not agree." in late.get_data(as_text=True)


def test_the_same_sent_twice_is_one_and_answered_alike(stranger, stored, mailbox):
    first = stranger.post("/complaint/", data=SAID, htmx=True)
    again = stranger.post("/complaint/", data=SAID | {"email": "Kit@Example.org"}, htmx=True)
    assert first.response.data == again.response.data
    assert len(stored()) == len(mailbox.deliver()) == 1


def test_its_sender_takes_it_back(sent, browser, stored):
    browser.visit(sent)
    browser.press("Take my complaint back")
    assert "You took back" in browser.heading
    assert stored()[0].outcome == Outcome.WITHDRAWN


def test_this_was_not_me_lets_go_of_it_and_stops_mails(sent, browser, mailbox, stored):
    browser.visit(path_in(mailbox.newest("kit@example.org"), "not-me"))
    browser.press("Delete it", never_again="1")
    assert browser.heading == "It is deleted"
    (complaint,) = stored()
    assert (complaint.text, complaint.name, complaint.email) == ("", "", "")
    assert complaint.outcome == Outcome.NOT_THEIRS
    assert browser.client.get(sent).status_code == 404


def test_one_on_paper_is_entered_and_acknowledged_by_hand(desk, stored, clock, inside):
    desk.visit("/desk/complaints/new")
    desk.press("Enter it", text="Mr Vane wrote to us.", name="Kit Vane, 3 Mill Lane", how="letter", day="2026-10-01")
    assert "not acknowledged: do so by 31 October 2026" in desk.text
    desk.press("It is acknowledged", text="Letter of 2 October.")
    assert "not acknowledged" not in desk.text
    assert stored()[0].acknowledged_at is not None
    clock.forward(days=60)
    cast.signed_in(desk, inside)
    assert "late: to be answered by" in desk.visit("/desk/complaints/").get_text()


def test_where_our_mail_fails_somebody_is_asked_to_acknowledge(sent, desk, inside, stored):
    assert "not acknowledged" not in desk.visit(f"/desk/complaints/{stored()[0].id}").get_text()
    with inside():
        db.session.scalars(select(Email)).one().settle(State.FAILED, "550 no such user")
    assert "not acknowledged" in desk.visit("/desk/complaints/").get_text()
    assert "Our mail did not reach them" in desk.visit(f"/desk/complaints/{stored()[0].id}").get_text()


# Limits, clocks, and what is held


def test_one_address_complains_five_times_an_hour(stranger, clock):
    answers = [stranger.post("/complaint/", data=SAID | {"text": f"Number {n}"}).status for n in range(6)]
    assert answers == [303] * 5 + [429]
    refused = stranger.post("/complaint/", data=SAID)
    assert SAID["text"] in refused.response.text
    assert int(refused.headers["Retry-After"]) > 0


def test_the_days_that_are_promised_are_the_settings(browser, inside, mailbox):
    with inside():
        settings.change(complaint_answer_days=12, complaint_days=100)
    browser.visit("complaint/")
    assert "within 12 days" in browser.text
    assert "for 100 days after it has ended" in browser.text
    browser.press("Send complaint", **SAID)
    assert "within 12 days" in browser.text
    browser.visit(path_in(mailbox.newest(), "complaint/"))
    with inside(False):
        assert f"We answer by {day(clock.now() + timedelta(days=12))}." in browser.text


def test_who_asks_is_told_and_can_have_it_erased(inside, stored):
    with inside():
        complaint = cast.a_complaint()
        handling.take_step(complaint, handling.What.PROGRESS, "We look into it.", cast.ines())
    with inside(False):
        (told,) = holdings.of_address("KIT@example.org")
        assert told["what_you_said"] == "You keep my old address."
        assert [step["text"] for step in told["steps"]] == ["We look into it."]
        assert holdings.of_address("lou@example.org") == []
    with inside():
        assert holdings.erase_address("KIT@example.org") == 1
    (complaint,) = stored()
    assert (complaint.text, complaint.email, complaint.outcome) == ("", "", Outcome.WITHDRAWN)
    with inside(False):
        assert {email.recipient for email in db.session.scalars(select(Email))} == {""}
        assert [step.text for step in db.session.get(Complaint, complaint.id).steps] == ["", ""]


def test_the_register_takes_few_statements_however_long_it_is(app, desk, inside):
    with inside():
        for n in range(25):
            cast.a_complaint(f"{n}@example.org")
    with counting(app) as statements:
        desk.visit("/desk/complaints/")
    assert len(statements) <= 6, statements
    assert "Page 1 of 2" in desk.text
