"""Makes comments of what people said.

They are built as rows with times of their own. The stories of confirming and deciding happen now and mail people;
these happened some time ago, and nobody is there to be mailed.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from opm.accounts.models import Person
from opm.comments.models import ACTS, Act, Comment, Decision, Thread, address_hash
from opm.demo.voices import SAID, WAITING, Moment, Said, Waiting
from opm.demo.writing import moment
from opm.extensions import db
from opm.lib import clock
from opm.lib.slugs import slug
from opm.posts.models import Post

CONFIRMED_AFTER = timedelta(minutes=4)
DECIDED_AFTER = timedelta(minutes=21)


def hold(posts: dict[str, Post], staff: dict[str, Person]) -> None:
    """Every comment under these posts: the decided ones in order of publication, then those that wait."""
    for place, voices in SAID.items():
        for said in voices:
            _settle(said, posts[place], staff)
    for place, voices in WAITING.items():
        for waiting in voices:
            _queue(waiting, posts[place].thread)


def _settle(said: Said, post: Post, staff: dict[str, Person]) -> None:
    comment = _comment(said, post.thread, written_at=_after(post, said.at))
    if said.name in staff:
        _say_as_staff(comment, staff[said.name])
    else:
        _confirm(comment, comment.written_at + CONFIRMED_AFTER)
        _decide(comment, said, post, by=staff[said.by])
    if said.withdrawn_at:
        comment.withdraw(comment.thread)
        comment.withdrawn_at = _after(post, said.withdrawn_at)


def _queue(waiting: Waiting, thread: Thread) -> None:
    waits_since = clock.now() - waiting.ago
    if not waiting.is_confirmed:
        _comment(waiting, thread, written_at=waits_since)
        return
    comment = _comment(waiting, thread, written_at=waits_since - CONFIRMED_AFTER)
    comment.flags = list(waiting.flags)
    _confirm(comment, waits_since)


def _comment(voice: Said | Waiting, thread: Thread, *, written_at: datetime) -> Comment:
    """It as it was sent: unconfirmed, from an address that reaches nobody."""
    email = f"{slug(voice.name).replace('-', '.')}@example.org"
    comment = Comment(
        thread=thread,
        parent=_numbered(thread, voice.answers),
        text=voice.text,
        name=voice.name,
        email=email,
        address_hash=address_hash(email),
        written_at=written_at,
        panel_opened_at=written_at,
        code_made_at=written_at,
    )
    db.session.add(comment)
    db.session.flush()
    comment.remember_sameness()
    return comment


def _say_as_staff(comment: Comment, person: Person) -> None:
    """The team needs no code and no decision, and its addresses are not kept with comments."""
    comment.staff_id, comment.email, comment.address_hash = person.id, None, None
    _confirm(comment, comment.written_at)
    _publish(comment, comment.written_at)


def _confirm(comment: Comment, at: datetime) -> None:
    comment.confirm()
    comment.confirmed_at = at


def _decide(comment: Comment, said: Said, post: Post, by: Person) -> None:
    at = _after(post, said.decided_at) if said.decided_at else comment.confirmed_at + DECIDED_AFTER
    before, (_, after) = comment.state, ACTS[said.act]
    decision = Decision(
        comment=comment,
        by=by,
        act=said.act,
        from_state=before,
        to_state=after,
        revision=comment.revision,
        rule_number=said.rule,
        note=said.note,
        decided_at=at,
    )
    db.session.add(decision)
    if said.act == Act.APPROVE:
        _publish(comment, at)
    else:
        comment.move_to(after, comment.thread)


def _publish(comment: Comment, at: datetime) -> None:
    comment.publish(comment.thread)
    comment.published_at = comment.thread.active_at = at


def _numbered(thread: Thread, number: int | None) -> Comment | None:
    if number is None:
        return None
    return db.session.scalars(select(Comment).where(Comment.thread_id == thread.id, Comment.number == number)).one()


def _after(post: Post, at: Moment) -> datetime:
    days, time = at
    return moment(post.published_on + timedelta(days=days), time)
