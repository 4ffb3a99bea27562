"""Before a post goes out its editor is told how many will hear of it, and can choose that nobody does."""

import pytest

from opm import settings
from opm.accounts import elections
from opm.extensions import db
from opm.posts.models import Post
from opm.subscriptions.models import Rhythm, Topic
from tests import cast
from tests.counting import counting


@pytest.fixture
def edith(inside, browser):
    """Edith at the desk, who publishes."""
    return cast.signed_in(browser, inside, cast.edith)


@pytest.fixture
def draft(inside):
    """The id of a draft of Rosa's."""
    with inside():
        return cast.a_draft().id


def is_ticked(browser):
    return browser.page.find(id="tell").has_attr("checked")


def test_an_editor_reads_how_many_will_be_told(inside, edith, draft, signs_up):
    edith.visit(f"/desk/posts/{draft}")
    assert "Nobody follows what it is filed under yet." in edith.text
    with inside(False):
        author = db.session.get(Post, draft).authors[0].id
    for name in ("kim", "lea"):
        signs_up(f"{name}@example.org")
        signs_up(f"{name}@example.org", Topic.AUTHOR, author, Rhythm.DAILY)
    signs_up("max@example.org", Topic.AUTHOR, author, Rhythm.WEEKLY)
    signs_up("nan@example.org", Topic.AUTHOR, author + 1)
    signs_up("rosa@northmere.example")
    edith.visit(f"/desk/posts/{draft}")
    assert "2 people will be told at once, 1 in a digest." in edith.text
    assert "five minutes after publication" in edith.text


def test_who_only_writes_is_not_asked(inside, browser, draft):
    cast.signed_in(browser, inside, cast.rosa).visit(f"/desk/posts/{draft}")
    assert browser.page.find(id="tell") is None
    browser.press("Save", title="Eleven benches")
    with inside(False):
        assert not db.session.get(Post, draft).is_quiet


def test_a_quiet_post_is_told_to_nobody_and_the_choice_outlasts_a_refusal(
    inside, edith, draft, signs_up, announce, clock, mailbox
):
    signs_up("kim@example.org")
    edith.visit(f"/desk/posts/{draft}")
    assert is_ticked(edith)
    edith.press("Save", title="", tell=None, status=422)
    assert not is_ticked(edith), "as it was left"
    edith.press("Save", title="Twelve benches", tell=None)
    assert not is_ticked(edith)
    edith.press("Publish now")
    clock.forward(minutes=10)
    announce()
    assert not mailbox.deliver()
    assert edith.page.find(id="tell") is None, "it is settled"


def test_what_an_editor_publishes_is_told(inside, edith, draft, signs_up, announce, clock, mailbox):
    signs_up("kim@example.org")
    edith.visit(f"/desk/posts/{draft}")
    edith.press("Save", tell=None)
    edith.press("Publish now", tell="1")
    clock.forward(minutes=5)
    announce()
    (mail,) = mailbox.deliver()
    assert mail.subject == "Twelve benches (Open policy)"


def test_in_election_time_the_desk_says_when_they_are_told(inside, edith, draft, signs_up):
    signs_up("kim@example.org")
    with inside():
        elections.switch(True, None)
        settings.change(election_comments="held")
    edith.visit(f"/desk/posts/{draft}")
    assert "It is election time: they are told when that is over." in edith.text


def test_counting_takes_as_many_statements_for_many_as_for_few(app, inside, edith, draft, signs_up):
    signs_up("kim@example.org")
    with counting(app) as few:
        edith.visit(f"/desk/posts/{draft}")
    for number in range(20):
        signs_up(f"s{number}@example.org")
    with counting(app) as many:
        edith.visit(f"/desk/posts/{draft}")
    assert len(few) == len(many), many
