"""Pictures at the widths that screens need: made by the worker, and shown by every text that shows the picture."""

import os
import time
from io import BytesIO

import pytest
from PIL import Image

from opm import settings
from opm.extensions import db
from opm.lib import publicity
from opm.lib.markdown import Format
from opm.posts.models import Post
from opm.posts.pages import StandingPage
from opm.posts.pictures import decoding, library, media, renditions
from opm.posts.pictures.models import Picture, State
from tests import cast
from tests.counting import counting

ALT = "Sandbags along the lane"
LICENCE = "https://x.example/?a&b"


@pytest.fixture
def photo(inside):
    """A photograph in the library, which the worker has not seen yet."""
    with inside():
        address = cast.kept(cast.a_picture((1400, 140), "JPEG", colour="noise"), "lane.jpg", alt=ALT)
        return Picture.by_address(address)


@pytest.fixture
def work(app):
    """`work()` does all that pictures wait for; returns in how many steps."""

    def work():
        steps = 0
        with app.app_context():
            while renditions.go_on():
                steps += 1
                db.session.remove()
        app.extensions["pages"].clear()
        return steps

    return work


@pytest.fixture
def post(inside, photo):
    """A post that shows it between its words."""
    with inside():
        post = cast.a_post()
        post.write(f"Look:\n\n![{ALT}]({photo.address})")
    return post


def again(photo):
    return db.session.get(Picture, photo.id)


def version(app):
    with app.app_context():
        return publicity.version()


def names(app):
    with app.app_context():
        return {file.name for file in media.folder().glob("*")}


def shown(browser, path=cast.POST):
    return browser.visit(path).main.find("img")


# Made once, and then shown


def test_a_post_shows_the_one_file_until_the_worker_has_made_more(app, inside, browser, photo, post, work):
    assert not shown(browser).has_attr("srcset")
    before, changed_at = version(app), post.changed_at
    assert work() == 2
    picture = shown(browser)
    assert (picture["src"], picture["alt"]) == (photo.address, ALT)
    assert (picture["width"], picture["height"], picture["loading"]) == ("1400", "140", "lazy")
    source = picture.find_previous_sibling("source")
    assert source["type"] == "image/avif"
    for tag, ending in ((source, "avif"), (picture, "jpg")):
        stem = photo.address.removesuffix(".jpg")
        assert tag["srcset"] == ",".join(f"{stem}-{width}.{ending} {width}w" for width in (480, 960, 1400))
        assert tag["sizes"] == "(min-width:46em)665px,100vw"
    assert version(app) == before + 1
    with inside(False):
        again_post = db.session.get(Post, post.id)
        assert (again_post.changed_at, again_post.revision) == (changed_at, post.revision)


def test_each_is_a_picture_of_its_width_and_served_for_ever(app, stranger, photo, work):
    work()
    with app.app_context():
        made = again(photo).renditions
    for name in made:
        with stranger.client.get(f"/uploads/{name}") as answer:
            picture = Image.open(BytesIO(answer.data))
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.mimetype == media.type_of(name) == Image.MIME[picture.format]
            assert picture.width == media.width_of(name)
            assert not picture.getexif()


def test_done_once_it_is_not_done_again_and_an_idle_worker_only_looks(app, photo, post, work):
    assert work() == 2
    assert work() == 0
    with counting(app) as statements, app.app_context():
        renditions.go_on()
    assert [statement.split()[0] for statement in statements] == ["SELECT"]


def test_two_workers_at_once_do_no_harm(app, inside, photo, post, work, monkeypatch):
    ask = decoding.renditions

    def another_is_quicker(content):
        monkeypatch.setattr(decoding, "renditions", ask)
        work()
        return ask(content)

    monkeypatch.setattr(decoding, "renditions", another_is_quicker)
    work()
    with inside(False):
        assert (again(photo).state, again(photo).is_stale) == (State.READY, False)
    assert len(names(app)) >= 7


def test_stopped_between_making_and_showing_it_goes_on_there(app, browser, photo, post, work):
    with app.app_context():
        renditions.go_on()
    assert not shown(browser).has_attr("srcset")
    work()
    assert shown(browser).has_attr("srcset")


