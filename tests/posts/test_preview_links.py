"""Preview links to a draft: who holds one reads it, until it ends, is ended, or the post goes out."""

from datetime import date, timedelta

import pytest

from opm.extensions import db
from opm.lib import tokens
from opm.posts import preview_links, publishing
from opm.posts.filed import Series
from opm.posts.models import Post, State
from opm.posts.preview_links import PreviewLink
from tests import cast
from tests.accounts.test_access import post, token_of
from tests.counting import counting
from tests.stranger import Stranger
from tests.tables import rows

WORDS = "We walked with **eleven** people.\n\n## What we counted\n\nSteps."


@pytest.fixture
def draft(inside):
    """What Rosa is writing."""
    with inside():
        draft = Post(title="Twelve benches", slug="twelve-benches", written_by=cast.rosa())
        draft.write(WORDS)
        db.session.add(draft)
    return draft


@pytest.fixture
def desk(inside, browser):
    """Rosa's browser, signed in."""
    return cast.signed_in(browser, inside, cast.rosa)


@pytest.fixture
def link(inside, draft):
    """A link for Kit, who has no account."""
    with inside():
        return preview_links.make(db.session.get(Post, draft.id), "Kit Vane", cast.rosa())


@pytest.fixture
def address(app, link):
    """Where it leads."""
    with app.app_context():
        return link.address


@pytest.fixture
def page(draft):
    """Where the links of the draft are kept."""
    return f"/desk/posts/{draft.id}/links"


def of(link):
    return db.session.get(PreviewLink, link.id)


# Making one, and reading by it


def test_a_link_is_made_for_somebody_who_then_reads_the_draft_as_readers_will(desk, page, another_browser):
    desk.visit(page)
    desk.press("Make a link", name="  Kit\tVane ")
    assert "Works until 13 November 2026, 09:00" in desk.text
    assert "Made by Rosa Menk, 14 October 2026, 10:00." in desk.text
    whole = desk.page.find("input", class_="address")["value"]
    assert whole.startswith("http://127.0.0.1:8000/preview/")
    another_browser.visit(whole.removeprefix("http://127.0.0.1:8000"))
    assert another_browser.heading == "Twelve benches"
    assert "This is a draft. It is not public and may change." in another_browser.text
    assert "it was made for Kit Vane, and works until 13 November 2026, 09:00" in another_browser.text
    assert "What we counted" in another_browser.text
    assert not another_browser.page.find("form"), "nobody comments on a draft"


def test_it_shows_the_draft_as_it_is_at_the_moment(inside, draft, address, browser):
    browser.visit(address)
    with inside():
        db.session.get(Post, draft.id).write("Something else.")
    browser.visit(address)
    assert "Something else." in browser.text


def test_a_part_of_a_series_that_is_not_out_yet_stands_among_the_others(inside, draft, address, browser):
    with inside():
        first = cast.a_filed_post()
        found = db.session.get(Post, draft.id)
        found.series, found.series_position = db.session.query(Series).one(), 2
        assert first.series_position == 1
    browser.visit(address)
    assert "Part 2 of 2 Floods Back to part 1" in browser.text
    assert browser.page.find("b", attrs={"aria-current": "page"}).get_text() == "Twelve benches"
    browser.visit(cast.POST)
    assert "Twelve benches" not in browser.text


def test_the_page_is_nobodys_to_keep_or_to_find_and_opening_it_leaves_no_trace(app, address):
    before = rows(app)
    for method in ("GET", "HEAD", "OPTIONS"):
        with counting(app) as statements:
            answer = app.test_client().open(address, method=method)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert {statement.split()[0] for statement in statements} <= {"SELECT"}
        assert len(statements) <= 6, statements
    answer = Stranger(app).get(address)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "ETag" not in answer.headers
    assert rows(app) == before
    assert "Disallow: /preview/" in app.test_client().get("/robots.txt").text


def test_staff_see_the_same_bytes_as_strangers(app, desk, address):
    assert desk.client.get(address).data == app.test_client().get(address).data


# Ending it


@pytest.mark.parametrize(("days", "status"), [(29, 200), (30, 410), (400, 410), (-31, 410)])
def test_it_ends_after_thirty_days_by_the_clock(address, browser, clock, days, status):
    clock.forward(days=days)
    browser.visit(address, status=status)
    assert (browser.heading == "This link has ended") == (status == 410)


def test_renewed_it_lasts_thirty_days_more(inside, page, link, address, browser, clock):
    clock.forward(days=29)
    desk = cast.signed_in(browser, inside, cast.rosa)
    desk.visit(page)
    desk.press("Renew for 30 days")
    clock.forward(days=29)
    assert browser.client.get(address).status_code == 200
    clock.forward(days=2)
    assert browser.client.get(address).status_code == 410


def test_one_that_ended_by_itself_says_so_at_the_desk_and_works_again_once_renewed(
    inside, app, page, link, address, browser, clock
):
    clock.forward(days=31)
    desk = cast.signed_in(browser, inside, cast.rosa)
    desk.visit(page)
    assert "Ended by itself, 13 November 2026, 09:00." in desk.text
    desk.press("Renew")
    assert app.test_client().get(address).status_code == 200


