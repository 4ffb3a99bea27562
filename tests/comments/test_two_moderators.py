"""Two moderators at one comment at the same moment: one acts, the other is shown what was done and loses no word."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from opm.comments import moderation
from opm.comments.models import Act, Comment, Decision, Handover, State
from opm.extensions import db
from tests import cast
from tests.comments.test_moderation import Moderator, assert_counted

TYPED = "What I had typed."
ROUNDS = 3


@pytest.fixture
def desks(app, inside):
    """Ines's desk and Piotr's."""
    return Moderator(app, inside), Moderator(app, inside, cast.piotr)


def decides(act):
    """A moderator presses this button."""
    return lambda desk, comment: desk.decide(comment, act, note=TYPED)


def replies(desk, comment):
    """A moderator answers it."""
    return desk.post(f"/desk/comments/{comment.id}/reply", text=TYPED, revision=1)


def undoes(desk, comment):
    """A moderator takes back the last decision about it."""
    return desk.undo(db_decision(desk, comment))


def db_decision(desk, comment):
    """The last decision about a comment."""
    with desk.client.application.app_context():
        return db.session.scalar(
            select(Decision).where(Decision.comment_id == comment.id).order_by(Decision.id.desc()).limit(1)
        )


def stands(comment, inside) -> list[tuple[str, str]]:
    """What was decided about it and stands: by whom, and what."""
    with inside(False):
        found = db.session.get_one(Comment, comment.id)
        return [(decision.by.name, decision.act) for decision in found.standing_decisions]


@pytest.mark.parametrize(
    ("state", "one", "other"),
    [
        (State.PENDING, decides("reject"), decides("redact")),
        (State.PENDING, replies, decides("reject")),
        (State.PUBLISHED, decides("redact"), decides("remove")),
        (State.PUBLISHED, decides("remove"), decides("remove")),
        (State.REJECTED, decides("restore"), decides("restore")),
    ],
    ids=["reject-redact", "reply-reject", "redact-remove", "remove-remove", "restore-restore"],
)
def test_one_acts_and_the_other_is_shown_by_whom_what_and_by_which_rule(inside, post, desks, state, one, other):
    with inside():
        comments = [cast.a_comment(post, state, text=f"Number {n}: a word too many.") for n in range(ROUNDS)]
    for comment in comments:
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda act, desk: act(desk, comment), (one, other), desks))  # noqa: B023
        assert sorted(answer.status for answer in answers) == [303, 409]
        (second,) = (answer for answer in answers if answer.status == 409)
        ((who, act),) = stands(comment, inside)
        assert f"by {who}" in second.text
        assert act not in (Act.REJECT, Act.REMOVE, Act.REDACT) or "Rule 1." in second.text
        assert TYPED in str(second.page), "what the second typed is lost"
    assert_counted(inside, post)


def test_an_undo_and_a_newer_act_never_both_happen(inside, post, desks):
    with inside():
        comments = [cast.a_comment(post, text=f"Number {n}.") for n in range(ROUNDS)]
        for comment in comments:
            moderation.decide(comment, Act.APPROVE, cast.ines(), revision=1)
    for comment in comments:
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda act, desk: act(desk, comment), (undoes, decides("remove")), desks))  # noqa: B023
        assert sorted(answer.status for answer in answers) == [303, 409]
        with inside(False):
            state = db.session.get_one(Comment, comment.id).state
        was_undone = answers[0].status == 303
        assert state == (State.PENDING if was_undone else State.REJECTED)
        assert stands(comment, inside) == ([] if was_undone else [("Ines Calder", "approve"), ("Piotr Lund", "remove")])
        assert was_undone or "Taken down by Piotr Lund" in answers[0].text
    assert_counted(inside, post)


def test_handed_on_while_it_is_decided_it_is_nobodys_any_more(inside, post, desks):
    with inside():
        comments, to = [cast.a_comment(post, text=f"Number {n}.") for n in range(ROUNDS)], cast.piotr().id
    for comment in comments:
        with ThreadPoolExecutor(2) as pool:
            handed = pool.submit(desks[0].post, f"/desk/comments/{comment.id}/hand", to=to, note=TYPED)
            decided = pool.submit(desks[1].decide, comment, "approve")
        assert decided.result().status == 303
        assert handed.result().status in (303, 409)
        assert handed.result().status == 303 or TYPED in str(handed.result().page)
    with inside(False):
        assert db.session.query(Handover).count() == 0
