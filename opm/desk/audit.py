"""The log as admins read it: who did what to what, and when; a part of it, the history of one thing, and as a file."""

from tempfile import TemporaryFile

from flask import Blueprint, Response, abort, g, render_template, request
from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from opm import settings
from opm.accounts import audit
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.audit import Did, Entry
from opm.accounts.models import Person
from opm.desk import audited
from opm.desk.audit_forms import THE_SITE, WantedForm, row_number
from opm.extensions import db
from opm.filters import machine_moment
from opm.lib import clock, spreadsheets
from opm.lib.i18n import gettext as _

bp = Blueprint("audit_desk", __name__, url_prefix="/audit")

bp.add_app_template_filter(audited.did_in_words)
bp.add_app_template_filter(audited.kind_in_words)
bp.add_app_template_filter(audited.detail_in_words)
bp.add_app_template_filter(audited.name_in_words)

ON_A_PAGE = 50
AT_A_TIME = 1_000  # rows that an export holds


@bp.get("/")
@requires(Ability.READ_AUDIT)
def log():
    """What was done, the newest first; of one person, kind, act, or span of days, or to one thing."""
    form = WantedForm(formdata=request.args)
    if not form.validate():
        return _page(form, 422)
    before = request.args.get("before")
    below = () if before is None else (Entry.id < (row_number(before) or abort(404)),)
    wanted = select(Entry).where(*form.conditions(), *below).options(joinedload(Entry.by))
    found = db.session.scalars(wanted.order_by(Entry.id.desc()).limit(ON_A_PAGE + 1)).all()
    entries = found[:ON_A_PAGE]
    more = {"next": entries[-1].id if len(found) > ON_A_PAGE else None, "is_first": before is None}
    return _page(form, entries=entries, rooms=audited.rooms(entries), **more)


@bp.post("/export")
@requires(Ability.READ_AUDIT)
def export():
    """All of that as CSV. Who takes it away leaves a row, too, which stands in it.

    It is written to a file first: who reads it slowly holds nothing up, and what goes wrong is told before it begins.
    """
    form = WantedForm(formdata=request.form)
    if not form.validate():
        return _page(form, 422)
    audit.record(g.person, Did.EXPORTED_LOG, "site", detail=form.in_short)
    db.session.commit()
    file = TemporaryFile()  # noqa: SIM115 – the answer closes it
    spreadsheets.write(_table(form.conditions()), file)
    length = file.tell()
    file.seek(0)
    name = f"audit-log-{settings.current().local(clock.now()):%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f"attachment; filename={name}", "Content-Length": length}
    return Response(_parts_of(file), headers=headers, content_type="text/csv; charset=utf-8; header=present")


def _table(conditions):
    """The rows of the file, with a head. Who calls it has a bounded number of entries in memory."""
    site = settings.current()
    zone = _("When, in %(zone)s", zone=site.zone)
    yield [_("When (UTC)"), zone, _("By"), _("Did"), _("Kind"), _("Number"), _("What"), _("More")]
    columns = Entry.id, Entry.done_at, Entry.by_id, Entry.did, Entry.kind, Entry.thing_id, Entry.words, Entry.detail
    dids, kinds = dict(audited.dids()), dict(audited.kinds())
    nobody = _("The site itself, or a command")
    names = dict(db.session.execute(select(Person.id, Person.name).where(_has_acted())).all())
    last = None
    while True:
        below = () if last is None else (Entry.id < last,)
        wanted = select(*columns).where(*conditions, *below).order_by(Entry.id.desc()).limit(AT_A_TIME)
        rows = db.session.execute(wanted).all()
        for row in rows:
            at = site.local(row.done_at).isoformat(timespec="seconds")
            by = names.get(row.by_id, "") if row.by_id else nobody
            said = dids.get(row.did, row.did), kinds.get(row.kind, row.kind), row.thing_id
            name = audited.name_in_words(row.words, row.kind)
            yield [machine_moment(row.done_at), at, by, *said, name, audited.detail_in_words(row.detail)]
        if len(rows) < AT_A_TIME:
            return
        last = rows[-1].id


def _parts_of(file):
    with file:
        while part := file.read(64 * 1024):
            yield part


def _has_acted():
    """The condition under which somebody stands in the log."""
    return exists().where(Entry.by_id == Person.id)


def _page(form: WantedForm, status: int = 200, **values):
    people = db.session.scalars(select(Person).where(_has_acted()).order_by(Person.name, Person.id)).all()
    known = {"", THE_SITE, *(str(person.id) for person in people)}
    values["stranger"] = form.by.data if form.by.data not in known else ""
    values |= {"form": form, "people": people, "dids": audited.dids(), "kinds": audited.kinds()}
    return render_template("desk/audit/list.html", **values), status
