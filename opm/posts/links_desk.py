"""Where preview links to a draft are made, renewed and ended."""

from flask import Blueprint, abort, g, render_template, request

from opm.accounts import audit
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.audit import Did
from opm.extensions import db
from opm.lib.respond import see_other
from opm.posts import desk, preview_links
from opm.posts.forms import LinkForm
from opm.posts.models import Post
from opm.posts.preview_links import MOST_LINKS, LinkRevoked, PreviewLink, TooManyLinks

bp = Blueprint("links_desk", __name__, url_prefix="/posts/<id:id>/links")


@bp.get("")
@requires(Ability.WRITE)
def links(id):
    """The links of one post."""
    return _links(desk.found(id), LinkForm(formdata=None))


@bp.post("")
@requires(Ability.WRITE)
def make(id):
    """One more."""
    post, form = Post.held(id) or abort(404), LinkForm()
    if post.has_gone_out:
        return _links(post, form, 409)
    if not form.validate():
        return _links(post, form, 422)
    try:
        link = preview_links.make(post, form.name.data, g.person)
    except TooManyLinks:
        return _links(post, form, 409, too_many=MOST_LINKS)
    db.session.commit()
    return see_other(f"/desk/posts/{id}/links#link-{link.id}")


@bp.post("/<id:link_id>")
@requires(Ability.WRITE)
def change(id, link_id):
    """Renews one, or ends it."""
    post = desk.found(id)
    link = PreviewLink.held(post, link_id) or abort(404)
    acts = {"renew": (link.renew, Did.RENEWED_LINK), "revoke": (lambda: link.revoke(g.person), Did.ENDED_LINK)}
    act, did = acts.get(request.form.get("do")) or abort(400)
    try:
        act()
    except LinkRevoked:
        return _links(post, LinkForm(formdata=None), 409, has_ended=link)
    audit.record(g.person, did, "post", post.id, post.title)
    db.session.commit()
    return see_other(f"/desk/posts/{id}/links#link-{link.id}")


def _links(post: Post, form: LinkForm, status: int = 200, **values):
    values |= {"post": post, "form": form, "links": PreviewLink.of(post), "days": preview_links.LASTS.days}
    return render_template("desk/posts/links.html", **values), status
