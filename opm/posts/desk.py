"""Where posts are written: the lists, the editor, and what is done with a post."""

from flask import Blueprint, abort, g, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from opm import settings
from opm.accounts import audit
from opm.accounts.abilities import Ability
from opm.accounts.access import NotAllowed, requires
from opm.accounts.audit import Did
from opm.accounts.kept_forms import SentForm
from opm.comments.closing import TooOld
from opm.extensions import db
from opm.lib.forms import one_line
from opm.lib.i18n import lazy_gettext as _
from opm.lib.moved import LeadsOn
from opm.lib.paging import page_number, pages
from opm.lib.respond import see_other
from opm.posts import changes, checks, drafting, filing, publishing, sheets, writing
from opm.posts.changes import NotPublished
from opm.posts.conflicts import Conflict
from opm.posts.drafts import Draft
from opm.posts.filing import PlaceTaken
from opm.posts.filing_forms import FILING_FIELDS, filed
from opm.posts.forms import AddressForm, PostForm, TitleForm, WithdrawalForm
from opm.posts.models import Byline, Post, Revision, State
from opm.posts.previewing import Preview
from opm.posts.publishing import InThePast, NeedsAnother, NotNow, NotReady, SlugTaken
from opm.posts.writing import Words

bp = Blueprint("posts_desk", __name__, url_prefix="/posts")

ON_A_PAGE = 20
LONGEST_SEARCH = 200
IN_WORDS = {
    State.DRAFT: _("Draft"),
    State.IN_REVIEW: _("In review"),
    State.SCHEDULED: _("Scheduled"),
    State.PUBLISHED: _("Published"),
    State.WITHDRAWN: _("Withdrawn"),
}
DONE = {  # what each button is called in the log
    "submit": Did.SUBMITTED,
    "return": Did.SENT_BACK,
    "schedule": Did.SCHEDULED,
    "unschedule": Did.UNSCHEDULED,
    "publish": Did.PUBLISHED,
    "aside": Did.SET_ASIDE,
}
AN_AUTHORS = {"save", "submit", "return", "aside", None}  # what takes nobody who publishes
# In which order each list is read: what waits longest or comes next first, else the newest.
ORDERS = {
    State.IN_REVIEW: (Post.submitted_at, Post.id),
    State.SCHEDULED: (Post.publish_at, Post.id),
    State.PUBLISHED: (Post.published_at.desc(), Post.id.desc()),
    State.WITHDRAWN: (Post.withdrawn_at.desc(), Post.id.desc()),
}
NEWEST = Post.changed_at.desc(), Post.id.desc()
REFUSED = {
    NotNow: _("It is not as you saw it any more: somebody else, or the clock, was quicker. This is how it stands now."),
    NeedsAnother: _("Here two people see every post, and you saved this one last. Ask somebody else to publish it."),
    InThePast: _("The moment you chose is past."),
    NotPublished: _("Readers do not see this post, so nobody can be told what changed."),
    TooOld: _("The post is too old for comments without an end. Choose a last day."),
}


@bp.app_template_filter()
def state_in_words(state: State) -> str:
    """How far a post has come, in a word or two."""
    return str(IN_WORDS[state])


@bp.get("/")
@requires(Ability.WRITE)
def posts():
    """The posts in one state, or all: with some words in their title, begun by this person or by others."""
    named, words = request.args.get("state") or None, one_line(request.args.get("q", ""))[:LONGEST_SEARCH]
    state = (State(named) if named in set(State) else abort(404)) if named else None
    by, number = request.args.get("by", ""), page_number(request.args.get("page"))
    whose = _begun_by(by)
    wanted = _list(state, words).where(*whose)
    rows = db.session.execute(wanted.limit(ON_A_PAGE).offset((number - 1) * ON_A_PAGE)).all()
    if number > 1 and not rows:
        abort(404)
    counted = select(Post.state, func.count(Post.id)).where(*whose).group_by(Post.state)
    counts = dict(db.session.execute(counted).all())
    shown = {"by": by, "posts": [row[0] for row in rows], "total": rows[0][1] if rows else 0, "counts": counts}
    shown["last"] = pages(shown["total"], ON_A_PAGE)
    return render_template("desk/posts/list.html", state=state, words=words, number=number, states=IN_WORDS, **shown)


@bp.get("/new")
@requires(Ability.WRITE)
def new():
    """Asks for a title, to begin with."""
    return render_template("desk/posts/new.html", form=TitleForm(formdata=None))


@bp.post("/")
@requires(Ability.WRITE)
def begin():
    """Begins a draft, so that from its first letter on it is kept."""
    form = TitleForm()
    if not form.validate():
        return render_template("desk/posts/new.html", form=form), 422
    post = writing.begin(form.title.data, g.person)
    _log(Did.BEGAN, post)
    db.session.commit()
    return see_other(f"/desk/posts/{post.id}")


