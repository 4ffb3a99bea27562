"""Another address, confirmed there: until then the old one holds, and afterwards it holds nothing."""

from datetime import timedelta

from opm import settings
from opm.comments.models import BlockedAddress, address_hash
from opm.extensions import db
from opm.outbox import posting
from opm.subscriptions import following, letters
from opm.subscriptions.models import AddressChange, Rhythm, Subscriber, Told, Topic
from tests import cast
from tests.mailbox import code_in, path_in
from tests.stranger import Stranger
from tests.subscriptions.conftest import EMAIL

NEW = "sam@new.example"


def test_the_code_from_the_new_mailbox_moves_everything_there_and_closes_every_old_link(
    app, browser, sam, page_of, inside, mailbox, follows, clock
):
    with inside():
        subscriber = db.session.get(Subscriber, sam.id)
        waiting = posting.post("post alert", EMAIL, sam.id, nonce=sam.nonce, due_at=clock.at + timedelta(hours=1))
        db.session.flush()
        one = following.every(subscriber)[0]
        old_links = [letters.preferences(subscriber), letters.unsubscribe(subscriber, one)]
        one_click = letters.one_click(subscriber, one)
        post = cast.a_post("told")
        db.session.flush()
        db.session.add(Told(subscriber_id=sam.id, subscription_id=one.id, post_id=post.id, email_id=waiting.id))
    browser.visit(page_of())
    browser.press("Mail me a code there", email=NEW)
    assert f"We mailed a code to {NEW}" in browser.text
    browser.press("Use this address", status=422, code="000000")
    with inside(False):
        assert db.session.get(Subscriber, sam.id).email == EMAIL
    browser.press("Use this address", code=code_in(mailbox.newest(NEW)))
    assert "Your address is changed" in browser.text
    assert f"All of it goes to {NEW}" in browser.text
    assert len(follows(sam)) == 3
    for link in old_links:
        assert Stranger(app).get(link).status == 404
    assert Stranger(app).post(one_click, data={"List-Unsubscribe": "One-Click"}).status == 404
    told = mailbox.newest(EMAIL)
    assert "Your address was changed" in told.body
    assert NEW not in told.body
    assert "/subscriptions/" not in told.body
    with inside(False):
        email = db.session.get(type(waiting), waiting.id)
        subscriber = db.session.get(Subscriber, sam.id)
        assert (email.recipient, email.nonce) == (NEW, subscriber.nonce), "what waited goes to the new one"
        assert subscriber.address_hash == address_hash(NEW)


def test_the_mails_link_does_the_same_and_tells_nothing_more_later(app, browser, sam, page_of, mailbox):
    Stranger(app).post(page_of() + "address", data={"email": NEW})
    link = path_in(mailbox.newest(NEW), "confirm")
    browser.visit(link)
    browser.press("Yes, use this address")
    assert "Your address is changed" in browser.text
    assert browser.path.startswith("/subscriptions/")
    browser.visit(link)
    assert browser.heading == "Your address is changed"
    assert page_of(NEW) not in str(browser.page), "later it opens nothing"
    assert Stranger(app).post(link).status == 303


def test_a_code_that_comes_later_opens_nothing(app, sam, page_of, mailbox):
    panel = Stranger(app).post(page_of() + "address", data={"email": NEW}).location
    code = code_in(mailbox.newest(NEW))
    done = Stranger(app).post(panel, data={"code": code}, htmx=True)
    assert "go on to your new page" in done.text
    again = Stranger(app).post(panel, data={"code": code})
    assert again.status == 200
    assert "already done its work" in again.text
    assert page_of(NEW) not in again.response.text
    Stranger(app).post(f"{panel}/again")
    assert all(message.recipients != [NEW] for message in mailbox.deliver())


