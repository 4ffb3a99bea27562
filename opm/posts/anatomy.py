"""What a text is made of: headings, links, pictures, tables and paragraphs, as those who check it want to see them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from opm.lib import markdown
from opm.lib.markdown import Format

HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = {"p", "li", "dd", "dt", "td", "th", "blockquote", "figcaption", "pre"}
PROSE = {"p", "li", "dd", "blockquote"}


@dataclass
class Words:
    """A part of the text that is made of words."""

    said: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """All of them, on one line."""
        return " ".join("".join(self.said).split())


@dataclass
class Heading(Words):
    """A heading; of level 1 is only what the author has put above all others."""

    level: int = 2


@dataclass
class Link(Words):
    """A link. What a picture in it shows is part of its words."""

    address: str = ""


@dataclass
class Picture:
    """A picture, and what the text says that it shows."""

    address: str
    description: str


@dataclass
class Table(Words):
    """A table, known by its first words."""

    has_headings: bool = False


@dataclass
class Anatomy:
    """The parts of one text, each kind in its order."""

    headings: list[Heading] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)  # and the items of lists

    @property
    def words_count(self) -> int:
        """How many words its paragraphs have."""
        return sum(len(paragraph.split()) for paragraph in self.paragraphs)


def of(text: str, format: Format = Format.MARKDOWN) -> Anatomy:
    """The parts of this text. It takes as long as the text is, whatever stands in it."""
    reader = _Reader()
    reader.feed(markdown.before_cleaning(text) if format == Format.MARKDOWN else markdown.render(text, format))
    reader.end_block()
    return reader.anatomy


class _Reader(HTMLParser):
    """Reads HTML that a program has written. Each word goes to at most one heading, link, table and block."""

    def __init__(self):
        super().__init__()
        self.anatomy = Anatomy()
        self.heading = self.link = self.table = self.block = None
        self.block_name = ""

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if tag in HEADINGS:
            self.end_block()
            self.heading = self._noted(self.anatomy.headings, Heading(level=HEADINGS[tag]))
        elif tag == "a":
            self.link = self._noted(self.anatomy.links, Link(address=attributes.get("href", "")))
        elif tag == "img":
            self.anatomy.pictures.append(Picture(attributes.get("src", ""), attributes.get("alt", "")))
            self._say(attributes.get("alt", ""), self.heading, self.link)
        elif tag == "br":
            self.handle_data(" ")
        elif tag == "table":
            self.table = self._noted(self.anatomy.tables, Table())
        if tag in BLOCKS:
            self.end_block()
            self.block, self.block_name = Words(), tag

    def handle_endtag(self, tag):
        if tag in HEADINGS:
            self.heading = None
        elif tag == "a":
            self.link = None
        elif tag == "table":
            self.table = None
        elif tag == "th" and self.table and self.block and self.block.words:
            self.table.has_headings = True
        if tag in BLOCKS:
            self.end_block()

    def handle_data(self, data):
        self._say(data, self.heading, self.link, self.table, self.block)

    def end_block(self):
        """What was said since the last block began is a paragraph, if it is prose."""
        if self.block and self.block_name in PROSE and self.block.words:
            self.anatomy.paragraphs.append(self.block.words)
        self.block = None

    @staticmethod
    def _say(words, *parts):
        for part in parts:
            if part is not None:
                part.said.append(words)

    @staticmethod
    def _noted(parts, part):
        parts.append(part)
        return part
