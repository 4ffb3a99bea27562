"""Which part of the log somebody wants to see."""

import re
from datetime import UTC, date, datetime, time, timedelta

from wtforms import ValidationError

from opm import settings
from opm.accounts.audit import KINDS, Did, Entry
from opm.lib.columns import LARGEST_ID
from opm.lib.forms import Line, PublicForm
from opm.lib.i18n import gettext as _

THE_SITE = "site"  # instead of a person
NUMBER = re.compile(r"[0-9]{1,19}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)  # what lies beyond is a slip, and no zone can tell it


class WantedForm(PublicForm):
    """The filters of the log. Looking takes no token; the desk's guard has checked that of an export."""

    by = Line()
    kind = Line()
    id = Line()
    did = Line()
    since = Line()
    until = Line()

    def validate_by(self, field):
        """A person's number, or the site."""
        if field.data and field.data != THE_SITE and row_number(field.data) is None:
            raise ValidationError(_("Choose who did it from the list"))

    def validate_kind(self, field):
        """One that the log knows."""
        if field.data and field.data not in KINDS:
            raise ValidationError(_("Choose a kind of thing from the list"))

    def validate_id(self, field):
        """A number says nothing without its kind."""
        if field.data and row_number(field.data) is None:
            raise ValidationError(_("Write the number of the thing in digits"))
        if field.data and not self.kind.data:
            raise ValidationError(_("Choose the kind of the thing, too"))

    def validate_did(self, field):
        """One that the log knows."""
        if field.data and field.data not in set(Did):
            raise ValidationError(_("Choose what was done from the list"))

    def validate_since(self, field):
        """A day."""
        _expect_day(field)

    def validate_until(self, field):
        """A day that is not before the first."""
        _expect_day(field)
        first, last = _day(self.since.data), _day(field.data)
        if first and last and last < first:
            raise ValidationError(_("The last day is before the first"))

    def conditions(self) -> list:
        """What holds of each entry that is wanted."""
        who, first, last = self.by.data, _day(self.since.data), _day(self.until.data)
        wanted = [
            (who == THE_SITE, lambda: Entry.by_id.is_(None)),
            (who and who != THE_SITE, lambda: Entry.by_id == int(who)),
            (self.kind.data, lambda: Entry.kind == self.kind.data),
            (self.id.data, lambda: Entry.thing_id == int(self.id.data)),
            (self.did.data, lambda: Entry.did == self.did.data),
            (first, lambda: Entry.done_at >= _begins(first)),
            (last, lambda: Entry.done_at < _begins(last + timedelta(days=1))),
        ]
        return [condition() for is_wanted, condition in wanted if is_wanted]

    @property
    def asked(self) -> dict[str, str]:
        """What was chosen, for the address of another page and for the export."""
        return {field.name: field.data for field in self if field.data}

    @property
    def in_short(self) -> str:
        """The same, as it stands in the log."""
        return " ".join(f"{name}={value}" for name, value in self.asked.items())


def row_number(text: str) -> int | None:
    """The number of a row, as far as databases can count; None for what is none."""
    return int(text) if NUMBER.fullmatch(text) and 0 < int(text) <= LARGEST_ID else None


def _expect_day(field) -> None:
    if field.data and _day(field.data) is None:
        raise ValidationError(_("Write the day like 2026-10-31"))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None
    return day if day and FIRST_DAY <= day <= LAST_DAY else None


def _begins(day: date) -> datetime:
    """The moment at which this day begins in the site's zone."""
    return datetime.combine(day, time.min, tzinfo=settings.current().timezone).astimezone(UTC)
