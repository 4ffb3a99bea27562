"""Of whom the site demands a second factor, by one setting: of nobody, of admins, or of everybody at the desk.

Where it is demanded, only who has shown one in a session goes on at the desk. A session that began before somebody
chose so stays, and is led there with its next step. Links that decide without signing in are off for them.
"""

from enum import StrEnum

from opm import settings
from opm.accounts.abilities import Role
from opm.accounts.models import Person, Session


class Demanded(StrEnum):
    """Of whom it is."""

    OF_NOBODY = "nobody"
    OF_ADMINS = "admins"
    OF_EVERYBODY = "everybody"


def is_demanded_of(person: Person) -> bool:
    """Whether this person is to show a second factor when they sign in."""
    of = settings.current().demand_second_factor
    return of == Demanded.OF_EVERYBODY or (of == Demanded.OF_ADMINS and Role.ADMIN in person.roles)


def is_owed_in(session: Session) -> bool:
    """Whether this session has yet to see one before it opens anything else."""
    return session.proved_at is None and is_demanded_of(session.person)
