"""Answering at the desk: who may, what was seen, what follows, what can be undone, and what nobody else learns."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from bs4 import BeautifulSoup

from opm.comments import moderation
from opm.comments.models import Act, Comment, State, Thread
from opm.extensions import db
from opm.outbox.models import Email
from opm.reports import settling
from opm.reports.models import Ground, Outcome, Report, Settlement
from tests import cast
from tests.browser import FRAGMENT, check_parts
from tests.counting import counting
from tests.stranger import Answer
from tests.tables import rows


class Moderator:
    """Somebody at the desk who sends what they like."""

    def __init__(self, browser):
        self.client = browser.client
        page = BeautifulSoup(self.client.get("/desk/").text, "html.parser")
        self.token = page.find("input", {"name": "csrf_token"})["value"]

    def answer(self, id, decision, seen=None, htmx=False, **values):
        seen = str(id) if seen is None else seen
        return self.post(f"/desk/reports/{id}/answer", htmx, decision=decision, seen=seen, **values)

    def undo(self, id, htmx=False):
        return self.post(f"/desk/reports/answers/{id}/undo", htmx)

    def post(self, path, htmx=False, **values):
        answer = self.client.post(path, data={"csrf_token": self.token} | values, headers=FRAGMENT if htmx else {})
        if htmx:
            check_parts(BeautifulSoup(answer.text, "html.parser"))
        return answer


@pytest.fixture
def ines(inside, browser):
    return Moderator(cast.signed_in(browser, inside))


@pytest.fixture
def piotr(inside, another_browser):
    return Moderator(cast.signed_in(another_browser, inside, cast.piotr))


@pytest.fixture
def report(inside, comment):
    with inside():
        return cast.a_report(db.session.merge(comment), text="It shouts.")


@pytest.fixture
def state_of(inside, comment):
    def state_of():
        with inside(False):
            return db.session.get(Comment, comment.id).state

    return state_of


def settlement(inside):
    with inside(False):
        return db.session.query(Settlement).order_by(Settlement.id.desc()).first()


# Who may


def test_only_moderators_see_and_answer_reports(app, inside, report, another_browser):
    rosa = Moderator(cast.signed_in(another_browser, inside, cast.rosa))
    before = rows(app)
    for path in ("/desk/reports/", f"/desk/reports/{report.id}", "/desk/reports/answered/"):
        assert rosa.client.get(path).status_code == 403
    assert rosa.answer(report.id, "left up").status_code == 403
    assert rows(app) == before


def test_an_answer_needs_the_token_of_the_desk(app, report, ines):
    before = rows(app)
    ines.token = "x"
    assert ines.answer(report.id, "left up").status_code == 400
    assert rows(app) == before


# What is sent


WRONG = [
    ({}, 422), ({"decision": ""}, 422), ({"decision": "published"}, 422), ({"decision": "take down"}, 200),
    ({"decision": "take down", "rule": ""}, 422), ({"decision": "take down", "rule": "99"}, 422),
    ({"decision": "take down", "rule": "1"}, 422), ({"decision": "take down", "rule": "1", "revision": "x"}, 422),
    ({"decision": "take down", "rule": "1", "revision": "9" * 40}, 422),
    ({"decision": "take down", "rule": "1", "revision": "2"}, 409),
    ({"decision": "left up", "reply": "x" * 2_001}, 422),
    ({"decision": "left up", "seen": ""}, 409), ({"decision": "left up", "seen": "0"}, 409),
    ({"decision": "left up", "seen": "9" * 40}, 409), ({"decision": "left up", "seen": "x \x00 -1 ٣"}, 409),
]  # fmt: skip


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
def test_what_makes_no_sense_answers_nothing_and_keeps_the_line(app, report, ines, htmx):
    before = rows(app)
    for values, status in WRONG:
        sent = {"seen": str(report.id), "reply": "Well seen."} | values
        answer = ines.post(f"/desk/reports/{report.id}/answer", htmx, **sent)
        assert answer.status_code == status, values
        if values.get("decision") != "take down" or status != 200:
            assert sent["reply"] in answer.text, values
    assert rows(app) == before


def test_reports_of_another_case_are_not_answered_with_it(app, inside, thread, report, ines):
    with inside():
        other = cast.a_comment(db.session.get(Thread, thread.id), State.PUBLISHED, text="Other words.")
        another, notice = cast.a_report(other, email="al@example.org"), cast.a_notice(cast.POST)
        unread = cast.a_report(db.session.get(Comment, report.comment_id), False, "un@example.org")
    before = rows(app)
    for more in (another, notice, unread):
        assert ines.answer(report.id, "left up", seen=f"{report.id} {more.id}").status_code == 409
    assert ines.answer(report.id, "left up", seen=str(another.id)).status_code == 409
    assert ines.answer(unread.id, "left up").status_code == 404
    assert ines.answer(12_345, "left up").status_code == 404
    assert rows(app) == before


# One comment, many reports


def test_all_that_were_seen_are_answered_and_one_that_came_later_waits(inside, comment, report, ines, mailbox, clock):
    with inside():
        second = cast.a_report(db.session.merge(comment), email="al@example.org", rule_number=None, text="Mine.")
    page = BeautifulSoup(ines.client.get("/desk/reports/").text, "html.parser")
    assert len(page.select("#queue article")) == 1
    assert "2 reports" in page.select_one("#queue").get_text()
    seen = page.find("input", {"name": "seen"})["value"]
    with inside():
        later = cast.a_report(db.session.merge(comment), email="bo@example.org", text="Later.")
    assert ines.answer(report.id, "left up", seen=seen).status_code == 303
    with inside(False):
        assert {r.id: r.is_settled for r in db.session.query(Report)} == {
            report.id: True, second.id: True, later.id: False,
        }  # fmt: skip
    clock.forward(minutes=11)
    assert {mail.recipients[0] for mail in mailbox.deliver()} == {"kit@example.org", "al@example.org"}


def test_two_moderators_at_once_answer_once(app, inside, report, ines, piotr):
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda who: who.answer(report.id, "left up").status_code, [ines, piotr]))
    assert sorted(answers) == [303, 409]
    with inside(False):
        assert db.session.query(Settlement).count() == 1
        assert db.session.query(Email).filter_by(kind=settling.OUTCOME_MAIL).count() == 1


def test_an_answer_to_what_somebody_has_answered_shows_by_whom(report, ines, piotr):
    piotr.answer(report.id, "left up")
    answer = ines.answer(report.id, "acted", reply="Mine.", htmx=True)
    assert answer.status_code == 409
    assert "Left as it is by Piotr Lund" in " ".join(answer.text.split())
    assert "Mine." in answer.text


# Taking down


def test_taking_down_names_the_rule_and_answers_in_one_step(inside, comment, report, ines, state_of):
    assert "Which rule does it break?" in ines.answer(report.id, "take down", htmx=True).text
    done = ines.answer(report.id, "take down", rule="4", revision="1", note="No numbers.", reply="Yes.", htmx=True)
    assert "Acted on" in done.text
    assert state_of() == State.REJECTED
    with inside(False):
        made = db.session.query(Settlement).one()
        assert (made.outcome, made.note, made.by.name) == (Outcome.ACTED, "Yes.", "Ines Calder")
        assert (made.decision.act, made.decision.rule_number, made.decision.note) == (Act.REMOVE, 4, "No numbers.")


def test_a_comment_that_its_writer_changed_meanwhile_is_shown_and_not_taken_down(
    inside, comment, report, ines, state_of
):
    with inside():
        db.session.get(Comment, comment.id).revision = 2
    answer = ines.answer(report.id, "take down", rule="1", revision="1", note="To you.", reply="To them.", htmx=True)
    assert answer.status_code == 409
    assert "has changed since you saw it" in answer.text
    assert "To you." in answer.text
    assert "To them." in answer.text
    assert state_of() == State.PUBLISHED


def test_a_comment_taken_down_elsewhere_can_be_answered_as_dealt_with(inside, comment, report, ines, mailbox, clock):
    with inside():
        moderation.decide(Comment.held(comment.id), Act.REMOVE, cast.piotr(), revision=1, rule=1)
    page = ines.client.get("/desk/reports/").text
    assert "It is not public any more." in page
    assert "Take down …" not in page
    assert ines.answer(report.id, "take down", rule="1", revision="1").status_code == 409
    assert ines.answer(report.id, "acted").status_code == 303
    clock.forward(minutes=11)
    (told,) = [mail for mail in mailbox.deliver() if mail.recipients == ["kit@example.org"]]
    assert "We took it down" in told.body


# Undo


def test_undone_within_ten_minutes_it_waits_again_and_nobody_is_told(inside, report, ines, mailbox, clock, state_of):
    ines.answer(report.id, "take down", rule="1", revision="1")
    assert state_of() == State.REJECTED
    clock.forward(minutes=9)
    answer = ines.undo(settlement(inside).id, htmx=True)
    assert answer.status_code == 200
    assert "It shouts." in answer.text
    assert state_of() == State.PUBLISHED
    clock.forward(minutes=5)
    assert mailbox.deliver() == []
    assert ines.answer(report.id, "left up").status_code == 303
    clock.forward(minutes=11)
    (told,) = mailbox.deliver()
    assert "We left it as it is" in told.body


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
def test_not_by_another_nor_later_nor_twice(app, inside, report, ines, piotr, clock, htmx):
    ines.answer(report.id, "left up")
    made = settlement(inside).id
    before = rows(app)
    assert piotr.undo(made, htmx).status_code == 409
    clock.forward(minutes=10)
    answer = ines.undo(made, htmx)
    assert answer.status_code == 409
    assert "can no longer be undone" in answer.text
    clock.forward(minutes=-10)
    assert rows(app) == before
    assert ines.undo(made, htmx).status_code in (200, 303)
    assert ines.undo(made, htmx).status_code == 409
    assert ines.undo(12_345, htmx).status_code == 404


def test_not_once_the_comment_was_decided_on_again(app, inside, comment, report, ines):
    ines.answer(report.id, "take down", rule="1", revision="1")
    with inside():
        moderation.decide(Comment.held(comment.id), Act.RESTORE, cast.piotr(), revision=1)
    before = rows(app)
    assert ines.undo(settlement(inside).id).status_code == 409
    assert rows(app) == before


def test_a_decision_undone_among_the_comments_brings_the_report_back(
    inside, comment, report, ines, mailbox, clock, reports, stranger
):
    ines.answer(report.id, "take down", rule="1", revision="1")
    decision = settlement(inside).decision_id
    assert ines.post(f"/desk/comments/decisions/{decision}/undo").status_code == 303
    assert "1 report waits" in ines.client.get("/desk/reports/").text
    assert ines.undo(settlement(inside).id).status_code == 409
    clock.forward(minutes=11)
    assert mailbox.deliver() == []
    assert ines.answer(report.id, "left up").status_code == 303
    clock.forward(minutes=11)
    assert len(mailbox.deliver()) == 1


def test_after_an_answer_the_same_may_be_reported_anew_and_undo_leaves_both(inside, reports, stranger, ines, stored):
    reports(stranger)
    with inside():
        first = db.session.query(Report).one()
        first.mark_confirmed()
    ines.answer(first.id, "left up")
    assert reports(stranger).status == 303
    assert len(stored()) == 2
    ines.undo(settlement(inside).id)
    assert [report.sameness is None for report in stored()] == [True, False]
    assert reports(stranger).status == 303
    assert len(stored()) == 2


def test_undone_it_is_known_again_by_what_it_says(inside, reports, stranger, ines, stored):
    reports(stranger)
    with inside():
        first = db.session.query(Report).one()
        first.mark_confirmed()
    ines.answer(first.id, "left up")
    ines.undo(settlement(inside).id)
    assert reports(stranger).status == 303
    assert len(stored()) == 1


# What is seen where


def test_its_sender_is_shown_to_nobody_outside_nor_to_the_writer(
    inside, comment, report, ines, stranger, mailbox, clock
):
    ines.answer(report.id, "take down", rule="1", revision="1", reply="Thank you, Kit.")
    clock.forward(minutes=11)
    told = {mail.recipients[0]: mail.subject + mail.body + mail.html for mail in mailbox.deliver()}
    pages = [stranger.get(path).text for path in (cast.POST, f"/report/comment/{comment.id}")]
    with inside(False):
        receipt = stranger.get(f"/receipt/{db.session.get(Comment, comment.id).receipt_token}/").text
    for seen in (told["jo@example.org"], receipt, *pages):
        for secret in ("kit@example.org", "It shouts.", "Thank you, Kit."):
            assert secret not in seen


def test_a_reported_comment_stays_public_and_says_at_the_desk_that_it_was_reported(
    inside, comment, report, ines, stranger
):
    assert cast.WORDS in stranger.get(cast.POST).text
    with inside():
        cast.a_notice(f"/comment/{comment.id}", comment=db.session.merge(comment), ground=Ground.PRIVACY)
    page = BeautifulSoup(ines.client.get("/desk/comments/?queue=published").text, "html.parser")
    assert page.find("a", string="2 reports wait")["href"] == "/desk/reports/"
    nav = page.find("nav", {"aria-label": "Desk"}).get_text(" ", strip=True)
    assert "Reports 2" in nav


def test_a_notice_about_a_comment_takes_it_down_alone(inside, comment, report, ines, state_of):
    with inside():
        notice = cast.a_notice(f"/comment/{comment.id}", comment=db.session.merge(comment))
    assert ines.answer(notice.id, "take down", rule="5", revision="1").status_code == 303
    assert state_of() == State.REJECTED
    page = ines.client.get("/desk/reports/").text
    assert "1 report waits" in page
    assert "Legal notice" not in page


def test_what_was_answered_stays_listed_with_who_and_when(inside, report, ines, browser):
    ines.answer(report.id, "left up", reply="Within the rules.")
    browser.visit("/desk/reports/answered/")
    assert "Left as it is by Ines Calder" in browser.text
    assert "Within the rules." in browser.text
    for page in ("0", "2", "x", "9" * 30):
        assert ines.client.get(f"/desk/reports/answered/?page={page}").status_code == 404
        assert ines.client.get(f"/desk/reports/?page={page}").status_code == 404


# A legal notice's clock


def test_a_comment_about_which_a_notice_waits_says_how_long_there_is_and_in_red_when_it_is_late(
    inside, thread, ines, clock
):
    with inside():
        comment = cast.a_comment(db.session.get(Thread, thread.id), State.PUBLISHED, text="He sold the boat.")
        cast.a_notice(f"/comment/{comment.id}", comment=comment)
    clock.forward(hours=30)
    for path in ("/desk/comments/?queue=published", f"/desk/comments/{comment.id}"):
        page = Answer(ines.client.get(path))
        assert "A legal notice about it waits: 18 hours left" in page.text
        assert not page.page.find(class_="late")
    clock.forward(hours=20)
    for path in ("/desk/comments/?queue=published", "/desk/comments/", f"/desk/comments/{comment.id}", "/desk/"):
        late = Answer(ines.client.get(path)).page.find(class_="late")
        assert late, path
        assert path == "/desk/" or "late by 2 hours" in late.get_text()


# What it costs


def test_the_queue_takes_six_statements_however_much_waits(app, inside, thread, ines):
    def some(count, start):
        with inside():
            here = db.session.get(Thread, thread.id)
            for n in range(start, start + count):
                comment = cast.a_comment(here, State.PUBLISHED, text=f"{n}.", email=f"w{n}@example.org")
                first = cast.a_report(comment, email=f"a{n}@example.org")
                cast.a_report(comment, email=f"b{n}@example.org", text="More.")
                notice = cast.a_notice(cast.POST, text=f"{n}", email=f"c{n}@example.org")
                if n % 3 == 0:
                    for report in (first, notice):
                        settling.settle([report], Outcome.LEFT_UP, cast.ines()).undone_at = first.confirmed_at

    some(2, 0)
    ines.client.get("/desk/reports/")
    with counting(app) as few:
        ines.client.get("/desk/reports/")
    some(30, 2)
    with counting(app) as many:
        page = ines.client.get("/desk/reports/").text
    assert page.count('<article class="decide') == 20
    assert len(many) <= len(few) <= 6, str(many)
    with counting(app) as last:
        page = ines.client.get("/desk/reports/?page=4").text
    assert page.count('<article class="decide') == 4
    assert len(last) <= 6, str(last)
