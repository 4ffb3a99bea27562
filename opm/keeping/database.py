"""What the doctor asks the database: whether it is sound and ours, what the worker does, and how the mail goes.

Everything is asked in read-only transactions, on a thread that is not waited for longer than is bearable.
"""

from collections.abc import Iterator
from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from opm import settings
from opm.extensions import db, reading
from opm.filters import length, moment
from opm.keeping import health, machine
from opm.keeping.findings import Finding, bounded, broken, look, ok, size
from opm.keeping.health import MAIL_IS_LATE_AFTER, Schema, Worker
from opm.lib import clock
from opm.lib.beat import WorkerBeat
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.lib.i18n import ngettext
from opm.lib.schema import complaint
from opm.outbox.models import Email, State

ANSWER_WITHIN_SECONDS = 12  # twice as long as the site waits for a lock
WHEN_DAMAGED = later("Stop the site, keep the damaged file, and put back the newest backup: flask restore FILE")
USUALLY_PUT_OFF = 5  # emails: some servers put off whom they do not know
MOST_FAULTS = 3  # of a broken database, to be shown
CLOCKS_APART = timedelta(minutes=1)
UNSOUND_ON_POSTGRES = text(
    "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
    " UNION ALL SELECT count(*) FROM pg_constraint WHERE NOT convalidated"
)


def answers() -> Iterator[Finding]:
    """Whether it says anything."""
    file = machine.database_file()
    if file and not file.exists():  # to connect would make it
        advice = _("Start the site with ./run: it makes one. If there was one, put a backup back: flask restore FILE")
        yield broken(_("database"), _("There is none at %(file)s.", file=file), advice)
        return
    try:
        taken = bounded(lambda: _read(size_now), ANSWER_WITHIN_SECONDS)
    except SQLAlchemyError as error:
        yield broken(_("database"), *(damage(error) if is_damaged(error) else _silence(error)))
    except TimeoutError:
        yield broken(
            _("database"),
            _("It did not answer within %(seconds)s seconds.", seconds=ANSWER_WITHIN_SECONDS),
            _("Look who holds it locked. If it is on another machine, look whether that can be reached."),
        )
    else:
        yield ok(_("database"), _("It answers, and takes %(size)s.", size=size(taken)))


def schema() -> Iterator[Finding]:
    """Whether its tables are those of this code."""
    state = _read(health.schema)
    if state is Schema.CURRENT:
        yield ok(_("tables"), _("They are those of this version."))
    elif state is Schema.NEWER:
        yield broken(
            _("tables"),
            _("They were made by a newer version of this site."),
            _("Run that version, or put back a backup of before: flask restore FILE"),
        )
    else:
        yield broken(
            _("tables"), _("They are missing, or those of an older version."), _("Stop the site and start it again.")
        )


def integrity() -> Iterator[Finding]:
    """Whether each part of it is where it should be, and whatever is spoken of exists."""
    faults, orphans = _read(_unsound)
    if faults:
        yield broken(
            _("integrity"), _("The database is damaged: %(faults)s.", faults="; ".join(faults)), str(WHEN_DAMAGED)
        )
    if orphans:
        yield broken(
            _("integrity"),
            ngettext("%(num)s row speaks of one that is gone.", "%(num)s rows speak of ones that are gone.", orphans),
            _("Somebody changed the database by hand. Put back the newest backup, or ask whoever did."),
        )
    if not faults and not orphans:
        yield ok(_("integrity"), _("Every part is where it should be, and whatever is spoken of exists."))


def now() -> Iterator[Finding]:
    """Whether the clock goes on from where it was when something was last written."""
    last = _read(_newest)
    if last is not None and last - clock.now() > CLOCKS_APART:
        yield broken(
            _("clock"),
            _(
                "It is %(apart)s behind: what was written last says %(then)s.",
                apart=length(last - clock.now()),
                then=_read(lambda: moment(last)),
            ),
            _("Set the clock right and keep it so (timedatectl set-ntp true). Links would live too long by this one."),
        )
    else:
        yield ok(_("clock"), _("It says %(now)s UTC.", now=f"{clock.now():%Y-%m-%d %H:%M}"))


