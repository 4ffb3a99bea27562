"""Standing pages at the desk: written, published, moved, read through, withdrawn; by two at once and by rough hands."""

import re
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from opm import settings
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib.markdown import Format
from opm.posts import standing
from opm.posts.pages import Overtaken, PageRevision, SlugTaken, StandingPage, State
from opm.settings import Link
from tests import cast
from tests.counting import compressed, counting
from tests.posts.test_publishing import at_once
from tests.stranger import Answer
from tests.tables import rows
from tests.test_house import marks, shown, unmarked  # noqa: F401

SCRIPT = "<script>alert(1)</script>"
FREE_OF_CHOICE = ("", "how-we-decide")


@pytest.fixture
def desk(inside, browser):
    """Ines at her desk."""
    return cast.signed_in(browser, inside)


@pytest.fixture
def other_desk(inside, another_browser):
    """Somebody else who may do the same."""
    return cast.signed_in(another_browser, inside, lambda: cast._staff("Bo Ek", "bo@northmere.example", ["editor"]))


@pytest.fixture
def page(inside):
    """A page that the public reads."""
    with inside():
        return cast.a_page()


def the(inside, slug="how-to-reach-us"):
    """The page as it stands in the database."""
    with inside(False):
        return db.session.scalar(select(StandingPage).where(StandingPage.slug == slug))


def write(desk, title="How we decide", text="By **vote**.", do="publish", status=303, **fields):
    """Sends a new page, as a browser without scripts does."""
    return _send(desk, "/desk/pages/new", "/desk/pages/", {"title": title, "text": text, "do": do, **fields}, status)


def change(desk, page, status=303, **fields):
    """Sends the editor of a page; what is not named stays as it is."""
    address = f"/desk/pages/{page.id}"
    desk.visit(address)
    _, filled = desk._filled("Save", {})
    return _send(desk, address, address, {name: values[0] for name, values in filled.items()} | fields, status)


def _send(desk, form, to, sent, status):
    token = desk.visit(form).find("input", attrs={"name": "csrf_token"})["value"]
    data = {name: value for name, value in ({"csrf_token": token} | sent).items() if value is not None}
    answer = Answer(desk.client.post(to, data=data))
    assert answer.status == status, answer.text[:1000]
    return answer


# Writing and publishing


def test_a_page_is_written_looked_at_kept_as_a_draft_and_published(desk, browser, inside, stranger):
    desk.visit("/desk/pages/")
    desk.follow("Write a page")
    desk.press("How it looks", title="How we decide", text="By **vote**.")
    assert desk.page.find(id="preview").strong.get_text() == "vote"
    assert desk.page.find(id="title")["value"] == "How we decide"
    assert the(inside, "how-we-decide") is None, "a preview keeps nothing"
    desk.press("Save")
    assert "Draft: readers do not see it." in desk.text
    assert stranger.get("/how-we-decide/").status == 404
    assert "How we decide" not in stranger.get("/about/").text
    desk.press("Publish")
    assert stranger.get("/how-we-decide/").text.count("By vote .") == 1
    assert "How we decide" in stranger.get("/about/").text
    assert the(inside, "how-we-decide").changed_by_id


def test_while_somebody_types_htmx_is_shown_the_words_alone(app, desk, page):
    before = rows(app)
    for path in (f"/desk/pages/{page.id}", "/desk/pages/new", "/desk/pages/about"):
        desk.visit(path)
        look = desk.htmx_press("How it looks", text=f"By **bicycle**. {SCRIPT}")
        assert look.strong.get_text() == "bicycle"
        assert not look.find(["script", "textarea", "form"])
    assert rows(app) == before


def test_what_is_saved_is_there_for_the_next_reader(desk, page, stranger):
    before = stranger.get(page.address).headers["ETag"]
    change(desk, page, text="By bicycle.")
    after = stranger.get(page.address)
    assert "By bicycle." in after.text
    assert after.headers["ETag"] != before


