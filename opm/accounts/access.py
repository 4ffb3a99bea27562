"""Who is at the door: sessions kept as rows, the guard of the desk, and what each role may do.

Readers and commenters have no session and get no cookie. At the desk the browser holds a random secret; the row it
opens holds the token that defends the desk's forms, and ends when somebody signs out.
"""

from functools import wraps
from urllib.parse import urlencode

from flask import current_app, g, redirect, request, session
from flask.sessions import SessionInterface, SessionMixin

from opm.accounts import kept_forms, second_factor
from opm.accounts.abilities import IN_WORDS, Ability
from opm.accounts.models import SIGNED_IN_FOR, Person, Session
from opm.extensions import csrf, reading
from opm.lib.caching import varies_by
from opm.lib.i18n import gettext as _

LONGEST_ADDRESS = 500
FACTOR_PAGE = "/desk/account/second-factor"


class NotSignedIn(Exception):
    """Something was sent to the desk by somebody who is not, or no longer, signed in."""


class NotAllowed(Exception):
    """Signed in, but not with a role that may do this. It says who may."""

    def __init__(self, ability: Ability):
        super().__init__(ability)
        self.ability = ability

    @property
    def in_words(self) -> str:
        """What they may not do."""
        return str(IN_WORDS[self.ability])

    @property
    def whom_to_ask(self) -> str:
        """The names of those who may, or who can say who may."""
        return ", ".join(person.name for person in Person.who_may(self.ability)) or _("an admin")


class FactorOwed(Exception):
    """Something was sent to the desk by somebody who has yet to set up or show the second factor that is demanded."""


class ProofNeeded(Exception):
    """What signs somebody in is changed only by who has signed in, or shown a second factor, within ten minutes."""


class RowSessions(SessionInterface):
    """Flask's session holds no more than the token for the desk's forms; the guard puts it there from the row."""

    class _Session(dict, SessionMixin):
        pass

    def open_session(self, app, request):
        return self._Session()

    def save_session(self, app, session, response):
        """Nothing: signing in and out write the cookie."""


def guard():
    """Before every request to the desk: lets staff in, sends others to the door, and checks the form's token.

    Who owes a second factor gets no further than to where it is set up or shown. What was kept of somebody who was
    signed out goes with its being sent again. Raises NotSignedIn, FactorOwed and SentAlready.
    """
    varies_by("Cookie")
    row = Session.of(request.cookies.get(cookie_name(), ""))
    if row is None:
        if request.method == "POST":
            raise NotSignedIn
        return redirect(f"/desk/sign-in?{urlencode({'next': request.full_path.rstrip('?')})}", code=303)
    g.session, g.person = row, row.person
    session["csrf_token"] = row.csrf_token
    csrf.protect()
    if second_factor.is_owed_in(row) and not getattr(_view(), "opens_without_factor", False):
        if request.method == "POST":
            raise FactorOwed
        return redirect(f"{FACTOR_PAGE}?{urlencode({'next': request.full_path.rstrip('?')})}", code=303)
    if kept_forms.ITS_NUMBER in request.form:
        kept_forms.drop(request.form[kept_forms.ITS_NUMBER], kept_secret())
    return None


def is_somebody() -> bool:
    """Whether somebody who is signed in asks. It only looks, and holds up no writer."""
    with reading():
        return Session.of(request.cookies.get(cookie_name(), "")) is not None


def requires(ability: Ability):
    """Opens a view only to those whose role may do this. Raises NotAllowed."""

    def wrap(view):
        @wraps(view)
        def open_to_some(*args, **kwargs):
            if not g.person.may(ability):
                raise NotAllowed(ability)
            return view(*args, **kwargs)

        return open_to_some

    return wrap


def opens_without_factor(view):
    """Marks a view that stays open to who has yet to set up or show the second factor that is demanded."""
    view.opens_without_factor = True
    return view


def freshly_proved(view):
    """Opens a view only to who has signed in, or shown a second factor, within ten minutes. Raises ProofNeeded."""

    @wraps(view)
    def open_to_some(*args, **kwargs):
        if not g.session.is_fresh:
            raise ProofNeeded
        return view(*args, **kwargs)

    return open_to_some


def let_in(response, secret: str):
    """Gives the browser the secret of a session that has just begun."""
    response.set_cookie(cookie_name(), secret, max_age=SIGNED_IN_FOR, **_cookie_manners())
    return response


def let_out(response):
    """Takes the secret away again."""
    response.delete_cookie(cookie_name(), **_cookie_manners())
    return response


def let_keep(response, secret: str):
    """Gives the browser the secret of what was kept of it."""
    response.set_cookie(kept_cookie_name(), secret, max_age=kept_forms.KEPT_FOR, **_cookie_manners())
    return response


def kept_secret() -> str:
    """The secret that the browser has for what was kept of it; empty if none."""
    return request.cookies.get(kept_cookie_name(), "")


def kept_cookie_name() -> str:
    """As for sessions, so that no other host can lay a form before somebody who is signed in."""
    return f"{cookie_name()}-kept"


def cookie_name() -> str:
    """On https a name that browsers tie to this host alone; on http, to the port, since cookies know no ports."""
    return "__Host-opm" if _is_https() else f"opm-{current_app.config['PORT']}"


def is_behind_the_door(path: str) -> bool:
    """Whether only who is signed in gets there."""
    return path.startswith("/desk/") and not path.startswith("/desk/sign-in")


def way_back(wanted: str | None) -> str:
    """The page of the desk that somebody wanted before signing in; the front page if that is not what it is."""
    if not wanted or len(wanted) > LONGEST_ADDRESS or not wanted.startswith("/desk/"):
        return "/desk/"
    safe = "\\" not in wanted and "//" not in wanted and wanted.isprintable()
    return wanted if safe else "/desk/"


def _view():
    return current_app.view_functions[request.endpoint]


def _cookie_manners() -> dict:
    """Said with the cookie when it comes and when it goes: a browser that is told otherwise keeps it."""
    return {"httponly": True, "samesite": "Lax", "secure": _is_https(), "path": "/"}


def _is_https() -> bool:
    return current_app.config["BASE_URL"].startswith("https:")
