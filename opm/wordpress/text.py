"""WordPress's ways of writing, turned into plain HTML and plain words.

A classic post is HTML in which blank lines make paragraphs and line ends break lines; a newer one is HTML with
comments that name its blocks. Either may hold shortcodes. The first step parses it as a browser would and writes it
out well-formed, so that the steps after it meet no surprise and no text takes longer than its length. What comes out
is cleaned once more where it is stored (`opm.lib.markdown.clean`).
"""

import html
import re
from collections.abc import Callable

import nh3

from opm.lib import markdown
from opm.lib.forms import one_line, several_lines

SCHEMES = {"http", "https", "mailto"}
SUMMARY_LENGTH = 160
MOST_NESTED = 300  # a parser slows down with the square of this

BOXES = {
    "address", "article", "aside", "blockquote", "center", "details", "div", "fieldset", "footer", "form", "header",
    "main", "nav", "section", "summary",
}  # fmt: skip
HEADINGS = {f"h{level}" for level in range(1, 7)}
CELLS = {"caption", "dd", "dt", "figcaption", "figure", "li", "td", "th"}  # text in them needs no paragraph
LISTS = {"dl", "ol", "table", "tbody", "tfoot", "thead", "tr", "ul"}  # text directly in them means nothing
BLOCKS = BOXES | HEADINGS | CELLS | LISTS | {"hr", "pre"}
EMPTY = {"hr"}
PLAYERS = {"audio", "iframe", "video"}  # nothing is loaded from elsewhere, so a link stands for them
SOURCES = {"embed", "source"}
RENAMED = {"acronym": "abbr", "strike": "s", "tt": "code"}

TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)([^<>]*)>")
NESTING = re.compile(rf"<(/?)({'|'.join(BLOCKS - EMPTY)})\b", re.I)
BREAK, LINE_BREAK = "<br>", "<br>\n"
BLANK_LINE = re.compile(r"\n\s*\n")
MORE = re.compile(r"<!--\s*(?:more|nextpage|noteaser)[^<>]{0,200}-->")
EMPTY_BLOCK = re.compile(r"<(h[1-6]|ul|ol|li|dl|dt|dd|blockquote|figure|figcaption|div)>\s*</\1>")
# WordPress's editor leaves such spaces behind by the dozen; on a narrow screen they break words instead of lines.
GLUED_WORDS = re.compile(r"(?<=[^\W\d_])(?:\xa0|&nbsp;)+(?=[^\W\d_])")
LONE_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
SOURCE = re.compile(r'\bsrc="([^"]*)"')
TITLE = re.compile(r'\btitle="([^"]*)"')

# Boxes with a picture behind their words.
BACKGROUND = re.compile(
    r"<[a-z]+\b[^<>]*\bbackground-image:\s*url\((?:&quot;|&#0?39;|['\"])?([^()<>'\"&]+)[^()<>]*\)[^<>]*>", re.I
)
# WordPress's newer galleries: figures right inside a figure.
GALLERY_OF_FIGURES = re.compile(r"(?<=<figure>)(?:\s*<figure>(?:(?!</?figure>).)*</figure>)+", re.S)
CAPTION_END = re.compile(r"\[/(?:wp_)?caption\]")
CAPTION = re.compile(
    r"\[(?:wp_)?caption\b([^\]]*)\]\s*((?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?)?(.*)", re.S
)  # fmt: skip
SHORTCODE = re.compile(r"\[(\[?)(/?)([a-z][a-z0-9_-]*)((?:[\s=/][^\[\]]*)?)\](\]?)", re.I)
CLOSED = re.compile(r"\[/([a-z][a-z0-9_-]*)\]", re.I)
SETTING = re.compile(r"\s[a-z_-]+=\s?[\"'“”″]", re.I)
IN_SHORTCODE = re.compile(r"https?://[^\s\"'”″<>\[\]]+")
# Those that stand alone and without settings; others are known by their settings or by their end.
SHORTCODES = {
    "archives", "audio", "caption", "contact-form", "embed", "gallery", "playlist", "sitemap", "toc", "video",
    "vimeo", "wp_caption", "youtube",
}  # fmt: skip
GALLERY = re.compile(r"(?<!\[)\[(?:gallery|playlist)\b([^\[\]]*)\](?!\])", re.I)
SHORTCODE_PLAYERS = {"audio", "embed", "video", "vimeo", "youtube"}

