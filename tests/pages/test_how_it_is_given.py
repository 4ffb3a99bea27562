"""How a kept page leaves: in which coding, with which headers, or in a few bytes to who has it already."""

import gzip

import brotli
import pytest

from opm import settings
from opm.lib import pressing
from tests import cast

BROTLI = {"Accept-Encoding": "gzip, deflate, br, zstd"}
UNPACKED = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"), ("br", "br"), ("BR", "br"), ("gzip", "gzip"), ("gzip, br;q=0", "gzip"),
        ("*", "br"), ("*;q=0.1", "br"), ("br;q=0, *", "gzip"), ("", None), ("identity", None), ("deflate", None),
        ("gzip;q=0, br;q=0", None), ("br;q=0.5, identity", None), ("br;q=0.5, gzip", "gzip"), ("*;q=0", None),
        ("identity;q=0", None), ("identity;q=0, gzip", "gzip"), ("br;q=1.5, gzip", "gzip"), ("br;q=x", None),
        ("brr, xbr", None), ("br\t;q=0.9 , gzip; q=0.8", "br"), (";,;,=", None), ("\xff\x00", None),
        ("gzip," * 5_000, None), ("x" * 100_000, None), ('"' * 900, None), (";q=" * 300, None),
    ],
)  # fmt: skip
def test_each_reader_gets_the_coding_that_it_takes(post, reader, accepted, coding):
    plain = reader.get(cast.POST).data
    for _ in range(2):
        answer = reader.get(cast.POST, environ_overrides={"HTTP_ACCEPT_ENCODING": accepted})
        assert answer.status_code == 200
        assert answer.headers.get("Content-Encoding") == coding
        assert UNPACKED[coding](answer.data) == plain
        assert answer.headers["Content-Length"] == str(len(answer.data))
        assert answer.headers["Vary"] == "Accept-Encoding"
        reader.application.extensions["pages"].settle()


def test_brotli_at_its_best_takes_the_place_of_the_quick_one_and_the_tag_stays(pages, post, reader, monkeypatch):
    monkeypatch.setattr(pages._presser, "soon", lambda _key: True)
    quick = reader.get(cast.POST, headers=BROTLI)
    pages._press((cast.POST, False))
    best = reader.get(cast.POST, headers=BROTLI)
    assert brotli.decompress(best.data) == brotli.decompress(quick.data) == reader.get(cast.POST).data
    assert len(best.data) < len(quick.data)
    assert best.headers["ETag"] == quick.headers["ETag"]
    assert pages.hits == 2


def test_the_first_reader_sets_off_what_makes_it_best(pages, post, reader):
    reader.get(cast.POST)
    pages.settle()
    plain = reader.get(cast.POST).data
    assert reader.get(cast.POST, headers=BROTLI).data == brotli.compress(plain, quality=11)
    assert reader.get(cast.POST, headers={"Accept-Encoding": "gzip"}).data == gzip.compress(plain, 9, mtime=0)


def test_if_too_many_wait_to_be_compressed_the_page_goes_out_quickly_compressed(pages, post, reader, monkeypatch):
    monkeypatch.setattr(pages._presser, "soon", lambda _key: False)
    for path in ("/about/", "/privacy/", cast.POST):
        answer = reader.get(path, headers=BROTLI)
        assert brotli.decompress(answer.data) == reader.get(path).data
        assert reader.get(path, headers=BROTLI).data == answer.data


def test_a_page_that_is_the_same_after_a_change_keeps_its_tag_and_is_not_compressed_again(
    app, pages, post, reader, monkeypatch
):
    before = reader.get(cast.POST, headers=BROTLI)
    pages.settle()
    done = []
    monkeypatch.setattr(pressing.brotli, "compress", lambda *_args, **_options: done.append(1) or b"")
    with app.app_context():
        settings.change(introduction="Elsewhere")
        settings.db.session.commit()
    again = reader.get(cast.POST, headers={"If-None-Match": before.headers["ETag"]})
    assert again.status_code == 304
    assert pages.hits == 0, "it was looked at anew"
    pages.settle()
    assert done == []


def test_to_head_all_is_said_but_the_page(pages, post, reader):
    for path in (cast.POST, "/"):
        cold = reader.head(path, headers=BROTLI)
        pages.settle()
        page, head = reader.get(path, headers=BROTLI), reader.head(path, headers=BROTLI)
        assert head.data == cold.data == b""
        assert head.headers == page.headers
        assert pages.hits >= 1


def test_who_has_the_page_is_told_so_in_a_few_bytes(pages, post, reader):
    tag = reader.get(cast.POST).headers["ETag"]
    assert tag.startswith('W/"')
    for named in (tag, tag.removeprefix("W/"), "*", f'"a", {tag}', f'W/"a" ,\t{tag} , "b"', f"x y, {tag}"):
        for method in ("GET", "HEAD"):
            answer = reader.open(cast.POST, method=method, headers=BROTLI | {"If-None-Match": named})
            assert (answer.status_code, answer.data) == (304, b""), named
            assert [*answer.headers] == [
                ("Cache-Control", "public, no-cache"), ("ETag", tag), ("Vary", "Accept-Encoding"),
            ]  # fmt: skip


@pytest.mark.parametrize(
    "named",
    [
        '"other"',
        'W/"other"',
        "",
        ",",
        '"',
        "W/",
        "nonsense",
        '"*"',
        "\xff",
        '"' * 50_000,
        '"a",' * 50_000,
        "W/" * 50_000,
    ],
)
def test_who_names_another_page_gets_this_one(post, reader, named):
    plain = reader.get(cast.POST).data
    answer = reader.get(cast.POST, environ_overrides={"HTTP_IF_NONE_MATCH": named})
    assert (answer.status_code, answer.data) == (200, plain)


def test_other_conditions_and_ranges_are_not_looked_at(post, reader):
    plain = reader.get(cast.POST).data
    for name in ("If-Modified-Since", "If-Unmodified-Since", "If-Match", "If-Range", "Range"):
        for cold in (True, False):
            if cold:
                reader.application.extensions["pages"].clear()
            answer = reader.get(cast.POST, headers={name: "bytes=0-1"})
            assert (answer.status_code, answer.data) == (200, plain), name


def test_an_address_with_two_answers_says_that_it_looks_at_who_asks(post, reader):
    for _ in range(2):
        for headers in ({}, {"HX-Request": "true"}):
            answer = reader.get("/", headers=headers)
            looked_at = {"Accept-Encoding", "HX-Request", "HX-History-Restore-Request"}
            assert set(answer.headers["Vary"].split(", ")) == looked_at


def test_no_kept_answer_says_when_it_was_made(post, reader):
    for _ in range(2):
        assert "Date" not in reader.get(cast.POST).headers, "the server says when it answers"
