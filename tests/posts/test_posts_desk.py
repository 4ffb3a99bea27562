"""Writing at the desk, page by page: lists, the editor, and every refusal that keeps what was typed."""

import re
from dataclasses import asdict

import pytest
from sqlalchemy import insert

from opm.comments.models import State as CommentState
from opm.extensions import db
from opm.lib import clock as clocks
from opm.posts import drafting, publishing, sheets, standing
from opm.posts.models import Post, State
from opm.posts.writing import Words
from tests import cast
from tests.counting import counting
from tests.tables import rows

TYPED = "Where legs give out,\nbenches should stand.  \nSo we counted."


@pytest.fixture
def rosa(inside, browser):
    """Rosa at the desk."""
    return cast.signed_in(browser, inside, cast.rosa)


@pytest.fixture
def edith(inside, another_browser):
    """Edith at hers."""
    return cast.signed_in(another_browser, inside, cast.edith)


@pytest.fixture
def draft(inside):
    """The address of Rosa's draft at the desk."""
    with inside():
        return f"/desk/posts/{cast.a_draft().id}"


def value(browser, id):
    """What a field of the open page holds."""
    field = browser.page.find(id=id)
    return field.get("value") if field.name == "input" else field.get_text().removeprefix("\n")


def state_of(inside, draft):
    with inside():
        return db.session.get(Post, int(draft.rpartition("/")[2])).state


# The journey


def test_a_post_is_begun_written_sent_in_scheduled_and_published(inside, rosa, edith):
    rosa.visit("/desk/posts/")
    rosa.follow("Write a post")
    rosa.press("Start writing", title="A bench every 200 steps")
    assert rosa.heading == "Edit post"
    editor = rosa.path
    rosa.press("Send in for review", text=TYPED, summary="We counted.")
    assert "In review" in rosa.text
    assert value(rosa, "text") == TYPED, "blanks at the end of a line mean something"
    edith.visit("/desk/posts/?state=in review")
    edith.follow("A bench every 200 steps")
    edith.press("Schedule", publish_at="2099-01-01T09:00", status=422)
    at = clocks.now().replace(year=clocks.now().year + 1)
    edith.press("Schedule", publish_at=f"{at:%Y-%m-%dT09:00}")
    assert "Goes out on" in edith.text
    edith.press("Publish now")
    assert "Published 14 October 2026" in edith.text
    edith.follow("See it")
    assert "So we counted." in edith.text
    assert state_of(inside, editor) == State.PUBLISHED


def test_an_editor_sends_it_back_with_a_word(rosa, edith, draft):
    rosa.visit(draft)
    rosa.press("Send in for review")
    edith.visit(draft)
    edith.press("Send it back", because="When was that?")
    rosa.visit(draft)
    assert "When was that?" in rosa.text
    assert "Draft" in rosa.text


def test_a_public_post_is_changed_with_a_note_and_withdrawn_and_put_back(inside, edith, stranger):
    with inside():
        id = cast.a_post().id
    edith.visit(f"/desk/posts/{id}")
    edith.press("Save changes for everybody", text="Nobody does.", change_note="The rota was wrong.")
    assert "The rota was wrong." in stranger.get(cast.POST).text
    edith.follow("Withdraw it")
    edith.press("Withdraw it", because=" ", to="/about/", status=422)
    assert value(edith, "to") == "/about/"
    edith.press("Withdraw it", because="It was wrong.", to="//evil.example", status=422)
    assert value(edith, "because") == "It was wrong."
    edith.press("Withdraw it", because="It was wrong.", to="")
    assert stranger.get(cast.POST).status == 410
    edith.press("Put it back")
    assert stranger.get(cast.POST).status == 200


@pytest.mark.parametrize(
    "to",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "about", "/\\evil.example", "/%00", "/[",
     "/about/?" + "x" * 500, "/no/such/thing/", "/2026/10/02/nothing/", "/desk/posts/", "/2026/10/02/gone/", "/p-gone/",
     "/healthz", cast.POST, cast.POST[:-1], f"{cast.POST}?x", f"{cast.POST}#comments", f"{cast.POST}page/2/",
     f"{cast.POST}feed/",
     cast.POST.replace("who", "%77ho"), cast.POST.replace("/10", "//10"), "/comment/1/"],
)  # fmt: skip
def test_a_post_leads_its_readers_nowhere_odd_and_never_in_a_circle(app, inside, edith, to):
    with inside():
        id, other, page = cast.a_post().id, cast.a_post("gone", on=(2026, 10, 2)), cast.a_page("p-gone")
        cast.a_comment(db.session.get(Post, id).thread, CommentState.PUBLISHED)
        publishing.withdraw(other, "", cast.POST)
        standing.withdraw(page, "", cast.POST)
    edith.visit(f"/desk/posts/{id}/withdraw")
    before = rows(app)
    edith.press("Withdraw it", because="It was wrong.", to=to, status=422)
    assert edith.page.find(id="to-error")
    assert (value(edith, "because"), value(edith, "to")) == ("It was wrong.", to)
    assert rows(app) == before


