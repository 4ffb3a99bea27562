"""The post that stands first on the front page."""

import pytest
from sqlalchemy import select

from opm import settings
from opm.extensions import db
from opm.lib import publicity
from opm.posts import featuring, publishing
from opm.posts.filing import ChangedMeanwhile
from opm.posts.models import Post, State
from tests import cast
from tests.counting import counting
from tests.posts.test_publishing import at_once


@pytest.fixture
def posts(inside):
    """Five, a day apart; by their slugs, their ids."""
    with inside():
        made = [cast.a_post(f"p{n}", f"Post {n}", on=(2026, 10, n)) for n in range(1, 6)]
        db.session.flush()
        return {post.slug: post.id for post in made}


def feature(inside, id):
    with inside():
        featuring.feature(Post.held(id))


def titles(reader, path="/"):
    return [h2.get_text() for h2 in reader.get(path).page.select("article h2")]


NEWEST_FIRST = ["Post 5", "Post 4", "Post 3", "Post 2", "Post 1"]


def test_it_stands_first_with_a_mark_and_not_twice(inside, posts, reader):
    with inside():
        settings.change(posts_per_page=2)
    feature(inside, posts["p2"])
    assert [titles(reader, path) for path in ("/", "/page/2/", "/page/3/")] == [
        ["Post 2", "Post 5"], ["Post 4", "Post 3"], ["Post 1"],
    ]  # fmt: skip
    first, second = reader.get("/").page.find_all("article")
    assert "Featured" in first.get_text()
    assert first.find(class_="lead")
    assert "Featured" not in second.get_text()


def test_elsewhere_it_stands_in_its_place(inside, posts, reader):
    feature(inside, posts["p2"])
    assert titles(reader, "/2026/10/") == NEWEST_FIRST
    assert titles(reader, "/author/ines-calder/") == NEWEST_FIRST
    feed = reader.client.get("/feed/").text
    assert feed.index("Post 5") < feed.index("Post 2")
    assert "Featured" not in reader.get("/2026/10/").text


def test_there_is_one_at_most(inside, posts, reader):
    for slug in ("p2", "p3", "p3"):
        feature(inside, posts[slug])
    with inside(False):
        assert db.session.scalars(select(Post.slug).where(Post.is_featured)).all() == ["p3"]
    assert titles(reader)[0] == "Post 3"


def test_it_ends_by_hand_and_when_the_post_is_withdrawn(inside, posts, reader):
    for end in (featuring.stop, lambda post: publishing.withdraw(post, "Old.")):
        feature(inside, posts["p1"])
        assert titles(reader)[0] == "Post 1"
        with inside():
            end(Post.held(posts["p1"]))
        assert titles(reader)[0] == "Post 5"


@pytest.mark.parametrize("state", [state for state in State if state != State.PUBLISHED])
def test_what_readers_do_not_see_is_not_featured(inside, posts, state):
    with inside():
        post = Post.held(posts["p2"])
        post.state = state
        with pytest.raises(publishing.NotNow):
            featuring.feature(post)


def test_readers_see_it_at_once(inside, posts):
    with inside():
        before = publicity.version()
        featuring.feature(Post.held(posts["p2"]))
        featuring.feature(Post.held(posts["p2"]))
        assert publicity.version() == before + 1


def test_an_editor_does_it_from_the_post(inside, posts, browser, reader):
    cast.signed_in(browser, inside, cast.edith)
    browser.visit(f"/desk/posts/{posts['p2']}")
    browser.follow("Put it first")
    assert "No post is featured" in browser.text
    browser.press("Put it first")
    assert "This post stands first on the front page" in browser.text
    browser.visit(f"/desk/posts/{posts['p3']}/feature")
    assert "Post 2 stands first now." in browser.text
    browser.press("Put it first")
    assert titles(reader)[0] == "Post 3"
    browser.press("Put it back in its place")
    assert titles(reader) == NEWEST_FIRST
    with inside():
        Post.held(posts["p3"]).state = State.DRAFT
    browser.press("Put it first", 409)
    assert "readers do not see this post" in browser.text


def test_the_front_page_costs_no_statement_more(app, inside, posts, reader):
    with counting(app) as before:
        reader.client.get("/")
    feature(inside, posts["p2"])
    with counting(app) as after:
        reader.client.get("/")
    assert len(after) == len(before) <= 5


def test_of_two_that_are_featured_at_once_one_stands_first(app, inside, posts):
    came = at_once(app, *[lambda id=id: featuring.feature(Post.held(id)) for id in posts.values()])
    assert all(error is None or isinstance(error, ChangedMeanwhile) for error in came), came
    assert None in came
    with inside(False):
        assert len(db.session.scalars(select(Post.id).where(Post.is_featured)).all()) == 1
