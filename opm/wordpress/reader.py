"""A WordPress export (WXR: RSS with additions) as plain values, read as a stream.

A file is a stranger's even where it is one's own: whatever declares a DOCTYPE or an entity is refused before it
means anything, nothing is fetched, and however large the file, only one post of it is in memory.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from opm.lib.forms import one_line
from opm.lib.i18n import gettext as _

DEEPEST = 30  # an export is six deep
PIECE_BYTES = 1024 * 1024
LARGEST_POST_BYTES = 32 * 1024 * 1024  # with its comments
LONGEST_SOURCE = 500
LARGEST_KEPT = 10**9  # of the numbers of comments; a file must not use up all that the database can count
LONGEST_ADDRESS, LONGEST_WORDS = 2000, 300  # of an upload: all of them are held in memory
ALT = "_wp_attachment_image_alt"
YEARS = range(1970, 2200)  # what else a date says is a mistake
# Exports hold what was pasted into them, and XML forbids these. In UTF-8 they are never part of another character.
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
NAMESPACES = [
    (re.compile(r"https?://wordpress\.org/export/[\d.]+/"), "wp:"),
    (re.compile(r"https?://wordpress\.org/export/[\d.]+/excerpt/"), "excerpt:"),
    (re.compile(r"https?://purl\.org/rss/1\.0/modules/content/"), "content:"),
    (re.compile(r"https?://purl\.org/dc/elements/1\.1/"), "dc:"),
]


class ImportRefused(Exception):
    """This file cannot be imported. Its text is a sentence for whoever gave the file."""


class NotXml(ImportRefused):
    """Another kind of file, or one that is damaged or cut short."""


class NotWordPress(ImportRefused):
    """XML, but not what WordPress exports."""


class HasDoctype(ImportRefused):
    """It declares a document type or entities: no export does, and attacks on readers of XML do."""


class TooLarge(ImportRefused):
    """Something in it is larger, or nested deeper, than in any export."""


@dataclass(frozen=True)
class Author:
    """Who is named above posts. The file's email addresses are not read."""

    login: str
    name: str


@dataclass(frozen=True)
class Term:
    """A category or a tag. A post names it by its slug, and adds its name."""

    kind: str  # category, tag, author, or label for what has no place here, such as a menu or the format of a post
    slug: str
    name: str
    id: str = ""
    description: str = ""


@dataclass(frozen=True)
class Comment:
    """What somebody said, without the address they gave."""

    id: str
    parent_id: str
    kind: str  # empty for a plain comment
    approved: str
    name: str
    text: str
    at: datetime | None


@dataclass(frozen=True)
class Item:
    """A post, or anything else that WordPress keeps as one. Moments without a zone are the old site's own time."""

    id: str
    kind: str
    status: str
    password: str
    title: str
    slug: str
    author: str
    content: str
    excerpt: str
    at: datetime | None
    changed_at: datetime | None
    takes_comments: bool
    parent_id: str = ""
    link: str = ""  # where it stood
    guid: str = ""  # where it stood first, perhaps
    terms: list[Term] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)


@dataclass(frozen=True)
class Upload:
    """A picture or another file that the old site keeps. It has a page there, and belongs to a post or to nothing."""

    id: str
    status: str
    parent_id: str
    link: str  # of its page
    address: str  # of the file itself
    words: str  # what it shows or is called


@dataclass
class Export:
    """What must be known of a file before its posts are brought."""

    source: str = ""  # the address of the site that it is from
    authors: dict[str, Author] = field(default_factory=dict)
    terms: list[Term] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)  # that its posts had
    largest_comment_id: int = 0  # of those that can be kept


def survey(path) -> Export:
    """Reads the file from end to end, so that a damaged one is refused before anything is written.

    Raises ImportRefused: NotXml, NotWordPress, HasDoctype or TooLarge.
    """
    export, said = Export(), {}
    for name, element in _parts(path):
        if name == "wp:author":
            author = _author(element)
            export.authors[author.login] = author
        elif name in ("wp:category", "wp:tag", "wp:term"):
            export.terms.append(_term(element))
        elif name == "item":
            _look_at(element, export)
        else:
            said.setdefault(name, (element.text or "").strip())
    export.source = _source(said)
    export.hosts.add(host(f"//{export.source}"))
    return export


def items(path) -> Iterator[Item]:
    """Each post, page, attachment … in the order of the file. Raises as `survey` does."""
    return (_item(element) for name, element in _parts(path) if name == "item")


