"""What readers see who report a comment, or send a notice that something here is unlawful.

Each address answers with a page, or for htmx with the fragment that the page includes.
"""

from flask import Blueprint, abort, redirect, render_template, request
from sqlalchemy import select

from opm import settings
from opm.comments.forms import AddressForm, NotMeForm, PanelCodeForm
from opm.comments.models import Comment, Thread
from opm.extensions import db, reading
from opm.lib import origin, typos
from opm.lib.confirming import CodeRefused
from opm.lib.i18n import gettext as _
from opm.lib.respond import page_or_fragment, see_other, wants_fragment
from opm.reports import places, reporting
from opm.reports.forms import GROUNDS, NoticeForm, NumberForm, ReportForm, WhereForm
from opm.reports.models import NotPublic, Report

bp = Blueprint("reports", __name__)

BODY_LIMIT = 200 * 1024  # three times 5,000 characters of four bytes, each percent-encoded, and the rest of the form


@bp.app_template_global()
def ground_in_words(ground) -> str:
    """Which law somebody says is broken."""
    return str(GROUNDS[ground])


# Which comment


@bp.get("/report/")
def start():
    """What can be reported and how; leads on to the comment whose address is given."""
    form = WhereForm(request.args if "comment" in request.args else None)
    if "comment" not in request.args:
        return render_template("reports/start.html", form=form)
    place = places.find(form.comment.data) if form.validate() else None
    if place and place.comment:
        return redirect(f"/report{place.address}")
    if place and Thread.at(place.address):
        return redirect(f"{place.address}report/")
    return render_template("reports/start.html", form=form, is_unknown=not form.errors), 422


@bp.get("/<path:address>/report/")
def which(address):
    """Asks for the number of a comment under this post; leads on to it."""
    thread = Thread.at(f"/{address}/") or abort(404)
    form = NumberForm(request.args if "number" in request.args else None)
    if "number" not in request.args:
        return render_template("reports/which.html", thread=thread, form=form)
    found = _numbered(thread, form.as_number) if form.validate() else None
    if found:
        return redirect(f"/report/comment/{found.id}")
    return render_template("reports/which.html", thread=thread, form=form, is_unknown=not form.errors), 422


# Reporting


@bp.get("/report/comment/<id:id>")
def about_comment(id):
    """The comment, and the form to report it."""
    return _report_form(_public(id), ReportForm(formdata=None))


@bp.post("/report/comment/<id:id>")
def report(id):
    """Takes a report; answers with the panel."""
    form = ReportForm()
    with reading():
        is_sound = form.validate()
        comment = _public(id)
    if not is_sound or _is_heavy():
        return _report_form(comment, form, 422 if not _is_heavy() else 413)
    return _sent(comment=comment, address=f"/comment/{comment.id}", **form.words())


@bp.get("/report/legal/")
def notice():
    """The form for a notice; `?on=` names what it is about."""
    form = NoticeForm(formdata=None)
    form.on.data = request.args.get("on", "")[:200]
    return _notice_form(form)


@bp.post("/report/legal/")
def send_notice():
    """Takes a notice; answers with the panel."""
    form = NoticeForm()
    with reading():
        is_sound = form.validate()
    if not is_sound or _is_heavy():
        return _notice_form(form, 422 if not _is_heavy() else 413)
    return _sent(**form.words())


# Confirming


@bp.get("/report/sent/<token>")
def panel(token):
    """The panel's own page, for browsers without scripts."""
    return _panel(_of_panel(token))


@bp.post("/report/sent/<token>")
def use_code(token):
    """Confirms by the digits from the mail. A wrong try is counted before it is answered."""
    report = _of_panel(token, held=True)
    form = PanelCodeForm()
    if not form.validate():
        return _panel(report, status=422, code_error=form.code.errors[0])
    try:
        is_new = reporting.by_code(report, form.code.data, origin.network())
    except CodeRefused as refused:
        db.session.commit()
        return _panel(report, status=422, code_error=refused.sentence)
    db.session.commit()
    return _confirmed(report) if is_new else _panel(report, is_over=True)


