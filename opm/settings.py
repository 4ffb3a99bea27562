"""What the desk can change: one row for each setting that differs from its default here.

The rows are read once a request, with the public version, in one statement. Changing one changes what the public
sees, so `change` bumps the version.
"""

import re
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from flask import current_app, g
from sqlalchemy import JSON, delete, select, true
from sqlalchemy.orm import Mapped, mapped_column

from opm.extensions import db, insert
from opm.lib import publicity
from opm.lib.i18n import gettext as _
from opm.lib.publicity import Publicity
from opm.lib.throttle import DAY, HOUR, Allowance


class Setting(db.Model):
    """One setting that somebody changed."""

    __table_args__ = {}

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[object] = mapped_column(JSON)


@dataclass(frozen=True)
class Rule:
    """One rule of the moderation policy.

    To somebody whose comment broke it we write `regret`, why it was not published, and `remedy`, under which condition
    it would be.
    """

    number: int
    title: str
    text: str
    regret: str
    remedy: str = ""
    is_for_private_details: bool = False  # it is offered where a moderator takes such out


def default_rules() -> tuple[Rule, ...]:
    """The rules of a new site."""
    return (
        Rule(
            1,
            _("Be civil"),
            _("Disagree as strongly as you like, without insults, threats or swearing."),
            _("it is not civil in places"),
            _("it said the same without insults, threats or swearing"),
        ),
        Rule(
            2,
            _("Stay with the subject"),
            _("Write about what the post is about, so that others can follow."),
            _("it is about something other than the post"),
            _("it spoke of what the post is about"),
        ),
        Rule(
            3,
            _("Write about the matter, not against a person"),
            _("Criticise what was decided or done. Leave out attacks on whoever did it."),
            _("it speaks about a person rather than the matter"),
            _("it spoke of what was decided or done, and not against whoever did it"),
        ),
        Rule(
            4,
            _("Leave out private details"),
            _("No phone numbers, addresses or health of anyone, your own included."),
            _("it holds private details"),
            _("it left the private details out"),
            is_for_private_details=True,
        ),
        Rule(
            5,
            _("Keep within the law"),
            _("Nothing that libels somebody, stirs up hatred, or could spoil a court case or an investigation."),
            _("publishing it could break the law"),
            _("it left out what may break the law"),
        ),
        Rule(
            6,
            _("No advertising"),
            _("No selling, and no text sent to many places at once."),
            _("it advertises something"),
            _("it had something to say about the post, and nothing to sell"),
        ),
    )


# Browsers forget line ends in an address and take a backslash for a slash, so neither may stand in one.
LEADS_SOMEWHERE = re.compile(r"/(?![/\\])[^\s\\]*|https?://[^\s/\\][^\s\\]*|mailto:[^\s@]+@[^\s@]+", re.I)


@dataclass(frozen=True)
class Link:
    """Where an entry of a menu leads, in a few words.

    Raises ValueError for an address that is neither on this site nor on the web.
    """

    title: str
    address: str

    def __post_init__(self):
        if not LEADS_SOMEWHERE.fullmatch(self.address):
            raise ValueError(self.address)


@dataclass(frozen=True)
class Way(Link):
    """One way to take part, and what somebody should know before (a `mark`)."""

    note: str = ""
    mark: str = ""  # such as "registration required"


def default_menu() -> tuple[Link, ...]:
    """What stands at the head of each page of a new site."""
    return Link(_("Posts"), "/"), Link(_("About"), "/about/"), Link(_("How we moderate"), "/moderation/")


def default_footer() -> tuple[Link, ...]:
    """What stands at the foot of each page of a new site."""
    return (
        Link(_("Privacy"), "/privacy/"),
        Link(_("No cookies"), "/cookies/"),
        Link(_("Accessibility"), "/accessibility/"),
        Link(_("For the team"), "/desk/"),
    )


def default_ways() -> tuple[Way, ...]:
    """What anybody can do on a new site. Each leads to a page that is there."""
    return (
        Way(
            _("Comment on any post"),
            "/#posts",
            _("You need no account, only an email address that you can confirm."),
        ),
        Way(_("Get new posts by email"), "/subscribe/", _("At once, once a day or once a week; or in a feed reader.")),
        Way(_("See how we moderate"), "/moderation/", _("What we publish, what we do not, and how soon.")),
        Way(_("Find out who we are"), "/about/", _("And how to write to us.")),
    )


