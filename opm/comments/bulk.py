"""One decision on many comments, each on the revision that was seen. What moved on is left out, never decided.

A batch is known by the number of its first decision. It is undone as a whole, or one by one like any other decision.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from opm.accounts.models import Person
from opm.comments import moderation
from opm.comments.models import Act, Comment, Decision, MovedOn, State, Thread
from opm.comments.moderation import CannotUndo
from opm.extensions import db
from opm.lib.columns import LARGEST_ID

MOST = 100
ACTS = (Act.APPROVE, Act.REJECT, Act.SPAM)
SEEN = re.compile(r"([0-9]{1,19})\.([0-9]{1,19})")


class NotSeen(Exception):
    """What was sent names no comment on a page of ours."""


class TooMany(Exception):
    """More comments than are decided at once."""


@dataclass(frozen=True)
class Outcome:
    """What became of a batch: what was decided or undone, and which comments were left out."""

    decisions: list[Decision] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)


def seen_in(chosen: Iterable[str]) -> dict[int, int]:
    """The comments that were chosen, as "907.1 911.2", each with the revision that was seen; twice is once.

    Raises NotSeen, TooMany.
    """
    seen = {}
    for word in " ".join(chosen).split(" "):
        found = SEEN.fullmatch(word) if word else None
        if word and (found is None or max(int(found[1]), int(found[2])) > LARGEST_ID):
            raise NotSeen(word)
        if found:
            seen[int(found[1])] = int(found[2])
    if len(seen) > MOST:
        raise TooMany(len(seen))
    return seen


def is_as_seen(comment: Comment, revision: int) -> bool:
    """Whether it waits as it was seen, so that it can be decided."""
    try:
        comment.expect({State.PENDING}, revision)
    except MovedOn:
        return False
    return True


def last_made(by: Person, most: int) -> list[tuple[Decision, int]]:
    """What this person decided last and can undo, the newest first: of a batch its last decision, and how many."""
    batch = func.coalesce(Decision.batch_id, -Decision.id)
    counted = func.count().over(partition_by=batch).label("count")
    place = func.row_number().over(partition_by=batch, order_by=Decision.id.desc()).label("place")
    mine = Decision.undoable_by(by).with_only_columns(Decision.id, counted, place).order_by(None).subquery()
    made = select(Decision, mine.c.count).join(mine, mine.c.id == Decision.id).where(mine.c.place == 1)
    made = made.options(joinedload(Decision.comment).joinedload(Comment.thread))
    return list(db.session.execute(made.order_by(Decision.id.desc()).limit(most)))


def decide(seen: dict[int, int], act: Act, by: Person, *, rule: int | None = None, note: str = "") -> Outcome:
    """Carries it out on each comment that is still as it was seen. The caller commits."""
    outcome = Outcome()
    comments = _held(seen)
    for id, revision in seen.items():
        try:
            decision = moderation.decide(comments[id], act, by, revision=revision, rule=rule, note=note)
        except (KeyError, MovedOn):
            outcome.left_out.append(id)
        else:
            outcome.decisions.append(decision)
    for decision in outcome.decisions:
        decision.batch_id = outcome.decisions[0].id
    return outcome


def decisions(batch_id: int) -> list[Decision]:
    """All that was decided together, with its comments, in order."""
    about = joinedload(Decision.comment)
    shown = about.joinedload(Comment.thread), about.selectinload(Comment.decisions), joinedload(Decision.by)
    made = select(Decision).where(Decision.batch_id == batch_id).options(*shown).order_by(Decision.id)
    return list(db.session.scalars(made))


def undo(batch_id: int, by: Person) -> Outcome:
    """Takes back each decision of the batch that its maker still can. The caller commits. Raises CannotUndo if none."""
    ids = db.session.scalars(select(Decision.comment_id).where(Decision.batch_id == batch_id)).all()
    _held(ids)
    outcome = Outcome()
    made = select(Decision).where(Decision.batch_id == batch_id).order_by(Decision.id)
    for decision in db.session.scalars(made.execution_options(populate_existing=True)):
        try:
            moderation.undo(decision, by)
        except CannotUndo:
            outcome.left_out.append(decision.comment_id)
        else:
            outcome.decisions.append(decision)
    if not outcome.decisions:
        raise CannotUndo
    return outcome


def _held(ids: Iterable[int]) -> dict[int, Comment]:
    """These comments, then their threads, locked until this transaction ends; in order, so that no two wait in turn."""
    here = select(Comment).where(Comment.id.in_(ids)).order_by(Comment.id)
    comments = db.session.scalars(here.with_for_update().execution_options(populate_existing=True)).all()
    for thread_id in sorted({comment.thread_id for comment in comments}):
        Thread.held(thread_id)
    return {comment.id: comment for comment in comments}
