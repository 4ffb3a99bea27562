"""Where editors look after what readers are told of changes: one more note, other words for one, one taken back."""

from flask import Blueprint, abort, g, render_template

from opm.accounts import audit, elections
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.audit import Did
from opm.extensions import db
from opm.lib.respond import see_other
from opm.posts import changes
from opm.posts.changes import NotPublished
from opm.posts.forms import NoteForm
from opm.posts.models import ChangeNote, Post

bp = Blueprint("changes_desk", __name__, url_prefix="/posts/<id:id>/notes")


@bp.get("")
@requires(Ability.PUBLISH)
def notes(id):
    """What readers are told of changes to this post."""
    return _notes(_found(id))


@bp.post("")
@requires(Ability.PUBLISH)
def add(id):
    """Tells them of one more."""
    post, form = Post.held(id) or abort(404), NoteForm()
    if not form.validate():
        return _notes(post, 422, form)
    try:
        changes.note(post, form.text.data, g.person)
    except NotPublished:
        return _notes(post, 409, form)
    elections.expect_leave(g.person, "post", id, post.title)
    db.session.commit()
    return see_other(f"/desk/posts/{id}/notes")


@bp.post("/<id:note_id>")
@requires(Ability.PUBLISH)
def correct(id, note_id):
    """Other words for one; or, by its button, away with it."""
    noted, form = _of(id, note_id), NoteForm()
    if form.takes_back:
        changes.take_back(noted)
        _log(Did.TOOK_BACK_NOTE, id)
    elif form.validate():
        changes.correct(noted, form.text.data)
        _log(Did.CORRECTED_NOTE, id)
    else:
        return _notes(_found(id), 422, form, noted)
    db.session.commit()
    return see_other(f"/desk/posts/{id}/notes")


def _found(id: int) -> Post:
    return db.session.scalar(Post.at_desk().where(Post.id == id)) or abort(404)


def _of(id: int, note_id: int) -> ChangeNote:
    noted = ChangeNote.held(note_id)
    return noted if noted and noted.post_id == id else abort(404)


def _log(did: Did, id: int) -> None:
    audit.record(g.person, did, "post", id, db.session.get(Post, id).title)


def _notes(post: Post, status: int = 200, form: NoteForm | None = None, refused: ChangeNote | None = None):
    """With what was typed, if anything was: in place of a note, or as a new one."""
    empty = NoteForm(formdata=None)
    shown = {"post": post, "form": form or empty, "new": empty if refused else form or empty, "refused": refused}
    return render_template("desk/posts/notes.html", **shown), status
