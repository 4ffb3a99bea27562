"""What is sent to the desk after a session has ended is kept for a day, for whoever typed it and for nobody else."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from sqlalchemy.exc import OperationalError

from opm import worker
from opm.accounts import access, kept_forms
from opm.accounts.kept_forms import KeptForm
from opm.comments.models import Comment, Decision, State
from opm.extensions import db
from tests import cast
from tests.accounts.test_access import DECISION, NOTE, post, token_of
from tests.browser import FRAGMENT
from tests.counting import counting
from tests.mailbox import letters_in
from tests.stranger import Answer, Stranger
from tests.tables import rows

KEPT = "/desk/kept/"
COOKIE = "opm-8000-kept"
REJECTION = {"decision": "reject", "revision": "1", "rule": "2", "note": NOTE}


@pytest.fixture
def comment(inside):
    """A comment that waits."""
    with inside():
        return cast.a_comment(cast.a_post().thread)


@pytest.fixture
def desk(inside, browser):
    """Ines's browser, signed in."""
    return cast.signed_in(browser, inside)


@pytest.fixture
def address(comment):
    """Where the decision goes."""
    return f"/desk/comments/{comment.id}/decision"


@pytest.fixture
def signed_out(desk, address, clock):
    """Ines's browser: she was signed out while she wrote a note, and has just pressed the button."""
    token = token_of(desk)
    clock.forward(days=7)
    desk.answer = desk.client.post(address, data=REJECTION | {"csrf_token": token}, headers={"Origin": OURS})
    assert desk.answer.status_code == 403
    return desk


OURS = "http://127.0.0.1:8000"


def kept(inside) -> list[KeptForm]:
    with inside(False):
        return db.session.query(KeptForm).order_by(KeptForm.id).all()


def state_of(inside, comment) -> State:
    with inside(False):
        return db.session.get(Comment, comment.id).state


# The way back


def test_who_was_signed_out_while_typing_signs_in_on_that_page_and_sends_it_with_one_press(
    inside, signed_out, comment, mailbox
):
    signed_out._read(signed_out.answer, 403)
    assert signed_out.heading == "You are not signed in any more"
    assert "What you typed is kept here, in this browser, for a day." in signed_out.text
    signed_out.press("Mail me a link and a code", email="ines@northmere.example")
    signed_out.press("Sign in", code=letters_in(mailbox.newest("ines@northmere.example")))
    assert signed_out.path == KEPT
    assert signed_out.heading == "What you typed was kept"
    assert signed_out.page.find("textarea", attrs={"name": "note"}).get_text() == "\n" + NOTE
    signed_out.press("Send it now")
    assert state_of(inside, comment) == State.REJECTED
    with inside(False):
        assert db.session.query(Decision).one().note == NOTE
    assert kept(inside) == [], "what is used is gone"
    signed_out.visit(KEPT)
    assert signed_out.heading == "Nothing is kept for you here"


def test_the_answer_says_it_in_place_too_and_keeps_it_once(inside, desk, address, clock):
    token = token_of(desk)
    clock.forward(days=7)
    for _ in range(2):  # pressed twice, or loaded again
        answer = post(desk, address, htmx=True, csrf_token=token, **REJECTION)
        assert answer.status == 403
        assert answer.given_back() == [NOTE]
        assert answer.page.find("input", attrs={"name": "next"})["value"] == KEPT
    assert len(kept(inside)) == 1


def test_a_browser_keeps_what_two_tabs_sent(inside, signed_out, desk, address):
    post(desk, address, **REJECTION | {"note": "Another thought."})
    cast.signed_in(desk, inside)
    desk.visit(KEPT)
    assert [field.get_text() for field in desk.page.find_all("textarea")] == ["\n" + NOTE, "\nAnother thought."]


