"""Answering reports: a dated row that says who answered what, and a mail to each reporter once it cannot be undone."""

from sqlalchemy import select

from opm.accounts import audit
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.comments import moderation
from opm.comments.models import Act, Comment
from opm.comments.moderation import CannotUndo
from opm.extensions import db
from opm.lib import clock
from opm.outbox import posting
from opm.reports.models import AlreadySettled, Decision, Outcome, Report, Settlement

OUTCOME_MAIL = "report outcome"
LOGGED_AS = {
    Outcome.LEFT_UP: Did.LEFT_UP,
    Outcome.ACTED: Did.ACTED_ON_REPORT,
    Outcome.PASSED_ON: Did.PASSED_ON_REPORT,
}


def settle(
    reports: list[Report], outcome: Outcome, by: Person, *, note: str = "", decision: Decision | None = None
) -> Settlement:
    """Answers these reports, which are one case and held. The caller commits. Raises AlreadySettled.

    The note goes to each reporter; nobody learns who else reported it.
    """
    if not reports or any(report.is_settled for report in reports):
        raise AlreadySettled
    settlement = Settlement(
        by=by,
        outcome=outcome,
        note=note,
        decision=decision,
        address=reports[0].address,
        report_count=len(reports),
        decided_at=clock.now(),
    )
    db.session.add(settlement)
    for report in reports:
        report.settle(settlement)
    db.session.flush()
    _log(by, LOGGED_AS[outcome], settlement)
    for report in reports:
        posting.post(OUTCOME_MAIL, report.email, report.id, nonce=str(settlement.id), due_at=settlement.undo_until)
    return settlement


def take_down(
    reports: list[Report], by: Person, *, revision: int, rule: int, note_to_writer: str = "", note: str = ""
) -> Settlement:
    """Takes the comment down that they are about, by a rule, and answers them with that.

    Comment and reports are held. The caller commits. Raises AlreadySettled; MovedOn if the comment is not as it was
    seen.
    """
    if not reports or reports[0].comment is None:
        raise AlreadySettled
    decision = moderation.decide(reports[0].comment, Act.REMOVE, by, revision=revision, rule=rule, note=note_to_writer)
    return settle(reports, Outcome.ACTED, by, note=note, decision=decision)


def undo(settlement: Settlement, by: Person) -> None:
    """The reports wait again, and what was decided with them is undone. Raises CannotUndo. The caller commits.

    The settlement is held.
    """
    if not settlement.can_be_undone_by(by):
        raise CannotUndo
    if settlement.decision:
        moderation.undo(settlement.decision, by)
    settlement.undone_at = clock.now()
    _log(by, Did.UNDID_ANSWER, settlement)
    for report in settlement.reports:
        report.reopen()


def held(id: int) -> Settlement | None:
    """The settlement, locked until this transaction ends, after the comment that was decided on and its reports."""
    found = db.session.get(Settlement, id)
    if found is None:
        return None
    if found.decision:
        Comment.held(found.decision.comment_id)
    db.session.scalars(select(Report).where(Report.settlement_id == id).order_by(Report.id).with_for_update()).all()
    again = select(Settlement).where(Settlement.id == id).with_for_update()
    return db.session.scalar(again.execution_options(populate_existing=True))


def _log(by: Person, did: Did, settlement: Settlement) -> None:
    """By the report that had waited longest, and where what it is about stands."""
    first = settlement.reports[0] if settlement.reports else None
    comment = first and first.comment
    audit.record(by, did, "report", first and first.id, comment.thread.title if comment else settlement.address)