def test_whoever_reads_the_old_mailbox_keeps_no_power(app, sam, page_of, mailbox):
    """A change that they began ends with the one that was confirmed."""
    Stranger(app).post(page_of() + "address", data={"email": "thief@example.org"})
    stolen = path_in(mailbox.newest("thief@example.org"), "confirm")
    panel = Stranger(app).post(page_of() + "address", data={"email": NEW}).location
    assert Stranger(app).post(stolen).status == 404, "one waits at a time"
    Stranger(app).post(panel, data={"code": code_in(mailbox.newest(NEW))})
    third = Stranger(app).post(page_of(NEW) + "address", data={"email": "sam@third.example"}).location
    Stranger(app).post(third, data={"code": code_in(mailbox.newest("sam@third.example"))})
    assert Stranger(app).get(panel).status == 404, "nor does the panel of a change before the last"
    assert page_of("sam@third.example")


def test_an_address_that_follows_something_already_is_answered_alike_and_has_both_afterwards(
    app, sam, page_of, inside, mailbox, follows, clock
):
    with inside():
        kit = cast.a_subscriber("kit@example.org", (Topic.EVERYTHING, 0), (Topic.SERIES, 7), rhythm=Rhythm.WEEKLY)
        following.pause(kit)
    answers = []
    for email in ("kit@example.org", "nobody@example.org"):
        panel = Stranger(app).get(Stranger(app).post(page_of() + "address", data={"email": email}).location)
        answers.append((panel.status, panel.text.replace(email, "…")))
    assert answers[0] == answers[1]
    panel = Stranger(app).post(page_of() + "address", data={"email": "KIT@example.org"}).location
    done = Stranger(app).post(panel, data={"code": code_in(mailbox.newest("KIT@example.org"))})
    assert done.location.startswith(page_of("kit@example.org"))
    assert follows(kit) == [
        (Topic.EVERYTHING, Rhythm.AT_ONCE), (Topic.SERIES, Rhythm.WEEKLY),
        (Topic.CATEGORY, Rhythm.DAILY), (Topic.AUTHOR, Rhythm.DAILY),
    ]  # fmt: skip
    with inside(False):
        assert db.session.get(Subscriber, sam.id) is None
        assert db.session.get(Subscriber, kit.id).paused_at is None
    assert "Your address was changed" in mailbox.newest(EMAIL).body


def test_who_was_named_wrongly_deletes_it_and_is_left_alone_from_then_on(app, browser, sam, page_of, mailbox, inside):
    Stranger(app).post(page_of() + "address", data={"email": NEW})
    browser.visit(path_in(mailbox.newest(NEW), "not-me"))
    browser.press("Delete it", never_again="1")
    assert "We will not mail this address again" in browser.text
    with inside(False):
        assert BlockedAddress.stands(NEW)
        assert not db.session.query(AddressChange).count()
    panel = Stranger(app).post(page_of() + "address", data={"email": NEW})
    assert panel.status == 303, "answered as ever"
    assert mailbox.deliver() == []


def test_so_many_an_hour_and_no_more_and_what_was_typed_comes_back(app, sam, page_of, inside):
    stranger, page = Stranger(app), page_of()
    with inside(False):
        most = settings.current().subscriptions_per_network
    for number in range(most):
        assert stranger.post(page + "address", data={"email": f"n{number}@example.org"}).status == 303
    refused = stranger.post(page + "address", data={"email": "more@example.org"})
    assert refused.status == 429
    assert "more@example.org" in refused.given_back() or refused.typed("email") == "more@example.org"
    assert Stranger(app, "198.51.100.7").post(page + "address", data={"email": "other@example.org"}).status == 303
    with inside(False):
        assert db.session.query(AddressChange).count() == 1


def test_the_same_once_more_is_one_change_with_one_mail_until_it_is_too_old(app, sam, page_of, mailbox, clock):
    first = Stranger(app).post(page_of() + "address", data={"email": NEW}).location
    assert Stranger(app).post(page_of() + "address", data={"email": NEW.upper()}).location == first
    assert len(mailbox.deliver()) == 1
    assert NEW in Stranger(app).get(page_of()).text
    clock.forward(days=8)
    assert Stranger(app).post(page_of() + "address", data={"email": NEW}).location != first
