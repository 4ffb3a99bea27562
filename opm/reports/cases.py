"""What waits, as moderators take it: one comment with all that was reported about it, or one notice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import g
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from opm import settings
from opm.comments.models import Comment, Decision
from opm.extensions import db
from opm.lib import clock
from opm.reports.models import Report, Settlement

ON_A_PAGE = 20


@dataclass(frozen=True)
class Deadline:
    """Until when something is to be answered."""

    due_at: datetime

    @property
    def is_late(self) -> bool:
        """Whether it should have been answered by now."""
        return clock.now() > self.due_at

    @property
    def time_left(self) -> timedelta:
        """How long there is to answer it, or by how much it is late."""
        return abs(self.due_at - clock.now())


@dataclass(frozen=True)
class Case:
    """Reports that are answered together, the longest waiting first."""

    reports: list[Report]

    @property
    def first(self) -> Report:
        """The one that has waited longest: the case is known by its number."""
        return self.reports[0]

    @property
    def comment(self) -> Comment | None:
        """The comment that it is about, if it is about one."""
        return self.first.comment

    @property
    def is_notice(self) -> bool:
        """Whether it says that the law is broken."""
        return self.first.is_notice

    @property
    def deadline(self) -> Deadline:
        """Until when it is to be answered."""
        site = settings.current()
        return Deadline(self.first.due_at(site.legal_within_hours if self.is_notice else site.report_within_hours))

    @property
    def ids(self) -> str:
        """Which reports these are, for the form that answers them: what comes later is not answered unseen."""
        return " ".join(str(report.id) for report in self.reports)


@dataclass(frozen=True)
class Waiting:
    """How much waits: reported comments and notices, and since when."""

    comments_count: int = 0
    comments_since: datetime | None = None
    notices_count: int = 0
    notices_since: datetime | None = None
    by_comment: dict[int, int] | None = None
    notices_by_comment: dict[int, datetime] | None = None

    @property
    def count(self) -> int:
        """How many cases."""
        return self.comments_count + self.notices_count

    def about(self, comment_id: int) -> int:
        """How many open reports and notices are about this comment."""
        return (self.by_comment or {}).get(comment_id, 0)

    def notice_about(self, comment_id: int) -> Deadline | None:
        """Until when the notice that is about this comment has to be answered, if there is one."""
        since = (self.notices_by_comment or {}).get(comment_id)
        return Deadline(since + timedelta(hours=settings.current().legal_within_hours)) if since else None

    @property
    def next_notice(self) -> Deadline | None:
        """Until when the notice that has waited longest has to be answered."""
        since = self.notices_since
        return Deadline(since + timedelta(hours=settings.current().legal_within_hours)) if since else None


def waiting() -> Waiting:
    """How much waits, counted once a request, in one statement."""
    if "waiting_reports" not in g:
        g.waiting_reports = _count()
    return g.waiting_reports


def page(number: int) -> list[Case]:
    """One page of what waits: notices first, then the longest waiting. Two statements, however many."""
    key = Report.key.label("key")
    since = func.min(Report.confirmed_at).label("since")
    keys = select(key, since).where(Report.is_open()).group_by(key).subquery()
    order = keys.c.key > 0, keys.c.since, keys.c.key
    chosen = select(keys).order_by(*order).limit(ON_A_PAGE).offset((number - 1) * ON_A_PAGE).subquery()
    rows = _shown().join(chosen, chosen.c.key == Report.key).where(Report.is_open())
    rows = rows.order_by(chosen.c.key > 0, chosen.c.since, chosen.c.key, Report.confirmed_at, Report.id)
    return _grouped(db.session.scalars(rows))


def of(id: int) -> Case | None:
    """The case that this report is part of; of one that was answered, itself alone."""
    report = db.session.scalar(_shown().where(Report.id == id, Report.confirmed_at.is_not(None)))
    if report is None or report.is_settled or report.is_notice:
        return report and Case([report])
    others = Report.comment_id == report.comment_id, Report.ground.is_(None), Report.is_open()
    return Case(list(db.session.scalars(_shown().where(*others).order_by(Report.confirmed_at, Report.id))))


def held(ids: list[int]) -> list[Report]:
    """These reports, locked until this transaction ends, the comment that they are about before them."""
    for comment_id in db.session.scalars(select(Report.comment_id).where(Report.id.in_(ids)).distinct()):
        if comment_id:
            Comment.held(comment_id)
    rows = select(Report).where(Report.id.in_(ids), Report.confirmed_at.is_not(None)).order_by(Report.id)
    return list(db.session.scalars(rows.with_for_update().execution_options(populate_existing=True)))


def are_one(reports: list[Report]) -> bool:
    """Whether these are one case: a notice alone, or reports of one comment."""
    return len({report.key for report in reports}) == 1


def _shown():
    """Reports with all that is shown of them and their comment."""
    about = joinedload(Report.comment)
    return select(Report).options(
        about.joinedload(Comment.thread),
        about.selectinload(Comment.decisions).joinedload(Decision.by),
        joinedload(Report.settlement).joinedload(Settlement.decision),
        joinedload(Report.settlement).joinedload(Settlement.by),
    )


def _grouped(reports) -> list[Case]:
    """Reports in order, as cases."""
    cases: dict[int, list[Report]] = {}
    for report in reports:
        cases.setdefault(report.key, []).append(report)
    return [Case(reports) for reports in cases.values()]


def _count() -> Waiting:
    is_notice = Report.ground.is_not(None)
    counted = select(Report.comment_id, is_notice, func.count(Report.id), func.min(Report.confirmed_at))
    rows = db.session.execute(counted.where(Report.is_open()).group_by(Report.comment_id, is_notice)).all()
    comments = [since for _id, notice, _count, since in rows if not notice]
    notices = [(count, since) for _id, notice, count, since in rows if notice]
    by_comment: dict[int, int] = {}
    for id, _notice, count, _since in rows:
        by_comment[id] = by_comment.get(id, 0) + count
    return Waiting(
        comments_count=len(comments),
        comments_since=min(comments, default=None),
        notices_count=sum(count for count, _since in notices),
        notices_since=min((since for _count, since in notices), default=None),
        by_comment=by_comment,
        notices_by_comment={id: since for id, notice, _count, since in rows if notice and id},
    )
