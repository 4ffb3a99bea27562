"""Standing pages, and addresses that have moved."""

import pytest

from opm.factory import create_app
from opm.lib import moved
from opm.posts.pages import RESERVED
from tests import cast


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


@pytest.mark.parametrize("path", ["/nothing/", "/contact-us/?x=1", "/contact-us"])
def test_only_the_very_address_leads_there(inside, stranger, path):
    with inside():
        moved.remember("/contact-us/", "/how-to-reach-us/")
    assert stranger.get(path).status in (308, 404)
