"""Taking due emails to the mail server, safe for several workers and for one that dies.

An email is claimed by moving its due time ahead (the lease). Whoever claimed it sends it and settles it at once,
one commit an email. If the worker dies, the lease runs out and the email is due again: it goes at least once, and
twice only if the worker died between the server's yes and our note of it.
"""

import contextlib
import logging
import smtplib
import ssl
from collections.abc import Callable
from datetime import timedelta

from flask import current_app
from flask_mail import Connection, Message
from sqlalchemy import select, update

from opm.extensions import db, reading
from opm.lib import clock
from opm.outbox.letters import Letter, Letterbox
from opm.outbox.models import Email, State

BATCH = 20
SERVER_TIMEOUT_SECONDS = 15
LEASE = timedelta(seconds=60)
LEAST_LEASE_LEFT = timedelta(seconds=20)  # more than one slow server's timeout
WAITS = [timedelta(minutes=m) for m in (1, 5, 15, 60, 4 * 60, 12 * 60, 24 * 60, 24 * 60, 24 * 60)]
HEADERS = {
    "subject", "from", "to", "date", "message-id", "auto-submitted", "mime-version", "content-type",
    "content-transfer-encoding", "content-disposition",
}  # fmt: skip

log = logging.getLogger(__name__)


class ServerAway(Exception):
    """The mail server cannot be reached or takes nothing from us. What was not tried waits, uncharged."""


def deliver(letterbox: Letterbox, go_on: Callable[[], bool] = lambda: True) -> int:
    """Sends what is due, one batch over one connection, while `go_on()` says so. Commits after each email.

    Returns how many were claimed. Raises ServerAway when the server is the trouble and not an email.
    """
    waiting = claim()
    claimed_count = len(waiting)
    try:
        if waiting:
            with _Connection(current_app.extensions["mail"]) as connection:
                while waiting and go_on() and waiting[0].due_at - clock.now() > LEAST_LEASE_LEFT:
                    _deliver_one(waiting.pop(0), letterbox, connection)
    finally:
        _give_back(waiting)
    return claimed_count


def claim() -> list[Email]:
    """Takes a batch of due emails for this worker alone, until the lease ends. Commits.

    PostgreSQL skips what another worker has locked; SQLite ignores that clause, and one writer at a time is its rule.
    """
    ids = select(Email.id).where(Email.is_due()).order_by(Email.due_at, Email.id).limit(BATCH)
    statement = (
        update(Email)
        .where(Email.id.in_(ids.with_for_update(skip_locked=True)), Email.is_due())
        .values(due_at=clock.now() + LEASE, tries=Email.tries + 1)
        .returning(Email)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    emails = sorted(db.session.scalars(statement), key=lambda email: email.id)
    db.session.commit()
    return emails


def _deliver_one(email: Email, letterbox: Letterbox, connection: "_Connection") -> None:
    """Settles this email or says when to try it again, and commits. No transaction is open while the server is."""
    try:
        with reading():
            letter = letterbox.render(email)
        if letter is None:
            email.settle(State.CANCELLED)
        else:
            connection.send(message(email, letter))
            email.settle(State.SENT)
    except smtplib.SMTPRecipientsRefused as refused:
        _refused(email, *next(iter(refused.recipients.values())))
    except smtplib.SMTPDataError as refused:
        _refused(email, refused.smtp_code, refused.smtp_error)
    except (OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPSenderRefused) as error:
        _refused(email, 451, str(error))
        raise ServerAway(str(error)) from error
    except Exception:  # a letter that cannot be written or sent must not hold up the others
        log.exception("email %s could not be written", email.id)
        _refused(email, 554, "it could not be written")
    finally:
        db.session.commit()


def _refused(email: Email, code: int, words: bytes | str) -> None:
    """5xx is the server's last word; after 4xx (greylisting, a full mailbox) it is tried again, later each time."""
    answer = f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
    if code >= 500 or email.tries > len(WAITS):
        email.settle(State.FAILED, answer)
    else:
        email.try_again(clock.now() + WAITS[email.tries - 1], answer)


def _give_back(emails: list[Email]) -> None:
    """Those that were claimed and not tried are due again at once, as if nobody had claimed them. Commits."""
    if not emails:
        return
    untried = Email.id.in_([email.id for email in emails]), Email.state == State.WAITING
    values = {"due_at": clock.now(), "tries": Email.tries - 1}
    db.session.execute(update(Email).where(*untried).values(values).execution_options(synchronize_session=False))
    db.session.commit()


def message(email: Email, letter: Letter) -> Message:
    """The email as it leaves: plain text, marked as written by a machine (RFC 3834)."""
    return _Message(
        subject=letter.subject,
        recipients=[email.recipient],
        body=letter.text,
        sender=current_app.config["MAIL_DEFAULT_SENDER"],
        date=clock.now().timestamp(),
        extra_headers={"Auto-Submitted": "auto-generated"},
        message_id=email.message_id,
    )


class _Message(Message):
    """Flask-Mail's message with the row's Message-ID, and headers that were counted before it goes."""

    def __init__(self, *args, message_id: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.msgId = message_id

    def as_bytes(self) -> bytes:
        """The serialised message. Raises ValueError if a header stands in it that we did not write.

        An encoded word in a subject can become a header of its own on Pythons with CVE-2024-6923.
        """
        whole = super().as_bytes()
        head = whole.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        names = [line.partition(b":")[0].decode().lower() for line in head.split(b"\n") if line[:1] not in b" \t"]
        if set(names) - HEADERS or len(names) != len(set(names)):
            raise ValueError("a mail with headers that are not ours was held back")
        return whole


class _Connection(Connection):
    """Flask-Mail's connection, with a timeout, with the server's certificate checked, and quiet when it ends."""

    def configure_host(self):
        try:
            host = smtplib.SMTP(self.mail.server, self.mail.port, timeout=SERVER_TIMEOUT_SECONDS)
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except (OSError, smtplib.SMTPException) as error:
            raise ServerAway(str(error)) from error
        return host

    def __exit__(self, *_):
        with contextlib.suppress(OSError, smtplib.SMTPException):
            super().__exit__(*_)
