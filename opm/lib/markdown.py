"""From what an author wrote to HTML that is safe to show: rendered and cleaned once, on saving."""

import html
import re
from enum import StrEnum

import nh3
from markdown_it import MarkdownIt

TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "dl", "dt", "em", "figcaption",
    "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "small",
    "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start", "reversed"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
# What is dropped with all that stands in it: raw text and foreign content are how cleaned HTML comes alive again.
DROPPED_WHOLE = {"script", "style", "svg", "math", "iframe", "noscript", "title", "template", "object", "embed"}


class Format(StrEnum):
    """What a text was written in."""

    MARKDOWN = "markdown"
    HTML = "html"


def render(text: str, format: Format = Format.MARKDOWN) -> str:
    """The text as clean HTML. Its headings begin at h2, since the title above it is the h1."""
    raw = _markdown.render(text) if format == Format.MARKDOWN else text
    return clean(_headings_below_title(raw))


def clean(raw: str) -> str:
    """Keeps what a text needs and nothing that could act: no script, style, frame, form, id, class or data-*."""
    cleaned = nh3.clean(
        raw,
        tags=TAGS,
        attributes=ATTRIBUTES,
        clean_content_tags=DROPPED_WHOLE,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return _scoped(cleaned).strip()


def plain(html_text: str) -> str:
    """The words alone, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", html_text)).split())


def shorten(text: str, length: int) -> str:
    """At most so many characters, cut at a word, with an ellipsis if cut."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def _headings_below_title(raw: str) -> str:
    """Moves all headings down by one where the text has a heading of the first level."""
    if not re.search(r"<h1[\s>]", raw, re.I):
        return raw
    return re.sub(r"(</?h)([1-5])(?=[\s>])", lambda m: f"{m[1]}{int(m[2]) + 1}", raw, flags=re.I)


def _scoped(cleaned: str) -> str:
    """A table's column headings say that they are; screen readers then read them with each cell."""
    return re.sub(r"<thead>.*?</thead>", lambda m: m[0].replace("<th>", '<th scope="col">'), cleaned, flags=re.S)


_markdown = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable(["table", "strikethrough"])
