"""Takes the demo away again and nothing else, however much people have done with it.

Its posts are known by their source. With them goes what hangs from them: threads and everybody's comments, what was
decided and reported about those, old addresses, mails, and pictures that nothing else shows. Categories, tags, series
and authors go where nothing else is filed under them, and settings where they are still as the demo set them. What
decisions about comments there taught about spam is counted back.

Its people are known by their addresses. No mail reaches those, so the only way in is a command, and whoever can give it
can also add staff: nobody is locked out. One who decided or wrote something that stays is kept as one who has left.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import String, cast, delete, exists, func, literal, or_, select, update

from opm import settings
from opm.accounts.audit import Entry
from opm.accounts.invitations import MAIL as INVITATION_MAIL
from opm.accounts.invitations import Invitation
from opm.accounts.models import Person, Session, SignInAttempt
from opm.accounts.signing_in import MAIL as SIGN_IN_MAIL
from opm.accounts.staffing import NEWS_MAIL
from opm.comments import lessons
from opm.comments.handing import MAIL as HANDED_MAIL
from opm.comments.inbox.models import MailChoice, MailLink
from opm.comments.inbox.telling import ALL_MAIL as ALL_WAIT_MAIL
from opm.comments.inbox.telling import ONE_MAIL as WAITS_MAIL
from opm.comments.models import Comment, Decision, Handover, Thread
from opm.comments.moderation import OUTCOME_MAIL
from opm.comments.submission import ALREADY_MAIL, CONFIRM_MAIL
from opm.demo import writing
from opm.extensions import Model, db
from opm.lib import clock
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext
from opm.lib.moved import Moved
from opm.lib.slugs import slug
from opm.outbox.models import Email
from opm.posts.drafts import Draft, PageDraft
from opm.posts.models import Author, Byline, Category, Post, Series, Tag, post_category, post_tag
from opm.posts.pages import StandingPage
from opm.posts.pictures import media
from opm.posts.pictures.models import Picture, page_picture, post_picture
from opm.reports.models import Report, Settlement
from opm.reports.reporting import CONFIRM_MAIL as REPORT_MAIL
from opm.reports.settling import OUTCOME_MAIL as ANSWER_MAIL

UPLOAD = re.compile(r"/uploads/([\w.-]+)")
PASSING = {Session, SignInAttempt, Draft, PageDraft, MailChoice, MailLink}  # these go with their person
QUICKLY = {"synchronize_session": False}


@dataclass(frozen=True)
class Going:
    """What hangs from the demo's posts, and who its people are, as it stands now."""

    post_ids: list[int]
    thread_ids: list[int]
    paths: list[str]  # of posts and pictures
    pictures: list[str]  # the names of the files of those that nothing else shows
    people: list[Person]
    comments_count: int
    strangers_count: int  # how many of the comments are not of the demo's own writing
    reports_count: int

    @classmethod
    def now(cls, emails: Iterable[str]) -> "Going":
        """Finds it. The people are those with these addresses."""
        posts = list(db.session.scalars(select(Post).where(Post.source == writing.SOURCE)))
        shown = {name for post in posts for name in UPLOAD.findall(post.html)}
        threads = [post.thread_id for post in posts if post.thread_id]
        commented = Comment.thread_id.in_(threads)
        pictures = _files(name for name in shown if media.is_whole(name) and not _is_shown_elsewhere(name))
        paths = [post.address for post in posts if post.published_on] + [f"/uploads/{name}" for name in pictures]
        by_strangers = func.coalesce(Comment.source, "") != writing.SOURCE
        return cls(
            post_ids=[post.id for post in posts],
            thread_ids=threads,
            paths=paths,
            pictures=pictures,
            people=list(db.session.scalars(select(Person).where(Person.email.in_(emails)).order_by(Person.name))),
            comments_count=_count(Comment, commented),
            strangers_count=_count(Comment, commented, by_strangers),
            reports_count=_count(Report, _is_reported(threads, paths)),
        )

    def lines(self) -> list[str]:
        """It, told line by line."""
        posts, comments, strangers = len(self.post_ids), self.comments_count, self.strangers_count
        told = [
            ngettext("%(num)s post, with its pictures", "%(num)s posts, with their pictures", posts),
            ngettext("%(num)s comment under them", "%(num)s comments under them", comments),
            ngettext("%(num)s report or legal notice", "%(num)s reports and legal notices", self.reports_count),
            _("The mails about all that, and the page about where to find us"),
            _("Categories, tags, series and authors of the demo that nothing else uses"),
            _("Settings that are still as the demo set them"),
        ]
        if strangers:
            told.insert(
                2,
                ngettext(
                    "%(num)s of these comments was written by somebody who came here",
                    "%(num)s of these comments were written by people who came here",
                    strangers,
                ),
            )
        return told + [_("The account of %(name)s", name=person.name) for person in self.people]


def remove(going: Going, chosen: dict[str, object]) -> None:
    """Takes it all away, and the settings that are still as the demo chose them. The caller commits."""
    _forget_mails(going)
    _forget_log(going)
    _forget_posts(going)
    _clear_shelves()
    for person in going.people:
        _part_from(person)
    as_chosen = [row.key for row in db.session.scalars(select(settings.Setting)) if chosen.get(row.key) == row.value]
    settings.reset(*as_chosen)


