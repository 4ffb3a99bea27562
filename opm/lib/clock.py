"""The one place that asks what time it is, so that a test can say another."""

from datetime import UTC, datetime, timedelta

__all__ = ["now", "timedelta"]


def now() -> datetime:
    """This moment, aware, in UTC. Call it as `clock.now()`: tests replace it."""
    return datetime.now(UTC)
