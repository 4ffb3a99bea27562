"""People with an account, their attempts to sign in, and their sessions."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opm.accounts import browsers
from opm.accounts.abilities import MAY, Ability, Role
from opm.extensions import db
from opm.lib import clock, tokens
from opm.lib.columns import BigId, SortedText, UtcDateTime
from opm.lib.going import goes

SIGN_IN_WITHIN = timedelta(minutes=10)
CODE_TRIES = 5
SIGNED_IN_FOR = timedelta(days=7)
ATTEMPTS_KEPT_FOR = timedelta(days=1)
FRESH_FOR = timedelta(minutes=10)  # who signed in or showed a second factor so lately may change what signs them in


class SignInRefused(Exception):
    """This link or code does not sign anybody in: wrong, used, too old, or tried too often."""


class Person(db.Model):
    """Somebody who can sign in: a member, or staff with roles."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str] = mapped_column(SortedText)
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Which keys decide on comments, where this person has chosen others than ours or none: opm/comments/keys.py.
    keys: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # first signed in, or took up an invitation
    signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # last
    awake_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=lambda: clock.now())  # dormant from here on
    warned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # that they will be suspended for being away
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def staff(cls):
        """Everybody who may enter the desk, by name."""
        enters = cls.left_at.is_(None), cls.suspended_at.is_(None), func.json_array_length(cls.roles) > 0
        return select(cls).where(*enters).order_by(cls.name)

    @classmethod
    def who_may(cls, ability: Ability) -> "list[Person]":
        """Those of the staff whom a role of theirs allows it, by name."""
        return [person for person in db.session.scalars(cls.staff()) if person.may(ability)]

    @classmethod
    def by_email(cls, email: str) -> "Person | None":
        """The person with this address, however it is written."""
        return db.session.scalar(select(cls).where(cls.email == email.strip().lower()))

    @classmethod
    def lock(cls, id: int) -> None:
        """Nobody else signs in as them, or changes what signs them in, until this transaction ends."""
        db.session.execute(select(cls.id).where(cls.id == id).with_for_update())

    @property
    def is_staff(self) -> bool:
        """Whether they may enter the desk."""
        return bool(self.roles) and self.left_at is None and self.suspended_at is None

    def may(self, ability: Ability) -> bool:
        """Whether one of their roles allows it."""
        return self.is_staff and not MAY[ability].isdisjoint(self.roles)

    @property
    def is_dormant(self) -> bool:
        """Whether they were suspended for being away so long."""
        return self.suspended_at is not None and self.warned_at is not None

    def is_known_as(self, role: Role) -> bool:
        """Whether they have this role and have shown that they can get in."""
        return self.is_staff and self.verified_at is not None and role in self.roles

    @property
    def mark(self) -> str:
        """Changes with what the desk can change: whoever saw another has not seen how it stands."""
        return tokens.fingerprint("person", f"{self.name}\n{self.roles}\n{self.suspended_at}")

    def take_note_of_sign_in(self) -> None:
        """They have shown that mail to their address reaches them, and that they are still here."""
        now = clock.now()
        self.verified_at, self.signed_in_at = self.verified_at or now, now
        self.wake()

    def wake(self) -> None:
        """The time in which nobody sees them begins anew."""
        self.awake_at, self.warned_at = clock.now(), None


