"""Where moderators decide about many comments at once: what was chosen, asked once more, and what became of it."""

from flask import Blueprint, abort, g, render_template, request

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.comments import bulk, moderation, rows
from opm.comments.bulk import NotSeen, TooMany
from opm.comments.forms import BulkForm
from opm.comments.models import Comment
from opm.extensions import db
from opm.lib.respond import see_other

bp = Blueprint("bulk_desk", __name__, url_prefix="/comments")


@bp.get("/chosen")
@requires(Ability.MODERATE)
def chosen():
    """What was chosen in a queue, and how many, before anything is decided. A rejection asks for rule and words."""
    form = BulkForm(request.args)
    return _chosen(form, 200 if form.decision.validate(form) or not request.args else 422)


@bp.post("/chosen")
@requires(Ability.MODERATE)
def decide():
    """Carries it out on each as it was seen; says which were left out."""
    form = BulkForm()
    if not form.validate():
        return _chosen(form, 422)
    try:
        seen = bulk.seen_in(form.words)
    except (NotSeen, TooMany):
        return _chosen(form, 422)
    outcome = bulk.decide(seen, form.act, g.person, rule=form.rule_number, note=form.note.data)
    if not outcome.decisions:
        return _chosen(form, 409 if seen else 422, has_moved_on=bool(seen))
    db.session.commit()
    left = f"?left={'+'.join(map(str, outcome.left_out))}" if outcome.left_out else ""
    return see_other(f"/desk/comments/batches/{outcome.decisions[0].batch_id}{left}")


@bp.get("/batches/<id:id>")
@requires(Ability.MODERATE)
def batch(id):
    """What was decided together, each with its undo and one for all; and what was left out, as it is now."""
    return _batch(id)


@bp.post("/batches/<id:id>/undo")
@requires(Ability.MODERATE)
def undo(id):
    """Takes back all of one's own batch that can still be taken back."""
    bulk.decisions(id) or abort(404)
    try:
        outcome = bulk.undo(id, g.person)
    except moderation.CannotUndo:
        return _batch(id, 409, cannot_undo=True)
    db.session.commit()
    return _batch(id, outcome=outcome) if outcome.left_out else see_other(f"/desk/comments/batches/{id}")


def _chosen(form: BulkForm, status: int, **values):
    """The page before a decision, with those that still are as they were seen, and those that moved on."""
    values |= {"form": form, "most": bulk.MOST, "view": rows.view(), "chosen": [], "moved_on": []}
    try:
        seen = bulk.seen_in(form.words)
    except TooMany:
        values["are_too_many"] = True
    except NotSeen:
        pass
    else:
        for comment in _comments(seen):
            is_as_seen = bulk.is_as_seen(comment, seen[comment.id])
            values["chosen" if is_as_seen else "moved_on"].append(comment)
    if status == 200 and not values["chosen"] and request.args:
        status = 422
    return render_template("desk/comments/chosen.html", **values), status


def _batch(id: int, status=200, **values):
    made = bulk.decisions(id) or abort(404)
    values["moved_on"] = _comments(_left_out())
    values["can_be_undone"] = [decision for decision in made if decision.can_be_undone_by(g.person)]
    return render_template("desk/comments/batch.html", id=id, made=made, view=rows.view(), **values), status


def _left_out() -> dict[int, int]:
    """The comments that the address names; none if it names what no page of ours does."""
    try:
        return bulk.seen_in(f"{id}.0" for id in request.args.get("left", "").split(" ") if id)
    except (NotSeen, TooMany):
        return {}


def _comments(ids) -> list[Comment]:
    """These comments with all that is said of them, the longest waiting first."""
    if not ids:
        return []
    chosen = rows.rows().where(Comment.id.in_(ids)).order_by(Comment.confirmed_at, Comment.id)
    return [row[0] for row in db.session.execute(chosen).unique()]
