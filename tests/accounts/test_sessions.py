"""One's own account: where one is signed in, as coarsely as people say it, and how to end that."""

import pytest

from opm.accounts.browsers import Kind, kind_of
from opm.accounts.models import Session
from opm.extensions import db
from tests import cast
from tests.browser import Browser
from tests.tables import rows

ACCOUNT = "/desk/account/"
FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1"


def with_agent(app, inside, agent, who=cast.ines):
    browser = Browser(app)
    browser.client.environ_base["HTTP_USER_AGENT"] = agent
    return cast.through_the_door(browser, inside, who)


def is_inside(browser) -> bool:
    return browser.client.get("/desk/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        (FIREFOX, Kind("Firefox", "Android")),
        (EDGE, Kind("Edge", "Windows")),
        (SAFARI, Kind("Safari", "iPhone")),
        ("Lynx/2.9.0dev.12 libwww-FM/2.14", Kind("Lynx", "")),
        ("", Kind("", "")),
        ("\x00\ud800" * 50_000, Kind("", "")),
    ],
    ids=["firefox", "edge", "safari", "lynx", "nothing", "odd"],
)
def test_a_browser_is_called_what_people_call_it(agent, kind):
    assert kind_of(agent) == kind


def test_ones_sessions_are_listed_and_one_or_all_others_end_at_once(app, inside):
    here, phone, other = (with_agent(app, inside, agent) for agent in (EDGE, FIREFOX, SAFARI))
    piotr = with_agent(app, inside, SAFARI, cast.piotr)
    assert "131" not in str(rows(app)["session"]), "no full description is kept"
    here.visit("/desk/")
    here.follow("Ines Calder")
    assert here.heading == "Your account"
    assert "editor, moderator, admin" in here.text
    for words in (
        "Edge on Windows (this one)",
        "Firefox on Android",
        "Safari on iPhone",
        "Since 14 October 2026, 10:00",
    ):
        assert words in here.text
    here.press("End it (Firefox on Android")
    assert not is_inside(phone)
    assert is_inside(other)
    assert "Firefox" not in here.text
    here.press("End all others")
    assert not is_inside(other)
    assert is_inside(here)
    assert is_inside(piotr)
    here.press("Sign out here")
    assert here.path == "/desk/sign-in"
    assert not is_inside(here)


def test_an_admin_signs_somebody_out_everywhere(app, inside, browser):
    rosa = with_agent(app, inside, FIREFOX, cast.rosa)
    cast.signed_in(browser, inside)
    with inside(False):
        id = db.session.query(Session).filter_by(browser="Firefox").one().person_id
    browser.visit(f"/desk/staff/{id}")
    assert "Firefox on Android" in browser.text
    browser.press("Sign them out everywhere")
    assert "Nowhere." in browser.text
    assert not is_inside(rosa)
    cast.through_the_door(rosa, inside, cast.rosa)
    assert is_inside(rosa)
