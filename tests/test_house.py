"""What holds for the whole house: closed doors, defended forms, reading that changes nothing, words for translators."""

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, NavigableString

from opm.accounts import invitations, signing_in
from opm.accounts.abilities import Role
from opm.accounts.factors.models import Purpose
from opm.comments import bulk, moderation
from opm.comments.models import Act, BlockedAddress, State
from opm.extensions import db
from opm.factory import create_app
from opm.lib import assets, i18n
from opm.outbox import posting
from opm.outbox.models import State as EmailState
from opm.posts import changes, preview_links
from opm.posts.pictures.models import Picture
from opm.reports import settling
from opm.reports.models import Outcome
from opm.subscriptions import addresses as addresses_of_subscribers
from opm.subscriptions import following, letters
from tests import cast
from tests.conftest import missing
from tests.counting import counting
from tests.stranger import Stranger
from tests.tables import rows

HOUSE = Path(__file__).parent.parent
KEPT = (
    "kept_form",
    "tally",
)  # what is sent without a session is kept for whoever comes back (tests/accounts/test_kept.py)
DOOR = (
    "/desk/sign-in",
    "/desk/sign-in/code/<token>",
    "/desk/sign-in/invitation/<token>",
    "/desk/sign-in/link/<token>",
    "/desk/sign-in/second/<token>",
    "/desk/sign-in/passkey",
    "/desk/sign-in/passkey/<token>",
)
FOR_SERVERS = ("/unsubscribe/one-click/<token>",)  # of mail providers (RFC 8058): its token is all that it rests on
HTMX = "Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn"
OPEN, SHUT = "⟦⟧"
SHELF = "/desk/<any(categories, tags, series, authors):shelf>/"
NUMBER = "<int(min=1, max=1000000):number>/"
SECTION = "/desk/settings/<any(site, look, comments, election, history, limits, team, clocks, mail):name>/"
PAGE = f"page/{NUMBER}"
YEAR = "/<int(fixed_digits=4):year>/"
MONTH = f"{YEAR}<int(fixed_digits=2):month>/"
VERSION = "<int(min=1, max=9999999):number>"
OLD_FEED = "<any(atom, rdf, rss, rss2):kind>"
DAY = f"{MONTH}<int(fixed_digits=2):day>/"


def routes(app, *methods):
    """The rules of the site that take one of these methods."""
    return sorted({rule.rule for rule in app.url_map.iter_rules() if rule.methods & set(methods)})


