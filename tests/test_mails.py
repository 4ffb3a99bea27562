"""What holds for every mail, of whatever feature: text and HTML say the same, to any program, and nothing more.

A new kind of mail joins `cast.every_mail`; from then on all of this holds for it, too.
"""

import re

from bs4 import BeautifulSoup
from sqlalchemy import select

from opm import settings
from opm.desk import outbox
from opm.extensions import db
from opm.outbox.models import Email

MOST_BYTES = 10_000
SEEN_UNOPENED = 90
SCRIPT = '</blockquote><script>alert(1)</script><img src=x onerror="alert(1)">'
TYPED = "Buy pills at http://pills.example {{ 7*7 }}"


def html(mail):
    return BeautifulSoup(mail.html, "html.parser")


def is_to_a_moderator(mail):
    """What was typed has to be read to be decided: there it stands, as text."""
    return "/desk/account/#mails" in mail.body


def tells_public_words(mail):
    """Of a comment that the public reads: whoever follows its thread reads it here, as text."""
    return "Read it there, or answer" in mail.body


def flat(text):
    return " ".join(text.split())


def said(mail):
    """What the HTML says without its title, a block a line."""
    return [flat(tag.get_text(" ")) for tag in html(mail).body.find_all(["h1", "p", "td"])]


def test_these_tests_know_every_kind_of_mail_and_so_does_the_desk(app, every_mail, inside):
    mails = every_mail()
    assert len({mail.msgId for mail in mails}) == len(mails) == 50
    with inside(False):
        kinds = set(db.session.scalars(select(Email.kind)))
    assert kinds == set(app.extensions["letterbox"]._renderers) == set(outbox.KINDS)


def test_both_parts_have_the_same_links_all_of_them_to_this_site(app, every_mail):
    for mail in every_mail(title="On https://elsewhere.example/ and more"):
        text = mail.body.replace("https://elsewhere.example/", "")
        links = re.findall(r"https?://\S+", text)
        assert set(links) == {a["href"] for a in html(mail).find_all("a")}
        assert all(link.startswith(app.config["BASE_URL"] + "/") for link in links)
        assert len(links) == len(set(links)) >= 2


def test_both_parts_say_the_same_in_the_same_order(every_mail):
    for mail in every_mail():
        text, end = flat(mail.body), 0
        buttons = [flat(td.get_text()) for td in html(mail).find_all("td")]
        for words in said(mail):
            for piece in re.split(r"[.:] |https?://\S+", words):
                if piece.strip(" .:") and words not in buttons:
                    start = text.find(piece.strip(" .:"), end)
                    assert start >= 0, f"“{piece}” is not, or not there, in:\n{text}"
                    end = start


def test_a_code_comes_first_in_the_subject_and_is_seen_before_the_mail_is_opened(every_mail):
    codes = 0
    for mail in every_mail():
        if found := re.match(r"(\d{3} \d{3}|[A-Z2-7]{4} [A-Z2-7]{4}) is your code ", mail.subject):
            codes += 1
            for seen in (flat(mail.body), flat(html(mail).body.get_text(" "))):
                assert found[1] in seen[:SEEN_UNOPENED]
            (large,) = (p for p in html(mail).find_all("p") if p.get_text() == found[1] and p.b)
            assert "36px" in large["style"]
            assert "user-select:all" in large["style"]
    assert codes == 6


def test_the_first_words_say_what_a_mail_is_about(every_mail):
    for mail in every_mail():
        heading = html(mail).h1.get_text()
        assert mail.body.startswith(heading + "\n")
        assert heading not in ("", mail.subject)


def test_the_html_asks_nobody_for_anything_and_runs_nothing(every_mail):
    allowed = {
        "html", "head", "meta", "title", "style", "body", "main", "div", "h1", "p", "a", "b", "br", "table", "tr",
        "td", "blockquote", "h2",
    }  # fmt: skip
    for mail in every_mail(note=SCRIPT):
        page = html(mail)
        assert {tag.name for tag in page.find_all(True)} <= allowed
        for tag in page.find_all(True):
            assert set(tag.attrs) <= {
                "lang", "charset", "name", "content", "style", "href", "class", "role", "cellspacing", "cellpadding",
                "rel",
            }, tag  # fmt: skip
        assert not re.search(r"url\(|@import|@font-face|expression", mail.html)


