"""Pictures: what is taken and how it is kept, how it is served, and how it stands in a page."""

import subprocess
import sys
import zlib
from io import BytesIO

import pytest
from PIL import Image

from opm import settings
from opm.extensions import db
from opm.lib.markdown import Format
from opm.posts.pictures import decoder, media
from opm.posts.pictures.decoding import NotAPicture, TooManyPixels
from tests import cast

MANY = "/uploads/x.0123456789.png"


@pytest.fixture
def kept(app):
    """`kept(content, name)` keeps a picture; gives its address and the picture as it is stored."""

    def kept(content, name="rota.png"):
        with app.app_context():
            address = cast.kept(content, name)
            db.session.commit()
            return address, Image.open(BytesIO(stored(address)))

    return kept


def stored(address):
    return (media.folder() / address.removeprefix("/uploads/")).read_bytes()


def files(app):
    with app.app_context():
        return sorted(path.name for path in media.folder().glob("*")) if media.folder().exists() else []


# What is taken


@pytest.mark.parametrize("format", decoder.ENDINGS)
def test_a_picture_is_known_by_what_it_holds_not_by_its_name(kept, format):
    address, picture = kept(cast.a_picture((40, 30), format), "The ROTA, drawn.exe")
    assert address.startswith("/uploads/the-rota-drawn.")
    assert address.endswith(f".{decoder.ENDINGS[format]}")
    assert (picture.format, picture.size) == (format, (40, 30))


