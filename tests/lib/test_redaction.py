"""Taking words out of a text: exactly those, wherever they stand, and nothing put in their place but the mark."""

import random

import pytest

from opm.lib.redaction import MARK, NothingLeft, NothingTakenOut, WordsChanged, take_out, with_gaps

TEXT = "He is a fool, and so is she.\n\nRing me on (0161) 496 0123.\nThe lane floods first."


@pytest.mark.parametrize(
    ("left", "result"),
    [
        (TEXT.replace("fool,", "[…]"), TEXT.replace("fool,", MARK)),
        (TEXT.replace("fool,", "[...]"), TEXT.replace("fool,", MARK)),
        (TEXT.replace("fool,", "[ … ]"), TEXT.replace("fool,", MARK)),
        (TEXT.replace(" fool, ", "[…]"), TEXT.replace("fool,", MARK)),
        (TEXT.replace("fool", "[…]"), TEXT.replace("fool", MARK)),
        (TEXT.replace("0161", "[…]").replace("496 0123", "[…]"), TEXT.replace("0161", MARK).replace("496 0123", MARK)),
        (TEXT.replace("He is a fool, and so is she.", "[…]"), TEXT.replace("He is a fool, and so is she.", MARK)),
        (TEXT.replace("The lane floods first.", "[…]"), TEXT.replace("The lane floods first.", MARK)),
        ("[…]\nThe lane floods first.", f"{MARK}\nThe lane floods first."),
        ("He is a […] first.", f"He is a {MARK} first."),
        ("[…] fool […] floods […]", f"{MARK} fool{TEXT[12]} {MARK} floods {MARK}".replace("fool, ", "fool")),
    ],
)
def test_where_a_gap_is_typed_the_words_between_go_and_the_blanks_stay(left, result):
    assert take_out(TEXT, left) == result


@pytest.mark.parametrize(
    ("left", "result"),
    [
        (TEXT.replace("fool, ", ""), TEXT.replace("fool,", MARK)),
        (TEXT.replace("0161", ""), TEXT.replace("0161", MARK)),
        (TEXT.replace("\n\nRing me on (0161) 496 0123.", ""), TEXT.replace("Ring me on (0161) 496 0123.", MARK)),
        (TEXT.replace("He is a fool, and so is she.\n\n", ""), TEXT.replace("He is a fool, and so is she.", MARK)),
        (TEXT.replace("\nThe lane floods first.", ""), TEXT.replace("The lane floods first.", MARK)),
    ],
)
def test_one_stretch_that_is_simply_gone_is_found(left, result):
    assert take_out(TEXT, left) == result


def test_what_is_gone_is_marked_by_whole_words_where_that_fits():
    assert take_out("a fool a fix", "a fix") == f"a {MARK} fix"
    assert take_out("one two two three", "one two three") == f"one two {MARK} three"


@pytest.mark.parametrize(
    "left",
    [
        TEXT + " Added.",
        "Added. " + TEXT,
        TEXT.replace("fool", "good man"),
        TEXT.replace("fool", "[…] good man"),
        TEXT.replace("fool", "FOOL"),
        TEXT.replace("is a fool", "a is fool"),
        TEXT.replace("He is a", "[…]").replace("floods", "burns"),
        "[…] first. The lane […]",
        TEXT.replace("He is a", "[…]").replace("and so is she", "[…] and so are you"),
        "x" * 100_000,
    ],
)
def test_no_word_can_be_added_changed_or_moved(left):
    with pytest.raises(WordsChanged):
        take_out(TEXT, left)


@pytest.mark.parametrize(
    "left", [TEXT, TEXT + " […]", TEXT.replace(" fool", " […] fool"), TEXT.replace("\n", " \n", 0)]
)
def test_with_nothing_gone_nothing_is_taken_out(left):
    with pytest.raises(NothingTakenOut):
        take_out(TEXT, left)


@pytest.mark.parametrize("left", ["", "[…]", " [...] ", "[…] […]", "[…] ( […]"])
def test_something_to_read_must_be_left(left):
    with pytest.raises(NothingLeft):
        take_out(TEXT, left)


def test_what_was_taken_out_before_stays_so_and_more_can_go():
    once = take_out(TEXT, TEXT.replace("fool", "[…]"))
    shown = with_gaps(once)
    assert "a […], and" in shown
    with pytest.raises(NothingTakenOut):
        take_out(once, shown)
    assert take_out(once, shown.replace("0161", "[…]")) == once.replace("0161", MARK)
    assert take_out(once, shown.replace("0161", "")) == once.replace("0161", MARK)
    assert take_out(once, shown.replace("a […], and", "[…]")) == once.replace(f"a {MARK}, and", MARK)
    with pytest.raises(WordsChanged):
        take_out(once, TEXT)


def test_a_gap_that_the_writer_typed_is_theirs():
    text = "They said […] and [...] so."
    with pytest.raises(NothingTakenOut):
        take_out(text, text)
    assert take_out(text, "They said […] and [...] […]") == f"They said […] and {MARK}"
    assert take_out(text, "They […] and [...] so.") == f"They {MARK} and [...] so."


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_taken_out_what_is_left_is_the_text_without_it(seed):
    chance = random.Random(seed)
    words = [chance.choice("abc") * chance.randint(1, 3) for _ in range(chance.randint(3, 40))]
    kept = [chance.random() < 0.7 for _ in words]
    if all(kept) or not any(kept):
        kept[0] = not kept[0]
    left = " ".join(word if keeps else "[…]" for word, keeps in zip(words, kept, strict=True))
    result = take_out(" ".join(words), left)
    assert [word for word in result.split() if word != MARK] == [
        word for word, keeps in zip(words, kept, strict=True) if keeps
    ]
    assert MARK in result


def test_ten_thousand_characters_take_no_time():
    text = "ab " * 3_333
    for left in ("[…] ab" * 3_000, "ab […] " * 1_600, text.replace("ab", "[…] ab", 3_000), "x […] " * 1_000):
        with pytest.raises((WordsChanged, NothingTakenOut)):
            take_out(text, left + "b")
