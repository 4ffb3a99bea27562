"""The library at the desk: what is refused and what comes back of it, what is taken, found, replaced, deleted."""

import zlib
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from opm import settings
from opm.extensions import db
from opm.lib import clock as clocks
from opm.lib import files as sent_files
from opm.posts.drafts import Draft
from opm.posts.models import State
from opm.posts.pictures import decoding, media
from opm.posts.pictures.models import Picture
from tests import acts, cast
from tests.browser import FRAGMENT
from tests.counting import counting
from tests.stranger import Answer
from tests.tables import rows

TYPED = {"alt": "Sandbags along the lane", "credit": "Jo Marsh", "licence": "CC BY 4.0"}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
MB = 1024 * 1024


@pytest.fixture
def desk(inside, browser):
    """An author's browser, signed in."""
    return cast.signed_in(browser, inside, cast.rosa)


@pytest.fixture
def editor(inside, browser):
    """An editor's."""
    return cast.signed_in(browser, inside, cast.ines)


@pytest.fixture
def send(app):
    """`send(browser, content, …)` sends a file as a form does. Returns the answer, read."""

    def send(browser, content, called="lane.png", to="/desk/pictures/", htmx=False, **fields):
        browser.visit("/desk/pictures/new")
        token = browser.page.find("input", {"name": "csrf_token"})["value"]
        file = {} if content is None else {"picture": FileStorage(BytesIO(content), called)}
        boundary, body = encode_multipart({"csrf_token": token, **fields} | file)
        sent = {"data": body, "content_type": f'multipart/form-data; boundary="{boundary}"'}
        return Answer(browser.client.post(to, **sent, headers=FRAGMENT if htmx else {}), is_fragment=htmx)

    return send


@pytest.fixture
def files(app):
    """`files()` names what is stored."""

    def files():
        with app.app_context():
            return {file.name for file in media.folder().glob("*")}

    return files


def pixels(width, height):
    claimed = bytearray(cast.a_picture((1, 1)))
    claimed[16:24] = width.to_bytes(4) + height.to_bytes(4)
    claimed[29:33] = zlib.crc32(claimed[12:29]).to_bytes(4)
    return bytes(claimed)


REFUSED = {
    "nothing": (None, "Choose a picture"),
    "empty": (b"", "This is no PNG"),
    "svg": (SVG, "SVG as PNG"),
    "html": (b"<html><script>alert(1)</script>", "This is no PNG"),
    "cut": (cast.a_picture((400, 300), "JPEG", colour="noise")[:2000], "it is damaged"),
    "a bomb": (pixels(50_000, 50_000), "over 40 million pixels"),
    "bmp": (cast.a_picture(format="BMP"), "This is no PNG"),
    "too large": (cast.a_picture() + b"x" * (12 * MB), "over 12 MB"),
}


# What is refused


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
def test_a_file_that_is_refused_leaves_nothing_and_what_was_typed_comes_back(
    app, desk, send, files, content, words, htmx
):
    before = rows(app), files()
    answer = send(desk, content, htmx=htmx, **TYPED)
    assert answer.status == 422
    assert words in answer.text
    assert (rows(app), files()) == before
    assert {link["href"] for link in answer.page.select(".problem a")} == (set() if htmx else {"#picture"})
    if not htmx:
        assert {name: answer.typed(name) for name in TYPED} == TYPED
        assert "Choose the file again: browsers do not keep it." in answer.text


def test_a_body_past_all_limits_is_refused_on_a_page(app, desk, send, monkeypatch):
    monkeypatch.setattr(sent_files, "MOST_SENT", 1 * MB)
    answer = send(desk, b"x" * 2 * MB, **TYPED)
    assert answer.status == 413
    assert "pictures of at most 12 MB. Press Back" in answer.text


