"""Whoever sends somebody's words once more learns nothing: not that they stand here, nor whose they are.

Eve guesses who wrote a comment. She sends its words again with the guessed address, and uses the panel that she is
given in every way. All that she sees must be what she would see had nobody ever written those words.
"""

import pytest

from opm import settings
from opm.comments.models import Comment, State
from opm.extensions import db
from tests import cast
from tests.mailbox import code_in, path_in
from tests.stranger import Stranger, masked

STANDING = [State.UNCONFIRMED, State.PENDING, State.PUBLISHED]
confirmed = pytest.mark.parametrize("stands", STANDING[1:], indirect=True)
TOLD_ELSEWHERE = {"Content-Length", "Date"}
RANDOM = {"Location", "X-Request-Id"}  # only how long they are can tell anything


@pytest.fixture
def eve(app):
    """Who wants to know."""
    return Stranger(app, address="198.51.100.9")


@pytest.fixture(params=STANDING)
def stands(request, inside, post, stranger, mailbox):
    """Jo's comment, sent, confirmed by code and decided as people do it. Gives its text and its code."""
    panel = stranger.send(name="Jo").location
    code = code_in(mailbox.newest("jo@example.org"))
    if request.param != State.UNCONFIRMED:
        stranger.post(panel, data={"code": f"{int(code) ^ 1:06d}"})
        stranger.post(panel, data={"code": code})
    if request.param == State.PUBLISHED:
        with inside():
            comment = db.session.query(Comment).one()
            Comment.held(comment.id).move_to(State.PUBLISHED, comment.thread)
    return cast.WORDS, code


@pytest.fixture
def nobodys(post):
    """Words that nobody has written here."""
    return "These are new here.", None


def seen(answer):
    """All that can be seen of an answer, without what is random."""
    headers = {name: value for name, value in answer.headers.items() if name not in TOLD_ELSEWHERE | RANDOM}
    return answer.status, headers, masked(answer), [len(answer.headers.get(name, "")) for name in sorted(RANDOM)]


def probe(eve, text, address="jo@example.org"):
    """What Eve sees, step by step, with scripts and without."""
    sent = eve.send(text=text, name="Jo", email=address)
    panel = sent.location
    yield sent
    yield eve.send(text=text, name="Jo", email=address, htmx=True)
    yield eve.get(panel)
    yield eve.get(panel, htmx=True)
    yield eve.post(panel, data={"code": "nothing"})
    yield eve.post(panel, data={"code": "nothing"}, htmx=True)
    yield eve.post(panel + "/again")
    yield eve.post(panel + "/again", htmx=True)
    yield eve.post(panel + "/address", data={"email": "no address"})
    yield eve.post(panel + "/address", data={"email": "eve@example.org"}, htmx=True)
    yield eve.get(panel)
    yield eve.post(panel, data={"code": "nothing"})
    yield eve.post(panel + "/again")


def test_a_repeat_and_its_panel_are_the_same_whether_the_first_waits_stands_or_never_was(stands, nobodys, eve):
    about_jo, about_nobody = (list(map(seen, probe(eve, text))) for text, _code in (stands, nobodys))
    for number, (one, other) in enumerate(zip(about_jo, about_nobody, strict=True), 1):
        assert one == other, f"step {number} of the probe tells"


def test_the_way_in_which_an_address_was_first_written_is_not_told(stands, nobodys, eve):
    one, other = (eve.send(text=text, email="JO@Example.org", htmx=True) for text, _code in (stands, nobodys))
    assert seen(one) == seen(other)
    assert "jo@example.org" in one.text


def test_a_panel_that_moves_to_an_address_tells_not_whether_the_words_stand_under_it(stands, nobodys, eve):
    def move(text):
        panel = eve.send(text=text, name="Jo", email="eve@example.org").location
        yield eve.post(panel, data={"code": "nothing"})
        yield eve.post(panel + "/address", data={"email": "jo@example.org"})
        yield eve.get(panel)
        yield eve.post(panel, data={"code": "nothing"})
        yield eve.post(panel + "/again", htmx=True)
        yield eve.send(text=text, name="Jo", email="eve@example.org", htmx=True)

    one, other = (list(map(seen, move(text))) for text, _code in (stands, nobodys))
    assert one == other


