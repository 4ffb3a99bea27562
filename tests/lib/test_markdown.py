"""What is stored of a text: clean, and without anything from another site."""

import time

import pytest
from bs4 import BeautifulSoup

from opm.lib.markdown import Format, render

LANE = "https://pictures.example/2020/the%20lane.jpg?size=2"


def shown(written):
    return render(written, Format.HTML)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (f'<img src="{LANE}" alt="A lane">', f'<a href="{LANE}">A lane</a>'),
        (f'<img src="{LANE}" alt="" title="Low Mill Lane">', f'<a href="{LANE}">Low Mill Lane</a>'),
        (f'<img src="{LANE}">', f'<a href="{LANE}">the lane.jpg</a>'),
        ('<img src="https://pictures.example/">', '<a href="https://pictures.example/">pictures.example</a>'),
        ('<img src="//pictures.example/a.png">', '<a href="https://pictures.example/a.png">a.png</a>'),
        (f'<a href="/rota/"><img src="{LANE}" alt="A lane"></a>', '<a href="/rota/">A lane</a>'),
        (
            '<img src="https://p.example/a.png"><img src="https://p.example/b.png">',
            '<a href="https://p.example/a.png">a.png</a> <a href="https://p.example/b.png">b.png</a>',
        ),
        (
            f'<figure><img src="{LANE}" alt="A lane"><figcaption>At noon</figcaption></figure>',
            f'<figure><a href="{LANE}">A lane</a><figcaption>At noon</figcaption></figure>',
        ),
        (
            f'<figure><img src="{LANE}"><figcaption>At <b>noon</b></figcaption></figure>',
            f'<figure><figcaption><a href="{LANE}">At <b>noon</b></a></figcaption></figure>',
        ),
        (
            f'<figure><a href="/rota/"><img src="{LANE}"></a><figcaption>At noon</figcaption></figure>',
            '<figure><figcaption><a href="/rota/">At noon</a></figcaption></figure>',
        ),
        (
            f'<figure><img src="{LANE}" alt="At noon"><figcaption>At <b>noon</b></figcaption></figure>',
            f'<figure><figcaption><a href="{LANE}">At <b>noon</b></a></figcaption></figure>',
        ),
        (
            f'<figure><img src="{LANE}"><figcaption>By <a href="/jo/">Jo</a></figcaption></figure>',
            f'<figure><a href="{LANE}">the lane.jpg</a><figcaption>By <a href="/jo/">Jo</a></figcaption></figure>',
        ),
    ],
)
def test_for_a_picture_from_elsewhere_stands_a_link_to_it(written, expected):
    assert shown(written) == expected


def test_in_markdown_too():
    assert render(f"![A lane]({LANE})") == f'<p><a href="{LANE}">A lane</a></p>'


@pytest.mark.parametrize("source", ["/uploads/lane.5f3a.png", "/static/icon.svg", "/uploads/a-b_c.d/e%20f.png"])
def test_our_own_pictures_stay(source):
    assert shown(f'<img src="{source}" alt="A lane">') == f'<img src="{source}" alt="A lane">'
    assert render(f"![A lane]({source})") == f'<p><img src="{source}" alt="A lane"></p>'


@pytest.mark.parametrize(
    "source",
    ["https://evil.example/x", "HTTPS://evil.example/x", "//evil.example/x", "\\\\evil.example/x", "/\\evil.example/x",
     "ht\ntps://evil.example/x", "/\t/evil.example/x",
     " //evil.example/x", "/&#10;/evil.example/x", "\\/evil.example/x",
     "data:image/svg+xml,<svg onload=alert(1)>", "javascript:alert(1)", "x", ""],
)  # fmt: skip
def test_no_browser_is_made_to_ask_another_site(source):
    page = BeautifulSoup(shown(f'<p>Look <img src="{source}" alt="here"></p>'), "html.parser")
    assert not page.find("img")
    assert page.get_text() == "Look here"
    for link in page.find_all("a"):
        assert link["href"].lower() in ("https://evil.example/x", " //evil.example/x")


def test_what_a_picture_says_stays_text():
    said = '" onmouseover="alert(1)"><b>x</b>'.replace('"', "&quot;").replace("<", "&lt;")
    page = BeautifulSoup(shown(f'<img src="{LANE}" alt="{said}">'), "html.parser")
    assert [tag.name for tag in page.find_all(True)] == ["a"]
    assert page.get_text() == '" onmouseover="alert(1)"><b>x</b>'


@pytest.mark.parametrize(
    "written",
    ["<figure>" * 300 + "<img>" * 50_000, "<figure><img></figure>" * 20_000, "<img alt='" * 20_000,
     "<figure><figcaption>" + "<img src='//a/b'>" * 50_000, "<a href='/x'>" + "<img>" * 50_000],
    ids=lambda text: f"{len(text)} {text[:12]}",
)  # fmt: skip
def test_floods_of_pictures_take_no_longer_than_their_length(written):
    began_at = time.monotonic()
    shown(written)
    assert time.monotonic() - began_at < 10
