"""Who did what to what, and when: each act of staff leaves a row, in the transaction of what was done.

A row holds the names of people and of what the site itself publishes, and no other personal data: no address, no word
of a comment or of who wrote it.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import clock
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.i18n import lazy_gettext as _

LONGEST_WORDS = 300


class Did(StrEnum):
    """What somebody did."""

    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    APPROVED = "approved"
    REJECTED = "rejected"
    MARKED_SPAM = "marked spam"
    TOOK_DOWN = "took down"
    REDACTED = "redacted"
    RESTORED = "restored"
    UNDID = "undid"
    CHANGED_SETTING = "changed setting"
    TOOK_BACK_SETTING = "took back setting"


IN_WORDS = {
    Did.SIGNED_IN: _("Signed in"),
    Did.SIGNED_OUT: _("Signed out"),
    Did.APPROVED: _("Approved a comment"),
    Did.REJECTED: _("Rejected a comment"),
    Did.MARKED_SPAM: _("Marked a comment as spam"),
    Did.TOOK_DOWN: _("Took a comment down"),
    Did.REDACTED: _("Took words out of a comment"),
    Did.RESTORED: _("Restored a comment"),
    Did.UNDID: _("Undid a decision"),
    Did.CHANGED_SETTING: _("Changed a setting"),
    Did.TOOK_BACK_SETTING: _("Took back a change of a setting"),
}


class Entry(db.Model):
    """One act: by whom (nobody: the site itself, on time), what, on which thing, and that thing's name at the time."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_by", "by_id", "id"),
        Index("ix_audit_entry_thing", "kind", "thing_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    done_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now(), index=True)
    by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person | None] = relationship()
    did: Mapped[Did] = mapped_column(String)
    kind: Mapped[str]  # of thing: "comment", "post", "person", "setting" …
    thing_id: Mapped[int | None] = mapped_column(BigId)
    words: Mapped[str] = mapped_column(default="")  # what it is called; for a comment, where it stands
    detail: Mapped[str] = mapped_column(default="")  # such as "rule 3"


def record(
    by: Person | None, did: Did, kind: str, thing_id: int | None = None, words: str = "", detail: str = ""
) -> Entry:
    """Notes an act, as part of the transaction that carries it out. The caller commits.

    `by` is None for what the site does by itself, on time. Of words that are longer than the log shows, the beginning
    is kept: the thing itself has them whole.
    """
    entry = Entry(
        by=by, did=did, kind=kind, thing_id=thing_id, words=words[:LONGEST_WORDS], detail=detail[:LONGEST_WORDS]
    )
    db.session.add(entry)
    return entry
