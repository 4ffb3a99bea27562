"""What admins set: one setting or a page of them, two at once, undone, refused; and what each of them changes."""

from email import message_from_bytes

import pytest
from bs4 import BeautifulSoup

from opm import settings
from opm.accounts.choices import Choice
from opm.comments import moderation
from opm.comments.models import Act
from opm.desk.settings_table import ELSEWHERE, SECTIONS, all_keys
from opm.extensions import db
from opm.outbox import delivery
from opm.outbox.letters import Letter
from opm.outbox.models import Email
from opm.settings import Link
from tests import cast
from tests.counting import counting
from tests.stranger import Answer
from tests.tables import rows

SITE, COMMENTS, MAIL = "/desk/settings/site/", "/desk/settings/comments/", "/desk/settings/mail/"


@pytest.fixture
def desk(inside, browser):
    """Ines at her desk."""
    return cast.signed_in(browser, inside)


def now(inside, key):
    with inside(False):
        return getattr(settings.current(), key)


def fields(browser, path) -> dict:
    """All that the page's form holds, as a browser would send it."""
    page = BeautifulSoup(browser.client.get(path).text, "html.parser")
    form = next(form for form in page.find_all("form") if form["action"] == path)
    sent = {}
    for field in form.find_all(["input", "textarea", "select"]):
        if field.get("type") in ("radio", "checkbox") and not field.has_attr("checked"):
            continue
        chosen = field.find("option", selected=True)
        value = chosen["value"] if chosen else field.get("value", field.get_text().removeprefix("\n"))
        sent.setdefault(field["name"], []).append(value)
    return sent


def send(browser, path, held=None, **typed) -> Answer:
    return Answer(browser.client.post(path, data=(held or fields(browser, path)) | {"do": "save"} | typed))


def test_every_setting_is_on_a_page_or_has_a_reason_not_to_be():
    on_pages = [entry.key for section in SECTIONS for entry in section.entries]
    assert len(on_pages) == len(set(on_pages))
    assert set(on_pages) | ELSEWHERE.keys() == all_keys()
    assert not set(on_pages) & ELSEWHERE.keys()


def test_what_a_page_shows_can_be_saved_as_it_is_and_changes_nothing(app, inside, desk):
    for section in SECTIONS:
        before = rows(app)
        with counting(app) as statements:
            desk.visit(section.address)
        assert len(statements) <= 6
        assert send(desk, section.address).status == 303, section.name
        assert rows(app) == before, section.name


def test_one_is_saved_alone_undone_and_set_back(inside, desk):
    desk.visit("/desk/")
    desk.follow("Settings")
    desk.follow("The site")
    desk.press("Save “Name of the site”", site_name="Lanes of Northmere")
    assert now(inside, "site_name") == "Lanes of Northmere"
    assert "Last changed by Ines Calder, 14 October 2026, 10:00. Before that it was: Open policy." in desk.text
    desk.press("Save “Name of the site”", site_name="Northmere")
    desk.press("Undo the last change of “Name of the site”")
    assert now(inside, "site_name") == "Lanes of Northmere"
    desk.press("Back to the default “Name of the site”")
    assert now(inside, "site_name") == "Open policy"
    with inside(False):
        assert db.session.query(Choice).filter_by(key="site_name").count() == 4


def test_what_else_was_typed_stays_on_the_page_where_one_is_saved(inside, desk):
    desk.visit(SITE)
    desk.press("Save “Name of the site”", site_name="Northmere", organisation="The lane office")
    assert "is saved. What else you typed is below, and not saved yet." in desk.text
    assert desk.page.find(id="organisation")["value"] == "The lane office"
    assert now(inside, "organisation") == ""
    desk.press("Save all that you changed here")
    assert now(inside, "organisation") == "The lane office"


def test_who_may_publish_is_set_and_taken_back(inside, desk):
    desk.visit(SITE)
    desk.press("Save “Who may publish a post”", two_people_publish="True")
    assert now(inside, "two_people_publish") is True
    desk.press("Undo the last change of “Who may publish a post”")
    assert now(inside, "two_people_publish") is False


def test_of_two_admins_at_once_the_second_is_told_and_keeps_what_they_typed(app, inside, desk, another_browser):
    cast.signed_in(another_browser, inside)
    for browser in (desk, another_browser):
        browser.visit(SITE)
    desk.press("Save “Name of the site”", site_name="First")
    before = rows(app)
    another_browser.press("Save all that you changed here", status=409, site_name="Second", organisation="Us")
    assert rows(app) == before, "nothing of it is saved, also what nobody else changed"
    assert "It stands like this now: First." in another_browser.text
    assert another_browser.page.find(id="site_name")["value"] == "Second"
    another_browser.press("Save all that you changed here")
    assert (now(inside, "site_name"), now(inside, "organisation")) == ("Second", "Us")


WRONG = {
    "site_name": ["", " \u200b", "x" * 61],
    "contact_email": ["nobody", "a@b", "a@example.org, b@example.org", "=?utf-8?q?a?=@example.org"],
    "licence_address": ["http://example.org/", "javascript:alert(1)", "https://", "https://a b.org", "//example.org"],
    "language": ["", "xx", "en-GB\" onload=\"x", "\x00"],
    "zone": ["", "Atlantis/Capital", "../etc/passwd", "/usr/share/zoneinfo/Europe/London"],
    "posts_per_page": ["", "0", "51", "-1", "1.5", "٣", "9" * 40, "many"],
    "two_people_publish": ["", "maybe", "<script>"],
    "comment_policy": ["some"],
    "legal_within_hours": ["49", "0"],
    "unconfirmed_days": ["0", "31"],
    "comments_per_address": ["0"],
    "sender_name": ["A <b@example.org>", "=?utf-8?q?Bcc?=", "x" * 61, 'Say "hello"'],
    "reply_to": ["a@example.org\u2028Bcc: b@example.org"],
}  # fmt: skip