@bp.post("/report/sent/<token>/again")
def send_again(token):
    """Mails the code once more."""
    report = _of_panel(token, held=True)
    reporting.send_again(report, origin.network())
    db.session.commit()
    return _panel(report, said=_("We sent it again. Look in your junk folder, too."))


@bp.post("/report/sent/<token>/address")
def change_address(token):
    """Mails a code to another address instead."""
    report = _of_panel(token, held=True)
    form = AddressForm()
    if not form.validate():
        return _panel(report, status=422, address_form=form)
    report = reporting.change_address(report, form.email.data, origin.network())
    db.session.commit()
    return _panel(report, said=_("We sent a code to the new address."))


@bp.get("/report/confirm/<token>")
def link(token):
    """The page behind the mail's link: the whole report and one button; once confirmed, where it stands."""
    return render_template("reports/confirm.html", report=_of_link(token))


@bp.post("/report/confirm/<token>")
def use_link(token):
    """Confirms by the page's button; once is enough."""
    report = _of_link(token, held=True)
    reporting.confirm(report)
    db.session.commit()
    return see_other(f"/report/confirm/{token}")


@bp.get("/report/not-me/<token>")
def not_me(token):
    """Asks whoever says "this was not me" to press a button."""
    return render_template("reports/not_me.html", report=_of_link(token, kind="not me"), token=token)


@bp.post("/report/not-me/<token>")
def use_not_me(token):
    """Deletes what its addressee did not send."""
    report = _of_link(token, held=True, kind="not me")
    form = NotMeForm()
    try:
        blocked = reporting.not_me(report, never_mail_again=form.never_again.data)
    except reporting.AlreadyConfirmed:
        return render_template("reports/not_me.html", report=report, token=token), 409
    db.session.commit()
    return render_template("reports/not_me_done.html", blocked=blocked)


# Answers


def _report_form(comment, form, status=200):
    values = {"comment": comment, "form": form, "too_heavy": status == 413}
    return page_or_fragment("reports/comment.html", "reports/_report_form.html", status, **values)


def _notice_form(form, status=200):
    values = {"form": form, "grounds": GROUNDS.items(), "too_heavy": status == 413}
    return page_or_fragment("reports/notice.html", "reports/_notice_form.html", status, **values)


def _sent(**words):
    report = reporting.submit(**words, network=origin.network())
    db.session.commit()
    return _panel(report) if wants_fragment() else see_other(f"/report/sent/{report.panel_token}")


def _panel(report, status=200, **values):
    values |= {"report": report, "meant": typos.meant(report.email.lower(), settings.current().own_domains)}
    return page_or_fragment("reports/panel.html", "reports/_panel.html", status, **values)


def _confirmed(report):
    if wants_fragment():
        return render_template("reports/_confirmed.html", report=report)
    return see_other(f"/report/confirm/{report.link_token}")


def _is_heavy() -> bool:
    return (request.content_length or 0) > BODY_LIMIT


# Finding


def _public(id: int) -> Comment:
    """A comment that the public sees. Raises NotPublic if it saw it once; aborts with 404 if it never did."""
    found = db.session.get(Comment, id)
    if found is None or found.number is None or not found.thread.is_public:
        abort(404)
    if not found.is_published:
        raise NotPublic
    return found


def _numbered(thread: Thread, number: int) -> Comment | None:
    """The comment with this number, if the public sees it."""
    found = db.session.scalar(select(Comment).where(Comment.thread_id == thread.id, Comment.number == number))
    return found if found and found.is_published else None


def _of_panel(token: str, held: bool = False) -> Report:
    return Report.of_panel(token, settings.current().unconfirmed_for, held)


def _of_link(token: str, held: bool = False, kind: str = "link") -> Report:
    return Report.of_link(token, settings.current().unconfirmed_for, held, kind)
