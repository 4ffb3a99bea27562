"""The receipt: where a comment stands, for who holds its private link; and taking it back."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from opm import settings
from opm.comments import moderation
from opm.comments.models import Act, Comment, Decision, MovedOn, State
from opm.comments.submission import ALREADY_MAIL
from opm.extensions import db
from opm.outbox import posting
from opm.outbox.models import Email
from opm.outbox.models import State as EmailState
from tests import cast
from tests.counting import counting
from tests.stranger import Stranger
from tests.tables import rows

HEADINGS = {
    State.UNCONFIRMED: "Your comment waits for you to confirm it",
    State.PENDING: "Your comment is waiting for a moderator",
    State.PUBLISHED: "Your comment is published",
    State.REJECTED: "Your comment is not published",
    State.SPAM: "Your comment is waiting for a moderator",
    State.WITHDRAWN: "You withdrew your comment",
}


@pytest.fixture
def receipt_of(inside, post):
    """`receipt_of(state)` gives the address of the receipt of a comment that has come so far."""

    def receipt_of(state=State.PENDING, **values):
        with inside():
            return f"/receipt/{cast.a_comment(post, state, **values).receipt_token}/"

    return receipt_of


@pytest.fixture
def decide(inside, stored):
    """`decide(act)` carries out Piotr's decision about the only comment."""

    def decide(act, **values):
        with inside():
            comment = Comment.held(stored()[0].id)
            return moderation.decide(comment, act, cast.piotr(), revision=comment.revision, **values)

    return decide


@pytest.mark.parametrize("state", State)
def test_it_says_where_the_comment_stands_and_shows_the_words(receipt_of, browser, state):
    browser.visit(receipt_of(state))
    assert browser.heading == HEADINGS[state]
    assert cast.WORDS in browser.text
    assert "jo@example.org" not in browser.text, "whoever comes by the page need not learn the address"


def test_it_tells_the_history_with_rule_and_note(receipt_of, decide, browser, clock):
    receipt = receipt_of()
    clock.forward(hours=1)
    decide(Act.REJECT, rule=2, note="Please tell us about the rota, too.")
    browser.visit(receipt)
    steps = [step.get_text(" ", strip=True) for step in browser.page.select(".steps li")]
    assert len(steps) == 3
    assert steps[2].startswith("14 October 2026, 11:00 Not published")
    assert "Rule 2: Stay with the subject. Please tell us about the rota, too." in steps[2]
    assert browser.page.find(attrs={"aria-current": "step"}).get_text(" ", strip=True) == steps[2]


def test_what_a_moderator_undid_is_not_told(receipt_of, decide, browser, inside):
    receipt, decision = receipt_of(), decide(Act.REJECT, rule=1, note="Hm.")
    with inside():
        moderation.undo(moderation.held_decision(decision.id), cast.piotr())
    browser.visit(receipt)
    assert browser.heading == HEADINGS[State.PENDING]
    assert "Hm." not in browser.text
    assert "Rule 1" not in browser.text


def test_being_taken_for_spam_looks_like_waiting(receipt_of, decide, browser, clock):
    receipt = receipt_of()
    before = browser.visit(receipt).main.get_text()
    decide(Act.SPAM, note="Buys pills.")
    assert browser.visit(receipt).main.get_text() == before


def test_a_moderators_note_is_shown_as_text(receipt_of, decide, stranger):
    receipt = receipt_of(text="<b>bold</b> {{7*7}}", name="<i>Jo</i>")
    decide(Act.REJECT, rule=1, note="<script>alert(1)</script>{{7*7}}")
    page = stranger.client.get(receipt).text
    assert "<script>alert" not in page
    assert "<b>bold" not in page
    assert "<i>Jo" not in page
    assert page.count("{{7*7}}") == 2


def test_a_published_comment_is_linked_and_leads_into_its_thread(receipt_of, stranger):
    page = stranger.get(receipt_of(State.PUBLISHED)).page
    link = page.find("a", string="comment 1")["href"]
    where = stranger.get(link).location
    assert where.startswith(cast.POST + "#comment-")
    assert stranger.get(cast.POST).page.find(id=where.partition("#")[2])


