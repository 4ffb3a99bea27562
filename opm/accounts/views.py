"""The door of the desk: asking for a link, typing the code, pressing the link's button."""

from flask import Blueprint, abort, g, render_template, request

from opm import settings
from opm.accounts import abilities, access, audit, invitations, signing_in
from opm.accounts.audit import Did
from opm.accounts.factors import door, proving
from opm.accounts.forms import CodeForm, SignInForm
from opm.accounts.invitations import Invitation, InvitationEnded
from opm.accounts.kept_forms import never_kept
from opm.accounts.models import SignInAttempt, SignInRefused
from opm.extensions import db
from opm.lib import origin, throttle, tokens
from opm.lib.respond import see_other

bp = Blueprint("door", __name__, url_prefix="/desk/sign-in")
bp.register_blueprint(door.bp)
leaving = Blueprint("leaving", __name__)


@bp.get("")
def ask():
    """The page that asks for an address."""
    return render_template(
        "accounts/ask.html", form=SignInForm(formdata=None), next=access.way_back(request.args.get("next"))
    )


@bp.post("")
def send():
    """Mails a link and a code, if the address is of staff; says the same if not."""
    form = SignInForm()
    wanted = access.way_back(request.form.get("next"))
    if not form.validate():
        return render_template("accounts/ask.html", form=form, next=wanted), 422
    attempt = signing_in.ask(form.email.data, origin.network(), wanted)
    db.session.commit()
    return see_other(f"/desk/sign-in/code/{attempt.page_token}")


@bp.get("/code/<token>")
def code(token):
    """The page that asks for the code."""
    attempt = _attempt(db.session.get(SignInAttempt, tokens.id_of(token)), token, "page")
    return render_template("accounts/code.html", form=CodeForm(formdata=None), attempt=attempt, token=token)


@bp.post("/code/<token>")
def use_code(token):
    """Signs in by the code. A wrong one is counted before it is answered."""
    attempt = _attempt(SignInAttempt.held(tokens.id_of(token)), token, "page")
    form = CodeForm()
    if not form.validate():
        return render_template("accounts/code.html", form=form, attempt=attempt, token=token), 422
    throttle.spend({settings.current().allowance("codes_per_network"): origin.network()})
    try:
        person = attempt.use_code(form.code.data)
    except SignInRefused:
        db.session.commit()
        return render_template("accounts/code.html", form=form, attempt=attempt, token=token, refused=True), 422
    return _enter(person, attempt.wanted)


@bp.get("/link/<token>")
def link(token):
    """The page that the mailed link opens. It changes nothing: only its button signs in."""
    attempt = _attempt(db.session.get(SignInAttempt, tokens.id_of(token)), token, "link")
    return render_template("accounts/link.html", attempt=attempt, token=token), 200 if attempt.is_live else 410


@bp.post("/link/<token>")
def use_link(token):
    """Signs in by the link."""
    attempt = _attempt(SignInAttempt.held(tokens.id_of(token)), token, "link")
    try:
        person = attempt.use_link()
    except SignInRefused:
        return render_template("accounts/link.html", attempt=attempt, token=token), 410
    return _enter(person, attempt.wanted)


@bp.get("/invitation/<token>")
def invitation(token):
    """The page that the link of an invitation opens. It changes nothing: only its button makes somebody staff."""
    try:
        invited = Invitation.of_link(token)
    except InvitationEnded:
        return render_template("accounts/invitation_ended.html"), 410
    return render_template(
        "accounts/invitation.html", invited=invited, token=token, may=abilities.abilities_of(invited.roles)
    )


@bp.post("/invitation/<token>")
def accept(token):
    """Whoever has the mail joins, and is signed in: that mail reaches them has just been shown."""
    try:
        person = invitations.accept(token)
    except InvitationEnded:
        return render_template("accounts/invitation_ended.html"), 410
    return _enter(person, "/desk/")


@leaving.post("/sign-out")
@never_kept
@access.opens_without_factor
def sign_out():
    """Ends the session: a copy of its cookie opens nothing any more."""
    g.session.end()
    audit.record(g.person, Did.SIGNED_OUT, "person", g.person.id, g.person.name)
    db.session.commit()
    return access.let_out(see_other("/desk/sign-in"))


def _attempt(attempt: SignInAttempt | None, token: str, opened: str) -> SignInAttempt:
    """The attempt, if the token opens its page or its link. Aborts with 404."""
    nonce = getattr(attempt, f"{opened}_nonce", "")
    if attempt is None or not tokens.opens(token, f"sign-in {opened}", attempt.id, nonce):
        abort(404)
    return attempt


def _enter(person, wanted):
    """Lets them in; who has a second factor is asked for it first, and has no session until then."""
    if step := proving.begin_sign_in(person, wanted):
        db.session.commit()
        return see_other(f"/desk/sign-in/second/{step.token}")
    secret = signing_in.enter(person, origin.network(), request.user_agent.string)
    db.session.commit()
    return access.let_in(see_other(wanted), secret)
