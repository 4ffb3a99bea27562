"""Arranging what posts are filed under at the desk: lists, forms, merging, order, and every refusal."""

import re

import pytest
from sqlalchemy import func, select

from opm.accounts.models import Person
from opm.extensions import db
from opm.posts import filing
from opm.posts.filed import Author, Category, Filed, Series, Tag
from opm.posts.models import Post, State
from tests import cast
from tests.counting import compressed, counting
from tests.stranger import Answer

SHELVES = {"categories": Category, "tags": Tag, "series": Series, "authors": Author}
SCRIPT = "<script>alert(1)</script>"
LONG = "x" * 10_000


@pytest.fixture(params=SHELVES)
def shelf(request):
    return request.param


@pytest.fixture
def edith(inside, browser):
    """Edith, who edits, at the desk."""
    return cast.signed_in(browser, inside, cast.edith)


def a_thing(inside, shelf: str, name="Floods") -> int:
    with inside():
        return filing.create(SHELVES[shelf], name).id


def there(inside, shelf: str, id: int) -> Filed | None:
    with inside(False):
        return db.session.get(SHELVES[shelf], id)


def value(browser, id: str) -> str:
    field = browser.page.find(id=id)
    return field.get("value", "") if field.name == "input" else field.get_text().removeprefix("\n")


def names(browser) -> list[str]:
    return [a.get_text() for a in browser.page.select(".entries li p a, .rows li > a")]


# The lists


def test_it_is_listed_with_how_many_posts_it_has(inside, edith, shelf):
    edith.visit(f"/desk/{shelf}/")
    assert "None yet." in edith.text
    with inside():
        cast.a_filed_post()
    edith.visit(f"/desk/{shelf}/")
    assert "1 post" in edith.text
    edith.visit("/desk/posts/")
    edith.follow({"categories": "Categories", "tags": "Tags", "series": "Series", "authors": "Authors"}[shelf])
    assert edith.path == f"/desk/{shelf}/"


def test_ten_thousand_tags_come_in_pages_in_few_statements_and_are_found_by_letters(app, inside, edith):
    with inside():
        db.session.add_all([Tag(slug=f"tag-{n}", name=f"Tag {n}") for n in range(9_998)])
        db.session.add_all([Tag(slug="securite", name="Sécurité"), Tag(slug="percent", name="100% <b>")])
    for path in ("/desk/tags/", "/desk/tags/?page=200", "/desk/tags/?q=99"):
        with counting(app) as statements:
            answer = edith.client.get(path, headers={"Accept-Encoding": "br"})
        assert len(statements) <= 6, statements
        assert compressed(answer) < 4_000
    edith.visit("/desk/tags/")
    assert len(names(edith)) == 50
    edith.follow("Next")
    assert "Page 2 of 200" in edith.text
    for words, name in (("securite", "Sécurité"), ("SÉCURITÉ", "Sécurité"), ("100%", "100% <b>"), ("_", None)):
        edith.press_get("Find", q=words)
        assert names(edith) == ([name] if name else []), words


@pytest.mark.parametrize("query", ["page=0", "page=99", "page=" + "9" * 30, "page=x", "page=-1"])
def test_a_page_that_is_not_there_is_not_found(edith, shelf, query):
    assert Answer(edith.client.get(f"/desk/{shelf}/?{query}")).status == 404


@pytest.mark.parametrize("id", ["9999999", "0", "-1", "9" * 19, "9" * 40, "x", "٣"])
def test_a_number_that_nothing_has_is_not_found(edith, shelf, id):
    for path in ("", "/merge"):
        assert Answer(edith.client.get(f"/desk/{shelf}/{id}{path}")).status == 404


# Made and changed


