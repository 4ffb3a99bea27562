"""A thread as it is read, in pages: numbered, replies under what they answer, gone comments kept as marks where needed.

A page holds whole conversations. One that is too long for a page is parted where replies branch off it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select

from opm.comments.models import Comment, Received, State, Thread
from opm.extensions import db
from opm.lib.paging import Page, page_address

ON_A_PAGE = 100
DEEPEST = 3


class Words(NamedTuple):
    """What is read of one comment, as one row: the same row says the same."""

    id: int
    parent_id: int | None
    is_published: bool
    number: int
    name: str
    text: str
    written_at: datetime
    is_by_staff: bool
    received_how: Received | None
    was_edited_in_public: bool
    was_withdrawn: bool
    was_erased: bool
    old_number: str | None  # on the site it was brought from


@dataclass(slots=True)
class Said:
    """One comment where it stands, with the replies shown under it."""

    words: Words

    depth: int = 0
    home: "Said | None" = None  # in whose list it stands
    answers: "Said | None" = None  # named where the indent does not say it
    replies: list["Said"] = field(default_factory=list)

    def take(self, reply: "Said") -> None:
        """Shows a reply under it; beside it, with a word of what it answers, where that would be too deep."""
        reply.home, reply.answers = (self, None) if self.depth < DEEPEST else (self.home, self)
        reply.depth = reply.home.depth + 1
        reply.home.replies.append(reply)

    @property
    def address_of_answered(self) -> str:
        """Leads to what it answers: on this page, unless that is why it stands by itself."""
        return f"#comment-{self.answers.words.id}" if self.home else f"/comment/{self.answers.words.id}"


# Made once, and of columns alone: the site's heaviest page asks them each time.
_C = Comment.__table__.c
_HERE = (_C.thread_id == bindparam("thread_id")) & _C.number.is_not(None)
_PLACE = _C.id, _C.parent_id, _C.state == State.PUBLISHED
_WORDS = _C.number, _C.name, _C.text, _C.written_at, _C.staff_id.is_not(None), _C.received_how
_FATE = _C.edited_at >= _C.published_at, _C.withdrawn_at.is_not(None), _C.erased_at.is_not(None)
PLACES = select(*_PLACE).where(_HERE).order_by(_C.number)
EVERYTHING = select(*_PLACE, *_WORDS, *_FATE, _C.source_id).where(_HERE).order_by(_C.number)
THESE = select(*_PLACE, *_WORDS, *_FATE, _C.source_id).where(_C.id.in_(bindparam("ids", expanding=True)))


def page(thread: Thread, number: int = 1) -> Page | None:
    """One page of the thread: its first comments as rows, each with its replies. None past the last page.

    One statement; where there may be several pages two, the first of which reads no words.
    """
    is_short = thread.last_number <= ON_A_PAGE
    rows = db.session.execute(EVERYTHING if is_short else PLACES, {"thread_id": thread.id}).all()
    answered = _shown([row[:3] for row in rows])
    pages = _pages(answered)
    if number > len(pages):
        return None
    ids = pages[number - 1]
    if not is_short:
        named = {answered[id] for id in ids} - {None}
        rows = db.session.execute(THESE, {"ids": [*named.union(ids)]}).all()
    said = {words.id: Said(words) for words in _each(rows)}
    return Page(_placed(ids, answered, said), number, len(pages), thread.address)


def _each(rows: Sequence) -> Iterator[Words]:
    """Most keep their old number as their own; and where another comment on the page has it, links lead to that."""
    here = {row[0] for row in rows}
    for *words, old_number in rows:
        yield Words(*words, None if old_number and int(old_number) in here else old_number)


def page_of(comment: Comment) -> int:
    """The number of the page on which a comment is read; the first for one that is read nowhere."""
    thread = comment.thread
    if thread.last_number <= ON_A_PAGE:
        return 1
    pages = _pages(_shown(db.session.execute(PLACES, {"thread_id": thread.id}).all()))
    return next((number for number, ids in enumerate(pages, 1) if comment.id in ids), 1)


def address_of(comment: Comment) -> str:
    """The path of that page and the comment's place on it, as they are now. `/comment/<id>` is for ever."""
    return f"{page_address(comment.thread.address, page_of(comment))}#comment-{comment.id}"


def _shown(places: Sequence[tuple[int, int | None, bool]]) -> dict[int, int | None]:
    """The published ones and, however gone, all that they answer; with what each answers. By number.

    A comment is published after what it answers, so its number is higher, and one pass suffices everywhere here.
    """
    parents = {id: parent for id, parent, _is_published in places}
    shown: set[int] = set()
    for id, _parent, is_published in places:
        answered = id if is_published else None
        while answered in parents and answered not in shown:
            shown.add(answered)
            answered = parents[answered]
    return {id: parent if parent in shown else None for id, parent in parents.items() if id in shown}


def _pages(answered: dict[int, int | None]) -> list[list[int]]:
    """Which comments each page shows: as many conversations, or parts of a long one, as it has room for."""
    if len(answered) <= ON_A_PAGE:
        return [list(answered)]
    pages: list[list[int]] = [[]]
    for part in _parts(answered):
        if len(pages[-1]) + len(part) > ON_A_PAGE:
            pages.append([])
        pages[-1] += part
    return pages


def _parts(answered: dict[int, int | None]) -> Iterator[list[int]]:
    """The conversations in order. One too long for a page is parted where replies branch off it, and so are those."""
    sizes = _sizes(answered)
    part_of: dict[int, list[int]] = {}
    following: dict[int | None, list[list[int]]] = defaultdict(list)  # parts, by what their first comment answers
    for id, parent in answered.items():
        if parent is None or sizes[parent] > ON_A_PAGE:
            part_of[id] = []
            following[parent].append(part_of[id])
        else:
            part_of[id] = part_of[parent]
        part_of[id].append(id)
    waiting = following[None][::-1]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += reversed(following[part[0]])


def _sizes(answered: dict[int, int | None]) -> dict[int, int]:
    """How many comments hang together from each, itself included."""
    sizes = dict.fromkeys(answered, 1)
    for id, parent in reversed(answered.items()):
        if parent is not None:
            sizes[parent] += sizes[id]
    return sizes


def _placed(ids: list[int], answered: dict[int, int | None], said: dict[int, Said]) -> list[Said]:
    """Each under what it answers, up to three levels deep. What answers none on this page stands by itself."""
    first: list[Said] = []
    placed: set[int | None] = set()
    for id in ids:
        comment, parent = said[id], said.get(answered[id])
        if parent is None or parent.words.id not in placed:
            comment.answers = parent
            first.append(comment)
        else:
            parent.take(comment)
        placed.add(id)
    return first
