"""What a moderator may want to take out of a comment: likely private details, shown where they stand."""

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup

from opm import settings
from opm.filters import listed
from opm.lib import private_details, redaction
from opm.lib.i18n import lazy_gettext as _
from opm.lib.private_details import Detail, Kind

MAY_HOLD = {
    Kind.PHONE: _("a phone number"),
    Kind.EMAIL: _("an email address"),
    Kind.POSTCODE: _("a postcode"),
    Kind.INSURANCE: _("a National Insurance number"),
}
POSSIBLY = {
    Kind.PHONE: _("possibly a phone number:"),
    Kind.EMAIL: _("possibly an email address:"),
    Kind.POSTCODE: _("possibly a postcode:"),
    Kind.INSURANCE: _("possibly a National Insurance number:"),
}


def details(text: str) -> list[Detail]:
    """The likely private details in a comment's text. What the site's own pages show of itself is none."""
    site = settings.current()
    return private_details.find(text, _shown_by_the_site(site.about, site.contact_email))


def kinds_in_words(found: Iterable[Detail]) -> Markup:
    """What they may be, as a sentence has it: "a phone number and a postcode"."""
    return listed(str(MAY_HOLD[kind]) for kind in dict.fromkeys(detail.kind for detail in found))


def marked(text: str) -> Markup:
    """The text as moderators see it, each of them marked, with a word for whoever hears the page."""
    parts, end = [], 0
    for detail in details(text):
        parts += [_plain(text[end : detail.start]), _mark(detail.kind, text[detail.start : detail.end])]
        end = detail.end
    return Markup("").join([*parts, _plain(text[end:])])


def proposal(text: str) -> str:
    """What might be left of it: the text with […] in the place of each, for the moderator to confirm or change."""
    return redaction.with_gaps(private_details.taken_out(text, details(text)))


@lru_cache(8)
def _shown_by_the_site(*texts: str) -> frozenset[str]:
    return frozenset(words for text in texts for words in private_details.shown_in(text))


def _plain(text: str) -> str:
    return redaction.with_gaps(text)


def _mark(kind: Kind, words: str) -> Markup:
    return Markup('<mark><span class="vh">{} </span>{}</mark>').format(POSSIBLY[kind], words)