def test_one_that_nothing_can_be_made_of_is_marked_and_still_shown(inside, browser, photo, post, work, monkeypatch):
    def refuse(_content):
        raise decoding.NotAPicture

    monkeypatch.setattr(decoding, "renditions", refuse)
    work()
    with inside(False):
        assert again(photo).state == State.FAILED
    assert shown(browser)["width"] == "1400"


@pytest.mark.parametrize(("mode", "format"), [("P", "PNG"), ("RGBA", "PNG"), ("P", "GIF")])
def test_a_drawing_is_never_made_a_jpeg(app, inside, work, mode, format):
    with inside():
        drawing = Picture.by_address(cast.kept(cast.a_picture((1200, 900), format, mode), "plan"))
    work()
    with inside(False):
        assert again(drawing).state == State.READY
        assert not [name for name in again(drawing).renditions if name.endswith("jpg")]
        assert all(len(media.read(name)) < drawing.byte_count for name in again(drawing).renditions)


def test_pages_and_the_words_about_the_site_show_them_too(inside, browser, photo, work):
    with inside():
        cast.a_page(text=f"![]({photo.address})")
        settings.change(about=f"![]({photo.address})")
    work()
    for path in ("/how-to-reach-us/", "/about/"):
        assert shown(browser, path)["srcset"]
        assert shown(browser, path)["alt"] == ALT, "what the library says where the text says nothing"


def test_what_the_public_does_not_see_raises_no_version(app, inside, photo, work):
    with inside():
        post = Post(title="A draft", slug="a-draft")
        db.session.add(post)
        post.write(f"![]({photo.address})")
    before = version(app)
    work()
    assert version(app) == before
    with inside(False):
        assert "srcset" in db.session.get(Post, post.id).html


# How it stands there


def test_the_picture_that_a_text_opens_with_comes_at_once(inside, browser, photo):
    with inside():
        cast.a_post().write(f"![One]({photo.address})\n\n![Two]({photo.address})")
    assert [image.get("loading") for image in browser.visit(cast.POST).article.find_all("img")] == [None, "lazy"]


def test_under_it_stands_whose_it_is(inside, browser, photo):
    with inside():
        again(photo).describe(
            alt=ALT, credit="Jo <b> Marsh", licence="CC BY 4.0", licence_address="https://x.example/?a&b"
        )
        cast.a_post().write(
            f"![{ALT}]({photo.address})\n\nWords and ![]({photo.address}) words.\n\n- [![x]({photo.address})](/)"
        )
    article = browser.visit(cast.POST).article
    assert article.figure.figcaption.get_text() == "Picture: Jo <b> Marsh, CC BY 4.0"
    assert article.figure.figcaption.a["href"] == LICENCE
    assert article.figure.img["alt"] == ALT
    assert [small.get_text() for small in article.find_all("small")] == ["Picture: Jo <b> Marsh, CC BY 4.0"] * 2
    assert not article.li.a.find("a")


@pytest.mark.parametrize("caption", ["", "<figcaption>The lane</figcaption>"])
def test_a_caption_that_is_there_gets_it_too(inside, browser, photo, caption):
    with inside():
        again(photo).describe(alt=ALT, credit="Jo Marsh")
        cast.a_post().write(f'<figure><img src="{photo.address}">{caption}</figure>', Format.HTML)
    [said] = browser.visit(cast.POST).article.find_all("figcaption")
    assert said.get_text().endswith("Picture: Jo Marsh")


def test_what_adorns_says_nothing(inside, browser, photo):
    with inside():
        again(photo).describe(alt="x", is_decorative=True)
        cast.a_post().write(f"![]({photo.address})")
    assert shown(browser)["alt"] == ""


# Another file


def test_a_replaced_picture_is_shown_by_all_texts_also_by_their_old_words(
    app, inside, browser, stranger, photo, post, work
):
    work()
    with inside():
        anew = decoding.anew(cast.a_picture((600, 60), "JPEG", colour="noise"))
        old = library.replace(Picture.held(photo.id), anew, "quay.jpg")
    with app.app_context():
        media.drop(old)
    assert len(old) == 7
    new = again_in(app, photo).address
    for name in old:
        answer = stranger.get(f"/uploads/{name}")
        assert (answer.status, answer.location) == (301, new)
    work()
    assert (shown(browser)["src"], shown(browser)["width"]) == (new, "600")
    with inside():
        cast.a_page(text=f"![{ALT}]({photo.address})")
    assert shown(browser, "/how-to-reach-us/")["src"] == new


