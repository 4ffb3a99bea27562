"""Election mode: for a time a public body says nothing new, unless somebody decides that it has to.

It is one switch among the settings. The worker turns it at the beginning of the first day and at the end of the last,
in the site's zone, once each; an admin can turn it by hand at any time. While it is on nothing goes out by itself, and
whatever a member of staff would make public takes a tick (`expect_leave`). All of it is in the audit log.
"""

from flask import g

from opm import settings
from opm.accounts import audit
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.extensions import db, reading
from opm.lib import clock, publicity

KIND = "election"  # of entry in the audit log


class ElectionTime(Exception):
    """Something would become public while election mode is on, and nobody has ticked that it shall."""


class SoAlready(Exception):
    """Somebody else, or the clock, has turned it just now."""


def expect_leave(by: Person | None, kind: str, id: int | None, words: str) -> None:
    """Call it before something becomes public by a decision. Raises ElectionTime unless that is ticked, or off.

    What is done all the same leaves a row of its own in the audit log. The caller commits.
    """
    if not settings.current().election_is_on:
        return
    if not g.get("although"):
        raise ElectionTime
    audit.record(by, Did.WENT_AHEAD, kind, id, words)


def go_ahead(is_ticked: bool) -> None:
    """Whether whoever acts in this request has ticked that it shall be done in election time, too."""
    g.although = is_ticked


def switch(on: bool, by: Person | None) -> None:
    """Turns it. `by` is None for the clock. The caller commits. Raises SoAlready."""
    publicity.hold()
    settings.look_again()
    if settings.current().election_is_on == on:
        raise SoAlready
    settings.change(election_is_on=on, election_switched_at=clock.now().isoformat())
    audit.record(by, Did.ELECTION_BEGAN if on else Did.ELECTION_ENDED, KIND)


def switch_by_clock() -> bool | None:
    """Turns it where its time has come. Commits. Returns how it is now, or None where nothing was to do.

    Who turned it by hand after that moment is not overruled. Asking is read-only.
    """
    with reading():
        on = _wanted()
    if on is None:
        return None
    publicity.hold()
    settings.look_again()
    if _wanted() != on:  # another worker, or an admin, was quicker
        db.session.rollback()
        return None
    switch(on, None)
    db.session.commit()
    return on


def _wanted() -> bool | None:
    """How the clock would have it, if that is not how it is."""
    site, now = settings.current(), clock.now()
    moments = {site.election_begins_at: True, site.election_ends_at: False}
    past = [moment for moment in moments if moment and moment <= now]
    if not past:
        return None
    last = max(past)
    if site.election_switched_at and site.election_turned_at >= last:
        return None
    return moments[last] if moments[last] != site.election_is_on else None
