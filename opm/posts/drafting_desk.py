"""Where what is typed is kept by itself, and where it is told who has the same post open."""

from flask import Blueprint, g, render_template, request

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.kept_forms import sent_by_itself
from opm.extensions import db
from opm.lib.respond import see_other, wants_fragment
from opm.posts import desk, drafting
from opm.posts.forms import DraftForm, PostForm
from opm.posts.models import Post
from opm.posts.writing import Words

bp = Blueprint("drafting_desk", __name__, url_prefix="/posts/<id:id>/draft")


@bp.post("")
@requires(Ability.WRITE)
@sent_by_itself
def keep(id):
    """Keeps what was typed, or (`beat`) notes that somebody has the post open. Without scripts the editor goes on."""
    post, form = desk.found(id), DraftForm()
    desk.expect_may(post)
    is_fit = form.validate()
    if "beat" in request.form:
        drafting.look(post, g.person, form.revision.data or post.revision)
    elif is_fit:
        drafting.keep(post, form.words, g.person, form.revision.data)
    db.session.commit()
    if wants_fragment():
        return _status(post, form, is_fit)
    return desk.editor(post, PostForm(), 200 if is_fit else 422, form.revision.data)


@bp.post("/throw-away")
@requires(Ability.WRITE)
def throw_away(id):
    """Back to the post as it is saved."""
    drafting.throw_away(desk.found(id), g.person)
    db.session.commit()
    return see_other(f"/desk/posts/{id}")


def _status(post: Post, form: DraftForm, is_fit: bool):
    """The line below the text, for htmx."""
    draft = drafting.of(post, g.person)
    words = form.words if "text" in request.form else Words.of(draft or post)
    values = {"post": post, "draft": draft, "others": drafting.others_at(post, g.person)}
    values |= {"revision": form.revision.data or post.revision, "words_count": len(words.text.split())}
    values["too_long"] = "" if is_fit else " ".join(sentence for _field, sentence in form.refusals())
    return render_template("desk/posts/_status.html", is_as_kept=is_fit, **values), 200 if is_fit else 422
