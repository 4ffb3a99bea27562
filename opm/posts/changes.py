"""Telling readers that a published post was changed in what matters: a note with its date, on the post and in feeds.

A small mend has none, and nothing about it is public but the words.
"""

from opm.accounts import audit
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import clock, publicity
from opm.lib.forms import one_line
from opm.posts.models import ChangeNote, Post, State

LONGEST_NOTE = 500


class NotPublished(Exception):
    """Readers do not see this post, so there is nobody to tell."""


def note(post: Post, text: str, by: Person | None) -> ChangeNote:
    """Tells readers what is otherwise in it from now on. What is sent twice is told once. The caller commits.

    Raises NotPublished.
    """
    if post.state != State.PUBLISHED or post.published_at > clock.now():
        raise NotPublished
    if post.notes and post.notes[-1].text == one_line(text):
        return post.notes[-1]
    noted = ChangeNote(post_id=post.id, text=one_line(text), by=by)
    db.session.add(noted)
    audit.record(by, Did.NOTED_CHANGE, "post", post.id, post.title)
    _has_changed(post)
    return noted


def correct(noted: ChangeNote, text: str) -> None:
    """Other words for the same change; its day stays. The caller commits."""
    noted.text = one_line(text)
    publicity.bump()


def take_back(noted: ChangeNote) -> None:
    """As if readers had not been told: it was no change, or should not have been named one. The caller commits."""
    db.session.delete(noted)
    publicity.bump()


def _has_changed(post: Post) -> None:
    db.session.flush()
    db.session.expire(post, ["noted_at", "notes"])
    publicity.bump()
