"""Every version of a post can be found, compared word by word and gone back to; none is ever lost."""

from dataclasses import asdict

import pytest

from opm.extensions import db
from opm.posts import changes, drafting, publishing, sheets, writing
from opm.posts.models import Post, Revision
from opm.posts.writing import Words
from tests import cast
from tests.counting import counting

FIRST = "We walked with eleven people and counted.\n"
SECOND = "We walked with twelve people and counted twice.\n"


@pytest.fixture
def rosa(inside, browser):
    """Rosa at the desk."""
    return cast.signed_in(browser, inside, cast.rosa)


@pytest.fixture
def edith(inside, another_browser):
    """Edith, who publishes, at hers."""
    return cast.signed_in(another_browser, inside, cast.edith)


@pytest.fixture
def draft(inside):
    """Rosa's draft: version 1 is empty, 2 says FIRST, 3 says SECOND under another title."""
    with inside():
        post = cast.a_draft(text=FIRST)
        writing.save(post, Words("Twelve more benches", "We counted.", SECOND), cast.edith(), post.revision)
        return post.id


@pytest.fixture
def published(inside, draft, clock):
    """The same post, gone out with version 3."""
    clock.forward(hours=1)
    with inside():
        publishing.publish_now(db.session.get(Post, draft), cast.ines())
    clock.forward(hours=1)
    return draft


@pytest.fixture
def reader(app):
    """Takes what it gets, as the site sends it."""
    return app.test_client()


def save(inside, id, text, by=cast.rosa):
    with inside():
        post = Post.held(id)
        writing.save(post, Words(post.title, post.summary, text), by(), post.revision)


def versions(browser):
    """What the list says of each."""
    return [" ".join(item.get_text(" ").split()) for item in browser.page.select("main .rows li")]


def texts(inside, id):
    """The texts of all versions, the oldest first."""
    with inside(False):
        found = db.session.execute(select_texts(id)).all()
        return [text for _number, text in found]


def select_texts(id):
    return db.select(Revision.number, Revision.text).where(Revision.post_id == id).order_by(Revision.number)


# The list


def test_every_save_stands_in_it_with_who_when_and_how_much(draft, rosa):
    rosa.visit(f"/desk/posts/{draft}")
    rosa.follow("All versions")
    assert rosa.heading == "Versions of “Twelve more benches”"
    assert versions(rosa) == [
        "Version 3 The newest Saved by Edith Varga, 14 October 2026, 10:00. 8 words, 1 more."
        " What changed with version 3",
        "Version 2 Saved by Rosa Menk, 14 October 2026, 10:00. 7 words, 7 more. What changed with version 2",
        "Version 1 Saved by Rosa Menk, 14 October 2026, 10:00. 0 words.",
    ]


def test_it_says_which_readers_saw(published, edith, inside, clock):
    edith.visit(f"/desk/posts/{published}/history")
    assert "Version 3 Public now" in versions(edith)[0]
    assert [("public" in words.lower()) for words in versions(edith)] == [True, False, False]
    save(inside, published, "Mended.\n", cast.edith)
    edith.visit(f"/desk/posts/{published}/history")
    assert "Version 4 Public now" in versions(edith)[0]
    assert "1 word, 7 fewer" in versions(edith)[0]
    assert "Version 3 Was public" in versions(edith)[1]
    clock.forward(hours=1)
    with inside():
        publishing.withdraw(Post.held(published), "Wrong.")
    clock.forward(hours=1)
    save(inside, published, "Mended again.\n", cast.edith)
    edith.visit(f"/desk/posts/{published}/history")
    assert [("public" in words.lower()) for words in versions(edith)] == [False, True, True, False, False]


def test_what_came_from_elsewhere_has_its_first_version_once_it_is_changed(inside, edith):
    with inside():
        id = cast.a_post().id
    edith.visit(f"/desk/posts/{id}/history")
    assert "It was not saved at the desk yet." in edith.text
    save(inside, id, "Changed.\n", cast.edith)
    edith.visit(f"/desk/posts/{id}/history")
    assert "Version 2 Public now" in versions(edith)[0]
    assert "Version 1 Was public As it was on 14 October 2026, 10:00, before it was changed here." in versions(edith)[1]


