"""The queues: what stands in each and in which order, searching, paging, and what ten thousand cost."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import insert

from opm.comments.models import Act, Comment, Decision, State
from opm.comments.queues import Queue
from opm.extensions import db
from tests import cast
from tests.counting import compressed, counting
from tests.tables import rows

MOST_STATEMENTS = 6
MOST_BYTES = 13_000  # of the page alone: its sheets and scripts take 17,000 of the 30,000


@pytest.fixture
def desk(inside, browser):
    """Ines at her desk."""
    return cast.signed_in(browser, inside)


def said(desk, path) -> list[str]:
    """What the comments on a page say, in order."""
    page = desk.visit(path)
    return [quote.get_text() for quote in page.select("#queue blockquote")]


def figures(desk) -> dict[str, str]:
    """The figure beside each queue."""
    items = desk.page.find("nav", attrs={"aria-label": "Queues"}).find_all("li")
    return dict(item.get_text(" ", strip=True).rsplit(" ", 1) for item in items)


# What stands in each


def test_each_queue_holds_its_own_with_the_figure_beside_it(inside, post, desk):
    with inside():
        for state in State:
            cast.a_comment(post, state, text=f"It is {state}.")
        cast.a_comment(post, text="It is pending, too.", flags=["links"])
        cast.a_report(db.session.query(Comment).filter_by(state=State.PUBLISHED).one())
    assert said(desk, "/desk/comments/") == ["It is pending.", "It is pending, too."]
    assert figures(desk) == {
        "Pending": "2", "Flagged": "1", "Reported": "1", "Published": "1", "Rejected": "1", "Spam": "1",
        "Unconfirmed": "1", "Withdrawn": "1", "All": "7",
    }  # fmt: skip
    assert said(desk, "/desk/comments/?queue=flagged") == ["It is pending, too."]
    for state in set(State) - {State.PENDING}:
        assert said(desk, f"/desk/comments/?queue={state}") == [f"It is {state}."]
    assert len(said(desk, "/desk/comments/?queue=all")) == 7
    desk.visit("/desk/comments/")
    desk.follow("Reported")
    assert desk.path == "/desk/reports/"


def test_what_waits_stands_oldest_first_and_an_archive_newest_first(inside, post, desk, clock):
    with inside():
        for text in "abc":
            cast.a_comment(post, text=text, flags=["links"])
            cast.a_comment(post, State.SPAM, text=text)
            clock.forward(minutes=1)
    for queue in ("pending", "flagged"):
        assert said(desk, f"/desk/comments/?queue={queue}") == ["a", "b", "c"]
    assert said(desk, "/desk/comments/?queue=spam") == ["c", "b", "a"]


def test_late_ones_are_told_from_others(inside, post, desk, clock):
    with inside():
        cast.a_comment(post, text="Early.")
        clock.forward(hours=24, minutes=1)
        cast.a_comment(post, text="Just now.")
    desk.visit("/desk/comments/")
    assert [late.get_text() for late in desk.page.select(".late")] == ["waiting 1 day, late"]


def test_what_is_not_confirmed_or_was_withdrawn_can_only_be_read(app, inside, post, desk):
    with inside():
        shut = [cast.a_comment(post, state, text=state).id for state in (State.UNCONFIRMED, State.WITHDRAWN)]
        cast.a_comment(post, text="Waits.")
    for id, queue in zip(shut, ("unconfirmed", "withdrawn"), strict=True):
        desk.visit(f"/desk/comments/?queue={queue}")
        assert not desk.page.select("#queue form, #queue button")
        before = rows(app)
        desk.visit("/desk/comments/")
        token = desk.page.find("input", attrs={"name": "csrf_token"})["value"]
        for act in Act:
            sent = {"decision": act, "revision": 1, "rule": 1, "left": "[…]", "csrf_token": token}
            answer = desk.client.post(f"/desk/comments/{id}/decision", data=sent)
            assert answer.status_code == 409, act
        assert rows(app) == before


def test_without_scripts_one_comes_back_to_the_queue_and_the_search_that_one_was_in(inside, post, desk):
    with inside():
        cast.a_comment(post, text="Sandbags?", flags=["links"])
        cast.a_comment(post, text="Sandbags!", flags=["links"])
    there = "queue=flagged&q=sandbags"
    desk.visit(f"/desk/comments/?{there}")
    desk.press("Approve")
    assert desk.answer.request.query_string.decode() == there
    assert "Published as comment 1" in desk.text
    desk.press("Undo")
    assert desk.answer.request.query_string.decode() == there
    desk.press("Reject …")
    assert desk.follow("Back to the comments")
    assert desk.answer.request.query_string.decode() == there
    desk.press("Reject …")
    desk.follow("Keep it as it is")
    desk.press("Reject …")
    desk.press("Reject and tell the writer", rule="1", note="")
    assert desk.answer.request.query_string.decode() == there


def test_a_way_back_that_no_page_of_ours_names_leads_to_what_waits(inside, post, desk):
    with inside():
        cast.a_comment(post)
    desk.visit("/desk/comments/?q=rota")
    for way in ("queue=x", "https://evil.example/", "after=x", "&" * 300, "%00", "q=" + "x" * 10_000, "\x00"):
        desk.visit("/desk/comments/?q=rota")
        desk.press("Approve", back=way)
        assert (desk.path, desk.answer.request.query_string) == ("/desk/comments/", b""), way
        desk.press("Undo")


# Searching


def test_text_name_and_post_are_searched_for_in_one_queue_or_in_all(inside, desk):
    with inside():
        lane, bridge = cast.a_post().thread, cast.a_post("bridge", "The Ödön bridge").thread
        cast.a_comment(lane, text="Where are the SANDBAGS?")
        cast.a_comment(lane, State.REJECTED, name="Sandra Bagshaw", text="No.")
        cast.a_comment(bridge, text="100 % of it, under_score, back\\slash.", name="Östen Ära")
    for words, found in (
        ("sandbags", ["Where are the SANDBAGS?"]), ("bagshaw", []), ("ödön BRIDGE", ["100 %"]), ("östen", ["100 %"]),
        ("0 %", ["100 %"]), ("%", ["100 %"]), ("_", ["100 %"]), ("r_s", ["100 %"]), ("e_a", []), ("\\", ["100 %"]),
        ("/", []), ("who fills", ["Where are the SANDBAGS?"]),
    ):  # fmt: skip
        texts = said(desk, f"/desk/comments/?q={quote(words)}")
        assert [text.startswith(start) for text, start in zip(texts, found, strict=True)] == [True] * len(found), words
    assert said(desk, "/desk/comments/?queue=all&q=bagshaw") == ["No."]
    assert figures(desk)["Rejected"] == "1"
    assert figures(desk)["Pending"] == "0", "a figure counts what was searched for"
    desk.visit("/desk/comments/?q=bagshaw")
    assert "None has these words" in desk.text
    desk.follow("Look in all comments")
    assert desk.page.find(id="q")["value"] == "bagshaw"
    desk.press_get("Find in all", q="100 %")
    assert len(desk.page.select("#queue blockquote")) == 1


def test_whatever_is_searched_for_is_answered_clearly(inside, post, desk):
    with inside():
        cast.a_comment(post)
    for words in ("%00", "a%00b", "%ED%A0%80", "%FF", "'", '"', "%3Cscript%3E", "%25%25", "%F0%9F%90%9F", "+" * 50):
        desk.visit(f"/desk/comments/?q={words}")
    assert said(desk, "/desk/comments/?q=rot%00a") == [cast.WORDS]
    desk.visit(f"/desk/comments/?q={'x' * 10_000}", status=422)
    assert "At most 200 characters are searched for" in desk.text
    assert desk.page.find(id="q")["value"] == "x" * 10_000, "what was typed is kept"
    desk.visit(f"/desk/comments/?q={'x' * 200}")


def test_a_query_that_makes_no_sense_is_not_found(desk):
    for query in (
        "queue=x", "queue=", "after=", "after=x", "after=1", "after=1-", "before=0", "before=-1-1-1", "after=1.0-1",
        f"after={'9' * 18}-1", f"after=1-{'9' * 19}", f"before=1-{2**63}", "after=٣-٣", f"after={'9' * 10_000}-1",
    ):  # fmt: skip
        desk.visit(f"/desk/comments/?{query}", status=404)


# Paging


@pytest.mark.parametrize("queue", [Queue.PENDING, Queue.SPAM])
def test_every_comment_stands_on_one_page_forwards_and_backwards(inside, post, desk, clock, queue):
    with inside():
        for n in range(50):
            cast.a_comment(post, State(queue), text=f"Comment {n}.", email=f"a{n}@example.org")
            clock.forward(minutes=n % 3 == 0)  # some at the same moment
    forwards = said(desk, f"/desk/comments/?queue={queue}&q=comment")
    while desk.page.find("a", rel="next"):
        forwards += said(desk, desk.page.find("a", rel="next")["href"])
    assert sorted(forwards, key=lambda text: int(text[8:-1]), reverse=queue == Queue.SPAM) == forwards
    assert len(set(forwards)) == 50
    desk.visit(f"/desk/comments/?queue={queue}&q=comment")
    backwards = said(desk, desk.page.find("a", string="Last")["href"])
    assert backwards == forwards[-20:]
    assert desk.page.find("a", rel="next") is None
    backwards = said(desk, desk.page.find("a", rel="prev")["href"]) + backwards
    assert backwards == forwards[-40:]
    assert said(desk, desk.page.find("a", rel="prev")["href"]) == forwards[:20], "a first page is a whole one"
    assert desk.page.find("a", rel="prev") is None
    assert desk.page.find(id="q")["value"] == "comment", "paging keeps the search"


def test_what_was_decided_meanwhile_moves_nobody_past_a_comment_that_waits(inside, post, desk):
    with inside():
        comments = [cast.a_comment(post, text=f"{n}") for n in range(45)]
    desk.visit("/desk/comments/")
    following = desk.page.find("a", rel="next")["href"]
    with inside():
        for comment in comments[:20]:
            db.session.get_one(Comment, comment.id).move_to(State.SPAM, post)
    assert said(desk, following) == [f"{n}" for n in range(20, 40)]
    with inside():
        for comment in comments[10:]:
            db.session.get_one(Comment, comment.id).move_to(State.SPAM if comment.text != "12" else State.PENDING, post)
    assert said(desk, following) == ["12"], "nothing stands after that place: one is led to what is left"


def test_a_page_of_long_comments_holds_fewer(inside, post, desk):
    with inside():
        for n in range(5):
            cast.a_comment(post, text=f"{n} " + "word " * 1_999)
    assert [text[0] for text in said(desk, "/desk/comments/")] == ["0", "1"]
    assert [text[0] for text in said(desk, desk.page.find("a", rel="next")["href"])] == ["2", "3"]
    assert [text[0] for text in said(desk, "/desk/comments/?before=end")] == ["3", "4"]
    assert [text[0] for text in said(desk, desk.page.find("a", rel="prev")["href"])] == ["1", "2"]


# What it costs


def add_comments(post, first, last, clock):
    """So many that wait, each tenth with a sign, from addresses of their own; each third has been decided before."""
    comments, decisions, by = [], [], cast.ines()
    for n in range(first, last):
        at = clock.at - timedelta(minutes=n)
        comments.append(
            {
                "thread_id": post.id, "text": f"Comment {n} on the lane, the bridge and the water.", "name": f"Jo {n}",
                "email": f"a{n}@example.org", "address_hash": f"{n:040}", "state": State.PENDING, "panel_name": "Jo",
                "flags": ["links"] if n % 10 == 0 else [], "written_at": at, "confirmed_at": at, "id": n,
            }
        )  # fmt: skip
        row = {"act": Act.RESTORE, "from_state": State.SPAM, "to_state": State.PENDING, "revision": 1, "by_id": by.id}
        decisions += [{"comment_id": n, "decided_at": at} | row] if n % 3 == 0 else []
    db.session.execute(insert(Comment), comments)
    db.session.execute(insert(Decision), decisions)


def costs(app, desk, path) -> int:
    """How many statements a page takes. It is also weighed, and has to be a whole one."""
    with counting(app) as statements:
        answer = desk.client.get(path, headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200, path
    assert len(statements) <= MOST_STATEMENTS, f"{path}\n{statements}"
    assert compressed(answer) <= MOST_BYTES
    return len(statements)


def test_ten_thousand_open_in_as_few_statements_as_fifty_and_the_last_page_in_as_few_as_the_first(
    app, inside, post, desk, clock
):
    paths = [
        "/desk/comments/", "/desk/comments/?before=end", "/desk/comments/?queue=flagged", "/desk/comments/?queue=all",
        "/desk/comments/?q=lane", "/desk/comments/?q=lane&before=end", "/desk/comments/?queue=all&q=bridge",
    ]  # fmt: skip
    with inside():
        add_comments(post, 1, 50, clock)
    few = [costs(app, desk, path) for path in paths]
    with inside():
        add_comments(post, 50, 10_001, clock)
    assert [costs(app, desk, path) for path in paths] == few
    first = BeautifulSoup(desk.client.get("/desk/comments/").text, "html.parser")
    assert first.h1.get_text() == "10000 comments wait"
    assert costs(app, desk, first.find("a", rel="next")["href"]) == few[0]
    last = BeautifulSoup(desk.client.get("/desk/comments/?before=end").text, "html.parser")
    assert len(last.select("#queue .decide")) == 20
    assert costs(app, desk, last.find("a", rel="prev")["href"]) == few[0]


@pytest.mark.parametrize("queue", Queue)
def test_every_queue_takes_few_statements_whatever_its_rows_show(app, inside, post, desk, queue):
    with inside():
        parent, by = cast.a_comment(post, State.PUBLISHED, text="The first.", name="Kim Odell"), cast.ines()
        state = State(queue) if queue in set(State) else State.PENDING
        for n in range(25):
            comment = cast.a_comment(post, state, text=f"{n}", parent=parent, email=f"{n}@example.org", flags=["links"])
            said = {"by": by, "act": Act.SPAM, "from_state": state, "to_state": state, "revision": 1}
            db.session.add(Decision(comment=comment, **said))
    costs(app, desk, f"/desk/comments/?queue={queue}")
