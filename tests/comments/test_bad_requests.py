"""Requests that no form of ours makes: other kinds of message, too much at once, from elsewhere, to a wrong host."""

import contextlib
import gzip
import time

import psycopg
import pytest
from sqlalchemy import event

from opm import extensions
from opm.comments.models import State
from opm.extensions import db
from tests import cast
from tests.stranger import FORM, Stranger
from tests.tables import rows

FIELDS = {"text": cast.WORDS, "name": "Jo Marsh", "email": "jo@example.org"}
BOTH = pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])


@pytest.fixture
def unchanged(app, post):
    """Nothing in the database may change in this test."""
    before = rows(app)
    yield
    assert rows(app) == before


# Other kinds of message


NO_FORMS = [
    ("application/json", b'{"text": "a", "name": "b", "email": "c@d.example", "state": "published"}'),
    ("application/json", b"{" * 50_000),
    ("application/xml", b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>'),
    ("text/plain", b"text=a\r\nname=b\r\nemail=c@d.example\r\n"),
    ("text/html", b"text=a&name=b&email=c@d.example"),
    ("application/octet-stream", bytes(1_000)),
    ("application/x-www-form-urlencoded-not", b"text=a&name=b&email=c@d.example"),
    ("multipart/mixed; boundary=x", b"--x--"),
    ("nonsense", b"text=a"),
    ("\u00e9", b"text=a"),
]


def test_what_is_no_form_is_not_taken(unchanged, stranger):
    for kind, body in NO_FORMS:
        for htmx in (False, True):
            answer = stranger.post(FORM, data=body, content_type=kind, htmx=htmx)
            assert answer.status == 415, kind
            assert "This address takes what a form sends" in answer.text


def test_a_compressed_body_is_not_unpacked(unchanged, stranger):
    bomb = gzip.compress(bytes(20_000_000))
    for encoding in ["gzip", "deflate", "br", "identity, gzip", "x"]:
        answer = stranger.post(
            FORM, data=bomb, content_type="application/x-www-form-urlencoded", headers={"Content-Encoding": encoding}
        )
        assert answer.status == 415, encoding


MULTIPART = "multipart/form-data; boundary=x"
PART = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
WHOLE = "".join(PART.format(*field) for field in FIELDS.items()) + "--x--\r\n"


def test_a_multipart_form_is_a_form(post, stranger, stored):
    assert stranger.post(FORM, data=WHOLE, content_type=MULTIPART).status == 303
    assert stored()[0].text == cast.WORDS


BROKEN = [
    (MULTIPART, "no part at all"),
    (MULTIPART, ""),
    (MULTIPART, "--x"),
    (MULTIPART, "--x\r\n\r\n\r\n--x--"),
    (MULTIPART, WHOLE[:120]),
    (MULTIPART, '--x\r\nContent-Disposition: form-data; name="text'),
    (MULTIPART, "--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--"),
    (MULTIPART, "--x\r\n" + "X: y\r\n" * 5_000 + "\r\na\r\n--x--"),
    (MULTIPART, "\r\n" * 50_000 + WHOLE[:50]),
    (MULTIPART, '--x\r\nContent-Disposition: form-data; name="text"; filename="a.html"\r\n\r\n<b>a</b>\r\n--x--'),
    ("multipart/form-data", WHOLE),
    ("multipart/form-data; boundary=", WHOLE),
    ("multipart/form-data; boundary=" + "y" * 10_000, WHOLE),
    ("multipart/form-data; boundary=\u00e9", WHOLE),
    ("multipart/form-data; charset=utf-7; boundary=other", WHOLE),
]


def test_a_broken_multipart_form_is_an_empty_one(unchanged, stranger):
    for kind, body in BROKEN:
        begun = time.monotonic()
        answer = stranger.post(FORM, data=body.encode(), content_type=kind)
        assert 400 <= answer.status < 500, kind
        assert time.monotonic() - begun < 2


def test_a_multipart_text_in_an_odd_charset_does_no_harm(post, stranger):
    part = '--x\r\nContent-Disposition: form-data; name="text"\r\nContent-Type: text/plain; charset={}\r\n\r\n'
    part += "+ADw-b\r\n--x--"
    for charset in ("utf-7", "utf-16", "idna", "punycode", "rot13", "zip", "unknown", ""):
        answer = stranger.post(FORM, data=part.format(charset).encode(), content_type=MULTIPART)
        assert answer.status == 422
        assert answer.typed("text") == "+ADw-b"


# Too much at once


def test_two_hundred_kilobytes_are_refused_and_come_back_whole(unchanged, stranger):
    for htmx in (False, True):
        text = "".join(f"{n:07} " for n in range(25_000)).strip()
        answer = stranger.send(text=text, htmx=htmx)
        assert answer.status == 413, htmx
        assert answer.typed("text") == text
        assert "189,999 characters over the limit of 10,000" in answer.text


def test_a_short_comment_among_too_much_else_is_told_why_and_kept(unchanged, stranger):
    for htmx in (False, True):
        answer = stranger.send(junk="x" * 200_000, htmx=htmx)
        assert answer.status == 413, htmx
        assert "Far more arrived than this form has room for" in answer.text
        assert answer.typed("text") == cast.WORDS
        assert answer.typed("junk") is None


def test_what_is_larger_still_is_not_read_and_the_page_says_to_press_back(unchanged, stranger):
    for size in [262_145, 1_000_000]:
        for htmx in (False, True):
            answer = stranger.send(text="x" * size, htmx=htmx)
            assert answer.status == 413, size
            assert "Press Back in your browser" in answer.text


def test_five_thousand_parts_are_too_many(unchanged, stranger):
    for htmx in (False, True):
        body = "".join(PART.format(f"f{n}", "") for n in range(5_000)) + WHOLE
        assert stranger.post(FORM, data=body.encode()[:250_000], content_type=MULTIPART, htmx=htmx).status == 413


def test_a_file_in_the_form_is_ignored(post, stranger, stored):
    body = (
        '--x\r\nContent-Disposition: form-data; name="f"; filename="../../etc/x"\r\n\r\n'
        + "x" * 10_000
        + "\r\n"
        + WHOLE
    )
    assert stranger.post(FORM, data=body.encode(), content_type=MULTIPART).status == 303


def test_a_length_that_is_none_is_no_error(unchanged, app):
    for length in ["-1", "x", "1e3", "9" * 40, "", "5"]:
        environ = {"CONTENT_LENGTH": length, "CONTENT_TYPE": "application/x-www-form-urlencoded"}
        answer = app.test_client().post(FORM, data=b"text=a&name=b", environ_overrides=environ)
        assert 400 <= answer.status_code < 500, length


# From elsewhere

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://127.0.0.1:8001"},
    {"Origin": "https://127.0.0.1:8000"},
    {"Origin": "http://127.0.0.1:8000.evil.example"},
    {"Origin": "http://127.0.0.1:8000/"},
    {"Origin": "http://user@127.0.0.1:8000"},
    {"Origin": "http://[::ffff:127.0.0.1]:8000"},
    {"Origin": "http://127.0.0.1:8000, https://evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "none", "Origin": "null"},
]


def test_what_another_origin_sent_is_refused_and_shown_to_be_copied_only(unchanged, stranger):
    for headers in FOREIGN:
        for htmx in (False, True):
            answer = stranger.send(headers={"Sec-Fetch-Site": None} | headers if not htmx else headers, htmx=htmx)
            assert answer.status == 403, headers
            assert "another site’s page" in answer.text
            assert answer.given_back() == list(FIELDS.values())
            assert answer.actions() == [], "nothing here can be sent on with one press"


def test_every_post_of_a_commenter_asks_whence_it_came(app, inside, post, stranger):
    with inside():
        comment = cast.a_comment(post, State.UNCONFIRMED)
        paths = [
            f"/comment/sent/{comment.panel_token}",
            f"/comment/sent/{comment.panel_token}/again",
            f"/comment/sent/{comment.panel_token}/address",
            f"/comment/confirm/{comment.link_token}",
            f"/comment/not-me/{comment.not_me_token}",
            f"/receipt/{comment.receipt_token}/withdraw",
        ]
    before = rows(app)
    for path in paths:
        answer = stranger.post(
            path, data={"code": comment.panel_handle, "email": "eve@example.org"}, headers=FOREIGN[0]
        )
        assert answer.status == 403
        assert comment.panel_handle not in answer.text, "a code is not shown again"
    assert rows(app) == before


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "http://[::1]:8000"},
        {"Origin": "HTTP://LOCALHOST:8000"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8000", "Referer": "https://evil.example/"},
    ],
    ids=str,
)
def test_our_own_pages_and_browsers_that_say_nothing_may_send(post, stranger, headers):
    assert stranger.send(headers=headers).status == 303


