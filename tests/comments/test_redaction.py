"""A moderator takes words out of a public comment: what readers, its writer and others see, and the way back."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from opm.comments import forgetting, receipts
from opm.comments.models import Act, Comment, Decision, State
from opm.extensions import db
from tests import cast
from tests.comments.test_moderation import Moderator, ines, look, newest, piotr, version  # noqa: F401
from tests.stranger import FORM, Answer, Stranger
from tests.tables import rows

WORDS = "The lane floods first. Ring me on 0161 496 0123.\n\nI know the water."
LEFT = "The lane floods first. Ring me on […].\n\nI know the water."
SEEN = "The lane floods first. Ring me on [a moderator took words out] ."


@pytest.fixture
def shown(inside, post):
    """A published comment with a telephone number in it."""
    with inside():
        return cast.a_comment(post, State.PUBLISHED, text=WORDS)


@pytest.fixture
def redact(ines, shown):  # noqa: F811
    """`redact()` takes the number out; or what is named here is sent."""

    def redact(who=ines, **fields):
        return who.decide(shown, "redact", **{"left": LEFT, "rule": 4, "note": "Your number."} | fields)

    return redact


def test_without_scripts_words_are_taken_out_and_brought_back(inside, shown, browser, stranger):
    cast.signed_in(browser, inside)
    browser.visit("/desk/comments/?queue=published")
    browser.press("Take out words …")
    assert browser.page.textarea.get_text().strip() == LEFT, "the number is out already"
    browser.press("Take these words out and tell the writer", rule="", status=422)
    assert "Choose the rule that the comment breaks" in browser.text
    browser.press("Take these words out and tell the writer", rule="4")
    assert "Words taken out of comment 1 on Who fills the sandbags? The writer hears of it at" in browser.text
    page = stranger.get(cast.POST)
    assert SEEN in page.text
    assert page.page.find("em", class_="gone")
    assert "0161" not in page.response.text
    browser.press("Undo")
    assert WORDS.split("\n")[0] in stranger.get(cast.POST).text


def test_a_number_is_taken_out_before_publishing_in_two_presses_and_brought_back(
    inside, post, browser, stranger, mailbox, clock, look  # noqa: F811
):  # fmt: skip
    with inside():
        comment = cast.a_comment(post, text=WORDS)
    cast.signed_in(browser, inside)
    browser.visit("/desk/comments/")
    assert browser.page.mark.get_text() == "possibly a phone number: 0161 496 0123"
    assert "Flagged: may hold a phone number." in browser.text
    browser.follow("Take it out before publishing")
    assert browser.page.find("input", checked=True)["value"] == "4"
    browser.press("Publish without these words and tell the writer")
    assert "Published without some words, as comment 1 on Who fills the sandbags?" in browser.text
    assert SEEN in stranger.get(cast.POST).text
    stranger.send(text=WORDS, email="jo@example.org")
    browser.press("Undo")
    assert (look(comment).state, look(comment).text) == (State.PENDING, WORDS)
    assert "0161" not in stranger.get(cast.POST).text
    browser.follow("Publish without some words …")
    browser.press("Publish without these words and tell the writer", note="Your number.")
    clock.forward(minutes=10)
    mail = next(mail for mail in mailbox.deliver() if "published" in mail.subject)
    assert mail.subject == "Your comment on Open policy is published, without some words"
    assert "Your number." in mail.body
    with inside(False):
        assert db.session.query(Comment).count() == 1, "what was sent once more is still the same comment"
        comment = db.session.get(Comment, comment.id)
        assert not comment.can_be_edited, "its writer would put them back"
        assert [step.what for step in receipts.history(comment)][-1] == "Published, without some words"


def test_what_is_not_private_is_put_back_and_refused_the_moderator_keeps_it(inside, post, ines, look):  # noqa: F811
    words = "Ring 0161 496 0123, or the council on 0161 496 0999."
    with inside():
        comment = cast.a_comment(post, text=words)
    opened = Answer(ines.client.get(f"/desk/comments/{comment.id}?open=redact"))
    assert opened.typed("left") == "Ring […], or the council on […]."
    left = "Ring […], or the council on 0161 496 0999."
    assert ines.decide(comment, "redact", left=left, rule="").typed("left") == left
    assert ines.decide(comment, "redact", left=left, revision=2).status == 409
    assert ines.decide(comment, "redact", left=left).status == 303
    assert look(comment).text == left.replace("[…]", "\ufffc")


def test_the_next_look_at_the_page_is_without_them(app, redact, stranger):
    before, seen = stranger.get(cast.POST), version(app)
    assert redact().status == 303
    after = stranger.get(cast.POST, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status == 200
    assert version(app) > seen


def test_they_are_kept_with_the_decision_for_its_undoing_and_no_longer(
    inside, ines, redact, shown, look, newest, clock  # noqa: F811
):  # fmt: skip
    redact()
    assert (newest().words_before, newest().rule_number, newest().note) == (WORDS, 4, "Your number.")
    assert (look(shown).revision, look(shown).is_redacted) == (2, True)
    clock.forward(minutes=9)
    assert ines.undo(newest()).status == 303
    assert (look(shown).text, look(shown).revision, newest().words_before) == (WORDS, 3, None)
    redact(revision=3)
    clock.forward(days=90)
    with inside():
        assert forgetting.words_taken_out.take(90) == 0
    clock.forward(seconds=1)
    with inside():
        assert forgetting.words_taken_out.take(90) == 1
    assert newest().words_before is None
    assert look(shown).is_redacted


@pytest.mark.parametrize("leave", [receipts.withdraw, receipts.erase])
def test_withdrawn_or_erased_they_go_at_once(app, inside, redact, shown, leave):
    redact()
    with inside():
        leave(Comment.held(shown.id))
    assert "0161" not in str(rows(app))


@pytest.mark.parametrize(
    ("left", "sentence"),
    [
        (WORDS + " And more.", "Words can only be taken out."),
        (WORDS.replace("floods", "burns"), "Words can only be taken out."),
        (LEFT.replace("[…]", "[…] a number"), "Words can only be taken out."),
        (WORDS, "All words are still there."),
        ("[…]", "Take the whole comment down instead"),
        ("", "Take the whole comment down instead"),
        ("x" * 100_000, "Words can only be taken out."),
    ],
)
@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
def test_nothing_can_be_added_or_changed_and_what_was_typed_is_kept(app, redact, left, sentence, htmx):
    before = rows(app)
    answer = redact(left=left, htmx=htmx)
    assert answer.status == 422
    assert sentence in answer.text
    assert answer.typed("left") == left or left == ""
    assert answer.typed("note") == "Your number."
    assert answer.page.find("input", checked=True)["value"] == "4"
    assert rows(app) == before


def test_a_form_that_lacks_the_words_takes_nothing_out(app, redact):
    before = rows(app)
    assert redact(left=None).status == 422
    assert rows(app) == before


def test_nobody_can_type_the_mark(inside, stranger, stored, post):
    stranger.send(text="Seemingly \ufffc cut.", name="Jo\ufffc")
    assert (stored()[0].text, stored()[0].name) == ("Seemingly  cut.", "Jo")


def test_the_writer_hears_of_it_with_rule_and_note_once_it_cannot_be_undone(
    redact, mailbox, clock, browser, shown, app
):
    redact()
    clock.forward(minutes=10)
    (mail,) = mailbox.deliver()
    assert mail.subject == "We took words out of your comment on Open policy"
    body = " ".join(mail.body.split())
    assert "stands under “Who fills the sandbags?” as comment 1" in body
    assert "Rule 4, Leave out private details" in body
    assert "Your number." in body
    with app.app_context():
        receipt = f"/receipt/{shown.receipt_token}/"
    browser.visit(receipt)
    assert browser.heading == "Your comment is published, without some words"
    assert "Words taken out by a moderator Rule 4: Leave out private details. Your number." in browser.text
    assert SEEN in browser.text
    held = browser.client.get(receipt + "data.json").json
    assert (held["comment"]["text"], held["decisions"][0]["text_before"]) == (LEFT, WORDS)


def test_of_approval_and_redaction_within_ten_minutes_the_writer_hears_once(inside, post, ines, mailbox, clock):  # noqa: F811
    with inside():
        comment = cast.a_comment(post, text=WORDS)
    ines.decide(comment, "approve")
    clock.forward(minutes=5)
    ines.decide(comment, "redact", left=LEFT)
    clock.forward(minutes=5)
    assert mailbox.deliver() == []
    clock.forward(minutes=5)
    assert [mail.subject for mail in mailbox.deliver()] == ["We took words out of your comment on Open policy"]


def test_undone_its_mail_does_not_go(ines, redact, newest, mailbox, clock):  # noqa: F811
    redact()
    ines.undo(newest())
    clock.forward(minutes=11)
    assert mailbox.deliver() == []


def test_more_can_be_taken_out_and_undone_step_by_step(ines, piotr, redact, shown, look, newest):  # noqa: F811
    redact()
    first = newest()
    assert redact(who=piotr).status == 409, "Piotr saw the words as they were"
    assert redact(who=piotr, revision=2, left=LEFT.replace("I know the water.", "[…]")).status == 303
    assert look(shown).text.count("\ufffc") == 2
    assert ines.undo(first).status == 409
    assert piotr.undo(newest()).status == 303
    assert ines.undo(first).status == 303
    assert look(shown).text == WORDS


def test_of_several_moderators_at_once_one_takes_words_out(app, inside, shown, redact, look):  # noqa: F811
    desks = [Moderator(app, inside, who) for who in (cast.ines, cast.piotr) * 2]
    lefts = [LEFT, LEFT, LEFT.replace("I know", "[…]"), WORDS.replace("floods", "[…]")]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda desk, left: redact(who=desk, left=left), desks, lefts))
    assert sorted(answer.status for answer in answers) == [303, 409, 409, 409]
    for answer in answers:
        assert answer.status == 303 or "Your number." in str(answer.page), "what the moderator typed is lost"
    assert look(shown).revision == 2


def test_taken_down_and_restored_it_stays_without_them(ines, redact, shown, look):  # noqa: F811
    redact()
    ines.decide(shown, "remove", revision=2)
    ines.decide(shown, "restore", revision=2)
    assert (look(shown).state, look(shown).is_redacted) == (State.PUBLISHED, True)


def test_its_writer_cannot_put_them_back(inside, post, ines, app, stranger, look):  # noqa: F811
    with inside():
        comment = cast.a_comment(post, State.PUBLISHED, text=WORDS)
        receipt = f"/receipt/{comment.receipt_token}/"
    ines.decide(comment, "redact", left=LEFT)
    assert stranger.post(receipt, data={"text": WORDS, "name": "Jo", "revision": "2"}).status == 409
    stranger.send(to=FORM, text=WORDS, email="jo@example.org")
    with inside(False):
        assert db.session.query(Comment).count() == 1, "what was sent once more is still the same comment"


def test_who_sent_the_same_words_before_is_not_handed_what_is_left(app, ines, redact, stored):  # noqa: F811
    eve = Stranger(app, address="198.51.100.9")
    panel = eve.send(text=WORDS).location
    redact()
    assert eve.post(panel + "/address", data={"email": "eve@example.org"}).status == 404
    assert len(stored()) == 1


def test_other_moderators_see_where_words_were(ines, redact, shown, inside, post):  # noqa: F811
    redact()
    with inside():
        cast.a_comment(post, text="Quite so.", parent=db.session.get(Comment, shown.id), email="kim@example.org")
    for state in ("published", "pending"):
        page = ines.client.get(f"/desk/comments/?queue={state}").text
        assert "Ring me on […]." in page
        assert "\ufffc" not in page


def test_what_a_moderator_took_out_is_audited(redact, newest, inside):  # noqa: F811
    redact()
    with inside(False):
        decision = db.session.get(Decision, newest().id)
        assert (decision.act, decision.by.name, decision.from_state, decision.to_state, decision.revision) == (
            Act.REDACT, "Ines Calder", State.PUBLISHED, State.PUBLISHED, 1,
        )  # fmt: skip
