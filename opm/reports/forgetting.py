"""Letting go of reports and of who sent them, by the clocks that the privacy page states. Settlements stay."""

from datetime import timedelta

from sqlalchemy import exists

from opm import settings
from opm.lib import clock
from opm.lib.going import goes
from opm.reports.models import Report, Settlement


@goes(Report)
def unconfirmed(moment):
    """Reports and notices that nobody confirmed."""
    return Report.confirmed_at.is_(None) & (Report.written_at < moment)


@goes(Report, network="")
def networks(moment):
    """From which networks they came."""
    return (Report.network != "") & (Report.written_at < moment)


@goes(Report)
def settled_reports(moment):
    """Reports, counted from their answer."""
    return Report.ground.is_(None) & _settled_before(moment)


@goes(Report)
def settled_notices(moment):
    """Notices, counted from their answer."""
    return Report.ground.is_not(None) & _settled_before(moment)


@goes(Settlement, note="")
def notes(moment):
    """What moderators wrote to reporters who are forgotten. That it was answered, when and by whom stays."""
    notices_until = clock.now() - timedelta(days=settings.current().notice_days)
    answers_notice = exists().where(Report.settlement_id == Settlement.id, Report.ground.is_not(None))
    is_over = ~answers_notice | (Settlement.decided_at < notices_until)
    return (Settlement.note != "") & (Settlement.decided_at < moment) & is_over


def _settled_before(moment):
    old = Settlement.stands(), Settlement.decided_at < moment
    return exists().where(Settlement.id == Report.settlement_id, *old)
