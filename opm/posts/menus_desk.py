"""Where the team puts menus and ways to take part in order."""

from flask import Blueprint, g, request

from opm.accounts import choices
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.choices import Choice, Overtaken
from opm.extensions import db
from opm.lib.respond import page_or_fragment, see_other, wants_fragment
from opm.posts import menus
from opm.posts.menus import ARRANGEMENTS
from opm.posts.menus_forms import ListForm, Row

bp = Blueprint("menus_desk", __name__)

MENU = "/menus/<any(head, foot):name>/"


@bp.get(MENU)
@bp.get("/ways/", defaults={"name": "ways"})
@requires(Ability.ARRANGE)
def arrangement(name):
    """The list as it stands, to be changed."""
    return _page(ListForm.opened(ARRANGEMENTS[name]), is_saved=wants_fragment())


@bp.post(MENU)
@bp.post("/ways/", defaults={"name": "ways"})
@requires(Ability.ARRANGE)
def arrange(name):
    """Saves the whole list; or moves one row or adds one, which saves nothing yet."""
    form, asked = ListForm.sent(ARRANGEMENTS[name]), request.form.get("do") or "save"
    if asked == "add":
        return _page(form, added=_added(form))
    if asked != "save":
        return _page(form, moved=form.move(asked))
    if not form.validate():
        return _page(form, 422)
    try:
        choices.choose(form.what.key, form.entries, g.person, form.seen)
    except Overtaken:
        return _page(form, 409, is_overtaken=True)
    db.session.commit()
    return see_other(f"{form.what.address}#changed")


@bp.post(f"{MENU}take-back")
@bp.post("/ways/take-back", defaults={"name": "ways"})
@requires(Ability.ARRANGE)
def take_back(name):
    """Puts the list back as it was before the last change."""
    form = ListForm.sent(ARRANGEMENTS[name])
    try:
        choices.take_back(form.what.key, g.person, form.seen)
    except Overtaken:
        return _page(ListForm.opened(form.what), 409, is_overtaken=True)
    db.session.commit()
    return see_other(f"{form.what.address}#changed")


def _added(form: ListForm) -> int | None:
    """Puts the page that was chosen at the end. Returns its place there."""
    titles = {address: title for things in menus.offered().values() for address, title in things}
    chosen = request.form.get("place", "")
    if chosen not in titles:
        return None
    form.add(chosen, titles[chosen])
    return len(form.rows)


def _page(form: ListForm, status=200, is_overtaken=False, **values):
    """Whoever was overtaken, or has just opened it, replaces what is shown here with the next save."""
    last = Choice.latest(form.what.key)
    if is_overtaken or form.seen is None:
        form.seen = last.number if last else 0
    values |= {"form": form, "what": form.what, "last": last, "blank": Row(), "is_overtaken": is_overtaken}
    values |= {"offered": menus.offered(), "faults": form.faults()}
    return page_or_fragment("desk/menus/page.html", "desk/menus/_list.html", status, **values)
