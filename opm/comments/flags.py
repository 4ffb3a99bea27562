"""What a moderator should know about a comment before reading it: signs that order and warn, and never refuse.

All of them, with their words, stand here.
"""

from collections.abc import Iterable
from enum import StrEnum

from opm.lib.i18n import lazy_gettext as _


class Flag(StrEnum):
    """One sign, as a comment's `flags` hold it."""

    LINKS = "links"
    TRAP = "trap"
    NETWORK = "network"
    PRIVATE = "private"
    REPEAT = "repeat"
    LIKE_SPAM = "like spam"


IN_WORDS = {
    Flag.LINKS: _("many links"),
    Flag.TRAP: _("filled in a field that people do not see"),
    Flag.NETWORK: _("many comments from this network"),
    Flag.PRIVATE: _("may hold private details"),
    Flag.REPEAT: _("nearly the same was sent to another post or from another address"),
    Flag.LIKE_SPAM: _("looks like others that you marked as spam"),
}


def flags_in_words(flags: Iterable[str]) -> list[str]:
    """What they say, but for what may be private: that is said beside the words themselves."""
    return [str(IN_WORDS[flag]) for flag in flags if flag in IN_WORDS and flag != Flag.PRIVATE]
