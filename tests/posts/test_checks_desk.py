"""The checks in the editor: shown with the saved words, and looked at again while somebody types."""

import pytest
from bs4 import BeautifulSoup

from opm.extensions import db
from opm.posts import writing
from opm.posts.models import Post
from opm.posts.writing import Words
from tests import cast
from tests.counting import counting
from tests.tables import rows

TEXT = "## The rota\n\nSee [the old plan](/nowhere/) and ![](/uploads/lane.0123456789.png).\n"
SUMMARY = "We walked the lane with those who live there, and marked where the water comes in first."


@pytest.fixture
def post(inside):
    """A draft of Rosa's with two things to do."""
    with inside():
        post = writing.begin("Who fills the sandbags?", cast.rosa())
        writing.save(post, Words(post.title, SUMMARY, TEXT), cast.rosa(), post.revision)
        return post.id


@pytest.fixture
def editor(inside, browser, post):
    """Rosa's browser, with her draft open."""
    cast.signed_in(browser, inside, cast.rosa)
    browser.visit(f"/desk/posts/{post}")
    return browser


def shown(page) -> list[str]:
    """The checks as they are read, one line each."""
    return [" ".join(line.get_text(" ").split()) for line in page.select(".checks > li")]


def test_the_editor_shows_what_is_to_do_first_with_where_it_is(editor):
    found = shown(editor.page)
    assert [line.partition(":")[0] for line in found] == ["To do", "To do", "Fine"]
    assert "A picture does not say what it shows." in found[0]
    assert "It can only be published then." in found[0]
    assert "“" not in found[1], "quotes are drawn by the browser, in the page’s language"
    assert "the old plan /nowhere/: there is no such page Go to it" in found[1]
    assert found[2] == "Fine: the title fits, the summary fits and headings are in order."
    assert editor.page.select_one("#checks [role=status]").get_text() == "2 to do. "
    links = editor.page.select("#checks a")
    assert {link["href"] for link in links} == {"#text"}
    assert all(link["data-find"] in TEXT for link in links)


def test_while_somebody_types_the_fragment_alone_comes_and_nothing_is_saved(app, editor):
    before = rows(app)
    fragment = editor.htmx_press("Check again", text="## The rota\n\nAll is well.", title="x" * 70)
    assert shown(fragment) == [
        "For you to judge: The title has 70 letters. Search cuts it after about 65. " + "x" * 70 + " Go to it",
        "Fine: the summary fits and headings are in order.",
    ]
    assert fragment.select_one("[role=status]").get_text() == "1 for you to judge."
    assert fragment.select_one("a")["href"] == "#title"
    assert "HX-Request" in editor.answer.headers["Vary"]
    assert rows(app) == before


def test_without_scripts_the_editor_comes_back_with_what_was_typed_and_its_checks(app, editor, post):
    before = rows(app)
    editor.press("Check again", text="[Not saved](/nowhere/)", title="Another", summary="")
    assert editor.page.find(id="text").get_text().lstrip("\n") == "[Not saved](/nowhere/)"
    assert editor.page.find(id="title")["value"] == "Another"
    assert "Not saved /nowhere/: there is no such page" in shown(editor.page)[0]
    assert rows(app) == before
    editor.press("Save")
    with editor.app.app_context():
        assert db.session.get(Post, post).title == "Another"


def test_a_conflict_is_found_also_after_the_checks_were_looked_at(inside, editor, post):
    with inside():
        held = Post.held(post)
        writing.save(held, Words("Theirs"), cast.ines(), held.revision)
    editor.press("Check again", text="Mine.")
    editor.press("Save", status=409)
    assert "Mine." in editor.text
    assert "Theirs" in editor.text


def test_the_first_button_of_the_editor_saves_since_that_is_what_enter_presses(editor):
    first = editor.page.find(id="editor").find("button")
    assert (first["name"], first["value"], first.get("formaction")) == ("do", "save", None)


def test_a_post_that_is_not_there_has_no_checks(editor):
    token = editor.page.find("input", {"name": "csrf_token"})["value"]
    for id in ("999", "0", "-1", "9" * 40, "x"):
        assert editor.client.post(f"/desk/posts/{id}/checks", data={"csrf_token": token}).status_code == 404


@pytest.mark.parametrize(
    "sent",
    [{}, {"text": "\x00"}, {"title": "\ud800", "revision": "9" * 40}, {"revision": "x", "do": "nonsense"},
     {"text": ["one", "two"], "summary": ["a", "b"]}, {"text": "x" * 150_000}],
    ids=range(6),
)  # fmt: skip
def test_whatever_is_sent_is_answered(app, editor, post, sent):
    token = editor.page.find("input", {"name": "csrf_token"})["value"]
    before = rows(app)
    clean = {
        name: value.encode("utf-8", "replace") if isinstance(value, str) else value for name, value in sent.items()
    }
    for headers in ({}, {"HX-Request": "true"}):
        answer = editor.client.post(f"/desk/posts/{post}/checks", data={"csrf_token": token, **clean}, headers=headers)
        assert answer.status_code == 200
        assert BeautifulSoup(answer.text, "html.parser").find(id="checks")
    assert rows(app) == before


def test_looking_again_takes_few_statements_and_holds_up_nobody_who_saves(app, editor, post):
    token = editor.page.find("input", {"name": "csrf_token"})["value"]
    with counting(app) as statements:
        editor.client.post(
            f"/desk/posts/{post}/checks", data={"csrf_token": token, "text": TEXT}, headers={"HX-Request": "true"}
        )
    assert len(statements) <= 8, str(statements)
    assert not [each for each in statements if not each.startswith("SELECT")]
