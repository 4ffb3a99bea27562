"""How WordPress's ways of writing come out."""

import time

import pytest
from bs4 import BeautifulSoup

from opm.lib import markdown
from opm.lib.markdown import Format, render
from opm.wordpress.text import comment_words, paragraphs, summary, words


def shown(written):
    return render(paragraphs(written), Format.HTML).replace("\n", "")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("One line\nand the next\n\nA second", "<p>One line<br>and the next</p><p>A second</p>"),
        ("One<br />\nline", "<p>One<br>line</p>"),
        ("One<br><br>Two", "<p>One</p><p>Two</p>"),
        ("<p>Marked\nalready</p>\n<p>twice</p>", "<p>Marked<br>already</p><p>twice</p>"),
        ("Before\n<ul>\n<li>one\ntwo</li>\n</ul>\nAfter", "<p>Before</p><ul><li>one<br>two</li></ul><p>After</p>"),
        ("<ul><li>one\n\ntwo</li></ul>", "<ul><li><p>one</p><p>two</p></li></ul>"),
        ("<h2>The\nrota</h2>Text", "<h2>The<br>rota</h2><p>Text</p>"),
        ("<h1>Top</h1><h2>Below</h2>", "<h2>Top</h2><h3>Below</h3>"),
        ("<blockquote>One\n\nTwo</blockquote>", "<blockquote><p>One</p><p>Two</p></blockquote>"),
        ("<div>In a box\n\nand out</div>end", "<p>In a box</p><p>and out</p><p>end</p>"),
        ("<pre>one\n\n  two</pre>", "<pre>one  two</pre>"),
        ("<em>One\n\ntwo</em>", "<p><em>One</em></p><em></em><p><em>two</em></p>"),
        ("<table><tr><td>a\nb</td></tr></table>", "<table><tbody><tr><td>a<br>b</td></tr></tbody></table>"),
        ("<p></p>\n<p>&nbsp;</p>\n<h2></h2><ul>\n</ul>Text", "<p>Text</p>"),
        ("A <strike>wrong</strike> <tt>word</tt>", "<p>A <s>wrong</s> <code>word</code></p>"),
        ("One<!--more-->Two", "<p>One</p><p>Two</p>"),
        ("a&nbsp;range&nbsp;of 10&nbsp;km", "<p>a range of 10&nbsp;km</p>"),
        ("5 < 6 & <3", "<p>5 &lt; 6 &amp; &lt;3</p>"),
        ("A <a>button</a> and a <a href=/x>link</a>", '<p>A button and a <a href="/x">link</a></p>'),
        ("<a name=top></a>Top <a><b>x</b></a>", "<p>Top <b>x</b></p>"),
        (
            "<div style='background-image:url(https://p.example/a.png);color:red'><p>Words</p></div>",
            '<p><a href="https://p.example/a.png">a.png</a></p><p>Words</p>',
        ),
        (
            '<div class="x" style="background-image: url(&quot;https://p.example/a.png&quot;)">Words</div>',
            '<p><a href="https://p.example/a.png">a.png</a>Words</p>',
        ),
        ("<div style=\"background-image:url('javascript:alert(1)')\">Words</div>", "<p>Words</p>"),
        (
            '<figure><figure><img src="/a.png"></figure>\n<figure><img src="/b.png"></figure>'
            "<figcaption>Two</figcaption></figure>",
            '<figure><ul><li><figure><img src="/a.png"></figure></li><li><figure><img src="/b.png"></figure></li></ul>'
            "<figcaption>Two</figcaption></figure>",
        ),
        ("", ""),
    ],
)
def test_a_classic_post_has_its_paragraphs(written, expected):
    assert shown(written) == expected


