"""What can be followed, as people read it: what it is called, where it stands, and the sentence that they agree to."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import exists, func, literal, select, union_all

from opm.comments.models import Comment, Thread
from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.posts.filed import Author, Byline, Category, Series, post_category
from opm.posts.models import Post
from opm.subscriptions.models import Rhythm, Subscription, Topic

SHELVES = {Topic.CATEGORY: Category, Topic.SERIES: Series, Topic.AUTHOR: Author}
RHYTHMS = {
    Rhythm.AT_ONCE: later("at once"),
    Rhythm.DAILY: later("once a day"),
    Rhythm.WEEKLY: later("once a week"),
}
WORDS = {
    Topic.CATEGORY: later("New posts in %(title)s"),
    Topic.SERIES: later("New posts in the series %(title)s"),
    Topic.AUTHOR: later("New posts by %(title)s"),
    Topic.THREAD: later("New comments on “%(title)s”"),
    Topic.REPLIES: later("Answers to your comment %(number)s on “%(title)s”"),
}


@dataclass(frozen=True)
class Followed:
    """Something that can be followed, by the name that it has now; without one, it is not here any more."""

    topic: Topic
    topic_id: int = 0
    title: str = ""
    address: str = ""
    number: int = 0  # of a comment in its thread, once it was published

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.topic}-{self.topic_id}"

    @property
    def is_here(self) -> bool:
        """Whether there is anything to hear of it."""
        return self.topic == Topic.EVERYTHING or bool(self.title)

    @property
    def words(self) -> str:
        """What its followers hear of: "New posts in Rivers"."""
        if self.topic == Topic.EVERYTHING:
            return _("All new posts")
        if not self.is_here:
            return _("Something that is not here any more")
        if self.topic == Topic.REPLIES and not self.number:
            return _("Answers to your comment on “%(title)s”", title=self.title)
        return WORDS[self.topic] % {"title": self.title, "number": self.number}

    def with_rhythm(self, rhythm: Rhythm) -> str:
        """The same with how soon they hear of it: "New posts in Rivers, once a week"."""
        return _("%(what)s, %(how_soon)s", what=self.words, how_soon=str(RHYTHMS[rhythm]))

    def wording(self, rhythm: Rhythm) -> str:
        """What somebody agrees to who follows it: kept with the time."""
        return f"{self.with_rhythm(rhythm)}. {consent()}"


def consent() -> str:
    """The sentence that stands beside each button by which something is followed."""
    return _(
        "We mail you this, and nothing else, until you stop it. Each mail has a link for that. Nobody else is given "
        "your address."
    )


def named(pairs: Iterable[tuple[Topic, int]]) -> dict[tuple[Topic, int], Followed]:
    """Each of these by its name. One statement, however many they are."""
    pairs = list(dict.fromkeys(pairs))
    found = {pair: Followed(*pair) for pair in pairs}
    ids = {topic: [id for each, id in pairs if each == topic] for topic, _id in pairs if topic != Topic.EVERYTHING}
    if ids:
        for each in _followed([_names(topic).where(_row_of(topic).id.in_(some)) for topic, some in ids.items()]):
            found[each.topic, each.topic_id] = each
    return found


def of(subscription: Subscription) -> Followed:
    """What this one follows."""
    (followed,) = named([(subscription.topic, subscription.topic_id)]).values()
    return followed


def of_all(subscriptions: Iterable[Subscription]) -> dict[int, Followed]:
    """What each of these follows, by their ids. One statement."""
    subscriptions = list(subscriptions)
    names = named((each.topic, each.topic_id) for each in subscriptions)
    return {each.id: names[each.topic, each.topic_id] for each in subscriptions}


def choices() -> list[Followed]:
    """What can be followed from any page: everything, and each category, series and author of a public post."""
    shelves = [_names(topic).where(_has_public_posts(topic)) for topic in SHELVES]
    order = list(SHELVES)
    found = sorted(_followed(shelves), key=lambda each: (order.index(each.topic), each.title.lower()))
    return [Followed(Topic.EVERYTHING), *found]


def find(topic: str, topic_id: int) -> Followed | None:
    """What a form names, if it is here and the public sees it."""
    if topic not in set(Topic):
        return None
    if topic == Topic.EVERYTHING:
        return Followed(Topic.EVERYTHING) if topic_id == 0 else None
    topic = Topic(topic)
    seen = _has_public_posts(topic) if topic in SHELVES else _is_public(topic)
    return next(iter(_followed([_names(topic).where(_row_of(topic).id == topic_id, seen)])), None)


def find_key(key: str) -> Followed | None:
    """The same by its `key`."""
    topic, _dash, id = key.rpartition("-")
    return find(topic, int(id)) if id.isascii() and id.isdigit() and len(id) < 19 else None


def find_named(name: str) -> Followed | None:
    """The same by its `key`, or by the address of its page here: of a post, its comments."""
    name = name[:500]
    if "\0" in name:  # PostgreSQL refuses even to look
        return None
    if not name.startswith("/"):
        return find_key(name[:100])
    if name == "/":
        return Followed(Topic.EVERYTHING)
    shelf, _slash, slug = name.strip("/").partition("/")
    topic = next((each for each in SHELVES if each == shelf), None)
    if topic is None:
        thread = Thread.at(name)
        return find(Topic.THREAD, thread.id) if thread else None
    asked = _names(topic).where(SHELVES[topic].slug == slug, _has_public_posts(topic))
    return next(iter(_followed([asked])), None)


def _followed(selects: list) -> list[Followed]:
    together = union_all(*selects)
    return [Followed(Topic(topic), *others) for topic, *others in db.session.execute(together)]


def _row_of(topic: Topic):
    return SHELVES.get(topic) or (Thread if topic == Topic.THREAD else Comment)


def _names(topic: Topic):
    """Rows of (topic, id, title, address, number)."""
    what = literal(str(topic))
    if row := SHELVES.get(topic):
        name = Series.title if row is Series else row.name
        return select(what, row.id, name, literal(f"/{row.__tablename__}/") + row.slug + literal("/"), literal(0))
    if topic == Topic.THREAD:
        return select(what, Thread.id, Thread.title, Thread.address, literal(0)).where(Thread.is_public)
    there = Thread.address + literal("#comments")
    number = func.coalesce(Comment.number, 0)
    return select(what, Comment.id, Thread.title, there, number).join(Comment.thread).where(Thread.is_public)


def _is_public(topic: Topic):
    return Thread.is_public if topic == Topic.THREAD else Thread.is_public & Comment.number.is_not(None)


def _has_public_posts(topic: Topic):
    if topic == Topic.CATEGORY:
        filed = post_category.c.category_id == Category.id, post_category.c.post_id == Post.id
    elif topic == Topic.SERIES:
        filed = (Post.series_id == Series.id,)
    else:
        filed = Byline.author_id == Author.id, Byline.post_id == Post.id
    return exists().where(*filed, Post.is_public())
