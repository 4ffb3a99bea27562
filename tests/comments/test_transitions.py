"""A comment's life, row by row: from where, what is done, to where, what is mailed, and whether readers see it.

The table is that of the product's papers. Each row is walked through the web, as commenter or as moderator; then its
guard is tried, and then every act from every state that the table does not name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from opm import settings, worker
from opm.comments import moderation
from opm.comments.models import Act, Comment, Decision, State, address_hash
from opm.extensions import db
from opm.outbox.models import Email
from tests import cast
from tests.comments.test_moderation import Moderator, version
from tests.stranger import Answer, Stranger
from tests.tables import rows

CODE = "is your code for Open policy"
PUBLISHED = "Your comment on Open policy is published"
REJECTED = "Your comment on Open policy is not published"
REMOVED = "Your comment on Open policy is not published any more"
WITHOUT = "Your comment on Open policy is published, without some words"
REDACTED = "We took words out of your comment on Open policy"


class Story:
    """Somebody's comment, its writer's browser, a moderator's desk, and the clock."""

    def __init__(self, app, inside, post, clock, mailbox):
        self.app, self.inside, self.post, self.clock, self.mailbox = app, inside, post, clock, mailbox
        self.writer = Stranger(app)
        self.desk = Moderator(app, inside)
        self.comment = None

    def begin(self, state: State | None, policy="all", is_trusted=False, was_taken_down=False):
        with self.inside():
            settings.change(comment_policy=policy)
            if is_trusted:
                earlier = cast.a_comment(self.post, text="Earlier.")
                moderation.decide(earlier, Act.APPROVE, cast.ines(), revision=1)
            if state:
                self.comment = cast.a_comment(self.post, State.PUBLISHED if was_taken_down else state)
            if was_taken_down:
                moderation.decide(self.comment, Act.REMOVE, cast.ines(), revision=1, rule=1)
            db.session.query(Email).delete()

    def now(self) -> Comment | None:
        with self.inside(False):
            return db.session.query(Comment).filter(Comment.text != "Earlier.").one_or_none()

    def token(self, kind: str) -> str:
        with self.app.app_context():
            return getattr(self.comment, f"{kind}_token")

    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mailbox.deliver()]

    # What its writer does

    def submits(self) -> Answer:
        return self.writer.send()

    def types_the_code(self) -> Answer:
        with self.app.app_context():
            code = self.comment.code
        return self.writer.post(f"/comment/sent/{self.token('panel')}", data={"code": code})

    def presses_the_button(self) -> Answer:
        return self.writer.post(f"/comment/confirm/{self.token('link')}")

    def says_not_me(self) -> Answer:
        return self.writer.post(f"/comment/not-me/{self.token('not_me')}")

    def lets_a_week_pass(self):
        self.clock.forward(days=7, seconds=1)
        with self.app.app_context():
            worker.forget(worker.Clocks())

    def withdraws(self) -> Answer:
        return self.writer.post(f"/receipt/{self.token('receipt')}/withdraw")

    def erases(self) -> Answer:
        return self.writer.post(f"/receipt/{self.token('receipt')}/erase")

    # What a moderator does

    def approves(self, **values) -> Answer:
        return self.desk.decide(self.comment, Act.APPROVE, **values)

    def rejects(self, **values) -> Answer:
        return self.desk.decide(self.comment, Act.REJECT, **values)

    def finds_spam(self, **values) -> Answer:
        return self.desk.decide(self.comment, Act.SPAM, **values)

    def removes(self, **values) -> Answer:
        return self.desk.decide(self.comment, Act.REMOVE, **values)

    def redacts(self, **values) -> Answer:
        return self.desk.decide(self.comment, Act.REDACT, **values)

    def restores(self, **values) -> Answer:
        return self.desk.decide(self.comment, Act.RESTORE, **values)

    def undoes(self, by=None) -> Answer:
        with self.inside(False):
            decision = db.session.query(Decision).order_by(Decision.id.desc()).first()
        return (by or self.desk).undo(decision)


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    start: State | None
    act: Callable
    to: State | None  # None: there is no such comment
    mail: str | None = None
    is_seen: bool = False  # by readers
    policy: str = "all"
    is_trusted: bool = False
    was_taken_down: bool = False

    def __str__(self):
        return f"{self.start}-{self.act.__name__}-{self.to}-{self.policy}{'-trusted' * self.is_trusted}"


