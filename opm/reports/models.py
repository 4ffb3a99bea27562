"""What people say is wrong here, and what was answered.

A report is about one published comment and names a rule of the site, or something else. A notice says that something
on the site breaks the law: a comment, a post, a page. Both are confirmed by their sender, wait for a moderator, and end
with a settlement. The order of locks is comment, report, and then as everywhere.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, and_, case, exists, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opm.accounts.models import Person
from opm.comments.models import UNDO_WITHIN, Comment, Decision
from opm.extensions import db
from opm.lib import clock, tokens
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.confirming import Confirmable

LONGEST_REPORT = 2_000
LONGEST_NOTICE = 5_000
# What a report says, beside its sender's address.
SAID = (
    "address", "rule_number", "ground", "text", "quote", "untrue", "name", "writer_unknown", "may_be_named",
)  # fmt: skip


class Ground(StrEnum):
    """Which law somebody says is broken."""

    DEFAMATION = "defamation"
    PRIVACY = "privacy"
    COPYRIGHT = "copyright"
    COURT = "court"
    CRIME = "crime"
    OTHER = "other"


class Outcome(StrEnum):
    """What was answered."""

    LEFT_UP = "left up"
    ACTED = "acted"
    PASSED_ON = "passed on"


class NotPublic(Exception):
    """The comment was public once, and is not any more."""


class AlreadySettled(Exception):
    """Somebody was quicker: of what was to be settled, something is settled or gone."""


class Settlement(db.Model):
    """What a moderator answered to a report, or to all reports of one comment; when, and with which decision if any."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    by_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person] = relationship()
    outcome: Mapped[Outcome] = mapped_column(String)
    note: Mapped[str] = mapped_column(default="")
    address: Mapped[str]  # what it was about: kept when the reports themselves have gone
    report_count: Mapped[int]
    decision_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("decision.id", ondelete="SET NULL"), index=True)
    decision: Mapped[Decision | None] = relationship()
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now(), index=True)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    reports: Mapped[list["Report"]] = relationship(back_populates="settlement", order_by="Report.id")

    @classmethod
    def stands(cls):
        """The condition under which it counts: neither it nor the decision that it rests on was undone."""
        decision_undone = exists().where(Decision.id == cls.decision_id, Decision.undone_at.is_not(None))
        return and_(cls.undone_at.is_(None), ~decision_undone)

    @classmethod
    def newest(cls):
        """Those that stand, the newest first."""
        return select(cls).where(cls.stands()).order_by(cls.id.desc())

    @classmethod
    def undoable_by(cls, person: Person):
        """This person's that can still be undone, the newest first."""
        now = clock.now()
        young = cls.decided_at > now - UNDO_WITHIN, cls.decided_at < now + UNDO_WITHIN
        return cls.newest().where(cls.by_id == person.id, *young)

    @property
    def undo_until(self) -> datetime:
        """Until when it can be undone; its mails fall due then."""
        return self.decided_at + UNDO_WITHIN

    @property
    def is_young(self) -> bool:
        """Whether it can still be undone. One of the future, made before the clock was set back, is taken for old."""
        return abs(clock.now() - self.decided_at) < UNDO_WITHIN

    @property
    def is_current(self) -> bool:
        """Whether it stands."""
        return self.undone_at is None and (self.decision is None or self.decision.undone_at is None)

    def can_be_undone_by(self, person: Person) -> bool:
        """The same moderator, within ten minutes."""
        return self.by_id == person.id and self.is_young and self.is_current


class Report(Confirmable, db.Model):
    """What somebody says is wrong with a comment, or unlawful about anything here (then it has a ground: a notice)."""

    purpose = "report"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address: Mapped[str]  # the path of what it is about
    comment_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("comment.id", ondelete="CASCADE"), index=True)
    comment: Mapped[Comment | None] = relationship()
    rule_number: Mapped[int | None]  # none: something else
    ground: Mapped[Ground | None] = mapped_column(String)

    text: Mapped[str] = mapped_column(default="")
    quote: Mapped[str] = mapped_column(default="")  # a notice: the words that it is about
    untrue: Mapped[str] = mapped_column(default="")  # a notice of defamation: what in them is not so
    name: Mapped[str] = mapped_column(default="")
    writer_unknown: Mapped[bool] = mapped_column(default=False)
    may_be_named: Mapped[bool] = mapped_column(default=False)
    email: Mapped[str]
    network: Mapped[str] = mapped_column(default="")
    flags: Mapped[list[str]] = mapped_column(JSON, default=list)
    sameness: Mapped[str | None] = mapped_column(unique=True)

    settlement_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("settlement.id"), index=True)  # the last
    settlement: Mapped[Settlement | None] = relationship(back_populates="reports")

    # What can be asked of the table

    @classmethod
    def is_open(cls):
        """The condition under which it waits for a moderator."""
        settled = exists().where(Settlement.id == cls.settlement_id, Settlement.stands())
        return and_(cls.confirmed_at.is_not(None), ~settled)

    @hybrid_property
    def key(self) -> int:
        """What moderators take together: all reports of one comment, by its number; a notice alone, below zero."""
        return -self.id if self.is_notice else self.comment_id

    @key.inplace.expression
    @classmethod
    def _key_expression(cls):
        return case((cls.ground.is_(None), cls.comment_id), else_=-cls.id)

    # What can be asked of one

    @property
    def is_notice(self) -> bool:
        """Whether it says that the law is broken."""
        return self.ground is not None

    @property
    def is_settled(self) -> bool:
        """Whether it was answered."""
        return self.settlement is not None and self.settlement.is_current

    @property
    def is_told(self) -> bool:
        """Whether its sender has been told: the answer can no longer be undone."""
        return self.is_settled and not self.settlement.is_young

    @property
    def mark(self) -> str:
        """The keyed hash that the same report from the same address has each time."""
        said = [str(getattr(self, name) or "") for name in SAID]
        return tokens.fingerprint("report", "\0".join([self.email.lower(), *said]))

    def due_at(self, within_hours: int) -> datetime | None:
        """Until when it is to be answered; the clock starts when its sender has confirmed it."""
        return self.confirmed_at and self.confirmed_at + timedelta(hours=within_hours)

    # What it can do

    def from_address(self, email: str) -> "Report":
        """The same words from another address, as if they had been new when they were last sent."""
        same = {name: getattr(self, name) for name in (*SAID, "comment", "network", "flags")}
        return Report(**same, email=email, written_at=self.panel_opened_at, code_tries=self.code_tries)

    def settle(self, settlement: Settlement) -> None:
        """Answered by this. The same may be sent anew from now on."""
        self.settlement, self.sameness = settlement, None

    def reopen(self) -> None:
        """It waits once more, known again by what it says unless the same was sent meanwhile."""
        with db.session.no_autoflush:
            taken = db.session.scalar(select(Report.id).where(Report.sameness == self.mark))
        self.sameness = None if taken else self.mark
