"""What stands around a post: who wrote it, its tags, the parts of its series, and what to read next."""

from datetime import UTC, datetime

import pytest
from flask import g

from opm.extensions import db
from opm.posts.models import Author, Category, Post, Series, State, Tag
from tests import cast
from tests.counting import counting

FAIR = "A fairer timetable"


@pytest.fixture
def a_series(inside):
    """`a_series(3)` publishes a series of three, on the first days of October; gives the addresses."""

    def a_series(count):
        with inside():
            series = Series(slug="fair", title=FAIR)
            addresses = []
            for n in range(1, count + 1):
                post = cast.a_post(f"part-{n}", f"Title {n}", on=(2026, 9, n))
                post.series, post.series_position = series, n
                addresses.append(post.address)
            return addresses

    return a_series


def named(page):
    """The parts named under a post."""
    under = page.find("nav", attrs={"aria-label": f"{FAIR}, in parts"})
    return [f"{li['value']} {' '.join(li.get_text().split())}" for li in under.find_all("li")] if under else []


def read_on(page):
    return [a.get_text() for a in page.select("#related a")]


def test_who_wrote_it_and_what_it_is_about_are_links(inside, browser):
    with inside():
        post = cast.a_filed_post()
        post.authors += [Author(slug="piotr-lund", name="Piotr <Lund>"), Author(slug="rosa-menk", name="Rosa Menk")]
        post.tags.append(Tag(slug="boats", name="Boats"))
    article = browser.visit(cast.POST).article
    said = " ".join(article.get_text().split())
    assert "By Ines Calder, Piotr <Lund> and Rosa Menk" in said
    assert "Tags: Boats, Water" in said
    for address in ("/author/ines-calder/", "/author/piotr-lund/", "/author/rosa-menk/", "/tag/boats/", "/tag/water/"):
        assert article.find("a", href=address)
        browser.visit(address)


# A series


def test_a_part_says_which_it_is_of_how_many_and_leads_on_and_back(a_series, browser):
    first, second, third = a_series(3)
    page = browser.visit(second)
    assert f"Part 2 of 3 {FAIR}" in browser.text
    assert page.find("a", rel="prev")["href"] == first
    assert page.find("a", rel="next")["href"] == third
    assert named(page) == ["1 Title 1", "2 Title 2", "3 Title 3"]
    assert page.find(attrs={"aria-current": "page"}).get_text() == "Title 2"
    browser.follow("On to part 3")
    assert not browser.page.find("a", rel="next")
    browser.follow("Back to part 2")
    browser.follow("Back to part 1")
    assert not browser.page.find("a", rel="prev")
    browser.follow(FAIR)
    assert browser.path == "/series/fair/"


def test_of_a_long_series_the_parts_nearest_are_named(a_series, browser):
    addresses = a_series(20)
    for here, shown in ((1, range(1, 8)), (10, range(7, 14)), (20, range(14, 21))):
        assert named(browser.visit(addresses[here - 1])) == [f"{n} Title {n}" for n in shown]
        browser.follow("All 20 parts")
        assert browser.path == "/series/fair/"


def test_where_a_part_is_gone_the_others_keep_their_numbers(inside, a_series, browser):
    first, _, third = a_series(3)
    with inside():
        db.session.query(Post).filter_by(slug="part-2").one().state = State.WITHDRAWN
    page = browser.visit(third)
    assert "Part 3 of 3" in browser.text
    assert named(page) == ["1 Title 1", "3 Title 3"]
    browser.follow("Back to part 1")
    with inside():
        db.session.query(Post).filter_by(slug="part-3").one().state = State.DRAFT
    assert named(browser.visit(first)) == []
    assert f"Part 1 {FAIR}" in browser.text


def test_a_part_without_a_number_belongs_to_the_series_all_the_same(inside, a_series, browser):
    first, _second = a_series(2)
    with inside():
        db.session.query(Post).filter_by(slug="part-1").one().series_position = None
    browser.visit(first)
    assert FAIR in browser.text
    assert "Part" not in browser.page.article.p.get_text()


# What to read next


@pytest.fixture
def shelf(inside):
    """Posts beside ours, with what they share with it."""
    with inside():
        post = cast.a_filed_post()
        [water], [rivers] = post.tags, post.categories
        boats, streets = Tag(slug="boats", name="Boats"), Category(slug="streets", name="Streets")
        post.tags.append(boats)
        for day, (title, tags, categories) in enumerate(
            [
                ("Both tags", [water, boats], []),
                ("Tag and category", [water], [rivers]),
                ("Category, older", [], [rivers]),
                ("Category, newer", [], [rivers, streets]),
                ("Nothing", [], [streets]),
            ],
            1,
        ):
            other = cast.a_post(f"p{day}", title, on=(2026, 8, day))
            other.tags, other.categories = tags, categories
        part = cast.a_post("part", "Part 2 of the series")
        part.series, part.series_position, part.tags = post.series, 2, [water, boats]


def test_what_shares_the_most_is_named_of_equal_ones_the_newest(shelf, browser):
    assert read_on(browser.visit(cast.POST)) == ["Both tags", "Tag and category", "Category, newer"]
    assert read_on(browser.visit("/2026/08/05/p5/")) == ["Category, newer"]


def test_where_nothing_is_shared_nothing_is_named(inside, browser):
    with inside():
        cast.a_post()
        cast.a_post("other", "Other", category="streets")
    assert read_on(browser.visit(cast.POST)) == []


@pytest.mark.parametrize("state", [state for state in State if state != State.PUBLISHED])
def test_what_is_not_public_is_named_nowhere(inside, shelf, browser, state):
    with inside():
        for slug in ("p1", "part"):
            db.session.query(Post).filter_by(slug=slug).one().state = state
    page = browser.visit(cast.POST)
    assert read_on(page) == ["Tag and category", "Category, newer", "Category, older"]
    assert "Part 2" not in browser.text
    assert "Part 1 Floods" in browser.text


def test_a_page_is_kept_no_longer_than_until_the_next_post_comes(inside, shelf, browser, clock):
    with inside():
        coming = cast.a_post("coming", "Coming", on=(2026, 10, 15), category="rivers")
        coming.tags = [db.session.query(Tag).filter_by(slug=slug).one() for slug in ("water", "boats")]
    with browser.client as client:
        assert "Coming" not in client.get(cast.POST).text
        assert g.changes_at == datetime(2026, 10, 15, 8, tzinfo=UTC)
    clock.forward(hours=24)
    assert read_on(browser.visit(cast.POST)) == ["Coming", "Both tags", "Tag and category"]


def test_all_of_it_takes_one_statement(app, inside, shelf, browser):
    with inside():
        cast.a_post("alone", "Alone", on=(2026, 7, 1))
    counts = []
    for path in (cast.POST, "/2026/07/01/alone/"):
        with counting(app) as statements:
            browser.client.get(path)
        counts.append(len(statements))
    assert counts == [4, 4]
