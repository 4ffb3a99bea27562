"""How old one has to be to read a text with ease."""

import re

FEWEST_WORDS = 100  # a formula says nothing about a few lines
SENTENCE_ENDS = re.compile(r"(?<=[.!?])[\"”’')\]]*\s+")
WORD = re.compile(r"[a-z]+(?:[’'-][a-z]+)*", re.I)
VOWELS = re.compile(r"[aeiouy]+")
SILENT = re.compile(r"(?:[^l]e|[^dt]ed|[^s]es)$")
FIRST_GRADE_AGE = 5  # to be added to a grade of American schools


def age(paragraphs: list[str]) -> int | None:
    """The age from which English paragraphs can be read; None where there are too few words to tell.

    It is the grade by Flesch and Kincaid, with five years added. Source: J. P. Kincaid and others, "Derivation of new
    readability formulas for Navy enlisted personnel", 1975.
    """
    said = [WORD.findall(sentence) for sentence in sentences(paragraphs)]
    lengths = [len(words) for words in said if words]
    count = sum(lengths)
    if count < FEWEST_WORDS:
        return None
    syllables_count = sum(syllables(word) for words in said for word in words)
    grade = 0.39 * count / len(lengths) + 11.8 * syllables_count / count - 15.59
    return max(FIRST_GRADE_AGE, round(grade) + FIRST_GRADE_AGE)


def sentences(paragraphs: list[str]) -> list[str]:
    """The sentences of these paragraphs; each ends with its paragraph at the latest."""
    return [sentence for paragraph in paragraphs for sentence in SENTENCE_ENDS.split(paragraph) if sentence]


def syllables(word: str) -> int:
    """About how many syllables an English word has: its groups of vowels, without an e that is not heard."""
    small = word.lower()
    count = len(VOWELS.findall(small))
    return max(1, count - bool(SILENT.search(small)))