def test_one_is_made_and_then_described_and_its_old_address_leads_on(inside, edith, shelf, reader):
    edith.visit(f"/desk/{shelf}/new")
    edith.press({"series": "Begin a series"}.get(shelf, "Add a"), name="High streets", description="Shops.")
    assert "Saved." in edith.text
    assert value(edith, "slug") == "high-streets"
    id = int(edith.path.rpartition("/")[2])
    edith.press("Save", name="Streets", slug="Streets & Shops", description=f"{SCRIPT}\nTwo.")
    thing = there(inside, shelf, id)
    assert (thing.name, thing.slug, thing.description) == ("Streets", "streets-shops", f"{SCRIPT}\nTwo.")
    old, new = (f"/{thing.__tablename__}/{slug}/" for slug in ("high-streets", "streets-shops"))
    assert reader.get(old).location == new


REFUSED = [
    ({"name": ""}, "Say what it is called"),
    ({"name": "\u3164\u200b"}, "Say what it is called"),
    ({"name": LONG}, "A name has at most"),
    ({"slug": "日本"}, "Use letters from a to z"),
    ({"slug": "-"}, "Use letters from a to z"),
    ({"slug": LONG}, "An address has at most 80 characters"),
    ({"slug": "page"}, "“page-2” is free"),
    ({"slug": "feed"}, "“feed-2” is free"),
    ({"slug": "taken"}, "“taken-2” is free"),
    ({"description": LONG}, "9,500 characters over the limit of 500"),
]


@pytest.mark.parametrize(("fields", "words"), REFUSED, ids=str)
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "there"])
def test_what_cannot_be_is_refused_and_what_was_typed_is_kept(inside, edith, shelf, fields, words, is_new):
    a_thing(inside, shelf, "Taken")
    id = a_thing(inside, shelf)
    before = there(inside, shelf, id).mark
    edith.visit(f"/desk/{shelf}/new" if is_new else f"/desk/{shelf}/{id}")
    typed = {"name": "Water", "slug": "water", "description": "All of it."} | fields
    edith.press("Add a" if is_new and shelf != "series" else "Begin a series" if is_new else "Save", 422, **typed)
    assert words in edith.text
    for name, was in typed.items():
        assert value(edith, name) == was.replace("\u200b", "")
    assert there(inside, shelf, id).mark == before
    with inside(False):
        assert db.session.scalar(select(func.count()).select_from(SHELVES[shelf])) == 2


def test_an_address_that_is_taken_is_offered_a_free_one_at_a_press(inside, edith, shelf):
    a_thing(inside, shelf)
    edith.visit(f"/desk/{shelf}/new")
    edith.press("Begin a series" if shelf == "series" else "Add a", 422, name="Water", slug="floods")
    edith.press("Use “floods-2”")
    assert (value(edith, "name"), value(edith, "slug")) == ("Water", "floods-2")


def test_a_name_that_is_there_is_refused_but_for_authors(inside, edith, shelf):
    a_thing(inside, shelf)
    edith.visit(f"/desk/{shelf}/new")
    edith.press("Begin a series" if shelf == "series" else "Add a", 200 if shelf == "authors" else 422, name="FLOODS")
    assert ("There is one called “Floods” already" in edith.text) == (shelf != "authors")


def test_of_two_who_change_it_the_second_sees_what_the_first_did(inside, edith, another_browser, shelf):
    id = a_thing(inside, shelf)
    ines = cast.signed_in(another_browser, inside)
    for browser in (edith, ines):
        browser.visit(f"/desk/{shelf}/{id}")
    edith.press("Save", name="High water", description="Ediths.")
    ines.press("Save", 409, name="Low water", description="Ines’s.")
    assert "somebody changed this while you had it open" in ines.text
    assert "Ediths." in ines.page.find("dl").get_text()
    assert (value(ines, "name"), value(ines, "description")) == ("Low water", "Ines’s.")
    assert there(inside, shelf, id).name == "High water"
    ines.press("Save")
    assert there(inside, shelf, id).name == "Low water"


def test_who_changes_what_was_merged_away_gets_back_what_they_typed(inside, edith, shelf):
    id, other = a_thing(inside, shelf), a_thing(inside, shelf, "Water")
    edith.visit(f"/desk/{shelf}/{id}")
    with inside():
        filing.merge(*filing.held_both(SHELVES[shelf], id, other))
    edith.press("Save", 404, name="High water", description="Kept.")
    assert "Somebody has merged it with another or deleted it" in edith.text
    assert {"High water", "Kept."} <= set(Answer(edith.answer).given_back())


