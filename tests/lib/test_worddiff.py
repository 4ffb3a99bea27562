"""What changed between two texts: every word accounted for, safe to show, and never long in coming."""

import random

import pytest
from bs4 import BeautifulSoup

from opm.lib import worddiff
from opm.lib.worddiff import Fate, Piece, in_line, in_text, pieces

TEXT = "\n\n".join(f"Paragraph {number} stays." for number in range(20))
WORDS = [f"word{number}" for number in range(10_000)]
SWAPPED = [WORDS[number ^ 1] for number in range(10_000)]  # each two change places
BRACKETS = "(\n\n" * 5_000
HOSTILE = {
    "shuffled": (" ".join(WORDS), " ".join(random.Random(1).sample(WORDS, len(WORDS)))),
    "swapped": (" ".join(WORDS), " ".join(SWAPPED)),
    "swapped lines": ("\n".join(WORDS), "\n".join(SWAPPED)),
    "the same words": ("x y " * 5_000, "x z " * 5_000),
    "brackets": ("( " * 5_000, "( ) " * 2_500),
    "one long bracket": ("(" * 5_000, "(" * 4_999 + ")"),
    "paragraphs of brackets": (BRACKETS, ")\n\n(\n\n" * 2_500),
    "blanks": (" " * 50_000 + "a", " " * 40_000 + "b" + "\n \t" * 20_000),
}


def former(found):
    return "".join(piece.text for piece in found if piece.fate != Fate.IN)


def later(found):
    return "".join(piece.text for piece in found if piece.fate != Fate.OUT)


def said(html):
    """What it says to those who see no lines."""
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def test_a_changed_word_is_shown_where_it_stands():
    assert pieces("Who lives there knows it.", "Who lived there knows it.") == [
        Piece(Fate.KEPT, "Who "),
        Piece(Fate.OUT, "lives"),
        Piece(Fate.IN, "lived"),
        Piece(Fate.KEPT, " there knows it."),
    ]


def test_what_went_and_what_came_is_said_in_words_too():
    html = in_line("The old path", "The new path")
    assert [tag.name for tag in BeautifulSoup(html, "html.parser").find_all(["del", "ins"])] == ["del", "ins"]
    assert said(html) == "The [taken out: old end] [put in: new end] path"


def test_a_word_that_stays_between_longer_changes_is_a_part_of_them():
    found = pieces("She measured the water", "They counted the boats")
    assert found == [Piece(Fate.OUT, "She measured the water"), Piece(Fate.IN, "They counted the boats")]


def test_paragraphs_stay_and_long_unchanged_stretches_are_counted():
    html = in_text(TEXT, TEXT.replace("Paragraph 9 stays", "Paragraph 9 goes"))
    shown = [" ".join(p.get_text().split()) for p in BeautifulSoup(html, "html.parser").find_all("p")]
    assert shown == [
        "8 paragraphs unchanged",
        "Paragraph 8 stays.",
        "Paragraph 9 [taken out: stays end] [put in: goes end] .",
        "Paragraph 10 stays.",
        "9 paragraphs unchanged",
    ]
    assert said(in_text(TEXT, TEXT)) == "20 paragraphs unchanged"
    assert in_text("", "") == ""


def test_new_and_old_paragraphs_stand_by_themselves():
    came = BeautifulSoup(in_text("", TEXT), "html.parser")
    assert len(came.find_all("p")) == len(came.find_all("ins")) == 20
    went = BeautifulSoup(in_text(TEXT, ""), "html.parser")
    assert len(went.find_all("p")) == len(went.find_all("del")) == 20


@pytest.mark.parametrize(
    ("before", "after", "marks"),
    [
        ("One. Two.", "One.\n\nTwo.", "[taken out: · end] [put in: ¶ end]"),
        ("One.\n\nTwo.", "One. Two.", "[taken out: ¶ end] [put in: · end]"),
        ("One.  Two.", "One. Two.", "[taken out: ·· end] [put in: · end]"),
        ("One.", "One.\n", "[put in: ¶ end]"),
    ],
)
def test_where_only_blanks_changed_they_can_be_seen(before, after, marks):
    assert marks in said(in_text(before, after))


def test_line_ends_of_a_form_are_no_change():
    assert pieces("One.\r\nTwo.", "One.\nTwo.") == [Piece(Fate.KEPT, "One.\nTwo.")]


def test_lines_of_lists_and_tables_keep_their_lines():
    html = in_text("- a\n- b\n- c", "- a\n- c")
    assert "- a<br>" in html
    assert said(html) == "- a [taken out: - b end] - c"


def test_whatever_somebody_typed_is_text():
    html = in_text("<b>One</b> & two", "<script>alert(1)</script> {{ 7*7 }} </ins>")
    assert {tag.name for tag in BeautifulSoup(html, "html.parser").find_all()} == {"p", "del", "ins", "i"}
    assert "script&gt;alert(1)&lt;/script&gt;" in html
    assert "&lt;/ins&gt;" in html
    assert "{{ 7*7 }}" in html
    assert said(in_line("%(num)s {} {0}", "%s {}")) == "[taken out: %(num)s {} {0} end] [put in: %s {} end]"


@pytest.mark.parametrize("seed", range(30))
def test_no_word_is_lost_or_made_up(seed):
    chance = random.Random(seed)
    vocabulary = ["the", "lane", "floods", " ", "\n", "\n\n", ".", "don’t", "(", "| a |", "\t", "é", "\x0b", "🌊"]
    before, after = ("".join(chance.choices(vocabulary, k=chance.randrange(60))) for _text in range(2))
    found = pieces(before, after)
    assert (former(found), later(found)) == (before, after)
    in_text(before, after)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_compared_in_bounded_steps_and_whole(name, monkeypatch):
    asked = []

    class Counted(worddiff._Matcher):
        def find_longest_match(self, *places):
            left = self._budget.left
            match = super().find_longest_match(*places)
            asked.append(left - self._budget.left)
            return match

    monkeypatch.setattr(worddiff, "_Matcher", Counted)
    before, after = HOSTILE[name]
    found = pieces(before, after)
    assert (former(found), later(found)) == (before, after)
    assert sum(asked) <= worddiff.MOST_STEPS
    assert all(asked), "each look is counted"


def test_where_words_would_take_too_long_there_is_one_change(monkeypatch):
    before, after = "The lane floods.\nIt stays.", "The road floods.\nIt goes."
    assert Piece(Fate.OUT, "lane") in pieces(before, after)
    monkeypatch.setattr(worddiff, "MOST_STEPS", 3)
    found = pieces(before, after)
    assert (former(found), later(found)) == (before, after)
    assert Piece(Fate.IN, "road floods.\nIt goes") in found


@pytest.mark.parametrize(("before", "after"), [("One.\n\nTwo.\n\nThree.", "One.\n\nThree."), ("A\n\nC", "A\n\nB\n\nC")])
def test_a_paragraph_that_only_went_or_came_leaves_the_others_as_they_are(before, after):
    paragraphs = BeautifulSoup(in_text(before, after), "html.parser").find_all("p")
    assert len(paragraphs) == 3
    assert [bool(p.find(["ins", "del"])) for p in paragraphs] == [False, True, False]
    assert not paragraphs[2].find("br")
