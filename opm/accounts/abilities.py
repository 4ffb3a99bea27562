"""Who may do what: one table."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from opm.lib.i18n import lazy_gettext as _


class Role(StrEnum):
    """What a member of staff is here for."""

    AUTHOR = "author"
    EDITOR = "editor"
    MODERATOR = "moderator"
    ADMIN = "admin"


class Ability(StrEnum):
    """Something that not everybody at the desk may do."""

    WRITE = "write"
    PUBLISH = "publish"
    ARRANGE = "arrange"
    MODERATE = "moderate"
    CHANGE_SETTINGS = "change settings"
    READ_OUTBOX = "read outbox"
    MANAGE_PEOPLE = "manage people"
    READ_AUDIT = "read audit"


MAY = {
    Ability.WRITE: {Role.AUTHOR, Role.EDITOR, Role.ADMIN},
    Ability.PUBLISH: {Role.EDITOR, Role.ADMIN},
    Ability.ARRANGE: {Role.EDITOR, Role.ADMIN},
    Ability.CHANGE_SETTINGS: {Role.ADMIN},
    Ability.MODERATE: {Role.MODERATOR, Role.ADMIN},
    Ability.READ_OUTBOX: {Role.ADMIN},
    Ability.MANAGE_PEOPLE: {Role.ADMIN},
    Ability.READ_AUDIT: {Role.ADMIN},
}
IN_WORDS = {
    Ability.WRITE: _("write posts"),
    Ability.PUBLISH: _("publish posts, and change what is public"),
    Ability.ARRANGE: _("change categories, series, pages and menus"),
    Ability.CHANGE_SETTINGS: _("change the site’s settings"),
    Ability.MODERATE: _("decide on comments"),
    Ability.READ_OUTBOX: _("read the mail that the site writes"),
    Ability.MANAGE_PEOPLE: _("add and remove people, and change what they may do"),
    Ability.READ_AUDIT: _("read the log of what was done"),
}
ROLES_IN_WORDS = {
    Role.AUTHOR: _("author"),
    Role.EDITOR: _("editor"),
    Role.MODERATOR: _("moderator"),
    Role.ADMIN: _("admin"),
}


def roles_in_words(roles: Iterable[str]) -> str:
    """What somebody is here for: "author, moderator"."""
    return ", ".join(str(words) for role, words in ROLES_IN_WORDS.items() if role in roles)


def abilities_of(roles: Collection[str]) -> list[str]:
    """What these roles allow, in words."""
    return [str(words) for ability, words in IN_WORDS.items() if not MAY[ability].isdisjoint(roles)]
