"""The shapes of what is said of a picture, and the words in which a file is refused."""

from urllib.parse import urlsplit

from flask import request
from wtforms import BooleanField, Field
from wtforms.validators import AnyOf, Optional, ValidationError

from opm.lib.forms import DeskForm, Line, no_longer_than
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.posts.pictures import decoding
from opm.posts.pictures.decoding import Anew, DecoderBusy, NotAPicture, TooManyPixels
from opm.posts.pictures.models import LONGEST_ALT, LONGEST_LINE

# Those that are known by their name: their address need not be typed.
LICENCES = {
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC BY-SA 4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC0 1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "Open Government Licence v3.0": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
TOO_LONG = later("This is %(over)s characters over the limit of %(most)s")


class FileField(Field):
    """A picture that is sent with the form. Only the view can look into it: what is wrong is said here."""

    def process_formdata(self, values):
        self.data = None

    @property
    def file(self):
        """What was sent; None if nothing was chosen."""
        sent = request.files.get(self.name)
        return sent if sent and (sent.filename or sent.stream.tell() or sent.stream.read(1)) else None

    @property
    def called(self) -> str:
        """What people call the file."""
        return (self.file.filename or "")[:LONGEST_LINE].rpartition(".")[0]

    def look(self) -> Anew | None:
        """The picture written anew; None if it is refused, with the sentence that says why."""
        if self.file is None:
            return self._refuse(later("Choose a picture"))
        if self.file.stream.is_too_large:
            return self._refuse(later("The file is over 12 MB. Save it smaller, and send that"))
        self.file.stream.seek(0)
        try:
            return decoding.anew(self.file.stream.read())
        except NotAPicture:
            return self._refuse(
                later("This is no PNG, JPEG, WebP, GIF or AVIF picture, or it is damaged. Save a drawing in SVG as PNG")
            )
        except TooManyPixels:
            return self._refuse(later("The picture has over 40 million pixels. Save it smaller, and send that"))
        except DecoderBusy:
            return self._refuse(later("Other pictures are being looked at just now. Send it once more in a moment"))

    def _refuse(self, sentence) -> None:
        self.errors = [str(sentence)]


class DescriptionForm(DeskForm):
    """What a picture shows, and whose it is."""

    alt = Line(validators=[no_longer_than(LONGEST_ALT, TOO_LONG)])
    is_decorative = BooleanField(false_values=(False, "false", "", "0"))
    credit = Line(validators=[no_longer_than(LONGEST_LINE, TOO_LONG)])
    licence = Line(validators=[no_longer_than(LONGEST_LINE, TOO_LONG)])
    licence_address = Line(validators=[no_longer_than(LONGEST_LINE, TOO_LONG)])
    seen = Line()  # the mark of what was said when this was begun; of a picture that only comes there is none

    def validate_alt(self, field):
        """Either it says something, or there is nothing to say."""
        if not field.data and not self.is_decorative.data:
            raise ValidationError(_("Say what the picture shows, or that it is only decoration"))
        if field.data and self.is_decorative.data:
            raise ValidationError(_("You say what it shows, and also that it is only decoration: choose one"))

    def validate_licence_address(self, field):
        """An address of the web, or none."""
        if field.data and not _is_web_address(field.data):
            raise ValidationError(_("Write the whole address of the licence, like https://example.org/licence"))
        if field.data and not self.licence.data:
            raise ValidationError(_("Name the licence, too"))

    @property
    def said(self) -> dict:
        """It, as the model knows it."""
        known = LICENCES.get(self.licence.data, "")
        names = ("alt", "is_decorative", "credit", "licence", "licence_address")
        return {name: self[name].data for name in names} | (
            {"licence_address": known} if known and not self.licence_address.data else {}
        )


class UploadForm(DescriptionForm):
    """A picture for the library, with what is said of it. From the editor that is asked in a second step."""

    picture = FileField()
    later = Line(validators=[Optional(), AnyOf(["1"])])

    def validate_alt(self, field):
        """What is asked later is not missing now."""
        if self.later.data != "1":
            super().validate_alt(field)


class FileForm(DeskForm):
    """Another file for a picture."""

    picture = FileField()


class AskForm(DeskForm):
    """A press of a button."""


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https") and bool(parts.netloc) and not any(c.isspace() or c in '"<>\\' for c in text)
    )
