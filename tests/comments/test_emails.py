"""What commenters are mailed: nothing that a stranger typed, nothing that is no longer so, and headers that hold."""

import re
from email import message_from_string, policy

import pytest

from opm import settings
from opm.comments import moderation
from opm.comments.models import Act, Comment, State
from opm.extensions import db
from opm.outbox.models import Email
from opm.outbox.models import State as Sent
from tests import cast
from tests.mailbox import code_in, path_in

TYPED = "Buy cheap pills at http://pills.example now"
OURS = {
    "subject", "from", "to", "date", "message-id", "auto-submitted", "mime-version", "content-type",
}  # fmt: skip


@pytest.fixture
def decide(inside, stored):
    """`decide(act)` carries out Ines's decision about the newest comment."""

    def decide(act, **values):
        with inside():
            comment = Comment.held(stored()[-1].id)
            return moderation.decide(comment, act, cast.ines(), revision=1, **values)

    return decide


@pytest.fixture
def wire(app):
    """`wire(mail)` gives a mail as it leaves."""

    def wire(mail):
        with app.app_context():
            return mail.as_bytes().decode()

    return wire


@pytest.fixture
def read(wire):
    """`read(mail)` gives a mail as another program reads it."""
    return lambda mail: message_from_string(wire(mail), policy=policy.default)


@pytest.fixture
def sent(post, stranger):
    """The panel of a comment full of advertising, under a name that is some, too."""
    return stranger.send(text=TYPED, name="pills.example", email="victim@example.org").location


def every_mail(sent, stranger, mailbox, decide, clock, inside, stored):
    """One of each kind about the same comment."""
    yield mailbox.newest()
    stranger.post(sent, data={"code": code_in(mailbox.newest())})
    stranger.post(sent + "/again")
    yield mailbox.newest()
    decide(Act.APPROVE)
    clock.forward(minutes=11)
    yield mailbox.newest()
    decide(Act.REMOVE, rule=6)
    clock.forward(minutes=11)
    yield mailbox.newest()


def test_no_mail_holds_anything_that_was_typed(wire, sent, stranger, mailbox, decide, clock, inside, stored):
    mails = list(every_mail(sent, stranger, mailbox, decide, clock, inside, stored))
    assert len({mail.msgId for mail in mails}) == 4
    for mail in mails:
        assert "pills" not in wire(mail) + mail.body + mail.html
        assert mail.recipients == ["victim@example.org"]


def test_each_mail_is_marked_as_a_machines_with_our_headers_alone(
    read, app, sent, stranger, mailbox, decide, clock, inside, stored
):
    for mail in every_mail(sent, stranger, mailbox, decide, clock, inside, stored):
        seen = read(mail)
        assert {name.lower() for name in seen} == OURS
        assert seen["Auto-Submitted"] == "auto-generated"
        assert seen["To"] == "victim@example.org"
        assert seen["From"] == app.config["MAIL_DEFAULT_SENDER"]
        assert re.fullmatch(r"<[\w-]{22}@[\w.]+>", seen["Message-ID"])
        for link in re.findall(r"https?://\S+", mail.body):
            assert link.startswith(app.config["BASE_URL"] + "/")


def test_each_mail_reads_well(sent, stranger, mailbox, decide, clock, inside, stored):
    for mail in every_mail(sent, stranger, mailbox, decide, clock, inside, stored):
        lines = mail.body.split("\n")
        assert all(len(line) <= 72 for line in lines if "http" not in line), max(lines, key=len)
        assert "\n\n\n" not in mail.body
        assert not re.search(r"<\w|&\w+;|None|%\(|{{", mail.body)
        assert "“Who fills the sandbags?”" in mail.body


def test_the_first_mail_has_code_link_and_the_ways_out(sent, mailbox, stranger):
    mail = mailbox.newest()
    code = code_in(mail)
    assert mail.subject == f"{code[:3]} {code[3:]} is your code for Open policy"
    for part in ("confirm", "receipt", "not-me"):
        assert stranger.get(path_in(mail, part)).status == 200
    assert "after 7 days" in " ".join(mail.body.split())


