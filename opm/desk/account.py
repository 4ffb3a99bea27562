"""Somebody's own account at the desk: who they are here, what they choose, and where they are signed in."""

from flask import Blueprint, g, render_template

from opm.accounts.abilities import Ability, abilities_of
from opm.accounts.access import requires
from opm.accounts.models import Session
from opm.comments.inbox import telling
from opm.comments.inbox.forms import MailChoiceForm
from opm.comments.inbox.models import MailChoice, When
from opm.extensions import db
from opm.lib.i18n import lazy_gettext as _
from opm.lib.respond import see_other

bp = Blueprint("account_desk", __name__, url_prefix="/account")

WHEN = {
    When.AT_ONCE: _("At once, a mail for each comment"),
    When.DAILY: _("Once a day, all that wait in one mail"),
    When.NEVER: _("Not at all"),
}


@bp.get("/")
def page():
    """One's own page."""
    return _page()


@bp.post("/mails")
@requires(Ability.MODERATE)
def choose_mails():
    """Whether and when one is mailed about comments that wait, from now on."""
    form = MailChoiceForm()
    if not form.validate():
        return _page(form), 422
    telling.choose(g.person, When(form.how.data), form.hour.data)
    db.session.commit()
    return see_other("/desk/account/#mails")


def _page(form: MailChoiceForm | None = None) -> str:
    choice = MailChoice.of(g.person) if g.person.may(Ability.MODERATE) else None
    if choice and form is None:
        form = MailChoiceForm(formdata=None, how=choice.how, hour=choice.hour)
    sessions, may = db.session.scalars(Session.live_of(g.person)).all(), abilities_of(g.person.roles)
    return render_template(
        "desk/account/page.html", mails=form, choice=choice, when=WHEN.items(), sessions=sessions, may=may
    )