Gallery = Callable[[str], str]  # a gallery as a list of links, from the settings in its shortcode


def no_gallery(settings: str) -> str:
    """What is left of a gallery where no files are known."""
    return ""


def paragraphs(written: str, gallery: Gallery = no_gallery) -> str:
    """A post's text as HTML with its paragraphs and line breaks marked, without block comments and shortcodes."""
    is_classic = "<!-- wp:" not in written  # in blocks, a line end inside a paragraph breaks no line
    written = BACKGROUND.sub(r'\g<0><img src="\1">', MORE.sub("\n\n", written))
    whole = _Paragraphs(_captions(_well_formed(written)), is_classic, gallery).whole()
    return GLUED_WORDS.sub(" ", GALLERY_OF_FIGURES.sub(_with_list, whole))


def words(written: str) -> str:
    """The words of a piece of HTML on one line: a title, a name, an excerpt."""
    kept = nh3.clean(_shallow(written), tags=BLOCKS | {"br", "p"}, clean_content_tags=markdown.DROPPED_WHOLE)
    return one_line(markdown.plain(kept))


def summary(excerpt: str, rendered: str) -> str:
    """What a list says of a post: its excerpt, or else the first words of its paragraphs."""
    if told := words(paragraphs(excerpt)):
        return told
    told = ""
    for paragraph in re.finditer(r"<p>(.*?)</p>", rendered, re.S):
        told = f"{told} {words(paragraph[1])}".strip()
        if len(told) > SUMMARY_LENGTH:
            break
    return markdown.shorten(told or words(rendered), SUMMARY_LENGTH)


def comment_words(written: str) -> str:
    """A comment as plain text: quotes marked, lists with hyphens, and of each link its words and its address."""
    kept = nh3.clean(
        _shallow(written),
        tags=BLOCKS | {"a", "br", "p", "q"},
        attributes={"a": {"href"}},
        url_schemes=SCHEMES,
        link_rel=None,
        clean_content_tags=markdown.DROPPED_WHOLE,
    )
    linked = re.sub(r"<a((?: [^<>]*)?)>(.*?)</a>", _link_in_words, kept, flags=re.S)
    return re.sub(r"\n{3,}", "\n\n", several_lines(_quoted(linked)))


# Posts


def _well_formed(written: str) -> str:
    """As a browser would read it, with all that the steps after this one need to see."""
    return nh3.clean(
        _shallow(written),
        tags=markdown.TAGS | BOXES | HEADINGS | PLAYERS | SOURCES | set(RENAMED),
        attributes=markdown.ATTRIBUTES | {name: {"src", "title"} for name in PLAYERS | SOURCES},
        clean_content_tags=markdown.DROPPED_WHOLE - PLAYERS - SOURCES - {"object"},
        url_schemes=SCHEMES,
        link_rel=None,
    )


def _shallow(written: str) -> str:
    """The text itself, or, where blocks are nested as nobody writes them, with its tags shown as text."""
    depth = 0
    for tag in NESTING.finditer(written):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > MOST_NESTED and tag[2].lower() not in ("li", "dd", "dt", "td", "th", "tr"):  # often left open
            return html.escape(written)
    return written


def _captions(written: str) -> str:
    """Turns [caption]…[/caption] into figures."""
    *closed, rest = CAPTION_END.split(written)
    return "".join(map(_with_figure, closed)) + rest


def _with_figure(part: str) -> str:
    """This part, which ends where a caption does, with that caption as a figure."""
    found = CAPTION.match(part, max(0, part.rfind("[caption"), part.rfind("[wp_caption")))
    if not found:
        return part
    attribute = re.search(r'\bcaption="([^"]*)"', found[1])
    said = found[3].strip() or (attribute[1] if attribute else "")
    caption = f"<figcaption>{said}</figcaption>" if said else ""
    return f"{part[: found.start()]}<figure>{found[2] or ''}{caption}</figure>"


def _with_list(figures: re.Match) -> str:
    """Figures of a gallery as a list."""
    return f"<ul>{figures[0].replace('<figure>', '<li><figure>').replace('</figure>', '</figure></li>')}</ul>"


