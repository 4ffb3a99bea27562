"""Every kind of page as the W3C's checker of HTML sees it; many in one run, since Java takes its time to start."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import cast
from tests.conftest import missing
from tests.test_house import addresses, routes  # noqa: F401

CHECKER = Path(__file__).parent / "node_modules/vnu-jar/build/dist/vnu.jar"
FORM = f"{cast.POST}comments/"
A_MAIL = "/desk/outbox/<id:id>/mail"  # written for mail programs, which want what the standard has left behind


@pytest.fixture(autouse=True)
def _only_once(app):
    """What a page looks like does not hang on the database."""
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        pytest.skip("the pages are the same as on SQLite")


@pytest.fixture
def check(tmp_path):
    """`check(pages)` gives what the checker finds wrong in these pages, by their names."""
    if not shutil.which("java") or not CHECKER.exists():
        missing("the checker of HTML (npm ci in tests/markup, and Java)")

    def check(pages: dict[str, str]) -> list[str]:
        names = {}
        for number, (name, page) in enumerate(pages.items()):
            file = tmp_path / f"{number}.html"
            file.write_text(page, encoding="utf-8")
            names[str(number)] = name
        done = subprocess.run(
            ["java", "-Xss8m", "-jar", CHECKER, "--format", "json", "--stdout", *sorted(tmp_path.glob("*.html"))],
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.stdout, done.stderr
        return [
            f"{names[Path(found['url']).stem]}: {found['message']} in {found.get('extract', '')!r}"
            for found in json.loads(done.stdout)["messages"]
            if found["type"] == "error" or found.get("subType") == "warning"
        ]

    return check


def test_the_checker_finds_what_is_wrong(check):
    found = check({"/wrong/": "<!doctype html><html lang=en><title>x</title><p id=a><p id=a><img src=x>"})
    assert [each.partition(":")[0] for each in found] == ["/wrong/"] * len(found)
    assert any("Duplicate ID" in each for each in found)
    assert any("alt" in each for each in found)


def test_every_page_is_sound(app, inside, addresses, browser, check):  # noqa: F811
    cast.signed_in(browser, inside)
    pages = {}
    for who, client in (("a reader", app.test_client()), ("staff", browser.client)):
        for rule in routes(app, "GET"):
            answer = client.get(addresses[rule], follow_redirects=True)
            if answer.mimetype == "text/html" and rule != A_MAIL:
                pages[f"{rule} for {who}"] = answer.text
    assert len(set(pages.values())) > 20
    assert check(pages) == []


def test_every_refusal_is_sound(app, inside, addresses, browser, check):  # noqa: F811
    cast.signed_in(browser, inside)
    stranger = app.test_client()
    row = addresses["/desk/comments/<id:id>"]
    refusals = {
        "nothing there": stranger.get("/nothing/"),
        "a form with faults": stranger.post(FORM, data={"text": "", "name": "=?", "email": "x"}),
        "a form too heavy": stranger.post(FORM, data={"text": "1" * 300_000}),
        "another site's page": stranger.post(FORM, headers={"Origin": "null"}, data={"text": "Words."}),
        "not a form": stranger.post(FORM, data=b"{}", content_type="application/json"),
        "the wrong method": stranger.post("/"),
        "the wrong code": stranger.post(addresses["/comment/sent/<token>"], data={"code": "000000"}),
        "the wrong address": stranger.post(addresses["/comment/sent/<token>/address"], data={"email": "x"}),
        "an ended link": stranger.get("/receipt/1.x/"),
        "a receipt changed to nothing": stranger.post(addresses["/receipt/<token>/"], data={"text": "", "name": "=?"}),
        "a receipt changed too late": stranger.post(addresses["/receipt/<token>/"], data={"text": "x", "name": "y"}),
        "words to take out": browser.client.get(f"{row}?open=redact"),
        "a rule to choose": browser.client.get(f"{row}?open=reject"),
        "a report with faults": stranger.post(addresses["/report/comment/<id:id>"], data={"email": "x"}),
        "a notice with faults": stranger.post("/report/legal/", data={"email": "x"}),
        "a number that no comment has": stranger.get(addresses["/<path:address>/report/"] + "?number=99"),
        "a rule to choose for a report": browser.client.get(addresses["/desk/reports/<id:id>"] + "?open=take-down"),
        "a form at the desk without its token": browser.client.post("/desk/sign-out"),
    }
    assert {answer.status_code for answer in refusals.values()} >= {200, 400, 403, 404, 405, 413, 415, 422}
    assert check({name: answer.text for name, answer in refusals.items()}) == []
