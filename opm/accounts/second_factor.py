"""Of whom more than a mailbox is asked."""

from opm import settings
from opm.accounts.abilities import Role
from opm.accounts.models import Person


def is_demanded_of(person: Person) -> bool:
    """Whether the site demands a second factor of this person: then a mailed link alone decides nothing for them."""
    demanded = settings.current().demand_second_factor
    return demanded == "everybody" or (demanded == "admins" and Role.ADMIN in person.roles)
