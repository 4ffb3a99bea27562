"""Making people staff."""

from collections.abc import Collection

from opm.accounts.abilities import Role
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib.i18n import gettext as _


class NameMissing(Exception):
    """Somebody new needs a name. Its text is a sentence."""

    def __init__(self):
        super().__init__(_("Nobody here has this address yet, so say whose it is: add --name “Their Name”."))


def add(email: str, name: str, roles: Collection[Role]) -> Person:
    """Gives the person with this address these roles, beside those they have. The caller commits.

    Somebody new needs a name, else NameMissing is raised; somebody known keeps theirs unless another is given.
    Whoever left and comes back has these roles and no others.
    """
    person = Person.by_email(email)
    if person is None:
        person = Person(email=email.lower(), name=name, roles=[])
        db.session.add(person)
    if not (name or person.name):
        raise NameMissing
    kept = [] if person.left_at else person.roles
    person.name, person.left_at = name or person.name, None
    person.roles = [role.value for role in Role if role in {*kept, *roles}]
    return person
