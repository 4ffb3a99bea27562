"""Sam, who hears of everything at once, and of Rivers and of Ines Calder once a day."""

import pytest

from opm.comments.models import address_hash
from opm.extensions import db
from opm.subscriptions import announcing, digests, following, letters
from opm.subscriptions.models import Rhythm, Subscriber, Topic
from tests import cast

EMAIL = "sam@example.org"


@pytest.fixture
def sam(inside):
    """The row as it was made: what became of it is asked anew by its id."""
    with inside():
        post = cast.a_post(category="rivers")
        db.session.flush()
        sam = cast.a_subscriber(EMAIL)
        for topic, id in ((Topic.CATEGORY, post.categories[0].id), (Topic.AUTHOR, post.authors[0].id)):
            following.follow(sam, topic, id, Rhythm.DAILY, "Mail me this.")
        return sam


@pytest.fixture
def follows(inside):
    """`follows(subscriber)` gives what they follow now: pairs of topic and rhythm."""

    def follows(subscriber):
        with inside(False):
            return [(each.topic, each.rhythm) for each in following.followed_by(subscriber)]

    return follows


@pytest.fixture
def page_of(inside):
    """`page_of(email)` gives the address of the page of who has this address now."""

    def page_of(email=EMAIL):
        with inside(False):
            found = db.session.query(Subscriber).filter_by(address_hash=address_hash(email)).one_or_none()
            return found and letters.preferences(found)

    return page_of


@pytest.fixture
def announce(app):
    """`announce()` tells at once whatever is to be told so, as the worker does."""

    def announce():
        with app.app_context():
            while announcing.go_on():
                pass

    return announce


@pytest.fixture
def digest(app):
    """`digest()` makes the digests whose hour has come, as the worker does."""

    def digest():
        with app.app_context():
            while digests.go_on():
                pass

    return digest


@pytest.fixture
def signs_up(inside):
    """`signs_up("kim@example.org", Topic.AUTHOR, 3, Rhythm.DAILY)` and gives the ids of subscriber and subscription."""

    def signs_up(email, *what, **values):
        with inside():
            subscription = cast.a_subscription(email, *what, **values)
            return subscription.subscriber_id, subscription.id

    return signs_up
