"""Sending a report or a notice: what is refused, and that nothing typed is lost by it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from opm import settings
from opm.comments.models import Comment, State, Thread
from opm.extensions import db
from opm.lib import clock as clocks
from opm.outbox.models import Email
from opm.reports.models import Ground
from tests import cast
from tests.counting import counting
from tests.reports.conftest import NOTICE
from tests.stranger import Stranger, masked
from tests.tables import rows

BOTH = pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])


@pytest.fixture
def unchanged(app, comment):
    """Nothing in the database may change in this test."""
    before = rows(app)
    yield
    assert rows(app) == before


# What is refused for its shape

WRONG = [
    ({"reason": None}, "reason"),
    ({"reason": ""}, "reason"),
    ({"reason": "7"}, "reason"),
    ({"reason": "0"}, "reason"),
    ({"reason": "-1"}, "reason"),
    ({"reason": "99999999999999999999"}, "reason"),
    ({"reason": "١"}, "reason"),
    ({"reason": "1\x00"}, "reason"),
    ({"reason": "else", "text": ""}, "text"),
    ({"reason": "else", "text": " \u200b\u3164 "}, "text"),
    ({"text": "x" * 2_001}, "text"),
    ({"email": None}, "email"),
    ({"email": "kit"}, "email"),
    ({"email": "kit@example.org, eve@example.org"}, "email"),
    ({"email": "=?utf-8?q?x?=@example.org"}, "email"),
    ({"email": "kit@example.org\r\nBcc: eve@example.org"}, "email"),
    ({"email": "k" * 250 + "@example.org"}, "email"),
]


@BOTH
def test_a_report_with_a_fault_comes_back_with_all_that_was_typed(unchanged, reports, stranger, htmx):
    for fields, faulty in WRONG:
        answer = reports(stranger, htmx, **fields)
        assert answer.status == 422, fields
        assert answer.page.find(attrs={"name": faulty})["aria-invalid"] == "true"
        assert answer.page.select_one(".problem a")["href"] == f"#{faulty}"
        if faulty != "text":
            assert answer.typed("text") == "It shouts."
        if faulty != "email":
            assert answer.typed("email") == "kit@example.org"
        if faulty != "reason" and fields.get("reason") != "else":
            assert answer.page.find(attrs={"name": "reason", "checked": True})["value"] == "1"


@BOTH
def test_a_notice_with_a_fault_comes_back_with_all_that_was_typed(unchanged, notices, stranger, htmx):
    wrong = [
        *(
            ({name: value}, name)
            for name in NOTICE
            if name not in ("untrue", "ground", "is_true")
            for value in (None, "", " ")
        ),
        ({"ground": None}, "ground"),
        ({"is_true": None}, "is_true"),
        ({"is_true": ""}, "is_true"),
        ({"ground": "high treason"}, "ground"),
        ({"untrue": ""}, "untrue"),
        ({"on": "/nowhere/"}, "on"),
        ({"on": "https://evil.example" + cast.POST}, "on"),
        ({"on": "/" + "a" * 3_000}, "on"),
        ({"quote": "x" * 5_001}, "quote"),
        ({"text": "x" * 5_001}, "text"),
        ({"untrue": "x" * 5_001}, "untrue"),
        ({"name": "x" * 81}, "name"),
        ({"name": "=?utf-8?q?Bcc?="}, "name"),
    ]
    for fields, faulty in wrong:
        answer = notices(stranger, htmx, **({"may_be_named": "1"} | fields))
        assert answer.status == 422, fields
        assert answer.page.find(attrs={"name": faulty})["aria-invalid"] == "true", fields
        for name, value in NOTICE.items():
            if name not in (faulty, "ground", "is_true"):
                assert answer.typed(name) == value, (fields, name)
        checked = {field["name"] for field in answer.page.find_all("input", checked=True)}
        assert checked == {"ground", "is_true", "may_be_named"} - {faulty}


def test_only_defamation_asks_what_is_untrue(notices, stranger, stored):
    for ground in set(Ground) - {Ground.DEFAMATION}:
        assert notices(stranger, ground=ground, untrue="", email=f"{ground}@example.org").status == 303
    assert {report.ground for report in stored()} == set(Ground) - {Ground.DEFAMATION}


def test_fields_that_are_not_asked_for_change_nothing(reports, notices, stranger, stored):
    extra = {"confirmed_at": "2020-01-01", "settlement_id": "1", "state": "settled", "comment_id": "9", "flags": "x"}
    assert reports(stranger, **extra, ground="crime", name="Eve", address="/desk/").status == 303
    assert notices(stranger, **extra, rule_number="1", address="/desk/").status == 303
    report, notice = stored()
    assert (report.confirmed_at, report.settlement_id, report.ground, report.name) == (None, None, None, "")
    assert (notice.confirmed_at, notice.rule_number, notice.address) == (None, None, cast.POST)


def test_odd_text_is_taken_as_text(reports, stranger, browser, stored, mailbox, inside):
    odd = "<script>alert(1)</script> {{ 7*7 }} \x00\u202e\ud800 “ok”"
    assert reports(stranger, text=odd.encode("utf-8", "surrogatepass")).status == 303
    with inside():
        db.session.merge(stored()[0]).mark_confirmed()
    cast.signed_in(browser, inside)
    page = browser.client.get("/desk/reports/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in page
    assert "\u202e" not in page


def test_a_filled_trap_only_flags(reports, notices, stranger, stored):
    assert reports(stranger, url="https://spam.example").status == 303
    assert notices(stranger, url="https://spam.example").status == 303
    assert [report.flags for report in stored()] == [["trap"], ["trap"]]


# What may not be reported


@pytest.mark.parametrize("state", [State.UNCONFIRMED, State.PENDING, State.SPAM])
def test_a_comment_that_was_never_public_cannot_be_told_from_none(inside, app, thread, stranger, state):
    with inside():
        hidden = cast.a_comment(thread, state)
    before = rows(app)
    for method in ("GET", "POST"):
        one, none = (stranger.ask(method, f"/report/comment/{id}") for id in (hidden.id, hidden.id + 1))
        assert one.status == none.status == 404
        assert one.text == none.text
        assert cast.WORDS not in one.text
    assert rows(app) == before


@BOTH
def test_a_comment_that_has_gone_meanwhile_is_told_and_the_words_are_given_back(
    inside, app, reports, comment, stranger, htmx
):
    with inside():
        gone = Comment.held(comment.id)
        gone.move_to(State.REJECTED, Thread.held(gone.thread_id))
    before = rows(app)
    answer = reports(stranger, htmx)
    assert answer.status == 410
    assert "not public any more" in answer.text
    assert "It shouts." in answer.given_back()
    assert stranger.get(f"/report/comment/{comment.id}").status == 410
    assert cast.WORDS not in answer.text
    assert rows(app) == before


def test_numbers_that_no_comment_has(unchanged, stranger):
    for id in ("0", "-1", "9223372036854775808", "9" * 40, "x", "%00", "1e1", "١"):
        assert stranger.get(f"/report/comment/{id}").status == 404, id
        assert stranger.post(f"/report/comment/{id}", data={"text": "x"}).status in (404, 405), id


def test_a_closed_thread_can_still_be_reported(inside, thread, comment, reports, browser, stranger):
    with inside():
        db.session.get(Thread, thread.id).closed_at = clocks.now()
    browser.visit(cast.POST)
    browser.follow("Report a comment")
    assert browser.heading == "Report a comment"
    assert reports(stranger).status == 303


def test_the_page_of_the_reply_leads_to_the_report(comment, browser):
    browser.visit(f"/comment/{comment.id}/reply")
    browser.follow("Report this comment")
    assert browser.path == f"/report/comment/{comment.id}"


# Finding the comment


def test_the_number_leads_to_the_comment(comment, stranger):
    answer = stranger.get(f"{cast.POST}report/?number=1")
    assert (answer.status, answer.location) == (302, f"/report/comment/{comment.id}")


def test_a_number_that_nothing_public_has_is_said_beside_the_field(inside, thread, comment, stranger):
    with inside():
        gone = cast.a_comment(db.session.get(Thread, thread.id), State.PUBLISHED, text="Gone.")
        Comment.held(gone.id).move_to(State.REJECTED, Thread.held(thread.id))
    for number in ("", " ", "0", "2", "3", "-1", "1.0", "٣", "9" * 30, "x" * 5_000, "%00", "%ED%A0%80", "1&number=2x"):
        answer = stranger.get(f"{cast.POST}report/?number={number}")
        if answer.status != 302:
            assert answer.status == 422, number
            assert answer.page.select_one(".problem")
    assert stranger.get("/2026/10/01/nothing/report/").status == 404


def test_the_address_of_a_comment_leads_to_its_report_and_that_of_a_post_to_its_question(comment, stranger):
    for typed in (f"/comment/{comment.id}", f"{cast.POST}%23comment-{comment.id}"):
        assert stranger.get(f"/report/?comment={typed}").location == f"/report/comment/{comment.id}"
    assert stranger.get(f"/report/?comment={cast.POST}").location == f"{cast.POST}report/"
    for typed in ("", "/about/", "//evil.example", "https://evil.example/", "%00", "%ED%A0%80", "x" * 9_000):
        answer = stranger.get(f"/report/?comment={typed}")
        assert answer.status == 422, typed
        assert answer.page.select_one(".problem")


def test_a_notice_can_be_led_to_with_its_address_filled_in(unchanged, stranger):
    assert stranger.get("/report/legal/?on=/comment/1").typed("on") == "/comment/1"
    odd = stranger.get('/report/legal/?on="><script>alert(1)</script>' + "x" * 5_000)
    assert odd.status == 200
    assert not [script for script in odd.page.find_all("script") if not script.get("src")]


# Elsewhere, at once, too much


@BOTH
def test_another_sites_page_may_not_send_and_its_words_can_be_read(unchanged, reports, notices, stranger, htmx):
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = reports(stranger, htmx, headers=headers)
        assert answer.status == 403
        assert {"It shouts.", "kit@example.org"} <= set(answer.given_back())
        assert answer.actions() == []
        answer = notices(stranger, htmx, headers=headers)
        assert answer.status == 403
        assert set(NOTICE.values()) - {"defamation", "1"} <= set(answer.given_back())


@BOTH
def test_far_too_much_comes_back_whole(unchanged, notices, reports, stranger, htmx):
    much = "ab " * 75_000
    for answer in (notices(stranger, htmx, text=much), reports(stranger, htmx, text=much)):
        assert answer.status in (413, 422)
        assert answer.typed("text") == much.strip()
    padded = notices(stranger, htmx, more=much)
    assert padded.status == 413
    assert "Far more arrived" in padded.text
    assert padded.typed("text") == NOTICE["text"]


@BOTH
def test_the_sixth_of_an_address_in_an_hour_waits_and_all_of_it_can_be_sent_again(
    notices, reports, stranger, clock, stored, htmx
):
    for number in range(5):
        assert reports(stranger, text=f"Report {number}.").status == 303
    answer = notices(stranger, htmx, may_be_named="1")
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "3600"
    sent = {name: answer.typed(name) for name in [*NOTICE, "may_be_named"]}
    assert sent == NOTICE | {"may_be_named": "1"}
    assert len(stored()) == 5
    clock.forward(hours=1)
    assert stranger.post(answer.actions()[0], data=sent).status == 303
    assert stored()[-1].may_be_named


def test_a_network_has_thirty_an_hour_and_is_in_nobody_elses_way(app, reports, stranger):
    assert {reports(stranger, email=f"kit{n}@example.org").status for n in range(30)} == {303}
    assert reports(stranger, email="al@example.org").status == 429
    assert reports(Stranger(app, "198.51.100.7"), email="al@example.org").status == 303


def test_a_victim_is_mailed_no_more_than_ten_times_an_hour(app, reports, notices, mailbox):
    for n in range(20):
        eve = Stranger(app, f"198.51.{n}.1")
        sent = (reports, notices)[n % 2](eve, text=f"{n}", email="victim@example.org" if n % 3 else f"e{n}@example.org")
        if sent.status == 303:
            eve.post(sent.location + "/address", data={"email": "Victim@example.org"})
            eve.post(sent.location + "/again")
    assert len([mail for mail in mailbox.deliver() if mail.recipients[0].lower() == "victim@example.org"]) <= 10


# Doubles


def test_the_same_from_the_same_address_is_one_while_it_waits(app, reports, stranger, stored, mailbox, inside):
    first = reports(stranger)
    again = reports(stranger, email="KIT@Example.org")
    assert first.location == again.location
    assert len(mailbox.deliver()) == 1
    with inside():
        db.session.merge(stored()[0]).mark_confirmed()
    assert masked(reports(stranger, htmx=True)) == masked(stranger.get(first.location, htmx=True))
    assert len(stored()) == 1
    assert reports(stranger, text="It shouts still.").location != first.location
    assert reports(stranger, email="al@example.org").location != first.location
    assert len(stored()) == 3


def test_ten_at_once_are_one(app, reports, stored, mailbox, monkeypatch):
    monkeypatch.setitem(app.config, "LIMITS", False)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: reports(Stranger(app)), range(10)))
    assert {answer.status for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert len(stored()) == 1
    assert len(mailbox.deliver()) == 1


def test_one_that_nobody_can_confirm_any_more_makes_room(reports, stranger, stored, clock):
    reports(stranger)
    clock.forward(days=7)
    assert reports(stranger).status == 303
    (only,) = stored()
    assert only.written_at == clock.at


def test_others_reports_change_nothing_of_what_a_reader_sees(app, inside, comment, reports, stranger):
    with inside():
        settings.current()
    before = [
        masked(stranger.get(path)) for path in (cast.POST, f"/report/comment/{comment.id}", f"{cast.POST}report/")
    ]
    version = rows(app)["publicity"]
    with inside():
        for n in range(3):
            cast.a_report(db.session.merge(comment), email=f"al{n}@example.org")
    reports(stranger)
    after = [masked(stranger.get(path)) for path in (cast.POST, f"/report/comment/{comment.id}", f"{cast.POST}report/")]
    assert after == before
    assert rows(app)["publicity"] == version


def test_report_and_mail_are_one_transaction(reports, stranger, inside, monkeypatch, stored):
    monkeypatch.setattr("opm.outbox.posting.post", lambda *_args, **_values: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reports(stranger)
    assert stored() == []
    with inside(False):
        assert db.session.query(Email).count() == 0


def test_taking_one_costs_few_statements(app, comment, reports, stranger):
    with counting(app) as statements:
        assert reports(stranger).status == 303
    assert len(statements) <= 9, str(statements)
