"""A mail server that the app really connects to, and a letterbox with one plain letter."""

import pytest

from opm.outbox import delivery, posting
from opm.outbox.letters import Letter, Letterbox
from tests.outbox.smtp import Server

KIND = "note"


@pytest.fixture
def server(app, monkeypatch):
    """The server, started, and the app's mail going there for as long as the test lasts."""
    server = Server()
    connect(app, monkeypatch, server)
    server.start()
    yield server
    server.stop()


def connect(app, monkeypatch, server, **settings):
    """Makes the app send its mail to this server, without TLS unless that is set."""
    settings = {"suppress": False, "server": "127.0.0.1", "port": server.port, "use_tls": False} | settings
    for name, value in settings.items():
        monkeypatch.setattr(app.extensions["mail"], name, value)


@pytest.fixture
def letterbox():
    """Writes every note the same."""
    box = Letterbox()
    box.add({KIND: lambda _: Letter("A note", "These are its words.\n", "<p>These are its words.</p>")})
    return box


@pytest.fixture
def post(inside):
    """`post("ada@example.org", …)` puts a note to each into the outbox and gives their ids."""

    def post(*recipients, **values):
        with inside():
            return [posting.post(KIND, recipient, 1, **values) for recipient in recipients]

    return post


@pytest.fixture
def deliver(app, letterbox):
    """`deliver()` sends one batch and says how many were claimed."""

    def deliver(box=letterbox, **values):
        with app.app_context():
            return delivery.deliver(box, **values)

    return deliver
