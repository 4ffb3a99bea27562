"""Of each new post each subscriber hears once, whatever stops, repeats or overlaps; and of some posts nobody does."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from opm.accounts import elections
from opm.comments.models import BlockedAddress
from opm.extensions import db
from opm.lib import clock as clocks
from opm.outbox import bounces
from opm.outbox.models import Email, State
from opm.posts import publishing
from opm.posts.models import Post
from opm.subscriptions import alerts, announcing
from opm.subscriptions.models import Announcement, Rhythm, Subscriber, Told, Topic
from tests import cast
from tests.counting import counting


@pytest.fixture
def publish(inside, clock):
    """`publish(…)` publishes a post now, lets five minutes pass, and gives its id."""

    def publish(slug="the-siren", title="Where the siren goes", waits=True, **values):
        with inside():
            post = cast.a_post(slug, title, on=(2026, 10, 1), **values)
            post.published_at, post.is_quiet = clocks.now(), False
        if waits:
            clock.forward(minutes=5)
        return post.id

    return publish


def who(name):
    return Subscriber.at(f"{name}@example.org")


def waiting(inside):
    """The addresses of the mails that wait, in alphabetical order."""
    with inside(False):
        return sorted(db.session.scalars(select(Email.recipient).where(Email.kind == alerts.MAIL)))


def test_a_new_post_is_mailed_once_to_whoever_follows_it_in_any_way(signs_up, publish, announce, mailbox, inside):
    with inside():
        rivers, other = cast.a_category("rivers"), cast.a_category("other")
        db.session.flush()
        rivers, other = rivers.id, other.id
    signs_up("kim@example.org")
    signs_up("kim@example.org", Topic.CATEGORY, rivers)
    signs_up("lea@example.org", Topic.CATEGORY, rivers)
    signs_up("max@example.org", Topic.CATEGORY, other)
    signs_up("nan@example.org", rhythm=Rhythm.DAILY)
    publish(category="rivers")
    for _time in range(3):
        announce()
    assert [mail.recipients for mail in mailbox.deliver()] == [["kim@example.org"], ["lea@example.org"]]
    announce()
    assert not mailbox.deliver()


def test_author_and_series_are_followed_too_and_the_oldest_wish_is_the_reason(signs_up, publish, announce, inside):
    with inside():
        post = cast.a_filed_post()
        author, series = post.authors[0].id, post.series_id
    _who, first = signs_up("kim@example.org", Topic.SERIES, series)
    signs_up("kim@example.org", Topic.AUTHOR, author)
    signs_up("lea@example.org", Topic.AUTHOR, author)
    new = publish()
    with inside():
        db.session.get(Post, new).series_id = series
    announce()
    assert waiting(inside) == ["kim@example.org", "lea@example.org"]
    with inside(False):
        assert db.session.scalar(select(func.min(Told.subscription_id))) == first


def test_the_mail_begins_with_the_title_and_leads_to_the_post(signs_up, publish, announce, mailbox, app):
    signs_up("kim@example.org")
    publish(title="Where the siren goes")
    announce()
    mail = mailbox.newest("kim@example.org")
    assert mail.subject == "Where the siren goes (Open policy)"
    assert mail.body.startswith(
        "Where the siren goes\n\nBy Ines Calder, 1 October 2026\n\nLow Mill Lane is warned last."
    )
    assert "/2026/10/01/the-siren/" in mail.body
    with app.app_context():
        whole = mail.as_bytes()
    assert b"List-Unsubscribe:" in whole
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in whole


def test_what_is_imported_back_dated_quiet_or_not_public_is_announced_to_nobody(signs_up, announce, inside, clock):
    signs_up("kim@example.org", told_until=clock.at - timedelta(days=999))
    with inside():
        cast.a_post("back-dated")
        imported = cast.a_post("imported", source="https://old.example", source_id="1")
        quiet, to_come = cast.a_post("quiet"), cast.a_post("to-come")
        imported.published_at = quiet.published_at = clock.at
        imported.is_quiet = to_come.is_quiet = False
        to_come.published_at = clock.at + timedelta(days=1)
        cast.a_draft()
    clock.forward(minutes=10)
    announce()
    assert waiting(inside) == []
    clock.forward(days=1)
    announce()
    assert len(waiting(inside)) == 1, "the one that was to come"


def test_a_scheduled_post_is_told_also_where_the_machine_slept_through_its_moment(signs_up, announce, inside, clock):
    signs_up("kim@example.org")
    with inside():
        post = cast.a_draft()
        publishing.schedule(post, clock.at + timedelta(hours=1), cast.ines())
    clock.forward(days=2)
    with inside():
        publishing.publish_due()
    announce()
    assert waiting(inside) == ["kim@example.org"]


def test_a_slip_can_be_taken_back_for_five_minutes(signs_up, publish, announce, inside, clock):
    signs_up("kim@example.org")
    id = publish(waits=False)
    clock.forward(minutes=4)
    announce()
    with inside():
        publishing.withdraw(Post.held(id), "It was not finished.")
    clock.forward(hours=1)
    announce()
    assert waiting(inside) == []
    with inside():
        publishing.put_back(Post.held(id), cast.ines())
    announce()
    assert waiting(inside) == ["kim@example.org"]


def test_a_post_that_is_withdrawn_while_its_mails_wait_is_not_mailed(signs_up, publish, announce, inside, mailbox):
    signs_up("kim@example.org")
    id = publish()
    announce()
    with inside():
        publishing.withdraw(Post.held(id), "It was wrong.")
    assert not mailbox.deliver()
    with inside(False):
        assert db.session.scalars(select(Email.state)).all() == [State.CANCELLED]


def test_the_mail_says_what_the_post_says_when_it_leaves(signs_up, publish, announce, inside, mailbox):
    signs_up("kim@example.org")
    id = publish()
    announce()
    with inside():
        db.session.get(Post, id).title = "Where the siren stands"
    assert mailbox.newest().subject.startswith("Where the siren stands")


def test_who_pauses_left_asked_for_no_mail_or_wrote_it_is_not_mailed(signs_up, publish, announce, inside):
    for name in ("paused", "ended", "blocked", "erased", "failing", "kim"):
        signs_up(f"{name}@example.org")
    signs_up("stopped@example.org", ended_at=clocks.now())
    signs_up("later@example.org", told_until=clocks.now() + timedelta(minutes=1))
    signs_up("ines@northmere.example")
    with inside():
        who("paused").paused_at = who("ended").ended_at = clocks.now()
        who("erased").email = None
        for _time in range(3):
            bounces.note("failing@example.org", "550")
        BlockedAddress.add(cast.address_hash("blocked@example.org"))
        cast.a_post("before").authors[0].person = cast.ines()
    publish()
    announce()
    assert waiting(inside) == ["kim@example.org"]


def test_who_stops_while_the_mail_waits_does_not_get_it(signs_up, publish, announce, mailbox, inside):
    for name in ("stops", "pauses", "moves", "revokes", "stays"):
        signs_up(f"{name}@example.org")
    publish()
    announce()
    with inside():
        who("stops").subscriptions[0].ended_at = who("pauses").paused_at = clocks.now()
        who("moves").email, who("revokes").nonce = "new@example.org", "another"
    assert [mail.recipients for mail in mailbox.deliver()] == [["stays@example.org"]]


def test_many_are_told_in_batches_and_a_restart_goes_on_where_it_stopped(
    signs_up, publish, announce, inside, monkeypatch
):
    monkeypatch.setattr(announcing, "BATCH", 3)
    names = [f"s{number:02}@example.org" for number in range(10)]
    for name in names:
        signs_up(name)
        signs_up(name, Topic.AUTHOR, 1)
    publish()
    noted, note = [], announcing._note

    def dies(*values):
        noted.append(1)
        if len(noted) == 3:
            raise OperationalError("", {}, Exception("killed"))
        note(*values)

    monkeypatch.setattr(announcing, "_note", dies)
    with pytest.raises(OperationalError):
        announce()
    assert len(waiting(inside)) == 6, "of the batch in which it died nothing is written"
    announce()
    assert waiting(inside) == names


def test_two_workers_with_the_same_batch_tell_each_once(signs_up, publish, inside, app, monkeypatch):
    names = [f"s{number}@example.org" for number in range(5)]
    for name in names:
        signs_up(name)
    publish()
    monkeypatch.setattr(announcing, "BATCH", 2)
    with app.app_context():
        assert announcing.go_on()
        while (batch := announcing._next_batch()) is not None:
            db.session.rollback()
            announcing._tell(batch)
            announcing._tell(batch)  # a second worker had put together the same one
            announcing._begin([batch.announcement.post_id], [])
    assert waiting(inside) == names
    with inside(False):
        assert db.session.scalar(select(func.count(Announcement.id))) == 1


def test_who_was_told_in_a_digest_meanwhile_is_not_told_again(signs_up, publish, inside, app):
    who, subscription = signs_up("kim@example.org")
    signs_up("lea@example.org")
    id = publish()
    with app.app_context():
        announcing.go_on()
        batch = announcing._next_batch()
        db.session.rollback()
        db.session.add(Told(subscriber_id=who, subscription_id=subscription, post_id=id, email_id=1))
        db.session.commit()
        while announcing._tell(batch) and (batch := announcing._next_batch()) is not None:
            db.session.rollback()
    assert waiting(inside) == ["lea@example.org"]


def test_in_election_time_nobody_is_told_and_afterwards_each_once(signs_up, publish, announce, inside, mailbox):
    signs_up("kim@example.org")
    with inside():
        elections.switch(True, None)
    publish("one")
    publish("two")
    announce()
    assert waiting(inside) == []
    with inside():
        elections.switch(False, None)
    announce()
    announce()
    assert len(mailbox.deliver()) == 2


def test_ten_times_as_many_take_no_more_statements(signs_up, publish, app, monkeypatch, inside):
    def told(*names):
        for name in names:
            signs_up(f"{name}@example.org")
        publish(f"for-{names[0]}")
        with counting(app) as statements, app.app_context():
            while announcing.go_on():
                pass
        return statements

    few, many = told("kim"), told(*(f"s{number}" for number in range(20)))
    assert len(few) == len(many) < 30, many


def test_a_title_of_any_kind_makes_a_subject_that_a_header_can_hold(signs_up, publish, announce, mailbox, app, inside):
    signs_up("kim@example.org")
    long = "Who " + "fills the sandbags and " * 8
    for slug, title in (("long", long), ("coded", "=?utf-8?q?=0ABcc:=20x?= Öl"), ("one-word", "x" * 200)):
        publish(slug, title)
    announce()
    mails = mailbox.deliver()
    assert len(mails) == 3
    for mail in mails:
        assert len(mail.subject) <= 120
        assert "=?" not in mail.subject
        with app.app_context():
            assert mail.as_bytes()
    assert mails[0].subject.startswith("Who fills the sandbags and fills")
    assert mails[0].subject.endswith("… (Open policy)")