def test_of_an_unconfirmed_comment_it_leads_to_the_button(receipt_of, browser):
    browser.visit(receipt_of(State.UNCONFIRMED))
    browser.follow("Look at it and confirm")
    browser.press("Yes, confirm my comment")
    assert browser.heading == HEADINGS[State.PENDING]


def test_it_ends_when_the_address_is_let_go(receipt_of, inside, stored, stranger):
    receipt = receipt_of(State.PUBLISHED)
    with inside():
        db.session.merge(stored()[0]).email = None
    assert stranger.get(receipt).status == 404
    assert stranger.post(receipt + "withdraw").status == 404


# How long it usually takes


@pytest.fixture
def waited(inside, post, clock):
    """`waited(hours, count)`: so many comments were decided so long after they were confirmed."""

    def waited(hours, count):
        with inside():
            for n in range(count):
                comment = cast.a_comment(post, text=f"{hours} {n}", email=f"{hours}.{n}@example.org")
                comment.confirmed_at = clock.at - timedelta(hours=hours)
                moderation.decide(comment, Act.APPROVE, cast.ines(), revision=1)

    return waited


def test_the_time_that_deciding_usually_takes_is_what_the_site_promises_until_there_is_something_to_go_by(
    receipt_of, inside, stranger, waited
):
    with inside():
        settings.change(decide_within_hours=48)
    waited(2, 9)
    assert "usually within 48 hours" in stranger.get(receipt_of()).text


def test_it_is_the_sites_own_of_late_once_there_are_enough_decisions(receipt_of, stranger, waited, clock):
    receipt = receipt_of()
    waited(200, 10)
    assert "Usual wait: 9 days." in stranger.get(receipt).text
    clock.forward(days=31)
    waited(2.5, 8)
    waited(90, 2)
    assert "Usual wait: 3 hours." in stranger.get(receipt).text
    clock.forward(days=31)
    assert "usually within 24 hours" in stranger.get(receipt).text


def test_it_says_how_many_come_before(receipt_of, stranger, inside, post, clock):
    first = receipt_of()
    clock.forward(minutes=1)
    with inside():
        third = f"/receipt/{cast.a_comment(post, text='Third.').receipt_token}/"
    assert "Yours is next." in stranger.get(first).text
    assert "1 comment is before yours." in stranger.get(third).text


def test_a_receipt_takes_at_most_eight_statements(app, receipt_of, stranger, waited):
    receipt = receipt_of()
    waited(3, 20)
    with counting(app) as statements:
        stranger.get(receipt)
    assert len(statements) <= 8, str(statements)


# Saying it in other words

OTHER = "The lane floods first at the bottom. The rota begins at the top."


@pytest.fixture
def edit(stranger):
    """`edit(receipt)` sends other words from its form, or what is named; None leaves a field out."""

    def edit(receipt, htmx=False, who=stranger, **fields):
        sent = {"text": OTHER, "name": "Jo Marsh", "revision": "1"} | fields
        return who.post(receipt, htmx=htmx, data={name: value for name, value in sent.items() if value is not None})

    return edit


EDITABLE = [State.UNCONFIRMED, State.PENDING, State.SPAM]


@pytest.mark.parametrize("state", EDITABLE)
def test_until_it_is_decided_it_can_be_said_in_other_words(receipt_of, browser, stored, clock, state):
    receipt, before = receipt_of(state), stored()[0]
    clock.forward(hours=1)
    browser.visit(receipt)
    browser.press("Save changes", text="Other words.", name="Jo M.")
    assert (browser.path, browser.heading) == (receipt, HEADINGS[state])
    assert "14 October 2026, 11:00 Changed by you" in browser.text
    assert "Other words." in browser.text
    comment = stored()[0]
    assert (comment.text, comment.name, comment.panel_name, comment.revision) == ("Other words.", "Jo M.", "Jo M.", 2)
    assert (comment.state, comment.confirmed_at) == (state, before.confirmed_at), "its place in the queue stays"
    assert comment.edited_at == clock.at


