"""The keys by which each moderator goes through a queue: ours, others of their own, or none (WCAG 2.1.4)."""

from enum import StrEnum

from opm.accounts import audit
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.lib.forms import shows
from opm.lib.i18n import lazy_gettext as _


class Act(StrEnum):
    """What a key does in a queue."""

    NEXT = "next"
    PREVIOUS = "previous"
    APPROVE = "approve"
    REJECT = "reject"
    SPAM = "spam"
    UNDO = "undo"
    OPEN = "open"
    CHOOSE = "choose"
    SEARCH = "search"
    HELP = "help"


OURS = {
    Act.NEXT: "j",
    Act.PREVIOUS: "k",
    Act.APPROVE: "a",
    Act.REJECT: "r",
    Act.SPAM: "s",
    Act.UNDO: "u",
    Act.OPEN: "o",
    Act.CHOOSE: "x",
    Act.SEARCH: "/",
    Act.HELP: "?",
}
IN_WORDS = {
    Act.NEXT: _("Next comment"),
    Act.PREVIOUS: _("Previous comment"),
    Act.APPROVE: _("Approve"),
    Act.REJECT: _("Reject"),
    Act.SPAM: _("Spam"),
    Act.UNDO: _("Undo the last decision"),
    Act.OPEN: _("Open the post"),
    Act.CHOOSE: _("Choose, or not"),
    Act.SEARCH: _("Search"),
    Act.HELP: _("Show the keys"),
}


def are_on(person: Person) -> bool:
    """Whether keys do anything for this person."""
    return person.keys is None or person.keys["on"]


def of(person: Person) -> dict[Act, str]:
    """The key of each act for this person, also while they are off."""
    own = person.keys["keys"] if person.keys else {}
    return {act: own.get(act.value, key) for act, key in OURS.items()}


def choose(person: Person, is_on: bool, keys: dict[Act, str]) -> None:
    """From now on these, on every machine. The caller has checked that they are keys and commits."""
    own = {act.value: key for act, key in keys.items()}
    person.keys = None if is_on and own == OURS else {"on": is_on, "keys": own}
    audit.record(person, Did.CHANGED_KEYS, "person", person.id, person.name)


def as_key(typed: str) -> str | None:
    """The key that somebody names by its one character, without capitals; None if that is no such key."""
    key = typed.lower()
    return key if len(typed) == len(key) == 1 and shows(key) else None
