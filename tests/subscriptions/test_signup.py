"""Asking for mails: the forms, the panel, the code and the link; and what writers follow from their receipts."""

import pytest
from sqlalchemy import select

from opm import settings
from opm.comments.models import BlockedAddress, State, address_hash
from opm.extensions import db
from opm.lib import clock
from opm.outbox.models import Email
from opm.posts import publishing
from opm.posts.models import State as PostState
from opm.subscriptions import following, letters, preferences, signup, topics
from opm.subscriptions.models import Rhythm, SignUp, Subscriber, Subscription, Topic
from tests import cast
from tests.counting import counting
from tests.mailbox import code_in, path_in
from tests.stranger import masked

KIT = "kit@example.org"


@pytest.fixture
def stored(inside):
    """`stored()` gives all sign-ups in the database."""

    def stored():
        with inside(False):
            return db.session.scalars(select(SignUp).order_by(SignUp.id)).all()

    return stored


@pytest.fixture
def kit_follows(inside):
    """`kit_follows()` gives what Kit follows: topic, rhythm and the words that were agreed to."""

    def kit_follows():
        with inside(False):
            theirs = (
                select(Subscription).join(Subscription.subscriber).where(Subscriber.address_hash == address_hash(KIT))
            )
            rows = db.session.scalars(theirs.where(Subscription.stands()).order_by(Subscription.id)).all()
            return [(row.topic, row.rhythm, row.wording) for row in rows]

    return kit_follows


# Hostile


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "kit"},
        {"email": "k" * 255 + "@example.org"},
        {"email": "=?x?q?y?=@example.org"},
        {"what": "category-99999999999999999999"},
        {"what": "category-7"},
        {"what": "tag-1"},
        {"what": "/category/nowhere/"},
        {"what": "/desk/"},
        {"what": "/category/a\0b/"},
        {"what": "/2026/10/01/a\0b/"},
        {"what": "category\0-1"},
        {"what": "replies-1"},
        {"what": "x" * 10_000},
        {"what": "everything-0\0"},
        {"what": ["everything-1", "everything-0"]},
        {"rhythm": "hourly"},
        {"rhythm": "daily\0" * 2_000},
    ],
)
def test_what_is_refused_comes_back_as_it_was_typed(stranger, stored, wrong):
    sent = {"what": "everything-0", "rhythm": "daily", "email": KIT} | wrong
    answer = stranger.post("/subscribe/", data=sent)
    assert answer.status == 422
    assert answer.typed("email") == sent["email"]
    assert stored() == []


def test_another_sites_form_is_refused_and_its_words_come_back(stranger, stored):
    answer = stranger.post(
        "/subscribe/", data={"what": "/", "email": KIT}, headers={"Origin": "https://elsewhere.example"}
    )
    assert answer.status == 403
    assert KIT in answer.response.text
    assert stored() == []


def test_no_link_opens_what_another_is_for(stranger, inside):
    with inside():
        sign_up, report = cast.a_sign_up(), cast.a_report(cast.a_comment(cast.a_post().thread))
        link, panel, not_me, other = sign_up.link_token, sign_up.panel_token, sign_up.not_me_token, report.link_token
    for path, wrong in (
        ("confirm", (panel, not_me, other)),
        ("sent", (link, not_me, other)),
        ("not-me", (link, panel, other)),
    ):
        for token in (*wrong, "1.x", f"{2**64}.x"):
            assert stranger.get(f"/subscribe/{path}/{token}").status == 404
            assert stranger.post(f"/subscribe/{path}/{token}", data={"code": "123456"}).status == 404


def test_five_wrong_codes_are_the_last_and_the_link_still_works(browser, inside, mailbox, kit_follows):
    browser.visit("/subscribe/")
    browser.press("Mail me this", email=KIT)
    right = code_in(mailbox.newest(KIT))
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _try in range(5):
        browser.press("Confirm", 422, code=wrong)
    browser.press("Confirm", 422, code=right)
    assert kit_follows() == []
    browser.visit(path_in(mailbox.newest(KIT), "confirm"))
    browser.press("Yes, mail me this")
    assert [topic for topic, *_ in kit_follows()] == [Topic.EVERYTHING]


# What is answered tells nothing


