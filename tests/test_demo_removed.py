"""The demo taken away again: all of it, and nothing else, however much people have done with it."""

import pytest
from sqlalchemy import func, select

from opm import demo, settings
from opm.accounts import emails as account_emails
from opm.accounts import signing_in
from opm.accounts.audit import Did, Entry
from opm.accounts.models import Person, Session
from opm.comments import emails as comment_emails
from opm.comments import moderation
from opm.comments.inbox import emails as inbox_emails
from opm.comments.models import Act, Comment, State, Thread
from opm.demo import removing
from opm.extensions import db
from opm.lib import moved
from opm.outbox import posting
from opm.outbox.models import Email
from opm.posts.models import Author, Category, Post, Series, Tag
from opm.posts.pictures import media
from opm.posts.pictures.models import Picture
from opm.reports import emails as report_emails
from opm.reports.models import Ground, Outcome, Report
from opm.reports.settling import settle
from tests import cast
from tests.browser import Browser
from tests.tables import rows

INES = "ines.calder@northmere.example"


@pytest.fixture(autouse=True)
def _an_instance_of_its_own(app, tmp_path, monkeypatch):
    """Other tests keep pictures, too."""
    monkeypatch.setattr(app, "instance_path", str(tmp_path))


@pytest.fixture
def command(app):
    """`command("demo", "--remove")` runs it as somebody at a terminal does who types `typed`."""
    return lambda *words, typed="": app.test_cli_runner().invoke(args=["demo", *words], input=typed)


def by(slug: str) -> Post:
    """The demo's post with this slug."""
    return db.session.scalars(select(Post).where(Post.slug == slug)).one()


def ines() -> Person:
    """Who looks after the demo."""
    return Person.by_email(INES)


def numbers(*models) -> dict:
    """How many rows each has."""
    return {model.__name__: db.session.scalar(select(func.count()).select_from(model)) for model in models}


def use_it(browser, inside):
    """People read, comment, report, sign in and decide."""
    with inside(False):
        address = by("bench").address
    browser.visit(address)
    browser.press("Send comment", text="May I sit on it?", name="Jo Marsh", email="jo@real.example")
    with inside():
        mine = db.session.scalars(select(Comment).where(Comment.email == "jo@real.example")).one()
        mine.confirm()
        moderation.decide(mine, Act.APPROVE, ines(), revision=1)
        cast.a_comment(by("sandbags").thread, name="Kit", email="kit@real.example")
        reply = cast.a_comment(by("bench").thread, State.PUBLISHED, parent=mine, text="So may I.")
        report = Report(address=f"/comment/{reply.id}", comment=reply, rule_number=1, email="kit@real.example")
        notice = Report(address=by("bench").address, ground=Ground.OTHER, email="kit@real.example")
        db.session.add_all([report, notice])
        report.mark_confirmed(), notice.mark_confirmed()
        db.session.flush()
        settle([report], Outcome.LEFT_UP, ines())
        posting.post(removing.REPORT_MAIL, notice.email, notice.id)
        signing_in.begin(ines())
        db.session.add(Session.begin(ines(), "192.0.2.0/24")[0])
        moved.remember("/old/bench/", by("bench").address)


def our_own():
    """What a real team keeps on the same site, without leaning on the demo."""
    person = Person(name="Ada Berg", email="ada@real.example", roles=["admin", "moderator"])
    db.session.add(person)
    post = cast.a_post("kerbs", "Kerbs", category="kerbs", source="https://old.example", source_id="7")
    post.authors = [Author(slug="ada-berg", name="Ada Berg", person_id=None)]
    post.tags = [Tag(name="granite", slug="granite")]
    post.series = Series(title="Stones", slug="stones")
    cast.a_page()
    comment = cast.a_comment(post.thread, email="lou@real.example", text="Too high.")
    db.session.flush()
    moderation.decide(comment, Act.APPROVE, person, revision=1)
    notice = Report(address="/about/", ground=Ground.OTHER, email="kit@real.example")
    db.session.add(notice)
    moved.remember("/old/kerbs/", post.address)
    settings.change(licence="Copy it.")


def test_what_is_left_is_what_would_be_there_without_it(app, inside, browser, command):
    empty = rows(app, "publicity")
    with inside():
        demo.load()
    loaded = rows(app, "publicity")
    with inside():
        our_own()
    with_ours = rows(app, "publicity")
    use_it(browser, inside)
    told = command("--remove", "--yes")
    assert told.exit_code == 0, told.output
    left = rows(app, "publicity", "tally", "audit_entry")
    for table, held in left.items():
        ours = set(with_ours[table]) - set(loaded[table])
        remembered = {"('is_demo', False)"} if table == "setting" else set()
        assert set(held) == set(empty[table]) | ours | remembered, table
    with app.app_context():
        assert list(media.folder().glob("*")) == []
        log = db.session.execute(select(Entry.did, Person.name).outerjoin(Entry.by).order_by(Entry.id)).all()
        assert log == [(Did.LOADED_DEMO, None), (Did.APPROVED, "Ada Berg"), (Did.REMOVED_DEMO, None)]


