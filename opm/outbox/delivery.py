"""Taking due emails to the mail server, safe for several workers and for one that dies.

An email is claimed by moving its due time ahead (the lease). Whoever claimed it sends it and settles it at once,
one commit an email. If the worker dies, the lease runs out and the email is due again: it goes at least once, and
twice only if the worker died between the server's yes and our note of it.
"""

import contextlib
import logging
import re
import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.charset import QP, Charset
from email.mime.text import MIMEText
from email.policy import EmailPolicy

from flask import current_app
from flask_mail import BadHeaderError, Connection, Message
from sqlalchemy import and_, case, exists, or_, select, update
from sqlalchemy.exc import DBAPIError, OperationalError

from opm import settings
from opm.extensions import db, reading
from opm.lib import clock, links, tokens
from opm.outbox import bounces
from opm.outbox.letters import Letter, Letterbox
from opm.outbox.models import Email, State

BATCH = 20
SERVER_TIMEOUT_SECONDS = 15
LEASE = timedelta(seconds=75)
LEAST_LEASE_LEFT = timedelta(seconds=4 * SERVER_TIMEOUT_SECONDS + 1)  # a server answers four times to an email
LONGEST_ANSWER = 500
NOTE_TRIES = 3
WAITS = [timedelta(minutes=m) for m in (1, 5, 15, 60, 4 * 60, 12 * 60, 24 * 60, 24 * 60, 24 * 60)]
CLOCKS_DIFFER = timedelta(minutes=1)  # at most, those of machines that are looked after
WRITTEN_AHEAD = timedelta(hours=1)  # by more than that: with a clock that was wrong
HEADERS = {
    "subject", "from", "to", "date", "message-id", "auto-submitted", "mime-version", "content-type", "reply-to",
}  # fmt: skip
UNSUBSCRIBING = {"list-unsubscribe", "list-unsubscribe-post"}  # both or none
PART_HEADERS = ["content-transfer-encoding", "content-type", "mime-version"]
SAFE_ADDRESS = re.compile(r"https?://[!-;=?-~]+")  # no space, no line's end, no bracket, ASCII alone
QUOTED_PRINTABLE = Charset("utf-8")
QUOTED_PRINTABLE.body_encoding = QP

log = logging.getLogger(__name__)


class _WholeAddresses(EmailPolicy):
    """Lines as mail has them; but an address of the web is left as it is, which Python would break and encode."""

    def fold_binary(self, name, value):
        if name.lower() in UNSUBSCRIBING:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


WHOLE_ADDRESSES = _WholeAddresses(linesep="\r\n")


@dataclass(frozen=True)
class Answer:
    """What a mail server says to an email: a code of three digits, and words."""

    code: int
    words: bytes | str = ""

    def __str__(self) -> str:
        words = self.words.decode(errors="replace") if isinstance(self.words, bytes) else self.words
        return readable(f"{self.code} {words}")


TAKEN = Answer(250)
NOT_SO_ANY_MORE = Answer(0)
UNWRITABLE = Answer(554, "it could not be written")


class ServerAway(Exception):
    """The mail server cannot be reached or takes nothing from us. What was not tried waits, uncharged."""


def deliver(letterbox: Letterbox, go_on: Callable[[], bool] = lambda: True) -> int:
    """Sends what is due, one batch over one connection, while `go_on()` says so. Commits after each email.

    Returns how many were claimed. Raises ServerAway when the server is the trouble and not an email.
    """
    waiting: list[Email] = []
    claimed_count = 0
    try:
        with _Connection(current_app.extensions["mail"]) as connection:
            waiting = claim()  # not before: shaking hands with a slow server could take longer than the lease
            claimed_count, ends = len(waiting), time.monotonic() + LEASE.total_seconds()
            while waiting and go_on() and _lease_left(waiting[0], ends) > LEAST_LEASE_LEFT:
                _deliver_one(waiting.pop(0), letterbox, connection)
    finally:
        _give_back(waiting)
    return claimed_count


def send_now(recipient: str, letter: Letter) -> Answer:
    """Hands over one letter that is no row, for somebody who waits for the server's answer. Raises ServerAway."""
    host = current_app.config["MAIL_DEFAULT_SENDER"].rpartition("@")[2]
    email = Email(recipient=recipient, message_id=f"<{tokens.new_nonce()}@{host}>")
    with reading():
        whole = message(email, letter)
    try:
        with _Connection(current_app.extensions["mail"]) as connection:
            return _answer_to(whole, connection)
    except OSError as error:
        raise ServerAway(str(error)) from error


def greet() -> None:
    """Shakes hands with the server and leaves. Raises ServerAway."""
    try:
        with _Connection(current_app.extensions["mail"]) as connection:
            if connection.host:  # none in a test
                connection.host.ehlo_or_helo_if_needed()
    except OSError as error:
        raise ServerAway(str(error)) from error


