"""What is typed and not saved: kept for whoever typed it, looked at as readers will see it, and never lost."""

from dataclasses import asdict

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from opm import worker
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib.publicity import Publicity
from opm.posts import drafting, sheets, writing
from opm.posts.drafts import Draft
from opm.posts.forms import LONGEST_TEXT
from opm.posts.models import Post, Revision
from opm.posts.writing import Words
from tests import cast
from tests.accounts.test_access import post, token_of
from tests.accounts.test_kept import OURS
from tests.counting import counting
from tests.tables import rows

TYPED = {"title": "Twelve benches", "summary": "", "text": "We walked **far**.", "revision": "2"}


@pytest.fixture
def draft(inside):
    """What Rosa is writing: its second revision is saved."""
    with inside():
        return cast.a_draft()


@pytest.fixture
def rosas(inside, browser):
    """Rosa's browser, signed in."""
    return cast.signed_in(browser, inside, cast.rosa)


@pytest.fixture
def inese(inside, another_browser):
    """Ines's browser, signed in."""
    return cast.signed_in(another_browser, inside)


@pytest.fixture
def page(draft):
    """The editor of that post."""
    return f"/desk/posts/{draft.id}"


def keep(browser, page, htmx=True, **typed):
    return post(browser, f"{page}/draft", htmx=htmx, csrf_token=token_of(browser), **TYPED | typed)


def kept(inside, email="rosa@northmere.example") -> Draft | None:
    with inside(False):
        person = Person.by_email(email)
        return db.session.scalar(select(Draft).where(Draft.person_id == person.id).options(undefer(Draft.text)))


# Kept by itself


def test_what_is_typed_is_kept_for_who_typed_it_and_shown_on_coming_back(app, inside, rosas, inese, page, draft):
    answer = keep(rosas, page)
    assert answer.status == 200
    assert "What you typed is kept since 10:00, for you alone, and not saved yet. 3 words." in answer.text
    rosas.visit(page)
    assert rosas.page.find(id="text").get_text() == "\nWe walked **far**."
    assert "These are words of yours from 14 October 2026, 10:00, which are not saved yet." in rosas.text
    assert rosas.page.find(id="preview").find("strong").get_text() == "far"
    inese.visit(page)
    assert "We walked with eleven people" in inese.page.find(id="text").get_text()
    assert "which are not saved yet" not in inese.text


def test_keeping_is_no_revision_and_nothing_that_readers_could_notice(app, inside, inese):
    with inside():
        public = cast.a_post()
        number = public.id
    before = rows(app, "post_draft")
    answer = keep(inese, f"/desk/posts/{number}", revision="1", text="Secret.")
    assert answer.status == 200
    assert rows(app, "post_draft") == before
    assert "Secret." not in app.test_client().get(cast.POST).text
    with inside(False):
        assert db.session.query(Publicity).one().version == 2
        assert db.session.query(Revision).count() == 0


def test_saving_ends_it(inside, rosas, page):
    keep(rosas, page)
    rosas.visit(page)
    rosas.press("Save")
    assert kept(inside) is None
    rosas.visit(page)
    assert "Nothing is unsaved." in rosas.text
    assert "We walked **far**." in rosas.page.find(id="text").get_text()


def test_what_the_post_says_already_is_nothing_to_keep(inside, rosas, page, draft):
    keep(rosas, page)
    answer = keep(rosas, page, text=draft.text)
    assert "Nothing is unsaved. 7 words." in answer.text
    assert kept(inside).saved_at is None
    assert kept(inside).text == ""


def test_it_can_be_thrown_away(inside, rosas, page):
    keep(rosas, page)
    rosas.visit(page)
    rosas.press("Throw them away and see the post as it is saved")
    assert "We walked with eleven people" in rosas.page.find(id="text").get_text()
    assert kept(inside).text == ""


def test_without_scripts_a_button_keeps_it_and_the_editor_goes_on_with_all_that_was_typed(inside, rosas, page):
    rosas.visit(page)
    keep_it = rosas.page.find("button", attrs={"formaction": f"{page}/draft"})
    assert keep_it.get_text() == "Keep it for later"
    hint = rosas.page.find(id=keep_it["aria-describedby"])
    assert "saves nothing: the words wait here for you alone" in hint.get_text()
    assert hint.has_attr("data-plain"), "where scripts run there is no such button"
    more = {"comments": "closed", "publish_at": "2026-11-01T09:00", "tags": "floods, fords"}
    answer = keep(rosas, page, htmx=False, text="Half a thought", **more)
    assert answer.status == 200
    assert answer.page.find(id="text").get_text() == "\nHalf a thought"
    assert answer.page.find("input", attrs={"name": "comments", "checked": True})["value"] == "closed"
    assert answer.typed("tags") == "floods, fords"
    assert "What you typed is kept since 10:00" in answer.text
    assert kept(inside).text == "Half a thought"


