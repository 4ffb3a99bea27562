"""Who may do what: one table."""

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

    MODERATE = "moderate"
    READ_OUTBOX = "read outbox"


MAY = {
    Ability.MODERATE: {Role.MODERATOR, Role.ADMIN},
    Ability.READ_OUTBOX: {Role.ADMIN},
}
IN_WORDS = {
    Ability.MODERATE: _("decide on comments"),
    Ability.READ_OUTBOX: _("read the mail that the site writes"),
}
