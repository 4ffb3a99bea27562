"""Commands beside a running site: `.venv/bin/flask --help` lists them, with the same OPM_ settings as the site has.

What a person can do something about is told in a sentence, with exit code 1 (2 for a command that was mistyped).
"""

import os
import sys
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import pass_script_info, with_appcontext
from sqlalchemy.exc import DBAPIError
from werkzeug.datastructures import MultiDict

from opm import worker
from opm.accounts import audit
from opm.accounts.abilities import Role
from opm.accounts.audit import Did
from opm.accounts.commands import as_listed, sign_in_link, staff
from opm.accounts.forms import SignInForm
from opm.accounts.models import Person
from opm.comments.models import BlockedAddress
from opm.extensions import db, reading
from opm.lib import logs, running, schema
from opm.lib.i18n import gettext as _
from opm.lib.plainly import plainly
from opm.lib.processes import StopSignal
from opm.outbox.commands import outbox
from opm.posts.pictures import media


def init(app: Flask) -> None:
    """Makes the commands known to `flask`."""
    for command in (
        demo_site, serve, work, import_wordpress, staff, sign_in_link, mail_again, purge, outbox, examine, backup,
        restore, upgrade, move_database,
    ):  # fmt: skip
        app.cli.add_command(command)


@click.command("demo")
@click.option("--remove", "removing", is_flag=True, help="Take the demo away instead, with all that hangs from it.")
@click.option("--yes", "is_sure", is_flag=True, help="With --remove: do not ask first.")
@with_appcontext
@plainly
def demo_site(removing, is_sure):
    """Fill an empty site with the demo, or take it away.

    With its posts go the comments that people wrote under them. What the team wrote itself stays, and so do settings
    that were changed since.
    """
    from opm import demo  # it and the import are read only when asked for: neither the site nor the worker needs them

    try:
        _remove(demo, is_sure) if removing else _load(demo)
    except (demo.NotEmpty, demo.NotHere) as refusal:
        raise click.ClickException(str(refusal))


@click.command("serve")
@pass_script_info
def serve(info):
    """Serve the site without the demo and without a worker, until SIGTERM: one service of two.

    The other is flask worker. ./run does both. On its first start it makes the tables.
    """
    from opm import serving  # here, since no other command has a use for a server

    sys.exit(serving.run_server(info.load_app()))  # outside any app context: what it starts are forks


@click.command("worker")
@with_appcontext
@plainly
def work():
    """Deliver mail and forget what may no longer be held, until Ctrl-C or SIGTERM.

    ./run does this by itself. Several workers do no harm. While the database is away none begins: whoever starts it
    tries again.
    """
    logs.init("worker", current_app.config["LOG"])
    try:
        with running.together(current_app.instance_path):
            worker.work(current_app._get_current_object(), StopSignal())
    except running.InUse:
        raise click.ClickException(
            _("A backup is being put back, or the tables are being upgraded. Start the worker when that is done.")
        )


@click.command("import-wordpress")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True))
@with_appcontext
@plainly
def import_wordpress(file):
    """Bring in posts, pages, what they are filed under and approved comments from a WordPress export (WXR).

    What was brought in before is left as it is. Old addresses lead to where things stand now. Pictures and other files
    are not copied: links to them stand in their places. Drafts and whatever else is not public stay behind, and the
    report counts them. Nobody is mailed.
    """
    from opm.wordpress import importing, reader

    try:
        summary = importing.import_file(file)
    except reader.ImportRefused as refusal:
        raise click.ClickException(str(refusal))
    audit.record(None, Did.IMPORTED, "site")
    db.session.commit()
    for line in summary.lines():
        click.echo(line)


@click.command("mail-again")
@click.argument("email")
@with_appcontext
@plainly
def mail_again(email):
    """Mail an address again that once asked us never to, because its owner has written to you from it."""
    if not BlockedAddress.lift(email):
        raise click.ClickException(_("Nobody has asked us not to mail %(email)s.", email=email))
    audit.record(None, Did.MAILS_AGAIN, "site")
    db.session.commit()
    click.echo(_("We mail %(email)s again.", email=email))


@click.command("purge")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--although-the-clock-was-moved", "anyway", is_flag=True, help="You have looked: the clock is right.")
@with_appcontext
@plainly
def purge(dry_run, anyway):
    """Let go of all whose time is over, by the clocks that the privacy page states.

    The worker does the same every few minutes. Nothing goes after the clock was moved, or where no worker has been seen
    for an hour: everything would look older than it is. Exit code: 0, or 1 if nothing was done for that.
    """
    from opm.holdings import clocks

    trust = worker.Clocks()
    worker.compare_with_the_last_worker(trust)
    if trust.have_jumped and not anyway and not dry_run:
        raise click.ClickException(
            _(
                "Nothing went: the clock may be wrong. It was moved not long ago, or no worker has been seen for an "
                "hour. Look at it with: date. If it is right: flask purge --although-the-clock-was-moved"
            )
        )
    for name, count in (clocks.due() if dry_run else _purged(clocks)).items():
        click.echo(f"{count:>8}  {name}")
    click.echo(_("So much would go. Nothing was changed.") if dry_run else _("That is all whose time is over."))