def test_being_taken_for_spam_cannot_be_told_by_editing(receipt_of, decide, edit, inside, post, stranger, clock):
    receipt = receipt_of()
    with inside():
        cast.a_comment(post, text=OTHER)
    refused = edit(receipt).text
    decide(Act.SPAM)
    assert edit(receipt).text == refused
    assert edit(receipt, text="New.").status == 303


def test_saved_in_place_the_whole_receipt_is_new_and_says_so(receipt_of, edit):
    receipt = receipt_of()
    answer = edit(receipt, htmx=True)
    assert answer.status == 200
    assert "Your changes are saved." in answer.text
    assert "Changed by you" in answer.text
    assert answer.page.find(id="receipt").has_attr("autofocus")
    assert answer.typed("revision") == "2"


def test_saved_twice_it_counts_once(app, receipt_of, edit):
    receipt = receipt_of()
    edit(receipt)
    before = rows(app)
    assert edit(receipt).status == 303
    assert rows(app) == before


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": ""}, "Write your comment"),
        ({"text": " \u200b\n"}, "Write your comment"),
        ({"text": None}, "Write your comment"),
        ({"name": "  "}, "Write a name to show"),
        ({"text": "x" * 10_001}, "1 characters over the limit of 10,000"),
        ({"name": "x" * 81}, "1 characters over the limit of 80"),
        ({"name": "=?utf-8?q?x?="}, "Leave out “=?”"),
    ],
)
def test_what_no_comment_may_be_is_refused_beside_the_field_and_kept(app, receipt_of, edit, fields, sentence, htmx):
    receipt = receipt_of()
    before = rows(app)
    answer = edit(receipt, htmx, **{"text": "Kept.", "name": "Kept"} | fields)
    assert answer.status == 422
    assert sentence in answer.text
    assert "Nothing is lost" in answer.text
    for name, typed in ({"text": "Kept.", "name": "Kept"} | fields).items():
        assert (answer.typed(name) or "").strip() == (typed or "").replace("\u200b", "").strip()
    assert rows(app) == before


@pytest.mark.parametrize("revision", [None, "", "0", "2", "-1", "x", "9" * 30, "9" * 5_000, "\x00", "٣", "1.0"])
def test_what_was_changed_from_another_page_meanwhile_is_shown_and_the_typed_words_can_be_saved(
    receipt_of, edit, stored, revision
):
    receipt = receipt_of()
    answer = edit(receipt, revision=revision)
    assert answer.status == 409
    assert "changed from another page meanwhile" in answer.text
    assert cast.WORDS in answer.page.blockquote.get_text()
    assert (answer.typed("text"), answer.typed("revision")) == (OTHER, "1")
    assert edit(receipt, revision=answer.typed("revision")).status == 303
    assert stored()[0].text == OTHER


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("act", [Act.APPROVE, Act.REJECT])
def test_an_edit_that_a_decision_overtook_shows_what_was_decided_and_gives_the_words_back(
    app, receipt_of, decide, edit, act, htmx
):
    receipt = receipt_of()
    decide(act, rule=2, note="Hm.")
    before = rows(app)
    answer = edit(receipt, htmx, text="Far too late.\n\nMore.", name="Jo M.")
    assert answer.status == 409
    assert "this comment cannot be changed any more" in answer.text
    assert HEADINGS[State.PUBLISHED if act == Act.APPROVE else State.REJECTED] in answer.text
    assert "Rule 2" in answer.text
    assert answer.given_back() == ["Far too late.\n\nMore.", "Jo M."]
    assert rows(app) == before


