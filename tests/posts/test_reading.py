"""What readers see: the same bytes for everyone, nothing that is not published, and a 304 where nothing has changed."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from opm import settings
from opm.comments.models import State as CommentState
from opm.extensions import db
from opm.lib import clock
from opm.posts import publishing
from opm.posts.models import Author, Category, Post, Series, State
from tests import cast
from tests.counting import compressed, counting
from tests.stranger import Stranger
from tests.tables import rows

PUBLIC = ["/", "/category/rivers/", cast.POST, "/about/", "/accessibility/", "/cookies/", "/moderation/", "/privacy/"]
LISTS = ["/", "/category/rivers/"]
BROTLI = {"Accept-Encoding": "br"}


@pytest.fixture
def post(inside):
    """A published post in a category, at `cast.POST`."""
    with inside():
        return cast.a_post(category="rivers")


@pytest.fixture
def posts(inside):
    """`posts(25)` publishes 25 posts, one a day, the last one the newest."""

    def posts(count, category="rivers"):
        with inside():
            for n in range(count):
                day = datetime(2026, 8, 1, tzinfo=UTC) + timedelta(days=n)
                cast.a_post(f"post-{n}", f"Post {n}", on=(day.year, day.month, day.day), category=category)

    return posts


# A post


def test_a_post_shows_who_wrote_it_when_where_it_is_filed_and_what_it_says(inside, browser):
    with inside():
        post = cast.a_post(category="rivers", series=Series(slug="floods", title="Floods"), series_position=3)
        post.authors.append(Author(slug="piotr-lund", name="Piotr Lund"))
        post.write(
            "## The rota\n\n| who | when |\n| --- | --- |\n| Jo | May |\n\n1. One\n2. Two\n\n<script>alert(1)</script>"
        )
    page = browser.visit(cast.POST)
    assert browser.heading == "Who fills the sandbags?"
    assert "By Ines Calder and Piotr Lund" in browser.text
    assert "Part 3 Floods" in browser.text
    assert page.article.time["datetime"] == "2026-10-01"
    assert page.article.find("a", href="/category/rivers/")
    assert page.article.find("h2", string="The rota")
    assert [th["scope"] for th in page.article.find_all("th")] == ["col", "col"]
    assert not page.article.find("script")
    shares = [link["href"] for link in page.select(".share a")]
    assert len(shares) == 5
    assert all("who-fills-the-sandbags" in link for link in shares)


def test_the_form_asks_for_comment_name_and_address_in_this_order_and_for_nothing_else(post, browser):
    form = browser.visit(cast.POST).find("form", id="respond")
    names = [field["name"] for field in form.find_all(["input", "textarea"])]
    assert names == ["text", "name", "email", "url"]
    assert not [field for field in form.find_all("input") if field.get("value")], "nothing is filled in for anyone"
    assert "we may publish, keep and quote" in form.get_text()
    assert {link["href"] for link in form.find_all("a")} == {"/moderation/", "/privacy/"}


def test_numbered_comments_stand_in_the_page(inside, post, browser):
    with inside():
        thread = db.session.merge(post).thread
        for n in range(1, 4):
            cast.a_comment(thread, CommentState.PUBLISHED, text=f"Words {n}.")
    page = browser.visit(cast.POST)
    assert [item.h3.a.get_text() for item in page.select(".thread > li")] == ["1", "2", "3"]
    assert page.find("a", href=f"{cast.POST}#comments").get_text() == "3 comments"
    assert page.find(id="comments")


NOWHERE = [
    "/2026/10/02/who-fills-the-sandbags/",
    "/2026/10/01/who-fills-the-sandbag/",
    "/2026/10/01/WHO-FILLS-THE-SANDBAGS/",
    "/2026/13/45/who-fills-the-sandbags/",
    "/2026/02/30/who-fills-the-sandbags/",
    "/0000/00/00/who-fills-the-sandbags/",
    "/2026/10/1/who-fills-the-sandbags/",
    "/2026/10/01/%00/",
    "/2026/10/01/who-fills-the-sandbags'--/",
    "/category/nothing/",
    "/category/%00/",
    "/category/rivers/page/2/",
    "/category/rivers/page/0/",
    "/page/0/",
    "/page/-1/",
    "/page/2/",
    "/page/x/",
    "/page/1000000/",
    "/page/99999999999999999999/",
    "/page/1.0/",
    "/" + "9" * 400 + "/",
]


def test_where_nothing_is_there_is_a_page_that_says_so(post, reader):
    for path in NOWHERE:
        for htmx in (False, True):
            answer = reader.get(path, htmx=htmx)
            assert answer.status == 404, path
            assert "There is no page at this address" in answer.text
            assert answer.headers["Cache-Control"] == "no-store"


def test_an_address_without_its_last_stroke_leads_to_the_right_one(post, reader):
    for path in [cast.POST, "/category/rivers/", "/about/"]:
        answer = reader.get(path.rstrip("/"))
        assert answer.status == 308, path
        assert urlsplit(answer.location).path == path


OFF_THE_SITE = [
    "//evil.example/",
    "//evil.example",
    "/\\evil.example/",
    "///evil.example/about",
    "//127.0.0.1@evil.example/",
]


def test_no_address_leads_off_the_site(post, reader):
    for path in OFF_THE_SITE:
        answer = reader.client.get("/", environ_overrides={"PATH_INFO": path})
        assert answer.status_code in (308, 404)
        assert urlsplit(answer.headers.get("Location", "")).netloc in ("", "localhost")


def test_a_posts_address_keeps_the_day_of_the_sites_zone(inside, reader, clock):
    with inside():
        post = Post(title="Late", slug="late")
        post.write("Late.")
        db.session.add(post)
        publishing.publish(post, datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
        assert post.address == "/2026/07/02/late/"
    with inside():
        settings.change(zone="America/New_York")
    assert reader.get("/2026/07/02/late/").status == 200


# What is not published


@pytest.mark.parametrize("state", [state for state in State if state != State.PUBLISHED])
def test_what_is_not_published_is_nowhere(inside, post, reader, state):
    with inside():
        hidden = cast.a_post("unseen", "Unseen words", category="unseen-things")
        hidden.state, hidden.withdrawn_at = state, clock.now()
    for path in (*PUBLIC, "/robots.txt"):
        assert "nseen" not in reader.get(path).response.text
    answer = reader.get("/2026/10/01/unseen/")
    assert answer.status == (410 if state == State.WITHDRAWN else 404)
    assert "Unseen words" not in answer.text
    assert "Unseen words" not in reader.get("/category/unseen-things/").text


def test_a_post_is_shown_from_its_moment_on_and_not_before(inside, reader, clock):
    with inside():
        cast.a_post("tomorrow", "Tomorrow’s words", on=(2026, 10, 15), category="rivers")
    address = "/2026/10/15/tomorrow/"
    clock.forward(hours=23, seconds=-1)
    before = reader.get("/")
    assert reader.get(address).status == 404
    for path in LISTS:
        assert "Tomorrow" not in reader.get(path).text
    clock.forward(seconds=1)
    assert reader.get(address).status == 200
    assert "Tomorrow" in reader.get("/", headers={"If-None-Match": before.headers["ETag"]}).text


# Lists


def test_the_newest_posts_come_first_twenty_on_a_page(posts, browser):
    posts(45)
    assert [h2.get_text() for h2 in browser.visit("/").select("article h2")] == [f"Post {n}" for n in range(44, 24, -1)]
    browser.follow("Older posts")
    assert browser.path == "/page/2/"
    assert "Page 2 of 3" in browser.text
    browser.follow("Older posts")
    assert [h2.get_text() for h2 in browser.page.select("article h2")] == [f"Post {n}" for n in range(4, -1, -1)]
    assert not browser.page.find("a", rel="next")
    browser.follow("Newer posts")
    browser.follow("Newer posts")
    assert browser.path == "/", "the first page has one address"
    assert browser.visit("/category/rivers/page/3/")


def test_the_first_page_has_one_address_only(posts, reader):
    posts(21)
    for path, first in (("/page/1/", "/"), ("/category/rivers/page/1/", "/category/rivers/")):
        answer = reader.get(path)
        assert answer.status in (301, 308)
        assert urlsplit(answer.location).path == first


def test_an_empty_site_says_so(app, browser):
    browser.visit("/")
    assert "Nothing has been published here yet." in browser.text


def test_a_category_shows_its_own_posts_and_the_filter_counts_what_is_published(inside, post, browser):
    with inside():
        cast.a_post("bins", "The bins", category="streets")
        cast.a_post("draft", "A draft", category="streets").state = State.DRAFT
        db.session.add(Category(slug="empty", name="Empty"))
    page = browser.visit("/category/streets/")
    assert browser.heading == "Streets"
    assert "All about streets." in browser.text
    assert [h2.get_text() for h2 in page.select("article h2")] == ["The bins"]
    choices = page.find("nav", attrs={"aria-label": "Show posts about"})
    assert [" ".join(li.get_text(" ").split()) for li in choices.find_all("li")] == [
        "All posts 2",
        "Rivers 1",
        "Streets 1",
    ]
    assert choices.find("a", attrs={"aria-current": "true"}).get_text() == "Streets"


def test_to_htmx_the_same_address_answers_with_the_list_alone(post, reader):
    for path in LISTS:
        page, fragment = reader.get(path), reader.get(path, htmx=True)
        assert fragment.page.find(id="posts")
        assert fragment.page.title.get_text() == page.page.title.get_text().replace("\n", "")
        assert not fragment.page.find(["header", "footer", "script"])
        assert "HX-Request" in page.headers["Vary"]
        assert "HX-Request" in fragment.headers["Vary"]
        assert page.headers["ETag"] != fragment.headers["ETag"]


def test_one_form_of_an_answer_is_never_taken_for_the_other(post, reader):
    page, fragment = reader.get("/"), reader.get("/", htmx=True)
    assert reader.get("/", htmx=True, headers={"If-None-Match": page.headers["ETag"]}).status == 200
    assert reader.get("/", headers={"If-None-Match": fragment.headers["ETag"]}).status == 200
    assert reader.get("/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}).page.html
    assert reader.get("/", headers={"HX-Request": "1"}).page.html


# The same bytes for everyone


@pytest.mark.parametrize("path", [*PUBLIC, "/robots.txt"])
def test_a_public_page_is_the_same_for_everyone_sets_no_cookie_and_may_be_kept(app, post, path):
    answers = [
        Stranger(app, address).get(path, headers=headers)
        for address, headers in (
            ("203.0.113.7", {}),
            ("2001:db8::1", {"User-Agent": "Lynx/2.8", "Accept-Language": "cy", "Cookie": "opm-8000=x; session=y"}),
            ("198.51.100.1", {"Referer": "https://evil.example/", "DNT": "1", "X-Forwarded-For": "<script>"}),
            ("", {"Accept": "application/json", "Authorization": "Basic eDp5", "If-None-Match": '"other"'}),
        )
    ]
    assert len({answer.response.data for answer in answers}) == 1
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    for answer in answers:
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "X-Robots-Tag" not in answer.headers


def test_staff_who_are_signed_in_read_what_everyone_reads(post, inside, browser, reader):
    cast.signed_in(browser, inside)
    for path in PUBLIC:
        assert browser.client.get(path).data == reader.get(path).response.data


def test_who_has_the_page_already_is_told_so_in_a_few_bytes(post, reader):
    for path in PUBLIC:
        for encoding in ["identity", "br", "gzip"]:
            headers = {"Accept-Encoding": encoding}
            tag = reader.client.get(path, headers=headers).headers["ETag"]
            for named in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
                answer = reader.client.get(path, headers=headers | {"If-None-Match": named})
                assert answer.status_code == 304
                assert answer.data == b""
                assert answer.headers["ETag"] == tag
                assert answer.headers["Cache-Control"] == "public, no-cache"
                assert "Set-Cookie" not in answer.headers
            for named in ('"other"', "", "nonsense", tag[:-2] + '"'):
                assert reader.client.get(path, headers=headers | {"If-None-Match": named}).status_code == 200


def test_a_comment_that_is_published_or_goes_is_seen_at_once(inside, post, reader):
    tags = [reader.get(cast.POST).headers["ETag"]]
    with inside():
        comment = cast.a_comment(db.session.merge(post).thread, CommentState.PUBLISHED)
    tags.append(reader.get(cast.POST, headers={"If-None-Match": tags[-1]}).headers["ETag"])
    with inside():
        comment = db.session.merge(comment)
        comment.withdraw(comment.thread)
    tags.append(reader.get(cast.POST, headers={"If-None-Match": tags[-1]}).headers["ETag"])
    assert len(set(tags)) == 2
    assert tags[0] == tags[2], "as it was before"


def test_head_and_options_are_answered_without_a_body_and_change_nothing(app, post, reader):
    for path in PUBLIC:
        before = rows(app)
        page, head, options = (reader.client.open(path, method=method) for method in ("GET", "HEAD", "OPTIONS"))
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["ETag"] == page.headers["ETag"]
        assert head.headers["Content-Length"] == str(len(page.data))
        assert options.status_code == 200
        assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
        assert options.data == b""
        assert rows(app) == before


# What browsers are told


EVERY_KIND = [*PUBLIC, "/robots.txt", "/healthz", "/nothing", "/desk/sign-in"]


def test_every_answer_says_what_browsers_may_do_with_it(post, reader):
    for path in EVERY_KIND:
        headers = reader.get(path).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert set(policy.values()) == {"'none'", "'self'"}, "no other host, nothing inline"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        if "public" not in headers["Cache-Control"]:
            assert headers["X-Frame-Options"] == "DENY"
            assert "camera=()" in headers["Permissions-Policy"]
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_nothing_is_loaded_from_anybody_else(post, reader):
    for path in PUBLIC:
        page = reader.get(path).page
        loaded = [
            tag[name]
            for tag in page.find_all(["script", "link", "img", "source"])
            if tag.get("rel") != ["alternate"]  # which leads there, and loads nothing
            for name in ("src", "href")
            if tag.has_attr(name)
        ]
        assert loaded
        assert all(address.startswith("/static/") for address in loaded)


def test_what_pages_load_may_be_kept_for_ever_under_its_name(post, reader):
    page = reader.get("/").page
    for address in [page.find("link", rel="stylesheet")["href"], *page.script["data-then"].split(), page.script["src"]]:
        with reader.client.get(address) as answer:
            assert answer.status_code == 200
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Set-Cookie" not in answer.headers


# What it costs


def test_the_reading_style_sheet_is_at_most_three_kilobytes(post, reader):
    address = reader.get("/").page.find("link", rel="stylesheet")["href"]
    assert compressed(reader.client.get(address, headers=BROTLI)) <= 3_000


def test_a_list_takes_at_most_five_statements_however_long_it_is(app, posts, reader):
    posts(3)
    with counting(app) as for_three:
        assert reader.client.get("/").text.count("<article>") == 3
    posts(40, category="streets")
    with counting(app) as for_twenty:
        assert reader.client.get("/").text.count("<article>") == 20
    assert len(for_twenty) == len(for_three) <= 5, for_twenty
    for path in ("/page/2/", "/category/streets/", "/category/streets/page/2/"):
        with counting(app) as statements:
            assert reader.client.get(path).text.count("<article>") >= 20
        assert len(statements) <= 5, statements


def test_a_standing_page_takes_one_statement(app, post, reader):
    for path in ("/accessibility/", "/cookies/", "/moderation/", "/privacy/"):
        with counting(app) as statements:
            reader.client.get(path)
        assert len(statements) == 1, statements
    with counting(app) as statements:
        reader.client.get("/about/")
    assert len(statements) == 2, "one more for the pages that it names"


def test_a_post_with_its_comments_fits_into_the_first_window_of_a_connection(inside, post, reader):
    """14,600 bytes is what a server sends before it waits for an answer (ten segments)."""
    words = cast.WORDS.split()
    with inside():
        thread = db.session.merge(post).thread
        for n in range(50):
            said = " ".join(words[(n * 7 + k * k) % len(words)] + str(n * k % 97) for k in range(60))
            cast.a_comment(thread, CommentState.PUBLISHED, name=f"Writer {n * n}", text=said)
    assert compressed(reader.client.get(cast.POST, headers=BROTLI)) <= 14_600
