"""A post to read, and the cache that keeps its page."""

import threading

import pytest
from sqlalchemy import select

from opm.comments import moderation
from opm.comments.models import Act, Comment, State
from opm.extensions import db
from tests import cast


@pytest.fixture
def pages(app):
    """The cache in front of the app, empty, with no hit yet."""
    pages = app.extensions["pages"]
    pages.hits = 0
    return pages


@pytest.fixture
def post(inside):
    """A post in a category, at `cast.POST`, with a comment that waits."""
    with inside():
        post = cast.a_post(category="rivers")
        cast.a_comment(post.thread)
        return post


@pytest.fixture
def reader(app):
    """Takes what it gets, as the server sends it."""
    return app.test_client()


@pytest.fixture
def approve(app):
    """`approve()` lets the comment out that waits, as a process of its own would: nothing is told to the cache."""

    def approve():
        with app.app_context():
            comment = Comment.held(db.session.scalar(select(Comment.id).where(Comment.state == State.PENDING)))
            moderation.decide(comment, Act.APPROVE, cast.ines(), revision=comment.revision)
            db.session.commit()

    return approve


@pytest.fixture
def view(app, monkeypatch):
    """`view(function)` puts another view at /about/ while the test lasts."""
    return lambda function: monkeypatch.setitem(app.view_functions, "site.about", function)


@pytest.fixture
def at_once():
    """`at_once(16, act)` does it in so many threads and gives what came of it."""

    def at_once(count, act):
        became, barrier = [], threading.Barrier(count)

        def begin():
            barrier.wait()
            became.append(act())

        threads = [threading.Thread(target=begin) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return became

    return at_once