def host(address: str) -> str:
    """The host in a web address, in small letters and without www; empty if there is none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _parts(path) -> Iterator[tuple[str, Element]]:
    """Each finished part of the file's one channel with its name; it is gone when the next is asked for."""
    with _opened(path) as file, _refusals():
        above: list[Element] = []
        for event, element in iterparse(file, ("start", "end"), forbid_dtd=True):
            if event == "start":
                above.append(element)
                _check_depth(above)
                continue
            above.pop()
            if len(above) == 2:
                yield _name(element), element
                file.spent = 0
            if len(above) <= 2:
                for parent in above:
                    parent.clear()


@contextmanager
def _opened(path):
    try:
        with open(path, "rb") as file:
            yield _Stream(file)
    except OSError as error:
        raise ImportRefused(_("%(path)s cannot be read: %(why)s.", path=path, why=error.strerror)) from error


@contextmanager
def _refusals():
    """Turns what a parser raises into a sentence."""
    try:
        yield
    except ImportRefused:
        raise
    except DefusedXmlException as error:
        raise HasDoctype(
            _("This file declares a document type or entities. WordPress never writes those, so it is not read.")
        ) from error
    except ParseError as error:
        raise NotXml(
            _(
                "This file is not a whole XML file: it breaks off or is damaged in line %(line)s. Export it again.",
                line=error.position[0],
            )
        ) from error
    except (LookupError, ValueError) as error:  # an encoding that the parser does not know
        raise NotXml(_("This file is not XML in an encoding that can be read. Export it again.")) from error


class _Stream:
    """The file without the characters that XML forbids. It stops where one part takes too many bytes."""

    def __init__(self, file):
        self.file = file
        self.spent = 0  # since the last part that was whole
        self.dropped = b"" if file.read(2) in UTF16_MARKS else CONTROLS
        file.seek(0)

    def read(self, _size: int) -> bytes:
        """The next piece. A large one, since old parsers begin a long word anew with each piece they are given."""
        while chunk := self.file.read(PIECE_BYTES):
            self.spent += len(chunk)
            if self.spent > LARGEST_POST_BYTES:
                raise TooLarge(_("One post in this file takes more than %(size)s MB.", size=LARGEST_POST_BYTES >> 20))
            if cleaned := chunk.translate(None, self.dropped):
                return cleaned
        return b""


def _check_depth(above: list[Element]) -> None:
    if len(above) > DEEPEST:
        raise TooLarge(_("The parts of this file are nested more than %(depth)s deep.", depth=DEEPEST))
    if len(above) == 1 and above[0].tag != "rss":
        raise NotWordPress(_not_wordpress())


def _not_wordpress() -> str:
    return _("This is XML, but not an export from WordPress. Use the file from Tools, Export in WordPress.")


def _source(said: dict[str, str]) -> str:
    """The address of the site that the file is from, written one way: it stays itself when it moves to https."""
    if "wp:wxr_version" not in said and "wp:base_blog_url" not in said:
        raise NotWordPress(_not_wordpress())
    named = (said.get(name) for name in ("wp:base_blog_url", "wp:base_site_url", "link"))
    source = one_line(next(filter(None, named), "")).rstrip("/").lower()
    if not re.fullmatch(r"https?://\S+", source) or len(source) > LONGEST_SOURCE:
        raise NotWordPress(_("This file does not say which site it is from, so its posts could not be known again."))
    return source.partition("//")[2]


def _author(element: Element) -> Author:
    values = _values(element)
    whole = " ".join(values.get(f"wp:author_{part}_name", "") for part in ("first", "last"))
    login = values.get("wp:author_login", "")
    names = (values.get("wp:author_display_name", ""), whole.strip(), login)
    return Author(login, next((name for name in names if name and "@" not in name), ""))


TERMS = {
    "wp:category": ("wp:category_nicename", "wp:cat_name", "wp:category_description"),
    "wp:tag": ("wp:tag_slug", "wp:tag_name", "wp:tag_description"),
    "wp:term": ("wp:term_slug", "wp:term_name", "wp:term_description"),
}


def _term(element: Element) -> Term:
    values, of = _values(element), _name(element)
    slug, name, about = (values.get(key, "") for key in TERMS[of])
    domain = values.get("wp:term_taxonomy", "") if of == "wp:term" else of.removeprefix("wp:")
    return _filed(domain, slug or name, name, _number(values.get("wp:term_id", "")), about)