@pytest.fixture
def addresses(inside):
    """For each rule of the site an address that leads somewhere."""
    with inside():
        ines = cast.ines()
        post = cast.a_filed_post()
        thread, noted = post.thread, changes.note(post, "The lane is closed.", ines)
        waiting = cast.a_comment(thread, flags=["links"], text="It waits.")
        unconfirmed = cast.a_comment(thread, State.UNCONFIRMED, text="Unconfirmed.")
        published = cast.a_comment(thread, State.PUBLISHED, text="Published.")
        spam = moderation.decide(cast.a_comment(thread, text="Spam."), Act.SPAM, ines, revision=1)
        trash = [cast.a_comment(thread, text="Spam.", email=f"{n}@example.org").id for n in range(2)]
        together = bulk.decide(dict.fromkeys(trash, 1), Act.SPAM, ines).decisions[0]
        attempt = signing_in.begin(ines)
        email = posting.post(signing_in.MAIL, ines.email, attempt.id, nonce=attempt.link_nonce)
        email.state = EmailState.KEPT
        page = cast.a_page()
        db.session.flush()
        draft = cast.a_draft()
        picture = Picture.by_address(cast.kept(alt="The lane, drawn"))
        mill = Picture.by_address(cast.kept(called="mill.png", alt="The mill"))
        link = preview_links.make(draft, "Kit Vane", ines)
        db.session.flush()
        reported = cast.a_report(published)
        unread = cast.a_report(published, confirmed=False, text="Unread.")
        notice = cast.a_notice(cast.POST, text="It is not so.")
        invited = invitations.invite("kit@example.org", "Kit Vane", [Role.AUTHOR], ines)
        piotr = cast.piotr()
        db.session.flush()
        answered = settling.settle([notice], Outcome.LEFT_UP, ines)
        mailed = cast.a_mail_link(waiting, ines).token
        passkey, steps = cast.a_passkey(ines), cast.every_step(ines)
        sam = cast.a_subscriber()
        complaint = cast.a_complaint()
        sign_up = cast.a_sign_up()
        asked = cast.a_data_request()
        moving = addresses_of_subscribers.begin(sam, "sam@elsewhere.example", "")
        return {
            "/": "/",
            f"{DAY}<slug>/": cast.POST,
            f"{DAY}<slug>/{PAGE}": f"{cast.POST}page/1/",
            "/<path:address>/comments/": f"{cast.POST}comments/",
            "/<slug>/": page.address,
            f"{DAY}<slug>/{NUMBER}": f"{cast.POST}2/",
            f"/<path:address>/comment-page-{NUMBER}": f"{cast.POST}comment-page-2/",
            "/about/": "/about/",
            "/accessibility/": "/accessibility/",
            "/category/<slug>/": "/category/rivers/",
            f"/category/<slug>/{PAGE}": "/category/rivers/page/1/",
            "/<path:address>/report/": f"{cast.POST}report/",
            "/comment/<id:id>": f"/comment/{published.id}",
            "/comment/<id:id>/reply": f"/comment/{published.id}/reply",
            "/comment/confirm/<token>": f"/comment/confirm/{unconfirmed.link_token}",
            "/comment/moderate/<token>": f"/comment/moderate/{mailed}",
            "/comment/moderate/<token>/letter": f"/comment/moderate/{mailed}/letter",
            "/comment/moderate/<token>/undo": f"/comment/moderate/{mailed}/undo",
            "/comment/mail-again/<token>": f"/comment/mail-again/{BlockedAddress.add('0' * 40).again_token}",
            "/comment/not-me/<token>": f"/comment/not-me/{unconfirmed.not_me_token}",
            "/comment/sent/<token>": f"/comment/sent/{unconfirmed.panel_token}",
            "/comment/sent/<token>/address": f"/comment/sent/{unconfirmed.panel_token}/address",
            "/comment/sent/<token>/again": f"/comment/sent/{unconfirmed.panel_token}/again",
            "/cookies/": "/cookies/",
            "/desk/": "/desk/",
            "/desk/audit/": "/desk/audit/",
            "/desk/audit/export": "/desk/audit/export",
            "/desk/kept/": "/desk/kept/",
            "/desk/account/": "/desk/account/",
            "/desk/account/mails": "/desk/account/mails",
            "/desk/posts/<id:id>/draft": f"/desk/posts/{draft.id}/draft",
            "/desk/posts/<id:id>/draft/throw-away": f"/desk/posts/{draft.id}/draft/throw-away",
            "/desk/posts/<id:id>/preview": f"/desk/posts/{draft.id}/preview",
            "/desk/posts/<id:id>/links": f"/desk/posts/{draft.id}/links",
            "/desk/posts/<id:id>/links/<id:link_id>": f"/desk/posts/{draft.id}/links/{link.id}",
            "/preview/<token>/": link.address,
            "/desk/comments/": "/desk/comments/",
            "/desk/comments/<id:id>": f"/desk/comments/{waiting.id}",
            "/desk/comments/<id:id>/decision": f"/desk/comments/{waiting.id}/decision",
            "/desk/comments/chosen": "/desk/comments/chosen",
            "/desk/comments/batches/<id:id>": f"/desk/comments/batches/{together.batch_id}",
            "/desk/comments/batches/<id:id>/undo": f"/desk/comments/batches/{together.batch_id}/undo",
            "/desk/comments/keys/": "/desk/comments/keys/",
            "/desk/comments/<id:id>/letter": f"/desk/comments/{waiting.id}/letter",
            "/desk/comments/<id:id>/reply": f"/desk/comments/{published.id}/reply",
            "/desk/comments/<id:id>/withdraw": f"/desk/comments/{published.id}/withdraw",
            "/desk/comments/<id:id>/hand": f"/desk/comments/{waiting.id}/hand",
            "/desk/comments/<id:id>/take-back": f"/desk/comments/{waiting.id}/take-back",
            "/desk/comments/handed/": "/desk/comments/handed/",
            "/desk/comments/new": "/desk/comments/new",
            "/desk/comments/threads/<id:id>": f"/desk/comments/threads/{thread.id}",
            "/desk/comments/decisions/<id:id>/undo": f"/desk/comments/decisions/{spam.id}/undo",
            "/desk/pages/": "/desk/pages/",
            "/desk/pages/new": "/desk/pages/new",
            "/desk/pages/about": "/desk/pages/about",
            "/desk/pages/<id:id>/draft": f"/desk/pages/{page.id}/draft",
            "/desk/pages/<id:id>/draft/throw-away": f"/desk/pages/{page.id}/draft/throw-away",
            "/desk/pages/new/draft": "/desk/pages/new/draft",
            "/desk/pages/new/draft/throw-away": "/desk/pages/new/draft/throw-away",
            "/desk/pages/about/draft": "/desk/pages/about/draft",
            "/desk/pages/about/draft/throw-away": "/desk/pages/about/draft/throw-away",
            "/desk/pages/preview": "/desk/pages/preview",
            "/desk/pages/about/preview": "/desk/pages/about/preview",
            "/desk/pages/<id:id>/preview": f"/desk/pages/{page.id}/preview",
            "/desk/pages/<id:id>": f"/desk/pages/{page.id}",
            "/desk/pages/<id:id>/review": f"/desk/pages/{page.id}/review",
            "/desk/pages/<id:id>/removal": f"/desk/pages/{page.id}/removal",
            "/desk/pages/<id:id>/history": f"/desk/pages/{page.id}/history",
            SHELF: "/desk/categories/",
            f"{SHELF}new": "/desk/tags/new",
            f"{SHELF}<id:id>": f"/desk/series/{post.series_id}",
            f"{SHELF}<id:id>/merge": f"/desk/authors/{post.authors[0].id}/merge",
            f"{SHELF}<id:id>/delete": f"/desk/tags/{post.tags[0].id}/delete",
            "/desk/categories/order": "/desk/categories/order",
            "/desk/series/<id:id>/parts": f"/desk/series/{post.series_id}/parts",
            "/desk/posts/<id:id>/feature": f"/desk/posts/{post.id}/feature",
            "/desk/menus/<any(head, foot):name>/": "/desk/menus/head/",
            "/desk/menus/<any(head, foot):name>/take-back": "/desk/menus/head/take-back",
            "/desk/ways/": "/desk/ways/",
            "/desk/ways/take-back": "/desk/ways/take-back",
            "/desk/outbox/": "/desk/outbox/",
            "/desk/outbox/<id:id>/mail": f"/desk/outbox/{email.id}/mail",
            "/desk/pictures/": "/desk/pictures/",
            "/desk/pictures/new": "/desk/pictures/new",
            "/desk/pictures/<id:id>": picture.room,
            "/desk/pictures/<id:id>/file": f"{picture.room}/file",
            "/desk/pictures/<id:id>/delete": f"{mill.room}/delete",
            "/desk/posts/": "/desk/posts/",
            "/desk/posts/new": "/desk/posts/new",
            "/desk/posts/<id:id>": f"/desk/posts/{draft.id}",
            "/desk/posts/<id:id>/history": f"/desk/posts/{draft.id}/history",
            "/desk/posts/<id:id>/history/compare": f"/desk/posts/{draft.id}/history/compare",
            f"/desk/posts/<id:id>/history/{VERSION}": f"/desk/posts/{draft.id}/history/1",
            "/desk/posts/<id:id>/notes": f"/desk/posts/{post.id}/notes",
            "/desk/posts/<id:id>/notes/<id:note_id>": f"/desk/posts/{post.id}/notes/{noted.id}",
            "/desk/posts/<id:id>/address": f"/desk/posts/{draft.id}/address",
            "/desk/posts/<id:id>/checks": f"/desk/posts/{draft.id}/checks",
            "/desk/posts/<id:id>/put-back": f"/desk/posts/{draft.id}/put-back",
            "/desk/posts/<id:id>/withdraw": f"/desk/posts/{draft.id}/withdraw",
            "/desk/reports/": "/desk/reports/",
            "/desk/reports/<id:id>": f"/desk/reports/{reported.id}",
            "/desk/reports/<id:id>/answer": f"/desk/reports/{reported.id}/answer",
            "/desk/reports/answered/": "/desk/reports/answered/",
            "/desk/reports/answers/<id:id>/undo": f"/desk/reports/answers/{answered.id}/undo",
            "/desk/settings/": "/desk/settings/",
            "/look/<name>": f"/look/{assets.hash_of('site.css')}-1d5aa8-8ec3ff.css",
            SECTION: "/desk/settings/election/",
            "/desk/account/sessions/": "/desk/account/sessions/",
            "/desk/account/sessions/<id:id>": "/desk/account/sessions/9999",
            "/desk/staff/": "/desk/staff/",
            "/desk/staff/<id:id>": f"/desk/staff/{piotr.id}",
            "/desk/staff/<id:id>/access": f"/desk/staff/{piotr.id}/access",
            "/desk/staff/<id:id>/removal": f"/desk/staff/{piotr.id}/removal",
            "/desk/staff/invitations/<id:id>": f"/desk/staff/invitations/{invited.id}",
            "/desk/staff/new": "/desk/staff/new",
            "/desk/staff/roles": "/desk/staff/roles",
            "/desk/sign-in/invitation/<token>": f"/desk/sign-in/invitation/{invited.token}",
            "/desk/settings/election/switch": "/desk/settings/election/switch",
            "/desk/account/second-factor": "/desk/account/second-factor",
            "/desk/account/second-factor/app": "/desk/account/second-factor/app",
            "/desk/account/second-factor/app/<token>": f"/desk/account/second-factor/app/{steps[Purpose.APP]}",
            "/desk/account/second-factor/app/remove": "/desk/account/second-factor/app/remove",
            "/desk/account/second-factor/proof": "/desk/account/second-factor/proof",
            "/desk/account/second-factor/proof/<token>": f"/desk/account/second-factor/proof/{steps[Purpose.PROOF]}",
            "/desk/account/second-factor/recovery-codes": "/desk/account/second-factor/recovery-codes",
            "/desk/account/second-factor/passkeys": "/desk/account/second-factor/passkeys",
            "/desk/account/second-factor/passkeys/<id:id>": f"/desk/account/second-factor/passkeys/{passkey.id}",
            "/desk/account/second-factor/passkeys/new/<token>": (
                f"/desk/account/second-factor/passkeys/new/{steps[Purpose.PASSKEY]}"
            ),
            "/desk/staff/<id:id>/second-factor": f"/desk/staff/{ines.id}/second-factor",
            "/desk/settings/second-factor": "/desk/settings/second-factor",
            "/desk/sign-in/second/<token>": f"/desk/sign-in/second/{steps[Purpose.SIGN_IN]}",
            "/desk/sign-in/passkey": "/desk/sign-in/passkey",
            "/desk/sign-in/passkey/<token>": f"/desk/sign-in/passkey/{steps[Purpose.PASSKEY_SIGN_IN]}",
            "/desk/sign-in": "/desk/sign-in",
            "/desk/sign-in/code/<token>": f"/desk/sign-in/code/{attempt.page_token}",
            "/desk/sign-in/link/<token>": f"/desk/sign-in/link/{attempt.link_token}",
            "/desk/sign-out": "/desk/sign-out",
            "/healthz": "/healthz",
            "/metrics": "/metrics",
            "/moderation/": "/moderation/",
            "/moderation/figures/": "/moderation/figures/",
            f"/{PAGE}": "/page/1/",
            "/privacy/": "/privacy/",
            "/receipt/<token>/": f"/receipt/{published.receipt_token}/",
            "/receipt/<token>/data.json": f"/receipt/{published.receipt_token}/data.json",
            "/receipt/<token>/erase": f"/receipt/{published.receipt_token}/erase",
            "/receipt/<token>/mails": f"/receipt/{published.receipt_token}/mails",
            "/receipt/<token>/withdraw": f"/receipt/{published.receipt_token}/withdraw",
            "/report/": "/report/",
            "/report/comment/<id:id>": f"/report/comment/{published.id}",
            "/report/confirm/<token>": f"/report/confirm/{unread.link_token}",
            "/report/legal/": "/report/legal/",
            "/privacy/request/": "/privacy/request/",
            "/privacy/sent/": "/privacy/sent/",
            "/privacy/data/<token>/": f"/privacy/data/{asked.token}/",
            "/privacy/data/<token>/data.json": f"/privacy/data/{asked.token}/data.json",
            "/privacy/data/<token>/erase": f"/privacy/data/{asked.token}/erase",
            "/privacy/not-me/<token>": f"/privacy/not-me/{asked.not_me_token}",
            "/complaint/": "/complaint/",
            "/complaint/sent/": "/complaint/sent/",
            "/complaint/<token>/": f"/complaint/{complaint.token}/",
            "/complaint/<token>/more": f"/complaint/{complaint.token}/more",
            "/complaint/<token>/withdraw": f"/complaint/{complaint.token}/withdraw",
            "/complaint/not-me/<token>": f"/complaint/not-me/{complaint.not_me_token}",
            "/desk/complaints/": "/desk/complaints/",
            "/desk/complaints/new": "/desk/complaints/new",
            "/desk/complaints/<id:id>": f"/desk/complaints/{complaint.id}",
            "/desk/complaints/<id:id>/undo": f"/desk/complaints/{complaint.id}/undo",
            "/report/not-me/<token>": f"/report/not-me/{unread.not_me_token}",
            "/report/sent/<token>": f"/report/sent/{unread.panel_token}",
            "/report/sent/<token>/address": f"/report/sent/{unread.panel_token}/address",
            "/report/sent/<token>/again": f"/report/sent/{unread.panel_token}/again",
            "/robots.txt": "/robots.txt",
            YEAR: "/2026/",
            f"{YEAR}{PAGE}": "/2026/page/1/",
            MONTH: "/2026/10/",
            f"{MONTH}{PAGE}": "/2026/10/page/1/",
            DAY: "/2026/10/01/",
            f"{DAY}{PAGE}": "/2026/10/01/page/1/",
            "/author/<slug>/": "/author/ines-calder/",
            f"/author/<slug>/{PAGE}": "/author/ines-calder/page/1/",
            "/series/<slug>/": "/series/floods/",
            f"/series/<slug>/{PAGE}": "/series/floods/page/1/",
            "/tag/<slug>/": "/tag/water/",
            f"/tag/<slug>/{PAGE}": "/tag/water/page/1/",
            "/category/": "/category/",
            "/feed/": "/feed/",
            "/category/<slug>/feed/": "/category/rivers/feed/",
            "/tag/<slug>/feed/": "/tag/water/feed/",
            "/author/<slug>/feed/": "/author/ines-calder/feed/",
            "/series/<slug>/feed/": "/series/floods/feed/",
            f"/feed/{OLD_FEED}/": "/feed/rss2/",
            f"/<path:address>/feed/{OLD_FEED}/": "/category/rivers/feed/atom/",
            "/subscribe/": "/subscribe/",
            "/subscribe/sent/<token>": f"/subscribe/sent/{sign_up.panel_token}",
            "/subscribe/sent/<token>/again": f"/subscribe/sent/{sign_up.panel_token}/again",
            "/subscribe/sent/<token>/address": f"/subscribe/sent/{sign_up.panel_token}/address",
            "/subscribe/confirm/<token>": f"/subscribe/confirm/{sign_up.link_token}",
            "/subscribe/not-me/<token>": f"/subscribe/not-me/{sign_up.not_me_token}",
            "/receipt/<token>/follow": f"/receipt/{published.receipt_token}/follow",
            "/subscriptions/<token>/": letters.preferences(sam),
            "/subscriptions/<token>/address": letters.preferences(sam) + "address",
            "/subscriptions/<token>/data.json": letters.preferences(sam) + "data.json",
            "/subscriptions/<token>/erase": letters.preferences(sam) + "erase",
            "/subscriptions/<token>/follow": letters.preferences(sam) + "follow",
            "/subscriptions/<token>/pause": letters.preferences(sam) + "pause",
            "/subscriptions/<token>/stop": letters.preferences(sam) + "stop",
            "/subscriptions/<token>/subscription": letters.preferences(sam) + "subscription",
            "/subscriptions/<token>/undo": letters.preferences(sam) + "undo",
            "/subscriptions/address/confirm/<token>": f"/subscriptions/address/confirm/{moving.link_token}",
            "/subscriptions/address/not-me/<token>": f"/subscriptions/address/not-me/{moving.not_me_token}",
            "/subscriptions/address/sent/<token>": f"/subscriptions/address/sent/{moving.panel_token}",
            "/subscriptions/address/sent/<token>/again": f"/subscriptions/address/sent/{moving.panel_token}/again",
            "/unsubscribe/<token>": letters.unsubscribe(sam, following.followed_by(sam)[0]),
            "/unsubscribe/<token>/undo": letters.unsubscribe(sam, following.followed_by(sam)[0]) + "/undo",
            "/unsubscribe/one-click/<token>": letters.one_click(sam, following.followed_by(sam)[0]),
            "/uploads/<name>": cast.kept(called="rota.png", alt="The rota"),
        }