def test_blocks_lose_their_comments_and_keep_their_lines():
    written = (
        '<!-- wp:paragraph {"align":"left"} -->\n<p>One line\nwrapped</p>\n<!-- /wp:paragraph -->\n\n'
        "<!-- wp:freeform -->Typed\n\nfreely<!-- /wp:freeform -->\n\n<!-- wp:latest-posts /-->"
    )
    html = render(paragraphs(written), Format.HTML)
    assert html == "<p>One line\nwrapped</p>\n<p>Typed</p>\n<p>freely</p>"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('[gallery ids="1,2"]Text', "<p>Text</p>"),
        ('[button href="/x"]Press[/button]', "<p>Press</p>"),
        ("[note]Keep this[/note]", "<p>Keep this</p>"),
        ("He wrote [sic] in [1] and [a note]", "<p>He wrote [sic] in [1] and [a note]</p>"),
        ("Write [[gallery]] to show", "<p>Write [gallery] to show</p>"),
        ("<code>[gallery]</code>", "<p><code>[gallery]</code></p>"),
        (
            '[caption id="a"]<img src="/a.png" alt="A lane"> The lane[/caption]',
            '<figure><img src="/a.png" alt="A lane"><figcaption>The lane</figcaption></figure>',
        ),
        (
            '[caption caption="The lane"]<a href="/b"><img src="/a.png"></a>[/caption]',
            '<figure><a href="/b"><img src="/a.png"></a><figcaption>The lane</figcaption></figure>',
        ),
        ("[caption]Words alone[/caption]", "<figure><figcaption>Words alone</figcaption></figure>"),
        ("[caption]Never closed", "<p>Never closed</p>"),
    ],
)
def test_shortcodes_go_and_what_is_in_them_stays(written, expected):
    assert shown(written) == expected


def test_galleries_are_what_is_made_of_their_settings():
    def gallery(settings):
        return f"<ul><li>{settings.strip()}</li></ul>"

    written = 'Before [gallery ids="1,2"] after\n\n[playlist x]\n<code>[gallery]</code> [[gallery x]] [gallery'
    assert paragraphs(written, gallery).replace("\n", "") == (
        '<p>Before</p><ul><li>ids="1,2"</li></ul><p>after</p><ul><li>x</li></ul>'
        "<p><code>[gallery]</code> [gallery x] [gallery</p>"
    )


@pytest.mark.parametrize(
    "written",
    [
        "https://film.example/1",
        "[embed]https://film.example/1[/embed]",
        "[youtube https://film.example/1]",
        '<iframe src="https://film.example/1" width="4"></iframe>',
        '<video><source src="https://film.example/1"><source src="https://film.example/2">No film</video>',
        '<object><param name="a"><embed src="https://film.example/1"></object>',
    ],
)
def test_what_would_be_played_from_elsewhere_is_a_link(written):
    assert shown(written) == '<p><a href="https://film.example/1">https://film.example/1</a></p>'


def test_a_named_player_is_a_link_with_its_name():
    assert shown('<iframe src="https://film.example/1" title="The lane"></iframe>') == (
        '<p><a href="https://film.example/1">The lane</a></p>'
    )


@pytest.mark.parametrize(
    "written",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="&#106;avascript:alert(1)">x</a>',
        '<b data-hx-get="/desk/" hx-post="/x" data-hx-trigger="load">x</b>',
        "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
        "<svg/onload=alert(1)>",
        "<math><annotation-xml encoding='text/html'><style><img src=x onerror=alert(1)></style></math>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<iframe src='javascript:alert(1)'></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'><img src=x onerror=alert(1)></iframe>",
        "<style>@import '//x'</style><p style='color:red'>x</p>",
        "<form action='/x'><input name='a' autofocus onfocus=alert(1)></form>",
        '[caption caption="<img src=x onerror=alert(1)>"]<img src=a>[/caption]',
        '[audio src="https://a.example/\' onmouseover=alert(1)"]',
        "https://a.example/\"onmouseover=alert(1)",
        "<!--><img src=x onerror=alert(1)>-->",
        "<p>x</p><!-- wp:html --><object data='javascript:alert(1)'></object><!-- /wp:html -->",
    ],
)  # fmt: skip
def test_nothing_that_acts_comes_through(written):
    for tag in BeautifulSoup(render(paragraphs(written), Format.HTML), "html.parser").find_all(True):
        assert tag.name in markdown.TAGS
        assert set(tag.attrs) <= markdown.ATTRIBUTES.get(tag.name, set())
        assert tag.get("href", "https:").startswith(("https:", "x"))


