"""A thread of 5,000 comments reads in pages of whole conversations, and whatever leads to a comment leads to it."""

import itertools
import re
from urllib.parse import urlsplit

import pytest
from sqlalchemy import insert

from opm.comments import threads
from opm.comments.models import Comment, State, Thread
from opm.extensions import db
from opm.lib import clock
from tests import cast
from tests.counting import counting

ITEM = re.compile(r'<li id="comment-(\d+)">')
NEXT = re.compile(r'<a href="([^"]+)" rel="next">')
MANY = 5_000


@pytest.fixture
def fill(inside, post):
    """`fill([None, 0, 0, …])` publishes a comment for each: a root, or a reply to the one at that place. Gives ids."""

    def fill(answers, gone=()):
        now = clock.now()
        with inside():
            thread = db.session.get(Thread, post.id)
            first = 1_000_000  # far from the numbers that the database gives
            rows = [
                {
                    "id": first + place,
                    "thread_id": thread.id,
                    "parent_id": None if answered is None else first + answered,
                    "number": place + 1,
                    "text": f"Words {place}.",
                    "name": f"Writer {place}",
                    "panel_name": "",
                    "state": State.REJECTED if place in gone else State.PUBLISHED,
                    "published_at": now,
                    "confirmed_at": now,
                }
                for place, answered in enumerate(answers)
            ]
            db.session.execute(insert(Comment), rows)
            thread.last_number, thread.published_count = len(rows), len(rows) - len(gone)
        return [row["id"] for row in rows]

    return fill


def five_thousand():
    """One conversation far too long for a page, a chain within it, one just too long, and many short ones."""
    answers = [None, *[0] * 250]  # the first is answered 250 times
    answers += [20, *range(251, 400)]  # one of those answers by 150, each answering the last
    answers += [None, *[401] * 100]
    while len(answers) < MANY:
        root = len(answers)
        answers += [None, root, root, root + 1, None]
    return answers[:MANY]


def pages_of(client):
    """The pages, from link to link."""
    path, pages = cast.POST, []
    while path:
        answer = client.get(path)
        assert answer.status_code == 200, path
        pages.append(answer.text)
        following = NEXT.search(answer.text)
        path = following and following[1].removesuffix("#comments")
    return pages


def ids_on(page):
    return [int(id) for id in ITEM.findall(page)]


def test_five_thousand_comments_read_in_pages_of_whole_conversations_and_links_between_them_lead(fill, stranger):
    answers = five_thousand()
    ids = fill(answers)
    pages = pages_of(stranger.client)
    shown = [ids_on(page) for page in pages]
    assert sorted(itertools.chain(*shown)) == ids, "each once"
    assert max(map(len, shown)) <= threads.ON_A_PAGE
    assert len(pages) < 1.2 * MANY / threads.ON_A_PAGE
    page_with = {id: number for number, page in enumerate(shown) for id in page}
    for place, answered in enumerate(answers[502:], 502):
        if answered is not None:
            assert page_with[ids[place]] == page_with[ids[answered]], "a short conversation is not parted"
    assert "5000 comments" in pages[0]
    assert f"Page 2 of {len(pages)}" in pages[1]
    elsewhere = set()
    for page, here in zip(pages, shown, strict=True):
        assert {int(id) for id in re.findall(r'href="#comment-(\d+)"', page)} <= set(here)
        answered_elsewhere = {int(id) for id in re.findall(r'In reply to <a href="/comment/(\d+)"', page)}
        assert not answered_elsewhere & set(here)
        elsewhere |= answered_elsewhere
    assert len(elsewhere) == 3, "what is answered from another page"
    for id in elsewhere:
        assert lands(stranger.client, f"/comment/{id}") == id


def lands(client, path):
    """The comment that a browser would scroll to."""
    answer = client.get(path)
    assert answer.status_code == 302
    page, _, anchor = answer.location.partition("#")
    id = int(anchor.removeprefix("comment-"))
    assert id in ids_on(client.get(urlsplit(page).path).text), answer.location
    return id


def test_a_comments_own_address_leads_to_its_page(fill, stranger):
    ids = fill(five_thousand())
    for place in (0, 20, 250, 320, 401, 501, MANY - 2):
        assert lands(stranger.client, f"/comment/{ids[place]}") == ids[place]


def test_a_page_takes_at_most_six_statements_and_reads_only_its_own_words(app, fill, stranger):
    ids = fill(five_thousand())
    for path in (cast.POST, f"{cast.POST}page/30/"):
        with counting(app) as statements:
            assert stranger.client.get(path).status_code == 200
        assert len(statements) <= 6, statements
        with_words = [statement for statement in statements if "comment.text" in statement]
        assert len(with_words) == 1
        assert "comment.id IN" in with_words[0]
    with counting(app) as statements:
        stranger.client.get(f"/comment/{ids[-1]}")
    assert len(statements) <= 4, statements