def test_no_picture_goes_out_on_a_page_without_saying_what_it_shows(desk, page, inside, stranger):
    picture = "![](/uploads/bench.0123456789.png)"
    write(desk, text=picture, status=422)
    change(desk, page, text=picture, status=422)
    assert "/uploads/bench" not in stranger.get(page.address).text
    desk.visit("/desk/pages/about")
    desk.press("Save for everybody", text=picture, status=422)
    assert picture in desk.page.find(id="text").get_text()
    with inside(False):
        assert settings.current().about == ""
    with inside():
        held = StandingPage.held(page.id)
        standing.save(held, held.title, picture, cast.ines(), 1)  # from before it was asked for
        standing.save(held, held.title, "Nothing to see.", cast.ines(), 2)
    desk.visit(f"/desk/pages/{page.id}/history?number=2")
    desk.press("Put version 2 back", status=422)
    assert "A picture does not say what it shows" in desk.text
    assert picture in desk.page.find("textarea").get_text()
    assert the(inside).html == "<p>Nothing to see.</p>"
    write(desk, text=picture, do="save")


def test_a_draft_changes_nothing_that_readers_keep(desk, inside, app):
    write(desk, do="save")
    before = rows(app)["publicity"]
    change(desk, the(inside, "how-we-decide"), text="By lot.")
    assert rows(app)["publicity"] == before


def test_saving_what_is_there_already_makes_no_version(desk, page, inside):
    change(desk, page)
    assert the(inside).revision == 1


def test_an_imported_page_stays_in_the_format_it_came_in(desk, inside):
    with inside():
        page = cast.a_page(text="x")
        page.write("<p>By <b>boat</b></p>", Format.HTML)
    desk.visit(f"/desk/pages/{page.id}")
    assert "Text, in HTML" in desk.text
    change(desk, page, text=f"<p>By <i>boat</i>{SCRIPT}</p>")
    assert the(inside).html == "<p>By <i>boat</i></p>"


def test_the_list_names_each_page_and_what_the_site_says_by_itself(desk, page):
    write(desk, do="save")
    shown = desk.visit("/desk/pages/")
    links = [a["href"] for a in shown.main.find_all("a")]
    assert {f"/desk/pages/{page.id}", "/desk/pages/about", "/privacy/", "/accessibility/"} <= set(links)
    assert "Nobody has read it through yet." in desk.text
    assert "Draft: readers do not see it." in desk.text


# Addresses


@pytest.mark.parametrize(
    ("title", "slug"),
    [("How we decide", "how-we-decide"), ("Über uns", "uber-uns"), ("关于我们", "untitled"), ("Desk", "desk-2"),
     ("2014", "2014-2"), ("Page", "page-2"), ("How to reach us", "how-to-reach-us-2"), ("../../etc", "etc")],
)  # fmt: skip
def test_an_address_is_made_from_the_title_and_is_free(desk, page, inside, title, slug):
    write(desk, title)
    assert the(inside, slug).title == title
    desk.visit(f"/{slug}/")
    assert desk.heading == title


@pytest.mark.parametrize("slug", ["desk", "about", "feed", "wp-json", "page", "2014", "9999", "how-to-reach-us"])
def test_an_address_that_is_taken_is_refused_and_a_free_one_is_named(app, desk, page, slug):
    before = rows(app)
    answer = write(desk, slug=slug, status=422)
    assert f"That address is taken. /{slug}-2/ is free" in answer.text
    assert answer.typed("slug") == slug
    assert answer.typed("text") == "By **vote**."
    assert rows(app) == before
    write(desk, slug=f"{slug}-2")
    desk.visit(f"/{slug}-2/")


@pytest.mark.parametrize(
    "slug",
    ["Über", "a b", "%2e%2e", "a/b", "..", "a_b", "A", "-a", "a-", "a--b", "о-нас", "关于", "x" * 81, "x" * 10_000,
     "\u200b-", "a.html", "<script>", "a?b", "a#b", "a\\b", "٣", "%00"],
)  # fmt: skip
def test_an_address_that_would_be_rewritten_is_refused_and_kept(app, desk, page, slug):
    before = rows(app)
    answer = write(desk, slug=slug, status=422)
    assert "Use small letters from a to z, digits and hyphens, like" in answer.text
    assert answer.typed("title") == "How we decide"
    assert change(desk, page, slug=slug, text="Mine.", status=422).typed("text") == "Mine."
    assert rows(app) == before


def test_an_old_address_leads_to_the_new_one_also_after_several_moves(desk, page, stranger, inside):
    change(desk, page, slug="contact-us")
    change(desk, page, slug="write-to-us")
    for old in ("/how-to-reach-us/", "/contact-us/"):
        assert stranger.get(old).location == "/write-to-us/"
    change(desk, page, slug="how-to-reach-us")
    assert stranger.get("/how-to-reach-us/").status == 200
    assert stranger.get("/write-to-us/").location == "/how-to-reach-us/"


