"""Leaving by a mail: one button, one click, nobody signs in; and no token opens what is another's."""

import threading

import pytest

from opm.comments.models import State
from opm.extensions import db
from opm.lib import clock, tokens
from opm.subscriptions import following, leaving, letters
from opm.subscriptions.models import Rhythm, Subscriber, Topic
from tests import cast
from tests.stranger import Stranger
from tests.tables import rows

ASKED = {"List-Unsubscribe": "One-Click"}
# As a large mail provider's server sends it: no cookie, no word of whose page it was; or whatever comes to its mind.
ODD_HEADERS = ({}, {"Origin": "https://mail.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"})


@pytest.fixture
def paths(inside):
    """`paths(subscriber)` gives (page, one click) for everything, and the same for the daily digest."""

    def paths(subscriber):
        with inside(False):
            subscriber = db.session.get(Subscriber, subscriber.id)
            first = following.every(subscriber)[0]
            one = letters.unsubscribe(subscriber, first), letters.one_click(subscriber, first)
            digest = letters.unsubscribe(subscriber, rhythm=Rhythm.DAILY)
            return *one, digest, letters.one_click(subscriber, rhythm=Rhythm.DAILY)

    return paths


EVERYTHING = (Topic.EVERYTHING, Rhythm.AT_ONCE)
DAILY = [(Topic.CATEGORY, Rhythm.DAILY), (Topic.AUTHOR, Rhythm.DAILY)]


def test_the_links_page_has_one_button_and_it_stops_that_one_thing_and_can_be_taken_back(
    app, browser, sam, paths, follows
):
    page, _click, _digest, _digest_click = paths(sam)
    browser.visit(page)
    assert browser.heading == "Stop these mails?"
    assert "All new posts, at once" in browser.text
    assert len(browser.page.find_all("button")) == 1
    browser.press("Stop these mails")
    assert (browser.heading, browser.path) == ("Stopped", page)
    assert "New posts in Rivers, once a day" in browser.text.partition("What you still get")[2]
    assert follows(sam) == DAILY
    assert Stranger(app).post(page).status == 303, "pressed in another tab as well"
    assert follows(sam) == DAILY
    browser.press("Undo: mail me as before")
    assert browser.heading == "Stop these mails?"
    assert follows(sam) == [EVERYTHING, *DAILY]
    assert Stranger(app).post(f"{page}/undo").status == 303, "there is nothing to undo"
    assert follows(sam) == [EVERYTHING, *DAILY]


def test_a_digests_link_stops_all_that_comes_in_it(browser, sam, paths, follows, inside):
    _page, _click, digest, _digest_click = paths(sam)
    browser.visit(digest)
    assert "New posts in Rivers, once a day New posts by Ines Calder, once a day" in browser.text
    browser.press("Stop these mails")
    assert follows(sam) == [EVERYTHING]
    browser.press("Undo: mail me as before")
    assert follows(sam) == [EVERYTHING, *DAILY]
    with inside():
        for each in following.followed_by(db.session.get(Subscriber, sam.id)):
            following.change_rhythm(each, Rhythm.WEEKLY)
    browser.visit(digest)
    assert "Nothing that you follow comes in such a mail any more" in browser.text


