"""What is new under a post, for whoever follows its comments or the answers to one of them.

A comment is told once it is public for as long as its approval can be undone. Where a lively thread would bring a mail
each minute, they come together: one at once, the others a quarter of an hour after the last at the earliest.
"""

from collections import defaultdict
from datetime import timedelta

from sqlalchemy import and_, exists, func, or_, select

from opm.comments.models import UNDO_WITHIN, Comment, Decision, State, Thread
from opm.extensions import db
from opm.lib import clock
from opm.outbox import posting
from opm.outbox.models import Email
from opm.outbox.models import State as EmailState
from opm.outbox.posting import Wanted
from opm.subscriptions.audience import Audience
from opm.subscriptions.models import Announcement, Subscription, Told, Topic

MAIL = "comment alert"
# A conversation of two brings a mail every few minutes, which people stop by leaving; a quarter of an hour is soon
# enough to answer in.
BETWEEN_MAILS = timedelta(minutes=15)
# Whoever decides on what waits approves several within minutes: those come together.
GATHERED_FOR = timedelta(minutes=3)
NOT_LEAVING_YET = timedelta(minutes=1)  # so long before it is due a mail can still take in another comment
LOOKED_AT = timedelta(days=30)  # of threads: what was approved and went untold for longer is no news


def is_public(comment, thread):
    """The condition under which the public sees a comment."""
    return and_(comment.state == State.PUBLISHED, thread.is_public)


def to_tell(most: int) -> list[int]:
    """The ids of comments that can be told, are followed, and were told to nobody, in the order of publication.

    None that came from elsewhere. Threads in which nothing has happened for long are not looked into.
    """
    now = clock.now()
    is_known = exists().where(Announcement.comment_id == Comment.id)
    followed = or_(
        and_(Subscription.topic == Topic.THREAD, Subscription.topic_id == Comment.thread_id),
        and_(Subscription.topic == Topic.REPLIES, Subscription.topic_id == Comment.parent_id),
    )
    is_followed = exists().where(followed, Subscription.stands(), Subscription.consented_at <= Comment.published_at)
    may_be_undone = exists().where(
        Decision.comment_id == Comment.id, Decision.undone_at.is_(None), Decision.decided_at > now - UNDO_WITHIN
    )
    new = (
        select(Comment.id)
        .join(Comment.thread)
        .where(Thread.active_at > now - LOOKED_AT, is_public(Comment, Thread), Comment.source.is_(None))
        .where(Comment.published_at <= now - UNDO_WITHIN, Comment.published_at > now - LOOKED_AT)
        .where(~is_known, ~may_be_undone, is_followed)
    )
    return list(db.session.scalars(new.order_by(Comment.published_at, Comment.id).limit(most)))


def audience_of(comment_id: int) -> Audience:
    """Who follows this comment's thread, or the answers to what it answers."""
    return Audience.of_comment(db.session.get_one(Comment, comment_id, populate_existing=True))


def write(announcement: Announcement, told: list) -> list[int]:
    """A mail for each of them, or the one that waits for them already. Returns the mails' ids, in the same order.

    The caller commits.
    """
    thread_id = db.session.scalar(select(Comment.thread_id).where(Comment.id == announcement.comment_id))
    last = {row.subscriber_id: row for row in db.session.execute(_last_mails(thread_id, [row[0] for row in told]))}
    now = clock.now()
    mails = {id: mail.id for id, mail in last.items() if mail.waits and mail.due_at > now + NOT_LEAVING_YET}
    by_due = defaultdict(list)
    for id, _subscription, email, nonce in told:
        if id not in mails:
            due_at = max(now + GATHERED_FOR, last[id].at + BETWEEN_MAILS) if id in last else now + GATHERED_FOR
            by_due[due_at].append(Wanted(email, id, nonce))
    for due_at, wanted in by_due.items():
        ids = posting.post_many(MAIL, wanted, due_at=due_at)
        mails |= dict(zip((each.about_id for each in wanted), ids, strict=True))
    return [mails[row[0]] for row in told]


def _last_mails(thread_id: int, subscriber_ids: list[int]):
    """The last mail about this thread to each of them: `at` is when it left or is to leave; `waits`, untried yet."""
    newest = (
        select(Told.subscriber_id, func.max(Email.id).label("email_id"))
        .join(Comment, Comment.id == Told.comment_id)
        .join(Email, Email.id == Told.email_id)
        .where(Comment.thread_id == thread_id, Told.subscriber_id.in_(subscriber_ids), Email.kind == MAIL)
        .group_by(Told.subscriber_id)
        .subquery()
    )
    untried = and_(Email.state.in_([EmailState.WAITING, EmailState.KEPT]), Email.tries == 0)
    shown = newest.c.subscriber_id, Email.id, func.coalesce(Email.settled_at, Email.due_at).label("at"), Email.due_at
    return select(*shown, untried.label("waits")).join(Email, Email.id == newest.c.email_id).with_for_update(of=Email)