@bp.get("/<id:id>")
@requires(Ability.WRITE)
def edit(id):
    """The editor, with the post as it was saved last."""
    return editor(found(id))


@bp.post("/<id:id>")
@requires(Ability.WRITE)
def save(id):
    """Saves it, and does with it what the button says. What was written is kept also where that cannot be done."""
    post = _held(id)
    form = PostForm()
    expect_may(post, form.do.data)
    if not form.validate():
        return editor(post, form, 422, form.revision.data)
    try:
        is_new = writing.save(post, form.words, g.person, form.revision.data, **form.filed_under)
    except writing.Overtaken:
        return _conflict(post, form)
    except PlaceTaken as taken:
        form.refuse_place(taken)
        return editor(post, form, 422, form.revision.data)
    except NotReady as refused:
        form.text.errors = refused.sentences
        return editor(post, form, 422, form.revision.data)
    if is_new:
        _log(Did.SAVED, post)
    if g.person.may(Ability.PUBLISH) and form.tags.raw_data:
        _mark(post, form.political.data)
        if form.asks_tell.data:
            _set_quiet(post, not form.tell.data)
    refusal = _carry_out(post, form)
    db.session.commit()
    if refusal:
        form.show_filing(post)
        return editor(post, form, 409, refused=refusal)
    return see_other(f"/desk/posts/{id}#state")


@bp.get("/<id:id>/address")
@requires(Ability.WRITE)
def address(id):
    """Asks for another address."""
    post = found(id)
    return _address(post, AddressForm(formdata=None, slug=post.slug))


@bp.post("/<id:id>/address")
@requires(Ability.WRITE)
def readdress(id):
    """Gives it another address; a public one leads there from now on."""
    post = _held(id)
    expect_may(post)
    form = AddressForm()
    if not form.validate():
        return _address(post, form, 422)
    try:
        publishing.readdress(post, form.wanted, form.takes_over(form.wanted))
    except SlugTaken as taken:
        return _address(post, form, 409, free=taken.free)
    except LeadsOn as leads_on:
        form.ask_about(leads_on)
        return _address(post, form, 409)
    _log(Did.READDRESSED, post, form.wanted)
    db.session.commit()
    return see_other(f"/desk/posts/{id}")


@bp.get("/<id:id>/withdraw")
@requires(Ability.PUBLISH)
def withdrawal(id):
    """Asks why a post is taken away."""
    return _withdrawal(found(id), WithdrawalForm(formdata=None))


@bp.post("/<id:id>/withdraw")
@requires(Ability.PUBLISH)
def withdraw(id):
    """Takes it away; its address says why, or leads elsewhere."""
    post = _held(id)
    form = WithdrawalForm()
    if not form.validate():
        return _withdrawal(post, form, 422)
    try:
        publishing.withdraw(post, form.because.data, form.to.data)
    except NotNow:
        return _withdrawal(post, form, 409, refused=REFUSED[NotNow])
    _log(Did.WITHDREW, post)
    db.session.commit()
    return see_other(f"/desk/posts/{id}#state")


@bp.post("/<id:id>/put-back")
@requires(Ability.WRITE)
def put_back(id):
    """Makes a withdrawn post public again, where it was; or a draft again, if it never was."""
    post = _held(id)
    expect_may(post)
    try:
        publishing.put_back(post, g.person)
    except (NotNow, NeedsAnother, NotReady) as refusal:
        return editor(post, status=409, refused=_told(refusal))
    _log(Did.PUT_BACK, post)
    db.session.commit()
    return see_other(f"/desk/posts/{id}#state")


def found(id: int) -> Post:
    """The post with all that its team knows of it. Aborts with 404."""
    return db.session.scalar(Post.at_desk().where(Post.id == id)) or abort(404)


def editor(post: Post, form: PostForm | None = None, status: int = 200, revision: int | None = None, **values):
    """The page to write on: with what was typed, if anything was, which began from that revision; else as it is."""
    may_publish = g.person.may(Ability.PUBLISH)
    may_change = may_publish or post.is_in_the_making
    sheet = sheets.of_post(post)
    typed = drafting.of(sheet, g.person)
    draft = typed if may_change else None  # what somebody typed who may not save it any more is shown beside
    if form is None:
        form, revision = _filled(post, draft), draft.revision if draft else post.revision
        values["is_as_kept"] = True
    values |= drafting.state(sheet, g.person, revision or post.revision, form.text.data, draft)
    values |= {"post": post, "form": form, "typed": typed, "may_publish": may_publish, "may_change": may_change}
    values["preview"] = Preview(post, form.title.data, form.text.data)
    if "checks" not in values:
        values["checks"] = checks.of(form.words, post.format)
    return render_template("desk/posts/edit.html", **values), status