def again_in(app, photo):
    with app.app_context():
        return again(photo)


def test_and_back_again(app, inside, browser, photo, post, work):
    for size, called in (((600, 60), "quay.jpg"), ((500, 50), "mill.jpg"), ((1400, 140), "lane.jpg")):
        with inside():
            anew = decoding.anew(cast.a_picture(size, "JPEG", colour="noise"))
            library.replace(Picture.held(photo.id), anew, called)
        work()
        assert shown(browser)["width"] == str(size[0])
    assert shown(browser)["src"] == photo.address


def test_a_file_that_another_picture_had_once_does_not_take_its_place(inside, browser, photo, post, work):
    with inside():
        library.replace(Picture.held(photo.id), decoding.anew(cast.a_picture((600, 60), "JPEG")), "quay.jpg")
        other = Picture.by_address(cast.kept(cast.a_picture((1400, 140), "JPEG", colour="noise"), "lane.jpg"))
        assert other.id != photo.id
        assert other.name.startswith("lane-2.")
    work()
    assert shown(browser)["width"] == "600"


def test_it_cannot_become_what_another_picture_is(inside, photo):
    with inside():
        cast.kept(cast.a_picture((9, 9)), "quay.png")
        with pytest.raises(library.AlreadyHere):
            library.replace(Picture.held(photo.id), decoding.anew(cast.a_picture((9, 9))), "quay.png")


def test_replaced_while_the_worker_makes_it_ready_it_is_made_ready_again(inside, photo, work, monkeypatch):
    ask = decoding.renditions

    def replaced_meanwhile(content):
        monkeypatch.setattr(decoding, "renditions", ask)
        anew = decoding.anew(cast.a_picture((600, 60), "JPEG", colour="noise"))
        library.replace(Picture.held(photo.id), anew, "quay.jpg")
        db.session.commit()
        return ask(content)

    monkeypatch.setattr(decoding, "renditions", replaced_meanwhile)
    work()
    with inside(False):
        assert all(name.startswith("quay.") for name in again(photo).renditions)
        assert again(photo).renditions


# Files that nobody told of


@pytest.fixture
def time_passes(app):
    """`time_passes()` makes all files older than what may be just coming. In the end they go."""

    def time_passes():
        for file in folder.glob("*"):
            os.utime(file, (0, time.time() - 2 * renditions.GROWN_UP_SECONDS))

    with app.app_context():
        folder = media.folder()
    yield time_passes
    for file in folder.glob("*"):
        file.unlink()


def test_files_of_an_older_version_are_found_with_what_shows_them(app, inside, browser, photo, post, work, time_passes):
    with inside():
        for text in (*db.session.query(Post), *db.session.query(StandingPage)):
            text.pictures = []
        db.session.flush()
        db.session.delete(again(photo))
    with app.app_context():
        assert not renditions.tidy(), "it may be just coming"
    time_passes()
    with app.app_context():
        while renditions.tidy():
            pass
        found = Picture.by_address(photo.address)
        assert (found.width, found.needs_words, found.added_by) == (1400, True, None)
        assert [post.id for post in library.uses_of(found).posts] == [post.id]
    work()
    assert shown(browser)["srcset"]


def test_files_that_no_picture_has_any_more_go(app, inside, photo, work, time_passes):
    work()
    with inside():
        old = library.replace(Picture.held(photo.id), decoding.anew(cast.a_picture()), "quay.png")
        (media.folder() / "notes.txt").write_text("not ours")
        (media.folder() / "broken.0123456789.png").write_text("no picture")
    time_passes()
    with app.app_context():
        while renditions.tidy():
            pass
        assert Picture.by_address("/uploads/broken.0123456789.png") is None
    assert not set(old) & names(app)
    assert {"notes.txt", "broken.0123456789.png"} <= names(app)


def test_what_somebody_took_is_made_again(app, inside, browser, photo, post, work):
    work()
    with inside(False):
        taken = again(photo).renditions
        media.drop(taken)
    with app.app_context():
        renditions.tidy()
    work()
    assert shown(browser)["srcset"]
    assert set(taken) <= names(app)
