"""Every setting that the desk can change: where it stands, what it is called, and what it changes, in a sentence."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from opm import settings
from opm.desk.settings_kinds import (
    Day,
    Days,
    Kind,
    Language,
    Logo,
    Mailbox,
    Number,
    OneOf,
    Palette,
    Places,
    Rules,
    WebAddress,
    Words,
    Zone,
)
from opm.lib.i18n import lazy_gettext as _
from opm.posts.pictures.models import Picture
from opm.settings import Settings


def retire_rules(before: Settings) -> None:
    """Rules that hold no more keep their numbers: decisions still speak of them."""
    now = settings.current()
    holding = {rule.number for rule in now.rules}
    gone = {rule.number: rule for rule in (*before.retired_rules, *before.rules) if rule.number not in holding}
    if (retired := tuple(gone[number] for number in sorted(gone))) != now.retired_rules:
        settings.change(retired_rules=retired)


def drop_lost_logo(_before: Settings) -> None:
    """No page shows a logo that has left the library since it was chosen."""
    if (logo := settings.current().logo) and Picture.by_address(logo[0]) is None:
        settings.change(logo=())


@dataclass(frozen=True)
class Entry:
    """One setting: `changes` says what is otherwise once it is. `after` is done when it was changed."""

    key: str
    label: _
    changes: _
    kind: Kind
    hint: _ = ""
    after: Callable[[Settings], None] | None = None

    @property
    def value(self):
        """As it stands."""
        return getattr(settings.current(), self.key)

    @property
    def default(self):
        """As it is where nobody chose."""
        return getattr(Settings(), self.key)


@dataclass(frozen=True)
class Section:
    """A page of settings that belong together."""

    name: str
    title: _
    about: _
    entries: tuple[Entry, ...]
    template: str = "desk/settings/section.html"

    @property
    def address(self) -> str:
        """The path of its page."""
        return f"/desk/settings/{self.name}/"

    def entry(self, key: str) -> Entry | None:
        """The one for this setting."""
        return next((entry for entry in self.entries if entry.key == key), None)


def _days(key, label, changes, least, most) -> Entry:
    return Entry(key, label, changes, Number(least, most), _("In days."))


def _an_hour(key, label, changes="", most=10_000) -> Entry:
    return Entry(key, label, changes or _("Past it, the same page asks to wait, and gives back what was typed."),
                 Number(1, most), _("A whole number, counted over one hour."))  # fmt: skip


YES_NO = ((True, _("Yes")), (False, _("No")))

SECTIONS = (
    Section("site", _("The site"), _("What the site is called, who runs it, and where and when it is."), (
        Entry("site_name", _("Name of the site"),
              _("It heads every page and feed, and signs every mail. Addresses stay as they are."), Words(60, True)),
        Entry("organisation", _("Organisation"),
              _("Who writes here: beside the name on every page, at its foot, in feeds and mails."), Words(80),
              _("Leave it empty if the name of the site says it.")),
        Entry("headline", _("Headline of the front page"),
              _("The first words that somebody reads who comes for the first time."), Words(120, True)),
        Entry("introduction", _("Introduction"), _("It stands under the headline on the front page, and in the feed."),
              Words(300, rows=3)),
        Entry("contact_email", _("Address to write to"),
              _("It is shown on the pages about the site, privacy and accessibility, and on some pages of errors."),
              Mailbox(), _("An address that somebody reads. Empty, no page shows one.")),
        Entry("answer_within_days", _("How soon you answer what is written there"),
              _("The page on accessibility promises an answer within so many working days."), Number(1, 60),
              _("Working days, from 1 to 60.")),
        Entry("is_uk_public_body", _("A public body in the United Kingdom"),
              _("The page on accessibility then names who enforces the law there."), OneOf(YES_NO)),
        Entry("licence", _("Licence line"),
              _("It stands at the foot of every page and in feeds: what others may do with your text."), Words(120),
              _("Such as: “All content is available under the Open Government Licence v3.0.”")),
        Entry("licence_address", _("Where the licence can be read"), _("The line then leads there."), WebAddress(),
              _("A whole address that begins with https://, or nothing.")),
        Entry("elsewhere", _("You on other sites"),
              _("Links at the foot of every page. Nothing is loaded from there: nobody learns who reads here."),
              Places()),
        Entry("language", _("Language"),
              _("It tells browsers, screen readers and search engines in which language you write. OPM’s own words "
                "stay English: no translation comes with it yet."), Language()),
        Entry("zone", _("Time zone"),
              _("Every time is shown in it, and it decides on which day something happened. The addresses of what is "
                "published stay as they are; a scheduled post goes out at the same moment, which its page then shows "
                "in the new zone."), Zone(), _("Type the name of a large city near you, like Europe/London.")),
        Entry("posts_per_page", _("Posts on a page of a list"),
              _("More make longer pages, which take longer on slow lines."), Number(5, 50), _("From 5 to 50.")),
        Entry("two_people_publish", _("Who may publish a post"),
              _("It counts from the next press of a button on, also for posts in review. What is published or "
                "scheduled already stays so."),
              OneOf(((False, _("Any editor, also what they wrote themselves")),
                     (True, _("Only an editor other than whoever saved the post last: two people see each before it "
                              "goes out"))))),
    )),
    Section("look", _("Look"), _("How the site’s pages and mails look. They stay as easy to read as they are."), (
        Entry("logo", _("Logo"),
              _("A picture beside the name at the head of every page, at most 40 pixels high. It loads after the text, "
                "and moves nothing. The name stays: screen readers read that."), Logo(),
              _("A picture of the library of at most 8 KB; PNG at 80 pixels’ height is sharp everywhere. Put it into "
                "the library first, marked as decoration."), after=drop_lost_logo),
        Entry("palette", _("Colours"),
              _("Links, buttons and rules take this colour, on every page and in mails, in light and, for readers "
                "whose device is dark, in dark. A pair that is hard to read is refused."),
              Palette()),
    )),
    Section("comments", _("Comments and moderation"),
            _("Who reads a comment before the public does, by which rules, and what you promise. The page “How we "
              "moderate” is made from this."), (
        Entry("comment_policy", _("Which comments a moderator reads first"),
              _("It counts for comments that are confirmed from now on. What waits goes on waiting."),
              OneOf((("all", _("All of them")),
                     ("known", _("All but those from an address of which you approved a comment within a year")),
                     ("none", _("None: a comment is public as soon as its address is confirmed, and can be taken down "
                                "afterwards"))))),
        Entry("rules", _("The rules"),
              _("Readers find them on “How we moderate”, and whoever rejects a comment names one. A rule keeps its "
                "number for ever, wherever you move it; that of a rule you take out is never given to another."),
              Rules(), _("Change a number under “Place” to move a rule."), after=retire_rules),
        Entry("decide_within_hours", _("How soon you decide about a comment"),
              _("Readers are told so where they comment, and the desk marks as late what waits longer."),
              Number(1, 336), _("In hours, from 1 to 336, which is two weeks.")),
        Entry("report_within_hours", _("How soon you look at a report"),
              _("Readers are told so where they report a comment, and the desk marks as late what waits longer."),
              Number(1, 336), _("In hours, from 1 to 336.")),
        Entry("legal_within_hours", _("How soon you look at a legal notice"),
              _("Whoever sends one is told so, and the desk marks as late what waits longer."), Number(1, 48),
              _("In hours, from 1 to 48: later may cost you the law’s protection.")),
        Entry("complaint_answer_days", _("How soon you answer a complaint about personal data"),
              _("Whoever complains is told the day, and the register marks as late what waits longer."), Number(1, 90),
              _("In days, from 1 to 90.")),
        Entry("close_after_days", _("When comments close by themselves"),
              _("Threads that are older close at once, and younger ones when they reach this age, but for those with "
                "a last day of their own. Their comments stay. Set back, they open again."),
              Number(0, 3650), _("In days after publication; 0 for never.")),
    )),
    Section("election", _("Election mode"),
            _("While it is on, scheduled posts wait until it is over, unless an editor publishes one; no comment is "
              "published by itself; and whoever would make a post, a page or a comment public, or change one that is, "
              "is asked once more and has to tick it. "
              "Mails that people wait for, such as codes, receipts and sign-in links, go on. All of it is in the log."),
            (
        Entry("election_days", _("When it is"),
              _("It is turned on at the beginning of the first day and off at the end of the last, in the site’s time "
                "zone, within a minute. What somebody turns by hand stays so until the next of the two."),
              Days()),
        Entry("election_comments", _("Comments meanwhile"),
              _("It counts for all threads, whatever was decided about one."),
              OneOf((("held", _("Readers can write; what they send waits, and a moderator can publish it only with a "
                                "tick")),
                     ("closed", _("Readers cannot write; each thread says why"))))),
        Entry("election_words", _("What readers are told"),
              _("It stands at the head of every page while it is on, and is followed by what is so with comments."),
              Words(300, True, rows=2)),
    ), "desk/settings/election.html"),
    Section("history", _("History mode"),
            _("After a change of government, posts that are marked political and were published before it say so at "
              "their head, on their pages, in print and in feeds. Editors mark a post where they write it. The posts "
              "themselves stay as they are, and their addresses, too."), (
        Entry("government_changed_on", _("First day of the new government"),
              _("From the beginning of this day on, in the site’s time zone, the notice stands there. You can set "
                "it beforehand."), Day(), _("Empty, no post carries a notice.")),
        Entry("government_words", _("The notice"), _("Readers find these words above the text of each such post."),
              Words(200, True), _("Such as: “This was published under the 2022 to 2026 government.”")),
    )),
    Section("limits", _("Limits"),
            _("How much one person, one network and all together may send in an hour before they are asked to wait. A "
              "town, an office or a phone company may share one network: be generous there."), (
        _an_hour("comments_per_address", _("Comments from one address"), most=1000),
        Entry("comments_per_address_a_day", _("Comments from one address in a day"),
              _("Past it, the same page asks to wait, and gives back what was typed."), Number(1, 10_000),
              _("A whole number, counted over 24 hours.")),
        _an_hour("comments_per_network", _("Comments from one network")),
        _an_hour("comments_per_network_flagged", _("Comments from one network that are marked"),
                 _("Past it, comments are taken and carry a mark for moderators.")),
        _an_hour("confirmations_per_address", _("Codes mailed again to one address"), most=1000),
        _an_hour("confirmations_per_network", _("Codes mailed again for one network")),
        _an_hour("codes_per_network", _("Codes typed from one network")),
        _an_hour("reports_per_address", _("Reports from one address"), most=1000),
        _an_hour("reports_per_network", _("Reports from one network")),
        _an_hour("data_requests_per_address", _("Requests for what is held about one address"), most=1000),
        _an_hour("data_requests_per_network", _("Requests for what is held, from one network")),
        _an_hour("complaints_per_address", _("Complaints from one address"), most=1000),
        _an_hour("complaints_per_network", _("Complaints from one network")),
        _an_hour("subscriptions_per_address", _("Subscriptions, and changes to another address, for one address"),
                 most=1000),
        _an_hour("subscriptions_per_network", _("Subscriptions, and changes to another address, from one network")),
        _an_hour("sign_ins_per_address_and_network", _("Sign-in mails for one address from one network"),
                 _("Past it, nobody is mailed a way in from there for the rest of the hour. Signed in stay signed in."),
                 100),
        _an_hour("sign_ins_per_network", _("Sign-in mails for one network"),
                 _("Past it, nobody is mailed a way in from there for the rest of the hour. Signed in stay signed in."),
                 1000),
        _an_hour("proofs_per_session", _("Pages that ask for a second factor once more, for one session"),
                 _("Past it, whoever sits there signs in anew before they may change how they sign in."), 1000),
        _an_hour("kept_forms_per_network", _("Forms kept for who was signed out"),
                 _("What is sent to the desk after a session has ended is kept for a day, so many from one network."),
                 1000),
        _an_hour("strangers_mails_per_address", _("Mails that strangers can cause to one address"),
                 _("It keeps others from flooding somebody’s mailbox by typing their address here."), 100),
        _an_hour("strangers_mails_on_site", _("Mails that strangers can cause in all"),
                 _("Past it, mails leave more slowly; nothing is refused."), 100_000),
    )),
    Section("team", _("The team"), _("When unused accounts are suspended, and how many people can be invited."), (
        Entry("dormant_days", _("Suspend who has not signed in for"),
              _("They get a mail two weeks before, and an admin lets them back in by one press. The last admin and "
                "moderator stay. For who is away already, the two weeks begin now."),
              Number(0, 3650), _("In days; 0 for never.")),
        _an_hour("invitations_per_address", _("Invitations to one address"), most=100),
        _an_hour("invitations_per_person", _("Invitations by one admin"), most=1000),
    )),
    Section("clocks", _("How long things are kept"),
            _("The worker deletes what is older, within minutes, and it cannot be brought back but from a backup: a "
              "shorter time counts for what is held now, too. The page on privacy is made from these numbers."), (
        _days("unconfirmed_days", _("Comments and reports that nobody confirmed"),
              _("Then they are deleted, and the link in the mail does not work any more."), 1, 30),
        _days("network_days", _("The fingerprint of a network"),
              _("By it floods are noticed. It is no IP address, and goes by itself."), 1, 90),
        _days("address_days", _("Email addresses of commenters"),
              _("Counted from the last comment under the post. Then the receipt’s link ends, too."), 30, 1095),
        _days("unpublished_days", _("The words of what was not published or taken away"),
              _("They are kept so long, out of sight, so that a decision can be explained and put right."), 14, 365),
        _days("sent_email_days", _("The list of sent mails"),
              _("It helps to find out why a mail did not arrive."), 1, 90),
        _days("report_days", _("Reports, after they were answered"),
              _("Then the report goes with the address of whoever sent it."), 14, 365),
        _days("notice_days", _("Legal notices, after they were answered"),
              _("A court may ask for them: keep them as long as somebody can go there."), 90, 2555),
        _days("complaint_days", _("Complaints about personal data, after they have ended"),
              _("Then who complained and what was said goes; number, days and outcome stay in the register."),
              90, 2555),
        _days("unsubscribed_days", _("Addresses that follow nothing any more"),
              _("Until then they can change their mind by the links they have. Then the address goes, with what it "
                "followed and agreed to."), 1, 365),
        _days("told_days", _("Notes of what subscribers were told"),
              _("They keep anybody from hearing of something twice."), 14, 365),
        _days("audit_days", _("Who of the team did what"),
              _("Then the row goes from the log. Whether it can be said who decided something hangs on it."), 90, 3650),
    )),
    Section("mail", _("Mail"),
            _("Who the site’s mails are from. The address itself belongs to the server: OPM_MAIL_SENDER sets it."), (
        Entry("sender_name", _("Name of the sender"),
              _("It stands where a mail program shows who a mail is from, before the address."),
              Words(60, is_for_mail=True), _("Empty, the address stands there alone.")),
        Entry("reply_to", _("Where answers go"),
              _("Whoever answers one of the site’s mails writes to this address. Without one they write to the "
                "sender’s, which perhaps nobody reads."), Mailbox(), _("An address that somebody reads, or nothing.")),
        Entry("digest_hour", _("Hour of the digests"),
              _("Whoever follows something daily or weekly is mailed then, in the site’s time zone, where there is "
                "something new. Changed during a day, the day may bring none, or a second one with what is new by "
                "then."), Number(0, 23), _("An hour from 0 to 23.")),
        Entry("digest_weekday", _("Day of the weekly digests"),
              _("Whoever follows something weekly is mailed on it."),
              OneOf(tuple(enumerate((_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"),
                                     _("Saturday"), _("Sunday")))))),
    )),
)  # fmt: skip

# What is on none of these pages, and why.
ELSEWHERE = {
    "version": "derived: the public version",
    "is_demo": "the demonstration sets it, and removing it takes it back",
    "about": "/desk/pages/about",
    "menu": "/desk/menus/head/",
    "footer": "/desk/menus/foot/",
    "ways": "/desk/ways/",
    "demand_second_factor": "/desk/settings/second-factor",
    "retired_rules": "follows the rules",
    "election_is_on": "a switch of its own",
    "election_switched_at": "follows the switch",
}


def section(name: str) -> Section | None:
    """The page of this name."""
    return next((section for section in SECTIONS if section.name == name), None)


def all_keys() -> set[str]:
    """Every setting that there is."""
    return {field.name for field in fields(Settings)}
