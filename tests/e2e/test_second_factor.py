"""A second factor in a real browser: a passkey of Chromium’s own making, and without scripts an app and paper."""

import pyotp
import pytest
from playwright.sync_api import expect

from opm.lib import clock
from tests import cast
from tests.e2e.looking import faults
from tests.e2e.tab import on_sqlite
from tests.mailbox import letters_in

pytestmark = on_sqlite

INES = "ines@northmere.example"
PAGE = "/desk/account/second-factor"


@pytest.fixture
def named(inside, address):
    """The site under the name that browsers know passkeys for."""
    with inside():
        cast.ines()
    return address.replace("127.0.0.1", "localhost")


def open_the_door(tab, mailbox, site=""):
    """By the mailed code."""
    tab.go(f"{site}/desk/sign-in")
    tab.page.get_by_label("Your work email").fill(INES)
    tab.press("Mail me a link and a code")
    tab.page.get_by_label("The 8 letters and digits").fill(letters_in(mailbox.newest(INES)))
    tab.press("Sign in")


def a_key_in(tab):
    """What stands in for a finger on a key, in this tab."""
    session = tab.page.context.new_cdp_session(tab.page)
    session.send("WebAuthn.enable")
    how = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": how | {"isUserVerified": True}})


def test_with_scripts_a_passkey_is_made_and_signs_in_after_the_mail_and_instead_of_it(open_tab, mailbox, named):
    tab = open_tab()
    tab.address = named  # where it may go
    a_key_in(tab)
    open_the_door(tab, mailbox, named)
    tab.go(f"{named}{PAGE}")
    tab.page.get_by_label("What do you call it?").fill("the red key")
    tab.press("Add a passkey")
    tab.press("Make the passkey")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Keep these recovery codes")
    assert faults(tab.page) == []
    tab.page.get_by_role("link", name="I have kept them").click()
    tab.page.get_by_role("button", name="Sign out").click()

    open_the_door(tab, mailbox, named)
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("One more step")
    assert faults(tab.page) == []
    tab.press("Use a passkey")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("What needs you")
    tab.press("Sign out")

    tab.press("Sign in with a passkey")
    tab.press("Use a passkey")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("What needs you")


def test_without_scripts_an_app_and_paper_do(open_tab, mailbox, named):
    tab = open_tab(java_script_enabled=False)
    open_the_door(tab, mailbox)
    tab.go(PAGE)
    tab.press("Set up an app")
    app = pyotp.HOTP(tab.page.locator("#key").inner_text().replace(" ", ""))
    tab.page.get_by_label("The 6 digits").fill(app.at(int(clock.now().timestamp()) // 30 - 1))
    tab.press("Turn it on")
    codes = tab.page.locator("#codes").inner_text().split()
    tab.page.get_by_role("link", name="I have kept them").click()
    for label, button, code in (
        ("The 6 digits", "Go on", app.at(int(clock.now().timestamp()) // 30)),
        ("One of the 10 codes", "Use this code", codes[3]),
    ):
        tab.press("Sign out")
        open_the_door(tab, mailbox)
        if button == "Use this code":
            tab.page.get_by_text("Not at hand?").click()
        tab.page.get_by_label(label).fill(code)
        tab.press(button)
        expect(tab.page.get_by_role("heading", level=1)).to_have_text("What needs you")
