"""Where what is typed is kept by itself, and where it is told who has the same thing open."""

from flask import Blueprint, abort, g, render_template, request

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.kept_forms import sent_by_itself
from opm.extensions import db
from opm.lib.respond import see_other, wants_fragment
from opm.posts import about_desk, desk, drafting, pages_desk, sheets
from opm.posts.forms import DraftForm, PostForm
from opm.posts.pages import StandingPage
from opm.posts.pages_forms import AboutForm
from opm.posts.pages_forms import DraftForm as PageDraftForm
from opm.posts.sheets import Sheet

bp = Blueprint("drafting_desk", __name__)


@bp.post("/posts/<id:id>/draft")
@requires(Ability.WRITE)
@sent_by_itself
def keep(id):
    """Keeps what was typed, or (`beat`) notes that somebody has the post open. Without scripts the editor goes on."""
    post, form = desk.found(id), DraftForm()
    desk.expect_may(post)
    is_fit, sheet = form.validate(), sheets.of_post(post)
    _take(sheet, form, is_fit, form.revision.data or post.revision)
    db.session.commit()
    if wants_fragment():
        return _status(sheet, form, is_fit, form.revision.data or post.revision)
    return desk.editor(post, PostForm(), 200 if is_fit else 422, form.revision.data)


@bp.post("/posts/<id:id>/draft/throw-away")
@requires(Ability.WRITE)
def throw_away(id):
    """Back to the post as it is saved."""
    drafting.throw_away(sheets.of_post(desk.found(id)), g.person)
    db.session.commit()
    return see_other(f"/desk/posts/{id}")


@bp.post("/pages/new/draft")
@bp.post("/pages/<id:id>/draft")
@requires(Ability.ARRANGE)
@sent_by_itself
def keep_page(id=None):
    """The same of a standing page, or of one that is not begun yet."""
    page, form = _page(id), PageDraftForm()
    is_fit, sheet = form.validate(), sheets.of_page(page) if page else sheets.of_new_page(form.typed, g.person)
    _take(sheet, form, is_fit, form.seen)
    db.session.commit()
    if wants_fragment():
        return _status(sheet, form, is_fit, form.seen)
    return pages_desk.editor(page, form, 200 if is_fit else 422, is_as_kept=is_fit)


@bp.post("/pages/new/draft/throw-away")
@bp.post("/pages/<id:id>/draft/throw-away")
@requires(Ability.ARRANGE)
def throw_page_away(id=None):
    """Back to the page as it is saved."""
    drafting.throw_away(sheets.of_page(_page(id)), g.person)
    db.session.commit()
    return see_other(f"/desk/pages/{id or 'new'}")


@bp.post("/pages/about/draft")
@requires(Ability.ARRANGE)
@sent_by_itself
def keep_about():
    """The same of the words about the site."""
    form, sheet = AboutForm(), sheets.about_the_site()
    is_fit = form.validate()
    _take(sheet, form, is_fit, form.seen)
    db.session.commit()
    if wants_fragment():
        return _status(sheet, form, is_fit, form.seen)
    return about_desk.editor(form, 200 if is_fit else 422, is_as_kept=is_fit)


@bp.post("/pages/about/draft/throw-away")
@requires(Ability.ARRANGE)
def throw_about_away():
    """Back to these words as they are saved."""
    drafting.throw_away(sheets.about_the_site(), g.person)
    db.session.commit()
    return see_other("/desk/pages/about")


def _page(id: int | None) -> StandingPage | None:
    """The page, which nobody deletes meanwhile."""
    return None if id is None else StandingPage.held(id) or abort(404)


def _take(sheet: Sheet, form, is_fit: bool, revision: int) -> None:
    """Keeps what was sent, or notes a beat."""
    if "beat" in request.form:
        drafting.look(sheet, g.person, revision)
    elif is_fit:
        drafting.keep(sheet, form.typed, g.person, revision)


def _status(sheet: Sheet, form, is_fit: bool, revision: int):
    """The line below the text, for htmx."""
    draft = drafting.of(sheet, g.person)
    text = form.text.data if "text" in request.form else draft.text if draft else sheet.shown["text"]
    values = drafting.state(sheet, g.person, revision, text, draft)
    values["too_long"] = "" if is_fit else " ".join(sentence for _field, sentence in form.refusals())
    return render_template("desk/posts/_status.html", is_as_kept=is_fit, **values), 200 if is_fit else 422
