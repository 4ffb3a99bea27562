"""A post's way to the public and back: review, schedule, its address, its thread, its place in the day.

Each act names the states in which it can be done. The post is held meanwhile, so of two people at once, or of a person
and the clock, the second is told that it is so already.
"""

import contextlib
import re
from collections.abc import Callable, Set
from datetime import date, datetime, timedelta

from sqlalchemy import select

from opm import settings
from opm.accounts import audit, elections
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.comments import closing
from opm.comments.models import Thread, ThreadAct
from opm.extensions import db
from opm.lib import clock, moved, publicity
from opm.lib.i18n import gettext as _
from opm.lib.slugs import first_free
from opm.posts import checks
from opm.posts.checks import Check
from opm.posts.models import NotNow, Post, State, address_of

LONGEST_REASON = 500
# What stands under a day or a post in its address, so that no post can be called so.
NO_SLUGS = {"comments", "feed", "page", "report"}
OLD_PAGE_OF_COMMENTS = re.compile(r"comment-page-\d+")
ACTS = {"open": ThreadAct.OPEN, "until": ThreadAct.CLOSE_AFTER, "closed": ThreadAct.CLOSE}
NOW_IN_EFFECT = timedelta(minutes=1)  # before now, a moment is not back-dated yet
BEFORE_PUBLICATION = State.DRAFT, State.IN_REVIEW, State.SCHEDULED


class NeedsAnother(Exception):
    """Two people have to see each post, and this person saved it last."""


class InThePast(Exception):
    """A post is scheduled for a moment to come."""


class NotReady(Exception):
    """The checks found what keeps a post from the public: `sentences` say what."""

    def __init__(self, found: list[Check]):
        super().__init__(found)
        self.sentences = [check.sentence for check in found]


class NothingToRead(NotReady):
    """A post without text is not published."""

    def __init__(self):
        super().__init__([])
        self.sentences = [_("There is no text in it yet.")]


class SlugTaken(Exception):
    """Another post of that day has this address. `free` is the nearest that none has."""

    def __init__(self, free: str):
        super().__init__(free)
        self.free = free


def submit(post: Post, by: Person) -> None:
    """Asks the editors to read it. The caller commits. Raises NotNow, NothingToRead."""
    _expect(post, State.DRAFT)
    _expect_text(post)
    post.state, post.submitted_at, post.submitted_by, post.returned_because = State.IN_REVIEW, clock.now(), by, ""


def send_back(post: Post, because: str = "") -> None:
    """Back to whoever writes it, with a word on what is missing. The caller commits. Raises NotNow."""
    _expect(post, State.IN_REVIEW)
    post.state, post.returned_because = State.DRAFT, because


def schedule(post: Post, at: datetime, by: Person) -> None:
    """It goes public by itself then, at an address that is its own from now on. The caller commits.

    Raises NotNow, NeedsAnother, NothingToRead, NotReady, InThePast.
    """
    _expect(post, *BEFORE_PUBLICATION)
    _expect_ready(post, by)
    if at <= clock.now():
        raise InThePast
    elections.expect_leave(by, "post", post.id, post.title)
    publicity.hold()
    post.state, post.publish_at, post.returned_because = State.SCHEDULED, at, ""
    _take_address(post, at)


def see_again(post: Post, by: Person) -> None:
    """A scheduled post was changed: where two people see each, another has to let it go out now. The caller commits."""
    if settings.current().two_people_publish:
        unschedule(post)
        submit(post, by)
        audit.record(by, Did.SUBMITTED, "post", post.id, post.title)


def unschedule(post: Post) -> None:
    """It is a draft again. The caller commits. Raises NotNow."""
    _expect(post, State.SCHEDULED)
    post.state, post.publish_at, post.published_on = State.DRAFT, None, None


def publish_now(post: Post, by: Person) -> None:
    """Makes it public. The caller commits. Raises NotNow, NeedsAnother, NothingToRead, NotReady."""
    _expect(post, *BEFORE_PUBLICATION)
    _expect_ready(post, by)
    elections.expect_leave(by, "post", post.id, post.title)
    publish(post, clock.now())


