"""Once a day or a week, at the site's hour: one mail with what is new, none where nothing is, whatever clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from opm import settings
from opm.accounts import elections
from opm.comments.models import State
from opm.extensions import db
from opm.lib import clock as clocks
from opm.posts import publishing
from opm.posts.models import Post
from opm.subscriptions import digests
from opm.subscriptions.models import Announcement, Rhythm, Subscriber, Subscription, Topic
from tests import cast
from tests.counting import counting

LONDON, LORD_HOWE, APIA = ZoneInfo("Europe/London"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia")


@pytest.fixture
def live(app, clock, announce, digest, mailbox):
    """`live(days=2)` lets so long pass as a worker sees it, each quarter of an hour, and gives what was mailed."""

    def live(until=None, step=timedelta(minutes=15), **lengths):
        until, mails = until or clock.at + timedelta(**lengths), []
        while clock.at < until:
            clock.at = min(until, clock.at + step)
            announce()
            digest()
            for mail in mailbox.deliver():
                mails.append((clock.at, mail))
        return mails

    return live


@pytest.fixture
def publish(inside):
    """`publish("the-siren")` publishes a post this moment."""

    def publish(slug="the-siren", title="Where the siren goes", **values):
        with inside():
            post = cast.a_post(slug, title, **values)
            post.published_at, post.is_quiet = clocks.now(), False
            post.thread.title = title
            return post.id

    return publish


def subjects(mails):
    return [mail.subject for _at, mail in mails]


def test_a_daily_digest_comes_at_eight_and_only_where_something_is_new(signs_up, publish, live):
    signs_up("kim@example.org", rhythm=Rhythm.DAILY)
    publish()
    mails = live(days=3)
    assert subjects(mails) == ["Where the siren goes (Open policy)"]
    assert mails[0][0].astimezone(LONDON).strftime("%a %H:%M") == "Thu 08:15", "the first look after eight"


def test_a_weekly_digest_comes_on_its_day_with_all_of_the_week(signs_up, publish, live, inside):
    with inside():
        settings.change(digest_weekday=4, digest_hour=17)
    signs_up("kim@example.org", rhythm=Rhythm.WEEKLY)
    publish("one", "One")
    early = live(days=1)
    publish("two", "Two")
    mails = early + live(days=14)
    assert subjects(mails) == ["One (1 more post, Open policy)"]
    assert mails[0][0].astimezone(LONDON).strftime("%a %H:%M") == "Fri 17:15"


def test_it_tells_of_each_post_with_date_summary_and_link_and_groups_what_is_followed(signs_up, publish, live, inside):
    with inside():
        rivers = cast.a_category("rivers")
        db.session.flush()
        rivers = rivers.id
    signs_up("kim@example.org", Topic.CATEGORY, rivers, Rhythm.DAILY)
    publish("one", "One", category="rivers")
    signs_up("kim@example.org", rhythm=Rhythm.DAILY)
    publish("two", "Two")
    ((_at, mail),) = live(days=2)
    assert mail.subject == "One (1 more post, Open policy)"
    assert mail.body.startswith(
        "What is new on Open policy\n\nNew posts in Rivers\n-------------------\n\nOne\nBy Ines"
    )
    assert "All new posts\n-------------\n\nTwo\n" in mail.body
    assert mail.body.count("Low Mill Lane is warned last.") == 2
    assert "/2026/10/01/two/" in mail.body


def test_who_was_told_at_once_is_not_told_again_in_the_digest(signs_up, publish, live, inside):
    with inside():
        rivers = cast.a_category("rivers")
        db.session.flush()
        rivers = rivers.id
    signs_up("kim@example.org", Topic.CATEGORY, rivers)
    signs_up("kim@example.org", rhythm=Rhythm.DAILY)
    publish("one", "One", category="rivers")
    assert subjects(live(days=2)) == ["One (Open policy)"]


def test_a_worker_that_slept_for_days_sends_one(signs_up, publish, live, clock):
    signs_up("kim@example.org", rhythm=Rhythm.DAILY)
    for number in range(3):
        publish(f"post-{number}", f"Post {number}")
        live(minutes=30)
    clock.forward(days=3)
    assert subjects(live(minutes=15)) == ["Post 0 (2 more posts, Open policy)"]
    assert live(days=2) == []


def test_who_pauses_is_not_flooded_when_they_come_back(signs_up, publish, live, inside):
    signs_up("kim@example.org", rhythm=Rhythm.DAILY)
    with inside():
        Subscriber.at("kim@example.org").paused_at = clocks.now()
    publish("one", "One")
    assert live(days=3) == []
    with inside():
        Subscriber.at("kim@example.org").paused_at = None
    assert live(days=2) == []
    publish("two", "Two")
    assert subjects(live(days=2)) == ["Two (Open policy)"]


def test_who_ended_it_hears_no_more_and_a_withdrawn_post_is_left_out(signs_up, publish, live, inside, digest, mailbox):
    signs_up("kim@example.org", rhythm=Rhythm.DAILY)
    _who, ended = signs_up("lea@example.org", rhythm=Rhythm.DAILY)
    with inside():
        db.session.get(Subscription, ended).ended_at = clocks.now()
    wrong, right = publish("wrong", "Wrong"), publish("right", "Right")
    live(minutes=10)
    with inside():
        publishing.withdraw(Post.held(wrong), "It was wrong.")
    mails = live(days=1)
    assert [(mail.recipients, mail.subject) for _at, mail in mails] == [(["kim@example.org"], "Right (Open policy)")]
    publish("again", "Again")
    live(minutes=10)
    assert right


def test_in_election_time_there_is_none_and_afterwards_one(signs_up, publish, live, inside, clock):
    signs_up("kim@example.org", rhythm=Rhythm.DAILY)
    publish("before", "Before")
    live(minutes=15)
    with inside():
        elections.switch(True, None)
    publish("during", "During")
    assert live(days=10) == []
    with inside():
        elections.switch(False, None)
    assert subjects(live(days=3)) == ["Before (Open policy)", "During (Open policy)"], (
        "what was announced before comes at once, what was held back with the next"
    )


def test_comments_are_counted_by_thread_and_nobody_hears_of_their_own(signs_up, publish, live, inside):
    id = publish()
    with inside(False):
        thread_id = db.session.get(Post, id).thread_id
    for name in ("kim", "jo"):
        signs_up(f"{name}@example.org", Topic.THREAD, thread_id, Rhythm.DAILY)
    with inside():
        thread = db.session.get(Post, id).thread
        cast.a_comment(thread, State.PUBLISHED, text="First.")
        cast.a_comment(thread, State.PUBLISHED, text="Second.", email="lea@example.org")
        cast.a_comment(thread, State.PENDING, text="Third.", email="lea@example.org")
    mails = live(days=2)
    assert sorted((mail.recipients[0], mail.subject) for _at, mail in mails) == [
        ("jo@example.org", "Where the siren goes (1 new comment, Open policy)"),
        ("kim@example.org", "Where the siren goes (2 new comments, Open policy)"),
    ]
    assert "2 new comments\n\n   http" in mails[0][1].body
    assert "First." not in mails[0][1].body


def test_two_workers_with_the_same_batch_make_each_digest_once(
    signs_up, publish, announce, app, clock, mailbox, inside
):
    for name in ("kim", "lea"):
        signs_up(f"{name}@example.org", rhythm=Rhythm.DAILY)
    publish()
    clock.forward(minutes=5)
    announce()
    clock.forward(days=1)
    with app.app_context():
        moment = digests.last_moment(Rhythm.DAILY, clock.at, 8, 0, LONDON)
        due = digests._due(Rhythm.DAILY, moment)
        mails = digests._mails(due, moment)
        db.session.rollback()
        for _worker in range(2):
            if digests._move_on(due, moment):
                digests._write(mails)
            db.session.commit()
    assert len(mailbox.deliver()) == 2


def test_many_digests_take_as_many_statements_as_few(signs_up, publish, announce, app, clock):
    def made(names, slug):
        for name in names:
            signs_up(f"{name}@example.org", rhythm=Rhythm.DAILY)
        publish(slug)
        clock.forward(minutes=5)
        announce()
        clock.forward(days=1)
        with counting(app) as statements, app.app_context():
            while digests.go_on():
                pass
        return statements

    few, many = made(["kim"], "one"), made([f"s{number}" for number in range(20)], "two")
    assert len(few) == len(many) < 25, many


def test_marks_that_a_wrong_clock_set_far_ahead_are_moved_back(signs_up, publish, live, clock):
    signs_up("kim@example.org", rhythm=Rhythm.DAILY, told_until=clock.at + timedelta(days=400))
    live(hours=1)
    publish()
    assert subjects(live(days=1)) == ["Where the siren goes (Open policy)"]


@pytest.mark.parametrize(
    ("zone", "hour", "begin"),
    [
        (LONDON, 1, datetime(2026, 3, 27, tzinfo=UTC)),  # the hour that is left out
        (LONDON, 1, datetime(2026, 10, 23, tzinfo=UTC)),  # the hour that comes twice
        (LONDON, 8, datetime(2026, 3, 27, tzinfo=UTC)),
        (LORD_HOWE, 2, datetime(2026, 10, 2, tzinfo=UTC)),  # half an hour is left out
        (LORD_HOWE, 1, datetime(2026, 4, 3, tzinfo=UTC)),  # half an hour comes twice
    ],
)
def test_whatever_the_clocks_do_there_is_exactly_one_a_day(zone, hour, begin):
    found = [
        digests.last_moment(Rhythm.DAILY, begin + timedelta(minutes=minutes), hour, 0, zone)
        for minutes in range(0, 5 * 1440, 5)
    ]
    moments = sorted(set(found))
    assert found == sorted(found), "time does not go back"
    days = [moment.astimezone(zone).date() for moment in moments]
    assert len(days) == len(set(days)) == (days[-1] - days[0]).days + 1


def test_a_place_that_left_out_a_day_had_one_digest_for_both():
    begin = datetime(2011, 12, 28, tzinfo=UTC)
    moments = {
        digests.last_moment(Rhythm.DAILY, begin + timedelta(minutes=m), 8, 0, APIA) for m in range(0, 5 * 1440, 15)
    }
    assert [moment.astimezone(APIA).day for moment in sorted(moments)] == [27, 28, 29, 31, 1, 2]


@pytest.mark.long
def test_a_year_of_digests_brings_each_post_once_and_never_an_empty_mail(signs_up, publish, live, clock):
    """Two posts a week, over both changes of the clocks."""
    signs_up("day@example.org", rhythm=Rhythm.DAILY)
    signs_up("week@example.org", rhythm=Rhythm.WEEKLY)
    mails = []
    for number in range(104):
        publish(f"post-{number}", f"Post number {number}.")
        mails += live(days=3, hours=12, step=timedelta(hours=1))
    mails += live(days=8, step=timedelta(hours=1))
    for name, most in (("day", 104), ("week", 54)):
        mine = [mail for _at, mail in mails if mail.recipients == [f"{name}@example.org"]]
        assert len(mine) <= most
        for number in range(104):
            assert sum(f"Post number {number}.\n" in mail.body for mail in mine) == 1, number
    assert all(at.astimezone(LONDON).hour in (8, 9) for at, _mail in mails)


def test_what_was_never_announced_is_in_no_digest(signs_up, live, inside):
    signs_up("kim@example.org", rhythm=Rhythm.DAILY)
    with inside():
        cast.a_post().published_at = clocks.now()
    assert live(days=2) == []
    with inside(False):
        assert db.session.scalar(select(Announcement.id)) is None
