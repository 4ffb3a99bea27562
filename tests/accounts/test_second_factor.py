"""The second factor: an app, passkeys and recovery codes; what holds against guessing; and what a site may demand."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from sqlalchemy import update

from opm import settings
from opm.accounts import audit
from opm.accounts.factors import changing, models, passkeys
from opm.accounts.factors.models import Authenticator, Passkey, Purpose, RecoveryCode, Step
from opm.accounts.kept_forms import KeptForm
from opm.accounts.models import Person, Session
from opm.extensions import db
from opm.lib import clock as the_clock
from tests import cast
from tests.accounts.soft_key import PRESENT, SoftKey
from tests.browser import Browser
from tests.mailbox import letters_in
from tests.stranger import Stranger
from tests.tables import rows

INES = "ines@northmere.example"
PAGE = "/desk/account/second-factor"
INSIDE = "What needs you"
UNSEEN = {"synchronize_session": False}  # as another process does it


@pytest.fixture(autouse=True)
def staff(inside):
    with inside():
        return cast.ines(), cast.rosa()


@pytest.fixture
def ines(inside, browser):
    """Ines at her own page."""
    cast.signed_in(browser, inside)
    browser.visit(PAGE)
    return browser


def code_of(key, by=0) -> str:
    """What an app shows, so many codes from now."""
    return pyotp.HOTP(key).at(int(the_clock.now().timestamp()) // 30 + by)


def set_up_app(browser) -> tuple[str, list[str]]:
    """The app's key, and the recovery codes if some were shown."""
    browser.press("Set up an app")
    key = browser.page.find(id="key").get_text().replace(" ", "")
    browser.press("Turn it on", code=code_of(key))
    shown = browser.page.find(id="codes")
    return key, shown.get_text().split() if shown else []


@pytest.fixture
def with_app(ines, clock):
    """Her app is set up, and the code that she typed is a minute old. (her key, her recovery codes)"""
    key_and_codes = set_up_app(ines)
    clock.forward(minutes=1)
    return key_and_codes


def second_step(app, inside, who=INES, network="203.0.113.7") -> str:
    """The address that asks for her second factor, of somebody who has opened her mail."""
    with inside():
        link = cast.signing_in.begin(Person.by_email(who)).link_token
    answer = Stranger(app, network).post(f"/desk/sign-in/link/{link}")
    assert "Set-Cookie" not in answer.headers
    assert answer.location.startswith("/desk/sign-in/second/")
    return answer.location


def sends(app, path, network="203.0.113.7", **data):
    client = app.test_client()
    return client.post(path, data=data, environ_base={"REMOTE_ADDR": network})


# An app


def test_an_app_is_set_up_and_asked_for_and_the_page_that_was_wanted_comes_after_it(
    ines, another_browser, mailbox, clock
):
    key, codes = set_up_app(ines)
    assert len(set(codes)) == 10
    assert ines.answer.headers["Cache-Control"] == "no-store"
    assert "An authenticator app was set up for you" in mailbox.newest(INES).subject
    clock.forward(minutes=1)
    another_browser.visit("/desk/outbox/?state=failed")
    another_browser.press("Mail me a link and a code", email=INES)
    another_browser.press("Sign in", code=letters_in(mailbox.newest(INES)))
    assert another_browser.heading == "One more step"
    assert another_browser.client.get("/desk/").status_code == 303
    another_browser.press("Go on", code=code_of(key))
    assert another_browser.path == "/desk/outbox/"


def test_the_key_stands_on_the_page_as_a_picture_too_and_the_database_alone_does_not_hold_it(app, ines):
    ines.press("Set up an app")
    key = ines.page.find(id="key").get_text().replace(" ", "")
    assert len(key) == 32
    assert ines.page.find("svg")
    assert key not in str(rows(app))


def test_a_first_code_that_is_wrong_turns_nothing_on(app, ines, inside):
    ines.press("Set up an app")
    for code in ("000000", "abcdef", "", "1" * 1000, "\x00", "١٢٣٤٥٦"):
        ines.press("Turn it on", code=code, status=422)
    with inside(False):
        assert db.session.query(Authenticator).count() == 0


