"""What somebody types to sign in."""

from opm.lib.forms import Line, PublicForm, filled, no_encoded_words, no_longer_than, one_address
from opm.lib.i18n import lazy_gettext as _


class SignInForm(PublicForm):
    """Whom to mail a link and a code."""

    email = Line(
        validators=[
            filled(_("Write your email address")),
            no_longer_than(254, _("An email address has at most %(most)s characters")),
            no_encoded_words,
            one_address,
        ]
    )


class CodeForm(PublicForm):
    """The code from the mail."""

    code = Line(validators=[filled(_("Type the 8 letters and digits from the mail"))])
