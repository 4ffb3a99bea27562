"""The team: who is invited, what becomes of them, and that it is never without an admin and a moderator."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from opm import settings
from opm.accounts import invitations, signing_in, staffing
from opm.accounts.audit import Did, Entry
from opm.accounts.factors.models import Authenticator, RecoveryCode, has_factor
from opm.accounts.invitations import Invitation
from opm.accounts.models import Person, Session
from opm.comments.models import BlockedAddress
from opm.extensions import db
from tests import cast
from tests.browser import Browser
from tests.counting import counting
from tests.mailbox import letters_in, path_in
from tests.stranger import Stranger
from tests.tables import rows

TEAM = "/desk/staff/"
KIT = {"email": "Kit@Northmere.example", "name": "Kit Vane", "roles": ["author", "moderator"]}
DOOR = "/desk/sign-in"


@pytest.fixture
def desk(inside, browser):
    """Ines, who looks after the team, at her desk."""
    return cast.signed_in(browser, inside)


def known(who):
    """They have signed in before."""
    person = who()
    person.take_note_of_sign_in()
    return person


def invite(desk, status=200, **values):
    desk.visit(f"{TEAM}new")
    desk.press("Send the invitation", status, **KIT | values)


def person(inside, email) -> Person | None:
    with inside(False):
        return Person.by_email(email)


def did(inside) -> list:
    """What the log says besides who came and went."""
    with inside(False):
        entries = db.session.scalars(select(Entry).order_by(Entry.id))
        return [(entry.did, entry.words, entry.detail) for entry in entries if entry.did != Did.SIGNED_IN]


def token_of(browser) -> str:
    browser.visit("/desk/")
    return browser.page.find("input", attrs={"name": "csrf_token"})["value"]


def is_inside(browser) -> bool:
    return browser.client.get("/desk/").status_code == 200


# Invited


def test_somebody_is_invited_joins_by_one_press_and_is_known_from_then_on(app, inside, desk, another_browser, mailbox):
    desk.visit("/desk/")
    desk.follow("Staff")
    desk.follow("Invite somebody")
    desk.press("Send the invitation", **KIT)
    assert "Kit Vane, kit@northmere.example: author, moderator" in desk.text
    assert person(inside, KIT["email"]) is None, "nobody is on the team before they press the button"
    mail = mailbox.newest("kit@northmere.example")
    assert "Ines Calder invites you to Open policy as: author, moderator." in mail.body
    assert "Kit" not in mail.subject
    link, before = path_in(mail, "invitation"), rows(app)
    for method in ("GET", "HEAD", "OPTIONS"):
        assert app.test_client().open(link, method=method).status_code == 200
    assert rows(app) == before
    another_browser.visit(link)
    assert another_browser.heading == "Welcome, Kit Vane"
    another_browser.press("Join and sign in")
    assert another_browser.heading == "What needs you"
    kit = person(inside, KIT["email"])
    assert kit.roles == ["author", "moderator"]
    assert kit.verified_at
    assert [words for words, *_ in did(inside)] == [Did.INVITED, Did.ACCEPTED_INVITATION]
    assert "kit@" not in str(did(inside)).lower()
    another_browser.visit(link, status=410)
    assert "You have joined already? Then sign in" in another_browser.text
    assert Stranger(app).post(link).status == 410
    desk.visit(TEAM)
    assert "Invited" not in desk.text
    assert "Kit Vane : author, moderator" in desk.text


def test_an_invitation_works_for_a_week_is_sent_again_and_is_taken_back(app, inside, desk, mailbox, clock):
    invite(desk)
    link = path_in(mailbox.newest(), "invitation")
    clock.forward(days=6, hours=23)
    assert Stranger(app).get(link).status == 200
    clock.forward(hours=1)
    for answer in (Stranger(app).get(link), Stranger(app).post(link)):
        assert answer.status == 410
    cast.signed_in(desk, inside)
    desk.visit(TEAM)
    assert "The link works no more." in desk.text
    desk.press("Send it again")
    assert path_in(mailbox.newest(), "invitation") == link
    assert Stranger(app).get(link).status == 200
    desk.press("Send it again")
    desk.press("Take it back")
    assert mailbox.deliver() == [], "what was taken back is not mailed"
    assert Stranger(app).get(link).status == 410
    assert Stranger(app).post(link).status == 410
    assert person(inside, KIT["email"]) is None


def test_an_invitation_ends_with_the_right_of_whoever_sent_it(app, inside, desk, mailbox):
    invite(desk)
    link = path_in(mailbox.newest(), "invitation")
    with inside():
        cast.ines().roles = ["editor"]
    assert Stranger(app).post(link).status == 410


def test_links_of_invitations_that_were_cut_changed_or_made_for_something_else_open_nothing(app, inside, desk):
    invite(desk)
    with inside():
        invited = db.session.scalars(Invitation.open()).one()
        token, sign_in = invited.token, signing_in.begin(cast.ines()).link_token
    before = rows(app)
    broken = [token[:-1], token.swapcase(), f"{invited.id}.", "1.x", "9" * 30, "%00", "x" * 5000, sign_in]
    for each in broken:
        assert Stranger(app).get(f"{DOOR}/invitation/{each}").status in (404, 410), each
        assert Stranger(app).post(f"{DOOR}/invitation/{each}").status in (404, 410), each
    assert Stranger(app).post(f"{DOOR}/invitation/{token}", headers={"Origin": "https://evil.example"}).status == 403
    assert rows(app) == before


def test_whoever_is_here_already_or_was_invited_is_not_mailed_and_what_was_typed_stays(inside, desk, mailbox):
    with inside():
        cast.piotr()
        known(cast.edith)
        staffing.suspend(cast.edith(), None)
    mailbox.deliver()
    invite(desk, 409, email="PIOTR@northmere.example")
    assert "Piotr Lund is on the team already, with this address." in desk.text
    assert desk.page.find("input", {"name": "name"})["value"] == "Kit Vane"
    assert [box["value"] for box in desk.page.find_all("input", checked=True)] == ["author", "moderator"]
    invite(desk, 409, email="edith@northmere.example")
    assert "Edith Varga is on the team already, and suspended." in desk.text
    invite(desk)
    invite(desk, 409, email="kit@NORTHMERE.example", name="Another")
    assert "Kit Vane was invited at this address before." in desk.text
    with inside():
        BlockedAddress.add(cast.address_hash("hal@northmere.example"))
    invite(desk, 409, email="hal@northmere.example")
    assert "asked us never to mail it" in desk.text
    assert [mail.recipients for mail in mailbox.deliver()] == [["kit@northmere.example"]]


def test_invitations_are_limited_for_an_address_and_for_an_admin(inside, desk, mailbox):
    with inside():
        settings.change(invitations_per_person=7)
    invite(desk)
    for _ in range(4):
        desk.press("Send it again")
    desk.press("Send it again", status=429)
    assert len(mailbox.deliver()) == 1, "sent again before it went, it goes once"
    invite(desk, email="hal@northmere.example")
    invite(desk, 429, email="eva@northmere.example")
    assert "eva@northmere.example" in [field["value"] for field in desk.page.find_all("input", readonly=True)]


ODD = ["", " ", "\u202e", "=?utf-8?q?x?=", "kit@northmere.example", "x" * 81, "x" * 10_000]


@pytest.mark.parametrize("field", ["name", "email", "roles"])
def test_what_makes_no_sense_invites_nobody(app, desk, field):
    desk.visit(f"{TEAM}new")
    token, before = token_of(desk), rows(app)
    for typed in (*ODD, "owner", "\x00"):
        if (field, typed) in (("name", "owner"), ("email", "kit@northmere.example")):
            continue
        sent = KIT | {field: typed, "csrf_token": token}
        assert desk.client.post(f"{TEAM}new", data=sent).status_code == 422, typed
    if field != "name":  # as a name it is a sign that can be seen
        lone = {**KIT, "csrf_token": token, field: b"\xed\xa0\x80"}
        assert desk.client.post(f"{TEAM}new", data=lone).status_code == 422
    assert rows(app) == before


# Changed, suspended, removed


def test_an_admin_changes_a_name_and_roles_and_the_person_hears_of_the_roles(inside, desk, another_browser, mailbox):
    cast.signed_in(another_browser, inside, cast.piotr)
    with inside():
        known(cast.ines)
    desk.visit(TEAM)
    desk.follow("Piotr Lund")
    desk.press("Save", name="Piotr Lundqvist", roles=["author", "editor"])
    assert desk.heading == "Piotr Lundqvist"
    assert "Saved." in desk.text
    assert did(inside) == [
        (Did.CHANGED_ROLES, "Piotr Lund", "author, editor"),
        (Did.RENAMED_PERSON, "Piotr Lundqvist", "Piotr Lund"),
    ]
    assert "From now on you are: author, editor." in mailbox.newest("piotr@northmere.example").body
    another_browser.visit("/desk/comments/", status=403)
    another_browser.visit("/desk/posts/")
    desk.press("Save", name="P. Lundqvist")
    assert mailbox.deliver() == [], "a name alone is no news"


def test_of_two_admins_who_change_somebody_at_once_the_second_is_shown_what_the_first_did(
    inside, desk, another_browser
):
    with inside():
        known(cast.ines)
        piotr = cast.piotr().id
    cast.signed_in(another_browser, inside)
    for each in (desk, another_browser):
        each.visit(f"{TEAM}{piotr}")
    desk.press("Save", roles=["author"])
    another_browser.press("Save", status=409, roles=["editor"])
    assert "How it is now: Piotr Lund, author." in another_browser.text
    another_browser.press("Save")
    assert person(inside, "piotr@northmere.example").roles == ["editor"]


def test_who_is_suspended_is_out_at_once_everywhere_until_one_press_lets_them_back_in(
    inside, desk, another_browser, mailbox
):
    cast.signed_in(another_browser, inside, cast.rosa)
    with inside():
        rosa = cast.rosa()
        link = f"{DOOR}/link/{signing_in.begin(rosa).link_token}"
    desk.visit(f"{TEAM}{rosa.id}")
    desk.press("Suspend them")
    assert "Suspended on 14 October 2026." in desk.text
    assert not is_inside(another_browser)
    another_browser.visit(link, status=410)
    mail = mailbox.newest("rosa@northmere.example")
    assert "ask an admin: Ines Calder. It takes them one press." in " ".join(mail.body.split())
    Stranger(desk.app).post(DOOR, data={"email": "rosa@northmere.example"})
    assert mailbox.deliver() == []
    desk.press("Let them back in")
    assert "You can sign in to Open policy again" in mailbox.newest("rosa@northmere.example").subject
    another_browser.visit(link, status=410)
    cast.through_the_door(another_browser, inside, cast.rosa)
    assert is_inside(another_browser)
    assert [words for words, *_ in did(inside)] == [Did.SUSPENDED, Did.LET_BACK_IN]


def test_who_is_removed_is_out_keeps_their_name_and_comes_back_with_new_roles_only(
    inside, desk, another_browser, mailbox
):
    cast.signed_in(another_browser, inside, cast.piotr)
    with inside():
        known(cast.ines)
        piotr = cast.piotr()
        link = f"{DOOR}/link/{signing_in.begin(piotr).link_token}"
        cast.a_draft(by=piotr)
        db.session.add(Authenticator(person_id=piotr.id, nonce="n", last_code=0))
        RecoveryCode.make(piotr)
    desk.visit(f"{TEAM}{piotr.id}")
    desk.follow("Remove them")
    desk.press("Remove them from the team")
    assert desk.path == TEAM
    assert "Piotr" not in desk.text
    desk.follow("Have left")
    assert "Left on 14 October 2026." in desk.text
    assert not is_inside(another_browser)
    another_browser.visit(link, status=410)
    assert "not on the team of Open policy any more" in mailbox.newest("piotr@northmere.example").subject
    desk.visit("/desk/posts/")
    assert "Piotr Lund" in desk.text
    invite(desk, email="piotr@northmere.example", name="Piotr Lund", roles=["author"])
    another_browser.visit(path_in(mailbox.newest("piotr@northmere.example"), "invitation"))
    another_browser.press("Join and sign in")
    back = person(inside, "piotr@northmere.example")
    assert (back.id, back.roles, back.left_at) == (piotr.id, ["author"], None)
    with inside(False):
        assert not has_factor(back), "an app of theirs from before opens nothing"
        assert RecoveryCode.left(back) == 0


# Never without


def test_the_last_admin_and_the_last_moderator_stay_and_the_page_says_why(app, inside, desk):
    with inside():
        ines, rosa = known(cast.ines), known(cast.rosa)
        cast.piotr()  # a moderator who has never come
        ines.roles, rosa.roles = ["admin"], ["moderator"]
    before = rows(app)
    desk.visit(f"{TEAM}{rosa.id}")
    desk.press("Save", status=409, roles=["author"], name="Rosa")
    why = (
        "Rosa Menk is the last moderator who has ever signed in, and there has to be one. First make somebody else one"
    )
    assert why in desk.text
    assert desk.page.find("input", {"name": "name"})["value"] == "Rosa"
    desk.press("Suspend them", status=409)
    assert why in desk.text
    desk.visit(f"{TEAM}{rosa.id}/removal")
    desk.press("Remove them from the team", status=409)
    assert why in desk.text
    desk.visit(f"{TEAM}{ines.id}/removal")
    desk.press("Remove them from the team", status=409)
    assert "Ines Calder is the last admin" in desk.text
    assert rows(app) == before
    with inside():
        known(cast.piotr)
    desk.visit(f"{TEAM}{rosa.id}/removal")
    desk.press("Remove them from the team")


def test_the_server_has_to_keep_one_of_each_too(app, inside):
    with inside():
        known(cast.ines)
        cast.piotr()
    run = app.test_cli_runner().invoke
    for words in (["remove"], ["suspend"], ["roles", "--role", "author"]):
        done = run(args=["staff", words[0], "ines@northmere.example", *words[1:]])
        assert done.exit_code == 1, done.output
        assert "Ines Calder is the last admin who has ever signed in" in done.output
    with inside():
        known(cast.piotr).roles = ["admin", "moderator"]
    assert "Ines Calder (author)" in run(args=["staff", "roles", "ines@northmere.example", "--role", "author"]).output
    assert run(args=["staff", "suspend", "ines@northmere.example"]).exit_code == 0
    assert "Ines Calder (author), suspended" in run(args=["staff", "list"]).output
    assert run(args=["staff", "let-in", "ines@northmere.example"]).exit_code == 0
    assert run(args=["staff", "remove", "ines@northmere.example"]).exit_code == 0
    assert "Ines" not in run(args=["staff", "list"]).output
    assert "Nobody on the staff" in run(args=["staff", "remove", "ines@northmere.example"]).output
    assert {detail for _did, _words, detail in did(inside)} == {"author", "flask staff"}


@pytest.mark.parametrize("act", ["removal", "access"])
def test_two_admins_who_remove_each_other_at_the_same_moment(app, inside, act):
    with inside():
        ines, piotr = known(cast.ines), known(cast.piotr)
        piotr.roles = ["admin", "moderator"]
    first, second = (cast.signed_in(Browser(app), inside, who) for who in (cast.ines, cast.piotr))
    barrier, statuses = Barrier(2), []
    jobs = [(first, piotr.id, token_of(first)), (second, ines.id, token_of(second))]

    def send(browser, id, token):
        barrier.wait()
        sent = {"csrf_token": token, "do": "suspend"}
        statuses.append(browser.client.post(f"{TEAM}{id}/{act}", data=sent).status_code)

    threads = [Thread(target=send, args=job) for job in jobs]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(statuses) == [303, 403], "who was removed first is not signed in any more"
    with inside(False):
        assert sum(person.is_known_as("admin") for person in db.session.scalars(Person.staff())) == 1


def test_of_two_transactions_that_remove_each_other_the_second_meets_what_the_first_left(app, inside):
    """The same without the door before it: each has read the other as an admin before either begins to change."""
    with inside():
        ines, piotr = known(cast.ines), known(cast.piotr)
        piotr.roles = ["admin", "moderator"]
    barrier, ends = Barrier(2), []

    def remove(by_id, id):
        with app.app_context(), app.test_request_context(method="POST"):
            by = db.session.get(Person, by_id) if db.engine.dialect.name == "postgresql" else None
            barrier.wait()
            try:
                by = by or db.session.get(Person, by_id)
                staffing.remove(staffing.held(id, by), by)
                db.session.commit()
                ends.append("removed")
            except (staffing.NotSignedIn, staffing.LastOne) as refusal:
                db.session.rollback()
                ends.append(type(refusal).__name__)

    threads = [Thread(target=remove, args=pair) for pair in ((ines.id, piotr.id), (piotr.id, ines.id))]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(ends) == ["NotSignedIn", "removed"]
    with inside(False):
        assert sum(person.is_known_as("admin") for person in db.session.scalars(Person.staff())) == 1


# Who may not


def test_a_moderator_invites_nobody_forges_no_role_and_ends_nobodys_session(app, inside, browser, another_browser):
    with inside():
        ines, piotr = known(cast.ines), known(cast.piotr)
        invited = invitations.invite("kit@northmere.example", "Kit Vane", ["author"], ines)
    cast.signed_in(another_browser, inside)
    cast.signed_in(browser, inside, cast.piotr)
    with inside(False):
        theirs = db.session.scalars(Session.live_of(ines)).one()
    before = rows(app)
    sent = {"csrf_token": token_of(browser), "roles": ["admin"], "name": "Piotr", "do": "sign-out", **KIT}
    for path in ("new", f"{piotr.id}", f"{ines.id}/access", f"{ines.id}/removal", f"invitations/{invited.id}"):
        assert browser.client.post(f"{TEAM}{path}", data=sent).status_code == 403, path
    for id in (theirs.id, 2**63 - 1, 0):
        answer = browser.client.post(f"/desk/account/sessions/{id}", data=sent | {"person_id": str(ines.id)})
        assert answer.status_code == 404
    assert rows(app) == before
    assert browser.client.post("/desk/account/sessions/", data=sent | {"roles": "admin"}).status_code == 303
    assert is_inside(another_browser)
    assert person(inside, "piotr@northmere.example").roles == ["moderator"]


def test_an_invitation_makes_of_somebody_what_it_says_whatever_is_sent_with_it(app, inside, desk):
    invite(desk)
    with inside(False):
        link = f"{DOOR}/invitation/{db.session.scalars(Invitation.open()).one().token}"
    forged = {"roles": ["admin"], "email": "eve@evil.example", "name": "Eve", "by_id": "1"}
    assert Stranger(app).client.post(link, data=forged).status_code == 303
    kit = person(inside, KIT["email"])
    assert (kit.name, kit.roles) == ("Kit Vane", ["author", "moderator"])


def test_numbers_that_nobody_has_are_not_found(desk):
    token = token_of(desk)
    for id in (9999, 2**63 - 1, "0", "-1", "9" * 30, "x"):
        for path in (id, f"{id}/access", f"{id}/removal", f"invitations/{id}"):
            sent = {"csrf_token": token, "do": "back", "name": "Kit", "roles": "author"}
            assert desk.client.post(f"{TEAM}{path}", data=sent).status_code in (404, 405), path


# The list


def test_the_list_of_a_large_team_pages_and_costs_the_same(app, inside, desk):
    def cost() -> int:
        with counting(app) as statements:
            desk.visit(TEAM)
        return len(statements)

    few = cost()
    with inside():
        db.session.add_all(Person(name=f"Person {n:03}", email=f"p{n}@x.example", roles=["author"]) for n in range(120))
        for n in range(20):
            invitations.invite(f"i{n}@x.example", f"Invited {n}", ["author"], cast.ines())
    assert cost() == few <= 6
    assert "Person 048" in desk.text
    assert "Person 060" not in desk.text
    desk.follow("Next")
    assert "Person 060" in desk.text
    desk.visit(f"{TEAM}?page=x", status=404)


def test_the_table_of_who_may_do_what_stands_at_the_desk(desk):
    desk.visit(f"{TEAM}roles")
    rows = {row.th.get_text(): row.td.get_text() for row in desk.page.select("tbody tr")}
    assert rows["decide on comments"] == "moderator, admin"
    assert rows["add and remove people, and change what they may do"] == "admin"


def test_somebody_who_was_added_on_the_server_is_known_once_they_signed_in(inside, app, browser, mailbox):
    app.test_cli_runner().invoke(args=["staff", "add", "eva@northmere.example", "--name", "Eva", "--role", "admin"])
    assert person(inside, "eva@northmere.example").verified_at is None
    browser.visit(DOOR)
    browser.press("Mail me a link and a code", email="eva@northmere.example")
    browser.press("Sign in", code=letters_in(mailbox.newest()))
    assert person(inside, "eva@northmere.example").verified_at
