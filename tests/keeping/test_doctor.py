"""`flask doctor`: each thing that can go wrong is seen going wrong, in a sentence that says what to do, and mended."""

import json
import os
import socket
import ssl
import subprocess
import sys
from collections import namedtuple
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from werkzeug.datastructures import Headers

from opm import extensions
from opm.config import SECRET_FILE
from opm.extensions import db, migrate
from opm.keeping import database, doctor, findings, health, machine, mailing, visiting
from opm.outbox import posting
from opm.outbox.models import Email, State
from tests import cast
from tests.counting import counting
from tests.keeping.test_health import _set_revision
from tests.outbox.conftest import connect
from tests.outbox.smtp import Server
from tests.running import bare_environment
from tests.tables import rows

ROOT = Path(__file__).parent.parent.parent
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def front(app, clock):
    """What stands in front of the site, as a WSGI layer that a test may change: `front.layer`."""

    class Front:
        layer = staticmethod(lambda environ, start: app(environ, start))

        def __call__(self, environ, start):
            def dated(status, headers, *exc_info):
                return start(status, [*headers, ("Date", format_datetime(clock.at, usegmt=True))], *exc_info)

            return self.layer(environ, dated)

    return Front()


@pytest.fixture
def well(app, monkeypatch, serve, front, beating):
    """The site, well in every respect, on an address of its own."""
    monkeypatch.setitem(app.config, "BASE_URL", f"http://127.0.0.1:{serve(front)}")
    with app.app_context():
        for file in machine._database_files():
            file.chmod(0o600)
    Path(app.instance_path).chmod(0o700)
    Path(app.instance_path, SECRET_FILE).chmod(0o600)
    beating()
    return app


@pytest.fixture
def examine(well):
    """`examine()` gives the exit code and, by what they are about, the findings that are not ok."""

    def examine(*words, app=well):
        result = app.test_cli_runner().invoke(args=["doctor", "--json", *words])
        assert isinstance(result.exception, SystemExit | None), result.exception
        said = json.loads(result.stdout)
        bad = [finding for finding in said["findings"] if finding["grade"] != "ok"]
        assert all(finding["sentence"].endswith((".", ")")) or ":" in finding["sentence"] for finding in bad)
        return result.exit_code, {
            finding["about"]: (finding["grade"], finding["sentence"], finding["advice"]) for finding in bad
        }

    return examine


def one(found, about, grade):
    """The sentence and the advice of the only finding."""
    assert set(found) == {about}, found
    assert found[about][0] == grade
    return found[about][1:]


# All is well


def test_a_site_that_is_well_gets_a_line_for_each_thing_and_exit_code_0(well):
    result = well.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 0, result.output
    first, blank, *lines = result.output.splitlines()
    assert (first, blank) == ("All is well.", "")
    assert all(line.startswith("ok  ") for line in lines)
    assert {"secret", "database", "tables", "integrity", "clock", "worker", "outbox", "address", "mail"} <= {
        line.split()[1] for line in lines
    }


def test_looking_changes_nothing(well, inside, examine):
    with inside():
        cast.a_post()
    before, files = rows(well), {path: path.stat().st_size for path in Path(well.instance_path).rglob("*")}
    with counting(well) as statements:
        assert examine() == (0, {})
    assert rows(well) == before
    assert {path: path.stat().st_size for path in Path(well.instance_path).rglob("*")} == files
    assert {statement.split()[0] for statement in statements} <= {"SELECT", "PRAGMA"}, statements


def test_what_is_broken_comes_first_in_the_sum_and_lines_stay_narrow(examine, well, monkeypatch):
    monkeypatch.setattr(machine.os, "geteuid", lambda: 54321)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 1000))
    result = well.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 2
    lines = result.output.splitlines()
    assert lines[0] == "1 broken: disk; 1 to look at: user."
    assert all(len(line) <= doctor.WIDTH for line in lines)
    assert any(line.startswith("broken  disk") for line in lines)
    assert "                   Make room: delete" in result.output
    assert examine()[0] == 2


