"""Feeds that programs of readers take: sound by the rules, true to what is public, and never stale."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from defusedxml import ElementTree

from opm import settings
from opm.extensions import db
from opm.feeds import ENTRIES
from opm.lib import moved, publicity
from opm.posts import changes, publishing
from opm.posts.filed import Category
from opm.posts.models import Post, State
from tests import cast
from tests.counting import counting

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
BASE = "http://127.0.0.1:8000"
FEEDS = ["/feed/", "/category/rivers/feed/", "/tag/water/feed/", "/author/ines-calder/feed/", "/series/floods/feed/"]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")  # RFC 3339
TAG_URI = re.compile(r"tag:[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[\w.-]+")  # RFC 4151
ONCE = ["id", "title", "updated"]
OF_A_FEED = {
    "author", "category", "contributor", "generator", "icon", "id", "link", "logo", "rights", "subtitle", "title",
    "updated", "entry",
}  # fmt: skip
OF_AN_ENTRY = {
    "author", "category", "content", "contributor", "id", "link", "published", "rights", "source", "summary", "title",
    "updated",
}  # fmt: skip


@pytest.fixture
def post(inside):
    """A post filed under all that there is, at `cast.POST`."""
    with inside():
        return cast.a_filed_post()


@pytest.fixture
def feed(app):
    """`feed(path)` gives the feed at this path, looked at as RFC 4287 has it."""

    def feed(path="/feed/"):
        answer = app.test_client().get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
        root = ElementTree.fromstring(answer.data, forbid_dtd=True)
        check(root, path)
        return root

    return feed


def check(root, path):
    """What RFC 4287 wants of a feed and of each entry."""
    assert root.tag == f"{ATOM}feed"
    assert root.get(LANG)
    check_parts(root, OF_A_FEED)
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links["self"] == f"{BASE}{path}"
    assert links["alternate"] == f"{BASE}{path.removesuffix('feed/')}"
    assert root.findtext(f"{ATOM}author/{ATOM}name"), "for entries by nobody"
    entries = root.findall(f"{ATOM}entry")
    for entry in entries:
        check_parts(entry, OF_AN_ENTRY)
        assert MOMENT.fullmatch(entry.findtext(f"{ATOM}published"))
        assert entry.findtext(f"{ATOM}published") <= entry.findtext(f"{ATOM}updated")
        [alternate] = [link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert alternate.get("href").startswith(f"{BASE}/")
        [content] = entry.findall(f"{ATOM}content")
        assert content.get("type") == "html"
        assert len(entry.findall(f"{ATOM}summary")) <= 1
        for category in entry.findall(f"{ATOM}category"):
            assert category.get("term")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    if entries:
        assert root.findtext(f"{ATOM}updated") == max(entry.findtext(f"{ATOM}updated") for entry in entries)


def check_parts(element, known):
    """Each part is one of Atom's, those that stand once do, and names and moments are as they should be."""
    assert {child.tag.removeprefix(ATOM) for child in element} <= known
    for name in ONCE:
        [found] = element.findall(f"{ATOM}{name}")
        assert found.text.strip()
    assert TAG_URI.fullmatch(element.findtext(f"{ATOM}id"))
    assert MOMENT.fullmatch(element.findtext(f"{ATOM}updated"))
    for person in element.findall(f"{ATOM}author"):
        assert person.findtext(f"{ATOM}name")


def entries(root):
    return root.findall(f"{ATOM}entry")


def titles(root):
    return [entry.findtext(f"{ATOM}title") for entry in entries(root)]


def content(root, number=0):
    """The HTML of an entry."""
    return BeautifulSoup(entries(root)[number].findtext(f"{ATOM}content"), "html.parser")


def here(post):
    return db.session.get(Post, post.id)


# What stands in one


@pytest.mark.parametrize("path", FEEDS)
def test_each_list_has_a_feed_of_its_posts_and_names_it(post, inside, feed, browser, path):
    with inside():
        cast.a_post("elsewhere", "Elsewhere", on=(2026, 10, 3)).authors = []
    expected = ["Elsewhere", "Who fills the sandbags?"] if path == "/feed/" else ["Who fills the sandbags?"]
    assert titles(feed(path)) == expected
    page = browser.visit(path.removesuffix("feed/"))
    assert page.head.find("link", rel="alternate", type="application/atom+xml")["href"] == path
    assert page.main.find("a", string="Follow in a feed reader")["href"] == path


