"""What people hear when something changes about their second factor: always, so that no thief does it unseen."""

from dataclasses import dataclass

from opm import settings
from opm.accounts.factors.models import RecoveryCode
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.lib.i18n import ngettext
from opm.outbox import posting
from opm.outbox.letters import Letter, Link, write
from opm.outbox.models import Email

APP_ADDED = "second factor: app added"
APP_REMOVED = "second factor: app removed"
PASSKEY_ADDED = "second factor: passkey added"
PASSKEY_REMOVED = "second factor: passkey removed"
CODES_RENEWED = "second factor: recovery codes renewed"
RECOVERY_CODE_USED = "second factor: recovery code used"
WRONG_CODES = "second factor: wrong codes"
TAKEN_AWAY = "second factor: taken away"


@dataclass(frozen=True)
class Said:
    """The subject, and what happened."""

    subject: str
    happened: str


WORDS = {
    APP_ADDED: Said(
        later("An authenticator app was set up for you"),
        later("From now on the desk asks for a code of that app when you sign in."),
    ),
    APP_REMOVED: Said(
        later("Your authenticator app was removed"), later("Its codes no longer let anybody in at the desk.")
    ),
    PASSKEY_ADDED: Said(later("A passkey was added for you"), later("It can be used at the desk from now on.")),
    PASSKEY_REMOVED: Said(later("One of your passkeys was removed"), later("It lets nobody in any more.")),
    CODES_RENEWED: Said(
        later("New recovery codes were made for you"), later("Those that you had before no longer work.")
    ),
    RECOVERY_CODE_USED: Said(
        later("One of your recovery codes was used"), later("It stood in for your app or passkey, and works no more.")
    ),
    WRONG_CODES: Said(
        later("Somebody typed five wrong codes in your name"),
        later("They had opened the mail with which you sign in, and did not get further than the second factor."),
    ),
    TAKEN_AWAY: Said(
        later("Your second factor was taken away"),
        later("You are signed out everywhere, and sign in by mail alone until you set up another."),
    ),
}


def tell(person: Person, kind: str, by: Person | None = None) -> None:
    """Writes to somebody about their second factor. The caller commits."""
    posting.post(kind, person.email, by.id if by else 0)


def _letter(email: Email) -> Letter | None:
    person = Person.by_email(email.recipient)
    if person is None:
        return None
    said = WORDS[email.kind]
    return write(
        _("%(what)s, at %(site)s", what=said.subject, site=settings.current().site_name),
        str(said.subject),
        str(said.happened),
        _left(person) if email.kind == RECOVERY_CODE_USED else None,
        _who(email) if email.kind == TAKEN_AWAY else None,
        _("If it was you, or you know of it, there is nothing to do."),
        _("If not, somebody else can read your mail or sits at your desk: look there now, and tell an admin."),
        Link(_("Look at your second factor"), "/desk/account/second-factor"),
    )


def _left(person: Person) -> str:
    left = RecoveryCode.left(person)
    if not left:
        return _(
            "It was the last. Make new codes now, so that you can get in on the day on which nothing else is at hand."
        )
    return ngettext("You have %(num)s code left.", "You have %(num)s codes left.", left)


def _who(email: Email) -> str:
    by = db.session.get(Person, email.about_id) if email.about_id else None
    if by is None:
        return _("It was done by whoever looks after the server.")
    return _("It was done by %(name)s.", name=by.name)


RENDERERS = dict.fromkeys(WORDS, _letter)