# The machine


def test_somebody_else_than_the_owner_is_told_so(examine, monkeypatch):
    monkeypatch.setattr(machine.os, "geteuid", lambda: 54321)
    code, found = examine()
    sentence, advice = one(found, "user", "look")
    assert code == 1
    assert sentence.startswith("You are 54321, and the site’s folder belongs to ")
    assert "sudo -u" in advice


def test_whoever_may_not_look_at_a_file_is_told_so_and_the_other_looks_go_on(examine, monkeypatch):
    def refuse():
        raise PermissionError(13, "Permission denied", "/srv/opm/secret-key")

    monkeypatch.setattr(doctor, "AT_THE_MACHINE", [("secret", refuse)])
    sentence, advice = one(examine()[1], "secret", "broken")
    assert sentence == "You may not look at /srv/opm/secret-key."
    assert "owner" in advice


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secret_that_others_can_read_is_broken(well, examine, mode):
    file = Path(well.instance_path, SECRET_FILE)
    file.chmod(mode)
    sentence, advice = one(examine()[1], "secret", "broken")
    assert "sign in as anybody" in sentence
    assert advice == f"Run: chmod 600 {file}"
    assert well.secret_key not in sentence + advice
    file.chmod(0o600)
    assert examine() == (0, {})


def test_a_secret_from_the_environment_needs_no_file(well, examine, monkeypatch):
    monkeypatch.setattr(well, "secret_key", "0123456789" * 4)
    file = Path(well.instance_path, SECRET_FILE)
    file.chmod(0o644)  # another one, which opens nothing
    assert examine() == (0, {})
    file.chmod(0o600)


def test_a_folder_that_others_can_write_to_is_broken(well, examine):
    folder = Path(well.instance_path)
    folder.chmod(0o777)
    sentence, advice = one(examine()[1], "files", "broken")
    assert str(folder) in sentence
    assert "chmod go-w" in advice
    folder.chmod(0o755)  # a web server may pass through it
    assert examine() == (0, {})
    folder.chmod(0o700)


def test_a_database_that_others_can_read_is_to_be_looked_at(well, examine):
    with well.app_context():
        file = machine.database_file()
    if file is None:
        return
    file.chmod(0o644)
    sentence, advice = one(examine()[1], "files", "look")
    assert file.name in sentence
    assert advice == f"Run: chmod 600 {file}"
    file.chmod(0o600)


def test_a_folder_that_nobody_can_write_to_is_broken(examine, monkeypatch):
    monkeypatch.setattr(machine.os, "access", lambda *_: False)
    sentence, _advice = one(examine()[1], "files", "broken")
    assert "cannot write" in sentence


@pytest.mark.parametrize(
    ("free", "grade"), [(0, "broken"), (49 * 10**6, "broken"), (51 * 10**6, "look"), (10**9, None)]
)
def test_a_disk_that_fills_up_is_told_in_time(examine, monkeypatch, free, grade):
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(10**12, 10**12, free))
    found = examine()[1]
    if grade is None:
        assert found == {}
    else:
        sentence, advice = one(found, "disk", grade)
        assert findings.size(free) in sentence
        assert "Make room" in advice


def test_a_large_database_wants_room_for_a_copy(examine, monkeypatch):
    monkeypatch.setattr(machine, "database_size", lambda: 10**11)
    for free, grade in ((10**10 - 1, "broken"), (10**11, "look")):
        monkeypatch.setattr(machine.shutil, "disk_usage", lambda _, free=free: Usage(10**12, 10**12, free))
        one(examine()[1], "disk", grade)


