"""Makes comments of what people said, and reports of what they complained about.

They are built as rows with times of their own. The stories of confirming and deciding happen now and mail people;
these happened some time ago, and nobody is there to be mailed.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from opm.accounts.models import Person
from opm.comments.models import ACTS, Act, Comment, Decision, Thread, address_hash
from opm.demo.voices import COMPLAINTS, SAID, WAITING
from opm.demo.voices.shapes import Complaint, Moment, Said, Waiting
from opm.demo.writing import SOURCE, moment
from opm.extensions import db
from opm.lib import clock, redaction
from opm.lib.slugs import slug
from opm.posts.models import Post
from opm.reports.models import Report

CONFIRMED_AFTER = timedelta(minutes=4)
DECIDED_AFTER = timedelta(minutes=21)


def hold(posts: dict[str, Post], staff: dict[str, Person]) -> None:
    """Every comment under these posts: the decided ones in order of publication, then those that wait; then reports."""
    for place, voices in SAID.items():
        for said in voices:
            _settle(said, posts[place], staff)
    for place, voices in WAITING.items():
        for waiting in voices:
            _queue(waiting, posts[place].thread)
    for place, complaints in COMPLAINTS.items():
        for complaint in complaints:
            db.session.add(_report(complaint, posts[place]))


def _settle(said: Said, post: Post, staff: dict[str, Person]) -> None:
    comment = _comment(said, post.thread, written_at=_after(post, said.at))
    if said.name in staff:
        _say_as_staff(comment, staff[said.name])
    else:
        _confirm(comment, comment.written_at + CONFIRMED_AFTER)
        _decide(comment, said, post, staff)
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
    if waiting.edited_ago:
        comment.reword(comment.text)
        comment.edited_at = clock.now() - waiting.edited_ago


def _report(complaint: Complaint, post: Post) -> Report:
    """A report of a comment, or a notice about the post, confirmed soon after it was written."""
    comment = _numbered(post.thread, complaint.number)
    confirmed_at = clock.now() - complaint.ago
    report = Report(
        address=f"/comment/{comment.id}" if comment else post.address,
        comment=comment,
        ground=complaint.ground,
        quote=complaint.quote,
        text=complaint.text,
        name=complaint.name if complaint.ground else "",
        email=_address(complaint.name),
        written_at=confirmed_at - CONFIRMED_AFTER,
        panel_opened_at=confirmed_at - CONFIRMED_AFTER,
        code_made_at=confirmed_at - CONFIRMED_AFTER,
        confirmed_at=confirmed_at,
    )
    report.sameness = report.mark
    return report


def _comment(voice: Said | Waiting, thread: Thread, *, written_at: datetime) -> Comment:
    """It as it was sent: unconfirmed, from an address that reaches nobody."""
    comment = Comment(
        thread=thread,
        parent=_numbered(thread, voice.answers),
        text=voice.text,
        name=voice.name,
        email=_address(voice.name),
        address_hash=address_hash(_address(voice.name)),
        written_at=written_at,
        panel_opened_at=written_at,
        code_made_at=written_at,
        source=SOURCE,
    )
    db.session.add(comment)
    db.session.flush()
    comment.remember_sameness()
    return comment


def _address(name: str) -> str:
    return f"{slug(name).replace('-', '.')}@example.org"


def _say_as_staff(comment: Comment, person: Person) -> None:
    """The team needs no code and no decision, and its addresses are not kept with comments."""
    comment.staff_id, comment.email, comment.address_hash = person.id, None, None
    _confirm(comment, comment.written_at)
    _publish(comment, comment.written_at)


def _confirm(comment: Comment, at: datetime) -> None:
    comment.confirm()
    comment.confirmed_at = at


def _decide(comment: Comment, said: Said, post: Post, staff: dict[str, Person]) -> None:
    at = _after(post, said.decided_at) if said.decided_at else comment.confirmed_at + DECIDED_AFTER
    _record(comment, said.act, at, staff[said.by], rule=said.rule, note=said.note)
    if said.act == Act.APPROVE:
        _publish(comment, at)
    else:
        comment.move_to(ACTS[said.act][1], comment.thread)
    if then := said.afterwards:
        _record(comment, then.act, _after(post, then.at), staff[then.by], rule=then.rule, note=then.note)
        if then.act == Act.REDACT:
            comment.reword(redaction.take_out(comment.text, then.left))
        else:
            comment.move_to(ACTS[then.act][1], comment.thread)


def _record(comment: Comment, act: Act, at: datetime, by: Person, *, rule: int | None, note: str) -> None:
    """That somebody decided it, before anything comes of it. What words were taken out is forgotten by now."""
    decision = Decision(
        comment=comment,
        by=by,
        act=act,
        from_state=comment.state,
        to_state=ACTS[act][1],
        revision=comment.revision,
        rule_number=rule,
        note=note,
        decided_at=at,
    )
    db.session.add(decision)


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
