"""A text as long as texts may be, in letters that weigh much: taken in whole from the team, and from nobody else."""

import pytest
from sqlalchemy import select

from opm.accounts.kept_forms import KeptForm
from opm.extensions import db
from opm.lib import files
from opm.posts import writing
from opm.posts.forms import LONGEST_TEXT
from opm.posts.models import Post
from opm.posts.pages import StandingPage
from opm.posts.writing import Words
from tests import cast
from tests.accounts.test_access import post, token_of
from tests.accounts.test_kept import OURS

LONG = "住民は道路について話した。" * (LONGEST_TEXT // 13)  # nine bytes a letter on its way


@pytest.fixture
def draft(inside):
    """A post at its second revision."""
    with inside():
        return cast.a_draft()


@pytest.fixture
def ines(inside, browser):
    """Ines at the desk."""
    return cast.signed_in(browser, inside)


def text_of(inside, id: int) -> str:
    with inside(False):
        return Words.of(db.session.scalar(Post.at_desk().where(Post.id == id))).text


def test_the_longest_text_is_kept_looked_at_checked_saved_and_shown_beside_another(inside, ines, draft):
    page = f"/desk/posts/{draft.id}"
    sent = {"csrf_token": token_of(ines), "title": "Roads", "text": LONG, "revision": "2"}
    for room in ("draft", "preview", "checks"):
        assert post(ines, f"{page}/{room}", htmx=True, **sent).status == 200, room
    ines.visit(page)
    assert ines.page.find(id="text").get_text() == "\n" + LONG, "kept by itself"
    ines.press("Save")
    assert text_of(inside, draft.id) == LONG
    with inside():
        writing.save(Post.held(draft.id), Words("Roads", "", LONG[13:]), cast.ines(), 3)
    overtaken = post(ines, page, **sent | {"text": LONG + "完", "revision": "3"})
    assert overtaken.status == 409
    assert LONG + "完" in overtaken.page.get_text()
    too_long = post(ines, page, **sent | {"text": LONG + "x" * 100})
    assert (too_long.status, too_long.typed("text")) == (422, LONG + "x" * 100)
    old = post(ines, page, headers={"Origin": OURS}, **sent | {"csrf_token": "old"})
    assert (old.status, old.typed("text")) == (400, LONG), "one press sends it again"


def test_so_is_a_standing_page(inside, ines):
    sent = {"csrf_token": token_of(ines), "title": "Roads", "text": LONG, "revision": "0"}
    assert post(ines, "/desk/pages/preview", htmx=True, **sent).status == 200
    assert post(ines, "/desk/pages/", **sent).status == 303
    with inside(False):
        assert db.session.scalar(select(StandingPage.text).where(StandingPage.title == "Roads")) == LONG


def test_who_is_not_signed_in_sends_no_more_than_everybody_and_is_told_how_to_lose_nothing(
    inside, ines, stranger, draft, clock
):
    page = f"/desk/posts/{draft.id}"
    sent = {"csrf_token": token_of(ines), "title": "Roads", "text": LONG, "revision": "2"}
    for path in (page, f"{page}/draft", "/desk/pages/"):
        assert stranger.post(path, data=sent).status == 413, path
    clock.forward(days=8)
    ended = post(ines, page, **sent)
    assert ended.status == 413
    assert "You are not signed in any more" in ended.text
    assert "sign in in another tab" in ended.text
    with inside(False):
        assert db.session.query(KeptForm).count() == 0
    assert text_of(inside, draft.id) != LONG


def test_more_than_the_longest_text_is_refused_in_words_and_elsewhere_the_limit_is_that_of_everybody(ines, draft):
    token = token_of(ines)
    far_too_long = post(ines, f"/desk/posts/{draft.id}", csrf_token=token, text="x" * files.MOST_TYPED)
    assert far_too_long.status == 413
    assert "We take at most 1 MB at a time here" in far_too_long.text
    elsewhere = post(ines, "/desk/settings/", csrf_token=token, text="x" * 300_000)
    assert elsewhere.status == 413
    assert "We take at most 256 KB" in elsewhere.text
