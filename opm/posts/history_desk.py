"""Where the team looks at what a post said before, at what changed between two versions, and goes back to one."""

import re

from flask import Blueprint, abort, g, render_template, request

from opm.accounts import audit
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.audit import Did
from opm.extensions import db
from opm.lib.paging import page_number
from opm.lib.respond import see_other
from opm.posts import changes, revisions, writing
from opm.posts.desk import expect_may
from opm.posts.forms import RestoreForm
from opm.posts.models import Post, Revision, State, html_of
from opm.posts.publishing import NotReady
from opm.posts.revisions import Comparison

bp = Blueprint("history_desk", __name__, url_prefix="/posts/<id:id>/history")

LARGEST = 9_999_999
NUMBER = re.compile(r"[1-9][0-9]{0,6}")


@bp.get("")
@requires(Ability.WRITE)
def history(id):
    """Its versions, the newest first."""
    return _history(_found(id), page_number(request.args.get("page")))


@bp.get("/compare")
@requires(Ability.WRITE)
def compare(id):
    """What changed from one version to another; to the newest, from the one before, where none is named."""
    post = _found(id)
    later = _number("to", post.revision)
    former = _number("from", (later or 0) - 1)
    found = revisions.these(post, former or 0, later or 0)
    if None in found:
        return _history(post, 1, 404, missing=True)
    return render_template("desk/posts/compare.html", post=post, comparison=Comparison(*found))


@bp.get(f"/<int(min=1, max={LARGEST}):number>")
@requires(Ability.WRITE)
def version(id, number):
    """One version, whole."""
    post = _found(id)
    return _version(post, _of(post, number), RestoreForm(formdata=None))


@bp.post(f"/<int(min=1, max={LARGEST}):number>")
@requires(Ability.WRITE)
def restore(id, number):
    """Goes back to it: its words are a new version."""
    post = Post.held(id) or abort(404)
    version, form = _of(post, number), RestoreForm()
    expect_may(post)
    if not form.validate():
        return _version(post, version, form, 422)
    try:
        is_new = revisions.restore(post, version, g.person, form.revision.data)
    except writing.Overtaken:
        return _version(post, version, form, 409, overtaken=True)
    except NotReady as refused:
        return _version(post, version, form, 422, refused=refused.sentences)
    if is_new:
        audit.record(g.person, Did.WENT_BACK, "post", post.id, post.title, f"version {number}")
    if form.change_note.data and post.state == State.PUBLISHED:
        changes.note(post, form.change_note.data, g.person)
    db.session.commit()
    return see_other(f"/desk/posts/{id}/history")


def _found(id: int) -> Post:
    return db.session.scalar(Post.at_desk().where(Post.id == id)) or abort(404)


def _of(post: Post, number: int) -> Revision:
    [found] = revisions.these(post, number)
    return found or abort(404)


def _number(name: str, otherwise: int) -> int | None:
    """The number of a version, as the query has it; None for what is no such number."""
    typed = request.args.get(name, "").strip()
    return (int(typed) if NUMBER.fullmatch(typed) else None) if typed else otherwise


def _history(post: Post, number: int, status: int = 200, **values):
    page = revisions.page(post, number)
    if number > 1 and not page.rows:
        abort(404)
    return render_template("desk/posts/history.html", post=post, page=page, **values), status


def _version(post: Post, version: Revision, form: RestoreForm, status: int = 200, **values):
    values |= {
        "post": post,
        "version": version,
        "form": form,
        "may_change": g.person.may(Ability.PUBLISH) or post.is_in_the_making,
    }
    words = html_of(version.text, version.format)
    return render_template("desk/posts/version.html", words=words, **values), status
