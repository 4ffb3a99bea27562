"""What is held of one address among complaints, to be told to it or let go of."""

from sqlalchemy import func, select, update

from opm.complaints.complaining import ACKNOWLEDGED_MAIL
from opm.complaints.handling import ANSWER_MAIL, PROGRESS_MAIL
from opm.complaints.models import Complaint, ComplaintStep, Outcome, What
from opm.extensions import db
from opm.outbox.models import Email


def of_address(email: str) -> list[dict]:
    """Each complaint from this address, ready for JSON, as its page tells it."""
    return [_complaint(each) for each in db.session.scalars(_from(email))]


def erase_address(email: str) -> int:
    """Lets go of who sent them and of what was said; one that waits ends as withdrawn. Returns how many.

    The caller commits.
    """
    found = db.session.scalars(_from(email).with_for_update().execution_options(populate_existing=True)).all()
    for complaint in found:
        if complaint.ended_at is None:
            complaint.add(What.ENDED)
            complaint.end(Outcome.WITHDRAWN)
        complaint.erase()
        _empty_mails(complaint)
    return len(found)


def _from(email: str):
    return select(Complaint).where(func.lower(Complaint.email) == email.strip().lower()).order_by(Complaint.id)


def _empty_mails(complaint: Complaint) -> None:
    steps = [step.id for step in complaint.steps]
    ours = (Email.kind == ACKNOWLEDGED_MAIL) & (Email.about_id == complaint.id)
    theirs = Email.kind.in_([PROGRESS_MAIL, ANSWER_MAIL]) & Email.about_id.in_(steps)
    db.session.execute(update(Email).where(ours | theirs).values(recipient="", answer=""))


def _complaint(complaint: Complaint) -> dict:
    return {
        "number": complaint.id,
        "what_you_said": complaint.text,
        "name": complaint.name,
        "email": complaint.email,
        "came_by": complaint.came_by,
        "came_at": complaint.written_at.isoformat(timespec="seconds"),
        "outcome": complaint.outcome if complaint.is_told else None,
        "fingerprint_of_the_network": "held" if complaint.network else None,
        "steps": [_step(step) for step in complaint.told],
    }


def _step(step: ComplaintStep) -> dict:
    return {"what": step.what, "at": step.taken_at.isoformat(timespec="seconds"), "text": step.text}