def test_a_draft_cannot_be_withdrawn_whatever_it_would_lead_to(edith, draft):
    edith.visit(f"{draft}/withdraw")
    edith.press("Withdraw it", because="It was wrong.", to="/about/", status=409)
    assert value(edith, "to") == "/about/"


def test_a_withdrawn_post_leads_to_another_that_is_not_led_back(inside, edith, stranger):
    with inside():
        id, other = cast.a_post().id, cast.a_post("better", on=(2026, 10, 2)).id
    edith.visit(f"/desk/posts/{id}/withdraw")
    edith.press("Withdraw it", because="It was wrong.", to="/2026/10/02/better/#comments")
    answer = stranger.get(cast.POST)
    assert (answer.status, answer.location) == (302, "/2026/10/02/better/#comments")
    edith.visit(f"/desk/posts/{other}/withdraw")
    edith.press("Withdraw it", because="This, too.", to=cast.POST, status=422)
    assert "Readers would find nothing there: the post there was withdrawn" in edith.text


def test_an_author_sets_a_draft_aside_and_takes_it_up_again(rosa, draft):
    rosa.visit(draft)
    rosa.press("Set it aside")
    assert "readers never saw it" in rosa.text
    aside = rosa.path
    for under in ("history", "links", "preview"):
        rosa.visit(f"{aside}/{under}")
    rosa.visit(aside)
    rosa.press("Make it a draft again")
    rosa.press("Send in for review")
    assert "In review" in rosa.text


# What is refused loses nothing


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"title": " "}, "Give it a title"),
        ({"title": "x" * 201}, "1 characters over the limit of 200"),
        ({"summary": "x" * 501}, "over the limit of 500"),
        ({"text": "x" * 100_001}, "over the limit of 100,000"),
        ({"comments": "until", "comments_last_day": "0000-00-00"}, "Name the day like"),
        ({"comments": "until", "comments_last_day": "9999-12-31"}, "within ten years"),
    ],
)
def test_a_refused_save_keeps_what_was_typed(inside, rosa, draft, fields, says):
    rosa.visit(draft)
    before = state_of(inside, draft)
    rosa.press("Save", status=422, **({"text": TYPED, "summary": "We counted."} | fields))
    assert says in rosa.text
    assert value(rosa, "text") == fields.get("text", TYPED)
    assert value(rosa, "summary") == fields.get("summary", "We counted.")
    assert state_of(inside, draft) == before
    rosa.press("Save", title="Twelve benches", text=TYPED, summary="We counted.", comments="open")
    assert value(rosa, "text") == TYPED


@pytest.mark.parametrize(
    ("when", "says"),
    [("", "Name the day and the time"), ("tomorrow", "Name the day"), ("1990-01-01 09:00", "is past"),
     ("9999-12-31T23:59", "within ten years"), ("0001-01-01T00:00", "is past"), ("2027-02-30 09:00", "Name the day")],
)  # fmt: skip
def test_a_moment_that_cannot_be_is_asked_for_again(inside, edith, draft, when, says):
    edith.visit(draft)
    edith.press("Schedule", publish_at=when, text=TYPED, status=422)
    assert says in edith.text
    assert value(edith, "text") == TYPED
    assert state_of(inside, draft) == State.DRAFT


def test_what_was_written_is_saved_also_where_it_cannot_be_published(inside, edith, draft):
    picture = "![](/uploads/bench.0123456789.png)"
    edith.visit(draft)
    edith.press("Publish now", text=picture, status=409)
    assert "What you wrote is saved" in edith.text
    assert state_of(inside, draft) == State.DRAFT
    edith.press("Save", text=f"{picture} and more", status=200)
    assert value(edith, "text") == f"{picture} and more"


def test_the_second_of_two_who_save_is_shown_both_versions(rosa, edith, draft):
    rosa.visit(draft)
    edith.visit(draft)
    edith.press("Save", text="Edith's words.")
    rosa.press("Save", text="Rosa's words.", status=409)
    assert "Edith's words." in rosa.text
    assert value(rosa, "text") == "Rosa's words."
    rosa.press("Save mine", text="Both of our words.")
    edith.visit(draft)
    assert value(edith, "text") == "Both of our words."


def test_who_comes_second_to_an_act_is_told_and_what_they_typed_is_saved(inside, edith, draft):
    edith.visit(draft)
    with inside():
        publishing.submit(Post.held(int(draft.rpartition("/")[2])), cast.rosa())
    edith.press("Send in for review", text=TYPED, status=409)
    assert "quicker" in edith.text
    assert value(edith, "text") == TYPED


def test_a_taken_address_is_offered_with_a_number(inside, edith):
    with inside():
        id = cast.a_post().id
        cast.a_post("the-rota", "The rota", on=(2026, 10, 1))
    edith.visit(f"/desk/posts/{id}")
    edith.follow("Change the address")
    edith.press("Change it", slug="The Rota", status=409)
    assert "the-rota-2" in edith.text
    edith.press("Take “the-rota-2” instead")
    assert "/2026/10/01/the-rota-2/" in edith.text


