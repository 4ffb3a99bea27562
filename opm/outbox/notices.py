"""Reading what mail servers send back: that a mail of ours did not arrive (delivery status notifications, RFC 3464).

Anybody can send such a notice. One counts only if it returns the Message-ID of an email that we have sent, which only
its recipient and the servers on its way know; and each email counts once.
"""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import Enum

from sqlalchemy import select

from opm.extensions import db
from opm.lib.i18n import lazy_gettext as _
from opm.outbox import bounces
from opm.outbox.delivery import readable
from opm.outbox.models import Email, State

LONGEST_NOTICE = 1_000_000  # bytes; servers return the headers, or a mail of ours, which is far smaller
LONGEST_MESSAGE_ID = 300


class Verdict(Enum):
    """What became of a notice."""

    COUNTED = _("counted: a mail of ours did not arrive")
    NO_NOTICE = _("no notice about a mail that did not arrive")
    NOT_FOR_GOOD = _("about a delay, or a mail that did arrive")
    NOT_OURS = _("about no mail that we have sent in the last days")
    KNOWN = _("about a mail that was counted before")


@dataclass(frozen=True)
class Notice:
    """That one mail failed for good: which one, and with what status (RFC 3463), such as 5.1.1."""

    message_id: str
    status: str
    words: str


def take(raw: bytes) -> Verdict:
    """Counts what this notice says against the address that the mail went to. The caller commits."""
    try:
        notice = read(raw[:LONGEST_NOTICE])
    except Exception:  # the parser meets whatever somebody sends; what it cannot read is no notice
        return Verdict.NO_NOTICE
    if isinstance(notice, Verdict):
        return notice
    sent = select(Email).where(Email.message_id == notice.message_id).with_for_update()
    email = db.session.scalar(sent.execution_options(populate_existing=True))
    if email is None or not email.recipient:
        return Verdict.NOT_OURS
    if email.state == State.FAILED:
        return Verdict.KNOWN
    email.settle(State.FAILED, readable(f"{notice.status} {notice.words}"))
    bounces.note(email.recipient, notice.status)
    return Verdict.COUNTED


def read(raw: bytes) -> Notice | Verdict:
    """What a notice says; or why it says nothing to us. Raises whatever the parser raises of what is no mail."""
    parts = list(message_from_bytes(raw).walk())
    statuses = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    if not statuses:
        return Verdict.NO_NOTICE
    failed = next((found for status in statuses if (found := _failed(status))), None)
    if failed is None:
        return Verdict.NOT_FOR_GOOD
    message_id = next((found for part in parts if (found := _returned(part))), "")
    if not message_id:
        return Verdict.NOT_OURS
    return Notice(message_id, str(failed["Status"]).split()[0], str(failed.get("Diagnostic-Code", "")))


def _failed(status: Message) -> Message | None:
    """The first recipient, of those that the report names, whom the mail will never reach."""
    blocks = status.get_payload() if status.is_multipart() else []
    for block in blocks:
        action, code = str(block.get("Action", "")).strip().lower(), str(block.get("Status", "")).strip()
        if action == "failed" and code.startswith("5."):
            return block
    return None


def _returned(part: Message) -> str:
    """The Message-ID in what the notice returns of the mail: its headers, or all of it."""
    kind = part.get_content_type()
    if kind == "text/rfc822-headers":
        headers = message_from_bytes(part.get_payload(decode=True) or b"")
    elif kind == "message/rfc822" and part.is_multipart():
        headers = part.get_payload(0)
    else:
        return ""
    return str(headers.get("Message-ID", "")).strip()[:LONGEST_MESSAGE_ID]
