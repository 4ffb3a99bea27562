"""What we write to people about their account."""

from opm import settings
from opm.accounts import invitations, staffing
from opm.accounts.abilities import Ability, abilities_of, roles_in_words
from opm.accounts.invitations import Invitation
from opm.accounts.models import SIGN_IN_WITHIN, Person, SignInAttempt
from opm.accounts.signing_in import MAIL
from opm.extensions import db
from opm.filters import day
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext
from opm.outbox.letters import Button, Code, Letter, Link, write
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


def invitation(email: Email) -> Letter | None:
    """Who asks them to join, as what, and the link; while it works and was not sent once more since."""
    asked = db.session.get(Invitation, email.about_id)
    if asked is None or not asked.is_live or asked.email != email.recipient or asked.mail_nonce != email.nonce:
        return None
    site = settings.current().site_name
    return write(
        _("Join the team of %(site)s", site=site),
        _("You are invited to the team"),
        _("%(name)s invites you to %(site)s as: %(roles)s.", name=asked.by.name, site=site, roles=_roles(asked.roles)),
        _may(asked.roles),
        Button(_("Look at the invitation"), f"/desk/sign-in/invitation/{asked.token}"),
        _(
            "It works until %(on)s. There is no password: later you sign in by a mail like this one. You do not know "
            "what this is about? Do nothing, and nothing happens.",
            on=day(asked.ends_at),
        ),
    )


def news(email: Email) -> Letter | None:
    """What became of somebody's account, as long as it is still so."""
    person = db.session.get(Person, email.about_id)
    if person is None or person.email != email.recipient:
        return None
    what, _colon, roles = email.nonce.partition(":")
    if what == "roles":
        return _new_roles(person) if person.is_staff and roles == ",".join(person.roles) else None
    tell, is_so = {
        "warned": (_warned, person.is_staff and person.warned_at),
        "suspended": (_suspended, person.suspended_at and not person.left_at),
        "back": (_back, person.is_staff),
        "removed": (_removed, person.left_at),
    }[what]
    return tell(person) if is_so else None


def _new_roles(person: Person) -> Letter:
    return write(
        _("What you may do at %(site)s has changed", site=_site()),
        _("Your roles have changed"),
        _("From now on you are: %(roles)s.", roles=_roles(person.roles)),
        _may(person.roles),
        _your_account(),
    )


def _warned(person: Person) -> Letter:
    days = settings.current().dormant_days
    return write(
        _("Sign in to keep your access to %(site)s", site=_site()),
        _("You have not been here for a while"),
        ngettext(
            "Accounts that nobody uses for %(num)s day are suspended, since nobody would notice if somebody else used "
            "them. Yours will be in two weeks’ time.",
            "Accounts that nobody uses for %(num)s days are suspended, since nobody would notice if somebody else used "
            "them. Yours will be in two weeks’ time.",
            days,
        ),
        Button(_("Sign in"), "/desk/sign-in"),
        _("Signing in once is all it takes. You need the desk no more? Then there is nothing to do."),
    )


def _suspended(person: Person) -> Letter:
    why = _("You have not signed in for a long time.") if person.is_dormant else _("An admin has decided so.")
    return write(
        _("Your access to %(site)s is suspended", site=_site()),
        _("Your account is suspended"),
        _("You cannot sign in for now.") + " " + why,
        _("Nothing of yours is lost. To come back, ask an admin: %(names)s. It takes them one press.", names=_admins()),
        Link(_("What anybody can read"), "/"),
    )


def _back(person: Person) -> Letter:
    return write(
        _("You can sign in to %(site)s again", site=_site()),
        _("Your account works again"),
        _("An admin has let you back in. You are: %(roles)s.", roles=_roles(person.roles)),
        Button(_("Sign in"), "/desk/sign-in"),
    )


def _removed(person: Person) -> Letter:
    return write(
        _("You are not on the team of %(site)s any more", site=_site()),
        _("Your account was removed"),
        _("You cannot sign in any more. Your name stays on what you wrote and decided."),
        _("You think that this is a mistake? Ask an admin: %(names)s.", names=_admins()),
        Link(_("What anybody can read"), "/"),
    )


def _site() -> str:
    return settings.current().site_name


def _roles(roles: list[str]) -> str:
    return roles_in_words(roles)


def _may(roles: list[str]) -> str:
    return _("With that you may: %(deeds)s.", deeds="; ".join(abilities_of(roles)))


def _admins() -> str:
    return ", ".join(person.name for person in Person.who_may(Ability.MANAGE_PEOPLE))


def _your_account() -> Link:
    return Link(_("Your account"), "/desk/account/")


RENDERERS = {MAIL: sign_in, invitations.MAIL: invitation, staffing.NEWS_MAIL: news}
