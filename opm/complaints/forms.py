"""The shapes of what people who complain send, and of what the team does about it."""

from datetime import date, datetime, timedelta

from wtforms import IntegerField, StringField
from wtforms.validators import AnyOf, NumberRange, ValidationError

from opm import settings
from opm.comments.models import LONGEST_NAME
from opm.complaints.models import ANSWERS, LONGEST_COMPLAINT, LONGEST_STEP, CameBy, Outcome, What
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

TOO_LONG = _("This is %(over)s characters over the limit of %(most)s")
FARTHEST_DAY = timedelta(days=3650)
STEPS = What.NOTE, What.PROGRESS, What.ACKNOWLEDGED, What.ANSWER  # that the team takes


def _name() -> Line:
    return Line(
        validators=[
            no_longer_than(LONGEST_NAME, _("The name is %(over)s characters over the limit of %(most)s")),
            no_encoded_words,
        ]
    )


class ComplaintForm(PublicForm):
    """What somebody complains of. `url` is a trap that people do not see; it only flags."""

    text = Text(
        validators=[
            filled(_("Write what happened, and what you would like us to do")),
            no_longer_than(LONGEST_COMPLAINT, TOO_LONG),
        ]
    )
    name = _name()
    email = address_field()
    url = Line()

    def words(self) -> dict:
        """What a new complaint is made of."""
        return {
            "text": self.text.data,
            "name": self.name.data,
            "email": self.email.data,
            "trapped": bool(self.url.data),
        }


class MoreForm(PublicForm):
    """What they add later."""

    text = Text(validators=[filled(_("Write what you would like to add")), no_longer_than(LONGEST_STEP, TOO_LONG)])


class EnteringForm(DeskForm):
    """A complaint that came by phone or on paper."""

    text = Text(validators=[filled(_("Write what they said")), no_longer_than(LONGEST_COMPLAINT, TOO_LONG)])
    name = _name()
    email = Line(
        validators=[
            no_longer_than(LONGEST_EMAIL, _("An email address has at most %(most)s characters")),
            no_encoded_words,
        ]
    )
    how = StringField(
        validators=[AnyOf([how.value for how in CameBy if how != CameBy.FORM], message=_("Choose how it came"))]
    )
    day = Line()

    @property
    def received_on(self) -> date | None:
        """The day that was named."""
        try:
            return datetime.strptime(self.day.data, "%Y-%m-%d").date()
        except ValueError:
            return None

    def validate_day(self, field):
        """It came today or earlier, within ten years."""
        today = settings.current().local(clock.now()).date()
        if self.received_on is None:
            raise ValidationError(_now("Name the day like 2026-11-14"))
        if not today - FARTHEST_DAY <= self.received_on <= today:
            raise ValidationError(_now("Name today or an earlier day, within ten years"))

    def validate_email(self, field):
        """If there is an address at all, it could exist."""
        if field.data:
            one_address(self, field)

    def words(self) -> dict:
        """What the complaint is made of."""
        words = {"text": self.text.data, "name": self.name.data, "email": self.email.data}
        return words | {"came_by": CameBy(self.how.data), "received_on": self.received_on}


class StepForm(DeskForm):
    """What the team does about a complaint, as it was seen: `seen` is the number of its last step, 0 for none."""

    what = StringField(validators=[AnyOf([what.value for what in STEPS])])
    seen = IntegerField(validators=[NumberRange(0, LARGEST_ID)])
    text = Text(validators=[filled(_("Write a few words")), no_longer_than(LONGEST_STEP, TOO_LONG)])
    outcome = StringField()

    @property
    def is_answer(self) -> bool:
        """Whether it ends the complaint."""
        return self.what.data == What.ANSWER

    def validate_outcome(self, field):
        """An answer says how the complaint ends."""
        if self.is_answer and field.data not in ANSWERS:
            raise ValidationError(_now("Choose how it ends"))

    @property
    def chosen_outcome(self) -> Outcome:
        """How it ends."""
        return Outcome(self.outcome.data)
