"""What may be private in a text: found as people write it, and not in every number; quick whatever the text."""

import pytest

from opm import settings
from opm.comments import redacting
from opm.lib.private_details import Kind, find, taken_out

PHONES = (
    "01632 960 144", "07700 900123", "07700900123", "+44 7700 900123", "+44 (0)20 7946 0958", "0044 20 7946 0958",
    "(0161) 496 0123", "0161-496-0123", "020 7946 0958", "+1 212-555-0123", "(212) 555-0123", "+33 1 42 68 53 00",
    "07700.900.123", "07700\u00a0900123", "01632–960144",
)  # fmt: skip
EMAILS = "jo@example.org", "Jo.Marsh+x@mail.example.co.uk", "jo (at) example (dot) org", "jö@exämple.de"
POSTCODES = "SW1A 1AA", "M1 1AA", "m1 1aa", "EC1A1BB", "W1A 0AX", "CR2 6XH", "DN55 1PD", "B33 8TH"
INSURANCE = "QQ 12 34 56 C", "AB123456C", "ab123456c", "AB-12-34-56-C"
HARMLESS = (
    "section 12(3)", "£20,000,000", "£1,250.50", "01/02/2026", "01-02-2026 10:30", "2026-10-14", "14 October 2026",
    "ISBN 0747532699", "0140449132", "ISBN 978-0-14-044913-6", "9780140449136", "20/01234/FUL", "1,234,567,890",
    "0.0123456789", "the E10 5th bus", "B12 2nd floor", "the A1", "to 10 20 30 a week", "2010 2011 2012 2013",
    "08:00 - 17:30", "0345 600 0723", "paragraphs 1-12, 14-18", "10.12.2025 to 01.02.2026", "01.02.26-03.04.26",
    "3 @ 4.50 each", "100 000 000 people", "COP26", "S106",
)  # fmt: skip
ENDLESS = (
    "1", "0", "01", "0 ", "+", "(0", "01   ", "a", "a@", "a.", "a@a.", "A1 ", "AB 12 34 56 ", "a (at) ", "a@a [dot] ",
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "examples"),
    [(Kind.PHONE, PHONES), (Kind.EMAIL, EMAILS), (Kind.POSTCODE, POSTCODES), (Kind.INSURANCE, INSURANCE)],
)
def test_they_are_found_as_people_write_them(kind, examples):
    for words in examples:
        text = f"My neighbour: {words}, after six."
        (detail,) = find(text)
        assert (detail.kind, text[detail.start : detail.end]) == (kind, words)
        assert taken_out(text, [detail]) == "My neighbour: […], after six."


def test_dates_sums_books_and_references_are_left_alone():
    for words in HARMLESS:
        assert find(f"See {words}, please.") == [], words


def test_two_in_a_row_are_two():
    assert [detail.kind for detail in find("0161 496 0123, 07700 900123 or jo@example.org, M1 1AA")] == [
        Kind.PHONE, Kind.PHONE, Kind.EMAIL, Kind.POSTCODE,
    ]  # fmt: skip


@pytest.mark.parametrize("part", ENDLESS)
def test_no_text_keeps_a_moderator_waiting(part):
    text = part * (1_000_000 // len(part))  # minutes or hours, if it took more than its length
    assert all(0 < detail.end - detail.start < 500 for detail in find(text))


def test_what_the_site_shows_of_itself_is_nobodys_secret(inside):
    with inside():
        settings.change(
            about="Write to us: Town Hall, M2 5DB, 0161 496 0999.", contact_email="policy@northmere.example"
        )
        assert redacting.details("Ring 01614960999 or write to Policy@northmere.example, m2 5db.") == []
        assert len(redacting.details("Ring 0161 496 0998.")) == 1


def test_they_are_marked_for_eyes_and_ears_and_the_rest_stays_text(inside):
    with inside():
        assert redacting.marked("<b> jo@example.org \ufffc") == (
            '&lt;b&gt; <mark><span class="vh">possibly an email address: </span>jo@example.org</mark> […]'
        )
        assert redacting.kinds_in_words(redacting.details("M1 1AA, jo@example.org, M1 1AB")) == (
            "a postcode and an email address"
        )
