"""A clock that stands until a test moves it."""

from datetime import UTC, datetime, timedelta

from opm.lib import clock


class Clock:
    """Says what time it is in the story."""

    def __init__(self, monkeypatch):
        self.at = datetime(2026, 10, 14, 9, 0, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def forward(self, **lengths):
        """Moves on: `clock.forward(minutes=10)`."""
        self.at += timedelta(**lengths)
