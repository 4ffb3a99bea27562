"""What we write to an address for which somebody has asked what we hold about it."""

from opm import settings
from opm.comments.models import BlockedAddress
from opm.extensions import db
from opm.holdings.models import LINK_LIVES, DataRequest
from opm.holdings.requesting import MAIL
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext
from opm.outbox.letters import Button, Letter, Link, write
from opm.outbox.models import Email


def answer(email: Email) -> Letter | None:
    """The private link. It is the same whatever is held: what that is stands on the page."""
    request = db.session.get(DataRequest, email.about_id)
    if request is None or request.nonce != email.nonce or request.email != email.recipient:
        return None
    if BlockedAddress.stands(email.recipient):
        return None
    return write(
        _("What %(site)s holds about you", site=settings.current().site_name),
        _("What we hold about you"),
        _("You asked what we hold about this address. The page says it, if there is anything:"),
        Button(_("See it, download it, or have it erased"), f"/privacy/data/{request.token}/"),
        ngettext(
            "The link works for %(num)s day. Whoever has it can open the page, so keep it to yourself.",
            "The link works for %(num)s days. Whoever has it can open the page, so keep it to yourself.",
            LINK_LIVES.days,
        ),
        Link(
            _("Delete the request, and stop mails like this one"),
            f"/privacy/not-me/{request.not_me_token}",
            before=_("You did not ask? Then do nothing: nobody else learns anything."),
        ),
    )


RENDERERS = {MAIL: answer}
