"""The keys of a moderator: a character each, no two the same, kept for that person alone; or none."""

import json

import pytest

from opm.comments.keys import OURS
from tests import cast
from tests.tables import rows

KEYS = "/desk/comments/keys/"


@pytest.fixture
def desk(inside, browser):
    """Ines at the page with her keys."""
    cast.signed_in(browser, inside).visit(KEYS)
    return browser


def in_use(desk) -> dict[str, str]:
    """What the queue tells the script."""
    return json.loads(desk.visit("/desk/comments/").find(id="keys")["data-keys"])


def test_other_keys_hold_for_who_chose_them_until_ours_are_brought_back(inside, desk, another_browser):
    assert in_use(desk) == OURS
    desk.visit(KEYS)
    desk.press("Keep these keys", approve="Q", help="h")
    assert in_use(desk) == OURS | {"approve": "q", "help": "h"}, "large and small letters are the same"
    assert in_use(cast.signed_in(another_browser, inside)) == OURS | {"approve": "q", "help": "h"}, "on each machine"
    assert in_use(cast.signed_in(another_browser, inside, cast.piotr)) == OURS
    desk.visit(KEYS)
    desk.press("Back to the usual keys", approve="two words")
    assert in_use(desk) == OURS


def test_turned_off_they_do_nothing_and_are_remembered(desk):
    desk.press("Keep these keys", on="", next="n")
    assert in_use(desk) == {}
    assert "Keys are off. Decide by keys" in desk.text
    desk.visit(KEYS)
    assert desk.page.find(id="next")["value"] == "n"
    assert not desk.page.find(id="on").has_attr("checked")
    desk.press("Keep these keys", on="1")
    assert in_use(desk)["next"] == "n"


def test_what_is_no_key_or_has_another_act_is_refused_and_kept(app, desk):
    before = rows(app)
    for typed in ("", "ab", "\u0301", "\u200b", "İ", "<b>", "x" * 10_000, "\x00", "👩‍🚀", "Ctrl+a"):
        desk.press("Keep these keys", 422, approve=typed)
        assert "Write one character, such as a" in desk.text, typed
        assert (desk.page.find(id="approve").get("value") or "") in typed
        desk.visit(KEYS)
    for same in ("r", "R", "?"):
        desk.press("Keep these keys", 422, approve=same)
        assert "has this key, too" in desk.text
        assert desk.page.find(id="approve")["value"] == same
        desk.visit(KEYS)
    assert rows(app) == before
    desk.press("Keep these keys", approve="é", reject="🦆", spam="1")
    assert in_use(desk) == OURS | {"approve": "é", "reject": "🦆", "spam": "1"}
