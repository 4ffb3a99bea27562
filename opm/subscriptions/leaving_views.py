"""The pages behind “stop these mails”: one button, what it did, and the way back. And what mail programs ask."""

from flask import Blueprint, render_template, request

from opm.extensions import db
from opm.lib import origin
from opm.lib.respond import see_other
from opm.subscriptions import following, leaving, topics
from opm.subscriptions.leaving import Leaving, Purpose

bp = Blueprint("leaving", __name__)

# What a mail program sends, and nobody else (RFC 8058, section 3.2).
ASKED = ("List-Unsubscribe", "One-Click")


@bp.get("/unsubscribe/<token>")
def ask(token):
    """What would stop, and one button; once it was pressed, what stopped, and the way back."""
    return _page("subscriptions/leaving.html", leaving.of_token(Purpose.PAGE, token), token)


@bp.post("/unsubscribe/<token>")
def stop(token):
    """Stops it. Pressed twice it answers the same."""
    leaving.of_token(Purpose.PAGE, token, held=True).stop()
    db.session.commit()
    return see_other(f"/unsubscribe/{token}")


@bp.post("/unsubscribe/<token>/undo")
def undo(token):
    """It was pressed by mistake: all is as before."""
    found = leaving.of_token(Purpose.PAGE, token, held=True)
    found.undo()
    db.session.commit()
    return see_other(f"/unsubscribe/{token}")


@bp.get("/unsubscribe/one-click/<token>")
def ask_for_one_click(token):
    """Somebody opens the address that is for mail programs: the same question, and nothing more is shown."""
    return _page("subscriptions/leaving_one_click.html", leaving.of_token(Purpose.ONE_CLICK, token), token)


@bp.post("/unsubscribe/one-click/<token>")
@origin.from_anywhere
def one_click(token):
    """Stops it, as a mail provider's server asks for its reader, without a cookie and from anywhere (RFC 8058)."""
    found = leaving.of_token(Purpose.ONE_CLICK, token, held=True)
    if not _is_asked():
        return _page("subscriptions/leaving_one_click.html", found, token), 422
    found.stop()
    db.session.commit()
    return _page("subscriptions/leaving_one_click.html", found, token)


def _is_asked() -> bool:
    """Whether the words of the standard were sent: as a form of either kind, or without saying of which."""
    name, value = ASKED
    return value in request.form.getlist(name) or request.get_data().strip() == f"{name}={value}".encode()


def _page(template: str, found: Leaving, token: str) -> str:
    others = [each for each in following.followed_by(found.subscriber) if each not in found.subscriptions]
    names = topics.of_all([*found.shown, *others])
    values = {"leaving": found, "others": others, "names": names, "token": token, "asked": ASKED}
    return render_template(template, **values)
