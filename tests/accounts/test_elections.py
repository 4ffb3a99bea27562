"""Election mode: turned by the clock and by hand, what waits meanwhile, and what takes a tick."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import g

from opm import settings, worker
from opm.accounts import audit, elections
from opm.accounts.audit import Did
from opm.accounts.elections import ElectionTime, SoAlready
from opm.comments import confirmation, moderation, submission
from opm.comments.models import Act, Comment, State, Thread, ThreadClosed
from opm.extensions import db
from opm.posts import featuring, publishing
from opm.posts.models import Post
from opm.posts.models import State as PostState
from tests import cast
from tests.stranger import Stranger
from tests.tables import rows

PAGE = "/desk/settings/election/"
DAYS = ("2026-10-20", "2026-11-05")
BANNER = "There is an election. Until it is over we publish little, and no comments."


@pytest.fixture
def on(inside):
    """Election mode is on until 5 November."""
    with inside():
        settings.change(election_days=DAYS)
        elections.switch(True, cast.ines())


@pytest.fixture
def desk(inside, browser):
    """Ines at her desk."""
    return cast.signed_in(browser, inside)


def turned(inside):
    with inside():
        return elections.switch_by_clock()


def is_on(inside):
    with inside(False):
        return settings.current().election_is_on


def logged(inside, kind=elections.KIND):
    with inside(False):
        return [(entry.did, entry.by and entry.by.name) for entry in db.session.scalars(audit.latest_of(kind, 9))]


# The clock


def test_the_worker_turns_it_on_and_off_once_each_at_midnight_in_the_sites_zone(inside, clock):
    with inside():
        settings.change(election_days=DAYS)
    for moment, expected in (
        (datetime(2026, 10, 19, 22, 59, tzinfo=UTC), None),
        (datetime(2026, 10, 19, 23, 0, tzinfo=UTC), True),  # summer time
        (datetime(2026, 10, 19, 23, 1, tzinfo=UTC), None),
        (datetime(2026, 11, 5, 23, 59, tzinfo=UTC), None),
        (datetime(2026, 11, 6, 0, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 6, 0, 1, tzinfo=UTC), None),
        (datetime(2027, 11, 6, 0, 1, tzinfo=UTC), None),
    ):
        clock.at = moment
        assert turned(inside) is expected, moment
    assert logged(inside) == [(Did.ELECTION_ENDED, None), (Did.ELECTION_BEGAN, None)]


def test_a_worker_that_slept_through_the_first_day_turns_it_on_when_it_wakes(inside, clock):
    with inside():
        settings.change(election_days=DAYS)
    clock.at = datetime(2026, 10, 25, 8, tzinfo=UTC)
    assert turned(inside) is True
    clock.at = datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert turned(inside) is False


def test_one_that_slept_through_all_of_it_turns_nothing(inside, clock):
    with inside():
        settings.change(election_days=DAYS)
    clock.at = datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert turned(inside) is None
    assert not is_on(inside)


def test_who_turns_it_by_hand_is_not_overruled_until_the_next_of_its_moments(inside, clock):
    with inside():
        settings.change(election_days=DAYS)
        elections.switch(True, cast.ines())
    clock.at = datetime(2026, 10, 20, 8, tzinfo=UTC)
    assert turned(inside) is None
    with inside():
        elections.switch(False, cast.ines())
    clock.forward(hours=1)
    assert turned(inside) is None
    with inside(), pytest.raises(SoAlready):
        elections.switch(False, cast.ines())
    assert not is_on(inside)


def test_the_workers_errand_says_what_it_did(app, inside, clock, caplog):
    with inside():
        settings.change(election_days=DAYS)
    clock.at = datetime(2026, 10, 20, 8, tzinfo=UTC)
    with app.app_context(), caplog.at_level("INFO"):
        worker.switch_election()
    assert "election mode is on" in caplog.text
    assert worker.SWITCH_EVERY_SECONDS < 60


# What waits


def test_a_scheduled_post_waits_until_it_is_over_and_appears_as_of_then(inside, clock, on):
    with inside():
        post = cast.a_draft()
        elections.go_ahead(True)
        publishing.schedule(post, clock.at + timedelta(hours=1), cast.ines())
        id = post.id
    clock.forward(days=1)
    with inside():
        assert publishing.publish_due() == []
        assert db.session.get(Post, id).state == PostState.SCHEDULED
    with inside():
        elections.switch(False, cast.ines())
    ended_at = clock.at
    clock.forward(minutes=1)
    with inside():
        assert publishing.publish_due() == [id]
        post = db.session.get(Post, id)
        assert post.published_at == ended_at
        assert post.published_on == ended_at.date()


def test_no_scheduled_post_slips_out_between_the_first_midnight_and_the_next_look_at_the_days(app, inside, clock):
    with inside():
        settings.change(election_days=DAYS)
        post = cast.a_draft()
        publishing.schedule(post, datetime(2026, 10, 19, 23, 0, 1, tzinfo=UTC), cast.ines())
        id = post.id
    clock.at = datetime(2026, 10, 19, 23, 0, 2, tzinfo=UTC)  # two seconds past midnight in the site's zone
    with app.app_context():
        worker.publish()
    assert is_on(inside)
    with inside(False):
        assert db.session.get(Post, id).state == PostState.SCHEDULED


@pytest.mark.parametrize("policy", ["all", "known", "none"])
def test_no_comment_is_published_by_itself(inside, on, policy):
    with inside():
        settings.change(comment_policy=policy)
        thread = cast.a_post().thread
        moderation_time = cast.a_comment(thread, State.UNCONFIRMED)
        confirmation.confirm(Comment.held(moderation_time.id))
        assert moderation_time.state == State.PENDING


def test_held_threads_take_comments_and_say_that_they_wait_closed_ones_say_why(inside, on, reader):
    with inside():
        thread = cast.a_post().thread.id
    page = reader.get(cast.POST).text
    assert f"{BANNER} You can write" in page
    assert "You can write comments; they wait until 5 November 2026 is over." in page
    assert "your comment waits until the election is over" in page
    with inside():
        settings.change(election_comments="closed")
        words = {"text": "Hm.", "name": "Jo", "email": "jo@example.org", "network": ""}
        with pytest.raises(ThreadClosed):
            submission.submit(db.session.get(Thread, thread), None, **words)
    page = reader.get(cast.POST)
    assert "Comments are closed because of the election." in page.text
    assert not page.page.find("textarea")
    with inside():
        elections.switch(False, cast.ines())
    page = reader.get(cast.POST)
    assert BANNER not in page.text, "no page is stale"
    assert page.page.find("textarea")


# What takes a tick


def test_what_makes_something_public_takes_a_tick_and_leaves_a_row(inside, on, clock):
    with inside():
        ines, post = cast.ines(), cast.a_post()
        waiting = cast.a_comment(post.thread)
        down = cast.a_comment(post.thread, State.PUBLISHED, text="It was up.")
        taken_down = moderation.decide(down, Act.REMOVE, ines, revision=1, rule=1)
        draft, later = cast.a_draft(), cast.a_draft("Later")
        gone = cast.a_post("gone", "Gone", on=(2026, 10, 2))
        publishing.withdraw(gone, "It was wrong.")
        db.session.flush()
        acts = {
            "undo": lambda: moderation.undo(taken_down, ines),
            "approve": lambda: moderation.decide(waiting, Act.APPROVE, ines, revision=1),
            "publish": lambda: publishing.publish_now(draft, ines),
            "schedule": lambda: publishing.schedule(later, clock.at + timedelta(days=1), ines),
            "put back": lambda: publishing.put_back(gone, ines),
            "feature": lambda: featuring.feature(post, ines),
        }
        for name, act in acts.items():
            with pytest.raises(ElectionTime):
                act()
            assert not db.session.dirty, name
        elections.go_ahead(True)
        for act in acts.values():
            act()
        g.pop("although")
        moderation.decide(cast.a_comment(post.thread, text="No."), Act.REJECT, ines, revision=1, rule=1)
    ahead = (Did.WENT_AHEAD, "Ines Calder")
    assert logged(inside, "post").count(ahead) == 4
    assert logged(inside, "comment").count(ahead) == 2


@pytest.mark.parametrize("act", [Act.REMOVE, Act.REDACT])
def test_taking_back_what_took_words_from_the_public_takes_a_tick_too(inside, on, desk, act):
    with inside():
        comment = cast.a_comment(cast.a_post().thread, State.PUBLISHED)
        how = {"left": comment.text[:-1]} if act == Act.REDACT else {}
        made = moderation.decide(comment, act, cast.ines(), revision=1, rule=1, **how)
        db.session.flush()
        undo, id, words = f"/desk/comments/decisions/{made.id}/undo", comment.id, comment.text
    desk.visit("/desk/comments/")
    desk.press("Undo", status=409)
    assert desk.path == undo
    with inside(False):
        assert db.session.get(Comment, id).text == words
        assert db.session.get(Comment, id).state == (State.PUBLISHED if act == Act.REDACT else State.REJECTED)
    desk.press("Send it now", although="1")
    with inside(False):
        back = db.session.get(Comment, id)
        assert (back.state, back.text) == (State.PUBLISHED, cast.WORDS)


def test_an_editor_is_asked_once_more_and_nothing_typed_is_lost(app, inside, on, desk):
    with inside():
        id = cast.a_draft().id
    desk.visit(f"/desk/posts/{id}")
    assert "It is election time. It ends with 5 November 2026." in desk.text
    before = rows(app, "post_draft")
    desk.press("Publish now", status=409, text="Twenty benches.", title="Twenty")
    assert desk.heading == "It is election time"
    assert desk.page.find("textarea", string=lambda words: words and "Twenty benches." in words)
    assert rows(app, "post_draft") == before
    desk.press("Send it now", although="1")
    with inside(False):
        post = db.session.get(Post, id)
        assert (post.state, post.title) == (PostState.PUBLISHED, "Twenty")


def test_pages_and_words_that_are_public_already_take_a_tick_too(app, inside, on, desk):
    with inside():
        post, page, draft = cast.a_post(), cast.a_page(), cast.a_draft("Later").id
        post, page = post.id, page.id
    for path, press, typed in (
        ("/desk/pages/new", "Publish", {"title": "Where we meet", "text": "In the hall."}),
        (f"/desk/pages/{page}", "Save for everybody", {"text": "We moved."}),
        ("/desk/pages/about", "Save for everybody", {"text": "We are two."}),
        (f"/desk/posts/{post}", "Save changes for everybody", {"text": "Other words."}),
        (f"/desk/posts/{post}/notes", "Add the note", {"text": "A number was wrong."}),
    ):
        desk.visit(path)
        before = rows(app)
        desk.press(press, status=409, **typed)
        assert desk.heading == "It is election time", path
        assert rows(app) == before, path
        desk.press("Send it now", although="1")
        assert rows(app) != before, path
    desk.visit(f"/desk/posts/{draft}")
    desk.press("Save", text="Not public yet.")
    ahead = (Did.WENT_AHEAD, "Ines Calder")
    assert [logged(inside, kind).count(ahead) for kind in ("page", "setting", "post")] == [2, 1, 2]


def test_a_writer_changes_in_public_no_word_of_what_went_straight_out_before(inside, on):
    with inside():
        comment = cast.a_comment(cast.a_post().thread, State.PUBLISHED)
        assert not comment.can_be_edited


def test_a_moderator_is_asked_once_more_also_in_place(inside, on, desk):
    with inside():
        comment = cast.a_comment(cast.a_post().thread)
    desk.visit("/desk/comments/")
    fragment = desk.htmx_press("Approve", status=409)
    assert "It is election time until the end of 5 November 2026" in fragment.get_text()
    assert fragment.find("a")["href"] == f"/desk/comments/{comment.id}"  # to read it again before it is public
    desk.visit(f"/desk/comments/{comment.id}")
    desk.press("Approve", status=409)
    desk.press("Send it now", status=409, although="")
    desk.press("Send it now", although="1")
    with inside(False):
        assert db.session.get(Comment, comment.id).state == State.PUBLISHED


def test_who_decides_from_a_mail_is_asked_once_more_on_its_page(inside, on, browser):
    with inside():
        link = cast.a_mail_link(cast.a_comment(cast.a_post().thread), cast.piotr())
        address, id = f"/comment/moderate/{link.token}", link.comment_id
    browser.visit(address)
    browser.press("Approve", status=409)
    with inside(False):
        assert db.session.get(Comment, id).state == State.PENDING
    browser.press("Send it now", although="1")
    with inside(False):
        assert db.session.get(Comment, id).state == State.PUBLISHED


# The page


def test_an_admin_sets_the_days_and_turns_it_by_hand(app, inside, desk, another_browser):
    desk.visit(PAGE)
    first, last = DAYS
    for one, other, why in (
        ("2026-11-05", "2026-10-20", "cannot be before the first"),
        ("2026-10-01", "2026-10-02", "The last day is past"),
        ("soon", last, "Name the first day"),
        ("2026-11-1", last, "Name the first day"),  # a day, but not as it is read again from what is stored
        (first, "2026-11-٠5", "Name the last day"),
        ("9999-12-30", "9999-12-31", "Name the first day"),
        (first, "", "Name the last day"),
        (first, "2028-11-05", "more than a year"),
    ):
        before = rows(app)
        desk.press("Save “When it is”", status=422, **{"election_days-first": one, "election_days-last": other})
        assert why in desk.text
        assert rows(app) == before
    desk.press("Save “When it is”", **{"election_days-first": first, "election_days-last": last})
    cast.signed_in(another_browser, inside)
    another_browser.visit(PAGE)
    desk.press("Turn election mode on now")
    assert is_on(inside)
    assert "Until 5 November 2026 is over." in desk.text
    another_browser.press("Turn election mode on now", status=409)
    assert "has turned it just now" in another_browser.text
    desk.press("Turn election mode off now")
    assert [did for did, _who in logged(inside)] == [Did.ELECTION_ENDED, Did.ELECTION_BEGAN]
    assert "turned off, Ines Calder" in desk.text
    desk.press("Undo the last change of “When it is”")
    with inside(False):
        assert settings.current().election_days == ()


def test_no_tick_is_taken_from_a_link(inside, on, desk):
    with inside():
        comment = cast.a_comment(cast.a_post().thread)
    assert Stranger(desk.app).get(f"{cast.POST}?although=1").status == 200
    desk.visit(f"/desk/comments/{comment.id}")
    desk.press("Approve", status=409)
