"""Where admins set of whom a second factor is demanded."""

from flask import Blueprint, g, render_template
from wtforms import IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, NumberRange

from opm import settings
from opm.accounts import choices
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.choices import Choice
from opm.accounts.factors import demanding
from opm.accounts.second_factor import Demanded
from opm.extensions import db
from opm.lib.columns import LARGEST_ID
from opm.lib.forms import DeskForm
from opm.lib.i18n import lazy_gettext as _
from opm.lib.respond import see_other

bp = Blueprint("demand_desk", __name__, url_prefix="/settings/second-factor")

OF = {
    Demanded.OF_NOBODY: _("Of nobody: each may set one up"),
    Demanded.OF_ADMINS: _("Of admins"),
    Demanded.OF_EVERYBODY: _("Of everybody at the desk"),
}


class DemandForm(DeskForm):
    """Of whom. `seen` is the choice that stood when the page was opened."""

    of = StringField(validators=[AnyOf(list(Demanded), message=_("Choose of whom it is demanded"))])
    seen = IntegerField(validators=[InputRequired(), NumberRange(0, LARGEST_ID)])


@bp.get("")
@requires(Ability.CHANGE_SETTINGS)
def page():
    """How it stands."""
    return _page(_as_it_stands())


@bp.post("")
@requires(Ability.CHANGE_SETTINGS)
def change():
    """Sets of whom, from their next step on."""
    form = DemandForm()
    if not form.validate():
        return _page(form, 422)
    try:
        demanding.demand(Demanded(form.of.data), g.person, form.seen.data)
    except demanding.NeedsOneFirst:
        return _page(form, 409, needs_one_first=True)
    except choices.Overtaken:
        return _page(_as_it_stands(), 409, is_overtaken=True)
    db.session.commit()
    return see_other("/desk/settings/second-factor")


def _as_it_stands() -> DemandForm:
    last = Choice.latest(demanding.SETTING)
    of = settings.current().demand_second_factor
    return DemandForm(formdata=None, of=of, seen=last.number if last else 0)


def _page(form: DemandForm, status=200, **values):
    last = Choice.latest(demanding.SETTING)
    return render_template("desk/factors/demand.html", form=form, of=OF.items(), last=last, **values), status
