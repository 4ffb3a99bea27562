"""Making a post public: its address, its thread, its place in the day. And taking it away again."""

from collections.abc import Callable, Set
from datetime import datetime

from sqlalchemy import select

from opm import settings
from opm.comments.models import Thread
from opm.extensions import db
from opm.lib import clock, publicity
from opm.lib.slugs import first_free
from opm.posts.models import NotPublished, Post, State


def publish(post: Post, at: datetime, *, comments_closed_at: datetime | None = None) -> None:
    """Makes it public from this moment on, at an address of its own, with a thread to comment in. The caller commits.

    A slug that another post of that day has is given a number. A moment in the past mails no one.
    """
    place(post, at, comments_closed_at=comments_closed_at)
    publicity.bump()


def place(
    post: Post,
    at: datetime,
    *,
    comments_closed_at: datetime | None = None,
    slugs_on: Callable[[Post], Set[str]] | None = None,
) -> None:
    """All of `publish` but raising the public version. Whoever places many raises it themselves, last.

    They may also know, from `slugs_on`, which slugs its day has by now.
    """
    post.state, post.published_at = State.PUBLISHED, at
    post.published_on = settings.current().local(at).date()
    post.slug = first_free(post.slug, (slugs_on or slugs_of_its_day)(post))
    post.thread = Thread(address=post.address, title=post.title, opened_at=at, closed_at=comments_closed_at)
    db.session.add(post)


def withdraw(post: Post, because: str) -> None:
    """Takes it and its comments away; its address says so from now on, and why. The caller commits.

    Raises NotPublished unless it is published. The order of locks is thread, public version, as everywhere.
    """
    if post.state != State.PUBLISHED:
        raise NotPublished
    post.state, post.withdrawn_at, post.withdrawn_because = State.WITHDRAWN, clock.now(), because
    Thread.held(post.thread_id).is_public = False
    publicity.bump()


def slugs_of_its_day(post: Post) -> set[str]:
    """The slugs that other posts of its day have, also those that are not stored yet."""
    with db.session.no_autoflush:
        taken = select(Post.slug).where(Post.published_on == post.published_on, Post.id != (post.id or 0))
        return set(db.session.scalars(taken)) | {
            other.slug
            for other in db.session.new
            if isinstance(other, Post) and other is not post and other.published_on == post.published_on
        }
