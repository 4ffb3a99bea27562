"""Who may do what: one table."""

from enum import StrEnum


class Role(StrEnum):
    """What a member of staff is here for."""

    AUTHOR = "author"
    EDITOR = "editor"
    MODERATOR = "moderator"
    ADMIN = "admin"


class Ability(StrEnum):
    """Something that not everybody at the desk may do."""

    MODERATE = "decide on comments"
    READ_OUTBOX = "read the mail that the site writes"


MAY = {
    Ability.MODERATE: {Role.MODERATOR, Role.ADMIN},
    Ability.READ_OUTBOX: {Role.ADMIN},
}
