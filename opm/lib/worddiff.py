"""What changed between two texts, word by word, as HTML that is safe to show.

What went stands in `<del>`, what came in `<ins>`, each between words for those who see neither line nor colour.
However hostile the texts, the work has an end: where words would take too long, whole lines are compared.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import accumulate, groupby
from typing import NamedTuple

from markupsafe import Markup, escape

from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext

MOST_STEPS = 2_000_000  # of difflib's innermost loop for one comparison: less than half a second
TOKEN = re.compile(r"\s+|[\w'’-]+|[^\w\s]+")
BREAK = re.compile(r"\n[^\S\n]*\n\s*")  # between paragraphs
NEAR = 1  # paragraphs shown unchanged on each side of a change


class Fate(StrEnum):
    """What became of some words."""

    KEPT = "kept"
    OUT = "out"
    IN = "in"


class Piece(NamedTuple):
    """Some words of one fate, blanks and all."""

    fate: Fate
    text: str


Paragraph = list[Piece]


def in_line(before: str, after: str) -> Markup:
    """One line, such as a title, with what went and what came."""
    return _drawn(pieces(before, after))


def in_text(before: str, after: str) -> Markup:
    """The paragraphs with what went and what came. Of those that stayed as they were, the nearest; the rest counted."""
    return Markup("\n").join(_folded(_paragraphs(pieces(before, after))))


def pieces(before: str, after: str) -> list[Piece]:
    """Both texts as one: its kept and new pieces make up the later text, its kept and old ones the former."""
    budget = _Budget(MOST_STEPS)
    former, later = (text.replace("\r\n", "\n").splitlines(keepends=True) for text in (before, after))
    found = []
    for tag, i, j, k, n in _steps(former, later, budget):
        went, came = "".join(former[i:j]), "".join(later[k:n])
        found += [Piece(Fate.KEPT, went)] if tag == "equal" else _words(went, came, budget)
    return _at_line_starts(_joined(found))


# Comparing


class _TooMuch(Exception):
    """It would take too long."""


class _Budget:
    """How many steps are left."""

    def __init__(self, steps: int):
        self.left = steps

    def spend(self, steps: int) -> None:
        """Raises _TooMuch where there are not so many."""
        if steps > self.left:
            raise _TooMuch
        self.left -= steps


class _Matcher(SequenceMatcher):
    """Counts its steps before it takes them."""

    def __init__(self, isjunk: Callable[[str], bool] | None, a: list[str], b: list[str], budget: _Budget):
        super().__init__(isjunk, a, b, autojunk=False)
        self._budget = budget
        often = Counter(b) if isjunk is None else Counter(token for token in b if not isjunk(token))
        self._steps_before = list(accumulate((1 + often[token] for token in a), initial=0))

    def find_longest_match(self, alo=0, ahi=None, blo=0, bhi=None):
        end = len(self.a) if ahi is None else ahi
        self._budget.spend(self._steps_before[end] - self._steps_before[alo])
        return super().find_longest_match(alo, ahi, blo, bhi)


def _steps(former: list[str], later: list[str], budget: _Budget, isjunk=None) -> Iterator[tuple]:
    """As difflib's opcodes; what lies between the first and the last difference is one where more takes too long."""
    start = _common(former, later)
    end = _common(former[start:][::-1], later[start:][::-1])
    stop, until = len(former) - end, len(later) - end
    yield "equal", 0, start, 0, start
    if start < stop or start < until:
        yield from _between(former[start:stop], later[start:until], start, budget, isjunk)
    yield "equal", stop, len(former), until, len(later)


def _between(former: list[str], later: list[str], start: int, budget: _Budget, isjunk) -> list[tuple]:
    try:
        found = _Matcher(isjunk, former, later, budget).get_opcodes()
    except _TooMuch:
        found = [("replace", 0, len(former), 0, len(later))]
    return [(tag, *(start + place for place in places)) for tag, *places in found]


def _common(former: list[str], later: list[str]) -> int:
    """How many they have in common at the beginning."""
    pairs = enumerate(zip(former, later, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(former), len(later)))


def _words(before: str, after: str, budget: _Budget) -> list[Piece]:
    """The same lines twice, word by word. Blanks alone tie nothing together: words do."""
    former, later = TOKEN.findall(before), TOKEN.findall(after)
    found = []
    for tag, i, j, k, n in _steps(former, later, budget, str.isspace):
        went, came = "".join(former[i:j]), "".join(later[k:n])
        found += [Piece(Fate.KEPT, went)] if tag == "equal" else [Piece(Fate.OUT, went), Piece(Fate.IN, came)]
    return _without_islands(_joined(found))


