"""The table of clocks: all that is let go when its time is over, how long that is, and how the privacy page says so.

The worker, `flask purge` and the page are made from it, so that none can promise what another does not do. What is held
until somebody asks for it to go (a published comment, a subscription) has no clock, and the page says so by itself.
A clock stands before those of the same rows that take less.
"""

from dataclasses import dataclass
from enum import StrEnum

from opm import settings
from opm.accounts import audit, invitations, kept_forms
from opm.accounts import models as accounts
from opm.accounts.factors import models as factors
from opm.accounts.models import SIGNED_IN_FOR
from opm.comments import forgetting as comments
from opm.comments import likeness
from opm.comments.inbox import telling
from opm.comments.inbox.models import LINK_LIVES
from opm.complaints import forgetting as complaints
from opm.extensions import db, reading
from opm.holdings.models import LINK_LIVES as DATA_LINK_LIVES
from opm.holdings.models import old_requests
from opm.lib import throttle
from opm.lib.going import Going
from opm.lib.i18n import lazy_gettext as _
from opm.lib.i18n import lazy_ngettext as by_number
from opm.outbox import bounces
from opm.outbox import forgetting as emails
from opm.posts import drafting
from opm.reports import forgetting as reports
from opm.subscriptions import forgetting as subscriptions

BOUNCES_KEPT_FOR_DAYS = 365


class Whose(StrEnum):
    """Under which head of the privacy page it stands."""

    COMMENTERS = "commenters"
    REPORTERS = "reporters"
    COMPLAINERS = "complainers"
    SUBSCRIBERS = "subscribers"
    EVERYBODY = "everybody"
    TEAM = "team"


@dataclass(frozen=True)
class Lasts:
    """How many days: those of a setting, those that no setting decides, or both."""

    setting: str = ""
    plus: int = 0  # days
    least: int = 0
    most: int | None = None

    @property
    def days(self) -> int:
        """As the site has it now."""
        days = max(self.least, self.plus + (getattr(settings.current(), self.setting) if self.setting else 0))
        return days if self.most is None else min(days, self.most)


@dataclass(frozen=True)
class Clock:
    """One thing that goes by itself. `what` and `told` are a term of the privacy page and what is said of it."""

    name: _  # in a list of what went: "12 networks"
    lasts: Lasts
    goings: tuple[Going, ...]
    whose: Whose
    what: _
    told: by_number

    @property
    def sentence(self) -> str:
        """For how long it is held, and why, with the number of days that is obeyed now."""
        return self.told.of(self.lasts.days)

    def count(self) -> int:
        """How much is due now, but for what another clock takes whole by now. Changes nothing."""
        return sum(going.count(self.lasts.days, _taken_whole_before(going)) for going in self.goings)

    def take(self) -> int:
        """Lets one batch go. Returns how much that was; none means that all is done for now. The caller commits."""
        return sum(going.take(self.lasts.days) for going in self.goings)


def _taken_whole_before(going: Going) -> list:
    """What finds rows of the same table that go whole before this looks at them."""
    found = []
    for clock in CLOCKS:
        for other in clock.goings:
            if other is going:
                return found
            if other.row is going.row and not other.values:
                found.append(other.condition(clock.lasts.days))
    return found


