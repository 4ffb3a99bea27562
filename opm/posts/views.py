"""What readers see: the lists of posts, and the post with its thread."""

from datetime import date

from flask import Blueprint, Response, abort, render_template
from sqlalchemy import func

from opm import settings
from opm.comments import threads
from opm.comments.forms import CommentForm
from opm.extensions import db
from opm.lib.assets import FOREVER_SECONDS
from opm.lib.caching import public_page
from opm.lib.paging import LARGEST_PAGE, Page, pages
from opm.lib.respond import page_or_fragment
from opm.posts import media
from opm.posts.models import Category, Post
from opm.posts.pages import StandingPage

bp = Blueprint("posts", __name__)


@bp.get("/", defaults={"number": 1})
@bp.get(f"/page/<int(min=1, max={LARGEST_PAGE}):number>/")
@public_page
def home(number):
    """All posts, the newest first."""
    return _list(Post.for_list(), "/", number)


@bp.get("/category/<slug>/", defaults={"number": 1})
@bp.get(f"/category/<slug>/page/<int(min=1, max={LARGEST_PAGE}):number>/")
@public_page
def category(slug, number):
    """The posts of one category. To htmx it answers with the list alone, filter and all."""
    category = Category.by_slug(slug) or abort(404)
    return _list(Post.for_list().where(Post.categories.contains(category)), category.address, number, category)


@bp.get("/<int(fixed_digits=4):year>/<int(fixed_digits=2):month>/<int(fixed_digits=2):day>/<slug>/")
@public_page
def post(year, month, day, slug):
    """One post with its comments and the form."""
    post = Post.at(_day(year, month, day), slug) or abort(404)
    return render_template(
        "posts/post.html",
        post=post,
        thread=post.thread,
        branches=threads.branches(post.thread),
        form=CommentForm(formdata=None),
    )


@bp.get("/uploads/<name>")
def picture(name):
    """A picture of ours. Its name holds a hash of its bytes, so that it may be kept for ever."""
    content = media.read(name) or abort(404)
    response = Response(content, mimetype=media.type_of(name))
    response.headers["Cache-Control"] = f"public, max-age={FOREVER_SECONDS}, immutable"
    return response


@bp.get("/<slug>/")
@public_page
def page(slug):
    """A standing page."""
    return render_template("posts/page.html", page=StandingPage.at(slug) or abort(404))


def _list(query, address, number, category=None):
    size = settings.current().posts_per_page
    rows = db.session.execute(query.add_columns(func.count().over()).limit(size).offset((number - 1) * size)).all()
    if not rows and number > 1:
        abort(404)
    page = Page([row[0] for row in rows], number, pages(rows[0][1] if rows else 0, size), address)
    filters = db.session.execute(Category.with_counts()).all()
    return page_or_fragment("posts/list.html", "posts/_list.html", page=page, category=category, filters=filters)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        abort(404)