def readable(words: str) -> str:
    """What a server said, as it can be kept and shown."""
    return "".join(letter for letter in words if letter.isprintable() or letter == "\n")[:LONGEST_ANSWER]


def claim() -> list[Email]:
    """Takes a batch of due emails for this worker alone, until the lease ends. Commits.

    Those that somebody waits for go first: as long as there are any, none that goes to many is taken.

    PostgreSQL skips what another worker has locked; SQLite ignores that clause, and one writer at a time is its rule.
    The batch is chosen in a common table expression: PostgreSQL may run a subquery anew for each row.
    """
    emails = _claim(is_bulk=False) or _claim(is_bulk=True)
    db.session.commit()
    return emails


def is_any_due() -> bool:
    """Whether there is something to send now."""
    either = (
        exists().where(Email.is_due(), Email.is_bulk == is_bulk) for is_bulk in (False, True)
    )  # each by the index
    return db.session.scalar(select(or_(*either)))


def _claim(is_bulk: bool) -> list[Email]:
    due = select(Email.id).where(Email.is_due(), Email.is_bulk == is_bulk).order_by(Email.due_at, Email.id)
    batch = due.limit(BATCH).with_for_update(skip_locked=True).cte("batch")
    statement = (
        update(Email)
        .where(Email.id.in_(select(batch.c.id)), Email.is_due())
        .values(due_at=clock.now() + LEASE, tries=Email.tries + 1)
        .returning(Email)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    return sorted(db.session.scalars(statement), key=lambda email: email.id)


def mend_dates() -> int:
    """Brings back what lies further ahead than anything is ever put off: its date is from a clock that was wrong.

    It is due one lease from now, since a worker that claimed it by that clock may have it in hand. Commits. Returns how
    many there were.
    """
    is_far_ahead = and_(Email.state == State.WAITING, _lies_too_far_ahead())
    with reading():  # none is the rule
        ids = db.session.scalars(select(Email.id).where(is_far_ahead).limit(BATCH)).all()
    if not ids:
        return 0
    now = clock.now()
    values = {"due_at": now + LEASE, "created_at": case((Email.created_at > now, now), else_=Email.created_at)}
    those = update(Email).where(Email.id.in_(ids), is_far_ahead).values(values)
    count = db.session.execute(those.execution_options(synchronize_session=False)).rowcount
    db.session.commit()
    if count:
        log.warning("%s emails lay too far ahead, as by a clock that was wrong, and are due soon", count)
    return count


def _lies_too_far_ahead():
    """A lease, or the wait after so many tries, cannot end later; what was not tried was written ahead of time."""
    now = clock.now()
    latest = [max(LEASE, wait) + CLOCKS_DIFFER for wait in WAITS]
    after_tries = [and_(Email.tries == n, Email.due_at > now + end) for n, end in enumerate(latest, start=1)]
    after_all = and_(Email.tries > len(WAITS), Email.due_at > now + LEASE + CLOCKS_DIFFER)
    return or_(and_(Email.tries == 0, Email.created_at > now + WRITTEN_AHEAD), *after_tries, after_all)


def _lease_left(email: Email, ends: float) -> timedelta:
    """For how long nobody else takes it, by the clock on the wall and by the one that nobody can set."""
    return min(email.due_at - clock.now(), timedelta(seconds=ends - time.monotonic()))


def _deliver_one(email: Email, letterbox: Letterbox, connection: "_Connection") -> None:
    """Sends this email and notes the answer. No transaction is open while the server is at work.

    When the database is the trouble nothing is noted: the lease ends and the email is due again.
    """
    try:
        answer = _hand_over(email, letterbox, connection)
    except OSError as error:  # also what smtplib raises when the server breaks off
        _note(email, Answer(451, str(error)))
        raise ServerAway(str(error)) from error
    _note(email, answer)


def _hand_over(email: Email, letterbox: Letterbox, connection: "_Connection") -> Answer:
    """What the server said to it; or what we say ourselves of an email that must not go or cannot be written."""
    try:
        with reading():
            letter = letterbox.render(email)
            whole = letter and message(email, letter)
    except DBAPIError:
        raise
    except Exception:  # a letter that cannot be written must not hold up the others
        log.exception("email %s could not be written", email.id)
        return UNWRITABLE
    if whole is None:
        return NOT_SO_ANY_MORE
    try:
        return _answer_to(whole, connection)
    except (ValueError, BadHeaderError, smtplib.SMTPNotSupportedError) as error:
        log.error("email %s was held back: %s", email.id, error)
        return UNWRITABLE


def _answer_to(whole: Message, connection: "_Connection") -> Answer:
    try:
        connection.send(whole)
    except smtplib.SMTPRecipientsRefused as refused:
        return Answer(*next(iter(refused.recipients.values())))
    except smtplib.SMTPDataError as refused:
        return Answer(refused.smtp_code, refused.smtp_error)
    return TAKEN


def _note(email: Email, answer: Answer) -> None:
    """Writes down what became of it, and commits: several times if need be, since it would be sent again otherwise."""
    for tries_left in reversed(range(NOTE_TRIES)):
        try:
            _settle(email, answer)
            db.session.commit()
            return
        except OperationalError:
            db.session.rollback()
            if not tries_left:
                raise


def _settle(email: Email, answer: Answer) -> None:
    """5xx is the server's last word, and counts against the address.

    After 4xx (greylisting, a full mailbox) it is tried again, later each time.
    """
    if answer is TAKEN:
        email.settle(State.SENT)
    elif answer is NOT_SO_ANY_MORE:
        email.settle(State.CANCELLED)
    elif answer.code >= 500 or email.tries > len(WAITS):
        email.settle(State.FAILED, str(answer))
        if answer.code >= 500 and answer is not UNWRITABLE:
            bounces.note(email.recipient, str(answer.code))
    else:
        email.try_again(clock.now() + WAITS[email.tries - 1], str(answer))


def _give_back(emails: list[Email]) -> None:
    """Those that were claimed and not tried are due again at once, as if nobody had claimed them. Commits.

    Where the lease has run out and another worker has claimed them, they are that worker's.
    """
    if not emails:
        return
    is_still_ours = Email.state == State.WAITING, Email.due_at == emails[0].due_at
    untried = Email.id.in_([email.id for email in emails]), *is_still_ours
    values = {"due_at": Email.created_at, "tries": Email.tries - 1}  # that it was due before is all that is known
    db.session.execute(update(Email).where(*untried).values(values).execution_options(synchronize_session=False))
    db.session.commit()


def message(email: Email, letter: Letter) -> Message:
    """The email as it leaves: in plain text and in HTML, marked as written by a machine (RFC 3834)."""
    site = settings.current()
    return _Message(
        subject=letter.subject,
        recipients=[email.recipient],
        body=letter.text,
        html=letter.html,
        sender=_sender(site.sender_name),
        reply_to=site.reply_to or None,
        date=clock.now().timestamp(),
        extra_headers={"Auto-Submitted": "auto-generated"} | _unsubscribing(letter.one_click),
        message_id=email.message_id,
    )


def _unsubscribing(path: str) -> dict[str, str]:
    """What a mail program needs for a button of its own that stops such mails (RFC 8058). Raises ValueError."""
    if not path:
        return {}
    address = links.absolute(path)
    if not SAFE_ADDRESS.fullmatch(address):
        raise ValueError("an address that no header can hold was held back")
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _sender(name: str) -> str | tuple[str, str]:
    address = current_app.config["MAIL_DEFAULT_SENDER"]
    return (name, address) if name else address


class _Message(Message):
    """Flask-Mail's message with the row's Message-ID, in seven bits, and with headers that were counted before it goes.

    Quoted-printable passes through any server, also one that knows no 8BITMIME, and keeps lines short.
    """

    def __init__(self, *args, message_id: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.msgId = message_id

    def as_bytes(self) -> bytes:
        """The serialised message. Raises ValueError if a header stands in it that we did not write.

        An encoded word in a subject can become a header of its own on Pythons with CVE-2024-6923.
        """
        whole = super().as_bytes()
        top, *parts = (sorted(name.lower() for name in part) for part in message_from_bytes(whole).walk())
        about_lists = UNSUBSCRIBING if set(top) >= UNSUBSCRIBING else set()
        if set(top) - HEADERS - about_lists or len(set(top)) < len(top) or parts != [PART_HEADERS, PART_HEADERS]:
            raise ValueError("a mail with headers that are not ours was held back")
        return whole

    def _message(self):
        """The two parts are choices (multipart/alternative), with nothing around them: there are no attachments."""
        whole = super()._message()
        (choices,) = whole.get_payload()
        whole.set_type("multipart/alternative")
        whole.set_payload(choices.get_payload())
        whole.policy = WHOLE_ADDRESSES
        return whole

    def _mimetext(self, text, subtype="plain"):
        return MIMEText(text, subtype, QUOTED_PRINTABLE)


class _Connection(Connection):
    """Flask-Mail's connection, with a timeout, with the server's certificate checked, and quiet when it ends."""

    def configure_host(self):
        try:
            host = smtplib.SMTP(self.mail.server, self.mail.port, timeout=SERVER_TIMEOUT_SECONDS)
        except OSError as error:
            raise ServerAway(str(error)) from error
        try:
            self._shake_hands(host)
        except OSError as error:
            host.close()
            raise ServerAway(str(error)) from error
        return host

    def _shake_hands(self, host):
        if self.mail.use_tls:
            host.starttls(context=ssl.create_default_context())
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)

    def __exit__(self, *_):
        with contextlib.suppress(OSError, smtplib.SMTPException):
            super().__exit__(*_)
