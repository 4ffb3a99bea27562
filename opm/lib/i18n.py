"""Every text that a person reads passes through here, so that a translation can be laid under it.

No translation is shipped yet: with none found, the English in the code is what is shown.
"""

import gettext as catalogue
from functools import cache, lru_cache, wraps
from pathlib import Path

from jinja2 import pass_eval_context
from markupsafe import Markup

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


def remembered(write):
    """Keeps what a function writes, by what it is given and by the catalogue: nothing else may have a say in it."""
    kept = lru_cache(maxsize=1000)(lambda _catalogue, *values: write(*values))
    return wraps(write)(lambda *values: kept(_texts(), *values))


class lazy_gettext:
    """A message named where no request is under way (a form's label), and looked up where it is shown."""

    def __init__(self, message: str, **values):
        self.message, self.values = message, values

    def __str__(self) -> str:
        return gettext(self.message, **self.values)

    def __mod__(self, values) -> str:
        return str(self) % values


class lazy_ngettext:
    """Both forms of such a message, to be looked up where the number is known."""

    def __init__(self, one: str, many: str):
        self.one, self.many = one, many

    def of(self, num: int) -> str:
        """The form that suits the number."""
        return ngettext(self.one, self.many, num)


def install(app) -> None:
    """Gives templates `_()`, `ngettext()` and `{% trans %}`, which escape what they are given."""
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(gettext, lambda one, many, num: _texts().ngettext(one, many, num), newstyle=True)
    env.globals["_"] = env.globals["gettext"] = _in_template
    env.lasting["_"] = env.lasting["gettext"] = lambda message: _filled(_texts().gettext(message), {})


@pass_eval_context
def _in_template(context, message: str, **values):
    """The extension's own does the same in three times as long, some twenty times a page."""
    text = _texts().gettext(message)
    return _filled(Markup(text) if context.autoescape else text, values)


def _filled(text: str, values: dict) -> str:
    return text % values if "%" in text else text