def test_codes_may_be_typed_as_people_type_and_clocks_may_differ_by_one_code(app, inside, with_app, clock):
    key, _codes = with_app
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    written = [lambda c: f" {c[:3]} {c[3:]} ", lambda c: f"{c[:3]}-{c[3:]}", lambda c: c.translate(arabic)]
    for by, write in zip((-1, 0, 1), written, strict=True):
        clock.forward(minutes=2)
        assert sends(app, second_step(app, inside), code=write(code_of(key, by))).status_code == 303
    clock.forward(minutes=2)
    for by in (-2, 2):
        assert sends(app, second_step(app, inside), code=code_of(key, by)).status_code == 422


def test_a_code_works_once_also_for_two_at_once(app, inside, with_app):
    code = code_of(with_app[0])
    pages = [second_step(app, inside) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda page: sends(app, page, code=code).status_code, pages))
    assert sorted(statuses) == [303] + [422] * 5
    assert sends(app, second_step(app, inside), code=code).status_code == 422


# Recovery codes


def test_a_recovery_code_lets_in_once_and_its_owner_hears_of_it(app, inside, with_app, mailbox):
    code = with_app[1][0]
    pages = [second_step(app, inside) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda page: sends(app, page, code=code.lower()).status_code, pages))
    assert sorted(statuses) == [303, 422, 422, 422]
    mail = mailbox.newest(INES)
    assert "One of your recovery codes was used" in mail.subject
    assert "You have 9 codes left" in mail.body
    assert code not in mail.body + str(rows(app))
    assert code.replace("-", "") not in str(rows(app))


def test_new_recovery_codes_end_the_old_ones(app, ines, inside, with_app):
    ines.visit(PAGE)
    ines.press("Make 10 new codes")
    new = ines.page.find(id="codes").get_text().split()
    assert sends(app, second_step(app, inside), code=with_app[1][0]).status_code == 422
    assert sends(app, second_step(app, inside), code=new[9]).status_code == 303


# Guessing


def test_five_tries_hold_with_twenty_at_once_from_everywhere_and_a_fresh_mail_is_enough(
    app, inside, with_app, mailbox, monkeypatch
):
    monkeypatch.setitem(app.config, "LIMITS", False)
    page = second_step(app, inside)
    mailbox.deliver()

    def guess(n):
        return sends(app, page, f"198.51.{n}.1", code="000000" if n % 2 else "AAAA-AAAA-AAAA").status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(guess, range(20))) == {422}
    with inside(False):
        assert db.session.query(Step).filter_by(purpose=Purpose.SIGN_IN).one().tries == 5
    assert sends(app, page, code=code_of(with_app[0])).status_code == 422
    assert [mail.subject for mail in mailbox.deliver() if "five wrong codes" in mail.subject] != []
    assert sends(app, second_step(app, inside), code=code_of(with_app[0])).status_code == 303


def test_one_network_guesses_so_often_an_hour_and_others_are_spared(app, inside, with_app):
    with inside():
        settings.change(codes_per_network=3)
    page = second_step(app, inside)
    statuses = [sends(app, page, code="000000").status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]
    assert sends(app, page, "198.51.100.1", code=code_of(with_app[0])).status_code == 303


def test_an_open_desk_does_not_let_anybody_guess_for_ever(app, ines, with_app, clock):
    clock.forward(minutes=20)
    for _ in range(10):
        ines.visit(PAGE)
        ines.press("Prove it now")
    ines.visit(PAGE)
    ines.press("Prove it now", status=429)


