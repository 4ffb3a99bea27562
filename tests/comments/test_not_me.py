"""“Never mail this address again”: nothing goes there any more, nobody can tell, and it can be undone."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from opm.comments import moderation
from opm.comments.models import Act, BlockedAddress, Comment, State, address_hash
from opm.extensions import db
from tests import cast
from tests.comments.test_panel_tells_nothing import probe, seen
from tests.mailbox import code_in
from tests.stranger import Stranger


@pytest.fixture
def not_mine(inside, post):
    """The link "this was not me" of a comment under Jo's address."""
    with inside():
        return f"/comment/not-me/{cast.a_comment(post, State.UNCONFIRMED, text='Not mine.').not_me_token}"


@pytest.fixture
def block(not_mine, stranger):
    """Jo says "never mail this address again". Gives the page that says it is so."""
    return lambda: stranger.post(not_mine, data={"never_again": "1"})


def test_without_the_wish_nothing_is_remembered(not_mine, stranger, inside):
    answer = stranger.post(not_mine)
    assert "never" not in answer.text.replace("never published", "")
    with inside(False):
        assert db.session.query(BlockedAddress).count() == 0


def test_nothing_goes_there_whatever_strangers_and_moderators_do(block, stranger, inside, post, mailbox, clock):
    with inside():
        waiting = cast.a_comment(post, text="Mine.", email="JO@example.org")
        moderation.decide(waiting, Act.APPROVE, cast.ines(), revision=1)
    block()
    panel = stranger.send(text="Sent in Jo's name.").location
    stranger.post(panel + "/again")
    stranger.post(stranger.send(text="Moved.", email="eve@example.org").location + "/address",
                  data={"email": "Jo@Example.org"})  # fmt: skip
    stranger.send(text="Mine.")
    clock.forward(minutes=11)
    assert [mail.recipients for mail in mailbox.deliver()] == []
    stranger.send(text="Kim's.", email="kim@example.org")
    assert [mail.recipients for mail in mailbox.deliver()] == [["kim@example.org"]]


def test_the_form_and_its_panel_answer_as_for_any_other_address(app, block, inside):
    block()
    blocked = [seen(answer) for answer in probe(Stranger(app, "198.51.100.9"), "New words.")]
    with inside():
        db.session.query(BlockedAddress).delete()
        db.session.query(Comment).delete()
        db.session.execute(db.metadata.tables["tally"].delete())
    assert [seen(answer) for answer in probe(Stranger(app, "198.51.100.9"), "New words.")] == blocked


def test_said_of_two_comments_at_once_it_is_remembered_once(app, inside, post):
    with inside():
        comments = [cast.a_comment(post, State.UNCONFIRMED, text=f"{n}") for n in range(8)]
        links = [f"/comment/not-me/{comment.not_me_token}" for comment in comments]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda link: Stranger(app).post(link, data={"never_again": "1"}), links))
    assert {answer.status for answer in answers} == {200}
    ways_back = {answer.page.find("a", string="mail me again")["href"] for answer in answers}
    assert len(ways_back) == 1
    with inside(False):
        assert db.session.query(BlockedAddress).count() == 1


def test_its_owner_can_change_their_mind_by_the_link_on_that_page(not_mine, browser, stranger, mailbox):
    browser.visit(not_mine)
    browser.client.get(not_mine)
    browser.press("Delete the comment", never_again="1")
    assert "We will not mail this address again." in browser.text
    browser.follow("mail me again")
    stranger.send(text="Before.")
    assert mailbox.deliver() == [], "looking changes nothing"
    browser.press("Mail this address again")
    assert browser.heading == "We mail this address again"
    panel = stranger.send(text="After.").location
    assert stranger.post(panel, data={"code": code_in(mailbox.newest("jo@example.org"))}).status == 303


def test_its_owner_can_change_their_mind_by_the_receipt_of_another_comment(block, browser, inside, post):
    with inside():
        receipt = f"/receipt/{cast.a_comment(post, text='Mine.').receipt_token}/"
    block()
    browser.visit(receipt)
    assert "You do not want to be mailed about it." in browser.text
    browser.press("Mail me after all")
    assert "We mail you what a moderator decides." in browser.text
    with inside(False):
        assert not BlockedAddress.stands("jo@example.org")


def test_somebody_of_the_team_can_do_it_for_them(app, block, inside):
    block()
    run = app.test_cli_runner().invoke
    assert run(args=["mail-again", "JO@example.org"]).output == "We mail JO@example.org again.\n"
    again = run(args=["mail-again", "jo@example.org"])
    assert (again.exit_code, again.output) == (1, "Error: Nobody has asked us not to mail jo@example.org.\n")


def test_stopping_the_mails_about_one_comment_blocks_no_address(stranger, inside, post):
    with inside():
        receipt = f"/receipt/{cast.a_comment(post).receipt_token}/"
    stranger.post(receipt + "mails")
    with inside(False):
        assert db.session.query(BlockedAddress).count() == 0


def test_only_a_fingerprint_of_the_address_is_kept(block, inside):
    block()
    with inside(False):
        (row,) = db.session.query(BlockedAddress).all()
        assert row.address_hash == address_hash("jo@example.org")
        assert "jo" not in str(vars(row)).replace("object", "")
