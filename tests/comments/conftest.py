"""A post to comment on, and a stranger who does."""

import pytest

from opm.comments.models import Comment
from opm.extensions import db
from tests import cast


@pytest.fixture
def post(inside):
    """A published post with an open thread, at `cast.POST`. Gives the thread."""
    with inside():
        return cast.a_post().thread


@pytest.fixture
def stored(inside):
    """`stored()` gives all comments in the database, the oldest first."""

    def stored():
        with inside(False):
            return db.session.query(Comment).order_by(Comment.id).all()

    return stored
