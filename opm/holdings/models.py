"""Requests of people who want to know what is held about their address."""

from datetime import datetime, timedelta

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from opm.extensions import db
from opm.lib import clock, tokens
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.confirming import LinkEnded
from opm.lib.going import goes

LINK_LIVES = timedelta(days=7)  # it opens all that is held: no longer than somebody needs to come back to it


class DataRequest(db.Model):
    """Somebody asked, under this address. Only who reads its mail learns what is held."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str]  # none once all was erased by it: its link says so until it ends
    nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now(), index=True)

    @classmethod
    def of_link(cls, token: str, kind: str = "", held: bool = False) -> "DataRequest":
        """The request whose mailed link this is: that to the page, or `not me`. Raises LinkEnded."""
        id = tokens.id_of(token)
        found = db.session.get(cls, id, with_for_update=held or None, populate_existing=held)
        lives = found is not None and clock.now() < found.made_at + LINK_LIVES and not (kind and found.is_done)
        if not lives or not tokens.opens(token, f"data request{kind}", id, found.nonce):
            raise LinkEnded
        return found

    @classmethod
    def is_from(cls, email: str):
        """The condition under which it was made for this address."""
        return func.lower(cls.email) == email.strip().lower()

    @property
    def is_done(self) -> bool:
        """Whether all was erased by it, or by another of the same address."""
        return self.email == ""

    @property
    def token(self) -> str:
        """What the link to the page holds."""
        return tokens.seal("data request", self.id, self.nonce)

    @property
    def not_me_token(self) -> str:
        """What the link for "this was not me" holds."""
        return tokens.seal("data request not me", self.id, self.nonce)


@goes(DataRequest)
def old_requests(moment):
    """Requests whose links have ended."""
    return DataRequest.made_at < moment
