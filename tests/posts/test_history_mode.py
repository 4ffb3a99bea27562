"""Posts marked political say so after a change of government: on the page and in feeds, from that day on."""

from datetime import UTC, datetime

import pytest

from opm import settings
from opm.extensions import db
from opm.posts import filing
from opm.posts.models import Post
from tests import cast

WORDS = "This was published under the previous government."


@pytest.fixture
def posts(inside):
    """One that is political and one that is not, by slug their ids; the government changes on 20 October."""
    with inside():
        political, other = cast.a_post(), cast.a_post("the-bins", "The bins")
        filing.mark_political(political, True)
        settings.change(government_changed_on="2026-10-20")
        db.session.flush()
        return political.id, other.id


def feed_of(reader):
    return reader.client.get("/feed/").text


def test_the_notice_stands_from_that_day_on_and_no_page_is_stale(inside, posts, reader, clock):
    for _look in range(2):
        assert WORDS not in reader.get(cast.POST).text
        assert WORDS not in feed_of(reader)
    updated = feed_of(reader).count("<updated>2026-10-01T08:00:00")
    clock.at = datetime(2026, 10, 19, 23, 0, tzinfo=UTC)  # midnight in the site's zone
    page = reader.get(cast.POST).page
    assert page.find("article").find(class_="notice").get_text() == WORDS
    assert WORDS not in reader.get("/2026/10/01/the-bins/").text
    feed = feed_of(reader)
    assert feed.count(WORDS) == 1
    assert feed.count("<updated>2026-10-01T08:00:00") == updated, "nobody is told anew"
    with inside():
        settings.reset("government_changed_on")
    assert WORDS not in reader.get(cast.POST).text


def test_what_the_new_government_publishes_carries_none(inside, posts, reader, clock):
    clock.at = datetime(2026, 10, 25, 9, tzinfo=UTC)
    with inside():
        filing.mark_political(cast.a_post("new", "New", on=(2026, 10, 20)), True)
    assert WORDS not in reader.get("/2026/10/20/new/").text


def test_an_editor_marks_a_post_where_it_is_written(inside, posts, browser):
    cast.signed_in(browser, inside, cast.edith)
    id = posts[1]
    browser.visit(f"/desk/posts/{id}")
    browser.press("Save changes for everybody", political="1")
    with inside(False):
        assert db.session.get(Post, id).is_political
    browser.press("Save changes for everybody")
    with inside(False):
        assert db.session.get(Post, id).is_political, "what is ticked stays so"
    browser.press("Save changes for everybody", political=None)
    with inside(False):
        assert not db.session.get(Post, id).is_political


def test_an_author_can_neither_set_nor_lose_the_mark(inside, browser):
    with inside():
        post = cast.a_draft()
        filing.mark_political(post, True)
        db.session.flush()
        id = post.id
    cast.signed_in(browser, inside, cast.rosa)
    browser.visit(f"/desk/posts/{id}")
    assert not browser.page.find("input", {"name": "political"})
    browser.press("Save", title="Thirteen benches")
    with inside(False):
        assert db.session.get(Post, id).is_political


@pytest.mark.parametrize("typed", ["2026-1-1", "２０２６-01-01", "0001-01-01", "9999-12-31", "2026-02-30", "soon"])
def test_a_day_that_no_page_could_read_again_is_refused(inside, browser, reader, typed):
    cast.signed_in(browser, inside)
    browser.visit("/desk/settings/history/")
    browser.press("Save “First day of the new government”", status=422, government_changed_on=typed)
    assert "Name the day like 2026-11-14" in browser.text
    assert reader.get("/").status == 200
