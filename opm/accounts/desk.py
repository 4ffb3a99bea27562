"""What was kept of somebody who was signed out while typing: to be read, sent, or thrown away."""

from flask import Blueprint, render_template

from opm.accounts import access
from opm.accounts.kept_forms import KeptForm, never_kept
from opm.extensions import db
from opm.lib.respond import see_other

bp = Blueprint("kept_desk", __name__, url_prefix="/kept")


@bp.get("/")
def kept():
    """All that this browser has. The button under each sends it to where it was going."""
    return render_template("desk/kept/list.html", all_kept=KeptForm.of(access.kept_secret()))


@bp.post("/")
@never_kept
def throw_away():
    """One of them goes. The guard has dropped it, as it drops what is sent again."""
    db.session.commit()
    return see_other("/desk/kept/")
