"""Whoever followed a link to the old blog lands on the same thing here."""

from urllib.parse import unquote

import pytest
from sqlalchemy import func, select

from opm.extensions import db
from opm.lib.moved import Moved
from opm.posts.models import Post
from opm.posts.pages import StandingPage
from opm.wordpress.summary import Kind, Taken
from tests import cast
from tests.tables import rows
from tests.wordpress.files import ADDRESS, author, category, comment, export, filed, page, post, tag, upload

HERE = "/2020/03/01/sandbags-1/"


def linked(path="/archives/1/", id=1, **values):
    """A post that stood at this path."""
    return post(id, **{"link": f"{ADDRESS}{path}"} | values)


@pytest.mark.parametrize(
    "path",
    ["/archives/1/", "/archives/1", "/archives//1/", "/archives/1/?utm_source=mail", "/?p=1", "/?p=1&preview=true",
     "/index.php?lang=en&p=1", "/archives/1/comment-page-2/", "/archives/1/?replytocom=99", f"{HERE}comment-page-1/",
     f"{HERE}comment-page-12", f"{HERE}2/", f"{HERE}?replytocom=99", HERE.rstrip("/")],
)  # fmt: skip
def test_a_post_is_found_wherever_it_was(bring, browser, path):
    summary = bring(export(linked(guid=f"{ADDRESS}/index.php?lang=en&p=1")))
    assert summary.addresses == 3
    browser.visit(path)
    assert browser.path == HERE


def test_a_post_that_stood_where_it_stands_is_found_by_its_number(bring, inside, browser):
    assert bring(export(linked(HERE))).addresses == 1
    browser.visit("/?p=1")
    assert browser.path == HERE
    with inside(False):
        assert db.session.scalars(select(Moved.path)).all() == ["/?p=1"]


def test_the_day_may_have_been_another_in_the_old_sites_zone(bring, browser):
    bring(export(linked("/2020/02/29/sandbags-1/")))
    browser.visit("/2020/02/29/sandbags-1/")
    assert browser.path == HERE


def test_an_address_in_another_alphabet_is_found_as_browsers_send_it(bring, browser):
    bring(export(linked("/%E6%B2%B3/%ce%b1/")))
    for path in ("/%e6%b2%b3/%CE%B1/", "/河/α/"):
        browser.visit(path)
        assert browser.path == HERE


def test_a_page_stands_at_the_top_and_its_nested_address_leads_there(bring, browser):
    below = {"name": "boats", "title": "Boats", "content": "Ask at the mill.", "link": f"{ADDRESS}/reach-us-1/boats/"}
    summary = bring(export(page(1, link=f"{ADDRESS}/reach-us-1/"), page(2, parent=1, **below)))
    assert summary.brought[Kind.PAGES] == 2
    for path in ("/boats/", "/reach-us-1/boats/", "/?page_id=2", "/?p=2"):
        browser.visit(path)
        assert (browser.path, browser.heading) == ("/boats/", "Boats")
        assert "Ask at the mill." in browser.text


def test_a_page_hides_none_of_our_own_addresses_and_no_other_page(bring, inside, browser):
    with inside():
        cast.a_page("boats", "Boats of ours")
    names = ("desk", "2014", "about", "boats", "boats", "Privacy", "../../desk", "%ce%b1-2")
    told = bring(export(*(page(id, name=name, title="Theirs") for id, name in enumerate(names, 1))))
    with inside(False):
        slugs = db.session.scalars(select(StandingPage.slug).order_by(StandingPage.id)).all()
    assert slugs == ["boats", "desk-2", "2014-2", "about-2", "boats-2", "boats-3", "privacy-2", "desk-3", "theirs"]
    assert [each.was for each in told.renamed] == [unquote(name) for name in names]
    assert "  /desk-2/ (was desk)" in told.lines()
    browser.visit("/about/")
    assert browser.heading != "Theirs"