def test_a_known_address_and_one_that_follows_it_are_answered_as_a_new_one(app, stranger, inside):
    with inside():
        cast.a_subscriber("sam@example.org")
        cast.a_subscriber("lou@example.org", (Topic.AUTHOR, 1))
    answers, costs = [], []
    for email in ("new@example.org", "sam@example.org", "lou@example.org"):
        with counting(app) as statements:
            panel = stranger.post("/subscribe/", data={"what": "/", "email": email}, htmx=True)
        answers.append(masked(panel).replace(email, "…"))
        costs.append(len(statements))
    assert len(set(answers)) == 1
    assert len(set(costs)) == 1


def test_what_the_panel_asks_costs_the_same_for_a_known_address_and_a_new_one(app, stranger, inside):
    with inside():
        cast.a_subscriber("sam@example.org")
        panels = [
            f"/subscribe/sent/{cast.a_sign_up(who).panel_token}" for who in ("sam@example.org", "new@example.org")
        ]
        codes = [each.code for each in db.session.scalars(select(SignUp))]
    wrong = next(code for code in ("111111", "222222", "333333") if code not in codes)
    for deed, sent in (("", {"code": wrong}), ("/again", {}), ("/address", {"email": "third@example.org"})):
        costs, statuses = [], []
        for panel in panels:
            with counting(app) as statements:
                statuses.append(stranger.post(f"{panel}{deed}", data=sent, htmx=True).status)
            costs.append(len(statements))
            if deed == "/address":  # the second moves to another address than the first
                sent = {"email": "fourth@example.org"}
        assert len(set(statuses)) == len(set(costs)) == 1


def test_the_same_once_more_before_it_is_confirmed_is_one_mail_and_the_same_answer(stranger, stored, mailbox):
    first = stranger.post("/subscribe/", data={"what": "/", "email": KIT}, htmx=True)
    again = stranger.post("/subscribe/", data={"what": "/", "email": "Kit@example.org"}, htmx=True)
    assert masked(first) == masked(again)
    assert len(stored()) == len(mailbox.deliver()) == 1


# The whole way


def test_by_the_small_form_and_the_code_inline(browser, inside, mailbox, kit_follows):
    with inside():
        cast.a_post()
    browser.visit("/")
    panel = browser.htmx_press("Mail me each new post", email=KIT)
    assert "All new posts, at once" in panel.get_text()
    mail = mailbox.newest(KIT)
    assert "All new posts, at once" in mail.body
    browser.visit(panel.find("form")["action"])
    done = browser.htmx_press("Confirm", code=code_in(mail))
    assert "you hear from us by mail now" in done.get_text()
    ((topic, rhythm, wording),) = kit_follows()
    assert (topic, rhythm) == (Topic.EVERYTHING, Rhythm.AT_ONCE)
    assert wording.startswith("All new posts, at once. We mail you this, and nothing else")
    welcome = mailbox.newest(KIT)
    assert browser.visit(path_in(welcome, "subscriptions"))
    assert "All new posts" in browser.text


@pytest.mark.parametrize(
    ("kind", "topic"), [("category", Topic.CATEGORY), ("author", Topic.AUTHOR), ("series", Topic.SERIES)]
)
def test_the_form_on_a_list_follows_that_list(browser, inside, mailbox, kit_follows, kind, topic):
    with inside():
        post = cast.a_filed_post()
        places = {"category": post.categories[0], "author": post.authors[0], "series": post.series}
        address = places[kind].address
    browser.visit(address)
    browser.press("Mail me each new post", email=KIT)
    browser.press("Confirm", code=code_in(mailbox.newest(KIT)))
    assert [(each, rhythm) for each, rhythm, _ in kit_follows()] == [(topic, Rhythm.AT_ONCE)]


def test_under_a_post_everything_or_only_its_comments_once_a_week(browser, inside, mailbox, kit_follows):
    with inside():
        cast.a_post()
    browser.visit(cast.POST)
    browser.follow("Only the comments here")
    browser.press("Mail me this", email=KIT, rhythm="weekly")
    browser.visit(path_in(mailbox.newest(KIT), "confirm"))
    assert "New comments on" in browser.text
    browser.press("Yes, mail me this")
    assert [(topic, rhythm) for topic, rhythm, _ in kit_follows()] == [(Topic.THREAD, Rhythm.WEEKLY)]


def test_once_confirmed_the_link_says_so_and_opens_nothing(browser, inside, mailbox):
    with inside():
        cast.a_sign_up()
    link = path_in(mailbox.newest(KIT), "confirm")
    browser.visit(link)
    browser.press("Yes, mail me this")
    assert browser.visit(link).find("a", href=lambda to: "/subscriptions/" in to) is None
    assert browser.heading == "This is confirmed already"


