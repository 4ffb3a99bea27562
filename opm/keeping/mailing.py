"""Whether the mail server takes mail: asked at each visit of the doctor, and tried when an address is named.

The trial is the one email that is no row first: nothing has caused it, nothing is lost with it, whoever sends it waits
for the server's very words, and it must work while the database does not.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator

from flask import current_app, g
from sqlalchemy.exc import SQLAlchemyError

from opm import settings
from opm.extensions import reading
from opm.keeping.findings import Finding, broken, look, ok
from opm.lib.i18n import gettext as _
from opm.outbox import delivery, letters
from opm.outbox.delivery import Answer, ServerAway


def server() -> Iterator[Finding]:
    """Whether it lets us in."""
    if not current_app.config["MAIL_SERVER"]:
        advice = _(
            "Set OPM_MAIL_SERVER to what takes your mail, and OPM_MAIL_USERNAME and OPM_MAIL_PASSWORD if it asks."
        )
        if current_app.config["IS_LOOPBACK"]:
            yield ok(_("mail"), _("No mail server is set: admins read the mail at the desk."))
        else:
            yield look(_("mail"), _("No mail server is set, so nobody gets the code to confirm a comment."), advice)
        return
    try:
        delivery.greet()
    except ServerAway as away:
        yield broken(_("mail"), *_why(away))
    else:
        yield ok(_("mail"), _("The mail server %(name)s lets us in.", name=current_app.config["MAIL_SERVER"]))


def trial(address: str) -> Iterator[Finding]:
    """Sends an email to this address, now, and tells what the server answered."""
    if not current_app.config["MAIL_SERVER"]:
        yield broken(_("test mail"), _("It cannot be sent: no mail server is set."), _("Set OPM_MAIL_SERVER."))
        return
    try:
        _read_the_settings()
        answer = delivery.send_now(address, letter())
    except ServerAway as away:
        yield broken(_("test mail"), *_why(away))
        return
    if answer is delivery.TAKEN:
        yield ok(_("test mail"), _("The server took it. If it lands among spam, ask whoever runs it for SPF and DKIM."))
    else:
        yield broken(
            _("test mail"),
            _("The server refused it: %(answer)s", answer=answer),
            _("Look at OPM_MAIL_SENDER (%(sender)s): may it be sent from here?",
              sender=current_app.config["MAIL_DEFAULT_SENDER"]),
        )  # fmt: skip


def letter() -> letters.Letter:
    """What the trial says."""
    return letters.write(
        _("A test mail from your site"),
        _("Your site’s mail arrives"),
        _("Somebody who looks after the site asked it to send this, to see whether its mail arrives. It does."),
        _("There is nothing to do."),
    )


def _read_the_settings() -> None:
    """Those of the database or, while that is away, the defaults."""
    try:
        with reading():
            settings.current()
    except SQLAlchemyError:
        g.settings = settings.last_known()


def _why(away: ServerAway) -> tuple[str, str]:
    """What is the trouble, and what to do."""
    server, port = current_app.config["MAIL_SERVER"], current_app.config["MAIL_PORT"]
    at = f"{server}:{port}"
    cause = away.__cause__
    if isinstance(cause, socket.gaierror):
        return _("Nobody knows a mail server called %(name)s.", name=server), _("Look at OPM_MAIL_SERVER.")
    if isinstance(cause, smtplib.SMTPAuthenticationError):
        return (
            _("The mail server %(at)s does not accept our name and password.", at=at),
            _("Look at OPM_MAIL_USERNAME and OPM_MAIL_PASSWORD."),
        )
    if isinstance(cause, ssl.SSLError):
        return (
            _("The mail server %(at)s cannot prove that it is the one: its certificate is not accepted.", at=at),
            _("Use the name that its certificate is for; for a server on this machine set OPM_MAIL_USE_TLS=0."),
        )
    if isinstance(cause, smtplib.SMTPNotSupportedError):
        return (
            _("The mail server %(at)s does not offer TLS, or no signing in.", at=at),
            _("Look at OPM_MAIL_PORT (587 is usual); for a server on this machine set OPM_MAIL_USE_TLS=0."),
        )
    said = Answer(cause.smtp_code, cause.smtp_error) if isinstance(cause, smtplib.SMTPResponseException) else away
    answer = delivery.readable(str(said))
    return (
        _("The mail server %(at)s cannot be reached or says no: %(answer)s", at=at, answer=answer),
        _("Look at OPM_MAIL_SERVER and OPM_MAIL_PORT, and whether a firewall is in the way."),
    )
