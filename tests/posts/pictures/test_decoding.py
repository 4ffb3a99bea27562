"""The decoder as it runs: a process of its own that holds little, lasts not long, and can open nothing."""

import subprocess
import sys
import zlib

import pytest

from opm.posts.pictures import decoder, decoding
from opm.posts.pictures.decoding import DecoderBusy, NotAPicture, TooManyPixels
from tests import cast

REAL = decoding.run  # before a test replaces it


@pytest.fixture(autouse=True)
def decoder_at_work(decoder, monkeypatch):
    monkeypatch.setattr(decoding, "run", REAL)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """`program(code)` runs this in the decoder's place, with its limits."""

    def program(code):
        file = tmp_path / "decoder.py"
        beginning = f"import os, sys, time; sys.path.insert(0, {str(decoding.DECODER.parent)!r}); import decoder"
        file.write_text(f"{beginning}\ndecoder._be_ready(); decoder._give_up_all_else(1)\n{code}")
        monkeypatch.setattr(decoding, "DECODER", file)

    return program


def claiming(width, height):
    """A PNG that says it is so large."""
    claimed = bytearray(cast.a_picture((1, 1)))
    claimed[16:24] = width.to_bytes(4) + height.to_bytes(4)
    claimed[29:33] = zlib.crc32(claimed[12:29]).to_bytes(4)
    return bytes(claimed)


def test_a_picture_comes_back_written_anew():
    anew = decoding.anew(cast.a_picture((40, 30), "JPEG"))
    assert (anew.ending, anew.width, anew.height, anew.content[:2]) == ("jpg", 40, 30, b"\xff\xd8")


def test_it_comes_back_at_three_widths():
    made = decoding.renditions(cast.a_picture((1400, 700), "JPEG", colour="noise"))
    assert sorted((width, ending) for width, ending, _ in made) == [
        (480, "avif"), (480, "jpg"), (960, "avif"), (960, "jpg"), (1400, "avif"), (1400, "jpg"),
    ]  # fmt: skip


def test_a_title_becomes_a_picture_and_one_that_our_font_lacks_does_not():
    assert decoding.card("Who fills the sandbags?", "Policy in the Open", "Northmere").startswith(b"\x89PNG")
    with pytest.raises(NotAPicture):
        decoding.card("土嚢", "Policy in the Open", "Northmere")


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\xff" * 99, claiming(50, 50)])
def test_what_is_none_is_refused(content):
    with pytest.raises(NotAPicture):
        decoding.anew(content)


def test_too_many_pixels_are_refused_before_any_is_read():
    with pytest.raises(TooManyPixels):
        decoding.anew(claiming(8_000, 5_001))


HARMFUL = {
    "it holds too much": "held = [bytearray(1024 * 1024) for _ in range(2000)]; sys.exit(0)",
    "it works too long": "while True: pass",
    "it dies": "os.kill(os.getpid(), 11)",
    "it writes too much": "[sys.stdout.buffer.write(b'x' * 1024 * 1024) for _ in range(100)]; sys.exit(0)",
    "it opens a file": "open('/etc/passwd')",
    "it asks the network": "import _socket; _socket.socket(); sys.exit(0)",
    "it starts a program": "os.spawnv(os.P_WAIT, '/bin/true', ['true']); os.open('/', 0); sys.exit(0)",
}


@pytest.mark.parametrize("code", HARMFUL.values(), ids=HARMFUL)
def test_whatever_becomes_of_the_process_it_is_no_picture(program, code):
    program(code)
    with pytest.raises(NotAPicture):
        decoding.anew(cast.a_picture())


def test_one_that_sleeps_is_ended(program, monkeypatch):
    program("time.sleep(60)")
    monkeypatch.setattr(decoding, "UPLOAD_SECONDS", 0.5)
    with pytest.raises(NotAPicture):
        decoding.anew(cast.a_picture())


def test_it_is_told_nothing_of_the_site(program, monkeypatch):
    monkeypatch.setenv("OPM_SECRET_KEY", "x" * 40)
    program("sys.exit(4 if set(os.environ) <= {'LC_CTYPE'} else 3)")
    with pytest.raises(TooManyPixels):
        decoding.anew(cast.a_picture())


def test_another_waits_for_its_turn_and_not_for_ever(monkeypatch):
    monkeypatch.setattr(decoding, "PATIENCE_SECONDS", 0)
    with decoding._turn, pytest.raises(DecoderBusy):
        decoding.anew(cast.a_picture())


def test_both_sides_mean_the_same_by_an_exit_code():
    assert (decoder.NOT_A_PICTURE, decoder.TOO_MANY_PIXELS) == (decoding.NOT_A_PICTURE, decoding.TOO_MANY_PIXELS)


def test_the_site_itself_never_loads_what_decodes():
    code = "import opm.factory, opm.worker, sys; print({'PIL', 'opm.posts.pictures.decoder'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