CONFIRM = [Story.types_the_code, Story.presses_the_button]
TABLE = [
    Row(None, Story.submits, State.UNCONFIRMED, mail=CODE),
    *(Row(State.UNCONFIRMED, act, State.PENDING) for act in CONFIRM),
    *(Row(State.UNCONFIRMED, act, State.PENDING, policy="known") for act in CONFIRM),
    *(Row(State.UNCONFIRMED, act, State.PUBLISHED, policy="known", is_trusted=True, is_seen=True) for act in CONFIRM),
    *(Row(State.UNCONFIRMED, act, State.PUBLISHED, policy="none", is_seen=True) for act in CONFIRM),
    Row(State.UNCONFIRMED, Story.says_not_me, None),
    Row(State.UNCONFIRMED, Story.lets_a_week_pass, None),
    Row(State.PENDING, Story.approves, State.PUBLISHED, mail=PUBLISHED, is_seen=True),
    Row(State.PENDING, Story.rejects, State.REJECTED, mail=REJECTED),
    Row(State.PENDING, Story.finds_spam, State.SPAM),
    Row(State.PENDING, Story.redacts, State.PUBLISHED, mail=WITHOUT, is_seen=True),
    Row(State.PUBLISHED, Story.removes, State.REJECTED, mail=REMOVED, is_seen=True),
    Row(State.PUBLISHED, Story.redacts, State.PUBLISHED, mail=REDACTED, is_seen=True),
    Row(State.REJECTED, Story.restores, State.PENDING),
    Row(State.SPAM, Story.restores, State.PENDING),
    Row(State.REJECTED, Story.restores, State.PUBLISHED, mail=PUBLISHED, is_seen=True, was_taken_down=True),
    Row(State.UNCONFIRMED, Story.withdraws, State.WITHDRAWN),
    Row(State.PENDING, Story.withdraws, State.WITHDRAWN),
    Row(State.PUBLISHED, Story.withdraws, State.WITHDRAWN, is_seen=True),
    Row(State.REJECTED, Story.withdraws, State.WITHDRAWN),
    Row(State.SPAM, Story.withdraws, State.WITHDRAWN),  # or the receipt would tell what it was taken for
    *(Row(state, Story.erases, State.WITHDRAWN, is_seen=state == State.PUBLISHED) for state in State),
]
DECISIONS = [row for row in TABLE if row.act.__name__ in
             ("approves", "rejects", "finds_spam", "removes", "redacts", "restores")]  # fmt: skip


@pytest.fixture
def story(app, inside, post, clock, mailbox):
    return Story(app, inside, post, clock, mailbox)


def begin(story, row):
    story.begin(row.start, row.policy, row.is_trusted, row.was_taken_down)


def look(story):
    """What readers see, and the public version."""
    return story.app.test_client().get(cast.POST).headers["ETag"], version(story.app)


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_it_leads_where_the_table_says_mails_what_it_says_and_shows_readers_what_it_says(story, row):
    begin(story, row)
    before = look(story)
    row.act(story)
    after, comment = look(story), story.now()
    assert (comment and comment.state) == row.to
    assert (before[0] != after[0], before[1] < after[1]) == (row.is_seen, row.is_seen)
    at_once = story.subjects()
    story.clock.forward(minutes=10)
    later = story.subjects()
    told = at_once if row.act is Story.submits else later
    assert len(at_once + later) == (row.mail is not None)
    assert row.mail is None or told[0].endswith(row.mail)


