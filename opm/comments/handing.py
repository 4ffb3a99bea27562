"""Handing a comment that waits to a colleague, with a word about why. It stays in the queue; deciding ends it."""

from sqlalchemy import delete

from opm.accounts import audit
from opm.accounts.abilities import Ability
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.comments.models import Comment, Handover, MovedOn, State
from opm.extensions import db
from opm.outbox import posting

MAIL = "comment handed on"
LONGEST_NOTE = 1_000


class NotForThem(Exception):
    """Whom it was to go to may not decide on comments, or hands it on themselves."""


def colleagues(person: Person) -> list[Person]:
    """Everybody else who may decide on comments, by name."""
    staff = db.session.scalars(Person.staff())
    return [each for each in staff if each.may(Ability.MODERATE) and each.id != person.id]


def hand(comment: Comment, by: Person, to_id: int, note: str = "") -> Handover:
    """It is this colleague's from now on, who is mailed; whoever had it has it no more. The caller commits.

    The comment is held. The same once more is nothing new. Raises MovedOn unless it waits; NotForThem.
    """
    comment.expect({State.PENDING})
    to = next((each for each in colleagues(by) if each.id == to_id), None)
    if to is None:
        raise NotForThem
    before = comment.handover
    if before and (before.to_id, before.by_id, before.note) == (to.id, by.id, note):
        return before
    end(comment)
    handover = Handover(comment_id=comment.id, to=to, by=by, note=note)
    db.session.add(handover)
    db.session.flush()
    db.session.expire(comment, ["handover"])
    posting.post(MAIL, to.email, handover.id)
    audit.record(by, Did.HANDED_ON, "comment", comment.id, comment.thread.title, to.name)
    return handover


def take_back(comment: Comment, by: Person) -> None:
    """It is nobody's in particular any more. The comment is held. The caller commits.

    Raises MovedOn if it was nobody's.
    """
    if comment.handover is None:
        raise MovedOn(comment)
    audit.record(by, Did.TOOK_FROM, "comment", comment.id, comment.thread.title, comment.handover.to.name)
    end(comment)


def end(comment: Comment) -> None:
    """It waits for nobody in particular: it was decided, taken back, or has gone. Its mail then does not go."""
    db.session.execute(delete(Handover).where(Handover.comment_id == comment.id))
    db.session.expire(comment, ["handover"])


def handed_to(person: Person):
    """The condition under which a comment waits for this person."""
    return (Comment.state == State.PENDING) & Comment.handover.has(Handover.to_id == person.id)