def test_a_disk_on_which_no_more_files_can_be_made_is_told(examine, monkeypatch):
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(10**12, 10**11, 10**11))
    monkeypatch.setattr(machine.os, "statvfs", lambda _: namedtuple("S", "f_files f_favail")(1000, 3))
    assert one(examine()[1], "disk", "look")[0] == "Only 3 more files can be made there."


def test_a_sqlite_that_loses_commits_is_told(well, examine, monkeypatch):
    with well.app_context():
        if not machine.is_sqlite():
            return
    monkeypatch.setattr(machine.extensions, "journal_mode", lambda _: "DELETE")
    assert "lose commits" in one(examine()[1], "SQLite", "look")[0]


def test_a_wal_that_grows_without_end_is_told(well, examine, monkeypatch, tmp_path):
    with well.app_context():
        if not machine.is_sqlite():
            return
    for name in ("big.db", "big.db-wal"):
        (tmp_path / name).touch(0o600)
    os.truncate(tmp_path / "big.db-wal", 101 * 10**6)
    monkeypatch.setattr(machine, "database_file", lambda: tmp_path / "big.db")
    sentence, advice = one(examine()[1], "WAL", "look")
    assert sentence.startswith("big.db-wal has grown to 101 MB")
    assert "Start the site again" in advice


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "2 KB"), (3.2e9, "3.2 GB"), (84e9, "84 GB"), (1e16, "10000 TB")],
)
def test_sizes_are_told_in_words(app, count, words):
    with app.app_context():
        assert findings.size(count) == words


# Backups


@pytest.fixture
def note(well):
    """`note(text)` is what the last backup left."""
    file = Path(well.instance_path, machine.BACKUPS_NOTE)
    yield file.write_text
    file.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("ago", "grade"),
    [
        (timedelta(hours=1), None),
        (timedelta(days=2), None),
        (timedelta(days=2, minutes=1), "look"),
        (timedelta(days=15), "broken"),
        (timedelta(hours=-1), "look"),
    ],
)
def test_a_backup_that_gets_old_is_told(examine, note, clock, ago, grade):
    note(json.dumps({"made_at": (clock.at - ago).isoformat()}))
    found = examine()[1]
    if grade is None:
        assert found == {}
    else:
        assert "flask backup" in one(found, "backup", grade)[1]


@pytest.mark.parametrize(
    "nonsense", ["", "[]", "7", '"x"', '{"made_at": 7}', '{"made_at": "soon"}', '{"made_at": "2026-10-14"}', "[" * 9000]
)
def test_a_note_that_says_nothing_is_no_backup(examine, note, well, monkeypatch, nonsense):
    note(nonsense)
    assert examine() == (0, {})  # on a machine of one's own
    monkeypatch.setitem(well.config, "IS_LOOPBACK", False)
    assert examine()[1]["backup"][:2] == ("look", "None was ever made.")


# The database


def test_a_database_that_is_not_there_is_not_made_by_looking(another_app, examine):
    app = another_app()
    code, found = examine(app=app)
    assert code == 2
    assert found["database"][0] == "broken"
    assert "restore" in found["database"][2]
    assert not Path(app.instance_path, "opm.db").exists()
    assert "worker" not in found, "nobody was asked"


def test_a_database_that_is_away_is_told_in_its_words_without_its_password(another_app, examine):
    app = another_app(OPM_DATABASE_URL="postgresql://somebody:pass-word@127.0.0.1:1/opm")
    code, found = examine(app=app)
    assert code == 2
    assert "Connection refused" in found["database"][1]
    assert "pass-word" not in str(found)


def test_a_database_that_never_answers_is_not_waited_for(examine, monkeypatch):
    monkeypatch.setattr(database, "ANSWER_WITHIN_SECONDS", 0.05)
    monkeypatch.setattr(database, "size_now", lambda: __import__("time").sleep(0.5))
    assert "did not answer within" in one(examine()[1], "database", "broken")[0]


