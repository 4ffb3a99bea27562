"""What to look at before a post goes out. All is advice, but for one thing: a picture has to say what it shows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from urllib.parse import unquote

from opm import settings
from opm.lib import readability
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.lib.i18n import ngettext
from opm.lib.markdown import Format, shorten
from opm.posts import anatomy, destinations
from opm.posts.anatomy import Anatomy, Link, Picture
from opm.posts.pictures.models import Picture as Kept

LONGEST_TITLE = 65  # what search engines show of one
SHORTEST_SUMMARY = 40
LONGEST_SUMMARY = 160
LONGEST_PARAGRAPH_WORDS = 150
LONGEST_DESCRIPTION = 250
WORDS_WITHOUT_HEADING = 600
EASY_UNTIL_AGE = 14
LONGEST_QUOTE = 80
FEW_WORDS = 6  # by which a passage is found
MOST_PLACES = 5  # shown of one kind
SAYS_NOTHING = {
    later("here"), later("click here"), later("click"), later("this"), later("this link"), later("this page"),
    later("this post"), later("link"), later("more"), later("read more"), later("learn more"), later("find out more"),
    later("see here"), later("go"), later("continue"), later("details"), later("download"), later("page"),
    later("website"), later("follow this link"),
}  # fmt: skip
AN_ADDRESS = re.compile(r"(https?://|www\.)\S+", re.I)
A_FILE_NAME = re.compile(
    r"\S+\.(png|jpe?g|gif|webp|avif|heic|svg)|(img|dsc|image|picture|photo|screenshot)[-_ ]?\d*", re.I
)


class Standing(StrEnum):
    """How much a check asks of the author, the most first."""

    TO_DO = "to do"
    TO_JUDGE = "to judge"
    FINE = "fine"


@dataclass(frozen=True)
class Place:
    """Where something stands: words to know it by, what there is to say of it, and the field of the form."""

    quote: str
    note: str = ""
    find: str = ""  # as it is written in the field
    field: str = "text"


@dataclass(frozen=True)
class Check:
    """What was found in one respect. What is fine is said in the middle of a sentence."""

    standing: Standing
    sentence: str
    places: tuple[Place, ...] = ()
    others_count: int = 0  # places that are not shown
    is_blocking: bool = False

    @property
    def is_fine(self) -> bool:
        """Whether there is nothing to do and nothing to judge."""
        return self.standing == Standing.FINE


@dataclass(frozen=True)
class Reading:
    """A post as it is checked."""

    title: str
    summary: str
    text: str
    format: Format = Format.MARKDOWN

    @cached_property
    def anatomy(self) -> Anatomy:
        """The parts of its text."""
        return anatomy.of(self.text, self.format)

    def place(self, quote: str, note: str = "", *written: str) -> Place:
        """A place in the text; of the ways in which it may be written there, the first that is found."""
        find = next((each for each in (*written, quote) if each and each in self.text), "")
        return Place(shorten(quote, LONGEST_QUOTE), note, find[:LONGEST_QUOTE])

    def of_picture(self, picture: Picture) -> Place:
        """Where a picture stands, by what it shows or by its name."""
        name = unquote(picture.address.rpartition("/")[2])
        return self.place(picture.description.strip() or name or _("a picture"), "", f"]({picture.address}")

    def of_link(self, link: Link, note: str = "") -> Place:
        """Where a link stands, by its words or by where it leads."""
        return self.place(link.words or link.address or _("a link"), note, f"]({link.address}", link.address)

    def of_passage(self, passage: str) -> Place:
        """Where a passage stands, by its first words, and how long it is."""
        count, beginning = len(passage.split()), " ".join(passage.split(" ", FEW_WORDS)[:FEW_WORDS])
        return self.place(passage, ngettext("%(num)s word", "%(num)s words", count), beginning)


def of(post, format: Format | None = None) -> list[Check]:
    """All checks of a post, or of words that are to be one: what is to do comes first, what is fine last."""
    found = _found(LOOKS, post, format)
    return sorted(found, key=lambda check: list(Standing).index(check.standing))


def blocking(post, format: Format | None = None) -> list[Check]:
    """Those that keep a post from going out. Nothing else is looked at."""
    return [check for check in _found([_descriptions], post, format) if check.is_blocking]


def _found(looks, post, format: Format | None) -> list[Check]:
    reading = Reading(post.title, post.summary, post.text, format or getattr(post, "format", Format.MARKDOWN))
    return [check for look in looks for check in look(reading)]


def _to_do(sentence: str, places: Sequence = (), place=None, is_blocking: bool = False) -> Check:
    return _asking(Standing.TO_DO, sentence, places, place, is_blocking)


def _to_judge(sentence: str, places: Sequence = (), place=None) -> Check:
    return _asking(Standing.TO_JUDGE, sentence, places, place)


def _asking(standing: Standing, sentence: str, things: Sequence, place, is_blocking: bool = False) -> Check:
    """A check that shows the first of these things, each as the place that is made of it."""
    shown = tuple(place(thing) if place else thing for thing in things[:MOST_PLACES])
    return Check(standing, sentence, shown, len(things) - len(shown), is_blocking)


def _fine(sentence: str) -> Check:
    return Check(Standing.FINE, sentence)


# Title and summary


def _title(post: Reading) -> Iterator[Check]:
    place, length = Place(shorten(post.title, LONGEST_QUOTE), field="title"), len(post.title)
    if not length:
        yield _to_do(_("Give the post a title: lists, mails and search begin with it."))
    elif length > LONGEST_TITLE:
        words = _(
            "The title has %(length)s letters. Search cuts it after about %(most)s.", **_lengths(length, LONGEST_TITLE)
        )
        yield _to_judge(words, [place])
    else:
        yield _fine(_("the title fits"))


def _summary(post: Reading) -> Iterator[Check]:
    place, length = Place(shorten(post.summary, LONGEST_QUOTE), field="summary"), len(post.summary)
    if not length:
        yield _to_do(_("Write a summary in a sentence or two: lists, mails and search show it."))
    elif length > LONGEST_SUMMARY:
        lengths = _lengths(length, LONGEST_SUMMARY)
        words = _("The summary has %(length)s letters. Search shows about %(most)s: put first what matters.", **lengths)
        yield _to_judge(words, [place])
    elif length < SHORTEST_SUMMARY:
        yield _to_judge(_("The summary is very short. Say in it what somebody learns who reads on."), [place])
    else:
        yield _fine(_("the summary fits"))


def _lengths(length: int, most: int) -> dict[str, str]:
    return {"length": f"{length:,}", "most": f"{most:,}"}


# Pictures


def _descriptions(post: Reading) -> Iterator[Check]:
    pictures = post.anatomy.pictures
    kept = Kept.by_addresses(picture.address for picture in pictures if not picture.description)
    bare = [picture for picture in pictures if not (picture.description.strip() or _speaks(kept.get(picture.address)))]
    if bare:
        words = ngettext(
            "A picture does not say what it shows. Write it between the brackets: ![what it shows](…).",
            "%(num)s pictures do not say what they show. Write it between the brackets: ![what it shows](…).",
            len(bare),
        )
        yield _to_do(words, bare, post.of_picture, is_blocking=True)
    elif pictures:
        yield _fine(_("each picture says what it shows"))
    if odd := [picture for picture in pictures if A_FILE_NAME.fullmatch(picture.description.strip())]:
        words = _("A picture is described by the name of its file. Say what somebody would see in it.")
        yield _to_judge(words, odd, post.of_picture)
    if long := [picture for picture in pictures if len(picture.description) > LONGEST_DESCRIPTION]:
        words = _("A picture has a very long description. Say the rest in the text, where everybody can read it.")
        yield _to_judge(words, long, post.of_picture)


def _speaks(kept: Kept | None) -> bool:
    """Whether the library knows what it shows, or that it only adorns: then nothing need be said in the text."""
    return kept is not None and not kept.needs_words


# Links


def _destinations(post: Reading) -> Iterator[Check]:
    """Where links lead, and where pictures are."""
    links = [*post.anatomy.links, *(Link([each.description], each.address) for each in post.anatomy.pictures)]
    found = destinations.of(link.address for link in links)
    lost = [(link, found[link.address].fault) for link in links if _has(found, link, "fault")]
    stale = [(link, found[link.address].moved_to) for link in post.anatomy.links if _has(found, link, "moved_to")]
    if lost:
        words = ngettext("A link or picture leads nowhere.", "%(num)s links or pictures lead nowhere.", len(lost))
        yield _to_do(words, lost, lambda each: post.of_link(each[0], f"{each[0].address}: {each[1]}"))
    elif links:
        yield _fine(_("all links lead somewhere"))
    if stale:
        words = ngettext(
            "A link leads to an address that has moved. It works; the new address is better.",
            "%(num)s links lead to addresses that have moved. They work; the new addresses are better.",
            len(stale),
        )
        yield _to_judge(words, stale, lambda each: post.of_link(each[0], _("is at %(path)s by now", path=each[1])))
    if len({link.address for link in links}) > len(found):
        most = f"{destinations.MOST_LOOKED_UP:,}"
        yield _to_judge(_("There are very many links. Only the first %(most)s addresses were looked up.", most=most))


def _has(found: dict, link: Link, what: str) -> bool:
    return link.address in found and bool(getattr(found[link.address], what))


def _link_words(post: Reading) -> Iterator[Check]:
    """Whether links make sense to somebody who hears them alone, as screen readers list them."""
    vague = {str(words) for words in SAYS_NOTHING}
    links = post.anatomy.links
    if silent := [link for link in links if not link.words]:
        words = ngettext("A link has no words.", "%(num)s links have no words.", len(silent))
        yield _to_do(words, silent, post.of_link)
    if poor := [link for link in links if _folded(link) in vague or AN_ADDRESS.fullmatch(link.words)]:
        words = _("Some people hear the links of a page alone. Let each say what is behind it:")
        yield _to_judge(words, poor, post.of_link)
    if same := list(_same_words(links, vague)):
        words = _("The same words lead to different places:")
        yield _to_judge(words, same, lambda link: post.of_link(link, _("leads to %(path)s", path=link.address)))


def _same_words(links: list[Link], but: set[str]) -> Iterator[Link]:
    """Of the links with the same words, the first to each place; only where there are several places."""
    by_words: dict[str, dict[str, Link]] = {}
    for link in links:
        if link.words and _folded(link) not in but:
            by_words.setdefault(_folded(link), {}).setdefault(link.address, link)
    for places in by_words.values():
        if len(places) > 1:
            yield from places.values()


def _folded(link: Link) -> str:
    return link.words.casefold().strip(" .,:;!?…»›>→")


# Headings, tables, paragraphs


def _headings(post: Reading) -> Iterator[Check]:
    headings = post.anatomy.headings
    if top := [heading for heading in headings if heading.level == 1]:
        words = _("The title is the first heading of the page, so that all of yours move down by one. Begin with ##.")
        yield _to_judge(words, top, lambda heading: post.place(heading.words))
    if empty := [heading for heading in headings if not heading.words]:
        yield _to_do(ngettext("A heading has no words.", "%(num)s headings have no words.", len(empty)))
    if jumps := list(_jumps(headings, top_level=1 if top else 2)):
        words = ngettext("A heading skips a level.", "%(num)s headings skip a level.", len(jumps))
        yield _to_judge(words, jumps, lambda jump: post.place(jump[0].words, _below(*jump)))
    elif headings and not empty and not top:
        yield _fine(_("headings are in order"))
    if not headings and post.anatomy.words_count > WORDS_WITHOUT_HEADING:
        yield _to_judge(_("This is a long text without a heading. Most people look through the headings first."))


def _jumps(headings, top_level: int):
    """Each heading that is more than one level below the one before, and the level that it should have at most."""
    level = top_level - 1
    for heading in headings:
        if heading.level > level + 1:
            yield heading, level + 1
        level = heading.level


def _below(heading, most: int) -> str:
    return _("has %(has)s; %(should)s would be in order", has="#" * heading.level, should="#" * most)


def _tables(post: Reading) -> Iterator[Check]:
    tables = post.anatomy.tables
    if bare := [table for table in tables if not table.has_headings]:
        words = ngettext(
            "A table has no headings. Say above each column what stands in it.",
            "%(num)s tables have no headings. Say above each column what stands in it.",
            len(bare),
        )
        yield _to_do(words, bare, lambda table: post.place(table.words))
    elif tables:
        yield _fine(_("tables have headings"))


def _paragraphs(post: Reading) -> Iterator[Check]:
    paragraphs = post.anatomy.paragraphs
    if not (paragraphs or post.anatomy.pictures):
        yield _to_do(_("There is no text yet."))
    if long := [paragraph for paragraph in paragraphs if len(paragraph.split()) > LONGEST_PARAGRAPH_WORDS]:
        words = ngettext(
            "A paragraph is very long. Readers on a phone see nothing else for a while.",
            "%(num)s paragraphs are very long. Readers on a phone see nothing else for a while.",
            len(long),
        )
        yield _to_judge(words, long, post.of_passage)


def _reading_age(post: Reading) -> Iterator[Check]:
    """Only for English, which the formula was made for."""
    is_english = settings.current().language.lower().partition("-")[0] == "en"
    age = readability.age(post.anatomy.paragraphs) if is_english else None
    if age is None:
        return
    if age <= EASY_UNTIL_AGE:
        yield _fine(_("it can be read from about age %(age)s", age=age))
        return
    longest = max(readability.sentences(post.anatomy.paragraphs), key=lambda sentence: len(sentence.split()))
    words = _(
        "It can be read from about age %(age)s; %(easy)s would reach nearly everybody. Shorter sentences and words "
        "help. The longest sentence:",
        age=age,
        easy=EASY_UNTIL_AGE,
    )
    yield _to_judge(words, [longest], post.of_passage)


LOOKS = (
    _paragraphs, _descriptions, _destinations, _title, _summary, _headings, _tables, _link_words, _reading_age
)  # fmt: skip
