"""Lists of ten thousand: each page of them takes as few statements as one of ten, and is as light as any."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from opm.accounts.models import Person
from opm.extensions import db
from opm.posts.filed import Author, Tag
from opm.posts.models import Byline, Post, State
from opm.posts.pictures.models import Picture
from tests import cast
from tests.counting import compressed, counting

MANY = 10_000
MOST_STATEMENTS = 6
MOST_BYTES = 13_000  # of the page alone: its sheets and scripts take 17,000 of the 30,000


@pytest.fixture
def desk(inside, browser):
    """Ines at her desk."""
    return cast.signed_in(browser, inside)


def add_posts(count, clock, first=1):
    """So many posts in each state in turn, each by an author and begun by somebody."""
    author = db.session.query(Author).first() or Author(slug="ada-holt", name="Ada Holt")
    db.session.add(author)
    person = db.session.query(Person).first()
    db.session.flush()
    states, rows = list(State), []
    for number in range(first, first + count):
        at = clock.at - timedelta(minutes=number)
        rows.append(
            {
                "id": number, "title": f"Post {number} on the lane, the bridge and the water", "slug": f"post-{number}",
                "state": states[number % len(states)], "written_by_id": person.id, "changed_by_id": person.id,
                "changed_at": at, "submitted_at": at, "submitted_by_id": person.id, "withdrawn_at": at,
                "publish_at": clock.at + timedelta(minutes=number), "published_at": at, "published_on": at.date(),
            }
        )  # fmt: skip
    db.session.execute(insert(Post), rows)
    by = [{"post_id": row["id"], "author_id": author.id, "position": 0} for row in rows]
    db.session.execute(insert(Byline), by)


def costs(app, desk, path):
    """How many statements the page takes. It is also weighed."""
    with counting(app) as statements:
        answer = desk.client.get(path, headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200, path
    assert len(statements) <= MOST_STATEMENTS, f"{path}\n{statements}"
    assert compressed(answer) <= MOST_BYTES
    return len(statements)


def test_posts_page_in_few_statements_however_many_there_are(app, inside, desk, clock):
    with inside():
        add_posts(50, clock)
    paths = ["/desk/", "/desk/posts/", *(f"/desk/posts/?state={state.replace(' ', '+')}" for state in State)]
    few = [costs(app, desk, path) for path in paths]
    with inside():
        add_posts(MANY - 50, clock, first=51)
    assert [costs(app, desk, path) for path in paths] == few
    for path in ("/desk/posts/?page=500", "/desk/posts/?state=draft&page=100", "/desk/posts/?q=lane&page=77"):
        costs(app, desk, path)
    assert desk.client.get("/desk/posts/?page=501").status_code == 404
    desk.visit("/desk/posts/?page=250")
    assert "Page 250 of 500" in desk.text


def test_pictures_page_in_few_statements_however_many_there_are(app, inside, desk, clock):
    def add_pictures(first, last):
        said = {"words": "lane", "width": 300, "height": 200, "byte_count": 9_000, "added_by_id": cast.ines().id}
        rows = [
            {"id": number, "name": f"lane.{number:010x}.jpg", "alt": f"The lane, {number}", "added_at": clock.at} | said
            for number in range(first, last)
        ]
        db.session.execute(insert(Picture), rows)

    paths = ["/desk/pictures/", "/desk/pictures/?q=lane", "/desk/pictures/?show=unused"]
    with inside():
        add_pictures(1, 60)
    few = [costs(app, desk, path) for path in paths]
    with inside():
        add_pictures(60, MANY + 1)
    assert [costs(app, desk, path) for path in paths] == few
    costs(app, desk, "/desk/pictures/?page=300")


def test_tags_page_in_few_statements_however_many_there_are(app, inside, desk):
    def add_tags(first, last):
        rows = [{"id": number, "slug": f"tag-{number}", "name": f"Tag {number}"} for number in range(first, last)]
        db.session.execute(insert(Tag), rows)

    paths = ["/desk/tags/", "/desk/tags/?q=tag"]
    with inside():
        add_tags(1, 120)
    few = [costs(app, desk, path) for path in paths]
    with inside():
        add_tags(120, MANY + 1)
    assert [costs(app, desk, path) for path in paths] == few
    costs(app, desk, "/desk/tags/?page=200")
