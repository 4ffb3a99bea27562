"""Deciding: every row of the table of transitions that is a moderator's, and what can go wrong on the way."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from opm.accounts.models import Session
from opm.comments import moderation, receipts
from opm.comments.models import ACTS, Act, BlockedAddress, Comment, Decision, MovedOn, State, Thread, address_hash
from opm.comments.moderation import CannotUndo
from opm.extensions import db
from opm.lib import publicity
from opm.lib.redaction import CannotTakeOut
from opm.outbox.models import Email
from tests import cast
from tests.browser import FRAGMENT, Browser
from tests.counting import compressed
from tests.stranger import Answer, Stranger
from tests.tables import rows

SCRIPT = '<script>alert(1)</script><img src=x onerror="alert(1)">'


class Moderator:
    """Somebody at the desk who sends what they like, with their own token."""

    def __init__(self, app, inside, who=cast.ines):
        self.client = Browser(app).client
        with inside():
            session, secret = Session.begin(who(), "")
            db.session.add(session)
        self.client.set_cookie("opm-8000", secret)
        page = BeautifulSoup(self.client.get("/desk/").text, "html.parser")
        self.token = page.find("input", attrs={"name": "csrf_token"})["value"]

    def decide(self, comment, act, htmx=False, headers=None, **fields) -> Answer:
        """Presses a button on the comment's first revision, with the first rule and leaving out the first word.

        Or with what is named here.
        """
        left = f"[…] {comment.text.partition(' ')[2]}"
        sent = {"decision": str(act), "revision": 1, "rule": 1, "note": "", "left": left} | fields
        return self.post(f"/desk/comments/{comment.id}/decision", htmx, headers, **sent)

    def undo(self, decision, htmx=False) -> Answer:
        return self.post(f"/desk/comments/decisions/{decision.id}/undo", htmx)

    def post(self, path, htmx=False, headers=None, **fields) -> Answer:
        data = {name: value for name, value in fields.items() if value is not None} | {"csrf_token": self.token}
        headers = (FRAGMENT if htmx else {}) | (headers or {})
        return Answer(self.client.post(path, data=data, headers=headers), is_fragment=htmx)


@pytest.fixture
def ines(app, inside):
    return Moderator(app, inside)


@pytest.fixture
def piotr(app, inside):
    return Moderator(app, inside, cast.piotr)


@pytest.fixture
def waiting(inside, post):
    """A comment that waits."""
    with inside():
        return cast.a_comment(post)


@pytest.fixture
def look(inside):
    """`look(comment)` reads it anew."""

    def look(comment) -> Comment:
        with inside(False):
            found = db.session.get_one(Comment, comment.id)
            assert found.decisions is not None  # read while there is a session
            return found

    return look


@pytest.fixture
def newest(inside):
    """`newest()` is the last decision."""

    def newest() -> Decision:
        with inside(False):
            return db.session.scalars(select(Decision).order_by(Decision.id.desc())).first()

    return newest


def version(app) -> int:
    with app.app_context():
        return publicity.version()


# The table


def test_each_act_leads_from_its_states_to_where_the_table_says_and_from_no_other(
    app, inside, post, ines, look, newest
):
    with inside():
        comments = {pair: cast.a_comment(post, pair[1], text=f"{pair}") for pair in product(Act, State)}
    for (act, state), comment in comments.items():
        before = rows(app)
        answer = ines.decide(comment, act)
        if state not in ACTS[act][0]:
            assert answer.status == 409, (act, state)
            assert "Nothing was decided" in answer.text
            assert rows(app) == before
            continue
        assert (answer.status, answer.location) == (303, "/desk/comments/#decided"), (act, state)
        assert look(comment).state == ACTS[act][1]
        assert (newest().comment_id, newest().from_state, newest().to_state) == (comment.id, state, ACTS[act][1])


def test_a_decision_is_a_dated_row_with_who_what_on_which_revision_and_why(ines, waiting, newest, clock, inside):
    clock.forward(hours=3)
    ines.decide(waiting, "reject", rule=4, note=" Leave out\r\nthe street.\n")
    made = newest()
    with inside():
        assert made.by_id == cast.ines().id
    assert (made.act, made.revision, made.rule_number, made.note) == (Act.REJECT, 1, 4, "Leave out\nthe street.")
    assert made.decided_at == clock.at
    assert made.undone_at is None


def test_who_decides_is_who_is_signed_in_whatever_the_form_says(inside, ines, piotr, waiting, newest):
    with inside():
        other = cast.ines().id
    piotr.decide(waiting, "approve", by_id=other, by=other, decided_at="2020-01-01", to_state="withdrawn", id=77)
    with inside():
        assert newest().by_id == cast.piotr().id
    assert newest().to_state == State.PUBLISHED


def test_restored_a_comment_comes_back_to_where_it_was(inside, post, ines, look):
    with inside():
        shown = cast.a_comment(post, State.PUBLISHED, text="shown")
        hidden, spam = cast.a_comment(post, text="hidden"), cast.a_comment(post, text="spam")
    ines.decide(shown, "remove")
    ines.decide(hidden, "reject")
    ines.decide(spam, "spam")
    for comment in (shown, hidden, spam):
        ines.decide(comment, "restore")
    assert look(shown).state == State.PUBLISHED
    assert look(shown).number == 1
    assert look(hidden).state == State.PENDING
    assert look(spam).state == State.PENDING


def test_an_approval_that_was_undone_does_not_count_as_having_been_on_the_site(waiting, ines, look, newest):
    ines.decide(waiting, "approve")
    ines.undo(newest())
    ines.decide(waiting, "reject")
    ines.decide(waiting, "restore")
    assert look(waiting).state == State.PENDING
    assert look(waiting).number == 1


# A rejection needs a rule


@pytest.mark.parametrize("act", ["reject", "remove"])
def test_the_first_press_asks_for_the_rule_and_decides_nothing(app, inside, post, ines, act):
    with inside():
        comment = cast.a_comment(post, State.PENDING if act == "reject" else State.PUBLISHED)
    before = rows(app)
    for htmx in (False, True):
        answer = ines.decide(comment, act, htmx, rule=None)
        assert answer.status == 200
        assert "Which rule does it break?" in answer.text
        assert len(answer.page.find_all("input", type="radio")) == 6
        assert not answer.page.find(class_="error"), "nothing was done wrong yet"
    assert rows(app) == before


def test_without_a_rule_of_the_site_nothing_is_decided_and_the_note_is_kept(app, ines, waiting):
    before = rows(app)
    for rule in ("", "0", "7", "-1", "x", "1.0", "9" * 30, "9" * 5_000, "\x00", "1e0"):
        answer = ines.decide(waiting, "reject", rule=rule, note="My\nnote.")
        assert answer.status == 422, rule
        assert answer.page.find(class_="error")
        assert answer.typed("note") == "My\nnote."
    assert rows(app) == before


def test_a_note_too_long_is_refused_and_kept_whole_and_the_rule_stays_chosen(app, ines, waiting):
    before = rows(app)
    answer = ines.decide(waiting, "reject", rule=3, note="n" * 2_001)
    assert answer.status == 422
    assert "1 characters over the limit of 2,000" in answer.text
    assert answer.typed("note") == "n" * 2_001
    assert answer.page.find("input", checked=True)["value"] == "3"
    assert rows(app) == before


def test_a_decision_that_needs_no_rule_takes_none(ines, waiting, newest):
    for act, rule in product(("approve", "spam"), ("1", "9" * 30, "-1")):
        assert ines.decide(waiting, act, rule=rule).status == 303
        assert newest().rule_number is None
        ines.undo(newest())


ODD_FORMS = [
    {"decision": None}, {"decision": ""}, {"decision": "publish"}, {"decision": "APPROVE"}, {"revision": None},
    {"revision": ""}, {"revision": "0"}, {"revision": "-1"}, {"revision": "x"}, {"revision": "9" * 30},
    {"decision": "<script>"}, {"decision": "x" * 100_000}, {"revision": "\x00"},
]  # fmt: skip


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
def test_a_form_that_no_page_of_ours_sends_decides_nothing_and_says_so(app, ines, waiting, htmx):
    before = rows(app)
    for fields in ODD_FORMS:
        answer = ines.decide(waiting, "approve", htmx, **{"note": "Kept."} | fields)
        assert answer.status == 422, fields
        assert "Nothing was decided" in answer.text
        assert answer.page.find("button", value="approve"), "there is a way on"
        assert "Kept." in answer.text + str(answer.given_back())
        assert "<script>" not in answer.response.text
    assert rows(app) == before


# What the moderator saw


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("act", ["approve", "reject", "spam"])
def test_after_an_edit_the_newer_words_are_shown_and_not_decided(app, inside, ines, waiting, look, act, htmx):
    with inside():
        comment = db.session.get_one(Comment, waiting.id)
        comment.text, comment.revision = "Edited meanwhile.", 2
    before = rows(app)
    answer = ines.decide(waiting, act, htmx, note="My note.")
    assert answer.status == 409
    assert "the comment has changed since you saw it" in answer.text
    assert "Edited meanwhile." in answer.text
    assert "My note." in str(answer.page), "what the moderator typed is lost"
    assert rows(app) == before
    assert answer.typed("revision") == "2"
    ines.decide(waiting, act, revision=2)
    assert look(waiting).state == ACTS[Act(act)][1]


def test_a_revision_yet_to_come_is_not_decided(app, ines, waiting):
    before = rows(app)
    assert ines.decide(waiting, "approve", revision=2).status == 409
    assert rows(app) == before


def test_who_comes_second_is_shown_what_the_first_decided_and_keeps_the_note(ines, piotr, waiting, newest):
    piotr.decide(waiting, "approve")
    answer = ines.decide(waiting, "reject", note="My note.")
    assert answer.status == 409
    assert "Approved by Piotr Lund" in answer.text
    assert "My note." in str(answer.page)
    assert newest().act == Act.APPROVE


def test_of_several_moderators_at_once_exactly_one_decides_and_the_others_see_it(app, inside, post):
    with inside():
        comments = [cast.a_comment(post, text=f"{n}") for n in range(4)]
    desks = [Moderator(app, inside, who) for who in (cast.ines, cast.piotr) * 2]
    acts = ["approve", "reject", "spam", "approve"]
    for comment in comments:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda desk, act: desk.decide(comment, act), desks, acts))  # noqa: B023
        assert sorted(answer.status for answer in answers) == [303, 409, 409, 409]
        with inside(False):
            (decision,) = db.session.scalars(select(Decision).where(Decision.comment_id == comment.id))
            assert decision.act == acts[[answer.status for answer in answers].index(303)]
            for answer in answers:
                assert answer.status == 303 or f"by {decision.by.name}" in answer.text
    assert_counted(inside, post)


def test_undone_by_many_presses_at_once_it_is_undone_once(app, inside, ines, waiting, newest, post):
    ines.decide(waiting, "approve")
    decision = newest()
    desks = [Moderator(app, inside) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(answer.status for answer in pool.map(lambda desk: desk.undo(decision), desks))
    assert statuses == [303, 409, 409, 409]
    assert_counted(inside, post)


def test_withdrawn_while_it_is_approved_one_of_them_comes_first_and_the_count_is_right(app, inside, post, look):
    with inside():
        comments = [cast.a_comment(post, text=f"{n}") for n in range(6)]
        receipts_of = [f"/receipt/{comment.receipt_token}/withdraw" for comment in comments]
    desk = Moderator(app, inside)
    for comment, receipt in zip(comments, receipts_of, strict=True):
        with ThreadPoolExecutor(2) as pool:
            approved = pool.submit(desk.decide, comment, "approve")
            withdrawn = pool.submit(Stranger(app).post, receipt)
        assert withdrawn.result().status == 303
        assert approved.result().status in (303, 409)
        assert look(comment).state == State.WITHDRAWN
    assert_counted(inside, post)


def assert_counted(inside, thread):
    """The thread's own count is what a recount gives, and no number was given twice."""
    with inside(False):
        found = db.session.get_one(Thread, thread.id)
        here = Comment.thread_id == thread.id
        published = db.session.scalar(select(func.count()).where(here, Comment.state == State.PUBLISHED))
        numbers = db.session.scalars(select(Comment.number).where(here, Comment.number.is_not(None))).all()
        assert found.published_count == published
        assert sorted(numbers) == list(range(1, found.last_number + 1))


