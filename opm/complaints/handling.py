"""What the team does about a complaint. Each act leaves a step and a line in the log; some are mailed to its sender."""

from datetime import date, datetime, time

from sqlalchemy import select

from opm import settings
from opm.accounts import audit
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.complaints import complaining
from opm.complaints.complaining import ACKNOWLEDGED_MAIL
from opm.complaints.models import CameBy, CannotUndo, Complaint, ComplaintStep, Outcome, What
from opm.extensions import db
from opm.lib import clock
from opm.outbox import posting
from opm.outbox.models import Email, State

PROGRESS_MAIL = "complaint progress"
ANSWER_MAIL = "complaint answer"
LOGGED_AS = {
    What.NOTE: Did.NOTED_COMPLAINT,
    What.ACKNOWLEDGED: Did.ACKNOWLEDGED_COMPLAINT,
    What.PROGRESS: Did.TOLD_OF_COMPLAINT,
    What.ANSWER: Did.ANSWERED_COMPLAINT,
}


def enter(*, text: str, name: str, email: str, came_by: CameBy, received_on: date, by: Person) -> Complaint:
    """Puts a complaint into the register that came by phone or on paper. The caller commits.

    Its clock starts on the day on which it came. With an address it is acknowledged by mail at once; without one,
    somebody has to do so.
    """
    noon = datetime.combine(received_on, time(12), tzinfo=settings.current().timezone)
    complaint = Complaint(
        text=text, name=name, email=email, came_by=came_by, entered_by=by, written_at=min(noon, clock.now())
    )
    db.session.add(complaint)
    db.session.flush()
    audit.record(by, Did.ENTERED_COMPLAINT, "complaint", complaint.id)
    if email:
        complaining.acknowledge(complaint)
    return complaint


def take_step(complaint: Complaint, what: What, text: str, by: Person) -> ComplaintStep:
    """A note for the team, an acknowledgement by other means, or word of how it goes. It is held. The caller commits.

    Raises AlreadyEnded.
    """
    step = complaint.add(what, text, by)
    if what == What.ACKNOWLEDGED:
        complaint.acknowledged_at = step.taken_at
    db.session.flush()
    if what == What.PROGRESS and complaint.email:
        posting.post(PROGRESS_MAIL, complaint.email, step.id, nonce=complaint.nonce)
    audit.record(by, LOGGED_AS[what], "complaint", complaint.id)
    return step


def answer(complaint: Complaint, outcome: Outcome, text: str, by: Person) -> ComplaintStep:
    """Ends it. Its sender is mailed the answer once it cannot be taken back. It is held. The caller commits.

    Raises AlreadyEnded.
    """
    step = complaint.add(What.ANSWER, text, by, outcome)
    complaint.end(outcome)
    db.session.flush()
    if complaint.email:
        posting.post(ANSWER_MAIL, complaint.email, step.id, nonce=complaint.nonce, due_at=step.undo_until)
    audit.record(by, Did.ANSWERED_COMPLAINT, "complaint", complaint.id, detail=outcome)
    return step


def undo(complaint: Complaint, by: Person) -> None:
    """Takes one's own answer back within ten minutes; nobody was mailed. It is held. The caller commits.

    Raises CannotUndo.
    """
    step = next((step for step in reversed(complaint.steps) if step.can_be_undone_by(by)), None)
    if step is None:
        raise CannotUndo
    step.undone_at = clock.now()
    complaint.reopen()
    audit.record(by, Did.UNDID_COMPLAINT_ANSWER, "complaint", complaint.id)


def is_unacknowledged():
    """The condition under which the law's first duty is not done: our mail has failed, or none could be sent."""
    ours = Email.kind == ACKNOWLEDGED_MAIL, Email.about_id == Complaint.id
    on_its_way = select(Email.id).where(*ours, Email.state.in_([State.WAITING, State.SENT])).exists()
    failed = select(Email.id).where(*ours, Email.state.in_([State.FAILED, State.CANCELLED, State.KEPT])).exists()
    # Of a mail that went long ago the outbox knows nothing any more.
    return Complaint.acknowledged_at.is_(None) & ~on_its_way & (failed | (Complaint.email == ""))
