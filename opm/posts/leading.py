"""Whether an address on this site leads to something that the public sees."""

import re
from datetime import date
from urllib.parse import unquote

from flask import current_app
from werkzeug.exceptions import HTTPException

from opm.comments.models import Comment
from opm.extensions import db
from opm.lib import moved
from opm.posts.filed import Author, Category, Series, Tag
from opm.posts.models import Post
from opm.posts.pages import StandingPage
from opm.posts.pictures import media

FILED = {"posts.category": Category, "posts.tag": Tag, "posts.author": Author, "posts.series": Series}


def leads_somewhere(address: str) -> bool:
    """Whether a reader who follows it finds something. Nothing is known of addresses elsewhere: those do."""
    if not address.startswith("/"):
        return True
    path = _path(address)
    if "\0" in path:
        return False
    return _stands(path) or (not path.endswith("/") and _stands(f"{path}/")) or _has_moved(path)


def _has_moved(path: str) -> bool:
    to = moved.leads_to(path)
    return to is not None and _stands(_path(to))


def _stands(path: str) -> bool:
    endpoint, values = _matched(path)
    if endpoint in FILED:
        return FILED[endpoint].by_slug(values["slug"]) is not None
    match endpoint:
        case "":
            return False
        case "posts.page":
            return StandingPage.at(values["slug"]) is not None
        case "posts.post":
            return _is_post(**values)
        case "posts.picture":
            return media.read(values["name"]) is not None
        case "comments.comment":
            found = db.session.get(Comment, values["id"])
            return found is not None and found.is_published
    return True


def _path(address: str) -> str:
    return unquote(re.split("[?#]", address)[0])


def _is_post(year: int, month: int, day: int, slug: str, **_page) -> bool:
    try:
        return Post.at(date(year, month, day), slug) is not None
    except ValueError:
        return False


def _matched(path: str) -> tuple[str, dict]:
    """Which view answers there, and with what; nothing if none does."""
    try:
        return current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return "", {}
