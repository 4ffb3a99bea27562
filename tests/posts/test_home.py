"""The front page below its list: what is talked about, and how to take part; and the foot of each page."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import g

from opm import settings
from opm.comments.models import State as CommentState
from opm.extensions import db
from opm.posts.models import Post, State
from opm.settings import Way
from tests import cast
from tests.counting import counting


@pytest.fixture
def talk(inside):
    """Posts with 0 to 4 comments each; the one with the most is more than a year old."""
    with inside():
        for count in range(5):
            on = (2026, 9, count + 1) if count < 4 else (2025, 10, 1)
            post = cast.a_post(f"p{count}", f"Post {count}", on=on)
            for n in range(count):
                cast.a_comment(post.thread, CommentState.PUBLISHED, text=f"Words {n}.")


def section(page, heading):
    h2 = page.find("h2", string=heading)
    return [" ".join(li.get_text().split()) for li in h2.find_parent("section").find_all("li")] if h2 else None


def test_what_is_talked_about_this_year_is_named_the_most_first(talk, browser):
    page = browser.visit("/")
    assert section(page, "Most discussed") == ["Post 3, 3 comments", "Post 2, 2 comments", "Post 1, 1 comment"]


def test_a_page_is_kept_no_longer_than_until_a_year_has_passed(talk, browser, clock):
    with browser.client as client:
        client.get("/")
        assert g.changes_at == datetime(2026, 9, 2, 8, tzinfo=UTC) + timedelta(days=365)
    clock.forward(days=360)
    assert section(browser.visit("/"), "Most discussed") is None


@pytest.mark.parametrize("state", [state for state in State if state != State.PUBLISHED])
def test_what_is_not_public_is_not_named(talk, inside, browser, state):
    with inside():
        db.session.query(Post).filter_by(slug="p3").one().state = state
    assert section(browser.visit("/"), "Most discussed") == ["Post 2, 2 comments", "Post 1, 1 comment"]


def test_where_nobody_has_said_anything_nothing_is_named(inside, browser):
    with inside():
        cast.a_post()
    assert section(browser.visit("/"), "Most discussed") is None


def test_only_the_first_page_has_it(talk, inside, browser, reader):
    with inside():
        settings.change(posts_per_page=2)
    assert section(browser.visit("/page/2/"), "Most discussed") is None
    assert "Take part" not in reader.get("/", htmx=True).text


def test_each_way_to_take_part_leads_to_a_page_that_is_there(talk, browser):
    for path in ("/", "/about/"):
        page = browser.visit(path)
        heading = page.find("h2", string=["Take part", "How you can take part"])
        ways = heading.find_next("ul").find_all("a")
        assert len(ways) == 4
        for way in ways:
            browser.visit(way["href"].partition("#")[0])


def test_the_team_can_list_other_ways_in_their_order(inside, browser):
    with inside():
        settings.change(
            ways=[
                Way("Book training", "/training/", "Free for all who work here.", mark="registration required"),
                Way("Talk with us <there>", "https://social.example/@northmere"),
            ]
        )
    assert section(browser.visit("/"), "Take part") == [
        "Book training (registration required). Free for all who work here.",
        "Talk with us <there>",
    ]
    assert browser.page.find("a", href="https://social.example/@northmere")
    with inside():
        settings.change(ways=[])
    assert section(browser.visit("/"), "Take part") is None


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil.example", "/\\evil.example", "", "data:x", "x"])
def test_a_way_leads_nowhere_odd(address):
    with pytest.raises(ValueError, match=r".*"):
        Way("x", address)


def test_the_front_page_leads_to_the_newest_year(talk, browser):
    browser.visit("/")
    browser.follow("Everything from 2026")
    assert browser.path == "/2026/"


def test_the_front_page_takes_at_most_five_statements(app, talk, browser):
    with counting(app) as statements:
        browser.client.get("/")
    assert len(statements) <= 5, statements


# The foot


def test_the_licence_is_a_link_where_it_has_an_address(inside, browser):
    with inside():
        cast.a_post()
    assert browser.visit("/").footer.find("a", rel="license") is None
    assert "Text may be copied with credit." in browser.text
    with inside():
        settings.change(licence="Open Government Licence", licence_address="https://example.org/ogl/")
    assert browser.visit(cast.POST).footer.find("a", rel="license")["href"] == "https://example.org/ogl/"


def test_the_about_page_names_the_standing_pages(inside, browser):
    with inside():
        cast.a_page("zoo", "a zoo")
        cast.a_page()
    browser.visit("/about/")
    assert [a.get_text() for a in browser.page.find("h2", string="More pages").find_next("ul").find_all("a")] == [
        "a zoo", "How to reach us",
    ]  # fmt: skip
    browser.follow("How to reach us")