def test_links_stand_on_the_sites_host_whatever_the_request_said(wire, app, post, stranger, mailbox):
    stranger.send(headers={"Host": "localhost", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    stranger.send(text="More.", headers={"Forwarded": "host=evil.example", "X-Host": "evil.example"})
    for mail in mailbox.deliver():
        assert "evil" not in wire(mail)
        assert set(re.findall(r"https?://[^/]+", mail.body)) == {app.config["BASE_URL"]}


@pytest.mark.parametrize(
    "name",
    [
        "Jo\r\nBcc: eve@example.org",
        "Jo\u2028Bcc: eve@example.org",
        "Jo\x85X: y",
        "Jo\x0b\x0c\x1c\x1d\x1eX: y",
        "“Jo” 🌊",
    ],
)
def test_no_name_gets_into_a_header(wire, read, post, stranger, mailbox, name):
    assert stranger.send(name=name, text=name).status == 303
    seen = read(mailbox.newest())
    assert {header.lower() for header in seen} == OURS
    assert "eve@" not in wire(mailbox.newest())


@pytest.mark.parametrize(
    "email", ["jo+tag@example.org", "o'neil@example.org", "jo%eve.example@example.org", "!#$&*/?^_`{|}~=-@example.org"]
)
def test_an_unusual_address_that_could_exist_is_one_recipient(read, post, stranger, mailbox, email):
    assert stranger.send(email=email).status == 303
    mail = mailbox.newest()
    assert mail.recipients == [email]
    assert read(mail)["To"].addresses[0].addr_spec == email


def test_an_address_with_letters_beyond_ascii_in_its_host_can_be_mailed(wire, post, stranger, mailbox, stored):
    assert stranger.send(email="jo@bücher.example").status == 303
    assert stranger.send(email="jo@xn--bcher-kva.example").status == 303
    assert len(stored()) == 1, "it is one address however it is written"
    (mail,) = mailbox.deliver()
    assert wire(mail).partition("\r\n\r\n")[0].isascii()
    assert "jo@xn--bcher-kva.example" in wire(mail)


# What is no longer so


def test_a_comment_deleted_before_its_mail_left_is_not_mailed_about(inside, post, stranger, mailbox, stored):
    stranger.send()
    with inside():
        db.session.delete(db.session.merge(stored()[0]))
    assert mailbox.deliver() == []
    with inside(False):
        assert [email.state for email in db.session.query(Email)] == [Sent.CANCELLED]


def test_a_code_that_is_needed_no_more_is_not_mailed(inside, sent, stranger, mailbox, stored):
    with inside():
        db.session.merge(stored()[0]).confirm()
    assert mailbox.deliver() == []


def test_the_outcome_goes_once_it_cannot_be_undone(sent, stranger, mailbox, decide, clock):
    stranger.post(sent, data={"code": code_in(mailbox.newest())})
    decide(Act.APPROVE)
    clock.forward(minutes=10, seconds=-1)
    assert mailbox.deliver() == []
    clock.forward(seconds=1)
    (mail,) = mailbox.deliver()
    assert mail.subject == "Your comment on Open policy is published"
    assert "as comment 1" in mail.body.replace("\n", " ")
    assert path_in(mail, "comment/").startswith("/comment/")


def test_a_decision_that_was_undone_is_not_told(inside, sent, stranger, mailbox, decide, clock):
    stranger.post(sent, data={"code": code_in(mailbox.newest())})
    decision = decide(Act.REJECT, rule=1)
    with inside():
        moderation.undo(moderation.held_decision(decision.id), cast.ines())
    decide(Act.APPROVE)
    clock.forward(minutes=11)
    assert [mail.subject for mail in mailbox.deliver()] == ["Your comment on Open policy is published"]


def test_a_rejection_says_just_what_the_moderator_sent(sent, stranger, mailbox, decide, clock):
    stranger.post(sent, data={"code": code_in(mailbox.newest())})
    decide(Act.REJECT, rule=6, note="Come back without the shop.\n\nWe would like that.")
    clock.forward(minutes=11)
    mail = mailbox.newest()
    assert mail.subject == "Your comment on Open policy is not published"
    body = " ".join(mail.body.split())
    assert "We did not publish your comment Come back without the shop. We would like that. Read our rules:" in body
    assert path_in(mail, "receipt")


def test_spam_is_not_told(sent, stranger, mailbox, decide, clock):
    stranger.post(sent, data={"code": code_in(mailbox.newest())})
    decide(Act.SPAM)
    clock.forward(days=1)
    assert mailbox.deliver() == []


def test_nobody_is_told_who_wishes_not_to_be(inside, sent, stranger, mailbox, decide, clock, stored):
    stranger.post(sent, data={"code": code_in(mailbox.newest())})
    with inside():
        db.session.merge(stored()[0]).wants_outcome = False
    decide(Act.APPROVE)
    clock.forward(minutes=11)
    assert mailbox.deliver() == []


def test_an_address_that_asked_never_to_be_mailed_hears_nothing_in_any_state(post, inside, stranger, mailbox, clock):
    with inside():
        comment = cast.a_comment(post, State.UNCONFIRMED, text="Not mine.")
        silenced = f"/comment/not-me/{comment.not_me_token}"
        standing = cast.a_comment(post, State.PENDING, text="Mine.")
    stranger.post(silenced, data={"never_again": "1"})
    panel = stranger.send(text="Mine.").location
    stranger.post(panel + "/again")
    stranger.send(text="Other words.")
    with inside():
        moderation.decide(Comment.held(standing.id), Act.APPROVE, cast.ines(), revision=1)
    clock.forward(minutes=11)
    assert mailbox.deliver() == []


def test_the_site_names_itself_in_mails_safely(read, inside, post, stranger, mailbox):
    with inside():
        settings.change(site_name="Café “Öffentlich” & Söhne", organisation="Rat der Stadt")
    stranger.send()
    mail = mailbox.newest()
    seen = read(mail)
    assert seen["Subject"].endswith("is your code for Café “Öffentlich” & Söhne")
    assert "Café “Öffentlich” & Söhne, Rat der Stadt" in mail.body
    assert "Café “Öffentlich” &amp; Söhne, Rat der Stadt" in mail.html
    assert {header.lower() for header in seen} == OURS