def test_a_thousand_versions_are_paged_in_few_statements(app, inside, draft, rosa):
    with inside():
        rows = [
            {"post_id": draft, "number": number, "title": "T", "text": f"Word {number}.", "filed": {}}
            for number in range(4, 1001)
        ]
        db.session.execute(db.insert(Revision), rows)
        db.session.get(Post, draft).revision = 1000
    counts = []
    for page, first, last in ((1, 1000, 981), (50, 20, 1)):
        with counting(app) as statements:
            rosa.visit(f"/desk/posts/{draft}/history?page={page}")
        counts.append(len(statements))
        assert versions(rosa)[0].startswith(f"Version {first} ")
        assert versions(rosa)[-1].startswith(f"Version {last} ")
        assert f"Page {page} of 50" in rosa.text
    assert max(counts) <= 6, statements
    rosa.visit(f"/desk/posts/{draft}/history?page=51", 404)


# Comparing


def test_what_changed_is_shown_word_by_word_with_the_one_before_if_none_is_named(draft, rosa):
    page = rosa.visit(f"/desk/posts/{draft}/history/compare")
    assert rosa.heading == "What changed from version 2 to 3"
    assert [tag.get_text() for tag in page.select(".diff del")] == ["[taken out: eleven end] "]
    shown = " ".join(page.select_one(".diff").get_text().split())
    assert "Title Twelve [put in: more end] benches" in shown
    assert "Summary [put in: We counted. end]" in shown
    assert "[taken out: eleven end] [put in: twelve end] people and counted[put in: twice end] ." in shown


def test_any_two_are_compared_also_backwards(draft, rosa):
    rosa.visit(f"/desk/posts/{draft}/history")
    rosa.press_get("Compare", **{"from": "3", "to": "1"})
    assert rosa.heading == "What changed from version 3 to 1"
    assert "[taken out: We walked with twelve" in rosa.text
    rosa.visit(f"/desk/posts/{draft}/history/compare?from=2&to=2")
    assert "Both say the same." in rosa.text


def test_one_walks_from_change_to_change(draft, rosa):
    rosa.visit(f"/desk/posts/{draft}/history")
    rosa.follow("What changed with version 2")
    assert rosa.heading == "What changed from version 1 to 2"
    rosa.follow("The change after that")
    assert rosa.heading == "What changed from version 2 to 3"
    assert "The change after that" not in rosa.text
    rosa.follow("The change before that")
    assert "The change before that" not in rosa.text


def test_what_it_was_filed_under_is_compared_too(inside, draft, rosa):
    with inside():
        post = Post.held(draft)
        words = {"title": post.title, "summary": post.summary, "text": post.text}
        post.revision += 1
        filed = {"authors": ["Rosa Menk"], "categories": ["Rivers"], "tags": [], "series": []}
        db.session.add(Revision(post_id=draft, number=post.revision, filed=filed, **words))
    rosa.visit(f"/desk/posts/{draft}/history/compare")
    assert "Categories [put in: Rivers end]" in rosa.text


ODD = ["0", "99", "x", "-1", "1.0", "9" * 30, "%00", "٣", "1%20OR%201=1", "%F0%9F%8C%8A"]


@pytest.mark.parametrize("number", ODD)
def test_a_version_that_is_not_there_is_said_so_above_those_that_are(draft, rosa, number):
    for query in (f"from={number}", f"to={number}", f"from={number}&to={number}"):
        rosa.visit(f"/desk/posts/{draft}/history/compare?{query}", 404)
        assert "There is no such version." in rosa.text
        assert len(versions(rosa)) == 3
    rosa.visit(f"/desk/posts/{draft}/history/{number}", 404)


def test_versions_of_another_post_are_not_those_of_this(inside, draft, rosa):
    with inside():
        other = cast.a_draft("Other", by=cast.edith()).id
    rosa.visit(f"/desk/posts/{other}/history/3", 404)
    rosa.visit(f"/desk/posts/{other}/history/compare?to=3", 404)
    for path in ("history", "history/compare", "history/1", "notes"):
        assert rosa.client.get(f"/desk/posts/999999/{path}").status_code in (403, 404)


def test_what_somebody_typed_is_text_everywhere(inside, draft, rosa):
    odd = "<script>alert(1)</script> </ins> <b>x</b>\n"
    with inside():
        post = Post.held(draft)
        writing.save(post, Words(odd.strip(), odd.strip(), odd), cast.rosa(), post.revision)
    for path in ("history", "history/compare", "history/4"):
        page = rosa.visit(f"/desk/posts/{draft}/{path}")
        assert not [script for script in page.find_all("script") if not script.get("src")]
        assert not page.main.find("b", string="x")


