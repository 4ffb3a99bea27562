"""Knowing nearly the same text again, in another place or from another address.

Of a comment's runs of three words the smallest keyed fingerprints are kept, for a month at most: two texts share about
as many of these as they share runs (Broder's sketch, "On the resemblance and containment of documents", 1997). No word
can be read out of them.
"""

from sqlalchemy import BigInteger, ForeignKey, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from opm.comments.lessons import words
from opm.comments.models import Comment, State
from opm.extensions import db, insert
from opm.lib import links, tokens
from opm.lib.columns import BigId
from opm.lib.going import goes

RUN = 3  # words
FEWEST_WORDS = 8  # of a text that is like another by more than chance; of a shorter one with a link, all of it counts
SKETCH = 8  # fingerprints of a text
SAME_FROM = 0.6  # of them
KNOWN_FOR_DAYS = 30
BATCH = 200


class TextMark(db.Model):
    """One fingerprint of what a comment says."""

    __table_args__ = {}

    comment_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    mark: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, index=True)


def marks(text: str) -> set[int]:
    """The fingerprints of a text; none of one that says too little to be known by."""
    said = words(text)
    if len(said) >= FEWEST_WORDS:
        runs = {" ".join(said[at : at + RUN]) for at in range(len(said) - RUN + 1)}
    else:
        runs = {" ".join(said)} if said and links.count(text) else set()
    return set(sorted(map(_mark, runs))[:SKETCH])


def note(comment: Comment) -> set[int]:
    """Keeps what the comment is known by, as it reads now. The comment is held. The caller commits."""
    forget(comment)
    found = marks(comment.text)
    if found:
        rows = [{"comment_id": comment.id, "mark": mark} for mark in sorted(found)]
        db.session.execute(insert(TextMark).values(rows).on_conflict_do_nothing())
    return found


def others(comment: Comment, known_by: set[int]) -> list[int]:
    """The numbers of comments that say nearly the same in another place or from another address."""
    if not known_by:
        return []
    elsewhere = or_(Comment.thread_id != comment.thread_id, Comment.address_hash.is_distinct_from(comment.address_hash))
    same = (
        select(TextMark.comment_id)
        .join(Comment, Comment.id == TextMark.comment_id)
        .where(TextMark.mark.in_(known_by), Comment.id != comment.id, Comment.state != State.WITHDRAWN, elsewhere)
        .group_by(TextMark.comment_id)
        .having(func.count() >= SAME_FROM * len(known_by))
        .order_by(TextMark.comment_id)
    )
    return list(db.session.scalars(same.limit(BATCH)))


def forget(comment: Comment) -> None:
    """Nothing is known of what it says. The caller commits."""
    db.session.execute(delete(TextMark).where(TextMark.comment_id == comment.id))


@goes(TextMark, each=TextMark.comment_id)
def old(moment):
    """What comments are known by that were written so long ago."""
    return TextMark.comment_id.in_(select(Comment.id).where(Comment.written_at < moment))


def _mark(run: str) -> int:
    return int(tokens.fingerprint("run of words", run)[:15], 16)