def test_elsewhere_and_from_strangers_a_file_is_let_go_of(app, desk, stranger, send, monkeypatch):
    kept = []
    write = sent_files.File.write
    monkeypatch.setattr(sent_files.File, "write", lambda file, some: kept.append(file.most) or write(file, some))
    data = {"picture": (BytesIO(b"x" * 100_000), "x.png"), "alt": "What I typed"}
    answer = stranger.post("/desk/pictures/", data=data)
    assert answer.status == 403
    assert "What I typed" in answer.given_back() or "What I typed" in answer.text
    desk.client.post("/desk/comments/", data={"picture": (BytesIO(b"x" * 100_000), "x.png")})
    assert set(kept) == {0}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"alt": "", "credit": "Jo"}, "Say what the picture shows, or that it is only decoration"),
        ({"alt": "\u200b \u2800"[:1], "credit": "Jo"}, "Say what the picture shows"),
        ({"alt": "It shows", "is_decorative": "1"}, "choose one"),
        ({"alt": "x" * 501}, "1 characters over the limit of 500"),
        ({"alt": "It shows", "credit": "x" * 201}, "over the limit of 200"),
        ({"alt": "It shows", "licence": "x", "licence_address": "javascript:alert(1)"}, "like https://"),
        ({"alt": "It shows", "licence": "x", "licence_address": "https://[x"}, "like https://"),
        ({"alt": "It shows", "licence_address": "https://example.org/"}, "Name the licence"),
    ],
)
def test_what_is_said_badly_is_said_so_beside_the_field(app, desk, send, files, typed, words):
    before = rows(app), files()
    answer = send(desk, cast.a_picture(), **typed)
    assert answer.status == 422
    assert words in answer.text
    assert answer.page.find(attrs={"aria-invalid": "true"})
    assert (rows(app), files()) == before


@pytest.mark.parametrize(
    "called",
    ["../../etc/passwd", "..\\x.png", "x\0.png", "a" * 10_000, "\u202egnp.exe", "<b>.png", ".", "土嚢.png"],
)
def test_whatever_a_file_is_called_it_gets_a_plain_name(inside, desk, send, called):
    assert send(desk, cast.a_picture(), called, **TYPED).status == 303
    with inside(False):
        assert media.is_whole(db.session.query(Picture).one().name)


def test_of_a_polyglot_only_the_picture_is_kept(inside, desk, send):
    assert send(desk, cast.a_picture(format="GIF") + SVG, "x.html", **TYPED).status == 303
    with inside(False):
        content = media.read(db.session.query(Picture).one().name)
    assert b"svg" not in content
    assert Image.open(BytesIO(content)).format == "GIF"


def test_while_a_picture_is_looked_at_others_write(app, desk, send, monkeypatch):
    ask = decoding.anew

    def others_write(content):
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(Picture.__table__.delete())
        return ask(content)

    monkeypatch.setattr(decoding, "anew", others_write)
    assert send(desk, cast.a_picture(), **TYPED).status == 303
    acts.unlogged.clear()  # these others are nobody of the staff


def test_a_busy_decoder_asks_for_patience(desk, send, monkeypatch):
    monkeypatch.setattr(decoding, "PATIENCE_SECONDS", 0)
    with decoding._turn:
        answer = send(desk, cast.a_picture(), **TYPED)
    assert answer.status == 422
    assert "Send it once more in a moment" in answer.text


# What is taken


def test_a_picture_comes_in_and_its_page_gives_the_line_that_shows_it(inside, desk, send):
    answer = send(desk, cast.a_picture((400, 300)), **TYPED | {"alt": "The [lane], *drawn*"})
    assert answer.status == 303
    desk.visit(answer.location)
    with inside(False):
        picture = db.session.query(Picture).one()
        assert (picture.added_by.name, picture.licence_address[:28]) == ("Rosa Menk", "https://creativecommons.org/")
    line = desk.page.find(id="line")["value"]
    assert line == f"![The \\[lane\\], \\*drawn\\*]({picture.address})"
    with inside():
        cast.a_post().write(line)
    shown = desk.visit(cast.POST).article.img
    assert (shown["alt"], shown["src"]) == ("The [lane], *drawn*", picture.address)


def test_one_that_only_adorns_needs_no_words(inside, desk, send):
    assert send(desk, cast.a_picture(), is_decorative="1").status == 303
    with inside(False):
        assert db.session.query(Picture).one().markdown.startswith("![](/uploads/")


def test_the_same_file_is_kept_once(inside, desk, send):
    first, second = (send(desk, cast.a_picture(), **TYPED) for _ in range(2))
    assert second.location.partition("?")[0] == first.location.partition("#")[0]
    desk.visit(second.location)
    assert "was here already" in desk.text


def test_from_the_editor_it_comes_first_and_is_described_then(inside, desk, send):
    answer = send(desk, cast.a_picture(), htmx=True, later="1")
    assert answer.status == 200
    assert not answer.page.section.has_attr("data-line")
    form = answer.page.form
    hidden = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    refused = desk.client.post(form["action"], data=hidden | {"credit": "Jo"}, headers=FRAGMENT)
    assert refused.status_code == 422
    assert Answer(refused, is_fragment=True).typed("credit") == "Jo"
    said = desk.client.post(form["action"], data=hidden | TYPED, headers=FRAGMENT)
    line = Answer(said, is_fragment=True).page.section["data-line"]
    assert line.startswith("![Sandbags along the lane](/uploads/lane.")


