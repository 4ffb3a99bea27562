"""What is seen of a real site behind a real nginx: by the doctor, and of its numbers by a stranger."""

import json
import subprocess
import sys

import pytest

from tests.pages.nginx import Nginx
from tests.running import ROOT, Site


@pytest.fixture
def clock():
    """The real one: what runs beside a test knows no other."""


@pytest.fixture
def behind(tmp_path):
    """`behind(rules, trusted)` is nginx with these rules before a site that believes so many servers."""
    started = []

    def behind(rules, trusted):
        site = Site(tmp_path / "instance", OPM_DEMO="0", OPM_TRUSTED_PROXIES=str(trusted))
        started.append(site.start().up())
        started.append(Nginx(site, tmp_path / "nginx", rules))
        return started

    yield behind
    for each in reversed(started):
        each.stop() if isinstance(each, Nginx) else each.kill()


def bad_findings(site, nginx):
    environ = site.environ | {"OPM_BASE_URL": f"http://127.0.0.1:{nginx.port}"}
    command = [sys.executable, "-m", "flask", "doctor", "--json"]
    said = json.loads(subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=False).stdout)
    usual = ("ok", "files")  # ./run lets nobody else read them; what a test starts does
    return {each["about"]: each["advice"] for each in said["findings"] if not {each["grade"], each["about"]} & {*usual}}


SAYS_WHO_ASKS = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"


@pytest.mark.parametrize(
    ("trusted", "advice"), [(0, "Set OPM_TRUSTED_PROXIES=1."), (1, None), (2, "Set OPM_TRUSTED_PROXIES=1.")]
)
def test_the_doctor_counts_the_servers_in_front_and_nobody_reads_the_numbers_through_them(behind, trusted, advice):
    site, nginx = behind(SAYS_WHO_ASKS, trusted)
    assert bad_findings(site, nginx) == ({"proxies": advice} if advice else {})
    assert nginx.get("/metrics", **{"X-Forwarded-For": "127.0.0.1"}).status == 404
    assert "opm_database_up 1" in site.get("/metrics")
