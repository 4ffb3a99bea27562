"""What we write to people about their account."""

from flask import render_template

from opm import settings
from opm.accounts.models import SignInAttempt
from opm.accounts.signing_in import MAIL
from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.outbox.letters import Letter
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
    site = settings.current()
    return Letter(
        subject=_("Your code to sign in to %(site)s", site=site.site_name),
        text=render_template("emails/accounts/sign_in.txt", attempt=attempt, settings=site),
    )


RENDERERS = {MAIL: sign_in}