# Undo


@pytest.mark.parametrize(
    ("act", "state"), [(act, state) for act, (states, _) in ACTS.items() for state in sorted(states)], ids=str
)
def test_undone_a_comment_is_where_it_was_before(inside, post, ines, look, newest, act, state):
    with inside():
        comment = cast.a_comment(post, state)
    ines.decide(comment, act)
    assert ines.undo(newest()).location == f"/desk/comments/#row-{comment.id}"
    assert look(comment).state == state
    assert newest().undone_at is not None
    assert_counted(inside, post)


@pytest.mark.parametrize(
    ("seconds", "works"), [(599, True), (600, False), (-599, True), (-48 * 3600, False), (6 * 24 * 3600, False)]
)
def test_undo_works_for_ten_minutes(ines, waiting, look, newest, clock, seconds, works):
    ines.decide(waiting, "approve")
    clock.forward(seconds=seconds)
    answer = ines.undo(newest())
    assert answer.status == (303 if works else 409)
    assert look(waiting).is_published != works
    if not works:
        assert "This can no longer be undone" in answer.text


def test_only_who_decided_can_undo(app, ines, piotr, waiting, newest):
    ines.decide(waiting, "approve")
    before = rows(app)
    for htmx in (False, True):
        assert piotr.undo(newest(), htmx).status == 409
    assert rows(app) == before