@pytest.mark.parametrize("headers", ODD_HEADERS)
@pytest.mark.parametrize("how", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
def test_a_mail_providers_server_stops_it_by_one_post_from_anywhere(app, sam, paths, follows, headers, how):
    _page, click, _digest, digest_click = paths(sam)
    sent = {"data": "List-Unsubscribe=One-Click" if how == "text/plain" else ASKED, "content_type": how}
    for _twice in range(2):
        answer = Stranger(app).post(click, headers=headers, **sent)
        assert (answer.status, answer.page.h1.get_text()) == (200, "Stopped")
        assert "/subscriptions/" not in answer.response.text, "it opens nothing more"
        assert follows(sam) == DAILY
    assert Stranger(app).post(digest_click, headers=headers, **sent).status == 200
    assert follows(sam) == []


def test_looking_at_any_of_these_addresses_changes_nothing_nor_does_a_post_that_asks_for_nothing(app, sam, paths):
    before, stranger = rows(app), Stranger(app)
    for path in paths(sam):
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = stranger.client.open(path, method=method)
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            assert method == "OPTIONS" or answer.headers["X-Robots-Tag"] == "noindex"
    for path in (path for path in paths(sam) if "one-click" in path):
        for data in ({}, {"List-Unsubscribe": "no"}, {"List-Unsubscribe": ["", "one-click"]}):
            assert stranger.post(path, data=data).status == 422
        answer = stranger.get(path)
        assert answer.actions() == [path], "a person who opens it can do the same by its button"
        assert stranger.post(path, data={"List-Unsubscribe": ["x", "One-Click"]}).status == 200
    assert "Disallow: /unsubscribe/" in stranger.client.get("/robots.txt").text
    assert rows(app) != before


def test_no_token_opens_what_is_another_ones(app, sam, inside):
    """Each token of each purpose at each address, and those that are cut, doubled, past all numbers, or nothing."""
    with inside():
        comment = cast.a_comment(cast.a_post("two").thread, State.PUBLISHED)
        sam = db.session.get(Subscriber, sam.id)
        one = following.every(sam)[0]
        other = cast.a_subscriber("kit@example.org")
        page, click = (leaving.token(each, sam, one) for each in leaving.Purpose)
        digest, digest_click = (leaving.token(each, sam, rhythm=Rhythm.DAILY) for each in leaving.Purpose)
        strange = [sam.preferences_token, comment.receipt_token, tokens.seal("unsubscribe", one.id, other.nonce)]
        for subject in (f"0{one.id}", f"{sam.id}-sometimes", f"{sam.id}-daily-", "-daily", 2**63, 2**70, "²", "x"):
            strange.append(tokens.seal("unsubscribe", subject, sam.nonce))
        strange += [page[:-1], page + "A", f"{page}.{page}", page.partition(".")[2], ".", "1.", "\udcff.x", "9" * 5000]
    before = rows(app)
    for address, wrong in {
        "/unsubscribe/%s": [click, digest_click, *strange],
        "/unsubscribe/%s/undo": [click, digest_click, *strange],
        "/unsubscribe/one-click/%s": [page, digest, *strange],
    }.items():
        for token in wrong:
            path = address % token.encode("utf-8", "surrogateescape").decode("latin-1")
            assert Stranger(app).post(path, data=ASKED).status == 404, path
            if not path.endswith("/undo"):
                answer = Stranger(app).get(path)
                assert answer.status == 404
                assert "the newest of them" in answer.text
    assert rows(app) == before


def test_the_last_one_stopped_means_on_their_way_out_and_a_new_nonce_or_no_address_closes_every_link(
    app, sam, paths, inside
):
    page, click, digest, _digest_click = paths(sam)
    Stranger(app).post(page)
    Stranger(app).post(digest)
    with inside(False):
        assert db.session.get(Subscriber, sam.id).ended_at == clock.now()
    assert "You follow nothing else here" in Stranger(app).get(page).text
    Stranger(app).post(f"{page}/undo")
    with inside():
        subscriber = db.session.get(Subscriber, sam.id)
        assert subscriber.ended_at is None
        subscriber.nonce = tokens.new_nonce()
    assert Stranger(app).post(click, data=ASKED).status == 404
    fresh = paths(sam)[0]
    assert Stranger(app).get(fresh).status == 200
    with inside():
        subscriber = db.session.get(Subscriber, sam.id)
        subscriber.email = subscriber.address_hash = None
    assert Stranger(app).post(fresh).status == 404


def test_two_at_once_stop_it_once(app, sam, paths, follows):
    page, click, *_digest = paths(sam)
    answers = []
    ask = [lambda: Stranger(app).post(page).status, lambda: Stranger(app).post(click, data=ASKED).status]
    both = [threading.Thread(target=lambda each=each: answers.append(each())) for each in ask]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(answers) == [200, 303]
    assert follows(sam) == DAILY


def test_a_digest_taken_back_within_the_hour_brings_all_and_later_begins_anew(sam, inside, clock):
    with inside():
        digest = following.every(sam)[1]
        began = digest.told_until
        clock.forward(minutes=10)
        subscriber = db.session.get(Subscriber, sam.id)
        following.end(subscriber, [digest])
        following.take_back(subscriber, [digest])
        assert digest.told_until == began
        following.end(subscriber, [digest])
        clock.forward(days=2)
        following.take_back(subscriber, [digest])
        assert digest.told_until > began
        assert digest.ended_at is None
