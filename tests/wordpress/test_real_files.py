"""The files that we try the import against. They are not in the repository: without them these tests are left out."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from opm.comments.models import Comment
from opm.extensions import db
from opm.outbox.models import Email
from opm.posts.models import Category, Post
from opm.wordpress.summary import Reason
from tests.tables import rows

DATA = Path(__file__).parents[2].parent / "shared" / "data"
COUNTS = {
    "openpolicy.wxr.xml": {"posts": 41, "comments": 1, "categories": 7, "authors": 1},
    "bench.wxr.xml": {"posts": 201, "comments": 50, "categories": 8, "authors": 1},
    "busy-threads.wxr.xml": {"posts": 20, "comments": 76, "categories": 29, "authors": 8},
    "govuk-blurbs.wxr.xml": {"posts": 495, "categories": 13, "authors": 1},
    "themeunittestdata.wordpress.xml": {"posts": 55, "comments": 22, "categories": 68, "tags": 114, "authors": 3},
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
    assert real("busy-threads.wxr.xml").left_out == {Reason.PING: 32}
    left_out = real("themeunittestdata.wordpress.xml").left_out
    assert left_out[Reason.PAGE] == 21
    assert left_out[Reason.MEDIA] == 37
    assert left_out[Reason.MENU_ITEM] == 70
    assert left_out[Reason.DRAFT] == left_out[Reason.FUTURE] == left_out[Reason.PASSWORD] == 1
