"""What we write when somebody wants to follow something: the code, and once it is so, where to change it."""

from opm import settings
from opm.comments.models import BlockedAddress
from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext
from opm.outbox.letters import Button, Code, Letter, Link, write
from opm.outbox.models import Email
from opm.subscriptions import letters, topics
from opm.subscriptions.models import SignUp, Subscription
from opm.subscriptions.signup import CONFIRM_MAIL, WELCOME_MAIL


def confirmation(email: Email) -> Letter | None:
    """The code and the link, while the sign-up waits for them."""
    sign_up = db.session.get(SignUp, email.about_id)
    if sign_up is None or sign_up.is_confirmed or sign_up.link_nonce != email.nonce or sign_up.email != email.recipient:
        return None
    if BlockedAddress.stands(email.recipient):
        return None
    site, code = settings.current(), f"{sign_up.code[:3]} {sign_up.code[3:]}"
    return write(
        _("%(code)s is your code for %(site)s", code=code, site=site.site_name),
        _("Confirm that you want our mails"),
        _("Type this code on our page:"),
        Code(code),
        _("Or open this page and press the button there:"),
        Button(_("Look at it and confirm"), f"/subscribe/confirm/{sign_up.link_token}"),
        _("It is about: %(what)s.", what=topics.of(sign_up).with_rhythm(sign_up.rhythm)),
        Link(
            _("Delete it, and stop mails like this one"),
            f"/subscribe/not-me/{sign_up.not_me_token}",
            before=_("You did not ask for it?"),
        ),
        ngettext(
            "Or do nothing: without this step we mail you nothing, and after %(num)s day we delete your address.",
            "Or do nothing: without this step we mail you nothing, and after %(num)s days we delete your address.",
            site.unconfirmed_days,
        ),
    )


def welcome(email: Email) -> Letter | None:
    """What they follow now, and the link to their page, while both are so."""
    subscription = db.session.get(Subscription, email.about_id)
    subscriber = subscription and subscription.subscriber
    if subscription is None or subscription.ended_at or subscriber.nonce != email.nonce:
        return None
    if subscriber.email != email.recipient or BlockedAddress.stands(email.recipient):
        return None
    followed = topics.of(subscription)
    return write(
        _("You hear from %(site)s by mail now", site=settings.current().site_name),
        followed.with_rhythm(subscription.rhythm),
        _("So it is from now on. Keep this mail: by its links you change that at any time, without signing in."),
        Button(_("Change what you get, pause it, or stop everything"), letters.preferences(subscriber)),
        Link(_("Stop these mails"), letters.unsubscribe(subscriber, subscription)),
        one_click=letters.one_click(subscriber, subscription),
    )


RENDERERS = {CONFIRM_MAIL: confirmation, WELCOME_MAIL: welcome}
