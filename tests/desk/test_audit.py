"""The audit log: each act of staff leaves a row, admins find it again, and it holds nobody's address or words."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from sqlalchemy import insert, select, update

from opm.accounts import audit
from opm.accounts.audit import IN_WORDS, Did, Entry
from opm.accounts.models import Person
from opm.comments import moderation, receipts
from opm.comments.models import Act, Comment
from opm.extensions import db
from opm.lib import spreadsheets
from opm.posts import publishing
from opm.settings import Setting
from tests import acts, cast
from tests.counting import compressed, counting

MANY = 10_000
WORDS = "My neighbour at 12 Low Mill Lane never answers."


@pytest.fixture
def desk(inside, browser):
    """Ines, who may read the log."""
    return cast.signed_in(browser, inside)


@pytest.fixture
def log(inside):
    """`log()` is what stands in the log, the oldest first: (by whom, what, the kind, what it was called)."""

    def log():
        with inside(False):
            rows = db.session.scalars(select(Entry).order_by(Entry.id)).all()
            return [(entry.by.name if entry.by else None, entry.did, entry.kind, entry.words) for entry in rows]

    return log


def exported(desk) -> list[list[str]]:
    """What a spreadsheet program would show of the file."""
    assert desk.answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.reader(StringIO(desk.answer.data.decode("utf-8-sig"), newline="")))


def export(desk, **asked):
    """Takes away what was asked for."""
    token = desk.visit("/desk/audit/").find("input", attrs={"name": "csrf_token"})["value"]
    desk.answer = desk.client.post("/desk/audit/export", data=asked | {"csrf_token": token})
    return exported(desk)


# Who writes into it


def test_whatever_changes_something_at_the_desk_and_leaves_no_row_is_found_out(app):
    with app.test_request_context("/desk/settings/", method="POST"):
        db.session.execute(insert(Setting).values(key="site_name", value="Ours"))
        db.session.commit()
    assert acts.unlogged == ["POST /desk/settings/ wrote setting"]
    assert "audit.record(" in acts.told()
    acts.unlogged.clear()
    with app.test_request_context("/desk/settings/", method="POST"):
        db.session.execute(update(Setting).values(value="Theirs"))
        audit.record(None, Did.CHANGED_SETTING, "setting", words="site_name")
        db.session.commit()
        db.session.rollback()
    assert acts.unlogged == []


def test_every_act_has_its_words():
    assert set(IN_WORDS) == set(Did)


def test_a_posts_way_to_the_public_is_told_act_by_act(inside, browser, log, clock):
    desk = cast.signed_in(browser, inside, cast.edith)
    desk.visit("/desk/posts/new")
    desk.press("Start writing", title="Twelve benches")
    desk.press("Save", text="We walked with eleven people.")
    tomorrow = f"{clock.at + timedelta(days=1):%Y-%m-%dT%H:%M}"
    desk.press("Schedule", publish_at=tomorrow)
    clock.forward(days=2)
    with inside():
        publishing.publish_due()
    edith = "Edith Varga"
    told = [(by, did) for by, did, kind, words in log() if (kind, words) == ("post", "Twelve benches")]
    assert told == [(edith, Did.BEGAN), (edith, Did.SAVED), (edith, Did.SCHEDULED), (None, Did.PUBLISHED)]


# What it does not hold


def test_it_holds_no_address_and_no_word_of_a_comment_and_nothing_is_left_of_who_erased_theirs(inside, browser):
    with inside():
        ines, thread = cast.ines(), cast.a_post().thread
        comment = cast.a_comment(thread, name="Jo Marsh", email="jo@secret.example", text=WORDS)
        moderation.decide(comment, Act.APPROVE, ines, revision=1)
        moderation.decide(comment, Act.REDACT, ines, revision=1, rule=4, note="Your street.", left="My neighbour.")
        report = cast.a_report(comment, email="kit@secret.example", text="It is about me.")
        cast.settling.settle([report], cast.Outcome.LEFT_UP, ines, note="It may stand.")
        cast.signing_in.enter(ines, "192.0.2.0/24")
        receipts.erase(db.session.get(Comment, comment.id))
    with inside(False):
        held = " ".join(repr(tuple(row)) for row in db.session.execute(select(Entry.__table__)))
    assert "Who fills the sandbags?" in held
    for private in ("secret", "@", "Marsh", "neighbour", "Mill", "street", "about me", "may stand", "192.0", "Vane"):
        assert private not in held


# Reading it


def test_an_admin_finds_who_did_what_to_a_thing_and_goes_there(inside, desk):
    with inside():
        draft = cast.a_draft()
        audit.record(cast.rosa(), Did.SAVED, "post", draft.id, draft.title)
        audit.record(None, Did.PUBLISHED, "post", 4711, "Gone")
    desk.visit(f"/desk/posts/{draft.id}")
    desk.follow("Who did what with it")
    [row] = desk.page.select(".rows li")
    assert "Saved : Twelve benches Post. " in " ".join(row.get_text(" ").split())
    assert "Rosa Menk" in row.get_text()
    desk.follow("Twelve benches")
    assert desk.path == f"/desk/posts/{draft.id}"
    desk.follow("See who did what")
    gone = next(row for row in desk.page.select(".rows li") if "Gone" in row.get_text())
    assert "the site itself" in gone.get_text()
    assert gone.a is None, "a link that leads nowhere"


def test_it_is_sifted_by_person_kind_act_and_day(inside, desk, clock):
    with inside():
        rosa = cast.rosa()
        audit.record(rosa, Did.SAVED, "post", 1, "Benches")
        audit.record(None, Did.PUBLISHED, "post", 1, "Benches, public")
        audit.record(cast.ines(), Did.CHANGED, "tag", 1, "Granite")
        late = audit.record(rosa, Did.SAVED, "post", 2, "Kerbs")
        late.done_at = clock.at + timedelta(days=3)
    day = f"{clock.at + timedelta(days=3):%Y-%m-%d}"
    for asked, found in (
        ({"by": str(rosa.id)}, ["Kerbs", "Benches"]),
        ({"by": "site"}, ["Benches, public"]),
        ({"kind": "tag"}, ["Granite"]),
        ({"did": "saved", "until": f"{clock.at:%Y-%m-%d}"}, ["Benches"]),
        ({"since": day, "until": day}, ["Kerbs"]),
        ({"kind": "post", "id": "1"}, ["Benches, public", "Benches"]),
        ({"by": "4711"}, []),
    ):
        desk.visit("/desk/audit/")
        desk.press_get("Show", **asked)
        rows = [row.get_text() for row in desk.page.select(".rows li")]
        assert len(rows) == len(found), (asked, rows)
        assert all(words in row for words, row in zip(found, rows, strict=True))
        assert len(export(desk, **asked)) == len(found) + 1 + ("by" not in asked and not {"kind", "until"} & set(asked))


NONSENSE = ["x", "-1", "0", "9" * 19, "9" * 40, "\0", "\ud800", "٣", "a" * 10_000, "<b>", "2026-13-01", "9999-12-31"]


def test_no_nonsense_breaks_it_and_what_was_typed_is_kept(desk, log):
    before = log()
    for name in ("by", "kind", "id", "did", "since", "until"):
        for typed in NONSENSE:
            answer = desk.client.get("/desk/audit/", query_string={name: typed.encode("utf-8", "surrogatepass")})
            assert answer.status_code in (200, 422), (name, typed)
            if answer.status_code == 422:
                desk.visit("/desk/audit/", 422, query_string={name: typed.encode("utf-8", "surrogatepass")})
                assert "Nothing was looked up yet" in desk.text
                kept = desk.page.select_one(f"#{name}")
                shown = kept.get("value") if kept.name == "input" else kept.select_one("[selected]")["value"]
                assert shown in (typed, "%ED%A0%80")
    for before_ in (*NONSENSE, ""):
        query = {"before": before_.encode("utf-8", "surrogatepass")}
        assert desk.client.get("/desk/audit/", query_string=query).status_code == 404
    for asked in ("since=2026-10-02&until=2026-10-01", "id=7", "by=1&by=x&kind=post&kind=x&since=1970-01-01"):
        assert desk.client.get(f"/desk/audit/?{asked}").status_code in (200, 422)
    desk.visit("/desk/audit/?since=2026-10-02&until=2026-10-01", 422)
    assert "The last day is before the first" in desk.text
    assert log() == before


def test_whoever_changes_their_name_is_called_as_now_and_a_thing_as_then(inside, desk):
    with inside():
        audit.record(cast.rosa(), Did.SAVED, "post", 1, "Benches")
        db.session.execute(update(Person).where(Person.name == "Rosa Menk").values(name="Rosa Lund"))
    desk.visit("/desk/audit/")
    assert "Rosa Lund" in desk.text
    assert "Rosa Menk" not in desk.text


def test_its_pages_take_few_statements_however_much_was_done(app, inside, desk, clock):
    with inside():
        ines, post = cast.ines(), cast.a_draft()
        row = {"by_id": ines.id, "did": "saved", "kind": "post", "thing_id": post.id, "words": "B", "detail": ""}
        rows = [row | {"done_at": clock.at, "by_id": ines.id if number % 9 else None} for number in range(MANY)]
        db.session.execute(insert(Entry), rows)
    for path in (
        "/desk/audit/",
        "/desk/audit/?by=site&did=saved&since=2026-01-01",
        f"/desk/audit/?kind=post&id={post.id}",
    ):
        with counting(app) as statements:
            answer = desk.client.get(path, headers={"Accept-Encoding": "br"})
        assert len(statements) <= 6, f"{path}\n{statements}"
        assert compressed(answer) <= 13_000
    desk.visit("/desk/audit/")
    first = desk.page.select_one(".rows li")["id"]
    desk.follow("Older")
    assert len(desk.page.select(".rows li")) == 50
    assert desk.page.select_one(".rows li")["id"] != first
    desk.follow("Newest")
    assert desk.page.select_one(".rows li")["id"] == first
    assert len(export(desk, by="site")) == 1 + len(range(0, MANY, 9))


# Taking it away


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1+1", "　＋1", "\n@x"])
def test_fault_62_no_cell_of_an_export_is_a_formula(formula):
    assert spreadsheets.as_text(formula) == f"'{formula}"


def test_an_export_is_what_was_asked_for_and_leaves_a_row(inside, desk, log, clock):
    with inside():
        audit.record(cast.rosa(), Did.SAVED, "post", 7, '=HYPERLINK("http://evil.example";"x")\nand, more “ü”')
    rows = export(desk, kind="post")
    at = clock.at
    assert rows[0] == ["When (UTC)", "When, in Europe/London", "By", "Did", "Kind", "Number", "What", "More"]
    assert rows[1][0] == f"{at:%Y-%m-%dT%H:%M:%SZ}"
    assert rows[1][2:] == [
        "Rosa Menk",
        "Saved",
        "Post",
        "7",
        '\'=HYPERLINK("http://evil.example";"x")\nand, more “ü”',
        "",
    ]
    headers = desk.answer.headers
    assert headers["Content-Disposition"] == f"attachment; filename=audit-log-{at:%Y-%m-%d}.csv"
    assert headers["Cache-Control"] == "no-store"
    assert int(headers["Content-Length"]) == len(desk.answer.data)
    assert desk.answer.data.startswith(b"\xef\xbb\xbf")
    assert log()[-1] == ("Ines Calder", Did.EXPORTED_LOG, "site", "")
    desk.visit("/desk/audit/")
    assert desk.client.post("/desk/audit/export").status_code in (400, 403), "without its token"
    assert log()[-1][1] == Did.EXPORTED_LOG


# Letting it go


def test_after_two_years_a_row_goes_in_batches(inside, clock, monkeypatch):
    monkeypatch.setattr("opm.lib.going.BATCH", 2)
    with inside():
        for _number in range(3):
            audit.record(None, Did.SAVED, "post", 1, "Benches")
    clock.forward(days=730)
    with inside():
        audit.record(None, Did.SAVED, "post", 1, "Kerbs")
    with inside():
        assert audit.old.take(730) == 0
    clock.forward(minutes=1)
    for taken in (2, 1, 0):
        with inside():
            assert audit.old.take(730) == taken
    with inside(False):
        assert list(db.session.scalars(select(Entry.words))) == ["Kerbs"]
