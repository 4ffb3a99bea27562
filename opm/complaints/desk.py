"""The register of complaints, with its clocks: what waits, what was done, what came by phone or on paper."""

from flask import Blueprint, abort, g, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from opm import settings
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.complaints import handling
from opm.complaints.forms import EnteringForm, StepForm
from opm.complaints.models import ANSWERS, AlreadyEnded, CannotUndo, Complaint, ComplaintStep, What
from opm.complaints.views import OUTCOMES
from opm.extensions import db
from opm.lib import clock
from opm.lib.paging import page_number, pages
from opm.lib.respond import see_other

bp = Blueprint("complaints_desk", __name__, url_prefix="/complaints")

ON_A_PAGE = 20


@bp.get("/")
@requires(Ability.MODERATE)
def register():
    """All complaints: those that wait first."""
    number, counted = page_number(request.args.get("page")), func.count(Complaint.id)
    total, open_count = db.session.execute(select(counted, counted.filter(Complaint.is_open()))).one()
    rows = db.session.scalars(Complaint.register().limit(ON_A_PAGE).offset((number - 1) * ON_A_PAGE)).all()
    if number > 1 and not rows:
        abort(404)
    last = pages(total, ON_A_PAGE)
    values = {"rows": rows, "number": number, "last": last, "open_count": open_count, "late_ids": _unacknowledged(rows)}
    return render_template("desk/complaints/register.html", **values)


@bp.get("/new")
@requires(Ability.MODERATE)
def ask():
    """The form for one that came by phone or on paper."""
    today = settings.current().local(clock.now()).date()
    return _entering(EnteringForm(formdata=None, data={"day": str(today)}))


@bp.post("/new")
@requires(Ability.MODERATE)
def enter():
    """Puts it into the register."""
    form = EnteringForm()
    if not form.validate():
        return _entering(form, 422)
    complaint = handling.enter(**form.words(), by=g.person)
    db.session.commit()
    return see_other(f"/desk/complaints/{complaint.id}")


@bp.get("/<id:id>")
@requires(Ability.MODERATE)
def complaint(id):
    """One complaint: its clock, what was said, what was done, and what can be."""
    return _one(db.session.get(Complaint, id) or abort(404))


@bp.post("/<id:id>")
@requires(Ability.MODERATE)
def act(id):
    """Takes a step; shows the complaint instead if somebody was quicker."""
    complaint, form = Complaint.held(id) or abort(404), StepForm()
    if not form.validate():
        return _one(complaint, 422, form=form)
    if form.seen.data != _last(complaint):
        return _one(complaint, 409, form=form, has_moved_on=True)
    try:
        _take(complaint, form)
    except AlreadyEnded:
        return _one(complaint, 409, form=form, has_moved_on=True)
    db.session.commit()
    return see_other(f"/desk/complaints/{id}#last")


@bp.post("/<id:id>/undo")
@requires(Ability.MODERATE)
def undo(id):
    """Takes back one's own answer within ten minutes."""
    complaint = Complaint.held(id) or abort(404)
    try:
        handling.undo(complaint, g.person)
    except CannotUndo:
        return _one(complaint, 409, cannot_undo=True)
    db.session.commit()
    return see_other(f"/desk/complaints/{id}#last")


def _take(complaint: Complaint, form: StepForm) -> ComplaintStep:
    """Raises AlreadyEnded."""
    if form.is_answer:
        return handling.answer(complaint, form.chosen_outcome, form.text.data, g.person)
    return handling.take_step(complaint, What(form.what.data), form.text.data, g.person)


def _one(complaint: Complaint, status=200, form=None, **values):
    steps = (
        select(ComplaintStep)
        .where(ComplaintStep.complaint_id == complaint.id)
        .options(selectinload(ComplaintStep.by))
        .order_by(ComplaintStep.id)
    )
    return render_template(
        "desk/complaints/one.html",
        complaint=complaint,
        steps=db.session.scalars(steps).all(),
        last=_last(complaint),
        form=form,
        is_unacknowledged=complaint.id in _unacknowledged([complaint]),
        answers=[(str(outcome), OUTCOMES[outcome]) for outcome in ANSWERS],
        **values,
    ), status


def _last(complaint: Complaint) -> int:
    return db.session.scalar(select(func.max(ComplaintStep.id)).where(ComplaintStep.complaint_id == complaint.id)) or 0


def _unacknowledged(rows: list[Complaint]) -> set[int]:
    """Which of these somebody has to acknowledge."""
    waiting = [each.id for each in rows if each.ended_at is None]
    asked = select(Complaint.id).where(Complaint.id.in_(waiting), handling.is_unacknowledged())
    return set(db.session.scalars(asked)) if waiting else set()


def _entering(form, status=200):
    return render_template("desk/complaints/new.html", form=form), status
