"""Where the links of a text lead. What stands on this site is looked up; other sites are taken at their word.

Nothing is ever asked of the network. However many links there are, it takes one statement for each kind of thing.
"""

import re
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from urllib.parse import unquote, urlsplit

from flask import current_app
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from opm.comments.models import Comment, Thread
from opm.comments.models import State as CommentState
from opm.extensions import db
from opm.lib import moved, origin
from opm.lib.i18n import gettext as _
from opm.posts.filed import Author, Category, Series, Tag
from opm.posts.lists import Period
from opm.posts.models import Byline, Post, State
from opm.posts.pages import StandingPage
from opm.posts.pictures import media

LONGEST = 500  # of what an address leads to
MOST_LOOKED_UP = 1_000  # different addresses of one text
ANCHORS = {"main", "comments", "respond"}  # in the page of a post
COMMENT = re.compile(r"comment-([1-9]\d{0,17})")
OLD_NUMBER = re.compile(r"(p|page_id|attachment_id|cat)=\d")  # of a thing on a site that was WordPress
ELSEWHERE = {"http", "https", "mailto"}
FOR_MACHINES = {"/healthz", "/metrics"}
FOUND_IN_POSTS = "/comment/", "/report/"


@dataclass(frozen=True)
class Destination:
    """What is where a link leads: what is wrong with it, in a few words, or else where it stands by now."""

    fault: str = ""
    moved_to: str = ""


SOMETHING = Destination()  # to which there is nothing to say


@dataclass(frozen=True)
class _Path:
    """An address on this site. Without a path it is the page that the link stands in."""

    path: str
    query: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class _Wanted:
    """What has to be there for a path to lead somewhere: a key by which one of the kinds below looks it up."""

    kind: str
    key: Hashable


def of(addresses: Iterable[str]) -> dict[str, Destination]:
    """For each of these addresses, as they stand in a text, where it leads; of very many for the first."""
    read = {address: _read(address) for address in islice(dict.fromkeys(addresses), MOST_LOOKED_UP)}
    paths = {each for each in read.values() if isinstance(each, _Path)}
    found = _look_up(paths)
    return {address: found[each] if isinstance(each, _Path) else each for address, each in read.items()}


def why_not_instead(to: str, gone: str | None) -> str:
    """Why this path cannot take the place of the page at `gone`, for whoever typed it. Empty if it can."""
    if not to.startswith("/") or to.startswith("//") or len(to) > LONGEST:
        return _("Name a page of this site, like /about/")
    path = _one_way_to_say(to)
    if gone and path.startswith(gone):  # or the later pages of its comments, old addresses of its feed
        return _("That is the page which goes. Name another")
    if path.startswith(FOUND_IN_POSTS):
        return _("Name a page, not a place in one")  # which may be the one that goes
    there = of([to])[to]
    if not (there.fault or there.moved_to):
        return ""
    why = there.fault or _("it has moved to %(address)s", address=there.moved_to)
    return _("Readers would find nothing there: %(why)s", why=why)


def _one_way_to_say(address: str) -> str:
    """The path in an address of this site, with its last stroke, however it was typed."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    return re.sub("/+", "/", f"{unquote(path)}/")


# What an address says by itself


def _read(address: str) -> _Path | Destination:
    """A path on this site; or what there is to say of an address that is none."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname and _origin(parts)
    except ValueError:
        return Destination(_("this is no address"))
    if "\\" in address or "\0" in unquote(address):
        return Destination(_("this is no address"))
    if parts.scheme == "mailto":
        return SOMETHING if "@" in parts.path else Destination(_("this is no email address"))
    if parts.scheme not in ELSEWHERE | {""}:
        return Destination(_("addresses begin with https://, mailto: or /"))
    if host:
        return _on_this_site(parts) if host in origin.our_origins() else SOMETHING
    if parts.scheme or (parts.path and not parts.path.startswith("/")):
        return Destination(_("it lacks https:// in front, or / if it is a page of this site"))
    if not (parts.path or parts.query or parts.fragment):
        return Destination(_("there is no address"))
    return _on_this_site(parts)