# To addresses and in ways that are none


UNKNOWN = [
    "/nothing",
    "/wp-login.php",
    "/comment/",
    "/comment/0",
    "/comment/-1",
    "/comment/1",
    "/comment/99999999999999999999",
    "/comment/9223372036854775808/reply",
    "/comment/1.0",
    "/comment/%D9%A1",
    "/receipt/",
    "/comment/sent/",
    "/static/nothing.css",
    "/static/../../etc/passwd",
    "/static/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2finstance/secret-key",
    "/instance/secret-key",
    "/.git/config",
    "/.env",
    "/%00",
    "/%ff%fe",
    "/%ED%A0%80/",
    "/" + "a" * 5_000 + "/",
    "/<script>alert(1)</script>/",
    "/%0d%0aSet-Cookie:%20x=y",
]


def test_an_unknown_address_is_a_styled_page_that_repeats_nothing(unchanged, stranger):
    for path in UNKNOWN:
        answer = stranger.get(path)
        if answer.status == 308:  # a page could have stood there, with a slash at its end
            path = answer.location
            answer = stranger.get(path)
        assert answer.status == 404, path
        assert answer.page.h1.get_text() == "There is no page at this address"
        assert "alert(1)" not in answer.response.text
        assert answer.headers["Cache-Control"] == "no-store"
        fragment = stranger.get(path, htmx=True)
        assert fragment.status == 404
        assert stranger.post(path, data=FIELDS).status in (404, 405)


