"""Accounts that nobody uses are a door that nobody watches: whoever is away for long is suspended, after a warning.

The last admin and the last moderator who can get in are neither warned nor suspended.
"""

from datetime import timedelta

from sqlalchemy import or_

from opm.accounts import audit, staffing
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.extensions import db, reading
from opm.lib import clock
from opm.lib.i18n import gettext as _
from opm.outbox import posting

WARNED_BEFORE = timedelta(days=14)


def suspend_who_is_away(dormant_days: int) -> list[str]:
    """Warns whoever will have been away so long in two weeks' time, and suspends who was warned two weeks ago.

    0 days: nobody is. Looking whether anybody is away is read-only. Returns what was done, for the log, without names.
    The caller commits; of two workers at once, the second finds it done.
    """
    if not dormant_days:
        return []
    away_for = timedelta(days=dormant_days)
    with reading():
        is_anybody = db.session.scalar(_to_do(away_for).limit(1)) is not None
    return _act(away_for) if is_anybody else []


def _to_do(away_for: timedelta):
    """Those who are to be warned or suspended, whoever has been away longest first."""
    now = clock.now()
    is_away = Person.awake_at <= now - max(away_for - WARNED_BEFORE, timedelta())
    is_next = or_(Person.warned_at.is_(None), Person.warned_at <= now - WARNED_BEFORE)
    return Person.staff().where(is_away, is_next).order_by(None).order_by(Person.awake_at, Person.id)


def _act(away_for: timedelta) -> list[str]:
    staffing.hold(None)
    done = []
    for person in db.session.scalars(_to_do(away_for)).all():
        try:
            staffing.expect_others(person)
        except staffing.LastOne:
            continue
        if person.warned_at is None:
            _warn(person)
            done.append(f"person {person.id} warned")
        elif person.awake_at <= clock.now() - away_for:
            staffing.suspend(person, None, because=_("not signed in for %(num)s days", num=away_for.days))
            done.append(f"person {person.id} suspended")
    return done


def _warn(person: Person) -> None:
    person.warned_at = clock.now()
    audit.record(None, Did.WARNED_AWAY, "person", person.id, person.name)
    posting.post(staffing.NEWS_MAIL, person.email, person.id, nonce="warned")
