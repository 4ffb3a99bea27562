"""Proving to be a real person: codes, links and tokens wrong in every way we could think of, and right ones."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from opm import settings
from opm.accounts import signing_in
from opm.comments import moderation
from opm.comments.models import Act, BlockedAddress, Comment, State
from opm.extensions import db
from tests import cast
from tests.mailbox import code_in, path_in
from tests.stranger import FORM, Stranger, masked
from tests.tables import rows

WAITS = "Your comment is waiting for a moderator"


@pytest.fixture
def panel(post, stranger):
    """The address of the panel of a comment that Jo Marsh has just sent."""
    return stranger.send().location


def wrong(code):
    """Digits that are not these."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


# Tokens

TAMPERINGS = {
    "wrong seal": lambda token: token[:-2] + ("aa" if token[-2:] != "aa" else "bb"),
    "seal of another": lambda token: token.rpartition(".")[0] + ".AAAAAAAAAAAAAAAAAAAAAA",
    "cut": lambda token: token[:-1],
    "cut to the half": lambda token: token[: len(token) // 2],
    "no seal": lambda token: token.rpartition(".")[0],
    "empty seal": lambda token: token.rpartition(".")[0] + ".",
    "no subject": lambda token: "." + token.rpartition(".")[2],
    "swapped case": str.swapcase,
    "another subject": lambda token: f"999.{token.rpartition('.')[2]}",
    "subject past 64 bits": lambda token: f"{'9' * 40}.{token.rpartition('.')[2]}",
    "negative subject": lambda token: "-" + token,
    "padded": lambda token: token + "==",
    "longer": lambda token: token + "a",
    "overlong": lambda token: token + "a" * 5_000,
    "twice": lambda token: token + token,
    "NUL": lambda token: token + "%00",
    "NUL in front": lambda token: "%00" + token,
    "line end": lambda token: token + "%0A",
    "other digits": lambda token: "%D9%A1." + token.rpartition(".")[2],
    "surrogate": lambda token: token + "%ED%A0%80",
    "injection": lambda _: "1%27%20OR%20%271%27=%271",
    "dots": lambda _: ".",
    "traversal": lambda _: "..%2F..%2Fetc%2Fpasswd",
}


@pytest.fixture
def links(panel, mailbox):
    """Every path that was given to Jo, by its purpose, and whether a POST of it ends in something more."""
    mail = mailbox.newest()
    return {
        "panel": (panel, ["", "/again", "/address"]),
        "link": (path_in(mail, "confirm"), [""]),
        "not me": (path_in(mail, "not-me"), [""]),
        "receipt": (path_in(mail, "receipt").rstrip("/"), ["/withdraw"]),
    }


@pytest.mark.parametrize("purpose", ["panel", "link", "not me", "receipt"])
def test_a_token_that_was_tampered_with_opens_nothing_and_changes_nothing(app, links, stranger, purpose):
    path, ends = links[purpose]
    stem, _, token = path.rpartition("/")
    before = rows(app)
    for name, tamper in TAMPERINGS.items():
        spoilt = f"{stem}/{tamper(token)}"
        for end in ends:
            answer = stranger.client.post(spoilt + end, data={"code": "000000", "email": "eve@example.org"})
            assert answer.status_code in (404, 405), (name, end, answer.status_code)
        answer = stranger.client.get(spoilt + "/" * (purpose == "receipt"))
        assert answer.status_code == 404, (name, answer.status_code)
    assert rows(app) == before


def test_a_token_for_one_purpose_opens_no_other(app, links, stranger):
    stems = {purpose: path.rpartition("/")[0] for purpose, (path, _) in links.items()}
    before = rows(app)
    for purpose, (path, _) in links.items():
        token = path.rpartition("/")[2]
        for other in links.keys() - {purpose}:
            for end in ("", "/"):
                assert stranger.get(f"{stems[other]}/{token}{end}").status in (404, 308)
            for end in links[other][1]:
                answer = stranger.post(f"{stems[other]}/{token}{end}", data={"code": "1", "email": "eve@example.org"})
                assert answer.status == 404, (purpose, other)
    assert rows(app) == before


def test_a_token_of_staff_opens_no_comment(app, inside, links, stranger):
    with inside():
        attempt = signing_in.begin(cast.ines())
        comment = db.session.query(Comment).one()
        attempt.id, attempt.link_nonce, attempt.page_nonce = comment.id, comment.link_nonce, comment.receipt_nonce
        given = attempt.link_token, attempt.page_token
    before = rows(app)
    for token in given:
        for purpose, (path, ends) in links.items():
            for end in ends:
                assert stranger.post(f"{path.rpartition('/')[0]}/{token}{end}").status == 404, purpose
    assert rows(app) == before


def test_a_token_of_another_comment_opens_not_this_one(app, inside, post, links, stranger):
    with inside():
        other = cast.a_comment(post, State.UNCONFIRMED, text="Other words.", email="kim@example.org")
        own = {"link": other.link_token, "not me": other.not_me_token, "receipt": other.receipt_token}
    before = rows(app)
    for purpose, token in own.items():
        path, ends = links[purpose]
        subject = path.rpartition("/")[2].rpartition(".")[0]
        forged = f"{path.rpartition('/')[0]}/{subject}.{token.rpartition('.')[2]}"
        assert {stranger.post(forged + end).status for end in ends} == {404}
    assert rows(app) == before


def test_what_the_database_holds_opens_nothing(app, inside, links):
    with inside(False):
        comment = db.session.query(Comment).one()
        held = str(rows(app))
        for secret in (comment.code, comment.link_token, comment.not_me_token, comment.receipt_token):
            assert secret.rpartition(".")[2] not in held
        assert comment.panel_token not in held


def test_a_link_that_has_ended_says_what_to_do(links, stranger):
    answer = stranger.get("/comment/confirm/1.nothing")
    assert "This link does not work any more" in answer.text
    assert "please write it again" in answer.text


# Codes


NO_CODES = [None, "", "   ", "\x00", "abc", "12345", "1234567", "٣٣٣٣٣٣", "9" * 50_000, "'--", "-1"]


def test_what_is_not_the_code_is_said_beside_the_field(panel, stranger, stored):
    for typed in NO_CODES:
        for htmx in (False, True):
            answer = stranger.post(panel, data={} if typed is None else {"code": typed}, htmx=htmx)
            assert answer.status == 422, typed
            field = answer.page.find(attrs={"name": "code"})
            assert field["aria-invalid"] == "true"
            assert answer.page.find(id=field["aria-describedby"]).get_text()
            assert stored()[0].state == State.UNCONFIRMED


def test_five_codes_may_be_tried_and_the_sixth_is_refused_though_it_is_right(panel, stranger, mailbox, stored):
    code = code_in(mailbox.newest())
    said = [stranger.post(panel, data={"code": wrong(code)}, htmx=True).text for _ in range(5)]
    assert "You have 4 more tries" in said[0]
    assert "You have one more try" in said[3]
    assert "use the link in the mail" in said[4]
    answer = stranger.post(panel, data={"code": code})
    assert answer.status == 422
    assert "use the link in the mail" in answer.text
    assert stored()[0].state == State.UNCONFIRMED


def test_an_empty_code_costs_no_try(panel, stranger, stored):
    for _ in range(10):
        stranger.post(panel, data={"code": " "})
    assert stored()[0].code_tries == 0


def test_tries_hold_though_limits_are_lifted_and_whatever_is_sent_again(
    app, panel, stranger, mailbox, clock, monkeypatch
):
    monkeypatch.setitem(app.config, "LIMITS", False)
    for _ in range(5):
        stranger.post(panel, data={"code": wrong(code_in(mailbox.newest()))})
        stranger.post(panel + "/again")
    clock.forward(days=2)
    stranger.post(panel + "/again")
    stranger.send()
    assert stranger.post(panel, data={"code": code_in(mailbox.newest())}).status == 422
    Stranger(app).post(path_in(mailbox.newest(), "confirm"))
    assert stranger.get(path_in(mailbox.newest(), "receipt")).page.h1.get_text() == WAITS


def test_twenty_codes_at_once_have_five_tries_between_them(app, panel, mailbox, stored, monkeypatch):
    monkeypatch.setitem(app.config, "LIMITS", False)
    code = code_in(mailbox.newest())
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: Stranger(app).post(panel, data={"code": wrong(code)}), range(20)))
    assert {answer.status for answer in answers} == {422}
    assert stored()[0].code_tries == 20
    assert len([answer for answer in answers if "more tr" in answer.text]) == 4