def _joined(found: Iterable[Piece]) -> list[Piece]:
    """Neighbours of one fate as one; between two that were kept, first all that went, then all that came."""
    joined = []
    for is_kept, some in groupby((piece for piece in found if piece.text), lambda piece: piece.fate == Fate.KEPT):
        some = list(some)
        for fate in [Fate.KEPT] if is_kept else [Fate.OUT, Fate.IN]:
            text = "".join(piece.text for piece in some if piece.fate == fate)
            joined += [Piece(fate, text)] if text else []
    return joined


def _at_line_starts(found: list[Piece]) -> list[Piece]:
    """A line that only went or came is shown with the break after it, not with the same break before it."""
    for index in range(1, len(found) - 1):
        before, piece, after = found[index - 1 : index + 2]
        if before.fate == after.fate == Fate.KEPT and piece.text[0] == after.text[0] == "\n" != piece.text[1:2]:
            found[index - 1 : index + 2] = [
                Piece(Fate.KEPT, before.text + "\n"),
                Piece(piece.fate, piece.text[1:] + "\n"),
                Piece(Fate.KEPT, after.text[1:]),
            ]
    return [piece for piece in found if piece.text]


def _without_islands(found: list[Piece]) -> list[Piece]:
    """A word or two that stayed between longer changes read better as a part of them."""
    sizes = [0, *(0 if piece.fate == Fate.KEPT else len(piece.text) for piece in found), 0, 0]
    result = []
    for index, piece in enumerate(found, 1):
        is_inside = 1 < index < len(found) and "\n" not in piece.text
        before, after = max(sizes[max(0, index - 2) : index]), max(sizes[index + 1 : index + 3])
        if piece.fate == Fate.KEPT and is_inside and len(piece.text) <= min(before, after):
            result += [Piece(Fate.OUT, piece.text), Piece(Fate.IN, piece.text)]
        else:
            result.append(piece)
    return _joined(result)


# Drawing


def _paragraphs(found: list[Piece]) -> list[Paragraph]:
    """Parted where either text was; none is empty."""
    paragraphs: list[Paragraph] = [[]]
    for piece in found:
        parts = [piece.text] if piece.text.isspace() and piece.fate == Fate.OUT else BREAK.split(piece.text)
        if piece.text.isspace() and piece.fate == Fate.IN and len(parts) > 1:
            paragraphs[-1].append(piece)
        for number, part in enumerate(parts):
            if number:
                paragraphs.append([])
            if part:
                paragraphs[-1].append(Piece(piece.fate, part))
    return [paragraph for paragraph in paragraphs if paragraph]


def _folded(paragraphs: list[Paragraph]) -> Iterator[Markup]:
    changed = [any(piece.fate != Fate.KEPT for piece in paragraph) for paragraph in paragraphs]
    near = [any(changed[max(0, index - NEAR) : index + NEAR + 1]) for index in range(len(paragraphs))]
    for is_near, some in groupby(zip(near, paragraphs, strict=True), lambda pair: pair[0]):
        some = [paragraph for _near, paragraph in some]
        if is_near or (len(some) == 1 and any(near)):
            yield from (Markup("<p>{}</p>").format(_drawn(paragraph).removesuffix("<br>")) for paragraph in some)
        else:
            words = ngettext("%(num)s paragraph unchanged", "%(num)s paragraphs unchanged", len(some))
            yield Markup('<p class="note">{}</p>').format(words)


def _drawn(found: Iterable[Piece]) -> Markup:
    return Markup("").join(map(_piece, found))


def _piece(piece: Piece) -> Markup:
    if piece.fate == Fate.KEPT:
        return _lines(piece.text)
    tag, said = ("del", _("taken out:")) if piece.fate == Fate.OUT else ("ins", _("put in:"))
    inside = _marks(piece.text) if piece.text.isspace() else _lines(piece.text)
    parts = {"tag": tag, "said": said, "inside": inside, "end": _("end")}
    return Markup('<{tag}><i class="vh">[{said} </i>{inside}<i class="vh"> {end}] </i></{tag}>').format(**parts)


def _lines(text: str) -> Markup:
    return escape(text).replace("\n", Markup("<br>"))


def _marks(blanks: str) -> str:
    """Blanks that anyone can see, since nothing else changed there."""
    return re.sub(r"[^¶]", "·", re.sub(r"\s*\n\s*", "¶", blanks))
