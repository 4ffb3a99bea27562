"""A published comment that somebody reports, and all that is stored of it."""

import pytest
from sqlalchemy.orm import joinedload

from opm.comments.models import State
from opm.extensions import db
from opm.reports.models import Report
from tests import cast


@pytest.fixture
def thread(inside):
    """The thread of a published post at `cast.POST`."""
    with inside():
        return cast.a_post().thread


@pytest.fixture
def comment(inside, thread):
    """A published comment of Jo Marsh's."""
    with inside():
        return cast.a_comment(thread, State.PUBLISHED)


@pytest.fixture
def stored(inside):
    """`stored()` gives all reports in the database, the oldest first."""

    def stored():
        with inside(False):
            return db.session.query(Report).options(joinedload(Report.settlement)).order_by(Report.id).all()

    return stored


@pytest.fixture
def reports(comment):
    """`reports(stranger, …)` sends a report of the comment, well filled in but for what is named."""

    def send(stranger, htmx=False, headers=None, **fields):
        filled = {"reason": "1", "text": "It shouts.", "email": "kit@example.org"} | fields
        data = {name: value for name, value in filled.items() if value is not None}
        return stranger.post(f"/report/comment/{comment.id}", data=data, htmx=htmx, headers=headers)

    return send


NOTICE = {
    "on": cast.POST,
    "quote": "He sold the boat.",
    "ground": "defamation",
    "text": "It says that I steal.",
    "untrue": "I never had a boat.",
    "name": "Kit Vane",
    "email": "kit@example.org",
    "is_true": "1",
}


@pytest.fixture
def notices(comment):
    """`notices(stranger, …)` sends a notice about the post, well filled in but for what is named."""

    def send(stranger, htmx=False, headers=None, **fields):
        data = {name: value for name, value in (NOTICE | fields).items() if value is not None}
        return stranger.post("/report/legal/", data=data, htmx=htmx, headers=headers)

    return send
