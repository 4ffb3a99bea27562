"""Threads, comments, and the decisions about them. The verbs here are the table of transitions.

A verb checks its own precondition on a row that is locked (`held`), so two moderators or two workers cannot both
succeed. The order of locks is comment, thread, public version.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, delete, exists, func, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, query_expression, relationship

from opm import settings
from opm.accounts.models import Person
from opm.extensions import db, insert
from opm.lib import clock, redaction, tokens
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.confirming import Confirmable, LinkEnded
from opm.lib.tokens import address_hash

UNDO_WITHIN = timedelta(minutes=10)
EDIT_WITHIN = timedelta(minutes=15)  # after publication, where no moderator has had a say
TRUSTED_FOR = timedelta(days=365)
LONGEST_TEXT = 10_000
LONGEST_NAME = 80


class State(StrEnum):
    """Where a comment is in its life."""

    UNCONFIRMED = "unconfirmed"
    PENDING = "pending"
    PUBLISHED = "published"
    REJECTED = "rejected"
    SPAM = "spam"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What a moderator decided."""

    APPROVE = "approve"
    REJECT = "reject"
    SPAM = "spam"
    REMOVE = "remove"
    REDACT = "redact"
    RESTORE = "restore"


class ThreadAct(StrEnum):
    """What a moderator decided about a thread."""

    CLOSE = "close"
    CLOSE_AFTER = "close after"
    OPEN = "open"


# From which states an act leads to which.
ACTS = {
    Act.APPROVE: ({State.PENDING}, State.PUBLISHED),
    Act.REJECT: ({State.PENDING}, State.REJECTED),
    Act.SPAM: ({State.PENDING}, State.SPAM),
    Act.REMOVE: ({State.PUBLISHED}, State.REJECTED),
    Act.REDACT: ({State.PENDING, State.PUBLISHED}, State.PUBLISHED),  # it is published without some words
    Act.RESTORE: ({State.REJECTED, State.SPAM}, State.PENDING),  # or published, where it was before
}
# While it is in one of these, the same text from the same address in the same place is the same comment.
STANDING = {State.UNCONFIRMED, State.PENDING, State.PUBLISHED}
# Spam, too: a receipt that lacked the button would tell what a comment was taken for.
WITHDRAWABLE = set(State) - {State.WITHDRAWN}
# Nobody has read it yet, as its writer is told. Spam, for the same reason.
UNREAD = {State.UNCONFIRMED, State.PENDING, State.SPAM}


class Received(StrEnum):
    """How something came to the team that was not written on the site."""

    PHONE = "phone"
    LETTER = "letter"
    FORM = "paper form"
    IN_PERSON = "in person"


class ThreadClosed(Exception):
    """Nobody can comment here any more."""


class ParentGone(Exception):
    """The comment that is answered stands in another thread or is not published."""


class MovedOn(Exception):
    """Somebody or something was quicker: the comment is no longer as it was seen. It carries the comment."""

    def __init__(self, comment: "Comment"):
        super().__init__(f"comment {comment.id} is {comment.state}, revision {comment.revision}")
        self.comment = comment


class SaidAlready(Exception):
    """The same words from the same address stand in the same place: another comment has them."""


