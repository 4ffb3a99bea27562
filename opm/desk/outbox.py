"""The outbox as admins see it: what waits, went or could not; and, with no mail server, the mails themselves."""

from flask import Blueprint, Response, abort, current_app, render_template, request
from sqlalchemy import func, select

from opm.accounts import invitations, staffing
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.factors import emails as factor_emails
from opm.accounts.signing_in import MAIL as SIGN_IN_MAIL
from opm.comments import handing
from opm.comments.inbox.telling import ALL_MAIL, ONE_MAIL
from opm.comments.moderation import OUTCOME_MAIL
from opm.comments.submission import ALREADY_MAIL, CONFIRM_MAIL
from opm.complaints import complaining, handling
from opm.extensions import db
from opm.holdings import requesting
from opm.lib.i18n import lazy_gettext as _
from opm.lib.paging import page_number
from opm.outbox.models import Email, State
from opm.reports import reporting, settling
from opm.subscriptions import addresses, alerts, digests, signup, threads

bp = Blueprint("outbox_desk", __name__, url_prefix="/outbox")

ON_A_PAGE = 20
# A mail brings its style with it, which no page of ours may. Nothing else in it works, wherever it came from.
AS_MAIL_PROGRAMS_DO = "sandbox;default-src 'none';style-src 'unsafe-inline'"
KINDS = {
    CONFIRM_MAIL: _("Code and link to confirm a comment"),
    ALREADY_MAIL: _("Where a comment stands"),
    OUTCOME_MAIL: _("What was decided about a comment"),
    ONE_MAIL: _("That a comment waits"),
    ALL_MAIL: _("That comments wait"),
    handing.MAIL: _("A comment that was handed to a colleague"),
    reporting.CONFIRM_MAIL: _("Code and link to confirm a report"),
    settling.OUTCOME_MAIL: _("What was answered to a report"),
    complaining.ACKNOWLEDGED_MAIL: _("That a complaint was received"),
    handling.PROGRESS_MAIL: _("How far a complaint has come"),
    handling.ANSWER_MAIL: _("What was answered to a complaint"),
    requesting.MAIL: _("Link to what is held about an address"),
    signup.CONFIRM_MAIL: _("Code and link to confirm a subscription"),
    signup.WELCOME_MAIL: _("That somebody hears from the site by mail"),
    addresses.CONFIRM_MAIL: _("Code and link to confirm a subscriber’s new address"),
    addresses.CHANGED_MAIL: _("That a subscriber’s address was changed"),
    alerts.MAIL: _("A new post, to whoever hears at once"),
    threads.MAIL: _("New comments, to whoever hears at once"),
    digests.MAIL: _("A digest"),
    SIGN_IN_MAIL: _("Link and code to sign in"),
    invitations.MAIL: _("Invitation to the team"),
    staffing.NEWS_MAIL: _("What became of an account"),
    factor_emails.APP_ADDED: _("An authenticator app was set up"),
    factor_emails.APP_REMOVED: _("An authenticator app was removed"),
    factor_emails.PASSKEY_ADDED: _("A passkey was added"),
    factor_emails.PASSKEY_REMOVED: _("A passkey was removed"),
    factor_emails.CODES_RENEWED: _("New recovery codes were made"),
    factor_emails.RECOVERY_CODE_USED: _("A recovery code was used"),
    factor_emails.WRONG_CODES: _("Five wrong codes were typed"),
    factor_emails.TAKEN_AWAY: _("A second factor was taken away"),
}


@bp.get("/")
@requires(Ability.READ_OUTBOX)
def outbox():
    """The emails, the newest first. One that was kept is shown whole, as it would read now."""
    state = request.args.get("state") or None
    if state not in (None, *State):
        abort(404)
    number = page_number(request.args.get("page"))
    wanted = Email.newest().where(Email.state == state) if state else Email.newest()
    emails = db.session.scalars(wanted.limit(ON_A_PAGE + 1).offset((number - 1) * ON_A_PAGE)).all()
    letterbox = current_app.extensions["letterbox"]
    return render_template(
        "desk/outbox/list.html",
        emails=[
            (email, letterbox.render(email) if email.state == State.KEPT else None) for email in emails[:ON_A_PAGE]
        ],
        counts=dict(db.session.execute(select(Email.state, func.count(Email.id)).group_by(Email.state)).all()),
        kinds=KINDS,
        state=state,
        number=number,
        has_more=len(emails) > ON_A_PAGE,
        has_server=bool(current_app.config["MAIL_SERVER"]),
    )


@bp.get("/<id:id>/mail")
@requires(Ability.READ_OUTBOX)
def mail(id):
    """One email that was kept, in HTML, as a mail program would show it now. None that went: it is not kept."""
    email = db.get_or_404(Email, id)
    letter = current_app.extensions["letterbox"].render(email) if email.state == State.KEPT else None
    if letter is None:
        abort(404)
    return Response(letter.html, headers={"Content-Security-Policy": AS_MAIL_PROGRAMS_DO})