METHODS = ["PUT", "DELETE", "PATCH", "PROPFIND", "TRACE", "CONNECT", "X"]


def test_a_wrong_method_says_which_are_right(unchanged, stranger):
    for method in METHODS:
        answer = stranger.ask(method, cast.POST)
        assert answer.status == 405, method
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
        assert answer.page.h1.get_text() == "That cannot be done at this address"
        assert stranger.ask(method, FORM, data=FIELDS).status == 405


def test_a_post_to_a_page_that_only_shows_keeps_the_words(unchanged, stranger):
    for htmx in (False, True):
        answer = stranger.send(to=cast.POST, htmx=htmx)
        assert answer.status == 405, htmx
        assert "GET" in answer.headers["Allow"]
        assert answer.given_back() == list(FIELDS.values())


def test_asking_with_a_whole_form_in_a_method_that_only_looks_sends_nothing(unchanged, stranger):
    for method in ["GET", "HEAD", "OPTIONS"]:
        assert stranger.client.open(FORM, method=method, data=FIELDS).status_code in (200, 302)
        assert stranger.client.open(FORM, method=method, query_string=FIELDS).status_code in (200, 302)


OVERRIDES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]


def test_a_header_makes_no_other_method_of_one(unchanged, stranger):
    for method in OVERRIDES:
        stranger.get(FORM, headers={method: "POST"})
        stranger.get(f"{FORM}?_method=POST")


HOSTS = [
    "evil.example",
    "127.0.0.1.evil.example",
    "evil.example:8000",
    "127.0.0.2",
    "localhost@evil.example",
    "a b",
    "::1",
    "",
]


def test_a_wrong_host_is_refused_on_a_styled_page_that_names_it_not(unchanged, stranger):
    for host in HOSTS:
        for htmx in (False, True):
            for ask in (stranger.get, lambda path, **values: stranger.post(path, data=FIELDS, **values)):
                answer = ask(cast.POST if ask == stranger.get else FORM, headers={"Host": host}, htmx=htmx)
                assert answer.status == 400, host
                assert "evil" not in answer.response.text


OUR_NAMES = ["127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000", "127.0.0.1"]


def test_on_loopback_this_machine_may_be_called_by_its_other_names(post, stranger):
    for host in OUR_NAMES:
        assert stranger.get(cast.POST, headers={"Host": host}).status == 200


