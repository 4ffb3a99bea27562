"""Where a comment is handed to a colleague, and what was handed to oneself."""

from flask import Blueprint, abort, g, render_template, request
from sqlalchemy import func, select

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.comments import handing, rows
from opm.comments.forms import HandingForm
from opm.comments.models import Comment, MovedOn
from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.paging import page_number
from opm.lib.respond import see_other, wants_fragment

bp = Blueprint("handing_desk", __name__, url_prefix="/comments")

ON_A_PAGE = 20


@bp.get("/handed/")
@requires(Ability.MODERATE)
def handed():
    """What colleagues handed to this person, the longest waiting first."""
    number, mine = page_number(request.args.get("page")), handing.handed_to(g.person)
    found = rows.rows().where(mine).order_by(Comment.confirmed_at, Comment.id)
    found = db.session.execute(found.limit(ON_A_PAGE).offset((number - 1) * ON_A_PAGE)).unique().all()
    if number > 1 and not found:
        abort(404)
    count = db.session.scalar(select(func.count(Comment.id)).where(mine))
    values = {"rows": found, "count": count, "number": number, "on_a_page": ON_A_PAGE, "view": rows.view()}
    return render_template("desk/comments/handed.html", **values)


@bp.get("/<id:id>/hand")
@requires(Ability.MODERATE)
def ask(id):
    """The comment, with the colleagues to whom it can be handed."""
    return _asked(id)


@bp.post("/<id:id>/hand")
@requires(Ability.MODERATE)
def hand(id):
    """Hands it to one of them, with a note."""
    comment, form = Comment.held(id) or abort(404), HandingForm()
    if not form.validate():
        return _asked(id, 422, form)
    try:
        handing.hand(comment, g.person, form.to_id, form.note.data)
    except handing.NotForThem:
        form.to.errors = [_("Choose a colleague who may decide on comments")]
        return _asked(id, 422, form)
    except MovedOn:
        return _asked(id, 409, form, has_moved_on=True)
    db.session.commit()
    return _as_it_is(id)


@bp.post("/<id:id>/take-back")
@requires(Ability.MODERATE)
def take_back(id):
    """It waits for nobody in particular any more."""
    comment = Comment.held(id) or abort(404)
    try:
        handing.take_back(comment, g.person)
    except MovedOn:
        return rows.shown(id, 409, has_moved_on=True)
    db.session.commit()
    return _as_it_is(id)


def _asked(id, status=200, form=None, **values):
    values |= {"opened": "hand", "colleagues": handing.colleagues(g.person), "hand_form": form}
    return rows.shown(id, status, **values)


def _as_it_is(id):
    return rows.shown(id) if wants_fragment() else see_other(f"{rows.view().address}#row-{id}")
