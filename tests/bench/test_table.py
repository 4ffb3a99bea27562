"""The bench's table leaves nothing out, and says of each figure whether it is good enough. Nothing is measured here."""

import pytest

from tests import cast
from tests.bench.sizes import Answer, parts_of
from tests.bench.table import FIRST_VIEW, GOALS, OF_BARE_WSGI, SHIFT, Figure, table


def test_every_goal_has_a_row():
    lines = table({goal: Figure(1) for goal in GOALS}).splitlines()[1:]
    assert [line[:41].rstrip() for line in lines] == [goal.figure for goal in GOALS]
    with pytest.raises(KeyError):
        table({goal: Figure(1) for goal in GOALS[1:]})


def test_a_goal_is_reached_at_its_figure_and_missed_beyond_it():
    assert [FIRST_VIEW.verdict(size) for size in (13_500, 13_501, 14_600, 14_601)] == ["wish", "must", "must", "MISSED"]
    assert [OF_BARE_WSGI.verdict(ratio) for ratio in (0.7, 0.69, 0.5, 0.49)] == ["wish", "must", "must", "MISSED"]
    assert [SHIFT.verdict(shift) for shift in (0, 0.001)] == ["must", "MISSED"]


def test_what_could_not_be_measured_says_why():
    rows = table({goal: Figure(None, "needs chromium") for goal in GOALS})
    assert rows.count("-       needs chromium") == len(GOALS)
    assert "MISSED" not in rows


def test_all_parts_of_a_page_are_weighed(app, browser, inside):
    with inside():
        cast.a_post()
    browser.visit(cast.POST)
    parts = parts_of(Answer(200, "OK", (), browser.answer.data))
    assert [part.rpartition(".")[2] for part in parts] == ["css", "js", "svg"]
    for part in parts:
        with browser.client.get(part) as answer:
            assert answer.status_code == 200
