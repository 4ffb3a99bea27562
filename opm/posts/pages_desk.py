"""Where the team writes standing pages, reads them through again, and takes them away."""

from datetime import date

from flask import Blueprint, abort, g, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, load_only

from opm.accounts import audit
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.audit import Did
from opm.accounts.choices import Choice
from opm.accounts.kept_forms import sent_by_itself
from opm.extensions import db
from opm.lib import paging, worddiff
from opm.lib.markdown import Format
from opm.lib.moved import LeadsOn
from opm.lib.paging import page_number
from opm.lib.respond import see_other, wants_fragment
from opm.posts import checks, drafting, sheets, standing
from opm.posts.drafts import PageDraft
from opm.posts.menus import ARRANGEMENTS
from opm.posts.models import html_of
from opm.posts.pages import NotPossible, Overtaken, PageRevision, SlugTaken, StandingPage, State
from opm.posts.pages_forms import A_YEAR_ON, AboutForm, ReviewForm, WithdrawalForm, WordsForm, today
from opm.posts.writing import Words

bp = Blueprint("pages_desk", __name__, url_prefix="/pages")

ON_A_PAGE = 100
SHOWN = (  # of each page in the list
    load_only(
        StandingPage.slug, StandingPage.title, StandingPage.state, StandingPage.changed_at,
        StandingPage.withdrawn_because, StandingPage.withdrawn_to, StandingPage.reviewed_at, StandingPage.review_on,
    ),
    joinedload(StandingPage.changed_by),
    joinedload(StandingPage.reviewed_by),
)  # fmt: skip


@bp.get("/")
@requires(Ability.ARRANGE)
def pages():
    """The standing pages by title: who changed each last, and whether it is still true. `?due` shows what is due."""
    is_due_only, number = "due" in request.args, page_number(request.args.get("page"))
    wanted = StandingPage.due() if is_due_only else select(StandingPage)
    in_order = wanted.order_by(func.lower(StandingPage.title), StandingPage.id).options(*SHOWN)
    counted = in_order.add_columns(func.count().over())
    rows = db.session.execute(counted.limit(ON_A_PAGE).offset((number - 1) * ON_A_PAGE)).all()
    if number > 1 and not rows:
        abort(404)
    return render_template(
        "desk/pages/list.html",
        pages=[row[0] for row in rows],
        number=number,
        last=paging.pages(rows[0][1] if rows else 0, ON_A_PAGE),
        is_due_only=is_due_only,
        about=Choice.latest("about"),
        unsaved=PageDraft.rooms_of(g.person),
    )


@bp.get("/new")
@requires(Ability.ARRANGE)
def new():
    """An empty page."""
    return editor(None)


@bp.post("/")
@requires(Ability.ARRANGE)
def begin():
    """Keeps a new page as a draft, or publishes it at once."""
    form = WordsForm()
    if not (form.validate() and _is_fit(form)):
        return editor(None, form, status=422)
    try:
        page = standing.begin(
            form.title.data, form.text.data, g.person, form.wanted_slug, form.takes_over(form.wanted_slug)
        )
    except (SlugTaken, LeadsOn) as taken:
        db.session.rollback()
        return editor(None, form.refuse(taken), status=422)
    if request.form.get("do") == "publish":
        standing.publish(page, g.person)
    drafting.drop(sheets.of_page(None), g.person)
    _log(Did.PUBLISHED if page.is_published else Did.BEGAN, page)
    db.session.commit()
    return see_other(f"/desk/pages/{page.id}#saved")


@bp.post("/preview")
@bp.post("/<id:id>/preview")
@requires(Ability.ARRANGE)
@sent_by_itself
def preview(id=None):
    """How the words look that are not saved yet; they stay in the form."""
    page, form = id and found(id), WordsForm()
    if wants_fragment():
        return looks(form.text.data, page.format if page else Format.MARKDOWN)
    return editor(page, form, is_previewed=True)


@bp.get("/<id:id>")
@requires(Ability.ARRANGE)
def page(id):
    """One page, to be written, read through or taken away."""
    return editor(found(id))


@bp.post("/<id:id>")
@requires(Ability.ARRANGE)
def save(id):
    """Saves its words and its address, and publishes it if asked to. Shows both versions if somebody was quicker."""
    page = StandingPage.held(id) or abort(404)
    before, form = (page.revision, page.slug), WordsForm(own_slug=page.slug)
    if not (form.validate() and _is_fit(form, page)):
        return editor(page, form, status=422)
    try:
        standing.save(page, form.title.data, form.text.data, g.person, form.seen)
        standing.move(page, wanted := form.wanted_slug or page.slug, form.takes_over(wanted))
    except Overtaken:
        drafting.keep(sheets.of_page(page), form.typed, g.person, form.seen)
        db.session.commit()
        return editor(page, form, status=409, is_overtaken=True)
    except (SlugTaken, LeadsOn) as taken:
        db.session.rollback()
        return editor(found(id), form.refuse(taken), status=422)
    if (page.revision, page.slug) != before:
        _log(Did.SAVED, page)
    if request.form.get("do") == "publish" and not page.is_published:
        standing.publish(page, g.person)
        _log(Did.PUBLISHED, page)
    drafting.drop(sheets.of_page(page), g.person)
    db.session.commit()
    return see_other(f"/desk/pages/{id}#saved")


@bp.post("/<id:id>/review")
@requires(Ability.ARRANGE)
def review(id):
    """Somebody has read it through, and it is still true."""
    page = StandingPage.held(id) or abort(404)
    form = ReviewForm()
    if not form.validate():
        return editor(page, review=form, status=422)
    try:
        standing.confirm(page, g.person, form.revision.data, form.day)
    except Overtaken:
        return editor(page, status=409, has_moved_on=True)
    _log(Did.REVIEWED, page, f"{form.day}")
    db.session.commit()
    return see_other(f"/desk/pages/{id}#review")


