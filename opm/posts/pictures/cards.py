"""Social pictures: one with the title on it for each post that is public, made by the worker; it goes with the post."""

import logging

from sqlalchemy import or_, select

from opm import settings
from opm.extensions import db, insert, reading
from opm.lib import publicity
from opm.posts.models import Post
from opm.posts.models import State as PostState
from opm.posts.pictures import decoding, media
from opm.posts.pictures.decoding import DecoderBusy, NotAPicture
from opm.posts.pictures.models import SocialCard

log = logging.getLogger(__name__)


def go_on() -> bool:
    """Makes the one that is wanted next, or drops one that nobody wants. Commits. Returns whether there may be more."""
    with reading():
        site = settings.current()
        post = db.session.scalar(_without(site.site_name).limit(1))
        needless = None if post else db.session.scalar(_needless().limit(1))
    if post:
        return _make(post, site)
    if needless:
        _drop(needless)
    return needless is not None


def _without(site_name: str):
    """The public posts that have no card, or one with other words; the newest first."""
    is_old = or_(SocialCard.post_id.is_(None), SocialCard.title != Post.title, SocialCard.site_name != site_name)
    return Post.published().outerjoin(SocialCard, SocialCard.post_id == Post.id).where(is_old)


def _needless():
    return select(SocialCard).join(Post, Post.id == SocialCard.post_id).where(Post.state != PostState.PUBLISHED)


def _make(post: Post, site) -> bool:
    try:
        content = decoding.card(post.title, site.site_name, site.organisation)
    except DecoderBusy:
        return False
    except NotAPicture:
        content = b""
    name = content and media.made_of(media.name_for(content, post.slug, "png"), "card", "png")
    if name:
        media.store(name, content)
    _note(post, site.site_name, name or "")
    return True


def _note(post: Post, site_name: str, name: str) -> None:
    """Commits. Of many new ones, as after an import, the last makes the pages anew, for all of them."""
    old = db.session.scalar(select(SocialCard.name).where(SocialCard.post_id == post.id))
    words = {"title": post.title, "site_name": site_name, "name": name}
    statement = insert(SocialCard).values(post_id=post.id, **words)
    db.session.execute(statement.on_conflict_do_update(index_elements=[SocialCard.post_id], set_=words))
    has_more = db.session.scalar(_without(site_name).limit(1)) is not None
    if old or not has_more:
        publicity.bump()
    db.session.commit()
    media.drop({old or ""} - {name})


def _drop(card: SocialCard) -> None:
    db.session.delete(card)
    db.session.commit()
    media.drop([card.name])
