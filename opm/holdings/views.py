"""Where people ask what we hold about their address; and behind the mailed link see it, take it with them, and have it
erased. Nobody signs in: the link proves the address.
"""

import json

from flask import Blueprint, Response, render_template

from opm.comments.forms import NotMeForm
from opm.extensions import db, reading
from opm.holdings import gathering, requesting
from opm.holdings.forms import RequestForm
from opm.holdings.models import LINK_LIVES, DataRequest
from opm.lib import origin
from opm.lib.caching import public_page
from opm.lib.respond import page_or_fragment, see_other, wants_fragment

bp = Blueprint("holdings", __name__, url_prefix="/privacy")


@bp.get("/request/")
@public_page
def form():
    """The form, and what comes of it."""
    return _form(RequestForm(formdata=None))


@bp.post("/request/")
def ask():
    """Takes a request. The answer is the same whatever is held."""
    form = RequestForm()
    with reading():
        is_sound = form.validate()
    if not is_sound:
        return _form(form, 422)
    requesting.submit(form.email.data, origin.network())
    db.session.commit()
    return render_template("holdings/_sent.html", is_fragment=True) if wants_fragment() else see_other("/privacy/sent/")


@bp.get("/sent/")
@public_page
def sent():
    """That a mail is on its way."""
    return render_template("holdings/sent.html")


@bp.get("/data/<token>/")
def page(token):
    """All that is held, in plain words."""
    request = DataRequest.of_link(token)
    if request.is_done:
        return _erased()
    held = gathering.of(request.email)
    return render_template("holdings/page.html", held=held, token=token, is_nothing=gathering.is_nothing(held))


@bp.get("/data/<token>/data.json")
def download(token):
    """The same as a file."""
    request = DataRequest.of_link(token)
    if request.is_done:
        return _erased()
    content = json.dumps(gathering.of(request.email), indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="what-we-hold.json"'}
    return Response(content + "\n", mimetype="application/json", headers=headers)


@bp.get("/data/<token>/erase")
def ask_to_erase(token):
    """Says what erasing takes and what it leaves, and asks for a press of the button."""
    is_done = DataRequest.of_link(token).is_done
    return _erased() if is_done else render_template("holdings/erase.html", token=token)


@bp.post("/data/<token>/erase")
def erase(token):
    """Lets go of all of it; of very many comments some at each press. Pressed twice it answers the same."""
    request = DataRequest.of_link(token, held=True)
    is_all = request.is_done or gathering.erase(request.email)
    db.session.commit()
    return _erased() if is_all else render_template("holdings/erase.html", token=token, is_more=True)


@bp.get("/not-me/<token>")
def not_me(token):
    """Asks whoever says "this was not me" to press a button."""
    DataRequest.of_link(token, " not me")
    return render_template("holdings/not_me.html", token=token)


@bp.post("/not-me/<token>")
def use_not_me(token):
    """Deletes the request."""
    request = DataRequest.of_link(token, " not me")
    blocked = requesting.not_me(request, never_mail_again=NotMeForm().never_again.data)
    db.session.commit()
    return render_template("holdings/not_me_done.html", blocked=blocked)


def _erased():
    return render_template("holdings/erased.html")


def _form(form, status=200):
    values = {"form": form, "days": LINK_LIVES.days}
    return page_or_fragment("holdings/request.html", "holdings/_request.html", status, **values)
