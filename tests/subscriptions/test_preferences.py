"""The page behind the link in every mail: what comes, more, less, a pause, all of it stopped, seen and erased."""

import json
import threading

from opm.extensions import db
from opm.lib import tokens
from opm.outbox import posting
from opm.outbox.models import Email
from opm.subscriptions import addresses, following, letters, topics
from opm.subscriptions.leaving import Purpose
from opm.subscriptions.leaving import token as leaving_token
from opm.subscriptions.models import AddressChange, Rhythm, Subscriber, Subscription, Told, Topic
from tests import cast
from tests.counting import counting
from tests.stranger import Stranger
from tests.subscriptions.conftest import EMAIL
from tests.tables import rows

EVERYTHING, RIVERS, INES = (
    (Topic.EVERYTHING, Rhythm.AT_ONCE), (Topic.CATEGORY, Rhythm.DAILY), (Topic.AUTHOR, Rhythm.DAILY),
)  # fmt: skip
DEEDS = ("subscription", "follow", "pause", "stop", "undo", "address", "erase")


def test_each_thing_is_said_in_words_and_its_rhythm_changed_or_stopped_by_its_own_form(browser, sam, follows, page_of):
    browser.visit(page_of())
    said = [legend.get_text() for legend in browser.page.find_all("legend")]
    assert said == ["All new posts", "New posts in Rivers", "New posts by Ines Calder"]
    chosen = [option["value"] for option in browser.page.select("fieldset option[selected]")]
    assert chosen == ["at once", "daily", "daily"]
    browser.press("Save", rhythm="weekly")  # the first
    assert "Your change is saved" in browser.text
    assert follows(sam) == [(Topic.EVERYTHING, Rhythm.WEEKLY), RIVERS, INES]
    browser.press("Stop it")
    assert "You do not get this any more" in browser.text
    assert follows(sam) == [RIVERS, INES]


def test_more_is_followed_at_once_with_the_words_that_stood_there_and_again_what_was_stopped(
    browser, sam, follows, page_of, inside, clock
):
    with inside():
        post = cast.a_filed_post()
        db.session.flush()
        series_id = post.series_id
        cast.a_draft()  # whose author has published nothing
    browser.visit(page_of())
    offered = [option.get_text() for option in browser.page.select("#what-more option")]
    assert offered == ["New posts in the series Floods"], "what is followed already is not offered, nor who is unknown"
    assert topics.consent() in browser.text
    browser.press("Mail me this, too", what=f"series-{series_id}", rhythm="weekly")
    assert "It is added" in browser.text
    with inside(False):
        added = db.session.query(Subscription).filter_by(topic=Topic.SERIES).one()
        assert added.wording == f"New posts in the series Floods, once a week. {topics.consent()}"
        assert added.consented_at == clock.at
        first = added.id
    browser.press("Stop all mails")
    clock.forward(days=3)
    browser.visit(page_of())
    browser.press("Mail me this", what="everything-0", rhythm="at once")
    assert follows(sam) == [EVERYTHING]
    browser.press("Mail me this, too", what=f"series-{series_id}", rhythm="daily")
    with inside(False):
        again = db.session.get(Subscription, first)
        assert (again.consented_at, again.told_until, again.ended_at) == (clock.at, clock.at, None)
        assert db.session.get(Subscriber, sam.id).ended_at is None


def test_a_pause_lasts_until_they_say_so_and_digests_then_begin_anew(browser, sam, page_of, inside, clock):
    browser.visit(page_of())
    browser.press("Pause all mails")
    assert "Paused since 14 October 2026" in browser.text
    clock.forward(days=40)
    browser.visit(page_of())
    browser.press("Mail me again")
    with inside(False):
        assert db.session.get(Subscriber, sam.id).paused_at is None
        assert {each.told_until for each in following.every(sam)} == {clock.at}


def test_all_is_stopped_by_one_button_and_all_comes_back_by_another_but_not_what_had_been_stopped_before(
    browser, sam, follows, page_of, clock
):
    browser.visit(page_of())
    browser.press("Stop it")
    clock.forward(minutes=1)
    browser.press("Stop all mails")
    assert follows(sam) == []
    assert "All is stopped" in browser.text
    browser.press("Undo: mail me as before")
    assert follows(sam) == [RIVERS, INES]