def test_what_was_undone_stays_undone(app, ines, waiting, newest):
    ines.decide(waiting, "approve")
    ines.undo(newest())
    before = rows(app)
    assert ines.undo(newest()).status == 409
    assert rows(app) == before


def test_after_something_newer_an_older_decision_cannot_be_undone(app, inside, ines, piotr, waiting, newest):
    ines.decide(waiting, "approve")
    first = newest()
    piotr.decide(waiting, "remove")
    before = rows(app)
    assert ines.undo(first).status == 409
    assert rows(app) == before
    assert piotr.undo(newest()).status == 303
    assert ines.undo(first).status == 303, "nothing newer stands any more"


def test_after_its_writer_withdrew_it_a_decision_cannot_be_undone(inside, ines, waiting, look, newest):
    ines.decide(waiting, "approve")
    with inside():
        receipts.withdraw(Comment.held(waiting.id))
    assert ines.undo(newest()).status == 409
    assert look(waiting).state == State.WITHDRAWN


def test_words_that_were_sent_anew_after_a_rejection_do_not_stand_in_the_way_of_its_undoing(
    ines, stranger, waiting, look, newest
):
    ines.decide(waiting, "reject")
    assert stranger.send().status == 303
    assert ines.undo(newest()).status == 303
    assert look(waiting).state == State.PENDING
    assert ines.decide(waiting, "approve").status == 303
    assert look(waiting).state == State.PUBLISHED