@dataclass(frozen=True)
class Settings:
    """Every setting with its default. Times are in hours or days, as the name says."""

    version: int = 0  # not a setting: the public version that was read with them

    site_name: str = "Open policy"
    organisation: str = ""
    headline: str = field(default_factory=lambda: _("What we are working on, and how you can change it"))
    introduction: str = field(
        default_factory=lambda: _(
            "We write here before we decide. Read it, tell us where we are wrong, and see what became of it."
        )
    )
    about: str = ""  # Markdown, above what the about page says by itself
    contact_email: str = ""
    answer_within_days: int = 5  # working days, for what comes to that address
    is_uk_public_body: bool = False  # the accessibility statement then names who enforces the law
    logo: tuple = ()  # the address of a picture of the library, and its width and height as shown, in px
    palette: tuple[str, ...] = ()  # the colour of links and buttons in light and in dark; nothing for ours
    licence: str = field(default_factory=lambda: _("Text may be copied with credit."))
    licence_address: str = ""  # of its text
    menu: tuple[Link, ...] = field(default_factory=default_menu)  # at the head of each page
    footer: tuple[Link, ...] = field(default_factory=default_footer)
    ways: tuple[Way, ...] = field(default_factory=default_ways)  # to take part, in this order
    elsewhere: tuple[Link, ...] = ()  # the team on other sites, at the foot of each page
    language: str = "en-GB"
    zone: str = "Europe/London"
    is_demo: bool = False
    posts_per_page: int = 20
    # "nobody", "admins" or "everybody" at the desk; for them links in mails then decide nothing.
    demand_second_factor: str = "nobody"
    two_people_publish: bool = False  # nobody publishes a post that they saved last

    # "all": a moderator reads every comment first. "known": not those from an address of which a moderator approved
    # a comment within a year. "none": a comment is public as soon as its address is confirmed.
    comment_policy: str = "all"
    rules: tuple[Rule, ...] = field(default_factory=default_rules)
    retired_rules: tuple[Rule, ...] = ()  # decisions still speak of them: their numbers are nobody else's
    decide_within_hours: int = 24
    report_within_hours: int = 24
    complaint_answer_days: int = 30  # for a complaint about personal data
    legal_within_hours: int = 48  # from the moment at which a notice is confirmed
    close_after_days: int = 0  # a thread closes so long after it opened; 0 for never
    dormant_days: int = 90  # without signing in, after which one of the team is suspended; 0 for never

    # Election mode (accounts/elections.py).
    election_days: tuple[str, ...] = ()  # the first and the last
    election_comments: str = "held"  # or "closed"
    election_words: str = field(
        default_factory=lambda: _("There is an election. Until it is over we publish little, and no comments.")
    )
    election_is_on: bool = False
    election_switched_at: str = ""  # last, by the clock or by hand

    # History mode: what was published before that day, and is marked political, says so.
    government_changed_on: str = ""  # a day
    government_words: str = field(default_factory=lambda: _("This was published under the previous government."))

    sender_name: str = ""  # who the site's mails are from, beside their address
    reply_to: str = ""  # where an answer to one goes

    digest_hour: int = 8  # in the site's zone
    digest_weekday: int = 0  # of the weekly ones; 0 is Monday

    # Clocks: how long something is held.
    unconfirmed_days: int = 7
    network_days: int = 30
    address_days: int = 365
    unpublished_days: int = 90  # the words of what was rejected, taken down, taken for spam or withdrawn
    sent_email_days: int = 7
    report_days: int = 90  # a report of a comment, after it was answered
    audit_days: int = 730  # who of the team did what
    complaint_days: int = 365  # a complaint, after it has ended; its line in the register stays
    notice_days: int = 365  # a legal notice, after it was answered: as long as somebody can go to court about it
    unsubscribed_days: int = 28  # an address that follows nothing any more; and each thing that is followed no more
    told_days: int = 60  # that a subscriber was told of something

    # Limits, a number an hour unless the name says otherwise.
    comments_per_address: int = 5
    comments_per_address_a_day: int = 20
    comments_per_network: int = 60
    comments_per_network_flagged: int = 20
    confirmations_per_address: int = 5
    confirmations_per_network: int = 60
    codes_per_network: int = 60
    reports_per_address: int = 5
    reports_per_network: int = 30
    data_requests_per_address: int = 5
    data_requests_per_network: int = 30
    complaints_per_address: int = 5
    complaints_per_network: int = 30
    subscriptions_per_address: int = 5
    subscriptions_per_network: int = 30
    sign_ins_per_address_and_network: int = 5
    sign_ins_per_network: int = 20
    invitations_per_address: int = 5
    invitations_per_person: int = 30  # that one admin sends
    proofs_per_session: int = 10  # pages that ask for a second factor, of one who is signed in already
    kept_forms_per_network: int = 30  # what is sent to the desk by somebody whose session has ended
    strangers_mails_per_address: int = 10
    strangers_mails_on_site: int = 600  # more are sent later, and nothing is refused

    @cached_property
    def timezone(self) -> ZoneInfo:
        """The site's zone: it decides on which day something happened."""
        return ZoneInfo(self.zone)

    def local(self, moment: datetime) -> datetime:
        """The moment as the site's clocks show it."""
        return moment.astimezone(self.timezone)

    def rule(self, number: int) -> Rule | None:
        """The rule of the moderation policy with this number, also one that holds no more."""
        return next((rule for rule in (*self.rules, *self.retired_rules) if rule.number == number), None)

    @property
    def free_rule_number(self) -> int:
        """A number that no rule has ever had."""
        return max((rule.number for rule in (*self.rules, *self.retired_rules)), default=0) + 1

    @property
    def election_begins_at(self) -> datetime | None:
        """The first moment of the first day."""
        return self._midnight(self.election_days[0]) if self.election_days else None

    @property
    def election_ends_at(self) -> datetime | None:
        """The last moment of the last day."""
        return self._midnight(self.election_days[1], timedelta(days=1)) if self.election_days else None

    @property
    def election_last_moment(self) -> datetime | None:
        """A moment of the last day, while it is not past."""
        return self.election_ends_at and self.election_ends_at - timedelta.resolution

    @property
    def election_turned_at(self) -> datetime | None:
        """When it was turned last, on or off."""
        return datetime.fromisoformat(self.election_switched_at) if self.election_switched_at else None

    @property
    def election_closes_comments(self) -> bool:
        """Whether nobody can comment now, whatever is said of a thread."""
        return self.election_is_on and self.election_comments == "closed"

    @property
    def policy_now(self) -> str:
        """The comment policy; in election time a moderator reads every comment first."""
        return "all" if self.election_is_on else self.comment_policy

    @property
    def government_changes_at(self) -> datetime | None:
        """The first moment of the day on which another government is in office."""
        return self._midnight(self.government_changed_on) if self.government_changed_on else None

    def _midnight(self, day: str, later: timedelta = timedelta()) -> datetime:
        return datetime.combine(date.fromisoformat(day) + later, time.min, tzinfo=self.timezone)

    @property
    def own_domains(self) -> tuple[str, ...]:
        """What stands after the @ of the addresses that the site itself shows."""
        shown = (self.contact_email, current_app.config["MAIL_DEFAULT_SENDER"])
        return tuple(address.rpartition("@")[2].lower() for address in shown if "." in address.rpartition("@")[2])

    @property
    def unconfirmed_for(self) -> timedelta:
        """How long somebody has to confirm."""
        return timedelta(days=self.unconfirmed_days)

    def allowance(self, name: str) -> Allowance:
        """The limit of that name."""
        window = DAY if name.endswith("_a_day") else HOUR
        return Allowance(name, getattr(self, name), window, refuses=not name.endswith("_on_site"))