def test_it_lists_what_goes_and_asks(app, inside, browser, command):
    with inside():
        demo.load()
    use_it(browser, inside)
    before = rows(app)
    told = command("--remove", typed="n\n")
    assert told.exit_code == 1
    for line in ("15 posts, with their", "74 comments", "3 of these comments", "4 reports", "account of Ines Calder"):
        assert line in told.output
    assert command("--remove").exit_code == 1, "nobody was there to be asked"
    assert rows(app) == before
    told = command("--remove", typed="y\n")
    assert told.exit_code == 0
    assert "flask staff add" in told.output
    with inside(False):
        assert not any(numbers(Post, Thread, Comment, Report, Person, Author, Category, Tag, Series, Email).values())


def test_it_reads_well_when_empty_and_does_not_come_back_by_itself(inside, browser, command):
    with inside(False):
        assert demo.is_wanted()
    command()
    with inside(False):
        address = by("bench").address
    assert command("--remove", "--yes").exit_code == 0
    with inside(False):
        assert demo.is_empty()
        assert not demo.is_wanted()
        assert not settings.current().is_demo
    browser.visit("/")
    assert "Northmere" not in browser.text
    assert "made up" not in browser.text
    browser.visit("/about/")
    browser.visit(address, 404)
    again = command("--remove", "--yes")
    assert again.exit_code == 1
    assert "no demo" in again.output
    assert command().exit_code == 0, "whoever asks for it gets it"
    with inside(False):
        assert numbers(Post) == {"Post": 15}


def test_what_the_team_made_of_it_stays(app, inside, command):
    with inside():
        demo.load()
        picture = by("bench").text.partition("(/uploads/")[2].partition(")")[0]
        post = cast.a_post("kerbs", "Kerbs")
        post.authors = [db.session.scalars(select(Author).where(Author.slug == "ines-calder")).one()]
        post.categories = [Category.by_slug("buses")]
        post.tags = [db.session.scalars(select(Tag).where(Tag.slug == "shops")).one()]
        post.write(f"Look: ![a bench](/uploads/{picture})")
        comment = cast.a_comment(post.thread)
        moderation.decide(comment, Act.APPROVE, ines(), revision=1)
        settings.change(site_name="Kerbs in the Open")
        db.session.scalars(select(Category).where(Category.slug == "rivers-and-floods")).one().slug = "rivers"
        Person.by_email("piotr.lund@northmere.example").email = "piotr@real.example"
    assert command("--remove", "--yes").exit_code == 0
    with inside(False):
        (left,) = db.session.scalars(select(Post))
        assert [author.name for author in left.authors] == ["Ines Calder"]
        assert left.authors[0].person_id is None
        assert set(db.session.scalars(select(Category.slug))) == {"buses", "rivers"}
        assert list(db.session.scalars(select(Tag.slug))) == ["shops"]
        assert settings.current().site_name == "Kerbs in the Open"
        assert settings.current().organisation == ""
        decided = db.session.scalars(select(Comment)).one().decisions[0]
        assert decided.by.name == "Ines Calder"
        assert not decided.by.is_staff
        assert [person.name for person in db.session.scalars(Person.staff())] == ["Piotr Lund"]
        assert [file.name for file in media.folder().iterdir()] == [picture]
    assert Browser(app).visit(left.address)


def test_a_picture_of_the_demo_that_is_the_logo_stays(inside, command):
    with inside():
        demo.load()
        picture = db.session.scalar(select(Picture).limit(1))
        settings.change(logo=(picture.address, 40, 40))
    assert command("--remove", "--yes").exit_code == 0
    with inside(False):
        assert [each.name for each in db.session.scalars(select(Picture))] == [picture.name]
        assert (media.folder() / picture.name).exists()


def test_a_post_that_one_of_the_demo_wrote_keeps_their_name(inside, command):
    with inside():
        demo.load()
        cast.a_draft("Kerbs", by=ines())
    assert command("--remove", "--yes").exit_code == 0
    with inside(False):
        (left,) = db.session.scalars(select(Post))
        assert left.written_by.name == "Ines Calder"
        assert not left.written_by.is_staff


def test_whoever_was_signed_in_as_one_of_the_demo_is_signed_out(app, inside, command):
    with inside():
        demo.load()
    browser = cast.signed_in(Browser(app), inside, who=ines)
    assert command("--remove", "--yes").exit_code == 0
    browser.visit("/desk/")
    assert "Sign in" in browser.heading


def test_every_kind_of_mail_is_thought_of():
    """A kind that is new may be about the demo, too."""
    known = {value for name, value in vars(removing).items() if name.endswith("MAIL")}
    features = account_emails, comment_emails, inbox_emails, report_emails
    assert known == {kind for feature in features for kind in feature.RENDERERS}
