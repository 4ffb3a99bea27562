"""What is typed, tidied: composed so that equals look equal, and never so that it takes a server's time."""

from opm.lib import forms

GRAVE, BELOW = "\u0300", "\u0316"


def test_letters_with_their_marks_are_composed():
    assert forms.several_lines(f"Se{GRAVE} Vie\u0323\u0302t") == "Sè Việt"


def test_a_heap_of_marks_which_would_take_the_square_of_its_length_is_cut():
    heap = forms.several_lines("a" + (GRAVE + BELOW) * 5_000 + "b" + GRAVE)
    assert len(heap) <= 2 + forms.MOST_MARKS + 1
    assert heap.endswith("b\u0300")