def test_enter_in_a_field_saves_and_does_nothing_else(rosas, page):
    rosas.visit(page)
    first = next(b for b in rosas.page.find(id="editor").find_all("button") if b.get("type") != "button")
    assert (first["name"], first["value"]) == ("do", "save")
    assert not first.has_attr("formaction")


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"title": ""}, 200),
        ({"text": ""}, 200),
        ({"title": "x" * 201}, 422),
        ({"text": "x" * (LONGEST_TEXT + 1)}, 422),
        ({"revision": "x"}, 422),
        ({"revision": ""}, 422),
        ({"revision": "9" * 40}, 422),
        ({"revision": "-1"}, 422),
        ({"text": "a\x00b\x07\ufeff"}, 200),
        ({"text": "</textarea><script>alert(1)</script>"}, 200),
    ],
)
@pytest.mark.parametrize("htmx", [True, False], ids=["fragment", "page"])
def test_whatever_comes_is_kept_or_refused_in_words_and_never_lost(inside, rosas, page, typed, status, htmx):
    answer = keep(rosas, page, htmx, **typed)
    assert answer.status == status
    if not htmx:
        assert answer.typed("text").replace("\x00", "") == (TYPED | typed)["text"].translate(
            {0: None, 7: None, 0xFEFF: None}
        )
        assert not answer.page.find("main").find("script")
    if status == 422:
        assert kept(inside) is None or kept(inside).saved_at is None


def test_nothing_is_kept_of_a_post_that_is_not_there_or_that_one_may_not_change(app, inside, rosas):
    with inside():
        public = cast.a_post().id
    for number in (public, 9999999, "0", "9" * 19, "x"):
        assert keep(rosas, f"/desk/posts/{number}").status == (403 if number == public else 404)
    assert rows(app)["post_draft"] == []


def test_two_keepings_at_once_leave_one(app, inside, draft):
    with inside():
        rosa = cast.rosa()
        found = db.session.get(Post, draft.id)
        for text in ("One", "Two"):
            drafting.keep(sheets.of_post(found), asdict(Words("T", "", text)), rosa, 2)
    assert kept(inside).text == "Two"


# Who else is here


def test_two_who_have_one_post_open_are_told_of_each_other(rosas, inese, page, clock, draft):
    beat = {"beat": "1", "revision": "2"}
    assert "open" not in post(rosas, f"{page}/draft", True, csrf_token=token_of(rosas), **beat).text
    answer = post(inese, f"{page}/draft", True, csrf_token=token_of(inese), **beat)
    assert "Rosa Menk has this post open, too." in answer.text
    assert answer.page.find(attrs={"data-say": True})["data-say"] == "Rosa Menk has this post open, too."
    assert "Ines Calder has this post open, too." in keep(rosas, page).text
    rosas.visit(page)
    assert "Ines Calder has this post open, too." in rosas.text
    clock.forward(minutes=2)
    assert "has this post open" not in keep(inese, page).text


def test_a_beat_leaves_what_was_kept_as_it_is(inside, rosas, page, clock):
    keep(rosas, page)
    clock.forward(minutes=1)
    answer = post(rosas, f"{page}/draft", True, csrf_token=token_of(rosas), beat="1", revision="2")
    assert "What you typed is kept since 10:00" in answer.text
    assert "3 words." in answer.text
    assert kept(inside).text == "We walked **far**."
    assert kept(inside).seen_at == clock.at


def test_a_clock_that_was_wrong_leaves_nobody_there(inside, draft, clock):
    with inside():
        drafting.look(sheets.of_post(draft), cast.rosa(), 2)
        ines = cast.ines()
    clock.forward(days=-1)
    with inside(False):
        assert drafting.others_at(sheets.of_post(draft), ines) == []


def test_who_saved_meanwhile_is_named_before_anything_clashes(inside, rosas, page, draft):
    with inside():
        found = Post.held(draft.id)
        writing.save(found, Words("Twelve benches", "", "Ines was here."), cast.ines(), 2)
    answer = keep(rosas, page)
    assert "Ines Calder saved this post after you began. When you save, you see both versions." in answer.text
    rosas.visit(page)
    assert rosas.page.find("input", attrs={"name": "revision"})["value"] == "2", "so that nothing is overwritten"
    rosas.press("Save", status=409)
    assert "Ines was here." in rosas.text


def test_who_only_looked_is_forgotten_after_a_day_and_words_are_not(app, inside, draft, clock):
    with inside():
        drafting.look(sheets.of_post(draft), cast.ines(), 2)
        drafting.keep(sheets.of_post(draft), asdict(Words("T", "", "Words.")), cast.rosa(), 2)
    clock.forward(days=1, seconds=1)
    with app.app_context():
        worker.forget(worker.Clocks())
    with inside(False):
        assert [each.text for each in db.session.query(Draft)] == ["Words."]


# How it looks


