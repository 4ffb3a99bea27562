"""The shapes of what reporters and moderators send."""

from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import AnyOf, NumberRange, Optional, ValidationError

from opm import settings
from opm.comments.models import LONGEST_NAME
from opm.lib.columns import LARGEST_ID
from opm.lib.forms import DeskForm, Line, PublicForm, Text, address_field, filled, no_encoded_words, no_longer_than
from opm.lib.i18n import gettext as _now
from opm.lib.i18n import lazy_gettext as _
from opm.reports import places
from opm.reports.models import LONGEST_NOTICE, LONGEST_REPORT, Ground, Outcome
from opm.reports.places import Place

SOMETHING_ELSE = "else"
TAKE_DOWN = "take down"
LONGEST_PLACE = 2_000
TOO_LONG = _("This is %(over)s characters over the limit of %(most)s")

GROUNDS = {
    Ground.DEFAMATION: _("It harms somebody’s reputation and is not true (defamation)"),
    Ground.PRIVACY: _("It shows something private, or personal data that should not be public"),
    Ground.COPYRIGHT: _("It copies something without leave (copyright)"),
    Ground.COURT: _("A court has forbidden it, or it could spoil a trial (contempt of court)"),
    Ground.CRIME: _("It is a crime: a threat, hatred, harassment, fraud"),
    Ground.OTHER: _("Another law"),
}


class ReportForm(PublicForm):
    """What is wrong with a comment. `url` is a trap that people do not see; it only flags."""

    reason = StringField()
    text = Text(validators=[no_longer_than(LONGEST_REPORT, TOO_LONG)])
    email = address_field()
    url = Line()

    def validate_reason(self, field):
        """One of the site's rules, or something else."""
        if field.data != SOMETHING_ELSE and self.rule_number is None:
            raise ValidationError(_now("Choose what is wrong with it"))

    def validate_text(self, field):
        """Something else has to be told in words."""
        if self.reason.data == SOMETHING_ELSE:
            filled(_("Write what is wrong with it"))(self, field)

    @property
    def rule_number(self) -> int | None:
        """The rule that it breaks, if one is named."""
        return next((rule.number for rule in settings.current().rules if str(rule.number) == self.reason.data), None)

    def words(self) -> dict:
        """What a new report is made of."""
        return {
            "rule_number": self.rule_number,
            "text": self.text.data,
            "email": self.email.data,
            "trapped": bool(self.url.data),
        }


class NoticeForm(PublicForm):
    """What is unlawful, where, why, and who says so: all that section 5 of the Defamation Act 2013 and its regulations
    (SI 2013/3028, regulation 2) ask of a notice, and what other complaints need.
    """

    on = Line(
        validators=[
            filled(_("Write the address of the comment, post, page or picture")),
            no_longer_than(LONGEST_PLACE, TOO_LONG),
        ]
    )
    quote = Text(
        validators=[filled(_("Copy the words here, or say what it shows")), no_longer_than(LONGEST_NOTICE, TOO_LONG)]
    )
    ground = StringField(validators=[AnyOf([ground.value for ground in Ground], _("Choose what kind of wrong it is"))])
    text = Text(validators=[filled(_("Write why it is unlawful")), no_longer_than(LONGEST_NOTICE, TOO_LONG)])
    untrue = Text(validators=[no_longer_than(LONGEST_NOTICE, TOO_LONG)])
    writer_unknown = BooleanField()
    may_be_named = BooleanField()
    name = Line(
        validators=[
            filled(_("Write your name")),
            no_longer_than(LONGEST_NAME, _("Your name is %(over)s characters over the limit of %(most)s")),
            no_encoded_words,
        ]
    )
    email = address_field()
    is_true = BooleanField()
    url = Line()

    place: Place | None = None

    def validate_on(self, field):
        """It leads to something that the public sees here."""
        self.place = places.find(field.data)
        if self.place is None:
            raise ValidationError(
                _now("Nothing that the public sees stands at this address. Copy it from your browser once more")
            )

    def validate_untrue(self, field):
        """Whoever speaks of defamation says what is not so."""
        if self.ground.data == Ground.DEFAMATION:
            filled(_("Write what in it is untrue"))(self, field)

    def validate_is_true(self, field):
        """Nobody complains of the law lightly."""
        if not field.data:
            raise ValidationError(_now("Tick that what you say is true as far as you know"))

    def words(self) -> dict:
        """What a new notice is made of."""
        return {
            "address": self.place.address,
            "comment": self.place.comment,
            "ground": Ground(self.ground.data),
            "quote": self.quote.data,
            "text": self.text.data,
            "untrue": self.untrue.data,
            "writer_unknown": self.writer_unknown.data,
            "may_be_named": self.may_be_named.data,
            "name": self.name.data,
            "email": self.email.data,
            "trapped": bool(self.url.data),
        }


class _LookupForm(PublicForm):
    """What somebody looks up, in the address: nothing is changed by it."""


class WhereForm(_LookupForm):
    """The address of a comment."""

    comment = Line(
        validators=[
            filled(_("Write the address of the comment")),
            no_longer_than(LONGEST_PLACE, TOO_LONG),
        ]
    )


class NumberForm(_LookupForm):
    """The number of a comment under one post."""

    number = Line(validators=[filled(_("Write the number of the comment"))])

    @property
    def as_number(self) -> int:
        """The number; 0, which no comment has, for what is none."""
        named = self.number.data
        return int(named) if named.isascii() and named.isdigit() and len(named) <= 9 else 0


class SettlementForm(DeskForm):
    """What a moderator answers, to which reports, and what becomes of the comment."""

    decision = StringField(validators=[AnyOf([*Outcome, TAKE_DOWN])])
    seen = StringField()
    revision = IntegerField(validators=[Optional(), NumberRange(1, LARGEST_ID)])
    rule = StringField()
    note = Text(validators=[no_longer_than(2000, _("The note is %(over)s characters over the limit of %(most)s"))])
    reply = Text(validators=[no_longer_than(2000, _("The line is %(over)s characters over the limit of %(most)s"))])

    @property
    def takes_down(self) -> bool:
        """Whether the comment is to be taken down, for which a rule is needed."""
        return self.decision.data == TAKE_DOWN

    @property
    def rule_number(self) -> int | None:
        """The rule of the site that it names."""
        return next((rule.number for rule in settings.current().rules if str(rule.number) == self.rule.data), None)

    @property
    def seen_ids(self) -> list[int]:
        """The reports that the moderator saw."""
        named = (self.seen.data or "").split()
        return [int(id) for id in named if id.isascii() and id.isdigit() and len(id) < 19]

    def validate_rule(self, field):
        """A comment is taken down by one of the site's rules, as it was seen."""
        if self.takes_down and (self.rule_number is None or self.revision.data is None):
            raise ValidationError(_now("Choose the rule that the comment breaks"))
