"""Addresses that something had once: each leads to where that thing stands now."""

import re
from collections.abc import Collection, Mapping
from itertools import islice

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from opm.extensions import db

ASKED_AT_ONCE = 500
PART = re.compile(r"(/.+?/)((?:page/)?[0-9]{1,7}/?|feed/?)")  # of what a thing has under its own address


class Moved(db.Model):
    """An address that nothing has any more. Both are paths on this site; an old one may hold a query (`/?p=12`)."""

    __table_args__ = {}

    path: Mapped[str] = mapped_column(primary_key=True)
    to: Mapped[str]


class LeadsOn(Exception):
    """Something had this address once, and readers are led from it to where that stands now: `to`."""

    def __init__(self, path: str, to: str):
        super().__init__(path, to)
        self.path, self.to = path, to

    @property
    def slug(self) -> str:
        """The last part of the address."""
        return self.path.strip("/").rpartition("/")[2]


def expect_unclaimed(path: str, by: str = "") -> None:
    """Raises LeadsOn where the path leads on from something other than what stands at `by`."""
    to = db.session.scalar(select(Moved.to).where(Moved.path == path))
    if to not in (None, by):
        raise LeadsOn(path, to)


def remember(path: str, to: str) -> bool:
    """From now on the old path leads to the new one, unless it leads somewhere already. Returns whether it does now.

    The caller commits.
    """
    if path == to or db.session.scalar(select(Moved.to).where(Moved.path == path)) is not None:
        return False
    db.session.add(Moved(path=path, to=to))
    return True


def remember_all(leading: Mapping[str, str]) -> dict[str, str]:
    """The same for many. Returns the old paths that lead somewhere already, with where that is. The caller commits."""
    paths, known = iter(leading), {}
    while some := list(islice(paths, ASKED_AT_ONCE)):
        known |= dict(db.session.execute(select(Moved.path, Moved.to).where(Moved.path.in_(some))).all())
    if new := [{"path": path, "to": to} for path, to in leading.items() if path not in known]:
        db.session.execute(insert(Moved), new)
    return known


def move(path: str, to: str) -> None:
    """The thing at the one path stands at the other from now on, and so does what led to it before. The caller commits.

    The new path leads nowhere any more, should it have done so: there stands something.
    """
    if path == to:
        return
    db.session.execute(delete(Moved).where(Moved.path.in_((path, to))))
    db.session.execute(update(Moved).where(Moved.to == path).values(to=to))
    db.session.execute(insert(Moved).values(path=path, to=to))


def forget(path: str) -> None:
    """Something new stands at this path, which leads nowhere else any more. The caller commits."""
    db.session.execute(delete(Moved).where(Moved.path == path))


def under(path: str, besides: str) -> list[str]:
    """The old paths that begin so, without those that lead to this one."""
    old = select(Moved.path).where(Moved.path.startswith(path, autoescape=True), Moved.to != besides)
    return list(db.session.scalars(old))


def leads_to(path: str, query: str = "") -> str | None:
    """Where the thing stands that had this address once, if one had; of a page under it (`page/2/`, `feed/`) likewise.

    A slash more or less makes no other address, nor does a query (a newsletter's, say) that none was remembered with.
    """
    return lead_to([(path, query)]).get((path, query))


def lead_to(asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The same for many addresses, each a path and a query, in one statement: only those that lead somewhere."""
    # PostgreSQL refuses even to look for a NUL.
    tries = {(path, query): _tries(path, query) for path, query in asked if "\0" not in path + query}
    wanted = {old for some in tries.values() for old, _part in some}
    if not wanted:
        return {}
    found = dict(db.session.execute(select(Moved.path, Moved.to).where(Moved.path.in_(wanted))).all())
    leading = {each: next((_to(found, *old) for old in some if old[0] in found), None) for each, some in tries.items()}
    return {each: to for each, to in leading.items() if to is not None}


def _tries(path: str, query: str) -> list[tuple[str, str]]:
    """How the address may have been remembered, the likeliest first, each with what follows where that leads to."""
    path = re.sub("//+", "/", path)
    whole = [(old, "") for old in _written(path, query)]
    part = PART.fullmatch(path)
    return whole + ([(old, part[2]) for old in _written(part[1], "")] if part else [])


def _written(path: str, query: str) -> list[str]:
    other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
    return [*([f"{path}?{query}", f"{other}?{query}"] if query else []), path, other]


def _to(found: dict[str, str], old: str, part: str) -> str:
    return f"{found[old]}{part}" if found[old].endswith("/") else found[old]
