"""Where the team answers a comment, and takes back what it wrote or entered."""

from flask import Blueprint, abort, g

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.comments import entering, replying, rows
from opm.comments.forms import ReplyForm
from opm.comments.models import Comment, MovedOn
from opm.extensions import db
from opm.lib.respond import see_other, wants_fragment

bp = Blueprint("replying_desk", __name__, url_prefix="/comments")


@bp.get("/<id:id>/reply")
@requires(Ability.MODERATE)
def ask(id):
    """The comment, with a field for the answer."""
    return rows.shown(id, opened="reply")


@bp.post("/<id:id>/reply")
@requires(Ability.MODERATE)
def reply(id):
    """Publishes the answer, and the comment with it if it waits. What cannot be published is given back."""
    comment, form = Comment.held(id) or abort(404), ReplyForm()
    if not form.validate():
        return rows.shown(id, 422, opened="reply", reply_form=form)
    was_published = comment.is_published
    try:
        answer = replying.reply(comment, g.person, form.text.data, revision=form.revision.data)
    except MovedOn:
        return rows.shown(id, 409, opened="reply", reply_form=form, has_moved_on=True)
    db.session.commit()
    if wants_fragment():
        approval = None if was_published else answer.parent.standing_decisions[-1]
        return rows.shown(id, answer=answer, approval=approval, waiting=rows.waiting_count())
    return see_other(f"/desk/comments/{answer.id}")


@bp.get("/<id:id>/withdraw")
@requires(Ability.MODERATE)
def ask_to_withdraw(id):
    """Says what withdrawing does, and asks for a press of the button."""
    return rows.shown(id, opened="withdraw")


@bp.post("/<id:id>/withdraw")
@requires(Ability.MODERATE)
def withdraw(id):
    """Takes back what the team wrote, or entered for somebody."""
    comment = Comment.held(id) or abort(404)
    try:
        entering.withdraw(comment, g.person)
    except MovedOn:
        return rows.shown(id, 409, has_moved_on=True)
    db.session.commit()
    return rows.shown(id) if wants_fragment() else see_other(f"/desk/comments/{id}")
