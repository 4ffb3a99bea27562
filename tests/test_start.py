"""What a start leaves out: a site in use never needs it, or only once somebody asks for it."""

import json
import subprocess
import sys

from tests.running import ROOT, bare_environment

LEFT_OUT = {
    "PIL": "pictures are looked at when one comes",
    "defusedxml": "for the import",
    "opm.wordpress.importing": "a command of its own",
    "opm.demo": "a site in use has none",
    "opm.keeping.doctor": "a command of its own",
    "opm.keeping.backups": "a command of its own",
    "psycopg": "for PostgreSQL",
    "pytest": "for tests",
}
SAY = "import json, sys; print(json.dumps(sorted(sys.modules)))"
ASK = (
    "import app; c = app.app.test_client(); assert [c.get(p).status_code for p in ('/about/', '/none/')] == [200, 404];"
)
SHARE = (
    "serving.share(); from opm.extensions import db; assert all(each.configured for each in db.Model.registry.mappers);"
)


def loaded(tmp_path, code: str) -> set[str]:
    """The modules that a fresh process has after this."""
    environ = bare_environment(OPM_INSTANCE=str(tmp_path), OPM_BASE_URL="https://policy.example.org")
    prepared = f"import app; from opm import serving; serving.upgrade(app.app); serving.prepare(app.app); {code}"
    said = subprocess.run(
        [sys.executable, "-c", prepared + SAY], cwd=ROOT, env=environ, check=True, capture_output=True, text=True
    )
    return set(json.loads(said.stdout.splitlines()[-1]))


def test_what_a_request_never_needs_is_not_loaded_at_start(tmp_path):
    assert "opm.keeping.backups" in loaded(tmp_path, SHARE), "which makes the tables; the next start finds them"
    modules = loaded(tmp_path, ASK.replace("c.get(p)", "c.get(p, base_url='https://policy.example.org')"))
    assert modules & set(LEFT_OUT) == set()
    assert "opm.posts.views" in modules, "or this proves nothing"
