"""Where the team arranges what posts are filed under: categories, tags, series and authors, in one shape for all."""

import re
from dataclasses import dataclass

from flask import Blueprint, abort, g, render_template, request
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from opm.accounts import audit
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.audit import Did
from opm.extensions import db
from opm.lib import slugs
from opm.lib.forms import one_line
from opm.lib.i18n import lazy_gettext as _
from opm.lib.moved import LeadsOn
from opm.lib.paging import page_number, pages
from opm.lib.respond import page_or_fragment, see_other, wants_fragment
from opm.posts import featuring, filing, writing
from opm.posts.filed import Author, Category, Filed, Series, Tag
from opm.posts.filing import ROWS, ChangedMeanwhile, IntoItself, InUse, NameTaken, SlugTaken
from opm.posts.filing_forms import MergeForm, OrderForm, PartsForm, ThingForm
from opm.posts.models import Post
from opm.posts.publishing import NotNow

bp = Blueprint("filing_desk", __name__)

SHELF = "/<any(categories, tags, series, authors):shelf>/"
ON_A_PAGE = 50
MOST_FOUND = 20
LONGEST_SEARCH = 100
WORDS = re.compile(r"[\w -]+")


@dataclass(frozen=True)
class Shelf:
    """All things of one kind, and the words in which the desk speaks of them."""

    kind: type[Filed]
    title: str
    add: str
    about: str  # the hint at the description
    nothing: str

    @property
    def order(self):
        """In which they are listed."""
        return (
            (Category.position, Category.name, Category.id) if self.kind is Category else (self.kind.name, self.kind.id)
        )


SHELVES = {
    "categories": Shelf(
        Category,
        _("Categories"),
        _("Add a category"),
        _("A sentence or two under its name, on its page and where all categories are listed."),
        _("None yet. A category is what you write about again and again."),
    ),
    "tags": Shelf(
        Tag,
        _("Tags"),
        _("Add a tag"),
        _("A sentence or two under its name, on its page. Most tags need none."),
        _("None yet. Tags are made where a post is written."),
    ),
    "series": Shelf(
        Series,
        _("Series"),
        _("Begin a series"),
        _("What the parts have in common, for its page."),
        _("None yet. A series leads readers from part to part, in the order that you choose."),
    ),
    "authors": Shelf(
        Author,
        _("Authors"),
        _("Add an author"),
        _("Who they are and what they work on, in plain text, for their page."),
        _("None yet. Who writes a post gets a byline by doing so."),
    ),
}


@bp.get(SHELF)
@requires(Ability.ARRANGE)
def things(shelf):
    """All of one kind, or those with some letters in their name, with how many posts each has."""
    return _things(shelf)


@bp.get(f"{SHELF}new")
@requires(Ability.ARRANGE)
def new(shelf):
    """Asks what it is called."""
    return _new(shelf, ThingForm(formdata=None))


@bp.post(SHELF)
@requires(Ability.ARRANGE)
def create(shelf):
    """Makes it."""
    form = ThingForm()
    form.prepare(SHELVES[shelf].kind)
    if not form.validate():
        return _new(shelf, form, 422)
    wanted = form.wanted_slug
    try:
        thing = filing.create(form.kind, form.name.data, slug=wanted, takes_over=form.takes_over(wanted), **form.values)
    except (NameTaken, SlugTaken, LeadsOn) as taken:
        form.refuse(taken)
        return _new(shelf, form, 422)
    _log(Did.ADDED, thing)
    db.session.commit()
    return see_other(f"/desk/{shelf}/{thing.id}?saved")


@bp.get(f"{SHELF}<id:id>")
@requires(Ability.ARRANGE)
def thing(shelf, id):
    """One of them, to be named and described; of a series also its parts."""
    return _thing(shelf, _found(shelf, id))


@bp.post(f"{SHELF}<id:id>")
@requires(Ability.ARRANGE)
def change(shelf, id):
    """Names and describes it, unless somebody else has since it was seen: then that is shown beside what was typed."""
    thing, form = _held(shelf, id), ThingForm()
    form.prepare(type(thing), thing)
    if not form.validate():
        return _thing(shelf, thing, form, 422, seen=form.seen.data)
    if form.seen.data != thing.mark:
        return _thing(shelf, thing, form, 409, is_overtaken=True)
    try:
        wanted = form.wanted_slug or thing.slug
        filing.rename(thing, form.name.data, wanted, form.takes_over(wanted))
    except (NameTaken, SlugTaken, LeadsOn) as taken:
        form.refuse(taken)
        return _thing(shelf, thing, form, 422)
    filing.describe(thing, **form.values)
    _log(Did.CHANGED, thing)
    db.session.commit()
    return see_other(f"/desk/{shelf}/{id}?saved")