class Thread(db.Model):
    """A place to comment. It has an address and a title and knows nothing of what it hangs from."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address: Mapped[str] = mapped_column(unique=True)  # the path of its page, from / to /
    title: Mapped[str]
    is_public: Mapped[bool] = mapped_column(default=True)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by hand
    last_number: Mapped[int] = mapped_column(default=0)
    published_count: Mapped[int] = mapped_column(default=0)
    active_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def at(cls, address: str) -> "Thread | None":
        """The public thread with this address. That of a post still to come is not public yet."""
        is_there = cls.address == address, cls.is_public, cls.opened_at <= clock.now()
        return db.session.scalar(select(cls).where(*is_there))

    @classmethod
    def held(cls, id: int) -> "Thread":
        """The thread, locked until this transaction ends. New comments can still refer to it."""
        return db.session.get_one(cls, id, with_for_update={"key_share": True}, populate_existing=True)

    def closing_at(self, close_after_days: int) -> datetime | None:
        """When it closes or closed: by hand or by the date that was set, else by age where the site has set one."""
        by_hand = min((at for at in (self.closed_at, self.closes_at) if at), default=None)
        return by_hand or self.closing_by_age(close_after_days)

    def closing_by_age(self, close_after_days: int) -> datetime | None:
        """When the site's rule closes it, unless somebody decides otherwise."""
        return self.opened_at + timedelta(days=close_after_days) if close_after_days else None

    def last_open_at(self, close_after_days: int) -> datetime | None:
        """The last moment at which somebody could or can write: of a thread that closes at midnight, the day before."""
        closing_at = self.closing_at(close_after_days)
        return closing_at and closing_at - timedelta.resolution

    def is_open(self, close_after_days: int) -> bool:
        """Whether somebody can comment now."""
        closing_at = self.closing_at(close_after_days)
        return closing_at is None or clock.now() < closing_at

    def close(self) -> None:
        """Nobody can write here from now on."""
        self.closed_at, self.closes_at = clock.now(), None

    def close_at(self, moment: datetime) -> None:
        """It is open until then, whatever was decided before and however old it grows."""
        self.closed_at, self.closes_at = None, moment

    def open_again(self) -> None:
        """Nothing that was decided closes it any more."""
        self.closed_at = self.closes_at = None

    def take_number(self) -> int:
        """The next number for a comment published here. Call it on a held thread."""
        self.last_number += 1
        return self.last_number


