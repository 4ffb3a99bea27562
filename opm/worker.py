"""The worker: it delivers mail and forgets what may no longer be held.

It has two errands, each with its own patience: while the mail server is away the forgetting goes on, and the other
way round. Several workers at once do no harm. A beat tells that one is at work. Every round has an app context of its
own, so settings are read anew.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from opm import settings
from opm.accounts import models as accounts
from opm.comments import forgetting as comments
from opm.extensions import db, reading
from opm.filters import length
from opm.lib import throttle
from opm.lib.beat import Heart
from opm.lib.processes import StopSignal
from opm.outbox import forgetting as emails
from opm.outbox.delivery import ServerAway, deliver
from opm.outbox.models import Email
from opm.reports import forgetting as reports

POLL_SECONDS = 1
PAUSE_SECONDS = 0.05  # between two batches, for other writers
FORGET_EVERY_SECONDS = 5 * 60
FIRST_FORGET_AFTER_SECONDS = 60  # a machine that has just started may still be setting its clock
LEAST_WAIT_SECONDS, MOST_WAIT_SECONDS = 5, 60
LARGEST_JUMP = timedelta(hours=1)

log = logging.getLogger(__name__)


def work(app: Flask, stop: StopSignal) -> None:
    """Runs both errands until it is asked to stop; then it finishes the email in hand."""
    clocks = Clocks()
    errands = [
        Errand("mail", lambda: deliver_mail(stop), POLL_SECONDS),
        Errand(
            "forgetting", lambda: forget(clocks), FORGET_EVERY_SECONDS, time.monotonic() + FIRST_FORGET_AFTER_SECONDS
        ),
    ]
    log.info("started")
    with Heart(app, lambda: clocks.have_jumped) as heart:
        while not stop.came:
            clocks.look()
            has_more = [errand.run(app) for errand in errands if errand.is_due and not stop.came]
            heart.came_round()
            stop.wait(PAUSE_SECONDS if any(has_more) else POLL_SECONDS)
    log.info("stopped")


def deliver_mail(stop: StopSignal) -> bool:
    """Sends one batch of what is due. Returns whether there may be more. Raises ServerAway.

    Asking whether anything is due is read-only, so that an idle worker is in nobody's way.
    """
    if not current_app.config["MAIL_SERVER"]:
        return False
    with reading():
        is_due = db.session.scalar(select(Email.id).where(Email.is_due()).limit(1)) is not None
    return is_due and deliver(current_app.extensions["letterbox"], go_on=lambda: not stop.came) > 0


def forget(clocks: "Clocks") -> bool:
    """Lets one batch go of each thing whose time is over. Returns whether there may be more."""
    if clocks.have_jumped:
        return False
    with reading():
        site = settings.current()
    throttle.forget_old()
    accounts.forget_old(site.network_days)
    db.session.commit()
    counts = {}
    for what, take, days in (
        ("unconfirmed comments", comments.unconfirmed, site.unconfirmed_days),
        ("networks", comments.networks, site.network_days),
        ("addresses", comments.addresses, site.address_days),
        ("words", comments.words, site.unpublished_days),
        ("redactions", comments.words_taken_out, site.unpublished_days),
        ("unconfirmed reports", reports.unconfirmed, site.unconfirmed_days),
        ("networks of reports", reports.networks, site.network_days),
        ("reports", reports.settled_reports, site.report_days),
        ("notices", reports.settled_notices, site.notice_days),
        ("notes to reporters", reports.notes, site.report_days),
        ("emails", emails.old, site.sent_email_days),
    ):
        counts[what] = take(days)
        db.session.commit()
    if any(counts.values()):
        log.info("forgot %s", ", ".join(f"{count} {what}" for what, count in counts.items() if count))
    return any(counts.values())


class Clocks:
    """Compares the clock on the wall, which somebody can set, with one that only runs.

    If they part by more than an hour the wall clock was moved, and everything would look older or younger than it
    is: nothing is forgotten by such a clock. Time asleep is no jump, where the system counts it.
    """

    def __init__(self, wall=time.time, steady=None):
        self._wall, self._steady = wall, steady or _steady
        self._apart = self._difference()
        self.have_jumped = False

    def look(self) -> None:
        """Notices a jump, and says so once."""
        jump = abs(timedelta(seconds=self._difference() - self._apart))
        if jump > LARGEST_JUMP and not self.have_jumped:
            self.have_jumped = True
            log.warning(
                "the clock was moved by %s: nothing is forgotten until the worker is started again; mail goes on",
                length(jump),
            )

    def _difference(self) -> float:
        return self._wall() - self._steady()


def _steady() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass
class Errand:
    """Something to be done again and again. After a failure it waits, longer each time, and is tried again."""

    name: str
    act: Callable[[], bool]
    every_seconds: float
    due_at: float = 0
    failures: int = 0

    @property
    def is_due(self) -> bool:
        """Whether its time has come."""
        return time.monotonic() >= self.due_at

    def run(self, app: Flask) -> bool:
        """Does it once, and settles when it is due again. Returns whether there is more to do at once."""
        has_more = False
        try:
            with app.app_context():
                has_more = self.act()
        except Exception as error:  # whatever it is, the other errand and the next round must not suffer
            self._failed(error)
        else:
            self._succeeded()
            self.due_at = time.monotonic() + (0 if has_more else self.every_seconds)
        return has_more

    def _succeeded(self) -> None:
        if self.failures:
            log.info("%s: goes on", self.name)
        self.failures = 0

    def _failed(self, error: Exception) -> None:
        wait = min(MOST_WAIT_SECONDS, LEAST_WAIT_SECONDS * 2**self.failures)
        self.failures = min(self.failures + 1, 10)
        self.due_at = time.monotonic() + wait
        if isinstance(error, ServerAway):
            log.warning("%s: the mail server is away (%s), trying again in %s s", self.name, _cause(error), wait)
        elif isinstance(error, SQLAlchemyError):
            log.warning("%s: the database does not answer (%s), trying again in %s s", self.name, _cause(error), wait)
        else:
            log.error("%s: failed, trying again in %s s", self.name, wait, exc_info=error)


def _cause(error: Exception) -> str:
    """What kind of error lies under it, without its words: they may quote an address."""
    below = error.orig if isinstance(error, DBAPIError) else error.__cause__
    return type(below or error).__name__
