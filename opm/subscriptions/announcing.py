"""Telling subscribers at once: of each post and each comment that is public and that nobody was told of yet.

Nothing signals it. What is to be told is found by its having no announcement, so that a scheduled post, a restart and
a second worker are no different from the rest; an announcement remembers how far it has come, and each batch moves it
on in the transaction that writes the batch's mails. A batch is put together before it takes the lock for writing.
"""

import logging
from dataclasses import dataclass

from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError

from opm import settings
from opm.comments.models import Comment, Thread
from opm.extensions import db, insert, reading
from opm.lib import clock
from opm.posts.models import Post
from opm.subscriptions import alerts, threads
from opm.subscriptions.audience import Audience
from opm.subscriptions.models import Announcement, Subscriber, Told

BATCH = 2_000  # subscribers; it holds the lock for writing a fifth of a second
MOST_FOUND = 100  # things that are begun to be told at once

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """The next of those who may be told of something, and who of them is told."""

    announcement: Announcement
    told: list  # rows of (subscriber's id, subscription's id, email, nonce)
    reached_id: int
    is_last: bool


def go_on() -> bool:
    """Begins what is to be told, and tells one batch of subscribers. Commits. Returns whether there is more to do.

    Nothing in election time: it is told when that is over. Asking whether anything is to do is read-only.
    """
    with reading():
        if settings.current().election_is_on:
            return False
        new = alerts.to_tell(MOST_FOUND), threads.to_tell(MOST_FOUND)
        batch = None if any(new) else _next_batch()
    if any(new):
        _begin(*new)
        return True
    return batch is not None and _tell(batch)


def _begin(post_ids: list[int], comment_ids: list[int]) -> None:
    """From now on they are told. Where another worker was quicker, they are already."""
    now = clock.now()
    rows = [{"post_id": id, "comment_id": None, "made_at": now} for id in post_ids]
    rows += [{"post_id": None, "comment_id": id, "made_at": now} for id in comment_ids]
    db.session.execute(insert(Announcement).on_conflict_do_nothing(), rows)
    db.session.commit()


def _next_batch() -> Batch | None:
    """Of what was begun first and is public. What was withdrawn meanwhile waits until it is put back."""
    announcement = db.session.scalar(_in_hand())
    if announcement is None:
        return None
    audience, told_already = _of(announcement)
    following = audience.at_once(announcement.reached_id, BATCH).subquery()
    is_told = audience.listens & ~exists().where(told_already, Told.subscriber_id == Subscriber.id)
    shown = following.c.subscription_id, Subscriber.email, Subscriber.nonce, is_told
    rows = db.session.execute(
        select(Subscriber.id, *shown)
        .join_from(following, Subscriber, Subscriber.id == following.c.subscriber_id)
        .order_by(Subscriber.id)
    ).all()
    told = [row[:4] for row in rows if row[4]]
    return Batch(announcement, told, rows[-1][0] if rows else announcement.reached_id, len(rows) < BATCH)


def _in_hand():
    of_post = Announcement.post_id.in_(select(Post.id).where(Post.is_public()))
    of_comment = Announcement.comment_id.in_(
        select(Comment.id).join(Comment.thread).where(threads.is_public(Comment, Thread))
    )
    waits = select(Announcement).where(Announcement.ended_at.is_(None), of_post | of_comment)
    return waits.order_by(Announcement.id).limit(1)


def _of(announcement: Announcement) -> tuple[Audience, object]:
    """Who is to hear of it, and the condition under which somebody has."""
    if announcement.post_id:
        return alerts.audience_of(announcement.post_id), Told.post_id == announcement.post_id
    return threads.audience_of(announcement.comment_id), Told.comment_id == announcement.comment_id


def _tell(batch: Batch) -> bool:
    """Writes this batch's mails, unless another worker has done so. Returns True: there may be more."""
    announcement = batch.announcement
    try:
        if _move_on(batch) and batch.told:
            write = alerts.write if announcement.post_id else threads.write
            email_ids = write(announcement, batch.told)
            _note(announcement, batch.told, email_ids)
        db.session.commit()
    except IntegrityError:  # a digest has just told somebody of it: the batch is put together anew
        db.session.rollback()
    if batch.is_last:
        log.info("told of announcement %s: whoever wants to hear at once", announcement.id)
    return True


def _move_on(batch: Batch) -> bool:
    """Of two workers with the same batch one alone changes the row."""
    before, now = batch.announcement, clock.now()
    is_as_before = Announcement.reached_id == before.reached_id, Announcement.ended_at.is_(None)
    values = {"reached_id": batch.reached_id, "ended_at": now if batch.is_last else None}
    moved = update(Announcement).where(Announcement.id == before.id, *is_as_before).values(values)
    return db.session.execute(moved.execution_options(synchronize_session=False)).rowcount == 1


def _note(announcement: Announcement, told: list, email_ids: list[int]) -> None:
    what, now = {"post_id": announcement.post_id, "comment_id": announcement.comment_id}, clock.now()
    rows = [
        {"subscriber_id": row[0], "subscription_id": row[1], "email_id": email_id, "told_at": now, **what}
        for row, email_id in zip(told, email_ids, strict=True)
    ]
    db.session.execute(Told.__table__.insert(), rows)
