"""Where moderators decide about one comment, and take that back."""

from flask import Blueprint, abort, g, render_template, request

from opm import settings
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.comments import flags, letters, moderation, redacting, rows, thread_html
from opm.comments.forms import DecisionForm
from opm.comments.models import Act, Comment, MovedOn
from opm.extensions import db
from opm.lib.i18n import lazy_gettext as _
from opm.lib.redaction import CannotTakeOut
from opm.lib.respond import see_other, wants_fragment

bp = Blueprint("decisions_desk", __name__, url_prefix="/comments")

bp.add_app_template_filter(flags.flags_in_words)
bp.add_app_template_filter(redacting.details, "private_details")
bp.add_app_template_filter(redacting.kinds_in_words)
bp.add_app_template_filter(redacting.marked)
bp.add_app_template_filter(redacting.proposal)

bp.add_app_template_filter(thread_html.how_received)
bp.add_app_template_global(letters.standard, "standard_letter")

DECIDED = {
    Act.APPROVE: _("Approved"),
    Act.REJECT: _("Rejected"),
    Act.SPAM: _("Marked as spam"),
    Act.REMOVE: _("Taken down"),
    Act.REDACT: _("Words taken out"),
    Act.RESTORE: _("Restored"),
}


ASKING = {Act.REJECT, Act.REMOVE, Act.REDACT}  # what has to be said first: by which rule


@bp.app_template_filter()
def decided(act: Act) -> str:
    """What was decided, in a word or two."""
    return str(DECIDED[act])


@bp.get("/<id:id>")
@requires(Ability.MODERATE)
def row(id):
    """One comment, with what can be decided about it. `?open=reject` asks for the rule first."""
    opened = request.args.get("open", "")
    return rows.shown(id, opened=opened if opened in ASKING else None)


@bp.post("/<id:id>/decision")
@requires(Ability.MODERATE)
def decide(id):
    """Carries out a decision on the revision that was seen; shows the comment instead if it has changed."""
    comment = Comment.held(id) or abort(404)
    form = DecisionForm()
    if form.needs_rule and "rule" not in request.form:  # pressed "Reject …": the next step asks for the rule
        return rows.shown(id, opened=form.decision.data, form=form)
    if not form.validate():
        return rows.shown(id, 422, opened=form.needs_rule and form.decision.data, form=form)
    try:
        decision = moderation.decide(
            comment,
            form.act,
            g.person,
            revision=form.revision.data,
            rule=form.rule_number,
            note=form.note.data,
            left=form.left.data,
        )
    except MovedOn:
        return rows.shown(id, 409, has_moved_on=True, form=form)
    except CannotTakeOut as refused:
        form.left.errors = [refused.sentence]
        return rows.shown(id, 422, opened=form.decision.data, form=form)
    db.session.commit()
    return _decided(decision) if wants_fragment() else see_other(f"{rows.view().address}#decided")


@bp.post("/<id:id>/letter")
@requires(Ability.MODERATE)
def letter(id):
    """Our text for the rule that was chosen, to be read and changed before it is sent. Decides nothing."""
    comment, form = db.session.get(Comment, id) or abort(404), DecisionForm()
    if not form.validate() or form.act not in moderation.REFUSED:
        return rows.shown(id, 422, opened=form.needs_rule and form.decision.data, form=form)
    rule = settings.current().rule(form.rule_number)
    form.note.data = letters.proposed(form.note.data, form.act, rule, comment.thread)
    return rows.shown(id, opened=form.decision.data, form=form, has_letter=True)


@bp.post("/decisions/<id:id>/undo")
@requires(Ability.MODERATE)
def undo(id):
    """Takes back one's own decision within ten minutes."""
    decision = moderation.held_decision(id) or abort(404)
    try:
        comment = moderation.undo(decision, g.person)
    except moderation.CannotUndo:
        return rows.shown(decision.comment_id, 409, cannot_undo=True)
    db.session.commit()
    if wants_fragment():
        return rows.shown(comment.id, waiting=rows.waiting_count())
    return see_other(f"{rows.view().address}#row-{comment.id}")


def _decided(decision):
    values = {"decision": decision, "waiting": rows.waiting_count(), "view": rows.view()}
    return render_template("desk/comments/_decided.html", is_fragment=True, **values)
