"""Real browsers on real HTTP: Chromium with scripts and without, lynx and w3m."""

import logging
import shutil
import threading

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from tests.conftest import missing
from tests.e2e.tab import Tab

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # Nothing but this machine can be reached, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium():
    """The browser, started once."""
    program = shutil.which("chromium") or missing("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def address(app, monkeypatch):
    """Where the site answers while the test lasts. It knows its own address, as its mails show."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    monkeypatch.setitem(app.config, "BASE_URL", f"http://127.0.0.1:{server.port}")
    monkeypatch.setitem(app.config, "PORT", server.port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield app.config["BASE_URL"]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_tab(chromium, address):
    """`open_tab()` opens a window of somebody's own, with an empty tab. Options are Playwright's for a context.

    At the end every tab must have kept within the site, within its policy, and free of errors.
    """
    tabs = []

    def open_tab(**options):
        context = chromium.new_context(base_url=address, **options)
        context.set_default_timeout(10_000)
        tabs.append(Tab(context.new_page(), address))
        return tabs[-1]

    yield open_tab
    for tab in tabs:
        tab.page.context.close()
    assert [complaint for tab in tabs for complaint in tab.complaints] == []


@pytest.fixture
def tab(open_tab):
    """A reader's tab, with scripts."""
    return open_tab()


@pytest.fixture
def plain_tab(open_tab):
    """A tab of somebody whose browser runs no scripts."""
    return open_tab(java_script_enabled=False)
