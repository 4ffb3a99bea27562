"""Web addresses in plain text, made links; and links in HTML, made whole."""

import pytest
from flask import Flask

from opm.lib import links
from opm.lib.links import paragraphs


def test_where_words_were_taken_out_of_an_address_it_ends():
    html = paragraphs("See https://a.example/people/\ufffc/phone please")
    assert 'href="https://a.example/people/"' in html
    assert html.count("\ufffc") == 1
    assert "\ufffc" not in html[html.index("<a ") : html.index("</a>")]


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        ('href="/about/?a=1&amp;b=2"', 'href="https://a.example/about/?a=1&amp;b=2"'),
        ('href="#rota"', 'href="https://a.example/2026/10/01/x/#rota"'),
        ('href="mailto:us@a.example"', 'href="mailto:us@a.example"'),
        ('href="//b.example/"', 'href="https://b.example/"'),
        ('href="//[x"', 'href="//[x"'),
        ('src="/uploads/a.png"', 'src="https://a.example/uploads/a.png"'),
        (
            'srcset="/uploads/a.png 1x, /uploads/b.png 2x"',
            'srcset="https://a.example/uploads/a.png 1x, https://a.example/uploads/b.png 2x"',
        ),
        (
            'srcset="/uploads/a.png 640w,/uploads/b.png 960w"',
            'srcset="https://a.example/uploads/a.png 640w, https://a.example/uploads/b.png 960w"',
        ),
        ('title="> href=&quot;/x"', 'title="> href=&quot;/x"'),
    ],
)
def test_html_that_is_read_elsewhere_has_whole_addresses(bare_app, value, whole):
    text = ' href="/x" and src="/y"'
    assert links.made_absolute(f"<a {value}>{text}</a>", "/2026/10/01/x/") == f"<a {whole}>{text}</a>"


@pytest.fixture
def bare_app():
    """An app that knows the site's address and nothing else."""
    app = Flask(__name__)
    app.config["BASE_URL"] = "https://a.example"
    with app.app_context():
        yield app
