"""Signing in: by link or by code, each once, for ten minutes; and nobody learns from it who is on the team."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from sqlalchemy import select

from opm import settings
from opm.accounts import models as accounts
from opm.accounts import signing_in
from opm.accounts.models import Person, Session, SignInAttempt
from opm.extensions import db
from opm.factory import create_app
from opm.settings import Settings
from tests import cast
from tests.browser import Browser
from tests.counting import counting
from tests.mailbox import letters_in, path_in
from tests.stranger import Stranger
from tests.tables import rows

DOOR = "/desk/sign-in"
INES = "ines@northmere.example"
NOBODY = "nina@northmere.example"  # as long as Ines's, so that pages can be compared by their bytes
INSIDE = "What needs you"


@pytest.fixture(autouse=True)
def staff(inside):
    with inside():
        return cast.ines(), cast.piotr(), cast.rosa()


@pytest.fixture
def https_app(app, database_url):
    """The same site, reached over https."""
    environ = {"OPM_BASE_URL": "https://policy.example.org", "OPM_INSTANCE": app.instance_path}
    secure = create_app(environ | {"OPM_DATABASE_URL": database_url}, TESTING=True, MAIL_SERVER="mail.example")
    yield secure
    with secure.app_context():
        db.engine.dispose()


def ask(browser, email=INES, status=200):
    browser.visit(DOOR)
    browser.press("Mail me a link and a code", email=email, status=status)
    return browser.path


def refused(browser, code):
    browser.press("Sign in", code=code, status=422)
    assert "That is not the code, or it is too old." in browser.text


def is_inside(browser) -> bool:
    return browser.client.get("/desk/").status_code == 200


class Attempt(NamedTuple):
    """What a mail holds, and the address of the page that asks for its code."""

    page: str
    link: str
    code: str


def an_attempt(app, email=INES) -> Attempt:
    with app.app_context():
        attempt = signing_in.begin(Person.by_email(email))
        db.session.commit()
        return Attempt(f"{DOOR}/code/{attempt.page_token}", f"{DOOR}/link/{attempt.link_token}", attempt.code)


# Each works once, for ten minutes


def test_the_code_signs_in_once(browser, another_browser, mailbox):
    page = ask(browser)
    code = letters_in(mailbox.newest(INES))
    browser.press("Sign in", code=code)
    assert browser.heading == INSIDE
    another_browser.visit(page)
    refused(another_browser, code)
    assert not is_inside(another_browser)


def test_the_link_signs_in_once(browser, another_browser, mailbox):
    ask(browser)
    link = path_in(mailbox.newest(INES), "link")
    browser.visit(link)
    assert browser.heading == "Welcome, Ines Calder"
    browser.press("Sign in to the desk")
    assert browser.heading == INSIDE
    another_browser.visit(link, status=410)
    assert another_browser.heading == "This link has done its work"
    assert another_browser.client.post(link).status_code == 410
    assert not is_inside(another_browser)


def test_who_came_by_link_cannot_come_by_the_code_of_the_same_mail(browser, another_browser, mailbox):
    page = ask(browser)
    mail = mailbox.newest(INES)
    browser.visit(path_in(mail, "link"))
    browser.press("Sign in to the desk")
    another_browser.visit(page)
    refused(another_browser, letters_in(mail))


def test_who_came_by_code_cannot_come_by_the_link_of_the_same_mail(browser, another_browser, mailbox):
    ask(browser)
    mail = mailbox.newest(INES)
    browser.press("Sign in", code=letters_in(mail))
    another_browser.visit(path_in(mail, "link"), status=410)


def test_a_link_pressed_twenty_times_at_once_opens_one_session(app, inside):
    link = an_attempt(app).link
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: app.test_client().post(link).status_code, range(20)))
    assert sorted(statuses) == [303] + [410] * 19
    with inside(False):
        assert db.session.query(Session).count() == 1


@pytest.mark.parametrize(("seconds", "works"), [(599, True), (600, False), (-599, True), (-48 * 3600, False)])
def test_code_and_link_work_for_ten_minutes(browser, another_browser, mailbox, clock, seconds, works):
    page = ask(browser)
    mail = mailbox.newest(INES)
    clock.forward(seconds=seconds)
    another_browser.visit(path_in(mail, "link"), status=200 if works else 410)
    browser.visit(page)
    browser.press("Sign in", code=letters_in(mail), status=200 if works else 422)
    assert is_inside(browser) == works


def test_a_mail_that_is_late_by_ten_minutes_does_not_go(browser, mailbox, clock):
    ask(browser)
    clock.forward(minutes=10)
    assert mailbox.deliver() == []


def test_a_code_may_be_written_as_people_write(browser, mailbox):
    for write in (str.lower, lambda code: f" {code[:4]} {code[4:]} ", lambda code: f"{code[:4]}-{code[4:]}"):
        ask(browser)
        browser.press("Sign in", code=write(letters_in(mailbox.newest(INES))))
        assert browser.heading == INSIDE


# Guessing


def test_five_wrong_codes_and_the_right_one_is_too_late_and_a_new_mail_is_needed(browser, mailbox):
    ask(browser)
    code = letters_in(mailbox.newest(INES))
    for left in (4, 3, 2, 1):
        refused(browser, "AAAAAAAA")
        assert f"You have {left} more tr" in browser.text
    refused(browser, "AAAAAAAA")
    assert "That was the last try: ask for a new mail." in browser.text
    refused(browser, code)
    assert not is_inside(browser)
    ask(browser)
    browser.press("Sign in", code=letters_in(mailbox.newest(INES)))
    assert browser.heading == INSIDE


def test_five_tries_hold_from_many_networks_at_once_and_with_limits_lifted(app, monkeypatch):
    monkeypatch.setitem(app.config, "LIMITS", False)
    attempt = an_attempt(app)

    def guess(n):
        return Stranger(app, f"203.0.{n}.1").post(attempt.page, data={"code": "AAAAAAA2"}).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(guess, range(16))) == {422}
    assert Stranger(app).post(attempt.page, data={"code": attempt.code}).status == 422


def test_wrong_codes_at_one_mail_leave_another_mail_alone(app, mailbox, browser, another_browser):
    theirs = an_attempt(app)
    for _ in range(7):
        Stranger(app).post(theirs.page, data={"code": "AAAAAAAA"})
    ask(browser)
    browser.press("Sign in", code=letters_in(mailbox.newest(INES)))
    assert browser.heading == INSIDE


def test_an_empty_code_costs_no_try(browser, mailbox):
    ask(browser)
    for _ in range(7):
        browser.press("Sign in", code=" ", status=422)
    browser.press("Sign in", code=letters_in(mailbox.newest(INES)))
    assert browser.heading == INSIDE


def test_odd_codes_are_wrong_codes(app):
    attempt = an_attempt(app)
    for code in ("\x00" * 8, "a" * 100_000, "ＡＡＡＡＡＡＡＡ", "\ud800" * 4, "' OR 1=1 --", "{{7*7}}"):
        answer = Stranger(app).post(attempt.page, data={"code": code.encode("utf-8", "surrogatepass")})
        assert answer.status == 422
        assert "49" not in answer.text


def test_one_network_types_so_many_codes_an_hour_and_no_more(app, inside, clock):
    assert Settings().codes_per_network == 60
    with inside():
        settings.change(codes_per_network=6)
    stranger = Stranger(app)
    for _ in range(2):
        page = an_attempt(app).page
        assert {stranger.post(page, data={"code": "AAAAAAAA"}).status for _ in range(3)} == {422}
    answer = stranger.post(page, data={"code": "AAAAAAAA"})
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert Stranger(app, "198.51.100.1").post(page, data={"code": "AAAAAAAA"}).status == 422
    clock.forward(hours=1)
    assert stranger.post(page, data={"code": "AAAAAAAA"}).status == 422


def _broken(token):
    subject, seal = token.split(".")
    return [
        token[:-1], token + "x", token.swapcase(), f"{subject}.", f".{seal}", seal, "x", "1.", "0." + seal,
        f"{int(subject) + 1}.{seal}", f"0{subject}.{seal}"[:90], "9" * 30 + "." + seal, "٣." + seal, "%00." + seal,
        "-1." + seal, f"{subject}.{seal}.{seal}", "x" * 5_000, f"{subject}.{'%ff' * 10}",
    ]  # fmt: skip


@pytest.mark.parametrize("door", ["link", "code"])
def test_a_token_that_was_cut_changed_or_made_up_opens_nothing(app, door):
    attempt = an_attempt(app)
    link, page = (path.rpartition("/")[2] for path in (attempt.link, attempt.page))
    right, wrong = (link, page) if door == "link" else (page, link)
    before = rows(app)
    for token in [*_broken(right), wrong]:
        assert Stranger(app).get(f"{DOOR}/{door}/{token}").status == 404, token
        assert Stranger(app).post(f"{DOOR}/{door}/{token}", data={"code": attempt.code}).status == 404, token
    assert rows(app) == before


# Nobody learns who is on the team


def _a_former_colleague(inside, clock):
    with inside():
        db.session.add(Person(name="Nina Ohr", email=NOBODY, roles=["admin"], left_at=clock.at))


def _a_member(inside, clock):
    with inside():
        db.session.add(Person(name="Nina Ohr", email=NOBODY, roles=[]))


def _nobody(inside, clock):
    pass


def _said(answer) -> str:
    """The answer without what is random in it."""
    return re.sub(r"\d+\.[\w-]{22}", "TOKEN", answer.response.text.replace(INES, "EMAIL").replace(NOBODY, "EMAIL"))


@pytest.mark.parametrize("who", [_nobody, _a_former_colleague, _a_member])
def test_an_address_that_is_not_of_staff_gets_the_same_words_pages_and_statements_and_no_mail(
    app, inside, clock, mailbox, who
):
    who(inside, clock)
    Stranger(app).post(DOOR, data={"email": "warm@up.example"})
    assert _journey(app, INES) == _journey(app, NOBODY)
    assert [message.recipients for message in mailbox.deliver()] == [[INES]]


def _journey(app, email) -> list:
    """What somebody sees who asks with this address and types a wrong code, and what it costs."""
    stranger, told = Stranger(app), []
    with counting(app) as statements:
        asked = stranger.post(DOOR, data={"email": email, "next": "/desk/"})
        told += [asked.status, _said(asked), asked.location.rpartition("/")[0], len(statements)]
        opened = stranger.get(asked.location)
        told += [opened.status, _said(opened), len(statements)]
        typed = stranger.post(asked.location, data={"code": "AAAAAAAA"})
        return [*told, typed.status, _said(typed), len(statements)]


def test_limits_do_not_tell_who_is_on_the_team(app):
    statuses = []
    for email in (INES, NOBODY):
        same_network = [Stranger(app, "203.0.113.7").post(DOOR, data={"email": email}).status for _ in range(7)]
        many_networks = [Stranger(app, f"198.51.{n}.7").post(DOOR, data={"email": email}).status for n in range(9)]
        statuses.append(same_network + many_networks)
    assert statuses[0] == statuses[1]


def test_the_pages_of_an_unknown_address_never_open(app, inside, clock, monkeypatch):
    attempt = an_attempt(app, NOBODY)
    stranger = Stranger(app)
    assert stranger.post(attempt.page, data={"code": attempt.code}).status == 422
    assert stranger.get(attempt.link).status == 410
    assert stranger.post(attempt.link).status == 410


def test_the_mail_says_who_writes_and_holds_nothing_that_was_typed(app, mailbox):
    Stranger(app).post(DOOR, data={"email": "INES@Northmere.Example", "next": "/desk/comments/?queue=spam"})
    (mail,) = mailbox.deliver()
    assert mail.recipients == [mail.recipients[0]]
    assert mail.recipients[0].lower() == INES
    assert "state=spam" not in mail.body + mail.html
    assert "INES" not in mail.body + mail.html
    assert max(map(len, mail.body.splitlines())) < 100


# Too many mails


def test_the_sixth_mail_for_one_address_from_one_network_is_refused_and_the_address_given_back(browser, mailbox):
    for _ in range(5):
        ask(browser)
    ask(browser, status=429)
    assert int(browser.answer.headers["Retry-After"]) > 0
    assert browser.page.find("input", attrs={"name": "email"})["value"] == INES
    assert len(mailbox.deliver()) == 5


def test_one_network_asks_for_twenty_mails_an_hour_and_others_are_spared(app):
    stranger = Stranger(app)
    assert {stranger.post(DOOR, data={"email": f"a{n}@example.org"}).status for n in range(20)} == {303}
    assert stranger.post(DOOR, data={"email": INES}).status == 429
    assert Stranger(app, "198.51.100.1").post(DOOR, data={"email": INES}).status == 303


def test_x_forwarded_for_makes_nobody_another_network(app):
    statuses = [
        Stranger(app).post(DOOR, data={"email": INES}, headers={"X-Forwarded-For": f"198.51.{n}.1"}).status
        for n in range(6)
    ]
    assert statuses == [303] * 5 + [429]


def _flood(app, email=INES):
    """Strangers everywhere ask in her name until they are refused."""
    statuses = [Stranger(app, f"198.51.{n}.7").post(DOOR, data={"email": email}).status for n in range(12)]
    assert statuses == [303] * 10 + [429] * 2


@pytest.mark.parametrize("days", [0, 3, 20])
def test_strangers_cannot_lock_out_who_has_signed_in_from_her_network_before(
    app, inside, browser, mailbox, clock, days
):
    home = Browser(app)
    home.client.environ_base["REMOTE_ADDR"] = "192.0.2.33"
    cast.through_the_door(home, inside)
    home.press("Sign out")
    clock.forward(days=days)
    with inside():
        _forget(30)
    _flood(app)
    mailbox.deliver()
    ask(home)
    home.press("Sign in", code=letters_in(mailbox.newest(INES)))
    assert home.heading == INSIDE


def test_a_network_is_forgotten_on_its_clock(app, inside, browser, clock):
    cast.through_the_door(browser, inside)
    clock.forward(days=31)
    with inside():
        _forget(30)
    assert rows(app)["session"] == []


def test_with_a_short_network_clock_the_session_stays_and_its_network_goes(inside, browser, clock):
    cast.through_the_door(browser, inside)
    clock.forward(days=3)
    with inside():
        _forget(2)
    assert is_inside(browser)
    with inside(False):
        assert db.session.query(Session).one().network == ""


# Opening changes nothing


def test_a_scanner_that_opens_the_mails_link_changes_nothing_and_the_link_still_works(app, browser, mailbox):
    page = ask(browser)
    link = path_in(mailbox.newest(INES), "link")
    before = rows(app)
    for method in ("GET", "HEAD", "OPTIONS"):
        for path in (link, page, DOOR):
            answer = app.test_client().open(path, method=method)
            assert answer.status_code == 200
            assert "Set-Cookie" not in answer.headers
    assert rows(app) == before
    browser.visit(link)
    browser.press("Sign in to the desk")
    assert browser.heading == INSIDE


def test_the_sign_in_pages_are_kept_and_found_by_nobody(app, mailbox, browser):
    page = ask(browser)
    for path in (DOOR, page, path_in(mailbox.newest(INES), "link")):
        answer = app.test_client().get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Robots-Tag"] == "noindex"


# The session


def test_the_browsers_secret_is_not_in_the_database(app, inside, browser):
    cast.through_the_door(browser, inside)
    cookie = browser.client.get_cookie("opm-8000")
    assert len(cookie.value) >= 40
    assert cookie.value not in str(rows(app))
    with inside(False):
        assert db.session.query(Session).one().secret_hash == hashlib.sha256(cookie.value.encode()).hexdigest()


def test_the_cookie_is_out_of_scripts_and_other_sites_reach(browser, inside):
    cast.through_the_door(browser, inside)
    cookie = browser.client.get_cookie("opm-8000")
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert cookie.path == "/"
    assert cookie.max_age == 7 * 24 * 3600


def test_over_https_the_cookie_is_tied_to_the_host_also_when_it_is_taken_away(https_app):
    here = {"base_url": "https://policy.example.org"}
    client = https_app.test_client()
    given = client.post(an_attempt(https_app).link, **here)
    assert given.status_code == 303
    page = client.get("/desk/", **here).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    taken = client.post("/desk/sign-out", data={"csrf_token": token}, **here)
    assert taken.status_code == 303
    for answer in (given, taken):
        (cookie,) = answer.headers.getlist("Set-Cookie")
        assert cookie.startswith("__Host-opm=")
        parts = {part.strip() for part in cookie.split(";")}
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= parts
        assert not [part for part in parts if part.startswith("Domain")]
    assert client.get("/desk/", **here).status_code == 303


def test_signing_out_kills_a_copied_cookie(app, inside, browser):
    cast.through_the_door(browser, inside)
    secret = browser.client.get_cookie("opm-8000").value
    thief = app.test_client()
    thief.set_cookie("opm-8000", secret)
    assert thief.get("/desk/").status_code == 200
    browser.press("Sign out")
    assert browser.client.get_cookie("opm-8000") is None
    assert thief.get("/desk/").status_code == 303
    assert thief.post("/desk/sign-out").status_code == 403


def test_signing_out_here_leaves_other_browsers_signed_in(inside, browser, another_browser):
    cast.through_the_door(browser, inside)
    cast.through_the_door(another_browser, inside)
    browser.press("Sign out")
    assert is_inside(another_browser)


def test_a_cookie_set_before_signing_in_is_not_taken_over(app, browser, mailbox):
    browser.client.set_cookie("opm-8000", "known-to-the-attacker")
    ask(browser)
    browser.press("Sign in", code=letters_in(mailbox.newest(INES)))
    assert browser.client.get_cookie("opm-8000").value != "known-to-the-attacker"
    attacker = app.test_client()
    attacker.set_cookie("opm-8000", "known-to-the-attacker")
    assert attacker.get("/desk/").status_code == 303


def test_an_odd_cookie_is_nobody(app):
    for cookie in ("", "x", "x" * 4_000, "é", "\x00", "%00", '"', "' OR 1=1 --", "=", "a; opm-8000=b"):
        answer = app.test_client().get("/desk/", headers={"Cookie": f"opm-8000={cookie}"})
        assert answer.status_code == 303


def test_a_session_ends_after_seven_days(inside, browser, clock):
    cast.through_the_door(browser, inside)
    clock.forward(days=7, seconds=-1)
    assert is_inside(browser)
    clock.forward(seconds=1)
    assert not is_inside(browser)


def test_a_clock_set_back_two_days_ends_no_session_and_breaks_nothing(inside, browser, clock):
    cast.through_the_door(browser, inside)
    clock.forward(days=-2)
    assert is_inside(browser)


@pytest.mark.parametrize("change", [{"left_at": True}, {"roles": []}])
def test_who_left_loses_session_link_and_code_at_once(app, inside, browser, another_browser, mailbox, clock, change):
    cast.through_the_door(browser, inside)
    page = ask(another_browser)
    mail = mailbox.newest(INES)
    with inside():
        person = cast.ines()
        person.roles = change.get("roles", person.roles)
        person.left_at = clock.at if change.get("left_at") else None
    assert not is_inside(browser)
    another_browser.visit(path_in(mail, "link"), status=410)
    another_browser.visit(page)
    refused(another_browser, letters_in(mail))


def test_a_role_taken_away_is_gone_at_the_next_press(inside, browser):
    cast.through_the_door(browser, inside)
    with inside():
        cast.ines().roles = ["author"]
    browser.visit("/desk/comments/", status=403)


# Where it leads


@pytest.mark.parametrize("wanted", ["/desk/comments/?queue=spam&page=1", "/desk/outbox/"])
def test_who_was_sent_to_the_door_comes_back_to_where_they_wanted(browser, mailbox, wanted):
    browser.visit(wanted)
    assert browser.path == DOOR
    browser.press("Mail me a link and a code", email=INES)
    browser.press("Sign in", code=letters_in(mailbox.newest(INES)))
    assert browser.answer.request.full_path.rstrip("?") == wanted


ELSEWHERE = [
    "//evil.example", "/\\evil.example", "https://evil.example/desk/", "https:evil.example", "javascript:alert(1)",
    "/desk//evil.example", "/desk/\\evil.example", "/desk/\r\nLocation: https://evil.example", "\t//evil.example",
    "/desk/\x00", "/desk", " /desk/", "/", "/desk/../..//evil.example", "/deskevil", "///evil.example/desk/",
    "/%2fevil.example", "/desk/\u2028", "/desk/\u202e", "http:///desk/", "/\t/evil.example", "@evil.example/desk/",
    "/desk/" + "x" * 100_000,
]  # fmt: skip


def test_what_is_not_of_the_desk_is_never_led_to(app, inside):
    for number, wanted in enumerate(ELSEWHERE):
        stranger = Stranger(app, f"198.51.{number}.1")
        shown = stranger.client.get(DOOR, query_string={"next": wanted})
        assert 'name="next" value="/desk/"' in shown.text
        assert "evil" not in shown.text
        assert stranger.post(DOOR, data={"email": f"a{number}@example.org", "next": wanted}).status == 303
    with inside(False):
        assert set(db.session.scalars(select(SignInAttempt.wanted))) == {"/desk/"}


def test_an_encoded_address_stays_encoded_and_on_the_site(app, mailbox):
    for wanted in ("/desk/%0d%0aSet-Cookie:x=y", "/desk/%2f%2fevil.example", "/desk/%5cevil", "/desk/é?x=/%"):
        stranger = Stranger(app)
        asked = stranger.post(DOOR, data={"email": INES, "next": wanted})
        answer = stranger.post(asked.location, data={"code": letters_in(mailbox.newest(INES))})
        assert answer.location.startswith("/desk/")
        assert "\r" not in answer.location
        assert len(answer.headers.getlist("Set-Cookie")) == 1


# What is typed


REFUSED = {
    "": "Write your email address",
    "ines": "needs an @",
    "ines@northmere.example, eve@evil.example": "one email address",
    "ines@northmere.example\r\nBcc: eve@evil.example": "one email address",
    "=?utf-8?q?ines?=@northmere.example": "=?",
    "i" * 300 + "@northmere.example": "at most 254 characters",
    "<script>alert(1)</script>@x.example": "like name@example.org",
}


def test_what_is_no_address_is_refused_beside_its_field_and_stays(app):
    before = rows(app)
    for typed, sentence in REFUSED.items():
        answer = Stranger(app).post(DOOR, data={"email": typed})
        assert answer.status == 422
        assert sentence in answer.text
        assert answer.typed("email") == " ".join(typed.split())
        assert "<script>" not in answer.response.text
    assert rows(app) == before


def test_an_address_may_be_written_in_capitals_and_with_spaces_around_it(app, mailbox):
    for email in ("INES@NORTHMERE.EXAMPLE", " Ines@northmere.example "):
        Stranger(app).post(DOOR, data={"email": email})
        assert mailbox.deliver()[0].recipients[0].lower() == INES


def test_another_sites_page_signs_nobody_in_and_asks_for_no_mail(app):
    attempt = an_attempt(app)
    before = rows(app)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        for path, data in (
            (DOOR, {"email": INES}),
            (attempt.link, {}),
            (attempt.page, {"code": attempt.code}),
        ):
            answer = Stranger(app).post(path, headers=headers, data=data)
            assert answer.status == 403
            assert "Set-Cookie" not in answer.headers
    assert rows(app) == before


def _forget(network_days):
    accounts.old_sessions.take(max(accounts.SIGNED_IN_FOR.days, network_days))
    accounts.networks.take(network_days)
