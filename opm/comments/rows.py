"""A comment as moderators see it: with its post, what it answers, what was decided, and what else its address sent."""

from flask import abort
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from opm.comments.models import Comment, Decision, State
from opm.extensions import db
from opm.lib.respond import page_or_fragment


def rows():
    """Rows of (comment, how many others of its address are published, and rejected) with what a row shows."""
    shown = (
        joinedload(Comment.thread),
        joinedload(Comment.parent),
        selectinload(Comment.decisions).joinedload(Decision.by),
    )
    counts = Comment.others_count(State.PUBLISHED), Comment.others_count(State.REJECTED)
    return select(Comment, *counts).options(*shown)


def found(id: int):
    """The row of this comment. Aborts with 404."""
    return db.session.execute(rows().where(Comment.id == id)).one_or_none() or abort(404)


def counts() -> dict[State, int]:
    """How many comments are in each state."""
    counted = db.session.execute(select(Comment.state, func.count(Comment.id)).group_by(Comment.state)).all()
    return {state: dict(counted).get(state, 0) for state in State}


def shown(id: int, status=200, **values):
    """The answer that shows one comment as it is now, alone or on a page of its own. Aborts with 404."""
    comment, published, rejected = found(id)
    values |= {"comment": comment, "published": published, "rejected": rejected}
    return page_or_fragment("desk/comments/one.html", "desk/comments/_row.html", status, **values)