class ThreadDecision(db.Model):
    """Who closed a thread or opened it again, when, and with which last day if one was named."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    thread_id: Mapped[int] = mapped_column(BigId, ForeignKey("thread.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person] = relationship()
    act: Mapped[ThreadAct] = mapped_column(String)
    last_day: Mapped[date | None]
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now(), index=True)


class Comment(Confirmable, db.Model):
    """What somebody said, who they said they are, and how far it has come."""

    __table_args__ = (
        Index("ix_comment_queue", "state", "waits_last", "confirmed_at"),
        Index("ix_comment_archive", "state", "written_at"),
        Index("ix_comment_address", "address_hash", "state"),
        UniqueConstraint("thread_id", "number"),
        UniqueConstraint("source", "source_id"),
        {"sqlite_autoincrement": True},
    )
    purpose = "comment"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    thread_id: Mapped[int] = mapped_column(BigId, ForeignKey("thread.id"))
    thread: Mapped[Thread] = relationship()
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("comment.id"), index=True)
    parent: Mapped["Comment | None"] = relationship(remote_side=id)
    # The member of staff who wrote it; nobody else's account is tied to a comment.
    staff_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    # Of one that came on paper or by phone: how, on which day, and who entered it and vouches for it.
    received_how: Mapped[Received | None] = mapped_column(String)
    received_on: Mapped[date | None]
    entered_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    entered_by: Mapped[Person | None] = relationship(foreign_keys=[entered_by_id])

    text: Mapped[str]
    name: Mapped[str]
    email: Mapped[str | None]
    address_hash: Mapped[str | None]  # of the address in lower case, to know it again after it has gone
    is_unreachable: Mapped[bool | None] = query_expression()  # mail to it came back; only where moderators look
    revision: Mapped[int] = mapped_column(default=1)  # grows with each edit: a decision names the one it saw
    state: Mapped[State] = mapped_column(String, default=State.UNCONFIRMED)
    number: Mapped[int | None]  # its place in the order of publication; once given it stays
    sameness: Mapped[str | None] = mapped_column(unique=True)

    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # first
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by its writer, last
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    network: Mapped[str] = mapped_column(default="")
    flags: Mapped[list[str]] = mapped_column(JSON, default=list)
    waits_last: Mapped[bool] = mapped_column(default=False)  # behind the others that wait, while it is not late
    weighed: Mapped[int | None]  # of how many lessons, when its words were last looked at as they read now
    wants_outcome: Mapped[bool] = mapped_column(default=True)

    panel_name: Mapped[str]  # the name that was typed when these words were last sent
    receipt_nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)

    # An imported comment is known by the site it came from and its number there.
    source: Mapped[str | None]
    source_id: Mapped[str | None]

    decisions: Mapped[list["Decision"]] = relationship(back_populates="comment", order_by="Decision.id")
    handover: Mapped["Handover | None"] = relationship(back_populates="comment", passive_deletes=True)

    def __init__(self, **values):
        super().__init__(**{"panel_name": values.get("name"), **values})

    # What can be asked of the table

    @classmethod
    def is_flagged(cls):
        """The condition under which something about it wants a second look."""
        return func.json_array_length(cls.flags) > 0

    @classmethod
    def is_trusted(cls, address_hash: str) -> bool:
        """Whether a moderator approved a comment from this address within a year."""
        approved = (
            select(Decision.id)
            .join(cls)
            .where(
                cls.address_hash == address_hash,
                cls.state == State.PUBLISHED,
                Decision.act.in_([Act.APPROVE, Act.RESTORE]),
                Decision.undone_at.is_(None),
                Decision.decided_at > clock.now() - TRUSTED_FOR,
            )
        )
        return db.session.scalar(approved.limit(1)) is not None

    @classmethod
    def others_count(cls, state: State):
        """A subquery: how many other comments from the same address are in this state."""
        other = aliased(cls)
        same_address = other.address_hash == cls.address_hash, other.state == state, other.id != cls.id
        return select(func.count(other.id)).where(*same_address).correlate(cls).scalar_subquery()

    # What can be asked of one

    @property
    def is_published(self) -> bool:
        """Whether the public sees it."""
        return self.state == State.PUBLISHED

    @property
    def is_by_staff(self) -> bool:
        """Whether the team itself wrote it."""
        return self.staff_id is not None

    @property
    def is_the_teams(self) -> bool:
        """Whether the team wrote it, or entered it for somebody: it has nobody else who could take it back here."""
        return self.is_by_staff or self.received_how is not None

    @property
    def is_redacted(self) -> bool:
        """Whether a moderator took words out of it."""
        return redaction.MARK in self.text

    @property
    def standing_decisions(self) -> list["Decision"]:
        """What was decided about it and not undone, in order."""
        return [decision for decision in self.decisions if not decision.undone_at]

    @property
    def was_taken_down(self) -> bool:
        """Whether a moderator took it off the site, so that restoring it puts it back there."""
        standing = self.standing_decisions
        return bool(standing) and standing[-1].from_state == State.PUBLISHED

    @property
    def went_straight_out(self) -> bool:
        """Whether the site's policy published it, before any moderator had a say."""
        is_first = not self.decisions or self.decisions[0].from_state == State.PUBLISHED
        return self.published_at is not None and is_first

    @property
    def edit_until(self) -> datetime | None:
        """Until when its writer can change what the public sees: a while, unless a moderator has had a say."""
        is_left_alone = self.is_published and not self.is_by_staff and not self.standing_decisions
        is_left_alone = is_left_alone and not settings.current().election_is_on  # nothing new is public without a word
        return self.published_at + EDIT_WITHIN if is_left_alone else None

    @property
    def can_be_edited(self) -> bool:
        """Whether its writer can change it: until a moderator has decided, or for a while where none decides."""
        return self.state in UNREAD or (self.edit_until is not None and clock.now() < self.edit_until)

    @property
    def was_edited_in_public(self) -> bool:
        """Whether readers may have seen other words here."""
        return bool(self.edited_at and self.published_at and self.edited_at >= self.published_at)

    @property
    def receipt_token(self) -> str:
        """What the receipt's address holds."""
        return tokens.seal("comment receipt", self.id, self.receipt_nonce)

    # What it can do

    def remember_sameness(self) -> None:
        """Sets the hash by which a repeat is known, or none once the comment stands no more.

        None, too, where the same words were sent anew before this comment came back: the newer one has it.
        """
        stands = self.state in STANDING and self.email
        self.sameness = self._sameness(self.text) if stands and not self._is_said(self.text) else None

    def _sameness(self, text: str) -> str:
        return sameness(self.thread_id, self.parent_id, self.email, text)

    def _is_said(self, text: str) -> bool:
        """Whether another comment from the same address says this in the same place."""
        with db.session.no_autoflush:
            another = select(Comment.id).where(Comment.sameness == self._sameness(text), Comment.id != self.id)
            return db.session.scalar(another) is not None

    def confirm(self) -> None:
        """Its address is confirmed: it waits for a moderator. Raises MovedOn if it is already further."""
        self.expect({State.UNCONFIRMED})
        self.state = State.PENDING
        self.mark_confirmed()

    def publish(self, thread: Thread) -> None:
        """The public sees it, with the thread's next number unless it has one. The thread is held."""
        self.state = State.PUBLISHED
        self.number = self.number or thread.take_number()
        self.published_at = self.published_at or clock.now()
        thread.published_count += 1
        thread.active_at = clock.now()
        self.remember_sameness()

    def unpublish(self, thread: Thread, state: State) -> None:
        """The public sees it no more. Its number stays taken. The thread is held."""
        self.state = state
        thread.published_count -= 1
        self.remember_sameness()

    def edit(self, text: str, name: str, revision: int) -> None:
        """Its writer says it in other words, or under another name. Its place in the queue stays.

        Raises MovedOn if that can be done no more, or to another revision only; SaidAlready. Where the same words are
        sent at this very moment the database raises IntegrityError.
        """
        if not self.can_be_edited or revision != self.revision:
            raise MovedOn(self)
        if self._is_said(text):
            raise SaidAlready
        self.name = self.panel_name = name
        self.edited_at = clock.now()
        self.reword(text)
        self.sameness = self._sameness(text) if self.state in STANDING else None

    def reword(self, text: str) -> None:
        """It says this from now on, as a new revision.

        Once it is confirmed its panel ends: whoever sent the former words once more must not be given others by it.
        """
        self.text, self.revision, self.weighed = text, self.revision + 1, None
        if self.is_confirmed:
            self.panel_handle = tokens.new_nonce()

    def withdraw(self, thread: Thread) -> None:
        """Its writer takes it back. Raises MovedOn if it is already gone. The thread is held."""
        self.expect(WITHDRAWABLE)
        self._leave(thread)

    def erase(self, thread: Thread) -> None:
        """Nothing of its writer remains, and nothing that was mailed opens it. The thread is held.

        What was decided stays, with its rule and its day, without the note: it may quote. Raises MovedOn if it is
        erased already.
        """
        if self.erased_at:
            raise MovedOn(self)
        if self.state != State.WITHDRAWN:
            self._leave(thread)
        self.text = self.name = self.panel_name = self.network = ""
        self.email = self.address_hash = self.sameness = None
        self.flags, self.erased_at = [], clock.now()
        self.link_nonce, self.code_nonce, self.receipt_nonce, self.panel_handle = (tokens.new_nonce() for _ in range(4))
        for decision in self.decisions:
            decision.note = ""

    def _leave(self, thread: Thread) -> None:
        """It goes off the site if it was there. Words that a moderator had taken out of it come back no more."""
        if self.is_published:
            self.unpublish(thread, State.WITHDRAWN)
        self.state, self.withdrawn_at = State.WITHDRAWN, clock.now()
        self.remember_sameness()
        for decision in self.decisions:
            decision.words_before = None

    def move_to(self, state: State, thread: Thread) -> None:
        """Into this state by a decision or its undoing. The thread is held."""
        if state == State.PUBLISHED:
            self.publish(thread)
        elif self.is_published:
            self.unpublish(thread, state)
        else:
            self.state = state
            self.remember_sameness()

    def expect(self, states: set[State], revision: int | None = None) -> None:
        """Raises MovedOn unless it is in one of these states and, if one is named, at this revision."""
        if self.state not in states or revision not in (None, self.revision):
            raise MovedOn(self)


