"""The shape of a request."""

from opm.lib.forms import PublicForm, address_field


class RequestForm(PublicForm):
    """Whose data somebody asks for. There is no trap: whoever asks is mailed, and learns nothing here."""

    email = address_field()
