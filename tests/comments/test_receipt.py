"""The receipt: where a comment stands, for who holds its private link; and taking it back."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from opm import settings
from opm.comments import moderation
from opm.comments.models import Act, Comment, Decision, State
from opm.extensions import db
from tests import cast
from tests.stranger import Stranger
from tests.tables import rows

HEADINGS = {
    State.UNCONFIRMED: "Your comment waits for you to confirm it",
    State.PENDING: "Your comment is waiting for a moderator",
    State.PUBLISHED: "Your comment is published",
    State.REJECTED: "Your comment is not published",
    State.SPAM: "Your comment is waiting for a moderator",
    State.WITHDRAWN: "You withdrew your comment",
}


@pytest.fixture
def receipt_of(inside, post):
    """`receipt_of(state)` gives the address of the receipt of a comment that has come so far."""

    def receipt_of(state=State.PENDING, **values):
        with inside():
            return f"/receipt/{cast.a_comment(post, state, **values).receipt_token}/"

    return receipt_of


@pytest.fixture
def decide(inside, stored):
    """`decide(act)` carries out Piotr's decision about the only comment."""

    def decide(act, **values):
        with inside():
            comment = Comment.held(stored()[0].id)
            return moderation.decide(comment, act, cast.piotr(), revision=comment.revision, **values)

    return decide


@pytest.mark.parametrize("state", State)
def test_it_says_where_the_comment_stands_and_shows_the_words(receipt_of, browser, state):
    browser.visit(receipt_of(state))
    assert browser.heading == HEADINGS[state]
    assert cast.WORDS in browser.text
    assert "jo@example.org" not in browser.text, "whoever comes by the page need not learn the address"


def test_it_tells_the_history_with_rule_and_note(receipt_of, decide, browser, clock):
    receipt = receipt_of()
    clock.forward(hours=1)
    decide(Act.REJECT, rule=2, note="Please tell us about the rota, too.")
    browser.visit(receipt)
    steps = [step.get_text(" ", strip=True) for step in browser.page.select(".steps li")]
    assert len(steps) == 3
    assert steps[2].startswith("14 October 2026, 11:00 Not published")
    assert "Rule 2: Stay with the subject. Please tell us about the rota, too." in steps[2]
    assert browser.page.find(attrs={"aria-current": "step"}).get_text(" ", strip=True) == steps[2]


def test_what_a_moderator_undid_is_not_told(receipt_of, decide, browser, inside):
    receipt, decision = receipt_of(), decide(Act.REJECT, rule=1, note="Hm.")
    with inside():
        moderation.undo(moderation.held_decision(decision.id), cast.piotr())
    browser.visit(receipt)
    assert browser.heading == HEADINGS[State.PENDING]
    assert "Hm." not in browser.text
    assert "Rule 1" not in browser.text


def test_being_taken_for_spam_looks_like_waiting(receipt_of, decide, browser, clock):
    receipt = receipt_of()
    before = browser.visit(receipt).main.get_text()
    decide(Act.SPAM, note="Buys pills.")
    assert browser.visit(receipt).main.get_text() == before


def test_a_moderators_note_is_shown_as_text(receipt_of, decide, stranger):
    receipt = receipt_of(text="<b>bold</b> {{7*7}}", name="<i>Jo</i>")
    decide(Act.REJECT, rule=1, note="<script>alert(1)</script>{{7*7}}")
    page = stranger.client.get(receipt).text
    assert "<script>alert" not in page
    assert "<b>bold" not in page
    assert "<i>Jo" not in page
    assert page.count("{{7*7}}") == 2


def test_a_published_comment_is_linked_and_leads_into_its_thread(receipt_of, stranger):
    page = stranger.get(receipt_of(State.PUBLISHED)).page
    link = page.find("a", string="comment 1")["href"]
    where = stranger.get(link).location
    assert where.startswith(cast.POST + "#comment-")
    assert stranger.get(cast.POST).page.find(id=where.partition("#")[2])


