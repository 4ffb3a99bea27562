"""Letting go of what the site may no longer hold about commenters: which comments, by the clocks of the privacy page.

Each says what is older than a moment; the table of clocks (opm/holdings/clocks.py) knows how old that is.
"""

from datetime import timedelta

from sqlalchemy import and_, exists, or_

from opm.comments.models import Comment, Decision, State, Thread
from opm.lib import clock
from opm.lib.going import goes

# Whose address the site still needs: to confirm it, or to say what became of the comment.
IN_HAND = {State.UNCONFIRMED, State.PENDING}
UNSEEN = {State.REJECTED, State.SPAM, State.WITHDRAWN}
# A decision's mail may still be on its way; it goes to the address that the comment has.
MAIL_ARRIVES_WITHIN = timedelta(days=3)


@goes(Comment)
def unconfirmed(moment):
    """Comments that nobody confirmed, also those that were withdrawn instead."""
    withdrawn_instead = and_(Comment.state == State.WITHDRAWN, Comment.confirmed_at.is_(None))
    return or_(Comment.state == State.UNCONFIRMED, withdrawn_instead) & (Comment.written_at < moment)


@goes(Comment, network="")
def networks(moment):
    """From which networks comments came."""
    return and_(Comment.network != "", Comment.written_at < moment)


@goes(Comment, email=None, sameness=None)
def addresses(moment):
    """The addresses behind comments, counted from the last comment under the same post.

    Only where nothing waits to be told. Without an address a comment is no longer known by its sameness: the same
    words would be a new comment. The keyed hash of the address stays.
    """
    commented_since = exists().where(Thread.id == Comment.thread_id, Thread.active_at >= moment)
    just_decided = exists().where(
        Decision.comment_id == Comment.id, Decision.decided_at >= clock.now() - MAIL_ARRIVES_WITHIN
    )
    return and_(
        Comment.email.is_not(None),
        Comment.state.not_in(IN_HAND),
        Comment.written_at < moment,
        ~commented_since,
        ~just_decided,
    )


@goes(Comment, text="", name="", panel_name="", email=None, address_hash=None, sameness=None)
def words(moment):
    """What was said in comments that the public does not see, and who said it. What was decided stays."""
    decided_since = exists().where(Decision.comment_id == Comment.id, Decision.decided_at >= moment)
    return and_(
        Comment.state.in_(UNSEEN),
        Comment.text != "",
        Comment.written_at < moment,
        or_(Comment.withdrawn_at.is_(None), Comment.withdrawn_at < moment),
        ~decided_since,
    )


@goes(Decision, words_before=None)
def words_taken_out(moment):
    """The words that moderators took out of comments; it is too late to undo that by then."""
    return and_(Decision.words_before.is_not(None), Decision.decided_at < moment)
