"""The program that looks into files from people: a process of its own, which can do nothing else and not for long.

It is started by `decoding`, never imported by the site. A file made to do harm harms this process alone: before it
reads the first byte it has given up opening anything (no file, no line to anywhere), writing more than a picture may
weigh, holding more than `MOST_MEMORY` and working longer than its time. What it is given stands in no file and message.

It reads a line of JSON that says what to do, then a picture to its end. It writes a line of JSON that says what
follows, then that. Where it refuses, its exit code says why: `NOT_A_PICTURE`, `TOO_MANY_PIXELS`.
"""

import json
import resource
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

KB, MB = 1024, 1024 * 1024
MOST_PIXELS = 40_000_000
MOST_MEMORY = 832 * MB  # of addresses: what is loaded, and four of a picture of that many pixels, as WebP wants
MOST_WRITTEN = 32 * MB
NOT_A_PICTURE, TOO_MANY_PIXELS = 3, 4

LARGEST_PX = (1400, 2800)  # twice the widest column of text, for screens with two dots a pixel
WIDTHS_PX = (480, 960, 1400)
ENDINGS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif", "AVIF": "avif"}
TURNED = range(5, 9)  # EXIF's orientations in which width and height change places
WAYS_TO_WRITE = {
    "PNG": {"optimize": True},
    "JPEG": {"quality": 85, "optimize": True, "progressive": True},
    "WEBP": {"quality": 85, "method": 6},
    "GIF": {"optimize": True},
    "AVIF": {"quality": 72, "max_threads": 1},
}
WRITABLE_MODES = {"JPEG": {"L", "RGB"}, "GIF": {"L", "P", "RGB", "RGBA"}}
FEW_COLOURS = 256  # a drawing, which JPEG would smear
PHOTO_JPEG = {"quality": 78, "optimize": True, "progressive": True}
PHOTO_AVIF = {"quality": 60, "speed": 6, "max_threads": 1}
DRAWN_AVIF = {"quality": 70, "speed": 6, "subsampling": "4:4:4", "max_threads": 1}

CARD_PX, CARD_EDGE_PX, TITLE_PX = (1200, 630), 80, 370
TITLE_SIZES = range(84, 36, -4)
PAPER, INK, SOFT, ACCENT = "#ffffff", "#141a19", "#4a5553", "#0b5d4d"
FACE = (Path(__file__).parent / "fonts" / "DejaVuSerif-Bold.ttf").read_bytes()
NOBODYS = "\U0010fffe"  # no character: what a font shows for all that it lacks

Image.MAX_IMAGE_PIXELS = None  # we count ourselves, before anything is decoded


class Refusal(Exception):
    """Its number says why: one of the exit codes."""


def main() -> int:
    """Does what it is told. Returns the exit code."""
    order = json.loads(sys.stdin.buffer.readline(64 * KB))  # from the site, which made it
    _be_ready()
    _give_up_all_else(order.pop("seconds"))
    content = sys.stdin.buffer.read()
    try:
        told, parts = answer(order, content)
    except Refusal as refusal:
        return refusal.args[0]
    except Exception:  # bytes made to do harm make a decoder fail in any way
        return NOT_A_PICTURE
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()
    return 0


def answer(order: dict, content: bytes) -> tuple[dict, list[bytes]]:
    """What is told, and the files it tells of. Raises Refusal, or whatever a decoder raises."""
    return DEEDS[order.pop("do")](content, **order)


def anew(content: bytes) -> tuple[dict, list[bytes]]:
    """The picture written anew from its pixels alone, in its own format: turned as its camera says, no larger than
    `LARGEST_PX`; of one that moves the first frame."""
    picture = _opened(content)
    format = picture.format
    picture = _fitting(_small_and_upright(picture), format)
    written = _written(picture, format, WAYS_TO_WRITE[format])
    return {"ending": ENDINGS[format], "size": picture.size, "lengths": [len(written)]}, [written]


def renditions(content: bytes) -> tuple[dict, list[bytes]]:
    """It at three widths, none larger than it is: as AVIF, and as JPEG, or PNG for a drawing. Those that save nothing
    are left out."""
    picture = _opened(content)
    is_drawn = _is_drawn(picture)
    picture.load()
    made = {}
    for width in _widths(picture.width):
        small = _scaled(picture, width)
        if is_drawn:
            made[width, "avif"] = _written(_plain(small), "AVIF", DRAWN_AVIF)
            made[width, "png"] = _written(_few_again(small, picture), "PNG", WAYS_TO_WRITE["PNG"])
        else:
            made[width, "avif"] = _written(_plain(small), "AVIF", PHOTO_AVIF)
            made[width, "jpg"] = _written(small.convert("RGB"), "JPEG", PHOTO_JPEG)
    kept = [key for key, written in made.items() if _saves(key, written, made, len(content))]
    return {"made": kept, "lengths": [len(made[key]) for key in kept]}, [made[key] for key in kept]


