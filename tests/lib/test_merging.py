"""Two people's changes to one text are put together only where they did not meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from opm.lib.merging import MOST_LINES, merge

BEGAN = "One\n\nTwo\n\nThree"
texts = some.lists(some.sampled_from(["One", "", "Two", "Three", "Four"]), max_size=8).map("\n".join)


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        ("One\n\nTwo\n\nThree!", "One!\n\nTwo\n\nThree", "One!\n\nTwo\n\nThree!"),
        ("One\n\nTwo\n\nThree\n\nFour", "Zero\n\nOne\n\nTwo\n\nThree", "Zero\n\nOne\n\nTwo\n\nThree\n\nFour"),
        ("Two\n\nThree", "One\n\nTwo\n\nThree, and more", "Two\n\nThree, and more"),
        ("One!\n\nTwo\n\nThree", "One!\n\nTwo\n\nThree", "One!\n\nTwo\n\nThree"),
        ("One!\n\nTwo\n\nThree", "One?\n\nTwo\n\nThree", None),
        ("One!\n\nTwo\n\nThree", "Two\n\nThree", None),
        ("", "One\n\nTwo\n\nThree!", None),
        ("One\n\nTwo\n\nThree\n\nMine", "One\n\nTwo\n\nThree\n\nTheirs", None),
    ],
)
def test_changes_that_do_not_meet_come_together(mine, theirs, both):
    assert merge(BEGAN, mine, theirs) == both
    assert merge(BEGAN, theirs, mine) == both


@given(texts, texts)
def test_who_changed_nothing_takes_nothing_away(began, theirs):
    assert merge(began, began, theirs) == theirs
    assert merge(began, theirs, began) == theirs


@given(texts, texts, texts)
def test_it_does_not_matter_who_comes_first_but_where_both_put_something_in_one_place(began, mine, theirs):
    assert merge(began, mine, theirs) == merge(began, theirs, mine)


def test_a_text_of_very_many_lines_is_left_to_people():
    assert merge("\n" * MOST_LINES * 2, "a", "b") is None
