"""The outbox as admins see it: what went, what could not, and, with no mail server, the mails themselves."""

import pytest
from bs4 import BeautifulSoup

from opm.accounts import signing_in
from opm.comments import moderation
from opm.comments.models import Act, Comment, State, Thread
from opm.comments.submission import CONFIRM_MAIL
from opm.extensions import db
from opm.outbox import posting
from opm.outbox.models import Email
from opm.outbox.models import State as EmailState
from tests import cast
from tests.stranger import Answer, Stranger

SCRIPT = '<script>alert(1)</script><img src=x onerror="alert(1)">'


@pytest.fixture
def no_server(app, monkeypatch):
    """A site to which nobody has given a mail server."""
    monkeypatch.setitem(app.config, "MAIL_SERVER", None)


@pytest.fixture
def thread(inside):
    with inside():
        return cast.a_post().thread


@pytest.fixture
def desk(inside, browser):
    """Ines, who may read the outbox."""
    return cast.signed_in(browser, inside)


def test_without_a_server_a_newcomer_reads_the_mail_here_and_walks_on(
    app, no_server, inside, thread, desk, another_browser
):
    another_browser.visit(cast.POST)
    another_browser.press("Send comment", text=cast.WORDS, name="Jo Marsh", email="jo@example.org")
    page = desk.visit("/desk/outbox/")
    assert "No mail server is set." in desk.text
    assert "To jo@example.org" in desk.text
    assert "is your code for Open policy" in desk.text
    link = next(a["href"] for a in page.find_all("a") if "/comment/confirm/" in a["href"])
    another_browser.visit(link.removeprefix(app.config["BASE_URL"]))
    another_browser.press("Yes, confirm my comment")
    with inside(False):
        assert db.session.query(Comment).one().state == State.PENDING
    desk.visit("/desk/outbox/")
    assert "It would not go any more: what it spoke of has changed." in desk.text


def test_a_kept_mail_is_seen_as_mail_programs_show_it_and_nothing_in_it_can_act(no_server, inside, thread, desk):
    with inside():
        comment = cast.a_comment(thread, State.UNCONFIRMED)
        posting.post(CONFIRM_MAIL, "jo@example.org", comment.id, nonce=comment.link_nonce)
    page = desk.visit("/desk/outbox/")
    href = page.find("a", string="See it as mail programs show it")["href"]
    answer = desk.client.get(href)
    assert answer.headers["Content-Security-Policy"] == "sandbox;default-src 'none';style-src 'unsafe-inline'"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.mimetype == "text/html"
    mail = BeautifulSoup(answer.text, "html.parser")
    assert mail.h1
    assert mail.find("a", href=lambda href: "/comment/confirm/" in href)
    assert not mail.find_all(["script", "img", "form", "iframe", "object"])


def test_only_a_kept_mail_that_would_still_go_is_seen_in_html(no_server, inside, thread, desk):
    with inside():
        comment = cast.a_comment(thread, State.UNCONFIRMED)
        gone = posting.post(CONFIRM_MAIL, "jo@example.org", comment.id, nonce="of an older link")
        for state in set(EmailState) - {EmailState.KEPT}:
            posting.post(CONFIRM_MAIL, "jo@example.org", comment.id, nonce=comment.link_nonce).state = state
        assert gone.state == EmailState.KEPT
    for id in (*range(1, 7), 2**63 - 1, 2**63):
        assert Answer(desk.client.get(f"/desk/outbox/{id}/mail")).status == 404, id


def test_a_kept_mail_says_when_it_would_have_gone(no_server, inside, thread, desk):
    with inside():
        comment = cast.a_comment(thread)
        moderation.decide(comment, Act.APPROVE, cast.ines(), revision=1)
    desk.visit("/desk/outbox/")
    assert "Your comment on Open policy is published" in desk.text
    assert "It would go at 10:10." in desk.text


def test_mail_that_was_kept_stays_kept_once_a_server_is_set(app, inside, desk, mailbox, monkeypatch):
    with monkeypatch.context() as patch, inside():
        patch.setitem(app.config, "MAIL_SERVER", None)
        attempt = signing_in.begin(cast.piotr())
        posting.post(signing_in.MAIL, "piotr@northmere.example", attempt.id, nonce=attempt.link_nonce)
    assert mailbox.deliver() == []
    desk.visit("/desk/outbox/")
    assert "No mail server is set." not in desk.text
    assert "Kept 1" in desk.text


