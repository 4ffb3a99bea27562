"""Addresses that mail does not reach.

Of such an address a keyed hash is kept, how often a mail server said for good that it takes no mail for it, and what it
said last. After three of those the address is paused: it gets what its owner asks for there and then, such as a code,
and nothing else, until somebody shows that they read what comes there.
"""

from datetime import datetime

from sqlalchemy import delete, exists
from sqlalchemy.orm import Mapped, mapped_column

from opm.extensions import db, insert
from opm.lib import clock
from opm.lib.columns import UtcDateTime
from opm.lib.going import goes
from opm.lib.tokens import address_hash

PAUSED_AFTER = 3
BATCH = 200


class FailingAddress(db.Model):
    """One address that mail does not reach."""

    __table_args__ = {}

    address_hash: Mapped[str] = mapped_column(primary_key=True)
    hard_count: Mapped[int] = mapped_column(default=1)  # of mails, each counted once
    code: Mapped[str]  # what a server said last: 550, or 5.1.1 (RFC 3463)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    @property
    def is_paused(self) -> bool:
        """Whether it gets nothing but what is asked for there and then."""
        return self.hard_count >= PAUSED_AFTER

    @classmethod
    def knows(cls, hashes):
        """The condition, for a column of hashes of addresses, under which mail to such an address came back."""
        return exists().where(cls.address_hash == hashes)

    @classmethod
    def pauses(cls, hashes):
        """The condition, for a column of hashes of addresses, under which such an address is paused."""
        return exists().where(cls.address_hash == hashes, cls.hard_count >= PAUSED_AFTER)


def note(email_address: str, code: str) -> None:
    """One more mail did not reach it, and never will. The caller commits, and sees to it that no mail counts twice."""
    counted = insert(FailingAddress).values(
        address_hash=address_hash(email_address), hard_count=1, code=code, last_at=clock.now()
    )
    again = {"hard_count": FailingAddress.hard_count + 1, "code": code, "last_at": clock.now()}
    db.session.execute(counted.on_conflict_do_update(index_elements=[FailingAddress.address_hash], set_=again))


def forgive(email_address: str) -> None:
    """Its owner has shown that mail arrives: nothing is held against it any more. The caller commits."""
    db.session.execute(delete(FailingAddress).where(FailingAddress.address_hash == address_hash(email_address)))


def failing(email_address: str) -> FailingAddress | None:
    """What is known against it."""
    return db.session.get(FailingAddress, address_hash(email_address))


def is_failing(email_address: str) -> bool:
    """Whether a mail to it was refused for good."""
    return failing(email_address) is not None


def is_paused(email_address: str) -> bool:
    """Whether it gets nothing but what is asked for there and then."""
    known = failing(email_address)
    return known is not None and known.is_paused


@goes(FailingAddress)
def old(moment):
    """Addresses that no mail has bounced from for so long."""
    return FailingAddress.last_at < moment
