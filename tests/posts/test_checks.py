"""What is looked at before a post goes out: what each check finds, in which words, and where."""

from dataclasses import dataclass

import pytest

from opm import settings
from opm.comments.models import State as CommentState
from opm.extensions import db
from opm.lib import moved, readability
from opm.lib.markdown import Format
from opm.posts import checks, publishing
from opm.posts.checks import Standing
from opm.posts.models import Series, State, Tag
from tests import cast
from tests.counting import counting

SUMMARY = "We walked the lane with those who live there, and marked where the water comes in first."
NOBODYS = {"credit": "", "licence": "", "licence_address": ""}
LONG_WORDS = "The municipal administration anticipates considerable organisational transformation " * 3


@dataclass
class Words:
    """A post as it stands in the editor."""

    text: str = "Who lives there knows the water."
    title: str = "Who fills the sandbags?"
    summary: str = SUMMARY


@pytest.fixture
def look(inside):
    """`look(text)` gives what there is to do or to judge, one line each; `fine=True` what is fine."""

    def look(text="Who lives there knows the water.", fine=False, format=None, **words):
        with inside(False):
            found = checks.of(Words(text, **words), format)
        return [told(check) for check in found if check.is_fine == fine]

    return look


def told(check) -> str:
    """A check as it is read: what there is to do, and where."""
    places = "".join(f" [{place.quote}: {place.note}]" for place in check.places)
    return f"{check.standing}: {check.sentence}{places}" + (f" +{check.others_count}" if check.others_count else "")


def link(address, words="the rota"):
    return f"See [{words}]({address})."


def faults(found) -> list[str]:
    """What is said of the links that lead nowhere."""
    return [line for line in found if "nowhere" in line]


# Words


def test_a_post_that_is_in_order_has_nothing_to_do_and_says_what_is_fine(look):
    text = "## The rota\n\nWho lives there [knows the water](https://example.org/).\n"
    assert look(text) == []
    assert look(text, fine=True) == [
        "fine: all links lead somewhere",
        "fine: the title fits",
        "fine: the summary fits",
        "fine: headings are in order",
    ]


def test_an_empty_post_is_told_what_it_lacks(look):
    assert look("", title="", summary="") == [
        "to do: There is no text yet.",
        "to do: Give the post a title: lists, mails and search begin with it.",
        "to do: Write a summary in a sentence or two: lists, mails and search show it.",
    ]


@pytest.mark.parametrize(("length", "said"), [(1, "very short"), (39, "very short"), (40, ""), (160, ""), (161, "161")])
def test_a_summary_is_neither_too_short_nor_cut_by_search(look, length, said):
    found = look(summary="x" * length)
    assert len(found) == bool(said)
    assert all(said in line for line in found)


def test_a_title_that_search_would_cut_is_for_the_author_to_judge(look):
    assert look(title="x" * 65) == []
    assert look(title="word " * 14 + "x")[0].startswith(
        "to judge: The title has 71 letters. Search cuts it after about 65."
    )


def test_headings_that_skip_a_level_are_named_with_what_would_be_in_order(look):
    assert look("## One\n\n### Two\n\n#### Three\n\n## Four\n\n#### Five\n\nText.") == [
        "to judge: A heading skips a level. [Five: has ####; ### would be in order]"
    ]
    assert look("### One\n\nText.") == ["to judge: A heading skips a level. [One: has ###; ## would be in order]"]


def test_a_heading_of_the_first_level_is_the_titles(look):
    found = look("# One\n\n## Two\n\nText.")
    assert found == [
        "to judge: The title is the first heading of the page, so that all of yours move down by one. Begin with ##."
        " [One: ]"
    ]


def test_a_heading_without_words_is_to_be_filled(look):
    assert "to do: A heading has no words." in look("## \n\nText.")


def test_a_long_text_without_a_heading_is_for_the_author_to_judge(look):
    assert any(
        "without a heading" in line for line in look("A few short words to read. " * 20 + "\n\n" + "Word. " * 600)
    )