def publish_due() -> list[int]:
    """Makes public what is scheduled and due. Returns the posts' ids. The caller commits.

    A post appears as of the moment it was promised for, also where the machine slept through that. It is looked at
    again once it is held: somebody may have taken it off meanwhile, and another worker may have been quicker.
    In election time none goes out by itself; what was due then goes out, and appears, once that is over.
    """
    if settings.current().election_is_on:
        return []
    ids = db.session.scalars(Post.due()).all()
    held = {id: Post.held(id) for id in sorted(ids)}
    due = [
        post for post in map(held.get, ids) if post and post.state == State.SCHEDULED and post.publish_at <= clock.now()
    ]
    if due:
        publicity.hold()
        settings.look_again()
    if settings.current().election_is_on:  # somebody was quicker
        return []
    for post in due:
        place(post, max(post.publish_at, settings.current().election_turned_at or post.publish_at))
        audit.record(None, Did.PUBLISHED, "post", post.id, post.title)
    if due:
        publicity.bump()
    return [post.id for post in due]


def publish(post: Post, at: datetime, *, comments_closed_at: datetime | None = None) -> None:
    """Makes it public from this moment on, at an address of its own, with a thread to comment in. The caller commits.

    A slug that another post of that day has is given a number. A moment in the past mails no one.
    """
    publicity.hold()
    if at < clock.now() - NOW_IN_EFFECT:
        post.is_quiet = True
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
    post.state, post.published_at, post.publish_at, post.returned_because = State.PUBLISHED, at, None, ""
    _take_address(post, at, slugs_on or slugs_of_its_day)
    closed_at = at if post.comments_closed else comments_closed_at
    closes_at = closing.end_of(post.comments_last_day) if post.comments_last_day and not closed_at else None
    post.thread = Thread(address=post.address, title=post.title, opened_at=at, closed_at=closed_at, closes_at=closes_at)
    db.session.add(post)


def withdraw(post: Post, because: str, to: str = "") -> None:
    """Takes it and its comments away; its address says so from now on, and why, or leads to another.

    The caller commits. Raises NotNow unless it is published. Thread, then public version: the locks' order everywhere.
    """
    _expect(post, State.PUBLISHED)
    post.state, post.withdrawn_at = State.WITHDRAWN, clock.now()
    post.withdrawn_because, post.withdrawn_to, post.is_featured = because, to, False
    Thread.held(post.thread_id).is_public = False
    publicity.bump()


def set_aside(post: Post) -> None:
    """Out of the way, and not lost: one that nobody wants to finish. The caller commits. Raises NotNow."""
    _expect(post, State.DRAFT, State.IN_REVIEW)
    post.state, post.withdrawn_at = State.WITHDRAWN, clock.now()


def put_back(post: Post, by: Person) -> None:
    """A withdrawn post and its comments are public again, where they were; one that was set aside is a draft again.

    The caller commits. Raises NotNow; and where it would be public with words that nobody has published yet, what
    `publish_now` raises.
    """
    _expect(post, State.WITHDRAWN)
    if not post.is_set_aside:
        elections.expect_leave(by, "post", post.id, post.title)
    if not post.is_set_aside and post.changed_at > post.withdrawn_at:
        _expect_ready(post, by)
    post.state, post.withdrawn_at = State.DRAFT, None
    if post.thread_id is not None:
        post.state, post.withdrawn_because, post.withdrawn_to = State.PUBLISHED, "", ""
        Thread.held(post.thread_id).is_public = True
        publicity.bump()


