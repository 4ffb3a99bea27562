"""Every text that a person reads passes through here, so that a translation can be laid under it.

No translation is shipped yet: with none found, the English in the code is what is shown.
"""

import gettext as catalogue
from functools import cache
from pathlib import Path

LOCALES = Path(__file__).parent.parent / "translations"


@cache
def _texts():
    return catalogue.translation("opm", LOCALES, fallback=True)


def gettext(message: str, **values) -> str:
    """The message in the site's language, its %(name)s places filled."""
    text = _texts().gettext(message)
    return text % values if values else text


def ngettext(one: str, many: str, num: int, **values) -> str:
    """The form of the message that suits the number, its places (also %(num)s) filled."""
    return _texts().ngettext(one, many, num) % {"num": num, **values}


class lazy_gettext:
    """A message named where no request is under way (a form's label), and looked up where it is shown."""

    def __init__(self, message: str, **values):
        self.message, self.values = message, values

    def __str__(self) -> str:
        return gettext(self.message, **self.values)

    def __mod__(self, values) -> str:
        return str(self) % values


def install(app) -> None:
    """Gives templates `_()`, `ngettext()` and `{% trans %}`, which escape what they are given."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(
        lambda message: _texts().gettext(message),
        lambda one, many, num: _texts().ngettext(one, many, num),
        newstyle=True,
    )