def _filed(domain: str, slug: str, name: str, *more) -> Term:
    """What posts are filed under; a label keeps its domain, since each has slugs of its own."""
    kind = KINDS.get(domain, "label")
    return Term(kind, f"{domain} {slug}" if kind == "label" else slug, name, *more)


def _look_at(element: Element, export: Export) -> None:
    """What must be known of an item before another is brought."""
    values = _values(element)
    export.hosts.add(host(values.get("link", "")))
    if values.get("wp:post_type") == "attachment":
        export.uploads.append(_upload(element, values))
    for comment in element.iter():
        if _name(comment) == "wp:comment_id":
            number = int(_number((comment.text or "").strip()) or 0)
            export.largest_comment_id = max(export.largest_comment_id, number if number <= LARGEST_KEPT else 0)


def _upload(element: Element, values: dict[str, str]) -> Upload:
    meta = [_values(child) for child in element if _name(child) == "wp:postmeta"]
    shows = {each.get("wp:meta_key"): each.get("wp:meta_value", "") for each in meta}.get(ALT, "")
    return Upload(
        id=_number(values.get("wp:post_id", "")),
        status=values.get("wp:status", ""),
        parent_id=_number(values.get("wp:post_parent", "")),
        link=values.get("link", "")[:LONGEST_ADDRESS],
        address=values.get("wp:attachment_url", "")[:LONGEST_ADDRESS],
        words=(shows or values.get("excerpt:encoded") or values.get("title", ""))[:LONGEST_WORDS],
    )


def _item(element: Element) -> Item:
    values = _values(element)
    return Item(
        id=_number(values.get("wp:post_id", "")),
        kind=values.get("wp:post_type", ""),
        status=values.get("wp:status", ""),
        password=values.get("wp:post_password", ""),
        title=values.get("title", ""),
        slug=values.get("wp:post_name", ""),
        author=values.get("dc:creator", ""),
        content=values.get("content:encoded", ""),
        excerpt=values.get("excerpt:encoded", ""),
        at=_moment(values, "wp:post_date"),
        changed_at=_moment(values, "wp:post_modified"),
        takes_comments=values.get("wp:comment_status") != "closed",
        parent_id=_number(values.get("wp:post_parent", "")),
        link=values.get("link", ""),
        guid=values.get("guid", ""),
        terms=[term for child in element if _name(child) == "category" and (term := _mention(child))],
        comments=[_comment(child) for child in element if _name(child) == "wp:comment"],
    )


KINDS = {"category": "category", "post_tag": "tag", "tag": "tag", "author": "author"}


def _mention(element: Element) -> Term | None:
    """What a post is filed under. Old exports say each twice, once without the slug."""
    domain, slug = element.get("domain"), element.get("nicename")
    return _filed(domain, slug, element.text or "") if domain and slug else None


def _comment(element: Element) -> Comment:
    values = _values(element)
    return Comment(
        id=_number(values.get("wp:comment_id", "")),
        parent_id=_number(values.get("wp:comment_parent", "")),
        kind=values.get("wp:comment_type", ""),
        approved=values.get("wp:comment_approved", ""),
        name=values.get("wp:comment_author", ""),
        text=values.get("wp:comment_content", ""),
        at=_moment(values, "wp:comment_date"),
    )


def _values(element: Element) -> dict[str, str]:
    return {_name(child): (child.text or "").strip() for child in element}


def _name(element: Element) -> str:
    return _common_name(element.tag)


@lru_cache(1024)
def _common_name(tag: str) -> str:
    """An element's name with the prefix that exports commonly give it; the version in its namespace is left out."""
    space, closed, local = tag.rpartition("}")
    if not closed:
        return local
    return next((prefix + local for known, prefix in NAMESPACES if known.fullmatch(space[1:])), tag)


def _number(text: str) -> str:
    """A WordPress number as it is kept, or nothing if it is none."""
    return text.lstrip("0") if text.isascii() and text.isdigit() and len(text) <= 20 else ""


def _moment(values: dict[str, str], name: str) -> datetime | None:
    """In UTC where the file says so, else without a zone; None for what WordPress writes when there is no date."""
    if at := _date(values.get(f"{name}_gmt", "")):
        return at.replace(tzinfo=UTC)
    return _date(values.get(name, ""))


def _date(text: str) -> datetime | None:
    try:
        at = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
    return at if at.year in YEARS else None
