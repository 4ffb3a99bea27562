"""What readers' programs follow: the newest posts as Atom (RFC 4287), of the whole site or of one of its lists.

A post that was changed in what matters comes up again, with what changed as its first words.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, render_template
from markupsafe import Markup
from sqlalchemy import func
from sqlalchemy.orm import selectinload, undefer

from opm import settings
from opm.extensions import db
from opm.filters import day
from opm.lib import links
from opm.lib.caching import changes_at, public_page
from opm.lib.i18n import gettext as _
from opm.posts import lists
from opm.posts.filed import Author, Byline, Category, Filed, Series, Tag
from opm.posts.lists import Listing
from opm.posts.models import Post

bp = Blueprint("feeds", __name__)

ENTRIES = 20
MEDIA_TYPE = "application/atom+xml"
NAMED_SINCE = 2026  # a part of every id (RFC 4151): never change it
NEVER = datetime(2026, 1, 1, tzinfo=UTC)  # when a feed changed in which nothing stands
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Entry:
    """A post as it stands in a feed."""

    post: Post

    @property
    def id(self) -> str:
        """Its own for ever, whatever becomes of its title and address."""
        return _id(f"post-{self.post.id}")

    @property
    def updated_at(self) -> datetime:
        """When it last changed in what matters to readers."""
        return self.post.noted_at or self.post.published_at

    @property
    def html(self) -> str:
        """All of it, to be read elsewhere: what changed comes first, and every address is whole."""
        whole = links.made_absolute(self.post.html, self.post.address)
        first = self._change() if self.post.noted_at else Markup()
        if self.post.notice:
            first = Markup("<p><strong>{}</strong></p>\n").format(self.post.notice) + first
        return str(first + Markup(whole))

    def _change(self) -> Markup:
        noted = self.post.notes[-1]
        when = _("Changed on %(day)s:", day=day(noted.noted_at))
        return Markup("<p><strong>{}</strong> {}</p>\n").format(when, noted.text)


@dataclass(frozen=True)
class Feed:
    """The last of a list's posts to be published or changed, the latest first."""

    id: str
    listing: Listing
    entries: list[Entry]

    @property
    def updated_at(self) -> datetime:
        """When anything in it last changed."""
        return max((entry.updated_at for entry in self.entries), default=NEVER)


@bp.get("/feed/")
@public_page
def everything():
    """All posts."""
    return _feed(lists.everything(), "posts")


@bp.get("/category/<slug>/feed/")
@public_page
def category(slug):
    """The posts on one subject."""
    return _feed_of(Category, slug, lists.of_category)


@bp.get("/tag/<slug>/feed/")
@public_page
def tag(slug):
    """The posts marked with one word."""
    return _feed_of(Tag, slug, lists.of_tag)


@bp.get("/author/<slug>/feed/")
@public_page
def author(slug):
    """What one person wrote."""
    return _feed_of(Author, slug, lists.of_author)


@bp.get("/series/<slug>/feed/")
@public_page
def series(slug):
    """The parts of a series; here, too, the latest first."""
    return _feed_of(Series, slug, lists.of_series)


def _feed_of(kind: type[Filed], slug: str, listing):
    found = kind.by_slug(slug) or abort(404)
    return _feed(listing(found), f"{kind.__tablename__}-{found.id}")


def _feed(listing: Listing, name: str) -> Response:
    entries = [Entry(post) for post in _latest(listing)]
    if not entries and not listing.stands_empty:
        abort(404)
    xml = render_template("feeds/atom.xml", feed=Feed(_id(name), listing, entries))
    return Response(NOT_IN_XML.sub("", xml), mimetype=MEDIA_TYPE)


def _latest(listing: Listing) -> list[Post]:
    """With all that a feed says of each. The feed is kept until the next post comes."""
    shown = undefer(Post.html), selectinload(Post.tags), selectinload(Post.notes)
    authors = selectinload(Post.bylines).joinedload(Byline.author)
    changed_last = func.coalesce(Post.noted_at, Post.published_at).desc(), Post.id.desc()
    latest = listing.posts.options(*shown, authors).order_by(None).order_by(*changed_last).limit(ENTRIES)
    changes_at(db.session.scalar(Post.next_moment()))
    changes_at(settings.current().government_changes_at)
    return list(db.session.scalars(latest))


def _id(name: str) -> str:
    host = urlsplit(current_app.config["BASE_URL"]).hostname
    return f"tag:{host},{NAMED_SINCE}:{name}"