@pytest.mark.parametrize("slug", ["", "???", "мост", "\u202e"])
def test_an_address_of_nothing_is_refused(edith, draft, slug):
    edith.visit(f"{draft}/address")
    edith.press("Change it", slug=slug, status=422)


@pytest.mark.parametrize("revision", ["2147483648", "9223372036854775808", "0", "x", ""])
def test_a_revision_that_none_can_have_is_refused_with_the_words(rosa, draft, revision):
    rosa.visit(draft)
    rosa.press("Save", text=TYPED, revision=revision, status=422)
    assert value(rosa, "text") == TYPED


def test_what_an_author_had_typed_is_still_there_once_the_post_is_public(inside, rosa, draft):
    rosa.visit(draft)
    id = int(draft.rpartition("/")[2])
    with inside():
        drafting.keep(sheets.of_post(Post.held(id)), asdict(Words("Twelve benches", "", TYPED)), cast.rosa(), 2)
        publishing.publish_now(Post.held(id), cast.edith())
    rosa.visit(draft)
    assert TYPED in value(rosa, "typed")


# Who may


def test_an_author_reads_what_is_public_and_is_told_whom_to_ask_to_change_it(inside, rosa):
    with inside():
        cast.edith()
        id = cast.a_post().id
    rosa.visit(f"/desk/posts/{id}")
    assert rosa.heading == "Read post"
    assert rosa.page.find("button", attrs={"name": "do"}) is None
    token = rosa.page.find("input", attrs={"name": "csrf_token"})["value"]
    answer = rosa.client.post(f"/desk/posts/{id}", data={"csrf_token": token, "title": "Mine"})
    assert answer.status_code == 403
    assert "Edith Varga" in answer.text


@pytest.mark.parametrize("act", ["publish", "schedule", "unschedule"])
def test_an_author_cannot_publish_by_sending_the_button_by_hand(inside, rosa, draft, act):
    rosa.visit(draft)
    token = rosa.page.find("input", attrs={"name": "csrf_token"})["value"]
    sent = {
        "csrf_token": token,
        "do": act,
        "title": "Mine",
        "text": "x",
        "revision": "2",
        "publish_at": "2027-01-01 09:00",
    }
    assert rosa.client.post(draft, data=sent).status_code == 403
    assert state_of(inside, draft) == State.DRAFT


# The lists


def test_lists_are_by_state_and_by_words_in_the_title(inside, edith, draft):
    with inside():
        cast.a_post()
    edith.visit("/desk/posts/")
    assert "Twelve benches" in edith.text
    assert "Who fills the sandbags?" in edith.text
    edith.visit("/desk/posts/?state=published")
    assert "Twelve benches" not in edith.text
    edith.visit("/desk/posts/?q=BENCH")
    assert "Who fills the sandbags?" not in edith.text
    edith.visit("/desk/posts/?q=%25")
    assert "No title has these words" in edith.text


def test_lists_are_of_ones_own_posts_or_of_those_of_others(inside, edith, draft):
    with inside():
        cast.a_draft("By Edith", by=cast.edith())
        db.session.add(Post(title="Imported", slug="imported", state=State.DRAFT, changed_at=clocks.now()))
    titles = {"me": {"By Edith"}, "others": {"Twelve benches", "Imported"}}
    for by, number in (("me", "drafts? of yours"), ("others", "drafts? by")):
        edith.visit("/desk/")
        [link] = [link for link in edith.page.select(".queues a") if re.search(number, link.get_text())]
        page = edith.visit(link["href"])
        assert {row.get_text() for row in page.select(".rows a")} == titles[by]
        assert edith.heading == {"me": "Posts: Draft, yours", "others": "Posts: Draft, by others"}[by]
        assert page.select_one("nav[aria-label=States] [aria-current]").parent.get_text() == f"Draft {len(titles[by])}"
    edith.follow("See everybody’s")
    assert edith.heading == "Posts: Draft"


def test_words_that_no_title_has_find_nothing(edith):
    edith.visit("/desk/posts/?q=%00%ff%ed%a0%80")


@pytest.mark.parametrize(
    "query", ["state=nonsense", "by=nonsense", "page=0", "page=99999999999999999999", "page=2", "page=x"]
)
def test_a_list_that_is_not_there_is_not_found(edith, query):
    edith.visit(f"/desk/posts/?{query}", status=404)


def test_ten_thousand_posts_page_in_six_statements(app, inside, edith):
    with inside():
        now = clocks.now()
        common = {"state": "draft", "changed_at": now, "format": "markdown"}
        db.session.execute(
            insert(Post), [{"title": f"Post {number}", "slug": f"post-{number}"} | common for number in range(10_000)]
        )
    for path in (
        "/desk/posts/",
        "/desk/posts/?state=draft&page=400",
        "/desk/posts/?q=99&page=3",
        "/desk/posts/?by=others",
    ):
        with counting(app) as statements:
            edith.visit(path)
        assert len(statements) <= 6, statements
