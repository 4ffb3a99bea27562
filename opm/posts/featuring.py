"""The one post that stands first on the front page, for as long as the team likes."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from opm.accounts import elections
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import clock, publicity
from opm.posts.filing import ChangedMeanwhile
from opm.posts.models import Post, State
from opm.posts.publishing import NotNow


def featured() -> Post | None:
    """The post that stands first now."""
    return db.session.scalar(select(Post).where(Post.is_featured))


def held(id: int) -> Post | None:
    """The post with this id, and with it whichever stands first, locked in the order in which everybody locks."""
    ids = {id, *db.session.scalars(select(Post.id).where(Post.is_featured))}
    return {each: Post.held(each) for each in sorted(ids)}[id]


def feature(post: Post, by: Person | None = None) -> None:
    """Puts it first, in place of whichever stood there. The caller holds it (see `held`) and commits.

    Raises NotNow where the public does not see it; ChangedMeanwhile where another is put there now; ElectionTime.
    """
    if not is_public(post):
        raise NotNow
    if post.is_featured:
        return
    elections.expect_leave(by, "post", post.id, post.title)
    before = db.session.scalar(select(Post).where(Post.is_featured).with_for_update())
    if before:
        before.is_featured = False
        db.session.flush()  # no two at any moment
    try:
        with db.session.begin_nested():
            post.is_featured = True
    except IntegrityError:
        raise ChangedMeanwhile from None
    publicity.bump()


def stop(post: Post) -> None:
    """Takes it from there, back to its place by date. The caller holds it and commits."""
    if post.is_featured:
        post.is_featured = False
        publicity.bump()


def is_public(post: Post) -> bool:
    """Whether the public sees it now."""
    return post.state == State.PUBLISHED and post.published_at <= clock.now()
