"""Likely slips in an email address: "gmial.com", "gmail,com", "gmail.con". Only ever a question, never a correction.

It knows the fixed list below and what the site says of itself, asks no network, and learns from nobody's address.
"""

import re
from collections.abc import Iterable
from itertools import takewhile

LONGEST = 254
SHORTEST_NAME = 5  # one letter beside "sky" or "live" stands somebody else

# Where most people have their mail, in the United Kingdom first. Of two that could be meant, the earlier is.
COMMON = (
    "gmail.com", "hotmail.co.uk", "hotmail.com", "yahoo.co.uk", "yahoo.com", "outlook.com", "icloud.com",
    "btinternet.com", "googlemail.com", "live.co.uk", "live.com", "sky.com", "aol.com", "aol.co.uk", "me.com",
    "virginmedia.com", "talktalk.net", "ntlworld.com", "blueyonder.co.uk", "tiscali.co.uk", "btopenworld.com",
    "virgin.net", "plus.com", "nhs.net", "msn.com", "mac.com", "ymail.com", "rocketmail.com", "protonmail.com",
    "proton.me", "pm.me", "fastmail.com", "hey.com", "tutanota.com", "mail.com", "gmx.com", "gmx.co.uk", "gmx.net",
    "zoho.com", "yandex.com",
)  # fmt: skip
# Those who exist one slip beside a common one.
OTHERS = {"email.com", "cloud.com"}

# Last parts that no address on the internet has, and what they were to be.
ENDINGS = {
    "com": "con cmo ocm vom xom cpm clm comm coom ccom conm c0m",
    "net": "nte ent nett",
    "org": "ogr orgg",
    "uk": "ku uj yk ik ukk",
    "co.uk": "couk",
    "gov.uk": "govuk",
    "org.uk": "orguk",
    "ac.uk": "acuk",
}
RIGHT_ENDING = {wrong: right for right, wrongs in ENDINGS.items() for wrong in wrongs.split()}


def meant(address: str, own: Iterable[str] = ()) -> str | None:
    """The address that was probably meant, or None where nothing looks like a slip.

    `own` are domains of the site itself: they come before the common ones.
    """
    mailbox, _at, typed = address.rpartition("@")
    if not mailbox or len(address) > LONGEST or any(mark in mailbox for mark in "@, ") or ";" in address:
        return None
    known = (*own, *COMMON)
    domain = typed.lower() if typed.lower() in known else _mended(typed.lower(), known)
    is_answer = domain != typed.lower() and re.fullmatch(r"[^\s@]+\.[^\W\d_]{2,}", domain)
    return f"{mailbox}@{domain}" if is_answer else None


def _mended(domain: str, known: tuple[str, ...]) -> str:
    domain = re.sub("[.,]+", ".", domain.replace(" ", "")).strip(".")
    rest, dot, last = domain.rpartition(".")
    domain = rest + dot + RIGHT_ENDING.get(last, last)
    if f"{domain}.com" in known:
        return f"{domain}.com"
    if domain in known or domain in OTHERS:
        return domain
    return next((right for right in known if _is_one_slip(domain, right)), domain)


def _is_one_slip(typed: str, right: str) -> bool:
    """Whether one letter was left out, doubled, mistaken, or two neighbours swapped (Damerau's four)."""
    if abs(len(typed) - len(right)) > 1 or len(right.partition(".")[0]) < SHORTEST_NAME:
        return False
    one, other = _apart(typed, right)
    lengths = sorted((len(one), len(other)))
    return lengths in ([0, 1], [1, 1]) or (lengths == [2, 2] and one == other[::-1])


def _apart(one: str, other: str) -> tuple[str, str]:
    """What is left of both without the letters that they begin and end with alike."""
    one, other = _without_same_start(one, other)
    one, other = _without_same_start(one[::-1], other[::-1])
    return one[::-1], other[::-1]


def _without_same_start(one: str, other: str) -> tuple[str, str]:
    same = (a == b for a, b in zip(one, other, strict=False))
    start = sum(1 for _ in takewhile(bool, same))
    return one[start:], other[start:]
