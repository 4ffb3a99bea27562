"""Putting emails into the outbox, in the transaction of what caused them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import insert, update

from opm.extensions import db
from opm.lib import clock, tokens
from opm.outbox.models import Email, State


@dataclass(frozen=True)
class Wanted:
    """One email of many: to whom, about which row, and how that row stands."""

    recipient: str
    about_id: int
    nonce: str = ""


def post(kind: str, recipient: str, about_id: int, *, nonce: str = "", due_at: datetime | None = None) -> Email:
    """Writes down that this email is to go, now or when it is due. The caller commits.

    With no mail server set it is kept for admins to read, and stays so even if one is set later.
    """
    email = Email(**_row(kind, Wanted(recipient, about_id, nonce), due_at), is_bulk=False)
    db.session.add(email)
    return email


def post_many(kind: str, wanted: Iterable[Wanted], *, due_at: datetime | None = None) -> list[int]:
    """Writes down that all these emails are to go, behind any that somebody waits for. The caller commits.

    Takes one statement for each thousand. Returns their ids, in the order in which they were wanted.
    """
    rows = [_row(kind, each, due_at) | {"is_bulk": True, "tries": 0, "answer": ""} for each in wanted]
    if not rows:
        return []
    emails = Email.__table__
    written = db.session.execute(insert(emails).returning(emails.c.message_id, emails.c.id), rows)
    ids = dict(written.all())
    return [ids[row["message_id"]] for row in rows]


def _row(kind: str, wanted: Wanted, due_at: datetime | None) -> dict:
    has_server = bool(current_app.config["MAIL_SERVER"])
    host = current_app.config["MAIL_DEFAULT_SENDER"].rpartition("@")[2]
    now = clock.now()
    return {
        "kind": kind,
        "recipient": wanted.recipient,
        "about_id": wanted.about_id,
        "nonce": wanted.nonce,
        "message_id": f"<{tokens.new_nonce()}@{host}>",
        "state": State.WAITING if has_server else State.KEPT,
        "created_at": now,
        "due_at": due_at or now,
    }


def post_cancelled(kind: str, about_id: int) -> None:
    """What was cancelled since it was not so when its turn came, and is so again, is due now. The caller commits."""
    cancelled = Email.kind == kind, Email.about_id == about_id, Email.state == State.CANCELLED
    again = {"state": State.WAITING, "due_at": clock.now(), "settled_at": None}
    db.session.execute(update(Email).where(*cancelled).values(again))