def worker() -> Iterator[Finding]:
    """Whether somebody delivers mail and forgets what may no longer be held."""
    beat = _read(lambda: db.session.scalar(select(WorkerBeat)))
    state = health.worker_of(beat)
    start = _("./run starts one; if you start the parts by hand, run: flask worker")
    if state is Worker.NEVER_SEEN:
        yield broken(_("worker"), _("None was ever at work: no mail leaves, nothing is forgotten."), start)
    elif state is Worker.SILENT:
        sentence = _("None was at work for %(time)s: no mail leaves, nothing is forgotten.", time=length(beat.age))
        yield broken(_("worker"), sentence, start)
    elif state is Worker.UNKNOWN:
        sentence = _("Nobody can say: its last beat lies in the future, so the clock was set back since.")
        yield look(_("worker"), sentence, _("Ask again in half a minute. If it is still so, there is none."))
    elif beat.clock_was_moved:
        sentence = _("It delivers mail and forgets nothing for now: the clock was moved, and may be wrong.")
        yield look(
            _("worker"), sentence, _("Look whether the clock is right. Once it has gone evenly for a day, this ends.")
        )
    else:
        yield ok(_("worker"), _("It was at work %(seconds)s seconds ago.", seconds=int(beat.age.total_seconds())))


def outbox() -> Iterator[Finding]:
    """How the mail goes."""
    waiting, failed, refused_for_now, due_at = _read(_counts)
    late = clock.now() - due_at if due_at else timedelta()
    if late > MAIL_IS_LATE_AFTER:
        yield broken(
            _("outbox"),
            _(
                "An email that is due has waited for %(time)s; %(count)s wait in all.",
                time=length(late),
                count=waiting,
            ),
            _("See what is said here of the worker and of the mail server.")
            if current_app.config["MAIL_SERVER"]
            else _("No mail server is set. Set OPM_MAIL_SERVER, and they go."),
        )
    if failed:
        yield look(
            _("outbox"),
            ngettext("%(num)s email was refused for good.", "%(num)s emails were refused for good.", failed),
            _("Read why at the desk, under Mail. A misspelt address is nobody's fault; a blocked sender is yours."),
        )
    if refused_for_now:
        few = ngettext(
            "%(num)s email was put off by the mail server and goes later.",
            "%(num)s emails were put off by the mail server and go later.",
            refused_for_now,
        )
        yield (look if refused_for_now > USUALLY_PUT_OFF else ok)(_("outbox"), few)
    if late <= MAIL_IS_LATE_AFTER and not failed and not refused_for_now:
        yield ok(_("outbox"), ngettext("%(num)s email waits.", "%(num)s emails wait.", waiting))


def size_now() -> int:
    """Bytes that it takes, which it has to be asked for."""
    if machine.is_sqlite():
        db.session.scalar(select(func.count()).select_from(text("sqlite_master")))
        return machine.database_size()
    return db.session.scalar(select(func.pg_database_size(func.current_database())))


def is_damaged(error: SQLAlchemyError) -> bool:
    """Whether SQLite says that its file is not what it should be."""
    return any(words in str(error) for words in ("malformed", "not a database"))


def damage(error: SQLAlchemyError) -> tuple[str, str]:
    """What to say then, and what to do."""
    return _("The database is damaged: %(faults)s.", faults=complaint(error)), str(WHEN_DAMAGED)


def _silence(error: SQLAlchemyError) -> tuple[str, str]:
    return (
        _("It does not answer: %(why)s.", why=complaint(error)),
        _("Look whether it runs, whether OPM_DATABASE_URL is right, and who holds it locked."),
    )


def _read(question):
    """The answer of one read-only transaction."""
    with reading():
        return question()


def _unsound() -> tuple[list[str], int]:
    """What is damaged, and how many rows speak of one that is gone."""
    if machine.is_sqlite():
        said = db.session.scalars(text(f"PRAGMA integrity_check({MOST_FAULTS})")).all()
        orphans = db.session.execute(text("PRAGMA foreign_key_check")).all()
        return [fault for fault in said if fault != "ok"], len(orphans)
    indexes, constraints = db.session.scalars(UNSOUND_ON_POSTGRES)
    faults = [ngettext("%(num)s index is not valid", "%(num)s indexes are not valid", indexes)] if indexes else []
    return faults, constraints


def _newest():
    """When something was last written, as far as a row says so."""
    moments = db.session.scalar(select(func.max(Email.created_at))), db.session.scalar(select(WorkerBeat.beaten_at))
    return max((at for at in moments if at), default=None)


def _counts():
    week = clock.now() - timedelta(days=settings.current().sent_email_days)
    waits, put_off = Email.state == State.WAITING, Email.tries > 0
    return db.session.execute(
        select(
            func.count().filter(waits),
            func.count().filter(Email.state == State.FAILED, Email.settled_at > week),
            func.count().filter(waits, put_off, Email.answer != ""),
            func.min(Email.due_at).filter(Email.is_due()),
        ).select_from(Email)
    ).one()
