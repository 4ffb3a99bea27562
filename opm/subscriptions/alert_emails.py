"""What we write to subscribers: of one post, of what is new in a thread, and of all that is new since the last digest.

Each is made of what it was written down to tell (`Told`), as that reads when the mail leaves. What is not public any
more is left out, as is what was brought by a subscription that has ended; a mail with nothing left does not go.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload, undefer

from opm import settings
from opm.comments.models import Comment, Thread
from opm.extensions import db
from opm.filters import day_in_words, listed
from opm.lib.forms import one_line
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext
from opm.lib.markdown import plain, shorten
from opm.lib.redaction import with_gaps
from opm.outbox.letters import Button, Entry, Group, Letter, Link, Part, Typed, write
from opm.outbox.models import Email
from opm.posts.filed import Byline
from opm.posts.models import Post
from opm.subscriptions import alerts, digests, letters, threads, topics
from opm.subscriptions.audience import can_be_mailed
from opm.subscriptions.models import Rhythm, Subscriber, Subscription, Told

LONGEST_SUBJECT = 120  # characters; a phone shows about 40 of them
LONGEST_OPENING = 600  # of a post that has no summary
MOST_OF_ONE, MOST_OF_EACH = 2_000, 400  # characters of a comment that comes alone, or with others
MOST_COMMENTS, MOST_POSTS = 10, 20  # in one mail; how many more there are is said


@dataclass(frozen=True)
class Telling:
    """What one mail tells whom, and by which subscriptions: the oldest first."""

    subscriber: Subscriber
    rows: list[tuple[Told, Subscription]]

    @classmethod
    def of(cls, email: Email) -> "Telling | None":
        """All of it that is still wanted; None where nothing is, or the address is no longer theirs."""
        wanted = (
            select(Told, Subscription, Subscriber)
            .join(Subscription, Subscription.id == Told.subscription_id)
            .join(Subscriber, Subscriber.id == Told.subscriber_id)
            .where(Told.email_id == email.id, Subscription.stands(), can_be_mailed())
            .where(Subscriber.id == email.about_id, Subscriber.email == email.recipient)
            .where(Subscriber.nonce == email.nonce)
            .order_by(Subscription.id, Told.id)
        )
        rows = db.session.execute(wanted).all()
        return cls(rows[0][2], [(told, subscription) for told, subscription, _subscriber in rows]) if rows else None

    def posts(self) -> dict[int, Post]:
        """Those that are public, with their bylines, in the order in which they are told."""
        ids = [told.post_id for told, _subscription in self.rows if told.post_id]
        named = selectinload(Post.bylines).joinedload(Byline.author)
        these = select(Post).where(Post.id.in_(ids), Post.is_public()).options(named, undefer(Post.html))
        found = {post.id: post for post in db.session.scalars(these)} if ids else {}
        return {id: found[id] for id in ids if id in found}

    def comments(self) -> list[Comment]:
        """Those that are public, each thread's in their order."""
        ids = [told.comment_id for told, _subscription in self.rows if told.comment_id]
        these = select(Comment).join(Comment.thread).where(Comment.id.in_(ids), threads.is_public(Comment, Thread))
        these = these.options(joinedload(Comment.thread), joinedload(Comment.parent))
        return list(db.session.scalars(these.order_by(Comment.thread_id, Comment.number))) if ids else []


def of_post(email: Email) -> Letter | None:
    """One post: its title, who wrote it, what it is about, and the way there."""
    telling = Telling.of(email)
    post = next(iter(telling.posts().values()), None) if telling else None
    if post is None:
        return None
    _told, subscription = telling.rows[0]
    return write(
        subject(post.title),
        post.title,
        _note(post),
        _about(post, LONGEST_OPENING),
        Button(_("Read it"), post.address),
        *letters.closing(telling.subscriber, subscription=subscription),
        one_click=letters.one_click(telling.subscriber, subscription=subscription),
    )


def of_comments(email: Email) -> Letter | None:
    """What is new in one thread, in the words that are public there."""
    telling = Telling.of(email)
    comments = telling.comments() if telling else []
    if not comments:
        return None
    title, count = comments[0].thread.title, len(comments)
    heading = ngettext("A new comment on “%(title)s”", "%(num)s new comments on “%(title)s”", count, title=title)
    longest = MOST_OF_ONE if count == 1 else MOST_OF_EACH
    _told, subscription = telling.rows[0]
    return write(
        subject(title, ngettext("a new comment", "%(num)s new comments", count)),
        heading,
        *(part for comment in comments[:MOST_COMMENTS] for part in _said(comment, longest)),
        _more_comments(comments[MOST_COMMENTS:]),
        *letters.closing(telling.subscriber, subscription=subscription),
        one_click=letters.one_click(telling.subscriber, subscription=subscription),
    )


