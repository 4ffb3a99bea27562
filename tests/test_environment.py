"""`./run` and `./test` make the environment they need, once, from nothing but Python and pip.

A stand-in for Python writes down what it is asked to do, so nothing is installed here.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.running import eventually, free_port

ROOT = Path(__file__).parent.parent
STAND_IN = """#!/bin/sh
echo "$@" >>"$SAID"
case $* in
    "-c "*) [ -z "${TOO_OLD:-}" ] ;;
    --version) echo "Python 3.9.2" ;;
    "-m venv "*) sleep "${SLOW:-0}"; rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    "-m pip "*--version) [ -z "${NO_PIP:-}" ] ;;
    "-m pip "*"${FAILS:-nothing}") exit 1 ;;
    "-m pip "*"${WAITS:-nothing}") trap 'exit 1' INT; sleep 30 ;; # as pip does
esac
"""
VENV = "-m venv --without-pip --clear .venv"
SITE = "pip requirements.txt"
TESTS = "pip requirements-dev.txt"
SERVE = "-X utf8 app.py"
PYTEST = "-X utf8 -m pytest -n 2 --dist worksteal"


class Checkout:
    """A copy of the scripts, beside locks of one line."""

    def __init__(self, folder: Path):
        self.folder, self.said = folder, folder / "said"
        (folder / "instance").mkdir()
        for name in ("run", "test", ".environment.sh"):
            shutil.copy(ROOT / name, folder)
        for name in ("requirements.txt", "requirements-dev.txt"):
            (folder / name).write_text("one\n")
        self.python = folder / "python-of-the-system"
        self.python.write_text(STAND_IN)
        self.python.chmod(0o755)

    def start(self, script, *words, process_group=None, **environ):
        """Runs one of them from another folder, in an environment that is nearly empty."""
        environ = {"PATH": "/usr/bin:/bin", "PYTHON": str(self.python), "SAID": str(self.said), **environ}
        command = [self.folder / script, *words]
        return subprocess.Popen(
            command, cwd="/", env=environ, stderr=subprocess.PIPE, text=True, process_group=process_group
        )

    def does(self, script, *words, **environ):
        """What Python was asked to do by one that succeeds, without the questions about Python itself."""
        ended = self.start(script, *words, **environ)
        assert ended.communicate()[1].count("Traceback") == 0
        assert ended.returncode == 0
        return self.done()

    def refuses(self, script, *words, **environ):
        """The sentence of one that fails."""
        ended = self.start(script, *words, **environ)
        words = ended.communicate()[1]
        assert ended.returncode == 1
        return words

    def done(self):
        """What Python was asked to do since this was last asked."""
        lines = self.said.read_text().splitlines() if self.said.exists() else []
        self.said.unlink(missing_ok=True)
        done = [line for line in lines if not line.startswith("-c ") and not line.endswith("--version")]
        return [f"pip {line.split()[-1]}" if "pip" in line and "install" in line else line for line in done]


@pytest.fixture
def checkout(tmp_path):
    """A fresh one."""
    return Checkout(tmp_path)


def test_run_makes_the_environment_once(checkout):
    assert checkout.does("run") == [VENV, SITE, SERVE]
    assert checkout.does("run") == [SERVE]


def test_test_makes_the_same_and_adds_to_it(checkout):
    assert checkout.does("test") == [VENV, SITE, TESTS, PYTEST]
    assert checkout.does("test") == [PYTEST]
    assert checkout.does("run") == [SERVE]


def test_test_after_run_only_adds_and_run_after_test_takes_nothing_away(checkout):
    checkout.does("run")
    assert checkout.does("test") == [TESTS, PYTEST]
    assert checkout.does("run") == [SERVE]
    assert checkout.does("test") == [PYTEST]


def test_a_changed_lock_makes_it_anew(checkout):
    checkout.does("test")
    (checkout.folder / "requirements.txt").write_text("two\n")
    assert checkout.does("run") == [VENV, SITE, SERVE]
    assert checkout.does("test") == [TESTS, PYTEST]


def test_a_changed_lock_of_the_tests_is_added_and_so_is_the_old_one_if_it_comes_back(checkout):
    checkout.does("test")
    for lock in ("two\n", "one\n"):
        (checkout.folder / "requirements-dev.txt").write_text(lock)
        assert checkout.does("test") == [TESTS, PYTEST]


def test_an_installation_that_failed_does_not_count(checkout):
    assert "could not be installed" in checkout.refuses("run", FAILS=" requirements.txt")
    assert checkout.done() == [VENV, SITE]
    assert checkout.does("run") == [VENV, SITE, SERVE]


def test_an_addition_that_failed_takes_nothing_from_the_site(checkout):
    checkout.does("run")
    for _ in range(2):
        assert "could not be installed" in checkout.refuses("test", FAILS=" requirements-dev.txt")
        assert checkout.done() == [TESTS]
    assert checkout.does("run") == [SERVE]
    assert checkout.does("test") == [TESTS, PYTEST]


def test_an_addition_that_was_interrupted_is_begun_afresh(checkout):
    checkout.does("run")
    halfway = checkout.start("test", WAITS=" requirements-dev.txt", process_group=0)
    eventually(lambda: TESTS in checkout.done(), "pip")
    os.killpg(halfway.pid, signal.SIGINT)
    halfway.communicate()
    assert halfway.returncode != 0
    assert checkout.does("run") == [SERVE]
    assert checkout.does("test") == [VENV, SITE, TESTS, PYTEST]


def test_an_environment_that_nobody_vouches_for_is_made_anew(checkout):
    (checkout.folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(checkout.python, checkout.folder / ".venv" / "bin" / "python")
    assert checkout.does("run") == [VENV, SITE, SERVE]


def test_another_python_makes_it_anew(checkout):
    checkout.does("run")
    installed = checkout.folder / ".venv" / "bin" / "python"
    installed.rename(checkout.folder / "upgraded")
    installed.symlink_to(checkout.folder / "upgraded")
    assert checkout.does("run") == [VENV, SITE, SERVE]


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not here")
def test_two_that_start_at_once_make_it_once(checkout):
    both = [checkout.start("run", SLOW="0.5") for _ in range(2)]
    assert [(each.communicate(), each.returncode)[1] for each in both] == [0, 0]
    assert checkout.done() == [VENV, SITE, SERVE, SERVE]


def test_an_old_python_no_pip_or_no_python_is_told_in_a_sentence(checkout):
    assert "needs Python 3.11 or newer; Python 3.9.2 is too old" in checkout.refuses("run", TOO_OLD="1")
    assert "needs pip 22.3 or newer" in checkout.refuses("run", NO_PIP="1")
    assert "there is no /nowhere/python3 here" in checkout.refuses("run", PYTHON="/nowhere/python3")
    assert checkout.done() == []


def test_run_takes_no_words_and_test_gives_them_to_pytest(checkout):
    assert "./run takes no words" in checkout.refuses("run", "--port", "80")
    checkout.does("test")
    assert checkout.does("test", "--long", "tests/a b.py") == [f"{PYTEST} --long tests/a b.py"]
    assert checkout.does("test", "-n0", "-k", "x") == ["-X utf8 -m pytest -n0 -k x"]


def test_an_instance_is_named_from_where_one_stands(checkout):
    script = checkout.python.read_text() + 'echo "$OPM_INSTANCE" >>"$SAID"\n'
    checkout.python.write_text(script)
    assert checkout.does("run", OPM_INSTANCE="site")[-1] == "//site"
    assert checkout.does("run", OPM_INSTANCE="/srv/site")[-1] == "/srv/site"


@pytest.mark.long
def test_a_fresh_copy_starts_with_nothing_but_python(tmp_path):
    for name in ("run", ".environment.sh", "requirements.txt", "app.py"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("opm", "templates", "static"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "instance").mkdir()
    port, log = free_port(), tmp_path / "log"
    with log.open("w") as written:
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "OPM_PORT": str(port)}
        site = subprocess.Popen([tmp_path / "run"], cwd="/", env=environ, stdout=written, stderr=written)
    try:
        eventually(lambda: site.poll() is not None or "The site is at" in log.read_text(), "the site", within=300)
        assert f"http://127.0.0.1:{port}/" in log.read_text()
    finally:
        site.terminate()
    assert site.wait(15) == 0
