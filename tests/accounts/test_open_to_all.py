"""What is open to everybody: each address outside the desk, the same for nobody and for each role."""

import pytest

from opm.accounts.abilities import Role
from tests import cast
from tests.accounts.test_access import a_person
from tests.test_house import DAY, MONTH, NUMBER, PAGE, YEAR, addresses  # noqa: F401

# The reviewed table of what strangers may ask for, beside ROOMS of test_access.py: that names what they may not.
OPEN = {
    "/": "GET",
    YEAR: "GET",
    MONTH: "GET",
    DAY: "GET",
    f"{DAY}<slug>/": "GET",
    f"{DAY}<slug>/{NUMBER}": "GET",
    f"{DAY}<slug>/{PAGE}": "GET",
    f"{DAY}{PAGE}": "GET",
    f"{MONTH}{PAGE}": "GET",
    f"{YEAR}{PAGE}": "GET",
    f"/<path:address>/comment-page-{NUMBER}": "GET",
    "/<path:address>/comments/": "GET POST",
    "/<path:address>/feed/<any(atom, rdf, rss, rss2):kind>/": "GET",
    "/<path:address>/report/": "GET",
    "/<slug>/": "GET",
    "/about/": "GET",
    "/accessibility/": "GET",
    "/author/<slug>/": "GET",
    "/author/<slug>/feed/": "GET",
    f"/author/<slug>/{PAGE}": "GET",
    "/category/": "GET",
    "/category/<slug>/": "GET",
    "/category/<slug>/feed/": "GET",
    f"/category/<slug>/{PAGE}": "GET",
    "/comment/<id:id>": "GET",
    "/comment/<id:id>/reply": "GET",
    "/comment/confirm/<token>": "GET POST",
    "/comment/mail-again/<token>": "GET POST",
    "/comment/moderate/<token>": "GET POST",
    "/comment/moderate/<token>/letter": "POST",
    "/comment/moderate/<token>/undo": "POST",
    "/comment/not-me/<token>": "GET POST",
    "/comment/sent/<token>": "GET POST",
    "/comment/sent/<token>/address": "POST",
    "/comment/sent/<token>/again": "POST",
    "/cookies/": "GET",
    "/desk/sign-in": "GET POST",
    "/desk/sign-in/code/<token>": "GET POST",
    "/desk/sign-in/invitation/<token>": "GET POST",
    "/desk/sign-in/link/<token>": "GET POST",
    "/desk/sign-in/passkey": "POST",
    "/desk/sign-in/passkey/<token>": "GET POST",
    "/desk/sign-in/second/<token>": "GET POST",
    "/feed/": "GET",
    "/feed/<any(atom, rdf, rss, rss2):kind>/": "GET",
    "/healthz": "GET",
    "/look/<name>": "GET",
    "/metrics": "GET",
    "/moderation/": "GET",
    "/moderation/figures/": "GET",
    f"/{PAGE}": "GET",
    "/preview/<token>/": "GET",
    "/privacy/": "GET",
    "/receipt/<token>/": "GET POST",
    "/receipt/<token>/data.json": "GET",
    "/receipt/<token>/erase": "GET POST",
    "/receipt/<token>/mails": "POST",
    "/receipt/<token>/withdraw": "POST",
    "/report/": "GET",
    "/report/comment/<id:id>": "GET POST",
    "/report/confirm/<token>": "GET POST",
    "/report/legal/": "GET POST",
    "/subscribe/": "GET POST",
    "/subscribe/sent/<token>": "GET POST",
    "/subscribe/sent/<token>/again": "POST",
    "/subscribe/sent/<token>/address": "POST",
    "/subscribe/confirm/<token>": "GET POST",
    "/subscribe/not-me/<token>": "GET POST",
    "/receipt/<token>/follow": "POST",
    "/privacy/request/": "GET POST",
    "/privacy/sent/": "GET",
    "/privacy/data/<token>/": "GET",
    "/privacy/data/<token>/data.json": "GET",
    "/privacy/data/<token>/erase": "GET POST",
    "/privacy/not-me/<token>": "GET POST",
    "/complaint/": "GET POST",
    "/complaint/sent/": "GET",
    "/complaint/<token>/": "GET",
    "/complaint/<token>/more": "POST",
    "/complaint/<token>/withdraw": "POST",
    "/complaint/not-me/<token>": "GET POST",
    "/report/not-me/<token>": "GET POST",
    "/report/sent/<token>": "GET POST",
    "/report/sent/<token>/address": "POST",
    "/report/sent/<token>/again": "POST",
    "/robots.txt": "GET",
    "/series/<slug>/": "GET",
    "/series/<slug>/feed/": "GET",
    f"/series/<slug>/{PAGE}": "GET",
    "/subscriptions/<token>/": "GET",
    "/subscriptions/<token>/address": "POST",
    "/subscriptions/<token>/data.json": "GET",
    "/subscriptions/<token>/erase": "GET POST",
    "/subscriptions/<token>/follow": "POST",
    "/subscriptions/<token>/pause": "POST",
    "/subscriptions/<token>/stop": "POST",
    "/subscriptions/<token>/subscription": "POST",
    "/subscriptions/<token>/undo": "POST",
    "/subscriptions/address/confirm/<token>": "GET POST",
    "/subscriptions/address/not-me/<token>": "GET POST",
    "/subscriptions/address/sent/<token>": "GET POST",
    "/subscriptions/address/sent/<token>/again": "POST",
    "/tag/<slug>/": "GET",
    "/tag/<slug>/feed/": "GET",
    f"/tag/<slug>/{PAGE}": "GET",
    "/unsubscribe/<token>": "GET POST",
    "/unsubscribe/<token>/undo": "POST",
    "/unsubscribe/one-click/<token>": "GET POST",
    "/uploads/<name>": "GET",
}
LIVES = {"/metrics"}  # it counts what is asked


def test_the_table_names_every_address_outside_the_desk(site):
    outside = {}
    for rule in site.url_map.iter_rules():
        if not rule.rule.startswith("/desk/") or rule.endpoint.startswith("door."):
            outside.setdefault(rule.rule, set()).update(rule.methods - {"HEAD", "OPTIONS"})
    assert {rule: " ".join(sorted(methods)) for rule, methods in outside.items()} == OPEN, "say in OPEN what is open"


@pytest.mark.parametrize("role", Role)
def test_each_role_is_shown_outside_the_desk_what_everybody_is_shown(app, inside, addresses, browser, role):  # noqa: F811
    cast.signed_in(browser, inside, lambda: a_person(role))
    for rule in OPEN:
        if "GET" in OPEN[rule] and rule not in LIVES:
            nobody, ours = app.test_client().get(addresses[rule]), browser.client.get(addresses[rule])
            assert nobody.status_code == ours.status_code < 400, rule
            if not rule.startswith("/desk/"):
                assert nobody.data == ours.data, rule
                assert "Set-Cookie" not in ours.headers
