"""Addresses that something had once: each leads to where that thing stands now."""

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from opm.extensions import db


class Moved(db.Model):
    """An address that nothing has any more. Both are paths on this site; an old one may hold a query (`/?p=12`)."""

    __table_args__ = {}

    path: Mapped[str] = mapped_column(primary_key=True)
    to: Mapped[str]


def remember(path: str, to: str) -> bool:
    """From now on the old path leads to the new one, unless it leads somewhere already. Returns whether it does now.

    The caller commits.
    """
    if path == to or leads_to(path) is not None:
        return False
    db.session.add(Moved(path=path, to=to))
    return True


def leads_to(path: str) -> str | None:
    """Where the thing stands that had this address once, if one had."""
    if "\0" in path:  # PostgreSQL refuses even to look
        return None
    return db.session.scalar(select(Moved.to).where(Moved.path == path))