def test_a_page_serves_for_ten_minutes_once_and_for_its_own_purpose(app, inside, ines, with_app, clock):
    page = second_step(app, inside)
    token = page.rpartition("/")[2]
    for other in (f"/desk/sign-in/passkey/{token}", f"/desk/sign-in/link/{token}", f"/desk/sign-in/code/{token}"):
        assert Stranger(app).get(other).status == 404
    for other in ("proof", "app", "passkeys/new"):
        assert ines.client.get(f"{PAGE}/{other}/{token}").status_code == 404
    for broken in (token[:-1], token.swapcase(), "1." + "x" * 22, "9" * 30, "x" * 5000, "%00.x"):
        assert Stranger(app).get(f"/desk/sign-in/second/{broken}").status == 404
    clock.forward(minutes=10)
    assert sends(app, page, code=code_of(with_app[0])).status_code == 422
    assert Stranger(app).get(page).status == 410


def test_nobody_sees_before_the_first_factor_who_has_a_second(app, inside, with_app):
    told = []
    for email in (INES, "rosa@northmere.example"):
        stranger = Stranger(app)
        asked = stranger.post("/desk/sign-in", data={"email": email})
        wrong = stranger.post(asked.location, data={"code": "AAAAAAAA"})
        told.append((asked.status, wrong.status, wrong.text))
    assert told[0] == told[1]


# Passkeys


def options_of(browser) -> dict:
    return json.loads(browser.page.find(attrs={"data-passkey": True})["data-options"])


def add_passkey(browser, key, name="my laptop"):
    browser.visit(PAGE)
    browser.press("Add a passkey", name=name)
    browser.press("Make the passkey", credential=key.makes(options_of(browser)))


def ask_for_passkey(app, page) -> dict:
    return json.loads(Stranger(app).get(page).page.find(attrs={"data-passkey": True})["data-options"])


@pytest.fixture
def local(inside, app):
    """Ines at her page, on a machine whose site is called localhost."""
    browser = Browser(app)
    with inside():
        secret = cast.signing_in.enter(cast.ines(), network="")
        name = cast.access.cookie_name()
    for domain in ("localhost", "127.0.0.1"):
        browser.client.set_cookie(name, secret, domain=domain)
    return browser


def test_a_passkey_is_added_named_used_and_removed(app, inside, local, mailbox):
    key = SoftKey()
    add_passkey(local, key)
    assert len(local.page.find(id="codes").get_text().split()) == 10
    assert "A passkey was added for you" in mailbox.newest(INES).subject
    page = second_step(app, inside)
    assert sends(app, page, credential=key.signs(ask_for_passkey(app, page))).status_code == 303
    local.visit(PAGE)
    local.press("Rename", name="the red laptop")
    assert "the red laptop" in local.page.find(class_="rows").find(attrs={"name": "name"})["value"]
    local.press("Remove the red laptop")
    with inside(False):
        assert db.session.query(Passkey).count() + db.session.query(RecoveryCode).count() == 0
    assert "One of your passkeys was removed" in mailbox.newest(INES).subject


def test_a_passkey_alone_signs_in_if_it_has_looked_at_its_owner(app, inside, local):
    key = SoftKey()
    add_passkey(local, key)
    for flags, status in ((PRESENT, 422), (PRESENT | 4, 303)):
        page = sends(app, "/desk/sign-in/passkey", next="/desk/outbox/").location
        answer = sends(app, page, credential=key.signs(ask_for_passkey(app, page), flags))
        assert answer.status_code == status
    assert answer.location == "/desk/outbox/"
    assert "Set-Cookie" in answer.headers


