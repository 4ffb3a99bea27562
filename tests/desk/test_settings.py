"""What admins set: who may publish a post."""

import pytest

from opm import settings
from opm.accounts.choices import Choice
from opm.extensions import db
from tests import cast
from tests.tables import rows

PAGE = "/desk/settings/"


@pytest.fixture
def desk(inside, browser):
    """Ines at her desk."""
    return cast.signed_in(browser, inside)


def is_two(inside) -> bool:
    with inside(False):
        return settings.current().two_people_publish


def chosen(desk) -> str:
    """What the page says that holds."""
    return desk.page.find("input", {"name": "people", "checked": True})["value"]


def test_an_admin_sets_that_two_people_see_every_post_and_takes_it_back(inside, desk, clock):
    desk.visit("/desk/")
    desk.follow("Settings")
    assert chosen(desk) == "one"
    assert not is_two(inside)
    desk.press("Save", people="two")
    assert desk.path == PAGE
    assert chosen(desk) == "two"
    assert "Last changed by Ines Calder, 14 October 2026, 10:00." in desk.text
    assert is_two(inside)
    desk.press("Save", people="one")
    assert not is_two(inside)
    with inside(False):
        assert [choice.value for choice in db.session.query(Choice).order_by(Choice.number)] == [True, False]


def test_whoever_is_no_admin_is_told_whom_to_ask_and_sees_no_link(inside, browser):
    with inside():
        cast.ines()
    cast.signed_in(browser, inside, cast.rosa)
    browser.visit("/desk/")
    assert not browser.page.find("a", href=PAGE)
    browser.visit(PAGE, status=403)
    assert "To change the site’s settings, ask Ines Calder." in browser.text


@pytest.mark.parametrize("people", ["", "three", "one\x00", "\ud800", "<script>", "1" * 1000])
def test_nothing_is_changed_by_what_is_no_answer(app, inside, desk, people):
    desk.visit(PAGE)
    before = rows(app)
    desk.press("Save", status=422, people=people.encode("utf-8", "replace").decode())
    assert "Nothing was changed." in desk.text
    assert rows(app) == before


@pytest.mark.parametrize("seen", ["", "-1", "9" * 30, "x", "\x00"])
def test_a_form_that_does_not_say_what_it_saw_changes_nothing(app, desk, seen):
    desk.visit(PAGE)
    before = rows(app)
    desk.press("Save", status=422, people="two", seen=seen)
    assert rows(app) == before


def test_of_two_admins_at_once_the_second_is_shown_what_the_first_chose(inside, desk, another_browser):
    cast.signed_in(another_browser, inside)
    for browser in (desk, another_browser):
        browser.visit(PAGE)
    desk.press("Save", people="two")
    another_browser.press("Save", status=409, people="two")
    assert "somebody else has just chosen" in another_browser.text
    assert chosen(another_browser) == "two"
    another_browser.press("Save", people="one")
    assert not is_two(inside)
