"""What we write to people about their account."""

from opm import settings
from opm.accounts.models import SIGN_IN_WITHIN, SignInAttempt
from opm.accounts.signing_in import MAIL
from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext
from opm.outbox.letters import Button, Code, Letter, write
from opm.outbox.models import Email


def sign_in(email: Email) -> Letter | None:
    """The link and the code, while they work; to nobody who is not staff."""
    attempt = db.session.get(SignInAttempt, email.about_id)
    if (
        attempt is None
        or not attempt.is_live
        or attempt.link_nonce != email.nonce
        or attempt.person.email != email.recipient.lower()
    ):
        return None
    site, code = settings.current().site_name, f"{attempt.code[:4]} {attempt.code[4:]}"
    return write(
        _("%(code)s is your code to sign in to %(site)s", code=code, site=site),
        _("Sign in to the desk"),
        _("Type this code on the page where you asked for it:"),
        Code(code),
        _("Or open this page and press the button there:"),
        Button(_("Sign in"), f"/desk/sign-in/link/{attempt.link_token}"),
        ngettext(
            "Either works once, for %(num)s minute. You did not ask for this? Do nothing: without the code nobody "
            "gets in.",
            "Either works once, for %(num)s minutes. You did not ask for this? Do nothing: without the code nobody "
            "gets in.",
            int(SIGN_IN_WITHIN.total_seconds() // 60),
        ),
    )


RENDERERS = {MAIL: sign_in}
