"""What is written to somebody whose comment is refused: a whole letter for each rule, which moderators may change.

What they send is stored with the decision; receipt and mail show that and nothing else.
"""

from opm import settings
from opm.comments.models import Act, Thread
from opm.lib.i18n import gettext as _
from opm.settings import Rule


def standard(act: Act, rule: Rule, thread: Thread) -> str:
    """Our words: thanks, by which rule, under which condition we would publish it, and how to send it again."""
    return "\n\n".join([_regret(act, rule, thread), _way_on(rule, thread)])


def proposed(typed: str, act: Act, rule: Rule, thread: Thread) -> str:
    """What stands in the field once this rule is chosen: our words for it, unless the moderator has changed others."""
    ours = {standard(act, each, thread) for each in settings.current().rules}
    return typed if typed and typed not in ours else standard(act, rule, thread)


def _regret(act: Act, rule: Rule, thread: Thread) -> str:
    named = {"title": thread.title, "regret": rule.regret, "number": rule.number, "rule": rule.title}
    if act == Act.REMOVE:
        return _(
            "Thank you for what you wrote about “%(title)s”. We took it down, because %(regret)s (rule %(number)s, "
            "%(rule)s).",
            **named,
        )
    return _(
        "Thank you for what you wrote about “%(title)s”. We did not publish it, because %(regret)s (rule %(number)s, "
        "%(rule)s).",
        **named,
    )


def _way_on(rule: Rule, thread: Thread) -> str:
    condition = _("We would be glad to publish it if %(remedy)s.", remedy=rule.remedy or _("it kept to this rule"))
    is_open = thread.is_public and thread.is_open(settings.current().close_after_days)
    way = (
        _("You can change it and send it again under the post. Your words are kept on the page of your comment.")
        if is_open
        else _("Comments under that post are closed by now. You can tell us what you think under another.")
    )
    return f"{condition} {way}"
