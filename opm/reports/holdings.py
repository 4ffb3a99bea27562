"""What is held of one address among reports and notices, to be told to it or let go of."""

from sqlalchemy import delete, exists, func, select, update

from opm.extensions import db
from opm.outbox.models import Email
from opm.reports.models import Report, Settlement
from opm.reports.reporting import CONFIRM_MAIL
from opm.reports.settling import OUTCOME_MAIL


def of_address(email: str) -> list[dict]:
    """Each report and notice from this address, ready for JSON."""
    return [_report(each) for each in db.session.scalars(_from(email))]


def erase_address(email: str) -> int:
    """They go, also those that wait for an answer: nobody is left to be told. That it was answered stays, without them.

    Returns how many. The caller commits.
    """
    reports = db.session.scalars(_from(email).with_for_update()).all()
    ids, settlements = [each.id for each in reports], [each.settlement_id for each in reports]
    theirs = Email.kind.in_([CONFIRM_MAIL, OUTCOME_MAIL]) & Email.about_id.in_(ids)
    db.session.execute(update(Email).where(theirs).values(recipient="", answer=""))
    db.session.execute(delete(Report).where(Report.id.in_(ids)))
    is_others = exists().where(Report.settlement_id == Settlement.id)
    written_to_them = update(Settlement).where(Settlement.id.in_(settlements), ~is_others)
    db.session.execute(written_to_them.values(note=""), execution_options={"synchronize_session": False})
    return len(ids)


def _from(email: str):
    return select(Report).where(func.lower(Report.email) == email.strip().lower()).order_by(Report.id)


def _report(report: Report) -> dict:
    told = report.settlement if report.is_told else None
    return {
        "kind": "legal notice" if report.is_notice else "report",
        "about": report.address,
        "rule_number": report.rule_number,
        "ground": report.ground,
        "text": report.text,
        "words_that_it_is_about": report.quote,
        "what_is_untrue": report.untrue,
        "name": report.name,
        "email": report.email,
        "fingerprint_of_the_network": "held" if report.network else None,
        "sent": report.written_at.isoformat(timespec="seconds"),
        "confirmed": report.confirmed_at and report.confirmed_at.isoformat(timespec="seconds"),
        "answer": told and told.outcome,
        "note": told and told.note,
    }
