"""The shapes of what commenters and moderators send."""

from datetime import date, datetime, timedelta

from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, NumberRange, ValidationError

from opm import settings
from opm.comments.handing import LONGEST_NOTE
from opm.comments.models import LONGEST_NAME, LONGEST_TEXT, Act, Received, ThreadAct
from opm.comments.names import no_mark_of_the_team
from opm.lib import clock
from opm.lib.columns import LARGEST_ID
from opm.lib.forms import (
    LONGEST_EMAIL,
    DeskForm,
    Line,
    PublicForm,
    Text,
    address_field,
    filled,
    no_encoded_words,
    no_longer_than,
    one_address,
)
from opm.lib.i18n import gettext as _now
from opm.lib.i18n import lazy_gettext as _

FARTHEST_DAY = timedelta(days=3653)


class _WordsForm(PublicForm):
    """What somebody says, and under which name."""

    text = Text(
        validators=[
            filled(_("Write your comment")),
            no_longer_than(LONGEST_TEXT, _("Your comment is %(over)s characters over the limit of %(most)s")),
        ]
    )
    name = Line(
        validators=[
            filled(_("Write a name to show beside your comment")),
            no_longer_than(LONGEST_NAME, _("Your name is %(over)s characters over the limit of %(most)s")),
            no_encoded_words,
            no_mark_of_the_team,
        ]
    )


class CommentForm(_WordsForm):
    """A comment: text, name, address. `url` is a trap that people do not see; it only flags."""

    email = address_field()
    url = Line()
    parent = StringField()

    @property
    def parent_id(self) -> int | None:
        """The comment that is answered, if any; 0, which no comment has, for what is no such number."""
        return _number(self.parent.data) if self.parent.data else None

    def words(self) -> dict:
        """What a new comment is made of."""
        return {
            "text": self.text.data,
            "name": self.name.data,
            "email": self.email.data,
            "trapped": bool(self.url.data),
        }


class EditForm(_WordsForm):
    """The same comment in other words, instead of those of the revision that was seen."""

    revision = StringField()

    def words(self) -> dict:
        """What is to stand from now on, and instead of what; 0, which no revision has, for what is no number."""
        return {"text": self.text.data, "name": self.name.data, "revision": _number(self.revision.data or "")}


class MailsForm(PublicForm):
    """Whether the writer wishes to hear what is decided."""

    outcome = BooleanField()


class PanelCodeForm(PublicForm):
    """The six digits."""

    code = Line(validators=[filled(_("Type the 6 digits from the mail"))])


class AddressForm(PublicForm):
    """Another address for the same comment."""

    email = address_field()


class NotMeForm(PublicForm):
    """Somebody did not write what stands under their address."""

    never_again = BooleanField()


class DecisionForm(DeskForm):
    """What a moderator decides, and on which revision."""

    decision = StringField(validators=[AnyOf([act.value for act in Act])])
    revision = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST_ID)])
    rule = StringField()
    left = Text()  # of the comment's words, where some are taken out
    note = Text(validators=[no_longer_than(2000, _("The note is %(over)s characters over the limit of %(most)s"))])

    @property
    def act(self) -> Act:
        """The decision as the model knows it."""
        return Act(self.decision.data)

    @property
    def needs_rule(self) -> bool:
        """Whether this decision has to name a rule."""
        return self.decision.data in (Act.REJECT, Act.REMOVE, Act.REDACT)

    @property
    def rule_number(self) -> int | None:
        """The rule of the site that it names, where the decision needs one."""
        rules = {str(rule.number): rule.number for rule in settings.current().rules}
        return rules.get(self.rule.data) if self.needs_rule else None

    def validate_rule(self, field):
        """A rejection names one of the site's rules."""
        if self.needs_rule and self.rule_number is None:
            raise ValidationError(_now("Choose the rule that the comment breaks"))


class _Every(StringField):
    """A field that stands in a form several times: all that was sent, as a list."""

    def process_data(self, value):
        self.data = value or []

    def process_formdata(self, values):
        self.data = values