@pytest.mark.parametrize("state", sorted(set(State) - set(EDITABLE)))
def test_what_is_decided_or_withdrawn_has_no_form_and_cannot_be_changed(app, receipt_of, inside, stored, edit, state):
    receipt = receipt_of(state)
    if state == State.PUBLISHED:
        with inside():
            comment = db.session.merge(stored()[0])
            db.session.add(Decision(comment=comment, by=cast.ines(), act=Act.APPROVE, from_state=State.PENDING,
                                    to_state=state, revision=1))  # fmt: skip
    before = rows(app)
    assert edit(receipt).status == 409
    assert edit(receipt, text="").status in (409, 422)
    assert rows(app) == before


@pytest.fixture
def straight_out(inside, receipt_of):
    """The receipt of a comment that the site's policy published without a moderator."""
    with inside():
        settings.change(comment_policy="none")
    return receipt_of(State.PUBLISHED)


def test_what_no_moderator_let_out_can_be_changed_for_a_quarter_of_an_hour(
    app, straight_out, browser, stranger, clock, edit
):
    page = stranger.get(cast.POST)
    assert "edited" not in page.text
    clock.forward(seconds=899)
    browser.visit(straight_out)
    assert "You can change it until 10:15." in browser.text
    browser.press("Save changes", text="Other words.")
    after = stranger.get(cast.POST, headers={"If-None-Match": page.headers["ETag"]})
    assert after.status == 200, "readers see it at once"
    assert "Other words." in after.text
    assert cast.WORDS not in after.text
    assert "14 October 2026, edited" in after.text
    clock.forward(seconds=1)
    before = rows(app)
    answer = edit(straight_out, revision="2", text="While I typed the time ran out.")
    assert answer.status == 409
    assert answer.given_back()[0] == "While I typed the time ran out."
    assert rows(app) == before


def test_once_a_moderator_has_had_a_say_it_cannot_be_changed(app, straight_out, decide, inside, edit):
    first = decide(Act.REMOVE, rule=1)
    decide(Act.RESTORE)
    assert edit(straight_out).status == 409
    with inside():
        for decision in db.session.query(Decision).order_by(Decision.id.desc()):
            moderation.undo(decision, cast.piotr())
    assert edit(straight_out).status == 303, first


def test_what_was_changed_before_it_was_public_is_not_marked_for_readers(receipt_of, edit, decide, stranger, clock):
    receipt = receipt_of()
    edit(receipt)
    clock.forward(minutes=5)
    decide(Act.APPROVE)
    assert "edited" not in stranger.get(cast.POST).text


def test_a_mark_costs_only_those_that_were_edited(straight_out, edit, stranger, inside, post):
    with inside():
        cast.a_comment(post, State.PUBLISHED, text="Left as it was.")
    edit(straight_out)
    assert stranger.get(cast.POST).response.text.count("edited") == 1


# An edit, and sameness


def test_the_same_words_as_in_another_comment_of_ones_own_are_refused(app, receipt_of, inside, post, edit):
    receipt = receipt_of()
    with inside():
        cast.a_comment(post, State.PUBLISHED, text=OTHER, email="JO@example.org")
        cast.a_comment(post, State.PUBLISHED, text="Kim's.", email="kim@example.org")
    before = rows(app)
    answer = edit(receipt)
    assert answer.status == 422
    assert "Another comment of yours says the same here" in answer.text
    assert answer.typed("text") == OTHER
    assert rows(app) == before
    assert edit(receipt, text="Kim's.").status == 303


def test_after_an_edit_the_new_words_are_known_again_and_the_old_ones_are_new(receipt_of, edit, stranger, stored):
    edit(receipt_of())
    stranger.send(text=OTHER)
    assert len(stored()) == 1
    stranger.send()
    assert len(stored()) == 2


@pytest.mark.parametrize("state", [State.PENDING, State.PUBLISHED])
def test_whoever_sent_the_old_words_once_more_is_not_handed_the_new_ones(
    app, straight_out, edit, inside, mailbox, stored, state
):
    with inside():
        db.session.merge(stored()[0]).state = state
    eve = Stranger(app, address="198.51.100.9")
    panel = eve.send().location
    assert eve.get(panel).status == 200
    edit(straight_out, text="My new words.")
    assert eve.post(panel + "/address", data={"email": "eve@example.org"}).status == 404
    assert mailbox.deliver() == []
    assert len(stored()) == 1


