"""One page of a queue, and how many comments stand in each."""

from dataclasses import dataclass

from sqlalchemy import func, literal, or_, select, tuple_, union_all

from opm.comments import rows
from opm.comments.models import Comment, Thread
from opm.comments.queues import LONGEST_SEARCH, Place, Queue, View
from opm.extensions import db
from opm.lib.columns import BigId, UtcDateTime

ON_A_PAGE = 20
# Of long comments fewer stand on a page, so that it is light on a bad line.
CHARACTERS_ON_A_PAGE = 20_000


@dataclass(frozen=True)
class Page:
    """One page of a queue: rows as `rows.rows` gives them, and the pages around it, if there are any."""

    rows: list
    previous: View | None = None
    next: View | None = None


def page(view: View) -> Page:
    """One page of what is looked at. One statement; where nothing stands any more after a place, two."""
    if view.is_too_long:
        return Page([])
    is_backwards = view.is_last or view.before is not None
    found = db.session.execute(_from_place(view, is_backwards).limit(ON_A_PAGE + 1)).unique().all()
    shown = _light(found[:ON_A_PAGE])
    has_more = len(found) > len(shown)
    if is_backwards and not view.is_last and not has_more:  # the beginning of the queue, filled up
        return page(view.first)
    if not found and view.after:
        return page(view.first)
    if is_backwards:
        shown = shown[::-1]
    has_previous, has_next = (has_more, view.before is not None) if is_backwards else (bool(view.after), has_more)
    return Page(
        shown,
        view.preceding(_place(view, shown[0])) if shown and has_previous else None,
        view.following(_place(view, shown[-1])) if shown and has_next else None,
    )


def counts(words: str = "") -> dict[Queue, int]:
    """How many comments stand in each queue; of those, how many have these words. One statement."""
    searched = _with(words[:LONGEST_SEARCH])
    each = select(Comment.state, func.count(Comment.id)).where(*searched).group_by(Comment.state)
    flagged = select(literal(Queue.FLAGGED.value), func.count(Comment.id)).where(*Queue.FLAGGED.conditions, *searched)
    counted = dict(db.session.execute(union_all(each, flagged)).all())
    everything = sum(count for state, count in counted.items() if state != Queue.FLAGGED)
    return {queue: counted.get(queue.value, 0) for queue in Queue} | {Queue.ALL: everything}


def _from_place(view: View, is_backwards: bool):
    key = _key(view.queue)
    is_rising = view.queue.waits != is_backwards
    conditions = [*view.queue.conditions, *_with(view.words)]
    if place := view.before if is_backwards else view.after:
        here, there = tuple_(*key), tuple_(*_named(view.queue, place))
        conditions.append(here > there if is_rising else here < there)
    order = key if is_rising else [column.desc() for column in key]
    return rows.rows().where(*conditions).order_by(*order)


def _key(queue: Queue) -> list:
    """What a queue is ordered by: since when each waits, oldest first, with likely spam behind the others while that is
    not late; of an archive, when each was written.
    """
    if queue.waits:
        return [Comment.waits_last, Comment.confirmed_at, Comment.id]
    return [Comment.written_at, Comment.id]


def _named(queue: Queue, place: Place) -> list:
    """The same of a place."""
    moment = [literal(place.at, UtcDateTime), literal(place.id, BigId)]
    return [literal(place.waits_last), *moment] if queue.waits else moment


def _place(view: View, row) -> Place:
    comment = row[0]
    if view.queue.waits:
        return Place(comment.confirmed_at, comment.id, comment.waits_last)
    return Place(comment.written_at, comment.id)


def _with(words: str) -> tuple:
    """The condition under which a comment has these words in its text, its name, or the title of its post."""
    if not words:
        return ()
    titled = select(Thread.id).where(Thread.title.icontains(words, autoescape=True))
    said = [column.icontains(words, autoescape=True) for column in (Comment.text, Comment.name)]
    return (or_(*said, Comment.thread_id.in_(titled)),)


def _light(found: list) -> list:
    """As many of these rows as a page has room for; one at least."""
    room = CHARACTERS_ON_A_PAGE
    for count, (comment, *_counts) in enumerate(found):
        room -= len(comment.text)
        if room < 0 and count:
            return found[:count]
    return found
