"""Standing pages, and addresses that have moved."""

import pytest

from opm.factory import create_app
from opm.lib import moved
from opm.posts.pages import RESERVED, free_slug
from tests import cast
from tests.counting import counting


def test_a_standing_page_stands_at_its_slug(inside, browser):
    with inside():
        cast.a_page()
    browser.visit("/how-to-reach-us/")
    assert browser.heading == "How to reach us"
    assert "By letter or by boat." in browser.text


def test_no_page_can_take_the_place_of_one_of_our_own_addresses(tmp_path):
    app = create_app({"OPM_INSTANCE": str(tmp_path)})
    ours = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    assert {name for name in ours if name and "<" not in name} - {"robots.txt"} <= RESERVED


def test_what_has_moved_leads_to_where_it_stands(inside, browser, stranger):
    with inside():
        cast.a_page()
        assert moved.remember("/contact-us/", "/how-to-reach-us/")
        assert moved.remember("/?page_id=7", "/how-to-reach-us/")
        assert not moved.remember("/contact-us/", "/elsewhere/"), "an address leads to one place"
    assert stranger.get("/contact-us/").location == "/how-to-reach-us/"
    browser.visit("/contact-us/")
    assert browser.heading == "How to reach us"


@pytest.mark.parametrize(
    "path",
    ["/contact-us/", "/contact-us/?utm_source=mail", "/ask/us/", "/ask/us", "/ask//us/", "/ask/us.html", "/ask?us=1"],
)
def test_a_slash_or_a_query_more_or_less_is_the_same_address(inside, browser, path):
    with inside():
        for old in ("/contact-us/", "/ask/us/", "/ask/us.html", "/ask?us=1"):
            moved.remember(old, "/how-to-reach-us/")
        cast.a_page()
    browser.visit(path)
    assert browser.path == "/how-to-reach-us/"


@pytest.mark.parametrize(
    "path", ["/nothing/", "/contact/", "/ask/", "/ask?us=2", "/contact-us/more/", "/contact-us%00/"]
)
def test_another_address_leads_nowhere(inside, browser, path):
    with inside():
        moved.remember("/contact-us/", "/how-to-reach-us/")
        moved.remember("/ask?us=1", "/how-to-reach-us/")
    browser.visit(path, 404)


@pytest.mark.parametrize("part", ["page/2/", "page/2", "feed/", "feed", "2/"])
def test_what_stands_under_a_thing_moves_with_it(inside, app, part):
    with inside():
        moved.move("/category/water/", "/category/rivers/")
        moved.move("/category/rivers/", "/category/sea/")
    with inside(False):
        assert moved.leads_to(f"/category/water/{part}", "utm_source=mail") == f"/category/sea/{part}"
        assert moved.leads_to("/category/water") == "/category/sea/"
        assert moved.leads_to("/category/water/more/") is None


def test_many_are_remembered_at_once_and_each_leads_to_one_place(inside, app):
    with inside():
        moved.remember("/a/", "/here/")
        many = {f"/old/{number}/": "/here/" for number in range(1200)}
        with counting(app) as statements:
            assert moved.remember_all(many | {"/a/": "/there/"}) == {"/a/": "/here/"}
        assert len(statements) < 8
    with inside(False):
        assert moved.leads_to("/a/") == moved.leads_to("/old/1199/") == "/here/"


@pytest.mark.parametrize(
    ("wanted", "slug"), [("reach-us", "reach-us"), ("how-to-reach-us", "how-to-reach-us-2"), ("desk", "desk-2"),
                         ("2014", "2014-2"), ("20140", "20140"), ("how-to", "how-to")]
)  # fmt: skip
def test_a_free_slug_hides_nothing(wanted, slug):
    assert free_slug(wanted, {"how-to-reach-us"}) == slug