def test_a_panel_that_moved_lives_as_long_as_any(stands, nobodys, eve, clock):
    clock.forward(days=5)
    panels = []
    for text, _code in (stands, nobodys):
        panel = eve.send(text=text, name="Jo", email="eve@example.org").location
        eve.post(panel + "/address", data={"email": "jo@example.org"})
        panels.append(panel)
    clock.forward(days=7, seconds=-1)
    assert [eve.get(panel).status for panel in panels] == [200, 200]
    clock.forward(seconds=1)
    assert [eve.get(panel).status for panel in panels] == [404, 404]


def test_tries_are_counted_anew_once_a_panel_has_ended(inside, post, eve, clock):
    with inside():
        cast.a_comment(post, State.PUBLISHED)
    for _ in range(2):
        panel = eve.send().location
        assert "You have 4 more tries" in eve.post(panel, data={"code": "nothing"}).text
        assert "You have 3 more tries" in eve.post(eve.send().location, data={"code": "nothing"}).text
        clock.forward(days=8)


def test_the_mail_to_eves_own_address_says_no_more(stands, nobodys, eve, mailbox, clock, inside):
    pages = []
    for text, _code in (stands, nobodys):
        panel = eve.send(text=text, name="Eve’s guess").location
        eve.send(text=f"In between, {text}", email="al@example.org")
        clock.forward(minutes=5)
        eve.post(panel + "/address", data={"email": "eve@example.org"})
        mail = mailbox.newest("eve@example.org")
        pages.append(eve.get(path_in(mail, "confirm")))
        with inside(False):
            newest = db.session.query(Comment).order_by(Comment.id.desc()).first()
        assert f"/{newest.id}." in mail.body, "the number in the link says how old the comment is"
        clock.forward(minutes=-5)
    one, other = ([page.h1, page.find(class_="note"), page.form.button] for page in (page.page for page in pages))
    assert one == other
    assert "Eve’s guess" in pages[0].text


@confirmed
def test_words_moved_to_another_address_leave_what_stands_as_it_is(stands, stranger, eve, mailbox, inside):
    with inside(False):
        before = db.session.query(Comment).one()
    panel = eve.send(text=stands[0]).location
    eve.post(panel + "/address", data={"email": "eve@example.org"})
    with inside(False):
        stays, new = db.session.query(Comment).order_by(Comment.id)
    assert (stays.email, stays.state, stays.receipt_nonce) == (before.email, before.state, before.receipt_nonce)
    assert (new.email, new.state, new.number) == ("eve@example.org", State.UNCONFIRMED, None)
    assert eve.post(panel, data={"code": code_in(mailbox.newest("eve@example.org"))}).status == 303


@confirmed
def test_the_code_of_the_first_mail_opens_nothing_any_more(stands, eve, stranger):
    text, code = stands
    panel = eve.send(text=text).location
    for htmx in (False, True):
        answer = eve.post(panel, data={"code": code}, htmx=htmx)
        assert answer.status == 200
        assert "already done its work" in answer.text
        assert "/receipt/" not in answer.response.text
        assert text not in answer.text
        assert "published" not in answer.text.lower()
        assert "moderator reads" not in answer.text


@confirmed
def test_sending_again_mails_the_state_to_its_writer_and_to_nobody_else(stands, eve, mailbox):
    mailbox.deliver()
    eve.post(eve.send(text=stands[0]).location + "/again")
    mail = mailbox.deliver()
    assert [message.recipients for message in mail] == [["jo@example.org"]]
    assert mail[0].subject == "Your comment is already confirmed"


def test_a_repeat_mails_nobody(stands, eve, mailbox):
    mailbox.deliver()
    eve.send(text=stands[0])
    assert mailbox.deliver() == []


def test_limits_are_spent_alike(stands, nobodys, eve, inside):
    with inside():
        settings.change(comments_per_address=100, comments_per_address_a_day=2 + 1)
    statuses = [eve.send(text=text).status for text, _code in (stands, nobodys, stands, nobodys)]
    assert statuses == [303, 303, 429, 429]


def test_the_panel_of_a_comment_whose_address_was_let_go_has_ended(inside, post, eve):
    with inside():
        comment = cast.a_comment(post, State.PUBLISHED)
    panel = eve.send().location
    with inside():
        db.session.merge(comment).email = None
    assert eve.get(panel).status == 404
    assert [eve.post(panel + end, data={"email": "eve@example.org"}).status for end in ("", "/again", "/address")] == [
        404
    ] * 3
