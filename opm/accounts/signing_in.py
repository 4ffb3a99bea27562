"""Signing in without a password: a link and a code by mail, either of which works once, for ten minutes.

An address that nobody here has gets the same rows, the same page and the same time; only no mail leaves.
"""

from datetime import datetime

from opm import settings
from opm.accounts import audit, browsers
from opm.accounts.audit import Did
from opm.accounts.models import Person, Session, SignInAttempt
from opm.extensions import db
from opm.lib import throttle, tokens
from opm.outbox import posting

MAIL = "sign-in"


def ask(email: str, network: str, wanted: str = "/desk/") -> SignInAttempt:
    """Somebody wants to sign in with this address. Raises TooMany. The caller commits.

    From a network where its owner has signed in of late, strangers' mails to the address count for nothing: nobody
    can lock the owner out by asking in their name.
    """
    site, address = settings.current(), tokens.fingerprint("address", email.lower())
    person = Person.by_email(email)
    uses = {
        site.allowance("sign_ins_per_address_and_network"): address + network,
        site.allowance("sign_ins_per_network"): network,
    }
    if not Session.knows(person, network):
        uses[site.allowance("strangers_mails_per_address")] = address
    throttle.spend(uses)
    attempt = begin(person if person and person.is_staff else None, wanted)
    posting.post(MAIL, email, attempt.id, nonce=attempt.link_nonce)
    return attempt


def begin(person: Person | None, wanted: str = "/desk/") -> SignInAttempt:
    """A new attempt, with a link and a code of its own. The caller commits."""
    attempt = SignInAttempt(person=person, wanted=wanted)
    db.session.add(attempt)
    db.session.flush()
    return attempt


def enter(person: Person, network: str, agent: str = "", proved_at: datetime | None = None) -> str:
    """Begins a session and returns the secret for the browser's cookie. The caller commits.

    Of what the browser says of itself (`agent`) no more is kept than which kind it is. `proved_at` is when a second
    factor was shown, if one was. Nobody is mailed about a new one: without the mail that lets them in there is no
    signing in, so a second would go where the first has gone.
    """
    session, secret = Session.begin(person, network, browsers.kind_of(agent))
    session.proved_at = proved_at
    db.session.add(session)
    person.take_note_of_sign_in()
    audit.record(person, Did.SIGNED_IN, "person", person.id, person.name)
    return secret
