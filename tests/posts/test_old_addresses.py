"""An address that something had once is not taken from it unawares: whose it was is said, and taking it is a press."""

import pytest

from opm.extensions import db
from opm.lib import moved
from opm.posts import filing, publishing, standing
from opm.posts.filed import Author, Category, Series, Tag
from opm.posts.models import Post
from tests import cast

SHELVES = {"categories": Category, "tags": Tag, "series": Series, "authors": Author}


@pytest.fixture
def edith(inside, browser):
    """Edith, who edits, at the desk."""
    return cast.signed_in(browser, inside, cast.edith)


def asked(browser, old: str, now: str):
    """Whether they are told, and nothing is done yet."""
    assert f"This is an old address of {now}: readers are led there from it" in browser.text
    assert moved.leads_to(old) == now


@pytest.mark.parametrize("shelf", SHELVES)
def test_what_is_filed_under_takes_one_over_when_somebody_says_so(inside, edith, shelf):
    kind = SHELVES[shelf]
    old, now = f"/{kind.__tablename__}/floods/", f"/{kind.__tablename__}/water/"
    with inside():
        filing.rename(filing.create(kind, "Floods"), "Water", "water")
        other = filing.create(kind, "Other").id
    edith.visit(f"/desk/{shelf}/new")
    edith.press({"series": "Begin a series"}.get(shelf, "Add a"), name="Floods", description="Mine.", status=422)
    with inside(False):
        asked(edith, old, now)
    assert edith.page.find(id="description").get_text().strip() == "Mine."
    edith.visit(f"/desk/{shelf}/{other}")
    edith.press("Save", slug="floods", description="Mine.", status=422)
    with inside(False):
        asked(edith, old, now)
    edith.press("Save", slug="rivers")
    edith.press("Save", slug="floods", description="Mine.", status=422)
    edith.press("Use “floods” all the same")
    with inside(False):
        taken = db.session.get(kind, other)
        assert (taken.slug, taken.description) == ("floods", "Mine.")
        assert moved.leads_to(old) is None
        assert moved.leads_to(f"/{kind.__tablename__}/rivers/") == old


def test_so_does_a_page_once_readers_see_it(inside, edith):
    with inside():
        standing.move(cast.a_page(), "write-to-us")
    edith.visit("/desk/pages/new")
    edith.press("Save", title="How to reach us", text="By post.", status=422)
    with inside(False):
        asked(edith, "/how-to-reach-us/", "/write-to-us/")
    assert "By post." in edith.page.find(id="text").get_text()
    edith.press("Use “how-to-reach-us” all the same")
    with inside(False):
        assert moved.leads_to("/how-to-reach-us/") == "/write-to-us/", "nobody sees the draft yet"
    edith.press("Publish")
    with inside(False):
        assert moved.leads_to("/how-to-reach-us/") is None
    edith.press("Save for everybody", slug="old", text="By post, or mail.")
    with inside():
        standing.move(cast.a_page("meet-us", "Meet us"), "visit-us")
    edith.press("Save for everybody", slug="meet-us", text="Come.", status=422)
    with inside(False):
        asked(edith, "/meet-us/", "/visit-us/")
    edith.press("Use “meet-us” all the same")
    edith.visit("/meet-us/")
    assert "Come." in edith.text


def test_and_a_post(inside, edith, stranger):
    with inside():
        publishing.readdress(cast.a_post(), "the-rota")
        other = cast.a_post("sandbags", "Sandbags")
    edith.visit(f"/desk/posts/{other.id}/address")
    edith.press("Change it", slug="Who fills the sandbags", status=409)
    with inside(False):
        asked(edith, cast.POST, "/2026/10/01/the-rota/")
    edith.press("Use “who-fills-the-sandbags” all the same")
    with inside(False):
        assert db.session.get(Post, other.id).address == cast.POST
    assert "Sandbags" in stranger.get(cast.POST).text
    assert stranger.get("/2026/10/01/sandbags/").location == cast.POST