def test_forwarded_hosts_are_not_believed(post, stranger):
    plain = stranger.get(cast.POST).response.data
    poisoned = {
        "X-Forwarded-Host": "evil.example",
        "X-Host": "evil.example",
        "X-Original-URL": "/desk/",
        "X-Rewrite-URL": "/",
    }
    poisoned |= {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-Port": "1",
        "Forwarded": "host=e",
    }
    assert stranger.get(cast.POST, headers=poisoned).response.data == plain


# A database that is busy


@pytest.fixture
def locked(app, post, monkeypatch):
    """`with locked():` somebody else holds what a writer needs for longer than we wait, which here is not long."""
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        monkeypatch.setattr(extensions, "BUSY_WAIT_SECONDS", 0.2)
        engine.dispose()  # connections learn how long to wait when they are made
        yield lambda: _sqlite_held(engine)
        engine.dispose()
    else:
        event.listen(engine, "begin", _hurry)
        yield lambda: _postgres_held(engine)
        event.remove(engine, "begin", _hurry)


@contextlib.contextmanager
def _sqlite_held(engine):
    other = extensions.sqlite_library.connect(engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.close()


@contextlib.contextmanager
def _postgres_held(engine):
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE comment, tally, email IN EXCLUSIVE MODE")
        yield
        other.rollback()


def _hurry(connection):
    connection.connection.driver_connection.execute("SET LOCAL lock_timeout = '200ms'")


@BOTH
def test_while_the_database_is_locked_a_comment_is_refused_with_its_words_and_can_be_sent_again(
    app, locked, stranger, stored, htmx
):
    stranger.get(cast.POST)
    before = rows(app)
    with locked():
        begun = time.monotonic()
        answer = stranger.send(htmx=htmx)
        assert time.monotonic() - begun < 2
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"
    assert "What you sent was not saved" in answer.text
    assert {name: answer.typed(name) for name in FIELDS} == FIELDS
    assert rows(app) == before
    assert stranger.post(answer.actions()[0], data=FIELDS).status == 303
    assert len(stored()) == 1


def test_while_the_database_is_locked_readers_notice_nothing(locked, stranger):
    with locked():
        for path in ("/", cast.POST, "/about/", "/privacy/", "/moderation/", "/healthz"):
            assert stranger.get(path).status == 200
        assert stranger.client.head(cast.POST).status_code == 200
        assert stranger.get("/nothing/").status == 404


def test_every_post_of_a_commenter_says_when_the_database_is_locked(inside, post, locked, stranger):
    with inside():
        comment = cast.a_comment(post, State.UNCONFIRMED)
        panel, receipt = f"/comment/sent/{comment.panel_token}", f"/receipt/{comment.receipt_token}/withdraw"
        link = f"/comment/confirm/{comment.link_token}"
    with locked():
        for path in (panel, panel + "/again", panel + "/address", receipt, link):
            answer = stranger.post(path, data={"code": "123456", "email": "kim@example.org"})
            assert answer.status == 503
            assert "123456" not in answer.response.text
        assert answer.typed("email") == "kim@example.org"
    assert stranger.post(link).status == 303


# Under whatever it is given


def test_no_answer_is_a_bare_one(post, stranger, app):
    """Every kind of refusal wears the headers that hold for all pages."""
    answers = [
        stranger.get("/nothing/"),
        stranger.ask("PUT", "/"),
        stranger.send(text=""),
        stranger.send(headers=FOREIGN[0]),
        stranger.post(FORM, data=b"{}", content_type="application/json"),
        stranger.send(text="x" * 1_000_000),
        stranger.get("/", headers={"Host": "evil.example"}),
        stranger.get("/comment/sent/1.x"),
    ]
    assert [answer.status for answer in answers] == [404, 405, 422, 403, 415, 413, 400, 404]
    for answer in answers:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Traceback" not in answer.response.text


def test_a_fault_of_ours_is_a_styled_page_with_the_words_and_nothing_is_stored(app, post, stored, monkeypatch):
    def fail(*args, **values):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("opm.comments.submission.add", fail)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = Stranger(app).send()
    assert answer.status == 500
    assert "It is our fault, not yours" in answer.text
    assert {name: answer.typed(name) for name in FIELDS} == FIELDS
    assert "secret detail" not in answer.response.text
    assert stored() == []