def test_a_post_and_every_other_page_name_the_feed_of_all(post, browser):
    for path in (cast.POST, "/about/"):
        assert browser.visit(path).head.find("link", rel="alternate")["href"] == "/feed/"


def test_a_list_of_days_names_the_feed_of_all(post, browser):
    page = browser.visit("/2026/10/")
    assert page.head.find("link", rel="alternate")["href"] == "/feed/"


def test_an_entry_says_all_of_the_post_that_the_page_says(post, feed):
    [entry] = entries(feed())
    assert entry.findtext(f"{ATOM}title") == "Who fills the sandbags?"
    assert entry.findtext(f"{ATOM}summary") == "Low Mill Lane is warned last."
    assert entry.find(f"{ATOM}link").get("href") == f"{BASE}{cast.POST}"
    assert entry.findtext(f"{ATOM}published") == entry.findtext(f"{ATOM}updated") == "2026-10-01T08:00:00Z"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Ines Calder"
    assert entry.findtext(f"{ATOM}author/{ATOM}uri") == f"{BASE}/author/ines-calder/"
    filed = [(each.get("label"), each.get("scheme") + each.get("term")) for each in entry.findall(f"{ATOM}category")]
    assert filed == [("Rivers", f"{BASE}/category/rivers"), ("Water", f"{BASE}/tag/water")]
    assert entry.find(f"{ATOM}content").text.startswith("<h2>The rota</h2>\n<p>Who lives there <strong>knows")


def test_its_addresses_are_whole_wherever_it_is_read(post, inside, feed):
    with inside():
        picture = cast.kept(cast.a_picture(), "lane.png")
        here(post).write(
            f"![The lane]({picture})\n\n[us](/about/?a=1&b=2) [down](#rota) [beside](../the-bins/)"
            ' [far](https://a.example/x)\n\n`<a href="/code/">`'
        )
    html = content(feed())
    assert html.img["src"] == f"{BASE}{picture}"
    assert [a["href"] for a in html.find_all("a")] == [
        f"{BASE}/about/?a=1&b=2",
        f"{BASE}{cast.POST}#rota",
        f"{BASE}/2026/10/01/the-bins/",
        "https://a.example/x",
    ]
    assert html.code.get_text() == '<a href="/code/">'


def test_whatever_a_title_or_text_holds_the_feed_is_sound(post, inside, feed):
    odd = "A ]]> & <b>B</b> “C” \x0b\ufffe {{ 7*7 }} 🌊"
    with inside():
        found = here(post)
        found.title = found.summary = found.authors[0].name = odd
        found.html = "<p>\x0b\ufffe ]]&gt; &amp; 🌊</p>"
        settings.change(site_name=odd)
    root = feed()
    assert titles(root) == ["A ]]> & <b>B</b> “C”  {{ 7*7 }} 🌊"]
    assert content(root).get_text() == " ]]> & 🌊"


def test_the_newest_twenty_stand_in_it_the_latest_first_in_few_statements(app, inside, feed):
    with inside():
        for day in range(1, ENTRIES + 3):
            cast.a_post(f"post-{day}", f"Post {day}", on=(2026, 9, day), category="rivers")
    with counting(app) as statements:
        root = feed("/category/rivers/feed/")
    assert titles(root) == [f"Post {day}" for day in range(ENTRIES + 2, 2, -1)]
    assert len(statements) <= 8, statements


def test_parts_of_a_series_come_the_latest_first(post, inside, feed):
    with inside():
        cast.a_part_two(here(post))
    assert titles(feed("/series/floods/feed/")) == ["And when the rain stops?", "Who fills the sandbags?"]


# Ids


def test_an_id_stays_whatever_else_changes(post, inside, feed):
    before = feed("/category/rivers/feed/")
    with inside():
        found = here(post)
        found.title, found.slug, found.thread.address = "Another", "another", "/2026/10/01/another/"
        found.categories[0].slug, found.categories[0].name = "water", "Water"
        found.authors = []
        found.published_at = datetime(2026, 9, 1, tzinfo=UTC)
        publicity.bump()
    after = feed("/category/water/feed/")
    assert after.findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")
    assert entries(after)[0].findtext(f"{ATOM}id") == entries(before)[0].findtext(f"{ATOM}id")
    assert titles(after) == ["Another"]


def test_no_two_feeds_have_one_id(post, feed):
    assert len({feed(path).findtext(f"{ATOM}id") for path in FEEDS}) == len(FEEDS)


# What changed