def test_the_html_says_its_language_and_that_it_can_be_dark_and_takes_no_colour_from_the_text(every_mail, inside):
    with inside():
        settings.change(language="cy")
    for mail in every_mail():
        page = html(mail)
        assert page.html["lang"] == page.div["lang"] == "cy"  # some programs keep only what stands in the body
        assert page.find("meta", attrs={"name": "color-scheme"})["content"] == "light dark"
        assert page.title.get_text() == mail.subject
        for tag in page.find_all(["body", "div", "h1", "p", "blockquote"]):
            assert not re.search(r"(?<![-\w])(color|background)", tag.get("style", "")), tag
        for td in page.find_all("td"):
            assert "background-color:#0b5d4d" in td["style"]
            assert "color:#fff" in td.a["style"]
            assert not td.has_attr("bgcolor"), "it would stay where styles go, under a link in any colour"


def test_every_mail_is_small_and_passes_through_any_server(app, every_mail, inside):
    with inside():
        settings.change(site_name="Öffentlich – Policy in the Open", organisation="The Council of Northmere")
    for mail in every_mail(
        title="A title, long as titles are, that asks what your answers changed", note="Why? " * 400
    ):
        with app.app_context():
            whole = mail.as_bytes()
        assert len(whole) < MOST_BYTES
        assert whole.isascii()
        lines = [line for line in whole.split(b"\r\n") if not line.startswith(b"List-Unsubscribe: <")]
        assert max(map(len, lines)) <= 78, "but for an address in a header, which cannot be parted"


def test_no_mail_but_those_to_moderators_and_of_public_words_holds_what_a_stranger_typed(every_mail):
    for mail in every_mail(words=TYPED, name="pills.example"):
        if is_to_a_moderator(mail) or tells_public_words(mail):
            assert not any("pills" in header for header in (mail.subject, *mail.recipients, mail.sender))
            assert not html(mail).find("a", string=re.compile("pills")), "it is shown, and leads nowhere"
            assert TYPED.partition("{")[0] in flat(mail.body)
            assert "{{ 7*7 }}" in flat(mail.body), "as it was typed"
            continue
        for part in (mail.subject, mail.body, mail.html):
            assert "pills" not in part
            assert "49" not in re.sub(r"https?://\S+|\d{3} \d{3}", "", part)


def test_what_the_team_writes_is_shown_as_text(every_mail, inside):
    rules = [{"number": number, "title": SCRIPT, "text": "{{ 7*7 }}", "regret": SCRIPT} for number in (1, 2, 4, 6)]
    with inside():
        settings.change(site_name=SCRIPT, organisation=SCRIPT, rules=rules)
    mails = every_mail(title=SCRIPT, note=SCRIPT)
    for mail in mails:
        assert not html(mail).find_all(["script", "img"])
        assert SCRIPT in flat(mail.body)
        assert SCRIPT in flat(html(mail).body.get_text())
        assert "&lt;" not in mail.body
    assert sum("{{ 7*7 }}" in mail.body and "{{ 7*7 }}" in html(mail).get_text() for mail in mails) == 1


def test_a_note_keeps_its_lines_in_both_parts(every_mail):
    notes = [
        mail for mail in every_mail(note="First line\nsecond.\n\nAnother paragraph.") if "moderator adds" in mail.body
    ]
    assert len(notes) == 4
    for mail in notes:
        assert "  First line\n  second.\n\n  Another paragraph.\n" in mail.body
        assert [p.get_text() for p in html(mail).blockquote.find_all("p")] == [
            "First line\nsecond.",
            "Another paragraph.",
        ]


def test_a_letter_to_a_writer_stands_as_it_was_sent_in_both_parts(every_mail):
    sent = [
        mail for mail in every_mail(note="First line\nsecond.\n\nAnother paragraph.") if "Read our rules" in mail.body
    ]
    letters = [mail for mail in sent if "\n\nFirst line\nsecond.\n\nAnother paragraph.\n\n" in mail.body]
    assert (len(sent), len(letters)) == (4, 2), "the others are our own words"
    for mail in letters:
        assert "<br>\nsecond.</p>\n<p" in mail.html


def test_the_text_has_short_lines_and_single_gaps(every_mail):
    for mail in every_mail():
        assert all(len(line) <= 68 for line in mail.body.split("\n") if "http" not in line)
        assert "\n\n\n" not in mail.body
        assert mail.body.endswith("\n")
        assert not mail.body.endswith("\n\n")
        assert not re.search(r"<\w|&\w+;|None|%\(|{{", mail.body)