@bp.get("/<id:id>/removal")
@requires(Ability.ARRANGE)
def removal(id):
    """Asks before a draft is deleted, and why a page that readers know is to go."""
    page = found(id)
    return _removal(page, WithdrawalForm(formdata=None, address=page.address))


@bp.post("/<id:id>/removal")
@requires(Ability.ARRANGE)
def remove(id):
    """Deletes a draft, as far as somebody has seen it; withdraws what the public sees."""
    page = StandingPage.held(id) or abort(404)
    form = WithdrawalForm(address=page.address)
    if page.state == State.DRAFT:
        if form.seen != page.revision:
            return _removal(page, form, 409, is_overtaken=True)
        db.session.delete(page)
        _log(Did.DELETED, page)
    elif not form.validate():
        return _removal(page, form, 422)
    else:
        try:
            standing.withdraw(page, form.because.data, form.to.data)
        except NotPossible:
            return _removal(page, form, 409, nothing_to_do=True)
        _log(Did.WITHDREW, page)
    db.session.commit()
    return see_other("/desk/pages/")


@bp.get("/<id:id>/history")
@requires(Ability.ARRANGE)
def history(id):
    """What it said before, the newest first, and what each save changed."""
    return _history(found(id))


@bp.post("/<id:id>/history")
@requires(Ability.ARRANGE)
def restore(id):
    """Puts the words of an earlier revision in the place of today's; those are kept, too."""
    page = StandingPage.held(id) or abort(404)
    wanted = request.form.get("number", type=int) or 0
    old = db.session.get(PageRevision, (id, wanted)) if 0 < wanted < page.revision else None
    if old is None:
        return _history(page, 422)
    if page.is_published and (blocking := checks.blocking(Words(old.title, "", old.text), page.format)):
        return _history(page, 422, not_ready=[check.sentence for check in blocking])
    try:
        standing.save(page, old.title, old.text, g.person, WordsForm().seen)
    except Overtaken:
        return _history(page, 409)
    _log(Did.WENT_BACK, page, f"version {wanted}")
    db.session.commit()
    return see_other(f"/desk/pages/{id}#saved")


def found(id: int) -> StandingPage:
    return db.session.get(StandingPage, id) or abort(404)


def _log(did: Did, page: StandingPage, detail: str = "") -> None:
    audit.record(g.person, did, "page", page.id, page.title, detail)


def looks(text: str, format: Format = Format.MARKDOWN) -> str:
    """For htmx, which asks while somebody types: how the words look, and nothing else."""
    return render_template("desk/pages/_preview.html", words=html_of(text, format), is_fragment=True)


def _is_fit(form: WordsForm, page: StandingPage | None = None) -> bool:
    """Whether all its pictures say what they show, where the public would see them. The form says so if not."""
    goes_out = request.form.get("do") == "publish" or (page is not None and page.is_published)
    return not goes_out or says_what_it_shows(form, page.format if page else Format.MARKDOWN)


def says_what_it_shows(form: WordsForm | AboutForm, format: Format = Format.MARKDOWN) -> bool:
    """Whether each picture in its text does. The form says so if not."""
    form.text.errors = [check.sentence for check in checks.blocking(Words("", "", form.text.data), format)]
    return not form.text.errors


def editor(page, form=None, status=200, review=None, is_overtaken=False, **values):
    """The form: with what was typed, if anything was, else as the page is saved.

    Whoever was overtaken replaces with the next save what is shown here.
    """
    sheet = sheets.of_page(page)
    draft = drafting.of(sheet, g.person)
    if form is None:
        form, values["is_as_kept"] = WordsForm(formdata=None, obj=draft or page), True
    seen = page.revision if page and (is_overtaken or form.revision.data is None) else form.seen
    if is_overtaken:
        values["now"] = worddiff.in_line(page.title, form.title.data), worddiff.in_text(page.text, form.text.data)
    is_as_saved = page and form.text.data == page.text
    values["words"] = page.html if is_as_saved else html_of(form.text.data, page.format if page else Format.MARKDOWN)
    review = review or ReviewForm(formdata=None, review_on=str(_next_day(page)))
    values |= drafting.state(sheet, g.person, seen, form.text.data, draft)
    values |= {"page": page, "form": form, "seen": seen, "review": review, "is_overtaken": is_overtaken}
    return render_template("desk/pages/edit.html", **values), status


def _next_day(page: StandingPage | None) -> date:
    """When to ask again: the day that stands, if it is still to come, so that a second press moves nothing."""
    stands = page.review_on if page else None
    return stands if stands and stands > today() else today() + A_YEAR_ON


def _removal(page, form, status=200, **values):
    """With the menus that it stands in: there it would lead to nothing; and with whose words would go with a draft."""
    values["typing"] = drafting.others_with_words(sheets.of_page(page), g.person)
    values["menus"] = [
        menu for menu in ARRANGEMENTS.values() if any(entry.address == page.address for entry in menu.entries)
    ]
    return render_template("desk/pages/removal.html", page=page, form=form, **values), status


def _history(page, status=200, **values):
    """The list; and, of the revision that was asked for, what has changed since."""
    revisions = db.session.scalars(PageRevision.of(page).options(joinedload(PageRevision.by))).all()
    chosen = next((old for old in revisions if str(old.number) == request.values.get("number")), None)
    values |= {"page": page, "revisions": revisions, "chosen": chosen, "refused": status != 200}
    if chosen:
        values["title"] = worddiff.in_line(chosen.title, page.title)
        values["text"] = worddiff.in_text(chosen.text, page.text)
    return render_template("desk/pages/history.html", **values), status