@pytest.mark.parametrize("written", ["{} {}", " {}{} ", "{}\u00a0{}", "{}\t{}\r\n", "{}\u2028{}", "{}\u200b{}"])
def test_the_right_code_counts_however_it_was_pasted(panel, stranger, mailbox, stored, written):
    code = code_in(mailbox.newest())
    assert stranger.post(panel, data={"code": written.format(code[:3], code[3:])}).status == 303
    assert stored()[0].state == State.PENDING


def test_inline_the_right_code_replaces_the_panel(panel, stranger, mailbox):
    answer = stranger.post(panel, data={"code": code_in(mailbox.newest())}, htmx=True)
    assert answer.status == 200
    assert "Thank you, your address is confirmed" in answer.text
    assert stranger.get(answer.page.find("a", string="receipt")["href"]).page.h1.get_text() == WAITS


def test_a_code_lives_for_a_day_and_a_right_one_that_is_older_says_so(panel, stranger, mailbox, clock, stored):
    code = code_in(mailbox.newest())
    clock.forward(hours=24)
    answer = stranger.post(panel, data={"code": code})
    assert answer.status == 422
    assert "more than a day old" in answer.text
    assert stored()[0].code_tries == 1
    stranger.post(panel + "/again")
    assert code_in(mailbox.newest()) != code
    assert stranger.post(panel, data={"code": code}).status == 422
    assert stranger.post(panel, data={"code": code_in(mailbox.newest())}).status == 303