def test_a_table_needs_headings(look):
    assert look("|a|b|\n|-|-|\n|1|2|\n", fine=True)[-1:] != []
    assert "fine: tables have headings" in look("|a|b|\n|-|-|\n|1|2|\n\nText.", fine=True)
    assert look("| | |\n|-|-|\n|1|2|\n\nText.") == [
        "to do: A table has no headings. Say above each column what stands in it. [1 2: ]"
    ]
    html = "<p>Text.</p><table><tr><td>Monday</td></tr></table>"
    assert "to do: A table has no headings" in look(html, format=Format.HTML)[0]


def test_a_very_long_paragraph_is_named_by_its_first_words(look):
    found = look("One two three. " * 60)
    assert any("A paragraph is very long." in line and "180 words" in line for line in found)


def test_how_old_one_has_to_be_to_read_it_is_said_in_english_only(look, inside):
    easy, hard = "The cat sat on the mat. " * 20, f"{LONG_WORDS}. " * 10
    assert "fine: it can be read from about age 5" in look(easy, fine=True)
    assert any("It can be read from about age" in line for line in look(hard))
    assert not any("age" in line for line in look("Too few words to tell."))
    with inside():
        settings.change(language="fr")
    assert not any("read from" in line for line in look(hard) + look(easy, fine=True))


def test_the_age_is_what_the_formula_gives_for_counts_made_by_hand():
    assert readability.age(["The cat sat on the mat."]) is None
    sentence = "Cat water " * 10  # 20 words, 30 syllables: 0.39 * 20 + 11.8 * 1.5 - 15.59 is grade 9.91
    assert readability.age([f"{sentence.strip()}. "] * 6) == 15
    for word, count in {
        "a": 1,
        "cat": 1,
        "the": 1,
        "made": 1,
        "table": 2,
        "walked": 1,
        "wanted": 2,
        "water": 2,
    }.items():
        assert readability.syllables(word) == count, word


# Pictures


def test_a_picture_without_a_description_blocks_and_is_named(look, inside):
    with inside():
        lane = cast.kept(cast.a_picture(), "lane.png")
    for bare in (f"![]({lane})", f"![ ]({lane})", f"[![]({lane})](https://example.org/)"):
        with inside(False):
            [blocking] = checks.blocking(Words(f"Text.\n\n{bare}"))
        assert blocking.standing == Standing.TO_DO
        assert "A picture does not say what it shows." in blocking.sentence
        assert blocking.places[0].quote.startswith("lane.")
        assert blocking.places[0].find in bare
    assert look(f"![The lane, drawn]({lane})") == []
    assert "fine: each picture says what it shows" in look(f"![The lane, drawn]({lane})", fine=True)


def test_a_picture_of_which_the_library_knows_what_it_shows_or_that_it_adorns_needs_no_words(look, inside):
    with inside():
        described = cast.kept(called="a.png", alt="The lane", is_decorative=False, **NOBODYS)
        adorning = cast.kept(cast.a_picture((10, 10)), "b.png", alt="", is_decorative=True, **NOBODYS)
        silent = cast.kept(cast.a_picture((11, 11)), "c.png", alt="", is_decorative=False, **NOBODYS)
        assert checks.blocking(Words(f"Text. ![]({described}) ![]({adorning})")) == []
        [blocking] = checks.blocking(
            Words(f"Text. ![]({described}) ![]({adorning}) ![]({silent}) ![](/uploads/none.png)")
        )
    assert [place.quote.partition(".")[0] for place in blocking.places] == ["c", "none"]


def test_nothing_but_a_picture_without_a_description_blocks(inside):
    worst = "# a\n\n#### b\n\n[here](/nowhere/) [](/nowhere/)\n\n|||\n|-|-|\n|1|2|\n\n![x](/uploads/none.png)"
    with inside(False):
        assert checks.blocking(Words(worst, title="x" * 200, summary="")) == []
        assert len(checks.of(Words(worst, title="x" * 200, summary=""))) > 5


def test_a_picture_that_is_not_here_or_is_called_by_its_file_is_named(look, inside):
    with inside():
        lane = cast.kept(cast.a_picture(), "lane.png")
    assert "there is no such picture" in look(f"![The lane]({lane.replace('lane', 'line')})")[0]
    assert "it lacks https:// in front" in look("![The lane](lane.png)")[0]
    assert "described by the name of its file" in look(f"![IMG_1234.jpg]({lane})")[0]
    assert "very long description" in look(f"![{'word ' * 60}]({lane})")[0]


