"""Choosing of whom the site demands a second factor."""

from opm.accounts import choices
from opm.accounts.factors.models import has_factor
from opm.accounts.models import Person
from opm.accounts.second_factor import Demanded

SETTING = "demand_second_factor"


class NeedsOneFirst(Exception):
    """Whoever demands it of others has to have one: else they would shut themselves out, or hold others to more."""


def demand(of: Demanded, by: Person, seen: int) -> None:
    """From the next step of whoever it is on. Raises NeedsOneFirst and choices.Overtaken. The caller commits."""
    if of != Demanded.OF_NOBODY and not has_factor(by):
        raise NeedsOneFirst
    choices.choose(SETTING, str(of), by, seen)
