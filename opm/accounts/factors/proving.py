"""Showing a second factor: after the mail, before the desk opens; and at the desk, before one's own factors change.

Each step has five tries, from wherever they come, and a wrong one counts before it is answered. Who has used them up
asks for a fresh mail; the owner is told by mail that somebody came so far.
"""

from opm import settings
from opm.accounts import audit, signing_in
from opm.accounts.audit import Did
from opm.accounts.factors import emails, passkeys
from opm.accounts.factors.models import Authenticator, Purpose, RecoveryCode, Step, StepRefused, has_factor
from opm.accounts.models import Person, Session
from opm.extensions import db
from opm.lib import clock, throttle


def begin_sign_in(person: Person, wanted: str) -> Step | None:
    """The second half of signing in; None where this person has no second factor. The caller commits."""
    Person.lock(person.id)
    return _begun(Purpose.SIGN_IN, person=person, wanted=wanted) if has_factor(person) else None


def begin_passkey_sign_in(network: str, wanted: str) -> Step:
    """Signing in by a passkey alone, which looks at a finger or a PIN, too. Raises TooMany. The caller commits."""
    throttle.spend({settings.current().allowance("sign_ins_per_network"): network})
    return _begun(Purpose.PASSKEY_SIGN_IN, wanted=wanted)


def begin_proof(session: Session, wanted: str) -> Step:
    """Showing it once more. Raises TooMany: a session that somebody else got hold of cannot guess for ever."""
    throttle.spend({settings.current().allowance("proofs_per_session"): str(session.id)})
    return _begun(Purpose.PROOF, person=session.person, wanted=wanted)


def show_code(step: Step, typed: str) -> None:
    """A code of the app, or a recovery code. Raises StepRefused; the caller commits in either case."""
    step.spend_try()
    if Authenticator.takes(typed, step.person):
        step.use()
    elif RecoveryCode.takes(typed, step.person):
        step.use()
        audit.record(step.person, Did.USED_RECOVERY_CODE, "person", step.person.id, step.person.name)
        emails.tell(step.person, emails.RECOVERY_CODE_USED)
    else:
        _refuse(step)


def show_passkey(step: Step, answer: str) -> None:
    """What a passkey signed. Raises StepRefused; the caller commits in either case."""
    step.spend_try()
    try:
        passkey = passkeys.signed(step, answer)
    except StepRefused:
        step.renew_challenge()
        _refuse(step)
    step.person = passkey.person
    step.use()


def enter(step: Step, network: str, agent: str) -> str:
    """Begins the session of somebody who has shown it, and returns its secret. The caller commits."""
    return signing_in.enter(step.person, network, agent, proved_at=clock.now())


def _begun(purpose: Purpose, **values) -> Step:
    step = Step(purpose=purpose, **values)
    db.session.add(step)
    db.session.flush()
    return step


def _refuse(step: Step):
    if step.tries_left == 0 and step.person:
        emails.tell(step.person, emails.WRONG_CODES)
    raise StepRefused
