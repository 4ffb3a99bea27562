"""What enters the page cache, and what never does."""

import threading
import tracemalloc

import pytest
from flask import Response, make_response
from werkzeug.datastructures import Headers

from opm.factory import create_app
from opm.lib import pagecache
from opm.lib.caching import Terms, public_page
from opm.lib.pagecache import PageCache, Reply
from tests import cast
from tests.counting import counting

FRAGMENT = {"HX-Request": "true"}
BURST = 12


def test_a_public_page_is_asked_of_flask_once(app, pages, post, reader):
    first = reader.get(cast.POST)
    with counting(app) as statements:
        second = reader.get(cast.POST)
    assert statements == []
    assert pages.hits == 1
    assert second.data == first.data
    assert second.headers == first.headers


def test_a_page_and_its_fragment_are_kept_apart(pages, post, reader):
    page, fragment = reader.get("/").data, reader.get("/", headers=FRAGMENT).data
    assert page != fragment
    pages.hits = 0
    assert reader.get("/").data == page
    assert reader.get("/", headers=FRAGMENT).data == fragment
    assert reader.get("/", headers=FRAGMENT | {"HX-History-Restore-Request": "true"}).data == page
    assert reader.get("/", headers={"HX-Request": "1"}).data == page
    assert pages.hits == 4


@pytest.mark.parametrize(
    "path",
    [
        "/nothing/", "/2026/10/01/nothing/", "/2026/13/01/who-fills-the-sandbags/", "/category/nothing/", "/page/9/",
        "/about", "/desk/", "/desk/sign-in", "/healthz", "/comment/1", "/comment/1/reply", "/receipt/1.x/",
        cast.POST + "comments/", "/static/nothing.css", "/?s=x", "/about/?", "/about/?utm=1", "/%ff/", "/\0/",
        "/category/rivers/page/99999999999999999999/", "/" + "a" * 5_000 + "/",
    ],
)  # fmt: skip
def test_what_is_no_public_page_is_not_kept(pages, post, reader, path):
    if path.startswith("/about/?") and path.endswith("?"):
        assert reader.get(path).status_code == 200
        assert len(pages) == 1, "a question mark with nothing behind it asks nothing"
        return
    for headers in ({}, FRAGMENT):
        answers = [reader.open(path, method=method, headers=headers) for method in ("GET", "HEAD", "GET")]
        assert answers[0].data == answers[2].data or "/desk/" in path
        assert answers[1].data == b""
        assert answers[0].status_code == answers[1].status_code < 500
    assert len(pages) == 0


def test_other_methods_go_to_flask(pages, post, reader):
    reader.get("/about/")
    for method in ("OPTIONS", "POST", "PUT", "DELETE", "TRACE", "NONSENSE"):
        assert reader.open("/about/", method=method).data != reader.get("/about/").data
    assert len(pages) == 1


def test_what_looks_public_and_does_not_wear_it_is_not_kept(pages, post, reader, view):
    def looks_public():
        return Response("secret", headers={"Cache-Control": "public, no-cache", "ETag": '"1"'})

    view(looks_public)
    for _ in range(2):
        assert reader.get("/about/").text == "secret"
    assert len(pages) == 0


def test_what_sets_a_cookie_or_fails_is_not_kept(pages, post, reader, view):
    @public_page
    def with_a_cookie():
        answer = make_response("yours alone")
        answer.set_cookie("name", "value")
        return answer

    view(with_a_cookie)
    assert "Set-Cookie" in reader.get("/about/").headers
    for status in (201, 203, 302, 403, 404, 410, 500, 503):
        view(public_page(lambda status=status: ("no", status)))
        assert reader.get("/about/").status_code == status
    assert len(pages) == 0


def test_who_comes_with_a_cookie_is_answered_as_everybody(pages, post, reader):
    mine = reader.get(cast.POST, headers={"Cookie": "opm-8000=x", "Authorization": "Basic eDp5"})
    assert reader.get(cast.POST).data == mine.data
    assert pages.hits == 1


def test_another_host_is_refused_though_the_page_is_kept(pages, post, reader):
    reader.get("/about/")
    for host in ("evil.example", "127.0.0.1.evil.example", "", "[::1", "a" * 5_000, "127.0.0.1@evil.example", "[x]"):
        assert reader.get("/about/", headers={"Host": host}).status_code == 400, host
    assert pages.hits == 0
    for host in ("127.0.0.1:8000", "LOCALHOST", "[::1]:1"):
        assert reader.get("/about/", headers={"Host": host}).status_code == 200, host
    assert pages.hits == 3


