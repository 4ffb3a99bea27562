"""What we write to people who report something. Nothing that a stranger typed stands in any of these mails."""

from opm import settings
from opm.comments.models import BlockedAddress
from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext
from opm.outbox.letters import Button, Code, Letter, Link, Quote, write
from opm.outbox.models import Email
from opm.reports.models import Outcome, Report, Settlement
from opm.reports.reporting import CONFIRM_MAIL
from opm.reports.settling import OUTCOME_MAIL


def confirmation(email: Email) -> Letter | None:
    """The code and the link, while the report waits for them."""
    report = _about(email)
    if report is None or report.is_confirmed or report.link_nonce != email.nonce:
        return None
    site, code = settings.current(), f"{report.code[:3]} {report.code[3:]}"
    return write(
        _("%(code)s is your code for %(site)s", code=code, site=site.site_name),
        _("Confirm your notice") if report.is_notice else _("Confirm your report"),
        _("Type this code on the page where you wrote:"),
        Code(code),
        _("Or open this page and press the button there:"),
        Button(_("Look at it and confirm"), f"/report/confirm/{report.link_token}"),
        _what(report),
        _("We ask you to confirm it, to know that you are a real person."),
        Link(
            _("Delete it, and stop mails like this one"),
            f"/report/not-me/{report.not_me_token}",
            before=_("You did not write it?"),
        ),
        ngettext(
            "Or do nothing: without this step nobody reads it, and after %(num)s day we delete it and your address.",
            "Or do nothing: without this step nobody reads it, and after %(num)s days we delete it and your address.",
            site.unconfirmed_days,
        ),
    )


def outcome(email: Email) -> Letter | None:
    """What was answered, if that answer still stands."""
    report = _about(email)
    settlement = report and report.settlement
    if not settlement or not settlement.is_current or str(settlement.id) != email.nonce:
        return None
    site = settings.current().site_name
    return write(
        _("Your notice to %(site)s is answered", site=site)
        if report.is_notice
        else _("Your report to %(site)s is answered", site=site),
        _heading(report, settlement),
        _what(report),
        _answer(report, settlement),
        *_note(settlement),
        _how_to_go_on(),
    )


def _heading(report: Report, settlement: Settlement) -> str:
    if settlement.outcome == Outcome.LEFT_UP:
        return _("We left it as it is")
    if settlement.outcome == Outcome.PASSED_ON:
        return _("We passed your notice on")
    return _("We took it down") if _is_gone(report) else _("We acted on it")


def _what(report: Report) -> str:
    if report.is_notice:
        return _("You sent us a notice that something on our site is unlawful.")
    return _("You reported a comment on “%(title)s”.", title=report.comment.thread.title)


def _answer(report: Report, settlement: Settlement) -> str:
    if settlement.outcome == Outcome.PASSED_ON:
        return _("A person of our team read it and gave it to those who have to decide about it.")
    if settlement.outcome == Outcome.ACTED:
        return (
            _("A person of our team read it. The comment is not on the site any more. Thank you for telling us.")
            if _is_gone(report)
            else _("A person of our team read it and dealt with it. Thank you for telling us.")
        )
    if report.is_notice:
        return _("A person of our team read it and decided to leave what you named where it is.")
    return _("A person of our team read it and decided that the comment may stay. Thank you for telling us.")


def _note(settlement: Settlement):
    """What the moderator adds."""
    if settlement.note:
        yield _("The moderator adds:")
        yield Quote(settlement.note)


def _how_to_go_on() -> Link | str:
    if contact := settings.current().contact_email:
        return _("If you think that this is wrong, write to %(email)s.", email=contact)
    return Link(_("How we moderate, and how to tell us more"), "/moderation/")


def _is_gone(report: Report) -> bool:
    """Whether it was about a comment that the public does not see any more."""
    return report.comment is not None and not report.comment.is_published


def _about(email: Email) -> Report | None:
    """The report, if its sender is the recipient and has not asked to be left alone."""
    report = db.session.get(Report, email.about_id)
    if report is None or report.email != email.recipient or BlockedAddress.stands(email.recipient):
        return None
    return report


RENDERERS = {CONFIRM_MAIL: confirmation, OUTCOME_MAIL: outcome}
