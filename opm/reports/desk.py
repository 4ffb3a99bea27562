"""Where moderators answer reports: what waits, one row a case, and undo."""

from flask import Blueprint, abort, g, render_template, request
from sqlalchemy.orm import joinedload

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.comments.models import MovedOn
from opm.comments.moderation import CannotUndo
from opm.extensions import db
from opm.lib.i18n import lazy_gettext as _
from opm.lib.paging import page_number
from opm.lib.respond import page_or_fragment, see_other, wants_fragment
from opm.reports import cases, settling
from opm.reports.forms import SettlementForm
from opm.reports.models import AlreadySettled, Outcome, Settlement

bp = Blueprint("reports_desk", __name__, url_prefix="/reports")

ON_A_PAGE = 20
ANSWERED = {
    Outcome.LEFT_UP: _("Left as it is"),
    Outcome.ACTED: _("Acted on"),
    Outcome.PASSED_ON: _("Passed on"),
}


@bp.app_template_filter()
def answered(outcome: Outcome) -> str:
    """What was answered, in a word or two."""
    return str(ANSWERED[outcome])


@bp.get("/")
@requires(Ability.MODERATE)
def queue():
    """What waits: notices first, then the longest waiting, below what this moderator has just answered."""
    number = page_number(request.args.get("page"))
    found = cases.page(number)
    if number > 1 and not found:
        abort(404)
    mine = Settlement.undoable_by(g.person).options(joinedload(Settlement.decision)).limit(5)
    settled = db.session.scalars(mine).all() if number == 1 else []
    return render_template("desk/reports/queue.html", cases=found, settled=settled, number=number, on_a_page=ON_A_PAGE)


@bp.get("/answered/")
@requires(Ability.MODERATE)
def history():
    """What was answered, by whom, the newest first."""
    number = page_number(request.args.get("page"))
    newest = Settlement.newest().options(joinedload(Settlement.by))
    rows = db.session.scalars(newest.limit(ON_A_PAGE + 1).offset((number - 1) * ON_A_PAGE)).all()
    if number > 1 and not rows:
        abort(404)
    return render_template(
        "desk/reports/history.html", rows=rows[:ON_A_PAGE], number=number, has_more=len(rows) > ON_A_PAGE
    )


@bp.get("/<id:id>")
@requires(Ability.MODERATE)
def case(id):
    """One case, with what can be answered. `?open=take-down` asks for the rule first."""
    return _case(cases.of(id) or abort(404), opened=request.args.get("open") == "take-down")


@bp.post("/<id:id>/answer")
@requires(Ability.MODERATE)
def answer(id):
    """Answers the reports that were seen; shows the case instead if it has changed."""
    form = SettlementForm()
    if form.takes_down and "rule" not in request.form:  # pressed "Take down …": the next step asks for the rule
        return _case(cases.of(id) or abort(404), opened=True, form=form)
    if not form.validate():
        return _case(cases.of(id) or abort(404), status=422, opened=form.takes_down, form=form)
    try:
        settlement = _settle(id, form)
    except (MovedOn, AlreadySettled):
        return _case(cases.of(id) or abort(404), status=409, has_moved_on=True, form=form)
    db.session.commit()
    if wants_fragment():
        return render_template("desk/reports/_settled.html", settlement=settlement, is_fragment=True, case_id=id)
    return see_other("/desk/reports/#settled")


@bp.post("/answers/<id:id>/undo")
@requires(Ability.MODERATE)
def undo(id):
    """Takes back one's own answer within ten minutes."""
    settlement = settling.held(id) or abort(404)
    first = settlement.reports[0].id if settlement.reports else abort(404)
    try:
        settling.undo(settlement, g.person)
    except CannotUndo:
        return _case(cases.of(first), status=409, cannot_undo=True)
    db.session.commit()
    if wants_fragment():
        return _case(cases.of(first), has_changed=True)
    return see_other(f"/desk/reports/#case-{first}")


def _settle(id: int, form: SettlementForm) -> Settlement:
    """Answers the reports that were seen, all of this case. Raises AlreadySettled, MovedOn."""
    reports = cases.held(form.seen_ids)
    if id not in form.seen_ids or len(reports) != len(set(form.seen_ids)) or not cases.are_one(reports):
        raise AlreadySettled
    if not form.takes_down:
        return settling.settle(reports, Outcome(form.decision.data), g.person, note=form.reply.data)
    return settling.take_down(
        reports,
        g.person,
        revision=form.revision.data,
        rule=form.rule_number,
        note_to_writer=form.note.data,
        note=form.reply.data,
    )


def _case(case, status=200, **values):
    return page_or_fragment("desk/reports/one.html", "desk/reports/_case.html", status, case=case, **values)
