"""Where the team writes what stands at the head of the page about the site."""

from flask import Blueprint, g, render_template

from opm import settings
from opm.accounts import choices, elections
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.choices import Choice
from opm.accounts.kept_forms import sent_by_itself
from opm.extensions import db
from opm.lib import worddiff
from opm.lib.respond import see_other, wants_fragment
from opm.posts import drafting, pages_desk, sheets
from opm.posts.models import html_of
from opm.posts.pages_forms import AboutForm

bp = Blueprint("about_desk", __name__, url_prefix="/pages/about")


@bp.get("")
@requires(Ability.ARRANGE)
def about():
    """It, in Markdown."""
    return editor()


@bp.post("")
@requires(Ability.ARRANGE)
def save():
    """Readers see it at once."""
    form = AboutForm()
    if not (form.validate() and pages_desk.says_what_it_shows(form)):
        return editor(form, 422)
    elections.expect_leave(g.person, "setting", None, "about")
    try:
        choices.choose("about", form.text.data, g.person, form.seen)
    except choices.Overtaken:
        drafting.keep(sheets.about_the_site(), form.typed, g.person, form.seen)
        db.session.commit()
        return editor(form, 409, is_overtaken=True)
    drafting.drop(sheets.about_the_site(), g.person)
    db.session.commit()
    return see_other("/desk/pages/about#saved")


@bp.post("/preview")
@requires(Ability.ARRANGE)
@sent_by_itself
def preview():
    """How it looks; what was typed stays in the form."""
    form = AboutForm()
    return pages_desk.looks(form.text.data) if wants_fragment() else editor(form, is_previewed=True)


def editor(form=None, status=200, is_overtaken=False, **values):
    """The form: with what was typed, if anything was, else as it is saved."""
    sheet, last = sheets.about_the_site(), Choice.latest("about")
    draft = drafting.of(sheet, g.person)
    if form is None:
        form, values["is_as_kept"] = AboutForm(formdata=None, obj=draft, text=settings.current().about), True
    seen = sheet.revision if is_overtaken or form.revision.data is None else form.seen
    if is_overtaken:
        values["now"] = worddiff.in_text(settings.current().about, form.text.data)
    values |= drafting.state(sheet, g.person, seen, form.text.data, draft)
    values |= {"form": form, "seen": seen, "last": last, "is_overtaken": is_overtaken, "words": html_of(form.text.data)}
    return render_template("desk/pages/about.html", **values), status
