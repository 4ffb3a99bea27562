"""What became of a file: what came, what was here before, and what did not come, with the reasons.

For each kind of thing, what is in the file is what was brought in, what was here already and what was left out.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from opm.lib.forms import one_line
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext

MOST_LISTED = 20


class Kind(StrEnum):
    """What a file holds."""

    POSTS = "posts"
    PAGES = "pages"
    COMMENTS = "comments"
    CATEGORIES = "categories"
    TAGS = "tags"
    AUTHORS = "authors"
    UPLOADS = "uploads"
    MENU_ITEMS = "menu items"
    LABELS = "labels"
    OTHERS = "others"


class Reason(StrEnum):
    """Why something in the file was not brought."""

    DRAFT = "draft"
    IN_REVIEW = "in review"
    FUTURE = "future"
    PRIVATE = "private"
    PASSWORD = "password"
    TRASH = "trash"
    OTHER_STATUS = "other status"
    NO_DATE = "no date"
    NO_NUMBER = "no number"
    PING = "ping"
    SPAM = "spam"
    WAITING = "waiting"
    BY_MACHINE = "by machine"
    NO_WORDS = "no words"
    ON_PAGE = "on page"
    ON_LEFT_OUT = "on left out"
    UNUSED = "unused"
    FILE_OF_OURS = "file of ours"
    LONE_FILE = "lone file"
    NO_PLACE = "no place"


@dataclass(frozen=True)
class Renamed:
    """A post or a page whose address does not end as it did."""

    was: str
    address: str


@dataclass(frozen=True)
class Taken:
    """An old address that cannot lead to this, since something else has it."""

    path: str
    address: str


@dataclass
class Summary:
    """The counts of an import, and what somebody may want to look at after it."""

    source: str
    brought: Counter[Kind] = field(default_factory=Counter)
    here: Counter[Kind] = field(default_factory=Counter)
    left_out: Counter[tuple[Kind, Reason]] = field(default_factory=Counter)
    renamed: list[Renamed] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    lone_files: list[str] = field(default_factory=list)
    addresses: int = 0  # old ones that lead here from now on
    renumbered: int = 0
    lone_replies: int = 0
    pictures: int = 0
    led_home: int = 0  # links
    led_nowhere: int = 0

    @property
    def has_changed_anything(self) -> bool:
        """Whether anything came that was not here."""
        return any(self.brought.values()) or self.addresses > 0

    def leave_out(self, kind: Kind, reason: Reason, count: int = 1) -> None:
        """Counts what does not come."""
        if count:
            self.left_out[kind, reason] += count

    def left(self, kind: Kind) -> int:
        """How many things of this kind do not come."""
        return sum(count for (of, _reason), count in self.left_out.items() if of == kind)

    def total(self, kind: Kind) -> int:
        """How many of these are in the file."""
        return self.brought[kind] + self.here[kind] + self.left(kind)

    def lines(self) -> list[str]:
        """All of it in sentences, for whoever ran the command."""
        nothing = [] if self.has_changed_anything else [_("Nothing was changed: what can be brought in is here.")]
        fates = [self._fate(kind) for kind in Kind if self.total(kind)]
        return [_("From %(source)s", source=self.source), *nothing, *fates, *self._notes()]

    def _fate(self, kind: Kind) -> str:
        fates = []
        if count := self.brought[kind]:
            fates.append(ngettext("%(num)s brought in", "%(num)s brought in", count))
        if count := self.here[kind]:
            fates.append(ngettext("%(num)s here already", "%(num)s here already", count))
        if count := self.left(kind):
            fates.append(ngettext("%(num)s left out", "%(num)s left out", count) + f" ({self._reasons(kind)})")
        return f"  {_named(kind, self.total(kind))}: {', '.join(fates)}"

    def _reasons(self, kind: Kind) -> str:
        return ", ".join(_because(reason, count) for reason in Reason if (count := self.left_out[kind, reason]))

    def _notes(self) -> list[str]:
        counted = [say(count) for say, count in self._counted() if count]
        return [
            *counted,
            *_listed(_of_renamed, self.renamed, lambda each: f"{each.address} ({_('was')} {each.was})"),
            *_listed(
                _of_taken,
                [each for each in self.taken if "?" not in each.path],
                lambda each: f"{each.path} ({_('for')} {each.address})",
            ),
            *_listed(_of_lone_files, self.lone_files, str),
        ]

    def _counted(self) -> list[tuple[Callable[[int], str], int]]:
        return [
            (_of_addresses, self.addresses),
            (_of_led_home, self.led_home),
            (_of_led_nowhere, self.led_nowhere),
            (_of_pictures, self.pictures),
            (_of_lone_replies, self.lone_replies),
            (_of_renumbered, self.renumbered),
            (_of_taken_numbers, sum("?" in each.path for each in self.taken)),
        ]


def _listed(say: Callable[[int], str], things: list, shown: Callable) -> list[str]:
    """A sentence and the first of the things it is about. What is printed cannot command a terminal."""
    lines = [f"  {one_line(shown(each))}" for each in things[:MOST_LISTED]]
    if (more := len(things) - MOST_LISTED) > 0:
        lines.append("  " + ngettext("and %(num)s more", "and %(num)s more", more))
    return [say(len(things)), *lines] if things else []


def _named(kind: Kind, count: int) -> str:
    return {
        Kind.POSTS: ngettext("%(num)s post", "%(num)s posts", count),
        Kind.PAGES: ngettext("%(num)s page", "%(num)s pages", count),
        Kind.COMMENTS: ngettext("%(num)s comment", "%(num)s comments", count),
        Kind.CATEGORIES: ngettext("%(num)s category", "%(num)s categories", count),
        Kind.TAGS: ngettext("%(num)s tag", "%(num)s tags", count),
        Kind.AUTHORS: ngettext("%(num)s author", "%(num)s authors", count),
        Kind.UPLOADS: ngettext("%(num)s picture or other file", "%(num)s pictures and other files", count),
        Kind.MENU_ITEMS: ngettext("%(num)s menu item", "%(num)s menu items", count),
        Kind.LABELS: ngettext("%(num)s label of another kind", "%(num)s labels of other kinds", count),
        Kind.OTHERS: ngettext("%(num)s thing of another kind", "%(num)s things of other kinds", count),
    }[kind]


def _because(reason: Reason, count: int) -> str:
    return {
        Reason.DRAFT: ngettext("%(num)s draft", "%(num)s drafts", count),
        Reason.IN_REVIEW: ngettext("%(num)s in review", "%(num)s in review", count),
        Reason.FUTURE: ngettext("%(num)s scheduled for later", "%(num)s scheduled for later", count),
        Reason.PRIVATE: ngettext("%(num)s private", "%(num)s private", count),
        Reason.PASSWORD: ngettext("%(num)s behind a password", "%(num)s behind a password", count),
        Reason.TRASH: ngettext("%(num)s in the bin", "%(num)s in the bin", count),
        Reason.OTHER_STATUS: ngettext("%(num)s not published", "%(num)s not published", count),
        Reason.NO_DATE: ngettext("%(num)s without a date", "%(num)s without a date", count),
        Reason.NO_NUMBER: ngettext(
            "%(num)s without a number to know it again by", "%(num)s without a number to know them again by", count
        ),
        Reason.PING: ngettext(
            "%(num)s notice of a link from another site (pingback or trackback)",
            "%(num)s notices of links from other sites (pingbacks and trackbacks)",
            count,
        ),
        Reason.SPAM: ngettext("%(num)s taken for spam", "%(num)s taken for spam", count),
        Reason.WAITING: ngettext("%(num)s not approved", "%(num)s not approved", count),
        Reason.BY_MACHINE: ngettext("%(num)s made by a machine", "%(num)s made by machines", count),
        Reason.NO_WORDS: ngettext("%(num)s without words", "%(num)s without words", count),
        Reason.ON_PAGE: ngettext(
            "%(num)s on a page, where nobody can comment here",
            "%(num)s on pages, where nobody can comment here",
            count,
        ),
        Reason.ON_LEFT_OUT: ngettext("%(num)s on what was left out", "%(num)s on what was left out", count),
        Reason.UNUSED: ngettext(
            "%(num)s named only on what was left out", "%(num)s named only on what was left out", count
        ),
        Reason.FILE_OF_OURS: ngettext(
            "%(num)s that stays where it is; its old page leads to what it belongs to",
            "%(num)s that stay where they are; their old pages lead to what they belong to",
            count,
        ),
        Reason.LONE_FILE: ngettext(
            "%(num)s that belongs to nothing that was brought in",
            "%(num)s that belong to nothing that was brought in",
            count,
        ),
        Reason.NO_PLACE: ngettext(
            "%(num)s for which there is no place here", "%(num)s for which there is no place here", count
        ),
    }[reason]


def _of_addresses(count: int) -> str:
    return ngettext(
        "%(num)s old address leads to where its thing stands now.",
        "%(num)s old addresses lead to where their things stand now.",
        count,
    )


def _of_led_home(count: int) -> str:
    return ngettext(
        "%(num)s link to the old site leads to its place on this one.",
        "%(num)s links to the old site lead to their places on this one.",
        count,
    )


def _of_led_nowhere(count: int) -> str:
    return ngettext(
        "%(num)s link still leads to the old site, because what it leads to was not brought in.",
        "%(num)s links still lead to the old site, because what they lead to was not brought in.",
        count,
    )


def _of_pictures(count: int) -> str:
    return ngettext(
        "%(num)s picture was not copied: a link to it stands in its place.",
        "%(num)s pictures were not copied: links to them stand in their places.",
        count,
    )


def _of_lone_replies(count: int) -> str:
    return ngettext(
        "%(num)s reply stands by itself, because what it answers was not brought in.",
        "%(num)s replies stand by themselves, because what they answer was not brought in.",
        count,
    )


def _of_renumbered(count: int) -> str:
    return ngettext(
        "%(num)s comment has a new number, because its old one was taken. Links to it on its post’s page still land.",
        "%(num)s comments have new numbers, because their old ones were taken. Links to them on their posts’ pages "
        "still land.",
        count,
    )


def _of_renamed(count: int) -> str:
    return ngettext(
        "%(num)s thing has a new name in its address, because its old one could not be used or was taken:",
        "%(num)s things have new names in their addresses, because their old ones could not be used or were taken:",
        count,
    )


def _of_taken_numbers(count: int) -> str:
    return ngettext(
        "%(num)s short address (such as /?p=12) does not lead to its thing: what came before has that number.",
        "%(num)s short addresses (such as /?p=12) do not lead to their things: what came before has those numbers.",
        count,
    )


def _of_taken(count: int) -> str:
    return ngettext(
        "%(num)s old address does not lead to its thing, because something else has it:",
        "%(num)s old addresses do not lead to their things, because something else has them:",
        count,
    )


def _of_lone_files(count: int) -> str:
    return ngettext(
        "%(num)s file had a page of its own and belongs to nothing that was brought in. It is at:",
        "%(num)s files had pages of their own and belong to nothing that was brought in. They are at:",
        count,
    )
