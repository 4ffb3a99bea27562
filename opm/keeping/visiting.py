"""The doctor as a visitor: it asks the site's own address, and the site tells it, and nobody else, what it understood.

The visitor shows a badge: a nonce and the time under a seal that only this site can make, good for a minute. It also
says that it asks on behalf of somebody else, as anybody could: a site that believes this believes everybody.
"""

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from flask import current_app, request

from opm.filters import length
from opm.keeping.findings import Finding, broken, look, ok
from opm.keeping.health import Status
from opm.lib import clock, origin, tokens
from opm.lib.i18n import gettext as _

BADGE = "X-OPM-Doctor"
PURPOSE, ANSWER = "the doctor's badge", "the answer to the doctor's badge"
BADGE_LASTS_SECONDS = 60
SOMEBODY_ELSE = "192.0.2.77"  # of a network that is nobody's (RFC 5737)
WAIT_SECONDS = 5  # for each answer of the network
MOST_BYTES = 10_000
CLOCKS_APART = timedelta(minutes=1)
CERTIFICATE_LASTS = timedelta(days=14)


def understood() -> dict[str, str] | None:
    """What the app makes of this request, for a visitor with a badge."""
    subject = tokens.subject_of(badge := request.headers.get(BADGE, ""))
    if not subject or not tokens.opens(badge, PURPOSE, subject):
        return None
    if abs(clock.now().timestamp() - int(subject.partition("-")[0])) > BADGE_LASTS_SECONDS:
        return None
    return {
        "proof": tokens.seal(ANSWER, subject),
        "trusted_proxies": current_app.config["TRUSTED_PROXIES"],
        "scheme": request.scheme,
        "host": request.host,
        "client": request.remote_addr or "",
        "forwarded_for": ", ".join(request.headers.getlist("X-Forwarded-For")),
        "forwarded_proto": request.headers.get("X-Forwarded-Proto", ""),
    }


@dataclass(frozen=True)
class Seen:
    """What came back from the site's address to a visitor with this badge."""

    badge: str
    status: int
    location: str
    date: str
    said: dict
    certificate_ends_at: datetime | None

    @property
    def understood(self) -> dict | None:
        """What the app made of the visit; None if it was not this site that answered."""
        understood = self.said.get("understood")
        proof = understood.get("proof") if isinstance(understood, dict) else None
        is_ours = (
            isinstance(proof, str) and proof.isascii() and tokens.opens(proof, ANSWER, tokens.subject_of(self.badge))
        )
        return understood if is_ours else None


def visit() -> Iterator[Finding]:
    """Asks OPM_BASE_URL as a reader would."""
    base = current_app.config["BASE_URL"]
    if base.startswith("http:") and not current_app.config["IS_LOOPBACK"]:
        yield look(
            _("address"),
            _("It begins with http: what people type can be read and changed on its way."),
            _("Let a web server with a certificate stand in front, and set OPM_BASE_URL to https://…"),
        )
    try:
        seen = _ask(base)
    except (OSError, http.client.HTTPException) as error:
        yield _unreachable(base, error)
        return
    yield from _judged(seen)


def _judged(seen: Seen) -> Iterator[Finding]:
    base = current_app.config["BASE_URL"]
    if 300 <= seen.status < 400:
        yield broken(
            _("address"),
            _("%(base)s sends its visitors on to %(to)s.", base=base, to=_printable(seen.location)),
            _("Set OPM_BASE_URL to the address at which the site really is."),
        )
        return
    if not seen.understood:
        yield broken(_("address"), *_somebody_else(base, seen))
        return
    faults = [*_misunderstood(seen.understood), *_clock(seen), *_certificate(seen)]
    yield from faults
    if not faults:
        client = _printable(seen.understood.get("client", ""))
        yield ok(
            _("address"), _("%(base)s leads here, and the visitor is taken for %(client)s.", base=base, client=client)
        )


