"""Asking what is held about an address: one answer for all, and behind a mailed link all of it, a file, and erasing."""

import json

import pytest
from sqlalchemy import select

from opm.accounts import invitations
from opm.accounts.abilities import Role
from opm.comments import moderation
from opm.comments.models import Act, BlockedAddress, Comment, State, address_hash
from opm.complaints import handling
from opm.extensions import db
from opm.holdings import clocks
from opm.holdings.models import DataRequest
from opm.outbox import bounces
from opm.outbox.models import Email
from opm.outbox.models import State as EmailState
from opm.reports import settling
from opm.reports.models import Outcome
from opm.subscriptions import addresses
from tests import cast
from tests.counting import counting
from tests.mailbox import path_in
from tests.tables import rows

KIT = "kit@example.org"
WORDS = "The ford is deeper than the map says."


@pytest.fixture
def link(stranger, mailbox):
    """`link()` asks, and gives the path in the mail."""

    def link(email=KIT):
        assert stranger.post("/privacy/request/", data={"email": email}).status == 303
        return path_in(mailbox.newest(email), "privacy/data")

    return link


@pytest.fixture
def everything(inside):
    """Kit has something in every table that can hold an address."""
    with inside():
        thread, ines = cast.a_post().thread, cast.ines()
        mine = cast.a_comment(thread, State.PUBLISHED, email=KIT, name="Kit Vane", text=WORDS)
        cast.a_comment(thread, State.PUBLISHED, email="lou@example.org", name="Lou", text="So it is.", parent=mine)
        cast.a_comment(thread, State.REJECTED, email="Kit@Example.org", name="Kit Vane", text="Rejected of Kit's.")
        cast.a_comment(thread, State.UNCONFIRMED, email=KIT, name="Kit Vane", text="Not confirmed.")
        old = cast.a_comment(thread, State.PUBLISHED, email=KIT, name="Kit Vane", text="Of long ago.")
        old.email = None  # let go of by its clock; the fingerprint stays
        cast.a_report(mine, email=KIT, text="Kit reports.")
        answered = cast.a_report(mine, email=KIT, text="Kit reports again.")
        settling.settle([answered], Outcome.LEFT_UP, ines, note="Dear Kit Vane")
        invitations.invite(KIT, "Kit Vane", [Role.AUTHOR], ines)
        cast.a_notice(cast.POST, email=KIT, name="Kit Vane")
        complaint = cast.a_complaint(KIT, "Kit complains.", name="Kit Vane")
        handling.take_step(complaint, handling.What.PROGRESS, "Dear Kit Vane", ines)
        sub = cast.a_subscriber(KIT)
        addresses.begin(sub, "kit.vane@example.org", "n")
        addresses.begin(cast.a_subscriber("sam@example.org"), KIT, "n")
        cast.a_sign_up(KIT)
        bounces.note(KIT, "550")
        BlockedAddress.add(address_hash("other@example.org"))
        return thread.id


# Hostile


@pytest.mark.parametrize("email", ["", "kit", "k" * 300 + "@a.org", "a@example.org,b@example.org", "=?x?q?y?=@a.org"])
def test_what_is_no_address_comes_back_as_it_was_typed(app, stranger, email):
    answer = stranger.post("/privacy/request/", data={"email": email})
    assert answer.status == 422
    assert answer.typed("email") == email or not email
    assert rows(app)["data_request"] == []


def test_no_link_opens_what_another_is_for_and_none_after_a_week(stranger, inside, clock):
    with inside():
        asked, sign_up = cast.a_data_request(), cast.a_sign_up()
        page, not_me, other = asked.token, asked.not_me_token, sign_up.link_token
    for token in (not_me, other, "1.x", f"{2**64}.x"):
        for path in ("", "data.json", "erase"):
            assert stranger.get(f"/privacy/data/{token}/{path}").status == 404
        assert stranger.post(f"/privacy/data/{token}/erase").status == 404
    for token in (page, other):
        assert stranger.post(f"/privacy/not-me/{token}").status == 404
    clock.forward(days=7)
    assert stranger.get(f"/privacy/data/{page}/").status == 404


def test_looking_changes_nothing(app, everything, link, stranger):
    path = link()
    before = rows(app)
    for method in ("GET", "HEAD", "OPTIONS"):
        for what in ("", "data.json", "erase"):
            stranger.client.open(path + what, method=method)
    assert rows(app) == before


def test_the_answer_is_the_same_whatever_is_held_and_costs_the_same(app, everything, stranger):
    answers, costs = set(), set()
    for email in (KIT, "nobody@example.org", "ines@northmere.example"):
        with counting(app) as statements:
            answers.add(stranger.post("/privacy/request/", data={"email": email}, htmx=True).response.text)
        costs.add(len(statements))
    assert len(answers) == len(costs) == 1


def test_five_an_hour_for_one_address(stranger):
    statuses = [stranger.post("/privacy/request/", data={"email": KIT}).status for _number in range(6)]
    assert statuses == [303] * 5 + [429]


# What is told


