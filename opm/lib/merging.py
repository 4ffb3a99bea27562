"""Putting together what two people made of the same text, where they did not touch the same lines."""

from collections.abc import Iterator
from difflib import SequenceMatcher

MOST_LINES = 2_000  # more than a text of ours has; comparing takes the square of it


def merge(began: str, mine: str, theirs: str) -> str | None:
    """The text with the changes of both; None where both changed the same lines, or lines beside one another."""
    base, ours, others = (text.split("\n") for text in (began, mine, theirs))
    if max(len(base), len(ours), len(others)) > MOST_LINES:
        return None
    changes = sorted([*_changes(base, ours), *_changes(base, others)])
    merged, at = [], 0
    for number, (start, end, lines) in enumerate(changes):
        if number and (start, end, lines) == changes[number - 1]:
            continue  # both made the same change
        if number and start <= at:
            return None
        merged += base[at:start] + lines
        at = end
    return "\n".join(merged + base[at:])


def _changes(before: list[str], after: list[str]) -> Iterator[tuple[int, int, list[str]]]:
    """What became of which lines: from where to where, and what stands there now."""
    for tag, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield start, end, after[first:last]
