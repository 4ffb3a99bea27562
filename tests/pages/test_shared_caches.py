"""Somebody's cache in front of the site: nginx, which goes by our headers, also where it was told to ignore some."""

import itertools
import re

import pytest

from opm.accounts import signing_in
from opm.comments import moderation
from opm.comments.models import Act, Comment
from opm.extensions import db
from tests import cast
from tests.faults.database import looking
from tests.pages.nginx import Nginx
from tests.pages.wire import ask
from tests.running import Site, eventually

KEPT_ALL_THE_SAME = "proxy_ignore_headers Cache-Control; proxy_cache_valid any {valid};"
ROUNDS = 10
FORMS = [{}, {"HX_Request": "true"}, {"HX_Request": "true", "HX_History_Restore_Request": "true"}]
CODINGS = [{}, {"Accept_Encoding": "gzip"}, {"Accept_Encoding": "gzip, deflate, br"}, {"Accept_Encoding": "br;q=0"}]


@pytest.fixture(autouse=True)
def clock():
    """The real one: what runs beside a test knows no other."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A running site with a post and a comment on it."""
    site = Site(tmp_path_factory.mktemp("site") / "instance", OPM_DEMO="0").start().up()
    looking(site, set_the_scene)
    yield site
    site.kill()


@pytest.fixture
def behind(site, tmp_path):
    """`behind(rules)` is the site behind a cache that nobody has asked yet."""
    caches = []

    def behind(rules=""):
        caches.append(Nginx(site, tmp_path / f"nginx-{len(caches)}", rules))
        return caches[-1]

    yield behind
    for cache in caches:
        cache.stop()


def set_the_scene():
    cast.ines(), cast.piotr()
    thread = cast.a_post(category="rivers").thread
    cast.a_comment(thread, text="It waits for Ines.")
    for number in range(ROUNDS + 1):
        cast.a_comment(thread, email=f"reader{number}@example.org", text=f"Round {number}.")
    db.session.commit()


def approve(site, words):
    """Lets a comment out, in another process than those of the site."""

    def decide():
        id = db.session.query(Comment.id).filter_by(text=words).scalar()
        moderation.decide(Comment.held(id), Act.APPROVE, cast.ines(), revision=1)
        db.session.commit()

    looking(site, decide)


def signed_in(site, who) -> str:
    """The cookie of somebody at the desk."""

    def link():
        token = signing_in.begin(who()).link_token
        db.session.commit()
        return token

    answer = ask(site.port, f"/desk/sign-in/link/{looking(site, link)}", "POST", Sec_Fetch_Site="same-origin")
    assert answer.status == 303, answer.text
    return answer.headers["Set-Cookie"].partition(";")[0]


def receipt(site) -> str:
    """The private address of a comment that waits."""
    token = looking(site, lambda: db.session.query(Comment).filter_by(text="It waits for Ines.").one().receipt_token)
    return f"/receipt/{token}/"


# One that goes by all of our headers


def test_it_asks_each_time_so_the_very_next_reader_has_what_is_published(site, behind):
    cache = behind()
    for number in range(ROUNDS):
        before = cache.get(cast.POST)
        assert f"Round {number}." not in before.text
        approve(site, f"Round {number}.")
        after = cache.get(cast.POST)
        assert f"Round {number}." in after.text
        assert not before.was_kept
        assert not after.was_kept


def test_the_tag_passes_both_ways(site, behind):
    cache = behind()
    tag = cache.get(cast.POST).headers["ETag"]
    assert tag == ask(site.port, cast.POST).headers["ETag"]
    again = cache.get(cast.POST, If_None_Match=tag)
    assert (again.status, again.body) in ((304, b""), (200, cache.get(cast.POST).body))


# One that was told to keep all


def test_each_reader_gets_what_they_asked_for_whoever_came_first(site, behind):
    """Page and fragment, in each coding. Each is asked for first once, and kept for the others."""
    ways = [form | coding for form, coding in itertools.product(FORMS, CODINGS)]
    for path in ("/", "/category/rivers/", cast.POST):
        said = [ask(site.port, path, **way) for way in ways]
        for first in range(0, len(ways), 3):
            cache = behind(KEPT_ALL_THE_SAME.format(valid="1h"))
            for number in [*range(first, len(ways)), *range(first)] * 2:
                given = cache.get(path, **ways[number])
                assert given.text == said[number].text, ways[number]
                assert given.headers["Content-Encoding"] == said[number].headers["Content-Encoding"]
            assert all(cache.get(path, **way).was_kept for way in ways), "or this proves nothing"
            cache.stop()


def test_nobody_gets_a_page_of_the_desk_that_somebody_else_has_opened(site, behind):
    cache = behind(KEPT_ALL_THE_SAME.format(valid="1h"))
    pages = ["/desk/", "/desk/comments/", "/desk/outbox/"]
    ines, piotr = signed_in(site, cast.ines), signed_in(site, cast.piotr)
    for path in pages * 2:
        theirs, his = cache.get(path, Cookie=ines), cache.get(path, Cookie=piotr)
        assert (theirs.status, "Ines Calder" in theirs.text) == (200, True)
        assert "Piotr Lund" in his.text
        for cookie in ({}, {"Cookie": "opm=x"}):
            stranger = cache.get(path, **cookie)
            assert (stranger.status, "Ines" in stranger.text) == (303, False)
        assert not theirs.was_kept
        assert "Cookie" in theirs.headers["Vary"]


def test_who_has_signed_out_sees_the_desk_no_more(site, behind):
    cache = behind(KEPT_ALL_THE_SAME.format(valid="1h"))
    cookie = signed_in(site, cast.ines)
    desk = cache.get("/desk/", Cookie=cookie)
    token = re.search(r'name="csrf_token" value="([^"]+)"', desk.text)[1]
    sent = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin", "Cookie": cookie}
    out = ask(site.port, "/desk/sign-out", "POST", body=f"csrf_token={token}", **sent)
    assert out.status == 303
    assert cache.get("/desk/", Cookie=cookie).status == 303


def test_nobody_gets_a_receipt_that_somebody_else_has_opened_and_it_is_never_old(site, behind):
    cache = behind(KEPT_ALL_THE_SAME.format(valid="1h"))
    address = receipt(site)
    assert "It waits for Ines." in cache.get(address).text
    for other in (address[:-2] + "x/", address.upper(), "/receipt/1.x/", f"/receipt/{address}", address.rstrip("/")):
        assert "It waits for Ines." not in cache.get(other).text
    assert not cache.get(address).was_kept


def test_after_its_one_second_even_that_one_has_what_is_new(site, behind):
    cache = behind(KEPT_ALL_THE_SAME.format(valid="1s"))
    words = f"Round {ROUNDS}."
    assert words not in cache.get(cast.POST).text
    approve(site, words)
    eventually(lambda: words in cache.get(cast.POST).text, "the second's end", within=5)