# Numbers


def test_a_number_is_kept_through_undo_and_removal_and_gaps_stay(inside, post, ines, look, newest):
    with inside():
        first, second, third = (cast.a_comment(post, text=f"{n}") for n in range(3))
    ines.decide(first, "approve")
    ines.undo(newest())
    ines.decide(second, "approve")
    assert (look(first).number, look(second).number) == (1, 2)
    ines.decide(first, "reject")
    ines.decide(third, "approve")
    assert look(third).number == 3
    ines.decide(second, "remove")
    ines.decide(second, "restore")
    assert look(second).number == 2
    assert_counted(inside, post)


def test_the_day_of_publication_is_the_first(ines, waiting, look, newest, clock):
    ines.decide(waiting, "approve")
    first = clock.at
    clock.forward(days=1)
    ines.decide(waiting, "remove")
    clock.forward(days=1)
    ines.decide(waiting, "restore")
    assert look(waiting).published_at == first


# The public version


BUMPS = [(Act.APPROVE, State.PENDING), (Act.REMOVE, State.PUBLISHED)]
QUIET = [
    (Act.REJECT, State.PENDING), (Act.SPAM, State.PENDING), (Act.RESTORE, State.REJECTED), (Act.RESTORE, State.SPAM),
]  # fmt: skip


