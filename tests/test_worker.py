"""The worker: mail goes when it is due, things are forgotten when their time is over, and little can stop either."""

import logging
import sys
import time
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from opm import settings, worker
from opm.accounts.models import Session, SignInAttempt
from opm.comments import moderation
from opm.comments.models import Act, Comment, MovedOn, State, Thread
from opm.comments.submission import CONFIRM_MAIL
from opm.extensions import db, mail
from opm.lib import beat, logs, throttle
from opm.outbox import posting
from opm.outbox.delivery import ServerAway
from opm.outbox.models import Email
from opm.outbox.models import State as EmailState
from opm.posts.pictures import cards
from tests import cast
from tests.counting import counting


class Stop:
    """Asks the worker to stop after so many rounds, which take no time."""

    def __init__(self, rounds=1):
        self.rounds, self.came, self.waits = rounds, False, []

    def wait(self, seconds):
        self.waits.append(seconds)
        self.came = self.came or len(self.waits) >= self.rounds
        return self.came


@pytest.fixture
def thread(inside):
    """A thread to comment in."""
    with inside():
        return cast.a_post().thread


@pytest.fixture
def forget(app, inside):
    """`forget()` lets everything go whose time is over, and says in how many rounds."""

    def forget(clocks=None):
        rounds = 1
        with inside():
            while worker.forget(clocks or worker.Clocks()):
                rounds += 1
        return rounds

    return forget


def waiting_comment(email="jo@example.org", text=cast.WORDS, **values):
    """An unconfirmed comment with its email."""
    comment = cast.a_comment(db.session.scalars(select(Thread)).first(), State.UNCONFIRMED, email=email, text=text)
    posting.post(CONFIRM_MAIL, email, comment.id, nonce=comment.link_nonce, **values)
    return comment


def states(inside, model):
    with inside(False):
        return sorted(db.session.scalars(select(model.state)))


# Mail


def test_what_is_due_goes_and_what_is_not_waits(app, inside, thread, clock):
    with inside():
        waiting_comment()
        waiting_comment("kim@example.org", due_at=clock.at + timedelta(minutes=10))
    with mail.record_messages() as sent:
        worker.work(app, Stop())
        assert [message.recipients for message in sent] == [["jo@example.org"]]
        clock.forward(minutes=10)
        worker.work(app, Stop())
    assert [message.recipients for message in sent] == [["jo@example.org"], ["kim@example.org"]]


def test_more_than_one_batch_goes_without_waiting_for_the_next_second(app, inside, thread):
    with inside():
        for number in range(45):
            waiting_comment(f"jo{number}@example.org")
    stop = Stop(rounds=4)
    worker.work(app, stop)
    assert states(inside, Email) == [EmailState.SENT] * 45
    assert stop.waits[0] == worker.PAUSE_SECONDS


def test_an_idle_worker_only_looks(app, thread, monkeypatch):
    with app.app_context():
        assert [cards.go_on(), cards.go_on()] == [True, False]
    monkeypatch.setattr(worker, "POLL_SECONDS", 0)
    with counting(app) as statements:
        worker.work(app, Stop(rounds=3))
    last_beat, its_beat, far_ahead, *others = statements
    assert last_beat.startswith("SELECT worker_beat")
    assert its_beat.startswith("INSERT INTO worker_beat")
    assert "email.created_at >" in far_ahead
    election, site, posts, *others = others
    assert election.startswith("SELECT publicity.version")
    assert site == election
    assert posts.startswith("SELECT post.id")
    assert len(others) == 24, (
        "mail and pictures in each round; once alerts, digests, signs, daily mails, social pictures, tidying"
    )
    assert all(statement.startswith("SELECT") for statement in others), statements


