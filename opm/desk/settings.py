"""What admins set for the whole site: for now, who may publish a post."""

from flask import Blueprint, g, render_template
from wtforms import IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, NumberRange

from opm import settings
from opm.accounts import choices
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.choices import Choice
from opm.extensions import db
from opm.lib.columns import LARGEST_ID
from opm.lib.forms import DeskForm
from opm.lib.i18n import lazy_gettext as _
from opm.lib.respond import see_other

bp = Blueprint("settings_desk", __name__, url_prefix="/settings")

TWO_PEOPLE = "two_people_publish"
ONE, TWO = "one", "two"


PEOPLE = {
    ONE: _("Any editor, also what they wrote themselves"),
    TWO: _("Only an editor other than whoever saved the post last: two people see each before it goes out"),
}


class PublishingForm(DeskForm):
    """How many people see a post before the public does. `seen` is the choice that stood when the page was opened."""

    people = StringField(validators=[AnyOf(list(PEOPLE), message=_("Choose who may publish"))])
    seen = IntegerField(validators=[InputRequired(), NumberRange(0, LARGEST_ID)])


@bp.get("/")
@requires(Ability.CHANGE_SETTINGS)
def page():
    """The settings as they stand."""
    return _page(_as_it_stands())


@bp.post("/")
@requires(Ability.CHANGE_SETTINGS)
def change():
    """Sets who may publish from now on, for posts in review, too."""
    form = PublishingForm()
    if not form.validate():
        return _page(form, 422)
    try:
        choices.choose(TWO_PEOPLE, form.people.data == TWO, g.person, form.seen.data)
    except choices.Overtaken:
        return _page(_as_it_stands(), 409, is_overtaken=True)
    db.session.commit()
    return see_other("/desk/settings/#publishing")


def _as_it_stands() -> PublishingForm:
    last = Choice.latest(TWO_PEOPLE)
    people = TWO if settings.current().two_people_publish else ONE
    return PublishingForm(formdata=None, people=people, seen=last.number if last else 0)


def _page(form: PublishingForm, status=200, **values):
    return render_template(
        "desk/settings.html", form=form, people=PEOPLE.items(), last=Choice.latest(TWO_PEOPLE), **values
    ), status
