"""What somebody has typed into a post and not saved: kept for them alone. And who has the same post open just now.

Nothing here is a revision, and readers see nothing of it.
"""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import undefer

from opm.accounts.models import Person
from opm.extensions import db, insert
from opm.lib import clock
from opm.lib.forms import one_line, several_lines
from opm.posts.forms import as_sent
from opm.posts.models import Draft, Post
from opm.posts.writing import Words

HERE_FOR = timedelta(minutes=2)  # after the last sign of life; a page that is looked at gives one each minute
PRESENCE_KEPT_FOR = timedelta(days=1)


def keep(post: Post, words: Words, by: Person, revision: int) -> None:
    """Keeps what they have typed so far, begun from this revision. What the post says already is nothing to keep.

    The caller commits.
    """
    now = clock.now()
    is_new = words != _shown(post)
    what = {"title": words.title, "summary": words.summary, "text": words.text} if is_new else _nothing()
    _write(post, by, revision=revision, saved_at=now if is_new else None, seen_at=now, **what)


def look(post: Post, by: Person, revision: int) -> None:
    """Notes that they have it open. What was kept of them stays. The caller commits."""
    _write(post, by, only={"seen_at"}, revision=revision, seen_at=clock.now(), **_nothing())


def throw_away(post: Post, by: Person) -> None:
    """They want the post as it is saved. The caller commits."""
    _write(post, by, revision=post.revision, saved_at=None, seen_at=clock.now(), **_nothing())


def of(post: Post, by: Person) -> Draft | None:
    """What they have typed and not saved, if anything."""
    own = Draft.post_id == post.id, Draft.person_id == by.id, Draft.saved_at.is_not(None)
    draft = db.session.scalar(select(Draft).where(*own).options(undefer(Draft.text)))
    return draft if draft and Words.of(draft) != _shown(post) else None


def others_at(post: Post, by: Person) -> list[Person]:
    """Who else has it open, by name."""
    now = clock.now()
    here = Draft.seen_at > now - HERE_FOR, Draft.seen_at < now + HERE_FOR  # no clock that was wrong keeps them there
    others = select(Person).join(Draft, Draft.person_id == Person.id).where(Draft.post_id == post.id, *here)
    return list(db.session.scalars(others.where(Person.id != by.id, Person.left_at.is_(None)).order_by(Person.name)))


def forget_old() -> None:
    """Who had a post open yesterday and typed nothing. What was typed stays until it is saved or thrown away."""
    is_old = Draft.seen_at < clock.now() - PRESENCE_KEPT_FOR
    db.session.execute(delete(Draft).where(is_old, Draft.saved_at.is_(None)))


def _shown(post: Post) -> Words:
    """What the editor sends of a post in which nobody has typed anything."""
    return Words(one_line(post.title), several_lines(post.summary), as_sent(post.text))


def _nothing() -> dict[str, str]:
    return {"title": "", "summary": "", "text": ""}


def _write(post: Post, by: Person, only: set[str] | None = None, **values) -> None:
    """Makes the row, or changes it: of one that is there, only what is named, if anything is."""
    statement = insert(Draft).values(post_id=post.id, person_id=by.id, **values)
    changed = {name: value for name, value in values.items() if only is None or name in only}
    db.session.execute(statement.on_conflict_do_update(index_elements=[Draft.post_id, Draft.person_id], set_=changed))
