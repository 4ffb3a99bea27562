"""Under which names posts are found."""

from sqlalchemy import select

from opm.accounts.models import Person
from opm.extensions import db
from opm.lib.slugs import first_free, slug
from opm.posts.filed import Author


def author_of(person: Person) -> Author:
    """The byline of somebody with an account; made when they first write."""
    return db.session.scalar(select(Author).where(Author.person_id == person.id)) or _new_author(person)


def _new_author(person: Person) -> Author:
    taken = set(db.session.scalars(select(Author.slug)))
    author = Author(name=person.name, slug=first_free(slug(person.name), taken), person_id=person.id)
    db.session.add(author)
    return author
