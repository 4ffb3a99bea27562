"""Where people ask for our mails, and confirm that they did. And what writers of comments follow from their receipts.

Each address answers with a page, or for htmx with the fragment that the page includes.
"""

from flask import Blueprint, abort, render_template, request

from opm import settings
from opm.comments.forms import AddressForm, NotMeForm, PanelCodeForm
from opm.comments.views import of_receipt
from opm.extensions import db, reading
from opm.lib import origin, typos
from opm.lib.confirming import CodeRefused
from opm.lib.i18n import gettext as _
from opm.lib.respond import page_or_fragment, see_other, wants_fragment
from opm.subscriptions import letters, signup, topics
from opm.subscriptions.models import Rhythm, SignUp
from opm.subscriptions.signup_forms import ReceiptForm, SubscribeForm

bp = Blueprint("subscriptions", __name__)

bp.add_app_template_global(signup.followed_from, "followed_from")
bp.add_app_template_global(topics.consent, "subscription_consent")


@bp.get("/subscribe/")
def subscribe():
    """What can be followed, and the form. `?to=` names one thing by its address here, or by its key."""
    form = SubscribeForm(formdata=None)
    chosen = topics.find_named(request.args.get("to", ""))
    form.what.data = chosen.key if chosen else "everything-0"
    form.rhythm.data = Rhythm.AT_ONCE.value
    return _form(form, chosen=chosen)


@bp.post("/subscribe/")
def sign_up():
    """Takes it; answers with the panel, whatever is known of the address."""
    form = SubscribeForm()
    with reading():
        is_sound = form.validate()
    if not is_sound:
        return _form(form, 422, chosen=form.followed)
    found = signup.submit(
        form.followed, form.chosen_rhythm, form.email.data, origin.network(), trapped=bool(form.url.data)
    )
    db.session.commit()
    return _panel(found) if wants_fragment() else see_other(f"/subscribe/sent/{found.panel_token}")


# Confirming


@bp.get("/subscribe/sent/<token>")
def panel(token):
    """The panel's own page, for browsers without scripts."""
    return _panel(_of_panel(token))


@bp.post("/subscribe/sent/<token>")
def use_code(token):
    """Confirms by the digits from the mail. A wrong try is counted before it is answered."""
    found = _of_panel(token, held=True)
    form = PanelCodeForm()
    if not form.validate():
        return _panel(found, status=422, code_error=form.code.errors[0])
    try:
        subscription = signup.by_code(found, form.code.data, origin.network())
    except CodeRefused as refused:
        db.session.commit()
        return _panel(found, status=422, code_error=refused.sentence)
    db.session.commit()
    return _confirmed(subscription) if subscription else _panel(found, is_over=True)


@bp.post("/subscribe/sent/<token>/again")
def send_again(token):
    """Mails the code once more."""
    found = _of_panel(token, held=True)
    signup.send_again(found, origin.network())
    db.session.commit()
    return _panel(found, said=_("We sent it again. Look in your junk folder, too."))


@bp.post("/subscribe/sent/<token>/address")
def change_address(token):
    """Mails a code to another address instead."""
    found = _of_panel(token, held=True)
    form = AddressForm()
    if not form.validate():
        return _panel(found, status=422, address_form=form)
    found = signup.change_address(found, form.email.data, origin.network())
    db.session.commit()
    return _panel(found, said=_("We sent a code to the new address."))


@bp.get("/subscribe/confirm/<token>")
def link(token):
    """The page behind the mail's link: what it is about, and one button; once confirmed it says so, and no more."""
    found = _of_link(token)
    return render_template("subscriptions/confirm.html", sign_up=found, followed=topics.of(found))


@bp.post("/subscribe/confirm/<token>")
def use_link(token):
    """Confirms by the page's button; once is enough."""
    subscription = signup.confirm(_of_link(token, held=True))
    db.session.commit()
    return _confirmed(subscription) if subscription else see_other(f"/subscribe/confirm/{token}")


@bp.get("/subscribe/not-me/<token>")
def not_me(token):
    """Asks whoever says "this was not me" to press a button."""
    return render_template("subscriptions/not_me.html", sign_up=_of_link(token, kind="not me"), token=token)


@bp.post("/subscribe/not-me/<token>")
def use_not_me(token):
    """Deletes what its addressee did not ask for."""
    found = _of_link(token, held=True, kind="not me")
    try:
        blocked = signup.not_me(found, never_mail_again=NotMeForm().never_again.data)
    except signup.AlreadyConfirmed:
        return render_template("subscriptions/not_me.html", sign_up=found, token=token), 409
    db.session.commit()
    return render_template("subscriptions/not_me_done.html", blocked=blocked)


# From a receipt, whose link proves the address


@bp.post("/receipt/<token>/follow")
def follow(token):
    """The writer of a comment hears of answers, or of all that is said there; or no more."""
    comment = of_receipt(token)
    form = ReceiptForm()
    followed = form.followed(comment) or abort(400)
    if form.stop.data:
        signup.stop(comment.email, followed)
    else:
        signup.follow_from(comment, followed, origin.network())
    db.session.commit()
    return see_other(f"/receipt/{token}/#follow")


# Answers


def _form(form, status=200, chosen=None):
    choices = topics.choices()
    if chosen and chosen not in choices:
        choices.append(chosen)
    values = {"form": form, "choices": choices, "rhythms": topics.RHYTHMS.items(), "consent": topics.consent()}
    return page_or_fragment("subscriptions/subscribe.html", "subscriptions/_subscribe.html", status, **values)


def _panel(found, status=200, **values):
    meant = typos.meant(found.email.lower(), settings.current().own_domains)
    values |= {"sign_up": found, "meant": meant, "followed": topics.of(found)}
    return page_or_fragment("subscriptions/panel.html", "subscriptions/_panel.html", status, **values)


def _confirmed(subscription):
    values = {
        "subscription": subscription,
        "followed": topics.of(subscription),
        "address": letters.preferences(subscription.subscriber),
    }
    return page_or_fragment("subscriptions/confirmed.html", "subscriptions/_confirmed.html", **values)


# Finding


def _of_panel(token: str, held: bool = False) -> SignUp:
    return _found(SignUp.of_panel, token, held)


def _of_link(token: str, held: bool = False, kind: str = "link") -> SignUp:
    return _found(lambda token, within, held=False: SignUp.of_link(token, within, held, kind), token, held)


def _found(find, token: str, held: bool) -> SignUp:
    """The sign-up; held, who has its address was locked first, as everywhere. Raises LinkEnded."""
    within = settings.current().unconfirmed_for
    if held:
        signup.hold_subscriber(find(token, within).email)
    return find(token, within, held)