def test_who_confirms_is_mailed_again_whatever_stopped_it(inside, browser, mailbox, kit_follows):
    with inside():
        kit = cast.a_subscriber(KIT)
        following.pause(kit)
        following.end(kit, following.followed_by(kit))
        sign_up = cast.a_sign_up()
        BlockedAddress.add(address_hash(KIT))
        link = f"/subscribe/confirm/{sign_up.link_token}"
    browser.visit(link)
    browser.press("Yes, mail me this")
    assert len(kit_follows()) == 1
    with inside(False):
        kit = Subscriber.at(KIT)
        assert (kit.paused_at, kit.ended_at) == (None, None)
        assert not BlockedAddress.stands(KIT)


def test_another_address_in_the_panel_and_a_slip_that_is_asked_about(browser, inside, mailbox, stored):
    browser.visit("/subscribe/")
    browser.press("Mail me this", email="kit@gmial.com")
    assert "Did you mean kit@gmail.com ?" in browser.text
    browser.press("Use this address", email=KIT)
    assert "We sent a code to the new address." in browser.text
    assert [each.email for each in stored()] == [KIT]
    assert code_in(mailbox.newest(KIT))


def test_this_was_not_me_deletes_it_and_stops_mails(browser, inside, mailbox, stored):
    with inside():
        cast.a_sign_up()
    browser.visit(path_in(mailbox.newest(KIT), "not-me"))
    browser.press("Delete it", never_again="1")
    assert browser.heading == "It is deleted"
    assert stored() == []
    with inside(False):
        assert BlockedAddress.stands(KIT)


def test_five_an_hour_from_one_address(stranger):
    rhythms = [f"{topic}" for topic in ("at once", "daily", "weekly")] * 2
    statuses = [
        stranger.post("/subscribe/", data={"what": "/", "email": KIT, "rhythm": rhythm}).status for rhythm in rhythms
    ]
    assert statuses == [303] * 5 + [429]


def test_the_limit_is_the_settings(stranger, inside):
    with inside():
        settings.change(subscriptions_per_network=1)
    assert stranger.post("/subscribe/", data={"what": "/", "email": "a@example.org"}).status == 303
    refused = stranger.post("/subscribe/", data={"what": "/", "email": "b@example.org"})
    assert refused.status == 429
    assert "b@example.org" in refused.response.text


def test_a_refusal_keeps_what_was_chosen_so_that_nobody_agrees_to_something_else(browser, inside, stored):
    with inside():
        category = cast.a_post(category="rivers").categories[0].id
        settings.change(subscriptions_per_address=1)
    browser.visit("/subscribe/")
    browser.press("Mail me this", email=KIT)
    browser.visit("/subscribe/?to=/category/rivers/")
    browser.press("Mail me this", 429, email=KIT, rhythm="weekly")
    with inside():
        settings.change(subscriptions_per_address=5)
    browser.press("Send it again")
    chosen = [(each.topic, each.topic_id, each.rhythm) for each in stored()]
    assert chosen[1:] == [(Topic.CATEGORY, category, Rhythm.WEEKLY)]


def test_the_small_form_says_just_what_is_kept_as_agreed_to(browser, inside, stored):
    with inside():
        cast.a_post()
    consent = browser.visit("/").find(id="follow").find(class_="note").get_text()
    browser.press("Mail me each new post", email=KIT)
    (sign_up,) = stored()
    assert sign_up.wording.removeprefix("All new posts, at once. ") in consent


def test_the_same_that_was_confirmed_this_moment_is_a_new_wish_and_no_fault(inside, monkeypatch, stored):
    """Two send the same at once, and the first is confirmed before the second has looked."""
    with inside():
        first, same = cast.a_sign_up(), signup._same
        asked = []

        def was_confirmed_meanwhile(mark):
            asked.append(mark)
            if len(asked) == 2:
                signup.confirm(first)
                db.session.flush()
            return same(mark) if len(asked) > 1 else None

        monkeypatch.setattr(signup, "_same", was_confirmed_meanwhile)
        assert cast.a_sign_up().id != first.id
    assert len(stored()) == 2


# From a receipt