def readdress(post: Post, slug: str, takes_over: bool = False) -> None:
    """Gives it another address; the old one of a public post leads there. The caller commits.

    Raises SlugTaken; LeadsOn, unless it takes over an address from which readers are led to another post.
    """
    thread = Thread.held(post.thread_id) if post.thread_id else None
    publicity.hold()
    taken = _taken(slug, _slugs_of_others(post) if post.published_on else set())
    if slug in taken:
        raise SlugTaken(first_free(slug, taken | (slugs_of_its_day(post) if post.published_on else set())))
    before = post.published_on and post.address
    if before and not takes_over:
        moved.expect_unclaimed(address_of(post.published_on, slug), by=before)
    post.slug, post.is_slug_chosen = slug, True
    if before:
        moved.forget(post.address)
    if thread and before != post.address:
        moved.move(before, post.address)
        thread.address = post.address
        publicity.bump()


def comments_of(post: Post) -> tuple[str, date | None]:
    """Whether its comments are `open`, `closed` or open `until` a last day, as somebody decided; and that day."""
    if post.thread is None:
        return _in_a_word(post.comments_closed, post.comments_last_day)
    closes_at = post.thread.closes_at
    last_day = closes_at and settings.current().local(closes_at - timedelta.resolution).date()
    return _in_a_word(post.thread.closed_at is not None, last_day)


def set_comments(post: Post, how: str, last_day: date | None, by: Person) -> None:
    """Opens or closes its comments (see `comments_of`); of a post to come, for when it is public. The caller commits.

    Raises TooOld where the site closes threads of this age and no day was named.
    """
    if comments_of(post) == (how, last_day):
        return
    if post.thread is None:
        post.comments_closed, post.comments_last_day = how == "closed", last_day
        audit.record(by, Did.SET_COMMENTS, "post", post.id, post.title, f"{how} {last_day or ''}".strip())
    else:
        with contextlib.suppress(closing.NothingToDo):
            closing.decide(Thread.held(post.thread_id), ACTS[how], by, last_day)


def expect_fit_for_public(post: Post) -> None:
    """Raises NotReady where something in it must not go out so, or there is nothing in it."""
    _expect_text(post)
    if found := checks.blocking(post):
        raise NotReady(found)


def slugs_of_its_day(post: Post) -> set[str]:
    """The slugs that other posts of its day have, also those that are not stored yet; and had, where they lead on."""
    with db.session.no_autoflush:
        return _slugs_of_others(post) | _had_once(post.address)


def _slugs_of_others(post: Post) -> set[str]:
    with db.session.no_autoflush:
        taken = select(Post.slug).where(Post.published_on == post.published_on, Post.id != (post.id or 0))
        return set(db.session.scalars(taken)) | {
            other.slug
            for other in db.session.new
            if isinstance(other, Post) and other is not post and other.published_on == post.published_on
        }


def _had_once(address: str) -> set[str]:
    """The slugs of this day that lead to where another post stands now."""
    day = address.rpartition("/")[0].rpartition("/")[0]
    return {path.removeprefix(f"{day}/").removesuffix("/") for path in moved.under(f"{day}/", besides=address)}


def _in_a_word(is_closed: bool, last_day: date | None) -> tuple[str, date | None]:
    return ("closed", None) if is_closed else ("until", last_day) if last_day else ("open", None)


def _take_address(post: Post, at: datetime, slugs_on: Callable[[Post], Set[str]] = slugs_of_its_day) -> None:
    post.published_on = settings.current().local(at).date()
    post.slug = first_free(post.slug, _taken(post.slug, slugs_on(post)))


def _taken(slug: str, by_others: Set[str]) -> set[str]:
    """Which slugs of this day a post that would have this one cannot have."""
    return NO_SLUGS.union(by_others, {slug} if OLD_PAGE_OF_COMMENTS.fullmatch(slug) else ())


def _expect(post: Post, *states: State) -> None:
    if post.state not in states:
        raise NotNow


def _expect_ready(post: Post, by: Person) -> None:
    if settings.current().two_people_publish and post.changed_by_id == by.id:
        raise NeedsAnother
    expect_fit_for_public(post)


def _expect_text(post: Post) -> None:
    if not post.html:
        raise NothingToRead