class SignInAttempt(db.Model):
    """Somebody asked to sign in with an address. One that nobody here has gets a row and a page all the same."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    person: Mapped[Person | None] = relationship()
    page_nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)
    link_nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)
    code_nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)
    wanted: Mapped[str] = mapped_column(default="/desk/")  # the page to go on to
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def held(cls, id: int) -> "SignInAttempt | None":
        """The attempt, locked until this transaction ends."""
        return db.session.scalar(select(cls).where(cls.id == id).with_for_update())

    @classmethod
    def end_all(cls, person: Person) -> None:
        """No link or code that is on its way to this person signs them in."""
        mine = cls.person_id == person.id, cls.used_at.is_(None)
        db.session.execute(update(cls).where(*mine).values(used_at=clock.now()))

    @property
    def page_token(self) -> str:
        """What the address of the page that asks for the code holds."""
        return tokens.seal("sign-in page", self.id, self.page_nonce)

    @property
    def link_token(self) -> str:
        """What the link in the mail holds."""
        return tokens.seal("sign-in link", self.id, self.link_nonce)

    @property
    def code(self) -> str:
        """The eight letters and digits in the mail."""
        return tokens.letters("sign-in code", self.id, self.code_nonce)

    @property
    def is_live(self) -> bool:
        """Whether its link and code still sign somebody in."""
        in_time = abs(clock.now() - self.begun_at) < SIGN_IN_WITHIN  # one of the future is from a clock that was wrong
        return in_time and self.used_at is None and self.person is not None and self.person.is_staff

    @property
    def tries_left(self) -> int:
        """How many codes may still be typed."""
        return max(0, CODE_TRIES - self.tries)

    def use_link(self) -> Person:
        """Signs in by the mailed link. Raises SignInRefused. The caller has checked the token."""
        return self._use(self.is_live)

    def use_code(self, typed: str) -> Person:
        """Signs in by a typed code; a wrong one is a try fewer. Raises SignInRefused."""
        self.tries += 1
        return self._use(self.tries <= CODE_TRIES and tokens.same(as_written(typed), self.code) and self.is_live)

    def _use(self, allowed: bool) -> Person:
        if not allowed:
            raise SignInRefused
        self.used_at = clock.now()
        return self.person


def as_written(typed: str) -> str:
    """What was typed as a code, forgiving case, spaces and the letters that base32 leaves out."""
    return "".join(typed.split()).replace("-", "").upper().replace("0", "O").replace("1", "I").replace("8", "B")[:20]


class Session(db.Model):
    """Somebody is signed in on one browser. The browser holds a random secret, this row only its hash."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    csrf_token: Mapped[str] = mapped_column(default=tokens.new_nonce)
    network: Mapped[str] = mapped_column(default="")
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    browser: Mapped[str] = mapped_column(default="")  # what kind, in a word, such as "Firefox"
    system: Mapped[str] = mapped_column(default="")  # under which it runs, such as "Android"
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when a second factor was shown in it, last

    @classmethod
    def begin(cls, person: Person, network: str, kind: browsers.Kind = browsers.UNKNOWN) -> tuple["Session", str]:
        """A new session and the secret for the browser's cookie."""
        secret = secrets.token_urlsafe(32)
        what = {"network": network, "browser": kind.browser, "system": kind.system}
        return cls(person=person, secret_hash=_hash(secret), **what), secret

    @classmethod
    def of(cls, secret: str) -> "Session | None":
        """The live session that this cookie opens, of somebody who is still staff."""
        session = db.session.scalar(select(cls).where(cls.secret_hash == _hash(secret), *cls._is_live()))
        return session if session and session.person.is_staff else None

    @classmethod
    def live_of(cls, person: Person):
        """Those that this person's cookies open, the newest first."""
        return select(cls).where(cls.person_id == person.id, *cls._is_live()).order_by(cls.id.desc())

    @classmethod
    def held_of(cls, person: Person, id: int) -> "Session | None":
        """The live one of this person that has this number, locked until this transaction ends."""
        return db.session.scalar(cls.live_of(person).where(cls.id == id).with_for_update(of=cls))

    @classmethod
    def end_all(cls, person: Person, but: "Session | None" = None) -> None:
        """No cookie of this person opens anything any more, but for the one of that session."""
        for session in db.session.scalars(cls.live_of(person)):
            if session is not but:
                session.end()

    @classmethod
    def _is_live(cls):
        now = clock.now()
        in_time = cls.begun_at > now - SIGNED_IN_FOR, cls.begun_at < now + SIGNED_IN_FOR  # no clock makes it last
        return cls.ended_at.is_(None), *in_time

    @classmethod
    def knows(cls, person: Person | None, network: str) -> bool:
        """Whether this person has signed in from this network of late. For nobody it looks, too: it takes as long."""
        id = person.id if person else 0
        return bool(db.session.scalar(select(cls.id).where(cls.person_id == id, cls.network == network).limit(1)))

    @classmethod
    def forget_proofs(cls, person: Person) -> None:
        """Their second factor is gone: what saw it counts no more, should one be demanded later."""
        for session in db.session.scalars(cls.live_of(person)):
            session.proved_at = None

    @property
    def is_fresh(self) -> bool:
        """Whether it is sure enough who sits there for a change of what signs them in."""
        return abs(clock.now() - max(self.begun_at, self.proved_at or self.begun_at)) < FRESH_FOR

    def end(self) -> None:
        """A copy of its cookie opens nothing any more. The row stays while its network may be known."""
        self.secret_hash, self.ended_at = _hash(secrets.token_urlsafe(32)), clock.now()
        self.browser, self.system = "", ""


@goes(SignInAttempt)
def old_attempts(moment):
    """Attempts to sign in that nobody can use any more."""
    return SignInAttempt.begun_at < moment


@goes(Session)
def old_sessions(moment):
    """Sessions that have ended by then, and whose network may no longer be known."""
    return Session.begun_at < moment


@goes(Session, network="")
def networks(moment):
    """From which networks people of the team signed in."""
    return (Session.network != "") & (Session.begun_at < moment)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
