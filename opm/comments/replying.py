"""The team answers a comment: at once, with a number, marked as the team's. Nobody is mailed about it."""

from sqlalchemy import select

from opm.accounts import audit, elections
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.comments import moderation
from opm.comments.models import Act, Comment, MovedOn, State, Thread
from opm.extensions import db
from opm.lib import publicity


def reply(to: Comment, by: Person, text: str, *, revision: int) -> Comment:
    """Says this under the comment, which is held; one that waits is approved with it. The caller commits.

    Also where the thread is closed: closing ends what the public writes, and the team may owe an answer. Pressed twice
    it is said once. Raises MovedOn unless the comment is as it was seen and its post is public; ElectionTime.
    """
    to.expect({State.PENDING, State.PUBLISHED}, revision)
    if not to.thread.is_public:
        raise MovedOn(to)
    if not to.is_published:
        moderation.decide(to, Act.APPROVE, by, revision=revision)
    thread = Thread.held(to.thread_id)
    return _said_already(to, by, text) or _say(thread, to, by, text)


def _said_already(to: Comment, by: Person, text: str) -> Comment | None:
    same = Comment.parent_id == to.id, Comment.staff_id == by.id, Comment.text == text
    return db.session.scalar(select(Comment).where(*same, Comment.state == State.PUBLISHED).limit(1))


def _say(thread: Thread, to: Comment, by: Person, text: str) -> Comment:
    elections.expect_leave(by, "comment", to.id, thread.title)
    answer = Comment(thread=thread, parent=to, staff_id=by.id, text=text, name=by.name)
    db.session.add(answer)
    db.session.flush()
    answer.confirm()
    answer.publish(thread)
    db.session.flush()
    audit.record(by, Did.REPLIED, "comment", answer.id, thread.title)
    publicity.bump()
    return answer