@pytest.mark.parametrize(("act", "state"), BUMPS + QUIET, ids=str)
def test_the_public_version_grows_exactly_when_readers_see_a_difference(app, inside, post, ines, newest, act, state):
    with inside():
        comment = cast.a_comment(post, state)
    page, before = app.test_client().get(cast.POST), version(app)
    ines.decide(comment, act)
    changed, after = app.test_client().get(cast.POST), version(app)
    ines.undo(newest())
    back, last = app.test_client().get(cast.POST), version(app)
    if (act, state) in BUMPS:
        assert before < after < last
        assert page.headers["ETag"] != changed.headers["ETag"]
    else:
        assert before == after == last
        assert page.data == changed.data == back.data


def test_a_reader_who_has_the_page_gets_304_until_a_comment_is_approved(app, ines, waiting):
    reader = app.test_client()
    tag = {"If-None-Match": reader.get(cast.POST).headers["ETag"]}
    assert reader.get(cast.POST, headers=tag).status_code == 304
    ines.decide(waiting, "approve")
    answer = reader.get(cast.POST, headers=tag)
    assert answer.status_code == 200
    assert cast.WORDS in answer.text


def test_a_removed_comment_that_is_withdrawn_changes_the_mark_it_left_and_the_version(app, inside, post, ines):
    with inside():
        parent = cast.a_comment(post, State.PUBLISHED, text="parent")
        cast.a_comment(post, State.PUBLISHED, text="reply", parent=parent)
    ines.decide(parent, "remove")
    page, before = app.test_client().get(cast.POST).text, version(app)
    assert "A moderator took this comment down." in page
    with inside():
        receipts.withdraw(Comment.held(parent.id))
    assert "The writer withdrew this comment." in app.test_client().get(cast.POST).text
    assert version(app) > before


@pytest.mark.parametrize("seed", [0, 5, 8])
def test_whatever_happens_in_whatever_order_count_numbers_and_version_are_right(app, inside, post, clock, seed):
    chance = random.Random(seed)
    reader = app.test_client()
    with inside():
        root = cast.a_comment(post, State.PUBLISHED, text="The root.")
        ids = [cast.a_comment(post, text=f"Words {n}.", parent=chance.choice([None, root])).id for n in range(7)] + [
            root.id
        ]
        people = [cast.ines().id, cast.piotr().id]
    seen = (reader.get(cast.POST).data, version(app))
    story = []
    for _ in range(80):
        clock.forward(minutes=chance.choice([0, 0, 0, 0, 4, 11]))
        story.append(_something(inside, chance, ids, people))
        assert_counted(inside, post)
        now = (reader.get(cast.POST).data, version(app))
        assert seen[0] == now[0] or seen[1] < now[1], story
        assert story[-1][-1] or seen == now, story
        seen = now
    assert {"approve", "redact", "undo", "edit", "withdraw", "erase"} <= {act for act, _, happened in story if happened}


