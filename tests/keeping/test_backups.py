"""`flask backup` and `flask restore`: a whole site in one file and back, whatever stops it, whoever wrote the file."""

import contextlib
import fcntl
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import inspect
from sqlalchemy.engine import make_url

from opm.config import SECRET_FILE, ConfigError
from opm.extensions import db, migrate, sqlite_library
from opm.factory import create_app
from opm.keeping import archive, backups, postgres_dumps, putting_back, sqlite_copies
from opm.lib import running
from opm.posts.models import Post
from opm.posts.pictures import media, renditions
from opm.posts.pictures.models import Picture
from tests import cast
from tests.faults.conftest import postgres_url  # noqa: F401
from tests.keeping.test_health import _set_revision

ROOT = Path(__file__).parent.parent.parent
PLACES = ["opm.db", "uploads", SECRET_FILE]


class Place:
    """An instance on which commands are run, each by an app of its own, as `flask` would."""

    def __init__(self, instance, **settings):
        self.instance, self.environ = Path(instance), {"OPM_INSTANCE": str(instance)} | settings

    @contextlib.contextmanager
    def inside(self):
        app = create_app(self.environ)
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()

    def run(self, *words):
        with self.inside() as app:
            result = app.test_cli_runner().invoke(args=[str(word) for word in words])
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def furnish(self, title="Who fills the sandbags?"):
        with self.inside():
            migrate.upgrade()
        with self.inside():
            post = cast.a_post(title=title)
            cast.a_comment(post.thread)
            cast.kept(cast.a_picture((480, 300), "JPEG", colour="noise"), "bench.png")
            db.session.commit()
        return self

    def titles(self):
        with self.inside():
            return db.session.scalars(db.select(Post.title)).all()

    def left(self):
        """Everything in it, but locks."""
        return {path.name: path.stat().st_ino for path in self.instance.iterdir() if path.name not in LOCKS}


LOCKS = (running.LOCK_FILE, "static", "opm.db-wal", "opm.db-shm")


@pytest.fixture(autouse=True)
def as_quick_as_ever(monkeypatch):
    """A backup lets others go first. This process is not only its."""
    monkeypatch.setattr(os, "nice", lambda _by: 0)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    """A site, and a backup of it."""
    folder = tmp_path_factory.mktemp("furnished")
    place = Place(folder / "instance").furnish()
    with place.inside():
        return place, backups.make(folder / "backup.zip").file


@pytest.fixture
def place(furnished, tmp_path):
    """A site with a post, a comment and a picture."""
    shutil.copytree(furnished[0].instance, tmp_path / "instance")
    return Place(tmp_path / "instance")


@pytest.fixture
def backup(furnished, tmp_path):
    """A backup of such a site."""
    return Path(shutil.copy(furnished[1], tmp_path / "backup.zip"))


@pytest.fixture
def empty(tmp_path):
    """An instance on which nobody has started anything."""
    return Place(tmp_path / "empty")


@pytest.fixture
def forge(backup):
    """`forge(act)` writes the backup anew; `act(members, manifest)` changes what is in it."""

    def forge(act):
        with zipfile.ZipFile(backup) as old:
            members = {name: old.read(name) for name in old.namelist()}
        manifest = json.loads(members.pop(archive.MANIFEST))
        act(members, manifest)
        with zipfile.ZipFile(backup, "w") as new:
            for name, content in members.items():
                new.writestr(name, content)
            new.writestr(archive.MANIFEST, json.dumps(manifest))
        return backup

    return forge


def put(members, manifest, name, content=b"hello"):
    """Adds a member, and names it in the manifest as it is."""
    members[name] = content
    manifest["members"][name] = {"size": len(content), "sha256": archive.hashlib.sha256(content).hexdigest()}


# Files that are not what they should be


