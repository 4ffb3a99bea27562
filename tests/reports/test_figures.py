"""The figures of moderating: counted from what stands, the same for everyone, and telling nothing of anybody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from opm import settings
from opm.comments import moderation
from opm.comments.models import Act, Comment, Decision, State
from opm.extensions import db
from opm.lib import clock as site_clock
from opm.lib import publicity
from opm.reports import figures, settling
from opm.reports.models import Outcome
from tests import cast
from tests.counting import counting
from tests.stranger import Stranger
from tests.tables import rows

PAGE = "/moderation/figures/"


@pytest.fixture
def count(app):
    """`count()` counts as the worker does. Returns whether it was time to."""

    def count():
        with app.app_context():
            return figures.count_if_due()

    return count


@pytest.fixture
def decide(inside, clock):
    """`decide(act, 3, after=…)` decides about three new comments that waited so long. Gives the last decision."""

    def decide(act, times=1, after=timedelta(hours=2), rule=None):
        with inside():
            post = getattr(decide, "post", None) or cast.a_post().thread
            decide.post = post
            comments = [cast.a_comment(post, text=f"{act} {clock.at} {n} {rule}") for n in range(times)]
            for comment in comments:
                comment.confirmed_at -= after
                decided = moderation.decide(comment, act, cast.ines(), revision=1, rule=rule)
            return decided

    return decide


def told(browser) -> dict:
    """The table, by the words of each line."""
    browser.visit(PAGE)
    lines = [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in browser.page.select("tbody tr")
    ]
    return {line[0]: line[1:] for line in lines}


def test_it_says_how_long_it_takes_and_what_became_of_it(inside, decide, count, browser, clock):
    decide(Act.APPROVE, 6)
    decide(Act.APPROVE, 2, after=timedelta(hours=30))
    decide(Act.REJECT, 5, rule=1)
    decide(Act.SPAM, 7)
    clock.forward(minutes=10)
    count()
    said = told(browser)
    assert said["Comments decided"] == ["20", "20"]
    assert said["Half of them within"] == ["2 hours", "2 hours"]
    assert said["Decided in the time that we promise"] == ["90%", "90%"]
    assert said["Published"] == ["8", "8"]
    assert said["Rejected by rule 1, Be civil"] == ["5", "5"]
    assert said["Rejected by rule 2, Stay with the subject"] == ["0", "0"]
    assert said["Marked as spam"] == ["7", "7"]
    assert "within 24 hours" in browser.text
    clock.forward(days=31)
    count()
    assert told(browser)["Comments decided"] == ["0", "20"]


def test_what_was_undone_or_can_still_be_does_not_count_and_what_was_decided_twice_counts_once(
    inside, decide, count, browser, clock
):
    decide(Act.APPROVE, 8)
    undone = decide(Act.SPAM)
    with inside():
        moderation.undo(moderation.held_decision(undone.id), cast.ines())
    twice = decide(Act.REJECT, rule=1)
    with inside():
        comment = Comment.held(twice.comment_id)
        moderation.decide(comment, Act.RESTORE, cast.ines(), revision=1)
        moderation.decide(comment, Act.APPROVE, cast.ines(), revision=1)
    clock.forward(minutes=10)
    decide(Act.APPROVE)
    count()
    said = told(browser)
    assert said["Comments decided"] == ["9", "9"]
    assert said["Published"] == ["9", "9"]
    assert said["Marked as spam"] == ["0", "0"]


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"1": 4, "2": 9, "spam": 7}, {"1": "few", "2": 9, "spam": "few"}),
        ({"1": 4, "2": 1, "spam": 7}, {"1": "few", "2": "few", "spam": 7}),
        ({"1": 1, "2": 1, "3": 9, "spam": 7}, {"1": "few", "2": "few", "3": 9, "spam": "few"}),  # else both are one
        ({"1": 0, "2": 5, "spam": 6}, {"1": 0, "2": 5, "spam": 6}),
        ({"1": 3, "2": 0, "spam": 0}, {"1": "few", "2": 0, "spam": 0}),
        ({"spam": 0}, {"spam": 0}),
    ],
)
def test_small_numbers_are_not_told_nor_can_they_be_worked_out_from_the_sum(counts, shown):
    assert figures.hidden(counts) == shown


def test_of_few_decisions_neither_the_median_nor_the_share_is_told(decide, count, browser, clock):
    decide(Act.APPROVE, 4)
    clock.forward(minutes=10)
    count()
    said = told(browser)
    assert said["Half of them within"] == said["Decided in the time that we promise"] == ["too few to say"] * 2


def test_what_waits_is_counted_and_since_when_but_not_to_the_minute(inside, count, browser, clock):
    with inside():
        comment = cast.a_comment(cast.a_post().thread)
        comment.confirmed_at = clock.at - timedelta(hours=3, minutes=-20)
        cast.a_report(cast.a_comment(comment.thread, State.PUBLISHED, text="It stands."))
    count()
    browser.visit(PAGE)
    assert "1 comment waits for a decision now, the oldest since 14 October 2026, 07:00." in browser.text
    assert "1 report or legal notice waits for an answer." in browser.text


def test_reports_and_notices_that_were_answered_are_counted(inside, count, browser, clock):
    with inside():
        ines, thread = cast.ines(), cast.a_post().thread
        for number in range(5):
            comment = cast.a_comment(thread, State.PUBLISHED, text=f"Number {number}.")
            settling.settle([cast.a_report(comment)], Outcome.LEFT_UP, ines)
            settling.settle([cast.a_notice(cast.POST, text=f"{number}")], Outcome.ACTED, ines)
    clock.forward(minutes=10)
    count()
    said = told(browser)
    assert said["Reports of comments answered"] == ["5", "5"]
    assert said["Legal notices answered"] == ["5", "5"]
    assert said["Reports and notices after which we acted"] == ["5", "5"]


# Counting


def test_it_is_counted_once_an_hour_by_one_worker_and_the_public_version_rises_only_with_the_figures(
    app, inside, decide, count, clock
):
    decide(Act.APPROVE, 6)
    clock.forward(minutes=10)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: count(), range(4))) == 1
    with app.app_context():
        version = publicity.version()
    clock.forward(minutes=59)
    assert not count()
    clock.forward(minutes=1)
    assert count()
    with app.app_context():
        assert publicity.version() == version, "the figures are as they were"
    decide(Act.SPAM, 6)
    clock.forward(hours=1)
    version += 6
    assert count()
    clock.forward(hours=-5)
    assert count(), "a clock that was ahead has counted"


def test_the_page_is_the_same_bytes_for_everyone_until_it_is_counted_anew(app, inside, decide, count, browser, clock):
    decide(Act.APPROVE, 6)
    clock.forward(minutes=10)
    count()
    first = Stranger(app).client.get(PAGE)
    decide(Act.SPAM, 6)
    clock.forward(minutes=59)
    cast.signed_in(browser, inside)
    later = browser.client.get(PAGE)
    assert first.data == later.data
    assert later.headers["Cache-Control"] == "public, no-cache"
    assert "Set-Cookie" not in later.headers
    clock.forward(minutes=1)
    count()
    assert Stranger(app).client.get(PAGE).data != first.data, "also out of the cache"


def test_a_site_that_has_yet_to_count_shows_what_there_is(app, decide, browser, clock):
    decide(Act.APPROVE, 6)
    clock.forward(minutes=10)
    before = rows(app)
    assert told(browser)["Comments decided"] == ["6", "6"]
    assert rows(app) == before
    decide(Act.SPAM, 6)
    clock.forward(minutes=10)
    assert told(browser)["Comments decided"] == ["12", "12"], "it is not kept for long"


def test_ten_thousand_decisions_take_four_statements_to_count_and_two_to_show(app, inside, count):
    with inside():
        ines, thread, now = cast.ines(), cast.a_post().thread, site_clock.now()
        comment = cast.a_comment(thread)
        told = {"from_state": State.PENDING, "to_state": State.PUBLISHED, "act": Act.APPROVE, "revision": 1, "note": ""}
        some = [
            {"comment_id": comment.id, "by_id": ines.id, "decided_at": now - timedelta(minutes=11 + number), **told}
            for number in range(10_000)
        ]
        db.session.execute(db.insert(Decision), some)
    with app.app_context(), counting(app) as statements:
        figures.count()
    assert len([s for s in statements if s.startswith("SELECT") and "publicity" not in s]) == 4, statements
    count()
    with counting(app) as statements:
        assert Stranger(app).client.get(PAGE).status_code == 200
    assert len(statements) <= 2, statements


def test_the_figures_keep_the_hours_that_were_promised_when_they_were_counted(inside, decide, count, browser, clock):
    decide(Act.APPROVE, 6)
    clock.forward(minutes=10)
    count()
    with inside():
        settings.change(decide_within_hours=1)
    browser.visit(PAGE)
    assert "within 24 hours" in browser.text
    clock.forward(hours=1)
    count()
    assert told(browser)["Decided in the time that we promise"] == ["0%", "0%"]


def test_the_policy_leads_to_them(browser):
    browser.visit("/moderation/")
    browser.follow("our figures")
    assert browser.heading == "Moderation in figures"
