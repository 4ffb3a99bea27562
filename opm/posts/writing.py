"""Writing posts: beginning one, and saving it so that nobody's words are lost.

Every save is a revision, which is kept. It says from which one it began: where somebody else has saved meanwhile
nothing is written, and whoever comes second is shown both.
"""

from dataclasses import dataclass

from sqlalchemy import delete, select

from opm.accounts import elections
from opm.accounts.models import Person
from opm.comments.models import Thread
from opm.extensions import db
from opm.lib import clock, publicity
from opm.lib.slugs import slug
from opm.posts import filing, publishing
from opm.posts.drafts import Draft
from opm.posts.models import Post, Revision, State


class Overtaken(Exception):
    """Somebody else has saved this post since these words were begun."""


@dataclass(frozen=True)
class Words:
    """What a post says."""

    title: str
    summary: str = ""
    text: str = ""

    @classmethod
    def of(cls, holder: Post | Revision | Draft) -> "Words":
        """Those of a post, of a revision, or of somebody's draft."""
        return cls(holder.title, holder.summary, holder.text)


def begin(title: str, by: Person) -> Post:
    """A new draft, with its first revision, under the byline of who begins it. The caller commits."""
    post = Post(title=title, slug=slug(title), written_by=by, authors=[filing.author_of(by)])
    db.session.add(post)
    db.session.flush()
    _keep(post, by)
    return post


def save(post: Post, words: Words, by: Person, revision: int, **filed) -> bool:
    """Writes these words, and files the post anew where `filed` says how (see `filing.file`). The caller commits.

    The post is held. Returns whether anything is otherwise now: then it is the next revision, and public at once if the
    post is. Sent twice it is one. Raises Overtaken, PlaceTaken, and NotReady where it would be public with what must
    not be; ElectionTime where it would be public at once.
    """
    if revision != post.revision:
        if words != Words.of(post) or (filed and not filing.is_filed(post, **filed)):
            raise Overtaken
        return False
    keep_the_first(post)
    before = Words.of(post), as_filed(post)
    _write(post, words)
    if filed:
        filing.file(post, **filed)
    drop_draft(post, by)
    if (Words.of(post), as_filed(post)) == before:
        return False
    if post.state in (State.SCHEDULED, State.PUBLISHED):
        publishing.expect_fit_for_public(post)
    if post.state == State.PUBLISHED:
        elections.expect_leave(by, "post", post.id, post.title)
    post.revision += 1
    _keep(post, by)
    if post.state == State.SCHEDULED:
        publishing.see_again(post, by)
    if post.state == State.PUBLISHED:
        Thread.held(post.thread_id).title = post.title
        publicity.bump()
    return True


def keep_the_first(post: Post) -> None:
    """A post that came from elsewhere has no revision yet: what it says is kept before it changes."""
    if post.revision > 1:
        return
    of_it = select(Revision.id).where(Revision.post_id == post.id).limit(1)
    if db.session.scalar(of_it) is None:
        db.session.add(_revision(post, by=None, saved_at=post.changed_at))


def keep_filing(post: Post, by: Person) -> None:
    """The post was filed elsewhere than in its editor: whoever has it open there is told before they save.

    The post is held, and its first revision was kept before (`keep_the_first`). The caller commits.
    """
    post.revision += 1
    _keep(post, by)


def as_filed(post: Post) -> dict:
    """What a post is filed under, by name."""
    return {
        "authors": [author.name for author in post.authors],
        "categories": sorted(category.name for category in post.categories),
        "tags": sorted(tag.name for tag in post.tags),
        "series": [post.series.title, post.series_position] if post.series else [],
    }


def drop_draft(post: Post, by: Person) -> None:
    """What this person had typed and not saved is not needed any more."""
    db.session.execute(delete(Draft).where(Draft.post_id == post.id, Draft.person_id == by.id))


def _write(post: Post, words: Words) -> None:
    post.title, post.summary = words.title, words.summary
    if words.text != post.text:
        post.write(words.text, post.format)
    if post.published_on is None and not post.is_slug_chosen:
        post.slug = slug(words.title)


def _keep(post: Post, by: Person | None) -> None:
    """The post as it is, as a revision."""
    post.changed_by, post.changed_at = by, clock.now()
    db.session.add(_revision(post, by=by, saved_at=post.changed_at))
    db.session.flush()  # who saved it last is asked next


def _revision(post: Post, **saved) -> Revision:
    words = {"title": post.title, "summary": post.summary, "text": post.text, "format": post.format}
    return Revision(post_id=post.id, number=post.revision, filed=as_filed(post), **words, **saved)
