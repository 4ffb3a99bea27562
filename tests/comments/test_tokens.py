"""What people hold that opens something: how long each lives, how often it may be tried, what it dies with.

One row for each, as in the table of docs/promises.md. That a token which was tampered with opens nothing is in
test_confirmation.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from opm.accounts import signing_in
from opm.accounts.models import SignInAttempt
from opm.comments import confirmation, receipts
from opm.comments.inbox.models import MailLink
from opm.comments.models import BlockedAddress, Comment, State
from opm.extensions import db
from opm.lib import tokens
from tests import cast
from tests.stranger import Stranger
from tests.tables import rows


@dataclass(frozen=True)
class Held:
    """One thing that somebody holds: what it is made of, where it is sent to, and when that works."""

    purpose: str
    of: Callable  # the row's token, or code, or the page's token where it is typed
    path: str
    lives: timedelta | None = None
    typed: Callable | None = None
    works: int = 303
    form: tuple = ()

    def __str__(self):
        return self.purpose

    def use(self, app, thing) -> int:
        """Presses the button behind it, or types it. Returns the status of the answer."""
        with app.app_context():
            path, code = self.path.format(self.of(thing)), self.typed and self.typed(thing)
        return Stranger(app).client.post(path, data={"code": code or "", **dict(self.form)}).status_code


DAYS, MINUTES = timedelta(days=7), timedelta(minutes=10)
APPROVAL = (("decision", "approve"), ("revision", "1"))
LINK = Held("comment link", lambda c: c.link_token, "/comment/confirm/{}", DAYS)
NOT_ME = Held("comment not me", lambda c: c.not_me_token, "/comment/not-me/{}", DAYS, works=200)
PANEL = Held("comment panel", lambda c: c.panel_token, "/comment/sent/{}/again", DAYS, works=200)
DIGITS = Held("comment code", lambda c: c.panel_token, "/comment/sent/{}", timedelta(hours=24), lambda c: c.code)
MAILED = Held("moderate from a mail", lambda m: m.token, "/comment/moderate/{}", timedelta(days=14), form=APPROVAL)
RECEIPT = Held("comment receipt", lambda c: c.receipt_token, "/receipt/{}/mails")
AGAIN = Held("mail again", lambda b: b.again_token, "/comment/mail-again/{}", works=200)
SIGN_IN_LINK = Held("sign-in link", lambda a: a.link_token, "/desk/sign-in/link/{}", MINUTES)
LETTERS = Held("sign-in code", lambda a: a.page_token, "/desk/sign-in/code/{}", MINUTES, lambda a: a.code)
OF_A_COMMENT = [LINK, NOT_ME, PANEL, DIGITS, RECEIPT]
OF_STAFF = [SIGN_IN_LINK, LETTERS]
ALL = [*OF_A_COMMENT, MAILED, AGAIN, *OF_STAFF]
TYPED = [DIGITS, LETTERS]
REFUSED = {403, 404, 410, 422}


@pytest.fixture
def make(inside, post):
    """`make(held)` makes the row that it belongs to."""

    def make(held):
        with inside():
            if held is AGAIN:
                return BlockedAddress.add("f" * 40)
            if held in OF_STAFF:
                return signing_in.begin(cast.ines())
            if held is MAILED:
                return cast.a_mail_link(cast.a_comment(post), cast.ines())
            return cast.a_comment(post, State.UNCONFIRMED)

    return make


@pytest.fixture
def change(inside):
    """`change(thing, act)` does something to it, and gives it as it is then; None if it is gone."""

    def change(thing, act):
        with inside():
            found = db.session.get(type(thing), db.inspect(thing).identity)
            act(found)
        with inside(False):
            return db.session.get(type(thing), db.inspect(thing).identity)

    return change


# How long it lives


@pytest.mark.parametrize("held", [held for held in ALL if held.lives], ids=str)
def test_it_lives_to_its_end_and_no_longer(app, make, clock, held):
    thing = make(held)
    clock.forward(seconds=held.lives.total_seconds())
    before = rows(app, "comment", "tally", "sign_in_attempt")  # tries and counts are kept there
    assert held.use(app, thing) in REFUSED
    assert rows(app, "comment", "tally", "sign_in_attempt") == before
    clock.forward(seconds=-1)
    assert held.use(app, thing) == held.works


@pytest.mark.parametrize("held", [RECEIPT, AGAIN], ids=str)
def test_what_has_no_end_lives_for_years(app, make, clock, held):
    thing = make(held)
    clock.forward(days=3_000)
    assert held.use(app, thing) == held.works


def test_a_panel_lives_from_the_last_sending_and_links_from_the_first(app, make, clock, change):
    comment = make(PANEL)
    clock.forward(days=5)
    comment = change(comment, lambda c: c.reopen_panel(DAYS))
    clock.forward(days=5)
    assert [held.use(app, comment) for held in (PANEL, LINK, NOT_ME)] == [200, 404, 404]


def test_a_receipt_lives_as_long_as_the_address_is_held(app, make, change):
    comment = change(make(RECEIPT), lambda c: setattr(c, "email", None))
    assert RECEIPT.use(app, comment) == 404


# How often it may be tried


def wrong(held):
    """The same, typed wrong."""
    return Held(held.purpose, held.of, held.path, typed=lambda _: "AAAAAAAA" if held is LETTERS else "x")


@pytest.mark.parametrize(("tries", "works"), [(4, True), (5, False)])
@pytest.mark.parametrize("held", TYPED, ids=str)
def test_of_what_is_typed_there_are_five_tries(app, make, held, tries, works):
    thing = make(held)
    assert {wrong(held).use(app, thing) for _ in range(tries)} == {422}
    assert held.use(app, thing) == (303 if works else 422)


@pytest.mark.parametrize(("held", "beside"), [(DIGITS, LINK), (LETTERS, SIGN_IN_LINK)], ids=str)
def test_when_they_are_used_up_the_link_still_works(app, make, held, beside):
    thing = make(held)
    for _ in range(6):
        wrong(held).use(app, thing)
    assert beside.use(app, thing) == 303


def test_resending_gives_no_more_tries(app, make, change, clock):
    comment = make(DIGITS)
    for _ in range(5):
        wrong(DIGITS).use(app, comment)
    clock.forward(hours=25)
    comment = change(comment, lambda c: confirmation.send_again(c, "network"))
    assert DIGITS.use(app, comment) == 422


# What it dies with


@pytest.mark.parametrize("held", OF_A_COMMENT, ids=str)
def test_with_the_comment_all_of_it_ends(app, make, change, held):
    comment = make(held)
    change(comment, db.session.delete)
    assert held.use(app, comment) == 404


@pytest.mark.parametrize("held", OF_A_COMMENT, ids=str)
def test_with_its_erasure_all_of_it_ends(app, make, change, held):
    comment = make(held)
    change(comment, receipts.erase)
    assert held.use(app, comment) == 404


def test_once_confirmed_links_say_so_and_digits_do_no_more(app, make, change, browser):
    comment = change(make(LINK), confirmation.confirm)
    before = rows(app, "tally", "email", "comment")
    assert [held.use(app, comment) for held in (LINK, NOT_ME, DIGITS, PANEL)] == [303, 409, 200, 200]
    assert rows(app, "tally", "email", "comment") == before
    with app.app_context():
        link, not_me, panel = comment.link_token, comment.not_me_token, comment.panel_token
    browser.visit(f"/comment/confirm/{link}")
    assert browser.heading == "Already confirmed"
    browser.visit(f"/comment/not-me/{not_me}")
    assert browser.heading == "This comment was confirmed"
    browser.visit(f"/comment/sent/{panel}")
    assert not browser.page.find(string="Your comment is waiting for a moderator"), "a panel tells nothing"
    assert RECEIPT.use(app, comment) == 303


def test_a_link_to_be_mailed_again_works_once(app, make):
    blocked = make(AGAIN)
    assert AGAIN.use(app, blocked) == 200
    assert AGAIN.use(app, blocked) == 404


def test_it_does_not_come_back_when_the_address_is_blocked_anew(app, make):
    first = make(AGAIN)
    AGAIN.use(app, first)
    second = make(AGAIN)
    assert AGAIN.use(app, first) == 404
    assert AGAIN.use(app, second) == 200


@pytest.mark.parametrize("first", OF_STAFF, ids=str)
@pytest.mark.parametrize("then", OF_STAFF, ids=str)
def test_signing_in_works_once_whichever_way(app, make, first, then):
    attempt = make(first)
    assert first.use(app, attempt) == 303
    assert then.use(app, attempt) in REFUSED


# A new nonce revokes


NONCES = [
    (LINK, "link_nonce"), (NOT_ME, "link_nonce"), (PANEL, "panel_handle"), (DIGITS, "code_nonce"),
    (RECEIPT, "receipt_nonce"), (AGAIN, "nonce"), (SIGN_IN_LINK, "link_nonce"), (LETTERS, "code_nonce"),
    (LETTERS, "page_nonce"), (MAILED, "nonce"),
]  # fmt: skip


@pytest.mark.parametrize(("held", "nonce"), NONCES, ids=str)
def test_a_new_nonce_ends_what_the_old_one_opened(app, make, change, held, nonce):
    old = make(held)
    new = change(old, lambda thing: setattr(thing, nonce, tokens.new_nonce()))
    assert held.use(app, old) in REFUSED
    assert held.use(app, new) == held.works


@pytest.mark.parametrize("email", ["jo@example.org", "kim@example.org"])
def test_sending_again_keeps_live_digits_and_another_address_has_its_own(app, make, change, inside, email):
    comment = make(DIGITS)
    with inside():
        confirmation.change_address(Comment.held(comment.id), email, "network")
    with inside(False):
        new = db.session.query(Comment).one()
        is_same = (new.code_nonce, new.link_nonce) == (comment.code_nonce, comment.link_nonce)
    assert is_same == (email == "jo@example.org")
    assert LINK.use(app, comment) == (303 if is_same else 404)


# No purpose opens another


@pytest.mark.parametrize("held", [LINK, NOT_ME, PANEL, RECEIPT, AGAIN, SIGN_IN_LINK, LETTERS, MAILED], ids=str)
def test_the_seal_of_another_purpose_opens_nothing_though_row_and_nonce_are_the_same(app, make, held):
    thing = make(held)
    before = rows(app)
    purposes = {other.purpose for other in ALL} | {
        "sign-in page", "report link", "report not me", "report panel", "report receipt", "comment", "",
    }  # fmt: skip
    own = {"sign-in code": "sign-in page"}.get(held.purpose, held.purpose)
    with app.app_context():
        subject = tokens.subject_of(held.of(thing))
        nonces = {getattr(thing, name) for owner, name in NONCES if isinstance(thing, KINDS[owner.purpose])} | {""}
        forged = [tokens.seal(purpose, subject, nonce) for purpose in purposes - {own} for nonce in sorted(nonces)]
    for token in forged:
        for method in ("get", "post"):
            answer = getattr(Stranger(app).client, method)(held.path.format(token), data={"code": "1"})
            assert answer.status_code in (404, 405), token
    assert rows(app) == before


KINDS = {held.purpose: Comment for held in OF_A_COMMENT} | {held.purpose: SignInAttempt for held in OF_STAFF}
KINDS |= {AGAIN.purpose: BlockedAddress, MAILED.purpose: MailLink}


@pytest.mark.parametrize("spoilt", ["%00{}", "{}%00", "{}a", "999.{}", "{}{}", ".", "%ED%A0%80{}", "{:.9}"])
def test_a_link_to_be_mailed_again_that_was_tampered_with_changes_nothing(app, make, spoilt):
    with app.app_context():
        token = make(AGAIN).again_token
    before = rows(app)
    path = f"/comment/mail-again/{spoilt.format(token, token)}"
    assert [Stranger(app).get(path).status, Stranger(app).post(path).status] == [404, 404]
    assert rows(app) == before