def test_doubled_fields_count_once(inside, edith, shelf):
    id = a_thing(inside, shelf)
    page = edith.visit(f"/desk/{shelf}/{id}")
    hidden = {field["name"]: field["value"] for field in page.select(f"form[action$='/{id}'] input[type=hidden]")}
    sent = hidden | {"name": ["One", "Two"], "slug": ["one", "two"], "description": ["1", "2"]}
    assert edith.client.post(f"/desk/{shelf}/{id}", data=sent).status_code == 303
    assert there(inside, shelf, id).name == "One"


def test_names_with_script_in_them_are_text_everywhere(inside, edith, shelf):
    id = a_thing(inside, shelf, SCRIPT)
    a_thing(inside, shelf, f"{SCRIPT} 2")
    for path in ("", f"{id}", f"{id}/merge", "new"):
        page = edith.visit(f"/desk/{shelf}/{path}")
        assert all(script.get("src") for script in page.find_all("script"))
        assert path == "new" or SCRIPT in edith.text


# Authors


def test_an_authors_name_is_no_address_and_their_account_is_one_of_the_team(inside, edith):
    with inside():
        rosa, member = cast.rosa(), Person(name="Member", email="m@example.org")
        db.session.add(member)
        taken = filing.author_of(cast.ines()).person_id
        db.session.flush()
        ids = rosa.id, member.id
    edith.visit("/desk/authors/new")
    edith.press("Add an author", 422, name="rosa@northmere.example")
    assert "write a name, not an email address" in edith.text
    for person in (ids[1], taken, 2**63, 10**30, "x", -1):
        edith.press("Add an author", 422, name="Rosa", person=str(person))
        assert "They have a byline already, or are not on the team" in edith.text
    edith.press("Add an author", name="Rosa M.", person=str(ids[0]))
    assert "Writes here as Rosa Menk." in edith.text
    assert "@" not in edith.page.main.get_text()


def test_who_leaves_keeps_the_byline_and_its_page(inside, edith, clock, reader):
    with inside():
        author = filing.author_of(cast.rosa())
        filing.file(cast.a_post(), authors=[author], categories=[], tags=[])
        cast.rosa().left_at = clock.at
        id = author.id
    edith.visit("/desk/authors/")
    assert "Left the team on 14 October 2026; the byline stays." in edith.text
    edith.visit(f"/desk/authors/{id}")
    edith.press("Save", description="Rosa counted benches.")
    assert "Rosa counted benches." in reader.get("/author/rosa-menk/").text
    assert there(inside, "authors", id).person_id
    assert "By Rosa Menk" in reader.get(cast.POST).text


# Merged and deleted


def test_two_become_one_after_it_was_said_what_happens(inside, edith, shelf, reader):
    with inside():
        cast.a_filed_post()
        db.session.flush()
        thing = db.session.scalar(select(SHELVES[shelf]))
        id, old = thing.id, thing.address
    other = a_thing(inside, shelf, "Mud")
    edith.visit(f"/desk/{shelf}/{id}")
    edith.follow("Merge it with another")
    assert f"1 post) is filed under the other one, and {old} leads there" in edith.text
    edith.press("Merge them", 422)
    assert "Choose the one that shall stay" in edith.text
    for into in (id, 9_999_999, "9" * 40, "x", -1):
        edith.press("Merge them", 422 if into in ("9" * 40, "x", -1) else 409, into=str(into))
    edith.press_get("Find", q="mud")
    edith.press("Merge them", into=str(other))
    assert edith.heading == "Mud"
    assert "1 post" in edith.text
    assert there(inside, shelf, id) is None
    assert reader.get(old).location.endswith("/mud/")


def test_what_somebody_changed_meanwhile_is_not_merged_unseen(inside, edith, shelf):
    id, other = a_thing(inside, shelf), a_thing(inside, shelf, "Mud")
    edith.visit(f"/desk/{shelf}/{id}/merge")
    with inside():
        filing.rename(SHELVES[shelf].held(id), "High water", "high-water")
    edith.press("Merge them", 409, into=str(other))
    assert there(inside, shelf, id)
    edith.press("Merge them", into=str(other))
    assert there(inside, shelf, id) is None