def test_asked_to_stop_it_finishes_the_email_in_hand_and_gives_the_others_back(app, inside, thread, clock, monkeypatch):
    with inside():
        for name in ("ada", "bea", "cai"):
            waiting_comment(f"{name}@example.org")
    stop = Stop(rounds=99)
    letterbox = app.extensions["letterbox"]
    monkeypatch.setattr(
        letterbox, "render", lambda email, render=letterbox.render: setattr(stop, "came", True) or render(email)
    )
    worker.work(app, stop)
    with inside(False):
        emails = db.session.scalars(select(Email).order_by(Email.id)).all()
        assert [(email.state, email.tries) for email in emails] == [("sent", 1), ("waiting", 0), ("waiting", 0)]
        assert all(email.due_at <= clock.at for email in emails[1:])


def test_without_a_mail_server_nothing_is_tried(app, inside, thread, monkeypatch):
    with inside():
        waiting_comment()
    monkeypatch.setitem(app.config, "MAIL_SERVER", None)
    worker.work(app, Stop())
    assert states(inside, Email) == [EmailState.WAITING]


def test_each_round_reads_the_settings_anew(app, inside, thread):
    with inside():
        waiting_comment("jo@example.org")
    with mail.record_messages() as sent:
        worker.work(app, Stop())
        with inside():
            settings.change(site_name="Another name")
            waiting_comment("kim@example.org")
        worker.work(app, Stop())
    assert "Another name" not in sent[0].subject
    assert "Another name" in sent[1].subject


# Trouble


def failing(error):
    def act(*_):
        raise error

    return act


def test_it_waits_longer_each_time_up_to_a_minute_and_starts_afresh_after_a_success(app):
    errand = worker.Errand("mail", failing(ServerAway("x")), worker.POLL_SECONDS)
    waits = []
    for _ in range(6):
        assert errand.run(app) is False
        waits.append(round(errand.due_at - time.monotonic()))
        assert not errand.is_due
    assert waits == [5, 10, 20, 40, 60, 60]
    errand.act = lambda: False
    errand.run(app)
    errand.act = failing(ServerAway("x"))
    errand.run(app)
    assert round(errand.due_at - time.monotonic()) == 5


def test_a_mail_server_that_is_away_holds_up_no_forgetting(app, inside, thread, monkeypatch, clock):
    with inside():
        waiting_comment()
    clock.forward(days=8)
    monkeypatch.setattr(worker, "FIRST_FORGET_AFTER_SECONDS", 0)
    monkeypatch.setattr(worker, "deliver_mail", failing(ServerAway("x")))
    worker.work(app, Stop(rounds=3))
    with inside(False):
        assert db.session.query(Comment).count() == 0


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ServerAway("451 jo@example.org"), "mail: the mail server is away (ServerAway), trying again in 5 s"),
        (
            OperationalError("INSERT", {"email": "jo@example.org"}, TimeoutError("jo@example.org")),
            "mail: the database does not answer (TimeoutError), trying again in 5 s",
        ),
        (ValueError("jo@example.org"), "mail: failed, trying again in 5 s"),
    ],
)
def test_trouble_is_one_line_that_names_nobody(app, caplog, error, line):
    caplog.set_level(logging.INFO, "opm")
    errand = worker.Errand("mail", failing(error), worker.POLL_SECONDS)
    errand.run(app)
    assert caplog.messages == [line]
    written = logs.OneLine().format(caplog.records[0])
    assert "jo@example.org" not in written
    assert "\n" not in written
    errand.act = lambda: False
    errand.run(app)
    assert caplog.messages[1:] == ["mail: goes on"]


def test_an_error_that_nobody_foresaw_is_told_by_its_kind_and_place():
    try:
        settings.change(no_such="setting")
    except KeyError:
        record = logging.LogRecord("opm", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    assert "(KeyError at opm/settings.py:" in logs.OneLine().format(record)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Exception on /confirm/12.I1hRhIhj7jq4nx6s1ucJWA [POST]", "Exception on /confirm/….… [POST]"),
        ("a mail to <jo.marsh@example.org> failed", "a mail to <…@…> failed"),
        ("one\nMain INFO: forged", "one Main INFO: forged"),
        ("opm/settings.py:12 version 1.2.3", "opm/settings.py:12 version 1.2.3"),
    ],
)
def test_logs_hold_no_token_no_address_and_no_second_line(written, kept):
    record = logging.LogRecord("opm", logging.INFO, "", 0, written, (), None)
    assert logs.OneLine().format(record).partition("INFO: ")[2] == kept


