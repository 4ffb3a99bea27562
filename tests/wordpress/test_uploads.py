"""Pictures stay where they are, and what showed them links to them."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from opm.extensions import db
from opm.posts.models import Post
from opm.wordpress.uploads import MOST_LISTED
from tests.wordpress.files import ADDRESS, export, post, upload

FILES = f"{ADDRESS}/wp-content/uploads"


def alt(words):
    """What a picture shows, as WordPress keeps it."""
    key = "<wp:meta_key>_wp_attachment_image_alt</wp:meta_key>"
    return f"<wp:postmeta>{key}<wp:meta_value>{words}</wp:meta_value></wp:postmeta>"


@pytest.fixture
def links(bring, inside):
    """Imports a post with this text and these uploads: the words of its links and where they lead."""

    def links(content, *uploads):
        bring(export(post(1, content=content), *uploads))
        with inside(False):
            page = BeautifulSoup(db.session.scalar(select(Post).where(Post.source_id == "1")).html, "html.parser")
        assert not page.find("img")
        return {link.get_text(): link["href"].removeprefix(f"{FILES}/") for link in page.select("li > a, p > a")}

    return links


def test_a_gallery_lists_the_files_that_it_numbers_in_its_order(links):
    uploads = [upload(id, name=f"{id}.jpg", title=f"Picture {id}") for id in (5, 6, 7)]
    assert links('[gallery columns="2" ids="7, 5,99"]', *uploads) == {"Picture 7": "7.jpg", "Picture 5": "5.jpg"}


def test_a_gallery_without_numbers_lists_the_pictures_of_its_post(links):
    others = upload(7, 1, "rota.pdf"), upload(8, 2, "other.jpg"), upload(9, 1, "bin.jpg", status="trash")
    assert links("[gallery]", upload(5, 1, "lane.jpg"), upload(6, 1, "mill.PNG"), *others) == {
        "lane": "lane.jpg",
        "mill": "mill.PNG",
    }


def test_a_gallery_may_be_of_another_post(links):
    assert links('[gallery id="2"]', upload(5, 1, "lane.jpg"), upload(8, 2, "other.jpg")) == {"other": "other.jpg"}


def test_a_file_is_named_by_what_it_shows_or_its_caption_or_title_or_its_own_name(links):
    named = [
        upload(5, 1, "a.jpg", title="A", excerpt="At noon").replace("</item>", f"{alt('A lane')}</item>"),
        upload(6, 1, "b.jpg", title="B", excerpt="At <b>noon</b> &amp; later"),
        upload(7, 1, "c.jpg", title="C"),
        upload(8, 1, "d%20e.jpg", title=""),
    ]
    assert list(links("[gallery]", *named)) == ["A lane", "At noon & later", "C", "d e.jpg"]


def test_a_picture_that_says_nothing_is_named_by_what_the_export_says_of_it(links):
    sizes = f'<img src="{FILES}/mill.jpg"> <img src="{FILES}/mill-300x200.jpg?w=3" alt=""> <img src="{FILES}/x.jpg">'
    assert links(
        f'{sizes} <img src="{FILES}/mill.jpg" alt="Our mill">', upload(5, name="mill.jpg", title="The mill")
    ) == {
        "The mill": "mill-300x200.jpg?w=3",
        "x.jpg": "x.jpg",
        "Our mill": "mill.jpg",
    }


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example/a.jpg", "", "https://[", 'x" onclick="alert(1)'],
)
def test_a_file_that_is_nowhere_is_not_listed(links, address):
    assert links('[gallery ids="5"][gallery]', upload(5, 1, attachment_url=address)) == {}


def test_what_a_file_is_called_stays_text(links):
    said = '<script>alert(1)</script><b title="x">B</b>" onclick="alert(1)'
    assert list(links("[gallery]", upload(5, 1, title=said))) == ['B" onclick="alert(1)']


def test_galleries_cannot_multiply(bring, inside):
    uploads = [upload(id, 1, f"{id}.jpg") for id in range(10, 40)]
    bring(export(post(1, content="[gallery]" * 5000), *uploads))
    with inside(False):
        assert db.session.scalar(select(Post)).html.count("<li>") == MOST_LISTED
