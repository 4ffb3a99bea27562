"""Which addresses lead to something here, however they were copied."""

import pytest

from opm.comments.models import State
from opm.lib import moved
from opm.reports import places
from tests import cast

HERE = "http://127.0.0.1:8000"


@pytest.fixture
def find(app, inside):
    """`find(typed)` gives the address under which we keep it, or None."""

    def find(typed):
        with app.test_request_context("/"):
            place = places.find(typed)
            return place and place.address

    return find


def test_a_post_and_a_page_are_found_as_a_path_or_a_whole_address_with_or_without_the_last_slash(inside, thread, find):
    with inside():
        page = cast.a_page().address
    for path in (cast.POST, page, "/about/", "/privacy/", "/moderation/"):
        for typed in (path, path.rstrip("/"), HERE + path, f"{HERE}{path}?utm=1#top", HERE.upper() + path, path + "#"):
            assert find(typed) == path, typed
    for host in ("http://localhost:8000", "http://[::1]:8000", "127.0.0.1:8000", "localhost"):
        assert find(host + cast.POST) == cast.POST, host


def test_a_comment_is_found_by_each_of_its_addresses(comment, find):
    own = f"/comment/{comment.id}"
    for typed in (
        own, f"{HERE}{own}", f"{own}/reply", f"{cast.POST}#comment-{comment.id}", f"/report{own}",
        f"{HERE}{cast.POST}#comment-{comment.id}",
    ):  # fmt: skip
        assert find(typed) == own, typed


def test_a_picture_of_ours_is_found(inside, thread, find):
    with inside():
        picture = cast.kept(cast.a_picture(), "rota.png")
    assert find(f"{HERE}{picture}") == picture
    assert find(picture.replace("rota", "other")) is None
    assert find("/uploads/..%2Fsecret-key") is None


def test_what_moved_is_found_where_it_stands_now(inside, thread, find):
    with inside():
        moved.remember("/2014/old-name/", cast.POST)
        moved.remember("/round/", "/round/")
        moved.remember("/gone/", "/nowhere/")
    assert find("/2014/old-name/") == cast.POST
    assert find("/round/") is None
    assert find("/gone/") is None


NOWHERE = [
    "", " ", "/", "//", "/nothing/", "nothing", "https://evil.example" + cast.POST, "https://evil.example/",
    "https://127.0.0.1:8000" + cast.POST, "http://127.0.0.1:8000@evil.example" + cast.POST, "javascript:alert(1)",
    "data:text/html,x", "http://[::1" + cast.POST, "//evil.example" + cast.POST, "\\\\evil.example" + cast.POST,
    "/desk/", "/desk/comments/", "/receipt/1.x/", "/comment/sent/x", "/healthz", "/robots.txt", "/static/site.css",
    "/comment/0", "/comment/-1", "/comment/99999999999999999999", "/comment/٣", "/#comment-99999999999999999999",
    cast.POST + "#comment-0", cast.POST + "#comment-12345", "/2026/13/45/who-fills-the-sandbags/",
    "/0000/10/01/who-fills-the-sandbags/", "/2026/10/01/%00/", "/%00", "/\x00/", "/%ff%fe/", "/%ED%A0%80/", "/../../",
    cast.POST + "comments/", "/category/rivers/", "/" + "a" * 5_000 + "/", "/" + "%2e" * 1_000, "é://x/", "http://",
    "http://127.0.0.1:8000:80/", "http://127.0.0.1:port/", "/report/", "/{{7*7}}/",
]  # fmt: skip


@pytest.mark.parametrize("typed", NOWHERE)
def test_nothing_is_found_at_any_other(thread, find, typed):
    assert find(typed) is None


@pytest.mark.parametrize("state", [state for state in State if state != State.PUBLISHED])
def test_a_comment_that_the_public_does_not_see_is_not_there(inside, thread, find, state):
    with inside():
        hidden = cast.a_comment(thread, state)
    assert find(f"/comment/{hidden.id}") is None
    assert find(f"{cast.POST}#comment-{hidden.id}") is None


def test_a_post_still_to_come_is_not_there(inside, thread, find, clock):
    clock.forward(days=-300)
    assert find(cast.POST) is None
