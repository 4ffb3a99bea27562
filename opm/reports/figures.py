"""How moderating goes, in figures for everybody: counted from the decisions once an hour, and shown as counted.

A decision counts once it can no longer be undone, and none that was. Small numbers are not told: who wrote one of two
rejected comments is easily known. The page is made from one row, so it is the same for everyone, and changes with the
public version.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import JSON, exists, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from opm import settings
from opm.comments.models import UNDO_WITHIN, Act, Comment, Decision, State
from opm.extensions import db, insert, reading
from opm.lib import clock, publicity
from opm.lib.columns import UtcDateTime
from opm.reports.models import Outcome, Report, Settlement

PERIODS_DAYS = (30, 365)
COUNTED_EVERY = timedelta(hours=1)
FEWEST = 5  # of a kind, to be told how many
FEW = "few"
ONLY = 1
HOUR = timedelta(hours=1)


class Figures(db.Model):
    """The one row: what was counted last, when, and since when it has been so."""

    __tablename__ = "moderation_figures"
    __table_args__ = {}

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=ONLY)
    counted: Mapped[dict] = mapped_column(JSON)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @classmethod
    def last(cls) -> "Figures | None":
        """What was counted last; None on a site that has yet to count."""
        return db.session.get(cls, ONLY)

    @property
    def is_due(self) -> bool:
        """Whether it is time to count again. What a clock counted that was ahead is counted anew."""
        return not timedelta() <= clock.now() - self.counted_at < COUNTED_EVERY


@dataclass(frozen=True)
class _Decided:
    """What became of one comment that waited: how long it did, and the last that was decided about it."""

    waited: timedelta
    at: datetime
    act: Act
    rule_number: int | None


def count_if_due() -> bool:
    """Counts, once an hour, by whichever worker is first; the public version rises where something is otherwise.

    Commits. Returns whether it counted.
    """
    with reading():
        last = Figures.last()
        if last and not last.is_due:
            return False
        counted = count()
    if not _is_first(last, counted):
        db.session.rollback()
        return False
    if last is None or counted != last.counted:
        publicity.bump()
    db.session.commit()
    return True


def count() -> dict:
    """All figures as they are shown. Four statements, however many decisions there are."""
    now = clock.now()
    decisions, settlements = _decisions(now), _settlements(now)
    waiting, since = db.session.execute(
        select(func.count(Comment.id), func.min(Comment.confirmed_at)).where(Comment.state == State.PENDING)
    ).one()
    reports = db.session.scalar(select(func.count(Report.id)).where(Report.is_open()))
    within = settings.current().decide_within_hours
    return {
        "within_hours": within,
        "waiting": waiting,
        "waiting_since": since and since.replace(minute=0, second=0, microsecond=0).isoformat(),
        "reports_waiting": reports,
        "periods": [_period(days, now, decisions, settlements, within) for days in PERIODS_DAYS],
    }


def hidden(counts: dict) -> dict:
    """The counts with `FEW` where they are small; with others hidden while those could be worked out from their sum.

    None of something is no secret. Where nothing is left to hide behind, the sum tells what it tells.
    """
    small = {key for key, number in counts.items() if 0 < number < FEWEST}
    large = sorted((number, str(key), key) for key, number in counts.items() if number >= FEWEST)
    while large and small and (len(small) == 1 or sum(counts[key] for key in small) == len(small)):
        small.add(large.pop(0)[2])
    return {key: FEW if key in small else number for key, number in counts.items()}


def _decisions(now: datetime) -> dict[int, list]:
    """What stands and can no longer be undone, in order, by comment."""
    rows = (
        select(
            Decision.comment_id,
            Decision.decided_at,
            Decision.act,
            Decision.rule_number,
            Decision.from_state,
            Comment.confirmed_at,
        )
        .join(Decision.comment)
        .where(
            Decision.undone_at.is_(None),
            Decision.decided_at <= now - UNDO_WITHIN,
            Decision.decided_at > now - timedelta(days=max(PERIODS_DAYS)),
        )
        .order_by(Decision.comment_id, Decision.id)
    )
    by_comment: dict[int, list] = {}
    for row in db.session.execute(rows):
        by_comment.setdefault(row.comment_id, []).append(row)
    return by_comment


def _settlements(now: datetime) -> list:
    is_notice = exists().where(Report.settlement_id == Settlement.id, Report.ground.is_not(None))
    rows = select(Settlement.decided_at, Settlement.report_count, Settlement.outcome, is_notice.label("is_notice"))
    final = Settlement.stands(), Settlement.decided_at <= now - UNDO_WITHIN
    return db.session.execute(rows.where(*final, Settlement.decided_at > now - timedelta(days=max(PERIODS_DAYS)))).all()


def _period(days: int, now: datetime, decisions: dict[int, list], settlements: list, within_hours: int) -> dict:
    since = now - timedelta(days=days)
    decided = [one for rows in decisions.values() if (one := _decided(rows)) and one.at > since]
    refused = Counter(str(one.rule_number) for one in decided if one.act == Act.REJECT)
    kinds = {"spam": sum(one.act == Act.SPAM for one in decided), **refused}
    waits = [one.waited for one in decided]
    later = [rows[-1] for rows in decisions.values() if rows[-1].decided_at > since]
    answered = [row for row in settlements if row.decided_at > since]
    shown = hidden(kinds)
    others = {
        "taken_down": sum(row.act == Act.REMOVE for row in later),
        "redacted": sum(row.act == Act.REDACT and row.from_state == State.PUBLISHED for row in later),
        "reports": sum(row.report_count for row in answered if not row.is_notice),
        "notices": sum(row.report_count for row in answered if row.is_notice),
        "acted": sum(row.outcome == Outcome.ACTED for row in answered),
    }
    return {
        "days": days,
        "decided": len(decided),
        "published": sum(one.act in (Act.APPROVE, Act.REDACT) for one in decided),
        "spam": shown.pop("spam"),
        "by_rule": dict(sorted(shown.items())),
        "median_seconds": round(median(waits).total_seconds()) if len(waits) >= FEWEST else None,
        "within_percent": _percent(waits, within_hours) if len(waits) >= FEWEST else None,
        **{name: FEW if 0 < number < FEWEST else number for name, number in others.items()},
    }


def _decided(rows: list) -> _Decided | None:
    """The first decision ends the waiting; what was decided last from there is what came of it."""
    waited = [row for row in rows if row.from_state == State.PENDING]
    if not waited or waited[0].confirmed_at is None:
        return None
    first, last = waited[0], waited[-1]
    return _Decided(first.decided_at - first.confirmed_at, first.decided_at, last.act, last.rule_number)


def _percent(waits: list[timedelta], within_hours: int) -> int:
    """The share of those that were in time, rounded down."""
    return 100 * sum(wait <= within_hours * HOUR for wait in waits) // len(waits)


def _is_first(last: Figures | None, counted: dict) -> bool:
    """Of two workers that counted at once one alone writes it down."""
    now = clock.now()
    if last is None:
        row = insert(Figures).values(id=ONLY, counted=counted, counted_at=now, changed_at=now)
        return db.session.scalar(row.on_conflict_do_nothing().returning(Figures.id)) is not None
    values = {"counted": counted, "counted_at": now}
    if counted != last.counted:
        values["changed_at"] = now
    this_one = update(Figures).where(Figures.id == ONLY, Figures.counted_at == last.counted_at)
    done = db.session.execute(this_one.values(values).execution_options(synchronize_session=False))
    return done.rowcount == 1
