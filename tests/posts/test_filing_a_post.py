"""A post is filed in its editor: authors in order, categories, tags, a place in a series; and every refusal."""

import pytest

from opm.extensions import db
from opm.posts import filing
from opm.posts.filed import Author, Category, Series, Tag
from opm.posts.models import Post, State
from opm.posts.writing import as_filed
from tests import cast
from tests.counting import compressed, counting

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def shelves(inside):
    """Authors, categories, a series with two parts; their ids by name."""
    with inside():
        things = [
            filing.create(Author, "Kit Vane"), filing.create(Author, "Rosa Menk", person_id=cast.rosa().id),
            filing.create(Category, "Rivers"), filing.create(Category, "Streets"), filing.create(Series, "Benches"),
        ]  # fmt: skip
        first, second = cast.a_post("one", "One"), cast.a_post("two", "Two")
        for number, post in enumerate((first, second), 1):
            filing.file(post, authors=[], categories=[], tags=["Water"], series=things[-1], series_position=number)
        second.state = State.WITHDRAWN
        return {thing.name: str(thing.id) for thing in things}


@pytest.fixture
def draft(inside, shelves):
    """The address of Rosa's draft at the desk."""
    with inside():
        return f"/desk/posts/{cast.a_draft().id}"


@pytest.fixture
def rosa(inside, browser, draft):
    """Rosa, with her draft open."""
    cast.signed_in(browser, inside, cast.rosa)
    browser.visit(draft)
    return browser


def filed(inside, draft):
    with inside(False):
        return as_filed(db.session.get_one(Post, int(draft.rpartition("/")[2])))


NOTHING_YET = {"authors": ["Rosa Menk"], "categories": [], "tags": [], "series": []}


def test_a_draft_begins_under_the_byline_of_who_writes_it(inside, rosa, draft):
    assert filed(inside, draft) == NOTHING_YET


def test_who_may_write_files_their_draft_and_makes_tags(inside, rosa, draft, shelves):
    rosa.press(
        "Save",
        authors=[shelves["Kit Vane"], "", shelves["Rosa Menk"], shelves["Kit Vane"]],
        categories=[shelves["Streets"], shelves["Rivers"]],
        tags="benches,  water , , Benches,日本",
        series=shelves["Benches"],
    )
    assert filed(inside, draft) == {
        "authors": ["Kit Vane", "Rosa Menk"],
        "categories": ["Rivers", "Streets"],
        "tags": ["Water", "benches", "日本"],
        "series": ["Benches", 3],
    }
    page = rosa.page
    chosen = [select.find(selected=True) for select in page.select("select[name=authors]")]
    assert [option and option.get_text() for option in chosen] == ["Kit Vane", "Rosa Menk", None]
    assert len(page.select("input[name=categories][checked]")) == 2
    assert page.find(id="tags")["value"] == "Water, benches, 日本"
    assert page.find(id="series_position")["value"] == "3"
    rosa.press("Save", authors=[""], categories=[], tags="", series="")
    assert filed(inside, draft) == NOTHING_YET | {"authors": []}


def test_saved_again_as_it_is_it_stays_as_it_is(inside, rosa, draft, shelves):
    rosa.press("Save", tags="benches", series=shelves["Benches"])
    before = filed(inside, draft)
    rosa.press("Save")
    assert filed(inside, draft) == before


def test_a_form_without_these_fields_leaves_the_filing_alone(inside, rosa, draft, shelves):
    rosa.press("Save", tags="benches")
    token = rosa.page.find("input", attrs={"name": "csrf_token"})["value"]
    sent = {"csrf_token": token, "title": "T", "text": "x", "do": "save", "comments": "open"}
    revision = rosa.page.find("input", attrs={"name": "revision"})["value"]
    assert rosa.client.post(draft, data=sent | {"revision": revision}).status_code == 303
    assert filed(inside, draft) == NOTHING_YET | {"tags": ["benches"]}


REFUSED = [
    ({"authors": ["9999999"]}, "One of these authors is not there any more"),
    ({"authors": ["Kit Vane"]}, "One of these authors is not there any more"),
    ({"authors": [str(n) for n in range(1, 30)]}, "A post has at most 20 authors"),
    ({"categories": ["-1"]}, "One of these categories is not there any more"),
    ({"categories": ["9" * 40, SCRIPT]}, "One of these categories is not there any more"),
    ({"tags": "x" * 81}, "A tag has at most 80 characters"),
    ({"tags": ",".join(map(str, range(31)))}, "A post has at most 30 tags"),
    ({"tags": "water, \u3164\u3164, x"}, "One of the tags shows nothing"),
    ({"series": "9" * 30}, "This series is not there any more"),
    ({"series": "x"}, "This series is not there any more"),
    *[
        ({"series_position": number}, "A part’s number is between 1 and 9,999")
        for number in ("0", "-1", "1.5", "x", "10000", "1" + "0" * 30, "٣", "²")
    ],
]


