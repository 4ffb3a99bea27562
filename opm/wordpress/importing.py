"""The story of an import: each post of the file with what it is filed under and the comments below it."""

import re
from collections import Counter
from datetime import datetime
from urllib.parse import unquote

from sqlalchemy import select

from opm.extensions import db
from opm.lib import clock, publicity
from opm.lib.forms import one_line
from opm.lib.i18n import gettext as _
from opm.lib.markdown import Format
from opm.lib.slugs import slug
from opm.posts import publishing
from opm.posts.models import Post
from opm.wordpress import reader
from opm.wordpress.conversations import Conversations, in_utc
from opm.wordpress.filing import Filing
from opm.wordpress.reader import Item
from opm.wordpress.summary import Reason, Renamed, Summary
from opm.wordpress.text import paragraphs, summary, words

SOUND_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
BATCH = 20  # posts stored at a time: many together are quicker, and take more memory
LONGEST_SLUG = 200  # as in WordPress
KINDS = {"page": Reason.PAGE, "attachment": Reason.MEDIA, "nav_menu_item": Reason.MENU_ITEM}
STATUSES = {
    "draft": Reason.DRAFT,
    "auto-draft": Reason.DRAFT,
    "pending": Reason.IN_REVIEW,
    "future": Reason.FUTURE,
    "private": Reason.PRIVATE,
    "trash": Reason.TRASH,
}


def import_file(path) -> Summary:
    """Brings what is public in a WordPress export: posts, categories, tags, authors, approved comments.

    What came from this site before is left as it is, so a second import of a file changes nothing, and that of a newer
    file adds only what is new. Nobody is mailed.

    All of it is one transaction, which the caller commits. The file is read to its end before anything is written, and
    if anything fails, nothing of it stays. Raises reader.ImportRefused with a sentence.
    """
    export = reader.survey(path)
    told = Summary(export.source)
    with db.session.begin_nested():
        _Import(export, told).bring(reader.items(path))
        if told.has_changed_anything:
            publicity.bump()
    return told


class _Import:
    def __init__(self, export: reader.Export, told: Summary):
        self.told = told
        self.filing = Filing(export, told)
        self.conversations = Conversations(told)
        known = select(Post.source_id, Post.thread_id).where(Post.source == told.source)
        # By WordPress's numbers: the thread, once it has a number here.
        self.here: dict[str, int | None] = dict(db.session.execute(known).all())
        self.begun: list[tuple[Item, Post]] = []  # since the last time all was stored

    def bring(self, items) -> None:
        """Each of them, in the order of the file."""
        for item in items:
            if reason := _reason_against(item):
                self.told.left_out += Counter({reason: 1, Reason.ON_LEFT_OUT: len(item.comments)})
            elif item.id in self.here:
                self._continue(item)
            else:
                self._begin(item)
        self._store()

    def _continue(self, item: Item):
        """A post that is here: only its new comments come."""
        self._store()
        self.told.here["posts"] += 1
        thread_id = self.here[item.id]
        new = self.conversations.new_among(item.comments)
        if new:
            self.conversations.continue_in(thread_id, new, in_utc(item.at))
            self.conversations.store()

    def _begin(self, item: Item):
        post = self._written(item)
        publishing.place(post, in_utc(item.at), comments_closed_at=None if item.takes_comments else _closed_at(item))
        self.here[item.id] = None
        self.begun.append((item, post))
        self.told.brought["posts"] += 1
        self._note(post, unquote(item.slug))
        if len(self.begun) == BATCH:
            self._store()

    def _store(self):
        """Writes down the posts that were begun, then their comments: the comments need the numbers of the threads."""
        db.session.flush()
        for item, post in self.begun:
            self.here[item.id] = post.thread_id
            self.conversations.bring(self.conversations.new_among(item.comments), post.thread, post.published_at)
        self.conversations.store()
        self.begun.clear()

    def _written(self, item: Item) -> Post:
        title = words(item.title)
        post = Post(
            title=title or _("Untitled"),
            slug=_slug(item, title),
            categories=self.filing.of("category", item.terms),
            tags=self.filing.of("tag", item.terms),
            source=self.told.source,
            source_id=item.id,
        )
        post.authors = self.filing.authors(item.author, item.terms)
        post.write(paragraphs(item.content), Format.HTML)
        post.summary = summary(item.excerpt, post.html)
        post.changed_at = _last_changed(item)
        return post

    def _note(self, post: Post, slug: str):
        self.told.pictures += post.text.count("<img ") - post.html.count("<img ")
        if slug and slug != post.slug:
            self.told.renamed.append(Renamed(one_line(slug), post.address))


def _reason_against(item: Item) -> Reason | None:
    """Why it cannot be brought."""
    if item.kind != "post":
        return KINDS.get(item.kind, Reason.OTHER_KIND)
    if item.status != "publish":
        return STATUSES.get(item.status, Reason.OTHER_STATUS)
    if item.password:
        return Reason.PASSWORD
    if not item.id:
        return Reason.NO_NUMBER
    if item.at is None:
        return Reason.NO_DATE
    return Reason.FUTURE if in_utc(item.at) > clock.now() else None


def _slug(item: Item, title: str) -> str:
    """WordPress's own where it can stand in an address, however long; else what is left of it, or of the title."""
    own = unquote(item.slug)
    if SOUND_SLUG.fullmatch(own) and len(own) <= LONGEST_SLUG:
        return own
    return slug(own, otherwise=slug(title, otherwise=f"post-{item.id}"))


def _last_changed(item: Item) -> datetime:
    return min(max(in_utc(item.changed_at or item.at), in_utc(item.at)), clock.now())


def _closed_at(item: Item) -> datetime:
    """WordPress does not say when comments were closed: not before the last change to the post or its last comment."""
    said = [in_utc(comment.at) for comment in item.comments if comment.approved == "1" and comment.at]
    return min(max(_last_changed(item), *said), clock.now()) if said else _last_changed(item)
