"""Every page of the desk against WCAG 2.2 AA: light and dark, narrow and wide, with text at 200 %."""

from opm.accounts import access, signing_in
from tests import cast
from tests.e2e.looking import faults
from tests.e2e.tab import on_sqlite
from tests.test_house import addresses, routes  # noqa: F401

pytestmark = on_sqlite

A_MAIL = "/desk/outbox/<id:id>/mail"  # written for mail programs, and shown in a frame


def test_nothing_is_wrong_with_any_page_of_the_desk(app, inside, addresses, tab, address):  # noqa: F811
    with inside():  # she has a passkey, which nobody here can use
        secret, name = signing_in.enter(cast.ines(), network=""), access.cookie_name()
    tab.page.context.add_cookies([{"name": name, "value": secret, "url": address}])
    found = []
    for rule in routes(app, "GET"):
        if rule.startswith("/desk/") and rule != A_MAIL:
            response = tab.go(addresses[rule])
            if response.headers["content-type"].startswith("text/html"):
                found += [f"{rule}, {fault}" for fault in faults(tab.page)]
    assert not found, "\n".join(found)
