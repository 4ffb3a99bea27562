"""What a stranger sends and its addressee confirms: by digits typed in a panel, or by the button behind a link.

Both stand in the mail. Each kind of thing that is confirmed has tokens and digits of its own, so that none opens
another's. The panel has an address of its own, too, for whoever sent it.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from opm.extensions import db
from opm.lib import clock, tokens
from opm.lib.columns import UtcDateTime
from opm.lib.i18n import gettext as _

CODE_LIVES = timedelta(hours=24)
CODE_TRIES = 5


class LinkEnded(Exception):
    """A mailed link, or a panel's address, that leads nowhere: cut short, too old, or what it was about has gone."""


class CodeRefused(Exception):
    """These digits confirm nothing. `sentence` says so to whoever typed them."""

    sentence = ""


class WrongCode(CodeRefused):
    """The digits are not those in the mail. `tries_left` says how many more may be typed."""

    def __init__(self, tries_left: int):
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left

    @property
    def sentence(self) -> str:
        """What is said beside the field."""
        if self.tries_left == 0:
            return _("That is not the code, and it was the last try. Please use the link in the mail instead")
        if self.tries_left == 1:
            return _("That is not the code. You have one more try")
        return _("That is not the code. You have %(num)s more tries", num=self.tries_left)


class CodeTooOld(CodeRefused):
    """The digits were right once; they live for 24 hours."""

    @property
    def sentence(self) -> str:
        """What is said beside the field."""
        return _("This code is more than a day old. Send it again for a new one")


class Confirmable:
    """The columns and verbs of such a row. It has an `id` and an `email`, which is empty once it is no longer held."""

    purpose: ClassVar[str]  # how its tokens differ from those of every other kind

    written_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    panel_handle: Mapped[str] = mapped_column(unique=True, default=tokens.new_nonce)
    panel_opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    link_nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)
    code_nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)
    code_made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    code_tries: Mapped[int] = mapped_column(default=0)

    # Finding one

    @classmethod
    def held(cls, id: int) -> Self | None:
        """The row, locked until this transaction ends."""
        return db.session.scalar(
            select(cls).where(cls.id == id).with_for_update().execution_options(populate_existing=True)
        )

    @classmethod
    def of_panel(cls, token: str, within: timedelta, held: bool = False) -> Self:
        """What this panel is about. Raises LinkEnded."""
        handle = tokens.subject_of(token)
        found = db.session.scalar(select(cls).where(cls.panel_handle == handle)) if handle else None
        if found and held:
            found = cls.held(found.id)  # none, if it was deleted a moment ago
        lives = found is not None and found.email and found.panel_lives(within)
        if not lives or not tokens.opens(token, f"{cls.purpose} panel", found.panel_handle):
            raise LinkEnded
        return found

    @classmethod
    def of_link(cls, token: str, within: timedelta, held: bool = False, kind: str = "link") -> Self:
        """What this mailed link is about: that with the button, or `not me`. Raises LinkEnded."""
        id = tokens.id_of(token)
        found = cls.held(id) if held else db.session.get(cls, id)
        lives = found is not None and found.link_lives(within)
        if not lives or not tokens.opens(token, f"{cls.purpose} {kind}", id, found.link_nonce):
            raise LinkEnded
        return found

    # What can be asked of one

    @property
    def is_confirmed(self) -> bool:
        """Whether its address has been confirmed."""
        return self.confirmed_at is not None

    def link_lives(self, within: timedelta) -> bool:
        """Whether the links in its mail still work: so long after it was written."""
        return clock.now() < self.written_at + within

    def panel_lives(self, within: timedelta) -> bool:
        """Whether its panel still answers: so long after the words were last sent."""
        return clock.now() < self.panel_opened_at + within

    @property
    def code(self) -> str:
        """The six digits in its mail."""
        return tokens.digits(f"{self.purpose} code", self.id, self.code_nonce)

    @property
    def panel_token(self) -> str:
        """What the panel's address holds. Its handle is random: the row's number would tell new from old."""
        return tokens.seal(f"{self.purpose} panel", self.panel_handle)

    @property
    def link_token(self) -> str:
        """What the link in its mail holds."""
        return tokens.seal(f"{self.purpose} link", self.id, self.link_nonce)

    @property
    def not_me_token(self) -> str:
        """What the link for "this was not me" holds."""
        return tokens.seal(f"{self.purpose} not me", self.id, self.link_nonce)

    # What it can do

    def renew_old_code(self) -> None:
        """Before a mail repeats them: live digits stay as they are, expired ones are made anew."""
        if clock.now() >= self.code_made_at + CODE_LIVES:
            self.code_nonce, self.code_made_at = tokens.new_nonce(), clock.now()

    def try_code(self, typed: str) -> None:
        """Counts a try. Raises WrongCode or CodeTooOld; the caller commits either way."""
        self.code_tries += 1
        right = tokens.same("".join(typed.split())[:20], self.code)
        if self.code_tries > CODE_TRIES or not right:
            raise WrongCode(max(0, CODE_TRIES - self.code_tries))
        if clock.now() >= self.code_made_at + CODE_LIVES:
            raise CodeTooOld

    def mark_confirmed(self) -> None:
        """Its addressee has confirmed it. A panel that a repeat opens later counts tries as a new one's would."""
        self.confirmed_at, self.code_tries = clock.now(), 0

    def hand_panel(self, to: Self) -> None:
        """The panel's address leads to the other from now on, with the tries that were spent here."""
        handle, self.panel_handle = self.panel_handle, tokens.new_nonce()
        db.session.flush()
        to.panel_handle, to.panel_opened_at = handle, self.panel_opened_at
        to.code_tries = max(self.code_tries, 0 if to.is_confirmed else to.code_tries)

    def reopen_panel(self, within: timedelta) -> None:
        """The same was sent once more. After a panel has ended, a new one counts tries anew."""
        if self.is_confirmed and not self.panel_lives(within):
            self.code_tries = 0
        self.panel_opened_at = clock.now()