# Forgetting


def test_a_comment_that_nobody_confirmed_is_deleted_after_seven_days_and_no_other(inside, thread, clock, forget):
    with inside():
        waiting_comment("jo@example.org")
        for state in set(State) - {State.UNCONFIRMED}:
            cast.a_comment(db.session.get(Thread, thread.id), state, text=f"It is {state}.")
    clock.forward(days=7)
    forget()
    assert State.UNCONFIRMED in states(inside, Comment)
    clock.forward(seconds=1)
    forget()
    assert states(inside, Comment) == sorted(set(State) - {State.UNCONFIRMED})


def test_the_mail_of_a_comment_that_was_forgotten_never_goes(app, inside, thread, clock, forget, mailbox):
    with inside():
        waiting_comment()
    clock.forward(days=8)
    forget()
    assert mailbox.deliver() == []
    assert states(inside, Email) == [EmailState.CANCELLED]


def test_words_withdrawn_before_they_were_confirmed_go_with_the_unconfirmed(inside, thread, clock, forget):
    with inside():
        comment = cast.a_comment(db.session.get(Thread, thread.id), State.UNCONFIRMED)
        comment.withdraw(comment.thread)
    clock.forward(days=7, seconds=1)
    forget()
    assert states(inside, Comment) == []


def test_words_that_the_public_does_not_see_go_after_ninety_days_and_what_was_decided_stays(
    inside, thread, clock, forget
):
    with inside():
        held, ines = db.session.get(Thread, thread.id), cast.ines()
        old, shown = cast.a_comment(held), cast.a_comment(held, State.PUBLISHED, text="Shown.")
        clock.forward(days=5)
        moderation.decide(old, Act.REJECT, ines, revision=1, rule=3)
    clock.forward(days=90)
    forget()
    with inside(False):
        assert db.session.get(Comment, old.id).text
    clock.forward(seconds=1)
    forget()
    with inside(False):
        gone, stays = db.session.get(Comment, old.id), db.session.get(Comment, shown.id)
        assert (gone.text, gone.name, gone.email, gone.address_hash) == ("", "", None, None)
        assert gone.decisions[0].rule_number == 3
        assert (stays.text, stays.address_hash) == ("Shown.", shown.address_hash)
    with inside(), pytest.raises(MovedOn):
        moderation.decide(Comment.held(old.id), Act.RESTORE, cast.ines(), revision=1)


def test_networks_are_forgotten_after_thirty_days(inside, thread, clock, forget):
    with inside():
        held = db.session.get(Thread, thread.id)
        cast.a_comment(held, network="old")
        clock.forward(days=30, seconds=1)
        cast.a_comment(held, network="new", text="Later.")
    forget()
    with inside(False):
        assert db.session.scalars(select(Comment.network).order_by(Comment.id)).all() == ["", "new"]


def test_addresses_are_forgotten_a_year_after_the_last_comment_under_the_post(inside, thread, clock, forget):
    with inside():
        first = cast.a_comment(db.session.get(Thread, thread.id), State.PUBLISHED)
        clock.forward(days=300)
        cast.a_comment(db.session.get(Thread, thread.id), State.PUBLISHED, name="Kim", email="kim@example.org")
    clock.forward(days=365)
    forget()
    with inside(False):
        assert None not in db.session.scalars(select(Comment.email)).all()
    clock.forward(seconds=1)
    forget()
    with inside(False):
        for comment in db.session.scalars(select(Comment)):
            assert (comment.email, comment.sameness, comment.state) == (None, None, State.PUBLISHED)
            assert comment.address_hash
            assert comment.name in ("Jo Marsh", "Kim")
        assert db.session.get(Comment, first.id).number == 1