# Where links lead


@pytest.fixture
def a_site(inside):
    """A bit of everything that has an address."""
    with inside():
        post = cast.a_filed_post()
        cast.a_comment(post.thread, CommentState.PUBLISHED, id=7)
        cast.a_comment(post.thread, id=8, text="It waits.")
        cast.a_page()
        cast.a_category("streets")
        db.session.add_all([Tag(slug="unused", name="Unused"), Series(slug="planned", title="Planned")])
        publishing.withdraw(cast.a_post("gone", "Gone", on=(2026, 10, 2)), "It was wrong.")
        waiting = cast.a_post("waiting", "Waiting", on=(2026, 10, 3))
        waiting.state = State.SCHEDULED
        moved.remember("/old-page/", "/how-to-reach-us/")
        moved.remember("/?p=12", cast.POST)
        cast.kept(cast.a_picture(), "lane.png")


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/", "HTTP://EXAMPLE.ORG", "//example.org/x", "mailto:kit@example.org", "/", "/?utm=x",
        "/#posts",
        cast.POST, cast.POST[:-1], f"{cast.POST}#comments", f"{cast.POST}#comment-7", f"{cast.POST}?a=b", "#respond",
        "/comment/7", "/comment/7/reply", "/how-to-reach-us/", "/how-to-reach-us", "/about/", "/moderation/#x",
        "/category/", "/category/rivers/", "/category/streets/", "/tag/water/", "/author/ines-calder/",
        "/series/floods/",
        "/2026/", "/2026/10/", "/2026/10/01/", "/robots.txt", "/report/legal/", f"{cast.POST}report/", "/page/1/",
        "http://127.0.0.1:8000/about/", "http://localhost:8000", "https://127.0.0.1:8000/about/",
        f"http://127.0.0.1:8000{cast.POST}", f"{cast.POST}comment-page-1/", "/how%2Dto-reach-us/",
    ],
)  # fmt: skip
def test_links_that_lead_somewhere_are_fine(a_site, look, address):
    assert faults(look(link(f"<{address}>"))) == []


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("/nowhere/", "there is no such page"),
        ("/no/where/at/all", "there is no such page"),
        ("/2026/10/01/nothing/", "there is no such post"),
        ("/2026/10/02/gone/", "the post there was withdrawn"),
        ("/2026/10/03/waiting/", "the post there is not public yet"),
        ("/2026/13/01/", "there is no such day"),
        ("/2025/", "no post stands there yet"),
        ("/2026/11/", "no post stands there yet"),
        ("/category/nothing/", "there is no such category"),
        ("/tag/unused/", "no post stands there yet"),
        ("/series/planned/", "no post stands there yet"),
        ("/author/nobody/", "no post stands there yet"),
        ("/comment/8", "there is no such comment"),
        ("/comment/99", "there is no such comment"),
        (f"{cast.POST}#comment-8", "there is no such comment"),
        (f"{cast.POST}#the-rota", "no place in the page is called “the-rota”"),
        ("#the-rota", "no place in the page is called “the-rota”"),
        ("/uploads/lane.0123456789.png", "there is no such picture"),
        ("/uploads/../secret-key", "there is no such page"),
        ("/desk/", "only the team can open it"),
        ("/desk/comments/8", "only the team can open it"),
        ("http://127.0.0.1:8000/desk/", "only the team can open it"),
        ("http://127.0.0.1:8000/nowhere/", "there is no such page"),
        ("//127.0.0.1:8000/nowhere/", "there is no such page"),
        ("/receipt/1.abc/", "it is not for readers"),
        ("/healthz", "it is not for readers"),
        ("/?p=13", "there is no such page"),
        ("example.org", "it lacks https:// in front, or / if it is a page of this site"),
        ("about", "it lacks https:// in front, or / if it is a page of this site"),
        ("https:about", "it lacks https:// in front, or / if it is a page of this site"),
        ("tel:+44123", "addresses begin with https://, mailto: or /"),
        ("ftp://example.org", "addresses begin with https://, mailto: or /"),
        ("mailto:kit", "this is no email address"),
        ("http://example.org:99999999/", "this is no address"),
        ("", "there is no address"),
        ("/a%00b/", "this is no address"),
        ("/\u0663/", "there is no such page"),
        ("/" + "9" * 300 + "/", "there is no such page"),
        ("/comment/" + "9" * 40, "there is no such page"),
        ("/%ff/", "there is no such page"),
    ],
)  # fmt: skip
def test_links_that_lead_nowhere_are_named_with_the_reason(a_site, look, address, fault):
    found = faults(look(link(f"<{address}>")))
    assert len(found) == 1
    assert found[0].startswith("to do: A link or picture leads nowhere. [the rota: ")
    assert found[0].endswith(f": {fault}]")