def _something(inside, chance, ids, people):
    """One act of somebody on some comment: (what, on which, whether it happened)."""
    act = chance.choice([*Act, *Act, *Act, Act.APPROVE, *["undo"] * 12, "edit", "edit", "withdraw", "erase"])
    id, by = chance.choice(ids), chance.choice(people)
    try:
        with inside():
            comment, person = Comment.held(id), db.session.get_one(type(cast.ines()), by)
            if act == "undo":
                decision = chance.choice(comment.decisions[-2:])
                moderation.undo(decision, chance.choice([decision.by, decision.by, person]))
            elif act == "withdraw":
                receipts.withdraw(comment)
            elif act == "edit":
                words = f"Other words {chance.random()}."
                receipts.edit(comment, text=words, name="Jo", revision=comment.revision)
            elif act == "erase":
                receipts.erase(comment)
            else:
                left = f"[…] {comment.text.rpartition(' ')[2]}"
                moderation.decide(comment, act, person, revision=comment.revision, rule=1, left=left)
    except (MovedOn, CannotUndo, CannotTakeOut, IndexError):
        return str(act), id, False
    return str(act), id, True


# The outcome mail


@pytest.mark.parametrize(
    ("act", "state", "subject"),
    [
        ("approve", State.PENDING, "Your comment on Open policy is published"),
        ("reject", State.PENDING, "Your comment on Open policy is not published"),
        ("remove", State.PUBLISHED, "Your comment on Open policy is not published any more"),
        ("spam", State.PENDING, None),
        ("restore", State.SPAM, None),
    ],
)
def test_the_writer_hears_of_it_once_it_can_no_longer_be_undone(
    inside, post, ines, mailbox, clock, act, state, subject
):
    with inside():
        comment = cast.a_comment(post, state)
    ines.decide(comment, act, note="A word from us.")
    clock.forward(seconds=599)
    assert mailbox.deliver() == []
    clock.forward(seconds=1)
    mails = mailbox.deliver()
    assert [mail.subject for mail in mails] == ([subject] if subject else [])
    if act in ("reject", "remove"):
        assert "A word from us." in mails[0].body


def _undone(inside, ines, piotr, comment, decision):
    ines.undo(decision)


def _withdrawn(inside, ines, piotr, comment, decision):
    with inside():
        receipts.withdraw(Comment.held(comment.id))


def _removed_by_another(inside, ines, piotr, comment, decision):
    piotr.decide(comment, "remove", note="Overruled.")


def _left_alone(inside, ines, piotr, comment, decision):
    with inside():
        db.session.add(BlockedAddress(address_hash=address_hash("jo@example.org")))


def _address_gone(inside, ines, piotr, comment, decision):
    with inside():
        db.session.get_one(Comment, comment.id).email = None


def _turned_off(inside, ines, piotr, comment, decision):
    with inside():
        db.session.get_one(Comment, comment.id).wants_outcome = False


@pytest.mark.parametrize("happens", [_undone, _withdrawn, _removed_by_another, _left_alone, _address_gone, _turned_off])
def test_the_mail_does_not_go_when_it_is_no_longer_so(inside, ines, piotr, waiting, newest, mailbox, clock, happens):
    ines.decide(waiting, "approve")
    clock.forward(minutes=5)
    happens(inside, ines, piotr, waiting, newest())
    clock.forward(minutes=5)
    assert mailbox.deliver() == []
    clock.forward(minutes=5)
    mails = mailbox.deliver()
    assert ["Overruled." in mail.body for mail in mails] == ([True] if happens is _removed_by_another else [])


def test_undone_and_decided_anew_it_is_told_once(ines, waiting, newest, mailbox, clock):
    ines.decide(waiting, "approve")
    ines.undo(newest())
    ines.decide(waiting, "approve")
    clock.forward(minutes=10)
    assert len(mailbox.deliver()) == 1