def test_a_draft_that_moves_leaves_nothing_behind(desk, inside, stranger):
    write(desk, do="save")
    change(desk, the(inside, "how-we-decide"), slug="deciding")
    assert stranger.get("/how-we-decide/").status == 404


def test_an_emptied_address_stays_as_it_is(desk, page, inside):
    change(desk, page, slug="", title="Another title")
    assert the(inside).title == "Another title"


def test_of_several_at_once_one_gets_the_address_that_they_chose(app, inside):
    with inside():
        cast.ines()
    came = at_once(app, *[lambda: standing.begin("How we decide", "x", cast.ines(), "deciding")] * 4)
    assert [type(each) for each in came if isinstance(each, Exception)] == [SlugTaken] * 3
    assert {each.free for each in came if isinstance(each, SlugTaken)} == {"deciding-2"}


def test_several_of_one_title_at_once_have_addresses_of_their_own(app, inside):
    with inside():
        cast.ines()
    came = at_once(app, *[lambda: standing.begin("Us", "x", cast.ines())] * 4)
    assert not [each for each in came if isinstance(each, Exception)]
    with inside(False):
        assert sorted(db.session.scalars(select(StandingPage.slug))) == ["us", "us-2", "us-3", "us-4"]


def test_a_slug_that_came_from_elsewhere_need_not_be_changed(desk, inside):
    with inside():
        page = cast.a_page("Über_uns")
    change(desk, page, text="Changed.")
    assert the(inside, "Über_uns").revision == 2


# What is refused


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": ""}, "Give the page a title"),
        ({"title": "\u200b \u3164"}, "Give the page a title"),
        ({"title": None}, "Give the page a title"),
        ({"title": "x" * 10_000}, "9,850 characters over the limit of 150"),
        ({"text": ""}, "Write what stands on the page"),
        ({"text": "\u2800\n\ufeff"}, "Write what stands on the page"),
        ({"text": None}, "Write what stands on the page"),
        ({"text": "x" * 100_001}, "1 characters over the limit of 100,000"),
    ],
)
def test_words_that_are_none_or_too_many_are_refused_and_the_rest_is_kept(app, desk, page, fields, sentence):
    before = rows(app)
    for answer in (write(desk, status=422, **fields), change(desk, page, status=422, **fields)):
        assert sentence in answer.text
        assert "Nothing you wrote is lost, and nothing is saved yet." in answer.text
        for name in ("title", "text"):
            if fields.get(name) and len(fields[name]) > 10:
                assert answer.typed(name) == fields[name]
    assert rows(app) == before


def test_a_page_full_of_script_is_words_on_every_page_that_shows_it(desk, inside):
    write(desk, SCRIPT, f"{SCRIPT}\n\n<img src=x onerror=alert(1)>\n\n[x](javascript:alert(1))", slug="odd")
    id = the(inside, "odd").id
    for path in ("/odd/", "/about/", "/desk/pages/", f"/desk/pages/{id}", f"/desk/pages/{id}/history?number=1",
                 f"/desk/pages/{id}/removal", "/desk/menus/head/"):  # fmt: skip
        shown = desk.visit(path)
        assert "alert(1)" not in "".join(tag.get_text() for tag in shown.find_all("script"))
        assert not shown.find(onerror=True)
        assert not shown.find("a", href=lambda href: href and href.startswith("javascript:"))


@pytest.mark.parametrize("do", [None, "", "delete", "publish' OR 1=1", "save\x00"])
def test_a_button_that_is_not_there_saves_a_draft_at_most(desk, inside, do):
    write(desk, do=do)
    assert the(inside, "how-we-decide").state == State.DRAFT


def test_fields_that_come_twice_or_that_we_do_not_know_do_nothing_more(desk, page, inside):
    change(
        desk,
        page,
        title=["First", "Second"],
        id="99",
        state="withdrawn",
        changed_by_id="1",
        html="<b>",
        reviewed_at="x",
    )
    found = the(inside)
    assert (found.title, found.state, found.id, found.reviewed_at) == ("First", State.PUBLISHED, page.id, None)