def test_the_panel_of_an_unconfirmed_comment_outlives_an_edit_and_its_code_works(
    receipt_of, edit, stranger, inside, stored
):
    receipt = receipt_of(State.UNCONFIRMED)
    with inside(False):
        comment = db.session.query(Comment).one()
        panel, code = f"/comment/sent/{comment.panel_token}", comment.code
    edit(receipt)
    assert stranger.post(panel, data={"code": code}).status == 303
    assert (stored()[0].text, stored()[0].state) == (OTHER, State.PENDING)


def test_flags_are_made_anew(receipt_of, edit, stored):
    receipt = receipt_of(flags=["trap", "network"])
    links = " ".join(f"https://example.org/{n}" for n in range(3))
    edit(receipt, text=links)
    assert stored()[0].flags == ["trap", "network", "links"]
    edit(receipt, revision="2")
    assert stored()[0].flags == ["trap", "network"]


def test_an_edit_is_shown_to_moderators_instead_of_what_they_saw(receipt_of, edit, decide, inside, stored):
    edit(receipt_of())
    with inside(), pytest.raises(MovedOn):
        moderation.decide(Comment.held(stored()[0].id), Act.APPROVE, cast.ines(), revision=1)
    assert decide(Act.APPROVE).revision == 2


def test_after_an_edit_what_was_decided_before_it_cannot_be_undone(receipt_of, decide, edit, inside, clock):
    receipt = receipt_of(State.REJECTED)
    decision = decide(Act.RESTORE)
    clock.forward(seconds=1)
    edit(receipt)
    with inside(), pytest.raises(moderation.CannotUndo):
        moderation.undo(moderation.held_decision(decision.id), cast.piotr())
    with inside(False):
        assert db.session.scalars(Decision.undoable_by(cast.piotr())).all() == []


# An edit, and others at the same moment


def test_edited_from_ten_places_at_once_one_edit_counts_and_the_others_are_given_back(app, receipt_of, edit, stored):
    receipt = receipt_of()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: edit(receipt, who=Stranger(app), text=f"Words {n}."), range(10)))
    assert sorted(answer.status for answer in answers) == [303] + [409] * 9
    won = [answer.status for answer in answers].index(303)
    assert (stored()[0].text, stored()[0].revision) == (f"Words {won}.", 2)
    for n, answer in enumerate(answers):
        assert n == won or answer.typed("text") == f"Words {n}."


def test_edited_while_it_is_decided_one_of_them_comes_first(app, inside, post, edit):
    for n in range(6):
        with inside():
            comment = cast.a_comment(post, text=f"{n}", email=f"{n}@example.org")
            receipt = f"/receipt/{comment.receipt_token}/"

        def approve(id=comment.id):
            with inside():
                moderation.decide(Comment.held(id), Act.APPROVE, cast.ines(), revision=1)

        with inside():
            cast.ines()
        with ThreadPoolExecutor(2) as pool:
            edited = pool.submit(edit, receipt, who=Stranger(app), text=f"Edited {n}.")
            decided = pool.submit(approve)
        with inside(False):
            found = db.session.get(Comment, comment.id)
            if edited.result().status == 303:
                assert isinstance(decided.exception(), MovedOn)
                assert (found.state, found.text) == (State.PENDING, f"Edited {n}.")
            else:
                assert edited.result().given_back()[0] == f"Edited {n}."
                assert (found.state, found.text, decided.exception()) == (State.PUBLISHED, f"{n}", None)


def test_two_comments_edited_to_the_same_words_at_once_stay_two(app, inside, post, edit, stored):
    with inside():
        receipts = [f"/receipt/{cast.a_comment(post, text=f'{n}').receipt_token}/" for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda receipt: edit(receipt, who=Stranger(app)), receipts))
    assert sorted(answer.status for answer in answers) == [303] + [422] * 5
    assert [comment.text for comment in stored()].count(OTHER) == 1


