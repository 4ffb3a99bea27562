"""Setting up, changing and taking away what somebody shows besides their mailbox. Each is mailed to them and logged."""

from sqlalchemy import delete

from opm.accounts import audit
from opm.accounts.audit import Did
from opm.accounts.factors import emails, passkeys
from opm.accounts.factors.models import (
    MOST_PASSKEYS,
    Authenticator,
    Passkey,
    Purpose,
    RecoveryCode,
    Step,
    StepRefused,
    forget,
    has_factor,
)
from opm.accounts.models import Person, Session
from opm.accounts.second_factor import is_demanded_of
from opm.extensions import db, insert
from opm.lib import clock


class StillDemanded(Exception):
    """The site demands a second factor of this person, and this is the last that they have."""


class TooManyPasskeys(Exception):
    """Somebody has as many as anybody can keep apart."""


class NothingToTake(Exception):
    """This person has no second factor."""


def begin_app(session: Session, wanted: str) -> Step:
    """A key to be taken over by an app. It counts once a code made with it was typed. The caller commits."""
    return _begun(session, Purpose.APP, wanted)


def begin_passkey(session: Session, name: str, wanted: str) -> Step:
    """A challenge for a new passkey. Raises TooManyPasskeys. The caller commits."""
    if len(Passkey.of(session.person)) >= MOST_PASSKEYS:
        raise TooManyPasskeys
    return _begun(session, Purpose.PASSKEY, wanted, name=name)


def confirm_app(step: Step, session: Session, typed: str) -> list[str]:
    """The app counts from now on, instead of another that was there. Returns recovery codes if these are the first.

    Raises StepRefused: then nothing has changed. A slip costs nothing, since whoever types sees the key.
    """
    person = session.person
    number = Authenticator.number_of(typed, person.id, step.key_nonce)
    if not step.is_live or number is None:
        raise StepRefused
    step.use()
    is_first = _is_first(session)
    values = {"nonce": step.key_nonce, "last_code": number, "added_at": clock.now()}
    statement = insert(Authenticator).values(person_id=person.id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=[Authenticator.person_id], set_=values))
    return _added(session, emails.APP_ADDED, is_first)


def confirm_passkey(step: Step, session: Session, answer: str) -> list[str]:
    """The passkey counts from now on. Returns recovery codes if these are the first. Raises StepRefused."""
    step.spend_try()
    is_first = _is_first(session)
    if passkeys.made(step, answer) is None:
        raise StepRefused
    step.use()
    return _added(session, emails.PASSKEY_ADDED, is_first)


def renew_codes(person: Person) -> list[str]:
    """Ten new recovery codes. Raises NothingToTake where there is nothing that they would replace."""
    if not has_factor(person):
        raise NothingToTake
    _note(person, Did.RENEWED_CODES, emails.CODES_RENEWED)
    return RecoveryCode.make(person)


def remove_app(person: Person) -> None:
    """Its codes work no more. Raises StillDemanded, NothingToTake. The caller commits."""
    _remove(person, delete(Authenticator).where(Authenticator.person_id == person.id), emails.APP_REMOVED)


def remove_passkey(passkey: Passkey, person: Person) -> None:
    """It opens nothing any more. Raises StillDemanded. The caller commits."""
    _remove(person, delete(Passkey).where(Passkey.id == passkey.id), emails.PASSKEY_REMOVED)


def take_away(person: Person, by: Person | None) -> None:
    """All of it goes, for somebody who has lost it, and they are signed out everywhere. They are mailed, and it is
    logged. `by` is None for whoever has the machine. Raises NothingToTake. The caller commits.
    """
    Person.lock(person.id)
    if not has_factor(person):
        raise NothingToTake
    forget(person)
    Session.end_all(person)
    audit.record(by, Did.TOOK_AWAY_FACTOR, "person", person.id, person.name)
    emails.tell(person, emails.TAKEN_AWAY, by)


def _begun(session: Session, purpose: Purpose, wanted: str, **values) -> Step:
    step = Step(purpose=purpose, person=session.person, wanted=wanted, **values)
    db.session.add(step)
    db.session.flush()
    return step


def _is_first(session: Session) -> bool:
    """Whether they have none. Raises StepRefused where the first has come meanwhile, which ended this session."""
    Person.lock(session.person_id)
    db.session.refresh(session, ["ended_at"])
    if session.ended_at:
        raise StepRefused
    return not has_factor(session.person)


def _added(session: Session, mail: str, is_first: bool) -> list[str]:
    """This session has seen it. What else is open began without a second factor, and ends with the first."""
    session.proved_at = clock.now()
    _note(session.person, Did.ADDED_FACTOR, mail)
    if not is_first:
        return []
    Session.end_all(session.person, but=session)
    return RecoveryCode.make(session.person)


def _remove(person: Person, which, mail: str) -> None:
    Person.lock(person.id)
    count = len(Passkey.of(person)) + (db.session.get(Authenticator, person.id) is not None)
    if count == 1 and is_demanded_of(person):
        raise StillDemanded
    if db.session.execute(which).rowcount == 0:
        raise NothingToTake
    if count == 1:
        RecoveryCode.drop(person)
        Session.forget_proofs(person)
    _note(person, Did.REMOVED_FACTOR, mail)


def _note(person: Person, did: Did, mail: str) -> None:
    audit.record(person, did, "person", person.id, person.name)
    emails.tell(person, mail)
