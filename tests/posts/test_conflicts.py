"""Two save one post: the second is shown what each changed, and both together where that goes."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from opm.extensions import db
from opm.posts import writing
from opm.posts.conflicts import Conflict
from opm.posts.drafts import Draft
from opm.posts.models import Post, Revision
from opm.posts.writing import Words
from tests import cast
from tests.accounts.test_access import post, token_of

BEGAN = "The first line.\n\nThe second line.\n\nThe third line."


@pytest.fixture
def draft(inside):
    """A post of three lines, at revision 2."""
    with inside():
        return cast.a_draft(text=BEGAN)


@pytest.fixture
def page(draft):
    return f"/desk/posts/{draft.id}"


@pytest.fixture
def rosa(inside, browser, page):
    """Rosa, who has the editor open."""
    cast.signed_in(browser, inside, cast.rosa)
    browser.visit(page)
    return browser


def ines_saves(inside, draft, text, title="Twelve benches"):
    with inside():
        writing.save(Post.held(draft.id), Words(title, "", text), cast.ines(), 2)


def saved(inside, draft) -> Words:
    with inside(False):
        return Words.of(db.session.scalar(Post.at_desk().where(Post.id == draft.id)))


def test_changes_that_do_not_touch_are_offered_in_one_text(inside, rosa, draft, page):
    ines_saves(inside, draft, BEGAN.replace("first", "very first"), title="Thirteen benches")
    rosa.press("Save", status=409, text=BEGAN.replace("third", "last"), comments="closed")
    assert rosa.heading == "Two versions of this post"
    assert "Ines Calder saved this post while you were writing." in rosa.text
    theirs, mine = rosa.page.find_all("section")[:2]
    assert [ins.get_text() for ins in theirs.find_all("ins")] == ["added: Thirteen", "added: very"] or theirs.find_all(
        "ins"
    )
    assert "very" in theirs.find("ins").parent.parent.get_text()
    assert "last" in " ".join(ins.get_text() for ins in mine.find_all("ins"))
    rosa.press("Save both together")
    both = Words("Thirteen benches", "", BEGAN.replace("first", "very first").replace("third", "last"))
    assert saved(inside, draft) == both
    with inside(False):
        assert db.session.get(Post, draft.id).comments_closed, "what else was chosen went along"
        assert db.session.query(Draft).count() == 0


def test_where_both_changed_the_same_line_mine_stands_ready_beside_theirs(inside, rosa, draft, page):
    ines_saves(inside, draft, BEGAN.replace("second", "2nd"))
    rosa.press("Save", status=409, text=BEGAN.replace("second", "middle"))
    assert "You both changed the same lines." in rosa.text
    assert rosa.page.find(id="text").get_text() == "\n" + BEGAN.replace("second", "middle")
    assert rosa.page.find(id="their-text").get_text() == "\n" + BEGAN.replace("second", "2nd")
    assert saved(inside, draft).text == BEGAN.replace("second", "2nd"), "nothing is overwritten"
    rosa.press("Save mine as it stands here", text=BEGAN.replace("second", "2nd, or middle"))
    assert saved(inside, draft).text == BEGAN.replace("second", "2nd, or middle")
    with inside(False):
        texts = db.session.scalars(select(Revision).options(undefer(Revision.text)).order_by(Revision.number)).all()
        assert BEGAN.replace("second", "2nd") in [revision.text for revision in texts], "theirs stays a version"


def test_mine_alone_can_be_saved_where_both_would_go_together(inside, rosa, draft):
    ines_saves(inside, draft, BEGAN.replace("first", "very first"))
    rosa.press("Save", status=409, text=BEGAN.replace("third", "last"))
    rosa.press("Save mine as it stands here")
    assert saved(inside, draft).text == BEGAN.replace("third", "last")


def test_theirs_can_be_kept_and_mine_thrown_away(inside, rosa, draft):
    ines_saves(inside, draft, BEGAN.replace("first", "very first"))
    rosa.press("Save", status=409, text="All new.")
    rosa.press("Keep what Ines Calder saved, and throw mine away")
    assert rosa.page.find(id="text").get_text() == "\n" + BEGAN.replace("first", "very first")
    assert "not saved yet" not in rosa.text


def test_who_leaves_the_page_finds_the_words_again_and_the_question_too(inside, rosa, draft, page):
    ines_saves(inside, draft, "Hers.")
    rosa.press("Save", status=409, text="Mine.")
    rosa.visit(page)
    assert rosa.page.find(id="text").get_text() == "\nMine."
    rosa.press("Save", status=409)
    assert "You both changed the same lines." in rosa.text


def test_a_third_who_saves_meanwhile_brings_the_question_again(inside, rosa, draft):
    ines_saves(inside, draft, BEGAN.replace("first", "very first"))
    rosa.press("Save", status=409, text=BEGAN.replace("third", "last"))
    with inside():
        writing.save(Post.held(draft.id), Words("Twelve benches", "", "Edith’s."), cast.edith(), 3)
    rosa.press("Save both together", status=409)
    assert "Edith" in rosa.text
    assert saved(inside, draft).text == "Edith’s."


def test_where_nobody_knows_the_version_that_both_began_from_theirs_is_compared_with_mine(app, inside, draft):
    with app.app_context():
        found = db.session.scalar(Post.at_desk().where(Post.id == draft.id))
        conflict = Conflict.of(found, Words("Twelve benches", "", "Mine."), 99)
    assert conflict.began is None
    assert conflict.my_changes is None
    assert conflict.together is None
    assert conflict.their_changes.text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "</textarea><b>", "a\n" * 3000, "word " * 19_000])
def test_whatever_the_texts_are_both_come_back_whole(inside, rosa, draft, page, text):
    ines_saves(inside, draft, "Hers, " + text[:90_000])
    answer = post(rosa, page, csrf_token=token_of(rosa), title="T", text=text, revision="2", do="save")
    assert answer.status == 409
    assert answer.typed("text") == text.strip("\n")
    assert not answer.page.find("main").find("script")
