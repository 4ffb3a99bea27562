"""The emails that wait, went, or never will."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, and_, false, select
from sqlalchemy.orm import Mapped, mapped_column

from opm.extensions import db
from opm.lib import clock
from opm.lib.columns import BigId, UtcDateTime


class State(StrEnum):
    """Where an email is on its way."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # refused for good, or not taken for too long
    CANCELLED = "cancelled"  # what it spoke of was no longer so when its turn came
    KEPT = "kept"  # written while the site had no mail server: for admins to read, never sent


class Email(db.Model):
    """One email to one recipient: what kind, about which row, and how that row stood (its nonce)."""

    __table_args__ = (
        Index("ix_email_due", "state", "is_bulk", "due_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    recipient: Mapped[str]
    about_id: Mapped[int] = mapped_column(BigId)
    nonce: Mapped[str] = mapped_column(default="")
    message_id: Mapped[str]  # the same at each try, so that a repeat can be recognised

    state: Mapped[State] = mapped_column(String, default=State.WAITING)
    is_bulk: Mapped[bool] = mapped_column(default=False, server_default=false())  # one of many
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(default="")  # what the server last said

    @classmethod
    def is_due(cls):
        """The condition under which an email is to be sent now."""
        return and_(cls.state == State.WAITING, cls.due_at <= clock.now())

    @classmethod
    def newest(cls):
        """All of them, the newest first."""
        return select(cls).order_by(cls.id.desc())

    def settle(self, state: State, answer: str = "") -> None:
        """It has come to its end: sent, failed or cancelled."""
        self.state, self.answer, self.settled_at = state, answer, clock.now()

    def try_again(self, due_at: datetime, answer: str) -> None:
        """Its server said "not now"."""
        self.due_at, self.answer = due_at, answer
