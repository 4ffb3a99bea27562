"""Commands that tell what went wrong in a sentence."""

from functools import wraps

import click
from sqlalchemy.exc import DBAPIError

from opm.lib import schema
from opm.lib.i18n import gettext as _


def plainly(act):
    """Tells what went wrong in a sentence. Refuses to begin unless the tables are those of this code."""

    @wraps(act)
    def told(*args, **kwargs):
        try:
            schema.expect_current()
            return act(*args, **kwargs)
        except schema.WrongSchema as refusal:
            raise click.ClickException(str(refusal))
        except DBAPIError as error:
            raise click.ClickException(_("The database does not answer: %(why)s.", why=schema.complaint(error)))

    return told
