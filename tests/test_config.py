"""The environment's settings: what each does, and the sentence that stops the start if one makes no sense."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from opm import config
from opm.config import ConfigError
from opm.factory import create_app

ROOT = Path(__file__).parent.parent
START_TOGETHER = """
import pathlib, sys
from opm.config import from_environment
print("ready", flush=True)
while not pathlib.Path(sys.argv[1]).exists():
    pass
print(from_environment({"OPM_INSTANCE": sys.argv[2]})["SECRET_KEY"], end="")
"""
LONG_ENOUGH = "correct-horse-battery-staple-9-42-river"


@pytest.fixture
def read(tmp_path):
    """`read(OPM_PORT="80")` is the configuration with these settings, in an instance folder of its own."""
    return lambda **environ: config.from_environment({"OPM_INSTANCE": str(tmp_path / "instance"), **environ})


# The defaults


def test_nothing_has_to_be_set(read, tmp_path):
    settings = read()
    assert settings["PORT"] == 8000
    assert settings["BASE_URL"] == "http://127.0.0.1:8000"
    assert settings["IS_LOOPBACK"] is True
    assert settings["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{tmp_path / 'instance' / 'opm.db'}"
    assert settings["TRUSTED_PROXIES"] == 0
    assert settings["MAIL_SERVER"] is None
    assert (settings["MAIL_PORT"], settings["MAIL_USE_TLS"]) == (587, True)
    assert settings["MAIL_DEFAULT_SENDER"] == "no-reply@localhost"
    assert settings["DEMO"] is True
    assert settings["LIMITS"] is True


def test_a_setting_that_is_empty_is_as_if_it_were_not_there(read):
    assert read(OPM_PORT="", OPM_BASE_URL="", OPM_DATABASE_URL="", OPM_SECRET_KEY="", OPM_DEMO="")["PORT"] == 8000


def test_the_instance_folder_is_beside_the_code_unless_another_is_named(tmp_path, monkeypatch):
    assert config.instance_folder({}).name == "instance"
    assert (config.instance_folder({}).parent / "app.py").exists()
    monkeypatch.chdir(tmp_path)
    assert config.instance_folder({"OPM_INSTANCE": "elsewhere"}) == tmp_path / "elsewhere"


# What each does


def test_the_base_url_follows_the_port_unless_it_is_set(read):
    assert read(OPM_PORT="8001")["BASE_URL"] == "http://127.0.0.1:8001"
    assert read(OPM_PORT="8001", OPM_BASE_URL="https://Policy.Example.org/")["BASE_URL"] == "https://policy.example.org"


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:8000", True),
        ("http://127.0.0.2", True),
        ("http://[::1]:8000", True),
        ("https://policy.example.org", False),
        ("http://192.168.0.7:8000", False),
        ("http://127.0.0.1.example.org", False),
    ],
)
def test_loopback_is_this_machine_alone(read, url, loopback):
    assert read(OPM_BASE_URL=url)["IS_LOOPBACK"] is loopback


@pytest.mark.parametrize(
    "url", ["sqlite:////srv/opm.db", "postgresql://opm:secret@db.example.org:5432/opm", "postgresql:///opm"]
)
def test_the_database_is_named_by_an_address(read, url):
    assert read(OPM_DATABASE_URL=url)["SQLALCHEMY_DATABASE_URI"] == url


def test_mail_goes_by_tls_on_587_or_without_on_25_unless_a_port_is_named(read):
    assert read(OPM_MAIL_USE_TLS="0")["MAIL_PORT"] == 25
    assert read(OPM_MAIL_USE_TLS="1")["MAIL_PORT"] == 587
    assert read(OPM_MAIL_PORT="2525")["MAIL_PORT"] == 2525


def test_mail_settings_are_taken_as_text(read):
    settings = read(
        OPM_MAIL_SERVER="mail.example.org",
        OPM_MAIL_USERNAME="0123",
        OPM_MAIL_PASSWORD="true",
        OPM_MAIL_SENDER="hello@example.org",
    )
    assert settings["MAIL_SERVER"] == "mail.example.org"
    assert (settings["MAIL_USERNAME"], settings["MAIL_PASSWORD"]) == ("0123", "true")
    assert settings["MAIL_DEFAULT_SENDER"] == "hello@example.org"


def test_mail_comes_from_the_sites_host_unless_a_sender_is_named(read):
    assert read(OPM_BASE_URL="https://policy.example.org")["MAIL_DEFAULT_SENDER"] == "no-reply@policy.example.org"


def test_yes_and_no_are_1_and_0(read):
    settings = read(OPM_DEMO="0", OPM_LIMITS="0", OPM_TRUSTED_PROXIES="2")
    assert (settings["DEMO"], settings["LIMITS"], settings["TRUSTED_PROXIES"]) == (False, False, 2)


def test_a_name_that_is_no_setting_is_pointed_out_and_stops_nothing(read, capsys):
    read(OPM_PROT="8001", OPM_TEST_POSTGRES="postgresql:///postgres")
    assert capsys.readouterr().err == "OPM_PROT is not a setting of this site, so it changes nothing.\n"


# Nonsense


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPM_PORT", "eighty"),
        ("OPM_PORT", "0"),
        ("OPM_PORT", "65536"),
        ("OPM_PORT", "-1"),
        ("OPM_PORT", "８０"),
        ("OPM_PORT", "9" * 5000),
        ("OPM_BASE_URL", "policy.example.org"),
        ("OPM_BASE_URL", "ftp://policy.example.org"),
        ("OPM_BASE_URL", "https://"),
        ("OPM_BASE_URL", "https://policy.example.org/blog"),
        ("OPM_BASE_URL", "https://policy.example.org?x"),
        ("OPM_BASE_URL", "https://jo@policy.example.org"),
        ("OPM_BASE_URL", "https://policy.example.org:99999"),
        ("OPM_BASE_URL", "https://policy.example.org:0"),
        ("OPM_BASE_URL", "https://policy..org"),
        ("OPM_BASE_URL", "https://policy\n.org"),
        ("OPM_BASE_URL", "https://policy example.org"),
        ("OPM_BASE_URL", "http://[::1"),
        ("OPM_DATABASE_URL", "mysql://db/opm"),
        ("OPM_DATABASE_URL", "opm.db"),
        ("OPM_DATABASE_URL", "sqlite:///"),
        ("OPM_DATABASE_URL", "sqlite:///:memory:"),
        ("OPM_DATABASE_URL", "sqlite:///opm.db?mode=memory"),
        ("OPM_DATABASE_URL", "postgresql://opm@db:port/opm"),
        ("OPM_SECRET_KEY", "secret"),
        ("OPM_SECRET_KEY", "a" * 64),
        ("OPM_SECRET_KEY", "change-me-change-me-change-me-change-me"),
        ("OPM_TRUSTED_PROXIES", "11"),
        ("OPM_TRUSTED_PROXIES", "yes"),
        ("OPM_MAIL_SERVER", "mail.example.org:587"),
        ("OPM_MAIL_SERVER", "smtp://mail.example.org"),
        ("OPM_MAIL_SERVER", "mail example"),
        ("OPM_MAIL_PORT", "smtp"),
        ("OPM_MAIL_USERNAME", "without a password"),
        ("OPM_MAIL_PASSWORD", "without a name"),
        ("OPM_MAIL_USE_TLS", "yes"),
        ("OPM_MAIL_SENDER", "nobody"),
        ("OPM_MAIL_SENDER", "@example.org"),
        ("OPM_MAIL_SENDER", "no-reply@"),
        ("OPM_MAIL_SENDER", "Site <no-reply@example.org>"),
        ("OPM_MAIL_SENDER", "a@example.org,b@example.org"),
        ("OPM_MAIL_SENDER", "no-reply@example.org\nBcc: x@example.org"),
        ("OPM_DEMO", "no"),
        ("OPM_LIMITS", "off"),
        ("OPM_LOG", "xml"),
        ("OPM_METRICS", "everybody"),
        ("OPM_METRICS", "10.0.0.1/8"),
        ("OPM_METRICS", "10.0.0.0/8, ::1/129"),
    ],
)
def test_a_setting_that_makes_no_sense_stops_the_start_with_a_sentence_about_it(read, name, value):
    with pytest.raises(ConfigError) as refusal:
        read(**{name: value})
    sentence = str(refusal.value)
    assert name in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("folder", ["a-file", "a-file/below", "/proc/nowhere"])
def test_an_instance_that_cannot_be_a_folder_stops_the_start(tmp_path, folder):
    (tmp_path / "a-file").write_text("")
    with pytest.raises(ConfigError, match="OPM_INSTANCE must be a folder"):
        config.from_environment({"OPM_INSTANCE": str(tmp_path / folder)})


def test_whoever_may_not_write_there_is_told_whose_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(config.os, "access", lambda *_: False)
    with pytest.raises(ConfigError, match=f"It belongs to {tmp_path.owner()}: run this as that user."):
        config.from_environment({"OPM_INSTANCE": str(tmp_path)})


def test_a_secret_that_cannot_be_read_stops_the_start_with_a_sentence(tmp_path):
    ways = (Path.mkdir, "Is a directory"), (lambda file: file.write_bytes(b"\xff" * 50), "not text")
    for make, why in ways:
        file = tmp_path / why / "secret-key"
        file.parent.mkdir()
        make(file)
        with pytest.raises(ConfigError, match=f"cannot be read or made: .*{why}"):
            config.from_environment({"OPM_INSTANCE": str(file.parent)})


def test_a_password_stands_in_no_sentence(read):
    with pytest.raises(ConfigError) as refusal:
        read(OPM_DATABASE_URL="postgresql://opm:hunter2@db:port/opm")
    assert "hunter2" not in str(refusal.value)


# The secret


def test_a_secret_is_made_once_and_kept_for_its_owner_alone(read, tmp_path):
    secret = read()["SECRET_KEY"]
    file = tmp_path / "instance" / "secret-key"
    assert len(secret) >= 43
    assert file.read_text() == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read()["SECRET_KEY"] == secret
    assert [path.name for path in file.parent.iterdir()] == ["secret-key"]


def test_a_secret_that_is_given_is_used_and_not_written_down(read, tmp_path):
    assert read(OPM_SECRET_KEY=LONG_ENOUGH)["SECRET_KEY"] == LONG_ENOUGH
    assert not (tmp_path / "instance" / "secret-key").exists()


def test_a_secret_of_digits_stays_text(read):
    digits = "31415926535897932384626433832795028841971693993751"
    assert read(OPM_SECRET_KEY=digits)["SECRET_KEY"] == digits


def test_a_secret_file_that_somebody_emptied_never_starts(read, tmp_path):
    read()
    (tmp_path / "instance" / "secret-key").write_text("\n")
    with pytest.raises(ConfigError):
        read()


def test_processes_that_start_at_once_agree_on_one_secret(tmp_path):
    gate, instance = tmp_path / "gate", tmp_path / "instance"
    command = [sys.executable, "-c", START_TOGETHER, gate, instance]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert {process.stdout.readline() for process in processes} == {"ready\n"}
    gate.touch()
    secrets = {process.communicate(timeout=30)[0] for process in processes}
    assert secrets == {(instance / "secret-key").read_text()}
    assert [path.name for path in instance.iterdir()] == ["secret-key"]


def test_sites_with_instances_of_their_own_have_secrets_of_their_own(tmp_path):
    one, other = (create_app({"OPM_INSTANCE": str(tmp_path / name)}) for name in ("one", "other"))
    assert one.secret_key != other.secret_key
