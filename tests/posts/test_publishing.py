"""From a draft to the public and back: who may do it, when it happens, and what two at once see."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from opm import settings, worker
from opm.comments.closing import TooOld
from opm.comments.models import State as CommentState
from opm.comments.models import Thread
from opm.extensions import db
from opm.lib import clock as clocks
from opm.lib import publicity
from opm.lib.moved import LeadsOn
from opm.posts import publishing, writing
from opm.posts.models import Post, State
from opm.posts.publishing import InThePast, NeedsAnother, NothingToRead, NotNow, NotReady, SlugTaken
from opm.posts.writing import Words
from tests import cast


@pytest.fixture
def draft(inside):
    """Rosa's draft. Gives its id."""
    with inside():
        return cast.a_draft().id


def in_an_hour():
    return clocks.now() + timedelta(hours=1)


# What can be done in which state

ACTS = {
    "submit": lambda post: publishing.submit(post, cast.rosa()),
    "send back": lambda post: publishing.send_back(post, "A date is missing."),
    "schedule": lambda post: publishing.schedule(post, in_an_hour(), cast.edith()),
    "unschedule": publishing.unschedule,
    "publish": lambda post: publishing.publish_now(post, cast.edith()),
    "set aside": publishing.set_aside,
    "withdraw": lambda post: publishing.withdraw(post, "It was wrong."),
    "put back": lambda post: publishing.put_back(post, cast.edith()),
}
PATHS = {
    State.DRAFT: [],
    State.IN_REVIEW: ["submit"],
    State.SCHEDULED: ["schedule"],
    State.PUBLISHED: ["publish"],
    State.WITHDRAWN: ["publish", "withdraw"],
    "set aside": ["set aside"],
}
LEADS_TO = {
    (State.DRAFT, "submit"): State.IN_REVIEW,
    (State.DRAFT, "schedule"): State.SCHEDULED,
    (State.DRAFT, "publish"): State.PUBLISHED,
    (State.DRAFT, "set aside"): State.WITHDRAWN,
    (State.IN_REVIEW, "set aside"): State.WITHDRAWN,
    ("set aside", "put back"): State.DRAFT,
    (State.IN_REVIEW, "send back"): State.DRAFT,
    (State.IN_REVIEW, "schedule"): State.SCHEDULED,
    (State.IN_REVIEW, "publish"): State.PUBLISHED,
    (State.SCHEDULED, "schedule"): State.SCHEDULED,
    (State.SCHEDULED, "unschedule"): State.DRAFT,
    (State.SCHEDULED, "publish"): State.PUBLISHED,
    (State.PUBLISHED, "withdraw"): State.WITHDRAWN,
    (State.WITHDRAWN, "put back"): State.PUBLISHED,
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", PATHS)
def test_each_act_leads_on_from_where_it_can_and_nowhere_else(inside, draft, state, act):
    for step in PATHS[state]:
        with inside():
            ACTS[step](Post.held(draft))
    with inside():
        post = Post.held(draft)
        before = post.state
        assert before == state or state == "set aside"
        if (state, act) in LEADS_TO:
            ACTS[act](post)
            assert post.state == LEADS_TO[state, act]
        else:
            with pytest.raises(NotNow):
                ACTS[act](post)
            assert post.state == before


def test_what_was_sent_back_says_why_until_it_is_sent_in_again(inside, draft):
    with inside():
        post = Post.held(draft)
        publishing.submit(post, cast.rosa())
        publishing.send_back(post, "A date is missing.")
        assert post.returned_because == "A date is missing."
        publishing.submit(post, cast.rosa())
        assert post.returned_because == ""


def test_nothing_empty_goes_out(inside):
    with inside():
        post = cast.a_draft(text="\n")
        for act in ("submit", "schedule", "publish"):
            with pytest.raises(NothingToRead):
                ACTS[act](post)
        assert post.state == State.DRAFT


def test_no_picture_goes_out_without_saying_what_it_shows(inside):
    with inside():
        post = cast.a_draft(text="Look:\n\n![](/uploads/bench.0123456789.png)\n")
        with pytest.raises(NotReady):
            publishing.publish_now(post, cast.edith())
        publishing.submit(post, cast.rosa())


def test_nor_is_one_put_into_what_is_public_already(inside, draft):
    with inside():
        publishing.publish_now(Post.held(draft), cast.edith())
    with inside(), pytest.raises(NotReady):
        writing.save(Post.held(draft), Words("Benches", "", "![](/uploads/bench.0123456789.png)"), cast.edith(), 2)


# Two people


def test_where_two_people_see_every_post_who_saved_it_last_cannot_publish_it(inside, draft):
    with inside():
        settings.change(two_people_publish=True)
        post, edith = Post.held(draft), cast.edith()
        writing.save(post, Words("Benches", "", "Edith's comma."), edith, 2)
        with pytest.raises(NeedsAnother):
            publishing.publish_now(post, edith)
        with pytest.raises(NeedsAnother):
            publishing.schedule(post, in_an_hour(), edith)
        publishing.publish_now(post, cast.ines())
        assert post.state == State.PUBLISHED


def test_a_scheduled_post_that_is_changed_waits_for_somebody_else_again(inside, draft):
    with inside():
        settings.change(two_people_publish=True)
        post, edith = Post.held(draft), cast.edith()
        publishing.schedule(post, in_an_hour(), edith)
        writing.save(post, Words("Benches", "", "Edith's comma."), edith, 2)
        assert post.state == State.IN_REVIEW
        with pytest.raises(NeedsAnother):
            publishing.schedule(post, in_an_hour(), edith)


def test_nor_does_a_change_go_out_by_being_put_back(inside, draft, clock):
    with inside():
        settings.change(two_people_publish=True)
        post, edith = Post.held(draft), cast.edith()
        publishing.publish_now(post, edith)
        publishing.withdraw(post, "A mistake.")
        publishing.put_back(post, edith)
        publishing.withdraw(post, "A mistake.")
        clock.forward(minutes=1)
        writing.save(post, Words("Benches", "", "Edith's comma."), edith, 2)
        with pytest.raises(NeedsAnother):
            publishing.put_back(post, edith)
        publishing.put_back(post, cast.ines())


def test_nothing_is_put_back_with_a_picture_that_does_not_say_what_it_shows(inside, draft, clock):
    with inside():
        post, edith = Post.held(draft), cast.edith()
        publishing.publish_now(post, edith)
        publishing.withdraw(post, "A mistake.")
        clock.forward(minutes=1)
        writing.save(post, Words("Benches", "", "![](/uploads/bench.0123456789.png)"), edith, 2)
        with pytest.raises(NotReady):
            publishing.put_back(post, edith)


def test_what_is_public_is_not_emptied(inside, draft):
    with inside():
        publishing.publish_now(Post.held(draft), cast.edith())
    with inside(), pytest.raises(NothingToRead):
        writing.save(Post.held(draft), Words("Benches"), cast.edith(), 2)


# The schedule


def work(app):
    with app.app_context():
        worker.publish()


def test_a_scheduled_post_goes_out_at_its_time_and_once(app, inside, draft, clock, browser):
    with inside():
        at = clocks.now() + timedelta(hours=1)
        publishing.schedule(Post.held(draft), at, cast.edith())
    clock.forward(minutes=59, seconds=59)
    work(app)
    with inside():
        assert Post.held(draft).state == State.SCHEDULED
        address = Post.held(draft).address
        before = publicity.version()
    browser.visit(address, status=404)
    clock.forward(seconds=1)
    work(app)
    work(app)
    browser.visit(address)
    with inside():
        assert Post.held(draft).published_at == at
        assert publicity.version() == before + 1, "it is told once"
        assert len(db.session.scalars(select(Thread)).all()) == 1


def test_what_came_due_while_nothing_ran_goes_out_as_of_the_promised_moment(app, inside, draft, clock):
    with inside():
        at = in_an_hour()
        publishing.schedule(Post.held(draft), at, cast.edith())
        address = Post.held(draft).address
    clock.forward(days=3)
    work(app)
    with inside():
        post = Post.held(draft)
        assert (post.state, post.published_at, post.address) == (State.PUBLISHED, at, address)


def test_what_was_taken_off_the_schedule_stays_in(app, inside, draft, clock):
    with inside():
        publishing.schedule(Post.held(draft), in_an_hour(), cast.edith())
    with inside():
        publishing.unschedule(Post.held(draft))
    clock.forward(hours=2)
    work(app)
    with inside():
        assert Post.held(draft).state == State.DRAFT


def test_the_past_cannot_be_scheduled(inside, draft):
    with inside(), pytest.raises(InThePast):
        publishing.schedule(Post.held(draft), clocks.now(), cast.edith())


def at_once(app, *deeds):
    """Does these at the same moment, each in a transaction of its own. Returns what came of each, or its error."""

    def do(deed):
        with app.app_context():
            try:
                done = deed()
                db.session.commit()
            except Exception as error:
                return error
            return done

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def test_two_workers_publish_what_is_due_once(app, inside, clock):
    with inside():
        ids = [cast.a_draft(f"Post {number}").id for number in range(6)]
        for id in ids:
            publishing.schedule(Post.held(id), in_an_hour(), cast.edith())
    clock.forward(hours=2)
    published = at_once(app, *[publishing.publish_due] * 4)
    assert sorted(id for some in published for id in some) == sorted(ids)
    with inside(False):
        assert len(db.session.scalars(select(Thread)).all()) == 6


def test_posts_of_one_title_that_go_out_at_once_have_addresses_of_their_own(app, inside):
    with inside():
        ids, edith = [cast.a_draft().id for _ in range(4)], cast.edith()
    assert at_once(app, *[lambda id=id: publishing.publish_now(Post.held(id), edith) for id in ids]) == [None] * 4
    with inside(False):
        slugs = sorted(db.session.scalars(select(Post.slug)))
    assert slugs == ["twelve-benches", "twelve-benches-2", "twelve-benches-3", "twelve-benches-4"]


def test_a_scheduled_post_has_its_address_for_itself(inside, draft):
    at = datetime(2026, 12, 24, 9, 0, tzinfo=UTC)
    with inside():
        publishing.schedule(Post.held(draft), at, cast.edith())
        other = cast.a_draft()
        publishing.schedule(other, at + timedelta(hours=2), cast.edith())
        assert other.address == "/2026/12/24/twelve-benches-2/"


# Comments


@pytest.mark.parametrize(("how", "day"), [("open", None), ("until", date(2027, 1, 10)), ("closed", None)])
def test_what_was_chosen_about_comments_holds_from_publication_on(inside, draft, how, day):
    with inside():
        post, edith = Post.held(draft), cast.edith()
        publishing.set_comments(post, how, day, edith)
        assert publishing.comments_of(post) == (how, day)
        publishing.publish_now(post, edith)
        assert publishing.comments_of(post) == (how, day)
        assert post.thread.is_open(0) == (how != "closed")


def test_a_public_post_has_its_comments_closed_and_opened(inside):
    with inside():
        post, edith = cast.a_post(), cast.edith()
        for how, day in (("until", date(2027, 1, 10)), ("closed", None), ("open", None)):
            publishing.set_comments(post, how, day, edith)
            assert publishing.comments_of(post) == (how, day)


def test_one_too_old_for_comments_without_an_end_says_so(inside):
    with inside():
        settings.change(close_after_days=1)
        post = cast.a_post()
        publishing.set_comments(post, "until", date(2027, 1, 10), cast.edith())
        with pytest.raises(TooOld):
            publishing.set_comments(post, "open", None, cast.edith())


# The address


def test_a_public_post_keeps_its_old_addresses(inside, browser, stranger):
    with inside():
        post = cast.a_post()
        comment = cast.a_comment(post.thread, CommentState.PUBLISHED, text="Still here?")
        publishing.readdress(post, "the-rota")
    assert stranger.get(cast.POST).location == "/2026/10/01/the-rota/"
    assert stranger.get(f"/comment/{comment.id}").location.startswith("/2026/10/01/the-rota/")
    browser.visit(cast.POST)
    assert "Still here?" in browser.text


def test_a_taken_address_is_refused_and_a_free_one_offered(inside):
    with inside():
        post = cast.a_post()
        cast.a_post("the-rota", "The rota", on=(2026, 10, 1))
        cast.a_post("the-rota-2", "The rota again", on=(2026, 10, 1))
        with pytest.raises(SlugTaken) as taken:
            publishing.readdress(post, "the-rota")
        assert taken.value.free == "the-rota-3"


def test_an_address_that_leads_to_another_post_is_not_given_away(inside, stranger):
    with inside():
        post = cast.a_post()
        publishing.readdress(post, "the-rota")
        other = cast.a_post("who-fills-the-sandbags", "Who fills the sandbags?")
        assert other.slug == "who-fills-the-sandbags-2"
        with pytest.raises(LeadsOn):
            publishing.readdress(other, "who-fills-the-sandbags")
        publishing.readdress(post, "who-fills-the-sandbags")
    assert stranger.get(cast.POST).status == 200


@pytest.mark.parametrize("title", ["Report", "Comments", "Feed", "Page", "Comment page 1"])
def test_a_post_whose_title_is_an_address_of_ours_has_another(inside, browser, title):
    with inside():
        post = cast.a_draft(title)
        publishing.publish_now(post, cast.edith())
        with pytest.raises(SlugTaken):
            publishing.readdress(post, title.lower().replace(" ", "-"))
    browser.visit(post.address)
    assert browser.heading == title


# Withdrawing and putting back


def test_a_withdrawn_post_leads_on_where_that_was_wished(inside, stranger):
    with inside():
        post = cast.a_post()
        cast.a_post("the-new-count", "The new count", on=(2026, 10, 2))
        publishing.withdraw(post, "There is a better one.", "/2026/10/02/the-new-count/")
    answer = stranger.get(cast.POST)
    assert (answer.status, answer.location) == (302, "/2026/10/02/the-new-count/")
    assert "no-store" in answer.headers["Cache-Control"]


def test_what_is_put_back_stands_where_it_stood_with_its_comments(inside, browser):
    with inside():
        post = cast.a_post()
        cast.a_comment(post.thread, CommentState.PUBLISHED, text="Still here?")
        publishing.withdraw(post, "A mistake.")
    browser.visit(cast.POST, status=410)
    with inside():
        publishing.put_back(Post.held(post.id), cast.edith())
    browser.visit(cast.POST)
    assert "Still here?" in browser.text
