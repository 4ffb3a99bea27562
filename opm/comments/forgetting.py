"""Letting go of what the site may no longer hold about commenters: the clocks that the privacy page states.

Each function takes one batch, so that no writer waits long for another, and returns how many it took: none means
that this clock is done for now. The caller commits. Looking is read-only: most of the time nothing has run out. What
was found is changed only if it is still so, since somebody may confirm or withdraw at that very moment.
"""

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, or_, select, update

from opm.comments.models import Comment, Decision, State, Thread
from opm.extensions import db, reading
from opm.lib import clock

BATCH = 200
# Whose address the site still needs: to confirm it, or to say what became of the comment.
IN_HAND = {State.UNCONFIRMED, State.PENDING}
UNSEEN = {State.REJECTED, State.SPAM, State.WITHDRAWN}
# A decision's mail may still be on its way; it goes to the address that the comment has.
MAIL_ARRIVES_WITHIN = timedelta(days=3)
QUICKLY = {"synchronize_session": False}


def unconfirmed(unconfirmed_days: int) -> int:
    """Deletes comments that nobody confirmed in so many days, also those that were withdrawn instead."""
    withdrawn_instead = and_(Comment.state == State.WITHDRAWN, Comment.confirmed_at.is_(None))
    never_confirmed = or_(Comment.state == State.UNCONFIRMED, withdrawn_instead)
    too_old = and_(never_confirmed, Comment.written_at < _before(unconfirmed_days))
    return _each(too_old, delete(Comment))


def networks(network_days: int) -> int:
    """Forgets from which networks comments came that are older."""
    known = and_(Comment.network != "", Comment.written_at < _before(network_days))
    return _each(known, update(Comment).values(network=""))


def addresses(address_days: int) -> int:
    """Forgets the addresses behind comments so many days after the last comment under the same post.

    Only where nothing waits to be told. Without an address a comment is no longer known by its sameness: the same
    words would be a new comment. The keyed hash of the address stays.
    """
    moment = _before(address_days)
    commented_since = exists().where(Thread.id == Comment.thread_id, Thread.active_at >= moment)
    just_decided = exists().where(
        Decision.comment_id == Comment.id, Decision.decided_at >= clock.now() - MAIL_ARRIVES_WITHIN
    )
    done = and_(
        Comment.email.is_not(None),
        Comment.state.not_in(IN_HAND),
        Comment.written_at < moment,
        ~commented_since,
        ~just_decided,
    )
    return _each(done, update(Comment).values(email=None, sameness=None))


def words(unpublished_days: int) -> int:
    """Forgets what was said in comments that the public does not see, and who said it. What was decided stays."""
    moment = _before(unpublished_days)
    decided_since = exists().where(Decision.comment_id == Comment.id, Decision.decided_at >= moment)
    gone = and_(
        Comment.state.in_(UNSEEN),
        Comment.text != "",
        Comment.written_at < moment,
        or_(Comment.withdrawn_at.is_(None), Comment.withdrawn_at < moment),
        ~decided_since,
    )
    nothing = {"text": "", "name": "", "panel_name": "", "email": None, "address_hash": None, "sameness": None}
    return _each(gone, update(Comment).values(nothing))


def words_taken_out(unpublished_days: int) -> int:
    """Forgets the words that moderators took out of comments; it is too late to undo that by then."""
    old = and_(Decision.words_before.is_not(None), Decision.decided_at < _before(unpublished_days))
    return _each(old, update(Decision).values(words_before=None), Decision)


def _before(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


def _each(condition, statement, of=Comment) -> int:
    with reading():
        ids = db.session.scalars(select(of.id).where(condition).limit(BATCH)).all()
    if ids:
        db.session.execute(statement.where(of.id.in_(ids), condition), execution_options=QUICKLY)
    return len(ids)
