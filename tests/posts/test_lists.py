"""Lists of posts: by tag, author, series and date, and what the filter offers where there is much."""

from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from flask import g

from opm.posts.models import Author, Series, State, Tag
from tests import cast
from tests.counting import counting


@pytest.fixture
def a_full_shelf(inside):
    """Posts from three years: two with a tag, three in a series, one by two people."""
    with inside():
        floods = Tag(slug="floods", name="Floods", description="High water.")
        fair = Series(slug="fair", title="A fairer timetable", description="How buses come on time.")
        for number, on in enumerate([(2024, 12, 31), (2026, 3, 9), (2026, 10, 1), (2026, 10, 14)], 1):
            post = cast.a_post(f"p{number}", f"Post {number}", on=on, category="rivers")
            if number < 4:
                post.series, post.series_position = fair, 4 - number
            if number % 2:
                post.tags.append(floods)
        post.authors.append(Author(slug="piotr-lund", name="Piotr Lund", about="Piotr counts buses."))


def titles(page):
    return [h2.get_text() for h2 in page.select("article h2")]


def links(page, label):
    return [a["href"] for a in page.find("nav", attrs={"aria-label": label}).find_all("a")]


EVERY_LIST = ["/", "/category/rivers/", "/tag/floods/", "/author/ines-calder/", "/series/fair/", "/2026/", "/2026/10/",
              "/2026/10/14/"]  # fmt: skip


def test_a_tag_has_its_posts(a_full_shelf, browser):
    assert titles(browser.visit("/tag/floods/")) == ["Post 3", "Post 1"]
    assert browser.heading == "Floods"
    assert "Tag Floods High water." in browser.text


def test_an_author_has_their_posts_and_who_they_are(a_full_shelf, browser):
    assert titles(browser.visit("/author/piotr-lund/")) == ["Post 4"]
    assert browser.heading == "Piotr Lund"
    assert "Piotr counts buses." in browser.text
    assert len(titles(browser.visit("/author/ines-calder/"))) == 4


def test_a_series_has_its_parts_in_order_with_what_each_says(a_full_shelf, browser):
    page = browser.visit("/series/fair/")
    assert titles(page) == ["Post 3", "Post 2", "Post 1"]
    assert "How buses come on time." in browser.text
    assert [article.p.get_text(" ").split()[:2] for article in page.find_all("article")] == [
        ["Part", "1"], ["Part", "2"], ["Part", "3"],
    ]  # fmt: skip
    assert all("Low Mill Lane is warned last." in article.get_text() for article in page.find_all("article"))


def test_elsewhere_a_part_says_of_what(a_full_shelf, browser):
    article = browser.visit("/2026/03/").article
    assert "A fairer timetable, part 2" in " ".join(article.get_text().split())
    assert article.find("a", href="/series/fair/")


# By date


def test_a_year_leads_to_its_months_and_to_years_with_posts(a_full_shelf, browser):
    page = browser.visit("/2026/")
    assert browser.heading == "2026"
    assert titles(page) == ["Post 4", "Post 3", "Post 2"]
    assert links(page, "By date") == ["/2026/03/", "/2026/10/"]
    assert "March 1" in browser.text
    assert "October 2" in browser.text
    assert links(page, "Before and after") == ["/2024/"]


def test_a_month_leads_up_to_its_days_and_to_months_with_posts(a_full_shelf, browser):
    page = browser.visit("/2026/03/")
    assert browser.heading == "March 2026"
    assert links(page, "By date") == ["/2026/", "/2026/03/09/"]
    assert links(page, "Before and after") == ["/2024/12/", "/2026/10/"]


def test_a_day_leads_up_and_to_days_with_posts(a_full_shelf, browser):
    page = browser.visit("/2026/10/01/")
    assert browser.heading == "1 October 2026"
    assert titles(page) == ["Post 3"]
    assert links(page, "By date") == ["/2026/10/"]
    assert links(page, "Before and after") == ["/2026/03/09/", "/2026/10/14/"]
    browser.visit("/2024/12/31/")
    assert links(browser.page, "Before and after") == ["/2026/03/09/"]


def test_a_day_is_that_of_the_sites_zone(inside, reader):
    with inside():
        post = cast.a_post("late")
        post.published_at, post.published_on = datetime(2026, 7, 31, 23, 30, tzinfo=UTC), datetime(2026, 8, 1).date()
    assert reader.get("/2026/08/01/").status == 200
    assert reader.get("/2026/07/").status == 404


# Pages


def test_every_list_has_pages(inside, browser):
    with inside():
        tag, series = Tag(slug="floods", name="Floods"), Series(slug="fair", title="Fair")
        for n in range(21):
            post = cast.a_post(f"p{n}", f"Post {n}", on=(2026, 10, 1), category="rivers")
            post.series, post.series_position = series, n + 1
            post.tags.append(tag)
    for path in [*EVERY_LIST[:-1], "/2026/10/01/"]:
        assert len(titles(browser.visit(path))) == 20
        browser.follow("Later parts" if "series" in path else "Older posts")
        assert browser.path == f"{path}page/2/"
        assert len(titles(browser.page)) == 1
        assert "Page 2 of 2" in browser.text
        assert ", page 2" in browser.page.title.get_text()


