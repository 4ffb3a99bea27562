"""Two people saved one post from the same version: what each of them changed, and both together where that goes."""

from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import undefer

from opm.extensions import db
from opm.lib import worddiff
from opm.lib.merging import merge
from opm.posts.forms import as_sent
from opm.posts.models import Post, Revision
from opm.posts.writing import Words


@dataclass(frozen=True)
class Changes:
    """What became of a title, a summary and a text, word by word; nothing of what stayed."""

    title: Markup | None
    summary: Markup | None
    text: Markup | None

    @classmethod
    def between(cls, before: Words, after: Words) -> "Changes":
        """From these words to those."""
        return cls(
            worddiff.in_line(before.title, after.title) if before.title != after.title else None,
            worddiff.in_text(before.summary, after.summary) if before.summary != after.summary else None,
            worddiff.in_text(before.text, after.text) if before.text != after.text else None,
        )


@dataclass(frozen=True)
class Conflict:
    """Mine, which is not saved; theirs, which is; and what both began from, where that is known."""

    mine: Words
    theirs: Words
    began: Words | None

    @classmethod
    def of(cls, post: Post, mine: Words, revision: int) -> "Conflict":
        """Between a post as it is saved and words that were begun from an earlier revision of it."""
        of_it = select(Revision).where(Revision.post_id == post.id, Revision.number == revision)
        began = db.session.scalar(of_it.options(undefer(Revision.text)))
        return cls(mine, _clean(Words.of(post)), _clean(Words.of(began)) if began else None)

    @property
    def their_changes(self) -> Changes:
        """What they changed meanwhile; where nobody knows from what, how theirs differs from mine."""
        return Changes.between(self.began or self.mine, self.theirs)

    @property
    def my_changes(self) -> Changes | None:
        """What I changed."""
        return Changes.between(self.began, self.mine) if self.began else None

    @property
    def together(self) -> Words | None:
        """Both people's changes in one, where they do not touch each other."""
        if self.began is None:
            return None
        parts = zip(_parts(self.began), _parts(self.mine), _parts(self.theirs), strict=True)
        merged = [merge(*three) for three in parts]
        return Words(*merged) if None not in merged else None


def _parts(words: Words) -> tuple[str, str, str]:
    return words.title, words.summary, words.text


def _clean(words: Words) -> Words:
    return Words(words.title, words.summary, as_sent(words.text))
