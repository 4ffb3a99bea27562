"""The whole way through TLS: the files of docs/deploy in front of the site, as `flask serve` runs it."""

import re
import socket
from io import BytesIO
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from opm.comments.models import Comment, State
from opm.extensions import db
from opm.settings import Settings
from tests import cast
from tests.deploy.proxies import NAME, Caddy, Nginx
from tests.deploy.serving import Served
from tests.faults.database import looking

FORM = {"Content_Type": "application/x-www-form-urlencoded"}
KB = 1024


@pytest.fixture(autouse=True)
def clock():
    """The real one: what runs beside a test knows no other."""


@pytest.fixture(params=[Nginx, Caddy], ids=["nginx", "caddy"])
def proxy(request, tmp_path):
    """One of them, with nothing behind it."""
    proxy = request.param(tmp_path / "proxy").start()
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module", params=[Nginx, Caddy], ids=["nginx", "caddy"])
def front(request, tmp_path_factory):
    """One of them with the site behind it; `front.site` is that."""
    folder = tmp_path_factory.mktemp("front")
    front = request.param(folder / "proxy").start()
    front.site = Served(
        folder / "instance", OPM_BASE_URL=front.base_url, OPM_PORT=str(front.site_port), OPM_TRUSTED_PROXIES="1"
    )
    try:
        front.site.start().up()
        looking(front.site, _write_a_post)
        yield front
    finally:
        front.site.kill()
        front.stop()


def _write_a_post():
    cast.a_post()
    db.session.commit()


def post(front, path, fields, **how):
    """A form, sent by a browser that says where it comes from."""
    said = FORM | {"Origin": front.base_url, "Sec_Fetch_Site": "same-origin"}
    return front.ask(path, "POST", urlencode(fields).encode(), **(said | how))


def test_a_comment_is_written_confirmed_and_waits(front):
    words = {"text": cast.WORDS, "name": "Jo Marsh", "email": "jo@example.org"}
    assert "Send comment" in front.ask(cast.POST).text
    sent = post(front, f"{cast.POST}comments/", words)
    assert (sent.status, sent.headers["Location"][:1]) == (303, "/")
    panel = front.ask(sent.headers["Location"])
    assert "jo@example.org" in panel.text
    field = BeautifulSoup(panel.text, "html.parser").find("input", attrs={"name": "code"})
    confirmed = post(front, field.find_parent("form")["action"], {"code": looking(front.site, _code)})
    assert confirmed.status == 303
    assert "waiting for a moderator" in front.ask(confirmed.headers["Location"]).text
    assert looking(front.site, lambda: db.session.query(Comment.state).scalar()) == State.PENDING


def _code():
    return db.session.query(Comment).one().code


def test_networks_are_told_apart_and_what_a_stranger_says_of_theirs_is_not_believed(front):
    most = Settings().sign_ins_per_network

    def ask(number, network, **headers):
        return post(
            front, "/desk/sign-in", {"email": f"somebody{number}@example.org"}, network=network, **headers
        ).status

    forged = [{"X_Forwarded_For": f"198.51.{number}.7"} for number in range(most + 1)]
    said = [ask(number, "127.0.7", **forged[number]) for number in range(most + 1)]
    assert said == [303] * most + [429]
    assert ask(99, "127.0.8") == 303
    assert ask(99, "127.0.8", X_Forwarded_For="127.0.7.1") == 303


@pytest.mark.parametrize("host", ["evil.example", "evil.example:443", f"{NAME}.evil.example"])
def test_by_another_name_nobody_is_served(front, host):
    try:
        answer = front.ask("/", host=host)
    except OSError:
        return
    assert answer.status in (400, 404, 421) or answer.body == b""
    assert b"evil" not in answer.body


def test_a_name_that_was_forwarded_changes_nothing(front):
    page = front.ask("/feed/", X_Forwarded_Host="evil.example", Forwarded="host=evil.example", X_Forwarded_Proto="http")
    assert "evil" not in page.text + str(page.headers)


