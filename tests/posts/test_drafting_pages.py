"""What is typed into standing pages and not saved: kept for whoever typed it, as what is typed into posts is."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from opm import settings, worker
from opm.extensions import db
from opm.posts import standing
from opm.posts.drafts import PageDraft
from opm.posts.pages import StandingPage, State
from opm.posts.pages_forms import LONGEST_TEXT, LONGEST_TITLE
from tests import cast
from tests.accounts.test_access import post, token_of
from tests.counting import counting
from tests.tables import rows

TYPED = {"title": "How to reach us", "slug": "how-to-reach-us", "text": "By **bicycle**."}


@pytest.fixture
def ines(inside, browser):
    """Ines at her desk."""
    return cast.signed_in(browser, inside)


@pytest.fixture
def bo(inside, another_browser):
    """Somebody else who may do the same."""
    return cast.signed_in(another_browser, inside, lambda: cast._staff("Bo Ek", "bo@northmere.example", ["editor"]))


@pytest.fixture(params=["page", "new", "about"])
def room(request, inside):
    """Where words for a standing page are typed: a page that the public reads, a new one, the words about the site."""
    with inside():
        settings.change(about="We plan lanes.")
        page = cast.a_page()
    return f"/desk/pages/{page.id if request.param == 'page' else request.param}"


@pytest.fixture
def page(inside):
    """A page that the public reads."""
    with inside():
        return cast.a_page()


def keep(browser, room, htmx=True, revision=None, **typed):
    seen = browser.visit(room).find("input", attrs={"name": "revision"})["value"] if revision is None else revision
    sent = {"csrf_token": token_of(browser), "revision": seen} | TYPED | typed
    return post(browser, f"{room}/draft", htmx=htmx, **sent)


def drafts(inside) -> list[PageDraft]:
    with inside(False):
        return list(db.session.scalars(select(PageDraft).options(undefer(PageDraft.text))))


def test_what_is_typed_is_kept_for_who_typed_it_and_shown_on_coming_back(inside, ines, bo, room):
    answer = keep(ines, room)
    assert answer.status == 200
    assert "What you typed is kept since 10:00, for you alone, and not saved yet. 2 words." in answer.text
    ines.visit(room)
    assert ines.page.find(id="text").get_text() == "\nBy **bicycle**."
    assert ines.page.find(id="preview").strong.get_text() == "bicycle"
    assert "These are words of yours from 14 October 2026, 10:00, which are not saved yet." in ines.text
    bo.visit(room)
    assert "bicycle" not in bo.page.find(id="editor").get_text()
    assert "words of yours" not in bo.text
    ines.press(next(b.get_text() for b in ines.page.find_all("button") if "Throw them away and" in b.get_text()))
    assert "bicycle" not in ines.text
    assert [(each.text, each.saved_at) for each in drafts(inside)] == [("", None)]


def test_saving_ends_it_and_readers_have_noticed_nothing_before(inside, ines, room, stranger):
    before = stranger.get("/how-to-reach-us/").text, stranger.get("/about/").text
    keep(ines, room, slug="by-bicycle" if room.endswith("new") else TYPED["slug"])
    assert (stranger.get("/how-to-reach-us/").text, stranger.get("/about/").text) == before
    ines.visit(room)
    ines.press("Save for everybody" if ines.page.find("button", string="Save for everybody") else "Save")
    assert drafts(inside) == []
    ines.visit(room)
    assert "words of yours" not in ines.text
    assert ("By **bicycle**." in ines.text) == (not room.endswith("new"))


def test_without_scripts_a_button_keeps_it_and_the_editor_goes_on(inside, ines, room):
    ines.visit(room)
    ines.press("Keep it for later", text="Half a thought")
    assert ines.page.find(id="text").get_text() == "\nHalf a thought"
    assert "What you typed is kept since 10:00" in ines.text
    assert [each.text for each in drafts(inside)] == ["Half a thought"]
    ines.visit("/desk/pages/")
    ines.visit(room)
    assert ines.page.find(id="text").get_text() == "\nHalf a thought"


def test_what_is_saved_already_is_nothing_to_keep(inside, ines, page):
    room = f"/desk/pages/{page.id}"
    keep(ines, room)
    with inside(False):
        text = db.session.get(StandingPage, page.id).text
    answer = keep(ines, room, title=page.title, text=text)
    assert "Nothing is unsaved." in answer.text
    assert [(each.saved_at, each.text) for each in drafts(inside)] == [(None, "")]


def test_what_comes_late_after_a_new_page_was_saved_is_nothing_to_keep(inside, ines):
    new, late = "/desk/pages/new", {"slug": "", "revision": "0"}
    assert "What you typed is kept" in keep(ines, new, **late).text
    ines.visit(new)
    ines.press("Save")
    assert "Nothing is unsaved." in keep(ines, new, **late).text
    ines.visit(new)
    assert ines.page.find(id="text").get_text().strip() == ""
    assert "What you typed is kept" in keep(ines, new, **late, text="By boat.").text


def test_two_who_have_one_page_open_are_told_of_each_other_and_two_new_pages_are_two(ines, bo, room, clock):
    beat = {"beat": "1", "revision": "1"}
    post(ines, f"{room}/draft", True, csrf_token=token_of(ines), **beat)
    answer = post(bo, f"{room}/draft", True, csrf_token=token_of(bo), **beat)
    said = "Ines Calder has this page open, too."
    assert (said in answer.text) == (not room.endswith("new"))
    bo.visit(room)
    assert (said in bo.text) == (not room.endswith("new"))
    clock.forward(minutes=2)
    assert said not in keep(bo, room).text


def test_a_beat_leaves_what_was_kept_as_it_is(inside, ines, room, clock):
    keep(ines, room)
    clock.forward(minutes=1)
    answer = post(ines, f"{room}/draft", True, csrf_token=token_of(ines), beat="1", revision="1")
    assert "What you typed is kept since 10:00" in answer.text
    assert "2 words." in answer.text
    assert [(each.text, each.seen_at) for each in drafts(inside)] == [("By **bicycle**.", clock.at)]


def test_who_saved_meanwhile_is_named_and_the_clash_loses_nothing(inside, ines, bo, page):
    room = f"/desk/pages/{page.id}"
    keep(ines, room)
    bo.visit(room)
    bo.press("Save for everybody", text="By boat.")
    assert "Bo Ek saved this page after you began." in keep(ines, room, revision="1").text
    ines.visit(room)
    ines.press("Save for everybody", status=409, text="By bicycle, slowly.")
    assert [each.text for each in drafts(inside)] == ["By bicycle, slowly."], "kept, whatever becomes of this page"
    assert "By boat." in ines.text.replace("By bicycle, slowly.", "") or ines.page.find("del")
    ines.press("Save for everybody")
    assert drafts(inside) == []
    with inside(False):
        assert db.session.get(StandingPage, page.id).text == "By bicycle, slowly."


def test_a_clash_about_the_site_loses_nothing_either(inside, ines, bo):
    for browser in (ines, bo):
        browser.visit("/desk/pages/about")
    bo.press("Save for everybody", text="By boat.")
    ines.press("Save for everybody", status=409, text="By bicycle.")
    assert [each.text for each in drafts(inside)] == ["By bicycle."]
    ines.press("Save for everybody")
    assert drafts(inside) == []


def test_a_version_that_is_put_back_leaves_what_was_typed(inside, ines, page):
    room = f"/desk/pages/{page.id}"
    ines.visit(room)
    ines.press("Save for everybody", text="By boat.")
    keep(ines, room)
    ines.visit(f"{room}/history?number=1")
    ines.press("Put version 1 back")
    assert [each.text for each in drafts(inside)] == ["By **bicycle**."]
    assert "Ines Calder saved this page after you began." in ines.text


def test_a_draft_page_goes_with_what_was_typed_into_it_and_says_whose_that_was(inside, ines, bo):
    with inside():
        page = standing.begin("How we decide", "By vote.", cast.ines())
    keep(ines, f"/desk/pages/{page.id}")
    bo.visit(f"/desk/pages/{page.id}/removal")
    assert "Ines Calder has typed something into it that is not saved yet. That goes, too." in bo.text
    bo.press("Delete it")
    assert drafts(inside) == []
    assert keep(ines, "/desk/pages/new").status == 200
    assert post(ines, f"/desk/pages/{page.id}/draft", True, csrf_token=token_of(ines), **TYPED).status == 404


def test_who_only_looked_is_forgotten_after_a_day_and_words_are_not(app, inside, ines, bo, room, clock):
    keep(ines, room)
    post(bo, f"{room}/draft", True, csrf_token=token_of(bo), beat="1", revision="1")
    clock.forward(days=1, seconds=1)
    with app.app_context():
        worker.forget(worker.Clocks())
    assert [each.text for each in drafts(inside)] == ["By **bicycle**."]


@pytest.mark.parametrize("htmx", [True, False], ids=["fragment", "page"])
def test_whatever_comes_is_kept_or_refused_in_words_and_never_lost(inside, ines, room, htmx):
    is_about = room.endswith("about")
    for typed, status in (
        ({"title": "", "slug": "", "text": ""}, 200),
        ({"slug": "Not! an/ address"}, 200),
        ({"title": "x" * (LONGEST_TITLE + 1)}, 200 if is_about else 422),
        ({"slug": "x" * 201}, 200 if is_about else 422),
        ({"text": "x" * (LONGEST_TEXT + 1)}, 422),
        *[({"revision": number}, 200) for number in ("x", "-1", "9" * 18, "9" * 40, f"{2**31}", "٣", "\x00")],
        ({"text": "a\x00b\x07\ufeff"}, 200),
        ({"text": "</textarea><script>alert(1)</script>"}, 200),
    ):
        answer = keep(ines, room, htmx, **typed)
        assert answer.status == status, typed
        if not htmx:
            assert not answer.page.find("main").find("script")
            assert (
                answer.typed("text").strip()[:9]
                == (TYPED | typed)["text"].translate({0: None, 7: None, 0xFEFF: None})[:9].strip()
            )
        assert (status == 422) == ("over the limit of" in answer.text)


def test_nothing_is_kept_of_a_page_that_is_not_there(app, ines):
    for number in ("9999999", "0", "9" * 19, "x"):
        assert post(ines, f"/desk/pages/{number}/draft", True, csrf_token=token_of(ines), **TYPED).status == 404
        away = post(ines, f"/desk/pages/{number}/draft/throw-away", csrf_token=token_of(ines))
        assert away.status == 404
    assert rows(app)["page_draft"] == []


def test_a_picture_that_somebody_has_typed_into_a_page_is_not_deleted(inside, ines, room):
    with inside():
        picture = cast.kept(alt="The lane")
    keep(ines, room, text=f"![The lane]({picture})")
    ines.visit("/desk/pictures/")
    ines.follow("The lane")
    assert "typed by Ines Calder, not saved yet" in ines.text
    assert ines.page.find("button", string="Delete this picture") is None


def test_htmx_is_told_in_a_line_that_the_session_ended(app, ines, room, clock):
    token = token_of(ines)
    clock.forward(days=7)
    answer = post(ines, f"{room}/draft", True, csrf_token=token, **TYPED)
    assert answer.status == 403
    assert answer.text.startswith("You are not signed in any more. What you typed stays here.")
    assert rows(app)["kept_form"] == []


def test_enter_in_a_field_saves_and_does_nothing_else(ines, room):
    ines.visit(room)
    first = next(b for b in ines.page.find(id="editor").find_all("button") if b.get("type") != "button")
    assert (first["name"], first["value"], first.get("formaction")) == ("do", "save", None)


def test_what_a_beat_costs(app, ines, page):
    token = token_of(ines)
    with counting(app) as statements:
        post(ines, f"/desk/pages/{page.id}/draft", True, csrf_token=token, beat="1", revision="1")
    assert len(statements) <= 8


def test_a_withdrawn_page_keeps_words_too(inside, ines, page):
    with inside():
        standing.withdraw(StandingPage.held(page.id), "It is over.")
    keep(ines, f"/desk/pages/{page.id}")
    ines.visit(f"/desk/pages/{page.id}")
    ines.press("Publish again")
    assert drafts(inside) == []
    with inside(False):
        assert db.session.get(StandingPage, page.id).state == State.PUBLISHED


def test_words_that_are_not_saved_are_named_on_the_front_page_and_in_the_list(ines, bo, room, clock):
    post(bo, f"{room}/draft", True, csrf_token=token_of(bo), beat="1", revision="1")  # has only looked
    keep(ines, room)
    clock.forward(minutes=5)
    ines.visit("/desk/")
    assert "1 page with words of yours that are not saved The last: 5 minutes ago." in ines.text
    ines.visit("/desk/pages/")
    assert "not saved." in ines.page.find("main").get_text()
    for path in ("/desk/", "/desk/pages/"):
        bo.visit(path)
        assert "not saved" not in bo.page.find("main").get_text()


def test_the_list_says_where_the_order_of_pages_is_arranged(ines, page):
    ines.visit("/desk/pages/")
    ines.follow("the menu at the foot")
    assert ines.path == "/desk/menus/foot/"
