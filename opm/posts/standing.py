"""Keeping standing pages true: writing, publishing and withdrawing them, moving them, and reading them through."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from opm.accounts import elections
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import clock, moved, publicity, slugs
from opm.posts.pages import NotPossible, Overtaken, PageRevision, SlugTaken, StandingPage, State, free_slug

KIND = "page"  # of entry in the audit log


def begin(title: str, text: str, by: Person, slug: str = "", takes_over: bool = False) -> StandingPage:
    """A draft with these words. The caller commits.

    Without a slug it gets one from its title that is free. Raises SlugTaken for one that is not; LeadsOn, unless it
    takes over an address from which readers are led elsewhere.
    """
    page = StandingPage(title=title, state=State.DRAFT, changed_by=by)
    page.write(text)
    if slug:
        _claim(page, slug)
    else:
        _claim_free(page, slugs.slug(title))
    if not takes_over:
        moved.expect_unclaimed(page.address)
    _remember(page, by)
    return page


def save(page: StandingPage, title: str, text: str, by: Person, revision: int) -> None:
    """Its words from now on; the page is held. The caller commits.

    Raises Overtaken if somebody has saved since this person opened it; ElectionTime where the public would see the new
    words at once. Words that are as they were make no revision.
    """
    if revision != page.revision:
        raise Overtaken
    if (title, text) == (page.title, page.text):
        return
    if page.is_published:
        elections.expect_leave(by, KIND, page.id, page.title)
    if db.session.get(PageRevision, (page.id, page.revision)) is None:  # it was imported, or is older than revisions
        _remember(page, page.changed_by)
    page.title, page.changed_by, page.revision = title, by, page.revision + 1
    page.write(text, page.format)
    _remember(page, by)
    _announce(page)


def move(page: StandingPage, slug: str, takes_over: bool = False) -> None:
    """It stands at this slug from now on; where readers knew the old address, that leads there. The caller commits.

    Raises SlugTaken; LeadsOn as for a new one.
    """
    if slug == page.slug:
        return
    old, was_known = page.address, page.state != State.DRAFT
    _claim(page, slug)
    if not takes_over:
        moved.expect_unclaimed(page.address, by=old)
    if was_known:
        moved.move(old, page.address)
        publicity.bump()


def publish(page: StandingPage, by: Person) -> None:
    """The public sees it from now on. The caller commits. Raises NotPossible if it does already; ElectionTime."""
    if page.is_published:
        raise NotPossible
    elections.expect_leave(by, KIND, page.id, page.title)
    page.state, page.withdrawn_because, page.withdrawn_to = State.PUBLISHED, "", ""
    moved.forget(page.address)
    publicity.bump()


def withdraw(page: StandingPage, because: str, to: str = "") -> None:
    """Its address says why it is gone, or leads readers to this path. The caller commits.

    Raises NotPossible unless it is published.
    """
    if not page.is_published:
        raise NotPossible
    page.state, page.withdrawn_because, page.withdrawn_to = State.WITHDRAWN, because, to
    publicity.bump()


def confirm(page: StandingPage, by: Person, revision: int, review_on: date) -> None:
    """Somebody has read it through and it is still true; it is due again on that day. The caller commits.

    Raises Overtaken if it is not what they have read.
    """
    if revision != page.revision:
        raise Overtaken
    page.reviewed_at, page.reviewed_by, page.review_on = clock.now(), by, review_on


def _taken() -> set[str]:
    return set(db.session.scalars(select(StandingPage.slug)))


def _claim_free(page: StandingPage, slug: str) -> None:
    """The slug, or the next that nobody is quicker to take."""
    try:
        _claim(page, free_slug(slug, _taken()))
    except SlugTaken:
        _claim_free(page, slug)


def _claim(page: StandingPage, slug: str) -> None:
    """Of two at once one alone gets the slug."""
    free = free_slug(slug, _taken())
    if free != slug:
        raise SlugTaken(free)
    try:
        with db.session.begin_nested():
            page.slug = slug
            db.session.add(page)
    except IntegrityError:
        raise SlugTaken(free_slug(slug, _taken())) from None


def _remember(page: StandingPage, by: Person | None) -> None:
    words = {"title": page.title, "text": page.text, "saved_at": page.changed_at}
    db.session.add(PageRevision(page_id=page.id, number=page.revision, by=by, **words))


def _announce(page: StandingPage) -> None:
    if page.is_published:
        publicity.bump()
