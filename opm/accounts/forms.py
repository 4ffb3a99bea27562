"""What somebody types to sign in."""

from opm.lib.forms import Line, PublicForm, address_field, filled
from opm.lib.i18n import lazy_gettext as _


class SignInForm(PublicForm):
    """Whom to mail a link and a code."""

    email = address_field()


class CodeForm(PublicForm):
    """The code from the mail."""

    code = Line(validators=[filled(_("Type the 8 letters and digits from the mail"))])
