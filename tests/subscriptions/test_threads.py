"""Who follows a thread, or the answers to a comment, hears of what is public there: once, and never of their own."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from opm.comments import moderation, replying
from opm.comments.models import Act, Comment, State, Thread
from opm.extensions import db
from opm.lib import clock as clocks
from opm.subscriptions.models import Announcement, Rhythm, Topic
from tests import cast


@pytest.fixture
def thread_id(inside):
    """A thread to follow."""
    with inside():
        return cast.a_post().thread_id


@pytest.fixture
def say(inside, thread_id):
    """`say("Rope helps.")` is published at once; gives its id."""

    def say(text="Rope helps.", state=State.PUBLISHED, email="jo@example.org", **values):
        with inside():
            return cast.a_comment(db.session.get(Thread, thread_id), state, text=text, email=email, **values).id

    return say


@pytest.fixture
def hear(announce, mailbox, clock):
    """`hear(minutes=10)` lets so long pass, and gives the mails that came of it."""

    def hear(**lengths):
        until, mails = clock.at + timedelta(**lengths), []
        step = timedelta(minutes=1 if until < clock.at + timedelta(hours=2) else 60)
        while clock.at < until:
            clock.at += step
            announce()
            mails += mailbox.deliver()
        return [mail for mail in mails if mail.recipients != ["writer@example.org"]]

    return hear


def test_a_comment_is_told_once_it_stays_and_in_its_own_words(signs_up, say, thread_id, hear):
    signs_up("kim@example.org", Topic.THREAD, thread_id)
    id = say()
    assert hear(minutes=9) == []
    (mail,) = hear(minutes=4)
    assert mail.subject == "Who fills the sandbags? (a new comment, Open policy)"
    assert "Comment 1, by Jo Marsh:\n\n  Rope helps.\n" in mail.body
    assert f"/comment/{id}\n" in mail.body
    assert hear(days=1) == []


def test_what_is_undone_in_time_is_never_told(signs_up, say, thread_id, hear, inside, clock):
    signs_up("kim@example.org", Topic.THREAD, thread_id)
    id = say(state=State.PENDING, email="writer@example.org")
    with inside():
        decision = moderation.decide(Comment.held(id), Act.APPROVE, cast.piotr(), revision=1)
    clock.forward(minutes=9)
    with inside():
        moderation.undo(moderation.held_decision(decision.id), cast.piotr())
    assert hear(hours=1) == []
    with inside():
        moderation.decide(Comment.held(id), Act.APPROVE, cast.piotr(), revision=1)
    assert hear(minutes=9) == []
    assert len(hear(minutes=5)) == 1


def test_what_is_taken_down_before_the_mail_leaves_is_not_in_it(signs_up, say, thread_id, hear, inside):
    signs_up("kim@example.org", Topic.THREAD, thread_id)
    id = say(email="writer@example.org")
    assert hear(minutes=11) == []
    with inside():
        moderation.decide(Comment.held(id), Act.REMOVE, cast.piotr(), revision=1, rule=1)
    assert hear(minutes=30) == []


def test_nobody_hears_of_their_own_words(signs_up, say, thread_id, hear, inside):
    signs_up("JO@example.org", Topic.THREAD, thread_id)
    signs_up("ines@northmere.example", Topic.THREAD, thread_id)
    signs_up("kim@example.org", Topic.THREAD, thread_id)
    id = say()
    with inside():
        replying.reply(Comment.held(id), cast.ines(), "We have rope.", revision=1)
    mails = hear(minutes=30)
    told = sorted((mail.recipients[0], "Rope helps." in mail.body, "We have rope." in mail.body) for mail in mails)
    assert told == [
        ("JO@example.org", False, True),
        ("ines@northmere.example", True, False),
        ("kim@example.org", True, True),
    ]


def test_an_answer_in_a_thread_that_one_follows_is_one_mail(signs_up, say, thread_id, hear, inside):
    first = say()
    hear(minutes=11)
    signs_up("jo@example.org", Topic.REPLIES, first)
    signs_up("jo@example.org", Topic.THREAD, thread_id)
    signs_up("lea@example.org", Topic.REPLIES, first)
    say("And straps.", email="max@example.org", parent_id=first)
    hear(minutes=3)
    say("Something else.", email="nan@example.org")
    mails = hear(minutes=13)
    assert sorted(mail.recipients[0] for mail in mails) == ["jo@example.org", "lea@example.org"]
    (leas,) = (mail for mail in mails if mail.recipients == ["lea@example.org"])
    assert "Comment 2, by Jo Marsh, in answer to comment 1:" in leas.body
    assert "Something else" not in leas.body
    later = hear(minutes=20)
    assert [mail.recipients for mail in later] == [["jo@example.org"]]
    assert "Something else." in later[0].body
    assert "straps" not in later[0].body


def test_a_lively_thread_brings_a_mail_each_quarter_of_an_hour_at_most(signs_up, say, thread_id, hear):
    signs_up("kim@example.org", Topic.THREAD, thread_id)
    came = []
    for minute in range(60):
        say(f"Words {minute}.")
        came += hear(minutes=1)
    came += hear(minutes=50)
    assert len(came) == 5
    assert came[0].subject == "Who fills the sandbags? (2 new comments, Open policy)"
    assert "5 more are new. Read on from comment" in came[1].body
    assert "".join(mail.body for mail in came).count("Words 3.\n") == 1


def test_what_was_said_before_or_is_imported_is_not_told(signs_up, say, thread_id, hear, inside, clock):
    say("Before.")
    clock.forward(minutes=1)
    signs_up("kim@example.org", Topic.THREAD, thread_id)
    signs_up("lea@example.org", Topic.THREAD, thread_id, Rhythm.DAILY)
    say("Brought along.", source="https://old.example", source_id="7")
    assert hear(minutes=30) == []
    with inside(False):
        assert db.session.scalar(select(func.count(Announcement.id))) == 0


def test_a_thread_whose_post_is_withdrawn_is_quiet(signs_up, say, thread_id, hear, inside):
    signs_up("kim@example.org", Topic.THREAD, thread_id)
    say()
    with inside():
        db.session.get(Thread, thread_id).is_public = False
    assert hear(minutes=11) == []


def test_the_words_of_a_stranger_stand_in_no_header(signs_up, say, thread_id, hear, app):
    signs_up("kim@example.org", Topic.THREAD, thread_id)
    say("Buy pills at http://pills.example", name="pills.example")
    (mail,) = hear(minutes=15)
    with app.app_context():
        headers = mail.as_bytes().partition(b"\n\n")[0].partition(b"\r\n\r\n")[0]
    assert b"pills" not in headers.partition(b"--")[0]
    assert "pills.example:\n" in mail.body
    assert 'href="http://pills.example' not in mail.html


def test_who_follows_a_lively_thread_weekly_hears_of_it_once(signs_up, say, thread_id, hear, digest, mailbox, clock):
    signs_up("kim@example.org", Topic.THREAD, thread_id, Rhythm.WEEKLY)
    for number in range(5):
        say(f"Words {number}.")
        assert hear(hours=1) == []
    assert clocks.now() == clock.at
    clock.at += timedelta(days=7)
    digest()
    (mail,) = mailbox.deliver()
    assert mail.subject == "Who fills the sandbags? (5 new comments, Open policy)"