def test_the_preview_beside_the_text_is_the_text_alone(rosas, page, app):
    before = rows(app)
    answer = post(
        rosas, f"{page}/preview", True, csrf_token=token_of(rosas), **TYPED | {"text": "## So\n\n<b>x</b> **y**"}
    )
    assert answer.status == 200
    assert str(answer.page).strip() == "<h2>So</h2>\n<p>&lt;b&gt;x&lt;/b&gt; <strong>y</strong></p>"
    assert rows(app) == before


def test_a_text_that_is_too_long_is_not_rendered_and_says_so(rosas, page):
    answer = post(
        rosas, f"{page}/preview", True, csrf_token=token_of(rosas), **TYPED | {"text": "x" * (LONGEST_TEXT + 5)}
    )
    assert answer.status == 422
    assert "5 characters over the limit" in answer.text


def test_without_scripts_the_preview_is_a_page_that_leads_back_with_nothing_lost(inside, rosas, page):
    sent = TYPED | {"comments": "closed", "publish_at": "2026-11-01T09:00", "tags": "rivers"}
    answer = post(rosas, f"{page}/preview", csrf_token=token_of(rosas), **sent)
    assert answer.status == 200
    assert answer.page.find("article").find("strong").get_text() == "far"
    assert kept(inside).text == "We walked **far**.", "a press is also a moment to keep it"
    form = answer.page.find("form")
    assert form["action"] == f"{page}/draft"
    again = {field["name"]: field["value"] for field in form.select("input")}
    assert {name: again[name] for name in sent} == sent
    back = post(rosas, form["action"], **again)
    assert back.page.find("input", attrs={"name": "comments", "checked": True})["value"] == "closed"
    assert post(rosas, page, **again, do="save").status == 303


def test_the_whole_page_shows_ones_own_words_and_says_so(rosas, inese, page):
    rosas.visit(f"{page}/preview")
    assert "This is how the post looks as it is saved." in rosas.text
    keep(rosas, page, title="Thirteen benches")
    rosas.visit(f"{page}/preview")
    assert rosas.heading == "Thirteen benches"
    assert "with your own words from 14 October 2026, 10:00, which are not saved yet." in rosas.text
    inese.visit(f"{page}/preview")
    assert inese.heading == "Twelve benches"
    rosas.follow("Back to writing")
    assert rosas.path == page


def test_a_published_post_can_be_looked_at_the_same_way(inside, inese):
    with inside():
        number = cast.a_filed_post().id
    inese.visit(f"/desk/posts/{number}/preview")
    assert "Part 1" in inese.text
    assert not inese.page.find(id="respond")


def test_what_the_editor_costs(app, rosas, page):
    keep(rosas, page)
    with counting(app) as statements:
        rosas.client.get(page)
    assert len(statements) <= 13, "four of them for what it can be filed under"


# A session that has ended, and a token that is old


def test_htmx_is_told_in_a_line_that_the_session_ended_and_nothing_is_kept_by_that(app, rosas, page, clock):
    token = token_of(rosas)
    clock.forward(days=7)
    for path in ("draft", "preview"):
        answer = post(rosas, f"{page}/{path}", True, csrf_token=token, **TYPED)
        assert answer.status == 403
        assert answer.text == "You are not signed in any more. What you typed stays here. Sign in in another tab"
    assert rows(app)["kept_form"] == []


def test_htmx_is_told_in_a_line_that_the_token_is_old_and_given_the_new_one(inside, rosas, page):
    for path in ("draft", "preview"):
        answer = post(rosas, f"{page}/{path}", True, csrf_token="old", **TYPED)
        assert answer.status == 400
        assert answer.text == "You have signed in again since, as Rosa Menk. Go on: what you type is kept again."
        token = answer.page.find("input", id="token", attrs={"data-hx-swap-oob": "true"})
        assert post(rosas, f"{page}/{path}", True, csrf_token=token["value"], **TYPED).status == 200
    assert kept(inside).text == "We walked **far**."


def test_a_whole_editor_is_kept_when_the_session_ended_and_saved_with_one_press(inside, rosas, page, draft, clock):
    token = token_of(rosas)
    clock.forward(days=7)
    sent = TYPED | {"do": "save", "csrf_token": token, "comments": "closed"}
    assert rosas.client.post(page, data=sent, headers={"Origin": OURS}).status_code == 403
    cast.signed_in(rosas, inside, cast.rosa)
    rosas.visit("/desk/kept/")
    assert "We walked **far**." in rosas.text
    rosas.press("Send it now")
    with inside(False):
        assert db.session.get(Post, draft.id).revision == 3
    assert not rows(rosas.app)["kept_form"]


def test_a_preview_without_scripts_is_kept_too(rosas, page, clock, inside):
    token = token_of(rosas)
    clock.forward(days=7)
    rosas.client.post(f"{page}/preview", data=TYPED | {"csrf_token": token}, headers={"Origin": OURS})
    cast.signed_in(rosas, inside, cast.rosa)
    rosas.visit("/desk/kept/")
    rosas.press("Send it now")
    assert "This is how your words would look." in rosas.text