# How much


def test_the_page_that_was_not_asked_for_the_longest_gives_way(pages, post, reader, monkeypatch):
    paths = ["/about/", "/privacy/", "/cookies/", "/moderation/"]
    for path in paths:
        reader.get(path)
    monkeypatch.setattr(pages, "most_bytes", pages.bytes_held)
    monkeypatch.setattr(pagecache, "LARGEST_SHARE", 1)
    reader.get("/about/")
    reader.get(cast.POST)
    assert pages.bytes_held <= pages.most_bytes
    before = pages.hits
    reader.get("/about/")
    assert pages.hits == before + 1
    reader.get("/privacy/")
    assert pages.hits == before + 1, "it had to go"


def test_one_page_never_takes_the_room_of_all(pages, post, reader, monkeypatch):
    reader.get("/about/")
    monkeypatch.setattr(pages, "most_bytes", 2 * pages.bytes_held)
    assert reader.get(cast.POST).status_code == 200
    assert len(pages) == 1


def test_memory_is_counted_honestly(app, clock):
    pages = PageCache(app, app.wsgi_app)
    headers = [*app.test_client().get("/about/").headers]
    tracemalloc.start()
    try:
        for number in range(300):
            said = Headers([(name, f"{value} {number}") for name, value in headers])
            said["ETag"] = f'W/"{number}"'
            page = Reply("200 OK", said, b"%d" % number * 2_000, Terms(number, clock.at, None)).as_page()
            pages._keep((f"/{number}/", False), page)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.6 * pages.bytes_held < taken < 1.1 * pages.bytes_held
    for number in range(300):
        pages._press((f"/{number}/", False))
    assert pages.bytes_held == sum(pagecache._size(*kept) for kept in pages._pages.items())


# Many at once


def test_a_burst_on_a_cold_page_renders_it_once(app, pages, post, view, at_once):
    rendered = []
    nobody_waits = threading.Event()

    @public_page
    def slow():
        rendered.append(1)
        nobody_waits.wait(0.3)
        return f"<p>{len(rendered)}"

    view(slow)
    answers = at_once(BURST, lambda: app.test_client().get("/about/").text)
    assert answers == ["<p>1"] * BURST
    assert len(rendered) == 1


def test_if_the_one_fails_the_others_go_on_by_themselves(app, pages, post, view, at_once):
    tries = []

    @public_page
    def fails_first():
        tries.append(1)
        threading.Event().wait(0.05)
        return ("no", 503) if len(tries) == 1 else "yes"

    view(fails_first)
    statuses = at_once(BURST, lambda: app.test_client().get("/about/").status_code)
    assert sorted(statuses) in ([200] * (BURST - 1) + [503], [200] * BURST), "one may have seen the other's count"
    assert app.test_client().get("/about/").text == "yes"


def test_who_waits_for_another_waits_so_long_and_no_longer(app, pages, post, view, at_once, monkeypatch):
    monkeypatch.setattr(pagecache, "WAIT_SECONDS", 0.05)
    let_go = threading.Event()
    came = []

    @public_page
    def hangs_once():
        came.append(1)
        if len(came) == 1:
            let_go.wait(10)
        else:
            let_go.set()
        return "here"

    view(hangs_once)
    assert at_once(2, lambda: app.test_client().get("/about/").text) == ["here", "here"]


def test_an_error_in_a_view_holds_nobody_up(app, pages, post, view, reader, monkeypatch):
    @public_page
    def breaks():
        raise RuntimeError("of the view")

    view(breaks)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            reader.get("/about/")
    assert pages._under_way == {}


def test_nothing_is_open_before_the_first_request(tmp_path):
    before = threading.active_count()
    pages = create_app({"OPM_INSTANCE": str(tmp_path)}).extensions["pages"]
    assert pages._watch._idle.empty()
    assert threading.active_count() == before


# A clock that somebody set


def test_what_was_made_by_a_clock_that_was_ahead_is_given_to_nobody_once_it_is_right_again(
    app, inside, pages, reader, clock
):
    with inside():
        cast.a_post(slug="of-tomorrow", title="Of tomorrow", on=(2026, 10, 20))
    clock.forward(days=8)
    assert b"Of tomorrow" in reader.get("/").data
    clock.forward(days=-8)
    assert b"Of tomorrow" not in reader.get("/").data
    assert reader.get("/2026/10/20/of-tomorrow/").status_code == 404
