"""The worker's beat: who is at work is known to be, whatever hangs; who is stuck or gone is not; clocks may jump."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from opm import worker
from opm.extensions import db
from opm.lib import beat, publicity
from opm.lib.beat import ALIVE_WITHIN, Heart, WorkerBeat
from opm.outbox.delivery import ServerAway
from tests import cast
from tests.running import eventually
from tests.test_worker import Stop


@pytest.fixture
def last(inside):
    """`last()` is the row, if there is one."""

    def last():
        with inside(False):
            return db.session.scalar(select(WorkerBeat))

    return last


@pytest.fixture
def quick(monkeypatch):
    """A heart that races."""
    monkeypatch.setattr(beat, "BEAT_EVERY_SECONDS", 0.001)


def test_there_is_none_before_the_first_worker_and_one_at_once_after_it_began(app, last, clock):
    assert last() is None
    worker.work(app, Stop())
    assert last().beaten_at == clock.at
    assert last().is_alive
    assert not last().clock_was_moved


def test_a_worker_is_alive_while_the_mail_server_hangs(app, inside, last, clock, quick, monkeypatch):
    hanging, go_on = threading.Event(), threading.Event()

    def hang(*_):
        hanging.set()
        assert go_on.wait(10)
        raise ServerAway("it never said a word")

    monkeypatch.setattr(worker, "deliver_mail", hang)
    at_work = threading.Thread(target=worker.work, args=(app, Stop()))
    at_work.start()
    assert hanging.wait(10)
    clock.forward(minutes=5)
    eventually(lambda: last().beaten_at == clock.at, "a beat of now")
    go_on.set()
    at_work.join()


def test_a_worker_that_never_comes_round_falls_silent(app, last, clock, monkeypatch):
    with Heart(app, lambda: False) as heart:
        began = clock.at
        monkeypatch.setattr(beat, "ROUND_WITHIN_SECONDS", 0)
        clock.forward(minutes=11)
        heart.beat()
        assert last().beaten_at == began
        assert not last().is_alive
        monkeypatch.undo()


def test_whoever_was_seen_lately_is_alive_and_three_beats_may_be_missed(app, last, clock):
    worker.work(app, Stop())
    clock.forward(seconds=ALIVE_WITHIN.total_seconds())
    assert last().is_alive
    clock.forward(seconds=1)
    assert not last().is_alive
    assert last().age == ALIVE_WITHIN + timedelta(seconds=1)
    assert 3 * timedelta(seconds=beat.BEAT_EVERY_SECONDS) < ALIVE_WITHIN


def test_a_clock_set_back_makes_nobody_alive_and_the_next_beat_mends_it(app, last, clock):
    worker.work(app, Stop())
    clock.forward(days=-2)
    assert last().age is None
    assert not last().is_alive
    worker.work(app, Stop())
    assert last().is_alive


def test_a_clock_set_ahead_makes_a_live_worker_look_dead_no_longer_than_until_its_next_beat(app, last, clock):
    with Heart(app, lambda: True) as heart:
        clock.forward(days=8)
        assert not last().is_alive
        heart.beat()
        assert last().is_alive
        assert last().clock_was_moved


def test_two_workers_write_one_row(app, inside, last):
    with Heart(app, lambda: False) as one, Heart(app, lambda: False) as other:
        one.beat(), other.beat()
    with inside(False):
        assert db.session.scalar(select(func.count()).select_from(WorkerBeat)) == 1


def test_a_beat_makes_no_kept_page_old(app, inside, browser):
    with inside():
        cast.a_post()
    browser.visit(cast.POST)
    browser.visit(cast.POST)  # a connection that looks for the version, and that another test has cut, is made anew
    hits = app.extensions["pages"].hits
    with inside(False):
        before = publicity.version()
    with app.app_context():
        beat.beat()
    with inside(False):
        assert publicity.version() == before
    browser.visit(cast.POST)
    assert app.extensions["pages"].hits == hits + 1


def test_a_database_that_is_away_stops_neither_heart_nor_worker(app, last, quick, monkeypatch, caplog):
    beats = []

    def fail(_moved):
        beats.append(1)
        raise (ValueError if len(beats) == 1 else beat.SQLAlchemyError)

    monkeypatch.setattr(beat, "beat", fail)
    with Heart(app, lambda: False):
        eventually(lambda: len(beats) > 3, "more beats")
    assert [record.getMessage() for record in caplog.records] == ["the beat failed"]
