"""The units in docs/deploy, as systemd reads them, and the command that one of them runs."""

import os
import shutil
import signal
import subprocess

import pytest

from opm.accounts.models import Person
from opm.extensions import db
from tests.conftest import missing
from tests.deploy.serving import Served
from tests.faults.database import looking
from tests.running import ROOT

UNITS = sorted((ROOT / "docs/deploy").glob("opm-*.*"))


@pytest.fixture(autouse=True)
def clock():
    """The real one: what runs beside a test knows no other."""


def test_systemd_finds_nothing_wrong_with_them(tmp_path):
    program = shutil.which("systemd-analyze") or missing("systemd-analyze")
    folder = tmp_path / "units"
    folder.mkdir()
    for unit in UNITS:  # what they start need not be on this machine
        (folder / unit.name).write_text(unit.read_text().replace("/srv/opm/.venv/bin/flask", "/bin/true"))
    said = subprocess.run(
        [program, "verify", "--man=no", *sorted(folder.iterdir())],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    ours = [line for line in (said.stdout + said.stderr).splitlines() if "opm-" in line]
    assert (said.returncode, ours) == (0, [])


def test_the_pages_are_served_without_demo_and_worker_and_stop_when_asked(tmp_path):
    site = Served(tmp_path / "instance")
    try:
        site.start().up()
        assert '"worker":"neverseen"' in site.get("/healthz").replace(" ", "")
        assert looking(site, lambda: db.session.query(Person).count()) == 0
        site.process.send_signal(signal.SIGTERM)
        assert site.ended() == 0
    finally:
        site.kill()
