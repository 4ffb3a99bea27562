"""What a post said before: its versions, what changed from one to another, and going back to one."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import zip_longest

from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, undefer

from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import clock, worddiff
from opm.lib.i18n import lazy_gettext as _
from opm.lib.paging import Page, pages
from opm.posts import drafting, sheets, writing
from opm.posts.models import Post, Revision, State
from opm.posts.writing import Words

ON_A_PAGE = 20
FILED = {"authors": _("Authors"), "categories": _("Categories"), "tags": _("Tags"), "series": _("Series")}


@dataclass(frozen=True)
class Version:
    """One revision in the row of them."""

    revision: Revision
    before: Revision | None  # the one before it, if there is one
    is_current: bool
    was_public: bool  # whether readers saw it, or see it now

    @property
    def word_count(self) -> int:
        """How many words its text has."""
        return _count(self.revision)

    @property
    def words_more(self) -> int:
        """How many more than the one before; fewer are below 0."""
        return self.word_count - (_count(self.before) if self.before else 0)


@dataclass(frozen=True)
class Comparison:
    """What is otherwise in the later of two versions. What stayed as it was is empty."""

    former: Revision
    later: Revision

    @property
    def title(self) -> Markup:
        """The change of the title."""
        return _in_line(self.former.title, self.later.title)

    @property
    def summary(self) -> Markup:
        """The change of the summary."""
        return _in_line(self.former.summary, self.later.summary)

    @property
    def text(self) -> Markup:
        """The change of the text."""
        is_same = self.former.text == self.later.text
        return Markup() if is_same else worddiff.in_text(self.former.text, self.later.text)

    @property
    def filed(self) -> list[tuple[str, Markup]]:
        """What it is filed under that changed: (of what kind, the change)."""
        changes = [
            (str(kind), _in_line(_named(self.former, key), _named(self.later, key))) for key, kind in FILED.items()
        ]
        return [(kind, change) for kind, change in changes if change]


def page(post: Post, number: int) -> Page:
    """One page of its versions, the newest first. Two statements, however many there are."""
    wanted = _whole(post).add_columns(func.count().over()).limit(ON_A_PAGE + 1).offset((number - 1) * ON_A_PAGE)
    rows = db.session.execute(wanted.order_by(Revision.number.desc())).all()
    found, is_seen = [row[0] for row in rows], _by_readers(post)
    versions = [
        Version(revision, before, is_current=revision.number == post.revision, was_public=is_seen(revision))
        for revision, before in zip_longest(found, found[1:])
    ]
    return Page(versions[:ON_A_PAGE], number, pages(rows[0][1] if rows else 0, ON_A_PAGE), "")


def these(post: Post, *numbers: int) -> list[Revision | None]:
    """The versions with these numbers, whole. One statement."""
    found = {
        revision.number: revision for revision in db.session.scalars(_whole(post).where(Revision.number.in_(numbers)))
    }
    return [found.get(number) for number in numbers]


def restore(post: Post, version: Revision, by: Person, revision: int) -> bool:
    """Makes a new version with the words of an old one; none is lost. The caller commits.

    As `writing.save`, which says what it raises. What the post is filed under stays as it is now, and so does what
    whoever goes back has typed and not saved: they will be shown both.
    """
    unsaved = drafting.of(sheets.of_post(post), by)
    typed = (asdict(Words.of(unsaved)), by, unsaved.revision) if unsaved else None
    post.format = version.format
    is_new = writing.save(post, Words.of(version), by, revision)
    if typed:
        drafting.keep(sheets.of_post(post), *typed)
    return is_new


def _whole(post: Post):
    shown = undefer(Revision.text), joinedload(Revision.by)
    return select(Revision).where(Revision.post_id == post.id).options(*shown)


def _by_readers(post: Post) -> Callable[[Revision], bool]:
    """Tells which versions readers have seen: from that with which it went out until it was taken away."""
    if not post.has_gone_out or post.published_at > clock.now():
        return lambda _revision: False
    before = Revision.post_id == post.id, Revision.saved_at <= post.published_at
    first = db.session.scalar(select(func.max(Revision.number)).where(*before)) or 1
    until = post.withdrawn_at if post.state == State.WITHDRAWN else clock.now()
    return lambda revision: revision.number >= first and revision.saved_at <= until


def _in_line(before: str, after: str) -> Markup:
    return Markup() if before == after else worddiff.in_line(before, after)


def _named(revision: Revision, key: str) -> str:
    return ", ".join(str(name) for name in revision.filed.get(key, []) if name is not None)


def _count(revision: Revision) -> int:
    return len(revision.text.split())