def test_a_writer_who_wants_no_mail_about_it_gets_none(inside, post, ines, mailbox, clock):
    with inside():
        comment = cast.a_comment(post, wants_outcome=False)
    ines.decide(comment, "reject")
    clock.forward(minutes=10)
    assert mailbox.deliver() == []
    with inside(False):
        assert db.session.query(Email).count() == 0


def test_a_comment_without_an_address_is_decided_and_nobody_mailed(inside, post, ines, mailbox, clock):
    with inside():
        cast.a_comment(post).email = None
        comment = db.session.query(Comment).one()
    assert ines.decide(comment, "approve").status == 303
    clock.forward(minutes=10)
    assert mailbox.deliver() == []


def test_a_publication_whose_removal_was_undone_late_is_told_after_all(ines, piotr, waiting, newest, mailbox, clock):
    ines.decide(waiting, "approve")
    clock.forward(minutes=5)
    piotr.decide(waiting, "remove")
    clock.forward(minutes=6)
    assert mailbox.deliver() == [], "just now it is not so"
    piotr.undo(newest())
    clock.forward(minutes=10)
    assert [mail.subject for mail in mailbox.deliver()] == ["Your comment on Open policy is published"]


# A row


def test_a_row_shows_what_a_moderator_needs_to_know(inside, post, ines, clock):
    with inside():
        parent = cast.a_comment(post, State.PUBLISHED, text="The rota is wrong.", name="Kim Odell")
        cast.a_comment(post, State.REJECTED, text="Rude.")
        comment = cast.a_comment(post, text="Quite so.", parent=parent, flags=["links", "trap", "network"])
    clock.forward(hours=24, minutes=1)
    said = Answer(ines.client.get(f"/desk/comments/{comment.id}")).text
    for words in (
        "Quite so.", "Who fills the sandbags?", "Kim Odell", "The rota is wrong.", "Address confirmed.", "1 rejected",
        "many links", "filled in a field that people do not see", "many comments from this network",
        "waiting 1 day", "late",
    ):  # fmt: skip
        assert words in said
    assert "jo@example.org" not in said, "a moderator needs no address to decide"


def test_a_stored_script_is_text_in_queue_pages_and_mails(inside, post, ines, newest, mailbox, clock):
    with inside():
        db.session.get_one(Thread, post.id).title = SCRIPT
    with inside():
        parent = cast.a_comment(post, State.PUBLISHED, text=SCRIPT, name=SCRIPT)
        comment = cast.a_comment(post, text=SCRIPT + "\n" + SCRIPT, name=SCRIPT, parent=parent, flags=[SCRIPT])
    path = f"/desk/comments/{comment.id}"
    answers = [ines.client.get(address) for address in ("/desk/comments/", path, f"{path}?open=reject")]
    answers += [ines.client.get(f"{path}?open={SCRIPT}"), ines.client.get(path, headers=FRAGMENT)]
    answers.append(ines.decide(comment, "reject", note=SCRIPT, rule="x").response)
    answers.append(ines.decide(comment, "reject", True, note=SCRIPT, rule="1").response)
    answers += [ines.client.get("/desk/comments/"), ines.client.get(path)]
    answers.append(ines.undo(newest(), True).response)
    for answer in answers:
        page = BeautifulSoup(answer.text, "html.parser")
        assert not [tag for tag in page.find_all(["script", "img"]) if not tag.get("src", "").startswith("/static/")]
    assert SCRIPT in BeautifulSoup(answers[0].text, "html.parser").blockquote.get_text()
    ines.decide(comment, "reject", note=SCRIPT)
    clock.forward(minutes=10)
    assert SCRIPT not in mailbox.newest().subject
    assert SCRIPT not in mailbox.newest().html


# In place and without scripts


