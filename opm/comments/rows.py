"""A comment as moderators see it: with its post, what it answers, what was decided, and what else its address sent."""

from flask import abort, request
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, with_expression

from opm.comments.models import Comment, Decision, Handover, State
from opm.comments.queues import View
from opm.extensions import db
from opm.lib.respond import page_or_fragment
from opm.outbox.bounces import FailingAddress


def rows():
    """Rows of (comment, how many others of its address are published, and rejected) with what a row shows.

    One statement, also of a page of them; ask the result for `unique()`.
    """
    shown = (
        joinedload(Comment.thread),
        joinedload(Comment.parent),
        joinedload(Comment.entered_by),
        joinedload(Comment.handover).options(joinedload(Handover.to), joinedload(Handover.by)),
        joinedload(Comment.decisions).joinedload(Decision.by),
        with_expression(Comment.is_unreachable, FailingAddress.knows(Comment.address_hash)),
    )
    counts = Comment.others_count(State.PUBLISHED), Comment.others_count(State.REJECTED)
    return select(Comment, *counts).options(*shown)


def found(id: int):
    """The row of this comment. Aborts with 404."""
    return db.session.execute(rows().where(Comment.id == id)).unique().one_or_none() or abort(404)


def waiting_count() -> int:
    """How many comments wait for a moderator."""
    return db.session.scalar(select(func.count(Comment.id)).where(Comment.state == State.PENDING))


def view() -> View:
    """The list that a form or a link came from, to go back to."""
    return View.back_to(request.values.get("back", ""))


def shown(id: int, status=200, **values):
    """The answer that shows one comment as it is now, alone or on a page of its own. Aborts with 404."""
    comment, published, rejected = found(id)
    values |= {"comment": comment, "published": published, "rejected": rejected, "view": view()}
    return page_or_fragment("desk/comments/one.html", "desk/comments/_row.html", status, **values)
