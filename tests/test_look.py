"""The site's own colours: readable by the rule, in one sheet, the same from every process."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from opm import settings
from opm.desk.settings_kinds import PALETTES, Logo
from opm.extensions import db
from opm.factory import create_app
from opm.lib import contrast
from opm.posts.pictures import decoding, library
from opm.posts.pictures.models import Picture
from tests import cast
from tests.desk.test_settings import send
from tests.stranger import Stranger

LOOK = "/desk/settings/look/"
SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)"')


def own(light, dark="#8ec3ff"):
    return {"palette": "own", "palette-light": light, "palette-dark": dark}


@pytest.fixture
def desk(inside, browser):
    """Ines at her desk, with a post out."""
    with inside():
        cast.a_post()
    return cast.signed_in(browser, inside)


def sheets(app, path=cast.POST):
    return SHEET.findall(app.test_client().get(path).text)


def test_contrast_is_counted_as_the_guidelines_do():
    assert contrast.ratio("#000000", "#ffffff") == pytest.approx(21)
    assert contrast.ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast.nearest("#0b5d4d", settings.LIGHT_GROUNDS) == "#0b5d4d", "what can be read stays"


def test_every_palette_that_is_offered_can_be_read_in_light_and_dark():
    for light, dark in (settings.OUR_COLOURS, *((light, dark) for _called, light, dark in PALETTES.values())):
        assert contrast.least(light, settings.LIGHT_GROUNDS) >= contrast.TEXT, light
        assert contrast.least(dark, settings.DARK_GROUNDS) >= contrast.TEXT, dark


def test_the_colours_that_are_looked_at_are_those_of_the_style_sheet():
    sheet = Path(__file__).parent.parent.joinpath("static/site.css").read_text()
    for name, light, dark in (
        ("accent", *settings.OUR_COLOURS),
        ("tint", settings.LIGHT_GROUNDS[1], settings.DARK_GROUNDS[1]),
        ("paper", "#fff", settings.DARK_GROUNDS[0]),
    ):
        assert re.findall(rf"--{name}: (#\w+);", sheet) == [light, dark]


def test_a_palette_reaches_every_page_at_once_in_the_one_sheet(app, inside, desk):
    before = sheets(app)
    assert len(before) == 1
    assert before[0].startswith("/static/site.")
    assert send(desk, LOOK, palette="blue").status == 303
    (address,) = sheets(app)
    answer = Stranger(app).get(address).response
    assert "--accent:#1d5aa8" in answer.text
    assert "--accent:#8ec3ff" in answer.text
    assert "#0b5d4d" not in answer.text
    assert answer.mimetype == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with app.test_client().get(before[0]) as plain:
        assert len(answer.text) == len(plain.text), "two colours are otherwise, and nothing else"
    desk.visit(LOOK)
    desk.press("Undo the last change of “Colours”")
    assert sheets(app) == before


def test_another_process_gives_the_same_sheet_without_a_restart(app, inside, desk):
    another = create_app({}, **app.config)
    assert send(desk, LOOK, palette="violet").status == 303
    (address,) = sheets(app)
    assert sheets(another) == [address]
    assert another.test_client().get(address).data == app.test_client().get(address).data


@pytest.mark.parametrize(
    "colour", ["", "blue", "#12345", "#1234567", "#1d5aag", "1d5aa8", "#fff", '#000000" x="', "\x00"]
)
def test_what_is_no_colour_is_refused(inside, desk, colour):
    answer = send(desk, LOOK, **own(colour))
    assert answer.status == 422
    assert answer.page.find(id="palette-error")
    with inside(False):
        assert settings.current().palette == ()


def test_what_cannot_be_read_is_refused_with_the_nearest_that_can(inside, desk):
    answer = send(desk, LOOK, **own("#ff9900"))
    assert answer.status == 422
    assert "Text in #ff9900 on #f1f4f3 has a contrast of 1.93 to 1, and people need 4.5 to 1." in answer.text
    nearest = re.search(r"The nearest that can be read is (#[0-9a-f]{6})", answer.text)[1]
    assert answer.page.find(id="palette-light")["value"] == "#ff9900"
    assert send(desk, LOOK, **own("#1d5aa8", "#333333")).status == 422
    assert send(desk, LOOK, **own(nearest)).status == 303
    with inside(False):
        assert settings.current().palette == (nearest, "#8ec3ff")


def test_no_address_gives_a_sheet_that_nobody_can_read(app, desk):
    version = sheets(app)[0].split(".")[1]
    for name in (f"{version}-ffff00-8ec3ff.css", "x.css", f"{version}-1d5aa8.css", f"{version}-1D5AA8-8EC3FF.css"):
        assert Stranger(app).get(f"/look/{name}").status == 404, name
    old = Stranger(app).get("/look/0123456789-1d5aa8-8ec3ff.css").response
    assert old.status_code == 200
    assert "immutable" not in old.headers["Cache-Control"], "a page of an older version still finds a sheet"


def test_mails_have_the_colours_too(app, inside):
    from opm.outbox.letters import write

    with inside(False):
        assert "#0b5d4d" in write("Hello", "Hello", "Words.").html
    with inside():
        settings.change(palette=("#1d5aa8", "#8ec3ff"))
        html = write("Hello", "Hello", "Words.").html
        assert "#1d5aa8" in html
        assert "#0b5d4d" not in html


def test_a_small_picture_of_the_library_stands_as_logo_and_cannot_be_dropped_meanwhile(app, inside, desk):
    with inside():
        small = cast.kept(cast.a_picture((160, 80)), "mark.png", is_decorative=True)
        large = cast.kept(cast.a_picture((900, 700), colour="noise"), "large.png", is_decorative=True)
        picture = Picture.by_address(small)
        assert Picture.by_address(large).byte_count > Logo.most_bytes
        db.session.flush()
    for wrong in (large, "/uploads/nothing.0123456789.png", "https://evil.example/x.png", "javascript:x"):
        assert send(desk, LOOK, logo=wrong).status == 422, wrong
    assert send(desk, LOOK, logo=small).status == 303
    image = BeautifulSoup(app.test_client().get(cast.POST).text, "html.parser").find("header").find("img")
    assert image.attrs == {"src": small, "alt": "", "width": "80", "height": "40"}
    assert "immutable" in app.test_client().get(small).headers["Cache-Control"]
    with inside(False), pytest.raises(library.InUse):
        library.drop(db.session.get(Picture, picture.id))
    desk.visit(LOOK)
    desk.press("Undo the last change of “Logo”")
    assert not BeautifulSoup(app.test_client().get(cast.POST).text, "html.parser").find("header").find("img")
    with inside():
        library.drop(db.session.get(Picture, picture.id))
    desk.visit(LOOK)
    desk.press("Undo the last change of “Logo”")
    with inside(False):
        assert settings.current().logo == (), "what is gone comes back to no page"


def test_the_logo_is_counted_among_what_is_shown_and_its_new_file_is_followed(app, inside, desk):
    def image():
        return BeautifulSoup(app.test_client().get(cast.POST).text, "html.parser").find("header").find("img")

    with inside():
        small = cast.kept(cast.a_picture((160, 80)), "mark.png", is_decorative=True)
    assert send(desk, LOOK, logo=small).status == 303
    desk.visit("/desk/pictures/?show=unused")
    assert "mark." not in desk.page.main.get_text()
    desk.visit("/desk/pictures/")
    assert "Shown in 1 place." in desk.text
    with inside():
        file = decoding.anew(cast.a_picture((900, 900), colour="noise"))
        assert len(file.content) > Logo.most_bytes
        library.replace(Picture.by_address(small), file, "new.png")
    assert image()["src"] != small
    assert (image()["width"], image()["height"]) == ("40", "40")
    held = image()["src"]
    desk.visit(LOOK)
    desk.press("Save all that you changed here")
    assert image()["src"] == held, "the page shows it among the others, so that saving changes nothing"
