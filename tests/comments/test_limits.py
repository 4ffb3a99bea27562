"""How much is too much: each limit of the table, and what is said and kept when it is reached."""

import pytest

from opm import settings
from opm.comments.models import State
from opm.extensions import db
from opm.lib.throttle import Tally
from opm.outbox.models import Email
from tests import cast
from tests.mailbox import code_in
from tests.stranger import FORM, Stranger

AN_ADDRESS_PER_COMMENT = [f"jo{n}@example.org" for n in range(100)]


def send_many(stranger, count, **fields):
    """So many comments from as many addresses."""
    return [
        stranger.send(text=f"Comment {n}.", email=email, **fields)
        for n, email in enumerate(AN_ADDRESS_PER_COMMENT[:count])
    ]


@pytest.fixture
def small(inside, post):
    """Limits small enough to be reached soon."""
    with inside():
        settings.change(comments_per_network=4, comments_per_network_flagged=2, confirmations_per_network=3)
        settings.change(codes_per_network=3)


# The sixth comment


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
def test_the_sixth_comment_of_an_address_in_an_hour_waits_and_nothing_typed_is_lost(
    post, stranger, stored, clock, htmx
):
    clock.forward(minutes=20)
    for n in range(5):
        assert stranger.send(text=f"Comment {n}.").status == 303
    answer = stranger.send(text="Comment 5.\n\n  Second paragraph.", htmx=htmx)
    assert answer.status == 429
    assert answer.headers["Retry-After"] == str(40 * 60)
    assert "in 40 minutes" in answer.text
    typed = {name: answer.typed(name) for name in ("text", "name", "email")}
    assert typed == {"text": "Comment 5.\n\n  Second paragraph.", "name": "Jo Marsh", "email": "jo@example.org"}
    assert answer.actions() == [FORM]
    assert len(stored()) == 5

    clock.forward(minutes=40)
    assert stranger.send(**typed).status == 303


def test_a_refused_reply_stays_a_reply(inside, post, stranger, stored, clock):
    with inside():
        first = cast.a_comment(post, State.PUBLISHED, email="kim@example.org")
    for n in range(5):
        stranger.send(text=f"Comment {n}.")
    answer = stranger.send(parent=first.id)
    assert answer.status == 429
    clock.forward(hours=1)
    stranger.post(answer.actions()[0], data={name: answer.typed(name) for name in ("text", "name", "email", "parent")})
    assert stored()[-1].parent_id == first.id


def test_an_address_counts_as_one_however_it_is_written(post, stranger):
    for n, email in enumerate(
        ["jo@example.org", "JO@example.org", "Jo@EXAMPLE.ORG", " jo@example.org ", "jO@example.Org"]
    ):
        assert stranger.send(text=f"Comment {n}.", email=email).status == 303
    assert stranger.send(text="Comment 6.", email="JO@EXAMPLE.org").status == 429


def test_an_address_has_twenty_comments_a_day(post, stranger, stored, clock):
    for n in range(20):
        assert stranger.send(text=f"Comment {n}.").status == 303
        clock.forward(minutes=15)
    answer = stranger.send(text="Comment 20.")
    assert answer.status == 429
    assert answer.headers["Retry-After"] == str(10 * 60 * 60)
    assert len(stored()) == 20
    clock.forward(hours=10)
    assert stranger.send(text="Comment 20.").status == 303


def test_what_is_refused_for_its_shape_counts_not(post, stranger):
    for _ in range(10):
        assert stranger.send(text="").status == 422
    assert stranger.send().status == 303


def test_a_refusal_counts_and_is_remembered(post, stranger, inside):
    for n in range(7):
        stranger.send(text=f"Comment {n}.")
    with inside(False):
        assert {tally.count for tally in db.session.query(Tally)} == {7}


# Networks


def test_one_network_has_sixty_comments_an_hour_and_is_flagged_after_twenty(post, stranger, stored):
    assert {answer.status for answer in send_many(stranger, 60)} == {303}
    assert [comment.flags for comment in stored()] == [[]] * 20 + [["network"]] * 40
    assert stranger.send(text="One more.", email="al@example.org").status == 429