def test_once_ended_by_the_team_it_says_so_and_never_comes_back(desk, page, link, address, another_browser):
    desk.visit(page)
    desk.press("End it for good")
    assert "Ended by Rosa Menk, 14 October 2026, 10:00." in desk.text
    another_browser.visit(address, status=410)
    assert "Our team ended it on 14 October 2026, 10:00." in another_browser.text
    assert "Twelve benches" not in another_browser.answer.text
    token = token_of(desk)
    assert post(desk, f"{page}/{link.id}", csrf_token=token, do="renew").status == 409
    assert post(desk, f"{page}/{link.id}", csrf_token=token, do="revoke").status == 303
    assert another_browser.client.get(address).status_code == 410


def test_once_the_post_is_out_it_leads_there_and_no_more_are_made(
    inside, draft, desk, page, link, address, clock, browser
):
    with inside():
        publishing.publish(db.session.get(Post, draft.id), clock.at)
    browser.visit(address)
    assert browser.path == "/2026/10/14/twelve-benches/"
    desk.visit(page)
    assert "everybody can read it" in desk.text
    assert not desk.page.find("input", attrs={"name": "name"})
    assert post(desk, page, csrf_token=token_of(desk), name="Kit").status == 409


def test_once_the_post_was_taken_away_it_says_why(inside, draft, address, clock, browser):
    with inside():
        found = db.session.get(Post, draft.id)
        publishing.publish(found, clock.at)
        publishing.withdraw(found, "The figures were wrong.")
    browser.visit(address, status=410)
    assert "The figures were wrong." in browser.text


def test_a_scheduled_post_shows_the_day_on_which_it_goes_out(inside, draft, address, browser, clock):
    with inside():
        found = db.session.get(Post, draft.id)
        found.state, found.publish_at, found.published_on = (
            State.SCHEDULED,
            clock.at + timedelta(days=3),
            date(2026, 10, 17),
        )
    browser.visit(address)
    assert "17 October 2026" in browser.text


# What opens nothing


def test_a_link_that_was_changed_or_made_for_something_else_opens_nothing(app, draft, link, address):
    token = address.split("/")[2]
    with app.app_context():
        others = [
            tokens.seal("receipt", link.id, link.nonce), tokens.seal("preview", link.id + 1, link.nonce),
            tokens.seal("preview", link.id, ""), tokens.seal("preview", link.id, "0" * 22),
        ]  # fmt: skip
    for tried in [
        *others,
        token[:-1],
        token.swapcase(),
        f"{token}x",
        f"0{token}",
        ".",
        "x",
        f"{'9' * 40}.x",
        "1." + "é" * 9,
    ]:
        answer = Stranger(app).get(f"/preview/{tried}/")
        assert answer.status == 404, tried
        assert "Twelve benches" not in answer.text
    assert Stranger(app).get("/preview/%00/").status == 404
    assert Stranger(app).post(address).status == 405


def test_nothing_in_the_database_opens_it(app, address):
    assert address.split("/")[2] not in str(rows(app))


def test_a_link_of_another_post_is_not_found_here(inside, desk, link, page):
    with inside():
        other = Post(title="Another", slug="another")
        db.session.add(other)
    token = token_of(desk)
    assert post(desk, f"/desk/posts/{other.id}/links/{link.id}", csrf_token=token, do="revoke").status == 404
    for number in ("0", "9" * 19, "x", "-1", "%00"):
        assert post(desk, f"{page}/{number}", csrf_token=token, do="revoke").status == 404
        assert post(desk, f"/desk/posts/{number}/links", csrf_token=token, name="Kit").status in (404, 405)
    assert post(desk, f"{page}/{link.id}", csrf_token=token, do="delete").status == 400
    assert post(desk, f"{page}/{link.id}", csrf_token=token).status == 400
    with inside(False):
        assert of(link).is_live


@pytest.mark.parametrize("name", ["", " ", "\u200b\u2800", "x" * 81, "\x00"])
def test_a_name_that_nobody_could_read_is_refused_and_kept_in_the_field(inside, desk, page, name):
    answer = post(desk, page, csrf_token=token_of(desk), name=name)
    assert answer.status == 422
    assert "No link was made." in answer.text
    with inside(False):
        assert db.session.query(PreviewLink).count() == 0


def test_a_name_is_shown_as_a_name_whatever_it_is(desk, page, inside, another_browser):
    desk.visit(page)
    desk.press("Make a link", name="<script>alert(1)</script>")
    assert "<script>alert(1)</script>" in desk.text
    assert len(desk.page.find("main").find_all("script")) == 0


def test_a_post_has_at_most_so_many(desk, page, link, inside, monkeypatch):
    monkeypatch.setattr(preview_links, "MOST_LINKS", 1)
    answer = post(desk, page, csrf_token=token_of(desk), name="Ada Holt")
    assert answer.status == 409
    assert answer.typed("name") == "Ada Holt"


def test_two_ends_and_a_renewal_at_once_leave_it_ended(desk, page, link, inside):
    with inside():
        of(link).revoke(cast.rosa())
    with inside(), pytest.raises(preview_links.LinkRevoked):
        of(link).renew()
