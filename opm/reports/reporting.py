"""Taking a report from a stranger, and having it confirmed: as a comment is, with tokens of its own.

What is answered never tells whether the same was sent before, or what others sent.
"""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from opm import settings
from opm.comments.models import BlockedAddress, address_hash
from opm.extensions import db
from opm.lib import throttle
from opm.outbox import strangers
from opm.reports.models import Report

CONFIRM_MAIL = "report confirmation"


class AlreadyConfirmed(Exception):
    """Whoever reads that mail has confirmed it."""


def submit(*, email: str, network: str, trapped: bool = False, **what) -> Report:
    """A new unconfirmed report with its email, or the one that this already is. The caller commits. Raises TooMany."""
    report = Report(email=email, network=network, flags=["trap"] if trapped else [], **what)
    standing = _standing(report.mark)
    counts = strangers.spend("reports", email, network)
    if standing:
        standing.reopen_panel(settings.current().unconfirmed_for)
        return standing
    return _add(report, counts)


def by_code(report: Report, typed: str, network: str) -> bool:
    """Confirms it if the digits are right. The report is held. The caller commits, refused or not.

    Returns whether this is what confirmed it: a code that comes later opens nothing. Raises CodeRefused, TooMany.
    """
    throttle.spend({settings.current().allowance("codes_per_network"): network})
    report.try_code(typed)
    return confirm(report)


def confirm(report: Report) -> bool:
    """Confirms it; once is enough. Its clock starts. Returns whether it was unconfirmed. The report is held."""
    if report.is_confirmed:
        return False
    report.mark_confirmed()
    return True


def send_again(report: Report, network: str) -> None:
    """Mails the code once more: the same while it lives; nothing once it is needed no more. Raises TooMany."""
    counts = strangers.spend("confirmations", report.email, network)
    if not report.is_confirmed:
        report.renew_old_code()
        _post_code(report, counts)


def change_address(report: Report, email: str, network: str) -> Report:
    """The same report from another address. Returns what the panel is about from now on. Raises TooMany.

    The one that it leaves goes if nobody has confirmed it; one that is confirmed is left alone. The answer is the same.
    """
    counts = strangers.spend("confirmations", email, network)
    moved = report.from_address(email)
    to = _same(moved.mark) or _add(moved, counts)
    if to is not moved and not to.is_confirmed:
        to.renew_old_code()
        _post_code(to, counts)
    if to is not report:
        report.hand_panel(to)
        if not report.is_confirmed:
            db.session.delete(report)
    return to


def not_me(report: Report, *, never_mail_again: bool) -> BlockedAddress | None:
    """Deletes what its addressee did not send. The report is held. Raises AlreadyConfirmed.

    If its address wishes never to be mailed again it is from now on among those; the row is returned.
    """
    if report.is_confirmed:
        raise AlreadyConfirmed
    db.session.delete(report)
    return BlockedAddress.add(address_hash(report.email)) if never_mail_again else None


def _standing(mark: str) -> Report | None:
    """The same report, held, while it waits. One that nobody can confirm any more makes room."""
    found = _same(mark)
    if found is None or Report.held(found.id) is None or found.sameness != mark:
        return None  # there was none, or it was settled or deleted this moment
    if not found.is_confirmed and not found.link_lives(settings.current().unconfirmed_for):
        db.session.delete(found)
        db.session.flush()
        return None
    return found


def _same(mark: str) -> Report | None:
    return db.session.scalar(select(Report).where(Report.sameness == mark))


def _add(report: Report, counts: dict[str, int]) -> Report:
    """Stores it with its email; or, if another process has just stored the same, gives that one."""
    report.sameness = report.mark
    try:
        with db.session.begin_nested():
            db.session.add(report)
    except IntegrityError:
        return _same(report.mark) or _add(report, counts)  # unless that one was settled or deleted since
    _post_code(report, counts)
    return report


def _post_code(report: Report, counts: dict[str, int]) -> None:
    strangers.post(CONFIRM_MAIL, report.email, report.id, report.link_nonce, counts)
