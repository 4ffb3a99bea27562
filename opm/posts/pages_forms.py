"""The shapes of what the team sends about standing pages."""

import re
from datetime import date, datetime, timedelta

from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, NumberRange, ValidationError

from opm import settings
from opm.lib import clock, slugs
from opm.lib.columns import LARGEST_COUNT, LARGEST_ID
from opm.lib.forms import DeskForm, Line, SlugForm, Text, filled, no_longer_than
from opm.lib.i18n import gettext as _now
from opm.lib.i18n import lazy_gettext as _
from opm.lib.moved import LeadsOn
from opm.posts import destinations
from opm.posts.pages import SlugTaken

LONGEST_TITLE = 150
LONGEST_TEXT = 100_000
LONGEST_REASON = 500
LONGEST_SLUG = 200  # while it is typed; what is saved has at most slugs.LONGEST
LONG = {
    "title": _("The title is %(over)s characters over the limit of %(most)s"),
    "slug": _("The address is %(over)s characters over the limit of %(most)s"),
    "text": _("The text is %(over)s characters over the limit of %(most)s"),
}
FARTHEST_DAY = timedelta(days=5 * 366)
A_YEAR_ON = timedelta(days=365)
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class WordsForm(SlugForm):
    """A title and a text, instead of those of the revision that was seen."""

    title = Line(
        validators=[
            filled(_("Give the page a title")),
            no_longer_than(LONGEST_TITLE, LONG["title"]),
        ]
    )
    slug = Line()
    text = Text(
        validators=[
            filled(_("Write what stands on the page")),
            no_longer_than(LONGEST_TEXT, LONG["text"]),
        ]
    )
    revision = StringField()

    def __init__(self, *args, own_slug: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self._own_slug = own_slug  # stays as it is, however it came to be

    def validate_slug(self, field):
        """Nothing, or what can stand in an address without being rewritten there."""
        typed = field.data.strip("/")
        if typed in ("", self._own_slug):
            return
        if not SLUG.fullmatch(typed) or len(typed) > slugs.LONGEST:
            like = slugs.slug(typed, otherwise="how-to-reach-us")
            raise ValidationError(_now("Use small letters from a to z, digits and hyphens, like %(like)s", like=like))

    def refuse(self, taken: SlugTaken | LeadsOn) -> "WordsForm":
        """Says at its field that another page has the address, or had it."""
        if isinstance(taken, LeadsOn):
            self.ask_about(taken)
        else:
            self.slug.errors = [_now("That address is taken. /%(free)s/ is free", free=taken.free)]
        return self

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, field by field."""
        return {"title": self.title.data, "slug": self.slug.data, "text": self.text.data}

    @property
    def wanted_slug(self) -> str:
        """What the address is to be; nothing if it may come from the title or stay as it is."""
        return self.slug.data.strip("/")

    @property
    def seen(self) -> int:
        """The revision that was seen; 0, which none is, for what is no number."""
        return number(self.revision.data)


class DraftForm(WordsForm):
    """What was typed so far, which need not be fit to be saved."""

    title = Line(validators=[no_longer_than(LONGEST_TITLE, LONG["title"])])
    text = Text(validators=[no_longer_than(LONGEST_TEXT, LONG["text"])])

    def validate_slug(self, field):
        """Whatever may become an address."""
        no_longer_than(LONGEST_SLUG, LONG["slug"])(self, field)


class AboutForm(DeskForm):
    """What stands at the head of the page about the site."""

    text = Text(validators=[no_longer_than(LONGEST_TEXT, LONG["text"])])
    revision = StringField()

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, field by field."""
        return {"text": self.text.data}

    @property
    def seen(self) -> int:
        """The number of the choice that was seen; -1, which none has, for what is no number."""
        return 0 if self.revision.data in (0, "0") else number(self.revision.data) or -1


class WithdrawalForm(DeskForm):
    """Why a page goes, and where its readers are led instead, if anywhere."""

    because = Line(
        validators=[no_longer_than(LONGEST_REASON, _("That is %(over)s characters over the limit of %(most)s"))]
    )
    to = Line()
    revision = StringField()

    def __init__(self, *args, address: str, **kwargs):
        super().__init__(*args, **kwargs)
        self._address = address

    @property
    def seen(self) -> int:
        """The revision that was seen; 0, which none is, for what is no number."""
        return number(self.revision.data)

    def validate_because(self, field):
        """Readers are led elsewhere, or told why."""
        if not self.to.data:
            filled(_("Say why it goes, or where its readers find more"))(self, field)

    def validate_to(self, field):
        """A path on this site where readers find something, other than where they came from."""
        if field.data and (why := destinations.why_not_instead(field.data, self._address)):
            raise ValidationError(why)


class ReviewForm(DeskForm):
    """That a page is still true, in the revision that was seen; and the day on which it is to be read again."""

    revision = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST_ID)])
    review_on = Line()

    @property
    def day(self) -> date | None:
        """The day that was named."""
        try:
            return datetime.strptime(self.review_on.data, "%Y-%m-%d").date()
        except ValueError:
            return None

    def validate_review_on(self, field):
        """A day to come, within five years."""
        if self.day is None:
            raise ValidationError(_now("Name the day like 2027-11-14"))
        if not today() < self.day <= today() + FARTHEST_DAY:
            raise ValidationError(_now("Name a day after today, within five years"))


def today() -> date:
    """The day in the site's zone."""
    return settings.current().local(clock.now()).date()


def number(named: str | int | None) -> int:
    """The number of a revision; 0, which none has, for what is no such number."""
    digits = str(named or "")
    named = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0
    return named if named <= LARGEST_COUNT else 0