def symlink(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def traversal(name):
    return lambda members, manifest: put(members, manifest, name)


def another_database(members, manifest):
    manifest["counts"]["post"] = 7


def a_shorter_member(members, manifest):
    manifest["members"][SECRET_FILE]["size"] = 3


def a_changed_picture(members, manifest):
    (name,) = (name for name in members if name.startswith(archive.PICTURES))
    members[name] = members[name][::-1]


def no_database(members, manifest):
    del members["database.sqlite"], manifest["members"]["database.sqlite"]


def a_broken_database(members, manifest):
    content = bytearray(members["database.sqlite"])
    content[4096:40960] = os.urandom(36864)
    put(members, manifest, "database.sqlite", bytes(content))


def no_sqlite_at_all(members, manifest):
    put(members, manifest, "database.sqlite", b"x" * 5000)


def a_hostile_table(members, manifest):
    manifest["counts"]['post"; DROP TABLE post; --'] = 1


def a_newer_version(members, manifest):
    manifest["revision"] = "9999"


def a_newer_format(members, manifest):
    manifest["format"] = 2


def the_other_kind(members, manifest):
    put(members, manifest, "database.pgdump", members.pop("database.sqlite"))
    del manifest["members"]["database.sqlite"]
    manifest["kind"] = "postgresql"


def nonsense(**values):
    return lambda _members, manifest: manifest.update(values)


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (traversal("../outside"), "no backup of ours holds"),
        (traversal("/tmp/outside"), "no backup of ours holds"),
        (traversal("uploads/../opm.db"), "no backup of ours holds"),
        (traversal("uploads/a.0123456789.png/b"), "no backup of ours holds"),
        (traversal("uploads/page.0123456789.html"), "no backup of ours holds"),
        (traversal("uploads\\a.0123456789.png"), "no backup of ours holds"),
        (lambda members, _: members.update({symlink("uploads/x.0123456789.png"): b"/etc/passwd"}), "not what its"),
        (another_database, "not the one that its manifest speaks of"),
        (a_shorter_member, "larger than its manifest says"),
        (a_changed_picture, "is damaged"),
        (no_database, "not what its manifest says"),
        (a_broken_database, "is damaged"),
        (no_sqlite_at_all, "is damaged"),
        (a_hostile_table, "makes no sense"),
        (a_newer_version, "newer version of this site"),
        (a_newer_format, "format 2"),
        (the_other_kind, "flask move-database"),
        (nonsense(made_at="yesterday"), "makes no sense"),
        (nonsense(made_at="2026-11-24T16:00:00"), "makes no sense"),
        (nonsense(counts=[]), "makes no sense"),
        (nonsense(counts={"post": 2**80}), "makes no sense"),
        (nonsense(revision="'; DROP"), "makes no sense"),
        (nonsense(kind="oracle"), "makes no sense"),
        (nonsense(members={"database.sqlite": {"size": -1, "sha256": ""}}), "makes no sense"),
        (nonsense(extra=1), "makes no sense"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_and_nothing_touched(place, forge, act, sentence, tmp_path):
    before, around = place.left(), set(tmp_path.iterdir())
    result = place.run("restore", forge(act), "--force")
    assert result.exit_code == 1
    assert sentence in result.output
    assert place.left() == before
    assert set(tmp_path.iterdir()) == around
    assert place.titles() == ["Who fills the sandbags?"]


def test_a_link_is_no_member(place, forge):
    def act(members, manifest):
        put(members, manifest, "uploads/x.0123456789.png", b"/etc/passwd")
        members[symlink("uploads/x.0123456789.png")] = members.pop("uploads/x.0123456789.png")

    result = place.run("restore", forge(act), "--force")
    assert (result.exit_code, "no backup of ours holds" in result.output) == (1, True)


def test_a_member_that_unpacks_to_more_than_it_says_ends_there(place, backup, monkeypatch):
    """The directory of the archive and the manifest agree on a small size; what is packed is large."""
    bomb = zipfile.ZipFile.open

    def lying(self, name, *args, **kwargs):
        return open(ROOT / "README.md", "rb") if name == SECRET_FILE else bomb(self, name, *args, **kwargs)

    monkeypatch.setattr(zipfile.ZipFile, "open", lying)
    before = place.left()
    result = place.run("restore", backup, "--force")
    assert (result.exit_code, "damaged" in result.output) == (1, True)
    assert place.left() == before


def test_one_that_claims_more_than_the_disk_holds_is_refused_unread(place, backup, monkeypatch):
    monkeypatch.setattr(archive.Manifest, "size", 2**60)
    result = place.run("restore", backup, "--force")
    assert (result.exit_code, "not enough room" in result.output) == (1, True)


@pytest.mark.parametrize("cut", [0, 1, 100, -1, -30])
def test_a_file_that_was_cut_off_is_refused(place, backup, cut):
    backup.write_bytes(backup.read_bytes()[:cut])
    result = place.run("restore", backup, "--force")
    assert (result.exit_code, "is no backup of OPM, or is not whole" in result.output) == (1, True)
    assert place.titles() == ["Who fills the sandbags?"]


def test_any_byte_that_changed_is_seen(furnished, backup, tmp_path):
    content = backup.read_bytes()
    with furnished[0].inside():
        for at in range(200, len(content), len(content) // 12):
            backup.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
            with contextlib.suppress(backups.BadBackup):  # what is not read (a date, say) may change
                assert backups.check(backup).counts["post"] == 1


def test_what_is_no_file_is_told_in_a_sentence(place, tmp_path):
    assert "There is no file" in place.run("restore", tmp_path / "nowhere.zip", "--force").output
    assert "cannot be read" in place.run("restore", tmp_path, "--force").output


# Making


def test_a_backup_holds_all_and_says_so(place, tmp_path):
    result = place.run("backup", tmp_path / "b.zip")
    assert result.exit_code == 0
    assert "1 post, 1 comment, 1 picture" in result.output
    assert "open every link" in result.output
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "b.zip") as made:
        assert len(made.namelist()) == 4
        assert made.read(SECRET_FILE).decode() == (place.instance / SECRET_FILE).read_text()
    assert not list(tmp_path.glob(f"{backups.DRAFTS}*"))


def test_what_was_made_of_a_picture_is_in_it_and_comes_back_with_it(place, empty, tmp_path):
    with place.inside():
        while renditions.go_on():
            pass
        files = {file.name for file in media.folder().iterdir()}
        made = backups.make(tmp_path / "b.zip")
        assert len(files) > 1
        assert len(made.manifest.pictures) == 1, "people count pictures, not files"
    with empty.inside():
        backups.restore(tmp_path / "b.zip")
    with empty.inside():
        assert {file.name for file in media.folder().iterdir()} == files
        picture = db.session.scalars(db.select(Picture)).one()
        assert set(picture.files) == files
        assert not renditions.go_on()


def test_its_age_is_known_once_one_turned_out_well(place, tmp_path, clock):
    place.instance.joinpath(backups.NOTE).unlink(missing_ok=True)
    assert backups.newest(place.instance) is None
    place.run("backup", tmp_path / "b.zip")
    assert backups.newest(place.instance) == clock.at
    place.instance.joinpath(backups.NOTE).write_text('{"made_at": 7}')
    assert backups.newest(place.instance) is None


def test_no_file_that_is_there_is_written_over(place, tmp_path):
    for name in ("b.zip", "instance/opm.db"):
        (tmp_path / "b.zip").write_text("mine")
        assert "Choose another name" in place.run("backup", tmp_path / name).output
    assert (tmp_path / "b.zip").read_text() == "mine"
    assert place.titles() == ["Who fills the sandbags?"]


@pytest.mark.parametrize("where", ["nowhere/b.zip", "file/b.zip"])
def test_a_place_that_cannot_be_written_is_told(place, tmp_path, where):
    (tmp_path / "file").touch()
    result = place.run("backup", tmp_path / where)
    assert (result.exit_code, "This did not succeed" in result.output) == (1, True)


def test_a_site_that_never_began_has_nothing_to_back_up(empty, tmp_path):
    result = empty.run("backup", tmp_path / "b.zip")
    assert (result.exit_code, "no database" in result.output, (tmp_path / "b.zip").exists()) == (1, True, False)
    assert not (empty.instance / "opm.db").exists()


def test_a_damaged_site_gives_no_backup_and_deletes_none(place, tmp_path, clock):
    (folder := tmp_path / "all").mkdir()
    place.run("backup", folder)
    clock.forward(days=1)
    with sqlite_library.connect(place.instance / "opm.db") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE comment SET thread_id = 999")
    connection.close()
    result = place.run("backup", folder, "--keep", 1)
    assert (result.exit_code, "damaged" in result.output) == (1, True)
    assert len(list(folder.iterdir())) == 1


def test_only_this_sites_older_backups_are_deleted(place, tmp_path, clock):
    (folder := tmp_path / "all").mkdir()
    strangers = [folder / "127-0-0-1-8000-20200101-000000.zip", folder / "127-0-0-1-8000-20200102-000000.txt"]
    for stranger in strangers:
        stranger.write_text("mine")
    other = Place(place.instance, OPM_BASE_URL="https://other.example")
    other.run("backup", folder)
    for _ in range(4):
        clock.forward(hours=1)
        result = place.run("backup", folder, "--keep", 2)
    assert "1 older backup was deleted." in result.output
    names = sorted(path.name for path in folder.iterdir() if path not in strangers)
    assert len(names) == 3
    assert names[-1].startswith("other-example-")
    assert all(stranger.read_text() == "mine" for stranger in strangers)


def test_to_keep_some_takes_a_folder(place, tmp_path):
    assert "name a folder" in place.run("backup", tmp_path / "b.zip", "--keep", 2).output
    assert place.run("backup", tmp_path, "--keep", 0).exit_code == 2


def test_what_a_stopped_backup_left_is_cleared_and_what_runs_is_not(place, tmp_path):
    (left := tmp_path / f"{backups.DRAFTS}left").mkdir()
    (going_on := tmp_path / f"{backups.DRAFTS}going-on").mkdir()
    number = os.open(going_on, os.O_RDONLY)
    fcntl.flock(number, fcntl.LOCK_EX)
    place.run("backup", tmp_path / "b.zip")
    os.close(number)
    assert (left.exists(), going_on.exists()) == (False, True)


def test_a_picture_that_goes_away_meanwhile_does_no_harm(place, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    monkeypatch.setattr(backups, "_sources", lambda *given: [*sources(*given), ("uploads/x.0123456789.png", gone)])
    assert place.run("backup", tmp_path / "b.zip").exit_code == 0


sources = backups._sources


def test_a_picture_that_comes_while_the_database_is_copied_is_in_it(place, tmp_path, monkeypatch):
    take = sqlite_copies.take

    def taking(to):
        cast.kept(cast.a_picture((50, 50)), "late.png")
        return take(to)

    monkeypatch.setattr(sqlite_copies, "take", taking)
    assert "2 pictures" in place.run("backup", tmp_path / "b.zip").output


# Putting back


def test_an_empty_instance_becomes_the_site(empty, backup):
    result = empty.run("restore", backup)
    assert result.exit_code == 0, result.output
    assert "1 post, 1 comment, 1 picture." in result.output
    assert "kept" not in result.output
    assert empty.titles() == ["Who fills the sandbags?"]
    with empty.inside() as app:
        assert app.test_client().get(cast.POST).status_code == 200
    with zipfile.ZipFile(backup) as made:
        assert (empty.instance / SECRET_FILE).read_bytes() == made.read(SECRET_FILE)
    assert sorted(empty.left()) == sorted(PLACES)


def test_a_site_is_never_replaced_unasked(place, backup):
    before = place.left()
    result = place.run("restore", backup)
    assert (result.exit_code, "--force" in result.output) == (1, True)
    assert place.left() == before


def test_by_force_the_old_one_is_kept_beside(tmp_path, backup):
    place = Place(tmp_path / "other").furnish("The other site")
    secret = (place.instance / SECRET_FILE).read_text()
    result = place.run("restore", backup, "--force")
    assert result.exit_code == 0, result.output
    assert place.titles() == ["Who fills the sandbags?"]
    (kept,) = place.instance.glob("opm.db.before-*")
    assert str(kept) in result.output
    with contextlib.closing(sqlite_library.connect(kept)) as connection:
        assert connection.execute("SELECT title FROM post").fetchall() == [("The other site",)]
    assert next(place.instance.glob("secret-key.before-*")).read_text() == secret
    assert place.run("restore", backup, "--force").exit_code == 0  # within the same second
    assert len(list(place.instance.glob("opm.db.before-*"))) == 2


def test_a_damaged_site_is_kept_as_it_is(place, backup):
    (place.instance / "opm.db").write_bytes(b"rubbish" * 1000)
    assert place.run("restore", backup, "--force").exit_code == 0
    assert place.titles() == ["Who fills the sandbags?"]
    assert next(place.instance.glob("opm.db.before-*")).read_bytes() == b"rubbish" * 1000


def test_without_the_secret_it_says_what_that_means(place, empty, tmp_path):
    place.run("backup", tmp_path / "b.zip", "--without-secret")
    with zipfile.ZipFile(tmp_path / "b.zip") as made:
        assert SECRET_FILE not in made.namelist()
    result = empty.run("restore", tmp_path / "b.zip")
    assert (result.exit_code, "no longer open" in result.output) == (0, True)


def test_older_tables_come_back_with_the_word_to_say(place, empty, tmp_path):
    with place.inside():
        migrate.downgrade("0008")
    place.run("backup", tmp_path / "b.zip")
    result = empty.run("restore", tmp_path / "b.zip")
    assert (result.exit_code, "flask upgrade" in result.output) == (0, True), result.output


def test_nothing_is_put_back_under_a_running_site(place, backup):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place.instance)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout.readline() == b"here\n"
        result = place.run("restore", backup, "--force")
        assert place.run("backup", backup.with_name("another.zip")).exit_code == 0
        holder.stdin.close()
    assert (result.exit_code, "Stop it first" in result.output) == (1, True)


HOLD = """import sys
from opm.lib import running
with running.together(sys.argv[1]):
    print("here", flush=True)
    sys.stdin.read()
"""


def test_nor_while_anybody_has_the_database_open(place, backup):
    with contextlib.closing(sqlite_library.connect(place.instance / "opm.db")) as other:
        other.execute("SELECT count(*) FROM post").fetchone()
        before = place.left()
        result = place.run("restore", backup, "--force")
    assert (result.exit_code, "Stop it first" in result.output) == (1, True)
    assert place.left() == before


def test_nobody_starts_while_one_is_put_back(place, monkeypatch):
    (place.instance / ".restoring").mkdir()
    (place.instance / ".restoring" / putting_back.PLAN).write_text("{}")
    number = os.open(place.instance / running.LOCK_FILE, os.O_RDWR | os.O_CREAT)
    fcntl.flock(number, fcntl.LOCK_EX)
    try:
        with pytest.raises(ConfigError, match="is being put back"):
            create_app(place.environ)
    finally:
        os.close(number)


class PowerCut(BaseException):
    """Nothing that comes after it is done, as when a process is killed."""


@pytest.fixture
def stop_at(monkeypatch):
    """`stop_at(n)`: the n-th rename or exchange is the last that is not made."""

    def stop_at(number):
        count = 0

        def watched(act):
            def acting(self, target):
                nonlocal count
                count += 1
                if count == number:
                    monkeypatch.setattr(putting_back, "clear", lambda *_: None)
                    raise PowerCut
                return act(self, target)

            return acting

        monkeypatch.setattr(Path, "rename", watched(Path.rename))
        monkeypatch.setattr(Path, "replace", watched(Path.replace))

    return stop_at


@pytest.mark.parametrize("step", range(1, 9))
def test_stopped_anywhere_the_old_site_is_there_or_the_new_one(tmp_path, backup, stop_at, monkeypatch, step):
    place = Place(tmp_path / "other").furnish("The other site")
    old_secret = (place.instance / SECRET_FILE).read_bytes()
    with zipfile.ZipFile(backup) as made:
        new_secret = made.read(SECRET_FILE)
    with monkeypatch.context(), place.inside():
        stop_at(step)
        if step < 8:
            with pytest.raises(PowerCut):
                backups.restore(backup, force=True)
        else:
            backups.restore(backup, force=True)
    monkeypatch.undo()
    titles = place.titles()
    secret = (place.instance / SECRET_FILE).read_bytes()
    assert (titles, secret) == (
        (["The other site"], old_secret) if step == 1 else (["Who fills the sandbags?"], new_secret)
    )
    assert len(list((place.instance / "uploads").iterdir())) == 1
    assert step == 1 or not (place.instance / ".restoring").exists()
    assert len(list(place.instance.glob("*.before-*"))) == (0 if step == 1 else 3)


# PostgreSQL


@pytest.fixture
def on_postgres(postgres_url, tmp_path):  # noqa: F811
    """A site there."""
    return Place(tmp_path / "postgres", OPM_DATABASE_URL=postgres_url).furnish()


def test_on_postgresql_it_goes_there_and_back(on_postgres, tmp_path, monkeypatch):
    place, file = on_postgres, tmp_path / "b.zip"
    assert place.run("backup", file).exit_code == 0
    with place.inside():
        db.session.execute(db.update(Post).values(title="Later"))
        db.session.commit()
    assert "--force" in place.run("restore", file).output
    with monkeypatch.context() as patch:  # counted within the transaction
        patch.setattr(postgres_dumps, "_epilogue", lambda revision, counts: epilogue(revision, counts | {"post": 9}))
        result = place.run("restore", file, "--force")
        assert (result.exit_code, "all is as it was" in result.output) == (1, True)
        assert place.titles() == ["Later"]
    assert not (place.instance / ".restoring").exists()

    result = place.run("restore", file, "--force")
    assert result.exit_code == 0, result.output
    assert "kept at schema before_" in result.output
    assert place.titles() == ["Who fills the sandbags?"]
    with place.inside():
        (kept,) = (name for name in inspect(db.engine).get_schema_names() if name.startswith("before_"))
        assert db.session.scalar(db.text(f"SELECT title FROM {kept}.post")) == "Later"
        assert cast.a_post("next").id  # sequences go on
    assert place.run("backup", tmp_path / "c.zip").exit_code == 0


epilogue = postgres_dumps._epilogue


def test_on_postgresql_a_stop_after_the_commit_is_finished_by_who_comes_next(on_postgres, tmp_path, monkeypatch):
    place, file = on_postgres, tmp_path / "b.zip"
    place.run("backup", file)
    secret = (place.instance / SECRET_FILE).read_text()
    (place.instance / SECRET_FILE).write_text("a" * 20 + "bcdefghijklmnopqrst")
    carry_out = putting_back.carry_out

    def cut(*_):
        raise PowerCut

    monkeypatch.setattr(putting_back, "carry_out", cut)
    with pytest.raises(PowerCut), place.inside():
        backups.restore(file, force=True)
    monkeypatch.setattr(putting_back, "carry_out", carry_out)
    assert (place.instance / SECRET_FILE).read_text() != secret
    assert place.titles() == ["Who fills the sandbags?"]
    assert (place.instance / SECRET_FILE).read_text() == secret


def test_on_postgresql_nothing_is_put_back_under_anybody(on_postgres, postgres_url, tmp_path):  # noqa: F811
    on_postgres.run("backup", tmp_path / "b.zip")
    with psycopg.connect(postgres_url):
        result = on_postgres.run("restore", tmp_path / "b.zip", "--force")
    assert (result.exit_code, "Stop it first" in result.output) == (1, True)


def test_on_postgresql_a_missing_or_old_tool_is_told(on_postgres, tmp_path, monkeypatch):
    (tools := tmp_path / "tools").mkdir()
    monkeypatch.setenv("PATH", str(tools))
    assert "pg_dump is missing here" in on_postgres.run("backup", tmp_path / "b.zip").output
    (tools / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    (tools / "pg_dump").chmod(0o755)
    assert "older than the server" in on_postgres.run("backup", tmp_path / "b.zip").output
    assert not (tmp_path / "b.zip").exists()


def test_on_postgresql_the_password_is_on_no_command_line():
    url = make_url("postgresql://opm:s3cret@db.example:5433/opm?sslmode=require")
    assert "s3cret" not in postgres_dumps._address(url)
    assert "db.example" in postgres_dumps._address(url)
    assert postgres_dumps._environ(url)["PGPASSWORD"] == "s3cret"


def test_a_backup_of_a_newer_schema_is_refused(place, empty, tmp_path):
    with place.inside() as app:
        _set_revision(app, "9999")
    place.run("backup", tmp_path / "b.zip")
    assert "newer version of this site" in empty.run("restore", tmp_path / "b.zip").output