# The accent on white paper and on black, as the style sheet has it, and all on which its text is read.
OUR_COLOURS = "#0b5d4d", "#7cd0b8"
LIGHT_GROUNDS = "#ffffff", "#f1f4f3"
DARK_GROUNDS = "#121716", "#1d2523"
STRUCTURED = {
    "rules": Rule,
    "retired_rules": Rule,
    "menu": Link,
    "footer": Link,
    "ways": Way,
    "elsewhere": Link,
}

_last_known = Settings()
_last_read: tuple = (None, None)  # rows, and what was made of them: they are the same at nearly every request
# Made once, and of columns alone, since every request asks it.
_V, _S = Publicity.__table__.c, Setting.__table__.c
_EVERYTHING = select(_V.version, _S.key, _S.value).outerjoin_from(Publicity.__table__, Setting.__table__, true())


def current() -> Settings:
    """The settings as this request reads them, once."""
    global _last_known
    try:
        return g.settings
    except AttributeError:
        g.settings = _last_known = read()
        return g.settings


def last_known() -> Settings:
    """For an error page, when the database may not answer: this request's settings, else the last that were read."""
    return g.get("settings", _last_known)


def read() -> Settings:
    """The settings as they stand in the database, in one statement."""
    global _last_read
    rows = db.session.execute(_EVERYTHING).all()
    known_rows, known = _last_read
    if rows != known_rows:
        known = _made_of(rows)
        _last_read = rows, known
    return known


def _made_of(rows) -> Settings:
    known = {f.name for f in fields(Settings)} - {"version"}
    values = {key: value for _version, key, value in rows if key in known}
    values = {key: made(key, value) for key, value in values.items()}
    return Settings(version=rows[0].version if rows else 0, **values)


def change(**values) -> None:
    """Sets them from now on. Raises KeyError for a name that is no setting."""
    known = {f.name for f in fields(Settings)} - {"version"}
    for key, value in values.items():
        if key not in known:
            raise KeyError(key)
        statement = insert(Setting).values(key=key, value=plain(key, value))
        statement = statement.on_conflict_do_update(
            index_elements=[Setting.key], set_={"value": statement.excluded.value}
        )
        db.session.execute(statement)
    _announce()


def reset(*keys: str) -> None:
    """Sets them back to their defaults."""
    db.session.execute(delete(Setting).where(Setting.key.in_(keys)))
    _announce()


def is_set(key: str) -> bool:
    """Whether somebody chose it, be it as it is by default."""
    return db.session.get(Setting, key) is not None


def stored(key: str) -> object | None:
    """What its row holds; None while it is as it is by default."""
    return db.session.scalar(select(Setting.value).where(Setting.key == key))


def made(key: str, value: object) -> object:
    """The value that a row holds so."""
    if kind := STRUCTURED.get(key):
        return tuple(kind(**each) for each in value)
    return tuple(value) if isinstance(value, list) else value


def plain(key: str, value: object) -> object:
    """The value as its row holds it."""
    return [asdict(each) if is_dataclass(each) else each for each in value] if key in STRUCTURED else value


def look_again() -> None:
    """Whoever asks next in this request is told what stands by then."""
    g.pop("settings", None)


def _announce() -> None:
    publicity.bump()
    look_again()
