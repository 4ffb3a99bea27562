"""Letting go of who complained and of what was said, some time after a complaint has ended. Its line stays."""

from sqlalchemy import and_, exists

from opm.complaints.models import Complaint, ComplaintStep
from opm.lib.going import goes


@goes(ComplaintStep, text="")
def words_of_steps(moment):
    """What was said about complaints that ended so long ago."""
    is_old = exists().where(Complaint.id == ComplaintStep.complaint_id, Complaint.ended_at < moment)
    return (ComplaintStep.text != "") & is_old


@goes(Complaint, text="", name="", email="", network="", sameness=None)
def ended(moment):
    """Complaints, counted from their end: without an address their links open nothing."""
    return and_(Complaint.ended_at < moment, (Complaint.text != "") | (Complaint.email != "") | (Complaint.name != ""))


@goes(Complaint, network="")
def networks(moment):
    """From which networks they came."""
    return (Complaint.network != "") & (Complaint.written_at < moment)
