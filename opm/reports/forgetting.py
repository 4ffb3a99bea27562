"""Letting go of reports and of who sent them, by the clocks that the privacy page states. Settlements stay.

As with comments: one batch at a time, looking read-only, and the caller commits.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update

from opm.comments.forgetting import BATCH, QUICKLY
from opm.extensions import db, reading
from opm.lib import clock
from opm.reports.models import Report, Settlement


def unconfirmed(unconfirmed_days: int) -> int:
    """Deletes reports and notices that nobody confirmed in so many days."""
    never_confirmed = Report.confirmed_at.is_(None) & (Report.written_at < _before(unconfirmed_days))
    return _each(never_confirmed, delete(Report))


def networks(network_days: int) -> int:
    """Forgets from which networks older ones came."""
    known = (Report.network != "") & (Report.written_at < _before(network_days))
    return _each(known, update(Report).values(network=""))


def settled_reports(report_days: int) -> int:
    """Deletes reports so many days after they were answered."""
    return _each(Report.ground.is_(None) & _settled_before(report_days), delete(Report))


def settled_notices(notice_days: int) -> int:
    """Deletes notices so many days after they were answered."""
    return _each(Report.ground.is_not(None) & _settled_before(notice_days), delete(Report))


def notes(report_days: int) -> int:
    """Forgets what moderators wrote to reporters who are forgotten. That it was answered, when and by whom stays."""
    reporter_known = exists().where(Report.settlement_id == Settlement.id)
    gone = (Settlement.note != "") & (Settlement.decided_at < _before(report_days)) & ~reporter_known
    return _each(gone, update(Settlement).values(note=""))


def _settled_before(days: int):
    old = Settlement.stands(), Settlement.decided_at < _before(days)
    return exists().where(Settlement.id == Report.settlement_id, *old)


def _before(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


def _each(condition, statement) -> int:
    row = statement.entity_description["entity"]
    with reading():
        ids = db.session.scalars(select(row.id).where(condition).limit(BATCH)).all()
    if ids:
        db.session.execute(statement.where(row.id.in_(ids), condition), execution_options=QUICKLY)
    return len(ids)