class Decision(db.Model):
    """What a moderator decided about a comment, when, and on what they saw."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    comment_id: Mapped[int] = mapped_column(BigId, ForeignKey("comment.id", ondelete="CASCADE"), index=True)
    comment: Mapped[Comment] = relationship(back_populates="decisions")
    by_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person] = relationship()
    act: Mapped[Act] = mapped_column(String)
    from_state: Mapped[State] = mapped_column(String)
    to_state: Mapped[State] = mapped_column(String)
    revision: Mapped[int]
    rule_number: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")
    is_letter: Mapped[bool] = mapped_column(default=False)  # the note is all that the writer is told, rule and thanks
    words_before: Mapped[str | None]  # what the comment said before words were taken out, so that it can be undone
    # Of decisions that were made together: the number of the first of them.
    batch_id: Mapped[int | None] = mapped_column(BigId, index=True)
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now(), index=True)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def undoable_by(cls, person: Person):
        """This person's decisions that can still be undone, the newest first."""
        newer = aliased(cls)
        overtaken = exists().where(newer.comment_id == cls.comment_id, newer.id > cls.id, newer.undone_at.is_(None))
        untouched = or_(Comment.edited_at.is_(None), Comment.edited_at <= cls.decided_at)
        stands = cls.undone_at.is_(None), Comment.state == cls.to_state, ~overtaken, untouched
        now = clock.now()
        young = cls.decided_at > now - UNDO_WITHIN, cls.decided_at < now + UNDO_WITHIN
        return select(cls).join(cls.comment).where(cls.by_id == person.id, *young, *stands).order_by(cls.id.desc())

    @property
    def undo_until(self) -> datetime:
        """Until when it can be undone; what it causes falls due then."""
        return self.decided_at + UNDO_WITHIN

    @property
    def is_current(self) -> bool:
        """Whether it was not undone and the comment is still as it left it."""
        newest = max(d.id for d in self.comment.decisions if not d.undone_at) if self.undone_at is None else None
        return newest == self.id and self.comment.state == self.to_state

    def can_be_undone_by(self, person: Person) -> bool:
        """The same moderator, within ten minutes, nothing newer having happened."""
        edited_since = self.comment.edited_at is not None and self.comment.edited_at > self.decided_at
        is_young = abs(clock.now() - self.decided_at) < UNDO_WITHIN  # also where the clock was set back since
        return self.by_id == person.id and is_young and self.is_current and not edited_since


