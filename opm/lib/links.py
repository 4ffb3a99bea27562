"""Addresses in what people read: links on this site, and links in plain text made safe."""

import html
import re
from urllib.parse import urljoin

from flask import current_app
from markupsafe import Markup, escape

# No nested repetition, so no text takes longer than its length.
# A mark where words were taken out ends one, too: what stands in its place is no part of an address.
ADDRESS = re.compile(r"\bhttps?://[^\s<>\"\ufffc]{1,2000}", re.I)
TRAILING = ".,;:!?'’”»"
BLANK_LINES = re.compile(r"<br>\n[ \t]*<br>\n(?:\s|<br>\n)*")
# These read HTML that lib/markdown.py has cleaned, where a quote ends an attribute and nothing else does.
TAG = re.compile(r'<[a-z](?:[^>"]|"[^"]*")*>')
WHERE = re.compile(r' (href|src|srcset)="([^"]*)"')
LINK = Markup('<a href="{0}" rel="nofollow ugc">{0}</a>')


def absolute(path: str) -> str:
    """The whole address of a path on this site, as mails and share links need it. Never made from a request."""
    return current_app.config["BASE_URL"] + path


def made_absolute(clean_html: str, path: str) -> str:
    """The HTML of the page at this path with whole addresses, for where it is read elsewhere."""
    here = absolute(path)
    return TAG.sub(lambda tag: WHERE.sub(lambda where: _whole(*where.groups(), here), tag[0]), clean_html)


def _whole(name: str, value: str, here: str) -> str:
    parts = value.split(",") if name == "srcset" else [value]
    whole = (_joined(here, *part.strip().partition(" ")) for part in parts)
    return f' {name}="{", ".join(whole)}"'


def _joined(here: str, address: str, blank: str = "", rest: str = "") -> str:
    try:
        return html.escape(urljoin(here, html.unescape(address))) + blank + rest
    except ValueError:  # no address at all, such as http://[
        return address + blank + rest


def paragraphs(text: str) -> Markup:
    """A stranger's plain text as HTML: paragraphs, line breaks, and web addresses as links nobody profits from."""
    lines = str(linked(text.strip())).replace("\n", "<br>\n")
    return Markup("<p>" + BLANK_LINES.sub("</p>\n<p>", lines) + "</p>" if lines else "")


def count(text: str) -> int:
    """How many web addresses stand in the text."""
    return len(ADDRESS.findall(text))


def linked(text: str) -> Markup:
    """The text with its web addresses as links. Most texts have none, which is seen at once."""
    if "://" not in text:
        return escape(text)
    parts, end = [], 0
    for match in ADDRESS.finditer(text):
        address = _without_trailing(match[0])
        parts += [text[end : match.start()], LINK.format(address)]
        end = match.start() + len(address)
    return Markup("").join([*parts, text[end:]])


def _without_trailing(address: str) -> str:
    """Without the marks that end a sentence, or a bracket that was opened before the address."""
    address = address.rstrip(TRAILING)
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(TRAILING)
    return address
