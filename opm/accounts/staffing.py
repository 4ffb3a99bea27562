"""Who is on the team: making people staff, changing what they may do, suspending and removing them.

Of those who have shown that they can get in, one is always an admin and one a moderator. Whoever changes the team
holds all of it, in one order, so that two who remove each other at the same moment come one after the other: the
second meets the team as the first has left it.
"""

from collections.abc import Collection

from sqlalchemy import select

from opm.accounts import audit
from opm.accounts.abilities import ROLES_IN_WORDS, Ability, Role, roles_in_words
from opm.accounts.access import NotAllowed, NotSignedIn
from opm.accounts.audit import Did
from opm.accounts.factors import models as factors
from opm.accounts.models import Person, Session, SignInAttempt
from opm.extensions import db
from opm.lib import clock
from opm.lib.i18n import gettext as _
from opm.outbox import posting

NEWS_MAIL = "account"
NEVER_WITHOUT = (Role.ADMIN, Role.MODERATOR)
ON_THE_SERVER = "flask staff"  # where somebody changed the team who need not be on it


class NameMissing(Exception):
    """Somebody new needs a name. Its text is a sentence."""

    def __init__(self):
        super().__init__(_("Nobody here has this address yet, so say whose it is: add --name “Their Name”."))


class LastOne(Exception):
    """Without this person nobody would be left whom the team cannot do without. Its text is a sentence."""

    def __init__(self, person: Person, role: Role):
        super().__init__(
            _(
                "%(name)s is the last %(role)s who has ever signed in, and there has to be one. First make somebody "
                "else one, and let them sign in; then this can be done.",
                name=person.name,
                role=ROLES_IN_WORDS[role],
            )
        )


class Overtaken(Exception):
    """Somebody else has changed this person since the page was opened."""


def hold(by: Person | None) -> list[Person]:
    """All who have not left, as they stand now, and as they stay until this transaction ends.

    `by` is whoever wants to change something, None for what is done on the server or on time. Raises NotSignedIn or
    NotAllowed if that is no longer theirs to do.
    """
    everybody = select(Person).where(Person.left_at.is_(None)).order_by(Person.id).with_for_update()
    team = list(db.session.scalars(everybody.execution_options(populate_existing=True)))
    if by is not None and (by not in team or not by.is_staff):
        raise NotSignedIn
    if by is not None and not by.may(Ability.MANAGE_PEOPLE):
        raise NotAllowed(Ability.MANAGE_PEOPLE)
    return team


def held(id: int, by: Person, seen: str | None = None) -> Person | None:
    """One of the team, with all of it held; None if there is no such person, or no longer. As `hold`, and raises
    Overtaken if `seen`, a mark, is not how they stand.
    """
    person = next((person for person in hold(by) if person.id == id and person.roles), None)
    if person and seen is not None and seen != person.mark:
        raise Overtaken
    return person


def add(email: str, name: str, roles: Collection[Role]) -> Person:
    """Gives the person with this address these roles, beside those they have. The caller commits.

    Somebody new needs a name, else NameMissing is raised; somebody known keeps theirs unless another is given.
    Whoever left and comes back has these roles and no others.
    """
    person = Person.by_email(email)
    if person is None:
        person = Person(email=email.lower(), name=name, roles=[])
        db.session.add(person)
    if not (name or person.name):
        raise NameMissing
    kept = [] if person.left_at else person.roles
    if person.left_at:
        person.verified_at, person.suspended_at, person.left_at = None, None, None
        person.wake()
    person.name = name or person.name
    person.roles = in_order({*kept, *roles})
    db.session.flush()
    return person


def rename(person: Person, name: str, by: Person | None) -> None:
    """They are called otherwise from now on, also beside what they decided before. The caller holds the team."""
    if name != person.name:
        audit.record(by, Did.RENAMED_PERSON, "person", person.id, name, person.name)
        person.name = name


def change_roles(person: Person, roles: Collection[str], by: Person | None) -> None:
    """From now on they have these roles, and hear of it by mail. Raises LastOne. The caller holds the team."""
    roles = in_order(roles)
    if roles == in_order(person.roles):
        return
    expect_others(person, keeping=roles)
    person.roles = roles
    _record(by, Did.CHANGED_ROLES, person, roles_in_words(roles))
    posting.post(NEWS_MAIL, person.email, person.id, nonce=f"roles:{','.join(roles)}")


def suspend(person: Person, by: Person | None, because: str = "") -> None:
    """They cannot get in until an admin lets them back in; nothing else of theirs changes. They hear of it by mail.

    `because` says what made the site do it by itself. Raises LastOne. The caller holds the team.
    """
    if person.suspended_at:
        return
    expect_others(person)
    person.suspended_at, person.warned_at = clock.now(), person.warned_at if because else None
    _shut_out(person)
    _record(by, Did.SUSPENDED, person, because)
    posting.post(NEWS_MAIL, person.email, person.id, nonce="suspended")


def let_back_in(person: Person, by: Person | None) -> None:
    """Whoever was suspended may sign in again, as if they had just done so. The caller holds the team."""
    if person.suspended_at:
        person.suspended_at = None
        person.wake()
        _record(by, Did.LET_BACK_IN, person)
        posting.post(NEWS_MAIL, person.email, person.id, nonce="back")


def remove(person: Person, by: Person | None) -> None:
    """They leave: their sessions and links end at once, and their name stays on what they wrote and decided.

    Raises LastOne. The caller holds the team.
    """
    expect_others(person)
    person.left_at = clock.now()
    person.verified_at, person.signed_in_at, person.warned_at = None, None, None
    _shut_out(person)
    factors.forget(person)
    _record(by, Did.REMOVED_PERSON, person)
    posting.post(NEWS_MAIL, person.email, person.id, nonce="removed")


def sign_out_everywhere(person: Person, by: Person, but: Session | None = None) -> None:
    """Their sessions end at once, but for one. The caller commits."""
    Session.end_all(person, but)
    record_signed_out(person, by)


def record_signed_out(person: Person, by: Person) -> None:
    """Notes that somebody was signed out in another browser than the one in which that was asked for."""
    _record(by, Did.ENDED_SESSIONS, person)


def expect_others(person: Person, keeping: Collection[str] = ()) -> None:
    """Raises LastOne if they have a role that nobody else is known to have, and are to lose it."""
    others = [other for other in db.session.scalars(Person.staff()) if other is not person]
    for role in NEVER_WITHOUT:
        is_lost = person.is_known_as(role) and role not in keeping
        if is_lost and not any(other.is_known_as(role) for other in others):
            raise LastOne(person, role)


def in_order(roles: Collection[str]) -> list[str]:
    """The roles as they are kept."""
    return [role.value for role in Role if role in roles]


def _shut_out(person: Person) -> None:
    Session.end_all(person)
    SignInAttempt.end_all(person)
    factors.Step.end_all(person)


def _record(by: Person | None, did: Did, person: Person, detail: str = "") -> None:
    audit.record(by, did, "person", person.id, person.name, detail or ("" if by else ON_THE_SERVER))
