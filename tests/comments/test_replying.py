"""The team answers at its desk: in public at once, marked, with a number; what was typed is never lost."""

import pytest
from sqlalchemy import select

from opm.accounts.audit import Did, Entry
from opm.comments.models import Comment, State, Thread
from opm.extensions import db
from tests import cast
from tests.comments.test_moderation import Moderator, assert_counted, ines, look, newest, piotr, waiting  # noqa: F401
from tests.stranger import Stranger
from tests.tables import rows

WORDS = "Thank you.\n\nThe rota is mended: see <https://northmere.example/rota>."


@pytest.fixture
def reply(ines):  # noqa: F811
    """`reply(comment)` answers it."""

    def reply(comment, by=ines, htmx=False, **fields):
        return by.post(f"/desk/comments/{comment.id}/reply", htmx, **{"text": WORDS, "revision": 1} | fields)

    return reply


def test_without_scripts_a_comment_that_waits_is_approved_and_answered_in_one_step(
    inside, waiting, browser, stranger, mailbox, clock  # noqa: F811
):  # fmt: skip
    cast.signed_in(browser, inside)
    browser.visit("/desk/comments/")
    browser.follow("Approve and reply …")
    browser.press("Approve and publish the reply", status=422)
    assert "Write your reply" in browser.text
    browser.press("Approve and publish the reply", text=WORDS)
    assert "Written by the team." in browser.text
    page = stranger.get(cast.POST).page
    first, second = page.select(".thread li")
    assert second.find_parent("li") == first
    assert "Ines Calder [Open policy]" in " ".join(second.h3.get_text().split())
    clock.forward(minutes=10)
    assert [mail.subject for mail in mailbox.deliver()] == ["Your comment on Open policy is published"]
    with inside(False):
        answer = db.session.scalars(select(Comment).where(Comment.number == 2)).one()
        assert (answer.text, answer.name, answer.email, answer.address_hash) == (WORDS, "Ines Calder", None, None)
        assert Did.REPLIED in [entry.did for entry in db.session.scalars(select(Entry))]


def test_pressed_twice_it_stands_once_and_in_place_it_says_its_number(inside, post, reply):
    with inside():
        comment = cast.a_comment(post, State.PUBLISHED)
    for _ in range(2):
        answer = reply(comment, htmx=True)
        assert answer.status == 200
        assert "Your reply stands as comment 2 ." in answer.text
    assert_counted(inside, post)


def test_the_team_may_answer_where_comments_are_closed_and_not_where_the_post_has_gone(app, inside, post, reply):
    with inside():
        comment = cast.a_comment(post, State.PUBLISHED)
        db.session.get(Thread, post.id).close()
    assert reply(comment).status == 303
    with inside():
        db.session.get(Thread, post.id).is_public = False
    before = rows(app)
    answer = reply(comment, text="Once more.")
    assert (answer.status, answer.typed("text")) == (409, "Once more.")
    assert rows(app) == before


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("meanwhile", ["reject", "edit"])
def test_what_was_typed_comes_back_when_the_comment_has_changed(app, inside, waiting, reply, piotr, meanwhile, htmx):  # noqa: F811
    if meanwhile == "reject":
        piotr.decide(waiting, "reject")
    else:
        with inside():
            Comment.held(waiting.id).edit("Other words.", "Jo", 1)
    before = rows(app)
    answer = reply(waiting, htmx=htmx)
    assert answer.status == 409
    assert WORDS in answer.given_back() or answer.typed("text") == WORDS
    assert ("Rejected by Piotr Lund" if meanwhile == "reject" else "Other words.") in answer.text
    assert rows(app) == before


def test_signed_out_meanwhile_it_is_kept_and_sent_again(inside, waiting, browser, clock, look):  # noqa: F811
    cast.signed_in(browser, inside)
    browser.visit(f"/desk/comments/{waiting.id}/reply")
    clock.forward(days=7)
    browser.press("Approve and publish the reply", text=WORDS, status=403)
    assert WORDS.split("\n")[0] in browser.text
    cast.signed_in(browser, inside)
    browser.visit("/desk/kept/")
    browser.press("Send")
    assert look(waiting).is_published


def test_undoing_the_approval_takes_the_answer_with_it_and_only_that(
    inside, post, waiting, reply, ines, piotr, newest  # noqa: F811
):  # fmt: skip
    reply(waiting)
    reply(waiting, by=piotr, text="Quite.")
    ines.undo(newest())
    with inside(False):
        states = {said.text: said.state for said in db.session.scalars(select(Comment))}
    assert states == {cast.WORDS: State.PENDING, WORDS: State.WITHDRAWN, "Quite.": State.PUBLISHED}
    assert_counted(inside, post)


def test_in_place_an_approval_with_its_answer_can_be_undone_at_once(waiting, reply, ines, newest, look):  # noqa: F811
    answer = reply(waiting, htmx=True)
    assert "takes it back, too." in answer.text
    assert f"/desk/comments/decisions/{newest().id}/undo" in answer.actions()
    assert ines.undo(newest(), htmx=True).status == 200
    assert look(waiting).state == State.PENDING


def test_what_says_nothing_or_too_much_is_refused_and_kept(app, waiting, reply):  # noqa: F811
    before = rows(app)
    for text in ("", " \n\u200b ", "\x00"):
        assert reply(waiting, text=text).status == 422
    for htmx in (False, True):
        answer = reply(waiting, text="x" * 10_001, htmx=htmx)
        assert (answer.status, answer.typed("text")) == (422, "x" * 10_001)
    for revision in (None, "x", "0", "9" * 30):
        assert reply(waiting, revision=revision).status == 422
    assert rows(app) == before


def test_only_what_the_team_wrote_is_withdrawn_by_it(app, inside, post, reply, ines, look):  # noqa: F811
    with inside():
        comment = cast.a_comment(post, State.PUBLISHED)
    reply(comment)
    assert ines.post(f"/desk/comments/{comment.id}/withdraw").status == 409
    with inside(False):
        answer = db.session.scalars(select(Comment).where(Comment.staff_id.is_not(None))).one()
    assert ines.post(f"/desk/comments/{answer.id}/withdraw").status == 303
    assert look(answer).state == State.WITHDRAWN
    assert "mended" not in Stranger(app).get(cast.POST).text


def test_no_name_can_look_like_the_mark_of_the_team(inside, post, stranger, stored, app):
    for name in ("Jo [Open policy]", "Jo ［Open policy］", "Jo 【Open policy】", "Jo ⟦Open policy⟧"):
        answer = stranger.send(name=name)
        assert answer.status == 422
        assert "Leave out [ and ]" in answer.text
        assert answer.typed("name") == name
    assert stored() == []
    with inside():
        cast.a_comment(post, State.PUBLISHED, name="Jo [Open policy]")
    assert "Jo Open policy" in Stranger(app).get(cast.POST).page.select_one(".thread h3").get_text()
