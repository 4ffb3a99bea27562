"""`flask upgrade`: to the tables of this version or back to where they were, whatever stops it."""

import os
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import text

from opm import serving
from opm.extensions import db, migrate
from opm.keeping import archive, upgrading
from opm.lib import running, schema
from opm.posts.models import Post
from tests import cast
from tests.faults.conftest import postgres_url  # noqa: F401
from tests.keeping.test_backups import ROOT, Place

BEFORE = "0031"  # the last version whose tables the cast can be written into as they are today
TITLE = "Who fills the sandbags?"


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request, tmp_path):
    """A site with a post and a comment, as an older version left it."""
    settings = {"OPM_DATABASE_URL": request.getfixturevalue("postgres_url")} if request.param == "postgresql" else {}
    place = Place(tmp_path / "instance", **settings)
    with place.inside():
        migrate.upgrade(BEFORE)
    with place.inside():
        cast.a_comment(cast.a_post(title=TITLE).thread)
        db.session.commit()
    return place


def backups_of(place):
    return sorted((place.instance / upgrading.FOLDER).glob("*.zip"))


def revision(place):
    with place.inside(), db.engine.connect() as connection:
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def half_way(patch):
    """The last migration writes, and then stumbles."""

    def stumble():
        from alembic import op

        op.execute("DELETE FROM comment")
        op.execute("CREATE TABLE left_over (id integer)")
        raise RuntimeError("no further\nthan this")

    _replace_the_last_migration(patch, stumble)


def _replace_the_last_migration(patch, with_what):
    script = migrate.script_directory
    patch.setattr(script.get_revision(script.get_current_head()).module, "upgrade", with_what)


def test_an_older_site_is_backed_up_and_brought_to_this_version(old):
    result = old.run("upgrade")
    assert result.exit_code == 0, result.output
    assert "The tables are now those of this version, and were looked through." in result.output
    assert str(backups_of(old)[0]) in result.output
    with archive.opened(backups_of(old)[0]) as (_file, manifest):
        assert (manifest.revision, manifest.counts["comment"]) == (BEFORE, 1)
    assert old.titles() == [TITLE]
    assert "Nothing to do" in old.run("upgrade").output
    assert len(backups_of(old)) == 1


def test_a_new_site_needs_no_backup(tmp_path):
    place = Place(tmp_path / "instance")
    assert place.run("upgrade").exit_code == 0
    assert not (place.instance / upgrading.FOLDER).exists()


def test_a_migration_that_stumbles_half_way_leaves_all_as_it_was(old, monkeypatch, clock):
    with old.inside(), monkeypatch.context() as patch:
        half_way(patch)
        with pytest.raises(upgrading.UpgradeFailed, match="are as they were: RuntimeError at opm/"):
            upgrading.upgrade()
    assert revision(old) == BEFORE
    assert old.titles() == [TITLE]
    with old.inside(), db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM comment")) == 1
        assert not db.inspect(connection).has_table("left_over")
    clock.forward(seconds=1)  # the next backup gets a name of its own
    assert (done := old.run("upgrade")).exit_code == 0, done.output


def test_what_lost_a_row_on_the_way_is_put_back(old, monkeypatch, clock):
    def lose():
        from alembic import op

        op.execute("DELETE FROM comment")

    with old.inside(), monkeypatch.context() as patch:
        _replace_the_last_migration(patch, lose)
        with pytest.raises(upgrading.UpgradeFailed) as refusal:
            upgrading.upgrade()
    assert "Rows are missing from the table “comment”. So the site is back as it was" in str(refusal.value)
    assert revision(old) == BEFORE
    with old.inside(), db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM comment")) == 1
    clock.forward(seconds=1)  # the next backup gets a name of its own
    assert (done := old.run("upgrade")).exit_code == 0, done.output


def test_what_no_page_can_be_made_of_is_put_back(old, monkeypatch, clock):
    def rename():
        from alembic import op

        op.execute("ALTER TABLE tag RENAME TO label")

    with old.inside(), monkeypatch.context() as patch:
        _replace_the_last_migration(patch, rename)
        with pytest.raises(upgrading.UpgradeFailed, match="cannot be made"):
            upgrading.upgrade()
    assert revision(old) == BEFORE
    clock.forward(seconds=1)  # the next backup gets a name of its own
    assert (done := old.run("upgrade")).exit_code == 0, done.output


def test_without_a_backup_nothing_is_upgraded_unless_one_says_so(old, monkeypatch):
    (old.instance / upgrading.FOLDER).write_text("A file stands where the folder should.")
    result = old.run("upgrade")
    assert result.exit_code == 1
    assert "flask upgrade --without-backup" in result.output
    assert revision(old) == BEFORE
    assert old.run("upgrade", "--without-backup").exit_code == 0
    assert old.titles() == [TITLE]


def test_nothing_is_upgraded_under_a_site_that_runs(old):
    with running.together(old.instance):
        told = subprocess.run(
            [sys.executable, "-m", "flask", "upgrade"],
            cwd=ROOT, env=os.environ | old.environ, capture_output=True, text=True,
        )  # fmt: skip
    assert told.returncode == 1
    assert "is still at work here. Stop it first" in told.stderr
    assert revision(old) == BEFORE


def test_one_that_is_killed_in_the_middle_leaves_the_old_or_the_new(old):
    for seconds in (0.9, 1.2, 1.5, 1.8):
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "upgrade"],
            cwd=ROOT, env=os.environ | old.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with old.inside():
            assert revision(old) in (BEFORE, migrate.script_directory.get_current_head())
            assert db.session.query(Post).count() == 1
    assert (done := old.run("upgrade")).exit_code == 0, done.output
    assert old.titles() == [TITLE]


def test_a_start_does_not_try_again_by_itself_what_failed(old, monkeypatch, clock):
    with old.inside() as app, monkeypatch.context() as patch:
        half_way(patch)
        for _number in range(3):
            clock.forward(seconds=1)
            with pytest.raises(serving.CannotStart, match="could not be upgraded"):
                serving.upgrade(app)
    assert len(backups_of(old)) == 1
    with old.inside() as app, pytest.raises(serving.CannotStart, match="To try once more, run: flask upgrade"):
        serving.upgrade(app)
    clock.forward(seconds=1)
    assert old.run("upgrade").exit_code == 0
    with old.inside() as app:
        serving.upgrade(app)
    assert old.titles() == [TITLE]


def test_one_that_was_stopped_after_the_migrations_is_looked_through_at_the_next_start(old, monkeypatch):
    def power_cut(_before):
        raise KeyboardInterrupt

    with old.inside(), monkeypatch.context() as patch:
        patch.setattr(upgrading, "_look_through", power_cut)
        with pytest.raises(KeyboardInterrupt):
            upgrading.upgrade()
    with old.inside(), db.engine.begin() as connection:
        assert schema.is_current()
        connection.execute(text("DELETE FROM comment"))
    result = old.run("upgrade")
    assert "Rows are missing from the table “comment”" in result.output
    assert revision(old) == BEFORE
    with old.inside(), db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM comment")) == 1


def test_a_start_upgrades_in_the_same_way(old):
    with old.inside() as app:
        serving.upgrade(app)
    with old.inside():
        assert schema.is_current()
    assert len(backups_of(old)) == 1


def test_a_database_of_a_newer_version_is_refused_with_a_sentence(old):
    with old.inside(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    result = old.run("upgrade")
    assert result.exit_code == 1
    assert "made by a newer version of this site" in result.output
    assert not (old.instance / upgrading.FOLDER).exists()