class Handover(db.Model):
    """A moderator has handed a comment that waits to a colleague. The row goes when it is taken back, or decided."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    comment_id: Mapped[int] = mapped_column(BigId, ForeignKey("comment.id", ondelete="CASCADE"), unique=True)
    comment: Mapped[Comment] = relationship(back_populates="handover")
    to_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    to: Mapped[Person] = relationship(foreign_keys=[to_id])
    by_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person] = relationship(foreign_keys=[by_id])
    note: Mapped[str] = mapped_column(default="")
    handed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())


class BlockedAddress(db.Model):
    """An address that asked never to be mailed again, as a keyed hash."""

    __table_args__ = {}

    address_hash: Mapped[str] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)

    @classmethod
    def add(cls, address_hash: str) -> "BlockedAddress":
        """From now on this address is never mailed. It may have asked before, or twice at this moment."""
        db.session.execute(insert(cls).values(address_hash=address_hash).on_conflict_do_nothing())
        return db.session.get_one(cls, address_hash)

    @classmethod
    def of_link(cls, token: str) -> "BlockedAddress":
        """The address that its owner wants to be mailed at again. Raises LinkEnded."""
        found = db.session.get(cls, tokens.subject_of(token))
        if found is None or not tokens.opens(token, "mail again", found.address_hash, found.nonce):
            raise LinkEnded
        return found

    @property
    def again_token(self) -> str:
        """What the link holds by which its owner changes their mind."""
        return tokens.seal("mail again", self.address_hash, self.nonce)

    @classmethod
    def lift(cls, email: str) -> bool:
        """This address may be mailed again. Returns whether it had asked not to be."""
        return db.session.execute(delete(cls).where(cls.address_hash == address_hash(email))).rowcount > 0

    @classmethod
    def stands(cls, email: str) -> bool:
        """Whether this address is never to be mailed."""
        return db.session.get(cls, address_hash(email)) is not None


def sameness(thread_id: int, parent_id: int | None, email: str, text: str) -> str:
    """The keyed hash that the same text from the same address in the same place has each time."""
    return tokens.fingerprint("comment", f"{thread_id}\0{parent_id or ''}\0{email.strip().lower()}\0{text}")
