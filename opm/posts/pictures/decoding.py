"""What is asked of the decoder, which runs in a process of its own with little memory and little time (`decoder`)."""

import json
import logging
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

DECODER = Path(__file__).with_name("decoder.py")
NOT_A_PICTURE, TOO_MANY_PIXELS = 3, 4  # its exit codes
# Somebody waits for an upload, and the servers in front wait 30 seconds; nobody waits for the worker.
UPLOAD_SECONDS, WORKER_SECONDS = 18, 60
PATIENCE_SECONDS = 8  # until another upload is through

log = logging.getLogger(__name__)


class NotAPicture(Exception):
    """This is no PNG, JPEG, WebP, GIF or AVIF, or it is damaged, or nobody can read it within the limits."""


class TooManyPixels(Exception):
    """A picture of more pixels than the decoder takes."""


class DecoderBusy(Exception):
    """Other pictures are being looked at. It will pass."""


@dataclass(frozen=True)
class Anew:
    """A picture that was written anew."""

    content: bytes
    ending: str
    width: int
    height: int


def anew(content: bytes) -> Anew:
    """The picture from its pixels alone. Raises NotAPicture, TooManyPixels and DecoderBusy."""
    told, [written] = _ask({"do": "anew"}, content, UPLOAD_SECONDS)
    return Anew(written, told["ending"], *told["size"])


def renditions(content: bytes) -> list[tuple[int, str, bytes]]:
    """It at several widths: (width in px, ending, content). Raises NotAPicture, TooManyPixels and DecoderBusy."""
    told, parts = _ask({"do": "renditions"}, content, WORKER_SECONDS)
    return [(width, ending, part) for (width, ending), part in zip(told["made"], parts, strict=True)]


def card(title: str, site_name: str, below: str) -> bytes:
    """A picture with these words on it, as PNG. Raises NotAPicture where our font lacks their script."""
    order = {"do": "card", "title": title, "site_name": site_name, "below": below}
    _told, [written] = _ask(order, b"", WORKER_SECONDS)
    return written


_turn = threading.BoundedSemaphore(1)  # one at a time: each may hold much memory


def _ask(order: dict, content: bytes, seconds: int) -> tuple[dict, list[bytes]]:
    if not _turn.acquire(timeout=PATIENCE_SECONDS):
        raise DecoderBusy
    try:
        code, answer = run(order | {"seconds": seconds}, content)
    finally:
        _turn.release()
    if code == TOO_MANY_PIXELS:
        raise TooManyPixels
    if code != 0:
        if code != NOT_A_PICTURE:
            log.warning("looking at a picture ended with code %s", code)
        raise NotAPicture
    return _taken_apart(answer)


def run(order: dict, content: bytes) -> tuple[int, bytes]:
    """Starts the decoder. Returns its exit code, below zero if it was killed, and what it wrote.

    It gets no environment, and writes into a file, which its own limit keeps small.
    """
    with tempfile.TemporaryFile() as written:
        process = subprocess.Popen(
            [sys.executable, "-I", DECODER],
            stdin=subprocess.PIPE,
            stdout=written,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,  # Ctrl-C is for those who wait for it
        )
        try:
            process.communicate(json.dumps(order).encode() + b"\n" + content, timeout=order["seconds"])
        except subprocess.TimeoutExpired:
            log.warning("a picture took longer than %s s, so looking at it was ended", order["seconds"])
        finally:
            process.kill()
            process.wait()
        written.seek(0)
        return process.returncode, written.read()


def _taken_apart(answer: bytes) -> tuple[dict, list[bytes]]:
    told, _, rest = answer.partition(b"\n")
    told, parts, start = json.loads(told), [], 0
    for length in told["lengths"]:
        parts.append(rest[start : start + length])
        start += length
    return told, parts