# Mails about it


@pytest.mark.parametrize("state", sorted(set(State) - {State.WITHDRAWN}))
def test_mails_about_it_can_be_stopped_and_asked_for_again(receipt_of, browser, stored, state):
    browser.visit(receipt_of(state))
    browser.press("Stop these mails")
    assert stored()[0].wants_outcome is False
    assert "You do not want to be mailed about it" in browser.text
    browser.press("Mail me after all")
    assert stored()[0].wants_outcome is True
    assert browser.page.find("button", string="Stop these mails")


def test_a_mail_that_waits_does_not_go_once_mails_are_stopped(receipt_of, decide, stranger, mailbox, clock):
    receipt = receipt_of()
    decide(Act.APPROVE)
    stranger.post(receipt + "mails")
    clock.forward(minutes=10)
    assert mailbox.deliver() == []


# Taking it back


@pytest.mark.parametrize("state", [state for state in State if state != State.WITHDRAWN])
def test_a_comment_can_be_withdrawn_wherever_it_stands(receipt_of, browser, stored, state):
    browser.visit(receipt_of(state))
    browser.press("Withdraw my comment")
    assert browser.heading == HEADINGS[State.WITHDRAWN]
    assert stored()[0].state == State.WITHDRAWN
    assert not browser.page.form
    assert "Withdrawn by you" in browser.text


def test_what_was_withdrawn_stays_so_and_shows_its_receipt(app, receipt_of, stranger):
    receipt = receipt_of(State.WITHDRAWN)
    before = rows(app)
    answer = stranger.post(receipt + "withdraw")
    assert answer.status == 409
    assert answer.page.h1.get_text() == HEADINGS[State.WITHDRAWN]
    assert rows(app) == before


def test_a_withdrawn_comment_leaves_the_page_at_once_and_its_words_are_nowhere(app, receipt_of, browser, stranger):
    receipt = receipt_of(State.PUBLISHED)
    before = stranger.get(cast.POST)
    assert cast.WORDS in before.text
    browser.visit(receipt)
    browser.press("Withdraw my comment")
    after = stranger.get(cast.POST, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status == 200
    assert cast.WORDS not in after.response.text
    assert "Jo Marsh" not in after.response.text
    assert "No comments yet" in after.text


def test_replies_to_a_withdrawn_comment_stay(receipt_of, inside, post, stored, stranger):
    receipt = receipt_of(State.PUBLISHED)
    with inside():
        first = db.session.merge(stored()[0])
        cast.a_comment(post, State.PUBLISHED, name="Kim Odell", text="Quite so.", parent=first)
    stranger.post(receipt + "withdraw")
    page = stranger.get(cast.POST)
    assert "Quite so." in page.text
    assert "The writer withdrew this comment." in page.text
    assert "Jo Marsh" not in page.text


def test_withdrawing_at_once_from_twenty_places_counts_once(app, receipt_of, inside, post):
    receipt = receipt_of(State.PUBLISHED)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: Stranger(app).post(receipt + "withdraw"), range(20)))
    assert sorted(answer.status for answer in answers) == [303] + [409] * 19
    with inside(False):
        assert db.session.get(type(post), post.id).published_count == 0


def test_a_moderator_cannot_decide_about_or_undo_what_was_withdrawn_meanwhile(
    receipt_of, decide, stranger, inside, mailbox, clock
):
    receipt, decision = receipt_of(), decide(Act.APPROVE)
    stranger.post(receipt + "withdraw")
    with inside(), pytest.raises(moderation.CannotUndo):
        moderation.undo(moderation.held_decision(decision.id), cast.piotr())
    clock.forward(minutes=11)
    assert mailbox.deliver() == [], "the outcome is no longer so"
    with inside(False):
        assert db.session.query(Decision).count() == 1


# What is held