def test_sending_again_repeats_a_code_that_lives(panel, stranger, mailbox, clock):
    first = mailbox.newest()
    clock.forward(hours=23, minutes=59)
    assert "We sent it again" in stranger.post(panel + "/again").text
    again = mailbox.newest()
    assert again is not first
    assert again.body == first.body
    assert stranger.post(panel, data={"code": code_in(first)}).status == 303


def test_a_code_of_one_comment_opens_no_other(app, post, stranger, mailbox, stored):
    panels = [
        stranger.send(text=text, email=email).location
        for text, email in (("a", "jo@example.org"), ("b", "kim@example.org"))
    ]
    codes = [code_in(mailbox.newest(to)) for to in ("jo@example.org", "kim@example.org")]
    assert codes[0] != codes[1]
    assert stranger.post(panels[0], data={"code": codes[1]}).status == 422
    assert stranger.post(panels[1], data={"code": codes[0]}).status == 422
    assert {comment.state for comment in stored()} == {State.UNCONFIRMED}


# Links


def test_a_link_used_twice_is_friendly(links, stranger, stored):
    link = links["link"][0]
    first, second = stranger.post(link), stranger.post(link)
    assert first.status == second.status == 303
    assert first.location == second.location
    page = stranger.get(link)
    assert page.page.h1.get_text() == "Already confirmed"
    assert page.page.form is None
    assert stored()[0].state == State.PENDING


def test_twenty_presses_at_once_confirm_once(app, links, stored, inside):
    with inside():
        settings.change(comment_policy="none")
    version = rows(app)["publicity"]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: Stranger(app).post(links["link"][0]), range(20)))
    assert {answer.status for answer in answers} == {303}
    assert [(comment.state, comment.number) for comment in stored()] == [(State.PUBLISHED, 1)]
    with inside(False):
        thread = db.session.query(Comment).one().thread
        assert (thread.last_number, thread.published_count) == (1, 1)
    assert rows(app)["publicity"] != version


@pytest.mark.parametrize(("act", "state"), [(Act.REJECT, State.REJECTED), (Act.SPAM, State.SPAM)])
def test_the_link_of_a_comment_that_was_turned_away_does_not_bring_it_back(
    inside, links, stranger, stored, mailbox, act, state
):
    code, link = code_in(mailbox.newest()), links["link"][0]
    stranger.post(link)
    with inside():
        moderation.decide(Comment.held(stored()[0].id), act, cast.ines(), revision=1, rule=1)
    assert stranger.post(link).status == 303
    assert stranger.post(links["panel"][0], data={"code": code}).status == 200
    assert stored()[0].state == state