# Going back


def test_going_back_makes_a_new_version_with_the_old_words(inside, draft, rosa):
    rosa.visit(f"/desk/posts/{draft}/history/2")
    assert rosa.heading == "Version 2 of “Twelve more benches”"
    assert rosa.page.select_one("article h2").get_text() == "Twelve benches"
    rosa.press("Go back to version 2")
    assert rosa.path == f"/desk/posts/{draft}/history"
    assert versions(rosa)[0].startswith("Version 4 The newest Saved by Rosa Menk")
    assert texts(inside, draft) == ["", FIRST, SECOND, FIRST]
    with inside(False):
        post = db.session.get(Post, draft)
        assert (post.title, post.summary, post.revision) == ("Twelve benches", "", 4)
        assert "eleven people" in post.html


def test_the_newest_offers_no_way_back_to_itself(draft, rosa):
    rosa.visit(f"/desk/posts/{draft}/history/3")
    assert "This is the newest: what stands in the editor." in rosa.text
    assert not rosa.page.select("main form")


def test_who_goes_back_while_somebody_saves_is_told_and_nothing_is_overwritten(inside, draft, rosa):
    rosa.visit(f"/desk/posts/{draft}/history/2")
    save(inside, draft, "Meanwhile.\n", cast.edith)
    rosa.press("Go back to version 2", status=409)
    assert "somebody saved the post meanwhile" in rosa.text
    assert texts(inside, draft)[-1] == "Meanwhile.\n"
    rosa.press("Go back to version 2")
    assert texts(inside, draft) == ["", FIRST, SECOND, "Meanwhile.\n", FIRST]


def test_what_was_typed_and_not_saved_outlives_going_back(inside, draft, rosa):
    with inside():
        drafting.keep(
            sheets.of_post(Post.held(draft)), asdict(Words("Twelve more benches", "", "Typed.\n")), cast.rosa(), 3
        )
    rosa.visit(f"/desk/posts/{draft}/history/2")
    rosa.press("Go back to version 2")
    assert texts(inside, draft)[-1] == FIRST
    rosa.visit(f"/desk/posts/{draft}")
    assert rosa.page.find(id="text").get_text().strip() == "Typed."
    rosa.press("Save", status=409)
    assert "Typed." in rosa.text
    assert "eleven people" in rosa.text


def test_pressed_twice_it_is_done_once(inside, draft, rosa):
    page = rosa.visit(f"/desk/posts/{draft}/history/2")
    sent = {field["name"]: field["value"] for field in page.select("main form input")}
    for _press in range(2):
        assert rosa.client.post(f"/desk/posts/{draft}/history/2", data=sent).status_code == 303
    assert len(texts(inside, draft)) == 4


def test_a_public_post_is_taken_back_by_who_publishes_and_readers_have_it_at_once(
    inside, published, rosa, edith, reader
):
    rosa.visit(f"/desk/posts/{published}/history/2")
    assert "ask an editor to go back to it" in rosa.text
    token = rosa.page.find("input", {"name": "csrf_token"})["value"]
    sent = {"csrf_token": token, "revision": "3"}
    assert rosa.client.post(f"/desk/posts/{published}/history/2", data=sent).status_code == 403
    with inside(False):
        address = db.session.get(Post, published).address
    assert "twelve people" in reader.get(address).text
    edith.visit(f"/desk/posts/{published}/history/2")
    assert "Readers will see these words at once." in edith.text
    edith.press("Go back to version 2", change_note="It was eleven people.")
    page = reader.get(address).text
    assert "eleven people and counted" in page
    assert "Changed on 14 October 2026:</b> It was eleven people." in page


def test_going_back_without_a_note_tells_readers_nothing(published, edith, inside, reader):
    edith.visit(f"/desk/posts/{published}/history/2")
    edith.press("Go back to version 2")
    with inside(False):
        assert "Changed" not in reader.get(db.session.get(Post, published).address).text


