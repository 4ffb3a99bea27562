"""Where people complain about how their personal data is handled, and see by a private link what became of it."""

from flask import Blueprint, render_template, request

from opm.comments.forms import NotMeForm
from opm.complaints import complaining
from opm.complaints.forms import ComplaintForm, MoreForm
from opm.complaints.models import AlreadyEnded, Complaint, Outcome, What
from opm.extensions import db, reading
from opm.lib import origin
from opm.lib.caching import public_page
from opm.lib.i18n import lazy_gettext as _
from opm.lib.respond import page_or_fragment, see_other, wants_fragment

bp = Blueprint("complaints", __name__, url_prefix="/complaint")

BODY_LIMIT = 200 * 1024  # three times 10,000 characters of four bytes, percent-encoded, and the rest of the form
OUTCOMES = {
    Outcome.UPHELD: _("Upheld"),
    Outcome.PARTLY: _("Partly upheld"),
    Outcome.NOT_UPHELD: _("Not upheld"),
    Outcome.WITHDRAWN: _("Taken back"),
    Outcome.NOT_THEIRS: _("Sent by somebody else"),
}
STEPS = {
    What.NOTE: _("Note for the team"),
    What.ACKNOWLEDGED: _("Acknowledged by other means"),
    What.PROGRESS: _("How far it has come"),
    What.ANSWER: _("Answer"),
    What.MORE: _("Added by who complains"),
    What.ENDED: _("Ended by who complains"),
}


@bp.app_template_filter()
def complaint_outcome(outcome: Outcome) -> str:
    """How a complaint ended, in a word or two."""
    return str(OUTCOMES[outcome])


@bp.app_template_filter()
def complaint_step(what: What) -> str:
    """What kind of step it was."""
    return str(STEPS[what])


# Sending one


@bp.get("/")
@public_page
def form():
    """What one can complain about here, what happens then, and the form."""
    return render_template("complaints/new.html", form=ComplaintForm(formdata=None))


@bp.post("/")
def send():
    """Takes a complaint. What is answered is the same for one that was sent before."""
    form = ComplaintForm()
    with reading():
        is_sound = form.validate()
    is_heavy = (request.content_length or 0) > BODY_LIMIT
    if not is_sound or is_heavy:
        values = {"form": form, "too_heavy": is_heavy}
        return page_or_fragment("complaints/new.html", "complaints/_form.html", 413 if is_heavy else 422, **values)
    complaining.submit(**form.words(), network=origin.network())
    db.session.commit()
    if wants_fragment():
        return render_template("complaints/_sent.html", is_fragment=True)
    return see_other("/complaint/sent/")


@bp.get("/sent/")
@public_page
def sent():
    """That it arrived, and what comes next."""
    return render_template("complaints/sent.html")


# By the private link


@bp.get("/<token>/")
def page(token):
    """Where it stands: what was said, and what was done."""
    return _page(Complaint.of_link(token))


@bp.post("/<token>/more")
def say_more(token):
    """Adds something."""
    complaint, form = Complaint.of_link(token, held=True), MoreForm()
    if not form.validate():
        return _page(complaint, 422, form=form)
    try:
        complaining.say_more(complaint, form.text.data)
    except AlreadyEnded:
        return _page(complaint, 409, form=form)
    db.session.commit()
    return see_other(f"/complaint/{token}/#last")


@bp.post("/<token>/withdraw")
def withdraw(token):
    """Takes it back."""
    complaining.withdraw(Complaint.of_link(token, held=True))
    db.session.commit()
    return see_other(f"/complaint/{token}/")


@bp.get("/not-me/<token>")
def not_me(token):
    """Asks whoever says "this was not me" to press a button."""
    Complaint.of_link(token, " not me")
    return render_template("complaints/not_me.html", token=token)


@bp.post("/not-me/<token>")
def use_not_me(token):
    """Lets go of what its addressee did not send."""
    complaint = Complaint.of_link(token, " not me", held=True)
    blocked = complaining.not_me(complaint, never_mail_again=NotMeForm().never_again.data)
    db.session.commit()
    return render_template("complaints/not_me_done.html", blocked=blocked)


def _page(complaint: Complaint, status=200, form=None):
    values = {"complaint": complaint, "form": form or MoreForm(formdata=None)}
    return render_template("complaints/page.html", **values), status
