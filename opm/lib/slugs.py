"""The part of an address that names a thing."""

import re
import unicodedata
from collections.abc import Container

LONGEST = 80


def slug(title: str, otherwise: str = "untitled") -> str:
    """The title in small ASCII letters, digits and hyphens, cut at a word; `otherwise` if nothing is left of it."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain.replace("'", "")))
    if len(words) > LONGEST:
        words = words[:LONGEST].rsplit("-", 1)[0]
    return words or otherwise


def first_free(wanted: str, taken: Container[str]) -> str:
    """The slug itself, or with the first number from 2 that is free."""
    free, number = wanted, 1
    while free in taken:
        number += 1
        free = f"{wanted}-{number}"
    return free
