"""Who may do what at the desk: each role at each door, forms that are ours, and sessions that have ended."""

import pytest
from bs4 import BeautifulSoup

from opm.accounts.abilities import Role
from opm.accounts.models import Person, Session
from opm.comments import moderation
from opm.comments.models import Act, State
from opm.extensions import db
from tests import cast
from tests.browser import FRAGMENT
from tests.stranger import Answer, Stranger
from tests.tables import rows
from tests.test_house import KEPT, SECTION, SHELF, addresses  # noqa: F401

EVERYBODY = set(Role)
EDITORS = {Role.EDITOR, Role.ADMIN}
MODERATORS = {Role.MODERATOR, Role.ADMIN}
WRITERS = {Role.AUTHOR, Role.EDITOR, Role.ADMIN}
# The reviewed table: every address behind the door, and who may use it.
ROOMS = {  # who may, and what they get who send no more than DECISION
    ("GET", "/desk/"): (EVERYBODY, 200),
    ("POST", "/desk/sign-out"): (EVERYBODY, 303),
    ("GET", "/desk/kept/"): (EVERYBODY, 200),
    ("GET", "/desk/account/second-factor"): (EVERYBODY, 200),
    ("POST", "/desk/account/second-factor/app"): (EVERYBODY, 303),
    ("GET", "/desk/account/second-factor/app/<token>"): (EVERYBODY, 404),  # these are another’s
    ("POST", "/desk/account/second-factor/app/<token>"): (EVERYBODY, 404),
    ("GET", "/desk/account/second-factor/proof/<token>"): (EVERYBODY, 404),
    ("POST", "/desk/account/second-factor/proof/<token>"): (EVERYBODY, 404),
    ("GET", "/desk/account/second-factor/passkeys/new/<token>"): (EVERYBODY, 404),
    ("POST", "/desk/account/second-factor/passkeys/new/<token>"): (EVERYBODY, 404),
    ("POST", "/desk/account/second-factor/passkeys/<id:id>"): (EVERYBODY, 404),
    ("POST", "/desk/account/second-factor/app/remove"): (EVERYBODY, 303),
    ("POST", "/desk/account/second-factor/proof"): (EVERYBODY, 303),
    ("POST", "/desk/account/second-factor/recovery-codes"): (EVERYBODY, 303),
    ("POST", "/desk/account/second-factor/passkeys"): (EVERYBODY, 422),  # it has a name
    ("GET", "/desk/staff/<id:id>/second-factor"): ({Role.ADMIN}, 200),
    ("POST", "/desk/staff/<id:id>/second-factor"): ({Role.ADMIN}, 303),
    ("GET", "/desk/settings/second-factor"): ({Role.ADMIN}, 200),
    ("POST", "/desk/settings/second-factor"): ({Role.ADMIN}, 422),  # that says nothing about of whom
    ("POST", "/desk/kept/"): (EVERYBODY, 303),
    ("GET", "/desk/account/"): (EVERYBODY, 200),
    ("POST", "/desk/account/mails"): (MODERATORS, 422),  # that does not say when
    ("GET", "/desk/comments/"): (MODERATORS, 200),
    ("GET", "/desk/comments/<id:id>"): (MODERATORS, 200),
    ("POST", "/desk/comments/<id:id>/decision"): (MODERATORS, 303),
    ("POST", "/desk/comments/<id:id>/letter"): (MODERATORS, 422),  # approving takes no letter
    ("GET", "/desk/comments/<id:id>/reply"): (MODERATORS, 200),
    ("POST", "/desk/comments/<id:id>/reply"): (MODERATORS, 422),  # it says nothing
    ("GET", "/desk/comments/<id:id>/withdraw"): (MODERATORS, 200),
    ("POST", "/desk/comments/<id:id>/withdraw"): (MODERATORS, 409),  # its writer may
    ("GET", "/desk/comments/<id:id>/hand"): (MODERATORS, 200),
    ("POST", "/desk/comments/<id:id>/hand"): (MODERATORS, 409),  # it is decided by then
    ("POST", "/desk/comments/<id:id>/take-back"): (MODERATORS, 409),  # nobody has it
    ("GET", "/desk/comments/handed/"): (MODERATORS, 200),
    ("GET", "/desk/comments/new"): (MODERATORS, 200),
    ("POST", "/desk/comments/new"): (MODERATORS, 422),
    ("POST", "/desk/comments/decisions/<id:id>/undo"): (MODERATORS, 409),  # it is another's
    ("GET", "/desk/comments/chosen"): (MODERATORS, 200),
    ("POST", "/desk/comments/chosen"): (MODERATORS, 422),  # none is chosen
    ("GET", "/desk/comments/batches/<id:id>"): (MODERATORS, 200),
    ("POST", "/desk/comments/batches/<id:id>/undo"): (MODERATORS, 409),  # it is another's
    ("GET", "/desk/comments/keys/"): (MODERATORS, 200),
    ("POST", "/desk/comments/keys/"): (MODERATORS, 422),  # no key is named
    ("GET", "/desk/comments/threads/<id:id>"): (MODERATORS, 200),
    ("POST", "/desk/comments/threads/<id:id>"): (MODERATORS, 422),  # that is no act for a thread
    ("GET", "/desk/pictures/"): (WRITERS, 200),
    ("POST", "/desk/pictures/"): (WRITERS, 422),  # there is no picture
    ("GET", "/desk/pictures/new"): (WRITERS, 200),
    ("GET", "/desk/pictures/<id:id>"): (WRITERS, 200),
    ("POST", "/desk/pictures/<id:id>"): (WRITERS, 422),  # it has to be described
    ("POST", "/desk/pictures/<id:id>/file"): (EDITORS, 422),  # there is no file
    ("POST", "/desk/pictures/<id:id>/delete"): (EDITORS, 303),
    ("GET", "/desk/posts/"): (WRITERS, 200),
    ("POST", "/desk/posts/"): (WRITERS, 422),  # a post begins with a title
    ("GET", "/desk/posts/new"): (WRITERS, 200),
    ("GET", "/desk/posts/<id:id>"): (WRITERS, 200),
    ("POST", "/desk/posts/<id:id>"): (WRITERS, 422),  # it has to have a title
    ("GET", "/desk/posts/<id:id>/address"): (WRITERS, 200),
    ("POST", "/desk/posts/<id:id>/address"): (WRITERS, 422),
    ("POST", "/desk/posts/<id:id>/checks"): (WRITERS, 200),
    ("POST", "/desk/posts/<id:id>/put-back"): (WRITERS, 409),  # nobody took it away
    ("GET", "/desk/posts/<id:id>/withdraw"): (EDITORS, 200),
    ("POST", "/desk/posts/<id:id>/withdraw"): (EDITORS, 422),  # readers are told why
    ("GET", "/desk/complaints/"): (MODERATORS, 200),
    ("GET", "/desk/complaints/new"): (MODERATORS, 200),
    ("POST", "/desk/complaints/new"): (MODERATORS, 422),
    ("GET", "/desk/complaints/<id:id>"): (MODERATORS, 200),
    ("POST", "/desk/complaints/<id:id>"): (MODERATORS, 422),
    ("POST", "/desk/complaints/<id:id>/undo"): (MODERATORS, 409),  # nothing was answered
    ("GET", "/desk/reports/"): (MODERATORS, 200),
    ("GET", "/desk/reports/<id:id>"): (MODERATORS, 200),
    ("GET", "/desk/reports/answered/"): (MODERATORS, 200),
    ("POST", "/desk/reports/<id:id>/answer"): (MODERATORS, 422),  # approving is no answer to a report
    ("POST", "/desk/reports/answers/<id:id>/undo"): (MODERATORS, 409),  # it is another's
    ("GET", "/desk/pages/"): (EDITORS, 200),
    ("POST", "/desk/pages/"): (EDITORS, 422),  # it has no words
    ("GET", "/desk/pages/new"): (EDITORS, 200),
    ("GET", "/desk/pages/about"): (EDITORS, 200),
    ("POST", "/desk/pages/about"): (EDITORS, 409),  # what they saw is not what stands
    ("GET", "/desk/pages/<id:id>"): (EDITORS, 200),
    ("POST", "/desk/pages/<id:id>"): (EDITORS, 422),
    ("POST", "/desk/pages/preview"): (EDITORS, 200),
    ("POST", "/desk/pages/<id:id>/preview"): (EDITORS, 200),
    ("POST", "/desk/pages/about/preview"): (EDITORS, 200),
    ("POST", "/desk/pages/<id:id>/draft"): (EDITORS, 200),
    ("POST", "/desk/pages/<id:id>/draft/throw-away"): (EDITORS, 303),
    ("POST", "/desk/pages/new/draft"): (EDITORS, 200),
    ("POST", "/desk/pages/new/draft/throw-away"): (EDITORS, 303),
    ("POST", "/desk/pages/about/draft"): (EDITORS, 200),
    ("POST", "/desk/pages/about/draft/throw-away"): (EDITORS, 303),
    ("POST", "/desk/pages/<id:id>/review"): (EDITORS, 422),
    ("GET", "/desk/pages/<id:id>/removal"): (EDITORS, 200),
    ("POST", "/desk/pages/<id:id>/removal"): (EDITORS, 422),
    ("GET", "/desk/pages/<id:id>/history"): (EDITORS, 200),
    ("POST", "/desk/pages/<id:id>/history"): (EDITORS, 422),
    ("GET", SHELF): (EDITORS, 200),
    ("POST", SHELF): (EDITORS, 422),  # it has no name
    ("GET", f"{SHELF}new"): (EDITORS, 200),
    ("GET", f"{SHELF}<id:id>"): (EDITORS, 200),
    ("POST", f"{SHELF}<id:id>"): (EDITORS, 422),
    ("GET", f"{SHELF}<id:id>/merge"): (EDITORS, 200),
    ("POST", f"{SHELF}<id:id>/merge"): (EDITORS, 422),
    ("POST", f"{SHELF}<id:id>/delete"): (EDITORS, 409),  # it is in use
    ("POST", "/desk/categories/order"): (EDITORS, 422),
    ("POST", "/desk/series/<id:id>/parts"): (EDITORS, 422),
    ("GET", "/desk/posts/<id:id>/feature"): (EDITORS, 200),
    ("POST", "/desk/posts/<id:id>/feature"): (EDITORS, 303),
    ("GET", "/desk/menus/<any(head, foot):name>/"): (EDITORS, 200),
    ("POST", "/desk/menus/<any(head, foot):name>/"): (EDITORS, 409),  # what they saw is not what stands
    ("POST", "/desk/menus/<any(head, foot):name>/take-back"): (EDITORS, 409),
    ("GET", "/desk/ways/"): (EDITORS, 200),
    ("POST", "/desk/ways/"): (EDITORS, 409),
    ("POST", "/desk/ways/take-back"): (EDITORS, 409),
    ("GET", "/desk/posts/<id:id>/history"): (WRITERS, 200),
    ("GET", "/desk/posts/<id:id>/history/compare"): (WRITERS, 200),
    ("GET", "/desk/posts/<id:id>/history/<int(min=1, max=9999999):number>"): (WRITERS, 200),
    ("POST", "/desk/posts/<id:id>/history/<int(min=1, max=9999999):number>"): (WRITERS, 409),  # it is newer
    ("GET", "/desk/posts/<id:id>/notes"): (EDITORS, 200),
    ("POST", "/desk/posts/<id:id>/notes"): (EDITORS, 422),  # a note has words
    ("POST", "/desk/posts/<id:id>/notes/<id:note_id>"): (EDITORS, 422),
    ("POST", "/desk/posts/<id:id>/draft"): (WRITERS, 200),
    ("POST", "/desk/posts/<id:id>/draft/throw-away"): (WRITERS, 303),
    ("GET", "/desk/posts/<id:id>/preview"): (WRITERS, 200),
    ("POST", "/desk/posts/<id:id>/preview"): (WRITERS, 200),
    ("GET", "/desk/posts/<id:id>/links"): (WRITERS, 200),
    ("POST", "/desk/posts/<id:id>/links"): (WRITERS, 422),  # nobody is named for whom it is
    ("POST", "/desk/posts/<id:id>/links/<id:link_id>"): (WRITERS, 400),  # that is no act for a link
    ("GET", "/desk/settings/"): ({Role.ADMIN}, 200),
    ("POST", "/desk/settings/election/switch"): ({Role.ADMIN}, 400),  # neither on nor off
    ("GET", SECTION): ({Role.ADMIN}, 200),
    ("POST", SECTION): ({Role.ADMIN}, 422),  # no setting came with it
    ("GET", "/desk/audit/"): ({Role.ADMIN}, 200),
    ("POST", "/desk/audit/export"): ({Role.ADMIN}, 200),
    ("POST", "/desk/account/sessions/"): (EVERYBODY, 303),
    ("POST", "/desk/account/sessions/<id:id>"): (EVERYBODY, 404),  # it is another's
    ("GET", "/desk/staff/"): ({Role.ADMIN}, 200),
    ("GET", "/desk/staff/<id:id>"): ({Role.ADMIN}, 200),
    ("POST", "/desk/staff/<id:id>"): ({Role.ADMIN}, 422),  # a person has a name
    ("POST", "/desk/staff/<id:id>/access"): ({Role.ADMIN}, 400),  # that is no act for a person
    ("GET", "/desk/staff/<id:id>/removal"): ({Role.ADMIN}, 200),
    ("POST", "/desk/staff/<id:id>/removal"): ({Role.ADMIN}, 303),
    ("POST", "/desk/staff/invitations/<id:id>"): ({Role.ADMIN}, 400),
    ("GET", "/desk/staff/new"): ({Role.ADMIN}, 200),
    ("POST", "/desk/staff/new"): ({Role.ADMIN}, 422),
    ("GET", "/desk/staff/roles"): ({Role.ADMIN}, 200),
    ("GET", "/desk/outbox/"): ({Role.ADMIN}, 200),
    ("GET", "/desk/outbox/<id:id>/mail"): ({Role.ADMIN}, 200),
}
DECISION = {"decision": "approve", "revision": "1"}
NOTE = "Please leave out\nthe street."


