"""The commands beside a running site: what they do, and the sentences in which they refuse."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from opm import demo
from opm.accounts.models import Person, SignInAttempt
from opm.extensions import db
from opm.factory import create_app
from opm.outbox.models import Email
from opm.posts.models import Post
from tests import cast

ROOT = Path(__file__).parent.parent
EXPORT = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Old place</title><link>https://old.example.org</link><wp:wxr_version>1.2</wp:wxr_version>
<wp:base_blog_url>https://old.example.org</wp:base_blog_url>
<item><title>The weir</title><content:encoded><![CDATA[<p>It holds.</p>]]></content:encoded><wp:post_id>7</wp:post_id>
<wp:post_date>2019-05-01 10:00:00</wp:post_date><wp:post_date_gmt>2019-05-01 09:00:00</wp:post_date_gmt>
<wp:post_name>the-weir</wp:post_name><wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item>
</channel></rss>
"""


@pytest.fixture
def command(app):
    """`command("staff", "add", …)` runs it as `flask` would; `exit_code` and `output` tell how it went."""

    def command(*words):
        result = app.test_cli_runner().invoke(args=words)
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return command


@pytest.fixture
def unmade(tmp_path):
    """An app whose database nobody has started a site on."""
    app = create_app({"OPM_INSTANCE": str(tmp_path)})
    yield app
    with app.app_context():
        db.engine.dispose()


# Staff


def test_somebody_new_becomes_staff(command, inside):
    result = command("staff", "add", " Ines@Northmere.Example", "--name", "Ines  Calder", "--role", "admin")
    assert (result.exit_code, result.output) == (0, "ines@northmere.example  Ines Calder (admin)\n")
    with inside(False):
        person = Person.by_email("ines@northmere.example")
        assert person.is_staff
        assert (person.name, person.roles) == ("Ines Calder", ["admin"])


def test_somebody_known_gets_the_roles_beside_those_they_have(command, inside):
    with inside():
        cast.rosa()
    assert command("staff", "add", "ROSA@northmere.example", "--role", "admin", "--role", "editor").exit_code == 0
    with inside(False):
        person = Person.by_email("rosa@northmere.example")
        assert (person.name, person.roles) == ("Rosa Menk", ["author", "editor", "admin"])


def test_the_same_command_twice_changes_nothing_more(command, inside):
    for _ in range(2):
        assert command("staff", "add", "jo@example.org", "--name", "Jo", "--role", "author").exit_code == 0
    with inside(False):
        assert [person.roles for person in db.session.query(Person)] == [["author"]]


def test_whoever_left_and_comes_back_has_only_the_roles_now_given(command, inside, clock):
    with inside():
        ines = cast.ines()
        ines.left_at = clock.at
    assert command("staff", "add", "ines@northmere.example", "--role", "author").exit_code == 0
    with inside(False):
        person = Person.by_email("ines@northmere.example")
        assert person.is_staff
        assert person.roles == ["author"]


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (["jo@example.org", "--name", "Jo"], 2, "Missing option '--role'"),
        (["jo@example.org", "--name", "Jo", "--role", "king"], 2, "'king' is not one of"),
        (["--name", "Jo", "--role", "admin"], 2, "Missing argument 'EMAIL'"),
        (["jo@example.org", "--role", "admin"], 1, "add --name “Their Name”."),
        (["jo@example.org", "--name", " \u202e ", "--role", "admin"], 1, "add --name “Their Name”."),
        (["jo", "--name", "Jo", "--role", "admin"], 1, "Your email address needs an @"),
        (["jo@example", "--name", "Jo", "--role", "admin"], 1, "needs a dot after the @"),
        (["jo@example.org,kim@example.org", "--name", "Jo", "--role", "admin"], 1, "Write one email address"),
        (["", "--name", "Jo", "--role", "admin"], 1, "Write your email address."),
        (["jo@example.org", "--name", "J" * 81, "--role", "admin"], 1, "1 characters over the limit of 80."),
        (["jo@example.org", "--name", "=?utf-8?q?Jo?=", "--role", "admin"], 1, "Leave out “=?”"),
    ],
)
def test_nonsense_about_staff_is_refused_in_a_sentence(command, inside, words, exit_code, sentence):
    result = command("staff", "add", *words)
    assert result.exit_code == exit_code
    assert sentence in result.output
    with inside(False):
        assert db.session.query(Person).count() == 0


# Signing in


def test_a_sign_in_link_signs_in_once_and_mails_nobody(command, inside, browser):
    with inside():
        cast.ines()
    result = command("sign-in-link", "Ines@northmere.example")
    assert result.exit_code == 0
    assert result.output.startswith("http://127.0.0.1:8000/desk/sign-in/link/")
    path = result.output.strip().removeprefix("http://127.0.0.1:8000")
    browser.visit(path)
    browser.press("Sign in to the desk")
    assert browser.path == "/desk/"
    browser.visit(path, status=410)
    with inside(False):
        assert db.session.query(Email).count() == 0


