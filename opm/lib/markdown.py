"""From what an author wrote to HTML that is safe to show: rendered and cleaned once, on saving."""

import html
import re
from enum import StrEnum
from urllib.parse import unquote

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
# These read what is cleaned, where a quote ends an attribute and nothing else does.
LINK_OR_PICTURE = re.compile(r'<(a|/a|img)\b((?:[^>"]|"[^"]*")*)>')
PICTURE = re.compile(r'(?:<a\b((?:[^>"]|"[^"]*")*)>\s*)?<(img)\b((?:[^>"]|"[^"]*")*)>(?:\s*</a>)?')
VALUE = re.compile(r'([a-z]+)="([^"]*)"')
FIGURE = re.compile(r"<figure>((?:(?!</?figure>).)*)</figure>", re.S)
CAPTION = re.compile(r"<figcaption>((?:(?!<a\b|<p>|</?figcaption>).)*)</figcaption>", re.S)
OUR_OWN = re.compile(r"/(?!/)[^\s\\]*")  # browsers take a backslash for a slash, and forget line ends
ELSEWHERE = re.compile(r"(https?:)?//[^\s\\]+", re.I)


class Format(StrEnum):
    """What a text was written in."""

    MARKDOWN = "markdown"
    HTML = "html"


def render(text: str, format: Format = Format.MARKDOWN) -> str:
    """The text as clean HTML. Its headings begin at h2, since the title above it is the h1."""
    raw = before_cleaning(text) if format == Format.MARKDOWN else text
    return clean(_headings_below_title(raw))


def before_cleaning(text: str) -> str:
    """The HTML of a Markdown text with all that its author wrote, to be looked at and not to be shown."""
    return _markdown.render(text)


def clean(raw: str) -> str:
    """Keeps what a text needs and nothing that could act: no script, style, frame, form, id, class or data-*.

    Nothing is loaded from another site: in the place of a picture that lives elsewhere stands a link to it.
    """
    cleaned = nh3.clean(
        raw,
        tags=TAGS,
        attributes=ATTRIBUTES,
        clean_content_tags=DROPPED_WHOLE,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return _with_links_for_pictures(_scoped(cleaned)).strip()


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


def _with_links_for_pictures(cleaned: str) -> str:
    """With a link for each picture that is not on this site, named by what the picture shows or is called."""
    if "<img" not in cleaned:
        return cleaned
    cleaned, out, end, is_in_link = FIGURE.sub(_linked_by_caption, cleaned), [], 0, False
    for tag in LINK_OR_PICTURE.finditer(cleaned):
        out += cleaned[end : tag.start()], _instead_of(tag, is_in_link) if tag[1] == "img" else tag[0]
        end, is_in_link = tag.end(), tag[1] == "a" or (is_in_link and tag[1] == "img")
    return "".join([*out, cleaned[end:]]).replace("</a><a ", "</a> <a ")


def _linked_by_caption(figure: re.Match) -> str:
    """A picture that says no more of what it shows than its caption does: the caption is the link."""
    caption, pictures = CAPTION.search(figure[1]), list(PICTURE.finditer(figure[1]))
    if not caption or not plain(caption[1]) or len(pictures) != 1:
        return figure[0]
    [picture] = pictures
    values = dict(VALUE.findall(picture[3]))
    address = dict(VALUE.findall(picture[1] or "")).get("href") or _elsewhere(values.get("src", ""))
    said = plain(values.get("alt") or values.get("title") or "")
    if not address or _is_ours(values.get("src", "")) or said not in ("", plain(caption[1])):
        return figure[0]
    linked = f'<figcaption><a href="{address}">{caption[1]}</a></figcaption>'
    return figure[0].replace(picture[0], "", 1).replace(caption[0], linked, 1)


def _instead_of(picture: re.Match, is_in_link: bool) -> str:
    values = dict(VALUE.findall(picture[2]))
    source = values.get("src", "")
    if _is_ours(source):
        return picture[0]
    address = _elsewhere(source)
    said = values.get("alt") or values.get("title") or _file_name(address)
    return f'<a href="{address}">{said}</a>' if address and not is_in_link else said


def _is_ours(source: str) -> bool:
    return bool(OUR_OWN.fullmatch(html.unescape(source)))


def _elsewhere(source: str) -> str:
    """The whole address of a picture on another site, as an attribute holds it; nothing if there is none."""
    found = ELSEWHERE.fullmatch(html.unescape(source))
    return f"{'' if found[1] else 'https:'}{source}" if found else ""


def _file_name(address: str) -> str:
    path = re.split(r"[?#]", html.unescape(address))[0].rstrip("/")
    return html.escape(unquote(path.rpartition("/")[2]))


_markdown = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable(["table", "strikethrough"])
