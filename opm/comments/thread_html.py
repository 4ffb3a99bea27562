"""Comments as the items of a thread's list. In Python, since the site's heaviest page is mostly this: a template takes
several times as long.

Whatever somebody typed passes through `escape` or `paragraphs`; the rest is ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from markupsafe import Markup, escape

from opm import settings
from opm.comments.models import Received
from opm.comments.names import unmarked
from opm.comments.threads import Said, Words
from opm.filters import day_in_words, paragraphs
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.lib.paging import Page

PAGES_HELD = 64
RECEIVED = {
    Received.PHONE: later("Received by phone, entered by the team"),
    Received.LETTER: later("Received by letter, entered by the team"),
    Received.FORM: later("Received on a paper form, entered by the team"),
    Received.IN_PERSON: later("Said to the team in person, and entered by it"),
}
LARGEST_HELD = 200_000  # characters of one page; its comments' words take as much again


def items(page: Page, can_be_answered: bool, changes: Sequence[datetime] = ()) -> Markup:
    """The items of a thread's page, the replies to each within it.

    A comment that is older than a change of what it stands under says so. The changes come in order. What says just
    what it said when the page was last drawn is not written anew.
    """
    drawn = _last_drawn(page.address, page.number)
    writer = _Writer(can_be_answered, changes, drawn)
    html = writer.items(page.rows)
    drawn.ours, drawn.insides = writer.ours, writer.insides if len(html) <= LARGEST_HELD else {}
    return Markup(html)


@dataclass
class _Drawn:
    """What stood within each item of a page, by what it was made of. Nothing is held that has gone from the page."""

    ours: tuple = ()
    insides: dict[tuple, str] = field(default_factory=dict)


@lru_cache(PAGES_HELD)
def _last_drawn(_address: str, _number: int) -> _Drawn:
    return _Drawn()


class _Writer:
    """Knows the words that are the same for each, looked up once."""

    def __init__(self, can_be_answered: bool, changes: Sequence[datetime], drawn: _Drawn):
        site = settings.current()
        self.can_be_answered, self.changes = can_be_answered, changes
        self.local = site.local
        mark = escape(site.organisation or site.site_name)
        self.team = f' <span class="state"><span class="vh">[</span>{mark}<span class="vh">]</span></span>'
        self.removed = escape(_("Name removed"))
        self.edited = escape(_(", edited"))
        self.before_name, self.after_name = escape(_("Reply to %(name)s", name="\0")).split("\0")
        self.how = {how: escape(how_received(how)) for how in Received}
        words = self.team, self.removed, self.edited, self.before_name, self.after_name, *self.how.values()
        self.ours = can_be_answered, site.zone, *changes, *words
        self.known = drawn.insides if drawn.ours == self.ours else {}
        self.insides = {}

    def items(self, comments: list[Said]) -> str:
        return "\n".join(map(self.item, comments))

    def item(self, said: Said) -> str:
        made_of = said.words, said.answers and (said.answers.words, said.address_of_answered)
        inside = self.insides[made_of] = self.known.get(made_of) or self.inside(said)
        replies = f"<ul>{self.items(said.replies)}</ul>" if said.replies else ""
        return f'<li id="comment-{said.words.id}">{inside}{replies}</li>'

    def inside(self, said: Said) -> str:
        words, name = said.words, self.name(said.words)
        old = f'<span id="comment-{words.old_number}"></span>' if words.old_number else ""
        return f"{old}{self.heading(words, name)}{self.answered(said)}{self.received(words)}{self.body(words, name)}"

    def heading(self, words: Words, name: Markup) -> str:
        team = self.team if words.is_by_staff and words.is_published else ""
        edited = self.edited if words.was_edited_in_public and words.is_published else ""
        when = f"<small>{day_in_words(self.local(words.written_at).date())}{edited}{self.before_change(words)}</small>"
        return f'<h3><a href="#comment-{words.id}">{words.number}</a> {name}{team} {when}</h3>'

    def before_change(self, words: Words) -> str:
        changed_at = next((at for at in self.changes if words.written_at < at), None)
        if changed_at is None or not words.is_published:
            return ""
        day = day_in_words(self.local(changed_at).date())
        return escape(_(", written before the post was changed on %(day)s", day=day))

    def name(self, words: Words) -> Markup:
        if not words.is_published:
            return self.removed
        return escape(words.name if words.is_by_staff else unmarked(words.name))

    def answered(self, said: Said) -> str:
        if said.answers is None:
            return ""
        answered = said.answers.words
        named = {"number": answered.number, "name": self.name(answered)}
        link = _(
            'In reply to <a href="%(address)s">%(number)s, %(name)s</a>', address=said.address_of_answered, **named
        )
        return f'<p class="note">{link}</p>'

    def received(self, words: Words) -> str:
        if not (words.received_how and words.is_published):
            return ""
        return f'<p class="note">{self.how[words.received_how]}</p>'

    def body(self, words: Words, name: Markup) -> str:
        if not words.is_published:
            return f"<p><em>{escape(_gone(words))}</em></p>"
        if not self.can_be_answered:
            return paragraphs(words.text)
        return (
            f'{paragraphs(words.text)}<a href="/comment/{words.id}/reply">{self.before_name}{name}{self.after_name}</a>'
        )


def how_received(how: Received) -> str:
    """How a comment came that was not written here."""
    return str(RECEIVED[how])


def _gone(words: Words) -> str:
    if words.was_erased:
        return _("This comment was erased at its writer’s wish.")
    return _("The writer withdrew this comment.") if words.was_withdrawn else _("A moderator took this comment down.")
