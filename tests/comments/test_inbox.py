"""Moderating from the mailbox: who is mailed when, and what the link in the mail does, and does no more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from opm import settings
from opm.accounts.audit import Did, Entry
from opm.accounts.models import Person
from opm.comments import confirmation, moderation, receipts
from opm.comments.inbox import telling
from opm.comments.inbox.models import MailChoice, MailLink, When
from opm.comments.models import Act, Comment, Decision, State
from opm.extensions import db
from opm.outbox.models import Email
from opm.outbox.models import State as EmailState
from tests import cast
from tests.browser import Browser
from tests.mailbox import path_in
from tests.stranger import Stranger
from tests.tables import rows

SCRIPT = '<script>alert(1)</script><img src=x onerror="alert(1)"> {7*7} &amp;'


@pytest.fixture
def chosen(inside):
    """`chosen(ines=When.DAILY)` has them choose so, a day ago."""

    def chosen(hour=8, **people):
        with inside():
            for name, how in people.items():
                telling.choose(getattr(cast, name)(), how, hour)

    return chosen


@pytest.fixture
def confirmed(inside, post):
    """`confirmed()` is a comment that somebody has just confirmed."""

    def confirmed(text=cast.WORDS, **values):
        with inside():
            comment = cast.a_comment(post, State.UNCONFIRMED, text=text, **values)
            confirmation.confirm(comment)
            return comment

    return confirmed


@pytest.fixture
def mailed(inside, post):
    """A link that Piotr was mailed, about a comment that waits."""
    with inside():
        return cast.a_mail_link(cast.a_comment(post), cast.piotr())


@pytest.fixture
def address(app, mailed):
    """Where it leads."""
    with app.app_context():
        return f"/comment/moderate/{mailed.token}"


@pytest.fixture
def change(inside):
    """`change(Person, id, act)` does something to a row."""

    def change(model, id, act):
        with inside():
            act(db.session.get_one(model, id))

    return change


def approve(app, address, **fields):
    return Stranger(app).post(address, data={"decision": "approve", "revision": 1} | fields)


def state_of(inside, comment_id):
    with inside(False):
        return db.session.get_one(Comment, comment_id).state


# Who is mailed, and when


def test_each_is_mailed_as_they_chose_in_the_transaction_that_makes_it_wait(inside, chosen, confirmed, mailbox):
    chosen(ines=When.AT_ONCE, piotr=When.NEVER)
    with inside():
        cast.rosa()
    confirmed()
    (mail,) = mailbox.deliver()
    assert mail.recipients == ["ines@northmere.example"]
    assert cast.WORDS in " ".join(mail.body.split())
    assert "Jo Marsh wrote about “Who fills the sandbags?”" in " ".join(mail.body.split())
    assert cast.WORDS not in mail.subject
    assert "jo@example.org" not in mail.body


def test_what_needs_nobody_is_mailed_to_nobody(inside, chosen, confirmed, mailbox):
    chosen(ines=When.AT_ONCE)
    with inside():
        settings.change(comment_policy="none")
    confirmed()
    assert mailbox.deliver() == []


@pytest.mark.parametrize(
    "act",
    [
        lambda link: moderation.decide(link.comment, Act.APPROVE, cast.piotr(), revision=1),
        lambda link: receipts.withdraw(link.comment),
        lambda link: setattr(link.person, "left_at", datetime(2026, 10, 14, tzinfo=UTC)),
        lambda link: setattr(link.person, "roles", ["author"]),
        lambda link: setattr(link.person, "email", "elsewhere@northmere.example"),
        lambda link: telling.choose(link.person, When.NEVER, 8),
    ],
    ids=["decided", "withdrawn", "left", "no moderator", "another address", "chose otherwise"],
)
def test_a_mail_that_is_not_so_any_more_does_not_go(inside, chosen, confirmed, mailbox, act):
    chosen(ines=When.AT_ONCE)
    confirmed()
    with inside():
        act(db.session.scalars(select(MailLink)).one())
    assert mailbox.deliver() == []
    with inside(False):
        assert {email.state for email in db.session.scalars(select(Email))} <= {
            EmailState.CANCELLED,
            EmailState.WAITING,
        }


def test_strangers_cannot_flood_a_moderator_what_is_above_the_limit_comes_together(chosen, confirmed, mailbox, clock):
    chosen(ines=When.AT_ONCE)
    for number in range(14):
        confirmed(f"{number} of many.", email=f"{number}@example.org")
    assert len(mailbox.deliver()) == 10
    clock.forward(hours=1)
    (mail,) = mailbox.deliver()
    assert "13 of many." in mail.body
    assert mail.body.count("/comment/moderate/") == 14


def test_the_daily_mail_comes_once_at_its_hour_in_summer_and_in_winter_and_never_empty(
    app, inside, chosen, confirmed, mailbox, clock
):
    clock.at = datetime(2026, 10, 23, 12, tzinfo=UTC)
    chosen(ines=When.DAILY)
    sent = {}
    for _ in range(4 * 24 * 2):
        clock.forward(minutes=30)
        with app.app_context():
            telling.bundle_due()
            telling.bundle_due()
        for mail in mailbox.deliver():
            sent[clock.at] = mail
        if clock.at == datetime(2026, 10, 24, 9, tzinfo=UTC):
            comment = confirmed()  # too late for that day, on which nothing waited at the hour
    days = [datetime(2026, 10, 25, 8, tzinfo=UTC), datetime(2026, 10, 26, 8, tzinfo=UTC)]
    assert list(sent) == [*days, datetime(2026, 10, 27, 8, tzinfo=UTC)], "clocks went back on the 25th"
    with inside():
        link = db.session.scalars(select(MailLink)).one()
        assert link.comment_id == comment.id
        assert all(link.token in mail.body for mail in sent.values())


def test_on_the_day_that_lacks_the_hour_it_comes_all_the_same(app, chosen, confirmed, mailbox, clock):
    clock.at = datetime(2027, 3, 27, 12, tzinfo=UTC)
    chosen(hour=1, ines=When.DAILY)
    confirmed()
    clock.at = datetime(2027, 3, 28, 0, 59, tzinfo=UTC)
    with app.app_context():
        assert telling.bundle_due() == 0
        clock.forward(minutes=1)
        assert telling.bundle_due() == 1, "01:00 is 02:00 on that day"


def test_of_two_workers_one_makes_it_and_one_that_was_down_makes_it_late(app, chosen, confirmed, inside, clock):
    chosen(ines=When.DAILY, piotr=When.DAILY)
    for text in ("One.", "Two.", "Three."):
        confirmed(text)
    clock.forward(days=1, hours=7)

    def work(_):
        with app.app_context():
            return telling.bundle_due()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 2
    with inside(False):
        mails = db.session.scalars(select(Email).where(Email.kind == telling.ALL_MAIL)).all()
        assert len({mail.recipient for mail in mails}) == len(mails) == 2


def test_two_days_that_could_not_be_sent_become_one_mail(app, chosen, confirmed, mailbox, clock):
    chosen(ines=When.DAILY)
    confirmed()
    for _ in range(2):
        clock.forward(days=1)
        with app.app_context():
            telling.bundle_due()
    assert len(mailbox.deliver()) == 1


def test_a_daily_mail_names_twenty_and_says_how_many_more_wait_in_few_bytes(app, chosen, confirmed, mailbox, clock):
    chosen(ines=When.DAILY)
    for number in range(23):
        confirmed(f"{number:02} " + "word " * 1_900, email=f"{number}@example.org")
    clock.forward(days=1)
    with app.app_context():
        telling.bundle_due()
    (mail,) = mailbox.deliver()
    assert mail.body.count("/comment/moderate/") == 20
    assert "3 more wait" in mail.body
    with app.app_context():
        assert len(mail.as_bytes()) < 60_000


def test_a_link_that_goes_out_again_lives_a_week_at_least(app, inside, chosen, confirmed, mailbox, clock):
    chosen(ines=When.DAILY)
    confirmed()
    paths = set()
    for _ in range(10):
        clock.forward(days=1)
        with app.app_context():
            telling.bundle_due()
        paths |= {path_in(mail, "moderate") for mail in mailbox.deliver()}
    assert len(paths) == 2
    assert sorted(Stranger(app).get(path).status for path in paths) == [200, 404], "the older one was revoked"


# The page


def test_a_moderator_decides_from_the_mail_without_signing_in(inside, chosen, confirmed, mailbox, browser):
    chosen(piotr=When.AT_ONCE)
    comment = confirmed()
    browser.visit(path_in(mailbox.newest(), "moderate"))
    assert browser.heading == "Decide about a comment"
    assert cast.WORDS in browser.text
    assert "You decide as Piotr Lund" in browser.text
    browser.press("Approve")
    assert browser.heading == "Approved"
    assert "Approved by Piotr Lund" in browser.text
    assert not browser.client._cookies
    with inside(False):
        decision = db.session.scalars(select(Decision)).one()
        assert (decision.comment_id, decision.by.name) == (comment.id, "Piotr Lund")
        logged = db.session.scalars(select(Entry).where(Entry.did == Did.APPROVED)).one()
        assert (logged.by_id, logged.detail) == (decision.by_id, "by a link in a mail")
    browser.press("Undo")
    assert browser.heading == "Decide about a comment"
    browser.press("Spam")
    assert state_of(inside, comment.id) == State.SPAM


def test_in_election_time_approving_from_the_mail_takes_a_tick_too(inside, browser, mailed, address):
    with inside():
        settings.change(election_is_on=True)
    browser.visit(address)
    browser.press("Approve", status=409)
    assert browser.heading == "It is election time"
    assert state_of(inside, mailed.comment_id) == State.PENDING
    browser.press("Send it now", although="1")
    assert browser.heading == "Approved"
    assert state_of(inside, mailed.comment_id) == State.PUBLISHED


def test_rejecting_asks_for_the_rule_first_and_keeps_what_was_typed(inside, browser, mailed, address):
    browser.visit(address)
    browser.press("Reject …")
    assert state_of(inside, mailed.comment_id) == State.PENDING
    browser.press("Reject and tell", status=422, rule="99", note="Leave out\nthe street.")
    assert browser.page.find("textarea").get_text() == "\nLeave out\nthe street."
    browser.press("Reject and tell", rule="4")
    with inside(False):
        decision = db.session.scalars(select(Decision)).one()
        assert (decision.act, decision.rule_number, decision.note) == (Act.REJECT, 4, "Leave out\nthe street.")


def test_our_letter_for_the_rule_can_be_read_and_changed_before_it_is_sent(inside, browser, mailed, address):
    browser.visit(address)
    browser.press("Reject …")
    browser.press("Show our text", status=422)
    browser.press("Show our text", rule="2")
    ours = browser.page.find("textarea").get_text().strip()
    assert "rule 2, Stay with the subject" in ours
    assert state_of(inside, mailed.comment_id) == State.PENDING
    browser.press("Reject and tell", note=ours + "\n\nPiotr")
    with inside(False):
        assert db.session.scalars(select(Decision)).one().note == ours + "\n\nPiotr"


def test_a_newer_revision_is_shown_instead_of_decided(app, inside, mailed, address):
    with inside():
        receipts.edit(db.session.get(Comment, mailed.comment_id), text="Other words.", name="Jo", revision=1)
    answer = approve(app, address)
    assert answer.status == 409
    assert "the comment has changed since you saw it" in answer.text
    assert "Other words." in answer.text
    assert state_of(inside, mailed.comment_id) == State.PENDING
    assert approve(app, address, revision=2).status == 303


def test_looking_changes_nothing_whoever_looks_and_however(app, mailed, address):
    before = rows(app)
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = Stranger(app).client.open(address, method=method)
        assert answer.status_code == 200
        if method != "OPTIONS":
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Robots-Tag"] == "noindex"
            assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Set-Cookie" not in answer.headers
    assert rows(app) == before
    page = Stranger(app).get(address).page
    assert not page.find_all(attrs={"data-hx-trigger": True}), "no script presses a button"


def test_another_sites_page_cannot_press_its_buttons(app, mailed, address):
    before = rows(app)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in (address, f"{address}/undo"):
            sent = {"decision": "approve", "revision": 1, "note": "Mine."}
            answer = Stranger(app).post(path, data=sent, headers=headers)
            assert answer.status == 403
            assert answer.given_back() == ["Mine."]
    assert rows(app) == before


def test_a_token_that_was_tampered_with_or_is_for_something_else_opens_nothing(app, inside, post, mailed, address):
    token = address.rpartition("/")[2]
    with inside():
        other = cast.a_mail_link(cast.a_comment(post, text="Another."), cast.ines())
        comment = db.session.get(Comment, mailed.comment_id)
        others = [comment.receipt_token, comment.link_token, comment.not_me_token]
        swapped = f"{other.id}.{token.partition('.')[2]}"
        theirs = mailed.token
    before = rows(app)
    for bad in (token[:-1], token.swapcase(), token + "A", f"0{token}", "1.", "x", swapped, "9" * 400, *others):
        assert Stranger(app).get(f"/comment/moderate/{bad}").status == 404, bad
        assert approve(app, f"/comment/moderate/{bad}").status == 404, bad
    for path in ("/comment/confirm/{}", "/receipt/{}/", "/comment/not-me/{}", "/desk/sign-in/link/{}"):
        assert Stranger(app).post(path.format(theirs), data={"text": "a"}).status in (404, 405, 422), path
    assert rows(app) == before


def test_one_link_decides_about_its_own_comment_alone(app, inside, post, mailed, address):
    with inside():
        another = cast.a_comment(post, text="Another.")
    approve(app, address, id=another.id, comment_id=another.id, by_id=1, person_id=1)
    assert state_of(inside, another.id) == State.PENDING
    assert state_of(inside, mailed.comment_id) == State.PUBLISHED


@pytest.mark.parametrize("act", ["remove", "redact", "restore", "", "APPROVE", "\x00", b"\xed\xa0\x80"])
def test_it_can_do_no_more_than_approve_reject_and_spam(app, mailed, address, act):
    before = rows(app)
    answer = approve(app, address, decision=act, rule=1, left="[…]", note="Kept.")
    assert answer.status == 422
    assert "Kept." in answer.response.text
    assert rows(app) == before


@pytest.mark.parametrize("revision", ["", "x", "0", "-1", "9" * 30, str(2**63 - 1), "1" * 10_000])
def test_odd_revisions_are_refused_or_overtaken(app, mailed, address, revision):
    before = rows(app)
    assert approve(app, address, revision=revision).status in (409, 422)
    assert rows(app) == before


def test_what_was_typed_is_shown_as_text(app, inside, post):
    with inside():
        link = cast.a_mail_link(cast.a_comment(post, text=SCRIPT, name=SCRIPT[:70]), cast.ines())
        address = f"/comment/moderate/{link.token}"
    page = Stranger(app).get(address).page
    assert not page.find("img")
    assert all(script["src"].startswith("/static/") for script in page.find_all("script"))
    assert SCRIPT in page.blockquote.get_text()


# When it is over


def test_once_decided_it_says_who_decided_and_what_and_shows_no_words(app, inside, mailed, address):
    with inside():
        comment = db.session.get(Comment, mailed.comment_id)
        moderation.decide(comment, Act.REJECT, cast.ines(), revision=1, rule=3)
    answer = Stranger(app).get(address)
    assert answer.status == 410
    assert "Rejected by Ines Calder" in answer.text
    assert cast.WORDS not in answer.text
    before = rows(app)
    late = approve(app, address, note="My words.")
    assert late.status == 409
    assert late.given_back() == ["My words."]
    assert Stranger(app).post(f"{address}/undo").status == 409, "it is another’s"
    assert rows(app) == before


def test_undone_in_ten_minutes_and_not_later_nor_once_something_newer_happened(app, inside, mailed, address, clock):
    approve(app, address)
    clock.forward(minutes=9, seconds=59)
    assert Stranger(app).get(address).status == 200
    clock.forward(seconds=1)
    assert Stranger(app).get(address).status == 410
    assert Stranger(app).post(f"{address}/undo").status == 409
    assert state_of(inside, mailed.comment_id) == State.PUBLISHED


def test_a_refused_comment_stays_out_however_often_the_link_is_pressed(app, inside, mailed, address):
    approve(app, address, decision="spam")
    before = rows(app)
    for _ in range(3):
        assert approve(app, address).status == 409
    assert rows(app) == before


def test_twenty_presses_at_once_are_one_decision(app, inside, mailed, address):
    def press(_):
        return app.test_client().post(address, data={"decision": "approve", "revision": "1"}).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(press, range(20)))
    assert answers == [303] + [409] * 19
    with inside(False):
        assert len(db.session.scalars(select(Decision)).all()) == 1


@pytest.mark.parametrize(
    "end",
    [
        lambda person: setattr(person, "left_at", datetime(2026, 10, 14, tzinfo=UTC)),
        lambda person: setattr(person, "roles", ["author"]),
        lambda person: setattr(person, "suspended_at", datetime(2026, 10, 14, tzinfo=UTC)),
        lambda person: setattr(person, "verified_at", datetime(2026, 12, 1, tzinfo=UTC)),
        lambda _: settings.change(demand_second_factor="everybody"),
    ],
    ids=["left", "lost the ability", "suspended", "left and came back", "second factor"],
)
def test_it_ends_with_the_persons_right_to_decide(app, mailed, address, change, end):
    approve(app, address)
    change(Person, mailed.person_id, end)
    before = rows(app)
    for path in (address, f"{address}/undo"):
        answer = approve(app, path)
        assert answer.status == 410
        assert answer.page.h1.get_text() == "This link decides nothing any more"
        assert cast.WORDS not in answer.text
        assert "Jo Marsh" not in answer.text
    assert Stranger(app).get(address).status == 410
    assert rows(app) == before


def test_where_a_second_factor_is_demanded_mails_lead_to_the_desk(inside, chosen, confirmed, mailbox):
    chosen(ines=When.AT_ONCE)
    with inside():
        settings.change(demand_second_factor="everybody")
    comment = confirmed()
    mail = mailbox.newest()
    assert "/comment/moderate/" not in mail.body
    assert f"/desk/comments/{comment.id}" in mail.body


def test_a_link_is_forgotten_long_after_it_ended(inside, mailed, clock):
    for days, forgotten in ((14 + 89, 0), (2, 1)):
        clock.forward(days=days)
        with inside():
            assert telling.old_links.take(90) == forgotten


def test_an_erased_comment_leaves_nothing_behind_its_link(app, inside, mailed, address):
    with inside():
        receipts.erase(Comment.held(mailed.comment_id))
    answer = Stranger(app).get(address)
    assert answer.status == 410
    assert "Jo Marsh" not in answer.text
    assert approve(app, address).status == 409


# Choosing


def test_a_moderator_chooses_on_their_own_page(app, inside, browser):
    cast.signed_in(browser, inside, cast.piotr)
    browser.visit("/desk/").find("a", string="Piotr Lund")
    browser.follow("Piotr Lund")
    browser.press("Save", how="daily", hour="17")
    assert browser.page.find("input", checked=True)["value"] == "daily"
    assert browser.page.find("option", selected=True)["value"] == "17"
    with inside(False):
        choice = db.session.scalars(select(MailChoice)).one()
        assert (choice.person.name, choice.how, choice.hour) == ("Piotr Lund", When.DAILY, 17)
        assert db.session.scalar(select(Entry.did).order_by(Entry.id.desc())) == Did.CHOSE_MAILS
    before = rows(app)
    for bad in ({"how": "hourly"}, {"hour": "24"}, {"hour": "-1"}, {"hour": "9" * 30}, {"how": ""}):
        browser.press("Save", status=422, **bad)
        browser.visit("/desk/account/")
    assert rows(app) == before


def test_who_does_not_moderate_is_offered_no_such_mail(inside, browser: Browser):
    cast.signed_in(browser, inside, cast.rosa)
    browser.visit("/desk/account/")
    assert "Comments by mail" not in browser.text
