"""Putting an email into the outbox, in the transaction of what caused it."""

from datetime import datetime

from flask import current_app
from sqlalchemy import update

from opm.extensions import db
from opm.lib import clock, tokens
from opm.outbox.models import Email, State


def post(kind: str, recipient: str, about_id: int, *, nonce: str = "", due_at: datetime | None = None) -> Email:
    """Writes down that this email is to go, now or when it is due. The caller commits.

    With no mail server set it is kept for admins to read, and stays so even if one is set later.
    """
    has_server = bool(current_app.config["MAIL_SERVER"])
    host = current_app.config["MAIL_DEFAULT_SENDER"].rpartition("@")[2]
    now = clock.now()
    email = Email(
        kind=kind,
        recipient=recipient,
        about_id=about_id,
        nonce=nonce,
        message_id=f"<{tokens.new_nonce()}@{host}>",
        state=State.WAITING if has_server else State.KEPT,
        created_at=now,
        due_at=due_at or now,
    )
    db.session.add(email)
    return email


def post_cancelled(kind: str, about_id: int) -> None:
    """What was cancelled since it was not so when its turn came, and is so again, is due now. The caller commits."""
    cancelled = Email.kind == kind, Email.about_id == about_id, Email.state == State.CANCELLED
    again = {"state": State.WAITING, "due_at": clock.now(), "settled_at": None}
    db.session.execute(update(Email).where(*cancelled).values(again))
