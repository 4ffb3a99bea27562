"""Complaints about how we handle personal data, and what was done about each.

The law (Data Protection Act 2018, section 164A, in force since June 2026) asks whoever holds personal data to take
complaints, also by an electronic form; to acknowledge each within 30 days; and to look into it, say how that goes, and
tell the outcome without undue delay. A complaint counts from the moment at which it is sent, confirmed or not. What is
done about it are its steps, in order. Its line in the register stays when who sent it, and what they said, is let go.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opm.accounts.models import Person
from opm.comments.models import UNDO_WITHIN
from opm.extensions import db
from opm.lib import clock, tokens
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.confirming import LinkEnded

LONGEST_COMPLAINT = 10_000
LONGEST_STEP = 5_000
ACKNOWLEDGED_WITHIN = timedelta(days=30)  # the law's, not a setting


class CameBy(StrEnum):
    """How a complaint came."""

    FORM = "form"
    LETTER = "letter"
    PHONE = "phone"
    EMAIL = "email"
    IN_PERSON = "in person"


class Outcome(StrEnum):
    """How a complaint ended."""

    UPHELD = "upheld"
    PARTLY = "partly upheld"
    NOT_UPHELD = "not upheld"
    WITHDRAWN = "withdrawn"  # by who sent it
    NOT_THEIRS = "not theirs"  # whoever has the address did not send it


ANSWERS = Outcome.UPHELD, Outcome.PARTLY, Outcome.NOT_UPHELD


class What(StrEnum):
    """What kind of step it was."""

    NOTE = "note"  # for the team alone
    ACKNOWLEDGED = "acknowledged"  # otherwise than by our mail
    PROGRESS = "progress"
    ANSWER = "answer"
    MORE = "more"  # from who complains
    ENDED = "ended"  # by who complains


class AlreadyEnded(Exception):
    """It was answered or withdrawn a moment ago."""


class CannotUndo(Exception):
    """It is too late to take this answer back, it is somebody else's, or it was taken back already."""


class Complaint(db.Model):
    """One complaint. Its number is its reference."""

    __table_args__ = (Index("ix_complaint_list", "ended_at", "written_at"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    text: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")  # none, where a letter gave none or it is no longer held
    network: Mapped[str] = mapped_column(default="")
    is_trapped: Mapped[bool] = mapped_column(default=False)  # filled in a field that people do not see
    sameness: Mapped[str | None] = mapped_column(unique=True)  # while it is open
    nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)

    came_by: Mapped[CameBy] = mapped_column(String, default=CameBy.FORM)
    entered_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    entered_by: Mapped[Person | None] = relationship()
    written_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # otherwise than by our mail
    outcome: Mapped[Outcome | None] = mapped_column(String)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # who sent it, and what they said, is gone

    steps: Mapped[list["ComplaintStep"]] = relationship(back_populates="complaint", order_by="ComplaintStep.id")

    # Finding one

    @classmethod
    def held(cls, id: int) -> "Complaint | None":
        """The row, locked until this transaction ends."""
        return db.session.get(cls, id, with_for_update=True, populate_existing=True)

    @classmethod
    def of_link(cls, token: str, kind: str = "", held: bool = False) -> "Complaint":
        """What this mailed link is about: its page, or `not me`. Raises LinkEnded, also once all of it is let go."""
        id = tokens.id_of(token)
        found = cls.held(id) if held else db.session.get(cls, id)
        if found is None or not found.email or not tokens.opens(token, f"complaint{kind}", id, found.nonce):
            raise LinkEnded
        return found

    @classmethod
    def is_open(cls):
        """The condition under which it waits for an answer."""
        return cls.ended_at.is_(None)

    @classmethod
    def register(cls):
        """All of them: those that wait first, the longest waiting first; then the newest that ended."""
        return select(cls).order_by(cls.ended_at.is_not(None), cls.ended_at.desc(), cls.written_at, cls.id)

    # What can be asked of one

    @property
    def token(self) -> str:
        """What the link to its page holds."""
        return tokens.seal("complaint", self.id, self.nonce)

    @property
    def not_me_token(self) -> str:
        """What the link for "this was not me" holds."""
        return tokens.seal("complaint not me", self.id, self.nonce)

    @property
    def mark(self) -> str:
        """The keyed hash that the same complaint from the same address has each time."""
        return tokens.fingerprint("complaint", "\0".join([self.email.lower(), self.name or "", self.text]))

    @property
    def acknowledge_until(self) -> datetime:
        """Until when the law wants it acknowledged."""
        return self.written_at + ACKNOWLEDGED_WITHIN

    def answer_until(self, within_days: int) -> datetime:
        """Until when the site has promised to answer it."""
        return self.written_at + timedelta(days=within_days)

    @property
    def told(self) -> list["ComplaintStep"]:
        """The steps that its sender sees: an answer, once it cannot be taken back."""
        hidden = What.NOTE, What.ACKNOWLEDGED
        return [step for step in self.steps if step.what not in hidden and not step.undone_at and not step.is_young]

    @property
    def is_told(self) -> bool:
        """Whether it has ended, and its sender has been told so."""
        return self.ended_at is not None and not any(step.can_still_be_undone for step in self.steps)

    # What it can do

    def add(
        self, what: What, text: str = "", by: Person | None = None, outcome: Outcome | None = None
    ) -> "ComplaintStep":
        """One more step. Raises AlreadyEnded, but for a note. It is held."""
        if self.ended_at and what != What.NOTE:
            raise AlreadyEnded
        step = ComplaintStep(complaint=self, what=what, text=text, by=by, outcome=outcome, taken_at=clock.now())
        db.session.add(step)
        return step

    def end(self, outcome: Outcome) -> None:
        """It waits no more, and the same may be sent anew."""
        self.outcome, self.ended_at, self.sameness = outcome, clock.now(), None

    def reopen(self) -> None:
        """It waits once more, known again by what it says unless the same was sent meanwhile."""
        with db.session.no_autoflush:
            taken = db.session.scalar(select(Complaint.id).where(Complaint.sameness == self.mark))
        self.outcome = self.ended_at = None
        self.sameness = None if taken else self.mark

    def erase(self) -> None:
        """Who sent it, and all that was said, goes; its line in the register stays. Its links open nothing any more."""
        self.text = self.name = self.email = self.network = ""
        self.sameness, self.erased_at, self.nonce = None, clock.now(), tokens.new_nonce()
        for step in self.steps:
            step.text = ""


class ComplaintStep(db.Model):
    """Something that was done about a complaint, by whom and when. Without a person: by who sent it."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    complaint_id: Mapped[int] = mapped_column(BigId, ForeignKey("complaint.id", ondelete="CASCADE"), index=True)
    complaint: Mapped[Complaint] = relationship(back_populates="steps")
    what: Mapped[What] = mapped_column(String)
    text: Mapped[str] = mapped_column(default="")
    outcome: Mapped[Outcome | None] = mapped_column(String)
    by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person | None] = relationship()
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def undo_until(self) -> datetime:
        """Until when an answer can be taken back; its mail falls due then."""
        return self.taken_at + UNDO_WITHIN

    @property
    def is_young(self) -> bool:
        """Whether it is an answer that its sender has not been told yet. One of the future is taken for old."""
        return self.what == What.ANSWER and abs(clock.now() - self.taken_at) < UNDO_WITHIN

    @property
    def can_still_be_undone(self) -> bool:
        """Whether it is an answer that stands and can be taken back."""
        return self.is_young and self.undone_at is None

    def can_be_undone_by(self, person: Person) -> bool:
        """The same person, within ten minutes."""
        return self.can_still_be_undone and self.by_id == person.id
