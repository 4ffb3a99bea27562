"""What moderators send from a mail's page, and how they choose to be mailed."""

from wtforms import IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, NumberRange

from opm.comments.forms import DecisionForm
from opm.comments.inbox.models import When
from opm.comments.models import Act
from opm.lib.forms import DeskForm, PublicForm
from opm.lib.i18n import lazy_gettext as _

BY_MAIL = (Act.APPROVE, Act.REJECT, Act.SPAM)


class MailDecisionForm(DecisionForm):
    """A decision without a session: the link is what allows it, and its origin defends it."""

    class Meta(PublicForm.Meta):
        """No token."""

    decision = StringField(validators=[AnyOf([act.value for act in BY_MAIL])])


class MailChoiceForm(DeskForm):
    """When somebody is mailed, and at which hour of the site's zone if once a day."""

    how = StringField(validators=[AnyOf(list(When), message=_("Choose when you are mailed"))])
    hour = IntegerField(
        validators=[
            InputRequired(_("Choose an hour from 0 to 23")),
            NumberRange(0, 23, _("Choose an hour from 0 to 23")),
        ]
    )
