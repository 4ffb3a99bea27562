"""What readers see: the lists of posts, and the post with its thread."""

from datetime import date

from flask import Blueprint, Response, abort, redirect, render_template

from opm import settings
from opm.comments import threads
from opm.extensions import db
from opm.lib.assets import FOREVER_SECONDS
from opm.lib.caching import changes_at, public_page
from opm.lib.paging import LARGEST_PAGE
from opm.lib.respond import page_or_fragment, wants_fragment
from opm.posts import lists, previewing
from opm.posts.around import around
from opm.posts.filed import Author, Category, Series, Tag
from opm.posts.lists import Listing, Period
from opm.posts.models import Post, Withdrawn
from opm.posts.pages import PageWithdrawn, StandingPage
from opm.posts.pictures import media
from opm.posts.preview_links import PreviewLink

bp = Blueprint("posts", __name__)

PAGE = f"page/<int(min=1, max={LARGEST_PAGE}):number>"
YEAR = "<int(fixed_digits=4):year>"
MONTH = f"{YEAR}/<int(fixed_digits=2):month>"
DAY = f"{MONTH}/<int(fixed_digits=2):day>"


@bp.get("/", defaults={"number": 1})
@bp.get(f"/{PAGE}/")
@public_page
def home(number):
    """All posts, the featured one and then the newest; on the first page also what is talked about, and how to join."""
    is_first = number == 1 and not wants_fragment()
    return _filtered(lists.home(), number, discussed=lists.most_discussed() if is_first else None)


@bp.get("/category/<slug>/", defaults={"number": 1})
@bp.get(f"/category/<slug>/{PAGE}/")
@public_page
def category(slug, number):
    """The posts of one category."""
    category = Category.by_slug(slug) or abort(404)
    return _filtered(lists.of_category(category), number, category)


@bp.get("/category/")
@public_page
def categories():
    """What the site writes about."""
    changes_at(db.session.scalar(Post.next_moment()))
    return render_template("posts/categories.html", rows=lists.counted_categories())


@bp.get("/tag/<slug>/", defaults={"number": 1})
@bp.get(f"/tag/<slug>/{PAGE}/")
@public_page
def tag(slug, number):
    """The posts marked with one word."""
    return _list(lists.of_tag(Tag.by_slug(slug) or abort(404)), number)


@bp.get("/author/<slug>/", defaults={"number": 1})
@bp.get(f"/author/<slug>/{PAGE}/")
@public_page
def author(slug, number):
    """Who somebody is, and what they wrote."""
    return _list(lists.of_author(Author.by_slug(slug) or abort(404)), number)


@bp.get("/series/<slug>/", defaults={"number": 1})
@bp.get(f"/series/<slug>/{PAGE}/")
@public_page
def series(slug, number):
    """The parts of a series, in order."""
    return _list(lists.of_series(Series.by_slug(slug) or abort(404)), number)


@bp.get(f"/{YEAR}/", defaults={"number": 1})
@bp.get(f"/{YEAR}/{PAGE}/")
@bp.get(f"/{MONTH}/", defaults={"number": 1})
@bp.get(f"/{MONTH}/{PAGE}/")
@bp.get(f"/{DAY}/", defaults={"number": 1})
@bp.get(f"/{DAY}/{PAGE}/")
@public_page
def period(number, **numbers):
    """What was published in a year, a month or a day."""
    period = _period(**numbers)
    return _list(period.listing, number, period=period, parts=period.parts(), neighbours=period.neighbours())


@bp.get(f"/{DAY}/<slug>/", defaults={"number": 1})
@bp.get(f"/{DAY}/<slug>/{PAGE}/")
@public_page
def post(year, month, day, slug, number):
    """One post with its comments and the form; or a later page of its comments."""
    post = _post(_period(year=year, month=month, day=day).first, slug)
    comments = threads.page(post.thread, number) or abort(404)
    changes_at(post.thread.closing_at(settings.current().close_after_days))
    changes_at(settings.current().government_changes_at)
    changes = [noted.noted_at for noted in post.notes] if post.noted_at else []
    shown = {"post": post, "thread": post.thread, "comments": comments, "changes": changes}
    if number > 1:
        return render_template("posts/comments.html", **shown)
    return render_template("posts/post.html", around=around(post), **shown)


@bp.get("/preview/<token>/")
def preview(token):
    """A draft as it is now, for whoever was given its link: no cookie, no trace, kept by no cache. Later, its page."""
    link = PreviewLink.by_token(token) or abort(404)
    if link.post.has_gone_out:
        return redirect(link.post.address)
    if not link.is_live:
        return render_template("posts/preview_ended.html", link=link), 410
    return render_template("posts/preview.html", preview=previewing.as_saved(link.post), link=link)


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
    if found := StandingPage.at(slug):
        return render_template("posts/page.html", page=found)
    gone = StandingPage.withdrawn(slug) or abort(404)
    if gone.withdrawn_to:
        return redirect(gone.withdrawn_to)  # not for ever: it may be published again
    raise PageWithdrawn(gone.withdrawn_because)


def _filtered(listing: Listing, number: int, category: Category | None = None, **values):
    """The list with its filter. To htmx it answers with these alone."""
    page = listing.page(number) or abort(404)
    filters, categories = lists.choices(category)
    values |= {"listing": listing, "page": page, "category": category, "filters": filters, "categories": categories}
    return page_or_fragment("posts/list.html", "posts/_list.html", **values)


def _list(listing: Listing, number: int, **values):
    return render_template("posts/list.html", listing=listing, page=listing.page(number) or abort(404), **values)


def _post(day: date, slug: str) -> Post:
    """The published post with this address. Leads on, or raises Withdrawn, if it was taken away."""
    if found := Post.at(day, slug):
        return found
    gone = Post.withdrawn(day, slug) or abort(404)
    if gone.withdrawn_to:
        abort(redirect(gone.withdrawn_to))  # not for ever: it may be put back
    raise Withdrawn(gone.withdrawn_because)


def _period(**numbers: int) -> Period:
    try:
        return Period(**numbers)
    except ValueError:
        abort(404)
