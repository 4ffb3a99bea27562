"""Several who write at once wait for each other in one order: nobody is sent away because two wait for each other.

Only PostgreSQL lets two write at the same moment. Here each rests when it has locked a row, until the other has come as
far as it gets; in another order of locks PostgreSQL would end one with a deadlock.
"""

import re
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from opm.extensions import db
from opm.posts import featuring, filing, publishing
from opm.posts.filed import Category, Series
from opm.posts.models import Post
from tests import cast
from tests.posts.test_publishing import at_once

LONG_ENOUGH_SECONDS = 0.1  # to come to a row that the other has; the other order fails whenever this is enough

LOCKING = re.compile(r" FOR (NO KEY |KEY )?(UPDATE|SHARE)|INSERT INTO (tag|post_category) ")


@pytest.fixture
def names(inside):
    """Ids of what the stories are about, by name."""
    with inside():
        series, other = filing.create(Series, "Floods"), filing.create(Series, "Fords")
        posts = {f"p{n}": cast.a_post(f"p{n}", f"P {n}", on=(2026, 10, n)) for n in range(1, 5)}
        filing.put_in(posts["p2"], series)
        filing.put_in(posts["p3"], series)
        categories = {name: filing.create(Category, name).id for name in ("A", "B")}
        return {**{name: post.id for name, post in posts.items()}, "s": series.id, "o": other.id, **categories}


@contextmanager
def slowly(app):
    """Each transaction rests after it has locked rows, so that two that could cross do."""

    def rest(_connection, _cursor, statement, *_more):
        if LOCKING.search(statement):
            threading.Event().wait(LONG_ENOUGH_SECONDS)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "after_cursor_execute", rest)
    try:
        yield
    finally:
        event.remove(engine, "after_cursor_execute", rest)


def file_under(post_id, series_id=None, tags=(), categories=()):
    post = Post.held(post_id)
    series = db.session.get(Series, series_id) if series_id else None
    chosen = [db.session.get(Category, id) for id in categories]
    filing.file(post, authors=[], categories=chosen, tags=list(tags), series=series)


def put_in(post_id, series_id):
    filing.held_parts(series_id, besides=post_id)
    filing.put_in(db.session.get(Post, post_id), Series.held(series_id))


def feature(id):
    featuring.feature(featuring.held(id))


def number(series_id):
    parts = filing.held_parts(series_id)
    filing.number({part: place for place, part in enumerate(reversed(parts), 1)})


def merge(one, other):
    filing.merge(*filing.held_both(Series, one, other))


STORIES = {
    "a part is put in while its editor files it": lambda n: [
        lambda: put_in(n["p1"], n["s"]), lambda: file_under(n["p1"], n["s"])
    ],
    "series become one while a part moves": lambda n: [
        lambda: merge(n["s"], n["o"]), lambda: file_under(n["p2"], n["o"])
    ],
    "parts are numbered while one is featured": lambda n: [lambda: number(n["s"]), lambda: feature(n["p2"])],
    "two are featured": lambda n: [lambda: feature(n["p1"]), lambda: feature(n["p4"])],
    "new tags in another order": lambda n: [
        lambda: file_under(n["p1"], tags=["Wet", "Dry"]), lambda: file_under(n["p4"], tags=["Dry", "Wet"])
    ],
    "categories are put in order while two are chosen": lambda n: [
        lambda: filing.held_both(Category, n["A"], n["B"]), lambda: file_under(n["p1"], categories=[n["B"], n["A"]])
    ],
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_two_who_write_at_once_wait_for_each_other_and_both_are_done(app, inside, names, story):
    if story == "parts are numbered while one is featured":
        with inside():
            feature(names["p3"])
    with slowly(app):
        came = at_once(app, *STORIES[story](names))
    assert [each for each in came if isinstance(each, DBAPIError)] == []
    assert None in came, "one at least is done"


def test_what_is_due_goes_out_while_its_series_is_numbered(app, inside, names, clock):
    with inside():
        late, soon = cast.a_draft("Late"), cast.a_draft("Soon")
        for post, hours in ((late, 2), (soon, 1)):
            filing.put_in(post, db.session.get(Series, names["s"]))
            publishing.schedule(Post.held(post.id), clock.at + timedelta(hours=hours), cast.edith())
    clock.forward(hours=3)
    with slowly(app):
        came = at_once(app, publishing.publish_due, lambda: number(names["s"]))
    assert [each for each in came if isinstance(each, Exception)] == []
