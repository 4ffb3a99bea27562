"""The library of pictures: what comes in, what each shows, where it is shown, another file for it."""

from flask import Blueprint, abort, g, render_template, request
from sqlalchemy import func, select

from opm.accounts import audit
from opm.accounts.abilities import Ability
from opm.accounts.access import NotAllowed, requires
from opm.accounts.audit import Did
from opm.extensions import db
from opm.lib.files import takes_file
from opm.lib.forms import one_line
from opm.lib.paging import page_number, pages
from opm.lib.respond import page_or_fragment, see_other, wants_fragment
from opm.posts.pictures import library, media
from opm.posts.pictures.forms import LICENCES, AskForm, DescriptionForm, FileForm, UploadForm
from opm.posts.pictures.models import LARGEST_BYTES, LONGEST_LINE, Overtaken, Picture

bp = Blueprint("pictures_desk", __name__, url_prefix="/pictures")

ON_A_PAGE = 24
SOME = {
    "unused": Picture.is_unused,
    "undescribed": Picture.is_undescribed,
    "failed": Picture.has_failed,
}


@bp.get("/")
@requires(Ability.WRITE)
def pictures():
    """The library, what came last first; those with these words, or those that somebody should look at."""
    some, words = request.args.get("show", ""), one_line(request.args.get("q", ""))[:LONGEST_LINE]
    wanted = [*Picture.has_words(words), *([SOME[some]()] if some in SOME else abort(404) if some else [])]
    total = db.session.scalar(select(func.count(Picture.id)).where(*wanted))
    number, last = page_number(request.args.get("page")), pages(total, ON_A_PAGE)
    if number > last:
        abort(404)
    rows = Picture.newest().add_columns(Picture.uses_count()).where(*wanted)
    shown = db.session.execute(rows.limit(ON_A_PAGE).offset((number - 1) * ON_A_PAGE)).all()
    found = {"rows": shown, "total": total, "number": number, "last": last}
    return render_template("desk/pictures/list.html", words=words, show=some, **found)


@bp.get("/new")
@requires(Ability.WRITE)
def new():
    """Where a picture is chosen and described."""
    return _asking(UploadForm(formdata=None))


@bp.post("/")
@requires(Ability.WRITE)
@takes_file(LARGEST_BYTES)
def upload():
    """Takes a picture in. Where it is refused, all that was typed is given back; the file has to be chosen again."""
    form = UploadForm()
    anew = _looked_at(form) if form.validate() else None
    if anew is None:
        return _asking(form, 422)
    picture, is_new = library.add(anew, form.picture.called, g.person, **form.said)
    if is_new or db.session.is_modified(picture):
        _log(Did.ADDED if is_new else Did.CHANGED, picture)
    db.session.commit()
    if wants_fragment():
        return _one(picture, is_here_already=not is_new)
    return see_other(f"{picture.room}{'' if is_new else '?again'}#line")


@bp.get("/<id:id>")
@requires(Ability.WRITE)
def picture(id):
    """One picture: what it shows, where it is shown, and the line that shows it."""
    return _one(_found(id), is_here_already="again" in request.args)


@bp.post("/<id:id>")
@requires(Ability.WRITE)
def describe(id):
    """Says what it shows and whose it is; once readers see it, only who may change what they see."""
    form, picture = DescriptionForm(), Picture.held(id) or abort(404)
    if not library.may_describe(picture, g.person):
        raise NotAllowed(Ability.PUBLISH)
    if not form.validate():
        return _one(picture, 422, form=form)
    try:
        picture.describe(**form.said, seen=form.seen.data)
    except Overtaken:
        return _one(picture, 409, form=form, is_overtaken=True)
    _log(Did.CHANGED, picture)
    db.session.commit()
    return _one(picture) if wants_fragment() else see_other(f"{picture.room}#line")


@bp.post("/<id:id>/file")
@requires(Ability.ARRANGE)
@takes_file(LARGEST_BYTES)
def replace(id):
    """Gives it another file. What shows it shows that one within seconds."""
    form, picture = FileForm(), _found(id)
    anew = _looked_at(form) if form.validate() else None
    if anew is None:
        return _one(picture, 422, file_form=form)
    picture = Picture.held(id) or abort(404)
    try:
        old = library.replace(picture, anew, form.picture.called)
    except library.AlreadyHere as other:
        return _one(picture, 409, file_form=form, other=other.picture)
    _log(Did.REPLACED_FILE, picture)
    db.session.commit()
    media.drop(old)
    return see_other(picture.room)


@bp.post("/<id:id>/delete")
@requires(Ability.ARRANGE)
def delete(id):
    """Takes it out of the library, if nothing shows it."""
    AskForm().validate()
    picture = Picture.held(id) or abort(404)
    try:
        files = library.drop(picture)
    except library.InUse:
        return _one(picture, 409, is_in_use=True)
    _log(Did.DELETED, picture)
    db.session.commit()
    media.drop(files)
    return see_other("/desk/pictures/")


def _log(did: Did, picture: Picture) -> None:
    audit.record(g.person, did, "picture", picture.id, picture.name)


def _found(id: int) -> Picture:
    return db.session.get(Picture, id) or abort(404)


def _looked_at(form):
    """To look into a file takes seconds: until then others may write."""
    db.session.rollback()
    return form.picture.look()


def _asking(form, status=200):
    return page_or_fragment(
        "desk/pictures/new.html", "desk/pictures/_refused.html", status, form=form, licences=LICENCES
    )


def _one(picture, status=200, form=None, file_form=None, **values):
    said = {name: getattr(picture, name) for name in ("alt", "is_decorative", "credit", "licence", "licence_address")}
    values |= {"picture": picture, "form": form or DescriptionForm(formdata=None, data=said), "licences": LICENCES}
    values |= {"file_form": file_form or FileForm(formdata=None), "uses": (uses := library.uses_of(picture))}
    values["seen"] = form.seen.data if form and form.errors else picture.mark
    values["may_describe"] = g.person.may(Ability.PUBLISH) or not uses.are_public
    return page_or_fragment("desk/pictures/one.html", "desk/pictures/_one.html", status, **values)
