"""How each moderator wants to hear of comments that wait, and the links that stand in those mails."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opm.accounts import second_factor
from opm.accounts.abilities import Ability
from opm.accounts.models import Person
from opm.comments.models import Comment, Decision, State
from opm.extensions import db
from opm.lib import clock, tokens
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.confirming import LinkEnded

LINK_LIVES = timedelta(days=14)
USUAL_HOUR = 8
PURPOSE = "moderate from a mail"


class When(StrEnum):
    """When somebody is mailed about a comment that waits."""

    AT_ONCE = "at once"
    DAILY = "daily"
    NEVER = "never"


class MailChoice(db.Model):
    """What one moderator chose. Who has no row has not chosen, and is not mailed."""

    __table_args__ = {}

    person_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    person: Mapped[Person] = relationship()
    how: Mapped[When] = mapped_column(String, default=When.NEVER)
    hour: Mapped[int] = mapped_column(default=USUAL_HOUR)  # of the site's zone, for the daily mail
    chosen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    bundled_on: Mapped[date | None]  # the last day that is done, whether or not something waited

    @classmethod
    def of(cls, person: Person) -> "MailChoice":
        """This person's; one that is not stored yet if they have not chosen."""
        return db.session.get(cls, person.id) or cls(person=person, how=When.NEVER, hour=USUAL_HOUR)

    @classmethod
    def who_chose(cls, how: When):
        """Those who did, with the person."""
        return select(cls).where(cls.how == how).join(cls.person).order_by(cls.person_id)

    def due_on(self, zone: ZoneInfo) -> date | None:
        """The day whose mail is to be made now, if it is. The hour that clocks skip in spring is the next one; of the
        two that they have in autumn it is the first.

        One who chose after the hour begins the next day. A day far ahead was noted by a clock that was wrong.
        """
        now = clock.now()
        today = now.astimezone(zone).date()
        due_at = datetime.combine(today, time(self.hour), zone).astimezone(UTC)
        is_done = self.bundled_on and today <= self.bundled_on <= today + timedelta(days=1)
        return today if self.chosen_at < due_at <= now and not is_done else None


class MailLink(db.Model):
    """What one moderator holds to decide about one comment: the link in a mail, without signing in."""

    __table_args__ = (UniqueConstraint("comment_id", "person_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    comment_id: Mapped[int] = mapped_column(BigId, ForeignKey("comment.id", ondelete="CASCADE"))
    comment: Mapped[Comment] = relationship()
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"), index=True)
    person: Mapped[Person] = relationship()
    nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    @classmethod
    def of(cls, token: str, held: bool = False) -> "MailLink":
        """The link that this token is, however it stands. Held, its comment is locked. Raises LinkEnded."""
        found = db.session.get(cls, tokens.id_of(token))
        if found is None or not tokens.opens(token, PURPOSE, found.id, found.nonce):
            raise LinkEnded
        if held:
            Comment.held(found.comment_id)
        return found

    @classmethod
    def to_decide(cls, person: Person):
        """This person's that may still decide something, the longest waiting first."""
        young = cls.made_at > clock.now() - LINK_LIVES
        waits = select(cls).join(cls.comment).where(cls.person_id == person.id, Comment.state == State.PENDING, young)
        return waits.order_by(Comment.waits_last, Comment.confirmed_at, Comment.id)

    @property
    def token(self) -> str:
        """What stands in the mail."""
        return tokens.seal(PURPOSE, self.id, self.nonce)

    @property
    def path(self) -> str:
        """Where it leads; where a second factor is demanded, to the desk, which asks for it."""
        if second_factor.is_demanded_of(self.person):
            return f"/desk/comments/{self.comment_id}"
        return f"/comment/moderate/{self.token}"

    @property
    def has_ended(self) -> bool:
        """Whether it opens nothing, whatever became of the comment: it is too old, or not this person's to use."""
        in_time = abs(clock.now() - self.made_at) < LINK_LIVES
        joined_at = self.person.verified_at  # anew, where they had left
        is_of_before = joined_at is not None and self.made_at < joined_at
        return (
            not in_time
            or is_of_before
            or not self.person.may(Ability.MODERATE)
            or second_factor.is_demanded_of(self.person)
        )

    @property
    def decided(self) -> list[Decision]:
        """What was decided since it was mailed, and stands."""
        return [each for each in self.comment.standing_decisions if each.decided_at >= self.made_at]

    @property
    def decides(self) -> bool:
        """Whether its buttons still do something."""
        return not self.has_ended and self.comment.state == State.PENDING and not self.decided

    @property
    def own_decision(self) -> Decision | None:
        """What this person decided and can still take back."""
        newest = self.decided[-1] if self.decided and not self.has_ended else None
        return newest if newest and newest.can_be_undone_by(self.person) else None

    def renew(self) -> None:
        """The one in an earlier mail ends; that in the next lives as long as any."""
        self.nonce, self.made_at = tokens.new_nonce(), clock.now()
