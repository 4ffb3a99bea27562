"""What somebody can show besides their mailbox, and the steps in which they show it.

The key of an app and the challenge for a passkey are made from the site's secret and a nonce in the row; of recovery
codes the row holds keyed hashes. So the database alone opens nothing.
"""

import base64
import secrets
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum

import pyotp
from sqlalchemy import JSON, BigInteger, ForeignKey, String, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opm.accounts.models import Person, as_written
from opm.extensions import db
from opm.lib import clock, tokens
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.going import goes

TRIES = 5
KEY_BYTES = 20  # as RFC 4226 advises
SECONDS_A_CODE = 30
CODES_AROUND = (0, -1, 1)  # clocks may differ by one code
RECOVERY_CODES = 10
RECOVERY_LENGTH = 12
MOST_PASSKEYS = 20


class StepRefused(Exception):
    """What was shown proves nothing: wrong, used, too late, or tried too often."""


class Purpose(StrEnum):
    """What a step is for. One for one purpose never serves another."""

    SIGN_IN = "sign in"  # the half of it that comes after the mail
    PASSKEY_SIGN_IN = "sign in by passkey"  # instead of the mail
    PROOF = "proof"
    APP = "set up app"
    PASSKEY = "add passkey"


STEPS_KEPT_FOR = timedelta(days=1)
LASTS = {
    Purpose.SIGN_IN: timedelta(minutes=10),
    Purpose.PASSKEY_SIGN_IN: timedelta(minutes=5),
    Purpose.PROOF: timedelta(minutes=10),
    Purpose.APP: timedelta(minutes=30),  # the app may have to be fetched first
    Purpose.PASSKEY: timedelta(minutes=10),
}


class Step(db.Model):
    """A page on which somebody shows a second factor, or sets one up: it serves once, for minutes, with five tries."""

    __tablename__ = "factor_step"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(String)
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"))
    person: Mapped[Person | None] = relationship()
    page_nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)
    key_nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)  # of the challenge, or of the key for an app
    wanted: Mapped[str] = mapped_column(default="/desk/")  # the page to go on to
    name: Mapped[str] = mapped_column(default="")  # of the passkey that is added
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now(), index=True)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def by_token(cls, token: str, purpose: Purpose, of: Person | None = None, held=False) -> "Step | None":
        """The one that this token was made for, if it is of this person; held: locked until the commit."""
        found = select(cls).where(cls.id == tokens.id_of(token), cls.purpose == purpose)
        step = db.session.scalar(found.with_for_update() if held else found)
        is_theirs = step is not None and (of is None or step.person_id == of.id)
        return step if is_theirs and tokens.opens(token, step._seals, step.id, step.page_nonce) else None

    @classmethod
    def end_all(cls, person: Person) -> None:
        """None that this person has begun serves any more."""
        mine = cls.person_id == person.id, cls.used_at.is_(None)
        db.session.execute(update(cls).where(*mine).values(used_at=clock.now()))

    @property
    def token(self) -> str:
        """What the address of its page holds."""
        return tokens.seal(self._seals, self.id, self.page_nonce)

    @property
    def _seals(self) -> str:
        return f"second factor: {self.purpose}"

    @property
    def challenge(self) -> bytes:
        """What a passkey is asked to sign."""
        return tokens.key("passkey challenge", self.id, self.key_nonce)

    @property
    def is_live(self) -> bool:
        """Whether it still serves."""
        in_time = abs(clock.now() - self.begun_at) < LASTS[self.purpose]
        return in_time and self.used_at is None and self.tries < TRIES and (self.person is None or self.person.is_staff)

    @property
    def tries_left(self) -> int:
        """How often something may still be shown."""
        return max(0, TRIES - self.tries)

    def spend_try(self) -> None:
        """Something is shown: it counts before it is looked at. Raises StepRefused where nothing counts any more."""
        was_live = self.is_live
        self.tries = min(self.tries + 1, TRIES)
        if not was_live:
            raise StepRefused

    def renew_challenge(self) -> None:
        """What was asked for was answered, if wrongly: it is not asked for again."""
        self.key_nonce = tokens.new_nonce()

    def use(self) -> None:
        """It has served."""
        self.used_at = clock.now()


