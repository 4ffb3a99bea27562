"""Deciding about many at once: the number first, each on the revision that was seen, and one undo for all."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from opm.comments.models import Comment, Decision, State
from opm.extensions import db
from opm.outbox.models import Email
from tests import cast
from tests.browser import Browser
from tests.counting import counting
from tests.tables import rows

CHOSEN = "/desk/comments/chosen"


@pytest.fixture
def desk(inside, browser):
    """Ines at her desk."""
    return cast.signed_in(browser, inside)


@pytest.fixture
def waiting(inside, post):
    """Five comments that wait, on two posts."""
    with inside():
        bins = cast.a_post("the-bins", "The bins").thread
        threads = [post, bins, post, bins, post]
        return [cast.a_comment(thread, text=f"Comment {n}.", name=f"Jo {n}") for n, thread in enumerate(threads)]


@pytest.fixture
def states(inside):
    """`states()` gives the state of each comment, the oldest first."""

    def states():
        with inside(False):
            return [str(state) for state in db.session.scalars(select(Comment.state).order_by(Comment.id))]

    return states


def chosen(*comments) -> str:
    """What the ticked boxes beside these send."""
    return " ".join(f"{comment.id}.{comment.revision}" for comment in comments)


def test_those_that_were_chosen_are_named_with_their_number_and_decided_by_one_button(
    app, inside, desk, waiting, states, mailbox, clock
):
    desk.visit("/desk/comments/")
    before = rows(app)
    desk.press_get("Approve those chosen", chosen=[chosen(waiting[0]), chosen(waiting[1])])
    assert desk.heading == "Approve 2 comments?"
    assert "Jo 0 On Who fills the sandbags?: Comment 0." in desk.text
    assert "Jo 1 On The bins" in desk.text
    assert "Jo 2" not in desk.text
    assert rows(app) == before, "nothing is decided yet"
    desk.press("Approve 2 comments")
    assert desk.heading == "2 comments approved"
    assert states() == ["published", "published", "pending", "pending", "pending"]
    with inside(False):
        made = db.session.scalars(select(Decision)).all()
        assert [decision.revision for decision in made] == [1, 1]
        assert len({decision.batch_id for decision in made}) == 1
    clock.forward(minutes=10)
    assert len(mailbox.deliver()) == 2, "each writer hears of it"


def test_all_on_a_page_are_chosen_with_one_tick_and_rule_and_words_are_asked_once(
    desk, waiting, states, mailbox, clock
):
    desk.visit("/desk/comments/")
    desk.press_get("Reject … those chosen", all="1")
    assert desk.heading == "Reject 5 comments?"
    desk.press("Reject 5 comments and tell the writers", status=422, note="A word from us.")
    assert "Choose the rule that the comment breaks" in desk.text
    assert desk.page.find(id="note").get_text().strip() == "A word from us.", "what was typed is kept"
    desk.press("Reject 5 comments and tell the writers", status=422, rule="6", note="n" * 3_000)
    assert desk.page.find(id="note").get_text().strip() == "n" * 3_000
    assert desk.page.find("input", checked=True)["value"] == "6"
    desk.press("Reject 5 comments and tell the writers", note="A word from us.")
    assert desk.heading == "5 comments rejected"
    assert states() == ["rejected"] * 5
    clock.forward(minutes=10)
    mails = mailbox.deliver()
    assert len(mails) == 5
    assert all("A word from us." in mail.body for mail in mails)


def test_what_moved_on_meanwhile_is_left_out_and_said(app, inside, desk, another_browser, waiting, states):
    desk.visit("/desk/comments/")
    desk.press_get("Spam those chosen", all="1")
    with inside():
        db.session.get_one(Comment, waiting[0].id).reword("Other words.")
    piotr = cast.signed_in(another_browser, inside, cast.piotr)
    piotr.visit(f"/desk/comments/{waiting[1].id}")
    piotr.press("Approve")
    desk.press("Mark 5 comments as spam")
    assert desk.heading == "3 comments marked as spam"
    assert "2 comments were left out" in desk.text
    assert "Jo 0 : waits, in other words" in desk.text
    assert "Jo 1 : approved by Piotr Lund" in desk.text
    assert states() == ["pending", "published", "spam", "spam", "spam"]

    before = rows(app)
    desk.visit(f"{CHOSEN}?decision=approve&chosen={chosen(*waiting).replace(' ', '+')}", status=422)
    assert desk.heading == "No comment is chosen"
    assert "5 comments were left out" in desk.text
    assert rows(app) == before


def test_where_all_of_them_moved_on_nothing_is_decided(app, inside, desk, waiting):
    desk.visit("/desk/comments/")
    desk.press_get("Approve those chosen", all="1")
    with inside():
        for comment in waiting:
            db.session.get_one(Comment, comment.id).reword("Other words.")
    before = rows(app)
    desk.press("Approve 5 comments", status=409)
    assert "Nothing was decided: all of them have changed since you saw them." in desk.text
    assert rows(app) == before


def test_a_batch_is_undone_as_a_whole_or_one_by_one(
    app, inside, desk, another_browser, waiting, states, mailbox, clock
):
    desk.visit("/desk/comments/")
    desk.press_get("Approve those chosen", all="1")
    desk.press("Approve 5 comments")
    batch = desk.path
    desk.visit("/desk/comments/")
    assert "5 comments Approved together." in desk.text
    desk.follow("See which")
    assert desk.path == batch
    desk.press("Undo Jo 0")
    assert states().count("pending") == 1
    piotr = cast.signed_in(another_browser, inside, cast.piotr)
    piotr.visit(f"/desk/comments/{waiting[1].id}")
    piotr.press("Take down …")
    piotr.press("Take it down", rule="1")
    piotr.visit(batch)
    assert not piotr.page.select("main form"), "only who decided can undo"
    desk.visit(batch)
    assert desk.heading == "4 comments approved"
    desk.press("Undo all 3")
    assert states() == ["pending", "rejected", "pending", "pending", "pending"]
    assert desk.heading == "1 comment approved"
    clock.forward(minutes=10)
    assert [mail.subject for mail in mailbox.deliver()] == ["Your comment on Open policy is not published any more"]
    before = rows(app)
    token = desk.page.find("input", attrs={"name": "csrf_token"})["value"]
    assert desk.client.post(f"{batch}/undo", data={"csrf_token": token}).status_code == 409
    assert rows(app) == before


def test_after_ten_minutes_a_batch_stays(desk, waiting, states, clock):
    desk.visit("/desk/comments/")
    desk.press_get("Approve those chosen", all="1")
    desk.press("Approve 5 comments")
    clock.forward(minutes=10)
    desk.press("Undo all 5", status=409)
    assert "Nothing could be undone: ten minutes have passed" in desk.text
    assert states() == ["published"] * 5


ODD = [
    "x", "1", "1.", ".1", "1.x", "-1.1", "1.-1", "0.0", f"{'9' * 19}.1", f"1.{'9' * 19}", "1.1.1", "\x00", "٣.١", "<b>",
    "9" * 10_000, "\ud800",
]  # fmt: skip


def test_whatever_is_sent_instead_is_answered_and_decides_nothing(app, desk, waiting):
    desk.visit("/desk/comments/")
    token = desk.page.find("input", attrs={"name": "csrf_token"})["value"]
    before = rows(app)

    def answers(**sent):
        posted = desk.client.post(CHOSEN, data=sent | {"csrf_token": token})
        return {desk.client.get(CHOSEN, query_string=sent).status_code, posted.status_code}

    for odd in ODD:
        assert answers(decision="approve", chosen=odd.encode("utf-8", "surrogatepass")) <= {422, 409}, odd
    for decision in ("", "remove", "redact", "restore", "x" * 10_000, "APPROVE"):
        assert answers(decision=decision, chosen=chosen(waiting[0])) == {422}, decision
    assert answers() == {200, 422}
    desk.visit(CHOSEN)
    assert desk.heading == "No comment is chosen"
    many = " ".join(f"{n}.1" for n in range(1, 102))
    assert answers(decision="approve", chosen=many) == {422}
    desk.visit(f"{CHOSEN}?decision=approve&chosen={many.replace(' ', '+')}", status=422)
    assert "At most 100 comments" in desk.text
    assert rows(app) == before
    desk.visit(f"{CHOSEN}?chosen={chosen(waiting[0])}", status=422)
    assert desk.heading == "What becomes of 1 comment?"
    desk.press_get("Reject …", status=200)
    assert desk.heading == "Reject 1 comment?"


def test_of_two_moderators_with_the_same_twenty_each_comment_is_decided_once(app, inside, post, states):
    with inside():
        comments = [cast.a_comment(post, text=f"{n}", email=f"{n}@example.org") for n in range(20)]
    desks = [cast.signed_in(Browser(app), inside, who) for who in (cast.ines, cast.piotr)]
    for desk, act in zip(desks, ("Approve those chosen", "Spam those chosen"), strict=True):
        desk.visit("/desk/comments/")
        desk.press_get(act, chosen=chosen(*comments))
    with ThreadPoolExecutor(2) as pool:
        answers = [
            pool.submit(desks[0].client.post, CHOSEN, data=sent(desks[0], "approve", comments)),
            pool.submit(desks[1].client.post, CHOSEN, data=sent(desks[1], "spam", comments)),
        ]
    assert sorted(answer.result().status_code for answer in answers) == [303, 409]
    with inside(False):
        assert db.session.scalar(select(func.count(Decision.id))) == 20
    assert len(set(states())) == 1
    late = next(answer.result() for answer in answers if answer.result().status_code == 409)
    assert late.text.count("<li><a") >= 20, "the second is shown what the first decided"


def sent(desk, act, comments) -> dict:
    token = desk.page.find("input", attrs={"name": "csrf_token"})["value"]
    return {"decision": act, "chosen": chosen(*comments), "csrf_token": token}


def test_a_hundred_are_asked_about_and_shown_in_few_statements(app, inside, desk, post):
    with inside():
        comments = [cast.a_comment(post, text=f"{n}", email=f"{n}@example.org") for n in range(100)]
    desk.visit("/desk/comments/")
    with counting(app) as asked:
        desk.press_get("Approve those chosen", chosen=chosen(*comments))
    assert len(asked) <= 6, str(asked)
    desk.press("Approve 100 comments")
    with counting(app) as shown:
        desk.visit(desk.path)
    assert len(shown) <= 6, str(shown)
    with inside(False):
        assert db.session.scalar(select(func.count(Email.id))) == 100
    desk.press("Undo all 100")
    with inside(False):
        assert db.session.scalar(select(func.count(Comment.id)).where(Comment.state == State.PENDING)) == 100