@bp.get(f"{SHELF}<id:id>/merge")
@requires(Ability.ARRANGE)
def merging(shelf, id):
    """Asks with which other one it shall become one."""
    return _merging(shelf, _found(shelf, id), MergeForm(formdata=None))


@bp.post(f"{SHELF}<id:id>/merge")
@requires(Ability.ARRANGE)
def merge(shelf, id):
    """Makes the two one."""
    form, kind = MergeForm(), SHELVES[shelf].kind
    if not form.validate():
        return _merging(shelf, _found(shelf, id), form, 422)
    thing, into = filing.held_both(kind, id, form.into_id)
    if thing is None or into is None:
        return _merging(shelf, thing or _found(shelf, id), form, 409, is_gone=True)
    if form.seen.data != thing.mark:
        return _merging(shelf, thing, form, 409, is_overtaken=True)
    try:
        filing.merge(thing, into)
    except IntoItself:
        return _merging(shelf, thing, form, 409, is_itself=True)
    _log(Did.MERGED, into, thing.name)
    db.session.commit()
    return see_other(f"/desk/{shelf}/{into.id}?saved")


@bp.post(f"{SHELF}<id:id>/delete")
@requires(Ability.ARRANGE)
def delete(shelf, id):
    """Takes it away, if nothing is filed under it."""
    thing = SHELVES[shelf].kind.held_to_go(id) or _gone()
    try:
        filing.remove(thing)
    except InUse as refused:
        return _thing(shelf, thing, status=409, in_use=refused.count)
    _log(Did.DELETED, thing)
    db.session.commit()
    return see_other(f"/desk/{shelf}/")


@bp.post("/categories/order")
@requires(Ability.ARRANGE)
def order():
    """Moves a category one place up or down."""
    form = OrderForm()
    categories = list(db.session.scalars(select(Category).order_by(Category.id).with_for_update(key_share=True)))
    categories.sort(key=lambda category: (category.position, category.name, category.id))
    if not form.validate():
        return _things("categories", 422, is_odd=True)
    if form.seen.data != filing.order_mark(categories):
        return _things("categories", 409, is_overtaken=True)
    moved = form.move(categories)
    if moved:
        filing.reorder(categories)
        _log(Did.MOVED, moved[1])
        db.session.commit()
    if wants_fragment() or not moved:
        return _things("categories", moved=moved)
    return see_other(f"/desk/categories/#row-{moved[1].id}")


@bp.post("/series/<id:id>/parts")
@requires(Ability.ARRANGE)
def arrange_parts(id):
    """Moves a part, gives parts other numbers, takes one out or puts one in."""
    form = PartsForm()
    parts = filing.held_parts(id, besides=form.wanted)
    series = _held("series", id)
    form.prepare(parts)
    if not form.validate():
        return _thing("series", series, status=422, parts_form=form)
    if form.seen.data != filing.parts_mark(parts):
        return _thing("series", series, status=409, parts_form=form, has_moved_on=True)
    for post in form.touched:
        writing.keep_the_first(post)
    changed, moved = form.carry_out(series)
    for post in changed:
        writing.keep_filing(post, g.person)
    if changed:
        _log(Did.ARRANGED_PARTS, series)
    db.session.commit()
    if wants_fragment():
        return _thing("series", series, moved=moved, done=form.do.data)
    return see_other(f"/desk/series/{id}#{f'row-{moved.id}' if moved else 'parts'}")


@bp.get("/posts/<id:id>/feature")
@requires(Ability.PUBLISH)
def featured(id):
    """Asks whether this post shall stand first on the front page."""
    return _featured(db.session.get(Post, id) or abort(404))


@bp.post("/posts/<id:id>/feature")
@requires(Ability.PUBLISH)
def feature(id):
    """Puts it there, or takes it away."""
    post = featuring.held(id) or abort(404)
    was_featured = post.is_featured
    try:
        if request.form.get("do") == "stop":
            featuring.stop(post)
        else:
            featuring.feature(post, g.person)
    except (NotNow, ChangedMeanwhile):
        return _featured(post, 409, is_refused=True)
    if post.is_featured != was_featured:
        did = Did.FEATURED if post.is_featured else Did.STOPPED_FEATURING
        audit.record(g.person, did, "post", post.id, post.title)
    db.session.commit()
    return see_other(f"/desk/posts/{id}/feature")


def _log(did: Did, thing: Filed, detail: str = "") -> None:
    audit.record(g.person, did, thing.__tablename__, thing.id, thing.name, detail)