# Closed unless a visible word opens it


def test_these_tests_know_every_address(app, addresses):
    assert set(routes(app, "GET", "POST")) == set(addresses), "give it an address in `addresses`"


def test_every_desk_address_but_the_door_is_closed_to_strangers(app, addresses):
    stranger = Stranger(app)
    before = rows(app, *KEPT)
    for rule in routes(app, "GET"):
        if rule.startswith("/desk") and rule not in DOOR:
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = stranger.ask(method, addresses[rule])
                assert (answer.status, answer.location.partition("?")[0]) == (303, "/desk/sign-in"), (method, rule)
    for rule in routes(app, "POST"):
        if rule.startswith("/desk") and rule not in DOOR:
            assert stranger.post(addresses[rule]).status == 403, rule
            assert stranger.post(addresses[rule], htmx=True).status == 403, rule
            assert stranger.post(addresses[rule], data={"text": "Words."}).status == 403, rule
    assert rows(app, *KEPT) == before


def test_every_page_of_the_desk_lives_in_the_desk(app):
    guarded = app.before_request_funcs["desk"]
    assert guarded
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/desk") and rule.rule not in DOOR:
            assert rule.endpoint.startswith("desk."), rule


def test_every_form_refuses_another_sites_page_from_strangers_and_from_staff(app, inside, addresses, browser):
    cast.signed_in(browser, inside)
    token = BeautifulSoup(browser.client.get("/desk/").text, "html.parser").find("input", {"name": "csrf_token"})[
        "value"
    ]
    before = rows(app)
    for rule in set(routes(app, "POST", "PUT", "PATCH", "DELETE")) - set(FOR_SERVERS):
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}):
            assert Stranger(app).post(addresses[rule], headers=headers).status == 403, rule
            sent = {"csrf_token": token, "decision": "approve", "revision": "1", "text": "a", "name": "a"}
            assert browser.client.post(addresses[rule], headers=headers, data=sent).status_code == 403, rule
    assert rows(app) == before


