"""The table of clocks: what it says, what it does, and that the page on privacy says the same."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from opm import settings, worker
from opm.comments.models import Comment, State
from opm.complaints import handling
from opm.complaints.models import Complaint, Outcome
from opm.extensions import db
from opm.holdings import clocks
from opm.lib import beat
from opm.lib import clock as time
from opm.outbox.bounces import FailingAddress
from opm.outbox.models import Email
from opm.outbox.models import State as EmailState
from opm.reports import settling
from opm.reports.models import Outcome as Answer
from opm.subscriptions import following, signup
from opm.subscriptions.models import Rhythm, SignUp, Subscriber, Topic
from opm.subscriptions.topics import Followed
from tests import cast
from tests.tables import rows

SETTINGS = {
    "unconfirmed_days": 7,
    "network_days": 30,
    "address_days": 365,
    "unpublished_days": 90,
    "sent_email_days": 7,
    "unsubscribed_days": 28,
    "audit_days": 730,
}


@pytest.fixture
def purge(app, inside):
    """`purge(*words)` is the command; a worker has just been seen."""

    def purge(*words, seen=True):
        if seen:
            with inside():
                beat.beat()
        return app.test_cli_runner().invoke(args=["purge", *words])

    return purge


@pytest.fixture
def one_of_each(inside):
    """Something that each clock of the public's looks at, as of this moment."""
    with inside():
        thread, ines = cast.a_post().thread, cast.ines()
        cast.a_comment(thread, State.UNCONFIRMED, email="a@example.org", network="n")
        cast.a_comment(thread, State.PUBLISHED, email="b@example.org", network="n", text="Public.")
        cast.a_comment(thread, State.REJECTED, email="c@example.org", network="n", text="Rejected.")
        here = cast.a_comment(thread, State.PUBLISHED, email="d@example.org", text="Reported.")
        cast.a_report(here, False, network="n")
        settling.settle([cast.a_report(here, text="Again.")], Answer.LEFT_UP, ines, note="It may stay.")
        complaint = cast.a_complaint(network="n", name="Kit Vane")
        handling.answer(complaint, Outcome.UPHELD, "So it is.", ines)
        cast.a_sign_up("e@example.org").network = "n"
        sam = cast.a_subscriber("f@example.org")
        following.end(sam, following.followed_by(sam))
        db.session.add(FailingAddress(address_hash="x", code="550", last_at=time.now()))
        for email in db.session.scalars(select(Email)):
            email.settle(EmailState.SENT)


def test_the_defaults_are_those_that_were_promised(inside):
    with inside(False):
        site = settings.current()
        assert {name: getattr(site, name) for name in SETTINGS} == SETTINGS


@pytest.mark.parametrize("clock_name", [str(clock.name) for clock in clocks.CLOCKS])
def test_each_clock_stands_on_the_page_on_privacy_with_its_own_number(browser, inside, clock_name):
    (one,) = (each for each in clocks.CLOCKS if str(each.name) == clock_name)
    with inside():
        if one.lasts.setting:
            settings.change(**{one.lasts.setting: 47})
        said = " ".join(one.sentence.split())
        assert one.lasts.days == (min(47, one.lasts.most or 47) if not one.lasts.plus else one.lasts.plus + 47) or (
            not one.lasts.setting or one.lasts.least
        )
        assert f"{one.lasts.days} day" in said
    browser.visit("/privacy/")
    assert " ".join(str(one.what).split()) in browser.text
    assert said in browser.text


@pytest.mark.parametrize(
    "name",
    ["unconfirmed_days", "network_days", "address_days", "unpublished_days", "sent_email_days", "unsubscribed_days",
     "report_days", "complaint_days"],
)  # fmt: skip
def test_what_a_setting_says_goes_then_and_not_a_second_before(app, one_of_each, inside, clock, name):
    days = 400
    others = {each.lasts.setting: 3_000 for each in clocks.CLOCKS if each.lasts.setting}
    with inside():
        settings.change(**(others | {name: days}))
    mine = [each for each in clocks.CLOCKS if each.lasts.setting == name and not each.lasts.most]
    clock.forward(days=days)
    with inside(False):
        assert sum(each.count() for each in mine) == 0
    clock.forward(minutes=1)
    with inside(False):
        counted = {str(each.name): each.count() for each in mine}
    assert sum(counted.values()) > 0, name
    with inside():
        gone = clocks.take_a_batch_of_each()
    assert {what: count for what, count in gone.items() if what in counted} == {
        what: count for what, count in counted.items() if count
    }
    with inside(False):
        assert sum(each.count() for each in mine) == 0


