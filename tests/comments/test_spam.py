"""Signs of spam: what takes others to see is found by the worker, orders and warns, and decides nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from opm.accounts.models import Person
from opm.comments import bulk, lessons, likeness, moderation, receipts, weighing
from opm.comments.flags import IN_WORDS, Flag
from opm.comments.lessons import WordCount
from opm.comments.likeness import TextMark
from opm.comments.models import Act, Comment, State
from opm.extensions import db
from tests import cast
from tests.tables import rows

SPAM = "Cheap watches and pills, order today at http://shop{}.example/ for a discount, number {}."
HAM = "The bus to the hospital leaves before the ward opens, and week {} was no better; stop {} is far."
LONG_WORDS = "The lane floods first at the bottom, where the rota has nobody who lives there or knows the water."


@pytest.fixture
def taught(inside, post):
    """The moderators have approved 15 comments and marked 15 as spam; or as many as are named."""

    def taught(hams=15, spams=15):
        with inside():
            ines = cast.ines()
            for number in range(max(hams, spams)):
                for text, act, wanted in ((HAM, Act.APPROVE, hams), (SPAM, Act.SPAM, spams)):
                    if number < wanted:
                        said = text.format(number, number)
                        comment = cast.a_comment(post, text=said, email=f"{act}{number}@example.org")
                        moderation.decide(comment, act, ines, revision=1)

    return taught


@pytest.fixture
def weigh(app):
    """`weigh()` looks at all that needs it, as the worker does. Returns how many were looked at."""

    def weigh():
        with app.app_context():
            return sum(iter(weighing.weigh, 0))

    return weigh


@pytest.fixture
def waiting(inside, post):
    """`waiting(text)` is a comment that waits."""

    def waiting(text, thread=None, **values):
        with inside():
            return cast.a_comment(thread or post, text=text, **values)

    return waiting


def flags_of(inside, comment):
    with inside(False):
        return db.session.get_one(Comment, comment.id).flags


def counts(inside):
    with inside(False):
        return {row.key: (row.ham, row.spam) for row in db.session.scalars(select(WordCount)) if row.ham or row.spam}


def test_every_flag_has_its_words():
    assert set(IN_WORDS) == set(Flag)


# Learning


def test_what_looks_like_spam_is_flagged_and_waits_last_and_is_still_there(
    inside, taught, waiting, weigh, browser, clock
):
    taught()
    spam = waiting("Order cheap pills today, a discount: http://shop99.example/", email="s@example.org")
    clock.forward(minutes=1)
    ham = waiting("In week 12 the bus to the hospital was late again.", email="h@example.org")
    weigh()
    assert flags_of(inside, spam) == ["like spam"]
    assert flags_of(inside, ham) == []
    cast.signed_in(browser, inside)
    browser.visit("/desk/comments/")
    assert [row["id"] for row in browser.page.select("#queue article")] == [f"row-{ham.id}", f"row-{spam.id}"]
    assert "looks like others that you marked as spam" in browser.text
    browser.visit("/desk/comments/?queue=flagged")
    assert [row["id"] for row in browser.page.select("#queue article")] == [f"row-{spam.id}"]
    clock.forward(hours=24)
    weigh()
    browser.visit("/desk/comments/")
    first = browser.page.select("#queue article")[0]["id"]
    assert first == f"row-{spam.id}", "what is late waits in its turn again"


@pytest.mark.parametrize(("hams", "spams"), [(14, 15), (15, 14), (0, 40), (40, 0)])
def test_before_there_are_enough_of_both_nothing_is_said(inside, taught, waiting, weigh, hams, spams):
    taught(hams, spams)
    comment = waiting("Order cheap pills today, a discount: http://shop99.example/")
    weigh()
    assert flags_of(inside, comment) == []


def test_what_waits_is_looked_at_anew_as_moderators_teach(inside, taught, waiting, weigh):
    comment = waiting("Order cheap pills today, a discount: http://shop99.example/")
    assert weigh() == 1
    assert weigh() == 0, "nothing is known that was not known before"
    taught()
    weigh()
    assert flags_of(inside, comment) == ["like spam"]


def test_undone_it_is_untaught_to_the_last_word(inside, waiting, taught):
    taught(2, 2)
    before = counts(inside)
    for act in (Act.APPROVE, Act.SPAM):
        comment = waiting(f"{act}: words that nobody wrote before.")
        with inside():
            decision = moderation.decide(Comment.held(comment.id), act, cast.ines(), revision=1)
        assert counts(inside) != before
        with inside():
            moderation.undo(moderation.held_decision(decision.id), cast.ines())
        assert counts(inside) == before


def test_spam_that_is_restored_is_untaught_and_undoing_that_teaches_it_again(inside, waiting, taught):
    taught(2, 2)
    before, comment = counts(inside), waiting("Taken for spam, and is none.")
    with inside():
        moderation.decide(Comment.held(comment.id), Act.SPAM, cast.ines(), revision=1)
    after = counts(inside)
    with inside():
        restored = moderation.decide(Comment.held(comment.id), Act.RESTORE, cast.ines(), revision=1)
    assert counts(inside) == before
    with inside():
        moderation.undo(moderation.held_decision(restored.id), cast.ines())
    assert counts(inside) == after


def test_what_its_writer_has_changed_since_is_not_untaught_with_other_words(inside, waiting):
    comment = waiting("Taken for spam, and is none.")
    with inside():
        moderation.decide(Comment.held(comment.id), Act.SPAM, cast.ines(), revision=1)
        receipts.edit(Comment.held(comment.id), text="Other words.", name="Jo", revision=1)
    before = counts(inside)
    with inside():
        moderation.decide(Comment.held(comment.id), Act.RESTORE, cast.ines(), revision=2)
    assert counts(inside) == before


def test_neither_imports_nor_the_team_nor_a_rule_teach_anything(inside, waiting):
    imported = waiting("Imported.", source="old.example", source_id="7")
    refused = waiting("Refused by a rule.")
    with inside():
        own = cast.a_comment(Comment.held(refused.id).thread, text="The team’s.", staff_id=cast.ines().id)
        moderation.decide(own, Act.APPROVE, cast.ines(), revision=1)
        moderation.decide(Comment.held(imported.id), Act.APPROVE, cast.ines(), revision=1)
        moderation.decide(Comment.held(refused.id), Act.REJECT, cast.ines(), revision=1, rule=1)
    assert counts(inside) == {}


def test_two_who_decide_at_once_lose_no_count(app, inside, post):
    with inside():
        ids = [cast.a_comment(post, text=f"The same words, and {n}.", email=f"{n}@example.org").id for n in range(16)]
        ines = cast.ines().id

    def decide(number):
        with app.app_context():
            comment = Comment.held(ids[number])
            act = Act.APPROVE if number % 2 else Act.SPAM
            moderation.decide(comment, act, db.session.get(Person, ines), revision=1)
            db.session.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(decide, range(16)))
    counted = counts(inside)
    assert counted[lessons.COMMENTS] == (8, 8)
    with app.app_context():
        assert counted[lessons._fingerprint("same")] == (8, 8)


def test_who_decides_on_one_and_who_on_many_under_the_same_post_never_wait_for_each_other_in_turn(app, inside, post):
    with inside():
        ids = [cast.a_comment(post, text=f"Words, and {n}.", email=f"{n}@example.org").id for n in range(24)]
        ines = cast.ines().id

    def decide(these):
        with app.app_context():
            by = db.session.get(Person, ines)
            if len(these) > 1:
                assert len(bulk.decide(dict.fromkeys(these, 1), Act.APPROVE, by).decisions) == len(these)
            else:
                moderation.decide(Comment.held(these[0]), Act.APPROVE, by, revision=1)
            db.session.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(decide, [ids[:6], ids[6:7], ids[7:13], ids[13:14], ids[14:20], *([id] for id in ids[20:])]))
    assert counts(inside)[lessons.COMMENTS] == (24, 0)


def test_no_word_is_kept_and_no_number_of_anybody_is_counted(app):
    with app.app_context():
        found = set(lessons.features("Call 020 7946 0123 or AB123456C about 2014", "Jo Marsh"))
    assert found == {"links 0", "call", "020", "or", "about", "name jo", "name marsh"}


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000, "a " * 5_000, "http://[" * 1_250, "http://" * 1_428, "((" * 5_000, "\ufdfa" * 10_000,
        "\u0301" * 10_000,
        "\U0001f600" * 10_000, "".join(map(chr, range(0x4E00, 0x4E00 + 10_000))), "0" * 10_000, "",
    ],
    ids=range(11),
)  # fmt: skip
def test_odd_texts_are_looked_at_too_and_what_is_counted_of_one_is_bounded(app, text):
    with app.app_context():
        assert len(lessons.fingerprints(text, "Jo")) <= lessons.MOST_WORDS + lessons.MOST_TELLING + 3
        assert len(likeness.marks(text)) <= likeness.SKETCH
        assert not lessons.is_like_spam(text, "Jo")


# The same again


def test_nearly_the_same_elsewhere_or_from_another_address_is_flagged_on_both(inside, waiting, weigh):
    with inside():
        other_place = cast.a_post("part-two", "And when the rain stops?", on=(2026, 10, 3)).thread
    first = waiting(LONG_WORDS)
    weigh()
    assert flags_of(inside, first) == []
    elsewhere = waiting(LONG_WORDS, other_place)
    weigh()
    assert flags_of(inside, first) == flags_of(inside, elsewhere) == ["repeat"]
    nearly = waiting(LONG_WORDS.upper().replace("WATER", "river") + " Yes!", email="kim@example.org")
    other = waiting("The road dries last at the top, where everybody has a boat and nobody rows it at all.")
    weigh()
    assert flags_of(inside, nearly) == ["repeat"]
    assert flags_of(inside, other) == []


def test_the_same_address_in_the_same_place_and_what_everybody_says_are_no_repetition(inside, waiting, weigh):
    waiting(LONG_WORDS)
    again = waiting(LONG_WORDS + " And more.")
    thanks = [waiting("Thank you, I agree.", email=f"{n}@example.org") for n in range(3)]
    weigh()
    assert [flags_of(inside, comment) for comment in (again, *thanks)] == [[]] * 4


def test_a_short_text_with_a_link_is_known_again(inside, waiting, weigh):
    both = [waiting("Look here: http://shop.example/", email=f"{n}@example.org") for n in range(2)]
    weigh()
    assert [flags_of(inside, comment) for comment in both] == [["repeat"]] * 2


def test_other_words_are_weighed_anew_and_other_signs_stay(inside, waiting, weigh):
    waiting(LONG_WORDS, email="kim@example.org")
    comment = waiting(LONG_WORDS, flags=["trap"])
    weigh()
    assert flags_of(inside, comment) == ["trap", "repeat"]
    with inside():
        receipts.edit(Comment.held(comment.id), text="Something else altogether.", name="Jo", revision=1)
    weigh()
    assert flags_of(inside, comment) == ["trap"]


def test_fingerprints_of_a_text_go_with_its_erasure_and_after_a_month(app, inside, waiting, weigh, clock):
    kept, erased = waiting(LONG_WORDS), waiting("It " + LONG_WORDS, email="kim@example.org")
    weigh()
    with inside():
        receipts.erase(Comment.held(erased.id))
    with inside(False):
        assert set(db.session.scalars(select(TextMark.comment_id))) == {kept.id}
    clock.forward(days=29)
    with inside():
        assert likeness.old.take(likeness.KNOWN_FOR_DAYS) == 0
    clock.forward(days=2)
    with inside():
        assert likeness.old.take(likeness.KNOWN_FOR_DAYS) == 1
    with inside(False):
        assert db.session.scalar(select(func.count()).select_from(TextMark)) == 0


def test_looking_decides_nothing_and_what_was_decided_meanwhile_is_left_alone(app, inside, waiting, weigh, post):
    comment = waiting(LONG_WORDS)
    with inside():
        published = cast.a_comment(post, State.PUBLISHED, text="It stands.")
    before = rows(app, "comment", "text_mark")
    weigh()
    assert rows(app, "comment", "text_mark") == before
    with inside(False):
        assert db.session.get_one(Comment, comment.id).state == State.PENDING
        assert db.session.get_one(Comment, published.id).weighed is None


# A page of a queue


def test_pages_go_on_through_those_that_wait_last(inside, post, browser, clock):
    with inside():
        for number in range(45):
            cast.a_comment(post, text=f"Number {number}.", email=f"{number}@example.org", waits_last=number % 2 == 0)
    cast.signed_in(browser, inside)
    browser.visit("/desk/comments/")
    seen = []
    while True:
        seen += [int(quote.get_text().strip(" .\n").split()[-1]) for quote in browser.page.select("#queue blockquote")]
        if browser.page.find("a", rel="next") is None:
            break
        browser.follow("Next")
    assert seen == [*range(1, 45, 2), *range(0, 45, 2)]
    browser.follow("Previous")
    assert BeautifulSoup(browser.answer.text, "html.parser").find("a", rel="next")


def test_likely_spam_is_last_only_while_it_is_not_late(inside, waiting, weigh, clock):
    comment = waiting("I am a machine.", flags=["trap"])
    weigh()
    with inside(False):
        assert db.session.get_one(Comment, comment.id).waits_last
    clock.at += timedelta(hours=24)
    weigh()
    with inside(False):
        assert not db.session.get_one(Comment, comment.id).waits_last
