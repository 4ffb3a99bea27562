"""What happens to pictures in the library: one comes, its file is replaced, it goes. And what shows it.

To look into a file takes seconds, and is done first, with `decoding.anew`: nobody else's writing waits for that.
"""

from dataclasses import dataclass
from pathlib import PurePath

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from opm import settings
from opm.accounts.abilities import Ability
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import moved
from opm.lib.moved import Moved
from opm.posts.drafts import Draft, PageDraft
from opm.posts.models import Post
from opm.posts.models import State as PostState
from opm.posts.pages import StandingPage
from opm.posts.pictures import media
from opm.posts.pictures.decoding import Anew
from opm.posts.pictures.models import Picture, State

LOGO_BOX = 240, 40  # px on the page


class InUse(Exception):
    """Something shows the picture, so it cannot be dropped."""


class AlreadyHere(Exception):
    """Another picture of the library has this very file."""

    def __init__(self, picture: Picture):
        super().__init__(picture)
        self.picture = picture


def add(anew: Anew, called: str, by: Person | None = None, **said) -> tuple[Picture, bool]:
    """Takes a picture in, with what is said of it. Returns it, and whether it is new here. The caller commits.

    One that is here already is returned as it is; what is said of it counts where nothing was, from who may say it.
    """
    name = _kept(anew, called)
    picture = Picture.of_file(name, anew, by, **said)
    try:
        with db.session.begin_nested():
            db.session.add(picture)
    except IntegrityError:
        found = db.session.scalar(select(Picture).where(Picture.name == name))
        if found.needs_words and may_describe(found, by):
            found.describe(**said)
        return found, False
    return picture, True


def replace(picture: Picture, anew: Anew, called: str) -> list[str]:
    """Gives it another file; all that shows it shows that one soon, also texts that know it by its old address.

    Returns the names of the old files: once the caller has committed, they are to be dropped. Raises AlreadyHere.
    """
    name, old = _kept(anew, called, picture.address), picture.files
    other = db.session.scalar(select(Picture).where(Picture.name == name))
    if other is not None:
        raise AlreadyHere(other)
    before, was_logo = picture.address, is_logo(picture)
    picture.name = name
    picture.width, picture.height, picture.byte_count = anew.width, anew.height, len(anew.content)
    picture.state, picture.renditions, picture.is_stale = State.WAITING, [], True
    _lead(old, before, picture.address)
    if was_logo:
        settings.change(logo=(picture.address, *picture.fits(*LOGO_BOX)))
    return old


def drop(picture: Picture) -> list[str]:
    """Takes it out of the library. Returns the names of its files: after the commit they are to be dropped.

    Raises InUse. What old revisions of a text showed is gone from them, too.
    """
    if uses_of(picture).any:
        raise InUse
    db.session.execute(delete(Moved).where(Moved.to == picture.address))
    db.session.delete(picture)
    return picture.files


@dataclass(frozen=True)
class Uses:
    """What shows a picture."""

    posts: list[Post]
    pages: list[StandingPage]
    drafts: list[Post]  # into which somebody has typed it and not saved yet
    page_drafts: list[PageDraft]
    is_on_about_page: bool
    is_logo: bool

    @property
    def any(self) -> bool:
        """Whether there is anything."""
        shown = self.posts or self.pages or self.is_on_about_page or self.is_logo
        return bool(shown or self.drafts or self.page_drafts)

    @property
    def are_public(self) -> bool:
        """Whether readers see it, or will without anybody deciding it again."""
        shown = any(post.state in (PostState.PUBLISHED, PostState.SCHEDULED) for post in self.posts)
        return shown or any(page.is_published for page in self.pages) or self.is_on_about_page or self.is_logo


def uses_of(picture: Picture) -> Uses:
    """What shows it now."""
    addresses = _addresses(picture)
    typed, on_page = [
        or_(*[drafts.text.contains(address, autoescape=True) for address in addresses]) for drafts in (Draft, PageDraft)
    ]
    posts = select(Post).where(Post.pictures.any(Picture.id == picture.id)).order_by(Post.id.desc())
    pages = select(StandingPage).where(StandingPage.pictures.any(Picture.id == picture.id)).order_by(StandingPage.id)
    drafts = select(Post).where(Post.id.in_(select(Draft.post_id).where(typed))).order_by(Post.id.desc())
    on_pages = select(PageDraft).where(on_page).order_by(PageDraft.room, PageDraft.person_id)
    shown = posts, pages, drafts, on_pages.options(joinedload(PageDraft.person))
    found = [list(db.session.scalars(some)) for some in shown]
    return Uses(*found, is_on_about_page(picture), is_logo(picture))


def may_describe(picture: Picture, person: Person | None) -> bool:
    """Whether they may say what it shows: of what readers see, only who may change that. None is the site itself."""
    return person is None or person.may(Ability.PUBLISH) or not uses_of(picture).are_public


def is_on_about_page(picture: Picture) -> bool:
    """Whether the words about the site show it."""
    about = settings.current().about
    return media.ADDRESS in about and any(address in about for address in _addresses(picture))


def is_logo(picture: Picture) -> bool:
    """Whether it stands at the head of every page."""
    logo = settings.current().logo
    return bool(logo) and logo[0] in _addresses(picture)


def _addresses(picture: Picture) -> list[str]:
    """Its own, and those that it had."""
    return [picture.address, *db.session.scalars(select(Moved.path).where(Moved.to == picture.address))]


def _kept(anew: Anew, called: str, address: str | None = None) -> str:
    """Stores the file under a name that no other picture had before its file was replaced: old texts mean that one."""
    stem, number = PurePath(called).stem, 1
    while True:
        name = media.name_for(anew.content, stem if number == 1 else f"{stem} {number}", anew.ending)
        leads_to = db.session.scalar(select(Moved.to).where(Moved.path == media.ADDRESS + name))
        if leads_to in (None, address):
            media.store(name, anew.content)
            return name
        number += 1


def _lead(old_names: list[str], before: str, now: str) -> None:
    """Old addresses, also of what was made of the old file, lead to the one of now; and that leads nowhere else."""
    moved.move(before, now)
    for name in old_names:
        moved.remember(media.ADDRESS + name, now)