COMMENTERS = (
    Clock(
        _("unconfirmed comments"), Lasts("unconfirmed_days"), (comments.unconfirmed,), Whose.COMMENTERS,
        _("A comment that you have not confirmed, with your address"),
        by_number("For %(num)s day, so that you can confirm it.", "For %(num)s days, so that you can confirm it."),
    ),
    Clock(
        _("networks of comments"), Lasts("network_days"), (comments.networks,), Whose.COMMENTERS,
        _("A fingerprint of your network"),
        by_number("For %(num)s day, to notice floods of comments. Your IP address itself is never stored.",
                  "For %(num)s days, to notice floods of comments. Your IP address itself is never stored."),
    ),
    Clock(
        _("addresses of commenters"), Lasts("address_days"),
        (comments.addresses.unless(subscriptions.follows_on),), Whose.COMMENTERS,
        _("Your email address"),
        by_number("Until %(num)s day after the last comment under that post, to know that you are a real person and to "
                  "tell you what became of your comment; longer while you follow by mail what is written there.",
                  "Until %(num)s days after the last comment under that post, to know that you are a real person and "
                  "to tell you what became of your comment; longer while you follow by mail what is written there."),
    ),
    Clock(
        _("comments that are not public"), Lasts("unpublished_days"), (comments.words,), Whose.COMMENTERS,
        _("A comment that was not published, was taken down, or that you withdrew"),
        by_number("For %(num)s day, out of sight, so that a decision can be explained and put right. Then the words "
                  "go, the name and all traces of the address; what was decided stays.",
                  "For %(num)s days, out of sight, so that a decision can be explained and put right. Then the words "
                  "go, the name and all traces of the address; what was decided stays."),
    ),
    Clock(
        _("words taken out of comments"), Lasts("unpublished_days"), (comments.words_taken_out,), Whose.COMMENTERS,
        _("Words that a moderator took out of a comment"),
        by_number("For %(num)s day, out of sight, for the same reason.",
                  "For %(num)s days, out of sight, for the same reason."),
    ),
    Clock(
        _("comments’ fingerprints of words"), Lasts("unpublished_days", most=likeness.KNOWN_FOR_DAYS),
        (likeness.old,), Whose.COMMENTERS,
        _("Fingerprints of runs of words in your comment, from which nobody can read them"),
        by_number("For %(num)s day, to notice the same text sent to many places.",
                  "For %(num)s days, to notice the same text sent to many places."),
    ),
)  # fmt: skip

REPORTERS = (
    Clock(
        _("unconfirmed reports"), Lasts("unconfirmed_days"), (reports.unconfirmed,), Whose.REPORTERS,
        _("A report that you have not confirmed, with your address"),
        by_number("For %(num)s day, so that you can confirm it.", "For %(num)s days, so that you can confirm it."),
    ),
    Clock(
        _("reports"), Lasts("report_days"), (reports.settled_reports,), Whose.REPORTERS,
        _("Your report of a comment, and your email address"),
        by_number("Until %(num)s day after we have answered it, to tell you what was decided and to put it right if it "
                  "was wrong. Only our moderators read it. The writer of the comment never learns who sent it.",
                  "Until %(num)s days after we have answered it, to tell you what was decided and to put it right if "
                  "it was wrong. Only our moderators read it. The writer of the comment never learns who sent it."),
    ),
    Clock(
        _("legal notices"), Lasts("notice_days"), (reports.settled_notices,), Whose.REPORTERS,
        _("Your legal notice, with your name and email address"),
        by_number("Until %(num)s day after we have answered it, since a court may ask for it, unless you have it "
                  "erased. Our team reads it, and whoever it has to be passed on to. The writer of what it is about "
                  "is told your name and address only if you allow it.",
                  "Until %(num)s days after we have answered it, since a court may ask for it, unless you have it "
                  "erased. Our team reads it, and whoever it has to be passed on to. The writer of what it is about "
                  "is told your name and address only if you allow it."),
    ),
    Clock(
        _("answers to reports"), Lasts("report_days"), (reports.notes,), Whose.REPORTERS,
        _("What we wrote to you in answer to a report"),
        by_number("Until %(num)s day after that; to a legal notice, as long as the notice.",
                  "Until %(num)s days after that; to a legal notice, as long as the notice."),
    ),
    Clock(
        _("networks of reports"), Lasts("network_days"), (reports.networks,), Whose.REPORTERS,
        _("A fingerprint of your network"),
        by_number("For %(num)s day, to notice floods of reports.", "For %(num)s days, to notice floods of reports."),
    ),
)  # fmt: skip

