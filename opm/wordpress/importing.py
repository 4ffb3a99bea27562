"""The story of an import: each post and page of the file, what posts are filed under, and the comments below them."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from urllib.parse import unquote

from sqlalchemy import select

from opm.comments.models import Comment, Thread
from opm.extensions import db, keep_ids_free
from opm.lib import clock, publicity
from opm.lib.forms import one_line
from opm.lib.i18n import gettext as _
from opm.lib.slugs import slug
from opm.posts import publishing
from opm.posts.models import Post
from opm.posts.pages import StandingPage, free_slug
from opm.wordpress import reader
from opm.wordpress.addresses import OldAddresses
from opm.wordpress.conversations import Conversations, in_utc
from opm.wordpress.filing import Filing
from opm.wordpress.reader import Export, Item, Upload
from opm.wordpress.summary import Kind, Reason, Renamed, Summary
from opm.wordpress.text import summary, words
from opm.wordpress.uploads import Uploads
from opm.wordpress.writing import Writing, last_changed

SOUND_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
BATCH = 20  # posts stored at a time: many together are quicker, and take more memory
LONGEST_SLUG = 200  # as in WordPress
KINDS = {"post": Kind.POSTS, "page": Kind.PAGES, "attachment": Kind.UPLOADS, "nav_menu_item": Kind.MENU_ITEMS}
STATUSES = {
    "draft": Reason.DRAFT,
    "auto-draft": Reason.DRAFT,
    "pending": Reason.IN_REVIEW,
    "future": Reason.FUTURE,
    "private": Reason.PRIVATE,
    "trash": Reason.TRASH,
}


def import_file(path) -> Summary:
    """Brings what is public in a WordPress export: posts and pages, what they are filed under, approved comments.

    What came from this site before is left as it is, so a second import of a file changes nothing, and that of a newer
    file adds only what is new. Old addresses lead to where things stand now. Nobody is mailed.

    All of it is one transaction, which the caller commits. The file is read to its end before anything is written, and
    if anything fails, nothing of it stays. Raises reader.ImportRefused with a sentence.
    """
    export = reader.survey(path)
    told = Summary(export.source)
    keep_ids_free(Comment.__table__, export.largest_comment_id)
    with db.session.begin_nested():
        _Import(export, told).bring(reader.items(path))
        if told.has_changed_anything:
            publicity.bump()
    return told


class _Import:
    def __init__(self, export: Export, told: Summary):
        self.told = told
        self.files = export.uploads
        self.filing = Filing(export, told)
        self.addresses = OldAddresses(export, told)
        writing = Writing(self.addresses, Uploads(export.uploads), told)
        conversations = Conversations(told, export.largest_comment_id)
        self.pages = _Pages(self.addresses, writing, told)
        self.posts = _Posts(self.addresses, writing, told, self.filing, conversations)
        self.writing = writing

    def bring(self, items: Iterable[Item]) -> None:
        """Each of them, in the order of the file."""
        self._note_shelves()
        for item in items:
            self.filing.see(item)
            kind = KINDS.get(item.kind, Kind.OTHERS)
            if reason := _reason_against(item, kind):
                self._leave_out(item, kind, reason)
            else:
                (self.pages if kind == Kind.PAGES else self.posts).take(item)
        self.posts.store()
        self._note_shelves()
        for upload in self.files:
            self._note_upload(upload)
        self.filing.count_others()
        self.writing.finish()
        self.addresses.remember(self.filing.living())

    def _leave_out(self, item: Item, kind: Kind, reason: Reason):
        if kind != Kind.UPLOADS:  # those are counted when it is known what they belong to
            self.told.leave_out(kind, reason)
        self.told.leave_out(Kind.COMMENTS, Reason.ON_LEFT_OUT, len(item.comments))

    def _note_shelves(self):
        for shelf in self.filing.addresses():
            self.addresses.shelf(*shelf)

    def _note_upload(self, upload: Upload):
        reason = STATUSES.get(upload.status)
        if not reason and self.addresses.upload(upload):
            reason = Reason.FILE_OF_OURS
        elif not reason:
            reason = Reason.LONE_FILE
            self.told.lone_files.append(upload.address)
        self.told.leave_out(Kind.UPLOADS, reason)


class _Pages:
    """Pages, each at the top of the site: WordPress nests them, and their old addresses lead there."""

    def __init__(self, addresses: OldAddresses, writing: Writing, told: Summary):
        self.addresses = addresses
        self.writing = writing
        self.told = told
        known = select(StandingPage).where(StandingPage.source == told.source)
        self.here = {page.source_id: page.address for page in db.session.scalars(known)}
        self.slugs = set(db.session.scalars(select(StandingPage.slug)))

    def take(self, item: Item) -> None:
        """Brings it, unless it is here."""
        if item.id in self.here:
            self.told.here[Kind.PAGES] += 1
        else:
            self.here[item.id] = self._brought(item).address
        self.addresses.item(item, self.here[item.id])
        self.told.leave_out(Kind.COMMENTS, Reason.ON_PAGE, len(item.comments))

    def _brought(self, item: Item) -> StandingPage:
        title = words(item.title)
        page = StandingPage(title=title or _("Untitled"), source=self.told.source, source_id=item.id)
        page.slug = free_slug(_slug(item, title), self.slugs)
        self.slugs.add(page.slug)
        self.writing.write(page, item)
        db.session.add(page)
        self.told.brought[Kind.PAGES] += 1
        _note_new_name(self.told, item, page)
        return page


class _Posts:
    """Posts with the comments below them, stored in batches."""

    def __init__(
        self,
        addresses: OldAddresses,
        writing: Writing,
        told: Summary,
        filing: Filing,
        conversations: Conversations,
    ):
        self.addresses = addresses
        self.writing = writing
        self.told = told
        self.filing = filing
        self.conversations = conversations
        known = select(Post.source_id, Thread.id, Thread.address).join(Post.thread).where(Post.source == told.source)
        # By WordPress's numbers: the thread, once it has a number here, and the address.
        self.here = {source_id: (id, address) for source_id, id, address in db.session.execute(known)}
        self.days: dict[date, set[str]] = {}  # the slugs that are taken on a day
        self.begun: list[tuple[Item, Post]] = []  # since the last time all was stored

    def take(self, item: Item) -> None:
        """Brings it with its comments, or its new comments where it is here."""
        if item.id in self.here:
            self._continue(item)
        else:
            self._begin(item)
        self.addresses.item(item, self.here[item.id][1])

    def store(self) -> None:
        """Writes down the posts that were begun, then their comments: the comments need the numbers of the threads."""
        db.session.flush()
        for item, post in self.begun:
            self.here[item.id] = post.thread_id, post.address
            self.conversations.bring(self.conversations.new_among(item.comments), post.thread, post.published_at)
        self.begun.clear()

    def _continue(self, item: Item):
        self.store()
        self.told.here[Kind.POSTS] += 1
        self.filing.keep(item)
        thread_id, _address = self.here[item.id]
        new = self.conversations.new_among(item.comments)
        if new:
            self.conversations.continue_in(thread_id, new, in_utc(item.at))

    def _begin(self, item: Item):
        post = self._written(item)
        closed_at = None if item.takes_comments else _closed_at(item)
        publishing.place(post, in_utc(item.at), comments_closed_at=closed_at, slugs_on=self._slugs_on)
        self.days[post.published_on].add(post.slug)
        self.here[item.id] = None, post.address
        self.begun.append((item, post))
        self.told.brought[Kind.POSTS] += 1
        _note_new_name(self.told, item, post)
        if len(self.begun) == BATCH:
            self.store()

    def _slugs_on(self, post: Post) -> set[str]:
        """Asked once a day: a day may have thousands."""
        if post.published_on not in self.days:
            self.days[post.published_on] = publishing.slugs_of_its_day(post)
        return self.days[post.published_on]

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
        self.writing.write(post, item)
        post.summary = summary(item.excerpt, post.html)
        return post


def _reason_against(item: Item, kind: Kind) -> Reason | None:
    """Why it cannot be brought."""
    if kind not in (Kind.POSTS, Kind.PAGES):
        return Reason.NO_PLACE
    if item.status != "publish":
        return STATUSES.get(item.status, Reason.OTHER_STATUS)
    if item.password:
        return Reason.PASSWORD
    if not item.id:
        return Reason.NO_NUMBER
    if item.at is None:
        return Reason.NO_DATE if kind == Kind.POSTS else None
    return Reason.FUTURE if in_utc(item.at) > clock.now() else None


def _slug(item: Item, title: str) -> str:
    """WordPress's own where it can stand in an address, however long; else what is left of it, or of the title."""
    own = unquote(item.slug)
    if SOUND_SLUG.fullmatch(own) and len(own) <= LONGEST_SLUG:
        return own
    return _what_is_left(own) or _what_is_left(title) or f"{item.kind}-{item.id}"


def _what_is_left(text: str) -> str:
    """A slug of this text; nothing where only a number would be left of words in another alphabet."""
    left = slug(text, otherwise="")
    return left if text.isascii() or re.search("[a-z]", left) else ""


def _note_new_name(told: Summary, item: Item, thing: Post | StandingPage) -> None:
    was = unquote(item.slug)
    if was and was != thing.slug:
        told.renamed.append(Renamed(one_line(was), thing.address))


def _closed_at(item: Item) -> datetime:
    """WordPress does not say when comments were closed: not before the last change to the post or its last comment."""
    said = [in_utc(comment.at) for comment in item.comments if comment.approved == "1" and comment.at]
    return min(max(last_changed(item), *said), clock.now()) if said else last_changed(item)