@pytest.mark.parametrize("id", ["0", "9999999", "9" * 19, "9" * 40, "-1", "x", "1.0", "٣", "%00"])
def test_a_number_that_no_page_has_is_not_found(desk, page, id):
    token = desk.visit("/desk/pages/new").find("input", attrs={"name": "csrf_token"})["value"]
    for rest in ("", "/removal", "/history"):
        assert Answer(desk.client.get(f"/desk/pages/{id}{rest}")).status == 404
        assert Answer(desk.client.post(f"/desk/pages/{id}{rest}", data={"csrf_token": token})).status in (404, 405)
    assert Answer(desk.client.post(f"/desk/pages/{id}/review", data={"csrf_token": token})).status == 404


# Two at once


def test_the_second_save_shows_both_versions_and_overwrites_nothing_by_itself(desk, other_desk, page, inside):
    desk.visit(f"/desk/pages/{page.id}")
    change(other_desk, page, text="By letter or by bicycle.")
    desk.press("Save", status=409, text="By letter or by balloon.")
    assert "somebody else saved this page while you were writing" in desk.text
    shown = desk.page.find(class_="preview")
    assert "bicycle" in shown.find("del").get_text()
    assert "balloon" in shown.find("ins").get_text()
    assert desk.page.find(id="text").get_text().strip() == "By letter or by balloon."
    assert the(inside).html == "<p>By letter or by bicycle.</p>"
    desk.press("Save")
    assert the(inside).html == "<p>By letter or by balloon.</p>"


def test_of_several_who_save_at_once_one_does_and_the_others_are_told(app, inside, page):
    with inside():
        cast.ines()

    def save(words):
        return lambda: standing.save(StandingPage.held(page.id), page.title, words, cast.ines(), 1)

    came = at_once(app, *map(save, "abcd"))
    assert [type(each) for each in came if each is not None] == [Overtaken] * 3
    assert the(inside).revision == 2
    with inside(False):
        assert db.session.query(PageRevision).count() == 2


def test_an_address_that_is_refused_saves_no_words_either(desk, page, inside):
    answer = change(desk, page, text="Mine.", slug="about", status=422)
    assert answer.typed("text") == "Mine."
    assert the(inside).revision == 1


@pytest.mark.parametrize("revision", [None, "", "0", "-1", "2", "x", "1.0", "9" * 19, "9" * 40, "٣"])
def test_a_revision_that_nobody_saw_overwrites_nothing(app, desk, page, revision):
    before = rows(app, "page_draft")
    change(desk, page, text="Mine.", revision=revision, status=409)
    assert rows(app, "page_draft") == before


# Versions


def test_every_save_is_kept_and_an_earlier_one_can_be_put_back(desk, page, inside):
    change(desk, page, text="By bicycle.")
    change(desk, page, text="By balloon.", title="Reaching us")
    desk.visit(f"/desk/pages/{page.id}")
    desk.follow("Earlier versions")
    desk.follow("Version 1")
    assert "letter" in desk.page.find(class_="preview").get_text()
    desk.press("Put version 1 back")
    found = the(inside)
    assert (found.title, found.html, found.revision) == ("How to reach us", "<p>By letter or by boat.</p>", 4)
    with inside(False):
        kept = db.session.scalars(PageRevision.of(found)).all()
        assert [(old.number, old.by and old.by.name) for old in kept] == [
            (4, "Ines Calder"), (3, "Ines Calder"), (2, "Ines Calder"), (1, None),
        ]  # fmt: skip


def test_a_version_that_is_none_or_an_old_look_puts_nothing_back(app, desk, page):
    change(desk, page, text="By bicycle.")
    before = rows(app)
    token = desk.visit("/desk/pages/new").find("input", attrs={"name": "csrf_token"})["value"]
    for number in ("", "0", "2", "3", "-1", "x", "9" * 40, "1.5"):
        sent = {"csrf_token": token, "number": number, "revision": "2"}
        assert Answer(desk.client.post(f"/desk/pages/{page.id}/history", data=sent)).status == 422, number
    sent = {"csrf_token": token, "number": "1", "revision": "1"}
    assert Answer(desk.client.post(f"/desk/pages/{page.id}/history", data=sent)).status == 409
    assert rows(app) == before
    for number in ("9" * 40, "x", "", "0", "-1", "%00"):
        desk.visit(f"/desk/pages/{page.id}/history?number={number}")


# Reading them through


