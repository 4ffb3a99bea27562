"""How a thread reads: numbered, replies under what they answer, gone ones as marks, strangers' text as text."""

import time
from datetime import UTC, datetime

import pytest

from opm import settings
from opm.comments import thread_html
from opm.comments.models import Comment, State, Thread
from opm.extensions import db
from opm.lib.links import paragraphs
from tests import cast
from tests.counting import counting


@pytest.fixture
def say(inside, post):
    """`say("words")` publishes a comment; `say("words", to=it)` a reply to it. Gives the comment."""

    def say(text, to=None, state=State.PUBLISHED, **values):
        with inside():
            thread = db.session.get(Thread, post.id)
            parent = to and db.session.get(Comment, to.id)
            return cast.a_comment(thread, state, text=text, parent=parent, **values)

    return say


@pytest.fixture
def gone(inside):
    """`gone(comment, state)` takes a published comment away."""

    def gone(comment, state=State.WITHDRAWN):
        with inside():
            held = Comment.held(comment.id)
            if state == State.WITHDRAWN:
                held.withdraw(Thread.held(held.thread_id))
            else:
                held.move_to(state, Thread.held(held.thread_id))

    return gone


def item(page, comment):
    """The list item of this comment."""
    return page.find(id=f"comment-{comment.id}")


def depth(page, comment):
    """How far it is indented."""
    return len(item(page, comment).find_parents("li"))


# Order and indent


def test_comments_stand_in_the_order_of_publication_with_numbers_and_permanent_links(say, browser):
    comments = [say(f"Words {n}.", name=f"Writer {n}") for n in range(1, 4)]
    page = browser.visit(cast.POST)
    assert [heading.a.get_text() for heading in page.select(".thread h3")] == ["1", "2", "3"]
    for comment in comments:
        assert item(page, comment).h3.a["href"] == f"#comment-{comment.id}"
    assert "3 comments" in browser.text


def test_replies_are_indented_three_levels_and_deeper_ones_name_what_they_answer(say, browser):
    chain = [say("Words 0.", name="Writer 0")]
    for n in range(1, 7):
        chain.append(say(f"Words {n}.", to=chain[-1], name=f"Writer {n}"))
    page = browser.visit(cast.POST)
    assert [depth(page, comment) for comment in chain] == [0, 1, 2, 3, 3, 3, 3]
    shown = page.select(".thread li")
    assert [li["id"] for li in shown] == [f"comment-{comment.id}" for comment in chain], "in order, also for ears"
    for n in (1, 2, 3):
        assert "In reply to" not in item(page, chain[n]).find(recursive=False).get_text()
    for n in (4, 5, 6):
        said = item(page, chain[n]).find(class_="note")
        assert said.get_text() == f"In reply to {n}, Writer {n - 1}"
        assert said.a["href"] == f"#comment-{chain[n - 1].id}"


def test_a_reply_stands_under_what_it_answers_whenever_it_was_published(say, browser):
    first, second = say("First."), say("Second.")
    late = say("Late.", to=first)
    page = browser.visit(cast.POST)
    assert item(page, late).find_parent("li")["id"] == f"comment-{first.id}"
    assert page.select(".thread > li")[1]["id"] == f"comment-{second.id}"
    assert item(page, late).h3.a.get_text() == "3"


def test_a_thread_a_hundred_replies_deep_is_shown(say, stranger, inside, post):
    with inside():
        thread, parent = db.session.get(Thread, post.id), None
        for n in range(100):
            parent = cast.a_comment(thread, State.PUBLISHED, text=f"Words {n}.", parent=parent)
    answer = stranger.get(cast.POST)
    assert answer.status == 200
    assert len(answer.page.select(".thread li")) == 100


# What is gone


@pytest.mark.parametrize(
    ("state", "sentence"),
    [(State.WITHDRAWN, "The writer withdrew this comment."), (State.REJECTED, "A moderator took this comment down.")],
)
def test_one_that_is_gone_leaves_a_mark_where_replies_hang_and_nothing_elsewhere(
    say, gone, browser, stranger, state, sentence
):
    root = say("Root words.", name="Root Writer")
    middle = say("Middle words.", to=root, name="Middle Writer")
    leaf = say("Leaf words.", to=middle)
    alone = say("Lonely words.", name="Lonely Writer")
    for comment in (root, middle, alone):
        gone(comment, state)
    page = browser.visit(cast.POST)
    assert [li["id"] for li in page.select(".thread li")] == [f"comment-{c.id}" for c in (root, middle, leaf)]
    assert browser.text.count(sentence) == browser.text.count("Name removed") == 2
    for hidden in ("Root", "Middle", "Lonely"):
        assert f"{hidden} words" not in str(page)
        assert f"{hidden} Writer" not in str(page)
    assert "1 comment " in browser.text
    assert not page.find("a", href=f"/comment/{root.id}/reply")
    assert stranger.get(f"/comment/{alone.id}").location.startswith(cast.POST), "an old link still lands"


