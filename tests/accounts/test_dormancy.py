"""Who is away for long is warned, then suspended; never the last of their kind, and not by a clock that jumped."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from opm import settings, worker
from opm.accounts import dormancy
from opm.accounts.audit import Did, Entry
from opm.accounts.models import Person
from opm.extensions import db
from tests import cast


class Trusted:
    """A clock that has gone evenly."""

    have_jumped = False


class Jumped:
    """One that has not."""

    have_jumped = True


@pytest.fixture(autouse=True)
def team(inside):
    """All three have signed in; Ines is the only admin, Piotr and she moderate, Rosa writes."""
    with inside():
        for person in (cast.ines(), cast.piotr(), cast.rosa()):
            person.take_note_of_sign_in()


def work(app, clocks=Trusted):
    with app.app_context():
        worker.suspend_who_is_away(clocks)


def suspended(inside) -> list[str]:
    with inside(False):
        return sorted(db.session.scalars(select(Person.name).where(Person.suspended_at.is_not(None))))


def test_who_is_away_is_warned_once_then_suspended_and_comes_back_by_one_press(app, inside, mailbox, clock, browser):
    clock.forward(days=75)
    work(app)
    assert mailbox.deliver() == []
    clock.forward(days=1, hours=1)
    work(app)
    work(app)
    warned = mailbox.deliver()
    assert sorted(mail.recipients[0] for mail in warned) == ["piotr@northmere.example", "rosa@northmere.example"]
    assert "Yours will be in two weeks’ time." in " ".join(warned[0].body.split())
    with inside():
        cast.piotr().take_note_of_sign_in()
    clock.forward(days=13, hours=23)
    work(app)
    assert suspended(inside) == []
    clock.forward(hours=1)
    work(app)
    work(app)
    assert suspended(inside) == ["Rosa Menk"]
    (mail,) = mailbox.deliver()
    assert mail.recipients == ["rosa@northmere.example"]
    assert "You have not signed in for a long time." in mail.body
    cast.signed_in(browser, inside)
    browser.visit("/desk/staff/")
    assert "The site did so by itself" in browser.text
    browser.follow("Rosa Menk")
    browser.press("Let them back in")
    work(app)
    assert suspended(inside) == []
    with inside(False):
        log = [(entry.did, entry.by_id, entry.detail) for entry in db.session.scalars(select(Entry).order_by(Entry.id))]
    assert (Did.SUSPENDED, None, "not signed in for 90 days") in log
    assert log.count((Did.WARNED_AWAY, None, "")) == 2


def test_the_last_admin_and_moderator_are_neither_warned_nor_suspended(app, inside, mailbox, clock):
    for _ in range(3):
        clock.forward(days=200)
        work(app)
    assert suspended(inside) == ["Piotr Lund", "Rosa Menk"]
    assert "ines@northmere.example" not in [mail.recipients[0] for mail in mailbox.deliver()]


def test_of_two_admins_who_are_both_away_one_stays(app, inside, clock):
    with inside():
        cast.piotr().roles = ["moderator", "admin"]
        clock.forward(minutes=1)
        cast.ines().take_note_of_sign_in()
    for _ in range(3):
        clock.forward(days=200)
        work(app)
    assert suspended(inside) == ["Piotr Lund", "Rosa Menk"]


def test_after_a_jump_of_the_clock_nobody_is_warned_or_suspended(app, inside, mailbox, clock):
    clock.forward(days=400)
    work(app, Jumped)
    assert mailbox.deliver() == []
    work(app)
    work(app)
    assert suspended(inside) == [], "who was not warned two weeks ago is not suspended"


def test_a_site_can_do_without(app, inside, mailbox, clock):
    with inside():
        settings.change(dormant_days=0)
    for _ in range(2):
        clock.forward(days=400)
        work(app)
    assert suspended(inside) == []
    assert mailbox.deliver() == []


def test_two_workers_at_once_do_it_once(app, inside, mailbox, clock):
    for _ in range(2):
        clock.forward(days=100)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: work(app), range(4)))
    to_rosa = [mail.subject for mail in mailbox.deliver() if mail.recipients == ["rosa@northmere.example"]]
    assert len(to_rosa) == 1, "the warning was no longer so when its turn came"
    assert "suspended" in to_rosa[0]
    with inside(False):
        done = [entry.did for entry in db.session.scalars(select(Entry)) if entry.words == "Rosa Menk"]
    assert sorted(done) == sorted([Did.SUSPENDED, Did.WARNED_AWAY])


def test_looking_whether_anybody_is_away_writes_nothing(app, inside, clock):
    with app.app_context():
        assert dormancy.suspend_who_is_away(90) == []