def test_a_page_is_due_until_somebody_says_that_it_is_still_true_and_again_on_its_day(desk, page, inside, clock):
    with inside(False):
        assert [found.id for found in db.session.scalars(StandingPage.never_reviewed())] == [page.id]
        assert db.session.scalars(StandingPage.overdue()).all() == []
    desk.visit("/desk/pages/?due")
    desk.follow("How to reach us")
    desk.press("I have read it through")
    assert "Read through by Ines Calder" in desk.text
    assert the(inside).review_on == clock.at.date() + timedelta(days=365)
    desk.visit("/desk/pages/?due")
    assert "How to reach us" not in desk.text
    assert "Thank you." in desk.text
    with inside(False):
        assert db.session.scalars(StandingPage.never_reviewed()).all() == []
    clock.forward(days=365)
    with inside(False):
        assert [found.id for found in db.session.scalars(StandingPage.overdue())] == [page.id]
    cast.signed_in(desk, inside)
    assert "Due again since" in desk.visit("/desk/pages/?due").get_text()


def test_the_day_that_was_chosen_stands_and_a_second_press_leaves_it(desk, page, inside, clock):
    day = clock.at.date() + timedelta(days=90)
    desk.visit(f"/desk/pages/{page.id}")
    desk.press("I have read it through", review_on=str(day))
    assert desk.page.find(id="review_on")["value"] == str(day)
    assert f"on {clock.at.day} {clock.at:%B %Y}. Due again on" in desk.text
    desk.press("I have read it through")
    assert the(inside).review_on == day


def test_a_page_that_nobody_sees_is_not_due(desk, page, inside):
    write(desk, do="save")
    with inside():
        standing.withdraw(db.session.get(StandingPage, page.id), "Gone.")
    with inside(False):
        assert db.session.scalars(StandingPage.never_reviewed()).all() == []
    assert "Thank you." in desk.visit("/desk/pages/?due").get_text()


@pytest.mark.parametrize(
    "day",
    ["", "0000-00-00", "99999-01-01", "2026-02-30", "x", "2026-13-01", "20271114", "2027-11-14T10:00",
     "-1", "1e9", "٢٠٢٧", "today", "yesterday", "9" * 40, "2032-12-31"],
)  # fmt: skip
def test_a_day_that_is_none_past_or_far_away_is_refused_and_kept(app, desk, page, day, clock):
    today = clock.at.date()
    day = {"today": str(today), "yesterday": str(today - timedelta(days=1))}.get(day, day)
    desk.visit(f"/desk/pages/{page.id}")
    before = rows(app)
    desk.press("I have read it through", status=422, review_on=day)
    assert desk.page.find(id="review_on-error")
    assert desk.page.find(id="review_on").get("value", "") == day
    assert rows(app) == before


def test_what_was_changed_meanwhile_was_not_read(app, desk, other_desk, page, inside):
    desk.visit(f"/desk/pages/{page.id}")
    change(other_desk, page, text="By bicycle.")
    desk.press("I have read it through", status=409)
    assert "Somebody has changed the page since you read it." in desk.text
    assert the(inside).reviewed_at is None
    for revision in ("", "x", "9" * 40, "0"):
        desk.press("I have read it through", status=422, revision=revision)
    assert the(inside).reviewed_at is None


def test_reading_through_changes_nothing_for_readers(app, desk, page):
    before = rows(app)["publicity"]
    desk.visit(f"/desk/pages/{page.id}")
    desk.press("I have read it through")
    assert rows(app)["publicity"] == before


# Taking away


def test_a_page_that_is_withdrawn_says_why_and_can_come_back(desk, page, stranger, inside):
    desk.visit(f"/desk/pages/{page.id}")
    desk.follow("Withdraw it")
    desk.press("Withdraw it", because="We have no boat any more.")
    answer = stranger.get(page.address)
    assert answer.status == 410
    assert "This page has been taken away" in answer.text
    assert "We have no boat any more." in answer.text
    assert "How to reach us" not in stranger.get("/about/").text
    assert "Withdrawn: We have no boat any more." in desk.visit("/desk/pages/").get_text()
    desk.visit(f"/desk/pages/{page.id}")
    desk.press("Publish again")
    assert stranger.get(page.address).status == 200
    assert the(inside).withdrawn_because == ""


def test_a_page_that_is_withdrawn_can_lead_its_readers_on(desk, page, stranger):
    desk.visit(f"/desk/pages/{page.id}/removal")
    desk.press("Withdraw it", to="/about/")
    answer = stranger.get(page.address)
    assert (answer.status, answer.location) == (302, "/about/")  # not for ever: it may be published again