def test_every_form_that_comes_with_nothing_in_it_is_answered_with_a_page(app, addresses):
    for rule in routes(app, "POST"):
        for sent in ({}, {"data": b"", "content_type": "application/x-www-form-urlencoded"}, {"data": {"nothing": ""}}):
            assert Stranger(app).client.post(addresses[rule], **sent).status_code < 500, (rule, sent)


def test_looking_at_a_page_changes_nothing(app, inside, addresses, browser):
    cast.signed_in(browser, inside)
    before = rows(app)
    for rule in routes(app, "GET"):
        for client in (app.test_client(), browser.client):
            for method in ("GET", "HEAD", "OPTIONS"):
                with counting(app) as statements:
                    answer = client.open(addresses[rule], method=method)
                assert answer.status_code < 400, (method, rule)
                assert "Set-Cookie" not in answer.headers
                assert {statement.split()[0] for statement in statements} <= {"SELECT"}, rule
    assert rows(app) == before


def test_the_page_cache_keeps_every_public_page_and_nothing_else(app, inside, addresses, browser):
    cast.signed_in(browser, inside)
    pages = app.extensions["pages"]
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods:
            continue
        for client in (app.test_client(), browser.client):
            pages.clear()
            answers = [
                client.open(addresses[rule.rule], method=method, headers=headers)
                for headers in ({}, {"HX-Request": "true"})
                for method in ("GET", "HEAD")
            ]
            is_public = getattr(app.view_functions[rule.endpoint], "is_public_page", False)
            leads_on = answers[0].status_code == 308  # /page/1/ is the list's own address
            assert len(pages) == (2 if is_public and not leads_on else 0), rule.rule
            assert not (is_public and rule.rule.startswith(("/desk", "/receipt", "/comment"))), rule.rule


