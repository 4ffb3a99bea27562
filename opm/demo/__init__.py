"""A believable site to look at, of our own writing: a council that is on no map, its blog, and who answers it.

Everything is dated back from now, so the site looks alive whenever it is loaded. The posts are files in `posts/`;
`writing` publishes them. What people said is in `voices`; `talk` makes comments of it. Nobody is mailed.
"""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from opm import settings
from opm.accounts.abilities import Role
from opm.accounts.models import Person
from opm.comments.models import Comment
from opm.demo import talk, writing
from opm.extensions import db
from opm.lib import clock, publicity
from opm.lib.i18n import gettext as _
from opm.posts.models import Post

ABOUT = Path(__file__).parent / "about.md"
SITE_IS_A_YEAR_OLD = timedelta(days=365)


class NotEmpty(Exception):
    """The site has posts, people or comments of its own. Its text is a sentence for whoever wanted the demo."""


def load() -> None:
    """Fills an empty site with the demo. The caller commits. Raises NotEmpty."""
    if not is_empty():
        raise NotEmpty(_("This site is not empty: the demo is for a site with no posts, people or comments."))
    _name_the_site()
    staff = _staff()
    posts = writing.publish_all(staff)
    talk.hold(posts, staff)
    publicity.bump()


def is_empty() -> bool:
    """Whether the site has no posts, people or comments yet."""
    return all(db.session.scalar(select(thing.id).limit(1)) is None for thing in (Post, Person, Comment))


def _name_the_site() -> None:
    settings.change(
        site_name="Policy in the Open",
        organisation="Northmere Council",
        headline="What we are working on, and how you can change it",
        introduction=(
            "We write here before anything is decided. Read it, tell us where we are wrong, and see what your "
            "answers changed."
        ),
        about=ABOUT.read_text(encoding="utf-8"),
        contact_email="policy@northmere.example",
        is_demo=True,
    )


def _staff() -> dict[str, Person]:
    """The team, by name."""
    team = [
        _person("Ines Calder", Role.EDITOR, Role.MODERATOR, Role.ADMIN),
        _person("Piotr Lund", Role.AUTHOR, Role.MODERATOR),
    ]
    db.session.add_all(team)
    db.session.flush()
    return {person.name: person for person in team}


def _person(name: str, *roles: Role) -> Person:
    email = f"{name.lower().replace(' ', '.')}@northmere.example"
    return Person(name=name, email=email, roles=list(roles), created_at=clock.now() - SITE_IS_A_YEAR_OLD)