def card(_content: bytes, *, title: str, site_name: str, below: str) -> tuple[dict, list[bytes]]:
    """A picture with a title on it, for where a link to a post is shown. Refuses a script that our font lacks."""
    if not _knows(title + site_name + below):
        raise Refusal(NOT_A_PICTURE)
    picture = Image.new("RGB", CARD_PX, PAPER)
    draw = ImageDraw.Draw(picture)
    width = CARD_PX[0] - 2 * CARD_EDGE_PX
    draw.rectangle((0, 0, CARD_PX[0], 20), fill=ACCENT)
    draw.text((CARD_EDGE_PX, 62), _cut(site_name, 36, width), fill=ACCENT, font=FONT[36])
    size, lines = _set(title, width)
    draw.multiline_text((CARD_EDGE_PX, 150), "\n".join(lines), fill=INK, font=FONT[size], spacing=size // 5)
    draw.text((CARD_EDGE_PX, 550), _cut(below, 28, width), fill=SOFT, font=FONT[28])
    written = _written(picture.quantize(64), "PNG", WAYS_TO_WRITE["PNG"])
    return {"lengths": [len(written)]}, [written]


def _be_ready() -> None:
    """Loads now what is needed later: nothing can be opened then."""
    for format in ENDINGS:
        out = BytesIO()
        Image.new("RGB", (8, 8)).save(out, format)
        Image.open(out).load()


def _give_up_all_else(seconds: int) -> None:
    """Lowers the limits of this process for good. Source: getrlimit(2)."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_FSIZE, MOST_WRITTEN),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _opened(content: bytes):
    """The picture, of which no more is read yet than its first words: a format of ours, and not too many pixels."""
    try:
        picture = Image.open(BytesIO(content), formats=list(ENDINGS))
    except Exception:
        raise Refusal(NOT_A_PICTURE)
    if picture.width * picture.height > MOST_PIXELS:
        raise Refusal(TOO_MANY_PIXELS)
    return picture


def _small_and_upright(picture):
    is_turned = picture.getexif().get(0x0112) in TURNED
    box = LARGEST_PX[::-1] if is_turned else LARGEST_PX
    picture.draft("RGB", box)  # a JPEG is read no larger than needed
    picture.load()
    if picture.width > box[0] or picture.height > box[1]:
        picture = _blendable(picture)
        picture.thumbnail(box, reducing_gap=3)
    return ImageOps.exif_transpose(picture)


def _blendable(picture):
    """With colours of its own instead of a palette's numbers, of which there is no mean."""
    if picture.mode in ("1", "P"):
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return picture


def _fitting(picture, format: str):
    """Of a mode that the format can hold, and with nothing beside the pixels."""
    if picture.mode not in WRITABLE_MODES.get(format, {picture.mode}):
        picture = picture.convert("RGB")
    picture.info = {name: value for name, value in picture.info.items() if name == "transparency"}
    return picture


def _is_drawn(picture) -> bool:
    """Whether it has few colours, or holes: JPEG would smear the ones and fill the others."""
    if picture.format not in ("PNG", "GIF"):
        return picture.has_transparency_data
    return picture.has_transparency_data or _blendable(picture).getcolors(FEW_COLOURS) is not None


def _widths(width: int) -> list[int]:
    """Those of `WIDTHS_PX` that it fills, and its own where that is less than the largest."""
    return [some for some in WIDTHS_PX if some < width] + [min(width, WIDTHS_PX[-1])]


def _scaled(picture, width: int):
    if width == picture.width:
        return picture
    height = max(1, round(picture.height * width / picture.width))
    return _blendable(picture).resize((width, height), Image.Resampling.LANCZOS)


def _plain(picture):
    """As AVIF takes it."""
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _few_again(small, picture):
    """A drawing made smaller has more colours between the old ones than anybody sees: back to a palette."""
    if small is picture or picture.has_transparency_data:
        return small
    return small.convert("RGB").quantize(FEW_COLOURS, dither=Image.Dither.NONE)


def _written(picture, format: str, how: dict) -> bytes:
    out = BytesIO()
    picture.info = {name: value for name, value in picture.info.items() if name == "transparency"}
    picture.save(out, format, **how)
    return out.getvalue()


def _saves(key, written: bytes, made: dict, whole: int) -> bool:
    """Whether it weighs less than the picture itself, and than the next larger one of its kind."""
    width, ending = key
    larger = [len(other) for (wide, kind), other in made.items() if kind == ending and wide > width]
    return len(written) < min([whole, *larger])


class _Sizes(dict):
    """Our font in each size that is asked for."""

    def __missing__(self, size: int):
        self[size] = ImageFont.truetype(BytesIO(FACE), size)
        return self[size]


FONT = _Sizes()


def _knows(text: str) -> bool:
    """Whether the font has all these characters."""
    lacking = bytes(FONT[28].getmask(NOBODYS))
    return all(character.isspace() or bytes(FONT[28].getmask(character)) != lacking for character in set(text))


def _set(title: str, width: int) -> tuple[int, list[str]]:
    """The largest size in which it fits, and its lines; in the smallest it is cut."""
    for size in TITLE_SIZES:
        lines, most = _lines(title, FONT[size], width), int(TITLE_PX // (size * 1.4))
        if len(lines) <= most:
            return size, lines
    return size, [*lines[: most - 1], _cut(f"{lines[most - 1]} {lines[most]}", size, width)]


def _lines(text: str, font, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            *whole, rest = _pieces(word, font, width)
            lines += [*whole, rest]
    return [line for line in lines if line]


def _pieces(word: str, font, width: int) -> list[str]:
    """One that is longer than a line, in parts."""
    pieces = [""]
    for letter in word:
        if font.getlength(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _cut(text: str, size: int, width: int) -> str:
    """With an ellipsis where it is longer than a line."""
    if FONT[size].getlength(text) <= width:
        return text
    while text and FONT[size].getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


DEEDS = {"anew": anew, "renditions": renditions, "card": card}

if __name__ == "__main__":
    sys.exit(main())
