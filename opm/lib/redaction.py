"""Taking words out of a text, and nothing else. A mark stays in their place, which nobody can type."""

import re

from opm.lib.i18n import gettext as _

MARK = "\ufffc"  # "object replacement": no form lets it through
GAP = "[…]"  # how the mark is typed and shown where only plain text can be
GAPS = re.compile(r"\[\s?(?:…|\.\.\.)\s?\]")


class CannotTakeOut(Exception):
    """What is left is not the text without some words. `sentence` says what to do."""

    sentence = ""


class WordsChanged(CannotTakeOut):
    """A word was added or changed, or stands elsewhere."""

    @property
    def sentence(self) -> str:
        """What is said beside the field."""
        return _("Words can only be taken out. Put […] in place of those that must go, and leave the rest as it is")


class NothingTakenOut(CannotTakeOut):
    """All of it is still there."""

    @property
    def sentence(self) -> str:
        """What is said beside the field."""
        return _("All words are still there. Put […] in place of those that must go")


class NothingLeft(CannotTakeOut):
    """Not a letter of it remains."""

    @property
    def sentence(self) -> str:
        """What is said beside the field."""
        return _("Nothing would be left to read. Take the whole comment down instead")


def with_gaps(text: str) -> str:
    """The text as it is shown where only plain text can be."""
    return text.replace(MARK, GAP)


def take_out(text: str, left: str) -> str:
    """The text with a mark wherever `left` has […] instead of words. One missing stretch is found without it.

    What was between the words that are left is searched from the beginning, so it takes no longer than the text.
    Raises WordsChanged, NothingTakenOut, NothingLeft.
    """
    if len(GAPS.findall(left)) <= len(GAPS.findall(with_gaps(text))):
        left = _with_its_gap(with_gaps(text), left)
    first, *between, last = [piece.strip() for piece in GAPS.split(left)]
    at, end = len(first), len(text) - len(last)
    if not text.startswith(first) or not text.endswith(last) or at > end:
        raise WordsChanged
    parts = [first]
    for piece in filter(None, between):
        found = _find(text, piece, at, end)
        parts += [_gap(text[at:found]), piece]
        at = found + len(piece)
    return _checked(text, "".join([*parts, _gap(text[at:end]), last]))


def _find(text: str, piece: str, at: int, end: int) -> int:
    """Where it stands next: as whole words, else within one."""
    whole = re.compile(rf"(?<!\w){re.escape(piece)}(?!\w)").search(text, at, end)
    found = whole.start() if whole else text.find(piece, at, end)
    if found < 0:
        raise WordsChanged
    return found


def _with_its_gap(shown: str, left: str) -> str:
    """With […] where one stretch is missing: before the word in which they part, else within it."""
    parts_at = next((at for at, pair in enumerate(zip(shown, left, strict=False)) if len(set(pair)) > 1), len(left))
    word_at = len(left[:parts_at]) - len(re.split(r"\s", left[:parts_at])[-1])
    at = word_at if shown.endswith(left[word_at:].strip()) else parts_at
    return left[:at] + GAP + left[at:]


def _gap(stretch: str) -> str:
    """A mark instead of the words, between the same blanks; as it was where there are none, or a gap already."""
    words = stretch.strip()
    return stretch if not words or GAPS.fullmatch(words) else stretch.replace(words, MARK, 1)


def _checked(text: str, result: str) -> str:
    if result == text:
        raise NothingTakenOut
    if not any(letter.isalnum() for letter in result):
        raise NothingLeft
    return result