@pytest.mark.parametrize(
    "to",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/nothing/", "about", "/\\evil.example",
     "/how-to-reach-us/", "/how-to-reach-us", "/how-to-reach-us/?x", "/how-to-reach-us/#x", "/%68ow-to-reach-us/",
     "/how-to-reach-us//", "/how-to-reach-us/comment-page-1/", "/%2Fhow-to-reach-us/", "/comment/1/",
     "/desk/", "/moved/", "/gone/", "/%00", "/[", "x" * 5000],
)  # fmt: skip
def test_a_page_leads_its_readers_nowhere_odd_and_never_in_a_circle(app, desk, page, inside, to):
    with inside():
        gone, moved = cast.a_page("gone", "Gone"), cast.a_page("moved", "Moved")
        db.session.flush()
        standing.withdraw(gone, "", "/how-to-reach-us/")
        standing.move(moved, "moved-on")
    desk.visit(f"/desk/pages/{page.id}/removal")
    before = rows(app)
    desk.press("Withdraw it", status=422, to=to, because="Why.")
    assert desk.page.find(id="to-error")
    assert desk.page.find(id="because")["value"] == "Why."
    assert rows(app) == before


@pytest.mark.parametrize("because", ["", " ", "\u200b", "x" * 501])
def test_a_reason_is_asked_for_where_readers_are_led_nowhere(app, desk, page, because):
    desk.visit(f"/desk/pages/{page.id}/removal")
    before = rows(app)
    desk.press("Withdraw it", status=422, because=because)
    assert desk.page.find(id="because-error")
    assert rows(app) == before


def test_withdrawing_says_in_which_menus_the_page_stands(desk, page, inside):
    with inside():
        settings.change(menu=[Link("Reach us", page.address)])
    desk.visit(f"/desk/pages/{page.id}/removal")
    assert desk.page.find(class_="flag").a["href"] == "/desk/menus/head/"
    desk.press("Withdraw it", because="Gone.")
    desk.visit("/desk/menus/head/")
    assert "Readers find nothing there: there is no such page." in desk.text


def test_withdrawing_twice_tells_the_second_that_it_is_done(desk, other_desk, page, inside):
    for at in (desk, other_desk):
        at.visit(f"/desk/pages/{page.id}/removal")
    desk.press("Withdraw it", because="First.")
    other_desk.press("Withdraw it", status=409, because="Second.")
    assert the(inside).withdrawn_because == "First."


def test_a_draft_is_deleted_for_good_and_what_the_public_saw_is_not(desk, page, inside):
    write(desk, do="save")
    draft = the(inside, "how-we-decide")
    desk.visit(f"/desk/pages/{draft.id}")
    desk.follow("Delete this draft")
    desk.press("Delete it")
    assert the(inside, "how-we-decide") is None
    with inside(False):
        assert db.session.query(PageRevision).count() == 0
    assert "Delete" not in desk.visit(f"/desk/pages/{page.id}").main.get_text()


def test_a_draft_is_not_deleted_over_what_somebody_saved_meanwhile(desk, other_desk, inside):
    write(desk, do="save")
    draft = the(inside, "how-we-decide")
    desk.visit(f"/desk/pages/{draft.id}/removal")
    change(other_desk, draft, text="By lot.")
    desk.press("Delete it", status=409)
    assert "somebody has saved it since you opened this page" in desk.text
    desk.press("Delete it")
    assert the(inside, "how-we-decide") is None


@pytest.mark.parametrize("revision", ["", "-1", "x", "2", "9" * 40])
def test_nobody_deletes_a_draft_that_they_have_not_seen(app, desk, inside, revision):
    write(desk, do="save")
    desk.visit(f"/desk/pages/{the(inside, 'how-we-decide').id}/removal")
    before = rows(app)
    desk.press("Delete it", status=409, revision=revision)
    assert rows(app) == before


# The page about the site


def test_the_text_about_the_site_is_written_at_the_desk(desk, stranger):
    desk.visit("/desk/pages/about")
    desk.press("How it looks", text="We are **five**.")
    assert desk.page.find(id="preview").strong.get_text() == "five"
    assert "five" not in stranger.get("/about/").text
    desk.press("Save")
    assert "We are five ." in stranger.get("/about/").text
    assert "Changed by Ines Calder" in desk.text


