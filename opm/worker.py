"""The worker: it publishes what is due, delivers mail, makes pictures ready and forgets what may no longer be held.

It has errands, each with its own patience: while the mail server is away the forgetting goes on, and the other way
round. Somebody may set the clock meanwhile, or a machine may start with a wrong one: then nothing is forgotten until it
has gone evenly for a day, and mail that it put off is due again. Several workers at once do no harm. A beat tells that
one is at work. Every round has an app context of its own, so settings are read anew.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from opm import settings
from opm.accounts import dormancy, elections
from opm.comments import weighing
from opm.comments.inbox import telling
from opm.extensions import db, reading
from opm.filters import length
from opm.holdings import clocks as lets_go
from opm.lib import clock
from opm.lib.beat import ONLY, Heart, WorkerBeat
from opm.lib.processes import StopSignal
from opm.outbox import delivery
from opm.outbox.delivery import LEASE, ServerAway, deliver
from opm.posts import publishing
from opm.posts.models import Post
from opm.posts.pictures import cards, renditions
from opm.reports import figures
from opm.subscriptions import announcing, digests

POLL_SECONDS = 1
BUNDLE_EVERY_SECONDS = 30
COUNT_EVERY_SECONDS = 60  # and no more than once an hour
WEIGH_EVERY_SECONDS = 1  # before a moderator is mailed about it
PUBLISH_EVERY_SECONDS = 5  # a post goes out within a minute of its time
ANNOUNCE_EVERY_SECONDS = 10
ANNOUNCE_FOR_SECONDS = 2  # then what waits besides has its turn
DIGEST_EVERY_SECONDS = 30
SWITCH_EVERY_SECONDS = 10  # election mode is turned within a minute of its time
PAUSE_SECONDS = 0.05  # between two batches, for other writers
FORGET_EVERY_SECONDS = 5 * 60
FIRST_FORGET_AFTER_SECONDS = 60  # a machine that has just started may still be setting its clock
LEAST_WAIT_SECONDS, MOST_WAIT_SECONDS = 5, 60
LARGEST_JUMP = timedelta(hours=1)
LEAST_JUMP = timedelta(seconds=5)
TRUSTED_AFTER = timedelta(days=1)

log = logging.getLogger(__name__)


def work(app: Flask, stop: StopSignal) -> None:
    """Runs the errands until it is asked to stop; then it finishes the email in hand."""
    clocks = Clocks()
    with app.app_context():
        compare_with_the_last_worker(clocks)
    dates = Errand("dates", mend_dates, FORGET_EVERY_SECONDS)
    election = Errand("election mode", switch_election, SWITCH_EVERY_SECONDS)
    posts = Errand("posts", publish, PUBLISH_EVERY_SECONDS)
    signs = Errand("signs", weigh, WEIGH_EVERY_SECONDS)
    bundles = Errand("daily mails", bundle, BUNDLE_EVERY_SECONDS)
    alerts = Errand("alerts", announce, ANNOUNCE_EVERY_SECONDS)
    news = Errand("digests", digest, DIGEST_EVERY_SECONDS)
    mail = Errand("mail", lambda: deliver_mail(stop), POLL_SECONDS)
    forgetting = Errand("forgetting", lambda: forget(clocks), FORGET_EVERY_SECONDS)
    forgetting.wait(FIRST_FORGET_AFTER_SECONDS)
    counting = Errand("figures", count, COUNT_EVERY_SECONDS)
    counting.wait(COUNT_EVERY_SECONDS)
    people = Errand("people", lambda: suspend_who_is_away(clocks), FORGET_EVERY_SECONDS)
    people.wait(FIRST_FORGET_AFTER_SECONDS)
    pictures = Errand("pictures", renditions.go_on, POLL_SECONDS)
    social = Errand("social pictures", cards.go_on, PUBLISH_EVERY_SECONDS)
    tidying = Errand("tidying pictures", renditions.tidy, FORGET_EVERY_SECONDS)
    errands = (
        dates, election, posts, alerts, news, signs, bundles, mail, forgetting, counting, people, pictures, social,
        tidying,
    )  # fmt: skip
    log.info("started")
    with Heart(app, lambda: clocks.have_jumped) as heart:
        while not stop.came:
            if clocks.look() > LEAST_JUMP:
                mail.wait(LEASE.total_seconds())  # what looks due may be in another worker's hands
                dates.wait(0)
            has_more = [errand.run(app) for errand in errands if errand.is_due and not stop.came]
            heart.came_round()
            stop.wait(PAUSE_SECONDS if any(has_more) else POLL_SECONDS)
    log.info("stopped")


def compare_with_the_last_worker(clocks: "Clocks") -> None:
    """Trusts the clock no more than the last worker did, nor where that was last seen too long ago."""
    try:
        with reading():
            beat = db.session.get(WorkerBeat, ONLY)
            clocks.compare(beat and clock.now() - beat.beaten_at, bool(beat and beat.clock_was_moved))
    except SQLAlchemyError:
        clocks.distrust("nobody can say how it went before")


def deliver_mail(stop: StopSignal) -> bool:
    """Sends one batch of what is due. Returns whether there may be more. Raises ServerAway.

    Asking whether anything is due is read-only, so that an idle worker is in nobody's way.
    """
    if not current_app.config["MAIL_SERVER"]:
        return False
    with reading():
        is_due = delivery.is_any_due()
    return is_due and deliver(current_app.extensions["letterbox"], go_on=lambda: not stop.came) > 0


def publish() -> bool:
    """Makes public what is scheduled and due. Asking whether anything is, is read-only. Returns that no more is.

    Election mode is turned first, if its time has come: nothing slips out between midnight and the next look at that.
    """
    with reading():
        is_due = not settings.current().election_is_on and db.session.scalar(Post.due().limit(1)) is not None
    if is_due:
        switch_election()
        ids = publishing.publish_due()
        db.session.commit()
        log.info("published %s", ", ".join(f"post {id}" for id in ids) or "nothing: another was quicker")
    return False


def announce() -> bool:
    """Tells subscribers at once of what is new, batch by batch for a while. Returns whether there is more."""
    return _for_a_while(announcing.go_on)


def digest() -> bool:
    """Makes digests whose hour has come, batch by batch for a while. Returns whether there are more."""
    return _for_a_while(digests.go_on)


def _for_a_while(go_on: Callable[[], bool]) -> bool:
    ends = time.monotonic() + ANNOUNCE_FOR_SECONDS
    while go_on():
        if time.monotonic() > ends:
            return True
        time.sleep(PAUSE_SECONDS)
    return False


def switch_election() -> bool:
    """Turns election mode on or off where its time has come. Returns that no more is to do."""
    on = elections.switch_by_clock()
    if on is not None:
        log.info("election mode is %s", "on" if on else "over")
    return False


def weigh() -> bool:
    """Looks at what has begun to wait for signs of spam. Returns whether there may be more."""
    return weighing.weigh() > 0


def bundle() -> bool:
    """Makes the daily mails to moderators whose hour has come. Returns that no more is due."""
    if count := telling.bundle_due():
        log.info("wrote %s daily mails about comments that wait", count)
    return False


def count() -> bool:
    """Counts how moderating goes, where an hour has passed. Returns that no more is to be done."""
    if figures.count_if_due():
        log.info("counted how moderating goes")
    return False


def suspend_who_is_away(clocks: "Clocks") -> bool:
    """Warns and suspends those of the team who are away for long, unless the clock cannot be trusted."""
    if clocks.have_jumped:
        return False
    with reading():
        days = settings.current().dormant_days
    if done := dormancy.suspend_who_is_away(days):
        db.session.commit()
        log.info("away for long: %s", ", ".join(done))
    return False


def mend_dates() -> bool:
    """Makes due again what a clock that was ahead has put off. Commits. Returns whether there may be more."""
    return current_app.config["MAIL_SERVER"] is not None and delivery.mend_dates() > 0


def forget(clocks: "Clocks") -> bool:
    """Lets one batch go of each thing whose time is over. Returns whether there may be more."""
    if clocks.have_jumped:
        return False
    if gone := lets_go.take_a_batch_of_each():
        log.info("forgot %s", ", ".join(f"{count} {what}" for what, count in gone.items()))
    return bool(gone)


class Clocks:
    """Compares the clock on the wall, which somebody can set, with one that only runs.

    If they part by more than an hour the wall clock was moved, and everything would look older or younger than it
    is: nothing is forgotten until it has gone evenly for a day, in which somebody may notice. It is the same where the
    last worker was last seen more than an hour ago: this may be the clock's fault. Time asleep is no jump, where the
    system counts it.
    """

    def __init__(self, wall=time.time, steady=None):
        self._wall, self._steady = wall, steady or _steady
        self._apart = self._difference()
        self._trusted_at = self._steady()

    @property
    def have_jumped(self) -> bool:
        """Whether nothing may be forgotten yet."""
        return self._steady() < self._trusted_at

    def compare(self, since_last_beat: timedelta | None, was_moved: bool) -> None:
        """How long ago a worker was last seen, and whether it trusted its clock. None: there has never been one."""
        if since_last_beat is None:
            return
        if was_moved:
            self.distrust("it was moved not long ago")
        elif abs(since_last_beat) > LARGEST_JUMP:
            ago = "ago" if since_last_beat > timedelta() else "ahead"
            self.distrust(f"the last worker was last seen {length(abs(since_last_beat))} {ago}")

    def look(self) -> timedelta:
        """Notices a jump since the last look, and says so. Returns how far it was."""
        difference = self._difference()
        jump, self._apart = abs(timedelta(seconds=difference - self._apart)), difference
        if jump > LARGEST_JUMP:
            self.distrust(f"it was moved by {length(jump)}")
        return jump

    def distrust(self, why: str) -> None:
        """From now on for a day."""
        self._trusted_at = self._steady() + TRUSTED_AFTER.total_seconds()
        log.warning(
            "the clock may be wrong (%s): nothing is forgotten until it has gone evenly for a day; mail goes on", why
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

    def wait(self, seconds: float) -> None:
        """It is due after so long, and not before."""
        self.due_at = time.monotonic() + seconds

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
            self.wait(0 if has_more else self.every_seconds)
        return has_more

    def _succeeded(self) -> None:
        if self.failures:
            log.info("%s: goes on", self.name)
        self.failures = 0

    def _failed(self, error: Exception) -> None:
        wait = min(MOST_WAIT_SECONDS, LEAST_WAIT_SECONDS * 2**self.failures)
        self.failures = min(self.failures + 1, 10)
        self.wait(wait)
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
