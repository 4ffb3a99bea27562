"""Letting go of emails that have come to their end."""

from sqlalchemy import func

from opm.lib.going import goes
from opm.outbox.models import Email, State


@goes(Email)
def old(moment):
    """Emails, counted from when they were settled (or, where they are kept for nobody, written)."""
    return (Email.state != State.WAITING) & (func.coalesce(Email.settled_at, Email.created_at) < moment)