def test_a_deep_reply_to_one_that_is_gone_names_nobody(say, gone, browser):
    chain = [say("Words.", name="Writer 0")]
    for n in range(1, 5):
        chain.append(say("Words.", to=chain[-1], name=f"Writer {n}", email=f"w{n}@example.org"))
    gone(chain[3])
    page = browser.visit(cast.POST)
    assert item(page, chain[4]).find(class_="note").get_text() == "In reply to 4, Name removed"
    assert "Writer 3" not in str(page)


def test_a_branch_without_a_published_comment_is_gone_altogether(say, gone, browser):
    root = say("Root words.")
    leaf = say("Leaf words.", to=root)
    gone(root)
    gone(leaf)
    assert browser.visit(cast.POST).find(class_="thread") is None
    assert "No comments yet" in browser.text


def test_numbers_are_not_given_twice_and_gaps_stay(say, gone, browser):
    say("One.")
    gone(say("Two."))
    say("Three.")
    page = browser.visit(cast.POST)
    assert [heading.a.get_text() for heading in page.select(".thread h3")] == ["1", "3"]


@pytest.mark.parametrize("state", [state for state in State if state != State.PUBLISHED])
def test_what_was_never_public_is_nowhere(say, browser, stranger, state):
    hidden = say("Hidden words.", state=state, name="Hidden Writer")
    for path in (cast.POST, "/"):
        assert "Hidden" not in str(browser.visit(path))
    assert stranger.get(f"/comment/{hidden.id}").status == 404


# Who speaks


def test_the_team_is_marked_and_nobody_can_pretend_to_be(say, browser, inside):
    with inside():
        settings.change(organisation="Northmere Council")
        staff = cast.ines().id
    ours = say("We answer.", name="Ines Calder", staff_id=staff)
    theirs = say("I pretend.", name="Ines Calder, Northmere Council")
    page = browser.visit(cast.POST)
    assert item(page, ours).find(class_="state").get_text() == "[Northmere Council]"
    assert item(page, theirs).find(class_="state") is None


# Strangers' text

NASTY = [
    "<script>alert(1)</script>",
    "</textarea></p></li><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><b data-hx-get="/desk/" data-hx-trigger="load">',
    "<math><annotation-xml encoding='text/html'><style><!--</style><img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--",
    "<style>body{display:none}</style>",
    "javascript:alert(1)",
    'http://a.example/"onmouseover=alert(1)',
    "http://a.example/'><script>alert(1)</script>",
    "https://a.example/<script>alert(1)</script>",
    "data:text/html,<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", NASTY)
def test_script_is_shown_as_text_in_comment_name_panel_form_and_mail_page(say, browser, stranger, inside, text):
    comment = say(text, name=text[:80])
    page = browser.visit(cast.POST)
    shown = item(page, comment)
    assert text.split("<")[0] in shown.get_text()
    assert not shown.find_all(["script", "img", "svg", "style", "math", "b"])
    for link in shown.find_all("a"):
        assert link["href"].startswith(("#comment-", "/comment/", "http://a.example/", "https://a.example/"))
        assert set(link.attrs) <= {"href", "rel"}
    again = stranger.send(text=text, name=text[:80], email=text)
    assert again.status == 422
    assert again.typed("text") == text
    assert {script["src"].partition("/")[0] for script in again.page.find_all("script")} == {""}
    assert not again.page.find_all(["svg", "math", "style"])
    with inside(False):
        link = db.session.get(Comment, comment.id).link_token
    assert not stranger.get(f"/comment/confirm/{link}").page.blockquote.find_all(["script", "img", "svg", "style", "b"])


def test_nothing_in_a_comment_is_a_template(say, stranger):
    say("{{7*7}} {% raw %} ${7*7} #{7*7} %(name)s %s {{config}}", name="{{7*7}} %(name)s")
    page = stranger.client.get(cast.POST).text
    assert "{{7*7}} {% raw %} ${7*7} #{7*7} %(name)s %s {{config}}" in page
    assert "SECRET" not in page
    for refused in (
        stranger.client.post(cast.POST + "comments/", data={"text": "{{7*7}}", "name": "%(name)s"}),
        stranger.client.get("/{{7*7}}/"),
        stranger.client.get("/category/{{7*7}}/"),
    ):
        assert "49" not in refused.text


