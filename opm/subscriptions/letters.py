"""What every mail to a subscriber ends with: why it came, how to stop it, how to change what comes."""

from opm.filters import day
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.outbox.letters import Link, Part
from opm.subscriptions import leaving, topics
from opm.subscriptions.leaving import Purpose
from opm.subscriptions.models import Rhythm, Subscriber, Subscription
from opm.subscriptions.topics import Followed

BECAUSE = {
    Rhythm.DAILY: later("You get this because you asked us to write once a day of what you follow."),
    Rhythm.WEEKLY: later("You get this because you asked us to write once a week of what you follow."),
}


def closing(
    subscriber: Subscriber,
    subscription: Subscription | None = None,
    rhythm: Rhythm | None = None,
    followed: Followed | None = None,
) -> list[Part]:
    """The last lines of a mail that this subscription brought, or of the digest of this rhythm.

    `followed` is what the subscription is about, where that is known: else it is looked up.
    """
    return [
        _because(subscription, followed or topics.of(subscription)) if subscription else str(BECAUSE[rhythm]),
        Link(_("Stop these mails"), unsubscribe(subscriber, subscription, rhythm)),
        Link(_("Change what you get, pause it, or stop everything"), preferences(subscriber)),
    ]


def preferences(subscriber: Subscriber) -> str:
    """The path of the page behind the link in every mail."""
    return f"/subscriptions/{subscriber.preferences_token}/"


def unsubscribe(subscriber: Subscriber, subscription: Subscription | None = None, rhythm: Rhythm | None = None) -> str:
    """The path of the page with one button, which stops this subscription or this digest."""
    return f"/unsubscribe/{leaving.token(Purpose.PAGE, subscriber, subscription, rhythm)}"


def one_click(subscriber: Subscriber, subscription: Subscription | None = None, rhythm: Rhythm | None = None) -> str:
    """The path for the List-Unsubscribe header: it acts on POST alone (RFC 8058)."""
    return f"/unsubscribe/one-click/{leaving.token(Purpose.ONE_CLICK, subscriber, subscription, rhythm)}"


def _because(subscription: Subscription, followed: Followed) -> str:
    return _(
        "You get this because on %(day)s you asked us for: %(what)s.",
        day=day(subscription.consented_at),
        what=followed.with_rhythm(subscription.rhythm),
    )
