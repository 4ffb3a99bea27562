"""What needs somebody, as far as this person may do something about it: how much, since when, and what is next.

All of it takes two statements: one counts, one looks for the first post of each queue.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, literal, select, union_all

from opm.accounts.abilities import Ability
from opm.accounts.models import Person
from opm.comments import handing
from opm.comments.models import Comment
from opm.comments.models import State as CommentState
from opm.complaints.models import Complaint
from opm.extensions import db
from opm.lib import clock
from opm.outbox.models import Email
from opm.outbox.models import State as EmailState
from opm.posts.drafts import Draft, PageDraft
from opm.posts.models import Post, State
from opm.posts.pages import StandingPage

PUBLISHED_WITHIN = timedelta(days=7)
LATE_AFTER = timedelta(minutes=5)  # a post goes out within a minute of its time


@dataclass(frozen=True)
class Queue:
    """How many wait, and since when."""

    count: int = 0
    since: datetime | None = None


@dataclass(frozen=True)
class PostQueue(Queue):
    """Posts in one state: with the first of them, by its title, and whose it is."""

    id: int = 0
    title: str = ""
    by: str = ""

    @property
    def is_overdue(self) -> bool:
        """Of what is scheduled: whether the first should have gone out by now."""
        return self.since is not None and self.since < clock.now() - LATE_AFTER


def of(person: Person) -> dict[str, Queue]:
    """The queues that this person may do something about, by name. Two statements at most."""
    return _counted(person) | _of_posts(person)


def _counted(person: Person) -> dict[str, Queue]:
    wanted = {}
    if person.may(Ability.MODERATE):
        waiting = Comment.state == CommentState.PENDING
        counted = select(func.count(Comment.id), func.min(Comment.confirmed_at))
        wanted |= {"comments": counted.where(waiting), "handed": counted.where(handing.handed_to(person))}
        complaints = select(func.count(Complaint.id), func.min(Complaint.written_at)).where(Complaint.is_open())
        wanted["complaints"] = complaints
    if person.may(Ability.READ_OUTBOX):
        for state in (EmailState.FAILED, EmailState.KEPT):
            mails = select(func.count(Email.id), func.min(Email.created_at)).where(Email.state == state)
            wanted[state.value] = mails
    if person.may(Ability.ARRANGE):
        seen = StandingPage.reviewed_at.is_not(None)
        typed = PageDraft.person_id == person.id, PageDraft.saved_at.is_not(None)
        wanted |= {
            "unsaved pages": select(func.count(PageDraft.room), func.max(PageDraft.saved_at)).where(*typed),
            "unread": _pages(StandingPage.never_reviewed()),
            "overdue": _pages(StandingPage.overdue().where(seen)),
        }
    return {name: Queue(count, since) for name, count, since in _asked(wanted)} if wanted else {}


def _pages(which: Select) -> Select:
    return which.with_only_columns(func.count(StandingPage.id), func.min(StandingPage.changed_at)).order_by(None)


def _of_posts(person: Person) -> dict[str, Queue]:
    if not person.may(Ability.WRITE):
        return {}
    mine, drafts = Post.written_by_id == person.id, Post.state == State.DRAFT
    newest = Post.changed_at.desc(), Post.id.desc()
    unsaved = Draft.person_id == person.id, Draft.saved_at.is_not(None)
    wanted = {
        "unsaved": _first(Draft.saved_at, Draft.saved_at.desc()).join(Draft, Draft.post_id == Post.id).where(*unsaved),
        "own drafts": _first(Post.changed_at, *newest).where(drafts, mine),
        "other drafts": _first(Post.changed_at, *newest).where(drafts, mine.is_not(True)),
        "in review": _first(Post.submitted_at, Post.submitted_at, Post.id).where(Post.state == State.IN_REVIEW),
        "scheduled": _first(Post.publish_at, Post.publish_at, Post.id).where(Post.state == State.SCHEDULED),
        "published": _first(Post.published_at, Post.published_at.desc(), Post.id.desc()).where(
            Post.is_public(), Post.published_at > clock.now() - PUBLISHED_WITHIN
        ),
    }
    found = {name: PostQueue(count, at, id, title, by or "") for name, count, at, id, title, by in _asked(wanted)}
    return {name: found.get(name, PostQueue()) for name in wanted}


def _first(at, *order) -> Select:
    """The first post in this order, how many there are in all, and who began it."""
    row = select(func.count().over(), at, Post.id, Post.title, Person.name).select_from(Post)
    return row.outerjoin(Person, Person.id == Post.written_by_id).order_by(*order).limit(1)


def _asked(wanted: dict[str, Select]):
    """The rows of all these, each with its name before it, in one statement."""
    named = [query.with_only_columns(literal(name), *query.selected_columns) for name, query in wanted.items()]
    return db.session.execute(union_all(*[select(each.subquery()) for each in named])).all()
