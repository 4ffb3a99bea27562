"""Web addresses in plain text, made links."""

from opm.lib.links import paragraphs


def test_where_words_were_taken_out_of_an_address_it_ends():
    html = paragraphs("See https://a.example/people/\ufffc/phone please")
    assert 'href="https://a.example/people/"' in html
    assert html.count("\ufffc") == 1
    assert "\ufffc" not in html[html.index("<a ") : html.index("</a>")]
