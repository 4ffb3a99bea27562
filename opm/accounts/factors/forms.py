"""What is typed and sent about a second factor."""

from wtforms import StringField

from opm.lib.forms import DeskForm, Line, PublicForm, filled, no_longer_than
from opm.lib.i18n import lazy_gettext as _

LONGEST_NAME = 80


class CodeForm(PublicForm):
    """A code of an app, or a recovery code; or what a passkey has signed. The guard has seen the token at the desk."""

    code = Line()
    credential = StringField()  # what a browser made of it, in JSON

    def validate_code(self, field):
        """Nothing at all costs no try."""
        if not self.credential.data:
            filled(_("Type the code"))(self, field)


class PasskeyForm(DeskForm):
    """What somebody calls a passkey."""

    name = Line(
        validators=[
            filled(_("Give it a name, such as “my laptop”")),
            no_longer_than(LONGEST_NAME, _("A name has at most %(most)s characters: this is %(over)s too long")),
        ]
    )
