"""What the log speaks of, in words, and where each thing stands at the desk, if it is still there."""

import re
from collections.abc import Collection
from functools import cache

from sqlalchemy import literal, select, union_all

from opm.accounts.audit import IN_WORDS, KINDS, Did, Entry
from opm.accounts.models import Person
from opm.comments.models import Act, Comment, Thread
from opm.complaints.models import Complaint
from opm.desk.settings_table import SECTIONS
from opm.extensions import db
from opm.lib.i18n import lazy_gettext as later
from opm.posts.models import Author, Category, Post, Series, Tag
from opm.posts.pages import StandingPage
from opm.posts.pictures.models import Picture
from opm.reports.models import Report

# Where each kind stands at the desk, by its number.
ROOMS = {
    "post": (Post, "/desk/posts/"),
    "page": (StandingPage, "/desk/pages/"),
    "comment": (Comment, "/desk/comments/"),
    "thread": (Thread, "/desk/comments/threads/"),
    "report": (Report, "/desk/reports/"),
    "complaint": (Complaint, "/desk/complaints/"),
    "picture": (Picture, "/desk/pictures/"),
    "category": (Category, "/desk/categories/"),
    "tag": (Tag, "/desk/tags/"),
    "series": (Series, "/desk/series/"),
    "author": (Author, "/desk/authors/"),
    "person": (Person, "/desk/staff/"),
}
NUMBERED = {"rule": later("rule %(number)s"), "version": later("version %(number)s")}
NUMBER = re.compile(r"(rule|version) (\d+)", re.ASCII)
DETAILS = {
    Act.APPROVE: later("it had been approved"),
    Act.REJECT: later("it had been rejected"),
    Act.SPAM: later("it had been marked as spam"),
    Act.REMOVE: later("it had been taken down"),
    Act.REDACT: later("words had been taken out"),
    Act.RESTORE: later("it had been restored"),
    "open": later("open"),
    "closed": later("closed"),
}
ARRANGED = {  # settings that have a page of their own: what each is called, and where it is
    "about": (later("Words about the site"), "/desk/pages/about"),
    "footer": (later("Menu at the foot"), "/desk/menus/foot/"),
    "menu": (later("Menu at the top"), "/desk/menus/head/"),
    "ways": (later("Ways to take part"), "/desk/ways/"),
}


def did_in_words(did: str) -> str:
    """What somebody did; as it is stored if an older or a newer version of the site called it so."""
    return str(IN_WORDS.get(did, did))


def kind_in_words(kind: str) -> str:
    """What kind of thing it was done to."""
    return str(KINDS.get(kind, kind))


def name_in_words(words: str, kind: str) -> str:
    """What the thing was called; of a setting, what it decides."""
    return str(_settings()[words][0]) if kind == "setting" and words in _settings() else words


def detail_in_words(detail: str) -> str:
    """What else is known of an act."""
    if found := NUMBER.fullmatch(detail):
        return str(NUMBERED[found[1]]) % {"number": found[2]}
    return str(DETAILS.get(detail, detail))


def dids() -> list[tuple[str, str]]:
    """All that can be done, by its words."""
    return sorted(((did.value, str(IN_WORDS[did])) for did in Did), key=lambda pair: pair[1].casefold())


def kinds() -> list[tuple[str, str]]:
    """All kinds of things, by their words."""
    return sorted(((kind, str(words)) for kind, words in KINDS.items()), key=lambda pair: pair[1].casefold())


def rooms(entries: Collection[Entry]) -> dict[int, str]:
    """For each entry whose thing is still there the address of that at the desk, by the entry's id. One statement."""
    ids: dict[str, set[int]] = {}
    for entry in entries:
        if entry.thing_id and entry.kind in ROOMS:
            ids.setdefault(entry.kind, set()).add(entry.thing_id)
    here = {(kind, id): f"{ROOMS[kind][1]}{id}" for kind, id in _still_here(ids)}
    found = {entry.id: here.get((entry.kind, entry.thing_id)) for entry in entries}
    found |= {entry.id: _settings().get(entry.words, ("", ""))[1] for entry in entries if entry.kind == "setting"}
    return {id: room for id, room in found.items() if room}


@cache
def _settings() -> dict[str, tuple]:
    """Every setting by its key: what it is called, and where it is set."""
    return {entry.key: (entry.label, part.address) for part in SECTIONS for entry in part.entries} | ARRANGED


def _still_here(ids: dict[str, set[int]]):
    asked = [
        select(literal(kind), model.id).where(model.id.in_(ids[kind]))
        for kind, (model, _room) in ROOMS.items()
        if kind in ids
    ]
    return db.session.execute(union_all(*asked)).all() if asked else []