def test_a_version_that_must_not_be_public_is_refused_with_what_is_wrong(inside, draft, edith):
    with inside():
        post = Post.held(draft)
        writing.save(post, Words(post.title, "", "![](/uploads/x.png)\n"), cast.rosa(), post.revision)
        writing.save(post, Words(post.title, "", SECOND), cast.rosa(), post.revision)
        publishing.publish_now(post, cast.ines())
    edith.visit(f"/desk/posts/{draft}/history/4")
    edith.press("Go back to version 4", status=422, change_note="A picture is back.")
    assert "Nothing was changed" in edith.text
    assert edith.page.find(id="change_note").get_text().strip() == "A picture is back."
    assert texts(inside, draft)[-1] == SECOND


@pytest.mark.parametrize("revision", ["", "x", "0", "-1", "9" * 30, "1.5", "\x00"])
def test_an_odd_revision_is_refused_and_the_note_kept(inside, published, edith, revision):
    edith.visit(f"/desk/posts/{published}/history/2")
    edith.press("Go back to version 2", status=422, revision=revision, change_note="It was eleven.")
    assert edith.page.find(id="change_note").get_text().strip() == "It was eleven."
    assert len(texts(inside, published)) == 3


def test_a_note_that_is_too_long_is_refused_and_kept(published, edith, inside):
    edith.visit(f"/desk/posts/{published}/history/2")
    edith.press("Go back to version 2", status=422, change_note="x" * 501)
    assert edith.page.find(id="change_note").get_text().strip() == "x" * 501
    assert "over the limit of 500" in edith.text
    assert len(texts(inside, published)) == 3


# Notes, looked after


@pytest.fixture
def noted(inside, published):
    """The note of a change to the public post: (the post's id, the note's)."""
    with inside():
        return published, changes.note(db.session.get(Post, published), "The bridge is closed.", cast.edith()).id


def test_a_note_is_added_corrected_and_deleted_and_readers_see_each_at_once(inside, published, edith, reader):
    with inside(False):
        address = db.session.get(Post, published).address
    edith.visit(f"/desk/posts/{published}")
    edith.follow("Change notes")
    edith.press("Add the note", text="The bridge is <closed>.")
    assert "The bridge is &lt;closed&gt;." in reader.get(address).text
    edith.press("Save these words", text="The bridge is open.")
    assert "The bridge is open." in reader.get(address).text
    edith.press("Delete this note")
    assert "None yet." in edith.text
    assert "The bridge" not in reader.get(address).text


def test_a_note_without_words_or_with_too_many_is_refused_and_what_was_typed_is_kept(noted, edith, reader):
    post, id = noted
    edith.visit(f"/desk/posts/{post}/notes")
    edith.press("Save these words", status=422, text="x" * 501)
    assert edith.page.find(id=f"text-{id}").get_text().strip() == "x" * 501
    assert edith.page.select_one(f'.problem a[href="#text-{id}"]')
    edith.press("Add the note", status=422, text=" \n")
    assert "Tell readers what changed" in edith.text
    edith.visit(f"/desk/posts/{post}/notes")
    assert edith.page.find(id=f"text-{id}").get_text().strip() == "The bridge is closed."


def test_a_note_of_a_post_that_was_taken_away_meanwhile_is_kept_for_who_typed_it(published, inside, edith):
    edith.visit(f"/desk/posts/{published}/notes")
    with inside():
        publishing.withdraw(Post.held(published), "Wrong.")
    edith.press("Add the note", status=409, text="The bridge is closed.")
    assert edith.page.find(id="text-new").get_text().strip() == "The bridge is closed."
    assert "readers do not see this post now" in edith.text


def test_notes_of_another_post_are_not_found_here(inside, noted, edith):
    _post, id = noted
    with inside():
        other = cast.a_post().id
    edith.visit(f"/desk/posts/{other}/notes")
    token = edith.page.find("input", {"name": "csrf_token"})["value"]
    for note in (id, 999_999, "9" * 19, "x"):
        sent = {"csrf_token": token, "text": "No."}
        assert edith.client.post(f"/desk/posts/{other}/notes/{note}", data=sent).status_code == 404


def test_who_may_not_publish_may_not_tell_readers_anything(noted, rosa):
    post, _id = noted
    rosa.visit(f"/desk/posts/{post}")
    assert "Change notes" not in rosa.text
    rosa.visit(f"/desk/posts/{post}/notes", 403)
    assert "ask Edith Varga" in rosa.text