def test_the_link_of_a_withdrawn_comment_does_not_bring_it_back(links, stranger, stored, mailbox):
    code = code_in(mailbox.newest())
    assert stranger.post(links["receipt"][0] + "/withdraw").status == 303
    assert stranger.post(links["link"][0]).status == 410
    page = stranger.get(links["link"][0])
    assert page.status == 410
    assert page.page.h1.get_text() == "You withdrew your comment"
    assert stranger.post(links["panel"][0], data={"code": code}).status == 200
    assert stored()[0].state == State.WITHDRAWN


def test_links_and_panel_end_after_seven_days_and_the_words_are_not_shown_by_them(links, stranger, clock, stored):
    clock.forward(days=7, seconds=-1)
    assert [stranger.get(links[purpose][0]).status for purpose in ("panel", "link", "not me")] == [200] * 3
    clock.forward(seconds=1)
    for purpose in ("panel", "link", "not me"):
        path, ends = links[purpose]
        answer = stranger.get(path)
        assert answer.status == 404
        assert "after 7 days" in answer.text
        assert cast.WORDS not in answer.text
        for end in ends:
            assert stranger.post(path + end, data={"code": "1", "email": "eve@example.org"}).status == 404
    assert stored()[0].state == State.UNCONFIRMED


def test_a_clock_that_is_set_back_ends_nothing(links, stranger, clock, mailbox):
    clock.forward(days=-2)
    assert [
        stranger.get(path + ("/" if purpose == "receipt" else "")).status for purpose, (path, _) in links.items()
    ] == [200] * 4
    assert stranger.post(links["panel"][0], data={"code": code_in(mailbox.newest())}).status == 303


def test_a_comment_deleted_while_its_code_is_being_typed_is_a_link_that_ended(app, inside, panel, mailbox, stored):
    code = code_in(mailbox.newest())
    with ThreadPoolExecutor(1) as pool:
        with inside():
            db.session.delete(db.session.query(Comment).one())
            db.session.flush()
            answer = pool.submit(lambda: Stranger(app).post(panel, data={"code": code}))
            time.sleep(0.2)
        assert answer.result().status == 404
    assert stored() == []


# A GET, HEAD or OPTIONS of a mailed link


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_opening_what_was_mailed_changes_nothing_and_it_still_works(app, links, stranger, stored, method):
    before = rows(app)
    for path, ends in links.values():
        for end in ["", "/", *ends]:
            for headers in ({}, {"HX-Request": "true"}, {"Purpose": "prefetch", "Sec-Purpose": "prefetch"}):
                answer = stranger.client.open(path + end, method=method, headers=headers)
                assert answer.status_code in (200, 308, 404, 405), (path + end, answer.status_code)
    assert rows(app) == before
    assert stranger.post(links["link"][0]).status == 303
    assert stored()[0].state == State.PENDING


def test_other_methods_act_on_nothing(app, links, stranger):
    for method in ["PUT", "DELETE", "PATCH"]:
        before = rows(app)
        for path, ends in links.values():
            for end in ends:
                answer = stranger.ask(method, path + end, data={"code": "1"})
                assert answer.status == 405, method
                assert "POST" in answer.headers["Allow"]
        assert rows(app) == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_the_database_itself_refuses_a_write_in_a_request_that_may_not(app, post, method):
    refusal = "attempt to write a readonly database|read-only transaction"
    with app.test_request_context("/", method=method), pytest.raises(sa.exc.DBAPIError, match=refusal):
        db.session.execute(sa.update(Comment).values(state=State.PUBLISHED))
    with app.test_request_context("/", method="POST"):
        db.session.execute(sa.update(Comment).values(state=State.PUBLISHED))


def test_what_is_read_after_a_requests_one_commit_is_read_only_again(app, post):
    with app.test_request_context("/", method="POST"):
        db.session.execute(sa.update(Comment).values(name="x"))
        db.session.commit()
        with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
            db.session.execute(sa.update(Comment).values(name="y"))