NOWHERE = [
    "/tag/", "/tag/nothing/", "/tag/floods/page/2/", "/tag/floods/page/0/", "/author/nobody/", "/series/nothing/",
    "/author/", "/series/", "/2025/", "/2026/11/", "/2026/10/02/", "/2026/page/2/", "/2026/page/0/", "/2026/10/page/2/",
    "/2026/10/01/page/2/", "/0000/", "/9999/", "/2026/00/", "/2026/13/", "/2026/02/30/", "/2026/10/00/", "/0000/00/00/",
    "/20261/", "/202/", "/-026/", "/2026/1/", "/2026/010/", "/٢٠٢٦/", "/2026/١٠/", "/tag/日本/", "/tag/%00/",
    "/tag/%C0%AF/", "/tag/%ED%A0%80/", "/tag/" + "x" * 10_000 + "/", "/author/%ff%fe/", "/2026/10/01/%00/",
    "/tag/floods/page/99999999999999999999/", "/2026/page/99999999999999999999/", "/series/עברית/", "/category/%25/",
]  # fmt: skip


@pytest.mark.parametrize("path", NOWHERE)
def test_where_no_list_is_there_is_a_page_that_says_so(a_full_shelf, reader, path):
    answer = reader.get(path)
    assert answer.status == 404
    assert "There is no page at this address" in answer.text


@pytest.mark.parametrize("slug", ["日本", "עברית", "sécurité", "100%25", "a%20b"])
def test_a_slug_may_be_of_any_script(inside, browser, slug):
    with inside():
        cast.a_post().tags.append(Tag(slug=unquote(slug), name="Word"))
    browser.visit(f"/tag/{slug}/")
    assert browser.heading == "Word"


def test_an_address_without_its_last_stroke_leads_to_the_right_one(a_full_shelf, reader):
    for path in [*EVERY_LIST[1:], "/2026/page/2/", "/category/"]:
        answer = reader.get(path.removesuffix("/"))
        assert (answer.status, answer.location.removeprefix("http://localhost")) == (308, path)


# What is not published


@pytest.mark.parametrize("state", [state for state in State if state != State.PUBLISHED])
def test_what_is_not_published_is_in_no_list_nor_are_its_words(inside, reader, state):
    with inside():
        cast.a_post()
        hidden = cast.a_post("hidden", "Hidden", on=(2025, 5, 5), series=Series(slug="secret", title="Secret"))
        hidden.series_position, hidden.state = 1, state
        hidden.tags.append(Tag(slug="secret", name="Secret"))
        hidden.authors.append(Author(slug="secret", name="Secret"))
    for path in ("/tag/secret/", "/author/secret/", "/series/secret/", "/2025/", "/2025/05/", "/2025/05/05/"):
        assert reader.get(path).status == 404
    for path in ("/", "/2026/", "/2026/10/", "/author/ines-calder/"):
        page = reader.get(path)
        assert "ecret" not in page.text
        assert not page.page.find("a", href="/2025/")


def test_a_list_is_kept_no_longer_than_until_the_next_post_comes(inside, reader, clock):
    with inside():
        cast.a_post(category="rivers")
        cast.a_post("tomorrow", on=(2026, 10, 15), category="streets")
    for path in ("/", "/category/rivers/", "/category/streets/", "/2026/", "/category/"):
        assert kept_until(reader, path) == datetime(2026, 10, 15, 8, tzinfo=UTC), path
    clock.forward(hours=24)
    assert kept_until(reader, "/") is None


def kept_until(reader, path):
    with reader.client as client:
        assert client.get(path).status_code == 200
        return g.get("changes_at")


# The filter


@pytest.fixture
def many_categories(inside):
    """Twelve, the last ones with the most posts."""
    with inside():
        for n in range(12):
            for m in range(n + 1):
                cast.a_post(f"p{n}-{m}", on=(2026, 9, 1), category=f"c{n:02}")


def test_a_filter_with_too_much_in_it_offers_the_largest_and_a_page_with_all(many_categories, browser):
    page = browser.visit("/")
    offered = [a.get_text() for a in page.find("nav", attrs={"aria-label": "Show posts about"}).find_all("a")]
    assert offered == ["All posts", *[f"C{n:02}" for n in range(4, 12)], "All 12 categories"]
    browser.follow("All 12 categories")
    assert len(browser.page.main.select("li a")) == 12
    assert "All about c03." in browser.text


def test_what_is_shown_stands_in_the_filter_however_small(many_categories, browser):
    page = browser.visit("/category/c01/")
    chosen = page.find("nav", attrs={"aria-label": "Show posts about"}).find("a", attrs={"aria-current": "true"})
    assert chosen.get_text() == "C01"


def test_an_empty_site_has_no_subjects(app, browser):
    browser.visit("/category/")
    assert "Nothing has been published here yet." in browser.text


# What it costs


def test_every_list_takes_at_most_five_statements(app, a_full_shelf, reader):
    for path in [*EVERY_LIST, "/category/"]:
        with counting(app) as statements:
            assert reader.client.get(path).status_code == 200
        assert len(statements) <= 5, f"{path}\n{statements}"
