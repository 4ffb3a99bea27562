"""What became of a file: what came, what was here before, and what did not come, with the reasons."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext

MOST_RENAMED_SHOWN = 20


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
    PAGE = "page"
    MEDIA = "media"
    MENU_ITEM = "menu item"
    OTHER_KIND = "other kind"
    PING = "ping"
    SPAM = "spam"
    WAITING = "waiting"
    COMMENT_TRASH = "comment trash"
    OTHER_COMMENT = "other comment"
    NO_WORDS = "no words"
    COMMENT_NO_NUMBER = "comment no number"
    ON_LEFT_OUT = "on left out"


@dataclass(frozen=True)
class Renamed:
    """A post whose address does not end as it did."""

    was: str
    address: str


@dataclass
class Summary:
    """The counts of an import, by what they count: posts, comments, categories, tags, authors."""

    source: str
    brought: Counter[str] = field(default_factory=Counter)
    here: Counter[str] = field(default_factory=Counter)
    left_out: Counter[Reason] = field(default_factory=Counter)
    renamed: list[Renamed] = field(default_factory=list)
    lone_replies: int = 0
    pictures: int = 0

    @property
    def has_changed_anything(self) -> bool:
        """Whether anything came that was not here."""
        return any(self.brought.values())

    def lines(self) -> list[str]:
        """All of it in sentences, for whoever ran the command."""
        return [
            _("From %(source)s", source=self.source),
            self._said_of_brought(),
            *([_("Here already: %(things)s.", things=_listed(self.here))] if any(self.here.values()) else []),
            *self._said_of_left_out(),
            *self._said_of_changed(),
        ]

    def _said_of_brought(self) -> str:
        if not self.has_changed_anything:
            return _("Nothing was changed: there is nothing in the file that could be brought in and is not here.")
        return _("Brought in: %(things)s.", things=_listed(self.brought))

    def _said_of_left_out(self) -> list[str]:
        told = [f"  {_reason(reason, count)}" for reason in Reason if (count := self.left_out[reason])]
        return [_("Left out:"), *told] if told else []

    def _said_of_changed(self) -> list[str]:
        lines = []
        if self.lone_replies:
            lines.append(
                ngettext(
                    "%(num)s reply stands by itself, because what it answers was not brought in.",
                    "%(num)s replies stand by themselves, because what they answer was not brought in.",
                    self.lone_replies,
                )
            )
        if self.pictures:
            lines.append(
                ngettext(
                    "%(num)s picture was not copied: a link to it stands in its place.",
                    "%(num)s pictures were not copied: links to them stand in their places.",
                    self.pictures,
                )
            )
        return lines + self._said_of_renamed()

    def _said_of_renamed(self) -> list[str]:
        if not self.renamed:
            return []
        count = len(self.renamed)
        lines = [
            ngettext(
                "%(num)s post has a new address, because its old one could not be used or was taken:",
                "%(num)s posts have new addresses, because their old ones could not be used or were taken:",
                count,
            )
        ]
        lines += [
            _("  %(address)s (was %(was)s)", address=each.address, was=each.was)
            for each in self.renamed[:MOST_RENAMED_SHOWN]
        ]
        if (more := count - MOST_RENAMED_SHOWN) > 0:
            lines.append(ngettext("  and %(num)s more", "  and %(num)s more", more))
        return lines


def _listed(counts: Counter[str]) -> str:
    said = {
        "posts": ngettext("%(num)s post", "%(num)s posts", counts["posts"]),
        "comments": ngettext("%(num)s comment", "%(num)s comments", counts["comments"]),
        "categories": ngettext("%(num)s category", "%(num)s categories", counts["categories"]),
        "tags": ngettext("%(num)s tag", "%(num)s tags", counts["tags"]),
        "authors": ngettext("%(num)s author", "%(num)s authors", counts["authors"]),
    }
    return ", ".join(words for name, words in said.items() if counts[name])


def _reason(reason: Reason, count: int) -> str:
    return {
        Reason.DRAFT: ngettext("%(num)s draft", "%(num)s drafts", count),
        Reason.IN_REVIEW: ngettext("%(num)s post in review", "%(num)s posts in review", count),
        Reason.FUTURE: ngettext("%(num)s post scheduled for later", "%(num)s posts scheduled for later", count),
        Reason.PRIVATE: ngettext("%(num)s private post", "%(num)s private posts", count),
        Reason.PASSWORD: ngettext("%(num)s post behind a password", "%(num)s posts behind a password", count),
        Reason.TRASH: ngettext("%(num)s post in the bin", "%(num)s posts in the bin", count),
        Reason.OTHER_STATUS: ngettext("%(num)s post not published", "%(num)s posts not published", count),
        Reason.NO_DATE: ngettext("%(num)s post without a date", "%(num)s posts without a date", count),
        Reason.NO_NUMBER: ngettext(
            "%(num)s post without a number to know it again by",
            "%(num)s posts without a number to know them again by",
            count,
        ),
        Reason.PAGE: ngettext("%(num)s page", "%(num)s pages", count),
        Reason.MEDIA: ngettext("%(num)s picture or other upload", "%(num)s pictures and other uploads", count),
        Reason.MENU_ITEM: ngettext("%(num)s menu item", "%(num)s menu items", count),
        Reason.OTHER_KIND: ngettext("%(num)s thing of another kind", "%(num)s things of other kinds", count),
        Reason.PING: ngettext(
            "%(num)s notice of a link from another site (pingback or trackback)",
            "%(num)s notices of links from other sites (pingbacks and trackbacks)",
            count,
        ),
        Reason.SPAM: ngettext("%(num)s comment taken for spam", "%(num)s comments taken for spam", count),
        Reason.WAITING: ngettext("%(num)s comment not approved", "%(num)s comments not approved", count),
        Reason.COMMENT_TRASH: ngettext("%(num)s comment in the bin", "%(num)s comments in the bin", count),
        Reason.OTHER_COMMENT: ngettext("%(num)s comment made by a machine", "%(num)s comments made by machines", count),
        Reason.NO_WORDS: ngettext("%(num)s comment without words", "%(num)s comments without words", count),
        Reason.COMMENT_NO_NUMBER: ngettext(
            "%(num)s comment without a number to know it again by",
            "%(num)s comments without a number to know them again by",
            count,
        ),
        Reason.ON_LEFT_OUT: ngettext(
            "%(num)s comment on what was left out", "%(num)s comments on what was left out", count
        ),
    }[reason]
