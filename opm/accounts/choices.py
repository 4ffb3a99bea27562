"""What the team chose for the site: each choice is a row that says who made it and when, and can be taken back."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, and_, func, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from opm import settings
from opm.accounts import audit
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.extensions import db, insert
from opm.lib import clock
from opm.lib.columns import BigId, UtcDateTime


class Overtaken(Exception):
    """Somebody else has chosen since this was looked at."""


class Choice(db.Model):
    """One setting that somebody changed at the desk: what it held before and since. None is what it is by default."""

    __table_args__ = {}

    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 1, for each key
    before: Mapped[object | None] = mapped_column(JSON(none_as_null=True))
    value: Mapped[object | None] = mapped_column(JSON(none_as_null=True))
    by_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person] = relationship()
    chosen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    @classmethod
    def latest(cls, key: str) -> "Choice | None":
        """The last that was made about this setting, with who made it."""
        made = select(cls).where(cls.key == key).order_by(cls.number.desc()).limit(1)
        return db.session.scalar(made.options(joinedload(cls.by)))

    @classmethod
    def latest_of(cls, keys: Collection[str]) -> "dict[str, Choice]":
        """The last about each of these settings, where one was made; in one statement."""
        last = select(cls.key, func.max(cls.number).label("number")).where(cls.key.in_(keys)).group_by(cls.key)
        last = last.subquery()
        made = select(cls).join(last, and_(last.c.key == cls.key, last.c.number == cls.number))
        return {choice.key: choice for choice in db.session.scalars(made.options(joinedload(cls.by)))}


def choose(key: str, value: object | None, by: Person, seen: int, did: Did = Did.CHANGED_SETTING) -> None:
    """Sets it from now on; None sets it back to its default. The caller commits.

    `seen` is the number of the choice that stood when this person looked, 0 for none. Raises Overtaken, and has then
    changed nothing.
    """
    plain = None if value is None else settings.plain(key, value)
    row = {"key": key, "number": seen + 1, "before": settings.stored(key), "value": plain, "by_id": by.id}
    if seen != _last_number(key) or not _is_first(row):
        settings.look_again()
        raise Overtaken
    audit.record(by, did, "setting", words=key)
    if value is None:
        settings.reset(key)
    else:
        settings.change(**{key: value})


def take_back(key: str, by: Person, seen: int) -> None:
    """Sets it to what it was before the last choice. Raises Overtaken as `choose` does."""
    if (last := Choice.latest(key)) is None or last.number != seen:
        raise Overtaken
    choose(key, last.before, by, seen, Did.TOOK_BACK_SETTING)


def _last_number(key: str) -> int:
    return db.session.scalar(select(func.max(Choice.number)).where(Choice.key == key)) or 0


def _is_first(row: dict) -> bool:
    """Of two at once one alone gets the next number."""
    statement = insert(Choice).values(chosen_at=clock.now(), **row)
    return db.session.scalar(statement.on_conflict_do_nothing().returning(Choice.number)) is not None
