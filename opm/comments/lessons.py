"""What moderators' decisions teach about spam: how often a word stood in what they approved, and in what they refused.

No word is kept: a row counts for a keyed fingerprint, one of so many that some words share theirs. Approving teaches
what is none, marking as spam what is; undone, it is untaught. Rejecting by a rule teaches nothing, nor does what the
team or an import brought. The way of counting is Gary Robinson's ("A statistical approach to the spam problem", Linux
Journal 107, 2003), as SpamBayes uses it: words that speak for and against are weighed apart, and where both are strong
or none is, nothing is said.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from sqlalchemy import BigInteger, case, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from opm.comments.models import Act, Comment, Decision, Thread
from opm.extensions import db, insert
from opm.lib import links, tokens

WORD = re.compile(r"[^\W_]{2,40}")
MOST_CHARACTERS = 20_000  # of a text whose signs were taken apart: some are eighteen letters in one
MOST_WORDS = 400  # different ones, from the beginning
MOST_DIGITS = 3  # of a word; with more it is somebody's number
FINGERPRINTS = 2**20
COMMENTS = 0  # the row that counts comments instead of a word
ENOUGH = 15  # comments of each kind, before anything is said
DOUBT = 1.0  # how much the first sightings of a word count for little
TELLING = 0.1  # by how much a word has to differ from one that says nothing
MOST_TELLING = 60  # words that are listened to
SPAM_FROM = 0.8


class WordCount(db.Model):
    """In how many approved comments (`ham`) and in how many marked as spam something stood."""

    __table_args__ = {}

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    ham: Mapped[int] = mapped_column(default=0)
    spam: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True)
class Lesson:
    """One comment more, or one fewer, of one kind."""

    kind: str
    count: int

    @property
    def undone(self) -> "Lesson":
        """The way back."""
        return Lesson(self.kind, -self.count)


def of(act: Act, revision: int, earlier: list[Decision]) -> Lesson | None:
    """What this act teaches on this revision, where those decisions stood before it."""
    if act == Act.APPROVE:
        return Lesson("ham", 1)
    if act == Act.SPAM:
        return Lesson("spam", 1)
    was_spam = act == Act.RESTORE and earlier and earlier[-1].act == Act.SPAM
    return Lesson("spam", -1) if was_spam and earlier[-1].revision == revision else None


def teach(comment: Comment, lesson: Lesson | None) -> None:
    """Counts it. The comment is held; the public version is not raised yet. The caller commits.

    Whoever teaches takes the row that counts comments first, alone: so two never wait for each other's words. Before it
    comes the thread of what is approved, as many that are decided together have theirs (the order of locks).
    """
    if lesson is None or comment.is_by_staff or comment.source or not comment.text:
        return
    if lesson.kind == "ham":
        Thread.held(comment.thread_id)
    _add([COMMENTS], lesson)
    if keys := sorted(fingerprints(comment.text, comment.name)):
        _add(keys, lesson)


def take_back(comment: Comment) -> None:
    """All that standing decisions about it taught is counted back: it goes, and shall leave nothing. It is held."""
    earlier = []
    for decision in comment.standing_decisions:
        lesson = of(decision.act, decision.revision, earlier)
        if lesson and decision.revision == comment.revision:
            teach(comment, lesson.undone)
        earlier.append(decision)


def known() -> int:
    """How many comments were learned from; none until there are enough of both kinds."""
    counted = db.session.get(WordCount, COMMENTS, populate_existing=True)
    return counted.ham + counted.spam if counted and min(counted.ham, counted.spam) >= ENOUGH else 0


def is_like_spam(text: str, name: str) -> bool:
    """Whether it looks like what was marked as spam, and unlike what was approved. Never while too few were."""
    keys = fingerprints(text, name)
    rows = db.session.scalars(select(WordCount).where(WordCount.key.in_([COMMENTS, *keys]))).all()
    counts = {row.key: (row.ham, row.spam) for row in rows}
    hams, spams = counts.pop(COMMENTS, (0, 0))
    return min(hams, spams) >= ENOUGH and likeness(counts.values(), hams, spams) >= SPAM_FROM


def fingerprints(text: str, name: str) -> set[int]:
    """What stands for the words of a comment, its links and the name above it."""
    return {_fingerprint(feature) for feature in features(text, name)}


def features(text: str, name: str) -> Iterable[str]:
    """What is counted of a comment. In time that grows with its length and no faster."""
    yield f"links {min(links.count(text), 3)}"
    for address in links.ADDRESS.findall(text)[:MOST_TELLING]:
        if host := _host(address):
            yield f"host {host}"
    for word in words(name):
        yield f"name {word}"
    yield from islice(dict.fromkeys(word for word in words(text) if _is_nobodys(word)), MOST_WORDS)


def words(text: str) -> list[str]:
    """Its words, however they are written."""
    return WORD.findall(unicodedata.normalize("NFKC", text).casefold()[:MOST_CHARACTERS])


def likeness(counts: Iterable[tuple[int, int]], hams: int, spams: int) -> float:
    """From 0, like what was approved, to 1, like what was marked as spam; about a half where nothing speaks clearly."""
    chances = [_chance(ham / hams, spam / spams, ham + spam) for ham, spam in counts if ham + spam]
    telling = sorted((c for c in chances if abs(c - 0.5) >= TELLING), key=lambda c: -abs(c - 0.5))[:MOST_TELLING]
    if not telling:
        return 0.5
    like = 1 - _tail(-2 * sum(math.log(1 - c) for c in telling), len(telling))
    unlike = 1 - _tail(-2 * sum(math.log(c) for c in telling), len(telling))
    return (1 + like - unlike) / 2


def _chance(ham: float, spam: float, seen: int) -> float:
    """That a comment with this word is spam; near a half while it was seldom seen."""
    return (DOUBT * 0.5 + seen * (spam / (ham + spam))) / (DOUBT + seen)


def _tail(chi: float, pairs: int) -> float:
    """How likely such a sum is by chance (the chi-square distribution with twice so many degrees of freedom)."""
    half = chi / 2
    term = total = math.exp(-half)
    for number in range(1, pairs):
        term *= half / number
        total += term
    return min(total, 1.0)


def _is_nobodys(word: str) -> bool:
    return sum(map(str.isdigit, word)) <= MOST_DIGITS


def _host(address: str) -> str:
    try:
        return ".".join((urlsplit(address).hostname or "").split(".")[-2:])
    except ValueError:  # such as http://[
        return ""


def _fingerprint(feature: str) -> int:
    return 1 + int(tokens.fingerprint("word", feature)[:12], 16) % FINGERPRINTS


def _add(keys: list[int], lesson: Lesson) -> None:
    column = getattr(WordCount, lesson.kind)
    fresh = {"ham": 0, "spam": 0, lesson.kind: max(0, lesson.count)}
    more = case((column + lesson.count < 0, 0), else_=column + lesson.count)
    statement = insert(WordCount).values([{"key": key, **fresh} for key in keys])
    db.session.execute(statement.on_conflict_do_update(index_elements=[WordCount.key], set_={lesson.kind: more}))
    if lesson.count < 0:  # what nothing stands in any more is no row
        of_none = WordCount.key.in_(keys), WordCount.ham == 0, WordCount.spam == 0
        db.session.execute(delete(WordCount).where(*of_none), execution_options={"synchronize_session": False})
