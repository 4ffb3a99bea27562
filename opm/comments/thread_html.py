"""Comments as the items of a thread's list. In Python, since the site's heaviest page is mostly this: a template takes
several times as long.

Whatever somebody typed passes through `escape` or `paragraphs`; the rest is ours.
"""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup, escape

from opm import settings
from opm.comments.threads import Said
from opm.filters import day_in_words, paragraphs
from opm.lib.i18n import gettext as _


def items(comments: list[Said], can_be_answered: bool, changes: Sequence[datetime] = ()) -> Markup:
    """The items of these comments, those of their replies within them.

    A comment that is older than a change of what it stands under says so. The changes come in order.
    """
    return Markup(_Writer(can_be_answered, changes).items(comments))


class _Writer:
    """Knows the words that are the same for each, looked up once."""

    def __init__(self, can_be_answered: bool, changes: Sequence[datetime]):
        site = settings.current()
        self.can_be_answered, self.changes = can_be_answered, changes
        self.local = site.local
        self.team = f' <span class="state">{escape(site.organisation or site.site_name)}</span>'
        self.removed = escape(_("Name removed"))
        self.edited = escape(_(", edited"))
        self.before_name, self.after_name = escape(_("Reply to %(name)s", name="\0")).split("\0")

    def items(self, comments: list[Said]) -> str:
        return "\n".join(map(self.item, comments))

    def item(self, said: Said) -> str:
        name = self.name(said)
        replies = f"<ul>{self.items(said.replies)}</ul>" if said.replies else ""
        old = f'<span id="comment-{said.old_number}"></span>' if said.old_number else ""
        inside = f"{self.heading(said, name)}{self.answered(said)}{self.body(said, name)}{replies}"
        return f'<li id="comment-{said.id}">{old}{inside}</li>'

    def heading(self, said: Said, name: Markup) -> str:
        team = self.team if said.is_by_staff and said.is_published else ""
        edited = self.edited if said.was_edited_in_public and said.is_published else ""
        when = f"<small>{day_in_words(self.local(said.written_at).date())}{edited}{self.before_change(said)}</small>"
        return f'<h3><a href="#comment-{said.id}">{said.number}</a> {name}{team} {when}</h3>'

    def before_change(self, said: Said) -> str:
        changed_at = next((at for at in self.changes if said.written_at < at), None)
        if changed_at is None or not said.is_published:
            return ""
        day = day_in_words(self.local(changed_at).date())
        return escape(_(", written before the post was changed on %(day)s", day=day))

    def name(self, said: Said) -> Markup:
        return escape(said.name) if said.is_published else self.removed

    def answered(self, said: Said) -> str:
        if said.answers is None:
            return ""
        named = {"number": said.answers.number, "name": self.name(said.answers)}
        link = _(
            'In reply to <a href="%(address)s">%(number)s, %(name)s</a>', address=said.address_of_answered, **named
        )
        return f'<p class="note">{link}</p>'

    def body(self, said: Said, name: Markup) -> str:
        if not said.is_published:
            return f"<p><em>{escape(_gone(said))}</em></p>"
        if not self.can_be_answered:
            return paragraphs(said.text)
        return (
            f'{paragraphs(said.text)}<a href="/comment/{said.id}/reply">{self.before_name}{name}{self.after_name}</a>'
        )


def _gone(said: Said) -> str:
    if said.was_erased:
        return _("This comment was erased at its writer’s wish.")
    return _("The writer withdrew this comment.") if said.was_withdrawn else _("A moderator took this comment down.")
