"""All that the site holds about one comment, as its writer downloads it: said plainly, in the order of the receipt."""

from datetime import datetime

from opm import settings
from opm.comments import receipts
from opm.comments.models import Act, Comment, Decision, State
from opm.lib.i18n import gettext as _
from opm.lib.links import absolute
from opm.lib.redaction import with_gaps
from opm.outbox.models import Email


def of(comment: Comment) -> dict:
    """What is held, ready for JSON. What is not told is the same for everyone, so that it tells nothing."""
    return {
        "what_this_is": _("All that we hold about one comment, for who wrote it. Times are in UTC."),
        "what_is_left_out": [
            _("whether somebody took it for spam: to tell would help those who send it"),
            _("what a moderator decided and took back within minutes, and which moderator it was"),
            _("whether somebody reported it, and what they said: that is theirs"),
            _("random numbers from which the links and codes in our mails are made"),
        ],
        **told(comment),
        "mails_about_it": [_mail(email) for email in receipts.mails(comment)],
    }


def told(comment: Comment) -> dict:
    """The same without the mails about it, for who is told of many."""
    return {
        "comment": _comment(comment),
        "you": _writer(comment),
        "times": _times(comment),
        "decisions": [_decision(each) for each in comment.standing_decisions if each.act != Act.SPAM],
    }


def _comment(comment: Comment) -> dict:
    thread, parent = comment.thread, comment.parent
    return {
        "post": thread.title,
        "post_address": absolute(thread.address),
        "answers_comment": absolute(f"/comment/{parent.id}") if parent else None,
        "state": State.PENDING if comment.state == State.SPAM else comment.state,
        "number": comment.number,
        "address": absolute(f"/comment/{comment.id}") if comment.number else None,
        "text": with_gaps(comment.text),
        "revision": comment.revision,
        "signs_for_moderators": comment.flags,
        "came_by": comment.received_how,
        "came_on": comment.received_on and comment.received_on.isoformat(),
    }


def _writer(comment: Comment) -> dict:
    return {
        "name": comment.name,
        "name_last_sent_with_these_words": comment.panel_name,
        "email": comment.email,
        "wants_to_hear_what_is_decided": comment.wants_outcome,
        "fingerprint_of_the_address": _("held, to know whether we have published you before"),
        "fingerprint_of_the_network": _("held, to notice floods of comments") if comment.network else None,
        "codes_typed": comment.code_tries,
    }


def _times(comment: Comment) -> dict:
    return {
        "written": _moment(comment.written_at),
        "last_sent": _moment(comment.panel_opened_at),
        "code_made": _moment(comment.code_made_at),
        "address_confirmed": _moment(comment.confirmed_at),
        "first_published": _moment(comment.published_at),
        "last_changed_by_you": _moment(comment.edited_at),
        "withdrawn": _moment(comment.withdrawn_at),
    }


def _decision(decision: Decision) -> dict:
    rule = settings.current().rule(decision.rule_number) if decision.rule_number else None
    return {
        "what": decision.act,
        "at": _moment(decision.decided_at),
        "revision": decision.revision,
        "rule_number": decision.rule_number,
        "rule": rule and rule.title,
        "note": decision.note,
        "text_before": decision.words_before and with_gaps(decision.words_before),
    }


def _mail(email: Email) -> dict:
    return {"kind": email.kind, "to": email.recipient, "state": email.state, "due": _moment(email.due_at)}


def _moment(at: datetime | None) -> str | None:
    return at and at.isoformat(timespec="seconds")