class Authenticator(db.Model):
    """Somebody's app that makes codes of six digits, one each half minute (RFC 6238)."""

    __table_args__ = {}

    person_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    nonce: Mapped[str]
    last_code: Mapped[int] = mapped_column(BigInteger)  # the number of the last that was used: none works twice
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    @staticmethod
    def key(person_id: int, nonce: str) -> str:
        """What is typed into the app: base32."""
        return base64.b32encode(tokens.key("authenticator", person_id, nonce)[:KEY_BYTES]).decode()

    @staticmethod
    def number_of(typed: str, person_id: int, nonce: str) -> int | None:
        """The number of the code that was typed, if it is one of about now."""
        app, now = pyotp.HOTP(Authenticator.key(person_id, nonce)), int(clock.now().timestamp()) // SECONDS_A_CODE
        right = [now + by for by in CODES_AROUND if tokens.same(digits_in(typed), app.at(now + by))]
        return right[0] if right else None

    @classmethod
    def takes(cls, typed: str, person: Person) -> bool:
        """Whether the code is right and new. It never is again: of two at once one alone is told so."""
        held = select(cls).where(cls.person_id == person.id).with_for_update()
        app = db.session.scalar(held, execution_options={"populate_existing": True})
        number = app and cls.number_of(typed, person.id, app.nonce)
        if not number or number <= app.last_code:
            return False
        app.last_code = number
        return True


class RecoveryCode(db.Model):
    """One of ten that somebody keeps on paper."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def make(cls, person: Person) -> list[str]:
        """Ten new ones, as they are shown, this once. Those before work no more."""
        cls.drop(person)
        codes = [base64.b32encode(secrets.token_bytes(10)).decode()[:RECOVERY_LENGTH] for _ in range(RECOVERY_CODES)]
        db.session.add_all(cls(person_id=person.id, code_hash=cls._hash(person, code)) for code in codes)
        return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]

    @classmethod
    def drop(cls, person: Person) -> None:
        """None works any more."""
        db.session.execute(delete(cls).where(cls.person_id == person.id))

    @classmethod
    def takes(cls, typed: str, person: Person) -> bool:
        """Whether the code is one of theirs and new. It never is again."""
        code = as_written(typed)
        if len(code) != RECOVERY_LENGTH:
            return False
        own = cls.person_id == person.id, cls.code_hash == cls._hash(person, code), cls.used_at.is_(None)
        found = db.session.scalar(select(cls).where(*own).with_for_update())
        if found is None:
            return False
        found.used_at = clock.now()
        return True

    @classmethod
    def left(cls, person: Person) -> int:
        """How many have not been used."""
        unused = cls.person_id == person.id, cls.used_at.is_(None)
        return db.session.scalar(select(func.count(cls.id)).where(*unused))

    @staticmethod
    def _hash(person: Person, code: str) -> str:
        return tokens.fingerprint("recovery code", f"{person.id} {code}")


class Passkey(db.Model):
    """One key on a device, or in a program, of somebody. We hold its public half."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"), index=True)
    person: Mapped[Person] = relationship()
    credential_id: Mapped[str] = mapped_column(unique=True)  # base64url, as browsers write it
    public_key: Mapped[str]  # COSE, in base64url
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(JSON, default=list)
    name: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def of(cls, person: Person) -> "list[Passkey]":
        """Theirs, the oldest first."""
        return list(db.session.scalars(select(cls).where(cls.person_id == person.id).order_by(cls.id)))

    @classmethod
    def held(cls, id: int, person: Person) -> "Passkey | None":
        """The one of this person with that number, locked until this transaction ends."""
        return db.session.scalar(select(cls).where(cls.id == id, cls.person_id == person.id).with_for_update())


def has_factor(person: Person) -> bool:
    """Whether they have an app or a passkey, so that signing in asks for it."""
    app = select(Authenticator.person_id).where(Authenticator.person_id == person.id)
    passkey = select(Passkey.id).where(Passkey.person_id == person.id)
    return bool(db.session.scalar(select(or_(app.exists(), passkey.exists()))))


def forget(person: Person) -> None:
    """They have none any more, neither app nor passkey nor recovery code, and are about to set up none."""
    for kind in (Authenticator, Passkey, RecoveryCode, Step):
        db.session.execute(delete(kind).where(kind.person_id == person.id))


def digits_in(typed: str) -> str:
    """The digits that were typed, in whatever script; empty if there is anything else but blanks and dashes."""
    signs = "".join(typed.split()).replace("-", "")[:20]
    return "".join(str(unicodedata.decimal(sign)) for sign in signs) if signs.isdecimal() else ""


@goes(Step)
def old_steps(moment):
    """Steps that nobody can take any more."""
    return Step.begun_at < moment