class _Paragraphs:
    """Goes through well-formed HTML once and puts paragraphs where WordPress would.

    Text between blocks is gathered in runs. A blank line, a <p> or two line breaks end a run; where a block begins
    or ends, the runs so far are written down.
    """

    def __init__(self, written: str, is_classic: bool, gallery: Gallery):
        self.written = written
        self.is_classic = is_classic
        self.gallery = gallery
        self.closed = {name.lower() for name in CLOSED.findall(written)}
        self.out: list[str] = []
        self.open: list[str] = []  # the blocks around the place where we are
        self.has_bare_link = False  # whether an <a> is open that leads nowhere, and is left out
        self.codes = 0  # how many <code> are around it
        self.player = ""  # the player that is open: what it says to browsers that cannot play is left out
        self.has_link = False  # whether a link already stands for it
        self.runs: list[list[str]] = [[]]
        self.has_paragraph = False

    def whole(self) -> str:
        """The finished HTML."""
        text, *rest = TAG.split(self.written)
        self._text(text)
        for slash, name, attributes, text in zip(*[iter(rest)] * 4, strict=True):
            self._tag(bool(slash), RENAMED.get(name, name), attributes)
            self._text(text)
        self._end_paragraphs()
        return _without_empty_blocks("".join(self.out)).strip()

    def _tag(self, is_end, name, attributes):
        tag = f"<{'/' if is_end else ''}{name}{attributes}>"
        if name in PLAYERS | SOURCES:
            self._play(is_end, name, attributes)
        elif self.player or self._is_bare_link(is_end, name, attributes):
            return
        elif name in BLOCKS:
            self._block(is_end, name, tag)
        elif self._is_in({"pre"} | LISTS):
            self.out.append(tag)
        elif name == "p":
            self.has_paragraph = True
            self.runs.append([])
        elif name == "br":
            self._break(BREAK)
        else:
            self.codes += (-1 if is_end else 1) if name == "code" else 0
            self.runs[-1].append(tag)

    def _is_bare_link(self, is_end, name, attributes):
        if name != "a":
            return False
        was_bare, self.has_bare_link = self.has_bare_link, not is_end and 'href="' not in attributes
        return was_bare if is_end else self.has_bare_link

    def _block(self, is_end, name, tag):
        self._end_paragraphs()
        self.out.append(tag)
        if name in EMPTY:
            return
        if not is_end:
            self.open.append(name)
        elif name in self.open:
            while self.open.pop() != name:
                pass

    def _play(self, is_end, name, attributes):
        """A link where something would be played: to the first address that the player names."""
        if name in PLAYERS:
            self.player, self.has_link = "" if is_end else name, False
        address, title = SOURCE.search(attributes), TITLE.search(attributes)
        if address and not (name == "source" and self.has_link):
            link = f'<a href="{address[1]}">{title[1] if title and title[1] else address[1]}</a>'
            self.runs += [[link], []]
            self.has_link = True

    def _text(self, text):
        if self.player:
            return
        if self._is_in({"pre"} | LISTS):
            self.out.append(text)
            return
        if self.codes:
            self._stretches(text)
            return
        before, *rest = GALLERY.split(text)
        self._stretches(SHORTCODE.sub(self._shortcode, before))
        for settings, after in zip(*[iter(rest)] * 2, strict=True):
            self._end_paragraphs()
            self.out.append(self.gallery(settings))
            self._stretches(SHORTCODE.sub(self._shortcode, after))

    def _stretches(self, text):
        for number, stretch in enumerate(BLANK_LINE.split(text)):
            if number:
                self.runs.append([])
            self._lines(stretch)

    def _lines(self, text):
        """Text without blank lines; in a classic post each of its line ends breaks the line."""
        first, *others = text.split("\n") if self.is_classic else [text]
        self._add(first)
        for line in others:
            self._break(LINE_BREAK)
            self._add(line.lstrip())

    def _add(self, text):
        if text.strip() or not self._is_after_break():
            self.runs[-1].append(text)

    def _break(self, mark):
        """A line end beside a <br> is that same break; two <br> end the run."""
        run = self.runs[-1]
        if not self._is_after_break():
            run.append(mark)
        elif mark == run[-1] == BREAK:
            self.runs.append([])
        elif mark == BREAK:
            run[-1] = mark

    def _is_after_break(self):
        run = self.runs[-1]
        return bool(run) and run[-1] in (BREAK, LINE_BREAK)

    def _is_in(self, names):
        return bool(self.open) and self.open[-1] in names

    def _end_paragraphs(self):
        """Writes the runs down: as paragraphs, or bare where the block around them wants none."""
        runs = [run for run in map(_trimmed, self.runs) if run]
        if self._is_in(HEADINGS) or (self._is_in(CELLS) and len(runs) < 2 and not self.has_paragraph):
            self.out.append("<br>".join(runs))
        else:
            self.out += [f"<p>{_linked(run)}</p>\n" if _says_something(run) else _only_tags(run) for run in runs]
        self.runs, self.has_paragraph = [[]], False

    def _shortcode(self, found):
        doubled, _slash, name, settings, doubled_end = found.groups()
        name = name.lower()
        if not (name in SHORTCODES or name in self.closed or SETTING.search(settings)):
            return found[0]
        if doubled and doubled_end:
            return found[0][1:-1]  # written so that it shows
        address = IN_SHORTCODE.search(settings) if name in SHORTCODE_PLAYERS else None
        return doubled + (address[0] if address else "") + doubled_end


