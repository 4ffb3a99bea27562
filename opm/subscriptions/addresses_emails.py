"""What we write when a subscriber gives another address: to the new one for its code, to the old one once it was so."""

from opm import settings
from opm.comments.models import BlockedAddress
from opm.extensions import db
from opm.filters import moment
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext
from opm.outbox.letters import Button, Code, Letter, Link, write
from opm.outbox.models import Email
from opm.subscriptions.addresses import CHANGED_MAIL, CONFIRM_MAIL
from opm.subscriptions.models import AddressChange


def confirmation(email: Email) -> Letter | None:
    """The code and the link, while the change waits for them."""
    change = _about(email)
    if change is None or change.is_confirmed or change.link_nonce != email.nonce or change.email != email.recipient:
        return None
    site, code = settings.current(), f"{change.code[:3]} {change.code[3:]}"
    return write(
        _("%(code)s is your code for %(site)s", code=code, site=site.site_name),
        _("Confirm your new address"),
        _("Type this code on the page where you gave this address:"),
        Code(code),
        _("Or open this page and press the button there:"),
        Button(_("Look at it and confirm"), f"/subscriptions/address/confirm/{change.link_token}"),
        _("Somebody who hears from us by mail asked us to write to this address instead."),
        Link(
            _("Delete it, and stop mails like this one"),
            f"/subscriptions/address/not-me/{change.not_me_token}",
            before=_("It was not you?"),
        ),
        ngettext(
            "Or do nothing: without this step nothing changes, and after %(num)s day we delete this address.",
            "Or do nothing: without this step nothing changes, and after %(num)s days we delete this address.",
            site.unconfirmed_days,
        ),
    )


def changed(email: Email) -> Letter | None:
    """To the address that was: its mails go elsewhere now, and what to do if somebody else did that."""
    change = _about(email)
    if change is None or not change.is_confirmed:
        return None
    site = settings.current()
    return write(
        _("%(site)s writes to another address now", site=site.site_name),
        _("Your address was changed"),
        _(
            "On %(moment)s another address was given for what you get from us by mail, and confirmed there. Our mails "
            "go to it from now on. The links in those that came here do not work any more.",
            moment=moment(change.confirmed_at),
        ),
        _("If that was you, there is nothing to do."),
        _("If it was not, somebody could open a link in one of our mails to you: perhaps you passed one on.")
        + (" " + _("Write to %(email)s, and we look into it.", email=site.contact_email) if site.contact_email else ""),
        Link(_("Get our posts by mail"), "/subscribe/", before=_("You can have our mails come here again.")),
    )


def _about(email: Email) -> AddressChange | None:
    """The change, unless the recipient has asked to be left alone."""
    return None if BlockedAddress.stands(email.recipient) else db.session.get(AddressChange, email.about_id)


RENDERERS = {CONFIRM_MAIL: confirmation, CHANGED_MAIL: changed}