def test_private_pages_are_kept_by_nobody_and_found_by_no_search(links, stranger):
    for purpose in ["panel", "link", "not me", "receipt"]:
        answer = stranger.get(links[purpose][0] + ("/" if purpose == "receipt" else ""))
        assert answer.status == 200, purpose
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert not [link for link in answer.page.find_all("a") if link["href"].startswith("http")]


def test_the_mails_page_shows_the_whole_comment_and_one_large_button_that_a_script_does_not_press(links, stranger):
    page = stranger.get(links["link"][0]).page
    assert cast.WORDS in page.blockquote.get_text()
    assert len(page.find_all("form")) == len(page.find_all("button")) == 1
    assert page.button.has_attr("autofocus")
    assert not [tag for tag in page.find_all(True) if any(name.startswith("data-hx") for name in tag.attrs)]


# Another address


def test_a_new_address_renews_link_digits_and_receipt_and_the_old_ones_die(
    app, links, panel, stranger, mailbox, stored
):
    old_code, old = code_in(mailbox.newest()), {purpose: path for purpose, (path, _) in links.items()}
    stranger.post(panel, data={"code": wrong(old_code)})
    answer = stranger.post(panel + "/address", data={"email": "jo.marsh@example.org"})
    assert answer.status == 200
    assert "jo.marsh@example.org" in answer.text
    assert stranger.post(old["link"]).status == stranger.post(old["not me"]).status == 404
    assert stranger.get(old["receipt"] + "/").status == 404
    assert stranger.post(panel, data={"code": old_code}).status == 422
    assert stored()[0].code_tries == 2, "what was tried before stays spent"

    mail = mailbox.newest("jo.marsh@example.org")
    assert stranger.get(path_in(mail, "receipt")).status == stranger.get(path_in(mail, "confirm")).status == 200
    assert stranger.post(panel, data={"code": code_in(mail)}).status == 303
    assert [(comment.email, comment.state) for comment in stored()] == [("jo.marsh@example.org", State.PENDING)]


def test_the_first_mail_does_not_go_to_an_address_that_was_changed_before(panel, stranger, mailbox):
    stranger.post(panel + "/address", data={"email": "kim@example.org"})
    assert [message.recipients for message in mailbox.deliver()] == [["kim@example.org"]]


def test_an_address_that_cannot_be_is_refused_beside_its_field_and_kept(app, panel, stranger):
    before = rows(app)
    for htmx in (False, True):
        for typed in (
            "",
            "kim",
            "kim@example",
            "a@b.example, c@d.example",
            "kim@example.org\r\nBcc: x@y.example",
            "\x00",
        ):
            answer = stranger.post(panel + "/address", data={"email": typed}, htmx=htmx)
            assert answer.status == 422
            assert answer.page.find(attrs={"name": "email"})["aria-invalid"] == "true"
            assert answer.page.find("details", open=True), "the field can be seen"
    assert stranger.post(panel + "/address", data={"email": "kim@example"}).typed("email") == "kim@example"
    assert rows(app) == before


def test_fields_beside_the_address_change_nothing(panel, stranger, stored):
    before = stored()[0]
    stranger.post(
        panel + "/address", data={"email": "kim@example.org", "state": "published", "code_tries": "0", "text": "x"}
    )
    after = stored()[0]
    assert (after.text, after.name, after.state) == (before.text, before.name, State.UNCONFIRMED)


def test_changing_to_the_address_it_has_mails_the_same_code_again(panel, stranger, mailbox, stored):
    code, before = code_in(mailbox.newest()), stored()[0].id
    answer = stranger.post(panel + "/address", data={"email": "JO@example.org"})
    assert "jo@example.org" in answer.text
    assert [code_in(message) for message in mailbox.deliver()] == [code]
    assert [comment.id for comment in stored()] == [before]


def test_changing_to_an_address_that_has_sent_the_same_words_makes_no_second_comment(post, stranger, mailbox, stored):
    stranger.send(email="kim@example.org")
    panel = stranger.send(email="kmi@example.org").location
    stranger.post(panel + "/address", data={"email": "kim@example.org"})
    assert [comment.email for comment in stored()] == ["kim@example.org"]
    assert stranger.post(panel, data={"code": code_in(mailbox.newest("kim@example.org"))}).status == 303


