"""The last step in front of the desk: the page that asks for a second factor, and the one for a passkey alone."""

from flask import Blueprint, abort, render_template, request

from opm import settings
from opm.accounts import access
from opm.accounts.factors import passkeys, proving
from opm.accounts.factors.forms import CodeForm
from opm.accounts.factors.models import Authenticator, Passkey, Purpose, Step, StepRefused
from opm.extensions import db
from opm.lib import origin, throttle
from opm.lib.respond import see_other

bp = Blueprint("factors", __name__)


@bp.get("/second/<token>")
def ask(token):
    """The page that asks for it."""
    return page(_step(token, Purpose.SIGN_IN), CodeForm(formdata=None), f"/desk/sign-in/second/{token}")


@bp.post("/second/<token>")
def show(token):
    """Signs in by a code or a passkey. What is wrong is counted before it is answered."""
    step, form = _step(token, Purpose.SIGN_IN, held=True), CodeForm()
    address = f"/desk/sign-in/second/{token}"
    if not form.validate():
        return page(step, form, address, 422)
    return _let_in(step) if is_shown(step, form) else page(step, form, address, 422, refused=True)


@bp.post("/passkey")
def begin_passkey():
    """To the page on which a passkey signs somebody in, without a mail."""
    step = proving.begin_passkey_sign_in(origin.network(), access.way_back(request.form.get("next")))
    db.session.commit()
    return see_other(f"/desk/sign-in/passkey/{step.token}")


@bp.get("/passkey/<token>")
def ask_passkey(token):
    """That page."""
    return _passkey_page(_step(token, Purpose.PASSKEY_SIGN_IN))


@bp.post("/passkey/<token>")
def show_passkey(token):
    """Signs in by a passkey of somebody on the staff that has looked at a finger, a face or a PIN."""
    step, form = _step(token, Purpose.PASSKEY_SIGN_IN, held=True), CodeForm()
    return _let_in(step) if form.credential.data and is_shown(step, form) else _passkey_page(step, 422, refused=True)


def is_shown(step: Step, form: CodeForm) -> bool:
    """Whether what was sent passes this step. Commits, since a wrong one is remembered. Raises TooMany."""
    throttle.spend({settings.current().allowance("codes_per_network"): origin.network()})
    try:
        if form.credential.data:
            proving.show_passkey(step, form.credential.data)
        else:
            proving.show_code(step, form.code.data)
    except StepRefused:
        db.session.commit()
        return False
    return True


def page(step: Step, form: CodeForm, address: str, status=200, **values):
    """The page that asks for a second factor, whatever for."""
    has_passkeys = bool(Passkey.of(step.person))
    return render_template(
        "accounts/factors/ask.html",
        step=step,
        form=form,
        address=address,
        has_app=db.session.get(Authenticator, step.person.id) is not None,
        options=passkeys.to_sign(step) if has_passkeys and step.is_live else None,
        passkeys=passkeys,
        **values,
    ), status if step.is_live or status != 200 else 410


def _passkey_page(step: Step, status=200, **values):
    options = passkeys.to_sign(step) if step.is_live else None
    return render_template(
        "accounts/factors/passkey.html", step=step, options=options, passkeys=passkeys, **values
    ), status if step.is_live or status != 200 else 410


def _step(token: str, purpose: Purpose, held=False) -> Step:
    return Step.by_token(token, purpose, held=held) or abort(404)


def _let_in(step: Step):
    secret = proving.enter(step, origin.network(), request.user_agent.string)
    db.session.commit()
    return access.let_in(see_other(step.wanted), secret)
