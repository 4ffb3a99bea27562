"""Letting go of emails that have come to their end."""

from datetime import timedelta

from sqlalchemy import delete, func, select

from opm.extensions import db, reading
from opm.lib import clock
from opm.outbox.models import Email, State

BATCH = 200


def old(sent_email_days: int) -> int:
    """Deletes a batch of those settled (or kept: written) so many days ago. Returns how many. The caller commits."""
    ended_at = func.coalesce(Email.settled_at, Email.created_at)
    is_old = Email.state != State.WAITING, ended_at < clock.now() - timedelta(days=sent_email_days)
    with reading():  # nothing old is the rule, and looking must not hold up writers
        ids = db.session.scalars(select(Email.id).where(*is_old).limit(BATCH)).all()
    if ids:
        db.session.execute(
            delete(Email).where(Email.id.in_(ids), *is_old), execution_options={"synchronize_session": False}
        )
    return len(ids)
