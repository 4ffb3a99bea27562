"""A change that matters is told to readers with its day; a small mend is not. Where nothing is told nothing costs."""

from datetime import UTC, datetime

import pytest

from opm.comments.models import State as CommentState
from opm.extensions import db
from opm.posts import changes, publishing
from opm.posts.changes import NotPublished
from opm.posts.models import Post, State
from tests import cast
from tests.counting import counting

BRIDGE = "The bridge is closed as well <for now>."


@pytest.fixture
def post(inside):
    """A post of 1 October at `cast.POST`; it is the 14th."""
    with inside():
        return cast.a_post()


@pytest.fixture
def note(app):
    """`note(text)` tells readers of a change, as the desk does, and gives its id."""

    def note(text=BRIDGE):
        with app.app_context():
            noted = changes.note(db.session.query(Post).one(), text, cast.ines())
            db.session.commit()
            return noted.id

    return note


@pytest.fixture
def reader(app):
    """Takes what it gets, as the site sends it."""
    return app.test_client()


def written_on(inside, post, day, text, **values):
    with inside():
        comment = cast.a_comment(db.session.get(Post, post.id).thread, CommentState.PUBLISHED, text=text, **values)
        comment.written_at = datetime(2026, 10, day, 12, tzinfo=UTC)
        return comment.id


def headings(browser):
    return [" ".join(h3.get_text(" ").split()) for h3 in browser.page.select(".thread h3")]


# On the post


def test_a_change_stands_above_the_text_with_its_day(post, note, browser):
    note()
    page = browser.visit(cast.POST)
    [notice] = page.article.select("#changes")
    assert " ".join(notice.get_text().split()) == f"Changed on 14 October 2026: {BRIDGE}"
    assert notice.find_next("h2").get_text() == "The rota"
    assert not page.article.find("details"), "there was one only"


def test_of_several_the_last_stands_first_and_all_in_order_behind_it(post, note, browser, clock):
    note("One.")
    clock.forward(days=1)
    note("Two.")
    article = browser.visit(cast.POST).article
    assert " ".join(article.select_one("#changes").get_text().split()) == "Changed on 15 October 2026: Two."
    assert article.summary.get_text() == "All 2 changes, in order"
    said = [" ".join(li.get_text().split()) for li in article.select("details li")]
    assert said == ["Changed on 14 October 2026: One.", "Changed on 15 October 2026: Two."]


def test_what_is_sent_twice_is_told_once(post, note, inside):
    assert note("One.") == note(" One.\n")
    note("Two.")
    note("One.")
    with inside(False):
        assert [noted.text for noted in db.session.get(Post, post.id).notes] == ["One.", "Two.", "One."]


def test_lists_say_when_too(post, note, browser):
    browser.visit("/")
    assert "Changed" not in browser.text
    note()
    browser.visit("/")
    assert "1 October 2026 Changed 14 October 2026" in browser.text


def test_the_next_reader_is_told_whatever_was_kept(app, post, note, reader):
    tag = reader.get(cast.POST).headers["ETag"]
    id = note()
    assert "The bridge is closed" in reader.get(cast.POST, headers={"If-None-Match": tag}).text
    with app.app_context():
        changes.correct(db.session.get(changes.ChangeNote, id), "The bridge is open.")
        db.session.commit()
    assert "Changed on 14 October 2026:</b> The bridge is open." in reader.get(cast.POST).text
    with app.app_context():
        changes.take_back(db.session.get(changes.ChangeNote, id))
        db.session.commit()
    assert "Changed" not in reader.get(cast.POST).text
    assert reader.get(cast.POST).headers["ETag"] == tag, "as if nothing had been told"


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW, State.SCHEDULED, State.WITHDRAWN])
def test_nothing_is_told_of_what_readers_do_not_see(inside, post, state):
    with inside():
        found = db.session.get(Post, post.id)
        found.state = state
        with pytest.raises(NotPublished):
            changes.note(found, BRIDGE, None)


def test_nothing_is_told_before_the_time_has_come(inside, clock):
    with inside():
        coming = cast.a_post(on=(2026, 11, 1))
        with pytest.raises(NotPublished):
            changes.note(coming, BRIDGE, None)


def test_notes_go_with_their_post(inside, post, note):
    note()
    with inside():
        publishing.withdraw(db.session.get(Post, post.id), "Wrong.")
        db.session.delete(db.session.get(Post, post.id))
    with inside(False):
        assert db.session.query(changes.ChangeNote).count() == 0


# On comments


def test_comments_that_are_older_than_the_change_say_so(inside, post, note, browser, clock):
    written_on(inside, post, 2, "First.", name="Ann")
    note("One.")
    clock.forward(days=2)
    written_on(inside, post, 15, "Second.", name="Ben", email="ben@example.org")
    browser.visit(cast.POST)
    assert headings(browser) == [
        "1 Ann 2 October 2026, written before the post was changed on 14 October 2026",
        "2 Ben 15 October 2026",
    ]
    note("Two.")
    browser.visit(cast.POST)
    assert headings(browser) == [
        "1 Ann 2 October 2026, written before the post was changed on 14 October 2026",
        "2 Ben 15 October 2026, written before the post was changed on 16 October 2026",
    ]


def test_a_comment_that_is_gone_says_nothing_about_when(inside, post, note, browser):
    id = written_on(inside, post, 2, "First.")
    with inside():
        thread = db.session.get(Post, post.id).thread
        first = db.session.get(cast.Comment, id)
        cast.a_comment(thread, CommentState.PUBLISHED, text="Yes.", email="b@example.org", parent=first)
        first.withdraw(thread)
    note()
    browser.visit(cast.POST)
    assert headings(browser)[0] == "1 Name removed 2 October 2026"


def test_later_pages_of_a_thread_say_so_too(inside, post, note, browser, monkeypatch):
    monkeypatch.setattr("opm.comments.threads.ON_A_PAGE", 1)
    for day in (2, 3):
        written_on(inside, post, day, f"On {day}.", email=f"{day}@example.org")
    note()
    browser.visit(f"{cast.POST}page/2/")
    assert "written before the post was changed" in browser.text


# What it costs


def test_only_a_post_with_notes_takes_one_statement_more_and_its_list_none(app, inside, post, note, reader):
    written_on(inside, post, 2, "First.")
    costs = {}
    for with_notes in (False, True):
        if with_notes:
            note("One.")
            note("Two.")
        for path in (f"{cast.POST}?anew", "/?anew"):
            reader.get(path)  # what pages share is made
            with counting(app) as statements:
                reader.get(path)
            costs[path, with_notes] = len(statements)
    assert costs[f"{cast.POST}?anew", False] == 3, "the settings, the post, its comments"
    assert costs[f"{cast.POST}?anew", True] == 4
    assert costs["/?anew", True] == costs["/?anew", False]


def test_no_byte_is_added_where_nothing_is_told(post, inside, reader):
    written_on(inside, post, 2, "First.")
    page = reader.get(cast.POST).text
    assert "hanged" not in page
    assert "<small>2 October 2026</small>" in page
