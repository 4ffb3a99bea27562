"""What an address on this site leads to, as people copy it from their browser."""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote, urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException

from opm.comments.models import Comment
from opm.extensions import db
from opm.lib import moved
from opm.lib.columns import LARGEST_ID
from opm.lib.origin import our_hosts, our_origins
from opm.posts.models import Post
from opm.posts.pages import StandingPage
from opm.posts.pictures import media

FRAGMENT = re.compile(r"comment-(\d{1,18})", re.ASCII)


@dataclass(frozen=True)
class Place:
    """Something that the public sees: the path by which we keep it, and the comment if it is one."""

    address: str
    comment: Comment | None = None


def find(typed: str) -> Place | None:
    """The comment, post, page or picture at this address, if there is one: a path, or a whole address of our host."""
    path, fragment = _parts(typed)
    if path is None:
        return None
    if named := FRAGMENT.fullmatch(fragment):
        return comment(int(named[1]))
    return _at(path) or _at(moved.leads_to(path))


def comment(id: int) -> Place | None:
    """A comment that the public sees."""
    found = db.session.get(Comment, id) if 0 < id <= LARGEST_ID else None
    if found is None or not found.is_published or not found.thread.is_public:
        return None
    return Place(f"/comment/{found.id}", found)


def _parts(typed: str) -> tuple[str | None, str]:
    """The path, as our routes know it, and what stands behind the #. No path if it is not on this site."""
    try:
        parts = urlsplit(typed if "//" in typed or typed.startswith("/") else f"//{typed}")
        host = parts.hostname
    except ValueError:
        return None, ""
    is_ours = f"{parts.scheme}://{parts.netloc}".lower() in our_origins() if parts.scheme else host in our_hosts()
    path = unquote(parts.path)
    if (parts.netloc and not is_ours) or not path.startswith("/") or "\0" in path:
        return None, ""
    return path, parts.fragment


def _at(path: str | None) -> Place | None:
    if path is None:
        return None
    endpoint, values = _matched(path)
    if not endpoint and not path.endswith("/"):
        return _at(f"{path}/")
    match endpoint:
        case "comments.comment" | "comments.reply" | "reports.about_comment":
            return comment(values["id"])
        case "posts.post":
            post = _post(**values)
            return post and Place(post.address)
        case "posts.page":
            page = StandingPage.at(values["slug"])
            return page and Place(page.address)
        case "posts.picture":
            return Place(path) if media.read(values["name"]) else None
        case str() if endpoint.startswith("site.") and path.endswith("/"):  # about, privacy, …
            return Place(path)
    return None


def _matched(path: str) -> tuple[str, dict]:
    """Which view answers there, and with what; nothing if none does."""
    routes = current_app.url_map.bind("")
    try:
        return routes.match(path, method="GET")
    except HTTPException:
        return "", {}


def _post(year: int, month: int, day: int, slug: str, **_page) -> Post | None:
    try:
        return Post.at(date(year, month, day), slug)
    except ValueError:
        return None
