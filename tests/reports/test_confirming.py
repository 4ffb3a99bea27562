"""A report is confirmed as a comment is, by tokens of its own: what opens nothing, and what opens it once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from opm.comments.models import BlockedAddress, State, Thread
from opm.extensions import db
from opm.outbox.models import Email
from opm.outbox.models import State as EmailState
from opm.reports import settling
from opm.reports.models import Outcome, Report
from tests import cast
from tests.comments.test_confirmation import TAMPERINGS, wrong
from tests.mailbox import code_in, path_in
from tests.stranger import Stranger, masked
from tests.tables import rows

BOTH = pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])


@pytest.fixture
def panel(reports, stranger):
    """The address of the panel of a report that Kit Vane has just sent."""
    return reports(stranger).location


@pytest.fixture
def links(panel, mailbox):
    """Every path that was given to Kit, by its purpose, and what a POST of it may end in."""
    mail = mailbox.newest()
    return {
        "sent": (panel, ["", "/again", "/address"]),
        "confirm": (path_in(mail, "confirm"), [""]),
        "not-me": (path_in(mail, "not-me"), [""]),
    }


@pytest.mark.parametrize("purpose", ["sent", "confirm", "not-me"])
def test_a_token_that_was_tampered_with_opens_nothing_and_changes_nothing(app, links, stranger, purpose):
    path, ends = links[purpose]
    stem, _, token = path.rpartition("/")
    before = rows(app)
    for name, tamper in TAMPERINGS.items():
        for end in ends:
            answer = stranger.client.post(
                f"{stem}/{tamper(token)}{end}", data={"code": "000000", "email": "e@f.example"}
            )
            assert answer.status_code in (404, 405), (name, end)
        assert stranger.client.get(f"{stem}/{tamper(token)}").status_code == 404, name
    assert rows(app) == before


def test_no_token_opens_what_another_is_for_be_it_a_reports_or_a_comments(app, inside, thread, links, stranger):
    with inside():
        waiting = cast.a_comment(db.session.get(Thread, thread.id), State.UNCONFIRMED, text="Other words.")
        report = db.session.query(Report).one()
        waiting.panel_handle, waiting.link_nonce = report.panel_handle, report.link_nonce
        waiting.receipt_nonce = waiting.code_nonce = report.link_nonce
        db.session.flush()
        comments = {
            f"/comment/{stem}/": token
            for stem, token in (
                ("sent", waiting.panel_token),
                ("confirm", waiting.link_token),
                ("not-me", waiting.not_me_token),
            )
        } | {"/receipt/": waiting.receipt_token}
        assert waiting.code != report.code or waiting.id != report.id
    before = rows(app)
    own = {f"/report/{purpose}/": path.rpartition("/")[2] for purpose, (path, _) in links.items()}
    every = own | comments
    for stem, token in every.items():
        for other in every.keys() - {stem}:
            end = "/" if other == "/receipt/" else ""
            assert stranger.get(f"{other}{token}{end}").status == 404, (stem, other)
            if not end:
                assert stranger.post(f"{other}{token}", data={"code": "1"}).status == 404, (stem, other)
    assert rows(app) == before


def test_what_the_database_holds_opens_nothing(app, inside, links):
    with inside(False):
        report = db.session.query(Report).one()
        held = str(rows(app))
        for secret in (report.code, report.link_token, report.not_me_token, report.panel_token):
            assert secret.rpartition(".")[2] not in held


@BOTH
def test_five_codes_may_be_tried_and_the_sixth_is_refused_though_it_is_right(panel, stranger, mailbox, stored, htmx):
    code = code_in(mailbox.newest())
    said = [stranger.post(panel, data={"code": wrong(code)}, htmx=htmx).text for _ in range(5)]
    assert "You have 4 more tries" in said[0]
    assert "use the link in the mail" in said[4]
    assert stranger.post(panel, data={"code": code}, htmx=htmx).status == 422
    assert stored()[0].confirmed_at is None
    assert stranger.post(path_in(mailbox.newest(), "confirm")).status == 303
    assert stored()[0].confirmed_at


def test_what_is_no_code_is_said_beside_the_field(panel, stranger, stored):
    for typed in (None, "", "  ", "\x00", "abc", "12345", "٣٣٣٣٣٣", "9" * 50_000):
        answer = stranger.post(panel, data={} if typed is None else {"code": typed})
        assert answer.status == 422
        assert answer.page.find(attrs={"name": "code"})["aria-invalid"] == "true"
    assert stored()[0].confirmed_at is None


def test_a_code_lives_for_a_day_and_is_renewed_when_sent_again(panel, stranger, mailbox, clock, stored):
    code = code_in(mailbox.newest())
    clock.forward(hours=24)
    assert "more than a day old" in stranger.post(panel, data={"code": code}).text
    stranger.post(panel + "/again")
    assert code_in(mailbox.newest()) != code
    assert stranger.post(panel, data={"code": code_in(mailbox.newest())}).status == 303
    assert stored()[0].confirmed_at == clock.at


def test_twenty_presses_at_once_confirm_once(app, links, stored):
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: Stranger(app).post(links["confirm"][0]), range(20)))
    assert {answer.status for answer in answers} == {303}
    assert len(stored()) == 1


def test_its_clock_starts_when_it_is_confirmed_and_a_second_press_does_not_start_it_anew(
    links, stranger, clock, stored
):
    clock.forward(days=2)
    stranger.post(links["confirm"][0])
    begun = stored()[0].confirmed_at
    assert begun == clock.at
    clock.forward(hours=3)
    stranger.post(links["confirm"][0])
    assert stored()[0].confirmed_at == begun


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_opening_what_was_mailed_changes_nothing(app, links, stranger, method):
    before = rows(app)
    for path, _ in links.values():
        assert stranger.client.open(path, method=method).status_code == 200
    assert rows(app) == before


def test_links_and_panel_end_after_seven_days_and_no_longer_show_the_words(links, stranger, clock):
    clock.forward(days=7, seconds=-1)
    assert [stranger.get(path).status for path, _ in links.values()] == [200] * 3
    clock.forward(seconds=1)
    for path, ends in links.values():
        answer = stranger.get(path)
        assert answer.status == 404
        assert "It shouts." not in answer.text
        assert "please write it again" in answer.text
        assert [stranger.post(path + end, data={"code": "1", "email": "e@f.example"}).status for end in ends] == [
            404
        ] * len(ends)


# This was not me


def test_not_me_deletes_it_and_its_mail_does_not_go(links, stranger, browser, stored, mailbox, panel, inside):
    stranger.post(panel + "/again")
    browser.visit(links["not-me"][0])
    browser.press("Delete it")
    assert browser.heading == "It is deleted"
    assert stored() == []
    assert mailbox.deliver() == []
    with inside(False):
        assert db.session.query(BlockedAddress).count() == 0
    assert stranger.get(panel).status == 404


def test_an_address_that_wants_no_more_mail_gets_none(links, reports, notices, stranger, mailbox):
    stranger.post(links["not-me"][0], data={"never_again": "1"})
    reports(stranger, text="Again.", email="KIT@example.org")
    stranger.post(notices(stranger).location + "/again")
    assert mailbox.deliver() == []


def test_who_has_confirmed_cannot_say_that_it_was_not_them(app, links, stranger):
    stranger.post(links["confirm"][0])
    before = rows(app)
    answer = stranger.post(links["not-me"][0], data={"never_again": "1"})
    assert answer.status == 409
    assert "This was confirmed" in answer.text
    assert rows(app) == before


# Another address


def test_the_same_words_go_on_under_another_address_and_the_old_links_end(links, panel, stranger, mailbox, stored):
    assert "We sent a code to the new address" in stranger.post(panel + "/address", data={"email": "k@v.example"}).text
    (only,) = stored()
    assert (only.email, only.text, only.rule_number) == ("k@v.example", "It shouts.", 1)
    assert stranger.post(links["confirm"][0]).status == 404
    assert stranger.post(panel, data={"code": code_in(mailbox.newest("k@v.example"))}).status == 303


def test_a_notice_keeps_all_that_it_says(notices, stranger, stored, inside):
    panel = notices(stranger, may_be_named="1", on="/about/").location
    stranger.post(panel + "/address", data={"email": "k@v.example"})
    (only,) = stored()
    assert (only.address, only.quote, only.untrue, only.name) == (
        "/about/", "He sold the boat.", "I never had a boat.", "Kit Vane",
    )  # fmt: skip
    assert only.may_be_named
    with inside(False):
        assert only.sameness == only.mark


def test_a_panel_that_outlives_the_links_still_answers_in_every_way(reports, stranger, mailbox, clock, stored):
    panel = reports(stranger).location
    clock.forward(days=6)
    assert reports(stranger).location == panel
    clock.forward(days=3)
    assert stranger.post(panel + "/address", data={"email": "kit@example.org"}).status == 200
    assert stranger.post(panel, data={"code": code_in(mailbox.newest())}).status == 303
    assert stored()[0].confirmed_at == clock.at


def test_tries_move_with_the_panel(panel, stranger, mailbox):
    for _ in range(5):
        stranger.post(panel, data={"code": "nothing"})
    stranger.post(panel + "/address", data={"email": "k@v.example"})
    assert stranger.post(panel, data={"code": code_in(mailbox.newest("k@v.example"))}).status == 422


@BOTH
def test_a_faulty_new_address_is_said_beside_the_field(app, panel, stranger, htmx):
    before = rows(app)
    answer = stranger.post(panel + "/address", data={"email": "kit@nowhere"}, htmx=htmx)
    assert answer.status == 422
    assert answer.typed("email") == "kit@nowhere"
    assert rows(app) == before


def test_a_likely_slip_in_the_address_is_asked_about(reports, stranger, mailbox, stored):
    panel = reports(stranger, email="kit.vane@gmial.com").location
    assert "Did you mean kit.vane@gmail.com ?" in stranger.get(panel).text.replace("?", " ?").replace("  ", " ")
    stranger.post(panel + "/address", data={"email": "kit.vane@gmail.com"})
    assert stored()[0].email == "kit.vane@gmail.com"


# What Eve learns who repeats it


def probe(eve, send):
    """All that she sees of a report that she sends and whose panel she uses."""
    sent = send()
    panel = sent.location
    yield sent.status
    for path, data in (
        ("", {"code": "nothing"}), ("", {"code": ""}), ("/again", {}), ("/address", {"email": "x"}),
    ):  # fmt: skip
        for htmx in (False, True):
            answer = eve.post(panel + path, data=data, htmx=htmx)
            yield answer.status, masked(answer)
    answer = eve.post(panel + "/address", data={"email": "eve@example.org"})
    yield answer.status, masked(answer)


def test_a_repeat_and_its_panel_tell_not_whether_the_first_waits_or_never_was(
    app, inside, links, comment, reports, stranger
):
    stranger.post(links["confirm"][0])
    eve = Stranger(app, "198.51.100.9")
    known = list(probe(eve, lambda: reports(eve)))
    new = list(probe(eve, lambda: reports(eve, text="Nobody has said this.")))
    assert known == new
    with inside(False):
        assert db.session.query(Report).filter(Report.confirmed_at.is_not(None)).one().email == "kit@example.org"


def test_the_code_of_one_that_is_confirmed_opens_nothing_more(panel, reports, stranger, mailbox):
    code = code_in(mailbox.newest())
    stranger.post(panel, data={"code": code})
    panel = reports(stranger).location
    answer = stranger.post(panel, data={"code": code})
    assert answer.status == 200
    assert "already done its work" in answer.text
    assert "It shouts." not in answer.text


# Its mails


def test_no_mail_holds_anything_that_was_typed(reports, notices, stranger, mailbox, inside, clock, stored):
    typed = "Buy pills at http://pills.example now"
    panels = [
        reports(stranger, text=typed, email="a@example.org").location,
        notices(stranger, text=typed, quote=typed, untrue=typed, name=typed, email="b@example.org").location,
    ]
    mails = mailbox.deliver()
    for panel, mail in zip(panels, mails, strict=True):
        stranger.post(panel, data={"code": code_in(mail)})
    with inside():
        for report in db.session.query(Report):
            settling.settle([report], Outcome.LEFT_UP, cast.ines())
    clock.forward(minutes=11)
    mails += mailbox.deliver()
    assert len(mails) == 4
    for mail in mails:
        assert "pills" not in mail.subject + mail.body + mail.html


def test_a_code_that_is_needed_no_more_is_not_mailed(inside, panel, mailbox, stored):
    with inside():
        db.session.merge(stored()[0]).mark_confirmed()
    assert mailbox.deliver() == []
    with inside(False):
        assert [email.state for email in db.session.query(Email)] == [EmailState.CANCELLED]


def test_moved_to_an_address_that_sent_the_same_it_is_that_one(panel, reports, stranger, stored):
    other = reports(stranger, email="al@example.org").location
    stranger.post(panel + "/address", data={"email": "al@example.org"})
    (only,) = stored()
    assert only.email == "al@example.org"
    assert stranger.get(panel).status == 200
    assert stranger.get(other).status == 404