@click.command("doctor")
@click.option("--mail", "address", help="Send a test mail to this address, and say what the mail server answers.")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@with_appcontext
def examine(address, is_json):
    """Look at everything that can go wrong, and say what to do.

    Exit code: 0 if all is well, 1 if there is something to look at, 2 if something is broken. Nothing is changed.
    """
    from opm.keeping import doctor

    findings = doctor.examine(_checked(address) if address is not None else None)
    click.echo(doctor.as_json(findings) if is_json else "\n".join(doctor.told(findings)))
    sys.exit(doctor.worst(findings).exit_code)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(1), help="In a folder: of this site's backups keep this many, the newest.")
@click.option("--without-secret", is_flag=True, help="Leave the secret out, for a copy that others can read.")
@with_appcontext
def backup(file, keep, without_secret):
    """Back the site up while it runs: database, pictures and secret in one file, which is then looked through.

    FILE is a new file, or a folder, in which it gets a name of site and moment. Whoever reads the file can open every
    link and sign in as anybody, so it is written for you alone. Without the secret, links that were mailed no longer
    open after a restore, and people who asked never to be mailed are not remembered.
    """
    from opm.keeping import backups

    os.nice(10)  # whoever reads or writes goes first
    try:
        made = backups.make(file, keep, secret=not without_secret)
    except (backups.BackupFailed, backups.BadBackup) as refusal:
        raise click.ClickException(str(refusal))
    click.echo("\n".join(made.lines()))


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--force", is_flag=True, help="Even if there is a site here. It is kept beside, under a name that says when."
)
@with_appcontext
def restore(file, force):
    """Put a backup back, while the site is stopped. Nothing is touched before the backup was looked through.

    Use files that you made yourselves: what is in one becomes your site.
    """
    from opm.keeping import backups

    try:
        restored = backups.restore(file, force)
    except (backups.BackupFailed, backups.BadBackup) as refusal:
        raise click.ClickException(str(refusal))
    click.echo("\n".join(restored.lines()))


@click.command("upgrade")
@click.option("--without-backup", is_flag=True, help="If you have one of your own: nothing is put back on failure.")
@with_appcontext
def upgrade(without_backup):
    """Bring the tables to those of this version, while the site and its worker are stopped.

    A backup is taken first, into the instance's folder backups, where the newest three stay. What comes out is looked
    through; if it is not sound, the backup is put back. ./run and `flask serve` do the same when they start.
    """
    from opm.keeping import upgrading

    try:
        upgraded = upgrading.upgrade(with_backup=not without_backup)
    except (upgrading.UpgradeFailed, schema.WrongSchema) as refusal:
        raise click.ClickException(str(refusal))
    except DBAPIError as error:
        raise click.ClickException(_("The database does not answer: %(why)s.", why=schema.complaint(error)))
    click.echo("\n".join(upgraded.lines()))


@click.command("move-database")
@click.argument("url")
@with_appcontext
@plainly
def move_database(url):
    """Carry the site into another, empty database: from SQLite to PostgreSQL, or back. Stop the site first.

    Every row is read at both ends and compared. Ids stay what they were, so addresses and mailed links go on leading
    where they led. The database in use is not changed.
    """
    from opm.keeping import moving

    try:
        click.echo("\n".join(moving.move(url).lines()))
    except moving.MoveFailed as refusal:
        raise click.ClickException(str(refusal))


def _checked(email: str) -> str:
    form = SignInForm(formdata=MultiDict({"email": email}))
    if not form.validate():
        raise click.BadParameter(" ".join(f"{error}." for error in form.email.errors), param_hint="--mail")
    return form.email.data


def _purged(clocks) -> dict[str, int]:
    """Takes batches until no more is due. Returns how much went, by its name."""
    total: dict[str, int] = {}
    while gone := clocks.take_a_batch_of_each():
        for name, count in gone.items():
            total[name] = total.get(name, 0) + count
    return total


def _load(demo):
    demo.load()
    db.session.commit()
    click.echo(_("The demo is loaded. Sign in with: flask sign-in-link, and the address of one of:"))
    _show_staff()


def _remove(demo, is_sure):
    with reading():
        going = demo.what_goes()
        click.echo(_("This goes:"))
        for line in going.lines():
            click.echo(f"  {line}")
    if not is_sure:
        click.confirm(_("Take all this away?"), abort=True)
    gone = demo.remove()
    db.session.commit()
    media.drop(gone.pictures)
    click.echo(_("The demo is gone, and does not come back by itself."))
    _show_who_is_left()


def _show_who_is_left():
    with reading():
        has_admin = any(Role.ADMIN in person.roles for person in db.session.scalars(Person.staff()))
    if not has_admin:
        click.echo(_("Nobody can look after the site now. Add yourself:"))
        click.echo('  flask staff add you@example.org --name "Your Name" --role admin')


def _show_staff():
    with reading():
        for person in db.session.scalars(Person.staff()):
            click.echo(f"  {as_listed(person)}")
