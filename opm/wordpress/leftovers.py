"""Addresses that only WordPress had, beside those that its things had: each leads to what it meant.

Most of what had an address is remembered with it (`opm.lib.moved`). What is here follows from a rule.
"""

import re

from flask import Blueprint, abort, redirect, request, url_for
from sqlalchemy import or_, select

from opm import settings
from opm.comments.models import Comment, State, Thread
from opm.extensions import SAFE_METHODS, db
from opm.lib import moved
from opm.lib.paging import LARGEST_PAGE
from opm.posts.models import Category

bp = Blueprint("leftovers", __name__)

NUMBERED = ("p", "page_id", "attachment_id", "cat")
NUMBER = re.compile(r"[1-9]\d{0,17}")
NESTED = re.compile(r"/category/(?:[^/]+/)+?([^/]+)/(page/\d{1,7}/)?")
FEED = "<any(atom, rdf, rss, rss2):kind>"
FEEDS = {"atom", "feed", "rdf", "rss", "rss2"}
FILES = "/wp-content/uploads/"
PAGE_NUMBER = f"<int(min=1, max={LARGEST_PAGE}):number>"
DAY = "<int(fixed_digits=4):year>/<int(fixed_digits=2):month>/<int(fixed_digits=2):day>"


@bp.before_app_request
def lead():
    """What no rule for a path can tell: a query that names a thing, parents of any number, files that stayed behind."""
    if request.method not in SAFE_METHODS:
        return None
    if request.path.startswith(FILES):
        abort(410)
    if request.url_rule is None:
        return _nested_category()
    if not request.query_string:
        return None
    return _thing() if request.path == "/" else _reply()


@bp.get(f"/feed/{FEED}/", defaults={"address": ""})
@bp.get(f"/<path:address>/feed/{FEED}/")
def feed(address, kind):
    """A feed in another format: ours are all Atom, which every reader of feeds takes."""
    return _moved(f"/{address}/feed/" if address else "/feed/")


@bp.get(f"/<path:address>/comment-page-{PAGE_NUMBER}/")
def comment_page(address, number):
    """A part of a thread: all of it is under the post. We name no place there, so that browsers keep `#comment-…`."""
    path = f"/{address}/"
    return _moved(path if Thread.at(path) else moved.leads_to(path))


@bp.get(f"/{DAY}/<slug>/{PAGE_NUMBER}/")
def part(year, month, day, slug, number):
    """A part of a long post: it is whole here."""
    path = f"/{year:04}/{month:02}/{day:02}/{slug}/"
    return _moved(path if Thread.at(path) else moved.leads_to(path))


def _nested_category():
    """A category below others: it stands by itself here."""
    nested = NESTED.fullmatch(request.path)
    found = Category.by_slug(nested[1]) if nested else None
    return _moved(f"{found.address}{nested[2] or ''}") if found else None


def _thing():
    """`/?p=12`: what had this number. `/?feed=rss2`, `/?cat=3&feed=rss2`: the feed of it."""
    suffix = "feed/" if request.args.get("feed") in FEEDS else ""
    for name in NUMBERED:
        if number := NUMBER.fullmatch(request.args.get(name, "")):
            to = moved.leads_to("/", f"{name}={number[0]}") or abort(404)
            return _moved(f"{to}{suffix if name == 'cat' else ''}")
    return _moved("/feed/") if suffix else None


def _reply():
    """`?replytocom=12` on a post: the form under this comment, or the comment where nobody can comment any more."""
    number = NUMBER.fullmatch(request.args.get("replytocom", ""))
    thread = Thread.at(moved.leads_to(request.path) or request.path) if number else None
    comment = _comment(thread, number[0]) if thread else None
    if comment is None:
        return None
    site = settings.current()
    is_open = thread.is_open(site.close_after_days) and not site.election_closes_comments
    return _moved(url_for("comments.reply" if is_open else "comments.comment", id=comment.id))


def _comment(thread: Thread, number: str) -> Comment | None:
    """The comment in this thread that has the number, or had it on the old site."""
    has_it = or_(Comment.id == int(number), Comment.source_id == number)
    said = select(Comment).where(Comment.thread_id == thread.id, Comment.state == State.PUBLISHED, has_it)
    return max(db.session.scalars(said), key=lambda comment: comment.source_id == number, default=None)


def _moved(to: str | None):
    return redirect(to or abort(404), code=301)