def test_what_stands_here_now_is_not_led_away_from(bring, inside, browser):
    with inside():
        ours = cast.a_post().address
    paths = {"/": 1, ours: 2, "/about/": 3, "/category/rivers/": 4}
    told = bring(export(category(), *(linked(path, id) for path, id in paths.items())))
    assert set(told.taken) == {Taken(path, f"/2020/03/01/sandbags-{id}/") for path, id in paths.items()}
    assert len(told.taken) == 4
    assert f"  {ours} (for /2020/03/01/sandbags-2/)" in told.lines()
    for path in paths:
        browser.visit(path)
        assert browser.path == path


def test_the_first_site_keeps_its_numbers_and_the_second_is_noted(bring, browser):
    bring(export(linked("/a/")))
    told = bring(export(linked("/a/"), source="https://other.example"))
    assert [each.path for each in told.taken] == ["/a/", "/?p=1"]
    assert any(line.startswith("1 short address (such as /?p=12)") for line in told.lines())
    for path in ("/a/", "/?p=1"):
        browser.visit(path)
        assert browser.path == HERE


def test_two_posts_of_a_file_cannot_have_one_address(bring, browser):
    told = bring(export(linked("/a/"), linked("/a/", 2)))
    assert told.taken == [Taken("/a/", "/2020/03/01/sandbags-2/")]
    browser.visit("/a/")
    assert browser.path == HERE


def test_where_a_thing_stood_first_counts_least(bring, browser):
    first = f"{ADDRESS}/2007/sandbags/"
    bring(export(linked("/b/", guid=f"{ADDRESS}/?p=2"), linked("/a/", 2, guid=first), linked("/c/", 3, guid=first)))
    for path, id in {"/?p=2": 2, "/2007/sandbags/": 2, "/b/": 1, "/c/": 3}.items():
        browser.visit(path)
        assert browser.path == f"/2020/03/01/sandbags-{id}/", path


def test_a_blog_in_a_folder_is_found_there(bring, browser):
    bring(export(linked("/blog/archives/1/"), source=f"{ADDRESS}/blog"))
    for path in ("/blog/archives/1/", "/blog/?p=1", "/blog?p=1"):
        browser.visit(path)
        assert browser.path == HERE


@pytest.mark.parametrize(
    "path",
    ["/?p=2", "/?page_id=1", "/archives/2/comment-page-1/", "/archives/1/comment-page-0/",
     f"{HERE}comment-page-99999999999999/", f"{HERE}0/", "/2020/03/01/nothing/2/", "/2020/13/41/nothing/2/",
     "/category/water/nothing/", "/category/" + "a/" * 2000, "/" + "a/" * 4000 + "comment-page-1/"],
)  # fmt: skip
def test_what_never_was_is_a_plain_404(bring, browser, path):
    bring(export(linked()))
    browser.visit(path, 404)


@pytest.mark.parametrize(
    "path",
    ["/?p=", "/?p=99999999999999999999", "/?p=x", "/?p=0", "/?p=-1", "/?x=1", "/?p[]=1", "/?replytocom=1", "/?%00=%00"],
)
def test_a_query_that_means_nothing_changes_nothing(bring, browser, path):
    bring(export(linked()))
    browser.visit(path)
    assert browser.path == "/"


@pytest.mark.parametrize("number", ["x", "0", "-1", "99999999999999999999", "%00", "11&replytocom=12", ""])
def test_an_odd_reply_is_the_post(bring, browser, number):
    bring(export(linked()))
    browser.visit(f"{HERE}?replytocom={number}")
    assert browser.path == HERE


def test_a_reply_link_opens_the_form_under_that_comment(bring, browser, stranger):
    bring(export(post(1, comment(11), link=f"{ADDRESS}/a/"), post(2, comment(12), comment_status="closed")))
    assert stranger.get(f"{HERE}?replytocom=11").location == "/comment/11/reply"
    assert stranger.get("/a/?replytocom=11").location == "/comment/11/reply"
    assert stranger.get(f"{HERE}?replytocom=12").status == 200, "it stands in another thread"
    assert stranger.get("/2020/03/01/sandbags-2/?replytocom=12").location == "/comment/12"
    browser.visit(f"{HERE}?replytocom=11")
    assert browser.path == "/comment/11/reply"


