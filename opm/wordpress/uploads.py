"""Pictures and other files of the old site: they stay there, and what showed them links to them."""

import re
from collections import defaultdict
from html import escape, unescape
from urllib.parse import unquote, urlsplit

from opm.wordpress.reader import Upload
from opm.wordpress.text import Gallery, words

MOST_LISTED = 500  # in one post, however many galleries it has
MOST_IN_ALL = 100_000  # a small file could otherwise grow to fill the disk
PICTURE = re.compile(r"\.(avif|gif|jpe?g|png|svg|webp)$", re.I)
NUMBERS = re.compile(r"\b(?:ids|include)\s*=\s*[\"'“”″]?([\d,\s]+)")
IMAGE = re.compile(r"<img\b([^<>]*)>")
SOURCE = re.compile(r'\bsrc="([^"]*)"')
SAYS_SOMETHING = re.compile(r'\balt="[^"]')
SIZE = re.compile(r"-\d+x\d+(?=\.\w+$)")  # of a smaller copy
OF_ANOTHER = re.compile(r"\bid\s*=\s*[\"'“”″]?(\d+)")
SHOWN = ("inherit", "publish", "")


class Uploads:
    """The files that an export names."""

    def __init__(self, uploads: list[Upload]):
        self.by_id: dict[str, Upload] = {}
        self.pictures: dict[str, list[Upload]] = defaultdict(list)  # by what they belong to
        self.left = MOST_IN_ALL
        self.words: dict[str, str] = {}  # by host and path
        for upload in uploads:
            if upload.status in SHOWN and is_web_address(upload.address):
                self.by_id[upload.id] = upload
                if PICTURE.search(urlsplit(upload.address).path):
                    self.pictures[upload.parent_id].append(upload)
                self.words[_place(upload.address)] = upload.words

    def galleries_in(self, post_id: str) -> Gallery:
        """What writes each gallery of this post as a list of links, from the settings in its shortcode."""
        left = MOST_LISTED

        def gallery(settings: str) -> str:
            nonlocal left
            listed = self._shown_by(settings, post_id)[: min(left, self.left)]
            left -= len(listed)
            self.left -= len(listed)
            return f"<ul>{''.join(f'<li>{_link(upload)}</li>' for upload in listed)}</ul>" if listed else ""

        return gallery

    def named(self, text: str) -> str:
        """The text in which each picture that does not say what it shows says what the export says of it."""

        def named(image: re.Match) -> str:
            source = SOURCE.search(image[1])
            says = SAYS_SOMETHING.search(image[1]) or not source
            said = "" if says else words(self.words.get(_place(unescape(source[1])), ""))
            return f'<img {source[0]} alt="{escape(said)}">' if said else image[0]

        return IMAGE.sub(named, text)

    def _shown_by(self, settings: str, post_id: str) -> list[Upload]:
        """Those that it numbers, or else all pictures of its post, as WordPress does it."""
        if numbers := NUMBERS.search(settings):
            return [self.by_id[id] for id in re.findall(r"\d+", numbers[1]) if id in self.by_id]
        another = OF_ANOTHER.search(settings)
        return self.pictures[another[1] if another else post_id]


def is_web_address(address: str) -> bool:
    """Whether a browser can be led there."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _place(address: str) -> str:
    """Where a picture is, in whatever size."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.netloc.lower() + SIZE.sub("", parts.path)


def _link(upload: Upload) -> str:
    said = words(upload.words) or unquote(urlsplit(upload.address).path.rpartition("/")[2]) or upload.address
    return f'<a href="{escape(upload.address)}">{escape(said)}</a>'