@pytest.mark.parametrize("row", DECISIONS, ids=str)
def test_undone_within_ten_minutes_it_is_where_it_was_and_its_mail_does_not_go(story, row):
    begin(story, row)
    page, words = look(story)[0], story.now().text
    row.act(story)
    story.clock.forward(seconds=599)
    assert story.undoes().status == 303
    assert (story.now().state, story.now().text) == (row.start, words)
    assert look(story)[0] == page
    story.clock.forward(minutes=11)
    assert story.subjects() == []


# Guards


def closed(story):
    with story.inside():
        db.session.merge(story.post).closed_at = story.clock.at


def too_many(story):
    with story.inside():
        settings.change(comments_per_address=0)


@pytest.mark.parametrize(("guard", "status"), [(closed, 403), (too_many, 429)])
def test_nothing_is_taken_under_a_closed_thread_or_past_a_limit(story, guard, status):
    story.begin(None)
    guard(story)
    assert story.submits().status == status
    assert story.now() is None
    assert story.subjects() == []


@pytest.mark.parametrize("act", [*CONFIRM, Story.says_not_me])
def test_a_token_that_has_ended_does_nothing(story, act):
    story.begin(State.UNCONFIRMED)
    story.clock.forward(days=7)
    assert act(story).status == 404
    assert story.now().state == State.UNCONFIRMED


@pytest.mark.parametrize("act", [Story.withdraws, Story.erases])
def test_without_the_receipts_own_token_nothing_is_taken_back(story, act):
    story.begin(State.PUBLISHED)
    before = rows(story.app)
    story.comment.receipt_nonce = "another"
    assert act(story).status == 404
    assert rows(story.app) == before


@pytest.mark.parametrize("row", DECISIONS, ids=str)
def test_a_decision_on_another_revision_than_stands_is_not_taken(story, row):
    begin(story, row)
    before = rows(story.app)
    assert row.act(story, revision=2).status == 409
    assert rows(story.app) == before


@pytest.mark.parametrize("row", DECISIONS, ids=str)
def test_undo_is_for_the_same_moderator_for_ten_minutes_while_nothing_newer_happened(story, row):
    begin(story, row)
    row.act(story)
    before = rows(story.app, "session", "person")
    assert story.undoes(by=Moderator(story.app, story.inside, cast.piotr)).status == 409
    story.clock.forward(minutes=10)
    assert story.undoes().status == 409
    story.clock.forward(minutes=-5)
    assert rows(story.app, "session", "person") == before
    story.withdraws()
    assert story.undoes().status == 409
    assert story.now().state == State.WITHDRAWN


# What the table does not name


ACTS = {row.act for row in TABLE} - {Story.submits, Story.lets_a_week_pass}
UNNAMED = [(act, state) for act in sorted(ACTS, key=lambda act: act.__name__) for state in State
           if state not in {row.start for row in TABLE if row.act is act}]  # fmt: skip


@pytest.mark.parametrize(("act", "state"), UNNAMED, ids=lambda it: getattr(it, "__name__", str(it)))
def test_no_act_leads_on_from_a_state_that_the_table_does_not_name(story, act, state):
    story.begin(state)
    before = rows(story.app, "tally")
    act(story)
    assert rows(story.app, "tally") == before or act is Story.types_the_code
    assert story.now().state == state


@pytest.mark.parametrize("state", sorted(set(State) - {State.UNCONFIRMED}))
def test_a_week_deletes_nothing_that_was_confirmed(story, state):
    story.begin(state)
    story.lets_a_week_pass()
    assert story.now().state == state


def test_erased_there_is_nobody_left_to_decide_about_or_tell(story):
    story.begin(State.PENDING)
    story.approves()
    story.erases()
    gone = story.now()
    assert (gone.name, gone.text, gone.email, gone.address_hash) == ("", "", None, None)
    for act in (Story.approves, Story.rejects, Story.finds_spam, Story.removes, Story.redacts, Story.restores):
        assert act(story).status == 409
    assert story.undoes().status == 409
    story.clock.forward(minutes=11)
    assert story.subjects() == []
    with story.inside(False):
        assert not db.session.query(Comment).filter_by(address_hash=address_hash("jo@example.org")).count()
