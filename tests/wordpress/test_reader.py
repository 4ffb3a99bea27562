"""Files that are read, and files that are refused with a sentence."""

import time
from datetime import UTC, datetime

import pytest

from opm.wordpress import reader
from tests.wordpress.files import ADDRESS, SOURCE, author, category, comment, export, filed, post, tag

DOCTYPE = '<?xml version="1.0"?>\n<!DOCTYPE rss>\n'
LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {name} "{f"&{of};" * 10}">' for of, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>\n<rss><channel><title>&i;</title></channel></rss>"
)
FETCHING = (
    '<?xml version="1.0"?>\n<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'
    "<rss><channel><title>&x;</title></channel></rss>"
)


def without_declaration(text):
    return text.partition("?>")[2]


@pytest.mark.parametrize(
    "text", [DOCTYPE + without_declaration(export()), LAUGHS, FETCHING], ids=["doctype", "laughs", "fetching"]
)
def test_a_document_type_is_refused_at_once(file, text):
    began_at = time.monotonic()
    with pytest.raises(reader.HasDoctype, match="declares a document type"):
        reader.survey(file(text))
    assert time.monotonic() - began_at < 1


def test_a_document_type_cannot_hide_behind_a_character_that_is_dropped(file):
    text = (DOCTYPE + without_declaration(export())).replace("DOCTYPE", "DOC\0TYPE")
    with pytest.raises(reader.HasDoctype):
        reader.survey(file(text))


@pytest.mark.parametrize(
    "content",
    [b"", b"posts,comments\n1,2\n", b"PK\x03\x04\x00\x00", b"<rss><channel>", b"\x00" * 5000, b"\xff\xfe\x00\x00",
     b'<?xml version="1.0" encoding="klingon"?><rss/>', b"<rss>&nowhere;</rss>", b"<rss>\xff\xff</rss>"],
)  # fmt: skip
def test_another_kind_of_file_is_refused(file, content):
    with pytest.raises(reader.NotXml, match="Export it again"):
        reader.survey(file(content))


def test_a_file_that_breaks_off_is_refused_with_the_line(file):
    whole = export(post(1), post(2))
    with pytest.raises(reader.NotXml, match=r"in line \d+"):
        reader.survey(file(whole[: whole.index("wp:post_password")]))


@pytest.mark.parametrize(
    "text",
    ["<html><body/></html>", "<p>A page", "<rss/>", "<rss><channel><title>News</title><item/></channel></rss>"],
)
def test_xml_from_elsewhere_is_refused(file, text):
    with pytest.raises(reader.NotWordPress, match="not an export from WordPress"):
        reader.survey(file(text))


@pytest.mark.parametrize("source", ["", "northmere", "javascript:alert(1)", "https://x.example/" + "a" * 600])
def test_a_file_that_names_no_site_is_refused(file, source):
    with pytest.raises(reader.NotWordPress, match="which site"):
        reader.survey(file(export(source=source)))


def test_deep_nesting_is_refused(file):
    with pytest.raises(reader.TooLarge, match="30 deep"):
        reader.survey(file(export("<a>" * 100_000)))


def test_an_endless_post_is_refused(file, monkeypatch):
    monkeypatch.setattr(reader, "LARGEST_POST_BYTES", 3 * reader.PIECE_BYTES)
    small = [post(number, content="water " * 50_000) for number in range(1, 40)]
    assert len(list(reader.items(file(export(*small))))) == 39
    with pytest.raises(reader.TooLarge, match="3 MB"):
        reader.survey(file(export(post(content="water " * 1_000_000))))


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(reader.ImportRefused, match="cannot be read"):
        reader.survey(tmp_path / "nowhere.xml")
    with pytest.raises(reader.ImportRefused, match="cannot be read"):
        reader.survey(tmp_path)


def test_the_head_says_where_it_is_from_and_who_wrote(file):
    text = export(author(), author("old@northmere.example", "old@northmere.example"), category(), tag(), post())
    head = reader.survey(file(text.replace(ADDRESS, "HTTPS://Old.Northmere.Example/")))
    assert head.source == SOURCE
    assert [who.name for who in head.authors.values()] == ["Ines Calder", ""]
    assert [(term.kind, term.slug, term.name) for term in head.terms] == [
        ("category", "rivers", "Rivers"),
        ("tag", "rota", "Rota"),
    ]
    assert "@" not in repr(head).replace("old@northmere.example", "", 2)


def test_a_post_is_read_with_its_comments_but_not_their_addresses(file):
    text = export(post(7, filed("post_tag", "rota", "Rota"), comment(3, parent=2)))
    [item] = reader.items(file(text))
    assert (item.id, item.kind, item.status, item.author) == ("7", "post", "publish", "ines")
    assert item.at == datetime(2020, 3, 1, 9, tzinfo=UTC)
    assert [term.kind for term in item.terms] == ["tag"]
    [said] = item.comments
    assert (said.id, said.parent_id, said.name) == ("3", "2", "Jo Marsh")
    assert "jo@example.org" not in repr(said)
    assert "192.0.2.7" not in repr(said)


@pytest.mark.parametrize("version", ["http://wordpress.org/export/1.0/", "https://wordpress.org/export/1.3/"])
def test_other_versions_of_the_format_are_read(file, version):
    text = export(post(1)).replace("http://wordpress.org/export/1.2/", version)
    assert [item.id for item in reader.items(file(text))] == ["1"]


def test_controls_that_xml_forbids_are_dropped(file):
    text = export(post(content="The\0 lane\x0b floods\x1f"))
    [item] = reader.items(file(text))
    assert item.content == "The lane floods"


def test_another_encoding_is_read(file):
    text = export(post(content="Die Straße steht unter Wasser")).replace("UTF-8", "UTF-16")
    [item] = reader.items(file(text.encode("utf-16")))
    assert item.content == "Die Straße steht unter Wasser"


@pytest.mark.parametrize("at", ["0000-00-00 00:00:00", "", "soon", "2020-02-31 09:00:00", "9999-12-31 23:59:59"])
def test_a_date_that_is_none_is_none(file, at):
    [item] = reader.items(file(export(post(at=at))))
    assert item.at is None


def test_without_a_date_in_utc_the_local_one_is_read(file):
    [item] = reader.items(file(export(post(date_gmt="0000-00-00 00:00:00", date="2020-07-01 09:00:00"))))
    assert item.at == datetime(2020, 7, 1, 9)