def test_all_that_is_held_can_be_taken_home(app, receipt_of, decide, browser, clock):
    receipt = receipt_of(network="a fingerprint", flags=["links"])
    decide(Act.REJECT, rule=2, note="Hm.")
    browser.visit(receipt)
    before = rows(app)
    answer = browser.client.get(browser.page.find("a", download=True)["href"])
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["Cache-Control"] == "no-store"
    held = answer.json
    assert held["comment"]["text"] == cast.WORDS
    assert held["comment"]["state"] == "rejected"
    assert (held["you"]["name"], held["you"]["email"]) == ("Jo Marsh", "jo@example.org")
    assert held["times"]["written"] == "2026-10-14T09:00:00+00:00"
    (decision,) = held["decisions"]
    assert (decision["what"], decision["rule"], decision["note"]) == ("reject", "Stay with the subject", "Hm.")
    assert [mail["kind"] for mail in held["mails_about_it"]] == ["comment outcome"]
    assert rows(app) == before
    assert "a fingerprint" not in answer.text


def test_the_file_names_every_column_that_is_held(receipt_of, stranger):
    """A column that is added must be said there, or be named here as something that tells nothing about anybody."""
    told = {
        "text", "name", "email", "address_hash", "revision", "state", "number", "written_at", "confirmed_at",
        "published_at", "edited_at", "withdrawn_at", "network", "flags", "wants_outcome", "parent_id", "thread_id",
        "panel_opened_at", "code_made_at", "code_tries", "panel_name", "received_how", "received_on",
    }  # fmt: skip
    tells_nothing = {
        "id", "staff_id", "sameness", "erased_at", "panel_handle", "link_nonce", "code_nonce",
        "receipt_nonce", "source", "source_id", "entered_by_id",
        "weighed", "waits_last",
    }  # fmt: skip
    assert {column.name for column in Comment.__table__.columns} == told | tells_nothing


@pytest.mark.parametrize("state", State)
def test_the_file_can_be_had_in_every_state_and_never_tells_of_spam(receipt_of, stranger, state):
    held = stranger.client.get(receipt_of(state) + "data.json").text
    told = json.loads(held)
    assert told["comment"]["state"] == ("pending" if state == State.SPAM else state)
    assert told["decisions"] == []


# Erasing


def traces(app):
    """All that the database holds, but the settings' own words."""
    return str(rows(app, "setting", "tally", "person", "thread", "post"))


@pytest.mark.parametrize("state", State)
def test_erased_from_any_state_nothing_tells_whose_it_was(app, receipt_of, browser, stranger, stored, inside, state):
    receipt = receipt_of(state, network="netprint", flags=["links"])
    with inside():
        comment = db.session.merge(stored()[0])
        db.session.add(Decision(comment=comment, by=cast.ines(), act=Act.APPROVE, from_state=state, to_state=state,
                                revision=1, rule_number=2, note="You said: the lane floods."))  # fmt: skip
        fingerprint, links = comment.address_hash, [comment.link_token, comment.not_me_token, comment.panel_token]
    browser.visit(receipt)
    browser.follow("Erase my data")
    assert browser.heading == "Erase all that we hold about you?"
    assert stored()[0].text == cast.WORDS, "looking erases nothing"
    browser.press("Erase all of it")
    assert browser.heading == "Everything about you is erased"
    (comment,) = stored()
    assert comment.state == State.WITHDRAWN
    held = traces(app)
    for trace in (cast.WORDS, "Jo Marsh", "jo@example.org", fingerprint, "netprint", "floods"):
        assert trace not in held
    for path in (receipt, receipt + "data.json", receipt + "erase"):
        assert stranger.get(path).status == 404
    assert "when its data are erased" in stranger.get(receipt).text
    for stem, token in zip(("confirm", "not-me", "sent"), links, strict=True):
        assert stranger.get(f"/comment/{stem}/{token}").status == 404
    with inside(False):
        decision = db.session.query(Decision).one()
        assert (decision.rule_number, decision.note) == (2, "")