# This was not me


def test_not_me_deletes_the_comment_and_its_links_die(links, panel, stranger, browser, stored, mailbox):
    code = code_in(mailbox.newest())
    browser.visit(links["not me"][0])
    browser.press("Delete the comment")
    assert browser.heading == "The comment is deleted"
    assert stored() == []
    assert [stranger.get(path + end).status for path, _ in links.values() for end in ("", "/")].count(200) == 0
    assert stranger.post(panel, data={"code": code}).status == 404
    assert stranger.post(links["not me"][0]).status == 404


def test_not_me_twenty_times_at_once_is_no_error(app, links, stored):
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: Stranger(app).post(links["not me"][0]), range(20)))
    assert sorted({answer.status for answer in answers}) == [200, 404]
    assert stored() == []


def test_a_confirmed_comment_cannot_be_deleted_as_not_me_and_the_page_says_what_can_be_done(
    app, links, stranger, stored
):
    stranger.post(links["link"][0])
    before = rows(app)
    answer = stranger.post(links["not me"][0], data={"never_again": "1"})
    assert answer.status == 409
    assert "This comment was confirmed" in answer.text
    assert answer.page.find("a", string="its receipt")
    assert rows(app) == before


def test_an_address_that_asked_never_to_be_mailed_is_not_and_nobody_can_tell(inside, links, stranger, browser, mailbox):
    browser.visit(links["not me"][0])
    browser.press("Delete the comment", never_again="1")
    assert "We will not mail this address again" in browser.text
    with inside(False):
        kept = db.session.query(BlockedAddress).one().address_hash
        assert "jo" not in kept

    silenced, other = (stranger.send(email=email, htmx=True) for email in ("JO@example.org", "al@example.org"))
    assert masked(silenced) == masked(other).replace("al@", "jo@")
    assert [message.recipients for message in mailbox.deliver()] == [["al@example.org"]]


# By the site's policy


def confirm(stranger, mailbox, email, **fields):
    panel = stranger.send(email=email, **fields).location
    return stranger.post(panel, data={"code": code_in(mailbox.newest(email))}, htmx=True)


def test_by_default_all_wait_for_a_moderator_also_from_an_address_that_is_known(
    inside, post, stranger, mailbox, stored
):
    with inside():
        known = cast.a_comment(post, text="Earlier words.")
        moderation.decide(known, Act.APPROVE, cast.ines(), revision=1)
    assert "A moderator reads your comment next" in confirm(stranger, mailbox, "jo@example.org").text
    assert stored()[-1].state == State.PENDING


def test_where_nobody_moderates_a_confirmed_comment_is_public_at_once(inside, post, stranger, mailbox, browser):
    with inside():
        settings.change(comment_policy="none")
    assert "your comment is public once you have typed it" in stranger.get(cast.POST).text
    before = stranger.get(cast.POST).headers["ETag"]
    assert "published as comment 1" in confirm(stranger, mailbox, "jo@example.org").text
    assert cast.WORDS in browser.visit(cast.POST).get_text()
    assert stranger.get(cast.POST).headers["ETag"] != before


@pytest.fixture
def known_only(inside, post):
    """The site publishes at once what comes from addresses that a moderator approved within a year."""
    with inside():
        settings.change(comment_policy="known")

    def decided(act, **values):
        with inside():
            comment = cast.a_comment(post, text="Earlier words.", **values)
            return moderation.decide(comment, act, cast.ines(), revision=1, rule=1)

    return decided


def test_known_addresses_are_published_at_once_and_others_wait(known_only, stranger, mailbox):
    known_only(Act.APPROVE)
    assert "published as comment 2" in confirm(stranger, mailbox, "Jo@example.org").text
    assert "A moderator reads" in confirm(stranger, mailbox, "kim@example.org").text


@pytest.mark.parametrize("act", [Act.REJECT, Act.SPAM])
def test_an_address_is_not_known_by_what_was_turned_away(known_only, stranger, mailbox, act):
    known_only(act)
    assert "A moderator reads" in confirm(stranger, mailbox, "jo@example.org").text