def test_web_addresses_become_links_that_nobody_profits_from(say, browser):
    comment = say(
        "See https://a.example/x?y=1&z=2, (http://b.example/c_(d)) and www.c.example or javascript:alert(1).\n\n"
        "Second paragraph,\nsecond line: HTTPS://D.example."
    )
    said = item(browser.visit(cast.POST), comment)
    links = said.find_all("a", rel=True)
    assert [link["href"] for link in links] == [
        "https://a.example/x?y=1&z=2",
        "http://b.example/c_(d)",
        "HTTPS://D.example",
    ]
    assert all(link["rel"] == ["nofollow", "ugc"] for link in links)
    assert len(said.find_all("p")) == 2
    assert len(said.find_all("br")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000 + ")" * 5_000,
        "http://" + "a" * 2_000 + ")" * 7_000,
        "http://a.example/" + "()" * 4_990,
        "http://a.example/" + ")." * 4_990,
        "http:// " * 1_250,
        "http://http://" * 700,
        "\n" * 9_999 + "x",
        "\n \t" * 3_300,
        "> " * 5_000,
        "&" * 10_000,
        "[[" * 5_000,
        "🏳️‍🌈" * 1_600,
        "a\u0301" * 5_000,
    ],
    ids=range(13),
)
def test_no_text_takes_long_to_show(text):
    begun = time.process_time()
    assert len(paragraphs(text)) >= 0
    assert time.process_time() - begun < 0.1


# What it costs


def test_a_post_takes_at_most_five_statements_however_long_its_thread(app, inside, post, stranger):
    with inside():
        thread = db.session.get(Thread, post.id)
        roots = [cast.a_comment(thread, State.PUBLISHED, text=f"Root {n}.") for n in range(5)]
        for n in range(5):
            cast.a_comment(thread, State.PUBLISHED, text=f"Reply {n}.", parent=roots[n])
    with counting(app) as for_ten:
        stranger.client.get(cast.POST)
    with inside():
        thread = db.session.get(Thread, post.id)
        parents = [db.session.get(Comment, root.id) for root in roots]
        for n in range(40):
            cast.a_comment(thread, State.PUBLISHED, text=f"More {n}.", parent=parents[n % 5])
    with counting(app) as for_fifty:
        page = stranger.client.get(cast.POST).text
    assert page.count('<li id="comment-') == 50
    assert len(for_fifty) == len(for_ten) <= 5, for_fifty


def test_a_comment_is_taken_in_few_statements(app, post, stranger):
    with counting(app) as statements:
        assert (
            stranger.client.post(
                cast.POST + "comments/", data={"text": "a", "name": "b", "email": "c@d.example"}
            ).status_code
            == 303
        )
    assert len(statements) <= 8, statements


# Written once


@pytest.fixture
def written(monkeypatch):
    """The texts that were made into HTML so far."""
    written = []
    monkeypatch.setattr(thread_html, "paragraphs", lambda text: written.append(text) or paragraphs(text))
    return written


def test_a_comment_that_says_what_it_said_is_not_written_again(say, stranger, written):
    first = say("One.")
    stranger.get(cast.POST)
    say("Two.", to=first)
    assert "One." in stranger.get(cast.POST).text
    assert written == ["One.", "Two."]


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Bea"}, {"text": "Other words."}, {"number": 17}, {"written_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"state": State.REJECTED}, {"edited_at": datetime(2027, 1, 1, tzinfo=UTC)}, {"source_id": "99"},
    ],
    ids=str,
)  # fmt: skip
def test_one_that_changed_in_whatever_is(say, stranger, inside, changed):
    chain = [say("Words 0.", name="Ann")]
    for n in range(1, 5):
        chain.append(say(f"Words {n}.", to=chain[-1]))
    before = str(stranger.get(cast.POST).page)
    with inside():
        for name, value in changed.items():
            setattr(db.session.get(Comment, chain[3].id), name, value)
    after = str(stranger.get(cast.POST).page)
    assert after != before
    thread_html._last_drawn.cache_clear()
    assert str(stranger.get(f"{cast.POST}?anew").page) == after


def test_what_has_gone_from_the_page_is_not_held(say, gone, stranger):
    comment = say("To be forgotten.")
    stranger.get(cast.POST)
    drawn = thread_html._last_drawn(cast.POST, 1)
    assert "To be forgotten." in str(drawn)
    gone(comment)
    stranger.get(cast.POST)
    assert "To be forgotten." not in str(drawn)