def test_an_address_is_kept_while_something_waits_to_be_told(inside, thread, clock, forget):
    with inside():
        comment = cast.a_comment(db.session.get(Thread, thread.id), State.PENDING)
    clock.forward(days=400)
    forget()
    with inside():
        pending = db.session.get(Comment, comment.id)
        assert pending.email == "jo@example.org"
        moderation.decide(pending, Act.REJECT, cast.ines(), revision=pending.revision, rule=1)
    forget()
    with inside(False):
        assert db.session.get(Comment, comment.id).email == "jo@example.org"
    clock.forward(days=4)
    forget()
    with inside(False):
        assert db.session.get(Comment, comment.id).email is None


def test_emails_are_forgotten_a_week_after_they_ended_and_never_while_they_wait(inside, clock, forget):
    with inside():
        for state in EmailState:
            email = posting.post("test", "jo@example.org", 1)
            email.state = EmailState(state)
            if state not in (EmailState.WAITING, EmailState.KEPT):
                email.settle(EmailState(state))
    clock.forward(days=7)
    forget()
    assert len(states(inside, Email)) == len(EmailState)
    clock.forward(seconds=1)
    forget()
    assert states(inside, Email) == [EmailState.WAITING]


def test_counts_attempts_and_sessions_are_forgotten_too(inside, clock, forget, app):
    with inside():
        throttle.spend({throttle.Allowance("test", 5): "somebody"})
        db.session.add(SignInAttempt())
        db.session.add(Session.begin(cast.ines(), "net")[0])
    clock.forward(days=31)
    forget()
    with inside(False):
        for table in (throttle.Tally, SignInAttempt, Session):
            assert db.session.query(table).count() == 0


def test_the_clocks_obey_what_the_desk_has_set(inside, thread, clock, forget):
    with inside():
        waiting_comment()
        settings.change(unconfirmed_days=1)
    clock.forward(days=1, seconds=1)
    forget()
    with inside(False):
        assert db.session.query(Comment).count() == 0


def test_much_is_forgotten_in_batches(inside, thread, clock, forget, monkeypatch):
    monkeypatch.setattr("opm.lib.going.BATCH", 4)
    with inside():
        for number in range(10):
            cast.a_comment(db.session.get(Thread, thread.id), State.UNCONFIRMED, text=f"{number}")
    clock.forward(days=8)
    assert forget() == 4
    with inside(False):
        assert db.session.query(Comment).count() == 0


def test_forgetting_changes_nothing_that_the_public_sees(inside, thread, clock, forget, browser):
    with inside():
        cast.a_comment(db.session.get(Thread, thread.id), State.PUBLISHED)
    before = browser.visit(cast.POST), browser.answer.headers["ETag"]
    clock.forward(days=800)
    forget()
    assert (browser.visit(cast.POST), browser.answer.headers["ETag"]) == before


# A clock that somebody moved


class Hands:
    """A wall clock and a steady one, moved by hand."""

    def __init__(self):
        self.wall = self.steady = 1000.0

    def clocks(self):
        return worker.Clocks(lambda: self.wall, lambda: self.steady)

    def pass_by(self, clocks, **lengths):
        """So much time passes on both, with a look before it and one after."""
        clocks.look()
        self.wall += timedelta(**lengths).total_seconds()
        self.steady += timedelta(**lengths).total_seconds()
        clocks.look()


@pytest.fixture
def hands():
    return Hands()


JUMPS = [timedelta(days=8), timedelta(days=-2), timedelta(hours=1, seconds=1)]


@pytest.mark.parametrize("jump", JUMPS)
def test_when_the_clock_is_moved_nothing_is_forgotten_until_it_has_gone_evenly_for_a_day(
    inside, thread, clock, forget, caplog, hands, jump
):
    clocks = hands.clocks()
    with inside():
        waiting_comment()
    clock.forward(days=8)
    hands.wall += jump.total_seconds()
    for _ in range(3):
        clocks.look()
        forget(clocks)
    assert sum("the clock may be wrong (it was moved by" in message for message in caplog.messages) == 1
    hands.pass_by(clocks, hours=23)
    hands.wall -= jump.total_seconds()  # and back: by now nobody knows which was right
    hands.pass_by(clocks, hours=23)
    forget(clocks)
    assert states(inside, Comment) == [State.UNCONFIRMED]
    hands.pass_by(clocks, hours=1)
    forget(clocks)  # without a hand
    assert states(inside, Comment) == []


