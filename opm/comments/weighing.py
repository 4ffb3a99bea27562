"""Weighing what waits: the worker looks for signs that take others to see, and puts likely spam last.

Nothing is decided and nothing is dropped. What is late waits in its turn again, whatever it looks like. A comment is
weighed soon after it begins to wait, when its writer changes it, and again as moderators teach.
"""

from datetime import timedelta

from sqlalchemy import and_, func, or_, select

from opm import settings
from opm.comments import lessons, likeness
from opm.comments.flags import Flag
from opm.comments.models import Comment, State
from opm.extensions import db, reading
from opm.lib import clock

BATCH = 20  # held at once: a moderator waits for no more
WEIGHED_HERE = {Flag.REPEAT, Flag.LIKE_SPAM}
LAST = {Flag.TRAP, Flag.LIKE_SPAM}
ANEW_AFTER = 10  # once what is known has grown or shrunk by one part in so many


def weigh() -> int:
    """Weighs one batch of what needs it. Commits. Returns how many those were.

    What somebody decides about at this moment is left for the next time.
    """
    with reading():
        known = lessons.known()
        ids = db.session.scalars(_due(known).with_only_columns(Comment.id).limit(BATCH)).all()
    if not ids:
        return 0
    for comment in _free(ids):
        _weigh(comment, known)
    db.session.commit()
    return len(ids)


def _due(known: int):
    """What was never weighed as it reads now, or when much less was known; and what has become late at the end."""
    anew = func.abs(Comment.weighed - known) * ANEW_AFTER > known
    is_late = and_(Comment.waits_last, Comment.confirmed_at <= _late())
    waits = Comment.state == State.PENDING, or_(Comment.weighed.is_(None), anew, is_late)
    return select(Comment).where(*waits).order_by(Comment.id)


def _free(ids: list[int]) -> list[Comment]:
    """Those of them that wait and that nobody holds, held."""
    waiting = select(Comment).where(Comment.id.in_(ids), Comment.state == State.PENDING).order_by(Comment.id)
    held = waiting.with_for_update(skip_locked=True, of=Comment)
    return list(db.session.scalars(held, execution_options={"populate_existing": True}))


def _weigh(comment: Comment, known: int) -> None:
    same = likeness.others(comment, likeness.note(comment))
    found = [Flag.REPEAT] if same else []
    if known and lessons.is_like_spam(comment.text, comment.name):
        found.append(Flag.LIKE_SPAM)
    comment.flags = [flag for flag in comment.flags if flag not in WEIGHED_HERE] + found
    comment.waits_last = not LAST.isdisjoint(comment.flags) and comment.confirmed_at > _late()
    comment.weighed = known
    for twin in _free(same):
        if Flag.REPEAT not in twin.flags:
            twin.flags = [*twin.flags, Flag.REPEAT]


def _late():
    return clock.now() - timedelta(hours=settings.current().decide_within_hours)
