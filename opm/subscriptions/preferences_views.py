"""A subscriber's own page, behind the link in every mail to them. The link proves the address: nobody signs in.

Each address answers with the page, or for htmx with what the page includes; after a deed without scripts, with the way
back to the page, which then says what was done.
"""

import json

from flask import Blueprint, Response, render_template, request

from opm.comments.forms import AddressForm
from opm.comments.models import address_hash
from opm.extensions import db
from opm.lib import origin
from opm.lib.i18n import gettext as _now
from opm.lib.i18n import lazy_gettext as _
from opm.lib.respond import page_or_fragment, see_other, wants_fragment
from opm.subscriptions import addresses, following, holdings, leaving, preferences, topics
from opm.subscriptions.models import Subscriber
from opm.subscriptions.preferences_forms import ChangeForm, FollowForm, PauseForm

bp = Blueprint("preferences", __name__, url_prefix="/subscriptions/<token>")

# What was done, as the address of the page says it after a deed without scripts.
SAID = {
    "changed": _("Your change is saved."),
    "stopped": _("You do not get this any more. To get it again, add it below."),
    "followed": _("It is added: you hear of it from now on."),
    "paused": _("Paused: nothing is mailed to you until you say so."),
    "resumed": _("You get mails again, about what is new from now on."),
    "all-stopped": _("All is stopped: we mail you nothing any more."),
    "undone": _("All is as it was before you stopped it."),
    "address": _("Your address is changed. The links in mails to the old one do not work any more: this page is new."),
}


@bp.get("/")
def page(token):
    """All that they get, and what they can do about it."""
    return _page(leaving.subscriber_of(token), said=request.args.get("said"))


@bp.post("/subscription")
def change(token):
    """One subscription comes in another rhythm, or no more."""
    subscriber, form = leaving.subscriber_of(token, held=True), ChangeForm()
    subscription = preferences.held_subscription(subscriber, form.subscription_id)
    if subscription is None or subscription.ended_at:
        return _page(subscriber, 409, is_gone=True)
    if form.stop.data:
        following.end(subscriber, [subscription])
        return _done(subscriber, "stopped")
    if not form.validate():
        return _page(subscriber, 422, change_form=form, changed=subscription)
    following.change_rhythm(subscription, form.chosen_rhythm)
    return _done(subscriber, "changed")


@bp.post("/follow")
def follow(token):
    """Something more. No code is needed: who holds this link reads that mailbox."""
    subscriber, form = leaving.subscriber_of(token, held=True), FollowForm()
    if not form.validate():
        return _page(subscriber, 422, follow_form=form)
    what, rhythm = form.followed, form.chosen_rhythm
    following.follow(subscriber, what.topic, what.topic_id, rhythm, what.wording(rhythm))
    return _done(subscriber, "followed")


@bp.post("/pause")
def pause(token):
    """Nothing is mailed until they say so; or it comes again."""
    subscriber = leaving.subscriber_of(token, held=True)
    if PauseForm().paused.data:
        following.pause(subscriber)
        return _done(subscriber, "paused")
    following.resume(subscriber)
    return _done(subscriber, "resumed")


@bp.post("/stop")
def stop(token):
    """Nothing any more."""
    subscriber = leaving.subscriber_of(token, held=True)
    preferences.stop_everything(subscriber)
    return _done(subscriber, "all-stopped")


@bp.post("/undo")
def undo(token):
    """They did not mean to stop everything."""
    subscriber = leaving.subscriber_of(token, held=True)
    preferences.undo(subscriber)
    return _done(subscriber, "undone")


@bp.post("/address")
def change_address(token):
    """Another address, to be confirmed there; answers with the panel for its code."""
    subscriber, form = leaving.subscriber_of(token, held=True), AddressForm()
    is_sound = form.validate()
    if is_sound and address_hash(form.email.data) == subscriber.address_hash:
        is_sound, form.email.errors = False, [_now("This is the address that we write to already")]
    if not is_sound:
        return _page(subscriber, 422, address_form=form)
    change = addresses.begin(subscriber, form.email.data, origin.network())
    db.session.commit()
    if wants_fragment():
        return _page(subscriber, change=change)
    return see_other(f"/subscriptions/address/sent/{change.panel_token}")


@bp.get("/data.json")
def download(token):
    """All that is held about them, as a file."""
    content = json.dumps(holdings.of(leaving.subscriber_of(token)), indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="subscriptions.json"'}
    return Response(content + "\n", mimetype="application/json", headers=headers)


@bp.get("/erase")
def ask_to_erase(token):
    """Says what erasing takes and what it leaves, and asks for a press of the button."""
    return render_template("subscriptions/preferences_erase.html", subscriber=leaving.subscriber_of(token))


@bp.post("/erase")
def erase(token):
    """Takes all of it. This page ends with it."""
    subscriber = leaving.subscriber_of(token, held=True)
    preferences.erase(subscriber)
    db.session.commit()
    return render_template("subscriptions/preferences_erased.html")


def _done(subscriber: Subscriber, said: str):
    """The deed counts from here on."""
    db.session.commit()
    if wants_fragment():
        return _page(subscriber, said=said)
    return see_other(f"/subscriptions/{subscriber.preferences_token}/?said={said}")


def _page(subscriber: Subscriber, status: int = 200, said: str | None = None, **values) -> Response:
    follows = following.followed_by(subscriber)
    followed = {(each.topic, each.topic_id) for each in follows}
    values = {"follow_form": FollowForm(formdata=None), "address_form": AddressForm(formdata=None)} | values
    values |= {
        "subscriber": subscriber,
        "address": f"/subscriptions/{subscriber.preferences_token}/",
        "follows": follows,
        "names": topics.of_all(follows),
        "choices": [each for each in topics.choices() if (each.topic, each.topic_id) not in followed],
        "rhythms": topics.RHYTHMS.items(),
        "consent": topics.consent(),
        "awaited": addresses.awaited(subscriber),
        "said": str(SAID[said]) if said in SAID else None,
    }
    return page_or_fragment("subscriptions/preferences.html", "subscriptions/_preferences.html", status, **values)
