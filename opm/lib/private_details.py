"""Where a text may hold somebody's private details: a phone number, an email address, a postcode, a National Insurance
number.

A sign for a person to look at, no verdict. Each pattern repeats no more than a set number of times and says what may
stand before it, so that no text takes longer than its length.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from opm.lib.redaction import GAP

SEPARATORS = r"[ \u00a0().\-\u2010-\u2013]"
NOT_WITHIN = r"(?<![\w+])(?<!\d[.,/\-\u2010-\u2013])"  # a word, a longer number, a sum, a date, a reference
# A telephone number of Britain that may be a person's: 01, 02 and 07. Those of helplines and firms begin otherwise.
BRITISH = re.compile(
    rf"{NOT_WITHIN}(?!\d\d[-. ]\d\d[-. ](?:19|20)\d\d(?!\d))(?!\d\d\.\d\d\.\d\d(?!\.?\d))"  # a day
    rf"\(?0[127](?:{SEPARATORS}{{0,3}}\d){{8,9}}(?!\w)"
)
FOREIGN = re.compile(rf"(?<![\w+])(?:\+ ?|00 ?)[1-9](?:{SEPARATORS}{{0,3}}\d){{7,13}}(?!\w)")
AMERICAN = re.compile(rf"{NOT_WITHIN}(?:\([2-9]\d\d\) ?|[2-9]\d\d[-. ])[2-9]\d\d[-.]\d{{4}}(?![\w-])")
ADDRESS = re.compile(
    r"(?<![\w.+%\-])[\w.+%\-]{1,64} ?(?:@|[(\[] ?(?:at|AT) ?[)\]]) ?"
    r"(?:[^\W_][\w\-]{0,62}(?:\.| ?[(\[] ?(?:dot|DOT) ?[)\]] ?)){1,8}[^\W\d_]{2,24}(?!\w)"
)
POSTCODE = re.compile(
    r"(?<![\w.\-/])(?:[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPSTUW]|[A-HK-Y]\d[ABEHMNPRVWXY]))"
    r"(?:[ \u00a0]{0,2}\d[ABD-HJLNP-UW-Z]{2})(?![\w\-])",
    re.IGNORECASE,
)
INSURANCE = re.compile(
    r"(?<!\w)[A-CEGHJ-TW-Z][A-CEGHJ-NP-TW-Z](?:[ \u00a0.\-]?\d\d){3}[ \u00a0.\-]?[A-D](?!\w)", re.IGNORECASE
)
ORDINAL = re.compile(r"\d(?:st|nd|rd|th)$")  # "E10 5th" is no postcode
BOOK = re.compile(r"\bISB?N(?:-1[03])?[: ]{0,3}$", re.IGNORECASE)


class Kind(StrEnum):
    """What it may be."""

    PHONE = "phone"
    EMAIL = "email"
    POSTCODE = "postcode"
    INSURANCE = "insurance"


@dataclass(frozen=True)
class Detail:
    """One of them, and where it stands."""

    kind: Kind
    start: int
    end: int


def find(text: str, known: Collection[str] = ()) -> list[Detail]:
    """Those in the text, in order; none within another. What the site itself shows (`known`) is nobody's secret."""
    shown = {_bare(each) for each in known}
    found = []
    for kind, pattern, may_be in PATTERNS:
        for match in pattern.finditer(text):
            if may_be(match) and _bare(match[0]) not in shown:
                found.append(Detail(kind, match.start(), match.end()))
    return _apart(sorted(found, key=lambda detail: (detail.start, -detail.end)))


def taken_out(text: str, details: list[Detail]) -> str:
    """The text with […] in their place, as a moderator would type it."""
    parts, end = [], 0
    for detail in details:
        parts += [text[end : detail.start], GAP]
        end = detail.end
    return "".join([*parts, text[end:]])


def shown_in(text: str) -> list[str]:
    """The words of those that a text shows, to be known elsewhere."""
    return [text[detail.start : detail.end] for detail in find(text)]


def _apart(details: list[Detail]) -> list[Detail]:
    apart: list[Detail] = []
    for detail in details:
        if not apart or detail.start >= apart[-1].end:
            apart.append(detail)
    return apart


def _may_be_british(match: re.Match) -> bool:
    """Numbers of ten digits are all of 01; one that is a book's by its check digit, or is called so, is none."""
    digits = _digits(match[0])
    if len(digits) == 10 and (digits[1] != "1" or _is_book(digits)):
        return False
    is_called_a_book = BOOK.search(match.string, max(0, match.start() - 12), match.start())
    return match[0].count("(") == match[0].count(")") and not is_called_a_book


def _may_be_foreign(match: re.Match) -> bool:
    return 8 <= len(_digits(match[0])) <= 15


def _may_be_postcode(match: re.Match) -> bool:
    return not ORDINAL.search(match[0])


def _may_be_insurance(match: re.Match) -> bool:
    """Two small letters before three pairs of digits are more often a word: "to 10 20 30 a week"."""
    return match[0][:2].isupper() or match[0].isalnum()


def _is_book(digits: str) -> bool:
    return sum((10 - place) * int(digit) for place, digit in enumerate(digits)) % 11 == 0


def _digits(words: str) -> str:
    return "".join(filter(str.isdecimal, words))


def _bare(words: str) -> str:
    return "".join(filter(str.isalnum, words)).lower()


def _any(_match: re.Match) -> bool:
    return True


PATTERNS = (
    (Kind.EMAIL, ADDRESS, _any),
    (Kind.PHONE, BRITISH, _may_be_british),
    (Kind.PHONE, FOREIGN, _may_be_foreign),
    (Kind.PHONE, AMERICAN, _any),
    (Kind.INSURANCE, INSURANCE, _may_be_insurance),
    (Kind.POSTCODE, POSTCODE, _may_be_postcode),
)