def test_what_waits_to_be_mailed_about_an_erased_comment_does_not_go_and_the_outbox_forgets_the_address(
    app, receipt_of, decide, stranger, mailbox, clock
):
    receipt = receipt_of()
    decide(Act.APPROVE)
    stranger.post(receipt + "erase")
    assert "jo@example.org" not in traces(app)
    clock.forward(minutes=11)
    assert mailbox.deliver() == []


def test_replies_to_an_erased_comment_stay_under_a_mark(receipt_of, inside, post, stored, stranger, browser):
    receipt = receipt_of(State.PUBLISHED)
    with inside():
        first = db.session.merge(stored()[0])
        reply = cast.a_comment(post, State.PUBLISHED, name="Kim Odell", text="Quite so.", parent=first)
        neighbour = f"/receipt/{reply.receipt_token}/"
    before = stranger.get(cast.POST)
    stranger.post(receipt + "erase")
    page = stranger.get(cast.POST, headers={"If-None-Match": before.headers["ETag"]})
    assert page.status == 200
    assert "Quite so." in page.text
    assert "This comment was erased at its writer’s wish." in page.text
    assert "Jo Marsh" not in page.text
    browser.visit(neighbour)
    assert "In reply to 1, Name removed" in browser.text


def test_withdrawn_first_and_erased_then_the_mark_says_erased(receipt_of, inside, post, stored, stranger):
    receipt = receipt_of(State.PUBLISHED)
    with inside():
        cast.a_comment(post, State.PUBLISHED, text="Quite so.", parent=db.session.merge(stored()[0]))
    stranger.post(receipt + "withdraw")
    assert "The writer withdrew this comment." in stranger.get(cast.POST).text
    stranger.post(receipt + "erase")
    assert "This comment was erased at its writer’s wish." in stranger.get(cast.POST).text


def test_erased_from_twenty_places_at_once_it_is_erased_once(app, receipt_of, inside, post):
    receipt = receipt_of(State.PUBLISHED)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: Stranger(app).post(receipt + "erase"), range(20)))
    assert sorted(answer.status for answer in answers) == [200] + [404] * 19
    with inside(False):
        assert db.session.get(type(post), post.id).published_count == 0


def test_erased_while_its_decision_is_undone_it_stays_erased(app, inside, post, stored):
    for n in range(6):
        with inside():
            comment = cast.a_comment(post, text=f"{n}", email=f"{n}@example.org")
            decision = moderation.decide(comment, Act.APPROVE, cast.ines(), revision=1)
            receipt = f"/receipt/{comment.receipt_token}/"

        def undo(id=decision.id):
            with inside():
                moderation.undo(moderation.held_decision(id), cast.ines())

        with ThreadPoolExecutor(2) as pool:
            undone, erased = pool.submit(undo), pool.submit(Stranger(app).post, receipt + "erase")
        assert erased.result().status == 200
        assert isinstance(undone.exception(), (moderation.CannotUndo, type(None)))
        assert (stored()[n].state, stored()[n].text) == (State.WITHDRAWN, "")
    with inside(False):
        assert db.session.get(type(post), post.id).published_count == 0


def test_erasing_empties_what_a_mail_server_said_of_the_address(receipt_of, inside, stored, stranger):
    receipt = receipt_of()
    with inside():
        email = posting.post(ALREADY_MAIL, "jo@example.org", stored()[0].id)
        email.settle(EmailState.FAILED, "550 <jo@example.org> is unknown here")
    assert stranger.post(receipt + "erase").status == 200
    with inside(False):
        assert [(each.recipient, each.answer) for each in db.session.query(Email)] == [("", "")]


def test_after_an_edit_nobody_gets_the_new_words_by_the_panel_of_the_former(inside, post, stranger, stored):
    panel = stranger.send().location
    assert stranger.send().location == panel, "the same words, the same panel"
    with inside():
        comment = Comment.held(stored()[0].id)
        comment.edit("Something else, for nobody but me.", comment.name, comment.revision)
    assert stranger.post(f"{panel}/address", data={"email": "eve@example.org"}).status == 404
    assert [comment.email for comment in stored()] == ["jo@example.org"]
