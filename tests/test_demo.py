"""The demo: a site to look at, alive whenever it is loaded, that mails nobody."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from opm import demo, settings
from opm.accounts.models import Person
from opm.comments.models import Comment, Decision, State, Thread
from opm.comments.threads import branches
from opm.extensions import db
from opm.outbox.models import Email
from opm.posts.models import Author, Category, Post, Series, Tag

# A night in which the clocks go back, New Year's Eve, just after midnight, just before.
HARD_HOURS = ["2026-10-25T01:30", "2027-01-01T00:00", "2028-03-01T00:01", "2026-07-31T22:59"]


@pytest.fixture
def northmere(inside):
    """The demo, loaded; the story goes on inside."""
    with inside():
        demo.load()
    return inside


def posts() -> list[Post]:
    return list(db.session.scalars(Post.published()))


def comments(*where) -> list[Comment]:
    return list(db.session.scalars(select(Comment).where(*where).order_by(Comment.id)))


def test_an_empty_site_is_empty_until_the_demo_is_loaded(inside):
    with inside(False):
        assert demo.is_empty()
    with inside():
        demo.load()
    with inside(False):
        assert not demo.is_empty()


def test_loading_is_refused_where_there_is_anything(northmere):
    with northmere(), pytest.raises(demo.NotEmpty, match="not empty"):
        demo.load()
    with northmere(False):
        assert len(posts()) == 6


def test_one_person_is_enough_for_a_site_not_to_be_empty(inside):
    with inside():
        db.session.add(Person(name="Ada", email="ada@example.org", roles=["admin"]))
    with inside(False):
        assert not demo.is_empty()


def test_it_says_that_it_is_made_up(northmere):
    with northmere(False):
        site = settings.current()
        assert site.is_demo
        assert site.organisation == "Northmere Council"
        assert "made up" in site.about


def test_what_there_is(northmere):
    with northmere(False):
        assert len(posts()) == 6
        assert 20 <= len(comments()) <= 25
        count = {model: db.session.scalar(select(func.count(model.id))) for model in (Author, Category, Series, Tag)}
        assert (count[Author], count[Category], count[Series]) == (2, 4, 1)
        assert count[Tag] >= 6
        assert all(category.description for category in db.session.scalars(select(Category)))
        assert all(post.authors and post.categories and post.tags and post.summary for post in posts())
        assert {category.slug for post in posts() for category in post.categories} == {
            "buses", "rivers-and-floods", "high-street", "how-we-work",
        }  # fmt: skip


def test_every_post_has_headings_and_some_have_more(northmere):
    with northmere(False):
        pages = [post.html for post in posts()]
        for part in ("<h2>", "<h3>", "<ul>", "<ol>"):
            assert all(part in page for page in pages), part
        assert sum("<blockquote>" in page for page in pages) >= 4
        assert sum("<table>" in page for page in pages) >= 4
        assert sum("<pre>" in page for page in pages) == 1
        assert not [page for page in pages if "post:" in page], "a link to another post that was not found"
        assert all(250 <= len(post.text.split()) <= 650 for post in posts())


def test_the_series_is_in_the_order_of_its_dates(northmere):
    with northmere(False):
        parts = db.session.scalars(select(Series)).one().posts
        assert [post.series_position for post in parts] == [1, 2, 3]
        assert [post.published_at for post in parts] == sorted(post.published_at for post in parts)


def test_it_is_two_days_old_whenever_it_is_loaded(northmere, clock):
    with northmere(False):
        newest, *_, oldest = posts()
        assert timedelta(days=1) < clock.at - newest.published_at < timedelta(days=3)
        assert timedelta(days=220) < clock.at - oldest.published_at < timedelta(days=260)


def test_staff_can_enter_the_desk(northmere):
    with northmere(False):
        ines, piotr = db.session.scalars(Person.staff())
        assert set(ines.roles) == {"editor", "moderator", "admin"}
        assert set(piotr.roles) == {"author", "moderator"}
        assert set(db.session.scalars(select(Author.person_id))) == {ines.id, piotr.id}


def test_every_state_occurs(northmere):
    with northmere(False):
        counted = Counter(comment.state for comment in comments())
        assert set(counted) == set(State)
        assert counted[State.PENDING] == 5
        assert counted[State.PUBLISHED] > sum(counted.values()) / 2
        assert {comment.is_by_staff for comment in comments(Comment.state == State.PUBLISHED)} == {True, False}


def test_nobody_is_mailed(northmere, clock, mailbox):
    with northmere(False):
        assert db.session.scalar(select(func.count(Email.id))) == 0
    clock.forward(days=1)
    assert mailbox.deliver() == []


def test_numbers_have_no_gaps_and_follow_publication(northmere):
    with northmere(False):
        for thread in db.session.scalars(select(Thread)):
            numbered = list(db.session.scalars(Comment.numbered_in(thread)))
            published = [comment for comment in numbered if comment.is_published]
            assert [comment.number for comment in numbered] == list(range(1, thread.last_number + 1))
            moments = [comment.published_at for comment in numbered]
            assert moments == sorted(moments)
            assert thread.published_count == len(published)
            assert thread.active_at == (moments[-1] if moments else None)


def test_a_reply_comes_after_what_it_answers(northmere):
    with northmere(False):
        replies = comments(Comment.parent_id.is_not(None))
        assert len(replies) > 5
        for reply in replies:
            assert reply.thread_id == reply.parent.thread_id
            assert reply.written_at > reply.parent.published_at
            assert reply.number is None or reply.number > reply.parent.number
        assert [reply for reply in replies if reply.state == State.PENDING]


def test_one_thread_is_five_deep_and_keeps_a_mark_for_what_was_withdrawn(northmere):
    with northmere(False):
        thread = posts()[0].thread
        shown = [branch for root in branches(thread) for branch in _all(root)]
        assert max(branch.depth for branch in shown) == 3
        assert [branch for branch in shown if branch.answers], "nothing is deeper than the indent"
        gone = [branch for branch in shown if not branch.comment.is_published]
        assert [branch.comment.state for branch in gone] == [State.WITHDRAWN]
        assert gone[0].replies
        assert gone[0].comment.withdrawn_at > gone[0].comment.published_at


def test_decisions_can_no_longer_be_undone(northmere, clock):
    with northmere(False):
        decisions = list(db.session.scalars(select(Decision)))
        decided = [comment for comment in comments() if comment.state not in (State.UNCONFIRMED, State.PENDING)]
        by_public = [comment for comment in decided if not comment.is_by_staff]
        assert {decision.comment_id for decision in decisions} == {comment.id for comment in by_public}
        for decision in decisions:
            assert decision.undo_until < clock.at
            assert decision.decided_at > decision.comment.confirmed_at
        (rejected,) = comments(Comment.state == State.REJECTED)
        (why,) = rejected.decisions
        assert why.rule_number == 3
        assert why.note


def test_what_waits_shows_the_queue_at_work(northmere, clock):
    with northmere(False):
        pending = comments(Comment.state == State.PENDING)
        waits = sorted(clock.at - comment.confirmed_at for comment in pending)
        assert waits[0] == timedelta(minutes=20)
        late = [wait for wait in waits if wait > timedelta(hours=settings.current().decide_within_hours)]
        assert late == [timedelta(hours=27)]
        assert [comment.flags for comment in pending if comment.flags] == [["links"]]
        (unconfirmed,) = comments(Comment.state == State.UNCONFIRMED)
        assert unconfirmed.link_lives(settings.current().unconfirmed_for)


def test_addresses_lead_nowhere_and_repeats_are_known(northmere):
    with northmere(False):
        for comment in comments():
            assert comment.is_by_staff == (comment.email is None)
            assert comment.is_by_staff or comment.email.endswith("@example.org")
            stands = comment.state in (State.UNCONFIRMED, State.PENDING, State.PUBLISHED) and comment.email
            assert bool(comment.sameness) == bool(stands)


@pytest.mark.parametrize("hour", HARD_HOURS)
def test_time_runs_forwards_at_any_hour(hour, inside, clock):
    clock.at = datetime.fromisoformat(hour).replace(tzinfo=UTC)
    with inside():
        demo.load()
    with inside(False):
        opened = {post.thread_id: post.published_at for post in posts()}
        for comment in comments():
            moments = [opened[comment.thread_id], comment.written_at, comment.confirmed_at, comment.published_at]
            moments = [*filter(None, moments), clock.at]
            assert moments == sorted(moments), comment.name
        for decision in db.session.scalars(select(Decision)):
            assert decision.undo_until < clock.at


def test_every_page_answers(northmere, browser):
    with northmere(False):
        addresses = [post.address for post in posts()]
        addresses += [category.address for category in db.session.scalars(select(Category))]
    for address in ["/", "/about/", *addresses]:
        browser.visit(address)
        assert "made up" in browser.text


def _all(branch):
    yield branch
    for reply in branch.replies:
        yield from _all(reply)