HOSTILE_NAMES = [
    "../../etc/passwd",
    "..\\..\\x.png",
    "\0.png",
    "",
    ".",
    "....png",
    "日本.png",
    "a" * 5_000,
    "\ud800",
    "<b>",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_whatever_a_file_is_called_it_gets_a_plain_name(kept, name):
    address, _ = kept(cast.a_picture(), name)
    assert media.NAME.fullmatch(address.removeprefix("/uploads/"))


def no_picture():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield from (b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", svg, b"%PDF-1.7", b"<html>", b"\0" * 1000)
    yield cast.a_picture(format="BMP")
    yield cast.a_picture(format="TIFF")
    yield cast.a_picture((400, 300), "JPEG")[:300]
    yield cast.a_picture((400, 300))[:-40]


@pytest.mark.parametrize("content", list(no_picture()))
def test_what_is_no_picture_is_refused_and_nothing_is_stored(app, kept, content):
    before = files(app)
    with pytest.raises(NotAPicture):
        kept(content)
    assert files(app) == before


@pytest.mark.parametrize("size", [(10_000, 4_001), (20_000, 20_000), (100_000, 100_000)])
def test_a_flood_of_pixels_is_refused_before_it_is_read(kept, size):
    claimed = bytearray(cast.a_picture((1, 1)))
    claimed[16:24] = size[0].to_bytes(4) + size[1].to_bytes(4)
    claimed[29:33] = zlib.crc32(claimed[12:29]).to_bytes(4)
    with pytest.raises(TooManyPixels):
        kept(bytes(claimed))


# How it is kept


def test_what_else_stands_in_a_file_is_not_kept(app, kept):
    taken_at = Image.Exif()
    taken_at[0x010E] = "Low Mill Lane 7"
    address, picture = kept(cast.a_picture(format="JPEG", exif=taken_at) + b"<script>alert(1)</script>")
    assert not picture.getexif()
    with app.app_context():
        assert b"Low Mill" not in stored(address)
        assert b"script" not in stored(address)


def test_a_picture_stands_as_the_camera_was_held(kept):
    turned = Image.Exif()
    turned[0x0112] = 6
    _, picture = kept(cast.a_picture((40, 30), "JPEG", exif=turned))
    assert picture.size == (30, 40)


@pytest.mark.parametrize(
    ("format", "mode"), [("PNG", "P"), ("PNG", "1"), ("PNG", "I;16"), ("PNG", "LA"), ("JPEG", "CMYK")]
)
def test_a_picture_of_any_kind_is_made_no_larger_than_a_page_shows(kept, format, mode):
    _, picture = kept(cast.a_picture((2800, 700), format, mode))
    assert picture.size == (1400, 350)


def test_of_a_picture_that_moves_the_first_frame_is_kept(kept):
    out = BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    _, picture = kept(out.getvalue())
    assert picture.n_frames == 1
    assert picture.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_the_same_picture_has_one_address(app, kept):
    first, _ = kept(cast.a_picture((7, 7)))
    before = files(app)
    assert kept(cast.a_picture((7, 7)))[0] == first
    assert kept(cast.a_picture((7, 8)))[0] != first
    assert len(files(app)) == len(before) + 1


def test_a_full_disk_leaves_no_half_picture(app, kept, monkeypatch):
    def full(_descriptor):
        raise OSError("No space left on device")

    before = files(app)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        kept(cast.a_picture((9, 9)), "full.png")
    assert files(app) == before


# How it is served


def test_a_picture_may_be_kept_for_ever_and_is_nothing_but_a_picture(app, stranger, kept):
    for format in decoder.ENDINGS:
        address, _ = kept(cast.a_picture(format=format))
        with stranger.client.get(address) as answer:
            with app.app_context():
                assert answer.data == stored(address)
            assert answer.mimetype == Image.MIME[format]
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "Set-Cookie" not in answer.headers


NO_NAMES = [
    "", "x", "..", "../secret", "%2e%2e%2fsecret", "..%5csecret", "x.png", "x.0123456789.svg", "x.0123456789.png",
    "x.0123456789.PNG", "x.0123456789.png/", ".x.0123456789.png-17", "x.0123456789.png%00", "x.0123456789.png%0a",
    "%ff.0123456789.png", "é.0123456789.png", "a" * 5_000 + ".0123456789.png", "a/x.0123456789.png",
]  # fmt: skip


@pytest.mark.parametrize("name", NO_NAMES)
def test_where_no_picture_is_there_is_a_page_that_says_so(stranger, kept, name):
    kept(cast.a_picture())
    answer = stranger.get(f"/uploads/{name}")
    assert answer.status == 404
    assert "There is no page at this address" in answer.text


# How it stands in a page


@pytest.fixture
def shown(app, inside, browser):
    """`shown(text)` writes a post with this text and gives its pictures as readers get them."""

    def shown(text, format=Format.MARKDOWN):
        with inside():
            cast.a_post().write(text, format)
        return browser.visit(cast.POST).article.find_all("img")

    return shown


def test_a_picture_has_its_size_and_comes_when_it_is_come_near(shown, kept):
    address, _ = kept(cast.a_picture((40, 30)))
    [picture] = shown(f'Look:\n\n![The rota & its "gaps"]({address})')
    assert picture.attrs == {
        "src": address, "alt": 'The rota & its "gaps"', "width": "40", "height": "30", "loading": "lazy",
    }  # fmt: skip


def test_a_size_that_somebody_wrote_is_not_believed(shown, kept):
    address, _ = kept(cast.a_picture((40, 30)))
    [picture] = shown(
        f'<p><img src="{address}" width="4000" height="1" loading="eager" title="A &gt; b"></p>', Format.HTML
    )
    assert (picture["width"], picture["height"]) == ("40", "30")
    assert (picture["alt"], picture["title"]) == ("", "A > b")


def test_a_picture_that_is_not_there_harms_nothing(shown):
    for address in (MANY, "/uploads/../secret", "/elsewhere.png", "/uploads/"):
        for picture in shown(f"![What it shows]({address})"):
            assert picture["alt"] == "What it shows"
            assert not picture.has_attr("width")


def test_a_picture_from_elsewhere_is_a_link(shown, browser):
    assert not shown("![What it shows](https://evil.example/x.png)")
    assert browser.page.find("a", href="https://evil.example/x.png").get_text() == "What it shows"


def test_standing_pages_and_the_about_page_have_pictures_too(inside, browser, kept):
    address, _ = kept(cast.a_picture((40, 30)))
    with inside():
        cast.a_page(text=f"![Our office]({address})")
        settings.change(about=f"![Our office]({address})")
    for path in ("/how-to-reach-us/", "/about/"):
        assert browser.visit(path).main.img["width"] == "40"


def test_a_page_that_shows_no_picture_costs_no_memory_for_them():
    code = "import sys, opm.factory; opm.factory.create_app({'OPM_INSTANCE': sys.argv[1]}); print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, "/tmp"], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False", done.stderr