def test_all_is_told_and_downloaded(everything, link, browser):
    browser.visit("/privacy/")
    browser.follow("Ask what we hold about your address")
    browser.visit(link())
    for words in (WORDS, "Rejected of Kit's.", "Not confirmed.", "Of long ago.", "Kit reports.", "Kit complains.",
                  "All new posts", "a mail to you came back"):  # fmt: skip
        assert words in browser.text, words
    assert "So it is." not in browser.text, "that is another's"
    file = browser.client.get(browser.path + "data.json")
    held = json.loads(file.data)
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in file.headers["Cache-Control"]
    assert [each["comment"]["text"] for each in held["comments"]] == [
        WORDS, "Rejected of Kit's.", "Not confirmed.", "Of long ago.",
    ]  # fmt: skip
    assert len(held["reports"]) == 3
    assert held["complaints"][0]["steps"][0]["text"] == "Dear Kit Vane"
    assert held["our_mails_came_back"] is True


def test_of_an_address_that_is_not_known_it_says_so(link, browser):
    browser.visit(link("new@example.org"))
    assert "We hold nothing about new@example.org , but that you asked." in browser.text


def test_what_it_costs_does_not_grow_with_the_comments(app, inside, link, browser):
    path, costs = link(), []
    for _round in range(2):
        with inside():
            post = cast.a_post(f"post-{_round}", "A post")
            for number in range(5):
                comment = cast.a_comment(post.thread, State.PENDING, email=KIT, text=f"{_round} {number}")
                moderation.decide(comment, Act.APPROVE, cast.ines(), revision=1)
        with counting(app) as statements:
            browser.visit(path)
        costs.append(len(statements))
    assert costs[0] == costs[1]


# Erasing


def test_after_erasing_nothing_holds_the_address_or_the_name_and_replies_stand(app, everything, link, browser, inside):
    browser.visit(link())
    browser.follow("Erase all of it")
    browser.press("Erase all of it")
    assert browser.heading == "Everything about you is erased"
    held = {name: [row for row in found if "kit" in row.lower()] for name, found in rows(app, "audit_entry").items()}
    assert {name: found for name, found in held.items() if found} == {}
    with inside(False):
        kept = address_hash(KIT)
    assert not any(kept in row for name, found in rows(app, "tally").items() for row in found)
    page = browser.visit(cast.POST).get_text()
    assert WORDS not in page
    assert "Name removed" in page
    assert "So it is." in page


def test_mails_that_wait_do_not_go_and_the_link_has_ended(everything, link, browser, mailbox, inside):
    path = link()
    browser.visit(path + "erase")
    with inside():
        cast.a_sign_up(KIT)
    browser.press("Erase all of it")
    assert mailbox.deliver() == []
    with inside(False):
        not_me = db.session.scalars(select(DataRequest)).one().not_me_token
    assert browser.client.post(f"/privacy/not-me/{not_me}").status_code == 404
    send, look = browser.client.post, browser.client.get
    for again in (send(path + "erase"), look(path), look(path + "erase"), look(path + "data.json")):
        assert "Everything about you is erased" in again.get_data(as_text=True), "in another tab, or pressed twice"
    with inside(False):
        states = db.session.scalars(select(Email.state).where(Email.recipient == "")).all()
        assert EmailState.WAITING not in states


def test_very_many_comments_are_erased_too(inside, link, browser, monkeypatch):
    monkeypatch.setattr("opm.holdings.gathering.AT_ONCE", 3)
    with inside():
        thread = cast.a_post().thread
        for number in range(8):
            cast.a_comment(thread, State.PUBLISHED, email=KIT, text=f"Number {number}")
    browser.visit(link() + "erase")
    for _press in range(2):
        browser.press("Erase all of it")
        assert "press once more" in browser.text
    browser.press("Erase all of it")
    assert browser.heading == "Everything about you is erased"
    with inside(False):
        assert set(db.session.scalars(select(Comment.text))) == {""}


def test_who_asked_never_to_be_mailed_is_still_known_by_that(inside, link, browser):
    path = link()
    with inside():
        BlockedAddress.add(address_hash(KIT))
    browser.visit(path)
    assert "you asked never to be mailed" in browser.text
    browser.visit(path + "erase")
    browser.press("Erase all of it")
    with inside(False):
        assert BlockedAddress.stands(KIT)


def test_this_was_not_me_deletes_the_request(app, stranger, browser, mailbox, inside):
    stranger.post("/privacy/request/", data={"email": KIT})
    browser.visit(path_in(mailbox.newest(KIT), "not-me"))
    browser.press("Delete the request", never_again="1")
    assert browser.heading == "The request is deleted"
    assert rows(app)["data_request"] == []
    with inside(False):
        assert BlockedAddress.stands(KIT)


def test_the_request_goes_when_its_link_has_ended(app, inside, clock):
    with inside():
        cast.a_data_request()
    clock.forward(days=7, seconds=1)
    with inside():
        clocks.take_a_batch_of_each()
    with inside(False):
        assert db.session.scalars(select(DataRequest)).all() == []
