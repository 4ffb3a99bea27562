"""Closing a thread by hand or after a day, and opening it again. Each act is a row that says who did it, and when."""

from datetime import date, datetime, time, timedelta

from opm import settings
from opm.accounts import audit
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.comments.models import Thread, ThreadAct, ThreadDecision
from opm.extensions import db
from opm.lib import clock, publicity

LOGGED_AS = {
    ThreadAct.OPEN: Did.OPENED_THREAD,
    ThreadAct.CLOSE: Did.CLOSED_THREAD,
    ThreadAct.CLOSE_AFTER: Did.CLOSED_THREAD_AFTER,
}


class NothingToDo(Exception):
    """It is so already."""


class TooOld(Exception):
    """The site closes threads of this age: one can be open until a day, not without end."""


def decide(thread: Thread, act: ThreadAct, by: Person, last_day: date | None = None) -> None:
    """Does it; the thread is held. The caller commits. Raises NothingToDo, TooOld.

    A day that was named wins over the thread's age.
    """
    if act == ThreadAct.CLOSE_AFTER:
        thread.close_at(end_of(last_day))
    elif act == ThreadAct.CLOSE:
        _close(thread)
    else:
        _open(thread)
    db.session.add(ThreadDecision(thread_id=thread.id, by=by, act=act, last_day=last_day))
    audit.record(by, LOGGED_AS[act], "thread", thread.id, thread.title, f"{last_day or ''}")
    publicity.bump()


def end_of(day: date) -> datetime:
    """The moment at which this day ends in the site's zone."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=settings.current().timezone)


def is_too_old(thread: Thread) -> bool:
    """Whether the site's rule for old threads closes it as soon as nothing else is decided."""
    by_age = thread.closing_by_age(settings.current().close_after_days)
    return by_age is not None and by_age <= clock.now()


def _close(thread: Thread) -> None:
    if not thread.is_open(settings.current().close_after_days):
        raise NothingToDo
    thread.close()


def _open(thread: Thread) -> None:
    if not (thread.closed_at or thread.closes_at):
        raise NothingToDo
    if is_too_old(thread):
        raise TooOld
    thread.open_again()