def test_two_who_write_about_the_site_at_once_see_both(desk, other_desk, stranger):
    for at in (desk, other_desk):
        at.visit("/desk/pages/about")
    other_desk.press("Save", text="We are six.")
    desk.press("Save", status=409, text="We are seven.")
    shown = desk.page.find(class_="preview")
    assert "six" in shown.find("del").get_text()
    assert "seven" in shown.find("ins").get_text()
    assert "We are six." in stranger.get("/about/").text
    desk.press("Save")
    assert "We are seven." in stranger.get("/about/").text


@pytest.mark.parametrize("revision", ["", "-1", "x", "1", "9" * 40])
def test_nobody_writes_over_what_they_have_not_seen_about_the_site(app, desk, revision):
    desk.visit("/desk/pages/about")
    before = rows(app, "page_draft")
    desk.press("Save", status=409, text="Mine.", revision=revision)
    assert rows(app, "page_draft") == before
    desk.press("Save", status=422, text="x" * 100_001)
    assert len(desk.page.find(id="text").get_text()) > 100_000


# Every word can be translated


def test_no_refusal_shows_a_word_that_cannot_be_translated(desk, page, inside, marks):  # noqa: F811
    token = {"csrf_token": desk.client.get("/desk/pages/new").text.split('name="csrf_token" value="')[1].split('"')[0]}
    words, at = {"title": "Water", "text": "Rivers"}, f"/desk/pages/{page.id}"
    for path, sent in [
        ("/desk/menus/head/", {"title": [" ", "1" * 50], "address": ["x", "/nothing/"]}),
        ("/desk/menus/head/", {"title": ["Water"], "address": ["/nothing/"], "do": "add"}),
        ("/desk/menus/head/", {"title": ["Water", "Rivers"], "address": ["/", "/"], "do": "up-2"}),
        ("/desk/menus/foot/", {"title": ["Water"], "address": ["/"]}),
        ("/desk/pages/", {"slug": "1!", "text": "1" * 100_001}),
        ("/desk/pages/", words | {"slug": "2014"}),
        ("/desk/pages/about", words),
        (at, words),
        (f"{at}/preview", words),
        (f"{at}/review", {"revision": "1"}),
        (f"{at}/review", {"revision": "7", "review_on": "2027-10-01"}),
        (f"{at}/removal", {"to": "/nothing/"}),
        (f"{at}/removal", {"to": "elsewhere"}),
        (f"{at}/removal", {}),
        (f"{at}/history", {}),
    ]:
        answer = desk.client.post(path, data=sent | token)
        assert answer.status_code in (200, 409, 422), path
        said = re.sub(r"/[\w-]+/", " ", shown(BeautifulSoup(answer.text, "html.parser")))  # without addresses
        assert unmarked(said) == "", (path, sent)


# What it costs


def test_a_hundred_pages_cost_no_more_statements_than_one(app, desk, inside, page):
    with counting(app) as few:
        desk.client.get("/desk/pages/")
    with inside():
        for number in range(100):
            cast.a_page(f"page-{number}", f"Page {number}").changed_by = db.session.query(Person).first()
    with counting(app) as many:
        answer = desk.client.get("/desk/pages/", headers={"Accept-Encoding": "br"})
    assert len(few) == len(many) <= 6, many
    assert compressed(answer) <= 6_000


@pytest.mark.parametrize("query", ["", "due=1&"])
def test_a_long_list_reads_in_pages(desk, inside, query):
    with inside():
        for number in range(101):
            cast.a_page(f"page-{number:03}", f"Page {number:03}")
    desk.visit(f"/desk/pages/?{query}")
    assert "Page 099" in desk.text
    assert "Page 100" not in desk.text
    desk.follow("Next")
    assert "Page 100" in desk.text
    desk.follow("Previous")
    assert "Page 000" in desk.text
    for number in ("3", "0", "-1", "x", "9" * 40, "%00"):
        desk.visit(f"/desk/pages/?{query}page={number}", status=404)


def test_the_editor_costs_few_statements(app, desk, page):
    with counting(app) as statements:
        desk.client.get(f"/desk/pages/{page.id}")
    assert len(statements) <= 8, statements


def test_today_is_the_day_in_the_sites_zone(desk, page, inside, clock):
    with inside():
        settings.change(zone="Pacific/Kiritimati")
        db.session.get(StandingPage, page.id).review_on = date(2026, 1, 1)
    with inside(False):
        assert db.session.scalars(StandingPage.overdue()).one().is_due