def test_saying_it_otherwise_has_its_posts_made_anew(inside, desk):
    with inside():
        picture = Picture.by_address(cast.kept(alt="Old words"))
    desk.visit(picture.room)
    desk.press("Save", alt="New words", licence="CC0 1.0")
    with inside(False):
        found = db.session.get(Picture, picture.id)
        assert (found.alt, found.is_stale) == ("New words", True)


def test_of_two_who_describe_one_picture_the_second_is_shown_both(inside, desk, another_browser):
    with inside():
        picture = Picture.by_address(cast.kept(alt="Old words"))
    ines = cast.signed_in(another_browser, inside)
    for browser in (desk, ines):
        browser.visit(picture.room)
    desk.press("Save", alt="A ford in flood", credit="Jo Marsh", licence="CC BY 4.0")
    ines.press("Save", status=409, alt="A ford, <b>dry</b>")
    assert "somebody else has described this picture while you did" in ines.text
    assert "A ford in flood Who made it: Jo Marsh On what terms: CC BY 4.0 (https://" in ines.text
    assert ines.page.find(id="alt").get_text().strip() == "A ford, <b>dry</b>"
    with inside(False):
        assert db.session.get(Picture, picture.id).alt == "A ford in flood"
    ines.press("Save")
    with inside(False):
        assert db.session.get(Picture, picture.id).alt == "A ford, <b>dry</b>"


def test_in_the_editors_dialog_it_is_the_same_and_saying_the_same_is_no_clash(inside, desk, send):
    picture = Answer(send(desk, cast.a_picture(), htmx=True, later="1").response, is_fragment=True).page.form
    hidden = {field["name"]: field["value"] for field in picture.select("input[type=hidden]")}

    def say(**said):
        sent = desk.client.post(picture["action"], data=hidden | said, headers=FRAGMENT)
        return Answer(sent, is_fragment=True)

    for _twice in range(2):
        assert say(**TYPED).page.section["data-line"]
    for seen in (hidden["seen"], "", "x" * 10_000, "\x00", "ü"):
        clash = say(alt="Another lane", seen=seen)
        assert clash.status == 409
        assert "Sandbags along the lane" in clash.text
        assert not clash.page.section.has_attr("data-line")
        assert clash.typed("alt").strip() == "Another lane"
    again = clash.page.find("input", attrs={"name": "seen"})["value"]
    assert say(alt="Another lane", seen=again).page.section["data-line"].startswith("![Another lane]")


# What is found


def test_ten_thousand_are_found_in_few_statements(app, inside, desk):
    with inside():
        db.session.add_all(
            Picture.of_file(f"p.{n:010x}.png", decoding.Anew(b"", "png", 9, 9), alt=f"Picture {n} of Ærø")
            for n in range(10_000)
        )
    for path in ("/desk/pictures/", "/desk/pictures/?page=417", "/desk/pictures/?q=ÆRØ+77&show=unused"):
        with counting(app) as statements:
            desk.visit(path)
        assert len(statements) <= 6, statements
        assert desk.page.select(".pictures li")
    desk.visit("/desk/pictures/?page=418", 404)


def test_they_are_found_by_words_and_by_what_they_lack(inside, desk):
    with inside():
        shown = cast.kept(alt="The lane, drawn", credit="Jo Marsh")
        cast.kept(cast.a_picture((9, 9)), "quay.png")
        cast.a_post().write(f"![The lane]({shown})")
    for query, count in (
        ("", 2), ("?q=lane+jo", 1), ("?q=QUAY", 1), ("?q=100%25", 0), ("?q=_", 0), ("?show=unused", 1),
        ("?show=undescribed", 1), ("?show=failed", 0), ("?q=%00%ff'<script>", 0),
    ):  # fmt: skip
        desk.visit(f"/desk/pictures/{query}")
        assert len(desk.page.select(".pictures li")) == count, query
    for query in ("?show=nonsense", "?page=0", "?page=99999999", "?page=x"):
        desk.visit(f"/desk/pictures/{query}", 404)


def shown_by_a_post(address):
    cast.a_post().write(f"![]({address})")


def shown_by_a_post_to_come(address):
    post = cast.a_draft(text=f"![]({address})")
    post.state, post.publish_at = State.SCHEDULED, clocks.now() + timedelta(days=1)


