"""What somebody at the desk chooses for themselves."""

from flask import Blueprint, g, render_template

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
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
    return render_template("desk/account/page.html", mails=form, choice=choice, when=WHEN.items())
