"""The menus on every page, and the ways to take part: put in order at the desk, changed by two at once, taken back."""

import pytest
from bs4 import BeautifulSoup

from opm import settings
from opm.accounts import choices
from opm.accounts.choices import Choice
from opm.extensions import db
from opm.posts.menus import ARRANGEMENTS
from opm.settings import Link
from tests import cast
from tests.browser import FRAGMENT
from tests.counting import compressed, counting
from tests.posts.test_publishing import at_once
from tests.stranger import Answer
from tests.tables import rows

HEAD, FOOT, WAYS = "/desk/menus/head/", "/desk/menus/foot/", "/desk/ways/"
NOTICES = ["/privacy/", "/cookies/", "/accessibility/"]
BOLD = "<script>alert(1)</script>"


@pytest.fixture
def desk(inside, browser):
    """Ines at her desk, with a post filed under all that there is."""
    with inside():
        cast.a_filed_post()
        cast.a_page()
    return cast.signed_in(browser, inside)


@pytest.fixture
def piotrs_desk(inside, another_browser):
    """Somebody else who may do the same."""
    return cast.signed_in(another_browser, inside, lambda: cast._staff("Bo Ek", "bo@northmere.example", ["editor"]))


def menu(browser, label="Site", path=cast.POST):
    """(title, address) of each entry as readers see it."""
    page = BeautifulSoup(browser.app.test_client().get(path).text, "html.parser")
    nav = page.find("nav", attrs={"aria-label": label})
    return [(a.get_text(), a["href"]) for a in nav.find_all("a")] if nav else []


def send(browser, path=HEAD, htmx=False, entries=(), **data):
    """Sends the list with these entries."""
    page = BeautifulSoup(browser.client.get(path).text, "html.parser")
    form = next(form for form in page.find_all("form") if form["action"] == path)
    hidden = {field["name"]: field["value"] for field in form.find_all("input", type="hidden")}
    columns = {name: [entry.get(name, "") for entry in entries] for name in ("title", "address", "note", "mark")}
    sent = hidden | columns | {"do": "save"} | data
    return Answer(browser.client.post(path, data=sent, headers=FRAGMENT if htmx else {}), is_fragment=htmx)


def an_entry(title="Rivers", address="/category/rivers/", **values):
    return {"title": title, "address": address, **values}


# What readers see


def test_a_new_site_has_the_menus_that_it_always_had(desk):
    assert menu(desk) == [("Posts", "/"), ("About", "/about/"), ("How we moderate", "/moderation/")]
    assert [address for _, address in menu(desk, "About this site")] == [*NOTICES, "/desk/"]


def test_a_menu_is_put_in_order_by_its_buttons_and_stands_so_after_saving(desk):
    desk.visit(HEAD)
    desk.press("Up “How we moderate”")
    assert "“How we moderate” is now number 2 of 3. It is not saved yet." in desk.text
    assert desk.page.find(autofocus=True)["value"] == "up-2"
    desk.press("Up “How we moderate”")
    assert desk.page.find(autofocus=True)["value"] == "down-1", "the first cannot go further up"
    assert [title for title, _ in menu(desk)] == ["Posts", "About", "How we moderate"], "not saved yet"
    desk.press("Save")
    assert [title for title, _ in menu(desk)] == ["How we moderate", "Posts", "About"]
    assert "Saved by Ines Calder, 14 October 2026" in desk.text


def test_a_row_that_was_moved_in_place_has_the_focus_and_says_where_it_is(desk):
    desk.visit(HEAD)
    fragment = desk.htmx_press("Down “Posts”")
    assert fragment.find(autofocus=True)["value"] == "down-2"
    assert fragment.find(role="status").get_text() == "“Posts” is now number 2 of 3. It is not saved yet."


def test_an_entry_is_added_renamed_and_taken_out(desk):
    desk.visit(HEAD)
    desk.press("Put it at the end", place="/series/floods/")
    assert "“Floods” stands at the end. It is not saved yet." in desk.text
    desk.press("Save")
    assert menu(desk)[-1] == ("Floods", "/series/floods/")
    answer = send(desk, entries=[an_entry("All posts", "/"), an_entry(), an_entry("Gone", "/about/")], out="3")
    assert answer.status == 303
    assert menu(desk) == [("All posts", "/"), ("Rivers", "/category/rivers/")]


def test_what_is_offered_is_what_stands_on_the_site(desk):
    page = desk.visit(HEAD)
    offered = {group["label"]: [o["value"] for o in group.find_all("option")] for group in page.find_all("optgroup")}
    assert offered["Pages"] == ["/how-to-reach-us/"]
    assert offered["Categories"] == ["/category/rivers/"]
    assert offered["Series"] == ["/series/floods/"]
    for addresses in offered.values():
        for address in addresses:
            assert desk.app.test_client().get(address).status_code == 200, address


