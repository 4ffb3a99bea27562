"""Once something is published the very next request has it, whoever published it, in whatever process it is read."""

import contextlib
import functools
import http.client
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from opm import settings
from opm.extensions import db
from opm.lib import caching, publicity
from opm.posts.models import Post
from tests import cast
from tests.counting import counting
from tests.running import Site

LINES = 4  # enough for both of the server's workers to be asked
QUICK, LONG = 100, 10_000


def change(app, **values):
    with app.app_context():
        settings.change(**values)
        db.session.commit()


def test_a_comment_that_is_approved_is_on_the_page_at_the_next_request(pages, post, reader, approve):
    before = reader.get(cast.POST)
    assert "1 comment" not in before.text
    approve()
    after = reader.get(cast.POST, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert cast.WORDS in after.text
    assert pages.hits == 0


def test_a_changed_setting_is_on_every_page_at_the_next_request(app, post, reader):
    for path in ("/", "/about/", cast.POST):
        reader.get(path)
    change(app, site_name="Northmere decides")
    for path in ("/", "/about/", cast.POST):
        assert "Northmere decides" in reader.get(path).text


def test_what_pages_share_is_as_fresh_where_no_page_is_kept(app, post, reader, inside):
    with inside():
        cast.a_post("beside", "Beside it", category="rivers")
    for title in ("Beside it", "Above it"):
        with app.app_context():
            Post.at(date(2026, 10, 1), "beside").title = title
            publicity.bump()
            db.session.commit()
        with counting(app) as statements:
            assert title in reader.get(f"{cast.POST}?anew").text
        assert len(statements) == 4
        with counting(app) as statements:
            assert title in reader.get(f"{cast.POST}?anew").text
        assert len(statements) == 3, "the settings, the post, its comments"


def test_what_is_written_and_changes_nothing_public_leaves_the_page_where_it_is(app, pages, post, reader, inside):
    reader.get(cast.POST)
    with app.app_context():
        cast.a_comment(db.session.merge(post).thread, text="It waits, too.", email="ann@example.org")
        db.session.commit()
    reader.get(cast.POST)
    assert pages.hits == 1


def test_what_is_not_committed_is_not_seen_and_what_is_taken_back_changes_nothing(app, pages, post, reader):
    reader.get("/about/")
    with app.app_context():
        settings.change(site_name="Not yet")
        assert "Not yet" not in reader.get("/about/").text
        db.session.rollback()
    assert "Not yet" not in reader.get("/about/").text
    assert pages.hits == 2


def test_a_post_that_was_dated_ahead_is_on_the_lists_from_its_moment_on(app, pages, reader, inside, clock):
    with inside():
        cast.a_post(category="rivers")
        cast.a_post("tomorrow", "Tomorrow", on=(2026, 10, 15), category="rivers")
    for path in ("/", "/category/rivers/"):
        assert "Tomorrow" not in reader.get(path).text
    clock.at = datetime(2026, 10, 15, 7, 59, 59, 999_999, tzinfo=UTC)
    for path in ("/", "/category/rivers/"):
        assert "Tomorrow" not in reader.get(path).text
    assert pages.hits == 2
    clock.forward(microseconds=1)
    for path in ("/", "/category/rivers/"):
        assert "Tomorrow" in reader.get(path).text


def test_a_thread_that_closes_says_so_from_its_moment_on(app, pages, reader, post, clock, inside):
    with inside():
        db.session.merge(post).thread.closes_at = clock.at + timedelta(hours=1)
    assert "Comments closed" not in reader.get(cast.POST).text
    clock.forward(minutes=59)
    assert "Comments closed" not in reader.get(cast.POST).text
    assert pages.hits == 1
    clock.forward(minutes=1)
    assert "Comments closed" in reader.get(cast.POST).text
    clock.forward(days=900)
    assert "Comments closed" in reader.get(cast.POST).text
    assert pages.hits == 2, "it does not change any more"


def test_what_becomes_public_while_a_page_is_made_is_on_the_next(app, pages, reader, inside, clock, monkeypatch):
    with inside():
        cast.a_post()
        cast.a_post("tomorrow", "Tomorrow", on=(2026, 10, 15))
    clock.at = datetime(2026, 10, 15, 7, 59, 59, tzinfo=UTC)
    changes_at = caching.changes_at

    def late(moment):
        clock.forward(seconds=1)
        changes_at(moment)

    monkeypatch.setattr(caching, "changes_at", late)
    assert "Tomorrow" not in reader.get("/").text
    assert "Tomorrow" in reader.get("/").text


def test_what_is_published_while_a_page_is_made_is_on_the_next(app, post, reader, approve, monkeypatch):
    """The version is read before the page is: one that comes in meanwhile makes it a page that does not stand."""
    view, approved = app.view_functions["posts.post"], []

    @functools.wraps(view)
    def slowly(**values):
        answer = view(**values)
        if not approved:
            approved.append(threading.Thread(target=approve))
            approved[0].start()
            approved[0].join()
        return answer

    monkeypatch.setitem(app.view_functions, "posts.post", slowly)
    assert cast.WORDS not in reader.get(cast.POST).text
    assert cast.WORDS in reader.get(cast.POST).text


# While the database does not answer


@pytest.fixture
def watch(app, pages, monkeypatch):
    """A watch that has not looked yet."""
    monkeypatch.setattr(pages, "_watch", publicity.Watch(app))
    return pages._watch


def test_while_nobody_knows_the_version_every_request_goes_to_flask(pages, post, reader, watch, monkeypatch):
    page, looks = reader.get(cast.POST).data, []

    def fails():
        looks.append(1)
        raise OperationalError("SELECT", None, Exception("gone"))

    with monkeypatch.context() as patch:
        patch.setattr(watch, "_begun", fails)
        for _ in range(2 * publicity.MOST_LOOKS):
            assert reader.get(cast.POST).data == page
        assert len(looks) == 2 * publicity.MOST_LOOKS
        assert pages.hits == 0
    assert reader.get(cast.POST).data == page
    assert pages.hits == 1


def test_a_lost_connection_is_made_anew(pages, post, reader, watch):
    page = reader.get(cast.POST).data
    for _ in range(2 * publicity.MOST_LOOKS):
        reader.get(cast.POST)
        look = watch._idle.get_nowait()
        look._raw.close()
        watch._idle.put(look)
        assert reader.get(cast.POST).data == page
    hits = pages.hits
    assert reader.get(cast.POST).data == page
    assert pages.hits == hits + 1


def test_while_all_looks_are_held_up_requests_wait_a_moment_and_go_to_flask(pages, post, reader, watch, monkeypatch):
    page = reader.get(cast.POST).data
    monkeypatch.setattr(publicity, "PATIENCE_SECONDS", 0.01)
    held = [watch._free() for _ in range(publicity.MOST_LOOKS)]
    assert reader.get(cast.POST).data == page
    assert pages.hits == 0
    watch._idle.put(held.pop())
    assert reader.get(cast.POST).data == page
    assert pages.hits == 1


def test_an_error_of_ours_is_not_taken_for_the_databases(pages, post, reader, watch, monkeypatch):
    reader.get(cast.POST)
    with monkeypatch.context() as patch:
        patch.setattr(watch, "_begun", lambda: 1 / 0)
        for _ in range(2 * publicity.MOST_LOOKS):
            with pytest.raises(ZeroDivisionError):
                reader.get(cast.POST)
    assert reader.get(cast.POST).status_code == 200
    assert pages.hits == 1


# In another process


@pytest.fixture
def served(app, database_url, tmp_path):
    """The same database, served by workers of their own."""
    served = Site(tmp_path / "served", OPM_DATABASE_URL=database_url, OPM_DEMO="0")
    yield served.start().up()
    served.kill()


@pytest.fixture
def lines(served):
    """`lines[0]("/about/")` reads a page on a connection of its own."""
    with contextlib.ExitStack() as stack:

        def line():
            connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
            stack.callback(connection.close)

            def read(path):
                connection.request("GET", path)
                return connection.getresponse().read().decode()

            return read

        yield [line() for _ in range(LINES)]


@pytest.mark.parametrize("rounds", [QUICK, pytest.param(LONG, marks=pytest.mark.long)])
def test_what_one_process_publishes_the_very_next_request_in_every_other_has(app, post, approve, lines, rounds):
    for number in range(rounds):
        change(app, about=f"Round {number}.")
        for read in lines * 2:  # the second time it is kept
            assert f"Round {number}." in read("/about/")
    assert not any(cast.WORDS in read(cast.POST) for read in lines * 2)
    approve()
    assert all(cast.WORDS in read(cast.POST) for read in lines)
