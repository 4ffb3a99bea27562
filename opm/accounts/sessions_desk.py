"""Ending one's own sessions at the desk. The page that lists them is one's account."""

from flask import Blueprint, abort, g

from opm.accounts import access, staffing
from opm.accounts.kept_forms import never_kept
from opm.accounts.models import Session
from opm.extensions import db
from opm.lib.respond import see_other

bp = Blueprint("sessions_desk", __name__, url_prefix="/account/sessions")


@bp.post("/<id:id>")
@never_kept
def end(id):
    """Ends one of one's own sessions; this one is signed out. Nobody else's is found here."""
    session = Session.held_of(g.person, id) or abort(404)
    session.end()
    staffing.record_signed_out(g.person, g.person)
    db.session.commit()
    return access.let_out(see_other("/desk/sign-in")) if session is g.session else see_other("/desk/account/")


@bp.post("/")
@never_kept
def end_others():
    """Ends all of one's sessions but this one."""
    staffing.sign_out_everywhere(g.person, g.person, but=g.session)
    db.session.commit()
    return see_other("/desk/account/")