def test_a_menu_without_entries_is_not_there(desk):
    assert send(desk, entries=[]).status == 303
    assert menu(desk) == []


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", ("/", "page")),
        (cast.POST, ("/", "true")),
        ("/2026/", ("/", "true")),
        ("/category/rivers/", ("/category/rivers/", "page")),
        ("/how-to-reach-us/", ("/how-to-reach-us/", "page")),
        ("/about/", None),
    ],
)
def test_the_closest_entry_is_marked_and_no_other(inside, browser, path, current):
    with inside():
        cast.a_filed_post()
        cast.a_page()
        entries = ["/", "/category/rivers/", "/how-to-reach-us/", "https://example.org/", "/#posts"]
        settings.change(menu=[Link(address, address) for address in entries])
    browser.visit(path)
    marked = browser.page.find("nav", attrs={"aria-label": "Site"}).find_all(attrs={"aria-current": True})
    assert [(a["href"], a["aria-current"]) for a in marked] == ([current] if current else [])


def test_a_page_further_down_a_category_in_the_menu_stands_under_it(inside, browser):
    with inside():
        cast.a_filed_post()
        cast.a_post("two", "Two", category="rivers")
        settings.change(posts_per_page=1, menu=[Link("Posts", "/"), Link("Rivers", "/category/rivers/")])
    (marked,) = browser.visit("/category/rivers/page/2/").header.find_all(attrs={"aria-current": True})
    assert (marked["href"], marked["aria-current"]) == ("/category/rivers/", "true")


def test_readers_see_a_change_at_once_and_it_costs_no_page_a_statement(app, desk):
    client = app.test_client()
    before = client.get("/").headers["ETag"]
    assert client.get("/", headers={"If-None-Match": before}).status_code == 304
    send(desk, entries=[an_entry()])
    with counting(app) as statements:
        after = client.get("/", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["ETag"] != before
    assert len(statements) <= 5, statements


# The foot


@pytest.mark.parametrize("address", NOTICES)
def test_the_notices_cannot_be_lost_from_the_foot(app, desk, address):
    page = desk.visit(FOOT)
    field = page.find("input", value=address)
    assert field.has_attr("readonly")
    assert not field.find_parent("li").find("input", type="checkbox")
    others = [an_entry(other, other) for other in NOTICES if other != address]
    before = rows(app)
    for sent in ({"entries": others}, {"entries": [*others, an_entry(address, address)], "out": "3"}):
        answer = send(desk, FOOT, **sent)
        assert answer.status == 422
        assert "The pages on privacy, cookies and accessibility have to stay" in answer.text
        assert answer.page.find(id="title-1")["value"] == others[0]["title"], "what was sent is kept"
    assert rows(app) == before


def test_the_foot_can_be_renamed_and_put_in_order(desk):
    entries = [an_entry(f"On {address}", address) for address in reversed(NOTICES)]
    assert send(desk, FOOT, entries=entries).status == 303
    assert menu(desk, "About this site") == [(f"On {address}", address) for address in reversed(NOTICES)]


# Ways to take part


def test_ways_lead_to_groups_elsewhere_with_a_note_and_a_mark(desk):
    way = an_entry(
        "Our group", "https://www.linkedin.com/groups/1/", note="We meet there.", mark="registration required"
    )
    desk.visit(WAYS)
    assert send(desk, WAYS, entries=[way, an_entry("Write", "mailto:open@northmere.example")]).status == 303
    for path in ("/", "/about/"):
        desk.visit(path)
        assert "Our group (registration required). We meet there." in " ".join(desk.text.split())
        assert desk.page.find("a", href="mailto:open@northmere.example")


def test_an_address_that_leads_nowhere_on_this_site_is_said_so_beside_it(desk, inside):
    lost = [
        "/nothing/", "/category/lakes/", "/2026/10/02/nothing/", "/tag/none/", "/2026/13/45/x/", "/comment/99", "/%00/",
        "/[", "/desk2/", "/uploads/none.png", "/how-to-reach-us/more/",
    ]  # fmt: skip
    found = [
        "/category/rivers/",
        f"{cast.POST}#comments",
        "/about",
        "/?q=1",
        "/#posts",
        "/2026/",
        "https://example.org/",
    ]
    send(desk, WAYS, entries=[an_entry(address, address) for address in lost + found])
    page = desk.visit(WAYS)
    warned = [hint.find_next("input")["value"] for hint in page.find_all("b", class_="flag")]
    assert warned == lost


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JAVASCRIPT:x", "//evil.example", "/\\evil.example", "/\t/evil.example", "data:x", "x", "https://",
     "https:///x", "vbscript:x", "mailto:", " ", "about", "http:/x", "\u202ejavascript:x", "/a b", "//["],
)  # fmt: skip
def test_an_address_that_leads_somewhere_odd_is_refused_beside_its_field(app, desk, address):
    before = rows(app)
    for path in (HEAD, WAYS):
        for htmx in (False, True):
            answer = send(desk, path, htmx, entries=[an_entry("Fine"), an_entry("Odd", address)])
            assert answer.status == 422, address
            assert answer.page.find(id="address-2-error")
            assert answer.page.find("a", href="#address-2")
            assert answer.page.find(id="title-1")["value"] == "Fine"
    assert rows(app) == before


