"""Sending a comment: what is refused, with every word given back, and what is taken, once."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from opm import settings
from opm.comments.models import Comment, State, Thread
from opm.extensions import db
from opm.outbox.models import Email
from tests import cast
from tests.counting import compressed
from tests.mailbox import path_in
from tests.stranger import FORM, Stranger
from tests.tables import rows

ELSEWHERE = "/2026/10/02/the-bins/"
OTHER_FORM = ELSEWHERE + "comments/"


# Refused, and nothing lost


MISSING_OR_OVERLONG = [
    ("text", "", "Write your comment"),
    ("text", None, "Write your comment"),
    ("text", " \r\n\t\u2003\u200b\x00 ", "Write your comment"),
    ("text", "\u3164\u2800\u200d", "Write your comment"),
    ("text", "x" * 10_001, "Your comment is 1 characters over the limit of 10,000"),
    ("name", "", "Write a name"),
    ("name", None, "Write a name"),
    ("name", "\u202e\u2066\ufeff", "Write a name"),
    ("name", "\u200d\ufe0f", "Write a name"),
    ("name", "x" * 81, "Your name is 1 characters over the limit of 80"),
    ("name", "=?utf-8?q?Hi=0D=0ABcc=3A_x=40y.test?=", "=?"),
    ("email", "", "Write your email address"),
    ("email", None, "Write your email address"),
    ("email", "jo", "needs an @"),
    ("email", "jo@example", "needs a dot"),
    ("email", "jo@example..org", "Look at your email address again"),
    ("email", "jo@[127.0.0.1]", "Look at your email address again"),
    ("email", "@example.org", "Look at your email address again"),
    ("email", '"jo<script>"@example.org', "Look at your email address again"),
    ("email", "jo@example.org, kim@example.org", "one email address"),
    ("email", "jo@example.org;kim@example.org", "one email address"),
    ("email", "jo@example.org\r\nBcc: kim@example.org", "one email address"),
    ("email", "jo@example.org\x85Bcc:kim@example.org", "one email address"),
    ("email", "=?utf-8?q?jo?=@example.org", "=?"),
    ("email", "a" * 250 + "@example.org", "at most 254 characters"),
]


def test_what_is_missing_or_overlong_is_said_beside_its_field_and_all_words_stay(post, stranger, stored):
    for field, value, sentence in MISSING_OR_OVERLONG:
        for htmx in (False, True):
            answer = stranger.send(htmx=htmx, **{field: value})
            assert answer.status == 422, field
            assert sentence in answer.text
            summary = answer.page.find(role="alert", class_="problem")
            assert [link["href"] for link in summary.find_all("a")] == [f"#{field}"]
            assert answer.page.find(id=field)["aria-invalid"] == "true"
            for name, typed in {"text": cast.WORDS, "name": "Jo Marsh", "email": "jo@example.org"}.items():
                if name != field:
                    assert answer.typed(name) == typed
            assert stored() == []


def test_overlong_words_come_back_whole_and_are_never_cut(post, stranger):
    answer = stranger.send(text="a" * 15_000, name="n" * 200, email="e" * 300 + "@example.org")
    assert answer.status == 422
    assert answer.typed("text") == "a" * 15_000
    assert answer.typed("name") == "n" * 200
    assert answer.typed("email") == "e" * 300 + "@example.org"


def test_a_text_of_exactly_ten_thousand_characters_is_taken_whatever_they_weigh(post, stranger, stored):
    assert stranger.send(text="🌊" * 10_000, name="é" * 80).status == 303
    assert stored()[0].text == "🌊" * 10_000
    assert stored()[0].name == "é" * 80


def test_a_browsers_line_ends_count_once(post, stranger, stored):
    assert stranger.send(text="\r\n".join(["ab"] * 3_333)).status == 303
    assert len(stored()[0].text) == 3_333 * 3 - 1


def test_a_refused_form_can_be_mended_and_sent(post, browser, stored):
    browser.visit(cast.POST)
    browser.press("Send comment", text=cast.WORDS, name="", email="jo.example.org", status=422)
    browser.press("Send comment", name="Jo Marsh", email="jo@example.org")
    assert browser.heading == "Thank you. One more step"
    assert stored()[0].text == cast.WORDS


# Odd text


CONTROLS = [
    ("a\x00b", "ab"),
    ("\x00" * 50 + "a", "a"),
    ("one\u202eeno\u202c two", "oneeno two"),
    ("\u2066Minister\u2069 for\u200f Health\ufeff", "Minister for Health"),
    ("bell\x07 and escape\x1b[31m", "bell and escape[31m"),
    ("one\u2028two\u2029three\x85four", "one\ntwo\nthree\nfour"),
    ("e\u0301", "é"),
]


def test_controls_that_hide_or_turn_text_are_dropped(post, stranger, stored):
    for number, (sent, kept) in enumerate(CONTROLS):
        assert stranger.send(text=f"{sent}.", email=f"jo{number}@example.org").status == 303
        assert stored()[-1].text == f"{kept}."


def test_a_name_cannot_turn_its_line_around_nor_break_it(post, stranger, stored):
    assert stranger.send(name="\u202eJo\r\n\x00 \u2028Marsh\u2067").status == 303
    assert stored()[0].name == "Jo Marsh"


@pytest.mark.parametrize(
    "raw",
    [
        b"text=%ED%A0%80a&name=Jo&email=jo@example.org",  # a lone surrogate
        b"text=%ff%fe%C0%AFa&name=%F4%90%80%80Jo&email=jo@example.org",  # bytes that are no UTF-8
        b"text=a&name=Jo&email=jo@example.org&%ED%A0%80=1&%00=2&=3&&&",
        b"text=%uD800a&name=Jo%&email=jo@example.org",
    ],
)
def test_bytes_that_are_no_text_are_taken_as_what_can_be_read_of_them(post, stranger, stored, raw):
    answer = stranger.post(FORM, data=raw, content_type="application/x-www-form-urlencoded")
    assert answer.status == 303
    assert "a" in stored()[0].text


NONSENSE = [
    {"email": "a@" + "b." * 50_000 + "org"},
    {"email": "a" * 100_000 + "@example.org"},
    {"email": "@" * 100_000},
    {"name": "=?" * 20_000},
    {"text": "(" * 100_000},
    {"text": "http://" * 14_000},
    {"text": "x" + "\n \t" * 15_000 + "x"},
    {"text": "x" + " \u0301" * 20_000},
]


def test_many_kilobytes_of_nonsense_are_refused_quickly(post, stranger):
    for fields in NONSENSE:
        begun = time.monotonic()
        assert stranger.send(**fields).status == 422
        assert time.monotonic() - begun < 2


# Fields that the form does not have


def test_unexpected_fields_change_nothing(post, stranger, stored, inside, browser):
    with inside():
        someone = cast.ines().id
    answer = stranger.send(
        id="77", state="published", number="1", staff_id=str(someone), staff="1", confirmed_at="2026-10-01", source="x",
        published_at="2026-10-01", thread_id="9", thread="9", code_tries="-100", code_nonce="known", link_nonce="known",
        receipt_nonce="known", panel_handle="known", sameness="", flags="[]", wants_outcome="", revision="9",
        address_hash="x", network="x", source_id="1", csrf_token="x", comment_policy="none", is_trusted="1",
        **{"comment.state": "published", "text[]": "other", "email[to]": "kim@example.org", "__class__": "x"},
    )  # fmt: skip
    assert answer.status == 303
    comment = stored()[0]
    assert comment.state == State.UNCONFIRMED
    assert (comment.number, comment.staff_id, comment.confirmed_at, comment.published_at) == (None, None, None, None)
    assert (comment.revision, comment.code_tries, comment.source, comment.source_id) == (1, 0, None, None)
    assert (comment.text, comment.email) == (cast.WORDS, "jo@example.org")
    assert "known" not in (comment.code_nonce, comment.link_nonce, comment.receipt_nonce, comment.panel_handle)
    assert cast.WORDS not in browser.visit(cast.POST).get_text()


def test_of_a_doubled_field_the_first_counts_and_one_address_is_mailed(post, stranger, stored, mailbox):
    fields = {
        "text": ["first", "second"],
        "name": ["Jo", "Kim"],
        "email": ["jo@example.org", "kim@example.org"],
        "parent": ["", "1"],
    }
    assert stranger.post(FORM, data=fields).status == 303
    comment = stored()[0]
    assert (comment.text, comment.name, comment.email, comment.parent_id) == ("first", "Jo", "jo@example.org", None)
    assert [message.recipients for message in mailbox.deliver()] == [["jo@example.org"]]


def test_three_thousand_more_fields_do_no_harm(post, stranger, stored):
    assert stranger.send(**{f"field{n}": "x" for n in range(3_000)}).status == 303
    assert len(stored()) == 1


def test_fields_in_the_addresss_query_are_not_read(post, stranger):
    query = f"{FORM}?text=a&name=b&email=jo@example.org&parent=1"
    assert stranger.post(query, data={}).status == 422


def test_the_trap_flags_and_never_refuses(post, stranger, stored):
    assert stranger.send(url="https://spam.example").status == 303
    assert stored()[0].flags == ["trap"]


def test_many_links_flag(post, stranger, stored):
    stranger.send(text="http://a.example http://b.example")
    stranger.send(text="http://a.example http://b.example HTTPS://c.example")
    assert [comment.flags for comment in stored()] == [[], ["links"]]


# Answers to comments


@pytest.fixture
def elsewhere(inside, post):
    """A comment published under another post."""
    with inside():
        thread = cast.a_post("the-bins", "The bins", on=(2026, 10, 2)).thread
        return cast.a_comment(thread, State.PUBLISHED, name="Kim Odell", text="Said elsewhere.")


def test_a_comment_of_another_post_cannot_be_answered_here_and_the_words_stay(elsewhere, stranger, stored):
    for htmx in (False, True):
        answer = stranger.send(parent=elsewhere.id, htmx=htmx)
        assert answer.status == 409, htmx
        assert "The comment you answer is not here any more" in answer.text
        assert answer.typed("text") == cast.WORDS
        assert answer.typed("parent") is None, "sent again, it would be refused again"
        assert len(stored()) == 1


@pytest.mark.parametrize("state", [state for state in State if state != State.PUBLISHED])
@pytest.mark.parametrize("fields", [{}, {"text": ""}, {"junk": "x" * 170_000}], ids=["whole", "empty", "heavy"])
def test_what_is_not_published_cannot_be_answered_and_is_shown_to_nobody(inside, post, stranger, state, fields):
    with inside():
        hidden = cast.a_comment(post, state, name="Hidden Person", text="Hidden words.")
    for htmx in (False, True):
        answer = stranger.send(parent=hidden.id, htmx=htmx, **fields)
        assert answer.status in (409, 413)
        assert "Hidden" not in answer.response.text


def test_an_answer_to_something_elsewhere_shows_nothing_of_it_even_if_refused_for_more(elsewhere, stranger):
    answer = stranger.send(parent=elsewhere.id, text="")
    assert answer.status == 409
    assert "Write your comment" in answer.text
    assert "Said elsewhere" not in answer.response.text
    assert "Kim Odell" not in answer.response.text


NO_COMMENTS = ["999", "0", "-1", "1.5", "x", "1 OR 1=1", "9" * 19, "9" * 40, "9" * 5_000, "\x00", "٣", "1e3"]


def test_a_comment_that_never_was_is_answered_like_one_that_is_gone(post, stranger, stored):
    for parent in NO_COMMENTS:
        answer = stranger.send(parent=parent)
        assert answer.status == 409, parent
        assert "The comment you answer is not here any more" in answer.text
        assert answer.typed("text") == cast.WORDS
        assert stored() == []


def test_a_refused_answer_stays_an_answer(inside, post, stranger, stored):
    with inside():
        first = cast.a_comment(post, State.PUBLISHED, name="Kim Odell", text="The rota is wrong.")
    answer = stranger.send(parent=first.id, name="")
    assert answer.status == 422
    assert answer.typed("parent") == str(first.id)
    assert "The rota is wrong." in answer.text
    assert stranger.send(parent=answer.typed("parent")).status == 303
    assert stored()[-1].parent_id == first.id


def test_a_reply_page_of_what_is_not_published_is_not_there(inside, post, stranger):
    with inside():
        hidden = [cast.a_comment(post, state, text=f"{state} words") for state in State if state != State.PUBLISHED]
    for comment in hidden:
        for path in (f"/comment/{comment.id}", f"/comment/{comment.id}/reply"):
            assert stranger.get(path).status == 404
            assert stranger.get(path, htmx=True).status == 404


# Threads that take nothing


def closed_by_hand(thread):
    thread.closed_at = datetime(2026, 10, 14, 8, tzinfo=UTC)


def closed_by_date(thread):
    thread.closes_at = datetime(2026, 10, 14, 9, tzinfo=UTC)


def closed_by_age(thread):
    settings.change(close_after_days=13)


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("close", [closed_by_hand, closed_by_date, closed_by_age])
def test_a_closed_thread_takes_nothing_and_gives_the_words_back(inside, post, stranger, stored, close, htmx):
    with inside():
        close(db.session.get(Thread, post.id))
    answer = stranger.send(htmx=htmx)
    assert answer.status == 403
    assert "Comments are closed here" in answer.text
    assert answer.given_back() == [cast.WORDS, "Jo Marsh", "jo@example.org"]
    assert stored() == []


def test_a_closed_thread_has_no_form_and_says_since_when(inside, post, browser, stranger):
    with inside():
        first = cast.a_comment(post, State.PUBLISHED)
        closed_by_hand(db.session.get(Thread, post.id))
    page = browser.visit(cast.POST)
    assert not page.find("textarea")
    assert "Comments closed on 14 October 2026." in browser.text
    assert page.find(id="respond"), "old links to the form still land"
    assert not page.find("a", href=f"/comment/{first.id}/reply")
    assert stranger.get(f"/comment/{first.id}/reply").status == 403


def test_a_thread_closes_at_its_moment_and_not_before(inside, post, stranger, clock):
    with inside():
        db.session.get(Thread, post.id).closes_at = clock.at.replace(hour=10)
    assert stranger.send(text="in time").status == 303
    clock.forward(hours=1)
    assert stranger.send(text="too late").status == 403


NO_THREADS = ["/2026/10/01/no-such-post/comments/", "/comments/", "/a/b/c/comments/", "/%00/comments/"]


def test_there_is_no_thread_where_there_is_no_post(post, stranger, stored):
    for path in NO_THREADS:
        assert stranger.send(to=path).status in (404, 405)
        assert stored() == []


def test_a_post_that_is_still_to_come_takes_no_comments(inside, stranger, stored, clock):
    with inside():
        cast.a_post("tomorrow", "Tomorrow", on=(2026, 10, 15))
    address = "/2026/10/15/tomorrow/comments/"
    assert stranger.send(to=address).status == 404
    assert stranger.get(address).status == 404
    assert stored() == []
    clock.forward(days=1)
    assert stranger.send(to=address).status == 303


def test_the_forms_address_leads_readers_to_the_thread(post, stranger):
    assert stranger.get(FORM).location == cast.POST + "#comments"


# Once, however often it is sent


def test_the_same_words_sent_again_are_one_comment_with_one_mail(post, stranger, stored, mailbox):
    first, second = stranger.send(), stranger.send(name="Somebody Else", email="JO@Example.ORG ")
    assert first.status == second.status == 303
    assert first.location == second.location
    assert len(stored()) == len(mailbox.deliver()) == 1
    assert stored()[0].name == "Jo Marsh"


def test_words_that_nobody_confirmed_in_time_are_new_when_they_are_sent_again(post, stranger, stored, mailbox, clock):
    stranger.send()
    late = mailbox.newest("jo@example.org")
    clock.forward(days=7)
    stranger.send()
    assert len(stored()) == 1
    assert stranger.get(path_in(late, "confirm")).status == 404
    assert stranger.get(path_in(mailbox.newest("jo@example.org"), "confirm")).status == 200


def test_line_ends_and_unseen_marks_make_no_other_comment(post, stranger, stored):
    stranger.send(text="One.\n\nTwo.")
    stranger.send(text="\r\nOne. \r\n\r\nTwo.\u200b\r\n")
    assert len(stored()) == 1


def test_other_words_another_address_or_another_place_make_another_comment(elsewhere, stranger, stored):
    stranger.send()
    stranger.send(text="Other words.")
    stranger.send(email="kim@example.org")
    stranger.send(to=OTHER_FORM)
    stranger.send(to=OTHER_FORM, parent=elsewhere.id)
    assert len(stored()) == 6


def test_words_that_were_turned_away_may_be_sent_anew(inside, post, stranger, stored):
    for state in (State.REJECTED, State.SPAM, State.WITHDRAWN):
        with inside():
            cast.a_comment(post, state, text=f"{state} words")
        assert stranger.send(text=f"{state} words").status == 303
        assert [comment.state for comment in stored()][-2:] == [state, State.UNCONFIRMED]


def test_a_rejected_comment_comes_back_although_its_words_were_sent_anew(inside, post, stranger, stored):
    with inside():
        turned_away = cast.a_comment(post, State.REJECTED)
    stranger.send()
    with inside():
        Comment.held(turned_away.id).move_to(State.PENDING, db.session.get(Thread, post.id))
    assert [comment.state for comment in stored()] == [State.PENDING, State.UNCONFIRMED]


def test_twenty_threads_that_send_the_same_words_at_once_make_one_comment_with_one_mail(
    app, post, stored, inside, monkeypatch
):
    monkeypatch.setitem(app.config, "LIMITS", False)
    strangers = [Stranger(app, f"203.0.{n}.1") for n in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda stranger: stranger.send(), strangers))
    assert {answer.status for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert len(stored()) == 1
    with inside(False):
        assert db.session.query(Email).count() == 1


def test_twenty_threads_that_send_twenty_comments_lose_and_double_none(app, post, stored, inside, monkeypatch):
    monkeypatch.setitem(app.config, "LIMITS", False)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: Stranger(app).send(text=f"Comment {n}.", htmx=n % 2 == 0), range(20)))
    assert {answer.status for answer in answers} == {200, 303}
    assert sorted(comment.text for comment in stored()) == sorted(f"Comment {n}." for n in range(20))
    with inside(False):
        assert db.session.query(Email).count() == 20


# What is answered


def test_inline_the_form_is_replaced_by_the_panel_in_at_most_two_kilobytes(post, stranger):
    answer = stranger.send(htmx=True, headers={"Accept-Encoding": "br"}).response
    assert answer.status_code == 200
    assert compressed(answer) <= 2_048


def test_inline_the_answer_is_the_panel_alone(post, stranger):
    answer = stranger.send(htmx=True)
    assert answer.page.section["class"] == ["panel"]
    assert "jo@example.org" in answer.text
    assert cast.WORDS not in answer.text


def test_a_comment_stores_no_network_address(app, post, stranger):
    stranger.send()
    assert "203.0.113" not in str(rows(app))


def test_a_comment_that_is_not_published_changes_nothing_that_readers_see(app, post, stranger):
    before = stranger.get(cast.POST).headers["ETag"]
    version = rows(app)["publicity"]
    stranger.send()
    assert stranger.get(cast.POST).headers["ETag"] == before
    assert rows(app)["publicity"] == version
