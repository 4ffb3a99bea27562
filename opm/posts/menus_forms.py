"""A list of links as somebody arranges it: a row for each entry, sent as columns of the same name."""

import re
from itertools import zip_longest

from flask import abort, request
from werkzeug.datastructures import MultiDict
from wtforms import ValidationError

from opm.lib.forms import DeskForm, Line, filled, no_longer_than
from opm.lib.i18n import gettext as _now
from opm.lib.i18n import lazy_gettext as _
from opm.posts import destinations
from opm.posts.menus import Arrangement
from opm.settings import LEADS_SOMEWHERE, Link

LONGEST_ADDRESS = 500
LONGEST_NOTE = 200
LONGEST_MARK = 60
TOO_LONG = _("That is %(over)s characters over the limit of %(most)s")
MOST_ROWS = 100  # that are looked at: more were typed by nobody
MOVE = re.compile(r"(up|down)-([0-9]{1,3})")
NUMBER = re.compile(r"[0-9]{1,9}")


class EntryForm(DeskForm):
    """One row."""

    class Meta:
        csrf = False  # the list it stands in brings the token

    title = Line(validators=[filled(_("Say in a few words where this leads"))])
    address = Line(
        validators=[
            filled(_("Write the address that this leads to")),
            no_longer_than(LONGEST_ADDRESS, _("An address has at most %(most)s characters here")),
        ]
    )
    note = Line(validators=[no_longer_than(LONGEST_NOTE, TOO_LONG)])
    mark = Line(validators=[no_longer_than(LONGEST_MARK, TOO_LONG)])

    def validate_address(self, field):
        """It stays on this site, or is plainly one of the web or of a mailbox."""
        if not LEADS_SOMEWHERE.fullmatch(field.data):
            raise ValidationError(
                _now("Begin with / for a page of this site, with https:// for one elsewhere, or with mailto:")
            )


class Row:
    """One entry of the list, as it was typed."""

    def __init__(self, is_out: bool = False, **typed: str):
        self.is_out = is_out
        self.form = EntryForm(formdata=MultiDict(typed))

    @property
    def title(self) -> str:
        """What it is called, for whoever hears of it."""
        return self.form.title.data or self.form.address.data


class ListForm:
    """The whole list. Rows without anything in them are no entries."""

    def __init__(self, what: Arrangement, rows: list[Row], seen: int | None = None):
        self.what, self.rows, self.seen = what, rows, seen  # the number of the choice that was looked at
        self.error = ""

    @classmethod
    def opened(cls, what: Arrangement) -> "ListForm":
        """As it stands."""
        names = what.fields
        return cls(what, [Row(**{name: getattr(entry, name) for name in names}) for entry in what.entries])

    @classmethod
    def sent(cls, what: Arrangement) -> "ListForm":
        """As somebody sent it. Aborts with 413 for more than anybody types."""
        columns = [request.form.getlist(name) for name in what.fields]
        out = set(request.form.getlist("out"))
        typed = [
            (str(number), cells) for number, cells in enumerate(zip_longest(*columns, fillvalue=""), 1) if any(cells)
        ]
        if len(typed) > MOST_ROWS:
            abort(413)
        rows = [Row(number in out, **dict(zip(what.fields, cells, strict=True))) for number, cells in typed]
        seen = request.form.get("revision", "")
        return cls(what, rows, int(seen) if NUMBER.fullmatch(seen) else -1)

    def move(self, asked: str) -> tuple[str, int] | None:
        """Moves one row a place up or down, as its button says. Returns which way and where it is now, if it moved."""
        if not (named := MOVE.fullmatch(asked)):
            return None
        before = int(named[2]) - 1
        after = before + (1 if named[1] == "down" else -1)
        if not (0 <= before < len(self.rows) and 0 <= after < len(self.rows)):
            return None
        self.rows.insert(after, self.rows.pop(before))
        return named[1], after + 1

    def add(self, address: str, title: str) -> None:
        """One more, at the end."""
        self.rows.append(Row(title=title, address=address))

    def validate(self) -> bool:
        """Whether the list can stand like this. What is to be taken out may be as it likes."""
        staying = [row for row in self.rows if not row.is_out]
        good = [row.form.validate() and self._fits(row) for row in staying]
        if all(good):
            self.error = self._refusal(len(staying))
        return all(good) and not self.error

    @property
    def entries(self) -> list[Link]:
        """What is to stand, once it was found good."""
        names = self.what.fields
        staying = [row.form for row in self.rows if not row.is_out]
        return [self.what.entry(**{name: form[name].data for name in names}) for form in staying]

    def faults(self) -> dict[str, str]:
        """What readers would miss at the addresses that lead to nothing on this site. The team's own door is none."""
        addresses = [row.form.address.data for row in self.rows if not row.form.errors]
        found = destinations.of(address for address in addresses if not address.startswith("/desk/"))
        return {address: there.fault for address, there in found.items() if there.fault}

    def refusals(self) -> list[tuple[str, str]]:
        """What was refused, for the summary: (the field's id, the sentence)."""
        return [
            (f"{field.name}-{number}", field.errors[0])
            for number, row in enumerate(self.rows, 1)
            for field in row.form
            if field.errors
        ]

    def _fits(self, row: Row) -> bool:
        title, most = row.form.title, self.what.longest_title
        if len(title.data) > most:
            over = f"{len(title.data) - most:,}"
            title.errors = [_now("The title is %(over)s characters over the limit of %(most)s", over=over, most=most)]
        return not title.errors

    def _refusal(self, count: int) -> str:
        if count > self.what.most:
            return _now("There is room for %(most)s entries; these are %(count)s.", most=self.what.most, count=count)
        addresses = [entry.address for entry in self.entries]
        if twice := next((address for address in addresses if addresses.count(address) > 1), None):
            return _now("%(address)s stands there twice.", address=twice)
        if self.what.lacks(self.entries):
            return _now("The pages on privacy, cookies and accessibility have to stay: the law asks for them.")
        return ""