def test_files_that_stayed_behind_are_gone(bring, browser):
    bring(export(linked()))
    browser.visit("/wp-content/uploads/2020/03/lane.jpg", 410)
    browser.visit("/wp-content/uploads/../../etc/passwd", 410)


def test_the_page_of_a_picture_leads_to_what_it_belongs_to(bring, browser):
    told = bring(
        export(
            upload(5, parent=1, link=f"{ADDRESS}/archives/1/lane/"),
            upload(6, parent=2, link=f"{ADDRESS}/reach-us-2/lane/"),
            upload(7, link=f"{ADDRESS}/?attachment_id=7", name="mill.png"),
            upload(8, parent=3, name="bridge.png"),
            linked(),
            page(2),
            post(3, status="draft"),
        )
    )
    for path in ("/archives/1/lane/", "/?attachment_id=5"):
        browser.visit(path)
        assert browser.path == HERE
    browser.visit("/?attachment_id=6")
    assert browser.path == "/reach-us-2/"
    browser.visit("/?attachment_id=7", 404)
    assert told.lone_files == [f"{ADDRESS}/wp-content/uploads/{name}" for name in ("mill.png", "bridge.png")]
    assert f"  {ADDRESS}/wp-content/uploads/mill.png" in told.lines()
    assert told.total(Kind.UPLOADS) == 4


def test_categories_tags_and_authors_are_found_under_their_old_names(bring, browser):
    head = [
        author(),
        category(id=4),
        category("%e6%b2%b3-news", "河 news", id=5),
        category("news", "News", id=6),
        tag(),
    ]
    filings = [filed("category", slug, "") for slug in ("rivers", "%e6%b2%b3-news", "news")]
    told = bring(export(*head, post(1, *filings)))
    assert told.taken == [Taken("/category/news/", "/category/news-2/")]
    leads = {
        "/category/water/rivers/": "/category/rivers/",
        "/category/water/more/rivers/": "/category/rivers/",
        "/category/water/rivers/page/1/": "/category/rivers/",
        "/?cat=4": "/category/rivers/",
        "/category/%E6%B2%B3-news/": "/category/news/",
    }
    for path, to in leads.items():
        browser.visit(path)
        assert browser.path == to, path


# Links in texts


def text_of(id):
    return db.session.scalar(select(Post).where(Post.source_id == str(id))).html


