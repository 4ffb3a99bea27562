"""What somebody has typed into a post or a page and not saved: kept for them alone. And who has it open just now, too.

Nothing here is a revision, and readers see nothing of it.
"""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import undefer

from opm.accounts.models import Person
from opm.extensions import db, insert
from opm.lib import clock
from opm.lib.going import goes
from opm.posts.drafts import Draft, PageDraft
from opm.posts.sheets import Sheet

HERE_FOR = timedelta(minutes=2)  # after the last sign of life; a page that is looked at gives one each minute
PRESENCE_KEPT_FOR = timedelta(days=1)


def keep(sheet: Sheet, typed: dict[str, str], by: Person, revision: int) -> None:
    """Keeps what they have typed so far, begun from this revision. What is saved already is nothing to keep.

    The caller commits.
    """
    now = clock.now()
    is_new = typed != sheet.shown
    _write(sheet, by, revision=revision, saved_at=now if is_new else None, seen_at=now, **_words(sheet, is_new, typed))


def look(sheet: Sheet, by: Person, revision: int) -> None:
    """Notes that they have it open. What was kept of them stays. The caller commits."""
    _write(sheet, by, only={"seen_at"}, revision=revision, seen_at=clock.now(), **_words(sheet, False))


def throw_away(sheet: Sheet, by: Person) -> None:
    """They want it as it is saved. The caller commits."""
    _write(sheet, by, revision=sheet.revision, saved_at=None, seen_at=clock.now(), **_words(sheet, False))


def drop(sheet: Sheet, by: Person) -> None:
    """What they had typed is saved, and not needed any more. The caller commits."""
    db.session.execute(delete(sheet.drafts).where(*_of(sheet), sheet.drafts.person_id == by.id))


def of(sheet: Sheet, by: Person) -> Draft | PageDraft | None:
    """What they have typed and not saved, if anything."""
    own = *_of(sheet), sheet.drafts.person_id == by.id, sheet.drafts.saved_at.is_not(None)
    draft = db.session.scalar(select(sheet.drafts).where(*own).options(undefer(sheet.drafts.text)))
    return draft if draft and {name: getattr(draft, name) for name in sheet.shown} != sheet.shown else None


def others_at(sheet: Sheet, by: Person) -> list[Person]:
    """Who else has it open, by name."""
    now, seen_at = clock.now(), sheet.drafts.seen_at
    here = seen_at > now - HERE_FOR, seen_at < now + HERE_FOR  # no clock that was wrong keeps them there
    return _others(sheet, by, *here) if sheet.is_shared else []


def others_with_words(sheet: Sheet, by: Person) -> list[Person]:
    """Who else has typed something into it and not saved it yet, by name."""
    return _others(sheet, by, sheet.drafts.saved_at.is_not(None))


def state(sheet: Sheet, by: Person, revision: int, text: str, draft: Draft | PageDraft | None) -> dict[str, object]:
    """What is said below a text that was begun from this revision: what of it is kept, and who else is at it."""
    told = {"sheet": sheet, "draft": draft, "others": others_at(sheet, by)}
    return told | {"revision": revision, "words_count": len(text.split())}


@goes(Draft)
def old_presences(moment):
    """Who had a post open and typed nothing. What was typed stays until it is saved or thrown away."""
    return (Draft.seen_at < moment) & Draft.saved_at.is_(None)


@goes(PageDraft)
def old_presences_at_pages(moment):
    """The same of standing pages."""
    return (PageDraft.seen_at < moment) & PageDraft.saved_at.is_(None)


def _of(sheet: Sheet) -> list:
    return [getattr(sheet.drafts, name) == value for name, value in sheet.key.items()]


def _others(sheet: Sheet, by: Person, *which) -> list[Person]:
    others = select(Person).join(sheet.drafts, sheet.drafts.person_id == Person.id).where(*_of(sheet), *which)
    return list(db.session.scalars(others.where(Person.id != by.id, Person.left_at.is_(None)).order_by(Person.name)))


def _words(sheet: Sheet, is_new: bool, typed: dict[str, str] | None = None) -> dict[str, str]:
    """All fields that a row has for words: with these, or empty."""
    return {"title": "", "text": "", **dict.fromkeys(sheet.shown, ""), **(typed if is_new else {})}


def _write(sheet: Sheet, by: Person, only: set[str] | None = None, **values) -> None:
    """Makes the row, or changes it: of one that is there, only what is named, if anything is."""
    row = sheet.key | sheet.also | {"person_id": by.id} | values
    changed = {name: value for name, value in values.items() if only is None or name in only}
    keys = sheet.drafts.__table__.primary_key.columns.keys()
    statement = insert(sheet.drafts).values(**row)
    db.session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))
