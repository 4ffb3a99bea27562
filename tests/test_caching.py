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


def test_what_is_kept_is_made_once_for_a_version_and_for_what_it_is_given(app):
    made = []
    kept = caching.kept(lambda name: made.append(name) or len(made))

    def ask(version, name):
        with app.test_request_context("/"):
            caching.begin(version)
            return kept(name)

    assert [ask(1, "a"), ask(1, "b"), ask(1, "a"), ask(2, "a"), ask(2, "a"), ask(1, "a")] == [1, 2, 1, 3, 3, 4]
    caching.forget(app)
    assert ask(1, "a") == 5


def test_outside_a_reading_request_nothing_is_kept(app):
    made = []
    kept = caching.kept(lambda: made.append(1))
    with app.test_request_context("/", method="POST"):
        assert kept() is kept() is None
    assert len(made) == 2


def test_what_is_kept_ends_by_the_clock_and_so_does_each_page_with_it(app, clock):
    moments = [datetime(2026, 10, 16, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)]
    kept = caching.kept(lambda: caching.changes_at(moments[0]) or moments[0])

    def ask(before=None):
        with app.test_request_context("/"):
            caching.begin(version=1)
            caching.changes_at(before)
            kept()
            return g.get("changes_at")

    assert [ask(), ask(), ask(datetime(2026, 10, 15, tzinfo=UTC))] == [
        moments[0],
        moments[0],
        datetime(2026, 10, 15, tzinfo=UTC),
    ]
    first, moments[0] = moments[0], moments[1]
    clock.at = first
    assert ask() == moments[0]


def test_no_more_is_kept_than_there_is_room_for(app, monkeypatch):
    monkeypatch.setattr(caching, "SHELF_HOLDS", 2)
    kept = caching.kept(lambda number: [number])
    with app.test_request_context("/"):
        caching.begin(version=1)
        assert kept(1) is kept(1)
        assert kept(2) is kept(2)
        assert kept(3) == [3]
        assert kept(3) is not kept(3)