def test_an_address_is_known_for_a_year(known_only, stranger, mailbox, clock):
    known_only(Act.APPROVE)
    clock.forward(days=365)
    assert "A moderator reads" in confirm(stranger, mailbox, "jo@example.org").text


def test_an_address_is_not_known_by_a_decision_that_was_undone_nor_by_an_imported_comment(
    inside, post, known_only, stranger, mailbox
):
    decision = known_only(Act.APPROVE)
    with inside():
        moderation.undo(moderation.held_decision(decision.id), cast.ines())
    with inside():
        cast.a_comment(post, State.PUBLISHED, text="Imported.", source="old.example", source_id="7")
    assert "A moderator reads" in confirm(stranger, mailbox, "jo@example.org").text


def test_changing_to_a_known_address_publishes_nothing_without_its_code(known_only, stranger, mailbox, stored):
    known_only(Act.APPROVE)
    panel = stranger.send(text="Buy this.", email="eve@example.org").location
    code = code_in(mailbox.newest("eve@example.org"))
    stranger.post(panel + "/address", data={"email": "jo@example.org"})
    assert stranger.post(panel, data={"code": code}).status == 422
    assert stored()[-1].state == State.UNCONFIRMED


# Numbers


def test_numbers_are_given_at_publication_and_kept_through_undo_and_gaps_stay(inside, post, clock):
    with inside():
        comments = [cast.a_comment(post, text=f"Comment {n}.") for n in range(3)]
        first = moderation.decide(comments[0], Act.APPROVE, cast.ines(), revision=1)
        moderation.undo(first, cast.ines())
        assert comments[0].number == 1
        moderation.decide(comments[1], Act.APPROVE, cast.ines(), revision=1)
        moderation.decide(comments[1], Act.REMOVE, cast.ines(), revision=1, rule=1)
        moderation.decide(comments[2], Act.APPROVE, cast.ines(), revision=1)
        moderation.decide(comments[0], Act.APPROVE, cast.ines(), revision=1)
        assert [comment.number for comment in comments] == [1, 2, 3]
        assert comments[0].published_at == datetime(2026, 10, 14, 9, tzinfo=UTC)
        assert db.session.get_one(type(post), post.id).published_count == 2


def test_twenty_comments_confirmed_at_once_get_twenty_numbers(app, inside, post, stored):
    with inside():
        settings.change(comment_policy="none")
        waiting = [cast.a_comment(post, State.UNCONFIRMED, text=f"Comment {n}.") for n in range(20)]
        links = [f"/comment/confirm/{comment.link_token}" for comment in waiting]
    with ThreadPoolExecutor(10) as pool:
        assert {answer.status for answer in pool.map(lambda link: Stranger(app).post(link), links)} == {303}
    assert sorted(comment.number for comment in stored()) == list(range(1, 21))


# Everything at once


def test_whatever_is_done_to_one_comment_at_once_no_request_fails_and_the_counts_agree(app, inside, post, monkeypatch):
    monkeypatch.setitem(app.config, "LIMITS", False)
    with inside():
        settings.change(comment_policy="none")
        comment = cast.a_comment(post, State.UNCONFIRMED)
        panel = f"/comment/sent/{comment.panel_token}"
        deeds = [
            (FORM, {"text": cast.WORDS, "name": "Jo", "email": "jo@example.org"}),
            (FORM, {"text": cast.WORDS, "name": "Kim", "email": "kim@example.org"}),
            (panel, {"code": comment.code}),
            (panel, {"code": "nothing"}),
            (panel + "/again", {}),
            (panel + "/address", {"email": "jo@example.org"}),
            (panel + "/address", {"email": "kim@example.org"}),
            (f"/comment/confirm/{comment.link_token}", {}),
            (f"/comment/not-me/{comment.not_me_token}", {}),
            (f"/receipt/{comment.receipt_token}/withdraw", {}),
        ] * 5
    random.Random(7).shuffle(deeds)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda deed: Stranger(app).post(deed[0], data=deed[1]), deeds))
    assert {answer.status for answer in answers} <= {200, 303, 404, 409, 410, 422}
    with inside(False):
        published = db.session.query(Comment).filter_by(state=State.PUBLISHED).count()
        assert db.session.get_one(type(post), post.id).published_count == published