def test_everything_works_in_place_as_well_and_takes_the_focus(browser, sam, follows, page_of):
    browser.visit(page_of())
    fragment = browser.htmx_press("Save", rhythm="weekly")
    assert fragment.find(id="preferences").has_attr("autofocus")
    assert "Your change is saved" in fragment.get_text()
    for button in ("Pause all mails", "Stop all mails"):
        assert browser.htmx_press(button).find(id="preferences")
    panel = browser.htmx_press("Mail me a code there", email="new@example.org")
    assert "We mailed a code to new@example.org" in " ".join(panel.get_text().split())


def test_what_is_refused_says_why_beside_its_field_and_loses_nothing(app, sam, follows, page_of, inside):
    page, stranger = page_of(), Stranger(app)
    with inside(False):
        own = following.every(sam)[0].id
    refused = [
        ("subscription", {"subscription": str(own), "rhythm": "hourly"}, 422, "Choose how often"),
        ("subscription", {"subscription": str(own)}, 422, "Choose how often"),
        ("subscription", {"subscription": "0", "stop": "1"}, 409, "Nothing was changed"),
        ("subscription", {"subscription": str(2**63), "stop": "1"}, 409, "Nothing was changed"),
        ("subscription", {"subscription": ["²", str(own)], "stop": "1"}, 409, "Nothing was changed"),
        ("follow", {"what": "series-1", "rhythm": "daily"}, 422, "Choose what you want to hear of"),
        ("follow", {"what": f"thread-{2**63 - 1}", "rhythm": "daily"}, 422, "Choose what you want to hear of"),
        ("follow", {"what": f"category-{2**64}", "rhythm": "daily"}, 422, "Choose what you want to hear of"),
        ("follow", {"what": "a" * 10_000, "rhythm": "daily"}, 422, "Choose what you want to hear of"),
        ("follow", {"what": "\0-1", "rhythm": "\ud800".encode("utf-8", "surrogatepass")}, 422, "Choose"),
        ("follow", {"what": "everything-0"}, 422, "Choose how often"),
        ("address", {"email": "sam@"}, 422, "Your address was not changed"),
        ("address", {"email": "SAM@example.org"}, 422, "we write to already"),
        ("address", {"email": "a" * 10_000 + "@example.org"}, 422, "at most 254 characters"),
    ]
    for deed, data, status, words in refused:
        for htmx in (False, True):
            answer = stranger.post(page + deed, data=data, htmx=htmx)
            assert (answer.status, words in answer.text) == (status, True), (deed, data, answer.text[:300])
    assert stranger.post(page + "address", data={"email": "sam@"}).typed("email") == "sam@"
    assert follows(sam) == [EVERYTHING, RIVERS, INES]


def test_looking_changes_nothing_and_nobody_keeps_or_finds_what_is_shown(app, sam, page_of):
    before, stranger = rows(app), Stranger(app)
    for path in ("", "erase", "data.json", "?said=paused", "?said=%00", "?said=nothing"):
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = stranger.client.open(page_of() + path, method=method)
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            assert method == "OPTIONS" or answer.headers["X-Robots-Tag"] == "noindex"
    for deed in DEEDS[:-1]:
        assert stranger.client.get(page_of() + deed).status_code == 405
    assert "Disallow: /subscriptions/" in stranger.client.get("/robots.txt").text
    assert rows(app) == before


def test_no_other_token_opens_the_page_or_does_any_deed_nor_one_of_somebody_elses(app, sam, page_of, inside):
    with inside():
        sam = db.session.get(Subscriber, sam.id)
        kit = cast.a_subscriber("kit@example.org")
        change = addresses.begin(sam, "new@example.org", "")
        one, kits = following.every(sam)[0], following.every(kit)[0].id
        wrong = [leaving_token(each, sam, one) for each in Purpose]
        wrong += [leaving_token(each, sam, rhythm=Rhythm.DAILY) for each in Purpose]
        wrong += [change.panel_token, change.link_token, change.not_me_token]
        wrong += [tokens.seal("preferences", sam.id, kit.nonce), tokens.seal("preferences", kit.id, sam.nonce)]
        wrong += [tokens.seal("preferences", 2**63, sam.nonce), "1.x", "x", "²." + "A" * 22, "9" * 3000]
        right_here = sam.preferences_token
        links = [change.link_token, change.not_me_token, change.panel_token]
    before = rows(app)
    for token in wrong:
        for deed in ("", "data.json", "erase"):
            assert Stranger(app).client.get(f"/subscriptions/{token}/{deed}").status_code == 404, token
        for deed in DEEDS:
            sent = {"subscription": str(one.id), "rhythm": "weekly", "what": "everything-0", "email": "x@example.org"}
            assert Stranger(app).post(f"/subscriptions/{token}/{deed}", data=sent).status == 404, (token, deed)
    for place, right in zip(("confirm/", "not-me/", "sent/"), links, strict=True):
        for token in {*wrong, right_here} - {right}:
            for method in ("GET", "POST"):
                answer = Stranger(app).client.open(f"/subscriptions/address/{place}{token}", method=method)
                assert answer.status_code == 404, (place, token)
    assert Stranger(app).post(page_of() + "subscription", data={"subscription": str(kits), "stop": "1"}).status == 409
    assert rows(app) == before


