"""A thread as it is read: numbered, replies under what they answer, gone comments kept as marks where needed."""

from dataclasses import dataclass, field

from opm.comments.models import Comment, Thread
from opm.extensions import db

DEEPEST = 3


@dataclass
class Branch:
    """One comment with the replies shown under it."""

    comment: Comment
    depth: int = 0
    home: "Branch | None" = None  # in whose list it stands
    answers: Comment | None = None  # named where the indent no longer says it
    replies: list["Branch"] = field(default_factory=list)


def branches(thread: Thread) -> list[Branch]:
    """The thread in order of publication, replies indented up to three levels. One statement.

    A comment is published after what it answers, so its number is higher, and one pass suffices. One that was public
    and is gone leaves its number where published replies hang from it, and nothing elsewhere.
    """
    comments = list(db.session.scalars(Comment.numbered_in(thread)))
    shown = _shown(comments)
    placed: dict[int | None, Branch] = {}
    roots: list[Branch] = []
    for comment in comments:
        if comment.id in shown:
            placed[comment.id] = branch = _placed(comment, placed.get(comment.parent_id))
            (branch.home.replies if branch.home else roots).append(branch)
    return roots


def _placed(comment: Comment, parent: Branch | None) -> Branch:
    if parent is None:
        return Branch(comment)
    if parent.depth < DEEPEST:
        return Branch(comment, parent.depth + 1, home=parent)
    return Branch(comment, DEEPEST, home=parent.home, answers=parent.comment)


def _shown(comments: list[Comment]) -> set[int]:
    """The published ones and, however gone, all that they answer."""
    parents = {comment.id: comment.parent_id for comment in comments}
    shown: set[int] = set()
    for comment in comments:
        id = comment.id if comment.is_published else None
        while id in parents and id not in shown:
            shown.add(id)
            id = parents[id]
    return shown