@pytest.mark.parametrize(("fields", "words"), REFUSED, ids=str)
def test_what_cannot_be_is_refused_at_its_field_and_all_that_was_typed_is_kept(inside, rosa, draft, fields, words):
    rosa.press("Save", 422, summary="Twelve.", **({"tags": "kept"} | fields))
    assert words in rosa.text
    assert "Nothing you wrote is lost" in rosa.text
    assert rosa.page.find(id="summary").get_text().strip() == "Twelve."
    assert rosa.page.find(id="tags")["value"] == fields.get("tags", "kept").replace(" , ", ", ")
    if number := fields.get("series_position"):
        assert rosa.page.find(id="series_position")["value"] == number
    link = rosa.page.find(class_="problem").find("a")["href"]
    assert rosa.page.find(id=link.removeprefix("#"))
    assert filed(inside, draft) == NOTHING_YET


def test_a_number_that_another_part_has_is_refused_with_a_free_one_also_where_that_part_is_withdrawn(
    inside, rosa, draft, shelves
):
    for number, title in (("1", "One"), ("2", "Two")):
        rosa.press("Save", 422, series=shelves["Benches"], series_position=number, text="Typed.")
        assert f"Part {number} is “{title}”. 3 is free." in rosa.text
        assert rosa.page.find(id="text").get_text().strip() == "Typed."
    assert filed(inside, draft) == NOTHING_YET
    rosa.press("Save", series=shelves["Benches"], series_position="3")
    assert filed(inside, draft)["series"] == ["Benches", 3]


def test_names_with_script_in_them_are_text(inside, rosa, draft):
    with inside():
        filing.create(Author, SCRIPT)
        filing.create(Category, SCRIPT)
        filing.create(Series, SCRIPT)
    rosa.press("Save", tags=f"{SCRIPT}, \" onfocus='x")
    assert all(script.get("src") for script in rosa.page.find_all("script"))
    assert rosa.page.find(id="tags")["value"] == f"\" onfocus='x, {SCRIPT}"


def test_of_two_who_file_the_second_is_shown_both(inside, rosa, draft, another_browser, shelves):
    edith = cast.signed_in(another_browser, inside, cast.edith)
    edith.visit(draft)
    rosa.press("Save", tags="rosas")
    edith.press("Save", 409, tags="ediths", categories=[shelves["Rivers"]])
    assert [" ".join(dl.get_text(" ").split()) for dl in edith.page.find_all("dl")] == [
        "Authors Rosa Menk Categories No category Tags rosas Series No series",
        "Authors Rosa Menk Categories Rivers Tags ediths Series No series",
    ]
    assert filed(inside, draft)["tags"] == ["rosas"]
    edith.press("Save both together")
    assert filed(inside, draft) == NOTHING_YET | {"tags": ["ediths"], "categories": ["Rivers"]}


def test_who_filed_nothing_anew_leaves_it_as_the_other_did(inside, rosa, draft, another_browser):
    edith = cast.signed_in(another_browser, inside, cast.edith)
    edith.visit(draft)
    rosa.press("Save", tags="rosas")
    edith.press("Save", 409, summary="Twelve.")
    assert not edith.page.find("dl")
    edith.press("Save both together")
    assert filed(inside, draft)["tags"] == ["rosas"]


def test_a_category_that_was_merged_away_meanwhile_is_asked_for_again(inside, rosa, draft, shelves):
    with inside():
        filing.merge(*filing.held_both(Category, int(shelves["Rivers"]), int(shelves["Streets"])))
    rosa.press("Save", 422, categories=[shelves["Rivers"]], summary="Kept.")
    assert "One of these categories is not there any more" in rosa.text
    assert rosa.page.find(id="summary").get_text().strip() == "Kept."


def test_the_editor_of_a_site_with_ten_thousand_tags_is_as_light_as_any(app, inside, rosa, draft):
    with counting(app) as few:
        rosa.visit(draft)
    with inside():
        db.session.add_all([Tag(slug=f"t{n}", name=f"Tag {n}") for n in range(10_000)])
        db.session.add_all([Author(slug=f"a{n}", name=f"Author {n}") for n in range(300)])
    with counting(app) as many:
        rosa.visit(draft)
    assert len(few) == len(many), many
    assert compressed(rosa.client.get(draft, headers={"Accept-Encoding": "br"})) < 12_000


# What was saved is shown, and saved again is the same


def test_a_refused_act_shows_the_number_that_was_saved_and_the_next_save_takes_no_other(
    inside, another_browser, draft, shelves
):
    edith = cast.signed_in(another_browser, inside, cast.edith)
    edith.visit(draft)
    fields = {"series": shelves["Benches"], "series_position": "", "tags": "water, , water"}
    edith.press("Publish now", 409, text="![](/uploads/bench.0123456789.png)", **fields)
    assert edith.page.find(id="series_position")["value"] == "3"
    assert edith.page.find(id="tags")["value"] == "Water"
    edith.press("Save", text="No picture.")
    assert filed(inside, draft)["series"] == ["Benches", 3]


def test_a_part_that_is_sent_without_its_number_keeps_it(inside, rosa, draft, shelves):
    rosa.press("Save", series=shelves["Benches"], series_position="7")
    rosa.press("Save", series_position="", tags="water")
    assert filed(inside, draft)["series"] == ["Benches", 7]