class BulkForm(DecisionForm):
    """What a moderator decides about many comments, each on the revision that was seen."""

    revision = left = None
    decision = StringField(validators=[AnyOf(["approve", "reject", "spam"], _("Choose what becomes of them"))])
    chosen = _Every()  # as "907.1": the comment and its revision
    everything = BooleanField(name="all")
    shown = _Every()  # what stood on the page, for "all on this page"

    @property
    def words(self) -> list[str]:
        """What was chosen, by itself or as all that stood there."""
        return self.shown.data if self.everything.data else self.chosen.data


class ReplyForm(DeskForm):
    """What the team answers, to which revision."""

    revision = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST_ID)])
    text = Text(
        validators=[
            filled(_("Write your reply")),
            no_longer_than(LONGEST_TEXT, _("Your reply is %(over)s characters over the limit of %(most)s")),
        ]
    )


class HandingForm(DeskForm):
    """To whom a comment is handed, and why."""

    to = StringField()
    note = Text(
        validators=[no_longer_than(LONGEST_NOTE, _("The note is %(over)s characters over the limit of %(most)s"))]
    )

    @property
    def to_id(self) -> int:
        """The number of whom it goes to; 0, which nobody has, for what is no number."""
        return _number(self.to.data or "")


class EnteringForm(DeskForm):
    """A comment that came by phone or on paper."""

    thread = StringField()
    text = Text(
        validators=[
            filled(_("Write what they said")),
            no_longer_than(LONGEST_TEXT, _("The comment is %(over)s characters over the limit of %(most)s")),
        ]
    )
    name = Line(
        validators=[
            filled(_("Write the name to show beside it")),
            no_longer_than(LONGEST_NAME, _("The name is %(over)s characters over the limit of %(most)s")),
            no_encoded_words,
            no_mark_of_the_team,
        ]
    )
    how = StringField(validators=[AnyOf([how.value for how in Received], message=_("Choose how it came"))])
    day = Line()
    email = Line(
        validators=[
            no_longer_than(LONGEST_EMAIL, _("An email address has at most %(most)s characters")),
            no_encoded_words,
        ]
    )

    @property
    def thread_id(self) -> int:
        """The number of the thread under which it goes; 0, which none has, for what is no number."""
        return _number(self.thread.data or "")

    @property
    def received_on(self) -> date | None:
        """The day that was named."""
        return _day(self.day.data)

    def words(self) -> dict:
        """What the comment is made of."""
        words = {"text": self.text.data, "name": self.name.data, "email": self.email.data}
        return words | {"how": Received(self.how.data), "received_on": self.received_on}

    def validate_day(self, field):
        """It came today or earlier, within ten years."""
        if self.received_on is None:
            raise ValidationError(_now("Name the day like 2026-11-14"))
        today = settings.current().local(clock.now()).date()
        if not today - FARTHEST_DAY <= self.received_on <= today:
            raise ValidationError(_now("Name today or an earlier day, within ten years"))

    def validate_email(self, field):
        """If there is an address at all, it could exist."""
        if field.data:
            one_address(self, field)


class ThreadForm(DeskForm):
    """What a moderator decides about a thread."""

    act = StringField(validators=[AnyOf([act.value for act in ThreadAct])])
    day = Line()

    @property
    def last_day(self) -> date | None:
        """The day that was named, where the act needs one."""
        if self.act.data != ThreadAct.CLOSE_AFTER:
            return None
        return _day(self.day.data)

    def validate_day(self, field):
        """The last day is one that is still to end, and not beyond ten years."""
        if self.act.data != ThreadAct.CLOSE_AFTER:
            return
        if self.last_day is None:
            raise ValidationError(_now("Name the day like 2026-11-14"))
        today = settings.current().local(clock.now()).date()
        if not today <= self.last_day <= today + FARTHEST_DAY:
            raise ValidationError(_now("Name today or a later day, within ten years"))


def _number(named: str) -> int:
    """The number of a row or a revision; 0, which none has, for what is no such number."""
    return int(named) if named.isascii() and named.isdigit() and len(named) < 19 else 0


def _day(named: str) -> date | None:
    """The day, as 2026-11-14; None for what is none."""
    try:
        return datetime.strptime(named, "%Y-%m-%d").date()
    except ValueError:
        return None
