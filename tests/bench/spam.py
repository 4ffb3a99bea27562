"""`python -m tests.bench.spam EXPORT.xml …`: how well the site tells kinds of comments apart that it was taught.

A WordPress export has no spam in it, as a rule; it has pingbacks, which machines wrote as spam is written. They stand
in for it here. Each comment is judged by what all the others teach (one is left out at a time), first in the order in
which they came, with the first of each kind that are needed before anything is said. What no export can show is how
the site does against those who know its rules.
"""

import sys
import time

from opm.comments import lessons
from opm.wordpress import reader

LONG = "buy http://shop.example/ now " * 350


def main(*exports: str) -> None:
    """Prints how many were found, how many wrongly, and how long a text of ten thousand characters takes."""
    said = [said for export in exports for item in reader.items(export) for said in item.comments]
    taught = [(set(lessons.features(one.text, one.name)), one.kind == "pingback") for one in said if one.text]
    print(f"{len(taught)} comments, {sum(spam for _, spam in taught)} of them by machines")
    judged = [(judge(taught[:at] + taught[at + 1 :], words), spam) for at, (words, spam) in enumerate(taught)]
    found = sum(score >= lessons.SPAM_FROM and spam for score, spam in judged)
    wrong = sum(score >= lessons.SPAM_FROM and not spam for score, spam in judged)
    missed = sum(score < lessons.SPAM_FROM and spam for score, spam in judged)
    print(f"precision {found / max(1, found + wrong):.2f}, recall {found / max(1, found + missed):.2f}")
    print(f"found {found}, missed {missed}, wrongly suspected {wrong}")
    begun = time.perf_counter()
    list(lessons.features(LONG, "Jo"))
    print(f"{len(LONG):,} characters: {(time.perf_counter() - begun) * 1000:.1f} ms")


def judge(taught, words) -> float:
    """How like spam these words are, by what was taught."""
    hams, spams = sum(not spam for _, spam in taught), sum(spam for _, spam in taught)
    counts = {word: [0, 0] for word in words}
    for stood, spam in taught:
        for word in words & stood:
            counts[word][spam] += 1
    return lessons.likeness([tuple(count) for count in counts.values()], hams, spams)


if __name__ == "__main__":
    main(*sys.argv[1:])
