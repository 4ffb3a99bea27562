"""What we write to people who complain. Nothing that they typed stands in any of these mails."""

from opm import settings
from opm.comments.models import BlockedAddress
from opm.complaints.complaining import ACKNOWLEDGED_MAIL
from opm.complaints.handling import ANSWER_MAIL, PROGRESS_MAIL
from opm.complaints.models import Complaint, ComplaintStep, Outcome
from opm.extensions import db
from opm.filters import day
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.outbox.letters import Button, Letter, Link, Words, write
from opm.outbox.models import Email

HEADINGS = {
    Outcome.UPHELD: later("You were right to complain"),
    Outcome.PARTLY: later("You were right in part"),
    Outcome.NOT_UPHELD: later("We do not see it as you do"),
}


def acknowledged(email: Email) -> Letter | None:
    """That we have it, its number, and by when we answer."""
    complaint = _about(email, db.session.get(Complaint, email.about_id))
    if complaint is None:
        return None
    site = settings.current()
    return write(
        _("Your complaint to %(site)s: number %(number)s", site=site.site_name, number=complaint.id),
        _("We have your complaint"),
        _(
            "It has the number %(number)s. A person of our team looks into it, and answers by %(day)s.",
            number=complaint.id,
            day=day(complaint.answer_until(site.complaint_answer_days)),
        ),
        Button(_("See where it stands"), f"/complaint/{complaint.token}/"),
        _("There you can also add something, or take it back. The page is yours alone: keep this mail."),
        Link(
            _("Tell us, and it is deleted"),
            f"/complaint/not-me/{complaint.not_me_token}",
            before=_("You did not send it?"),
        ),
    )


def progress(email: Email) -> Letter | None:
    """How far we have come with it."""
    step, complaint = _step(email)
    if complaint is None:
        return None
    return write(
        _subject(complaint),
        _("How far we have come with your complaint"),
        Words(step.text),
        Button(_("See where it stands"), f"/complaint/{complaint.token}/"),
    )


def answer(email: Email) -> Letter | None:
    """How it ended, unless that was taken back."""
    step, complaint = _step(email)
    if complaint is None or step.undone_at:
        return None
    return write(
        _subject(complaint),
        str(HEADINGS[step.outcome]),
        Words(step.text),
        Button(_("See all of it"), f"/complaint/{complaint.token}/"),
        _if_it_does_not_help(),
    )


def _if_it_does_not_help() -> str:
    if settings.current().is_uk_public_body:
        return _("If this does not help, you can complain to the Information Commissioner: ico.org.uk")
    return _("If this does not help, you can turn to the authority for data protection where you live.")


def _subject(complaint: Complaint) -> str:
    site = settings.current().site_name
    return _("Your complaint to %(site)s, number %(number)s", site=site, number=complaint.id)


def _step(email: Email) -> tuple[ComplaintStep | None, Complaint | None]:
    step = db.session.get(ComplaintStep, email.about_id)
    return step, _about(email, step and step.complaint)


def _about(email: Email, complaint: Complaint | None) -> Complaint | None:
    """The complaint, if who sent it is the recipient and has not asked to be left alone."""
    if complaint is None or complaint.email != email.recipient or complaint.nonce != email.nonce:
        return None
    return None if BlockedAddress.stands(email.recipient) else complaint


RENDERERS = {ACKNOWLEDGED_MAIL: acknowledged, PROGRESS_MAIL: progress, ANSWER_MAIL: answer}
