"""The page behind the link in a moderator's mail. Opening it changes nothing: only its buttons do.

No cookie and no session: who holds the link acts as the person to whom it was mailed, about this one comment.
"""

from flask import Blueprint, render_template, request

from opm import settings
from opm.accounts import second_factor
from opm.comments import letters, moderation
from opm.comments.inbox.forms import MailDecisionForm
from opm.comments.inbox.models import MailLink
from opm.comments.models import Act, MovedOn
from opm.extensions import db
from opm.lib.respond import see_other

bp = Blueprint("inbox", __name__, url_prefix="/comment/moderate")
bp.add_app_template_global(second_factor.is_demanded_of, "second_factor_is_demanded_of")


@bp.get("/<token>")
def link(token):
    """The comment, how it stands and who acted; and what can be done about it."""
    found = MailLink.of(token)
    return _page(found, 200 if found.decides or found.own_decision else 410)


@bp.post("/<token>")
def decide(token):
    """Carries out a decision on the revision that was seen. What is written now is shown instead of an older one."""
    found = MailLink.of(token, held=True)
    form = MailDecisionForm()
    if not found.decides:
        return _page(found, 410 if found.has_ended else 409, form=form, came_late=True)
    if form.needs_rule and "rule" not in request.form:  # pressed "Reject …": the next step asks for the rule
        return _page(found, form=form, is_rejecting=True)
    if not form.validate():
        return _page(found, 422, form=form, is_rejecting=form.needs_rule)
    try:
        moderation.decide(
            found.comment,
            form.act,
            found.person,
            revision=form.revision.data,
            rule=form.rule_number,
            note=form.note.data,
            through=moderation.BY_MAIL,
        )
    except MovedOn:
        return _page(found, 409, form=form, has_moved_on=True)
    db.session.commit()
    return see_other(f"/comment/moderate/{token}")


@bp.post("/<token>/letter")
def letter(token):
    """Our text for the rule that was chosen, to be read and changed before it is sent. Decides nothing."""
    found, form = MailLink.of(token), MailDecisionForm()
    if not found.decides:
        return _page(found, 410 if found.has_ended else 409, form=form, came_late=True)
    if not form.validate() or form.act != Act.REJECT:
        return _page(found, 422, form=form, is_rejecting=form.needs_rule)
    rule = settings.current().rule(form.rule_number)
    form.note.data = letters.proposed(form.note.data, form.act, rule, found.comment.thread)
    return _page(found, form=form, is_rejecting=True, has_letter=True)


@bp.post("/<token>/undo")
def undo(token):
    """Takes back one's own decision within ten minutes."""
    found = MailLink.of(token, held=True)
    try:
        if found.own_decision is None:
            raise moderation.CannotUndo
        moderation.undo(found.own_decision, found.person)
    except moderation.CannotUndo:
        return _page(found, 410 if found.has_ended else 409, cannot_undo=True)
    db.session.commit()
    return see_other(f"/comment/moderate/{token}")


def _page(link: MailLink, status=200, **values):
    return render_template("comments/inbox/page.html", link=link, comment=link.comment, **values), status
