"""The files that we try the import against. They are not in the repository: without them these tests are left out."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from sqlalchemy import func, select

from opm.comments.models import Comment
from opm.extensions import db
from opm.outbox.models import Email
from opm.posts.models import Category, Post
from opm.wordpress.summary import Kind, Reason
from tests.tables import rows

DATA = Path(__file__).parents[2].parent / "shared" / "data"
WP = "{http://wordpress.org/export/1.2/}"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
COUNTS = {
    "openpolicy.wxr.xml": {"posts": 41, "comments": 1, "categories": 7, "authors": 1},
    "bench.wxr.xml": {"posts": 201, "comments": 50, "categories": 8, "authors": 1},
    "busy-threads.wxr.xml": {"posts": 20, "comments": 76, "categories": 29, "authors": 8},
    "govuk-blurbs.wxr.xml": {"posts": 495, "categories": 13, "authors": 1},
    "themeunittestdata.wordpress.xml": {
        "posts": 55,
        "pages": 21,
        "comments": 22,
        "categories": 68,
        "tags": 114,
        "authors": 3,
    },
}


@pytest.fixture
def real(bring):
    """`real(name)` imports one of them."""

    def real(name):
        path = DATA / name
        if not path.exists():
            pytest.skip("the files to try the import against are not here")
        return bring(path.read_bytes())

    return real


@pytest.mark.parametrize("name", COUNTS)
def test_all_of_it_comes_once(app, real, name):
    assert real(name).brought == COUNTS[name]
    before = rows(app)
    assert not real(name).has_changed_anything
    assert rows(app) == before


def test_all_files_live_beside_each_other_and_mail_nobody(real, inside):
    for name in COUNTS:
        real(name)
    with inside(False):
        assert db.session.scalar(select(func.count(Post.id))) == sum(counts["posts"] for counts in COUNTS.values())
        assert db.session.scalar(select(func.count(Email.id))) == 0
        assert db.session.scalar(select(func.count(Comment.id)).where(Comment.email.is_not(None))) == 0


def test_the_one_commented_post_reads_well(real, browser):
    real("openpolicy.wxr.xml")
    page = browser.visit("/2014/10/23/heywood-video-3/")
    article = page.article
    assert len(article.select("ol > li")) == 4
    assert len(article.find_all("p")) >= 1
    comment = page.select_one("#comments ul li")
    assert len(comment.find_all("p")) == 5
    assert "1 comment" in browser.text
    assert browser.visit("/category/thought-pieces/")


def test_every_post_of_the_blog_can_be_read(real, browser, inside):
    real("openpolicy.wxr.xml")
    with inside(False):
        addresses = [each.address for each in db.session.scalars(Post.published())]
        assert db.session.scalar(select(func.count(Category.id)).where(Category.description != "")) == 4
    for address in addresses:
        browser.visit(address)


def test_what_stays_behind_is_named(real):
    assert real("busy-threads.wxr.xml").left_out == {(Kind.COMMENTS, Reason.PING): 32}
    assert real("themeunittestdata.wordpress.xml").left_out == {
        (Kind.POSTS, Reason.DRAFT): 1,
        (Kind.POSTS, Reason.FUTURE): 1,
        (Kind.POSTS, Reason.PASSWORD): 1,
        (Kind.COMMENTS, Reason.PING): 4,
        (Kind.COMMENTS, Reason.WAITING): 1,
        (Kind.COMMENTS, Reason.ON_PAGE): 5,
        (Kind.COMMENTS, Reason.ON_LEFT_OUT): 1,
        (Kind.UPLOADS, Reason.FILE_OF_OURS): 35,
        (Kind.UPLOADS, Reason.LONE_FILE): 2,
        (Kind.MENU_ITEMS, Reason.NO_PLACE): 70,
        (Kind.LABELS, Reason.NO_PLACE): 15,
    }


@pytest.mark.parametrize("name", COUNTS)
def test_the_sums_are_what_is_in_the_file(real, name):
    for summary in (real(name), real(name)):  # the second time all is here already
        assert {kind: summary.total(kind) for kind in Kind if summary.total(kind)} == counted(name)


def counted(name):
    """What is in the file, counted by another reader than the import's."""
    channel = ElementTree.fromstring(
        (DATA / name).read_text().replace("https://wordpress.org", "http://wordpress.org")
    )[0]
    items = channel.findall("item")
    types = Counter(item.findtext(f"{WP}post_type") for item in items)
    filed = {(each.get("domain"), each.get("nicename")) for each in channel.iter("category") if each.get("nicename")}
    filed |= {("category", each.findtext(f"{WP}category_nicename")) for each in channel.findall(f"{WP}category")}
    filed |= {("post_tag", each.findtext(f"{WP}tag_slug")) for each in channel.findall(f"{WP}tag")}
    terms = channel.findall(f"{WP}term")
    filed |= {(each.findtext(f"{WP}term_taxonomy"), each.findtext(f"{WP}term_slug")) for each in terms}
    domains = Counter({"category": "categories", "post_tag": "tags"}.get(domain, "labels") for domain, _slug in filed)
    authors = {each.findtext(f"{WP}author_login") for each in channel.findall(f"{WP}author")}
    authors |= {item.findtext(CREATOR) for item in items if item.findtext(f"{WP}post_type") in ("post", "page")}
    counts = {
        "posts": types["post"],
        "pages": types["page"],
        "uploads": types["attachment"],
        "menu items": types["nav_menu_item"],
        "comments": len(list(channel.iter(f"{WP}comment"))),
        "authors": len(authors),
        **domains,
    }
    assert types.total() == sum(counts[kind] for kind in ("posts", "pages", "uploads", "menu items"))
    return {kind: count for kind, count in counts.items() if count}


@pytest.mark.parametrize("name", COUNTS)
def test_every_old_address_leads_to_a_page(real, browser, name):
    real(name)
    channel = ElementTree.fromstring(
        (DATA / name).read_text().replace("https://wordpress.org", "http://wordpress.org")
    )[0]
    for item in channel.findall("item")[:: 10 if name.startswith("govuk") else 1]:
        values = {
            part: item.findtext(f"{WP}{part}") or "" for part in ("post_type", "status", "post_id", "post_password")
        }
        is_public = values["status"] == "publish" and not values["post_password"]
        if values["post_type"] in ("post", "page") and is_public:
            link = urlsplit(item.findtext("link"))
            asked = [re.sub("//+", "/", link.path), f"/?p={values['post_id']}"]
            answers = [browser.client.get(path, follow_redirects=True) for path in asked]
            assert [answer.status_code for answer in answers] == [200, 200], asked
            addresses = [answer.request.path for answer in answers]
            assert addresses[0] == addresses[1] or addresses == ["/about/", "/about-2/"], asked