def test_only_what_nothing_is_filed_under_can_be_deleted(inside, edith, shelf):
    id = a_thing(inside, shelf)
    edith.visit(f"/desk/{shelf}/{id}")
    with inside():
        post = cast.a_post()
        thing = db.session.get(SHELVES[shelf], id)
        kinds = {"authors": [], "categories": [], "tags": [], "series": None}
        filed = thing if shelf == "series" else [thing.name if shelf == "tags" else thing]
        filing.file(post, **(kinds | {shelf: filed}))
    edith.press("Delete it", 409)
    assert "Nothing was deleted: 1 post is filed here." in edith.text
    with inside():
        filing.file(db.session.scalar(select(Post)), **kinds)
    edith.visit(f"/desk/{shelf}/{id}")
    edith.press("Delete it")
    assert edith.path == f"/desk/{shelf}/"
    assert there(inside, shelf, id) is None


# The order of categories


@pytest.fixture
def three(inside):
    with inside():
        return [filing.create(Category, name).id for name in "ABC"]


def test_a_category_moves_up_and_down_and_readers_see_it(inside, edith, three, reader):
    with inside():
        for letter in "abc":
            cast.a_post(f"p-{letter}").categories = [Category.by_slug(letter)]
    edith.visit("/desk/categories/")
    edith.press("Up “C”")
    assert names(edith) == ["A", "C", "B"]
    assert [a.get_text() for a in reader.get("/category/").page.main.select("li a")] == ["A", "C", "B"]


def test_by_htmx_the_list_comes_back_with_the_focus_on_what_moved_and_its_place(edith, three):
    edith.visit("/desk/categories/")
    fragment = edith.htmx_press("Up “C”")
    assert fragment.find(autofocus=True)["value"] == f"up-{three[2]}"
    assert fragment.find(role="status").get_text() == "Now number 2 of 3."
    edith.visit("/desk/categories/")
    fragment = edith.htmx_press("Up “C”")
    assert fragment.find(autofocus=True)["value"] == f"down-{three[2]}", "at the top there is no way up"
    assert fragment.find(role="status").get_text() == "Now number 1 of 3."


def test_of_two_who_move_the_second_sees_the_order_of_the_first(inside, edith, another_browser, three):
    ines = cast.signed_in(another_browser, inside)
    for browser in (edith, ines):
        browser.visit("/desk/categories/")
    edith.press("Up “C”")
    ines.press("Up “B”", 409)
    assert "somebody changed the list since you saw it" in ines.text
    assert names(ines) == ["A", "C", "B"]


@pytest.mark.parametrize(
    "do", ["", "up", "up-0", "up--1", "up-" + "9" * 30, "left-1", "up-1; drop", "up-9999999", "up-٣"]
)
def test_a_move_that_makes_no_sense_moves_nothing(edith, three, do):
    edith.visit("/desk/categories/")
    hidden = {field["name"]: field["value"] for field in edith.page.select("#order input[type=hidden]")}
    assert edith.client.post("/desk/categories/order", data=hidden | {"do": do}).status_code in (200, 422)
    edith.visit("/desk/categories/")
    assert names(edith) == ["A", "B", "C"]


# The parts of a series


@pytest.fixture
def series(inside):
    """Three parts, the second withdrawn, and a post that is none; the address of the series at the desk."""
    with inside():
        first = cast.a_filed_post()
        second = cast.a_part_two(first)
        third = cast.a_post("part-three", "Then what?", on=(2026, 10, 4))
        third.series, third.series_position = first.series, 4
        second.state = State.WITHDRAWN
        cast.a_post("mud", "Mud everywhere", on=(2026, 10, 5))
        db.session.flush()
        return f"/desk/series/{first.series_id}"


def parts(inside):
    with inside(False):
        rows = db.session.execute(select(Post.slug, Post.series_position).where(Post.series_id.is_not(None)))
        return dict(tuple(row) for row in rows)


