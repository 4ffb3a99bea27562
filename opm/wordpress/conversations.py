"""Approved comments, brought under their posts with their dates, in an order in which answers follow what they answer.

Nobody's address comes along, so nobody is mailed and nobody is trusted for what an old site believed.
"""

import heapq
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select

from opm import settings
from opm.comments.models import Comment, Thread
from opm.extensions import db, new_id
from opm.lib import clock
from opm.lib.i18n import gettext as _
from opm.wordpress import reader
from opm.wordpress.summary import Kind, Reason, Summary
from opm.wordpress.text import comment_words, words

PINGS = ("pingback", "trackback")
NOT_APPROVED = {
    "0": Reason.WAITING,
    "hold": Reason.WAITING,
    "spam": Reason.SPAM,
    "trash": Reason.TRASH,
    "post-trashed": Reason.TRASH,
}


class Conversations:
    """The comments of one source: which are here, and bringing the others.

    Each keeps the number that WordPress gave it where no other comment has that, so that links to it last.
    """

    def __init__(self, summary: Summary, largest_id: int):
        self.summary = summary
        self.largest_id = largest_id
        self.numbers_taken = set(db.session.scalars(select(Comment.id).where(Comment.id <= largest_id)))
        known = select(Comment.source_id, Comment.id, Comment.thread_id).where(Comment.source == summary.source)
        # By WordPress's numbers: the numbers here of the comment and of its thread, once they are known.
        self.here = {source_id: (id, thread_id) for source_id, id, thread_id in db.session.execute(known)}

    def new_among(self, said: list[reader.Comment]) -> list[reader.Comment]:
        """Those that can be brought and are not here, each once and in plain text; the others are counted."""
        new = []
        for comment in said:
            comment = replace(comment, text=comment_words(comment.text))
            if reason := _reason_against(comment):
                self.summary.leave_out(Kind.COMMENTS, reason)
            elif comment.id in self.here:
                self.summary.here[Kind.COMMENTS] += 1
            else:
                self.here[comment.id] = (None, None)
                new.append(comment)
        return new

    def continue_in(self, thread_id: int, new: list[reader.Comment], posted_at: datetime) -> None:
        """Brings them into a thread that people may be writing in at this moment."""
        answered = [self.here[said.parent_id][0] for said in new if said.parent_id in self.here]
        # Before the thread, as everywhere.
        db.session.execute(select(Comment.id).where(Comment.id.in_(answered)).with_for_update(read=True))
        self.bring(new, Thread.held(thread_id), posted_at)

    def bring(self, new: list[reader.Comment], thread: Thread, posted_at: datetime) -> None:
        """Publishes them in the thread, which is stored or held, with its next numbers and their own dates."""
        moments = {said.id: min(in_utc(said.at) or posted_at, clock.now()) for said in new}
        for said in _in_order(new, moments):
            comment = self._comment(said, thread, moments[said.id])
            self.here[said.id] = comment.id, thread.id
            db.session.add(comment)
            last_active_at = thread.active_at
            comment.publish(thread)
            thread.active_at = max(filter(None, (last_active_at, comment.published_at)))
            self.summary.brought[Kind.COMMENTS] += 1

    def _comment(self, said: reader.Comment, thread: Thread, at: datetime) -> Comment:
        return Comment(
            id=self._number(said),
            thread=thread,
            parent_id=self._answered(said, thread),
            name=words(said.name) or _("Anonymous"),
            text=said.text,
            written_at=at,
            published_at=at,
            source=self.summary.source,
            source_id=said.id,
        )

    def _number(self, said: reader.Comment) -> int:
        """Its own, or a new one. It is known before it is stored, so that a chain of answers is no chain of objects."""
        number = int(said.id)
        if number > self.largest_id or number in self.numbers_taken:
            self.summary.renumbered += 1
            return new_id(Comment.__table__)
        self.numbers_taken.add(number)
        return number

    def _answered(self, said: reader.Comment, thread: Thread) -> int | None:
        """The comment it answers, where that was brought into the same thread."""
        id, thread_id = self.here.get(said.parent_id, (None, None))
        if said.parent_id and thread_id != thread.id:
            self.summary.lone_replies += 1
        return id if thread_id == thread.id else None


def in_utc(at: datetime | None) -> datetime | None:
    """The moment; where the file names no zone, the site's is meant."""
    if at is None or at.tzinfo:
        return at
    return at.replace(tzinfo=settings.current().timezone).astimezone(UTC)


def _reason_against(said: reader.Comment) -> Reason | None:
    """Why a comment cannot be brought."""
    if said.kind in PINGS:
        return Reason.PING
    if said.kind not in ("", "comment"):
        return Reason.BY_MACHINE
    if said.approved != "1":
        return NOT_APPROVED.get(said.approved, Reason.WAITING)
    if not said.id:
        return Reason.NO_NUMBER
    return None if said.text else Reason.NO_WORDS


def _in_order(new: list[reader.Comment], moments: dict[str, datetime]) -> list[reader.Comment]:
    """By date, but never before what it answers. Where answers run in a circle, the earliest begins it."""
    waiting = {said.id: said for said in new}
    replies = defaultdict(list)
    for said in new:
        replies[said.parent_id if said.parent_id in waiting else ""].append(said)

    def placed(said):
        return moments[said.id], int(said.id), said.id

    ready, by_date, ordered = [placed(said) for said in replies[""]], iter(sorted(map(placed, new))), []
    heapq.heapify(ready)
    while waiting:
        *_moment, id = heapq.heappop(ready) if ready else next(by_date)
        if said := waiting.pop(id, None):
            ordered.append(said)
            for reply in replies[id]:
                heapq.heappush(ready, placed(reply))
    return ordered
