"""A site that is well, and ways to make it ill."""

import socketserver
import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest

from opm.extensions import db
from opm.factory import create_app
from opm.lib import beat


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


@pytest.fixture
def serve():
    """`serve(wsgi)` answers on loopback from now on; it returns the port."""
    servers = []

    def serve(wsgi):
        server = _Server(("127.0.0.1", 0), _Quiet)
        server.set_app(wsgi)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server.server_port

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def beating(app):
    """`beating()` lets a worker be at work this moment."""

    def beating(clock_was_moved=False):
        with app.app_context():
            beat.beat(clock_was_moved)

    return beating


@pytest.fixture
def another_app(tmp_path):
    """`another_app(OPM_…=…)` is a site with an instance of its own. Nobody has started it yet."""
    made = []

    def another_app(**settings):
        made.append(create_app({"OPM_INSTANCE": str(tmp_path / "instance")} | settings))
        return made[-1]

    yield another_app
    for app in made:
        with app.app_context():
            db.engine.dispose()