@pytest.fixture
def comment(inside):
    """A comment that waits."""
    with inside():
        return cast.a_comment(cast.a_post().thread)


@pytest.fixture
def desk(inside, browser):
    """Ines's browser, signed in."""
    return cast.signed_in(browser, inside)


def token_of(browser) -> str:
    page = BeautifulSoup(browser.client.get("/desk/").text, "html.parser")
    return page.find("input", attrs={"name": "csrf_token"})["value"]


def post(browser, path, htmx=False, headers=None, **data) -> Answer:
    headers = (FRAGMENT if htmx else {}) | (headers or {})
    return Answer(browser.client.post(path, data=data, headers=headers), is_fragment=htmx)


def a_person(role) -> Person:
    person = Person(name=f"The {role.value}", email=f"{role.value}@northmere.example", roles=[role.value])
    db.session.add(person)
    db.session.flush()
    return person


# Each role


def test_the_table_names_every_address_behind_the_door(site):
    behind = {
        (method, rule.rule)
        for rule in site.url_map.iter_rules()
        if rule.rule.startswith("/desk/") and not rule.endpoint.startswith("door.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert behind == set(ROOMS), "say in ROOMS who may use it"


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_the_table_says_and_no_more(app, inside, addresses, browser, role):  # noqa: F811
    with inside():
        [a_person(other) for other in Role if other != role]
    cast.signed_in(browser, inside, lambda: a_person(role))
    token = token_of(browser)
    for (method, rule), (roles, status) in sorted(
        ROOMS.items(), key=lambda room: (room[0][1] == "/desk/sign-out", room[0])
    ):
        path = addresses[rule]
        before = rows(app)
        response = browser.client.open(path, method=method, data=DECISION | {"csrf_token": token})
        if role in roles:
            assert response.status_code == status, (role, path)
        else:
            answer = Answer(response)
            assert answer.status == 403, (role, path)
            for other in roles - {role}:
                assert f"The {other.value}" in answer.text, "whom to ask is not said"
            assert rows(app) == before


def test_a_refusal_says_what_is_not_allowed_and_whom_to_ask_also_in_place(inside, comment, browser):
    cast.signed_in(browser, inside, cast.rosa)
    browser.visit("/desk/comments/", status=403)
    assert browser.heading == "Your role does not allow this"
    assert "To decide on comments, ask an admin." in browser.text
    with inside():
        cast.piotr()
    answer = post(browser, f"/desk/comments/{comment.id}/decision", htmx=True, csrf_token=token_of(browser), note=NOTE)
    assert answer.status == 403
    assert "To decide on comments, ask Piotr Lund." in answer.text
    assert answer.given_back() == [NOTE]


def test_who_has_left_is_not_named_as_somebody_to_ask(inside, comment, browser, clock):
    with inside():
        cast.piotr().left_at = clock.at
    cast.signed_in(browser, inside, cast.rosa)
    browser.visit("/desk/comments/", status=403)
    assert "Piotr" not in browser.text


def test_roles_sent_in_a_form_change_nothing(app, inside, browser, comment):
    cast.signed_in(browser, inside, cast.rosa)
    sent = DECISION | {
        "csrf_token": token_of(browser),
        "roles": "admin",
        "person_id": "1",
        "by_id": "1",
        "role": "admin",
    }
    assert browser.client.post(f"/desk/comments/{comment.id}/decision", data=sent).status_code == 403
    assert browser.client.post(f"/desk/comments/{comment.id}/decision?role=admin", data=sent).status_code == 403
    assert rows(app)["decision"] == []


# Other people's numbers


def test_a_number_that_nothing_has_is_not_found(desk, comment):
    sent = DECISION | {"csrf_token": token_of(desk)}
    for id in ("9999999", "0", "-1", "1.0", "9" * 19, "9" * 40, "x", "%00", "1%20OR%201=1", "٣"):
        assert Answer(desk.client.get(f"/desk/comments/{id}")).status == 404, id
        assert Answer(desk.client.post(f"/desk/comments/{id}/decision", data=sent)).status == 404, id
        assert Answer(desk.client.post(f"/desk/comments/decisions/{id}/undo", data=sent)).status == 404, id


def test_paths_outside_the_desk_lead_nowhere(desk, app):
    for path in (
        "/desk/../desk/", "/desk/%2e%2e/", "/desk/..%2f..%2fetc/passwd", "/desk/.env", "/.git/config", "/desk/opm.db",
        "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2f..%2finstance/secret-key", "/instance/secret-key",
        "/desk//", "/DESK/", "/desk/comments", "/desk;/", "/desk/%00", "/console", "/desk/comments/1/",
    ):  # fmt: skip
        assert desk.client.get(path).status_code in (404, 308), path
        assert app.secret_key not in desk.client.get(path, follow_redirects=True).text


# Forms that are ours


def foreign_tokens(mine, theirs) -> dict:
    """Tokens that are not this session's."""
    return {
        "missing": None,
        "empty": "",
        "made up": "x" * 91,
        "cut": mine[:-1],
        "changed": mine.swapcase(),
        "of another session": theirs,
        "odd": "\x00é",
        "long": mine * 100,
    }


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
def test_a_form_without_this_sessions_token_does_nothing_and_the_note_is_kept(
    app, inside, desk, another_browser, comment, htmx
):
    with inside():
        undo = moderation.decide(cast.a_comment(comment.thread, text="Two."), Act.SPAM, cast.ines(), revision=1).id
    cast.signed_in(another_browser, inside, cast.piotr)
    mine, theirs = token_of(desk), token_of(another_browser)
    before = rows(app)
    for path in (f"/desk/comments/{comment.id}/decision", f"/desk/comments/decisions/{undo}/undo", "/desk/sign-out"):
        for name, token in foreign_tokens(mine, theirs).items():
            sent = DECISION | {"rule": "1", "note": NOTE, "csrf_token": token}
            answer = post(desk, path, htmx, **{key: value for key, value in sent.items() if value is not None})
            assert answer.status == 400, (path, name)
            assert "This form was too old" in answer.text
            assert answer.given_back() == [NOTE]
    assert rows(app) == before


def test_the_token_of_a_session_before_is_not_taken_after_signing_in_again(inside, desk, comment):
    old = token_of(desk)
    desk.visit("/desk/")
    desk.press("Sign out")
    cast.through_the_door(desk, inside)
    assert post(desk, f"/desk/comments/{comment.id}/decision", csrf_token=old, **DECISION).status == 400


def test_a_token_lives_as_long_as_its_session(desk, comment, clock):
    token = token_of(desk)
    clock.forward(days=6, hours=23)
    assert post(desk, f"/desk/comments/{comment.id}/decision", csrf_token=token, **DECISION).status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8001"},
        {"Origin": "http://127.0.0.1.evil.example:8000"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
    ],
    ids=str,
)
def test_another_sites_page_decides_nothing_even_with_the_right_token(app, desk, comment, headers):
    token = token_of(desk)
    before = rows(app)
    for htmx in (False, True):
        sent = DECISION | {"csrf_token": token, "note": NOTE}
        answer = post(desk, f"/desk/comments/{comment.id}/decision", htmx, headers, **sent)
        assert answer.status == 403
        assert answer.given_back() == [NOTE]
        assert not answer.actions(), "what another site sent cannot be sent on"
    assert post(desk, "/desk/sign-out", headers=headers, csrf_token=token).status == 403
    assert rows(app) == before


def test_a_text_browser_that_names_no_origin_may_decide(desk, comment):
    assert post(desk, f"/desk/comments/{comment.id}/decision", csrf_token=token_of(desk), **DECISION).status == 303


# Sessions that have ended


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
def test_who_is_signed_out_while_typing_gets_the_note_back(app, desk, comment, clock, htmx):
    token = token_of(desk)
    clock.forward(days=7)
    before = rows(app, *KEPT)
    answer = post(desk, f"/desk/comments/{comment.id}/decision", htmx, csrf_token=token, note=NOTE, **DECISION)
    assert answer.status == 403
    assert "You are not signed in any more" in answer.text
    assert answer.given_back() == [NOTE]
    assert rows(app, *KEPT) == before


def test_a_stranger_is_told_nothing_of_what_is_behind_the_door(app, comment):
    for path in (f"/desk/comments/{comment.id}", "/desk/comments/9999", "/desk/outbox/?state=nonsense"):
        answer = Stranger(app).get(path)
        assert answer.status == 303
        assert answer.location.startswith("/desk/sign-in?next=")
    assert Stranger(app).get(f"/desk/comments/{comment.id}", htmx=True).status == 303
    for id in (comment.id, 9999):
        answer = Stranger(app).post(f"/desk/comments/{id}/decision", data=DECISION)
        assert answer.status == 403
        assert cast.WORDS not in answer.text


def test_staff_pages_are_kept_by_no_cache_framed_by_nobody_and_found_by_no_search(desk, comment):
    for path in ("/desk/", "/desk/comments/", f"/desk/comments/{comment.id}", "/desk/outbox/", "/desk/nothing"):
        headers = desk.client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Robots-Tag"] == "noindex"
        assert "ETag" not in headers


def test_the_public_pages_are_the_same_bytes_for_staff_and_give_nobody_a_cookie(app, inside, desk):
    with inside():
        cast.a_post("the-bins", "The bins")
    for path in ("/", "/2026/10/01/the-bins/", "/about/", "/privacy/", "/cookies/", "/moderation/"):
        theirs, ours = Stranger(app).get(path), desk.client.get(path)
        assert theirs.status == 200
        assert theirs.response.data == ours.data
        assert "Set-Cookie" not in ours.headers
        assert "Cookie" not in ours.headers.get("Vary", "")
        assert ours.headers["Cache-Control"] == "public, no-cache"
        assert theirs.headers["ETag"] == ours.headers["ETag"]


def test_an_error_page_says_what_happened_even_when_the_database_is_gone_half_way(app, desk, comment, monkeypatch):
    token = token_of(desk)
    monkeypatch.setattr(Session, "of", _then_gone(Session.of, app, monkeypatch))
    answer = post(desk, f"/desk/comments/{comment.id}/decision", csrf_token=token, note=NOTE, **DECISION)
    assert answer.status == 503
    assert answer.headers["Retry-After"]
    assert answer.given_back() == [NOTE], "to be copied: the form’s token and revision may be old by now"


def _then_gone(find, app, monkeypatch):
    """Finds the session, after which the database answers nobody."""

    def gone(*_args, **_kwargs):
        raise db.engine.dialect.loaded_dbapi.OperationalError("the database is gone")

    def of(secret):
        found = find(secret)
        monkeypatch.setattr(db.engine.dialect, "do_execute", gone)
        return found

    return of


@pytest.mark.parametrize("state", State)
def test_a_moderator_may_look_at_a_comment_in_every_state(inside, comment, desk, state):
    with inside():
        shown = cast.a_comment(comment.thread, state, text=f"It is {state}.")
    desk.visit(f"/desk/comments/{shown.id}")
    assert f"It is {state}." in desk.text
