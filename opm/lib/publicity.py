"""The public version: one number that grows whenever what the public sees changes.

Readers read it first, so whatever they keep hangs on it. It is raised last in a transaction, after the locks on
the comment and the thread, so that writers meet in one order.
"""

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, mapped_column

from opm.extensions import db


class Publicity(db.Model):
    """One row, made by the migration."""

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)


def version() -> int:
    """The public version as this transaction sees it."""
    return db.session.scalar(select(Publicity.version)) or 0


def bump() -> None:
    """Say that what the public sees has changed. Call it last."""
    db.session.flush()
    db.session.execute(update(Publicity).values(version=Publicity.version + 1))
