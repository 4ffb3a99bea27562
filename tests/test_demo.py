"""The demo: a site to look at, alive whenever it is loaded, that mails nobody."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import func, select

from opm import demo, settings
from opm.accounts.models import Person
from opm.comments import threads
from opm.comments.models import Act, Comment, Decision, State, Thread
from opm.demo import writing
from opm.extensions import db
from opm.outbox.models import Email
from opm.posts import checks, publishing
from opm.posts.models import Author, Category, Post, Series, Tag
from opm.posts.models import State as PostState
from opm.reports.models import Report

# A night in which the clocks go back, New Year's Eve, just after midnight, just before.
HARD_HOURS = ["2026-10-25T01:30", "2027-01-01T00:00", "2028-03-01T00:01", "2026-07-31T22:59"]


AS_LOADED = {}  # by app: every row of the demo, so that it is loaded once for all who only look at it


@pytest.fixture
def northmere(app, inside):
    """The demo, loaded, to look at; what is looked for is asked inside."""
    if app not in AS_LOADED:
        with inside():
            demo.load()
        with inside(False):
            AS_LOADED[app] = {table: _rows(table) for table in db.metadata.sorted_tables if table.name != "publicity"}
        return inside
    with inside():
        for table, rows in AS_LOADED[app].items():
            if rows:
                db.session.execute(table.insert(), rows)
    return inside


def _rows(table) -> list[dict]:
    return [dict(row._mapping) for row in db.session.execute(select(table).order_by(*table.primary_key))]


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
        assert len(posts()) == 12


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


def test_what_there_is(northmere, clock):
    with northmere(False):
        assert len(posts()) == 12
        assert 60 <= len(comments()) <= 75
        count = {model: db.session.scalar(select(func.count(model.id))) for model in (Author, Category, Series)}
        assert count == {Author: 3, Category: 4, Series: 2}
        assert all(category.description for category in db.session.scalars(select(Category)))
        assert all(author.about for author in db.session.scalars(select(Author)))
        assert all(post.authors and post.categories and post.tags and post.summary for post in posts())
        assert {category.slug for post in posts() for category in post.categories} == {
            "buses", "rivers-and-floods", "high-street", "how-we-work",
        }  # fmt: skip
        newest, *_, oldest = posts()
        assert timedelta(days=1) < clock.at - newest.published_at < timedelta(days=3)
        assert timedelta(days=330) < clock.at - oldest.published_at < timedelta(days=365)
        for series in db.session.scalars(select(Series)):
            parts = db.session.scalars(select(Post).filter_by(series=series).order_by(Post.series_position)).all()
            assert [post.series_position for post in parts] == [*range(1, len(parts) + 1)]
            assert [post.published_at for post in parts] == sorted(post.published_at for post in parts)


def test_the_desk_has_a_post_in_each_state_before_publication(northmere, clock, browser):
    with northmere(False):
        making = db.session.scalars(Post.at_desk().where(Post.published_at.is_(None))).all()
        assert {post.state for post in making} == {PostState.DRAFT, PostState.IN_REVIEW, PostState.SCHEDULED}
        for post in making:
            assert checks.blocking(post) == []
            assert post.published_on or post.state != PostState.SCHEDULED
    clock.forward(days=5)
    with northmere():
        assert len(publishing.publish_due()) == 1
    browser.visit("/")
    assert "The bridge closes" in browser.text


def test_tags_lead_from_one_post_to_another(northmere):
    with northmere(False):
        marked = Counter(tag.name for post in posts() for tag in post.tags)
        assert set(marked) == set(db.session.scalars(select(Tag.name)))
        shared = {name for name, count in marked.items() if count > 1}
        assert len(shared) >= 8
        alone = [post.slug for post in posts() if shared.isdisjoint(tag.name for tag in post.tags)]
        assert not alone


def test_one_guest_wrote_a_post_and_has_no_account(northmere):
    with northmere(False):
        (guest,) = db.session.scalars(select(Author).where(Author.person_id.is_(None)))
        (post,) = [post for post in posts() if guest in post.authors]
        assert guest.name in post.html
        assert db.session.scalar(select(func.count(Person.id))) == 2


def test_posts_are_long_and_short_and_show_all_that_a_text_can_hold(northmere):
    with northmere(False):
        pages = [post.html for post in posts()]
        words = sorted(len(post.text.split()) for post in posts())
        assert words[0] < 160
        assert words[1] > 300
        assert words[-1] > 1500
        for part in ("<h2>", "<h3>", "<ul>", "<ol>"):
            assert sum(part in page for page in pages) >= 11, part
        for part in ("<blockquote>", "<table>", "<img "):
            assert sum(part in page for page in pages) >= 9, part
        assert sum("<pre>" in page for page in pages) == 1
        assert not [page for page in pages if "post:" in page], "a link to another post that was not found"
        assert not [page for page in pages if "picture:" in page], "a picture that was not found"


def test_every_picture_is_small_has_its_size_and_says_what_it_shows(northmere, app):
    with northmere(False):
        pictures = [found for post in posts() for found in re.findall(r"<img [^>]*>", post.html)]
    assert len(pictures) == len(list(writing.PICTURES.glob("*.png"))) == len(list(writing.PICTURES.glob("*.svg"))) >= 8
    for picture in pictures:
        values = dict(re.findall(r'([a-z]+)="([^"]*)"', picture))
        answer = app.test_client().get(values["src"])
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
        assert len(answer.data) < 60_000
        assert Image.open(BytesIO(answer.data)).size == (int(values["width"]), int(values["height"]))
        assert 60 < len(values["alt"]) < 250, values["alt"]
        assert values["loading"] == "lazy"


def test_some_threads_are_closed_one_by_hand_and_one_on_its_date(northmere, clock):
    with northmere(False):
        by_hand = [post.slug for post in posts() if post.thread.closed_at]
        by_date = [post for post in posts() if post.thread.closes_at]
        assert by_hand == ["why-change"]
        assert [post.slug for post in by_date] == ["where-the-water-goes"]
        assert by_date[0].thread.closes_at - by_date[0].published_at > timedelta(days=41)
        assert sum(not post.thread.is_open(0) for post in posts()) == 2


def test_staff_can_enter_the_desk(northmere):
    with northmere(False):
        ines, piotr = db.session.scalars(Person.staff())
        assert set(ines.roles) == {"editor", "moderator", "admin"}
        assert set(piotr.roles) == {"author", "moderator"}
        assert set(db.session.scalars(select(Author.person_id))) == {ines.id, piotr.id, None}


def test_every_state_occurs(northmere):
    with northmere(False):
        counted = Counter(comment.state for comment in comments())
        assert set(counted) == set(State)
        assert counted[State.PENDING] == 6
        assert counted[State.PUBLISHED] > sum(counted.values()) / 2
        held = Counter(post.thread.published_count for post in posts())
        assert max(held) == 25
        assert held[0] >= 1
        assert [post.slug for post in posts() if not comments(Comment.thread_id == post.thread_id)] == ["bench"]
        assert {comment.is_by_staff for comment in comments(Comment.state == State.PUBLISHED)} == {True, False}


def test_nobody_is_mailed(northmere, clock, mailbox):
    with northmere(False):
        assert db.session.scalar(select(func.count(Email.id))) == 0
    clock.forward(days=1)
    assert mailbox.deliver() == []


def test_numbers_have_no_gaps_and_follow_publication(northmere):
    with northmere(False):
        for thread in db.session.scalars(select(Thread)):
            numbered = list(
                db.session.query(Comment)
                .filter_by(thread_id=thread.id)
                .where(Comment.number.is_not(None))
                .order_by(Comment.number)
            )
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


@pytest.mark.parametrize(
    ("slug", "mark"),
    [("what-changed", State.WITHDRAWN), ("six-saturdays", State.REJECTED)],
    ids=["withdrawn", "removed"],
)
def test_two_threads_are_five_deep_and_keep_a_mark_for_what_is_gone(northmere, slug, mark):
    with northmere(False):
        thread = next(post.thread for post in posts() if post.slug == slug)
        shown = [branch for root in threads.page(thread).rows for branch in _all(root)]
        assert max(branch.depth for branch in shown) == 3
        assert [branch for branch in shown if branch.answers], "nothing is deeper than the indent"
        gone = db.session.get(Comment, *[branch.words.id for branch in shown if not branch.words.is_published])
        assert gone.state == mark
        assert comments(Comment.parent_id == gone.id, Comment.state == State.PUBLISHED)
        assert gone.withdrawn_at is None or gone.withdrawn_at > gone.published_at


def test_decisions_can_no_longer_be_undone(northmere, clock):
    with northmere(False):
        decisions = list(db.session.scalars(select(Decision)))
        decided = [comment for comment in comments() if comment.state not in (State.UNCONFIRMED, State.PENDING)]
        by_public = [comment for comment in decided if not comment.is_by_staff]
        assert {decision.comment_id for decision in decisions} == {comment.id for comment in by_public}
        for decision in decisions:
            assert decision.undo_until < clock.at
            assert decision.decided_at > decision.comment.confirmed_at
        against = [decision for decision in decisions if decision.act not in (Act.APPROVE, Act.SPAM)]
        assert Counter(decision.act for decision in against) == {Act.REJECT: 2, Act.REMOVE: 1, Act.REDACT: 1}
        assert all(decision.rule_number and decision.note for decision in against)
        (redacted,) = [comment for comment in comments() if comment.is_redacted]
        assert redacted.is_published
        assert "07700" not in redacted.text


def test_what_waits_shows_the_queue_at_work(northmere, clock):
    with northmere(False):
        pending = comments(Comment.state == State.PENDING)
        waits = sorted(clock.at - comment.confirmed_at for comment in pending)
        assert waits[0] == timedelta(minutes=20)
        late = [wait for wait in waits if wait > timedelta(hours=settings.current().decide_within_hours)]
        assert late == [timedelta(hours=27)]
        assert sorted(comment.flags for comment in pending if comment.flags) == [["links"], ["private"]]
        (edited,) = [comment for comment in pending if comment.edited_at]
        assert edited.revision == 2
        (unconfirmed,) = comments(Comment.state == State.UNCONFIRMED)
        assert unconfirmed.link_lives(settings.current().unconfirmed_for)


def test_a_report_and_a_legal_notice_wait_for_an_answer(northmere, clock):
    with northmere(False):
        report, notice = db.session.scalars(select(Report).where(Report.is_open()).order_by(Report.id))
        assert report.comment.is_published
        assert report.address == f"/comment/{report.comment_id}"
        assert notice.is_notice
        assert notice.address == posts()[0].address
        assert notice.quote in posts()[0].text
        for each in (report, notice):
            assert each.email.endswith("@example.org")
            assert each.written_at < each.confirmed_at < clock.at


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


def test_every_page_is_read_and_its_links_lead_somewhere(northmere, browser):
    with northmere(False):
        addresses = [post.address for post in posts()]
        for model in (Author, Category, Series, Tag):
            addresses += [listed.address for listed in db.session.scalars(select(model))]
    paths = set()
    for address in ["/", "/about/", *addresses]:
        browser.visit(address)
        assert "made up" in browser.text
        links = {link["href"].partition("#")[0] for link in browser.page.select("main a")}
        paths |= {path for path in links if path.startswith("/")}
    assert len(paths) > 80  # replies to comments, other posts
    for path in paths:
        assert browser.client.get(path).status_code in (200, 303), path  # the desk asks who you are


def test_nothing_in_it_names_a_real_address(northmere):
    """Web and mail addresses have names that nobody can own (RFC 2606); numbers to ring are those kept for drama."""
    with northmere(False):
        said = [comment.text for comment in comments()] + [post.text for post in posts()]
        people = [person.email for person in db.session.scalars(select(Person))]
    hosts = re.findall(r"https?://([^/\s)]+)", " ".join(said)) + re.findall(r"@([\w.-]+)", " ".join(said + people))
    assert hosts
    assert {host.rpartition(".")[2] for host in hosts} == {"example"}
    assert not re.findall(r"\b0(?!1632 960 \d{3}\b)\d{4}", " ".join(said))


def _all(branch):
    yield branch
    for reply in branch.replies:
        yield from _all(reply)
