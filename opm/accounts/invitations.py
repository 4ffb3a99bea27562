"""Inviting somebody to the team: a mail with a link to a page with one button, which makes them staff.

Until it is pressed nobody is on the team who was not before. It works for a week, can be sent again and taken back.
It ends with the right of whoever sent it to invite people.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from opm import settings
from opm.accounts import audit, staffing
from opm.accounts.abilities import Ability, Role, roles_in_words
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.extensions import db, insert
from opm.lib import clock, throttle, tokens
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.going import goes
from opm.outbox import posting

MAIL = "invitation"
LASTS = timedelta(days=7)
KEPT_FOR = timedelta(days=30)  # after it has ended by itself, so that it can be sent again


class HereAlready(Exception):
    """Somebody with this address is on the team."""

    def __init__(self, person: Person):
        super().__init__(person.id)
        self.person = person


class InvitedAlready(Exception):
    """Somebody has invited this address before, and it has not come yet."""

    def __init__(self, invitation: "Invitation"):
        super().__init__(invitation.id)
        self.invitation = invitation


class InvitationEnded(Exception):
    """It was taken up, taken back, or is too old; or the link was cut short."""


class Invitation(db.Model):
    """Somebody who was asked to join and has not come yet. Once they come, or it is taken back, its row goes."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(JSON)
    by_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)
    mail_nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)  # of the last mail: what was sent before goes not
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    @classmethod
    def open(cls):
        """All of them, the newest first, also those that have ended by themselves."""
        return select(cls).options(joinedload(cls.by)).order_by(cls.id.desc())

    @classmethod
    def held(cls, id: int) -> "Invitation | None":
        """The one with this number, locked until this transaction ends."""
        found = select(cls).where(cls.id == id).with_for_update(of=cls)
        return db.session.scalar(found.execution_options(populate_existing=True))

    @classmethod
    def of_link(cls, token: str, held: bool = False) -> "Invitation":
        """The one that this link was mailed with. Raises InvitationEnded."""
        id = tokens.id_of(token)
        found = cls.held(id) if held else db.session.get(cls, id)
        if found is None or not found.is_live or not tokens.opens(token, "invitation", found.id, found.nonce):
            raise InvitationEnded
        return found

    @property
    def token(self) -> str:
        """What the link in its mail holds."""
        return tokens.seal("invitation", self.id, self.nonce)

    @property
    def ends_at(self) -> datetime:
        """Until when its link works."""
        return self.sent_at + LASTS

    @property
    def is_live(self) -> bool:
        """Whether its link works. One that was sent in the future is from a clock that was wrong."""
        return abs(clock.now() - self.sent_at) < LASTS and self.by.may(Ability.MANAGE_PEOPLE)


def invite(email: str, name: str, roles: Collection[Role], by: Person) -> Invitation:
    """Asks whoever has this address to join. The caller commits.

    Raises HereAlready, InvitedAlready, TooMany; NotSignedIn or NotAllowed if `by` may no longer do so.
    """
    staffing.hold(by)
    person = Person.by_email(email)
    if person and person.roles and person.left_at is None:
        raise HereAlready(person)
    _spend(email, by)
    what = {"email": email.lower(), "name": name, "roles": staffing.in_order(roles), "by_id": by.id}
    row = {name: tokens.new_nonce() for name in ("nonce", "mail_nonce")}
    row |= {"invited_at": clock.now(), "sent_at": clock.now(), **what}
    id = db.session.scalar(insert(Invitation).values(**row).on_conflict_do_nothing().returning(Invitation.id))
    if id is None:
        raise InvitedAlready(db.session.scalars(select(Invitation).where(Invitation.email == email.lower())).one())
    invitation = db.session.get_one(Invitation, id)
    audit.record(by, Did.INVITED, "invitation", id, name, roles_in_words(invitation.roles))
    _mail(invitation)
    return invitation


def send_again(invitation: Invitation, by: Person) -> None:
    """The same link goes once more, and works as long again. From now on it is theirs who sent it. Raises TooMany."""
    _spend(invitation.email, by)
    invitation.sent_at, invitation.mail_nonce, invitation.by = clock.now(), tokens.new_nonce(), by
    audit.record(by, Did.INVITED_AGAIN, "invitation", invitation.id, invitation.name)
    _mail(invitation)


def take_back(invitation: Invitation, by: Person) -> None:
    """Its link opens nothing any more. The caller commits."""
    audit.record(by, Did.TOOK_BACK_INVITATION, "invitation", invitation.id, invitation.name)
    db.session.delete(invitation)


def accept(token: str) -> Person:
    """Whoever has the mail joins, with what the invitation says. The caller signs them in and commits.

    Who has left before comes back with these roles and no others. Raises InvitationEnded.
    """
    staffing.hold(None)
    invitation = Invitation.of_link(token, held=True)
    person = staffing.add(invitation.email, invitation.name, [Role(role) for role in invitation.roles])
    if person.suspended_at:  # made staff and suspended on the server meanwhile
        raise InvitationEnded
    audit.record(person, Did.ACCEPTED_INVITATION, "person", person.id, person.name, roles_in_words(person.roles))
    db.session.delete(invitation)
    return person


@goes(Invitation)
def old(moment):
    """Invitations that nobody took up."""
    return Invitation.sent_at < moment


def _spend(email: str, by: Person) -> None:
    site, address = settings.current(), tokens.fingerprint("address", email.lower())
    throttle.spend(
        {
            site.allowance("invitations_per_address"): address,
            site.allowance("invitations_per_person"): str(by.id),
        }
    )


def _mail(invitation: Invitation) -> None:
    posting.post(MAIL, invitation.email, invitation.id, nonce=invitation.mail_nonce)
