"""Alerts: a mail about one post, to whoever wants to hear of it at once."""

from datetime import timedelta

from sqlalchemy import exists, select

from opm.extensions import db
from opm.lib import clock
from opm.outbox import posting
from opm.outbox.posting import Wanted
from opm.posts.models import Post
from opm.subscriptions.audience import Audience, with_audience
from opm.subscriptions.models import Announcement

MAIL = "post alert"
# A slip is seen as soon as a post is public, and until then it can be mended or the post withdrawn: a mail cannot.
# Who reads mail does not notice five minutes.
TOLD_AFTER = timedelta(minutes=5)


def to_tell(most: int) -> list[int]:
    """The ids of posts that are public and were announced to nobody, the oldest first.

    None that came from elsewhere, and none that is quiet, as those are that were published as of a day in the past.
    """
    is_known = exists().where(Announcement.post_id == Post.id)
    is_ours = Post.source.is_(None), Post.is_quiet.is_(False)
    new = select(Post.id).where(Post.is_public(), Post.published_at <= clock.now() - TOLD_AFTER, *is_ours, ~is_known)
    return list(db.session.scalars(new.order_by(Post.published_at, Post.id).limit(most)))


def audience_of(post_id: int) -> Audience:
    """Who follows what this post is filed under."""
    post = select(Post).where(Post.id == post_id).options(*with_audience())
    return Audience.of_post(db.session.scalars(post).one())


def write(_announcement: Announcement, told: list) -> list[int]:
    """A mail for each of them. Returns the mails' ids, in the same order. The caller commits."""
    return posting.post_many(MAIL, [Wanted(email, id, nonce) for id, _subscription, email, nonce in told])


def people_to_tell(post: Post) -> tuple[int, int]:
    """How many would be told of this post if it were published now: at once, and in a digest.

    As it is filed by now. Three statements, however many follow it.
    """
    return Audience.of_post(post).counts()
