"""Tables for spreadsheet programs, in which no cell is a formula: what somebody typed is text and stays text."""

import csv
from collections.abc import Iterable
from typing import BinaryIO

MARK = "\N{BYTE ORDER MARK}"  # without it spreadsheet programs take the file for another encoding
# What a program begins to calculate at, or takes as the end of a cell. Full-width forms count as the plain ones.
# Source: https://owasp.org/www-community/attacks/CSV_Injection
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_text(cell: object) -> str:
    """The cell with an apostrophe before it if a program would calculate it, also where blanks stand before that."""
    text = "" if cell is None else str(cell)
    may_calculate = text.startswith(BEGINS_A_FORMULA) or text.lstrip().startswith(BEGINS_A_FORMULA)
    return f"'{text}" if may_calculate else text


def write(rows: Iterable[Iterable[object]], file: BinaryIO) -> None:
    """Writes them as CSV (RFC 4180) in UTF-8, with a mark that says so. It holds one row at a time."""
    file.write(MARK.encode())
    writer = csv.writer(_Encoded(file))
    for row in rows:
        writer.writerow([as_text(cell) for cell in row])


class _Encoded:
    """What `csv` writes to. No lone surrogate breaks it: the database holds none, but a caller may."""

    def __init__(self, file: BinaryIO):
        self.file = file

    def write(self, text: str) -> int:
        return self.file.write(text.encode("utf-8", "replace"))