COMPLAINERS = (
    Clock(
        _("words of complaints"), Lasts("complaint_days"), (complaints.words_of_steps, complaints.ended),
        Whose.COMPLAINERS,
        _("Your complaint, with your name and address, and what was said about it"),
        by_number("Until %(num)s day after it has ended; its number, its days and how it ended stay in our register. "
                  "Only our team reads it.",
                  "Until %(num)s days after it has ended; its number, its days and how it ended stay in our "
                  "register. Only our team reads it."),
    ),
    Clock(
        _("networks of complaints"), Lasts("network_days"), (complaints.networks,), Whose.COMPLAINERS,
        _("A fingerprint of your network"),
        by_number("For %(num)s day, to notice floods of complaints.",
                  "For %(num)s days, to notice floods of complaints."),
    ),
)  # fmt: skip

SUBSCRIBERS = (
    Clock(
        _("sign-ups"), Lasts("unconfirmed_days"), (subscriptions.sign_ups,), Whose.SUBSCRIBERS,
        _("What you asked to follow and have not confirmed, with your address"),
        by_number("For %(num)s day, so that you can confirm it. Once you do, the page that said so works as long.",
                  "For %(num)s days, so that you can confirm it. Once you do, the page that said so works as long."),
    ),
    Clock(
        _("changes of address"), Lasts("unconfirmed_days"), (subscriptions.address_changes,), Whose.SUBSCRIBERS,
        _("Another address that you want our mails to go to and have not confirmed"),
        by_number("For %(num)s day, in the same way.", "For %(num)s days, in the same way."),
    ),
    Clock(
        _("networks of sign-ups"), Lasts("network_days"),
        (subscriptions.networks, subscriptions.networks_of_changes), Whose.SUBSCRIBERS,
        _("A fingerprint of your network"),
        by_number("For %(num)s day, to notice floods of them; no longer than what you asked for.",
                  "For %(num)s days, to notice floods of them; no longer than what you asked for."),
    ),
    Clock(
        _("addresses that follow nothing"), Lasts("unsubscribed_days"), (subscriptions.who_left,), Whose.SUBSCRIBERS,
        _("Your address, after you have stopped all mails; with what you followed, agreed to and were told of"),
        by_number("For %(num)s day, so that you can change your mind, and we can say why you were mailed.",
                  "For %(num)s days, so that you can change your mind, and we can say why you were mailed."),
    ),
    Clock(
        _("subscriptions that ended"), Lasts("unsubscribed_days"), (subscriptions.what_ended,), Whose.SUBSCRIBERS,
        _("One thing that you followed, after you have stopped its mails and go on with others"),
        by_number("For %(num)s day, for the same reason.", "For %(num)s days, for the same reason."),
    ),
    Clock(
        _("notes of what was told"), Lasts("told_days"), (subscriptions.told,), Whose.SUBSCRIBERS,
        _("A note that you were told of a post or a comment"),
        by_number("For %(num)s day, so that you hear of nothing twice.",
                  "For %(num)s days, so that you hear of nothing twice."),
    ),
)  # fmt: skip

EVERYBODY = (
    Clock(
        _("emails"), Lasts("sent_email_days"), (emails.old,), Whose.EVERYBODY,
        _("A note that we mailed you, without what the mail said"),
        by_number("For %(num)s day, to find out why a mail did not arrive.",
                  "For %(num)s days, to find out why a mail did not arrive."),
    ),
    Clock(
        _("requests for what is held"), Lasts(plus=DATA_LINK_LIVES.days), (old_requests,), Whose.EVERYBODY,
        _("That you asked what we hold about your address"),
        by_number("For %(num)s day, as long as the link in our mail works.",
                  "For %(num)s days, as long as the link in our mail works."),
    ),
    Clock(
        _("addresses that mail does not reach"), Lasts(plus=BOUNCES_KEPT_FOR_DAYS), (bounces.old,), Whose.EVERYBODY,
        _("That our mails to an address came back, noted under its fingerprint"),
        by_number("For %(num)s day after the last, so that we do not go on writing to it.",
                  "For %(num)s days after the last, so that we do not go on writing to it."),
    ),
    Clock(
        _("counts"), Lasts(plus=throttle.KEPT_FOR.days), (throttle.old,), Whose.EVERYBODY,
        _("How often an address or a network has sent something, counted under its fingerprint"),
        by_number("For %(num)s day, so that nobody can flood the site or your mailbox.",
                  "For %(num)s days, so that nobody can flood the site or your mailbox."),
    ),
)  # fmt: skip