def _begun_by(whom: str) -> tuple:
    """The condition under which a post is this person's ("me"), or not ("others"); none where nobody is named."""
    mine = Post.written_by_id == g.person.id
    return {"": (), "me": (mine,), "others": (mine.is_not(True),)}.get(whom) or (abort(404) if whom else ())


def _list(state: State | None, words: str):
    """Rows of (post, how many there are in all)."""
    shown = (joinedload(Post.written_by), selectinload(Post.bylines).joinedload(Byline.author))
    wanted = Post.at_desk(with_words=False).options(*shown).add_columns(func.count().over())
    if state:
        wanted = wanted.where(Post.state == state)
    if words:
        wanted = wanted.where(Post.title.icontains(words, autoescape=True))
    return wanted.order_by(*ORDERS.get(state, NEWEST))


def _held(id: int) -> Post:
    return Post.held(id) or abort(404)


def expect_may(post: Post, act: str | None = "save") -> None:
    """Raises NotAllowed where this takes somebody who publishes."""
    if not (g.person.may(Ability.PUBLISH) or (post.is_in_the_making and act in AN_AUTHORS)):
        raise NotAllowed(Ability.PUBLISH)


def _carry_out(post: Post, form: PostForm) -> str | None:
    """What the button says. Returns why it could not be done, if it could not."""
    acts = {
        "submit": lambda: publishing.submit(post, g.person),
        "return": lambda: publishing.send_back(post, form.because.data),
        "schedule": lambda: publishing.schedule(post, form.moment, g.person),
        "unschedule": lambda: publishing.unschedule(post),
        "publish": lambda: publishing.publish_now(post, g.person),
        "aside": lambda: publishing.set_aside(post),
    }
    try:
        publishing.set_comments(post, form.comments.data, form.last_day, g.person)
        if form.do.data in acts:
            acts[form.do.data]()
            _log(DONE[form.do.data], post)
        if form.change_note.data:
            changes.note(post, form.change_note.data, g.person)
    except (NotReady, *REFUSED) as refusal:
        return _told(refusal)
    return None


def _mark(post: Post, is_political: bool) -> None:
    if post.is_political != is_political:
        filing.mark_political(post, is_political)
        _log(Did.MARKED_POLITICAL if is_political else Did.UNMARKED_POLITICAL, post)


def _set_quiet(post: Post, is_quiet: bool) -> None:
    """Before its publication, which settles it."""
    if post.state in publishing.BEFORE_PUBLICATION and post.is_quiet != is_quiet:
        post.is_quiet = is_quiet
        _log(Did.MADE_QUIET if is_quiet else Did.MADE_KNOWN, post)


def _log(did: Did, post: Post, detail: str = "") -> None:
    audit.record(g.person, did, "post", post.id, post.title, detail)


def _told(refusal: Exception) -> str:
    return " ".join(refusal.sentences) if isinstance(refusal, NotReady) else str(REFUSED[type(refusal)])


def _conflict(post: Post, form: PostForm):
    """Both versions. What was sent is kept as it is by itself, whatever becomes of this page."""
    drafting.keep(sheets.of_post(post), form.typed, g.person, form.revision.data)
    db.session.commit()
    conflict, sent = Conflict.of(post, form.words, form.revision.data), SentForm.of_request()
    filings = _filings(post, form)
    shown = {"conflict": conflict, "sent": sent, "filings": filings, "besides": () if filings else FILING_FIELDS}
    return render_template("desk/posts/conflict.html", post=post, **shown), 409


def _filings(post: Post, form: PostForm) -> tuple[dict, dict] | None:
    """What the post is filed under and what this person chose, where they chose something else than both."""
    mine, theirs = form.names, writing.as_filed(post)
    began = select(Revision.filed).where(Revision.post_id == post.id, Revision.number == form.revision.data)
    return (theirs, mine) if mine not in (None, theirs, db.session.scalar(began)) else None


def _filled(post: Post, draft: Draft | None) -> PostForm:
    """With what is saved, or what this person has typed since."""
    words, (how, last_day) = Words.of(draft or post), publishing.comments_of(post)
    publish_at = post.publish_at and settings.current().local(post.publish_at)
    return PostForm(
        formdata=None,
        data={
            **filed(post),
            "title": words.title,
            "summary": words.summary,
            "text": words.text,
            "political": post.is_political,
            "tell": not post.is_quiet,
            "comments": how,
            "comments_last_day": f"{last_day}" if last_day else "",
            "publish_at": f"{publish_at:%Y-%m-%dT%H:%M}" if publish_at else "",
        },
    )


def _address(post: Post, form: AddressForm, status: int = 200, **values):
    return render_template("desk/posts/address.html", post=post, form=form, **values), status


def _withdrawal(post: Post, form: WithdrawalForm, status: int = 200, **values):
    return render_template("desk/posts/withdraw.html", post=post, form=form, **values), status