def test_a_network_at_its_limit_is_in_nobody_elses_way(small, app, stranger, inside):
    send_many(stranger, 4)
    assert stranger.send(text="More.", email="al@example.org").status == 429
    assert Stranger(app, "203.0.113.250").send(text="More.", email="al@example.org").status == 429, "the same /24"
    for n, address in enumerate(["203.0.114.7", "2001:db8:1::7", "198.51.100.7"]):
        assert Stranger(app, address).send(text="More.", email=f"al{n}@example.org").status == 303
    assert stranger.get(cast.POST).status == 200, "and readers are spared"


@pytest.mark.parametrize(
    ("first", "second", "are_one"),
    [
        ("2001:db8:1:1::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("203.0.113.7", "::ffff:203.0.113.9", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "nonsense", True),
    ],
)
def test_what_a_network_is(small, app, first, second, are_one):
    send_many(Stranger(app, first), 4)
    assert Stranger(app, second).send(text="More.", email="al@example.org").status == (429 if are_one else 303)


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP", "Client-IP"]
)
def test_a_network_cannot_name_itself_otherwise(small, stranger, header):
    for n in range(4):
        stranger.send(text=f"{n}", email=AN_ADDRESS_PER_COMMENT[n], headers={header: f"198.51.{n}.1"})
    answer = stranger.send(text="More.", email="al@example.org", headers={header: "192.0.2.1"})
    assert answer.status == 429


# Panels


def test_a_code_can_be_mailed_again_five_times_an_hour(post, stranger, mailbox, clock):
    panel = stranger.send().location
    for _ in range(5):
        assert stranger.post(panel + "/again").status == 200
    answer = stranger.post(panel + "/again", htmx=True)
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "3600"
    assert len(mailbox.deliver()) == 6
    clock.forward(hours=1)
    assert stranger.post(panel + "/again").status == 200


def test_a_refused_change_of_address_keeps_what_was_typed(small, stranger):
    panel = stranger.send().location
    for n in range(3):
        stranger.post(panel + "/address", data={"email": f"jo{n}@example.org"})
    answer = stranger.post(panel + "/address", data={"email": "jo.last@example.org"})
    assert answer.status == 429
    assert answer.typed("email") == "jo.last@example.org"
    assert answer.actions() == [panel + "/address"]


def test_codes_from_one_network_are_limited_and_another_goes_on(small, app, stranger, mailbox, stored):
    panel = stranger.send().location
    code = code_in(mailbox.newest())
    for _ in range(3):
        stranger.post(panel, data={"code": "nothing"})
    answer = stranger.post(panel, data={"code": code})
    assert answer.status == 429
    assert code not in answer.response.text
    assert stored()[0].code_tries == 3, "a refused code is not tried"
    assert Stranger(app, "198.51.100.7").post(panel, data={"code": code}).status == 303


def test_nobody_is_mailed_more_than_ten_times_an_hour_whatever_strangers_do(post, app, mailbox):
    """Comments, repeats, resends and changed addresses from many networks, all for one victim."""
    for n in range(30):
        eve = Stranger(app, f"198.51.{n}.1")
        panel = eve.send(
            text=f"Comment {n}.", email="victim@example.org" if n % 3 else f"eve{n}@example.org"
        ).headers.get("Location")
        if panel:
            eve.post(panel + "/address", data={"email": "Victim@example.org"})
            eve.post(panel + "/again")
    to_victim = [mail for mail in mailbox.deliver() if mail.recipients[0].lower() == "victim@example.org"]
    assert len(to_victim) <= 10


def test_a_flood_from_everywhere_slows_mail_and_refuses_nothing(inside, post, app, mailbox, clock):
    with inside():
        settings.change(strangers_mails_on_site=10)
    for n in range(15):
        assert Stranger(app, f"198.51.{n}.1").send(text=f"Comment {n}.", email=AN_ADDRESS_PER_COMMENT[n]).status == 303
    assert len(mailbox.deliver()) == 10
    clock.forward(minutes=6)
    assert len(mailbox.deliver()) == 1
    clock.forward(minutes=24)
    assert len(mailbox.deliver()) == 4
    with inside(False):
        assert db.session.query(Email).count() == 15


def test_limits_can_be_lifted_for_a_load_test(app, post, stranger, monkeypatch):
    monkeypatch.setitem(app.config, "LIMITS", False)
    assert {stranger.send(text=f"Comment {n}.").status for n in range(8)} == {303}


def test_a_clock_that_is_set_back_locks_nobody_out(post, stranger, clock):
    for n in range(6):
        stranger.send(text=f"Comment {n}.")
    clock.forward(days=-2)
    assert stranger.send(text="Comment 6.").status == 303
