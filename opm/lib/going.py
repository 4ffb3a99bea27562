"""What goes when its time is over: said once, as the condition that finds it, and both taken and counted by that.

Taking is in batches, so that no writer waits long for another. Looking is read-only: most of the time nothing has run
out. What was found goes only if it is still so, since somebody may confirm or withdraw at that very moment.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, distinct, false, func, inspect, not_, select, tuple_, update

from opm.extensions import db, reading
from opm.lib import clock

BATCH = 200
QUICKLY = {"synchronize_session": False}


class Going:
    """Rows of one table whose time can be over, and what becomes of them: they go, or some of their values do."""

    def __init__(self, row, find: Callable[[datetime], ColumnElement], values: dict, each=None, but=None):
        self.row, self.values, self._find, self._but = row, values, find, but
        self._key = [each] if each is not None else list(inspect(row).primary_key)
        self.__doc__ = find.__doc__

    def __repr__(self) -> str:
        return f"<{self._find.__module__}.{self._find.__name__}>"

    @property
    def table(self) -> Table:
        """Where these rows are."""
        return self.row.__table__

    def unless(self, but: Callable[[], ColumnElement]) -> "Going":
        """The same, but for those that this condition finds: a room above has a reason to keep them."""
        return Going(self.row, self._find, self.values, but=but)

    def condition(self, days: int) -> ColumnElement:
        """What finds those whose so many days are over."""
        found = self._find(clock.now() - timedelta(days=days))
        return found if self._but is None else found & _is_not(self._but())

    def count(self, days: int, besides: Iterable[ColumnElement] = ()) -> int:
        """How many are due, without those that one of the other conditions finds. Changes nothing."""
        which = self.condition(days), *map(_is_not, besides)
        what = func.count() if len(self._key) > 1 else func.count(distinct(self._key[0]))
        return db.session.scalar(select(what).select_from(self.row).where(*which))

    def take(self, days: int) -> int:
        """Lets one batch go, and returns how many: none means that all is done for now. The caller commits."""
        condition = self.condition(days)
        with reading():
            found = db.session.execute(select(*self._key).where(condition).distinct().limit(BATCH)).all()
        if found:
            statement = update(self.row).values(self.values) if self.values else delete(self.row)
            db.session.execute(statement.where(self._is_one_of(found), condition), execution_options=QUICKLY)
        return len(found)

    def _is_one_of(self, found) -> ColumnElement:
        if len(self._key) == 1:
            return self._key[0].in_([key for (key,) in found])
        return tuple_(*self._key).in_([tuple(key) for key in found])


def goes(row, each=None, **values) -> Callable[[Callable[[datetime], ColumnElement]], Going]:
    """Makes such a thing of a function that says which rows are older than a moment.

    Where values are named, the rows stay and these take the place of what they hold. A batch is of rows, or of what
    has this column (`each`) in common.
    """
    return lambda find: Going(row, find, values, each)


def _is_not(condition: ColumnElement) -> ColumnElement:
    """That it does not hold: also where it compares with nothing, and so is neither true nor false."""
    return not_(func.coalesce(condition, false()))