@pytest.mark.parametrize(
    "title",
    ["", " ", "\u200b", "\u3164\u2800", "x" * 41, "x" * 10_000, "\x00"],
)
def test_a_title_with_nothing_to_see_or_too_long_is_refused_and_kept(app, desk, title):
    before = rows(app)
    answer = send(desk, entries=[an_entry(title)])
    assert answer.status == 422
    assert answer.page.find(id="title-1-error")
    assert len(title) <= 40 or answer.page.find(id="title-1")["value"] == title
    assert rows(app) == before


def test_half_a_character_is_taken_as_browsers_take_it(desk):
    assert send(desk, entries=[an_entry("Water \ud800".encode("utf-8", "surrogatepass"))]).status == 303
    desk.visit("/")


def test_a_title_that_is_a_script_is_words(desk):
    assert send(desk, WAYS, entries=[an_entry(BOLD, note=BOLD, mark=BOLD)]).status == 303
    assert send(desk, HEAD, entries=[an_entry(BOLD)]).status == 303
    for path in ("/", WAYS, HEAD):
        page = desk.visit(path)
        assert not page.find("script", string="alert(1)")
        assert BOLD in page.get_text() or page.find("input", value=BOLD)


def test_there_is_room_for_so_many_and_the_rest_is_kept_in_the_form(app, desk):
    most = ARRANGEMENTS["head"].most
    before = rows(app)
    answer = send(desk, entries=[an_entry(f"No {number}", f"/2026/?{number}") for number in range(most + 1)])
    assert answer.status == 422
    assert f"There is room for {most} entries" in answer.text
    assert answer.page.find(id=f"title-{most + 1}")["value"] == f"No {most}"
    assert rows(app) == before
    assert send(desk, entries=[an_entry(f"No {number}", f"/2026/?{number}") for number in range(most)]).status == 303
    desk.visit(HEAD)
    assert "More than 6 take a third line on a phone." in desk.text


@pytest.mark.parametrize(
    "asked",
    ["up-1", "down-3", "up-0", "up-99", "down--1", "up-1e9", "up-²", "up-٣", "down-" + "9" * 40, "nonsense",
     "add", "up-"],
)  # fmt: skip
def test_a_place_that_is_none_moves_nothing_and_breaks_nothing(app, desk, asked):
    before = rows(app)
    answer = send(desk, entries=[an_entry(title) for title in "abc"], do=asked, place="/nowhere/")
    assert answer.status == 200
    assert [answer.page.find(id=f"title-{number}")["value"] for number in (1, 2, 3)] == ["a", "b", "c"]
    assert rows(app) == before


def test_columns_that_do_not_match_are_refused_not_guessed(app, desk):
    before = rows(app)
    answer = send(desk, title=["One", "Two", "Three"], address=["/about/"])
    assert answer.status == 422
    assert [link["href"] for link in answer.page.select(".problem a")] == ["#address-2", "#address-3"]
    assert send(desk, title=["x"] * 101, address=["/about/"] * 101).status == 413
    assert rows(app) == before


def test_what_stands_there_twice_is_refused_since_only_one_can_be_the_current_one(app, desk):
    before = rows(app)
    answer = send(desk, entries=[an_entry(), an_entry("Again")])
    assert answer.status == 422
    assert "/category/rivers/ stands there twice." in answer.text
    assert rows(app) == before


def test_thousands_of_empty_rows_are_no_entries(desk):
    assert send(desk, title=[""] * 5000 + ["Rivers"], address=[""] * 5000 + ["/category/rivers/"]).status == 303
    assert menu(desk) == [("Rivers", "/category/rivers/")]


# Two at once


def test_the_second_of_two_is_told_and_sees_both(desk, piotrs_desk):
    desk.visit(HEAD)
    piotrs_desk.visit(HEAD)
    assert send(piotrs_desk, entries=[an_entry("Water")]).status == 303
    desk.press("Save", status=409, title=["Mine", "", ""], address=["/moderation/", "", ""])
    assert "Nothing was saved: somebody changed this list while you had it open." in desk.text
    assert "Bo Ek" in desk.text
    assert "Water: /category/rivers/" in desk.text
    assert desk.page.find(id="title-1")["value"] == "Mine"
    assert menu(desk) == [("Water", "/category/rivers/")]
    desk.press("Save")
    assert menu(desk) == [("Mine", "/moderation/")], "saving again puts it in its place"


