"""Saving a post: every save is kept, and nobody's words are written over."""

import pytest
from sqlalchemy import select

from opm.comments.models import Thread
from opm.extensions import db
from opm.lib import publicity
from opm.posts import writing
from opm.posts.drafts import Draft
from opm.posts.models import Post, Revision
from opm.posts.writing import Overtaken, Words
from tests import cast


@pytest.fixture
def draft(inside):
    """Rosa's draft, at its second revision. Gives its id."""
    with inside():
        return cast.a_draft().id


def revisions(id):
    return db.session.scalars(Revision.of(db.session.get(Post, id))).all()


def test_every_save_is_kept_with_who_made_it(inside, draft, clock):
    clock.forward(hours=1)
    with inside():
        post, edith = Post.held(draft), cast.edith()
        assert writing.save(post, Words("Twelve benches", "Where legs give out.", "Eleven walks.\n"), edith, 2)
    with inside():
        assert [(each.number, each.by.name, each.text) for each in revisions(draft)] == [
            (3, "Edith Varga", "Eleven walks.\n"),
            (2, "Rosa Menk", "We walked with eleven people and counted.\n"),
            (1, "Rosa Menk", ""),
        ]
        assert Post.held(draft).changed_by.name == "Edith Varga"
        assert "<p>Eleven walks.</p>" in Post.held(draft).html


def test_saving_what_is_there_makes_no_revision(inside, draft):
    with inside():
        post = Post.held(draft)
        assert not writing.save(post, Words.of(post), cast.edith(), 2)
        assert post.changed_by.name == "Rosa Menk"
    with inside():
        assert len(revisions(draft)) == 2


def test_who_comes_second_is_stopped(inside, draft):
    with inside():
        post = Post.held(draft)
        writing.save(post, Words("Twelve benches", "", "Edith's words."), cast.edith(), 2)
        with pytest.raises(Overtaken):
            writing.save(post, Words("Twelve benches", "", "Rosa's words."), cast.rosa(), 2)
        assert post.text == "Edith's words."


def test_pressed_twice_it_is_saved_once(inside, draft):
    with inside():
        post, words = Post.held(draft), Words("Twelve benches", "", "Once.")
        assert writing.save(post, words, cast.rosa(), 2)
        assert not writing.save(post, words, cast.rosa(), 2)
        assert post.revision == 3


def test_a_post_from_elsewhere_keeps_what_it_said_before_it_was_first_edited(inside):
    with inside():
        id = cast.a_post().id
    with inside():
        writing.save(Post.held(id), Words("Who fills the sandbags?", "", "Nobody."), cast.edith(), 1)
    with inside():
        first = revisions(id)[-1]
        assert (first.number, first.by, "**knows** the water" in first.text) == (1, None, True)


def test_what_is_public_changes_for_everybody_at_once(inside, browser):
    with inside():
        id = cast.a_post().id
    browser.visit(cast.POST)
    with inside():
        writing.save(Post.held(id), Words("Who fills them?", "", "The rota does."), cast.edith(), 1)
    browser.visit(cast.POST)
    assert browser.heading == "Who fills them?"
    assert "The rota does." in browser.text
    with inside():
        assert db.session.scalar(select(Thread.title)) == "Who fills them?"


def test_a_draft_changes_nothing_that_the_public_sees(inside, draft):
    with inside():
        before = publicity.version()
        writing.save(Post.held(draft), Words("Benches", "", "More."), cast.rosa(), 2)
        assert publicity.version() == before


def test_the_address_follows_the_title_until_it_is_chosen(inside, draft):
    with inside():
        post = Post.held(draft)
        writing.save(post, Words("A bench every 200 steps", "", ""), cast.rosa(), 2)
        assert post.slug == "a-bench-every-200-steps"


def test_saving_drops_what_was_kept_unsaved(inside, draft):
    with inside():
        db.session.add(Draft(post_id=draft, person=cast.rosa(), text="Not saved yet."))
        db.session.add(Draft(post_id=draft, person=cast.edith(), text="Hers."))
    with inside():
        writing.save(Post.held(draft), Words("Twelve benches", "", "Saved."), cast.rosa(), 2)
    with inside():
        assert db.session.scalars(select(Draft)).one().person.name == "Edith Varga"


def test_who_begins_a_post_stands_in_its_byline(inside, draft):
    with inside():
        assert [author.name for author in Post.held(draft).authors] == ["Rosa Menk"]
        assert writing.begin("Another", cast.rosa()).authors == Post.held(draft).authors
