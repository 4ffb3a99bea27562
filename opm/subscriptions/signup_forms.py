"""The shapes of what people send who want to follow something."""

from wtforms import BooleanField, StringField
from wtforms.validators import ValidationError

from opm.lib.forms import Line, PublicForm, address_field
from opm.lib.i18n import gettext as _now
from opm.subscriptions import topics
from opm.subscriptions.models import Rhythm, Topic
from opm.subscriptions.preferences_forms import FollowForm
from opm.subscriptions.topics import Followed


class SubscribeForm(FollowForm):
    """What they want to hear of, how soon, and where. `url` is a trap that people do not see; it only flags.

    Small forms name what it is about by its address, and no rhythm: at once.
    """

    email = address_field()
    url = Line()

    def process(self, *args, **kwargs):
        """What a small form does not say is said here, so that the page can show it when it asks again."""
        super().process(*args, **kwargs)
        self.rhythm.data = self.rhythm.data or Rhythm.AT_ONCE.value

    def validate_what(self, field):
        """It is here, the public sees it, and anybody may follow it."""
        self.followed = topics.find_named(field.data or "")
        if self.followed is None or self.followed.topic == Topic.REPLIES:
            self.followed = None
            raise ValidationError(_now("Choose what you want to hear of"))


class ReceiptForm(PublicForm):
    """What the writer of a comment wants to hear of, or no more."""

    topic = StringField()
    stop = BooleanField()

    def followed(self, comment) -> Followed | None:
        """What it names: the comments around theirs, or the answers to it, which may have yet to be published.

        Whatever has become of it, it can be stopped.
        """
        ids = {Topic.THREAD: comment.thread_id, Topic.REPLIES: comment.id}
        named = [pair for pair in ids.items() if pair[0] == self.topic.data]
        return next((each for each in topics.named(named).values() if each.is_here or self.stop.data), None)