def test_of_an_unconfirmed_comment_it_leads_to_the_button(receipt_of, browser):
    browser.visit(receipt_of(State.UNCONFIRMED))
    browser.follow("Look at it and confirm")
    browser.press("Yes, confirm my comment")
    assert browser.heading == HEADINGS[State.PENDING]


def test_it_ends_when_the_address_is_let_go(receipt_of, inside, stored, stranger):
    receipt = receipt_of(State.PUBLISHED)
    with inside():
        db.session.merge(stored()[0]).email = None
    assert stranger.get(receipt).status == 404
    assert stranger.post(receipt + "withdraw").status == 404


# Taking it back


@pytest.mark.parametrize("state", [state for state in State if state != State.WITHDRAWN])
def test_a_comment_can_be_withdrawn_wherever_it_stands(receipt_of, browser, stored, state):
    browser.visit(receipt_of(state))
    browser.press("Withdraw my comment")
    assert browser.heading == HEADINGS[State.WITHDRAWN]
    assert stored()[0].state == State.WITHDRAWN
    assert not browser.page.form
    assert "Withdrawn by you" in browser.text


def test_what_was_withdrawn_stays_so_and_shows_its_receipt(app, receipt_of, stranger):
    receipt = receipt_of(State.WITHDRAWN)
    before = rows(app)
    answer = stranger.post(receipt + "withdraw")
    assert answer.status == 409
    assert answer.page.h1.get_text() == HEADINGS[State.WITHDRAWN]
    assert rows(app) == before


def test_a_withdrawn_comment_leaves_the_page_at_once_and_its_words_are_nowhere(app, receipt_of, browser, stranger):
    receipt = receipt_of(State.PUBLISHED)
    before = stranger.get(cast.POST)
    assert cast.WORDS in before.text
    browser.visit(receipt)
    browser.press("Withdraw my comment")
    after = stranger.get(cast.POST, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status == 200
    assert cast.WORDS not in after.response.text
    assert "Jo Marsh" not in after.response.text
    assert "No comments yet" in after.text


def test_replies_to_a_withdrawn_comment_stay(receipt_of, inside, post, stored, stranger):
    receipt = receipt_of(State.PUBLISHED)
    with inside():
        first = db.session.merge(stored()[0])
        cast.a_comment(post, State.PUBLISHED, name="Kim Odell", text="Quite so.", parent=first)
    stranger.post(receipt + "withdraw")
    page = stranger.get(cast.POST)
    assert "Quite so." in page.text
    assert "The writer withdrew this comment." in page.text
    assert "Jo Marsh" not in page.text


def test_withdrawing_at_once_from_twenty_places_counts_once(app, receipt_of, inside, post):
    receipt = receipt_of(State.PUBLISHED)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: Stranger(app).post(receipt + "withdraw"), range(20)))
    assert sorted(answer.status for answer in answers) == [303] + [409] * 19
    with inside(False):
        assert db.session.get(type(post), post.id).published_count == 0


def test_a_moderator_cannot_decide_about_or_undo_what_was_withdrawn_meanwhile(
    receipt_of, decide, stranger, inside, mailbox, clock
):
    receipt, decision = receipt_of(), decide(Act.APPROVE)
    stranger.post(receipt + "withdraw")
    with inside(), pytest.raises(moderation.CannotUndo):
        moderation.undo(moderation.held_decision(decision.id), cast.piotr())
    clock.forward(minutes=11)
    assert mailbox.deliver() == [], "the outcome is no longer so"
    with inside(False):
        assert db.session.query(Decision).count() == 1


def test_the_time_that_deciding_usually_takes_is_the_sites(receipt_of, inside, stranger):
    with inside():
        settings.change(decide_within_hours=48)
    assert "usually within 48 hours" in stranger.get(receipt_of()).text