def test_what_is_not_signed_by_her_key_for_this_page_lets_nobody_in(app, inside, local, another_browser):
    key, theirs = SoftKey(), SoftKey(b"another key, 16.")
    add_passkey(local, key)
    with inside():
        rosa = cast.rosa()
        db.session.add(
            Passkey(person=rosa, credential_id="YW5vdGhlciBrZXksIDE2Lg", public_key="x", sign_count=0, name="Rosa’s")
        )
    earlier = second_step(app, inside)
    replayed = key.signs(ask_for_passkey(app, earlier))
    assert sends(app, earlier, credential=replayed).status_code == 303
    wrong = {
        "replayed": lambda _options: replayed,
        "another challenge": lambda options: key.signs(options | {"challenge": "AAAA"}),
        "another origin": lambda options: key.signs(options, origin="https://evil.example"),
        "127.0.0.1": lambda options: key.signs(options, origin="http://127.0.0.1:8000"),
        "made, not asked for": lambda options: key.signs(options, type="webauthn.create"),
        "a count that goes back": lambda options: key.signs(options, count=1),
        "nobody present": lambda options: key.signs(options, flags=0),
        "of somebody else": lambda options: theirs.signs(options, handle=key.handle),
        "unknown": lambda options: SoftKey(b"an unknown key..").signs(options, handle=key.handle),
        "another handle": lambda options: key.signs(options, handle="AAAA"),
        "another signature": lambda options: json.dumps(
            json.loads(key.signs(options)) | {"response": json.loads(theirs.signs(options))["response"]}
        ),
    }
    for name, answer in wrong.items():
        page = second_step(app, inside)
        assert sends(app, page, credential=answer(ask_for_passkey(app, page))).status_code == 422, name
        assert sends(app, earlier, credential=replayed).status_code == 422


def test_one_answer_of_a_passkey_lets_in_once_and_a_wrong_one_renews_what_is_asked(app, inside, local):
    key = SoftKey()
    add_passkey(local, key)
    page = second_step(app, inside)
    options = ask_for_passkey(app, page)
    assert sends(app, page, credential="{}").status_code == 422
    assert sends(app, page, credential=key.signs(options)).status_code == 422
    right = key.signs(ask_for_passkey(app, page))
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: sends(app, page, credential=right).status_code, range(4)))
    assert sorted(statuses) == [303, 422, 422, 422]


def test_odd_answers_are_refused_soon(app, inside, local, monkeypatch):
    monkeypatch.setitem(app.config, "LIMITS", False)
    key = SoftKey()
    add_passkey(local, key)
    id = json.loads(key.signs({"challenge": "AAAA"}))["id"]
    cbor = ["oWNmbXQ" * 100, "m" + "f" * 4000, "gYGBgYGB" * 500, "W////////////w", "vwAA"]
    answers = [
        "", "x", "[" * 19_000, '{"a":' * 3000, "{}", "null", "1e999", '{"id":1,"response":{}}', "\x00", "x" * 200_000,
        json.dumps({"id": id, "response": {}}),
        json.dumps({"id": id, "rawId": id, "type": "public-key", "response": {"clientDataJSON": "[", "signature": 1}}),
        json.dumps({"id": "é" * 10, "response": []}),
        *(
            json.dumps({
                "id": id, "rawId": id, "type": "public-key",
                "response": {
                    "clientDataJSON": "e30", "attestationObject": data, "authenticatorData": data, "signature": data,
                    "transports": [1, {}],
                },
            })
            for data in cbor
        ),
    ]  # fmt: skip
    local.visit(PAGE)
    local.press("Add a passkey", name="odd")
    making, token = local.path, local.page.find(attrs={"name": "csrf_token"})["value"]
    began = time.monotonic()
    for answer in answers:
        for path in (second_step(app, inside), sends(app, "/desk/sign-in/passkey").location):
            assert 400 <= sends(app, path, credential=answer).status_code < 500, answer[:50]
        assert 400 <= local.client.post(making, data={"credential": answer, "csrf_token": token}).status_code < 500
    assert time.monotonic() - began < 5 * len(answers)
    with inside(False):
        assert db.session.query(Passkey).count() == 1


def test_a_key_that_was_added_before_is_not_added_again_nor_one_for_another_page(app, inside, local):
    key = SoftKey()
    add_passkey(local, key)
    local.visit(PAGE)
    local.press("Add a passkey", name="again")
    for answer in (
        lambda: key.makes(options_of(local)),
        lambda: SoftKey(b"one more key 16.", origin="https://evil.example").makes(options_of(local)),
        lambda: SoftKey(b"one more key 16.", site="evil.example").makes(options_of(local)),
    ):
        local.press("Make the passkey", credential=answer(), status=422)
        local.visit(local.path)
    with inside(False):
        assert db.session.query(Passkey).count() == 1