def test_with_a_server_nobody_can_read_other_peoples_codes_and_links_here(app, inside, thread, desk, mailbox):
    Stranger(app).post("/desk/sign-in", data={"email": "ines@northmere.example"})
    Stranger(app).send()
    waiting = desk.client.get("/desk/outbox/").text
    mailbox.deliver()
    sent = desk.client.get("/desk/outbox/").text
    for message in mailbox.messages:
        secrets = [word for word in message.body.split() if "/desk/sign-in/" in word or "/comment/" in word]
        assert secrets
        for secret in [*secrets, message.subject]:
            assert secret not in waiting
            assert secret not in sent
    assert "Link and code to sign in" in sent


def test_a_mail_that_was_refused_stands_there_with_the_servers_answer(inside, desk):
    with inside():
        email = posting.post(CONFIRM_MAIL, "no@example.org", 1)
        email.tries = 3
        email.settle(EmailState.FAILED, "550 5.1.1 nobody here")
        posting.post(CONFIRM_MAIL, "ada@example.org", 1).settle(EmailState.SENT)
    page = desk.visit("/desk/outbox/?state=failed")
    assert [h2.get_text() for h2 in page.find_all("h2")] == ["To no@example.org"]
    assert "Last answer of the mail server, at try 3: 550 5.1.1 nobody here" in desk.text
    assert "Code and link to confirm a comment" in desk.text
    assert "Could not be sent" in desk.text


def test_each_state_has_its_list(inside, desk):
    with inside():
        for state in EmailState:
            posting.post("note", f"{state}@example.org", 1).state = state
    for state in EmailState:
        page = desk.visit(f"/desk/outbox/?state={state}")
        assert [h2.get_text() for h2 in page.find_all("h2")] == [f"To {state}@example.org"]


def test_long_lists_come_in_pages_the_newest_first(inside, desk):
    with inside():
        for number in range(45):
            posting.post("note", f"p{number}@example.org", 1)
    page = desk.visit("/desk/outbox/")
    assert page.h2.get_text() == "To p44@example.org"
    desk.follow("Older")
    page = desk.follow("Older")
    assert [h2.get_text() for h2 in page.find_all("h2")] == [f"To p{n}@example.org" for n in (4, 3, 2, 1, 0)]
    desk.follow("Newer")
    assert desk.answer.request.args["page"] == "2"


def test_a_query_that_makes_no_sense_is_not_found(desk):
    for query in ("state=x", "state=KEPT", "page=0", "page=-1", "page=x", "page=" + "9" * 20, "page=1.5", "state=%00"):
        assert Answer(desk.client.get(f"/desk/outbox/?{query}")).status == 404, query


def test_what_strangers_and_servers_say_is_shown_as_text(no_server, inside, thread, desk):
    with inside():
        db.session.get_one(Thread, thread.id).title = f"{SCRIPT} http://evil.example/{SCRIPT}"
    with inside():
        comment = cast.a_comment(thread, text=SCRIPT, name=SCRIPT)
        moderation.decide(comment, Act.REJECT, cast.ines(), revision=1, rule=1, note=f"{SCRIPT} javascript:alert(1)")
        posting.post("note", SCRIPT, 1).settle(EmailState.FAILED, SCRIPT)
        posting.post(SCRIPT, "ada@example.org", 1)
    page = desk.visit("/desk/outbox/")
    assert not [tag for tag in page.find_all(["script", "img"]) if not tag.get("src", "").startswith("/static/")]
    assert "alert(1)" in desk.text
    assert not [a for a in page.find_all("a") if a["href"].startswith("javascript")]


def test_the_outbox_says_nothing_to_who_may_not_read_it(inside, thread, browser):
    with inside():
        posting.post("note", "secret@example.org", 1)
    cast.signed_in(browser, inside, cast.piotr)
    browser.visit("/desk/outbox/", status=403)
    assert "secret@example.org" not in browser.text
    assert "To read the mail that the site writes, ask" in browser.text


def test_looking_at_kept_mails_settles_none(no_server, app, inside, thread, desk):
    Stranger(app).send()
    for _ in range(2):
        desk.visit("/desk/outbox/")
    with inside(False):
        email = db.session.query(Email).one()
        assert (email.state, email.tries, email.settled_at) == (EmailState.KEPT, 0, None)
