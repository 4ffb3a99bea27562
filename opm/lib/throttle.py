"""How often something may be done: fixed windows counted in the database, shared by every process.

A refusal still counts, so whoever catches TooMany commits before answering.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import or_
from sqlalchemy.orm import Mapped, mapped_column

from opm.extensions import db, insert
from opm.lib import clock
from opm.lib.columns import UtcDateTime
from opm.lib.going import goes

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KEPT_FOR = 2 * DAY


class TooMany(Exception):
    """More than allowed. `retry_after` says in how many seconds the window ends."""

    def __init__(self, allowance: "Allowance", retry_after: int):
        super().__init__(f"{allowance.what}: more than {allowance.limit}")
        self.allowance, self.retry_after = allowance, retry_after


@dataclass(frozen=True)
class Allowance:
    """So many times (`limit`) in each window (`per`), for whatever it is counted by. Some only count."""

    what: str
    limit: int
    per: timedelta = HOUR
    refuses: bool = True

    def window(self, at: datetime) -> datetime:
        """The beginning of the window that holds this moment."""
        seconds = int(self.per.total_seconds())
        return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)

    def delay(self, count: int) -> timedelta:
        """How long the use with this count has to wait so that no more than the limit are served in a window."""
        return max(0, count - self.limit) * (self.per / self.limit)


class Tally(db.Model):
    """How often it was done in one window."""

    __table_args__ = {}  # a key of two columns numbers no rows

    key: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    count: Mapped[int]


def spend(uses: Mapping[Allowance, str]) -> dict[str, int]:
    """Counts one use of each allowance for the key beside it, in one statement.

    Returns the counts by what was counted, empty while limits are lifted. Raises TooMany for the first that is over.
    """
    if not current_app.config["LIMITS"] or not uses:
        return {}
    at = clock.now()
    keys = {f"{allowance.what}:{key}": allowance for allowance, key in uses.items()}
    rows = [{"key": key, "began_at": a.window(at), "count": 1} for key, a in sorted(keys.items())]
    statement = insert(Tally).values(rows)
    statement = statement.on_conflict_do_update(
        index_elements=[Tally.key, Tally.began_at], set_={"count": Tally.count + 1}
    ).returning(Tally.key, Tally.count)
    counts = dict(db.session.execute(statement).all())
    for key, allowance in keys.items():
        if allowance.refuses and counts[key] > allowance.limit:
            ends = allowance.window(at) + allowance.per
            raise TooMany(allowance, max(1, int((ends - at).total_seconds())))
    return {allowance.what: counts[key] for key, allowance in keys.items()}


@goes(Tally)
def old(moment):
    """The tallies of windows that began so long ago (the longest is a day), and of those that have yet to begin: a
    clock that was ahead has counted in them, and nobody is to be refused for that when they come.
    """
    return or_(Tally.began_at < moment, Tally.began_at > clock.now())
