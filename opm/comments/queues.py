"""The queues: which comments stand in each, and what somebody looks at: a queue, a search, a place in it.

A page begins after a place, not at a number: what was decided meanwhile moves nobody past a comment that waits, and the
last page costs what the first does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlencode

from opm.comments.models import Comment, State
from opm.lib.columns import LARGEST_ID
from opm.lib.forms import one_line

ADDRESS = "/desk/comments/"
LONGEST_SEARCH = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PLACE = re.compile(r"(-?[0-9]{1,17})-([0-9]{1,19})(-last)?")


class NoSuchQueue(Exception):
    """A query that asks for what is no queue, or no place in one."""


class Queue(StrEnum):
    """What moderators look at together."""

    PENDING = "pending"
    FLAGGED = "flagged"
    PUBLISHED = "published"
    REJECTED = "rejected"
    SPAM = "spam"
    UNCONFIRMED = "unconfirmed"
    WITHDRAWN = "withdrawn"
    ALL = "all"

    @property
    def waits(self) -> bool:
        """Whether what stands in it waits for a moderator."""
        return self in (Queue.PENDING, Queue.FLAGGED)

    @property
    def conditions(self) -> tuple:
        """What is so of each comment in it."""
        if self == Queue.ALL:
            return ()
        if self == Queue.FLAGGED:
            return Comment.state == State.PENDING, Comment.is_flagged()
        return (Comment.state == State(self),)


class Place(NamedTuple):
    """Where a comment stands in the order of a queue."""

    at: datetime
    id: int
    waits_last: bool = False

    def __str__(self):
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{self.id}{'-last' if self.waits_last else ''}"

    @classmethod
    def named(cls, text: str) -> Self:
        """The place that an address names. Raises NoSuchQueue."""
        found = PLACE.fullmatch(text)
        if found is None or int(found[2]) > LARGEST_ID:
            raise NoSuchQueue(text)
        try:
            return cls(EPOCH + timedelta(microseconds=int(found[1])), int(found[2]), bool(found[3]))
        except OverflowError:
            raise NoSuchQueue(text) from None


@dataclass(frozen=True)
class View:
    """What somebody looks at: a queue, what is searched for in it, and after or before which place."""

    queue: Queue = Queue.PENDING
    words: str = ""
    after: Place | None = None
    before: Place | None = None
    is_last: bool = False  # its last page

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> Self:
        """What a query asks for. Raises NoSuchQueue."""
        named, before = query.get("queue", Queue.PENDING), query.get("before")
        if named not in set(Queue):
            raise NoSuchQueue(named)
        return cls(
            queue=Queue(named),
            words=one_line(query.get("q", "")),
            after=Place.named(query["after"]) if "after" in query else None,
            before=Place.named(before) if before and before != "end" else None,
            is_last=before == "end",
        )

    @classmethod
    def back_to(cls, query: str) -> Self:
        """The view that a form came from; the first page of what waits where it names none."""
        try:
            view = cls.asked(dict(parse_qsl(query, max_num_fields=5)))
        except (NoSuchQueue, ValueError):
            return cls()
        return cls() if view.is_too_long else view

    @property
    def is_too_long(self) -> bool:
        """Whether more was typed than is searched for."""
        return len(self.words) > LONGEST_SEARCH

    @property
    def query(self) -> str:
        """What an address says of it after the question mark."""
        said = {
            "queue": "" if self.queue == Queue.PENDING else self.queue.value,
            "q": "" if self.is_too_long else self.words,
            "after": str(self.after or ""),
            "before": "end" if self.is_last else str(self.before or ""),
        }
        return urlencode({name: value for name, value in said.items() if value})

    @property
    def address(self) -> str:
        """Its page."""
        return f"{ADDRESS}?{self.query}" if self.query else ADDRESS

    def of(self, queue: Queue) -> "View":
        """The same search in another queue, from its beginning."""
        return View(Queue(queue), self.words)

    @property
    def first(self) -> "View":
        """Its first page."""
        return replace(self, after=None, before=None, is_last=False)

    @property
    def last(self) -> "View":
        """Its last page."""
        return replace(self.first, is_last=True)

    def following(self, place: Place) -> "View":
        """The page that begins after this place."""
        return replace(self.first, after=place)

    def preceding(self, place: Place) -> "View":
        """The page that ends before this place."""
        return replace(self.first, before=place)
