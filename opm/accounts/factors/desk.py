"""One's own second factor: an app, passkeys, recovery codes; and taking away what somebody else has lost."""

from flask import Blueprint, abort, g, render_template, request
from markupsafe import Markup

from opm import settings
from opm.accounts import access, audit
from opm.accounts.abilities import Ability
from opm.accounts.access import freshly_proved, opens_without_factor, requires
from opm.accounts.audit import Did
from opm.accounts.factors import changing, door, passkeys, proving
from opm.accounts.factors.changing import NothingToTake, StillDemanded, TooManyPasskeys
from opm.accounts.factors.forms import CodeForm, PasskeyForm
from opm.accounts.factors.models import Authenticator, Passkey, Purpose, RecoveryCode, Step, StepRefused, has_factor
from opm.accounts.kept_forms import never_kept
from opm.accounts.models import Person
from opm.accounts.second_factor import is_demanded_of
from opm.extensions import db
from opm.lib.respond import see_other

bp = Blueprint("factors_desk", __name__, url_prefix="/account/second-factor")
others = Blueprint("others_factors_desk", __name__, url_prefix="/staff/<id:id>/second-factor")


@bp.get("")
@opens_without_factor
def factors():
    """What somebody has, and what they can do about it."""
    return _page()


@bp.post("/proof")
@opens_without_factor
@never_kept
def begin_proof():
    """To the page that asks for a second factor once more."""
    step = proving.begin_proof(g.session, _wanted())
    db.session.commit()
    return see_other(f"{access.FACTOR_PAGE}/proof/{step.token}")


@bp.get("/proof/<token>")
@opens_without_factor
def ask(token):
    """That page."""
    return door.page(_step(token, Purpose.PROOF), CodeForm(formdata=None), f"{access.FACTOR_PAGE}/proof/{token}")


@bp.post("/proof/<token>")
@opens_without_factor
@never_kept
def show(token):
    """This session has seen it, and may change what signs somebody in."""
    step, form, address = _step(token, Purpose.PROOF, held=True), CodeForm(), f"{access.FACTOR_PAGE}/proof/{token}"
    if not form.validate():
        return door.page(step, form, address, 422)
    if not door.is_shown(step, form):
        return door.page(step, form, address, 422, refused=True)
    g.session.proved_at = step.used_at
    audit.record(g.person, Did.SHOWED_FACTOR, "person", g.person.id, g.person.name)
    db.session.commit()
    return see_other(step.wanted)


@bp.post("/app")
@opens_without_factor
@never_kept
@freshly_proved
def begin_app():
    """A key for an app, which counts once a code was typed."""
    step = changing.begin_app(g.session, _wanted())
    db.session.commit()
    return see_other(f"{access.FACTOR_PAGE}/app/{step.token}")


@bp.get("/app/<token>")
@opens_without_factor
def app(token):
    """The key, as a picture and to be typed, and the field for the first code."""
    return _app_page(_step(token, Purpose.APP), CodeForm(formdata=None))


@bp.post("/app/<token>")
@opens_without_factor
@never_kept
def confirm_app(token):
    """The app counts from now on; the first time recovery codes are shown."""
    step, form = _step(token, Purpose.APP, held=True), CodeForm()
    if not form.validate():
        return _app_page(step, form, 422)
    try:
        codes = changing.confirm_app(step, g.session, form.code.data)
    except StepRefused:
        return _app_page(step, form, 422, refused=True)
    db.session.commit()
    return _added(codes, step)


@bp.post("/app/remove")
@never_kept
@freshly_proved
def remove_app():
    """The app's codes work no more."""
    try:
        changing.remove_app(g.person)
    except StillDemanded:
        return _page(409, still_demanded=True)
    except NothingToTake:
        return see_other(access.FACTOR_PAGE)
    db.session.commit()
    return see_other(access.FACTOR_PAGE)


@bp.post("/recovery-codes")
@never_kept
@freshly_proved
def renew_codes():
    """Ten new ones, shown this once."""
    try:
        codes = changing.renew_codes(g.person)
    except NothingToTake:
        return see_other(access.FACTOR_PAGE)
    db.session.commit()
    return _codes_page(codes)


@bp.post("/passkeys")
@opens_without_factor
@freshly_proved
def begin_passkey():
    """To the page on which a browser makes a passkey of this name."""
    form = PasskeyForm()
    if not form.validate():
        return _page(422, form=form)
    try:
        step = changing.begin_passkey(g.session, form.name.data, _wanted())
    except TooManyPasskeys:
        return _page(409, form=form, too_many=True)
    db.session.commit()
    return see_other(f"{access.FACTOR_PAGE}/passkeys/new/{step.token}")