def _origin(parts) -> str:
    """Whose address that is, as `origin.our_origins` writes it, whether on https or not."""
    scheme = current_app.config["BASE_URL"].partition(":")[0]
    is_usual = parts.port in (None, *origin.DEFAULT_PORTS.values())
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{scheme}://{host}" + ("" if is_usual else f":{parts.port}")


def _on_this_site(parts) -> _Path:
    path = "/" if parts.netloc and not parts.path else parts.path
    return _Path(unquote(path), parts.query, unquote(parts.fragment))


# What is there


def _look_up(paths: Collection[_Path]) -> dict[_Path, Destination]:
    """Each path with what was found: by the rule that it matches first, then among the addresses that have moved."""
    wanted = {path: _wanted(path) for path in paths}
    known = _known(each for some in wanted.values() for each in some if isinstance(each, _Wanted))
    found = {path: _first_fault([known.get(each, each) for each in some]) for path, some in wanted.items()}
    lost = [(path.path, path.query) for path, destination in found.items() if destination.fault and path.path]
    leading = moved.lead_to(lost) if lost else {}
    for path in paths:
        if found[path].fault and (to := leading.get((path.path, path.query))):
            found[path] = Destination(moved_to=to)
    return found


def _first_fault(found: list[Destination]) -> Destination:
    return next((each for each in found if each != SOMETHING), SOMETHING)


def _known(wanted: Iterable[_Wanted]) -> dict[_Wanted, Destination]:
    """Each thing that is wanted with what there is to say of it; one statement for each kind."""
    keys = {}
    for each in wanted:
        keys.setdefault(each.kind, set()).add(each.key)
    looked_up = {kind: KINDS[kind](some) for kind, some in keys.items()}
    return {_Wanted(kind, key): looked_up[kind][key] for kind, some in keys.items() for key in some}


def _wanted(path: _Path) -> list[_Wanted | Destination]:
    """What has to be there: the page, and in the page of a post also the place that the address names."""
    if not path.path:
        return [_place(path.anchor, "")] if path.anchor else [SOMETHING]
    page = _page(path)
    if path.anchor and isinstance(page, _Wanted) and page.kind == "post":
        return [page, _place(path.anchor, path.path)]
    return [page]


def _place(anchor: str, path: str) -> _Wanted | Destination:
    if number := COMMENT.fullmatch(anchor):
        return _Wanted("comment", (int(number[1]), path))
    return SOMETHING if anchor in ANCHORS else Destination(_("no place in the page is called “%(name)s”", name=anchor))


def _page(path: _Path) -> _Wanted | Destination:
    """What the site's own rules say of the path."""
    rule, values = _match(path.path)
    if rule is None or (path.path == "/" and OLD_NUMBER.match(path.query)):
        return Destination(_("there is no such page"))
    if rule.rule.startswith("/desk/"):
        return Destination(_("only the team can open it"))
    if "token" in values or rule.rule in FOR_MACHINES:
        return Destination(_("it is not for readers"))
    if rule.endpoint == "leftovers.comment_page":
        return _page(_Path(f"/{values['address']}/"))
    return _thing(rule.rule.split("/")[1], values)


def _match(path: str, is_last_try: bool = False):
    """The rule for pages that this path matches, also if only with a slash at its end, and what stands in it."""
    try:
        return current_app.url_map.bind("").match(path, method="GET", return_rule=True)
    except RequestRedirect as further:
        return (None, {}) if is_last_try else _match(unquote(urlsplit(further.new_url).path), is_last_try=True)
    except HTTPException:
        return None, {}


def _thing(first: str, values) -> _Wanted | Destination:
    """What the page is about, by the first part of its rule; some are always there."""
    if "id" in values and first in ("comment", "report"):
        return _Wanted("comment", (values["id"], ""))
    if first == "uploads":
        return _Wanted("picture", values["name"])
    if "year" in values:
        return _dated(values)
    if "slug" in values:
        return _Wanted(first if first in FILED else "page", values["slug"])
    return SOMETHING


