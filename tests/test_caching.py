"""Until when a page may be kept, where the clock alone would change it."""

from datetime import UTC, datetime

from flask import g

from opm.lib import caching


def test_the_earliest_moment_to_come_counts(app):
    def day(number):
        return datetime(2026, 10, number, tzinfo=UTC)

    with app.test_request_context("/"):
        caching.begin(version=1)
        caching.changes_at(None)
        caching.changes_at(day(1))  # is past: it is the 14th
        assert "changes_at" not in g
        for moment in (day(20), day(16), day(18)):
            caching.changes_at(moment)
        assert g.changes_at == day(16)