AS_THEY_WERE = {"who-fills-the-sandbags": 1, "part-two": 2, "part-three": 4}


def test_parts_change_places_and_gaps_stay(inside, edith, series):
    edith.visit(series)
    assert names(edith) == ["Who fills the sandbags?", "And when the rain stops?", "Then what?"]
    edith.press("Up “Then what?”")
    assert parts(inside) == {"who-fills-the-sandbags": 1, "part-two": 4, "part-three": 2}
    fragment = edith.htmx_press("Up “Then what?”")
    assert fragment.find(role="status").get_text() == "Now part 1."
    assert fragment.find(autofocus=True).get_text(" ").split()[0] == "Down"


def test_a_part_is_taken_out_and_one_put_in_and_no_number_is_given_twice(inside, edith, series, reader):
    edith.visit(series)
    edith.press("Take out “And when")
    edith.visit(f"{series}?q=mud")
    edith.press("Put it in “Mud everywhere”")
    assert parts(inside) == {"who-fills-the-sandbags": 1, "part-three": 4, "mud": 5}
    assert "Part 5 of 5" in reader.get("/2026/10/05/mud/").text


def field_of(inside, slug):
    with inside(False):
        return f"number-{db.session.scalar(select(Post.id).where(Post.slug == slug))}"


def test_numbers_can_be_typed(inside, edith, series):
    edith.visit(series)
    edith.press("Save the numbers", **{field_of(inside, "part-two"): "9", field_of(inside, "part-three"): "2"})
    assert parts(inside) == {"who-fills-the-sandbags": 1, "part-two": 9, "part-three": 2}


@pytest.mark.parametrize("typed", ["", "-1", "0", "1.5", "1" + "0" * 30, "x", "٣", "1", SCRIPT])
def test_numbers_that_cannot_be_are_refused_and_kept(inside, edith, series, typed):
    edith.visit(series)
    field = field_of(inside, "part-three")
    edith.press("Save the numbers", 422, **{field: typed})
    assert "A part’s number is between 1 and 9,999" in edith.text or "Two parts have the number 1" in edith.text
    assert value(edith, field) == typed
    assert parts(inside) == AS_THEY_WERE


def test_of_two_who_arrange_parts_the_second_sees_what_the_first_did(inside, edith, another_browser, series):
    ines = cast.signed_in(another_browser, inside)
    for browser in (edith, ines):
        browser.visit(series)
    edith.press("Up “Then what?”")
    before = parts(inside)
    ines.press("Take out “Then what?”", 409)
    assert "the parts are not as you saw them any more" in ines.text
    assert parts(inside) == before


def test_who_has_a_part_open_to_write_does_not_undo_it(inside, edith, another_browser, series):
    with inside(False):
        post = db.session.scalar(select(Post.id).where(Post.slug == "part-three"))
    ines = cast.signed_in(another_browser, inside)
    ines.visit(f"/desk/posts/{post}")
    edith.visit(series)
    edith.press("Take out “Then what?”")
    ines.press("Save", 409, summary="Dry again.")
    ines.press("Save both together")
    assert "part-three" not in parts(inside)


@pytest.mark.parametrize("do", ["in-9999999", "out-9999999", "up-" + "9" * 18, "in-0", "x", "number-1"])
def test_an_act_that_makes_no_sense_changes_nothing(inside, edith, series, do):
    page = edith.visit(series)
    hidden = {field["name"]: field["value"] for field in page.select("#parts input[type=hidden]")}
    assert edith.client.post(f"{series}/parts", data=hidden | {"do": do}).status_code in (303, 422)
    assert parts(inside) == AS_THEY_WERE


# An old name of a tag


def test_a_tag_that_was_merged_while_somebody_wrote_is_not_made_anew(inside):
    with inside():
        filing.merge(filing.create(Tag, "Flooding"), filing.create(Tag, "Floods"))
        assert filing.tag_named("flooding").name == "Floods"


def test_no_role_but_an_editors_may(inside, browser):
    cast.signed_in(browser, inside, cast.rosa)
    browser.visit("/desk/tags/", 403)
    assert re.search(r"To change categories, series.*, ask", browser.text)
