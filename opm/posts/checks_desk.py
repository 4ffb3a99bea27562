"""The checks of a post, looked at again while it is written."""

from flask import Blueprint, render_template

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.kept_forms import sent_by_itself
from opm.extensions import db
from opm.lib.respond import wants_fragment
from opm.posts import checks, desk
from opm.posts.forms import PostForm

bp = Blueprint("checks_desk", __name__, url_prefix="/posts")


@bp.post("/<id:id>/checks")
@requires(Ability.WRITE)
@sent_by_itself
def look_again(id):
    """Looks over what stands in the editor. Nothing is saved; without htmx the editor comes back with it."""
    post, form = desk.found(id), PostForm()
    db.session.commit()  # there is nothing to write: who saves need not wait until all is looked up
    found = checks.of(form.words, post.format)
    if wants_fragment():
        return render_template("desk/posts/_checks.html", post=post, checks=found)
    return desk.editor(post, form, revision=form.revision.data, checks=found)
