"""What somebody types to sign in, and what admins say about people."""

from wtforms import Field, StringField

from opm.accounts.abilities import ROLES_IN_WORDS
from opm.lib.forms import (
    DeskForm,
    Line,
    PublicForm,
    ValidationError,
    address_field,
    filled,
    no_encoded_words,
    no_longer_than,
)
from opm.lib.i18n import gettext as now
from opm.lib.i18n import lazy_gettext as _

LONGEST_NAME = 80


def name_field() -> Line:
    """A field for the name of one of the team."""
    return Line(
        validators=[
            filled(_("Write their name")),
            no_longer_than(LONGEST_NAME, _("The name is %(over)s characters over the limit of %(most)s")),
            no_encoded_words,
            no_address,
        ]
    )


def no_address(form, field):
    """Refuses what is an address: readers see the names of the team."""
    if "@" in field.data:
        raise ValidationError(now("Readers see this name: write a name, not an email address"))


class SignInForm(PublicForm):
    """Whom to mail a link and a code."""

    email = address_field()


class CodeForm(PublicForm):
    """The code from the mail."""

    code = Line(validators=[filled(_("Type the 8 letters and digits from the mail"))])


class Several(Field):
    """Boxes of one name, of which several may be ticked."""

    def process_data(self, value):
        self.data = list(value or [])

    def process_formdata(self, values):
        self.data = values


class PersonForm(DeskForm):
    """What somebody is called and here for. `seen` is the mark of the person as the page showed them."""

    name = name_field()
    roles = Several()
    seen = StringField()

    def validate_roles(self, field):
        """Raises ValidationError for none, and for what is no role."""
        if not field.data or not set(field.data) <= set(ROLES_IN_WORDS):
            raise ValidationError(now("Choose what they are here for"))


class InvitationForm(PersonForm):
    """Whom to invite."""

    email = address_field()