def test_a_decision_in_place_answers_with_the_row_and_the_new_count(inside, post, ines, waiting, newest):
    with inside():
        cast.a_comment(post, text="Another.")
    answer = ines.decide(waiting, "approve", htmx=True)
    assert answer.status == 200
    assert [tag.name for tag in answer.page.find_all(recursive=False)] == ["article", "h1", "span"]
    assert answer.page.article["id"] == f"row-{waiting.id}"
    assert "Published as comment 1" in answer.text
    assert answer.page.h1["data-hx-swap-oob"] == "true"
    assert answer.page.h1.get_text() == "1 comment waits"
    assert answer.page.find(id="pending-count").get_text() == "1"
    back = ines.undo(newest(), htmx=True)
    assert back.page.article["id"] == f"row-{waiting.id}"
    assert back.page.find("button", value="approve")
    assert back.page.h1.get_text() == "2 comments wait"


@pytest.mark.parametrize("act", ["approve", "reject", "spam"])
def test_the_answer_to_a_decision_in_place_weighs_at_most_two_kilobytes(inside, ines, post, act):
    with inside():
        db.session.get_one(Thread, post.id).title = "".join(random.Random(1).choices("abcdefghij ", k=200))
    with inside():
        name = "".join(random.Random(2).choices("klmnopqrst ", k=80))
        comment = cast.a_comment(post, name=name, text="x" * 10_000)
    answer = ines.decide(comment, act, True, {"Accept-Encoding": "br"}, note="n" * 2_000).response
    assert answer.status_code == 200
    assert compressed(answer) <= 2_048


def test_without_scripts_a_comment_is_rejected_with_rule_and_note_and_brought_back(inside, waiting, browser, look):
    cast.signed_in(browser, inside).visit("/desk/")
    browser.follow("1")
    assert browser.heading == "1 comment waits"
    browser.press("Reject …")
    browser.press("Reject and tell the writer", note="Kept.", status=422)
    assert "Choose the rule that the comment breaks" in browser.text
    browser.press("Reject and tell the writer", rule="2")
    assert browser.path == "/desk/comments/"
    assert "Rejected The writer hears of it at" in browser.text
    assert browser.heading == "No comment waits"
    assert (look(waiting).decisions[0].rule_number, look(waiting).decisions[0].note) == (2, "Kept.")
    browser.press("Undo")
    assert browser.heading == "1 comment waits"


def test_a_moderator_can_think_again_before_choosing_a_rule(inside, waiting, browser, look):
    cast.signed_in(browser, inside)
    browser.visit("/desk/comments/")
    browser.press("Reject …")
    browser.follow("Keep it as it is")
    assert look(waiting).state == State.PENDING


def test_the_front_of_the_queue_shows_what_i_decided_for_ten_minutes_and_not_what_others_did(
    inside, post, ines, piotr, waiting, clock
):
    ines.decide(waiting, "approve")
    assert "Published as" in Answer(ines.client.get("/desk/comments/")).text
    assert "Published as" not in Answer(piotr.client.get("/desk/comments/")).text
    clock.forward(minutes=10)
    assert "Published as" not in Answer(ines.client.get("/desk/comments/")).text


def test_a_decision_that_something_newer_followed_is_offered_no_undo(inside, ines, waiting):
    ines.decide(waiting, "approve")
    with inside():
        receipts.withdraw(Comment.held(waiting.id))
    page = Answer(ines.client.get("/desk/comments/")).page
    assert not [button for button in page.find_all("button") if "Undo" in button.get_text()]


def test_a_decision_cannot_be_made_or_undone_by_looking(app, ines, waiting, newest):
    ines.decide(waiting, "spam")
    before = rows(app)
    made = f"/desk/comments/{waiting.id}/decision?decision=restore&revision=1"
    for path in (made, f"/desk/comments/decisions/{newest().id}/undo"):
        for method in ("GET", "HEAD"):
            assert ines.client.open(path, method=method).status_code == 405
    assert rows(app) == before


def test_the_mail_falls_due_when_undo_ends(ines, waiting, newest, inside):
    ines.decide(waiting, "approve")
    with inside(False):
        due_at = db.session.query(Email).one().due_at
    assert due_at == newest().undo_until == newest().decided_at + timedelta(minutes=10)