def test_the_address_of_who_follows_by_mail_stays_while_they_do(inside, clock):
    with inside():
        post = cast.a_post()
        cast.a_comment(post.thread, State.PUBLISHED, email="stays@example.org", text="One.")
        cast.a_comment(post.thread, State.PUBLISHED, email="goes@example.org", text="Two.")
        thread = Followed(Topic.THREAD, post.thread.id, post.title)
        signup.follow("stays@example.org", thread, Rhythm.DAILY, "So.")
    clock.forward(days=366)
    with inside():
        clocks.take_a_batch_of_each()
    with inside(False):
        assert set(db.session.scalars(select(Comment.email))) == {"stays@example.org", None}
    with inside():
        signup.stop("stays@example.org", thread)
    with inside():
        clocks.take_a_batch_of_each()
    with inside(False):
        assert set(db.session.scalars(select(Comment.email))) == {None}


def test_who_left_is_forgotten_after_28_days_and_may_come_back_until_then(inside, clock, one_of_each):
    clock.forward(days=28)
    with inside():
        clocks.take_a_batch_of_each()
    with inside(False):
        assert db.session.scalars(select(Subscriber)).one().email == "f@example.org"
    clock.forward(seconds=1)
    with inside():
        clocks.take_a_batch_of_each()
    with inside(False):
        assert db.session.scalars(select(Subscriber)).all() == []
        assert db.session.scalars(select(SignUp)).all() == []


def test_the_register_keeps_a_line_of_what_was_complained_of(inside, clock, one_of_each):
    clock.forward(days=366)
    with inside():
        clocks.take_a_batch_of_each()
    with inside(False):
        (complaint,) = db.session.scalars(select(Complaint))
        assert (complaint.text, complaint.name, complaint.email) == ("", "", "")
        assert complaint.outcome == Outcome.UPHELD
        assert {step.text for step in complaint.steps} == {""}


# The command


def test_a_dry_run_says_what_would_go_and_changes_nothing(app, purge, one_of_each, clock):
    clock.forward(days=8)
    assert purge("--dry-run").exit_code == 0
    before = rows(app)
    said = purge("--dry-run", seen=False)
    assert said.exit_code == 0
    assert "1  unconfirmed comments" in said.output
    assert "1  sign-ups" in said.output
    assert "Nothing was changed." in said.output
    assert rows(app) == before


def test_the_command_takes_just_what_a_dry_run_says(purge, one_of_each, clock):
    clock.forward(days=100)
    would = purge("--dry-run").output.splitlines()[:-1]
    assert len(would) > 5
    assert purge().output.splitlines()[:-1] == would
    assert purge().output.splitlines() == ["That is all whose time is over."]


def test_it_halts_after_the_clock_was_moved_and_says_how_to_go_on(app, purge, one_of_each, clock, inside):
    with inside():
        beat.beat()
    clock.forward(days=100)
    before = rows(app)
    halted = purge(seen=False)
    assert halted.exit_code == 1
    assert "the clock may be wrong" in halted.output
    assert rows(app) == before
    assert purge("--although-the-clock-was-moved", seen=False).exit_code == 0
    assert rows(app) != before


def test_the_worker_halts_too_and_goes_on_after_an_even_day(one_of_each, clock, inside):
    trust = worker.Clocks()
    trust.distrust("a test says so")
    clock.forward(days=100)
    with inside():
        assert worker.forget(trust) is False
    with inside(False):
        assert sum(clocks.due().values()) > 5
    with inside():
        assert worker.forget(worker.Clocks()) is True


# A year


def test_a_year_lets_go_of_what_the_clocks_say_and_of_nothing_else(app, one_of_each, clock, inside):
    """Each week the whole database is compared: where nothing is due nothing changes, and what changes was due."""
    for _week in range(53):
        clock.forward(weeks=1)
        before = rows(app)
        with inside(False):
            due = clocks.due()
            may = {going.table.name for each in clocks.CLOCKS for going in each.goings if each.count()}
        with inside():
            while clocks.take_a_batch_of_each():
                pass
        after = rows(app)
        changed = {name for name in before if before[name] != after[name]}
        assert bool(changed) == bool(due)
        assert changed <= may | CASCADES
        if not due:
            assert before == after
    with inside(False):
        published = db.session.scalars(select(Comment).where(Comment.state == State.PUBLISHED)).all()
        assert sorted(each.text for each in published) == ["Public.", "Reported."]
        assert clocks.due() == {}
        assert timedelta(weeks=53) > timedelta(days=settings.current().address_days)


CASCADES = {"subscription", "told", "sign_up", "address_change", "text_mark"}  # go with what they hang from
