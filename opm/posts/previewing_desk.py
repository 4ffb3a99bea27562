"""How a post will look: beside the text while it is written, and as a whole page."""

from flask import Blueprint, g, render_template

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.kept_forms import SentForm, sent_by_itself
from opm.extensions import db
from opm.lib.respond import wants_fragment
from opm.posts import desk, drafting, previewing, sheets
from opm.posts.forms import DraftForm, PostForm
from opm.posts.previewing import Preview

bp = Blueprint("previewing_desk", __name__, url_prefix="/posts/<id:id>/preview")


@bp.get("")
@requires(Ability.WRITE)
def page(id):
    """The whole page as readers will see it: with one's own words, where they are not saved yet."""
    post = desk.found(id)
    draft = drafting.of(sheets.of_post(post), g.person)
    preview = Preview(post, draft.title, draft.text) if draft else previewing.as_saved(post)
    return render_template("posts/preview.html", preview=preview, draft=draft)


@bp.post("")
@requires(Ability.WRITE)
@sent_by_itself
def words(id):
    """What stands in the editor: for htmx the text alone; else a page that leads back to the editor as it was."""
    post, form = desk.found(id), DraftForm()
    is_fit = form.validate()
    if wants_fragment():
        db.session.commit()  # there is nothing to write: who saves need not wait until it is drawn
        values = {"preview": Preview(post, form.title.data, form.text.data), "too_long": not is_fit and form.refusals()}
        return render_template("desk/posts/_preview.html", is_fragment=True, **values), 200 if is_fit else 422
    if not is_fit:
        return desk.editor(post, PostForm(), 422, form.revision.data)
    drafting.keep(sheets.of_post(post), form.typed, g.person, form.revision.data)
    db.session.commit()
    preview = Preview(post, form.title.data, form.text.data)
    return render_template("posts/preview.html", preview=preview, sent=SentForm.of_request())