def of_all(email: Email) -> Letter | None:
    """What is new since the last digest: posts by what brought them, then threads with how much is new in each."""
    telling = Telling.of(email)
    posts, comments = (telling.posts(), telling.comments()) if telling else ({}, [])
    if not posts and not comments:
        return None
    by_thread = [list(group) for _id, group in groupby(comments, lambda comment: comment.thread_id)]
    first = next(iter(posts.values())).title if posts else comments[0].thread.title
    digested = (each.rhythm for _told, each in telling.rows if each.rhythm != Rhythm.AT_ONCE)  # it may have changed
    rhythm = next(digested, Rhythm.DAILY)
    return write(
        subject(first, _how_much_more(len(posts), len(comments))),
        _("What is new on %(site)s", site=settings.current().site_name),
        *_by_topic(telling, posts),
        Group(_("New comments")) if by_thread else None,
        *(_new_in(group) for group in by_thread),
        *letters.closing(telling.subscriber, rhythm=rhythm),
        one_click=letters.one_click(telling.subscriber, rhythm=rhythm),
    )


def subject(title: str, then: str = "") -> str:
    """The title first, then what else is to be said and the site's name; cut at a word where it is long.

    A title is the team's own text; what old mail software takes for an encoded header is parted in it all the same.
    """
    end = one_line(", ".join(filter(None, [then, settings.current().site_name])))
    whole = shorten(one_line(title), LONGEST_SUBJECT - len(end) - 3)
    return f"{whole} ({end})".replace("=?", "= ?")


def _note(post: Post) -> str:
    names, day = [byline.author.name for byline in post.bylines], day_in_words(post.published_on)
    return _("By %(names)s, %(day)s", names=_in_a_row(names), day=day) if names else day


def _in_a_row(names: list[str]) -> str:
    """Names as a sentence has them, as text."""
    return listed(names).unescape()


def _about(post: Post, longest: int) -> str:
    return one_line(post.summary) or shorten(plain(post.html), longest)


def _said(comment: Comment, longest: int) -> Iterator[Part]:
    """One comment: its number, who wrote it and in answer to what, then its words, then its place."""
    said_by = {"number": comment.number, "name": comment.name}
    if comment.parent and comment.parent.number:
        yield _("Comment %(number)s, by %(name)s, in answer to comment %(answered)s:", **said_by,
                answered=comment.parent.number)  # fmt: skip
    else:
        yield _("Comment %(number)s, by %(name)s:", **said_by)
    text = with_gaps(comment.text)
    yield Typed(text if len(text) <= longest else shorten(text, longest))
    yield Link(_("Read it there, or answer"), f"/comment/{comment.id}")


def _more_comments(others: list[Comment]) -> Link | None:
    if not others:
        return None
    more = ngettext("%(num)s more is new.", "%(num)s more are new.", len(others))
    return Link(_("Read on from comment %(number)s", number=others[0].number), f"/comment/{others[0].id}", before=more)


def _by_topic(telling: Telling, posts: dict[int, Post]) -> Iterator[Part]:
    """Each post under what brought it; where that is one thing for all, it needs no heading."""
    shown = [(s, posts[told.post_id]) for told, s in telling.rows if told.post_id in posts]
    groups = [(s, [post for _s, post in group]) for s, group in groupby(shown, lambda each: each[0])]
    named = topics.named([(s.topic, s.topic_id) for s, _posts in groups]) if len(groups) > 1 else {}
    left = MOST_POSTS
    for subscription, of_it in groups:
        if name := named.get((subscription.topic, subscription.topic_id)):
            yield Group(name.words)
        for post in of_it[: max(left, 0)]:
            yield Entry(post.title, post.address, _note(post))
            yield _about(post, MOST_OF_EACH)
        left -= len(of_it)
    if left < 0:
        yield Link(_("See all posts"), "/", before=ngettext("%(num)s more is new.", "%(num)s more are new.", -left))


def _new_in(comments: list[Comment]) -> Entry:
    count = len(comments)
    return Entry(
        comments[0].thread.title,
        f"/comment/{comments[0].id}",
        ngettext("%(num)s new comment", "%(num)s new comments", count),
    )


def _how_much_more(posts: int, comments: int) -> str:
    others = max(posts - 1, 0)
    said: Iterable[str] = (
        ngettext("%(num)s more post", "%(num)s more posts", others) if others else "",
        ngettext("%(num)s new comment", "%(num)s new comments", comments) if comments else "",
    )
    return ", ".join(filter(None, said))


RENDERERS = {alerts.MAIL: of_post, threads.MAIL: of_comments, digests.MAIL: of_all}