def test_a_method_that_an_address_does_not_have_is_refused_on_a_page_and_with_what_it_has(app, addresses):
    before = rows(app)
    for path in addresses.values():
        allowed = set(app.url_map.bind("").allowed_methods(path))
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
            answer = Stranger(app).ask(method, path)
            assert answer.status == 405, (method, path)
            assert set(answer.headers["Allow"].split(", ")) == allowed
            assert "That cannot be done at this address" in answer.text
        assert Stranger(app).client.open(path, method="TRACE").status_code == 405
    assert rows(app) == before


def test_every_answer_tells_browsers_what_they_may_do_with_it(app, addresses):
    for path in [*addresses.values(), "/nothing/", "/static/nothing.js"]:
        answer = Stranger(app).client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        if "public" not in answer.headers["Cache-Control"]:
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Permissions-Policy"]
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Server" not in answer.headers


def test_no_page_asks_another_host_for_anything(app, inside, addresses, browser):
    cast.signed_in(browser, inside)
    for rule in routes(app, "GET"):
        answer = browser.client.get(addresses[rule])
        page = BeautifulSoup(answer.data if answer.mimetype == "text/html" else "", "html.parser")
        for tag in page.find_all(["img", "script", "link", "iframe", "source", "audio", "video", "object", "form"]):
            for attribute in ("src", "href", "action", "data", "srcset"):
                assert tag.get(attribute, "/").startswith("/"), tag
                assert not tag.get(attribute, "/").startswith("//"), tag


