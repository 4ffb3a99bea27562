"""The shapes of what subscribers send from their page."""

from wtforms import BooleanField, StringField
from wtforms.validators import AnyOf, ValidationError

from opm.lib.forms import PublicForm
from opm.lib.i18n import gettext as _now
from opm.lib.i18n import lazy_gettext as _
from opm.subscriptions import topics
from opm.subscriptions.models import Rhythm
from opm.subscriptions.topics import Followed


class _RhythmForm(PublicForm):
    rhythm = StringField(validators=[AnyOf([each.value for each in Rhythm], _("Choose how often"))])

    @property
    def chosen_rhythm(self) -> Rhythm:
        """How soon they want to hear of it."""
        return Rhythm(self.rhythm.data)


class ChangeForm(_RhythmForm):
    """One subscription: how soon, or no more."""

    subscription = StringField()
    stop = BooleanField()

    @property
    def subscription_id(self) -> int:
        """Which one; 0, which none has, for what is no number."""
        named = self.subscription.data or ""
        return int(named) if named.isascii() and named.isdigit() and len(named) < 19 else 0


class FollowForm(_RhythmForm):
    """Something more to hear of, and how soon."""

    what = StringField()

    followed: Followed | None = None

    def validate_what(self, field):
        """It is here, and the public sees it."""
        self.followed = topics.find_key((field.data or "")[:100])
        if self.followed is None:
            raise ValidationError(_now("Choose what you want to hear of"))


class PauseForm(PublicForm):
    """Whether mails are to wait, or come again."""

    paused = BooleanField()
