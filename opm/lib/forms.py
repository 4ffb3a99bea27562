"""The shapes of answer we accept, and the words in which we refuse others."""

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email
from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict
from wtforms import StringField, ValidationError

from opm.lib import typos
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.lib.moved import LeadsOn

LONGEST_EMAIL = 254

# Controls that change the direction of the text around them, or hide in it: nobody types them to be read.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc\ud800-\udfff]"
)
# Characters that count as letters or signs and show nothing.
BLANK = "\u115f\u1160\u2800\u3164\uffa0"
# More marks than stand on a letter in any language (UAX #15, D4). To compose a row takes the square of its length.
MOST_MARKS = 30
LINE_ENDS = re.compile("\r\n?|\x85|\u2028|\u2029")


class _Form(FlaskForm):
    class Meta:
        def wrap_formdata(self, form, formdata):
            """Text fields alone: a file that is sent under a field's name is no answer."""
            wrapped = super().wrap_formdata(form, formdata)
            return request.form if isinstance(wrapped, CombinedMultiDict) else wrapped

    def refusals(self, suffix: str = "") -> list[tuple[str, str]]:
        """What was refused, for the summary above the form: (the field's id, the sentence)."""
        return [(field.name + suffix, field.errors[0]) for field in self if field.errors]


class PublicForm(_Form):
    """A form that strangers send. No token: its page is the same for everyone; its origin defends it."""

    class Meta:
        csrf = False


class DeskForm(_Form):
    """A form for people who are signed in, with the token of their session."""


class Line(StringField):
    """One line: controls dropped, white space folded. What was not sent is empty, never None."""

    def process_data(self, value):
        super().process_data(value or "")

    def process_formdata(self, values):
        super().process_formdata(values)
        self.data = one_line(self.data or "")


class Text(StringField):
    """Several lines: controls dropped, line ends made one kind, white space at both ends dropped. Never None."""

    def process_data(self, value):
        super().process_data(value or "")

    def process_formdata(self, values):
        super().process_formdata(values)
        self.data = several_lines(self.data or "")


class SlugForm(DeskForm):
    """A form with a `slug` by which something may be given an address that another thing had: if somebody says so."""

    anyway = Line()  # the address that they were asked about
    leads_to = ""  # where readers are led from the one that is wanted
    asked_about = ""

    def takes_over(self, wanted: str) -> bool:
        """Whether the button was pressed that says so of this very address."""
        return wanted != "" and wanted == self.anyway.data

    def ask_about(self, leads_on: LeadsOn) -> None:
        """Says at its field whose address it was, and offers the button."""
        self.leads_to, self.asked_about = leads_on.to, leads_on.slug
        self.slug.data = self.slug.data or leads_on.slug  # it may have come from a name
        self.slug.errors = [_("This is an old address of %(to)s: readers are led there from it", to=leads_on.to)]


def address_field() -> Line:
    """A field for one email address."""
    return Line(
        validators=[
            filled(later("Write your email address")),
            no_longer_than(LONGEST_EMAIL, later("An email address has at most %(most)s characters")),
            no_encoded_words,
            one_address,
        ]
    )


def one_line(text: str) -> str:
    """The text on one line, without controls and doubled spaces."""
    return " ".join(UNSEEN.sub("", LINE_ENDS.sub(" ", text)).split())


def several_lines(text: str) -> str:
    """The text with plain line ends, without controls, trimmed, composed (NFC) so that equals look equal."""
    lines = UNSEEN.sub("", LINE_ENDS.sub("\n", text)).split("\n")
    return unicodedata.normalize("NFC", _without_heaps("\n".join(line.rstrip() for line in lines))).strip()


def _without_heaps(text: str) -> str:
    """The text with no more marks on a letter than MOST_MARKS. In time that grows with its length and no faster."""
    if text.isascii():
        return text
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def filled(message):
    """Refuses an answer in which there is nothing to see with this sentence."""

    def check(form, field):
        if not shows(field.data or ""):
            raise ValidationError(str(message))

    return check


def no_longer_than(most: int, message):
    """Refuses what is longer, with a sentence that says by how much (%(over)s) and the limit (%(most)s)."""

    def check(form, field):
        if len(field.data or "") > most:
            raise ValidationError(str(message) % {"most": f"{most:,}", "over": f"{len(field.data) - most:,}"})

    return check


def no_encoded_words(form, field):
    """Refuses what old mail software would unfold into a header of its own (CVE-2024-6923)."""
    if "=?" in (field.data or ""):
        raise ValidationError(_("Leave out “=?”, which has a meaning of its own in mail"))


def one_address(form, field):
    """Refuses all but one email address that could exist. Nothing is asked of the network.

    Where a slip is likely the refusal asks about it; the field keeps what was typed.
    """
    typed = field.data or ""
    try:
        field.data = _address(typed)
    except ValidationError as refusal:
        if (guess := typos.meant(typed)) and _could_exist(guess):
            raise ValidationError(f"{refusal}. {_('Did you mean %(address)s?', address=guess)}") from None
        raise


def shows(text: str) -> bool:
    """Whether a letter, digit or sign stands in it that leaves a mark on the page."""
    return any(unicodedata.category(character)[0] in "LNPS" and character not in BLANK for character in text)


def _address(typed: str) -> str:
    """The address in its normal form. Raises ValidationError."""
    if any(mark in typed for mark in ",; "):
        raise ValidationError(_("Write one email address, without spaces or commas, like name@example.org"))
    if "@" not in typed:
        raise ValidationError(_("Your email address needs an @, as in name@example.org"))
    if "." not in typed.rpartition("@")[2]:
        raise ValidationError(_("Your email address needs a dot after the @, as in name@example.org"))
    try:
        return validate_email(typed, check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError:
        raise ValidationError(_("Look at your email address again: it should be like name@example.org")) from None


def _could_exist(address: str) -> bool:
    try:
        return bool(_address(address))
    except ValidationError:
        return False
