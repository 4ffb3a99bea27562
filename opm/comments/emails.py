"""What we write to commenters. Nothing that a stranger typed stands in any of these mails."""

from flask import render_template

from opm import settings
from opm.comments.models import BlockedAddress, Comment, Decision, State
from opm.comments.moderation import OUTCOME_MAIL
from opm.comments.submission import ALREADY_MAIL, CONFIRM_MAIL
from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.outbox.letters import Letter
from opm.outbox.models import Email


def confirmation(email: Email) -> Letter | None:
    """The code and the link, while the comment waits for them at this address."""
    comment = _about(email, email.about_id)
    if comment is None or comment.state != State.UNCONFIRMED or comment.link_nonce != email.nonce:
        return None
    code = f"{comment.code[:3]} {comment.code[3:]}"
    subject = _("%(code)s is your code for %(site)s", code=code, site=settings.current().site_name)
    return _letter(subject, "confirmation", comment, code=code)


def already_confirmed(email: Email) -> Letter | None:
    """For somebody who asks for a code that is needed no more: where their comment stands."""
    comment = _about(email, email.about_id)
    if comment is None or not comment.is_confirmed or comment.receipt_nonce != email.nonce:
        return None
    return _letter(_("Your comment is already confirmed"), "already_confirmed", comment)


def outcome(email: Email) -> Letter | None:
    """What a moderator decided, if that still stands and its writer wants to hear of it."""
    decision = db.session.get(Decision, email.about_id)
    comment = _about(email, decision.comment_id) if decision and decision.is_current else None
    if comment is None or not comment.wants_outcome:
        return None
    site = settings.current().site_name
    subject = (
        _("Your comment on %(site)s is published", site=site)
        if comment.is_published
        else _("Your comment on %(site)s is not published", site=site)
    )
    rule = settings.current().rule(decision.rule_number) if decision.rule_number else None
    return _letter(subject, "outcome", comment, decision=decision, rule=rule)


def _about(email: Email, comment_id: int) -> Comment | None:
    """The comment, if its address is still the recipient and has not asked to be left alone."""
    comment = db.session.get(Comment, comment_id)
    if comment is None or comment.email != email.recipient or BlockedAddress.stands(email.recipient):
        return None
    return comment


def _letter(subject: str, template: str, comment: Comment, **values) -> Letter:
    text = render_template(f"emails/comments/{template}.txt", comment=comment, settings=settings.current(), **values)
    return Letter(subject, text)


RENDERERS = {CONFIRM_MAIL: confirmation, ALREADY_MAIL: already_confirmed, OUTCOME_MAIL: outcome}
