"""What we write to commenters. Nothing that a stranger typed stands in any of these mails."""

from opm import settings
from opm.accounts.abilities import Ability
from opm.comments import handing
from opm.comments.models import Act, BlockedAddress, Comment, Decision, Handover, State
from opm.comments.moderation import OUTCOME_MAIL
from opm.comments.submission import ALREADY_MAIL, CONFIRM_MAIL
from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext
from opm.outbox.letters import Button, Code, Letter, Link, Quote, Words, write
from opm.outbox.models import Email


def confirmation(email: Email) -> Letter | None:
    """The code and the link, while the comment waits for them at this address."""
    comment = _about(email, email.about_id)
    if comment is None or comment.state != State.UNCONFIRMED or comment.link_nonce != email.nonce:
        return None
    site, code = settings.current(), f"{comment.code[:3]} {comment.code[3:]}"
    return write(
        _("%(code)s is your code for %(site)s", code=code, site=site.site_name),
        _("Confirm your comment"),
        _("Type this code on the page where you wrote:"),
        Code(code),
        _("Or open this page and press the button there:"),
        Button(_("Look at it and confirm"), f"/comment/confirm/{comment.link_token}"),
        _(
            "You wrote a comment on “%(title)s”. We ask you to confirm it, to know that you are a real person.",
            title=comment.thread.title,
        ),
        _to_receipt(comment),
        Link(
            _("Delete it, and stop mails like this one"),
            f"/comment/not-me/{comment.not_me_token}",
            before=_("You did not write it?"),
        ),
        ngettext(
            "Or do nothing: without this step it is not published, and after %(num)s day we delete it and your "
            "address.",
            "Or do nothing: without this step it is not published, and after %(num)s days we delete it and your "
            "address.",
            site.unconfirmed_days,
        ),
    )


def already_confirmed(email: Email) -> Letter | None:
    """For somebody who asks for a code that is needed no more: where their comment stands."""
    comment = _about(email, email.about_id)
    if comment is None or not comment.is_confirmed or comment.receipt_nonce != email.nonce:
        return None
    return write(
        _("Your comment is already confirmed"),
        _("You need no code any more"),
        _(
            "You asked for a code for your comment on “%(title)s”. Your address is confirmed already.",
            title=comment.thread.title,
        ),
        _to_receipt(comment),
    )


def outcome(email: Email) -> Letter | None:
    """What a moderator decided, if that still stands and its writer wants to hear of it."""
    decision = db.session.get(Decision, email.about_id)
    comment = _about(email, decision.comment_id) if decision and decision.is_current else None
    if comment is None or not comment.wants_outcome:
        return None
    if decision.act == Act.REDACT:
        return _redacted(comment, decision)
    if comment.is_published:
        return _published(comment) if comment.thread.is_public else None
    return _rejected(comment, decision) if decision.act == Act.REJECT else _taken_down(comment, decision)


def handed_on(email: Email) -> Letter | None:
    """A colleague asks somebody to look at a comment, while it waits for them. Nothing of the comment stands in it."""
    handover = db.session.get(Handover, email.about_id)
    if handover is None or handover.comment.state != State.PENDING:
        return None
    if handover.to.email != email.recipient or not handover.to.may(Ability.MODERATE):
        return None
    return write(
        _("A comment waits for you at the desk of %(site)s", site=settings.current().site_name),
        _("A comment waits for you"),
        _(
            "%(name)s asks you to look at a comment on “%(title)s”.",
            name=handover.by.name,
            title=handover.comment.thread.title,
        ),
        Quote(handover.note) if handover.note else None,
        Button(_("Look at it at the desk"), f"/desk/comments/{handover.comment_id}"),
    )


def _published(comment: Comment) -> Letter:
    return write(
        _("Your comment on %(site)s is published", site=settings.current().site_name),
        _("Your comment is published"),
        _(
            "Thank you. It stands under “%(title)s” as comment %(number)s:",
            title=comment.thread.title,
            number=comment.number,
        ),
        Button(_("Read it there"), f"/comment/{comment.id}"),
        _to_receipt(comment),
    )


def _rejected(comment: Comment, decision: Decision) -> Letter:
    site, title = settings.current().site_name, comment.thread.title
    thanks = _("Thank you for what you wrote about “%(title)s”. We did not publish it.", title=title)
    return write(
        _("Your comment on %(site)s is not published", site=site),
        _("We did not publish your comment"),
        *_refusal(decision, thanks),
        _to_receipt(comment),
    )


def _taken_down(comment: Comment, decision: Decision) -> Letter:
    site, title = settings.current().site_name, comment.thread.title
    return write(
        _("Your comment on %(site)s is not published any more", site=site),
        _("We took your comment down"),
        *_refusal(decision, _("Your comment on “%(title)s” is not published any more.", title=title)),
        _to_receipt(comment),
    )


def _refusal(decision: Decision, begins: str):
    """The letter that the moderator sent. One decided before there were letters has a rule, and perhaps a note."""
    if decision.is_letter:
        yield Words(decision.note)
        yield Link(_("Read our rules"), "/moderation/")
    else:
        yield begins
        yield from _reasons(decision)
        yield Link(_("You are welcome to write again, keeping to our rules"), "/moderation/")


def _redacted(comment: Comment, decision: Decision) -> Letter:
    site, was_public = settings.current().site_name, decision.from_state == State.PUBLISHED
    return write(
        _("We took words out of your comment on %(site)s", site=site)
        if was_public
        else _("Your comment on %(site)s is published, without some words", site=site),
        _("We took words out of your comment") if was_public else _("Your comment is published, without some words"),
        _(
            "Your comment stands under “%(title)s” as comment %(number)s. A mark shows where words stood that a "
            "moderator took out.",
            title=comment.thread.title,
            number=comment.number,
        ),
        *_reasons(decision),
        Button(_("Read it there"), f"/comment/{comment.id}"),
        _to_receipt(comment),
    )


def _reasons(decision: Decision):
    """The rule that it broke, and what the moderator adds."""
    if rule := settings.current().rule(decision.rule_number):
        yield _("The reason: %(regret)s.", regret=rule.regret)
        yield _("Rule %(number)s, %(title)s: %(text)s", number=rule.number, title=rule.title, text=rule.text)
    if decision.note:
        yield _("The moderator adds:")
        yield Quote(decision.note)


def _to_receipt(comment: Comment) -> Link:
    words = (
        _("See where your comment stands, change or withdraw it")
        if comment.can_be_edited
        else _("See where your comment stands, withdraw it, or stop our mails")
    )
    return Link(words, f"/receipt/{comment.receipt_token}/")


def _about(email: Email, comment_id: int) -> Comment | None:
    """The comment, if its address is still the recipient and has not asked to be left alone."""
    comment = db.session.get(Comment, comment_id)
    if comment is None or comment.email != email.recipient or BlockedAddress.stands(email.recipient):
        return None
    return comment


RENDERERS = {
    CONFIRM_MAIL: confirmation,
    ALREADY_MAIL: already_confirmed,
    OUTCOME_MAIL: outcome,
    handing.MAIL: handed_on,
}