def test_one_that_is_answered_five_thousand_times_does_not_make_a_page_without_end(fill, stranger):
    fill([None, *[0] * (MANY - 1)])
    pages = [stranger.client.get(path).text for path in (cast.POST, f"{cast.POST}page/2/", f"{cast.POST}page/50/")]
    assert [len(ids_on(page)) for page in pages] == [100] * 3
    assert stranger.get(f"{cast.POST}page/51/").status == 404
    assert pages[0].count("In reply to") == 0
    assert pages[1].count("In reply to") == 100, "where the indent cannot say it"
    assert "1, Writer 0</a>" in pages[2]


def test_a_chain_of_answers_is_read_to_its_end(fill, stranger):
    ids = fill([None, *range(MANY - 1)])
    pages = [ids_on(stranger.client.get(path).text) for path in (cast.POST, f"{cast.POST}page/2/")]
    assert pages == [ids[:100], ids[100:200]]
    assert lands(stranger.client, f"/comment/{ids[-1]}") == ids[-1]


def test_the_gone_are_marked_on_whatever_page_they_are_and_named_nowhere(fill, stranger):
    answers = [None, *[0] * 150, *[None] * 100]
    ids = fill(answers, gone={0, 5, 170})
    pages = pages_of(stranger.client)
    assert {*ids} - {*itertools.chain(*map(ids_on, pages))} == {ids[5], ids[170]}, (
        "what nothing hangs from leaves no mark"
    )
    assert "A moderator took this comment down." in pages[0]
    assert "1, Name removed</a>" in pages[1]
    assert not any("Writer 0<" in page or "Words 0." in page for page in pages)
    assert stranger.get(f"/comment/{ids[170]}").location.startswith(cast.POST), "an old link still lands"


def test_fifty_comments_stand_on_one_page(fill, stranger):
    fill([None] * 50)
    (page,) = pages_of(stranger.client)
    assert len(ids_on(page)) == 50
    assert "Page 1" not in page


def test_a_hundred_stand_on_one_page_and_one_more_on_a_second(fill, stranger):
    ids = fill([None] * 101)
    pages = pages_of(stranger.client)
    assert [len(ids_on(page)) for page in pages] == [100, 1]
    assert lands(stranger.client, f"/comment/{ids[100]}") == ids[100]


def test_a_later_page_has_a_title_that_leads_to_the_post_the_form_and_an_address_of_its_own(app, fill, browser):
    fill([None] * 250)
    page = browser.visit(f"{cast.POST}page/2/")
    assert browser.heading == "Who fills the sandbags?"
    assert page.h1.a["href"] == cast.POST
    assert page.title.get_text().startswith("Comments on “Who fills the sandbags?”, page 2")
    assert page.find("link", rel="canonical")["href"] == f"{app.config['BASE_URL']}{cast.POST}page/2/"
    assert page.find("form", id="respond")["action"] == f"{cast.POST}comments/"
    assert not page.find("article"), "the post is not said twice"
    browser.follow("Later comments")
    assert browser.path == f"{cast.POST}page/3/"
    assert not browser.page.find("a", rel="next")
    browser.follow("Earlier comments")
    browser.follow("Earlier comments")
    assert browser.path == cast.POST
    browser.follow("page 3")
    assert "Page 3 of 3" in browser.text


def test_there_is_no_page_past_the_last(fill, stranger):
    fill([None] * 101)
    for number in ("3", "0", "-1", "1000000", "1000001", "99999999999999999999", "9" * 400, "x", "1.0", "%00"):
        answer = stranger.get(f"{cast.POST}page/{number}/")
        assert answer.status == 404, number
        assert "There is no page at this address" in answer.text
    for path in ("/2026/10/01/nothing/page/2/", "/2026/13/01/who-fills-the-sandbags/page/2/"):
        assert stranger.get(path).status == 404
    first = stranger.get(f"{cast.POST}page/1/")
    assert first.status == 308
    assert urlsplit(first.location).path == cast.POST


def test_a_reply_on_a_later_page_is_taken_and_never_mind_leads_back(fill, browser):
    ids = fill([None] * 150)
    browser.visit(f"{cast.POST}page/2/")
    browser.follow("Reply to Writer 120")
    browser.follow("Never mind")
    assert browser.path == f"{cast.POST}page/2/"
    browser.follow("Reply to Writer 120")
    browser.press("Send comment", text="I agree.", name="Jo Marsh", email="jo@example.org")
    assert browser.heading == "Thank you. One more step"
    assert ids