def test_a_sign_in_link_works_for_ten_minutes(command, inside, browser, clock):
    with inside():
        cast.ines()
    path = command("sign-in-link", "ines@northmere.example").output.strip().removeprefix("http://127.0.0.1:8000")
    clock.forward(minutes=9, seconds=59)
    browser.visit(path)
    clock.forward(seconds=1)
    browser.visit(path, status=410)


@pytest.mark.parametrize("email", ["nobody@example.org", "left@example.org", "member@example.org", ""])
def test_nobody_gets_a_sign_in_link_who_is_not_staff(command, inside, clock, email):
    with inside():
        db.session.add(Person(email="left@example.org", name="Lee", roles=["admin"], left_at=clock.at - timedelta(1)))
        db.session.add(Person(email="member@example.org", name="Mo", roles=[]))
    result = command("sign-in-link", email)
    assert result.exit_code == 1
    assert "Nobody on the staff has the address" in result.output
    with inside(False):
        assert db.session.query(SignInAttempt).count() == 0


# Demo and import


def test_the_demo_fills_an_empty_site_and_no_other(command, inside):
    result = command("demo")
    assert result.exit_code == 0
    with inside(False):
        posts = db.session.query(Post).count()
        assert posts
        assert all(person.email in result.output for person in db.session.scalars(Person.staff()))
    again = command("demo")
    assert again.exit_code == 1
    assert "not empty" in again.output
    with inside(False):
        assert db.session.query(Post).count() == posts
        assert not demo.is_empty()


def test_an_export_is_brought_in_told_in_lines_and_kept(command, inside, tmp_path):
    file = tmp_path / "export.xml"
    file.write_text(EXPORT)
    result = command("import-wordpress", str(file))
    assert result.exit_code == 0
    assert "1 post: 1 brought in" in result.output
    with inside(False):
        assert [post.title for post in db.session.query(Post)] == ["The weir"]
    assert "Nothing was changed" in command("import-wordpress", str(file)).output


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"just words", "XML"), (b"<html></html>", "WordPress"), (b"", "XML"), (None, "exist")]
)
def test_a_file_that_is_no_export_is_refused_in_a_sentence(command, tmp_path, content, sentence):
    file = tmp_path / "export.xml"
    if content is not None:
        file.write_bytes(content)
    result = command("import-wordpress", str(file))
    assert result.exit_code in (1, 2)
    assert "Error: " in result.output
    assert sentence in result.output


# What all of them refuse


@pytest.mark.parametrize(
    "words",
    [
        ["demo"],
        ["worker"],
        ["import-wordpress", __file__],
        ["staff", "add", "jo@example.org", "--name", "Jo", "--role", "admin"],
        ["sign-in-link", "jo@example.org"],
    ],
    ids=lambda words: words[0],
)
def test_a_database_without_tables_is_told_and_left_alone(unmade, words):
    result = unmade.test_cli_runner().invoke(args=words)
    assert result.exit_code == 1
    assert result.output.startswith("Error: The database has no tables yet")
    assert result.output.count("\n") == 1


def test_a_database_of_a_newer_version_is_told_and_left_alone(app, command):
    with app.app_context():
        before = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        db.session.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
        db.session.commit()
    try:
        result = command("sign-in-link", "jo@example.org")
    finally:
        with app.app_context():
            db.session.execute(text("UPDATE alembic_version SET version_num = :before"), {"before": before})
            db.session.commit()
    assert result.exit_code == 1
    assert "made by a newer version" in result.output


def test_a_database_that_does_not_answer_is_told(tmp_path):
    away = create_app({"OPM_INSTANCE": str(tmp_path), "OPM_DATABASE_URL": "postgresql://opm:hunter2@127.0.0.1:1/opm"})
    result = away.test_cli_runner().invoke(args=["sign-in-link", "jo@example.org"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: The database does not answer: ")
    assert result.output.count("\n") == 1
    assert "hunter2" not in result.output


def test_every_command_explains_itself(command):
    shown = command("--help").output
    for name in ("demo", "worker", "import-wordpress", "staff", "sign-in-link"):
        assert name in shown
        assert command(name, "--help").exit_code == 0


def test_flask_finds_them_from_the_projects_folder_and_a_bad_setting_is_a_sentence(tmp_path):
    environ = {**os.environ, "OPM_INSTANCE": str(tmp_path), "OPM_PORT": "eighty"}
    flask = [sys.executable, "-m", "flask", "sign-in-link", "jo@example.org"]
    refused = subprocess.run(flask, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert refused.stderr == "The site cannot start. OPM_PORT must be a whole number from 1 to 65535, not “eighty”.\n"