def test_the_front_page_tells_of_it_in_this_browser_alone(app, inside, signed_out, another_browser):
    cast.signed_in(signed_out, inside)
    signed_out.visit("/desk/")
    with counting(app) as with_kept:
        signed_out.visit("/desk/")
    signed_out.follow("Read it and send it")
    assert signed_out.heading == "What you typed was kept"
    cast.signed_in(another_browser, inside)
    with counting(app) as without:
        another_browser.visit("/desk/")
    assert "is kept here" not in another_browser.text
    assert len(with_kept) == len(without) + 1, "who has none is asked nothing"
    signed_out.press("Throw it away")
    assert "is kept here" not in signed_out.visit("/desk/").get_text()


def test_looking_at_it_changes_nothing_and_one_button_throws_it_away(app, inside, signed_out):
    cast.signed_in(signed_out, inside)
    before = rows(app)
    for _ in range(2):
        signed_out.visit(KEPT)
    assert rows(app) == before
    signed_out.press("Throw it away")
    assert kept(inside) == []
    assert signed_out.heading == "Nothing is kept for you here"


def test_what_was_overtaken_meanwhile_meets_the_ordinary_refusal_and_is_kept_still(inside, signed_out, comment):
    with inside():
        db.session.get(Comment, comment.id).revision = 2
    cast.signed_in(signed_out, inside)
    signed_out.visit(KEPT)
    signed_out.press("Send it now", status=409)
    assert "the comment has changed since you saw it" in signed_out.text
    assert len(kept(inside)) == 1, "it was not taken, so it is not gone"


def test_of_a_file_it_says_that_it_has_to_be_chosen_again(inside, desk, address, clock):
    token = token_of(desk)
    clock.forward(days=7)
    picture = (BytesIO(b"GIF89a"), "lane.gif")
    data = REJECTION | {"csrf_token": token, "picture": picture}
    assert desk.client.post(address, data=data).status_code == 403
    cast.signed_in(desk, inside)
    desk.visit(KEPT)
    assert "A file that you had chosen could not be kept" in desk.text


# For nobody else


def test_a_browser_without_the_cookie_sees_and_sends_nothing_of_it(
    inside, signed_out, another_browser, address, comment
):
    number = kept(inside)[0].number
    cast.signed_in(another_browser, inside, cast.piotr)
    another_browser.visit(KEPT)
    assert another_browser.heading == "Nothing is kept for you here"
    token = token_of(another_browser)
    assert post(another_browser, KEPT, csrf_token=token, kept_form=number).status == 409
    assert post(another_browser, address, csrf_token=token, kept_form=number, **DECISION).status == 409
    assert len(kept(inside)) == 1
    assert state_of(inside, comment) == State.PENDING


@pytest.mark.parametrize("secret", ["", "x", "0" * 43, "é" * 10, "a" * 4000, "' OR 1=1 --"])
def test_a_planted_cookie_opens_nothing_and_is_not_taken_over(inside, signed_out, another_browser, address, secret):
    cast.signed_in(another_browser, inside, cast.piotr)
    another_browser.client.set_cookie(COOKIE, secret)
    another_browser.visit(KEPT)
    assert another_browser.heading == "Nothing is kept for you here"
    another_browser.press("Sign out")
    given = another_browser.client.post(address, data=REJECTION).headers["Set-Cookie"]
    assert given.startswith(f"{COOKIE}=")
    assert given.partition(";")[0] != f"{COOKIE}={secret}"


def test_only_its_hash_is_in_the_database_and_the_cookie_is_out_of_scripts_reach(app, signed_out):
    cookie = signed_out.client.get_cookie(COOKIE)
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert cookie.max_age == 24 * 3600
    assert len(cookie.value) >= 40
    assert cookie.value not in str(rows(app))
    assert "203.0.113" not in str(rows(app)["kept_form"])


def test_another_sites_page_has_nothing_kept(app, inside, comment, address):
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = Stranger(app).post(address, data=REJECTION, headers=headers)
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers
    assert kept(inside) == []