def test_an_address_that_browsers_know_no_passkeys_for_is_told_on_the_page(app, local, monkeypatch):
    local.visit(PAGE, base_url="http://127.0.0.1:8000")
    assert "Open the site at http://localhost:8000" in local.text
    monkeypatch.setitem(app.config, "IS_LOOPBACK", False)
    local.visit(PAGE, base_url="http://127.0.0.1:8000")
    assert "Passkeys need https and a name" in local.text


# What is demanded


def demand(inside, of="everybody"):
    with inside():
        settings.change(demand_second_factor=of)


def test_who_owes_one_is_led_to_set_it_up_and_what_they_sent_is_kept(app, inside, ines, mailbox):
    ines.visit("/desk/pages/new")
    token = ines.page.find(attrs={"name": "csrf_token"})["value"]
    demand(inside, "admins")
    ines.visit("/desk/outbox/?state=failed")
    assert ines.path == PAGE
    assert "This site demands one of you." in ines.text
    answer = ines.client.post("/desk/pages/", data={"csrf_token": token, "title": "A page", "text": "Kept words."})
    assert answer.status_code == 403
    with inside(False):
        assert "Kept words." in str(db.session.query(KeptForm).one().fields)
    ines.visit("/desk/outbox/?state=failed")
    set_up_app(ines)
    ines.follow("I have kept them, go on")
    assert ines.path == "/desk/outbox/"
    ines.visit("/desk/kept/")
    assert "Kept words." in ines.page.find("textarea").get_text()


def test_it_is_demanded_of_whom_the_admins_chose(inside, browser):
    cast.signed_in(browser, inside, cast.rosa)
    demand(inside, "admins")
    browser.visit("/desk/posts/")
    assert browser.path == "/desk/posts/"
    demand(inside)
    browser.visit("/desk/posts/")
    assert browser.path == PAGE
    browser.press("Sign out")


def test_who_took_theirs_away_before_it_was_demanded_owes_one_again(inside, ines, with_app):
    ines.visit(PAGE)
    ines.press("Remove the app")
    demand(inside)
    ines.visit("/desk/outbox/")
    assert ines.path == PAGE


def test_an_admin_who_demands_it_has_one_first(inside, ines):
    ines.visit("/desk/settings/second-factor")
    ines.press("Save", of="everybody", status=409)
    assert "you have no second factor yourself" in ines.text
    ines.follow("Set up your second factor")
    set_up_app(ines)
    ines.follow("I have kept them, go on")
    ines.press("Save", of="everybody")
    with inside(False):
        assert settings.current().demand_second_factor == "everybody"
    ines.visit("/desk/")
    assert ines.heading == INSIDE
    ines.visit(PAGE)
    ines.press("Remove the app", status=409)
    assert "Set up another first" in ines.text


@pytest.mark.parametrize("of", ["", "all", "\x00", "x" * 1000])
def test_nothing_else_can_be_demanded(app, ines, of):
    ines.visit("/desk/settings/second-factor")
    before = rows(app)
    ines.press("Save", of=of, status=422)
    assert rows(app) == before


# Changing it


def test_a_desk_that_was_left_open_changes_nothing_before_a_fresh_proof(inside, ines, with_app, clock):
    clock.forward(minutes=10)
    ines.visit(PAGE)
    token = ines.page.find(attrs={"name": "csrf_token"})["value"]
    for path in ("app", "app/remove", "recovery-codes", "passkeys"):
        answer = ines.client.post(f"{PAGE}/{path}", data={"csrf_token": token, "name": "mine"})
        assert answer.status_code == 403
        assert "First prove that it is you" in answer.text
    ines.press("Prove it now")
    ines.press("Go on", code="000000", status=422)
    ines.press("Go on", code=code_of(with_app[0]))
    ines.press("Remove the app")
    with inside(False):
        assert db.session.query(Authenticator).count() + db.session.query(RecoveryCode).count() == 0