def test_moving_a_row_does_not_hide_that_somebody_else_has_saved(desk, piotrs_desk):
    desk.visit(HEAD)
    send(piotrs_desk, entries=[an_entry("Water")])
    desk.press("Up “About”")
    desk.press("Save", status=409)
    assert menu(desk) == [("Water", "/category/rivers/")]


@pytest.mark.parametrize("revision", ["", "-1", "x", "9" * 9, "9" * 40, "1.0", "²", "99999999999999999999"])
def test_a_revision_that_is_none_overwrites_nothing(app, desk, revision):
    before = rows(app)
    assert send(desk, entries=[an_entry()], revision=revision).status == 409
    assert send(desk, entries=[an_entry()], revision=[revision, "0"]).status == 409
    assert rows(app) == before


def test_pressing_twice_saves_once(app, desk, inside):
    assert send(desk, entries=[an_entry()], revision="0").status == 303
    assert send(desk, entries=[an_entry()], revision="0").status == 409
    with inside(False):
        assert db.session.query(Choice).count() == 1


def test_of_several_who_save_at_once_one_does_and_the_others_are_told(app, inside):
    with inside():
        cast.ines()
    came = at_once(app, *[lambda n=n: choices.choose("menu", [Link(f"No {n}", "/")], cast.ines(), 0) for n in range(4)])
    assert [type(each) for each in came if each is not None] == [choices.Overtaken] * 3
    with inside(False):
        (choice,) = db.session.query(Choice)
        assert [link.title for link in settings.current().menu] == [choice.value[0]["title"]]
        assert came[int(choice.value[0]["title"][-1])] is None


def test_a_list_that_was_sent_after_the_session_had_ended_is_kept_whole_and_sent_again(desk, inside, clock):
    desk.visit(HEAD)
    clock.forward(days=7)
    desk.press("Save", status=403, title=["Water", "All", ""], address=["/category/rivers/", "/", ""])
    assert menu(desk)[0] == ("Posts", "/")
    cast.signed_in(desk, inside)
    desk.visit("/desk/kept/")
    desk.press("Send it now")
    assert menu(desk) == [("Water", "/category/rivers/"), ("All", "/")]


# Taking back


def test_the_last_change_can_be_taken_back_and_that_too(desk):
    first = menu(desk)
    send(desk, entries=[an_entry()])
    desk.visit(HEAD)
    desk.press("Take this change back")
    assert menu(desk) == first
    desk.press("Take this change back")
    assert menu(desk) == [("Rivers", "/category/rivers/")]


def test_what_is_taken_back_to_the_beginning_is_the_default_again(desk, inside):
    send(desk, WAYS, entries=[an_entry()])
    desk.visit(WAYS)
    desk.press("Take this change back")
    with inside(False):
        assert not settings.is_set("ways")


def test_nobody_takes_back_what_they_have_not_seen(desk, piotrs_desk):
    send(desk, entries=[an_entry("One")])
    desk.visit(HEAD)
    send(piotrs_desk, entries=[an_entry("Two")])
    desk.press("Take this change back", status=409)
    assert "Two: /category/rivers/" in desk.text
    assert menu(desk) == [("Two", "/category/rivers/")]
    desk.visit(FOOT)
    assert "Take this change back" not in desk.text


def test_where_nothing_was_changed_nothing_is_taken_back(app, desk):
    before = rows(app)
    token = desk.visit(HEAD).find("input", attrs={"name": "csrf_token"})["value"]
    for revision in ("0", "1", "x"):
        answer = Answer(desk.client.post(f"{HEAD}take-back", data={"csrf_token": token, "revision": revision}))
        assert answer.status == 409
    assert rows(app) == before


def test_each_change_says_who_made_it_and_what_stood_before(desk, inside, clock):
    send(desk, entries=[an_entry()])
    clock.forward(hours=1)
    send(desk, entries=[])
    with inside(False):
        first, second = db.session.query(Choice).order_by(Choice.number)
        assert (first.before, first.value, first.by.name) == (None, [an_entry()], "Ines Calder")
        assert (second.before, second.value, second.number) == ([an_entry()], [], 2)


# What it costs


@pytest.mark.parametrize("path", [HEAD, FOOT, WAYS])
def test_a_page_costs_few_statements_and_bytes(app, desk, path):
    with counting(app) as statements:
        answer = desk.client.get(path, headers={"Accept-Encoding": "br"})
    assert len(statements) <= 10, statements
    assert compressed(answer) <= 3_000