@bp.get("/passkeys/new/<token>")
@opens_without_factor
def passkey(token):
    """That page."""
    return _passkey_page(_step(token, Purpose.PASSKEY))


@bp.post("/passkeys/new/<token>")
@opens_without_factor
@never_kept
def confirm_passkey(token):
    """The passkey counts from now on; with the first factor recovery codes are shown."""
    step, form = _step(token, Purpose.PASSKEY, held=True), CodeForm()
    try:
        codes = changing.confirm_passkey(step, g.session, form.credential.data or "")
    except StepRefused:
        step.renew_challenge()
        db.session.commit()
        return _passkey_page(step, 422, refused=True)
    db.session.commit()
    return _added(codes, step)


@bp.post("/passkeys/<id:id>")
@freshly_proved
def change_passkey(id):
    """Gives it another name, or removes it."""
    form, passkey = PasskeyForm(), Passkey.held(id, g.person) or abort(404)
    if request.form.get("do") == "remove":
        return _removed(passkey)
    if not form.validate():
        return _page(422, renaming=passkey, renamed=form)
    passkey.name = form.name.data
    audit.record(g.person, Did.RENAMED_PASSKEY, "person", g.person.id, g.person.name)
    db.session.commit()
    return see_other(access.FACTOR_PAGE)


@others.get("")
@requires(Ability.MANAGE_PEOPLE)
def of_other(id):
    """Asks whether to take away what somebody else has lost."""
    return _other_page(db.get_or_404(Person, id))


@others.post("")
@requires(Ability.MANAGE_PEOPLE)
@never_kept
@freshly_proved
def take_away(id):
    """They sign in by mail alone from now on, and are told who did it."""
    person = db.get_or_404(Person, id)
    try:
        changing.take_away(person, g.person)
    except NothingToTake:
        return _other_page(person, 409)
    db.session.commit()
    return see_other(f"/desk/staff/{id}/second-factor")


def _wanted() -> str:
    return access.way_back(request.values.get("next") or access.FACTOR_PAGE)


def _step(token: str, purpose: Purpose, held=False) -> Step:
    return Step.by_token(token, purpose, g.person, held) or abort(404)


def _page(status=200, form=None, **values):
    app = db.session.get(Authenticator, g.person.id)
    own = Passkey.of(g.person)
    has_any = app is not None or bool(own)
    return render_template(
        "desk/factors/page.html",
        app=app,
        own=own,
        codes_left=RecoveryCode.left(g.person) if has_any else 0,
        has_any=has_any,
        is_demanded=is_demanded_of(g.person),
        is_owed=is_demanded_of(g.person) and g.session.proved_at is None,
        next=_wanted(),
        form=form or PasskeyForm(formdata=None),
        passkeys=passkeys,
        **values,
    ), status


def _app_page(step: Step, form: CodeForm, status=200, **values):
    key = Authenticator.key(g.person.id, step.key_nonce) if step.is_live else ""
    in_fours = " ".join(key[at : at + 4] for at in range(0, len(key), 4))
    return render_template(
        "desk/factors/app.html", step=step, form=form, key=in_fours, picture=_picture(key), **values
    ), status if step.is_live or status != 200 else 410


def _picture(key: str) -> Markup:
    """The key as a picture for a phone's camera: dark on light in both schemes, since cameras want it so."""
    if not key:
        return Markup()
    import pyotp
    import segno

    address = pyotp.TOTP(key).provisioning_uri(name=g.person.email, issuer_name=settings.current().site_name)
    picture = segno.make(address, error="m", micro=False)
    return Markup(picture.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=False))


def _passkey_page(step: Step, status=200, **values):
    options = passkeys.to_make(step) if step.is_live else None
    return render_template(
        "desk/factors/passkey.html", step=step, options=options, passkeys=passkeys, **values
    ), status if step.is_live or status != 200 else 410


def _added(codes: list[str], step: Step):
    return _codes_page(codes, step.wanted) if codes else see_other(access.FACTOR_PAGE)


def _codes_page(codes: list[str], wanted: str = access.FACTOR_PAGE):
    return render_template("desk/factors/codes.html", codes=codes, wanted=wanted)


def _removed(passkey: Passkey):
    try:
        changing.remove_passkey(passkey, g.person)
    except StillDemanded:
        return _page(409, still_demanded=True)
    db.session.commit()
    return see_other(access.FACTOR_PAGE)


def _other_page(person: Person, status=200):
    return render_template("desk/factors/other.html", person=person, has_any=has_factor(person)), status