@pytest.mark.parametrize(
    "written",
    ["<div>" * 50_000, "<a " * 50_000, "[caption]" * 30_000, "[a " * 50_000, " " * 200_000 + "x", "<br>" * 50_000,
     "\n " * 100_000, "[gallery " * 30_000, "<figure>" * 50_000, "<p style=background-image:url(" * 30_000,
     "<a>" * 50_000,
     "<!--more " * 30_000, "<ul><li>" * 20_000, "<b>" * 30_000, "[" * 100_000],
    ids=lambda text: f"{len(text)} {text[:12].strip()}",
)  # fmt: skip
def test_floods_take_no_longer_than_their_length(written):
    began_at = time.monotonic()
    html = render(paragraphs(written), Format.HTML)
    summary(written, html)
    comment_words(written)
    assert time.monotonic() - began_at < 10


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Tools &amp; techniques", "Tools & techniques"),
        ("O&#8217;Brien <em>said</em>, twice", "O’Brien said, twice"),
        ("1 < 2", "1 < 2"),
        ("&lt;b&gt; is a tag", "<b> is a tag"),
        ("Over\ntwo<br>lines\x07", "Over two lines"),
        ("<script>alert(1)</script>Name", "Name"),
    ],
)
def test_a_title_is_its_words(written, expected):
    assert words(written) == expected


def test_a_summary_is_the_excerpt_whole():
    assert summary("In <em>short</em>:\n\n" + "water " * 60, "<p>Other</p>") == "In short: " + " ".join(["water"] * 60)


def test_or_the_first_words_of_the_paragraphs_cut_at_a_word():
    html = "<h2>Heading</h2><p>The lane <b>floods</b>, first.</p><p>" + "sandbags " * 40 + "</p>"
    told = summary("", html)
    assert told.startswith("The lane floods, first. sandbags")
    assert told.endswith("sandbags…")
    assert len(told) <= 160


def test_a_comment_is_plain_text_with_its_addresses():
    written = (
        'See <a href="https://a.example/rota" rel="nofollow">the rota</a> and '
        '<a href="https://b.example/">https://b.example</a> and '
        '<a href="https://www.c.example/very/long">c.example/very…</a>.\nA line\n\nA <b>bold</b> paragraph &amp; more'
    )
    assert comment_words(written) == (
        "See the rota (https://a.example/rota) and https://b.example/ and https://www.c.example/very/long.\n"
        "A line\n\nA bold paragraph & more"
    )


def test_quotes_and_lists_in_a_comment_are_marked():
    written = "<blockquote>They said\n\nthis</blockquote>But\n<ul>\n<li>one</li>\n<li>two <q>x</q></li>\n</ul>"
    assert comment_words(written) == "> They said\n>\n> this\n\nBut\n\n- one\n- two “x”"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<script>alert(1)</script>", ""),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ('<a href="mailto:jo@example.org">write</a>', "write"),
        ("&lt;b&gt; 5 < 6", "<b> 5 < 6"),
        ("a\x00b\u202ec&#0;", "abc\ufffd"),
        ("<address>Lane 1</address>Then <a>x</a>", "Lane 1\n\nThen x"),
        ("<table><tr><td>a</td>\n<td>b</td></tr></table>", "a b"),
        ("<p>One</p>\n<p>Two</p>", "One\n\nTwo"),
        ("One<br />\nTwo", "One\nTwo"),
        ("<!-- wp:paragraph --><p>One</p><!-- /wp:paragraph -->", "One"),
        ("<img src=x onerror=alert(1)>", ""),
    ],
)
def test_nothing_but_text_is_left_of_a_comment(written, expected):
    assert comment_words(written) == expected
