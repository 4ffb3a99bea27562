"""Who may enter the desk, from the server's command line: for whoever sets a site up, or has locked everybody out."""

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from opm.accounts import audit, signing_in, staffing
from opm.accounts.abilities import Role, roles_in_words
from opm.accounts.audit import Did
from opm.accounts.factors import changing
from opm.accounts.forms import LONGEST_NAME, SignInForm
from opm.accounts.models import Person
from opm.extensions import db, reading
from opm.lib.forms import Line, no_encoded_words, no_longer_than
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.lib.links import absolute
from opm.lib.plainly import plainly

SOME_ROLES = click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]),
    help="What they are here for. May be given several times.",
)  # fmt: skip


@click.group()
def staff():
    """Who may enter the desk."""


@staff.command("add")
@click.argument("email")
@click.option("--name", default="", help="Their name, as it stands beside what they decide.")
@SOME_ROLES
@with_appcontext
@plainly
def add_staff(email, name, roles):
    """Make somebody staff, or give one of the staff more roles."""
    form = _StaffForm(formdata=MultiDict({"email": email, "name": name}))
    if not form.validate():
        raise click.ClickException(" ".join(f"{error}." for errors in form.errors.values() for error in errors))
    try:
        person = staffing.add(form.email.data, form.name.data, [Role(role) for role in roles])
    except staffing.NameMissing as refusal:
        raise click.ClickException(str(refusal))
    db.session.flush()
    audit.record(None, Did.MADE_STAFF, "person", person.id, person.name, ", ".join(person.roles))
    db.session.commit()
    click.echo(as_listed(person))


@staff.command("list")
@with_appcontext
@plainly
def list_staff():
    """Say who may enter, and who is suspended."""
    with reading():
        for person in db.session.scalars(_team().order_by(Person.name)):
            click.echo(as_listed(person))


@staff.command("roles")
@click.argument("email")
@SOME_ROLES
@with_appcontext
@plainly
def set_roles(email, roles):
    """Give one of the staff these roles and no others."""
    _act(email, lambda person: staffing.change_roles(person, roles, None))


@staff.command("suspend")
@click.argument("email")
@with_appcontext
@plainly
def suspend(email):
    """Sign one of the staff out, and let them in no more until somebody does so again."""
    _act(email, lambda person: staffing.suspend(person, None))


@staff.command("let-in")
@click.argument("email")
@with_appcontext
@plainly
def let_in(email):
    """Let somebody sign in again who was suspended."""
    _act(email, lambda person: staffing.let_back_in(person, None))


@staff.command("remove")
@click.argument("email")
@with_appcontext
@plainly
def remove(email):
    """Take somebody off the staff. Their name stays on what they wrote and decided."""
    _act(email, lambda person: staffing.remove(person, None))


@staff.command("take-away-second-factor")
@click.argument("email")
@with_appcontext
@plainly
def take_away_second_factor(email):
    """Let somebody who has lost app, passkeys and recovery codes sign in by mail alone.

    For the last admin: others can be helped at the desk. They are signed out everywhere and mailed that it was done,
    and it stands in the log.
    """
    with reading():
        person = Person.by_email(email)
    if person is None:
        raise click.ClickException(_("Nobody on the staff has the address %(email)s.", email=email))
    try:
        changing.take_away(person, None)
    except changing.NothingToTake:
        raise click.ClickException(_("%(name)s has no second factor.", name=person.name))
    db.session.commit()
    click.echo(_("%(name)s signs in by mail alone until another is set up.", name=person.name))


@click.command("sign-in-link")
@click.argument("email")
@with_appcontext
@plainly
def sign_in_link(email):
    """Print a link that signs one of the staff in, once and within ten minutes."""
    with reading():
        person = Person.by_email(email)
    if person is None or not person.is_staff:
        raise click.ClickException(_("Nobody on the staff has the address %(email)s.", email=email))
    attempt = signing_in.begin(person)
    audit.record(None, Did.MADE_SIGN_IN_LINK, "person", person.id, person.name)
    db.session.commit()
    click.echo(absolute(f"/desk/sign-in/link/{attempt.link_token}"))


def as_listed(person: Person) -> str:
    """A person in a line."""
    line = f"{person.email}  {person.name} ({roles_in_words(person.roles)})"
    return _("%(line)s, suspended", line=line) if person.suspended_at else line


def _act(email: str, act) -> None:
    person = next((one for one in staffing.hold(None) if one.email == email.strip().lower() and one.roles), None)
    if person is None:
        raise click.ClickException(_("Nobody on the staff has the address %(email)s.", email=email))
    try:
        act(person)
    except staffing.LastOne as refusal:
        raise click.ClickException(str(refusal))
    db.session.commit()
    click.echo(_("Done: %(who)s", who=as_listed(person)))


def _team():
    return select(Person).where(Person.left_at.is_(None), func.json_array_length(Person.roles) > 0)


class _StaffForm(SignInForm):
    name = Line(
        validators=[
            no_longer_than(LONGEST_NAME, later("The name is %(over)s characters over the limit of %(most)s")),
            no_encoded_words,
        ]
    )
