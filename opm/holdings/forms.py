"""The shape of a request."""

from opm.lib.forms import Line, PublicForm, address_field


class RequestForm(PublicForm):
    """Whose data somebody asks for. `url` is a trap that people do not see."""

    email = address_field()
    url = Line()
