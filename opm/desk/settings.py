"""What admins set for the whole site: a page for each section of the table, saved one by one or all at once."""

import re
from dataclasses import dataclass, field

from flask import Blueprint, abort, g, render_template, request

from opm import settings
from opm.accounts import audit, choices, elections
from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.accounts.choices import Choice, Overtaken
from opm.accounts.elections import SoAlready
from opm.desk.settings_kinds import Refusal, Typed, same
from opm.desk.settings_table import SECTIONS, Entry, Section, section
from opm.extensions import db
from opm.lib.respond import see_other

bp = Blueprint("settings_desk", __name__, url_prefix="/settings")

NUMBER = re.compile(r"[0-9]{1,9}")
LOG_SHOWS = 20
PAGE = f"/<any({', '.join(each.name for each in SECTIONS)}):name>/"


@dataclass
class Shown:
    """One setting on its page: as it stands, or as somebody typed it; with who chose it last."""

    entry: Entry
    typed: Typed
    last: Choice | None
    seen: int | None  # the number of the choice that was looked at; None if nobody said so
    error: Refusal | None = None
    is_overtaken: bool = False
    value: object = field(default=None)

    @classmethod
    def standing(cls, entry: Entry, last: Choice | None) -> "Shown":
        """As it stands."""
        return cls(entry, entry.kind.shown(entry.value), last, last.number if last else 0, value=entry.value)

    @classmethod
    def sent(cls, entry: Entry, last: Choice | None) -> "Shown":
        """As it came with the form; as it stands where it did not come."""
        seen = request.form.get(f"seen-{entry.key}")
        if seen is None:
            return cls.standing(entry, last)
        typed = {part: request.form.getlist(entry.key + part) for part in entry.kind.parts}
        return cls(entry, typed, last, int(seen) if NUMBER.fullmatch(seen) else None)

    def read(self) -> None:
        """Looks whether it can stand, and remembers why not."""
        try:
            self.value = self.entry.kind.read(self.typed)
        except Refusal as refused:
            self.error, self.value = refused, self.entry.value

    @property
    def is_changed(self) -> bool:
        """Whether something else was typed than stands."""
        return self.error is not None or not same(self.value, self.entry.value)

    @property
    def is_default(self) -> bool:
        """Whether it is as it is where nobody chose."""
        return same(self.entry.value, self.entry.default)

    @property
    def before(self) -> object | None:
        """What the last choice put another in place of."""
        if self.last is None:
            return None
        return self.entry.default if self.last.before is None else settings.made(self.entry.key, self.last.before)


@bp.get("/")
@requires(Ability.CHANGE_SETTINGS)
def page():
    """What can be set, and where."""
    return render_template("desk/settings/all.html", sections=SECTIONS)


@bp.get(PAGE)
@requires(Ability.CHANGE_SETTINGS)
def one(name):
    """The settings of one section as they stand."""
    here = section(name)
    return _page(here, [Shown.standing(entry, last) for entry, last in _with_choices(here)])


@bp.post(PAGE)
@requires(Ability.CHANGE_SETTINGS)
def change(name):
    """Saves one or all of a section, or takes one back. What is refused, or was not asked for, stays as typed."""
    here = section(name)
    do, _colon, key = request.form.get("do", "save").partition(":")
    if do not in DEEDS or (key and here.entry(key) is None):
        abort(400)
    everything = [Shown.sent(entry, last) for entry, last in _with_choices(here)]
    came = [shown for shown in everything if f"seen-{shown.entry.key}" in request.form]
    for shown in came:
        shown.read()
    wanted = [shown for shown in came if shown.entry.key == key] if key else [each for each in came if each.is_changed]
    if (key and not wanted) or not came or any(shown.seen is None for shown in wanted):
        return _page(here, everything, 422, is_unread=True)
    if do == "save" and any(shown.error for shown in wanted):
        return _page(here, everything, 422)
    if not _all_done(do, wanted):
        return _page(here, everything, 409, is_overtaken=True)
    others = [shown for shown in came if key and shown.entry.key != key and shown.is_changed]
    db.session.commit()
    if others:
        return _page(here, [_renewed(shown, others) for shown in everything], done=here.entry(key))
    return see_other(f"{here.address}#{key or 'saved'}")


@bp.post("/election/switch")
@requires(Ability.CHANGE_SETTINGS)
def switch_election():
    """Turns election mode on or off now, by hand."""
    if (to := request.form.get("to")) not in ("on", "off"):
        abort(400)
    here = section("election")
    try:
        elections.switch(to == "on", g.person)
    except SoAlready:
        everything = [Shown.standing(entry, last) for entry, last in _with_choices(here)]
        return _page(here, everything, 409, is_so_already=True)
    db.session.commit()
    return see_other(f"{here.address}#switch")


def _save(shown: Shown) -> None:
    choices.choose(shown.entry.key, shown.value, g.person, shown.seen)


def _undo(shown: Shown) -> None:
    choices.take_back(shown.entry.key, g.person, shown.seen)


def _default(shown: Shown) -> None:
    choices.choose(shown.entry.key, None, g.person, shown.seen)


DEEDS = {"save": _save, "undo": _undo, "default": _default}


def _all_done(do: str, wanted: list[Shown]) -> bool:
    """Does it with all of them or with none. Whoever was overtaken replaces what then stands with the next save."""
    for shown in wanted:
        before = settings.current()
        try:
            DEEDS[do](shown)
        except Overtaken:
            db.session.rollback()
            settings.look_again()
            _look_again(wanted)
            return False
        if shown.entry.after:
            shown.entry.after(before)
    return True


def _look_again(wanted: list[Shown]) -> None:
    latest = Choice.latest_of([shown.entry.key for shown in wanted])
    for shown in wanted:
        shown.last = latest.get(shown.entry.key)
        number = shown.last.number if shown.last else 0
        shown.is_overtaken, shown.seen = shown.seen != number, number


def _renewed(shown: Shown, others: list[Shown]) -> Shown:
    """What is not saved stays as typed; the rest is as it stands now."""
    return shown if shown in others else Shown.standing(shown.entry, Choice.latest(shown.entry.key))


def _with_choices(here: Section) -> list[tuple[Entry, Choice | None]]:
    latest = Choice.latest_of([entry.key for entry in here.entries])
    return [(entry, latest.get(entry.key)) for entry in here.entries]


def _page(here: Section, everything: list[Shown], status: int = 200, **values):
    refusals = [(f"{shown.entry.key}{shown.error.part}", shown.error.sentence) for shown in everything if shown.error]
    values |= {"here": here, "sections": SECTIONS, "everything": everything, "refusals": refusals}
    if here.name == "election":
        values["log"] = db.session.scalars(audit.latest_of(elections.KIND, LOG_SHOWS)).all()
    return render_template(here.template, **values), status