def _forget_mails(going: Going) -> None:
    comments = select(Comment.id).where(Comment.thread_id.in_(going.thread_ids))
    people = [person.id for person in going.people]
    about = {
        CONFIRM_MAIL: comments,
        WAITS_MAIL: select(MailLink.id).where(MailLink.comment_id.in_(comments)),
        ALREADY_MAIL: comments,
        OUTCOME_MAIL: select(Decision.id).where(Decision.comment_id.in_(comments)),
        HANDED_MAIL: select(Handover.id).where(Handover.comment_id.in_(comments)),
        REPORT_MAIL: select(Report.id).where(_is_reported(going.thread_ids, going.paths)),
        ANSWER_MAIL: select(Report.id).where(_is_reported(going.thread_ids, going.paths)),
        INVITATION_MAIL: select(Invitation.id).where(Invitation.by_id.in_(people)),
        NEWS_MAIL: select(Person.id).where(Person.id.in_(people)),
        ALL_WAIT_MAIL: people,
        SIGN_IN_MAIL: select(SignInAttempt.id).where(SignInAttempt.person_id.in_(people)),
    }
    for kind, ids in about.items():
        _drop(Email, Email.kind == kind, Email.about_id.in_(ids))
    _drop(Email, Email.recipient.in_([person.email for person in going.people]))


def _forget_log(going: Going) -> None:
    """The log of what was done with what goes, whoever did it. That the demo went stands there instead."""
    things = {
        "post": going.post_ids,
        "thread": going.thread_ids,
        "comment": select(Comment.id).where(Comment.thread_id.in_(going.thread_ids)),
        "report": select(Report.id).where(_is_reported(going.thread_ids, going.paths)),
        "page": select(StandingPage.id).where(StandingPage.source == writing.SOURCE),
        "picture": select(Picture.id).where(Picture.name.in_(going.pictures)),
        "person": [person.id for person in going.people],
    }
    for kind, ids in things.items():
        _drop(Entry, Entry.kind == kind, Entry.thing_id.in_(ids))


def _forget_posts(going: Going) -> None:
    """Locks meet in the usual order: comments, reports, threads; decisions and bylines go with what they belong to."""
    in_threads = Comment.thread_id.in_(going.thread_ids)
    comment_paths = select(literal("/comment/") + cast(Comment.id, String)).where(in_threads)
    _drop(Report, _is_reported(going.thread_ids, going.paths))
    _drop(Settlement, or_(Settlement.address.in_(comment_paths), Settlement.address.in_(going.paths)))
    for comment in db.session.scalars(select(Comment).where(in_threads, Comment.source.is_(None)).order_by(Comment.id)):
        lessons.take_back(comment)
    _drop(Comment, in_threads)
    _drop(Moved, Moved.to.in_(going.paths))
    _drop(Post, Post.id.in_(going.post_ids))
    _drop(StandingPage, StandingPage.source == writing.SOURCE)
    _drop(Picture, Picture.name.in_(going.pictures))
    _drop(Thread, Thread.id.in_(going.thread_ids))


def _is_reported(thread_ids: list[int], paths: list[str]):
    """The condition under which a report is about something that goes."""
    comments = select(Comment.id).where(Comment.thread_id.in_(thread_ids))
    return or_(Report.comment_id.in_(comments), Report.address.in_(paths))


def _clear_shelves() -> None:
    """Drops what the demo filed its posts under, where no post stands there."""
    pieces = writing.pieces()
    tags = {slug(name) for piece in pieces for name in piece.names("tags")}
    series = {slug(piece.names("series")[0]) for piece in pieces if "series" in piece.facts}
    _drop(Author, Author.slug.in_(map(slug, writing.ABOUT_AUTHORS)), ~exists().where(Byline.author_id == Author.id))
    categories = Category.slug.in_(slug(name) for name, _description in writing.CATEGORIES)
    _drop(Category, categories, ~exists().where(post_category.c.category_id == Category.id))
    _drop(Tag, Tag.slug.in_(tags), ~exists().where(post_tag.c.tag_id == Tag.id))
    _drop(Series, Series.slug.in_(series), ~exists().where(Post.series_id == Series.id))


def _part_from(person: Person) -> None:
    """Ends their sessions and drops them, or keeps them as somebody who has left where their name stands."""
    _drop(Invitation, Invitation.by_id == person.id)
    for kind in PASSING:
        _drop(kind, kind.person_id == person.id)
    db.session.execute(update(Author).where(Author.person_id == person.id).values(person_id=None))
    if any(db.session.scalar(select(exists().where(column == person.id))) for column in _naming_people()):
        person.left_at = person.left_at or clock.now()
    else:
        _drop(Person, Person.id == person.id)


def _naming_people() -> list:
    """Every column of any table in which somebody's name may stand for good."""
    columns = (column for table in Model.metadata.sorted_tables for column in table.columns)
    return [column for column in columns if column.references(Person.__table__.c.id)]


def _files(names: Iterable[str]) -> list[str]:
    """The files of these pictures: they, and what was made of them."""
    names = set(names)
    pictures = db.session.scalars(select(Picture).where(Picture.name.in_(names)))
    return sorted(names | {file for picture in pictures for file in picture.files})


def _is_shown_elsewhere(name: str) -> bool:
    """Whether a post or a page that stays shows the picture of this name, or it is the logo."""
    if f"/uploads/{name}" in settings.current().logo:
        return True
    others = func.coalesce(Post.source, "") != writing.SOURCE
    by_post = exists().where(
        others, or_(Post.html.contains(name, autoescape=True), Post.text.contains(name, autoescape=True))
    )
    by_page = exists().where(StandingPage.html.contains(name, autoescape=True))
    here = Picture.name == name
    by_its_old_name = (
        exists().where(here, post_picture.c.picture_id == Picture.id, post_picture.c.post_id == Post.id, others),
        exists().where(here, page_picture.c.picture_id == Picture.id),
    )
    return bool(db.session.scalar(select(or_(by_post, by_page, *by_its_old_name))))


def _count(model, *where) -> int:
    return db.session.scalar(select(func.count(model.id)).where(*where))


def _drop(model, *where) -> None:
    db.session.execute(delete(model).where(*where), execution_options=QUICKLY)
