"""The database as a start or a command finds it: whether its tables are those of this code, or what it says instead."""

import logging
from pathlib import Path

from alembic.util import CommandError
from flask import current_app
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from opm.extensions import migrate, reading
from opm.lib.i18n import gettext as _

# Flask-Alembic lets it announce each look at the tables.
logging.getLogger("alembic").setLevel(logging.WARNING)


class WrongSchema(Exception):
    """The tables are not those of this code. Its text is a sentence for whoever started the site or a command."""


def is_current() -> bool:
    """Whether all migrations have been made. Raises WrongSchema if the database knows some that this code does not."""
    known, made = migrate.script_directory, _made()
    try:
        [known.get_revision(revision) for revision in made]
    except CommandError:
        raise WrongSchema(
            _("The database was made by a newer version of this site. Run that one, or restore an older backup.")
        ) from None
    return set(made) == set(known.get_heads())


def expect_current() -> None:
    """Raises WrongSchema unless all migrations have been made, and no others."""
    if not is_current():
        raise WrongSchema(
            _(
                "The database has no tables yet, or those of an older version. Start the site with ./run, which makes "
                "them, or stop it and run: flask upgrade"
            )
        )


def is_empty() -> bool:
    """Whether no migration has been made yet."""
    return not _made()


def upgrade() -> None:
    """Makes the migrations that are missing, all of them or none. Raises WrongSchema if the database is ahead of us."""
    if not is_current():
        with current_app.app_context():  # Flask-Alembic keeps its connection, and the write lock, as long as that lasts
            migrate.upgrade()


def note_of_upgrade() -> Path:
    """The file that stands in the instance from before an upgrade until what came out of it was looked through."""
    return Path(current_app.instance_path, ".upgrading.json")


def was_left_unfinished() -> bool:
    """Whether an upgrade was stopped before what came out of it was looked through, or failed."""
    return note_of_upgrade().exists()


def complaint(error: SQLAlchemyError) -> str:
    """What the database said, without the statement and what it was given."""
    words = str(error.orig if isinstance(error, DBAPIError) else error)
    return words.strip().partition("\n")[0].rstrip(".")


def _made() -> tuple[str, ...]:
    with current_app.app_context(), reading():  # a context of its own, since its connection can only read
        return migrate.migration_context.get_current_heads()