def test_a_change_is_told_first_and_brings_the_post_up_again(post, inside, feed, clock):
    with inside():
        cast.a_post("newer", "Newer", on=(2026, 10, 5))
        before = feed()
        changes.note(here(post), "The bridge & the <lane> are closed.", cast.ines())
    root = feed()
    assert titles(before) == ["Newer", "Who fills the sandbags?"]
    assert titles(root) == ["Who fills the sandbags?", "Newer"]
    entry = entries(root)[0]
    assert entry.findtext(f"{ATOM}published") == "2026-10-01T08:00:00Z"
    assert entry.findtext(f"{ATOM}updated") == f"{clock.at:%Y-%m-%dT%H:%M:%SZ}"
    first = content(root).p
    assert first.get_text() == f"Changed on {clock.at.day} {clock.at:%B %Y}: The bridge & the <lane> are closed."


def test_a_small_mend_changes_the_words_and_no_moment(post, app, inside, feed):
    before = feed().findtext(f"{ATOM}updated")
    with app.app_context():
        here(post).write("Mended.")
        publicity.bump()
        db.session.commit()
    root = feed()
    assert content(root).get_text() == "Mended."
    assert root.findtext(f"{ATOM}updated") == before


# Only what the public sees, and at once


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW, State.SCHEDULED])
def test_what_is_not_public_stands_in_no_feed(inside, app, feed, state):
    with inside():
        cast.a_filed_post().state = state
    assert titles(feed()) == []
    assert titles(feed("/category/rivers/feed/")) == []
    for path in FEEDS[2:]:
        assert app.test_client().get(path).status_code == 404, path


def test_a_withdrawn_post_leaves_it(post, app, feed):
    assert titles(feed())
    with app.app_context():
        publishing.withdraw(here(post), "The figures were wrong.")
        db.session.commit()
    assert titles(feed()) == []


def test_a_post_whose_time_comes_appears(post, inside, feed, clock):
    with inside():
        cast.a_post("later", "Later", on=(2026, 10, 15))
    assert titles(feed()) == ["Who fills the sandbags?"]
    clock.forward(days=1)
    assert titles(feed()) == ["Later", "Who fills the sandbags?"]


def test_it_is_kept_compressed_and_asked_again_costs_nothing(app, post):
    client, pages = app.test_client(), app.extensions["pages"]
    answer = client.get("/feed/", headers={"Accept-Encoding": "br"})
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert answer.headers["Content-Encoding"] == "br"
    assert "Set-Cookie" not in answer.headers
    hits = pages.hits
    again = client.get("/feed/", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data, pages.hits) == (304, b"", hits + 1)


def test_the_host_that_somebody_names_is_in_no_feed(app, post):
    answer = app.test_client().get("/feed/", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    assert b"evil" not in answer.data


# Where it stood before


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/feed/atom/", "/feed/"),
        ("/feed/rss/", "/feed/"),
        ("/feed/rss2", "/feed/rss2/"),
        ("/feed/rdf/", "/feed/"),
        ("/?feed=rss2", "/feed/"),
        ("/?feed=atom", "/feed/"),
        ("/category/rivers/feed/rss2/", "/category/rivers/feed/"),
        ("/feed", "/feed/"),
        ("/tag/water/feed", "/tag/water/feed/"),
    ],
)
def test_where_wordpress_had_its_feeds_ours_are_found(post, app, path, leads_to):
    answer = app.test_client().get(path)
    assert answer.status_code in (301, 308)
    assert urlsplit(answer.location).path == leads_to


@pytest.mark.parametrize("path", ["/?feed=x", "/?feed=", "/?feed[]=rss2", "/?feed=%00", f"/?feed={'9' * 400}"])
def test_a_feed_that_never_was_is_the_front_page(post, browser, path):
    browser.visit(path)
    assert browser.path == "/"


@pytest.mark.parametrize(
    "path",
    [
        "/feed/x/",
        "/feed/atom/x/",
        "/category/nothing/feed/",
        "/category/%00/feed/",
        "/tag/nothing/feed/",
        "/2026/feed/",
    ],
)
def test_where_there_is_no_feed_a_page_says_so(post, browser, path):
    browser.visit(path, 404)


def test_the_feed_of_what_was_renamed_follows(post, app, inside):
    with inside():
        db.session.query(Category).one().slug = "water"
        moved.move("/category/rivers/", "/category/water/")
    answer = app.test_client().get("/category/rivers/feed/")
    assert (answer.status_code, urlsplit(answer.location).path) == (301, "/category/water/feed/")