@pytest.mark.parametrize("size", [257 * KB, 1024 * KB, 3 * 1024 * KB])
def test_too_much_is_answered_by_our_own_page(front, size):
    answer = post(front, f"{cast.POST}comments/", {"text": "x" * size, "name": "Jo", "email": "jo@example.org"})
    assert answer.status == 413
    assert "<h1>" in answer.text
    assert answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("size", [13 * 1024 * KB, 40 * 1024 * KB])
def test_a_picture_that_is_too_large_comes_through_so_that_what_was_typed_comes_back(front, size):
    file = FileStorage(BytesIO(b"x" * size), "lane.png")
    boundary, body = encode_multipart({"alt": "The lane, drawn", "picture": file})
    sent = {"Content_Type": f'multipart/form-data; boundary="{boundary}"', "Origin": front.base_url}
    answer = front.ask("/desk/pictures/", "POST", body, **sent)
    assert answer.status == 403
    assert "The lane, drawn" in answer.text


def test_what_was_had_already_is_not_sent_again(front):
    page = front.ask(cast.POST, Accept_Encoding="gzip, deflate, br")
    assert (page.status, page.headers["Content-Encoding"]) == (200, "br")
    again = front.ask(cast.POST, Accept_Encoding="gzip, deflate, br", If_None_Match=page.headers["ETag"])
    assert (again.status, again.body) == (304, b"")


def test_static_files_are_kept_for_ever(front):
    address = re.search(r"/static/site\.[0-9a-f]+\.css", front.ask("/").text)[0]
    file = front.ask(address, Accept_Encoding="br")
    assert file.headers["Content-Encoding"] == "br"
    assert "immutable" in file.headers["Cache-Control"]


def test_browsers_are_told_to_come_by_tls_from_now_on(front):
    assert front.ask("/").headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert "Set-Cookie" not in front.ask("/").headers
    plain = front.ask_plainly("/about/")
    assert plain.status in (301, 308)
    assert re.fullmatch(rf"https://{re.escape(NAME)}(:{front.port})?/about/", plain.headers["Location"])


def test_a_form_that_comes_slowly_is_passed_on_once_all_of_it_has_come(proxy):
    """The site is a listener here: whoever reaches it first was not held back."""
    with socket.create_server(("127.0.0.1", proxy.site_port)) as site:
        site.settimeout(10)
        slow = proxy.line()
        head = f"POST /slow HTTP/1.1\r\nHost: {NAME}:{proxy.port}\r\nContent-Length: 10\r\nExpect: 100-continue\r\n"
        slow.sendall(f"{head}Content-Type: text/plain\r\n\r\n".encode())
        assert slow.recv(1000).startswith(b"HTTP/1.1 100")
        slow.sendall(b"12345")
        quick = proxy.line()
        quick.sendall(f"GET /quick HTTP/1.1\r\nHost: {NAME}:{proxy.port}\r\n\r\n".encode())
        assert _taken(site).startswith(b"GET /quick ")
        slow.sendall(b"67890")
        whole = _taken(site)
        assert whole.startswith(b"POST /slow ")
        assert b"1234567890" in whole
        slow.close(), quick.close()


def test_its_logs_hold_nobodys_secret_even_where_the_site_does_not_answer(proxy):
    assert proxy.ask("/receipt/1.abcdefghijklmnopqrstuv/", network="127.0.77").status == 502
    proxy.stop()
    assert "abcdefghijklmnopqrstuv" not in proxy.logs()
    assert "127.0.77" not in proxy.logs()


def _taken(site) -> bytes:
    """The next request that reaches the site, with its body."""
    line = site.accept()[0]
    line.settimeout(10)
    said = b""
    while b"\r\n\r\n" not in said or (said.startswith(b"POST") and not said.endswith(b"67890")):
        piece = line.recv(10_000)
        assert piece, said
        said += piece
    line.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    line.close()
    return said