def _dated(values) -> _Wanted | Destination:
    """A post, or a year, month or day."""
    try:
        period = Period(values["year"], values.get("month"), values.get("day"))
    except ValueError:
        return Destination(_("there is no such day"))
    return _Wanted("post", (period.first, values["slug"])) if "slug" in values else _Wanted("period", period)


def _posts(keys: Collection[tuple[date, str]]) -> dict[tuple[date, str], Destination]:
    days, slugs = {day for day, _slug in keys}, {slug for _day, slug in keys}
    here = Post.published_on.in_(days), Post.slug.in_(slugs)
    rows = db.session.execute(select(Post.published_on, Post.slug, Post.state, Post.is_public()).where(*here))
    found = {(day, slug): _of_post(state, is_public) for day, slug, state, is_public in rows}
    return {key: found.get(key, Destination(_("there is no such post"))) for key in keys}


def _of_post(state: State, is_public: bool) -> Destination:
    if is_public:
        return SOMETHING
    if state == State.WITHDRAWN:
        return Destination(_("the post there was withdrawn"))
    return Destination(_("the post there is not public yet"))


def _comments(keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Destination]:
    """Comments by number, and the page that they have to be in if it matters."""
    shown = Comment.id.in_({id for id, _path in keys}), Comment.state == CommentState.PUBLISHED, Thread.is_public
    rows = db.session.execute(select(Comment.id, Thread.address).join(Comment.thread).where(*shown))
    places = dict(rows.all())
    gone = Destination(_("there is no such comment"))
    return {(id, path): SOMETHING if id in places and path in ("", places[id]) else gone for id, path in keys}


def _pages(slugs: Collection[str]) -> dict[str, Destination]:
    published = StandingPage.published().with_only_columns(StandingPage.slug).where(StandingPage.slug.in_(slugs))
    return _those_in(slugs, published, _("there is no such page"))


def _categories(slugs: Collection[str]) -> dict[str, Destination]:
    return _those_in(slugs, select(Category.slug).where(Category.slug.in_(slugs)), _("there is no such category"))


def _authors(slugs: Collection[str]) -> dict[str, Destination]:
    with_posts = select(Author.slug).join(Byline.author).join(Post, Post.id == Byline.post_id)
    return _filed(slugs, with_posts, Author)


def _tags(slugs: Collection[str]) -> dict[str, Destination]:
    return _filed(slugs, select(Tag.slug).select_from(Post).join(Post.tags), Tag)


def _series(slugs: Collection[str]) -> dict[str, Destination]:
    return _filed(slugs, select(Series.slug).select_from(Post).join(Post.series), Series)


def _filed(slugs, with_posts, kind) -> dict[str, Destination]:
    """What has no page before the first post stands there."""
    public = with_posts.where(Post.is_public(), kind.slug.in_(slugs)).distinct()
    return _those_in(slugs, public, _("no post stands there yet"))


def _those_in(keys, found, fault: str) -> dict[str, Destination]:
    there = set(db.session.scalars(found))
    return {key: SOMETHING if key in there else Destination(fault) for key in keys}


def _periods(periods: Collection[Period]) -> dict[Period, Destination]:
    between = min(each.first for each in periods), max(each.last for each in periods)
    days = select(Post.published_on).where(Post.is_public(), Post.published_on.between(*between)).distinct()
    with_posts = {Period(*numbers) for day in db.session.scalars(days) for numbers in _periods_around(day)}
    nothing = Destination(_("no post stands there yet"))
    return {period: SOMETHING if period in with_posts else nothing for period in periods}


def _periods_around(day: date):
    return (day.year,), (day.year, day.month), (day.year, day.month, day.day)


def _pictures(names: Collection[str]) -> dict[str, Destination]:
    nothing = Destination(_("there is no such picture"))
    return {name: SOMETHING if media.type_of(name) and (media.folder() / name).exists() else nothing for name in names}


FILED = {"category": _categories, "tag": _tags, "author": _authors, "series": _series}
KINDS: dict[str, Callable] = FILED | {
    "post": _posts,
    "comment": _comments,
    "page": _pages,
    "period": _periods,
    "picture": _pictures,
}
