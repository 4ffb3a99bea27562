"""What a page weighs on the wire, headers and all: the post with 50 comments in one window of a connection.

The post is made here, as long as one that we measure from outside: 50 comments with some 5,000 words. Counted is what
the site sends over TLS with granian in front, to a browser that takes brotli.
"""

import random
import re

import brotli
import pytest

from opm.comments.models import State
from opm.lib import headers
from opm.posts.pictures import cards
from tests import cast
from tests.e2e.tab import on_sqlite

pytestmark = on_sqlite

BROTLI = {"Accept-Encoding": "gzip, deflate, br, zstd"}
STATUS_LINE = "HTTP/1.1 200 OK"
FROM_THE_SERVER = ("server: granian", "date: Tue, 24 Nov 2026 12:59:37 GMT", "")  # the last ends the headers
OVER_TLS = f"strict-transport-security: max-age={headers.TWO_YEARS}"
TEXT_BYTES = 8_200  # of the 50 comments alone, compressed
SYLLABLES = ["ka", "le", "mi", "no", "ru", "sta", "ver", "wen", "dor", "ping", "tal", "mo", "ri", "se", "un", "pa"]
VOCABULARY = [a + b for a in SYLLABLES for b in ["", *SYLLABLES]]
TITLE = "What we learned from asking everyone about the lane, the bridge and the water"


@pytest.fixture
def busy_post(inside):
    """50 comments by as many people, in no particular words."""
    chance, texts = random.Random(14_600), []
    with inside():
        post = cast.a_post(title=TITLE, category="rivers")
        post.write(sentence(chance, 200))
        cards.go_on()
        for number in range(50):
            texts.append("\n\n".join(sentence(chance, length) for length in (52, 48)))
            name = f"{sentence(chance, 1)[:-1]} {sentence(chance, 1)}"
            cast.a_comment(post.thread, State.PUBLISHED, name=name, email=f"{number}@example.org", text=texts[-1])
    assert len(brotli.compress("\n".join(texts).encode(), quality=11)) >= TEXT_BYTES


def sentence(chance, length):
    """So many words."""
    return " ".join(chance.choices(VOCABULARY, k=length)).capitalize() + "."


@pytest.fixture
def fetch(app):
    """`fetch(path)` gives the answer as it leaves once it is as small as it gets, read to its end."""

    def fetch(path, asked=BROTLI):
        client = app.test_client()
        client.get(path).close()
        app.extensions["pages"].settle()
        with client.get(path, headers=asked) as answer:
            assert answer.data or answer.status_code == 304
            return answer

    return fetch


def weight(answer):
    """The bytes of an answer, its headers with it."""
    lines = [f"{name}: {value}" for name, value in answer.headers]
    over_tls = [OVER_TLS] if answer.mimetype == "text/html" and answer.status_code == 200 else []
    print(
        "W",
        answer.request.path,
        len(answer.data),
        sum(len(line) + 2 for line in [STATUS_LINE, *lines, *over_tls, *FROM_THE_SERVER]),
    )
    return sum(len(line) + 2 for line in [STATUS_LINE, *lines, *over_tls, *FROM_THE_SERVER]) + len(answer.data)


def loaded(answer):
    """What a browser fetches with this page: the style sheet, the script, the icon."""
    page = brotli.decompress(answer.data).decode()
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert [path.rpartition(".")[2] for path in found] == ["css", "js", "svg"]
    return found


def test_the_post_and_its_style_sheet_fit_into_one_window(busy_post, fetch):
    page = fetch(cast.POST)
    assert weight(page) + weight(fetch(loaded(page)[0])) <= 14_600


def test_all_that_a_first_view_fetches(busy_post, fetch):
    page = fetch(cast.POST)
    assert weight(page) + sum(weight(fetch(path)) for path in loaded(page)) <= 16_000


def test_a_page_that_has_not_changed(busy_post, fetch):
    again = fetch(cast.POST, BROTLI | {"If-None-Match": fetch(cast.POST).headers["ETag"]})
    assert again.status_code == 304
    assert weight(again) <= 300


def test_a_second_page_without_comments(inside, fetch):
    with inside():
        post = cast.a_post(title=TITLE, category="rivers")
        post.write("\n\n".join(sentence(random.Random(n), 50) for n in range(4)))
    assert weight(fetch(cast.POST)) <= 3_000


def test_what_is_no_page_of_a_cache_leaves_compressed_too(app, inside):
    with inside():
        cast.a_post()
    client, plain = app.test_client(), app.test_client()
    refused = {"data": {"text": "x" * 300}}
    for path, status, sent in (
        ("/nothing/", 404, {}),
        (f"{cast.POST}comments/", 422, refused | {"method": "POST"}),
        (f"{cast.POST}comments/", 422, refused | {"method": "POST", "headers": {"HX-Request": "true"}}),
        (f"{cast.POST}comments/", 405, {"method": "PUT"}),
    ):
        asked = {**sent, "headers": sent.get("headers", {}) | BROTLI}
        answer, whole = client.open(path, **asked), plain.open(path, **sent)
        assert answer.status_code == whole.status_code == status
        assert answer.headers["Content-Encoding"] == "br"
        assert answer.headers["Content-Length"] == str(len(answer.data))
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert brotli.decompress(answer.data) == whole.data
        assert "Content-Encoding" not in whole.headers
    assert client.head("/nothing/", headers=BROTLI).data == b""


def test_static_files_leave_as_small_as_they_get_and_say_no_more_than_they_must(inside, fetch):
    with inside():
        cast.a_post()
    for path in loaded(fetch(cast.POST)):
        answer = fetch(path)
        assert answer.data == brotli.compress(fetch(path, {}).data, quality=11)
        assert set(answer.headers.keys()) == {
            "Content-Type", "Cache-Control", "X-Content-Type-Options", "Vary", "Content-Encoding", "Content-Length",
        }  # fmt: skip
        assert answer.headers["Cache-Control"] == "max-age=31536000, immutable"