@pytest.mark.parametrize(
    ("link", "now"),
    [
        (f"{ADDRESS}/archives/2/", "/2020/03/01/sandbags-2/"),
        (f"{ADDRESS}/archives/2", "/2020/03/01/sandbags-2/"),
        (f"{ADDRESS.replace('https', 'http')}/archives/2/#comment-12", "/2020/03/01/sandbags-2/#comment-12"),
        (f"{ADDRESS.replace('//', '//www.')}/archives/2/?utm_source=x", "/2020/03/01/sandbags-2/"),
        (f"{ADDRESS}/?p=2", "/2020/03/01/sandbags-2/"),
        ("/archives/2/", "/2020/03/01/sandbags-2/"),
        ("../2/", "/2020/03/01/sandbags-2/"),
        ("//old.northmere.example/archives/2/", "/2020/03/01/sandbags-2/"),
        (f"{ADDRESS}/reach-us-3/", "/reach-us-3/"),
        (f"{ADDRESS}/water/category/x/", f"{ADDRESS}/water/category/x/"),
        (f"{ADDRESS}/category/water/rivers/", "/category/rivers/"),
        (f"{ADDRESS}/", "/"),
        (f"{ADDRESS}/archives/2/lane/", f"{ADDRESS}/wp-content/uploads/lane.jpg"),
        (f"{ADDRESS}/wp-content/uploads/a.pdf", f"{ADDRESS}/wp-content/uploads/a.pdf"),
        ("/wp-content/uploads/a.pdf", f"{ADDRESS}/wp-content/uploads/a.pdf"),
        (f"{ADDRESS}/archives/9/", f"{ADDRESS}/archives/9/"),
        (f"{ADDRESS}/?p=9", f"{ADDRESS}/?p=9"),
        ("https://elsewhere.example/archives/2/", "https://elsewhere.example/archives/2/"),
        ("mailto:jo@example.org", "mailto:jo@example.org"),
    ],
)
def test_links_to_the_old_site_lead_to_this_one(bring, inside, link, now):
    content = f'Look at <a href="{link}">this</a>.'
    others = linked("/archives/2/", 2), page(3, link=f"{ADDRESS}/reach-us-3/"), post(9, status="draft")
    lane = upload(5, parent=2, link=f"{ADDRESS}/archives/2/lane/")
    told = bring(export(category(), linked(content=content), *others, lane))
    with inside(False):
        assert text_of(1) == f'<p>Look at <a href="{now}">this</a>.</p>'
        assert db.session.scalar(select(Post.changed_at).where(Post.source_id == "1")).year == 2020
    assert told.led_home == (now.startswith("/") or "lane" in now)
    assert told.led_nowhere == (link in (f"{ADDRESS}/archives/9/", f"{ADDRESS}/?p=9", f"{ADDRESS}/water/category/x/"))


def test_links_of_a_newer_file_lead_to_what_came_before(bring, inside):
    bring(export(linked()))
    told = bring(export(linked(), linked("/b/", 2, content=f'<a href="{ADDRESS}/archives/1/">One</a>')))
    assert told.led_home == 1
    with inside(False):
        assert text_of(2) == f'<p><a href="{HERE}">One</a></p>'


def test_pictures_of_the_old_site_are_links_to_it(bring, inside):
    bring(export(linked(content='<img src="/wp-content/a.png" alt="A lane"> <img src="b.png">')))
    with inside(False):
        assert text_of(1) == (
            f'<p><a href="{ADDRESS}/wp-content/a.png">A lane</a> <a href="{ADDRESS}/archives/1/b.png">b.png</a></p>'
        )


# And what nobody means well with


@pytest.mark.parametrize(
    "link",
    ["", "x", "javascript:alert(1)", "//evil.example/\\", "https://[", "https://a.example/%00", "https://a.example/\u202e",
     "https://a.example/" + "a" * 5000, "https://a.example/" + "%F0%9F%8C%8A" * 1000, "https://a.example/%ED%A0%80/",
     "https://a.example//evil.example/", "https://a.example/?p=1&x=\u2028", "ftp://a.example/x/",
     "https://a.example/?" + "&" * 999],
)  # fmt: skip
def test_an_old_address_can_only_be_a_path(bring, inside, link):
    hostile = link.replace("&", "&amp;")
    bring(export(linked(link=hostile, guid=hostile), upload(5, parent=1, link=hostile)))
    with inside(False):
        for moved in db.session.scalars(select(Moved)):
            assert moved.path.startswith("/")
            assert not moved.path.startswith("//")
            assert moved.path.isprintable()
            assert len(moved.path.encode()) < 2000
            assert moved.to == HERE


def test_the_same_file_again_adds_no_address(app, bring):
    text = export(
        category(), linked(content=f'<a href="{ADDRESS}/c/">x</a>'), page(2), linked("/c/", 3), upload(4, parent=1)
    )
    bring(text)
    before = rows(app)
    again = bring(text)
    assert rows(app) == before
    assert (again.addresses, again.has_changed_anything) == (0, False)


def test_old_addresses_are_added_to_what_came_before_there_were_any(bring, inside):
    bring(export(linked()))
    with inside():
        db.session.execute(Moved.__table__.delete())
    assert bring(export(linked())).addresses == 2
    with inside(False):
        assert db.session.scalar(select(func.count()).select_from(Moved)) == 2