@pytest.mark.parametrize(
    "path",
    ["//evil.example/desk/", "https://evil.example/", "/desk/sign-out", "/desk/kept/", "/desk/", "/desk/outbox/",
     "/desk/sign-in", "/report/legal/", "/desk/nothing", "/desk/comments/0/decision", "javascript:alert(1)", ""],
)  # fmt: skip
def test_it_goes_nowhere_but_to_a_form_of_our_own_desk(inside, signed_out, path):
    with inside():
        db.session.query(KeptForm).one().path = path
    cast.signed_in(signed_out, inside)
    signed_out.visit(KEPT)
    assert signed_out.heading == "Nothing is kept for you here"


def test_nothing_is_kept_of_what_has_nothing_in_it_or_only_signs_out(app, inside, address):
    for path, data in (
        (address, {}),
        (address, {"csrf_token": "x"}),
        ("/desk/sign-out", {"text": "x"}),
        (KEPT, DECISION),
    ):
        answer = Stranger(app).post(path, data=data)
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers
    assert kept(inside) == []


def test_a_role_that_may_not_meets_the_ordinary_refusal(inside, signed_out, comment):
    cast.signed_in(signed_out, inside, cast.rosa)
    signed_out.visit(KEPT)
    signed_out.press("Send it now", status=403)
    assert signed_out.heading == "Your role does not allow this"
    assert NOTE.splitlines()[0] in signed_out.text
    assert state_of(inside, comment) == State.PENDING
    assert len(kept(inside)) == 1


# Once


def test_sent_twice_it_acts_once(inside, signed_out, address):
    cast.signed_in(signed_out, inside)
    sent = {"csrf_token": token_of(signed_out), "kept_form": kept(inside)[0].number} | REJECTION
    assert post(signed_out, address, **sent).status == 303
    answer = post(signed_out, address, **sent)
    assert answer.status == 409
    assert "This was sent already" in answer.text
    assert answer.given_back() == [NOTE]
    with inside(False):
        assert db.session.query(Decision).count() == 1


def test_pressed_twice_at_once_it_acts_once(app, inside, signed_out, address):
    cast.signed_in(signed_out, inside)
    sent = {"csrf_token": token_of(signed_out), "kept_form": kept(inside)[0].number} | REJECTION
    cookies = {name: signed_out.client.get_cookie(name).value for name in ("opm-8000", COOKIE)}

    def press(_):
        client = app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        return client.post(address, data=sent).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(8))) == [303] + [409] * 7


@pytest.mark.parametrize("number", ["", "0", "-1", "x", "9" * 18, "9" * 40, "١", "1.0", "\x00"])
def test_an_odd_number_sends_nothing(inside, signed_out, address, comment, number):
    cast.signed_in(signed_out, inside)
    sent = {"csrf_token": token_of(signed_out), "kept_form": number} | REJECTION
    assert post(signed_out, address, **sent).status == 409
    assert state_of(inside, comment) == State.PENDING


@pytest.mark.parametrize(("hours", "is_there"), [(23, True), (24, False), (-23, True), (-25, False)])
def test_after_a_day_it_is_gone(app, inside, signed_out, clock, hours, is_there):
    clock.forward(hours=hours)
    cast.signed_in(signed_out, inside)
    signed_out.visit(KEPT)
    assert (signed_out.heading == "What you typed was kept") == is_there
    if hours == 24:
        clock.forward(seconds=1)
        with app.app_context():
            worker.forget(worker.Clocks())
        assert kept(inside) == []


# Not too much of it


def test_one_network_fills_nobody_elses_place_and_is_told_to_copy_its_words(app, inside, address, monkeypatch):
    monkeypatch.setattr(kept_forms, "MOST_OF_A_NETWORK", 2)
    monkeypatch.setattr(kept_forms, "MOST_ON_SITE", 3)
    for number, expected in ((1, True), (2, True), (3, False)):
        answer = Stranger(app).post(address, data=REJECTION | {"note": f"Note number {number}"})
        assert ("Set-Cookie" in answer.headers) == expected
    assert "copy it first" in answer.text
    assert answer.given_back() == ["Note number 3"]
    for address_of_another, expected in (("198.51.100.7", True), ("192.0.2.7", False)):
        answer = Stranger(app, address_of_another).post(address, data=REJECTION)
        assert ("Set-Cookie" in answer.headers) == expected, "the site keeps only so much in all"
    assert len(kept(inside)) == 3