def test_all_that_is_held_can_be_downloaded_and_erased_with_what_waits_in_the_outbox(
    app, browser, sam, page_of, inside, mailbox
):
    with inside():
        post = cast.a_post("told", "Told already")
        db.session.flush()
        told = posting.post("post alert", EMAIL, sam.id, nonce=sam.nonce)
        db.session.flush()
        subscription = following.every(sam)[0]
        db.session.add(Told(subscriber_id=sam.id, subscription_id=subscription.id, post_id=post.id, email_id=told.id))
        addresses.begin(db.session.get(Subscriber, sam.id), "new@example.org", "abc")
        addresses.begin(cast.a_subscriber("kit@example.org"), "Sam@Example.org", "abc")
    held = json.loads(browser.client.get(page_of() + "data.json").text)
    assert held["you"]["email"] == EMAIL
    assert held["subscriptions"][1]["what"] == "New posts in Rivers"
    assert held["subscriptions"][1]["what_you_agreed_to"] == "Mail me this."
    assert held["what_we_told_you"][0]["post"] == "Told already"
    assert {mail["to"] for mail in held["mails"]} == {EMAIL, "new@example.org"}
    assert held["given_as_a_new_address"][0]["email"] == "Sam@Example.org"
    old = page_of()
    browser.visit(old)
    browser.follow("Erase my data")
    browser.press("Erase all of it")
    assert browser.heading == "All of it is erased"
    assert browser.visit(old, status=404)
    assert "the newest of them" in browser.text
    with inside(False):
        assert [each.email for each in db.session.query(Subscriber)] == ["kit@example.org"]
        assert not db.session.query(AddressChange).count()
        assert not db.session.query(Told).count()
        assert EMAIL not in {each.recipient.lower() for each in db.session.query(Email)}
    assert mailbox.deliver() == []
    assert "sam@example.org" not in str(rows(app)).lower()


def test_two_at_once_add_one_thing_once(app, sam, follows, page_of):
    page, answers = page_of(), []
    sent = {"what": "everything-0", "rhythm": "daily"}

    def ask():
        answers.append(Stranger(app).post(page + "follow", data=sent).status)

    both = [threading.Thread(target=ask) for _each in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert answers == [303, 303]
    assert follows(sam) == [(Topic.EVERYTHING, Rhythm.DAILY), RIVERS, INES]


def test_the_page_asks_the_database_as_little_for_many_things_as_for_three(app, sam, page_of, inside):
    page = page_of()
    with counting(app) as few:
        Stranger(app).get(page)
    with inside():
        for number in range(30):
            post = cast.a_post(f"p{number}", f"Post {number}", category=f"c{number}")
            db.session.flush()
            for topic, id in ((Topic.THREAD, post.thread.id), (Topic.CATEGORY, post.categories[0].id)):
                following.follow(sam, topic, id, Rhythm.WEEKLY, ".")
        comment = cast.a_comment(post.thread, cast.State.PUBLISHED)
        following.follow(sam, Topic.REPLIES, comment.id, Rhythm.AT_ONCE, ".")
        following.follow(sam, Topic.SERIES, 999, Rhythm.AT_ONCE, ".")
    with counting(app) as many:
        answer = Stranger(app).get(page)
    assert "Answers to your comment 1 on “Post 29”" in answer.text
    assert "Something that is not here any more" in answer.text
    assert len(many) == len(few) <= 7, str(many)


def test_each_mail_ends_with_why_it_came_and_how_to_stop_it(sam, inside):
    with inside(False):
        subscriber = db.session.get(Subscriber, sam.id)
        because, stop, change = letters.closing(subscriber, following.every(subscriber)[1])
        assert because == "You get this because on 14 October 2026 you asked us for: New posts in Rivers, once a day."
        assert (stop.words, change.path) == ("Stop these mails", letters.preferences(subscriber))
        because, stop, _change = letters.closing(subscriber, rhythm=Rhythm.WEEKLY)
        assert "once a week" in because
        assert stop.path == letters.unsubscribe(subscriber, rhythm=Rhythm.WEEKLY)