def test_a_file_that_is_no_database_is_told(another_app, examine, tmp_path):
    (tmp_path / "nonsense.db").write_bytes(b"This is no database at all." * 1000)
    found = examine(app=another_app(OPM_DATABASE_URL=f"sqlite:///{tmp_path / 'nonsense.db'}"))[1]
    assert found["database"][:2] == ("broken", "The database is damaged: file is not a database.")


def test_a_database_that_somebody_holds_locked_is_told(another_app, examine, tmp_path, monkeypatch):
    monkeypatch.setattr(extensions, "BUSY_WAIT_SECONDS", 0.2)
    app = another_app()
    with app.app_context(), db.engine.connect():
        pass
    with app.app_context():
        db.engine.dispose()
    other = extensions.sqlite_library.connect(tmp_path / "instance/opm.db", isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    found = examine(app=app)[1]
    other.close()
    assert found["database"][1] == "It does not answer: database is locked."
    assert "holds it locked" in found["database"][2]


def test_tables_of_another_version_are_told_and_nothing_more_is_asked_of_them(well, examine):
    with well.app_context():
        ours = db.session.scalar(health.MADE)
        db.session.rollback()
    try:
        for theirs, word in (("9999", "newer"), ("0001", "older")):
            _set_revision(well, theirs)
            assert word in one(examine()[1], "tables", "broken")[0]
    finally:
        _set_revision(well, ours)


@pytest.fixture
def small(another_app, tmp_path):
    """A migrated site on SQLite, and its file."""
    app = another_app()
    with app.app_context():
        migrate.upgrade()
    with app.app_context():
        db.session.commit()
        db.engine.dispose()  # whoever leaves last puts all into the file
    return app, tmp_path / "instance/opm.db"


def test_a_damaged_database_is_told(small, examine):
    app, file = small
    assert "integrity" not in examine(app=app)[1]
    with app.app_context():
        db.engine.dispose()
    whole = bytearray(file.read_bytes())
    whole[20 * 4096 + 100 : 40 * 4096] = b"\xaa" * (20 * 4096 - 100)
    file.write_bytes(whole)
    found = examine(app=app)[1]
    grade, sentence, advice = found.get("integrity") or found["database"]
    assert grade == "broken"
    assert "damaged" in sentence
    assert "flask restore" in advice


def test_a_row_that_speaks_of_one_that_is_gone_is_told(small, examine):
    app, file = small
    with extensions.sqlite_library.connect(file) as raw:
        raw.execute("INSERT INTO thread_decision (thread_id, by_id, act, decided_at) VALUES (7, 7, 'x', '2026-01-01')")
    grade, sentence, _advice = examine(app=app)[1]["integrity"]
    assert (grade, sentence) == ("broken", "2 rows speak of ones that are gone.")


def test_a_clock_behind_what_was_written_is_told(inside, examine, clock, beating):
    with inside():
        posting.post("a kind", "jo@example.org", 1, due_at=clock.at + timedelta(days=9))
    clock.forward(days=-2)
    beating()
    sentence, advice = one(examine()[1], "clock", "broken")
    assert "2 days" in sentence
    assert "timedatectl" in advice
    clock.forward(days=2)
    beating()
    assert examine() == (0, {})


def test_a_worker_that_never_was_or_is_no_more_is_told(well, examine, clock, beating, inside):
    clock.forward(seconds=91)
    sentence, advice = one(examine()[1], "worker", "broken")
    assert sentence.startswith("None was at work for 1 minute")
    assert "flask worker" in advice
    beating()
    assert examine() == (0, {})
    with inside():
        db.session.execute(text("DELETE FROM worker_beat"))
    assert "None was ever at work" in one(examine()[1], "worker", "broken")[0]


def test_a_worker_that_forgets_nothing_is_told(examine, beating):
    beating(clock_was_moved=True)
    sentence, advice = one(examine()[1], "worker", "look")
    assert "forgets nothing" in sentence
    assert "whether the clock is right" in advice


def test_a_beat_of_the_future_is_told_as_unknown(examine, clock, beating, monkeypatch):
    clock.forward(seconds=30)  # less than what makes a clock wrong
    beating()
    clock.forward(seconds=-30)
    assert "Nobody can say" in one(examine()[1], "worker", "look")[0]


def test_mail_that_waits_is_told(inside, examine, clock, beating):
    with inside():
        posting.post("a kind", "jo@example.org", 1)
    clock.forward(minutes=16)
    beating()
    sentence, _advice = one(examine()[1], "outbox", "broken")
    assert sentence == "An email that is due has waited for 16 minutes; 1 wait in all."


def test_mail_that_was_refused_is_told_without_addresses(inside, examine, clock):
    with inside():
        posting.post("a kind", "jo@example.org", 1).settle(State.FAILED, "550 no jo@example.org here")
    code, found = examine()
    assert code == 1
    assert one(found, "outbox", "look")[0] == "1 email was refused for good."
    assert "jo@example.org" not in str(found)


def test_one_email_that_was_put_off_is_usual_and_many_are_not(inside, examine, clock):
    def put_off(count):
        with inside():
            for number in range(count):
                email = posting.post("a kind", "jo@example.org", number, due_at=clock.at + timedelta(minutes=1))
                email.tries, email.answer = 1, "451 later"

    put_off(5)
    assert examine() == (0, {})
    put_off(1)
    assert "6 emails were put off" in one(examine()[1], "outbox", "look")[0]


# The site's address


def passing(app, **headers):
    """In front of the site: a server that sets these headers, as environ has them."""
    return lambda environ, start: app(environ | headers, start)


def adding_the_visitor(app, visitor="198.51.100.9", **headers):
    """A server that adds the visitor to X-Forwarded-For, as nginx does."""

    def layer(environ, start):
        came_with = environ.get("HTTP_X_FORWARDED_FOR")
        added = f"{came_with}, {visitor}" if came_with else visitor
        return app(environ | {"HTTP_X_FORWARDED_FOR": added} | headers, start)

    return layer


@pytest.fixture
def trusting(site, well, database_url, another_app):
    """`trusting(count)` is the same site, which believes so many servers in front of it."""

    def trusting(count):
        app = another_app(OPM_DATABASE_URL=database_url, OPM_TRUSTED_PROXIES=str(count))
        app.secret_key = well.secret_key
        app.config["SECRET_KEY"] = well.secret_key
        app.config["BASE_URL"] = well.config["BASE_URL"]
        return app

    return trusting


def test_with_no_server_in_front_none_may_be_believed(front, trusting, examine):
    front.layer = app = trusting(1)
    sentence, advice = one(examine()[1], "proxies", "broken")
    assert "pretend to be anybody" in sentence
    assert advice == "Set OPM_TRUSTED_PROXIES=0."
    assert app


@pytest.mark.parametrize(
    ("trusted", "in_front", "said"),
    [(0, 1, "the same one"), (1, 1, None), (2, 1, "pretend"), (1, 2, "the same one"), (2, 2, None), (3, 2, "pretend")],
)
def test_the_site_believes_as_many_servers_as_stand_in_front(front, trusting, examine, trusted, in_front, said):
    layer = trusting(trusted)
    for _ in range(in_front):
        layer = adding_the_visitor(layer)
    front.layer = layer
    found = examine()[1]
    if said is None:
        assert found == {}
    else:
        sentence, advice = one(found, "proxies", "broken")
        assert said in sentence
        assert advice == f"Set OPM_TRUSTED_PROXIES={in_front}."


def test_a_server_that_believes_nobody_and_says_who_asked_is_seen_through(front, trusting, examine):
    front.layer = passing(trusting(2), HTTP_X_FORWARDED_FOR="198.51.100.9")  # as Caddy does
    sentence, advice = one(examine()[1], "proxies", "broken")
    assert "the same one" in sentence
    assert advice == "Set OPM_TRUSTED_PROXIES=1."
    front.layer = passing(trusting(1), HTTP_X_FORWARDED_FOR="198.51.100.9")
    assert examine() == (0, {})


@pytest.fixture
def https(well, monkeypatch, note, clock):
    """The site's address is https; what stands in front has a certificate. It is backed up."""
    note(json.dumps({"made_at": clock.at.isoformat()}))

    class Front(visiting.http.client.HTTPConnection):
        def __init__(self, host, port, **options):
            assert (host, port) == ("policy.example", None)
            super().__init__("127.0.0.1", urlport, **options)

        def putrequest(self, method, url, **_):
            super().putrequest(method, url, skip_host=True)
            self.putheader("Host", "policy.example")

    urlport = int(well.config["BASE_URL"].rpartition(":")[2])
    monkeypatch.setattr(visiting.http.client, "HTTPSConnection", Front)
    monkeypatch.setitem(well.config, "BASE_URL", "https://policy.example")
    monkeypatch.setitem(well.config, "IS_LOOPBACK", False)


def test_a_site_that_sees_http_where_its_address_says_https_is_told(https, front, trusting, examine):
    front.layer = adding_the_visitor(trusting(1))
    sentence, advice = one(examine()[1], "scheme", "broken")
    assert sentence == "The site sees http, and its address says https."
    assert "X-Forwarded-Proto" in advice
    front.layer = adding_the_visitor(trusting(0), HTTP_X_FORWARDED_PROTO="https")
    found = examine()[1]
    assert found["scheme"][2] == found["proxies"][2] == "Set OPM_TRUSTED_PROXIES=1."
    front.layer = adding_the_visitor(trusting(1), HTTP_X_FORWARDED_PROTO="https")
    assert examine() == (0, {})


def test_a_server_in_front_that_keeps_the_name_or_the_visitor_to_itself_is_told(https, front, trusting, examine):
    front.layer = adding_the_visitor(trusting(1), HTTP_X_FORWARDED_PROTO="https", HTTP_HOST="10.0.0.3:8000")
    sentence, advice = one(examine()[1], "host", "broken")
    assert "10.0.0.3:8000" in sentence
    assert "Host" in advice

    def silent(environ, start):
        environ.pop("HTTP_X_FORWARDED_FOR", None)
        return trusting(1)(environ | {"HTTP_X_FORWARDED_PROTO": "https"}, start)

    front.layer = silent
    assert "who is asking" in one(examine()[1], "proxies", "broken")[0]


def test_a_public_address_without_tls_is_told(https, well, examine, monkeypatch, front, trusting):
    monkeypatch.setattr(visiting.http.client, "HTTPConnection", visiting.http.client.HTTPSConnection)
    monkeypatch.setitem(well.config, "BASE_URL", "http://policy.example")
    front.layer = adding_the_visitor(trusting(1))
    sentence, advice = one(examine()[1], "address", "look")
    assert "can be read" in sentence
    assert "https://" in advice


def answering(body=b"", status="200 OK", **headers):
    """Something else, which gives this answer to everybody."""

    def layer(environ, start):
        start(status, Headers(headers).to_wsgi_list())
        return [body]

    return layer


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (answering(b"<h1>Welcome to nginx!</h1>"), "Something else answers at"),
        (answering(b"Bad gateway", "502 Bad Gateway"), "(status 502)"),
        (answering(b"[" * 9000), "Something else answers at"),
        (answering(b"\xff\xfe\x00" * 40000), "Something else answers at"),
        (answering(b'{"status": ["ok"], "understood": 7}'), "Something else answers at"),
        (answering(b'{"status": "ok"}'), "does not know this one’s secret"),
        (answering(b'{"status": "ok", "understood": {"proof": "\\ud800", "scheme": "http"}}'), "does not know"),
        (answering(b'{"status": "ok", "understood": {"proof": "1.aaaaaaaaaaaaaaaaaaaaaa"}}'), "does not know"),
        (answering(status="301 Moved", Location="https://www.policy.example/\x1b[31mhealthz"), "sends its visitors"),
    ],
)  # fmt: skip
def test_something_else_at_the_address_is_told_and_never_believed(front, examine, layer, sentence):
    front.layer = layer
    said, advice = one(examine()[1], "address", "broken")
    assert sentence in said
    assert advice
    assert said.isprintable()