def test_more_than_thirty_an_hour_from_one_network_are_not_kept(app, inside, address, monkeypatch):
    monkeypatch.setattr(kept_forms, "MOST_OF_A_NETWORK", 100)
    for number in range(31):
        answer = Stranger(app).post(address, data=REJECTION | {"note": f"Note number {number}"})
        assert answer.status == 403
        assert answer.given_back() == [f"Note number {number}"]
    assert "copy it first" in answer.text
    assert len(kept(inside)) == 30


def test_what_is_too_large_is_given_back_and_not_kept(app, inside, address, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 2_000_000)
    monkeypatch.setitem(app.config, "MAX_FORM_MEMORY_SIZE", 2_000_000)
    answer = Stranger(app).post(address, data=REJECTION | {"note": "word " * 220_000})
    assert answer.status == 403
    assert answer.given_back() == ["word " * 220_000]
    assert kept(inside) == []


@pytest.mark.parametrize(
    "note", ["</textarea><script>alert(1)</script>", "a\x00b", "\u202eevil", "\n\n leading", "x" * 10]
)
def test_odd_words_come_back_as_words(inside, desk, address, clock, note):
    token = token_of(desk)
    clock.forward(days=7)
    post(desk, address, csrf_token=token, **REJECTION | {"note": note})
    cast.signed_in(desk, inside)
    page = desk.visit(KEPT)
    assert not page.find("main").find("script")
    assert page.find(attrs={"name": "note"})


def test_fields_keep_their_order_and_their_doubles(app, inside, desk, address, clock):
    clock.forward(days=7)
    desk.client.post(address, data={"category": ["1", "2"], "tag": "x", "csrf_token": "t"})
    (form,) = kept(inside)
    assert form.fields == [["category", "1"], ["category", "2"], ["tag", "x"]]


# Signed in anew in another tab


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
def test_who_signed_in_anew_in_another_tab_sends_the_same_words_with_one_press(inside, desk, comment, address, htmx):
    old = token_of(desk)
    desk.visit("/desk/")
    desk.press("Sign out")
    cast.signed_in(desk, inside)
    headers = FRAGMENT if htmx else {"Origin": OURS}
    answer = Answer(desk.client.post(address, data=REJECTION | {"csrf_token": old}, headers=headers), htmx)
    assert answer.status == 400
    assert answer.given_back() == [NOTE]
    form = answer.page.find("form", action=address)
    sent = {field["name"]: field.get("value") or field.get_text()[1:] for field in form.select("[name]")}
    assert sent == REJECTION | {"csrf_token": sent["csrf_token"]}
    assert post(desk, form["action"], **sent).status == 303
    assert state_of(inside, comment) == State.REJECTED


def test_a_form_of_which_nobody_says_that_it_is_ours_is_given_back_to_be_copied(desk, address):
    for headers in ({}, {"Referer": "https://evil.example/"}, {"Referer": "http://["}):
        answer = post(desk, address, headers=headers, csrf_token="old", **REJECTION)
        assert answer.status == 400
        assert answer.given_back() == [NOTE]
        assert address not in answer.actions()
    answer = post(desk, address, headers={"Referer": f"{OURS}/desk/comments/"}, csrf_token="old", **REJECTION)
    assert address in answer.actions(), "text browsers name the page, not the origin"


def test_the_database_may_be_away_meanwhile(app, desk, address, clock, monkeypatch):
    clock.forward(days=7)

    def gone(*_):
        raise OperationalError("COMMIT", None, Exception("the database is gone"))

    monkeypatch.setattr(db.session, "commit", gone)
    answer = post(desk, address, **REJECTION)
    assert answer.given_back() == [NOTE]
    assert "Set-Cookie" not in answer.headers


def test_over_https_its_cookie_is_tied_to_the_host(app, monkeypatch):
    monkeypatch.setitem(app.config, "BASE_URL", "https://policy.example")
    with app.app_context():
        assert access.kept_cookie_name() == "__Host-opm-kept"
