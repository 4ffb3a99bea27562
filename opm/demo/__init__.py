"""A believable site to look at, of our own writing: a council that is on no map, its blog, and who answers it.

Everything is dated back from now, so the site looks alive whenever it is loaded. The posts are files in `posts/`;
`writing` publishes them. What people said is in `voices`; `talk` makes comments of it. Nobody is mailed. `removing`
takes all of it away again.
"""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from opm import settings
from opm.accounts import audit
from opm.accounts.abilities import Role
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.comments.models import Comment
from opm.demo import removing, talk, writing
from opm.demo.removing import Going
from opm.extensions import db
from opm.lib import clock, publicity
from opm.lib.i18n import gettext as _
from opm.posts import standing
from opm.posts.models import Post

ABOUT = Path(__file__).parent / "about.md"
FINDING_US = Path(__file__).parent / "finding-us.md"
SITE_IS_A_YEAR_OLD = timedelta(days=365)
TEAM = {
    "Ines Calder": (Role.EDITOR, Role.MODERATOR, Role.ADMIN),
    "Piotr Lund": (Role.AUTHOR, Role.MODERATOR),
}


class NotEmpty(Exception):
    """The site has posts, people or comments of its own. Its text is a sentence for whoever wanted the demo."""


class NotHere(Exception):
    """There is no demo to take away. Its text is a sentence."""


def load() -> None:
    """Fills an empty site with the demo. The caller commits. Raises NotEmpty."""
    if not is_empty():
        raise NotEmpty(_("This site is not empty: the demo is for a site with no posts, people or comments."))
    settings.change(**_settings(), is_demo=True)
    staff = _staff()
    posts = writing.publish_all(staff)
    talk.hold(posts, staff)
    writing.begin_others(staff)
    _write_a_page(staff["Ines Calder"])
    audit.record(None, Did.LOADED_DEMO, "site")
    publicity.bump()


def remove() -> Going:
    """Takes the demo away, also after people have used it. The caller commits and then drops its pictures.

    It does not come back by itself: that there was one is remembered. Raises NotHere.
    """
    gone = what_goes()
    removing.remove(gone, _settings())
    settings.change(is_demo=False)
    audit.record(None, Did.REMOVED_DEMO, "site")
    return gone


def what_goes() -> Going:
    """What `remove` would take away now. Raises NotHere."""
    if not settings.current().is_demo:
        raise NotHere(_("There is no demo on this site."))
    return Going.now(_emails())


def is_wanted() -> bool:
    """Whether a site may be filled with it unasked: one that is empty, and from which it was not taken away."""
    return is_empty() and not settings.is_set("is_demo")


def is_empty() -> bool:
    """Whether the site has no posts, people or comments yet."""
    return all(db.session.scalar(select(thing.id).limit(1)) is None for thing in (Post, Person, Comment))


def _settings() -> dict[str, str]:
    return {
        "site_name": "Policy in the Open",
        "organisation": "Northmere Council",
        "headline": "What we are working on, and how you can change it",
        "introduction": (
            "We write here before anything is decided. Read it, tell us where we are wrong, and see what your "
            "answers changed."
        ),
        "about": ABOUT.read_text(encoding="utf-8"),
        "contact_email": "policy@northmere.example",
    }


def _write_a_page(by: Person) -> None:
    """A standing page, which nobody has read through yet."""
    page = standing.begin(_("Where to find us"), FINDING_US.read_text(encoding="utf-8"), by)
    page.source, page.source_id = writing.SOURCE, page.slug
    standing.publish(page, by)


def _staff() -> dict[str, Person]:
    """The team, by name."""
    team = [_person(name, roles) for name, roles in TEAM.items()]
    db.session.add_all(team)
    db.session.flush()
    return {person.name: person for person in team}


def _person(name: str, roles: tuple[Role, ...]) -> Person:
    return Person(name=name, email=_email(name), roles=list(roles), created_at=clock.now() - SITE_IS_A_YEAR_OLD)


def _emails() -> list[str]:
    return [_email(name) for name in TEAM]


def _email(name: str) -> str:
    return f"{name.lower().replace(' ', '.')}@northmere.example"