def test_a_writer_follows_answers_from_the_receipt_and_stops_them_there(browser, inside, kit_follows):
    with inside():
        comment = cast.a_comment(cast.a_post().thread, State.PUBLISHED, email=KIT)
        receipt = f"/receipt/{comment.receipt_token}/"
    browser.visit(receipt)
    browser.press("Mail me when somebody answers my comment")
    browser.press("Mail me each new comment there")
    assert [topic for topic, *_ in kit_follows()] == [Topic.REPLIES, Topic.THREAD]
    browser.press("Stop mails about answers")
    assert [topic for topic, *_ in kit_follows()] == [Topic.THREAD]
    answer = browser.client.post(f"{receipt}follow", data={"topic": "everything"})
    assert answer.status_code == 400


def test_a_writer_asks_for_answers_in_the_panel_before_anybody_has_read_the_comment(browser, inside, kit_follows):
    with inside():
        comment = cast.a_comment(cast.a_post().thread, State.UNCONFIRMED, email=KIT)
        panel, code = f"/comment/sent/{comment.panel_token}", comment.code
    browser.visit(panel)
    done = browser.htmx_press("Confirm", code=code)
    (form,) = (form for form in done.find_all("form") if form.find("input", value="replies"))
    assert "Nobody else is given your address." in done.get_text()
    browser.client.post(form["action"], data={"topic": "replies"})
    ((topic, rhythm, wording),) = kit_follows()
    assert (topic, rhythm) == (Topic.REPLIES, Rhythm.AT_ONCE)
    assert wording.startswith("Answers to your comment on “")
    assert wording.split(". ", 1)[1] in done.get_text()


def test_a_receipt_does_not_mail_more_than_the_limit(stranger, inside, mailbox):
    with inside():
        comment = cast.a_comment(cast.a_post().thread, State.PUBLISHED, email=KIT)
        receipt = f"/receipt/{comment.receipt_token}/follow"
        settings.change(subscriptions_per_address=2)
    statuses = []
    for _time in range(3):
        statuses.append(stranger.post(receipt, data={"topic": "replies"}).status)
        assert stranger.post(receipt, data={"topic": "replies", "stop": "1"}).status == 303
    assert statuses == [303, 303, 429]


def test_erasing_takes_the_address_out_of_the_mails_of_signing_up(browser, inside, mailbox):
    with inside():
        cast.a_sign_up()
    browser.visit(path_in(mailbox.newest(KIT), "confirm"))
    browser.press("Yes, mail me this")
    page = path_in(mailbox.newest(KIT), "subscriptions")
    with inside():
        preferences.erase(Subscriber.at(KIT))
    assert browser.client.get(page).status_code in (404, 410)
    with inside(False):
        assert db.session.scalars(select(Email.recipient).where(Email.recipient != "")).all() == []


def test_what_went_away_before_it_was_confirmed_is_no_error(stranger, inside, kit_follows):
    with inside():
        post = cast.a_filed_post()
        sign_up = signup.submit(topics.find_named(post.categories[0].address), Rhythm.DAILY, KIT, "")
        links = [f"/subscribe/confirm/{sign_up.link_token}", f"/subscribe/sent/{sign_up.panel_token}"]
        post.state, post.withdrawn_at = PostState.WITHDRAWN, clock.now()
    assert [stranger.get(link).status for link in links] == [200, 200]
    assert stranger.post(links[0], data={"pressed": "1"}).status == 200
    assert [topic for topic, *_ in kit_follows()] == [Topic.CATEGORY]


def test_of_a_post_that_was_withdrawn_they_follow_nothing_more_and_can_stop(browser, inside, kit_follows):
    with inside():
        post = cast.a_post()
        comment = cast.a_comment(post.thread, State.PUBLISHED, email=KIT)
        receipt = f"/receipt/{comment.receipt_token}/"
    browser.visit(receipt)
    browser.press("Mail me each new comment there")
    with inside():
        publishing.withdraw(db.session.merge(post), "It was wrong.")
    browser.visit(receipt)
    assert "Mail me when somebody answers" not in browser.text
    assert browser.client.post(f"{receipt}follow", data={"topic": "replies"}).status_code == 400
    browser.press("Stop mails about new comments")
    assert kit_follows() == []


def test_their_page_is_behind_the_link_in_the_welcome(browser, inside, mailbox):
    with inside():
        cast.a_subscriber(KIT)
        page = letters.preferences(Subscriber.at(KIT))
    assert page in browser.visit(page).find("form")["action"]