@pytest.mark.parametrize(
    ("address", "to"),
    [("/old-page/", "/how-to-reach-us/"), ("/old-page?x=1", "/how-to-reach-us/"), ("/?p=12", cast.POST)],
)
def test_an_address_that_has_moved_works_and_the_new_one_is_said(a_site, look, address, to):
    [found] = look(link(address))
    assert found.startswith("to judge: A link leads to an address that has moved.")
    assert found.endswith(f"[the rota: is at {to} by now]")


def test_links_are_looked_up_in_one_statement_a_kind_however_many_there_are(app, a_site, inside):
    def cost(times):
        kinds = ("/2026/10/01/{}/", "/{}/", "/tag/{}/", "/category/{}/", "/author/{}/", "/series/{}/", "/comment/{}")
        links = [link(kind.format(number), f"link {number}") for number in range(100, 100 + times) for kind in kinds]
        with inside(False), counting(app) as statements:
            found = checks.of(Words("\n".join(links)))
        assert (
            sum(len(check.places) + check.others_count for check in found if "nowhere" in check.sentence) == 7 * times
        )
        return statements

    assert len(cost(1)) == len(many := cost(140)) <= 9, str(many)


def test_only_so_many_addresses_are_looked_up_and_this_is_said(look):
    found = look(" ".join(link(f"/{number}/") for number in range(1_200)))
    assert faults(found)[0].endswith("+995")
    assert "to judge: There are very many links. Only the first 1,000 addresses were looked up." in found


# What links say


@pytest.mark.parametrize(
    "words", ["here", "Click here", "READ MORE …", "more", "https://example.org/a", "www.example.org"]
)
def test_a_link_that_does_not_say_where_it_leads_is_for_the_author_to_judge(look, words):
    [found] = look(link("https://example.org/", words))
    assert found.startswith("to judge: Some people hear the links of a page alone.")
    assert f"[{words}: ]" in found


def test_a_link_without_words_is_to_be_filled_unless_its_picture_speaks(look, inside):
    with inside():
        lane = cast.kept(cast.a_picture(), "lane.png")
    assert any("A link has no words." in line for line in look("[](https://example.org/)"))
    assert look(f"[![The lane]({lane})](https://example.org/)") == []


def test_the_same_words_for_different_places_are_named_with_each(look):
    found = look(f"{link('https://a.example/')} {link('https://b.example/', 'The rota')} {link('https://a.example/')}")
    assert found == [
        "to judge: The same words lead to different places:"
        " [the rota: leads to https://a.example/] [The rota: leads to https://b.example/]"
    ]


# Whatever is typed


HOSTILE = {
    "10,000 links": "[a](/b/) " * 10_000,
    "10,000 places": " ".join(f"[a](/{number}/)" for number in range(10_000)),
    "brackets": "[" * 5_000,
    "open links": "[a](" * 5_000,
    "quotes": ">" * 5_000 + "a",
    "a deep list": "\n".join(f"{' ' * depth}- a" for depth in range(300)),
    "one word": "a" * 200_000,
    "dots": "." * 100_000,
    "ends": ".\"'" * 50_000,
    "blanks": "a. " + " " * 100_000,
    "headings": "# a\n\n#### b\n\n" * 2_000,
    "controls": "a b [%ed%a0%80](/%ed%a0%80/) [x](/%00) ![](%ff)",
    "a script": "<script>alert(1)</script> [<b>x](javascript:alert(1))",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("format", Format)
def test_whatever_is_typed_is_checked(look, text, format):
    assert look(text, format=format, title="<b>", summary="&amp;") is not None
