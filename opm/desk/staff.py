"""The team as admins see it: who is on it, who was invited, who has left; and what can be done about each."""

from flask import Blueprint, abort, g, render_template, request
from sqlalchemy import func, select

from opm.accounts import abilities, invitations, staffing
from opm.accounts.abilities import MAY, ROLES_IN_WORDS, Ability
from opm.accounts.access import requires
from opm.accounts.forms import InvitationForm, PersonForm
from opm.accounts.invitations import HereAlready, Invitation, InvitedAlready
from opm.accounts.models import Person, Session
from opm.comments.models import BlockedAddress
from opm.extensions import db
from opm.lib.paging import page_number
from opm.lib.respond import see_other
from opm.posts.filed import Author

bp = Blueprint("staff_desk", __name__, url_prefix="/staff")

ON_A_PAGE = 50


@bp.get("/")
@requires(Ability.MANAGE_PEOPLE)
def team():
    """Everybody who may enter, with who is suspended and who was invited; or those who have left."""
    has_left, number = request.args.get("left") == "1", page_number(request.args.get("page"))
    mine = Person.left_at.is_not(None) if has_left else Person.left_at.is_(None)
    was_staff = func.json_array_length(Person.roles) > 0
    rows = select(Person).where(mine, was_staff).order_by(Person.name, Person.id)
    people = db.session.scalars(rows.limit(ON_A_PAGE + 1).offset((number - 1) * ON_A_PAGE)).all()
    asked = [] if has_left else db.session.scalars(Invitation.open().limit(ON_A_PAGE)).all()
    return render_template(
        "desk/staff/list.html",
        people=people[:ON_A_PAGE], has_more=len(people) > ON_A_PAGE, number=number, has_left=has_left, asked=asked,
    )  # fmt: skip


@bp.get("/roles")
@requires(Ability.MANAGE_PEOPLE)
def roles():
    """Who may do what: the one table that the desk goes by, in words."""
    return render_template("desk/staff/roles.html", roles=ROLES_IN_WORDS, deeds=abilities.IN_WORDS, may=MAY)


@bp.get("/new")
@requires(Ability.MANAGE_PEOPLE)
def new():
    """Whom to invite, and as what."""
    return _invite(InvitationForm(formdata=None))


@bp.post("/new")
@requires(Ability.MANAGE_PEOPLE)
def invite():
    """Mails somebody an invitation."""
    form = InvitationForm()
    if not form.validate():
        return _invite(form, 422)
    if BlockedAddress.stands(form.email.data):
        return _invite(form, 409, is_blocked=True)
    try:
        invited = invitations.invite(form.email.data, form.name.data, form.roles.data, g.person)
    except HereAlready as refusal:
        return _invite(form, 409, here=refusal.person)
    except InvitedAlready as refusal:
        return _invite(form, 409, invited=refusal.invitation)
    db.session.commit()
    return see_other(f"/desk/staff/#invitation-{invited.id}")


@bp.post("/invitations/<id:id>")
@requires(Ability.MANAGE_PEOPLE)
def change_invitation(id):
    """Sends it again, or takes it back."""
    staffing.hold(g.person)
    invited = Invitation.held(id) or abort(404)
    acts = {"again": invitations.send_again, "back": invitations.take_back}
    acts.get(request.form.get("do"), lambda *_: abort(400))(invited, g.person)
    db.session.commit()
    return see_other("/desk/staff/#invitations")


@bp.get("/<id:id>")
@requires(Ability.MANAGE_PEOPLE)
def person(id):
    """One of them, be it somebody who has left."""
    found = db.session.get(Person, id)
    return _person(found if found and found.roles else abort(404))


@bp.post("/<id:id>")
@requires(Ability.MANAGE_PEOPLE)
def change(id):
    """Changes their name and roles. Of two who do so at once, the second is shown what the first has done."""
    found, form = staffing.held(id, g.person) or abort(404), PersonForm()
    if not form.validate():
        return _person(found, 422, form)
    if form.seen.data != found.mark:
        return _person(found, 409, form, is_overtaken=True)
    try:
        staffing.change_roles(found, form.roles.data, g.person)
    except staffing.LastOne as refusal:
        return _person(found, 409, form, refusal=refusal)
    staffing.rename(found, form.name.data, g.person)
    db.session.commit()
    return see_other(f"/desk/staff/{id}?saved" if g.person.may(Ability.MANAGE_PEOPLE) else "/desk/account/")


@bp.post("/<id:id>/access")
@requires(Ability.MANAGE_PEOPLE)
def let_in_or_not(id):
    """Suspends them, lets them back in, or ends their sessions."""
    found = staffing.held(id, g.person) or abort(404)
    acts = {"suspend": staffing.suspend, "back": staffing.let_back_in, "sign-out": staffing.sign_out_everywhere}
    try:
        acts.get(request.form.get("do"), lambda *_: abort(400))(found, g.person)
    except staffing.LastOne as refusal:
        return _person(found, 409, refusal=refusal)
    db.session.commit()
    return see_other(f"/desk/staff/{id}")


@bp.get("/<id:id>/removal")
@requires(Ability.MANAGE_PEOPLE)
def removal(id):
    """What removing them means."""
    found = db.session.get(Person, id)
    return _removal(found if found and found.roles and not found.left_at else abort(404))


@bp.post("/<id:id>/removal")
@requires(Ability.MANAGE_PEOPLE)
def remove(id):
    """They leave, at once."""
    found = staffing.held(id, g.person) or abort(404)
    try:
        staffing.remove(found, g.person)
    except staffing.LastOne as refusal:
        return _removal(found, 409, refusal=refusal)
    db.session.commit()
    return see_other("/desk/staff/")


def _invite(form: InvitationForm, status: int = 200, **values):
    values |= {"form": form, "may": _may(), "days": invitations.LASTS.days}
    return render_template("desk/staff/new.html", **values), status


def _person(found: Person, status: int = 200, form: PersonForm | None = None, **values):
    as_it_is = PersonForm(formdata=None, name=found.name, roles=found.roles)
    sessions = db.session.scalars(Session.live_of(found)).unique().all() if found.is_staff else []
    byline = db.session.scalar(select(Author).where(Author.person_id == found.id).limit(1))
    values |= {"person": found, "form": form or as_it_is, "may": _may(), "sessions": sessions, "byline": byline}
    return render_template("desk/staff/one.html", **values), status


def _removal(found: Person, status: int = 200, **values):
    return render_template("desk/staff/removal.html", person=found, **values), status


def _may() -> list[tuple[str, str, str]]:
    """Each role with its name, and what it allows."""
    return [(role, str(words), "; ".join(abilities.abilities_of([role]))) for role, words in ROLES_IN_WORDS.items()]