TEAM = (
    Clock(
        _("attempts to sign in"), Lasts(plus=accounts.ATTEMPTS_KEPT_FOR.days), (accounts.old_attempts,), Whose.TEAM,
        _("That somebody has asked to sign in"),
        by_number("For %(num)s day.", "For %(num)s days."),
    ),
    Clock(
        _("steps of signing in"), Lasts(plus=factors.STEPS_KEPT_FOR.days), (factors.old_steps,), Whose.TEAM,
        _("That somebody was asked for a second factor, or is setting one up"),
        by_number("For %(num)s day.", "For %(num)s days."),
    ),
    Clock(
        _("sessions"), Lasts("network_days", least=SIGNED_IN_FOR.days), (accounts.old_sessions,), Whose.TEAM,
        _("That somebody was signed in, from when to when"),
        by_number("For %(num)s day.", "For %(num)s days."),
    ),
    Clock(
        _("networks of sessions"), Lasts("network_days"), (accounts.networks,), Whose.TEAM,
        _("The fingerprint of their network"),
        by_number("For %(num)s day, so that nobody can lock them out by asking to sign in as them from elsewhere.",
                  "For %(num)s days, so that nobody can lock them out by asking to sign in as them from elsewhere."),
    ),
    Clock(
        _("forms of who was signed out"), Lasts(plus=kept_forms.KEPT_FOR.days), (kept_forms.old,), Whose.TEAM,
        _("What they send after they were signed out, with that fingerprint"),
        by_number("For %(num)s day, so that they can come back to it.",
                  "For %(num)s days, so that they can come back to it."),
    ),
    Clock(
        _("notes of who had something open"), Lasts(plus=drafting.PRESENCE_KEPT_FOR.days),
        (drafting.old_presences, drafting.old_presences_at_pages), Whose.TEAM,
        _("Who had a post or page open to write in it"),
        by_number("For %(num)s day, so that nobody writes over what another does. What they typed stays until they "
                  "save it or throw it away.",
                  "For %(num)s days, so that nobody writes over what another does. What they typed stays until they "
                  "save it or throw it away."),
    ),
    Clock(
        _("links in moderators’ mails"), Lasts("unpublished_days", plus=LINK_LIVES.days), (telling.old_links,),
        Whose.TEAM,
        _("Which moderator was mailed about which comment"),
        by_number("For %(num)s day, so that the page behind an old link can say what became of it.",
                  "For %(num)s days, so that the page behind an old link can say what became of it."),
    ),
    Clock(
        _("invitations"), Lasts(plus=(invitations.LASTS + invitations.KEPT_FOR).days), (invitations.old,), Whose.TEAM,
        _("The name and address of somebody who was invited to the team and has not come"),
        by_number("For %(num)s day from the last mail.", "For %(num)s days from the last mail."),
    ),
    Clock(
        _("entries of the audit log"), Lasts("audit_days"), (audit.old,), Whose.TEAM,
        _("What they do at the desk, with their name"),
        by_number("For %(num)s day, so that the team can say who did what.",
                  "For %(num)s days, so that the team can say who did what."),
    ),
)  # fmt: skip

CLOCKS = (*COMMENTERS, *REPORTERS, *COMPLAINERS, *SUBSCRIBERS, *EVERYBODY, *TEAM)


def of(whose: Whose) -> list[Clock]:
    """Those that stand under one head."""
    return [clock for clock in CLOCKS if clock.whose == whose]


def take_a_batch_of_each() -> dict[str, int]:
    """Lets one batch go of each thing whose time is over, and commits after each. Returns how much, by its name."""
    with reading():
        settings.current()
    counts = {}
    for clock in CLOCKS:
        counts[str(clock.name)] = clock.take()
        db.session.commit()
    return {name: count for name, count in counts.items() if count}


def due() -> dict[str, int]:
    """How much would go now, by its name. Changes nothing."""
    with reading():
        counts = {str(clock.name): clock.count() for clock in CLOCKS}
    return {name: count for name, count in counts.items() if count}
