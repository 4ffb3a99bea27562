"""Social pictures: one with the title on it for each post that is public, made by the worker; it goes with the post."""

from io import BytesIO

import pytest
from PIL import Image

from opm import settings
from opm.extensions import db
from opm.lib import publicity
from opm.posts import publishing
from opm.posts.models import Post
from opm.posts.pictures import cards, decoder, media
from opm.posts.pictures.models import SocialCard
from tests import cast
from tests.counting import counting


@pytest.fixture
def work(app):
    """`work()` makes all that are wanted. Returns in how many steps."""

    def work():
        steps = 0
        with app.app_context():
            while cards.go_on():
                steps += 1
                db.session.remove()
        app.extensions["pages"].clear()
        return steps

    return work


@pytest.fixture
def post(inside):
    """A public post."""
    with inside():
        return cast.a_post()


def shared(browser):
    found = browser.visit(cast.POST).find("meta", property="og:image")
    return found and found["content"].removeprefix(browser.app.config["BASE_URL"])


def names(app):
    with app.app_context():
        return {name.name for name in media.folder().glob("*-card.png")}


def test_a_post_has_a_picture_with_its_title_once_the_worker_came_by(app, browser, stranger, post, work):
    assert shared(browser) is None
    assert (work(), work()) == (1, 0)
    with stranger.client.get(shared(browser)) as answer:
        assert Image.open(BytesIO(answer.data)).size == (1200, 630)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with counting(app) as statements, app.app_context():
        cards.go_on()
    assert {statement.split()[0] for statement in statements} == {"SELECT"}


@pytest.mark.parametrize("change", ["title", "site"])
def test_with_other_words_it_has_another_one_and_the_old_one_is_gone(app, inside, browser, post, work, change):
    work()
    old = shared(browser)
    with inside():
        if change == "title":
            db.session.get(Post, post.id).title = "Who empties them?"
        else:
            settings.change(site_name="Northmere writes")
    assert work() == 1
    assert shared(browser) != old
    assert old.removeprefix("/uploads/") not in names(app)


def test_after_an_import_the_pages_are_made_anew_once(inside, work):
    with inside():
        for number in range(3):
            cast.a_post(f"post-{number}")
        before = publicity.version()
    assert work() == 3
    with inside(False):
        assert publicity.version() == before + 1


def test_it_goes_with_a_post_that_is_withdrawn(app, inside, post, work):
    work()
    with inside(False):
        name = db.session.query(SocialCard).one().name
    with inside():
        publishing.withdraw(db.session.get(Post, post.id), "It was wrong.")
    assert work() == 1
    assert name not in names(app)
    with inside(False):
        assert db.session.query(SocialCard).all() == []


def test_a_draft_has_none(inside, work):
    with inside():
        cast.a_draft()
    assert work() == 0


def test_a_title_in_a_script_that_our_font_lacks_has_none_and_is_not_tried_again(inside, browser, post, work):
    with inside():
        db.session.get(Post, post.id).title = "土嚢は誰が"
    assert (work(), work()) == (1, 0)
    assert shared(browser) is None


@pytest.mark.parametrize(
    "title",
    ["", "A", "Kurze Wörter und Ääkköset", "Кто носит мешки?", "Ποιος γεμίζει;", "word " * 40, "x" * 200, "<b>\u202e&"],
    ids=range(8),
)
def test_whatever_the_title_it_fits(title):
    _told, [content] = decoder.card(b"", title=title, site_name="Policy in the Open " * 9, below="x" * 300)
    picture = Image.open(BytesIO(content)).convert("RGB")
    for edge in ((0, 30, 70, 630), (1130, 30, 1200, 630), (0, 600, 1200, 630), (0, 525, 1200, 548)):
        assert picture.crop(edge).getcolors() == [((edge[2] - edge[0]) * (edge[3] - edge[1]), (255, 255, 255))], edge