def test_who_has_none_proves_it_by_a_fresh_mail(ines, mailbox, clock):
    clock.forward(minutes=10)
    ines.visit(PAGE)
    ines.press("Mail me a link and a code")
    ines.press("Sign in", code=letters_in(mailbox.newest(INES)))
    assert ines.path == PAGE
    set_up_app(ines)


def test_the_first_factor_ends_sessions_that_began_without_it(inside, ines, another_browser):
    cast.signed_in(another_browser, inside)
    assert another_browser.client.get("/desk/").status_code == 200
    set_up_app(ines)
    assert another_browser.client.get("/desk/").status_code == 303
    assert ines.client.get("/desk/").status_code == 200


def test_an_admin_takes_away_what_a_colleague_lost_who_hears_of_it(app, inside, ines, another_browser, mailbox):
    cast.signed_in(another_browser, inside, cast.rosa)
    another_browser.visit(PAGE)
    set_up_app(another_browser)
    with inside(False):
        rosa = Person.by_email("rosa@northmere.example").id
    ines.visit(f"/desk/staff/{rosa}/second-factor")
    ines.press("Take it away")
    assert "They have none" in ines.text
    assert another_browser.client.get("/desk/").status_code == 303
    mail = mailbox.newest("rosa@northmere.example")
    assert "Your second factor was taken away" in mail.subject
    assert "It was done by Ines Calder." in mail.body
    with inside(False):
        acts = [(entry.did, entry.by.name, entry.words) for entry in db.session.query(audit.Entry)]
        assert ("took away second factor", "Ines Calder", "Rosa Menk") in acts
    browser = another_browser
    cast.through_the_door(browser, inside, cast.rosa)
    assert browser.heading == INSIDE


def test_the_machine_helps_the_last_admin(app, inside, ines, with_app, mailbox):
    done = app.test_cli_runner().invoke(args=["staff", "take-away-second-factor", INES])
    assert "Ines Calder signs in by mail alone" in done.output, done.output
    assert "whoever looks after the server" in mailbox.newest(INES).body
    again = app.test_cli_runner().invoke(args=["staff", "take-away-second-factor", INES])
    assert again.exit_code == 1
    assert "Ines Calder has no second factor." in again.output


def test_steps_are_forgotten_after_a_day(app, inside, with_app, clock):
    second_step(app, inside)
    clock.forward(hours=25)
    with inside():
        models.old_steps.take(1)
    assert rows(app)["factor_step"] == []


def test_what_is_stored_opens_nothing_with_another_secret(app, inside, with_app, monkeypatch):
    with inside():
        page, code = second_step(app, inside), code_of(with_app[0])
    monkeypatch.setattr(app, "secret_key", "another secret of more than 32 characters")
    assert Stranger(app).post(page, data={"code": code}).status == 404
    with inside():
        assert not Authenticator.takes(code, Person.by_email(INES))
        assert not RecoveryCode.takes(with_app[1][0], Person.by_email(INES))
        with pytest.raises(changing.NothingToTake):
            changing.take_away(cast.rosa(), None)
        assert db.session.query(Session).count()


@pytest.mark.parametrize("kind", [Purpose.APP, Purpose.PASSKEY])
def test_a_session_that_the_first_factor_has_ended_meanwhile_adds_no_other(inside, ines, kind):
    """Its request was past the guard already when the other set up the first."""
    with inside():
        person = cast.ines()
        session = db.session.scalars(Session.live_of(person)).first()
        step = Step(purpose=kind, person=person, name="Another")
        db.session.add(step)
        db.session.flush()
        key = SoftKey().makes(passkeys.to_make(step)) if kind == Purpose.PASSKEY else ""
        code = code_of(Authenticator.key(person.id, step.key_nonce))
        db.session.execute(update(Session).values(ended_at=the_clock.now()), execution_options=UNSEEN)
        with pytest.raises(models.StepRefused):
            changing.confirm_passkey(step, session, key) if key else changing.confirm_app(step, session, code)
        assert not models.has_factor(person)
        db.session.rollback()
