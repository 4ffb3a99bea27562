"""The pages by which a subscriber confirms another address: the panel for the code, and those behind the mail's links.

Nothing here opens a subscriber's page but the deed itself: later these links tell no more than that it is done.
"""

from flask import Blueprint, render_template

from opm import settings
from opm.comments.forms import NotMeForm, PanelCodeForm
from opm.extensions import db
from opm.lib import origin
from opm.lib.confirming import CodeRefused
from opm.lib.i18n import gettext as _
from opm.lib.respond import page_or_fragment, see_other, wants_fragment
from opm.subscriptions import addresses, letters
from opm.subscriptions.models import AddressChange, Subscriber

bp = Blueprint("addresses", __name__, url_prefix="/subscriptions/address")


@bp.get("/sent/<token>")
def panel(token):
    """The panel's own page, for browsers without scripts."""
    return _panel(_of_panel(token))


@bp.post("/sent/<token>")
def use_code(token):
    """Confirms by the digits from the mail. A wrong try is counted before it is answered."""
    change = _of_panel(token, held=True)
    form = PanelCodeForm()
    if not form.validate():
        return _panel(change, status=422, code_error=form.code.errors[0])
    try:
        subscriber = addresses.by_code(change, form.code.data, origin.network())
    except CodeRefused as refused:
        db.session.commit()
        return _panel(change, status=422, code_error=refused.sentence)
    db.session.commit()
    return _confirmed(change, subscriber) if subscriber else _panel(change, is_over=True)


@bp.post("/sent/<token>/again")
def send_again(token):
    """Mails the code once more."""
    change = _of_panel(token, held=True)
    addresses.send_again(change, origin.network())
    db.session.commit()
    return _panel(change, said=_("We sent it again. Look in your junk folder, too."))


@bp.get("/confirm/<token>")
def link(token):
    """The page behind the mail's link, with one button; once confirmed it says so."""
    return render_template("subscriptions/address_confirm.html", change=_of_link(token))


@bp.post("/confirm/<token>")
def use_link(token):
    """Confirms by the page's button; once is enough."""
    change = _of_link(token, held=True)
    subscriber = addresses.confirm(change)
    db.session.commit()
    return _confirmed(change, subscriber) if subscriber else see_other(f"/subscriptions/address/confirm/{token}")


@bp.get("/not-me/<token>")
def not_me(token):
    """Asks whoever says "this was not me" to press a button."""
    change = _of_link(token, kind="not me")
    return render_template("subscriptions/address_not_me.html", change=change, token=token)


@bp.post("/not-me/<token>")
def use_not_me(token):
    """Deletes what its addressee did not ask for, as long as nobody there has confirmed it."""
    change = _of_link(token, held=True, kind="not me")
    if change.is_confirmed:
        return render_template("subscriptions/address_not_me.html", change=change, token=token), 409
    blocked = addresses.not_me(change, never_mail_again=NotMeForm().never_again.data)
    db.session.commit()
    return render_template("subscriptions/address_not_me_done.html", blocked=blocked)


def _panel(change, status=200, **values):
    return page_or_fragment(
        "subscriptions/address_panel.html", "subscriptions/_address_panel.html", status, change=change, **values
    )


def _confirmed(change, subscriber):
    address = letters.preferences(subscriber)
    if wants_fragment():
        return render_template("subscriptions/_address_confirmed.html", change=change, address=address)
    return see_other(f"{address}?said=address")


def _of_panel(token: str, held: bool = False) -> AddressChange:
    return _found(AddressChange.of_panel, token, held)


def _of_link(token: str, held: bool = False, kind: str = "link") -> AddressChange:
    def find(token, within, held=False):
        return AddressChange.of_link(token, within, held, kind)

    return _found(find, token, held)


def _found(find, token: str, held: bool) -> AddressChange:
    """The change; held, its subscriber was locked first, as everywhere. Raises LinkEnded."""
    within = settings.current().unconfirmed_for
    if held:
        Subscriber.held(find(token, within).subscriber_id)
    return find(token, within, held)