def _misunderstood(understood: dict) -> Iterator[Finding]:
    """Where what the app sees is not what a visitor does. Each server on the way adds one address."""
    base, trusted = urlsplit(current_app.config["BASE_URL"]), understood["trusted_proxies"]
    on_the_way = [each.strip() for each in understood["forwarded_for"].split(",")]
    proxies = [each for each in on_the_way if each not in ("", SOMEBODY_ELSE)]
    if understood["client"] == SOMEBODY_ELSE:
        yield broken(
            _("proxies"),
            _("Visitors can pretend to be anybody: the site believes more servers than stand in front of it."),
            _("Set OPM_TRUSTED_PROXIES=%(count)s.", count=len(proxies)),
        )
    elif proxies and len(proxies) != trusted:
        yield broken(
            _("proxies"),
            _("Every visitor is taken for the same one (%(client)s), so who floods the site shuts all others out.",
              client=_printable(understood["client"])),
            _("Set OPM_TRUSTED_PROXIES=%(count)s.", count=len(proxies)),
        )  # fmt: skip
    elif not proxies and not current_app.config["IS_LOOPBACK"]:
        yield broken(
            _("proxies"),
            _("Nothing in front of the site says who is asking, so all visitors are taken for one."),
            _("Let it send X-Forwarded-For (nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for) and "
              "set OPM_TRUSTED_PROXIES=1."),
        )  # fmt: skip
    if understood["scheme"] != base.scheme:
        yield broken(
            _("scheme"),
            _("The site sees %(seen)s, and its address says %(said)s.",
              seen=_printable(understood["scheme"]), said=base.scheme),
            _("Set OPM_TRUSTED_PROXIES=%(count)s.", count=max(1, len(proxies)))
            if understood["forwarded_proto"] and trusted < max(1, len(proxies))
            else _("Let what stands in front say so (nginx: proxy_set_header X-Forwarded-Proto $scheme)."),
        )  # fmt: skip
    if not origin.is_our_host(understood["host"], current_app.config):
        yield broken(
            _("host"),
            _("The site is asked for %(seen)s and answers only to %(said)s.",
              seen=_printable(understood["host"]), said=base.hostname),
            _("Let what stands in front pass the name on (nginx: proxy_set_header Host $host)."),
        )  # fmt: skip


def _clock(seen: Seen) -> Iterator[Finding]:
    try:
        apart = abs(parsedate_to_datetime(seen.date) - clock.now())
    except (TypeError, ValueError):
        return
    if apart > CLOCKS_APART:
        yield look(
            _("clock"),
            _("The clock here and that of the server in front are %(time)s apart.", time=length(apart)),
            _("Set both by the network (timedatectl set-ntp true)."),
        )


def _certificate(seen: Seen) -> Iterator[Finding]:
    if seen.certificate_ends_at and seen.certificate_ends_at - clock.now() < CERTIFICATE_LASTS:
        yield look(
            _("certificate"),
            _("It ends in %(time)s.", time=length(seen.certificate_ends_at - clock.now())),
            _("Renew it, and see why that did not happen by itself."),
        )


def _somebody_else(base: str, seen: Seen) -> tuple[str, str]:
    """What stands there instead of this site, and what to do."""
    if seen.said.get("status") in list(Status):
        return (
            _("A site like this one answers at %(base)s, and it does not know this one’s secret.", base=base),
            _("Run this with the settings of the running site (OPM_INSTANCE, OPM_SECRET_KEY), or start it again."),
        )
    return (
        _("Something else answers at %(base)s (status %(status)s).", base=base, status=seen.status),
        _("Look whether the site runs, and whether what stands in front hands requests to it, all headers included."),
    )


def _unreachable(base: str, error: Exception) -> Finding:
    if isinstance(error, socket.gaierror):
        return broken(
            _("address"),
            _("Nobody knows the name in %(base)s.", base=base),
            _("Look at OPM_BASE_URL, and at the name’s entry with whoever sells you the domain."),
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return broken(
            _("certificate"),
            _("Browsers will not accept it: %(why)s.", why=_printable(error.verify_message)),
            _("Renew it, for the name in OPM_BASE_URL."),
        )
    if _runs_here():
        return broken(
            _("address"),
            _("The site runs on this machine, but %(base)s cannot be reached from here.", base=base),
            _("Look whether what stands in front runs, and whether a firewall is in the way."),
        )
    return broken(
        _("address"),
        _("Nobody answers at %(base)s.", base=base),
        _("Start the site: ./run, or systemctl start opm-web where it is a service."),
    )


def _runs_here() -> bool:
    try:
        return "status" in _ask(f"http://127.0.0.1:{current_app.config['PORT']}").said
    except (OSError, http.client.HTTPException):
        return False


def _ask(base: str) -> Seen:
    """Raises OSError, HTTPException."""
    parts, badge = urlsplit(base), tokens.seal(PURPOSE, f"{int(clock.now().timestamp())}-{tokens.new_nonce()}")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=WAIT_SECONDS)
    try:
        connection.connect()
        ends_at = _end_of_certificate(connection.sock)
        connection.request("GET", "/healthz", headers={BADGE: badge, "X-Forwarded-For": SOMEBODY_ELSE})
        answer = connection.getresponse()
        said = answer.read(MOST_BYTES)
    finally:
        connection.close()
    location, date = answer.headers.get("Location", ""), answer.headers.get("Date", "")
    return Seen(badge, answer.status, location, date, _json(said), ends_at)


def _end_of_certificate(sock) -> datetime | None:
    certificate = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC) if certificate else None


def _json(said: bytes) -> dict:
    try:
        read = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _printable(text: str) -> str:
    """What another machine said, fit for a terminal."""
    return "".join(letter for letter in str(text)[:200] if letter.isprintable())
