"""Addresses that something had once, and where they lead."""

from opm.extensions import db
from opm.lib import moved


def test_what_moves_twice_is_one_step_away_from_every_address_it_had(inside):
    with inside():
        moved.remember("/?p=12", "/a/")
        moved.move("/a/", "/b/")
        db.session.flush()
        moved.move("/b/", "/c/")
        db.session.flush()
        assert [moved.leads_to(path) for path in ("/a/", "/b/")] == ["/c/", "/c/"]
        assert moved.leads_to("/", "p=12") == "/c/"


def test_what_moves_back_leads_in_no_circle(inside):
    with inside():
        moved.move("/a/", "/b/")
        moved.move("/b/", "/a/")
        assert moved.leads_to("/a/") is None
        assert moved.leads_to("/b/") == "/a/"
        moved.move("/a/", "/a/")
        assert moved.leads_to("/a/") is None


def test_the_pages_under_it_move_with_it(inside):
    with inside():
        moved.move("/category/rivers/", "/category/water/")
        assert moved.leads_to("/category/rivers/page/2/") == "/category/water/page/2/"
        assert moved.leads_to("/category/rivers/feed/") == "/category/water/feed/"
        assert moved.leads_to("/category/rivers/3") == "/category/water/3"


def test_nothing_else_under_it_does(inside):
    with inside():
        moved.move("/category/rivers/", "/category/water/")
        moved.remember("/old/", "/#posts")
        for path in (
            "/category/rivers/x/",
            "/category/page/2/",
            "/page/2/",
            "/2/",
            "/feed/",
            "/category/rivers/page/x/",
        ):
            assert moved.leads_to(path) is None, path
        assert moved.leads_to("/old/page/2/") == "/#posts"