def _trimmed(run: list[str]) -> str:
    """The run without white space and breaks at its ends."""
    said = [bool(piece.strip()) and piece not in (BREAK, LINE_BREAK) for piece in run]
    if not any(said):
        return ""
    return "".join(run[said.index(True) : len(run) - said[::-1].index(True)]).strip()


def _says_something(run: str) -> bool:
    return "<img" in run or bool(html.unescape(re.sub(r"<[^<>]*>", "", run)).strip())


def _only_tags(run: str) -> str:
    return run.replace("&nbsp;", "")


def _without_empty_blocks(written: str) -> str:
    """Leaves out headings, lists and boxes with nothing in them, which a screen reader would announce."""
    while (fuller := EMPTY_BLOCK.sub("", written)) != written:
        written = fuller
    return written


def _linked(run: str) -> str:
    """An address alone in its paragraph, which WordPress would show as what stands there, as a link."""
    return f'<a href="{run}">{run}</a>' if LONE_ADDRESS.fullmatch(run) else run


# Comments


def _link_in_words(found: re.Match) -> str:
    address = re.search(r'href="(https?://[^"]*)"', found[1])
    said = re.sub(r"<[^<>]*>", "", found[2]).strip()
    if not address:
        return found[2]
    if not said or _is_same_address(html.unescape(said), html.unescape(address[1])):
        return address[1]
    return f"{found[2]} ({address[1]})"


def _is_same_address(said: str, address: str) -> bool:
    """Whether the words of a link are only its address again, perhaps shortened."""
    said, address = (re.sub(r"^(https?://)?(www\.)?", "", text.strip().lower()).rstrip("/") for text in (said, address))
    cut = said.rstrip("….")
    return said == address or (cut != said and len(cut) > 5 and address.startswith(cut))


def _quoted(kept: str) -> str:
    """Plain text from well-formed HTML, with > before each line of a quote."""
    text, *rest = TAG.split(kept)
    around: list[list[str]] = [[text]]
    for slash, name, _attributes, text in zip(*[iter(rest)] * 4, strict=True):
        if name == "blockquote" and not slash:
            around.append([])
        elif name == "blockquote":
            quote = "".join(around.pop()).strip()
            around[-1].append("\n\n" + "\n".join(f"&gt; {line}".rstrip() for line in quote.split("\n")) + "\n\n")
        else:
            around[-1].append(_mark(bool(slash), name))
        around[-1].append(_after(name, text))
    return html.unescape("".join("".join(part) for part in around))


def _mark(is_end: bool, name: str) -> str:
    """What a tag becomes in plain text."""
    around = {"br": ("\n", ""), "q": ("“", "”"), "li": ("\n- ", ""), "tr": ("\n", "")}
    around |= {"td": ("", " "), "th": ("", " ")}
    return around.get(name, ("\n\n", "\n\n"))[is_end]


def _after(name: str, text: str) -> str:
    """The text after a tag, without the white space that only laid the HTML out."""
    if name == "br":
        return text.removeprefix("\n")
    return "" if name in LISTS | {"li", "td", "th"} and not text.strip() else text
