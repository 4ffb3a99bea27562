"""The shapes of what writers and editors send."""

from dataclasses import asdict
from datetime import date, datetime, timedelta

from flask import request
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, NumberRange, ValidationError

from opm import settings
from opm.extensions import db
from opm.lib import clock
from opm.lib.columns import LARGEST_COUNT
from opm.lib.forms import LINE_ENDS, UNSEEN, DeskForm, Line, SlugForm, Text, filled, no_longer_than
from opm.lib.i18n import gettext as _now
from opm.lib.i18n import lazy_gettext as _
from opm.lib.slugs import slug
from opm.posts import destinations
from opm.posts.changes import LONGEST_NOTE
from opm.posts.filing_forms import FilingFields
from opm.posts.models import Post
from opm.posts.preview_links import LONGEST_NAME
from opm.posts.publishing import LONGEST_REASON
from opm.posts.writing import Words

LONGEST_TITLE = 200
LONGEST_SUMMARY = 500
LONGEST_TEXT = 100_000
FIRST_DAY, FARTHEST = date(1990, 1, 1), timedelta(days=3653)
MOMENTS = "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"
LONG = {
    "title": _("The title is %(over)s characters over the limit of %(most)s"),
    "summary": _("The summary is %(over)s characters over the limit of %(most)s"),
    "text": _("The text is %(over)s characters over the limit of %(most)s"),
    "reason": _("This is %(over)s characters over the limit of %(most)s"),
}


def as_sent(text: str) -> str:
    """A text as it comes back from a form that it was shown in."""
    return LINE_ENDS.sub("\n", UNSEEN.sub("", LINE_ENDS.sub("\n", text))).strip("\n")


class Source(StringField):
    """What is kept as it was typed, blanks at the ends of lines included: in Markdown they mean something."""

    def process_data(self, value):
        super().process_data(value or "")

    def process_formdata(self, values):
        super().process_formdata(values)
        self.data = as_sent(self.data or "")


class TitleForm(DeskForm):
    """What a new post is called for now."""

    title = Line(
        validators=[filled(_("Give it a title, if only for now")), no_longer_than(LONGEST_TITLE, LONG["title"])]
    )


class WordsForm(DeskForm):
    """What a post says, and on which of its revisions that was written."""

    title = Line(validators=[filled(_("Give it a title")), no_longer_than(LONGEST_TITLE, LONG["title"])])
    summary = Text(validators=[no_longer_than(LONGEST_SUMMARY, LONG["summary"])])
    text = Source(validators=[no_longer_than(LONGEST_TEXT, LONG["text"])])
    revision = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST_COUNT)])

    @property
    def words(self) -> Words:
        """The words as the model knows them."""
        return Words(self.title.data, self.summary.data, self.text.data)

    @property
    def typed(self) -> dict[str, str]:
        """They, field by field."""
        return asdict(self.words)


class DraftForm(WordsForm):
    """What was typed so far, which need not be fit to be saved."""

    title = Line(validators=[no_longer_than(LONGEST_TITLE, LONG["title"])])


class LinkForm(DeskForm):
    """For whom a preview link is."""

    name = Line(
        validators=[
            filled(_("Say for whom it is")),
            no_longer_than(LONGEST_NAME, _("A name has at most %(most)s characters")),
        ]
    )


class PostForm(FilingFields, WordsForm):
    """The whole editor, with what is to be done with it."""

    do = StringField(
        default="save",
        validators=[AnyOf(["save", "submit", "return", "schedule", "unschedule", "publish", "aside"])],
    )
    political = BooleanField()
    tell = BooleanField()  # whether subscribers are told once it is published
    asks_tell = BooleanField()  # whether that was there to tick
    comments = StringField(default="open", validators=[AnyOf(["open", "until", "closed"])])
    comments_last_day = Line()
    publish_at = Line()
    because = Text(validators=[no_longer_than(LONGEST_REASON, LONG["reason"])])
    change_note = Text(validators=[no_longer_than(LONGEST_NOTE, LONG["reason"])])

    @property
    def last_day(self) -> date | None:
        """The last day for comments, where one is named."""
        return _day(self.comments_last_day.data) if self.comments.data == "until" else None

    @property
    def moment(self) -> datetime | None:
        """When it is to go out, read in the site's zone."""
        return _moment(self.publish_at.data)

    def validate_comments_last_day(self, field):
        """One within ten years, where one is needed."""
        if self.comments.data != "until":
            return
        if self.last_day is None:
            raise ValidationError(_now("Name the day like 2026-11-14"))
        if not FIRST_DAY <= self.last_day <= (clock.now() + FARTHEST).date():
            raise ValidationError(_now("Name a day within ten years"))

    def validate_publish_at(self, field):
        """A moment to come, where one is needed."""
        if self.do.data != "schedule":
            return
        if self.moment is None:
            raise ValidationError(_now("Name the day and the time like 2026-11-14 09:00"))
        if self.moment <= clock.now():
            raise ValidationError(_now("That moment is past: name one to come, or publish now"))
        if self.moment > clock.now() + FARTHEST:
            raise ValidationError(_now("Name a moment within ten years"))


class AddressForm(SlugForm):
    """The last part of a post's address."""

    slug = Line()

    @property
    def wanted(self) -> str:
        """As an address can have it."""
        return slug(self.slug.data, otherwise="")

    def validate_slug(self, field):
        """Something is left of it in small letters, digits and hyphens."""
        if not self.wanted:
            raise ValidationError(_now("Use letters from a to z, digits and hyphens, like bench-every-200-steps"))


class RestoreForm(DeskForm):
    """Which version was the newest when somebody went back to an old one, and what readers are told."""

    revision = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST_COUNT)])
    change_note = Text(validators=[no_longer_than(LONGEST_NOTE, LONG["reason"])])


class NoteForm(DeskForm):
    """What readers are told of a change, or that it is not told any more."""

    text = Text(
        validators=[filled(_("Tell readers what changed")), no_longer_than(LONGEST_NOTE, LONG["reason"])],
    )
    do = StringField(default="correct")

    @property
    def takes_back(self) -> bool:
        """Whether the button was the one that takes a note away."""
        return self.do.data == "take back"


class WithdrawalForm(DeskForm):
    """Why a post is taken away, and where its address leads instead, if anywhere."""

    because = Text(
        validators=[
            filled(_("Tell readers why it is gone")),
            no_longer_than(LONGEST_REASON, LONG["reason"]),
        ]
    )
    to = Line()

    def validate_to(self, field):
        """A path on this site where readers find something, other than where they came from."""
        if field.data and (why := destinations.why_not_instead(field.data, self._gone)):
            raise ValidationError(why)

    @property
    def _gone(self) -> str | None:
        post = db.session.get(Post, request.view_args["id"])
        return post.address if post.published_on else None


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    for shape in MOMENTS:
        try:
            return datetime.strptime(text, shape).replace(tzinfo=settings.current().timezone)
        except ValueError:
            continue
    return None