def _things(shelf: str, status: int = 200, **values):
    """The list; to htmx the part of it that can be put in order."""
    here, words = SHELVES[shelf], one_line(request.args.get("q", ""))[:LONGEST_SEARCH]
    is_whole = here.kind is Category and not words
    number = page_number(request.args.get("page"))
    wanted = select(here.kind, ROWS[here.kind].count_of(here.kind.id)).order_by(*here.order)
    if here.kind is Author:
        wanted = wanted.options(joinedload(Author.person))
    total = db.session.scalar(select(func.count()).select_from(here.kind).where(*_with(here.kind, words)))
    if not is_whole:
        wanted = wanted.where(*_with(here.kind, words)).limit(ON_A_PAGE).offset((number - 1) * ON_A_PAGE)
    rows = db.session.execute(wanted).all()
    if number > 1 and (is_whole or not rows):
        abort(404)
    values |= {"shelf": shelf, "shelves": SHELVES, "here": here, "rows": rows, "words": words, "number": number}
    values |= {"total": total, "last": 1 if is_whole else pages(total, ON_A_PAGE), "is_in_order": is_whole}
    values["seen"] = filing.order_mark([row[0] for row in rows]) if is_whole else ""
    return page_or_fragment("desk/filing/list.html", "desk/filing/_order.html", status, **values)


def _with(kind: type[Filed], words: str) -> tuple:
    """The condition under which a thing is found by these words: they stand in its name, or would in its address."""
    if not words:
        return ()
    in_slug = slugs.slug(words, otherwise="") if WORDS.fullmatch(words) else ""
    named = kind.name.icontains(words, autoescape=True)
    return (or_(named, kind.slug.contains(in_slug, autoescape=True)) if in_slug else named,)


def _new(shelf: str, form: ThingForm, status: int = 200):
    form.prepare(SHELVES[shelf].kind)
    return render_template("desk/filing/new.html", shelf=shelf, shelves=SHELVES, here=SHELVES[shelf], form=form), status


def _thing(shelf: str, thing: Filed, form: ThingForm | None = None, status: int = 200, **values):
    form = form or ThingForm(formdata=None, data=_said(thing))
    form.prepare(type(thing), thing)
    rows = ROWS[type(thing)]
    values |= {"shelf": shelf, "shelves": SHELVES, "here": SHELVES[shelf], "thing": thing, "form": form}
    values.setdefault("seen", thing.mark)
    values["count"] = db.session.scalar(select(rows.count_of(thing)))
    if isinstance(thing, Series):
        values |= _parts(thing)
    return page_or_fragment("desk/filing/one.html", "desk/filing/_parts.html", status, **values)


def _parts(series: Series) -> dict:
    """The parts of a series in order, and the posts that could be put in, by the words that were asked for."""
    parts = filing.parts_of(series)
    words = one_line(request.values.get("q", ""))[:LONGEST_SEARCH]
    others = select(Post).where(or_(Post.series_id.is_(None), Post.series_id != series.id))
    named = others.where(Post.title.icontains(words, autoescape=True)).options(joinedload(Post.series))
    found = db.session.scalars(named.order_by(Post.changed_at.desc(), Post.id.desc()).limit(MOST_FOUND)).all()
    return {"parts": parts, "parts_seen": filing.parts_mark(parts), "words": words, "found": found if words else []}


def _said(thing: Filed) -> dict:
    person = str(getattr(thing, "person_id", None) or "")
    return {"name": thing.name, "slug": thing.slug, "description": thing.description, "person": person}


def _merging(shelf: str, thing: Filed, form: MergeForm, status: int = 200, **values):
    kind, words = type(thing), one_line(request.values.get("q", ""))[:LONGEST_SEARCH]
    others = select(kind, ROWS[kind].count_of(kind.id)).where(kind.id != thing.id, *_with(kind, words))
    found = db.session.execute(others.order_by(*SHELVES[shelf].order).limit(MOST_FOUND)).all()
    values |= {"shelf": shelf, "shelves": SHELVES, "here": SHELVES[shelf], "thing": thing, "form": form, "words": words}
    values |= {"found": found, "count": db.session.scalar(select(ROWS[kind].count_of(thing)))}
    return render_template("desk/filing/merge.html", **values), status


def _featured(post: Post, status: int = 200, **values):
    values |= {"post": post, "now": featuring.featured(), "is_public": featuring.is_public(post)}
    return render_template("desk/posts/feature.html", **values), status


def _found(shelf: str, id: int) -> Filed:
    """The thing. Raises NotHere."""
    return db.session.get(SHELVES[shelf].kind, id) or _gone()


def _held(shelf: str, id: int) -> Filed:
    return SHELVES[shelf].kind.held(id) or _gone()


def _gone():
    raise filing.NotHere