def test_a_site_that_is_down_is_told(well, examine, monkeypatch):
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        there = well.config["BASE_URL"]
        monkeypatch.setitem(well.config, "BASE_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setitem(well.config, "PORT", port)
        sentence, advice = one(examine()[1], "address", "broken")
        assert sentence == f"Nobody answers at http://127.0.0.1:{port}."
        assert "./run" in advice
        monkeypatch.setitem(well.config, "PORT", int(there.rpartition(":")[2]))
        assert "runs on this machine" in one(examine()[1], "address", "broken")[0]


def test_a_name_that_nobody_knows_is_told(well, examine, monkeypatch):
    monkeypatch.setitem(well.config, "BASE_URL", "http://nobody.invalid")
    assert "Nobody knows the name" in one(examine()[1] | {}, "address", "broken")[0]


def test_a_certificate_that_browsers_refuse_is_told(well, examine, monkeypatch):
    def refuse(base):
        error = ssl.SSLCertVerificationError(1, "certificate has expired")
        error.verify_message = "certificate has expired"
        raise error

    monkeypatch.setattr(visiting, "_ask", refuse)
    assert "certificate has expired" in one(examine()[1], "certificate", "broken")[0]


def test_a_certificate_that_ends_soon_and_a_clock_that_differs_are_told(well, examine, monkeypatch, clock):
    def later(base, ask=visiting._ask, **values):
        seen = ask(base)
        ends_at = clock.at + timedelta(days=13, hours=1)
        return replace(seen, certificate_ends_at=ends_at, date="Wed, 14 Oct 2026 09:05:00 GMT")

    monkeypatch.setattr(visiting, "_ask", later)
    code, found = examine()
    assert code == 1
    assert found["certificate"][1] == "It ends in 13 days 1 hour."
    assert "5 minutes apart" in found["clock"][1]


# The badge


def test_nobody_without_a_badge_learns_what_the_site_understood(app, clock):
    client = app.test_client()
    with app.app_context():
        now = int(clock.at.timestamp())
        badges = {
            "of now": visiting.tokens.seal(visiting.PURPOSE, f"{now}-x"),
            "old": visiting.tokens.seal(visiting.PURPOSE, f"{now - 61}-x"),
            "of the future": visiting.tokens.seal(visiting.PURPOSE, f"{now + 61}-x"),
            "another purpose": visiting.tokens.seal("receipt", f"{now}-x"),
        }
    badges |= {"cut": badges["of now"][:-1], "empty": "", "long": "9" * 5000, "odd": "\xe9.\xff", "no time": "x-y.z"}
    told = {
        name: "understood" in client.get("/healthz", headers={visiting.BADGE: badge}).json
        for name, badge in badges.items()
    }
    assert told == dict.fromkeys(badges, False) | {"of now": True}
    assert "understood" not in client.get("/healthz").json


# Mail


@pytest.fixture
def server(app, monkeypatch):
    """A mail server that really listens."""
    server = Server()
    monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
    monkeypatch.setitem(app.config, "MAIL_PORT", server.port)
    connect(app, monkeypatch, server)
    yield server
    server.stop()


def test_a_test_mail_goes_at_once_and_leaves_no_row(well, inside, examine, server):
    server.start()
    assert examine("--mail", "jo@example.org") == (0, {})
    (message,) = server.messages
    assert message["To"] == "jo@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "There is nothing to do." in message.get_body(("plain",)).get_content()
    with inside(False):
        assert db.session.query(Email).count() == 0


def test_without_the_option_the_server_is_greeted_and_nothing_is_sent(examine, server):
    server.start()
    assert examine() == (0, {})
    assert server.connection_count == 1
    assert server.messages == []


def test_what_the_server_answers_is_told(examine, server):
    server.start()
    server.always["jo@example.org"] = "550 5.7.1 you may not\x1b[2J send from here"
    sentence, advice = one(examine("--mail", "jo@example.org")[1], "test mail", "broken")
    assert "550 5.7.1 you may not" in sentence
    assert "\x1b" not in sentence
    assert "OPM_MAIL_SENDER" in advice


def test_a_test_mail_goes_while_the_database_is_away(another_app, examine, server, monkeypatch):
    server.start()
    app = another_app(OPM_DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=server.port)
    connect(app, monkeypatch, server)
    assert {"mail", "test mail"}.isdisjoint(examine("--mail", "jo@example.org", app=app)[1])
    assert len(server.messages) == 1


def test_a_mail_server_that_is_away_is_told(examine, server):
    for words in ((), ("--mail", "jo@example.org")):
        code, found = examine(*words)
        assert code == 2
        assert all("refused" in found[about][1] for about in found)
        assert set(found) == {"mail", "test mail"} if words else {"mail"}


def test_a_server_without_tls_or_with_another_password_is_told(app, monkeypatch, examine, server):
    server.start()
    connect(app, monkeypatch, server, use_tls=True)
    assert "does not offer TLS" in one(examine()[1], "mail", "broken")[0]
    connect(app, monkeypatch, server, username="opm", password="pass-word")
    sentence = one(examine()[1], "mail", "broken")[0]
    assert "no signing in" in sentence
    assert "pass-word" not in sentence


def test_a_password_that_is_not_accepted_is_told(app, examine, server, monkeypatch):
    away = mailing.ServerAway("x")
    away.__cause__ = mailing.smtplib.SMTPAuthenticationError(535, b"pass-word")
    monkeypatch.setattr(mailing.delivery, "greet", lambda: (_ for _ in ()).throw(away))
    assert "name and password" in one(examine()[1], "mail", "broken")[0]
    away.__cause__ = ssl.SSLCertVerificationError("self-signed")
    assert "certificate" in one(examine()[1], "mail", "broken")[0]
    away.__cause__ = socket.gaierror("unknown")
    assert "called 127.0.0.1" in one(examine()[1], "mail", "broken")[0]


def test_a_public_site_without_a_mail_server_is_told_and_one_at_home_is_not(well, examine, monkeypatch):
    monkeypatch.setitem(well.config, "MAIL_SERVER", None)
    assert examine() == (0, {})
    assert "no mail server" in one(examine("--mail", "jo@example.org")[1], "test mail", "broken")[0]
    monkeypatch.setitem(well.config, "IS_LOOPBACK", False)
    assert "nobody gets the code" in examine()[1]["mail"][1]


@pytest.mark.parametrize(
    "address", ["jo", "", "jo@example.org\nBcc: kim@example.org", "jo@example.org,kim@example.org"]
)
def test_a_test_mail_to_nonsense_is_refused(well, address):
    result = well.test_cli_runner().invoke(args=["doctor", "--mail", address])
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert "--mail" in result.output


# What stops a site is what a doctor calls broken


@pytest.mark.parametrize(("words", "code"), [(["doctor"], 2), (["staff", "add"], 1)])
def test_settings_with_which_no_site_starts_are_broken(tmp_path, words, code):
    environ = bare_environment(OPM_INSTANCE=str(tmp_path), OPM_SECRET_KEY="short")
    done = subprocess.run(
        [sys.executable, "-m", "flask", *words], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert done.stderr.startswith("The site cannot start. OPM_SECRET_KEY can be guessed")