def shown_by_a_page(address):
    cast.a_page(text=f"![]({address})")


def shown_by_the_page_about_the_site(address):
    settings.change(about=f"![]({address})")


PUBLIC = [shown_by_a_post, shown_by_a_post_to_come, shown_by_a_page, shown_by_the_page_about_the_site]


@pytest.mark.parametrize("shown", PUBLIC)
def test_an_author_says_nothing_else_of_what_readers_see(app, inside, desk, another_browser, shown):
    with inside():
        cast.ines()
        picture = Picture.by_address(cast.kept(alt="The lane", credit="Jo Marsh"))
    desk.visit(picture.room)
    with inside():
        shown(picture.address)
    before = rows(app)
    desk.press("Save", status=403, alt="Vote for me", credit="Rosa")
    assert "To publish posts, and change what is public, ask Ines Calder." in desk.text
    assert rows(app) == before
    desk.visit(picture.room)
    assert desk.page.find(id="alt") is None
    assert "The lane Who made it: Jo Marsh Readers see this picture." in desk.text
    ines = cast.signed_in(another_browser, inside)
    ines.visit(picture.room)
    ines.press("Save", alt="The lane, drawn")


def test_an_author_describes_nothing_that_readers_see_by_sending_it_again(app, inside, desk, send):
    with inside():
        cast.ines()
        shown_by_a_post(cast.kept(cast.a_picture()))
    before = rows(app)
    assert send(desk, cast.a_picture(), **TYPED).status == 303
    answer = send(desk, cast.a_picture(), htmx=True, later="1")
    assert "Ask an editor to change what is said of it." in answer.text
    assert rows(app) == before


def test_an_author_describes_what_only_drafts_show(inside, desk):
    with inside():
        picture = Picture.by_address(cast.kept(alt="The lane"))
        cast.a_draft(text=f"![]({picture.address})")
    desk.visit(picture.room)
    desk.press("Save", alt="The lane, drawn")
    with inside(False):
        assert db.session.query(Picture).one().alt == "The lane, drawn"


def test_each_says_where_it_is_shown(inside, desk):
    with inside():
        picture = Picture.by_address(cast.kept(alt="The lane"))
        cast.a_post().write(f"![The lane]({picture.address})")
        cast.a_page(text=f"![The lane]({picture.address})")
    desk.visit(picture.room)
    for words in ("Who fills the sandbags?", "How to reach us"):
        assert desk.page.find("a", string=words)


# Another file, and the end


def test_an_editor_gives_it_another_file(inside, editor, send, files):
    with inside():
        picture = Picture.by_address(cast.kept(alt="The lane"))
        cast.a_post().write(f"![The lane]({picture.address})")
    answer = send(editor, cast.a_picture((90, 60)), "quay.png", to=f"{picture.room}/file")
    assert (answer.status, answer.location) == (303, picture.room)
    assert picture.name not in files()
    with editor.client.get(picture.address, follow_redirects=True) as shown:
        assert Image.open(BytesIO(shown.data)).size == (90, 60)
    assert send(editor, SVG, to=f"{picture.room}/file").status == 422
    with inside():
        other = cast.kept(cast.a_picture((5, 5)), "mill.png")
        assert other
    answer = send(editor, cast.a_picture((5, 5)), "mill.png", to=f"{picture.room}/file")
    assert answer.status == 409
    assert "another picture is this very file" in answer.text


def test_one_that_is_shown_is_not_deleted_and_one_that_is_not_is_gone(inside, editor, files):
    with inside():
        picture = Picture.by_address(cast.kept(alt="The lane"))
        post = cast.a_post()
        post.write(f"![The lane]({picture.address})")
    editor.visit(picture.room)
    assert "Delete this picture" not in editor.text
    with inside():
        post.write("No picture.")
        db.session.merge(post)
    editor.visit(picture.room)
    with inside():
        db.session.add(Draft(post_id=post.id, person_id=cast.ines().id, text=f"![x]({picture.address})"))
    editor.press("Delete this picture", 409)
    assert "typed, not saved yet" in editor.text
    with inside():
        db.session.query(Draft).delete()
    editor.visit(picture.room)
    editor.press("Delete this picture")
    assert picture.name not in files()
    editor.visit(picture.room, 404)


def test_the_checks_ask_for_words(inside, desk):
    with inside():
        address = cast.kept()
        draft = cast.a_draft(text=f"![]({address})")
    desk.visit(f"/desk/posts/{draft.id}")
    assert desk.page.find(id="pictures")["href"] == "/desk/pictures/new"
