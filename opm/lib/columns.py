"""Column types that mean the same on SQLite and on PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Integer, String
from sqlalchemy.types import TypeDecorator

LARGEST_ID = 2**63 - 1
LARGEST_COUNT = 2**31 - 1  # in a column of plain numbers

# SQLite numbers rows only in a plain INTEGER; PostgreSQL runs out of those.
BigId = BigInteger().with_variant(Integer, "sqlite")

# Text that is sorted: by code point on both, whatever the server's locale.
SortedText = String().with_variant(String(collation="C"), "postgresql")


class UtcDateTime(TypeDecorator):
    """A moment: aware and in UTC on the way out, also from SQLite, which keeps no zone. Refuses naive moments."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def result_processor(self, dialect, coltype):
        """For SQLite in one step instead of three: a thread has many moments."""
        return _from_sqlite if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _from_sqlite(text: str | None) -> datetime | None:
    return text and datetime.fromisoformat(f"{text}+00:00")