def test_while_nothing_is_forgotten_mail_goes_on(app, inside, thread, clock):
    with inside():
        beat.beat(clock_was_moved=True)
        waiting_comment()
    worker.work(app, Stop())
    assert states(inside, Email) == [EmailState.SENT]
    assert last_beat(inside).clock_was_moved


def last_beat(inside):
    with inside(False):
        return db.session.scalars(select(beat.WorkerBeat)).one()


@pytest.fixture
def start(app, monkeypatch):
    """`start()` runs a worker that forgets in its first round, and stops it."""
    monkeypatch.setattr(worker, "FIRST_FORGET_AFTER_SECONDS", 0)
    return lambda: worker.work(app, Stop())


@pytest.mark.parametrize("away", [{"days": 9}, {"hours": 1, "seconds": 1}, {"days": -2}], ids=str)
def test_a_machine_that_starts_at_another_time_than_it_stopped_forgets_nothing_however_often_it_is_started(
    inside, thread, clock, start, caplog, away
):
    with inside():
        settings.change(unconfirmed_days=0)
    start()
    with inside():
        waiting_comment()
    clock.forward(**away)
    for _ in range(3):
        start()
        clock.forward(minutes=5)
    assert states(inside, Comment) == [State.UNCONFIRMED]
    assert "the last worker was last seen" in caplog.text
    assert last_beat(inside).clock_was_moved


def test_a_worker_that_was_away_for_less_than_an_hour_forgets_at_once(inside, thread, clock, start):
    with inside():
        settings.change(unconfirmed_days=0)
        waiting_comment()
    clock.forward(seconds=1)
    start()
    assert states(inside, Comment) == []
    with inside():
        waiting_comment()
    clock.forward(minutes=59)
    start()
    assert states(inside, Comment) == []


def test_a_worker_that_cannot_ask_when_the_last_one_was_seen_forgets_nothing(inside, thread, clock, start, monkeypatch):
    with inside():
        waiting_comment()
    clock.forward(days=8)
    with monkeypatch.context() as patch:
        patch.setattr(worker, "reading", failing(OperationalError("SELECT", None, TimeoutError())))
        start()
    assert states(inside, Comment) == [State.UNCONFIRMED]


def test_mail_waits_for_the_leases_of_others_to_end_when_the_clock_is_moved(app, inside, thread, monkeypatch):
    with inside():
        waiting_comment()
    monkeypatch.setattr(worker.Clocks, "look", lambda _: timedelta(seconds=90))
    worker.work(app, Stop(rounds=3))
    assert states(inside, Email) == [EmailState.WAITING]


@pytest.mark.parametrize("ahead", [{"hours": 3}, {"days": 400}], ids=str)
def test_counts_of_hours_to_come_refuse_nobody_when_these_come(inside, clock, forget, ahead):
    once = throttle.Allowance("test", 1)
    clock.forward(**ahead)
    with inside():
        throttle.spend({once: "somebody"})
    clock.at -= timedelta(**ahead)
    with inside():
        throttle.spend({once: "somebody"})  # not for long, either
    forget()
    clock.forward(**ahead)
    with inside():
        throttle.spend({once: "somebody"})


def test_time_that_passes_on_both_clocks_is_no_jump():
    hands = Hands()
    clocks = hands.clocks()
    for _ in range(24):
        hands.pass_by(clocks, days=1)
        hands.wall += 30  # set right by half a minute each day
    assert not clocks.have_jumped


def test_the_real_clocks_have_not_jumped():
    clocks = worker.Clocks()
    clocks.look()
    assert not clocks.have_jumped