@pytest.mark.parametrize("key", WRONG)
def test_what_cannot_stand_is_refused_beside_its_field_and_kept(app, desk, key):
    path = next(section.address for section in SECTIONS if section.entry(key))
    held = fields(desk, path)
    before = rows(app)
    for typed in WRONG[key]:
        answer = send(desk, path, held, **{key: typed, "do": f"save:{key}"})
        assert answer.status == 422, typed
        assert answer.page.find(id=f"{key}-error"), typed
        shown = answer.page.find(id=key)
        if shown.name == "input" and shown.get("type") != "radio":
            assert shown["value"] == typed.replace("\x00", "\x00")
    assert rows(app) == before


@pytest.mark.parametrize("seen", ["", "-1", "9" * 30, "x", "\x00"])
def test_a_form_that_does_not_say_what_it_saw_changes_nothing(app, desk, seen):
    held = fields(desk, SITE)
    before = rows(app)
    for do in ("save:site_name", "undo:site_name", "default:site_name", "save"):
        answer = send(desk, SITE, held, **{"do": do, "seen-site_name": seen, "site_name": "Northmere"})
        assert answer.status == 422
    for do in ("nonsense", "save:nonsense", "save:version", "undo:rules"):
        assert send(desk, SITE, held, do=do).status == 400
    assert rows(app) == before


def test_a_line_end_in_the_senders_name_makes_no_header(inside, desk):
    assert send(desk, MAIL, sender_name="Zoë’s\r\nBcc: x lanes", reply_to="us@northmere.example").status == 422
    assert send(desk, MAIL, sender_name="Zoë’s lanes\u2028today", reply_to="us@northmere.example").status == 303
    with inside(False):
        email = Email(recipient="jo@example.org", message_id="<a@northmere.example>")
        whole = delivery.message(email, Letter("Hello", "Hello.", "<p>Hello.</p>")).as_bytes()
        mail = message_from_bytes(whole)
        assert mail["Reply-To"] == "us@northmere.example"
        assert whole.isascii()
        assert "=?utf-8?" in mail["From"]
        assert mail["From"].endswith(">")
        assert "Bcc" not in mail


def test_a_rule_keeps_its_number_and_a_number_its_rule(inside, desk):
    with inside():
        comment = cast.a_comment(cast.a_post().thread)
        moderation.decide(comment, Act.REJECT, cast.ines(), revision=1, rule=2)
    held = fields(desk, COMMENTS)
    titles = held["rules-title"]
    places = ["9", "2", "1", "4", "5", "6", "7"]
    answer = send(desk, COMMENTS, held, **{
        "rules-place": places, "rules-out": ["2"], "rules-title": [*titles[:6], "Write short"],
        "rules-text": [*held["rules-text"][:6], "At most a page."],
        "rules-regret": [*held["rules-regret"][:6], "it is long"],
    })  # fmt: skip
    assert answer.status == 303
    rules = now(inside, "rules")
    assert [rule.number for rule in rules] == [3, 4, 5, 6, 7, 1], "moved, one gone, one new"
    assert rules[1].is_for_private_details
    with inside(False):
        assert settings.current().rule(2).title == "Stay with the subject"
        assert settings.current().free_rule_number == 8
    page = desk.visit("/moderation/")
    assert [li["value"] for li in page.select("ol")[0].find_all("li")] == ["3", "4", "5", "6", "7", "1"]
    desk.visit(COMMENTS)
    desk.press("Undo the last change of “The rules”")
    assert [rule.number for rule in now(inside, "rules")] == [1, 2, 3, 4, 5, 6]
    with inside(False):
        assert settings.current().rule(7).title == "Write short"
        assert settings.current().free_rule_number == 8
    assert send(desk, COMMENTS, **{"rules-out": [str(n) for n in range(1, 8)]}).status == 422


def test_links_to_elsewhere_stand_at_the_foot_of_every_page(inside, desk):
    held = {"elsewhere-title": ["A feed of pictures"], "elsewhere-address": ["https://pictures.example/us"]}
    assert send(desk, SITE, **held | {"elsewhere-address": ["http://pictures.example/us"]}).status == 422
    assert send(desk, SITE, **held).status == 303
    assert now(inside, "elsewhere") == (Link("A feed of pictures", "https://pictures.example/us"),)
    page = desk.visit("/about/")
    assert page.find("footer").find("a", rel="me")["href"] == "https://pictures.example/us"
    assert send(desk, SITE, **{"elsewhere-out": "1"}).status == 303
    assert now(inside, "elsewhere") == ()


def test_the_notices_are_made_from_the_clocks_and_the_promises(inside, desk):
    clocks = next(section for section in SECTIONS if section.name == "clocks")
    wanted = {entry.key: str(entry.kind.most - 3) for entry in clocks.entries}
    assert send(desk, clocks.address, **wanted).status == 303
    text = desk.visit("/privacy/").get_text()
    for key, number in wanted.items():
        assert f"{number} day" in text, key
    promised = {"decide_within_hours": "31", "report_within_hours": "41", "legal_within_hours": "43"}
    assert send(desk, COMMENTS, **promised).status == 303
    text = desk.visit("/moderation/").get_text()
    for key, number in promised.items():
        assert f"{number} hours" in text, key


def test_whoever_is_no_admin_is_told_whom_to_ask_and_sees_no_link(inside, browser):
    with inside():
        cast.ines()
    cast.signed_in(browser, inside, cast.rosa)
    browser.visit("/desk/")
    assert not browser.page.find("a", href="/desk/settings/")
    browser.visit(SITE, status=403)
    assert "To change the site’s settings, ask Ines Calder." in browser.text