# What the house is built of


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The app without its database."""
    app = create_app({"OPM_INSTANCE": str(tmp_path_factory.mktemp("bare"))})
    yield app
    with app.app_context():
        db.engine.dispose()


def test_every_template_compiles(bare):
    names = bare.jinja_env.list_templates(extensions=["html", "txt"])
    assert len(names) > 30
    for name in names:
        bare.jinja_env.get_template(name)


def test_every_template_is_used(bare):
    source = "".join(path.read_text() for path in [*HOUSE.glob("opm/**/*.py"), *HOUSE.glob("templates/**/*.*")])
    for name in bare.jinja_env.list_templates(extensions=["html", "txt"]):
        if name.startswith("layouts/email."):
            assert 'f"layouts/email.{' in source
        else:
            assert f'"{name}"' in source, name


def test_only_html_that_we_have_cleaned_is_shown_unescaped():
    unescaped = set()
    for path in HOUSE.glob("templates/**/*.*"):
        text = path.read_text()
        assert "autoescape false" not in text
        unescaped |= set(re.findall(r"([\w.]+)\s*\|\s*safe\b", text))
    assert unescaped == {"page.html", "post.html", "preview.html", "words"}, "all come from lib/markdown.py"


def test_the_floors_hold():
    command = Path(sys.executable).with_name("lint-imports")
    if not command.exists():
        missing("import-linter")
    done = subprocess.run([command, "--no-cache"], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_htmx_is_the_file_that_its_makers_published():
    content = (HOUSE / "static/htmx-4.0.1.min.js").read_bytes()
    assert base64.b64encode(hashlib.sha384(content).digest()).decode() == HTMX
    assert (HOUSE / "static/htmx-LICENSE.txt").exists()


# Every word can be translated


class Marks:
    """A catalogue that translates each message into itself, between marks; what is filled in stands outside them."""

    def gettext(self, message):
        parts = re.split(r"(%\(\w+\)s)", message)
        return "".join(part if part.startswith("%(") else f"{OPEN}{part}{SHUT}" for part in parts if part)

    def ngettext(self, one, many, num):
        return self.gettext(one if num == 1 else many)


# What people typed or settings say: it stands on pages and is not ours to translate.
CONTENT = [
    "The lane, drawn", "The mill",
    "Who fills the sandbags?", "Low Mill Lane is warned last.", "The rota", "Who lives there knows the water.",
    "Water", "Floods", "Ines drew the map.", "/how-to-reach-us/",
    "Ines Calder", "Piotr Lund", "piotr@northmere.example", "Rosa Menk",
    "Jo Marsh", "jo@example.org", "ines@northmere.example", "Rivers", "It waits.",
    "Unconfirmed.", "Published.", "Spam.", "Open policy", "All about rivers.", "OPM_MAIL_SERVER", "LinkedIn",
    "Facebook", "Mastodon", "How to reach us", "By letter or by boat.", "Unread.", "It is not so.", "He sold the boat.",
    "Kit Vane", "kit@example.org", "sam@example.org", "sam@elsewhere.example",
    "/2026/10/01/who-fills-the-sandbags/", "comment",
    "opm-8000", "opm-8000-kept", "Twelve benches", "twelve-benches", "We walked with eleven people and counted.",
    "Europe/London", "The lane is closed.", "An old laptop", "/series/floods/",
    "/author/ines-calder/", "/author/rosa-menk/",
    "author",
    "All new posts, at once. We mail you this, and nothing else, until you stop it. Each mail has a link for that. "
    "Nobody else is given your address.",
    "You keep my old address.", "Also new", "Also so.",
]  # fmt: skip


def unmarked(text: str) -> str:
    """What of the text stands outside of marks, without content, numbers and punctuation."""
    outside, depth = "", 0
    for character in text:
        depth += (character == OPEN) - (character == SHUT)
        outside += character if depth == 0 and character != SHUT else " "
    outside = re.sub(r"https?://\S+|\b[A-Z2-7]{4} [A-Z2-7]{4}\b", "", " ".join(outside.split()))  # links and codes
    for words in sorted(CONTENT, key=len, reverse=True):
        outside = outside.replace(words, " ")
    return " ".join(re.findall(r"[^\W\d_]{2,}", outside))


def shown(page) -> str:
    """All that a person can read or hear of a page, in its order."""
    said = []
    for part in page.descendants:
        if isinstance(part, NavigableString):
            if type(part) is NavigableString and part.parent.name not in ("script", "style"):
                said.append(str(part))
        else:
            said += [part[name] for name in ("aria-label", "title", "alt", "placeholder") if part.has_attr(name)]
    return " ".join(said)


@pytest.fixture
def marks(app, monkeypatch):
    monkeypatch.setattr(i18n, "_texts", Marks)
    app.jinja_env.cache.clear()  # texts are written into a template when it is compiled
    yield
    app.jinja_env.cache.clear()


def test_the_marks_find_a_word_that_was_forgotten():
    assert unmarked("⟦Hello ⟦you⟧ there⟧, 12 World ⟦x⟧ Jo Marsh") == "World"


def test_no_page_shows_a_word_that_cannot_be_translated(app, inside, addresses, browser, marks):
    cast.signed_in(browser, inside)
    for rule in routes(app, "GET"):
        for client in (app.test_client(), browser.client):
            answer = client.get(addresses[rule], follow_redirects=True)
            if answer.mimetype == "text/html":
                assert unmarked(shown(BeautifulSoup(answer.text, "html.parser"))) == "", rule


def test_no_refusal_shows_a_word_that_cannot_be_translated(app, inside, addresses, browser, another_browser, marks):
    cast.signed_in(browser, inside)
    cast.signed_in(another_browser, inside, cast.rosa)
    stranger, ours = app.test_client(), {"Sec-Fetch-Site": "same-origin"}
    decision = addresses["/desk/comments/<id:id>/decision"]
    answers = [
        stranger.get("/nothing/"), stranger.post("/"), stranger.post("/desk/sign-out"),
        stranger.post(addresses["/desk/sign-in"], data={"email": "x"}),
        stranger.post(addresses["/desk/sign-in/code/<token>"], data={"code": "AAAAAAAA"}),
        stranger.post(addresses["/desk/sign-in/code/<token>"], data={"code": ""}),
        stranger.post(addresses["/<path:address>/comments/"], data={}),
        stranger.post(addresses["/<path:address>/comments/"], data={"text": "1" * 10_001, "email": "1", "name": "=?"}),
        stranger.post(addresses["/<path:address>/comments/"], data={"text": "1" * 300_000}),
        stranger.post(addresses["/<path:address>/comments/"], headers={"Origin": "null"}, data={"text": "."}),
        stranger.post(addresses["/<path:address>/comments/"], data=b"{}", content_type="application/json"),
        stranger.post(addresses["/comment/sent/<token>"], data={"code": "000000"}),
        stranger.post(addresses["/comment/sent/<token>/again"]),
        stranger.post(addresses["/comment/sent/<token>/address"], data={"email": "x"}),
        stranger.post(addresses["/report/comment/<id:id>"], data={"reason": "else", "text": " ", "email": "x"}),
        stranger.post(addresses["/report/legal/"], data={"email": "x", "ground": "defamation"}),
        stranger.post(addresses["/report/legal/"], data={"text": "1" * 300_000}),
        stranger.get(addresses["/<path:address>/report/"] + "?number=99"),
        stranger.get("/report/?comment=/nowhere/"),
        stranger.post(addresses["/report/sent/<token>"], data={"code": "000000"}),
        stranger.post(addresses["/report/sent/<token>/address"], data={"email": "x"}),
        browser.client.get(addresses["/desk/reports/<id:id>"] + "?open=take-down"),
        stranger.post(decision, data={"note": "Published.", "sort": "It waits."}),
        browser.client.post(decision, data={"note": "Published."}),
        browser.client.post(decision, data={"note": "Published."}, headers=ours),
        stranger.get("/receipt/1.x/"),
        stranger.post(addresses["/receipt/<token>/"], data={"text": "", "name": "=?", "revision": "x"}),
        browser.client.post("/desk/sign-out"),
        browser.client.get(addresses["/desk/comments/<id:id>"] + "?open=reject"),
        another_browser.client.get("/desk/comments/"),
        another_browser.client.get("/desk/outbox/"),
    ]  # fmt: skip
    for answer in answers:
        assert unmarked(shown(BeautifulSoup(answer.text, "html.parser"))) == "", answer.request.path


def test_no_mail_holds_a_word_that_cannot_be_translated(every_mail, marks):
    for message in every_mail(title="Rivers", note="Rivers", words="It waits."):
        html = BeautifulSoup(message.html, "html.parser")
        assert unmarked(f"{message.subject} {message.body} {shown(html)}") == ""
