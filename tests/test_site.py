"""The pages that the site writes about itself: what they promise is what the code does."""

import pytest

from opm import settings
from opm.accounts import access
from opm.accounts.models import SIGNED_IN_FOR
from tests import cast
from tests.e2e import looking
from tests.e2e.looking import EVERYTHING, LEAST_SIDE, NARROW, WIDE

ABOUT_ITSELF = ["/about/", "/accessibility/", "/cookies/", "/moderation/", "/privacy/"]


@pytest.mark.parametrize("path", ABOUT_ITSELF)
def test_every_page_leads_to_it_and_there_it_is_the_current_one(browser, path):
    browser.visit("/")
    assert browser.page.find("a", href=path) or path == "/about/"
    browser.visit(path)
    (current,) = browser.page.find_all(attrs={"aria-current": True})
    assert current["href"] == path


def test_the_cookie_page_names_the_cookie_that_the_desk_really_sets(browser, another_browser, inside):
    cast.through_the_door(another_browser, inside)
    (cookie,) = another_browser.client._cookies.values()
    browser.visit("/cookies/")
    assert browser.page.find("code").get_text() == cookie.key
    assert browser.page.find_all("code")[1].get_text() == f"{cookie.key}-kept"
    assert cookie.max_age == SIGNED_IN_FOR.total_seconds()
    assert f"at most {SIGNED_IN_FOR.days} days" in browser.text
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert not browser.client._cookies


def test_on_https_the_cookie_has_another_name_and_the_page_knows(app, browser, monkeypatch):
    monkeypatch.setitem(app.config, "BASE_URL", "https://policy.example")
    with app.app_context():
        assert access.cookie_name() == "__Host-opm"
    browser.visit("/cookies/", base_url="https://policy.example")
    assert browser.page.find("code").get_text() == "__Host-opm"


def test_what_the_accessibility_statement_says_of_checks_is_what_they_check(browser):
    browser.visit("/accessibility/")
    assert "axe" in looking.AXE
    assert {"wcag2aa", "wcag21aa", "wcag22aa"} <= set(EVERYTHING["values"])
    assert "WCAG 2.2 A and AA" in browser.text
    assert f"{NARROW['width']} and {WIDE['width']} pixels wide" in browser.text
    assert WIDE["width"] / 4 == NARROW["width"]
    assert "At 400 % zoom, 1280 become 320." in browser.text
    assert "2 * parseFloat" in looking.DOUBLE_TEXT
    assert f"at least {LEAST_SIDE} pixels" in browser.text


def test_whoever_meets_a_problem_is_told_whom_to_write_to_and_how_soon_we_answer(browser, inside):
    browser.visit("/accessibility/")
    assert browser.page.find("main").find("a", href="/about/")
    with inside():
        settings.change(contact_email="open@northmere.example", answer_within_days=1)
    for path in ("/accessibility/", "/about/"):
        browser.visit(path)
        assert browser.page.find("main").find("a", href="mailto:open@northmere.example")
        assert "We answer within 1 working day." in browser.text


def test_a_british_public_body_names_who_enforces_the_law_and_others_do_not(browser, inside):
    browser.visit("/accessibility/")
    assert "Equality" not in browser.text
    with inside():
        settings.change(is_uk_public_body=True, organisation="Northmere Council")
    browser.visit("/accessibility/")
    assert "Equality Advisory and Support Service" in browser.text
    assert "which Northmere Council runs" in browser.text


def test_the_statement_names_the_site_and_its_day(app, browser, inside):
    with inside():
        settings.change(site_name="<b>Café</b>")
    browser.visit("/accessibility/")
    assert f"It is about <b>Café</b>, at {app.config['BASE_URL']}/." in browser.text
    assert "This statement was written on 24 November 2026." in browser.text
