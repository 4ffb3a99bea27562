"""What somebody sent to the desk after their session had ended: kept for a day, to be sent again once they are back.

The browser is given a random secret of which the row holds the hash: nobody else can read what was typed, or lay a form
before somebody who is signed in. What is kept does nothing by itself; only its button sends it to where it was going,
with a token of the new session.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app, request
from sqlalchemy import JSON, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import HTTPException

from opm.extensions import db
from opm.lib import clock, files
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.going import goes
from opm.lib.respond import is_for_fragment

KEPT_FOR = timedelta(days=1)
LARGEST_BYTES = files.MOST_TYPED  # who is signed out sends no more than everybody may
MOST_OF_A_NETWORK, MOST_ON_SITE = 20, 200
ITS_NUMBER = "kept_form"  # the field that says which row is sent again
NOT_KEPT = {"csrf_token", ITS_NUMBER}


class SentAlready(Exception):
    """What was kept has been sent or thrown away meanwhile: by a second press, or in another tab."""


@dataclass(frozen=True)
class SentForm:
    """What a form sent: where to, and its fields in their order. Of a file no more than that there was one."""

    path: str
    fields: list[tuple[str, str]]
    had_file: bool = False
    number: str = ""  # of the row that it was kept in before

    @classmethod
    def of_request(cls) -> "SentForm | None":
        """What this request sent; None if there is nothing in it, or it cannot be read."""
        try:
            fields = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_KEPT]
            had_file = any(file.filename for file in request.files.values())
        except HTTPException:
            return None
        return cls(request.path, fields, had_file, request.form.get(ITS_NUMBER, "")) if fields else None

    @property
    def can_be_sent(self) -> bool:
        """Whether it may go once more to where it was going, and is not too large to be kept until then."""
        return (
            can_be_sent(self.path) and sum(len(part.encode()) for pair in self.fields for part in pair) <= LARGEST_BYTES
        )


class KeptForm(db.Model):
    """One of them, as a row."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(index=True)  # a browser has one secret for all that is kept of it
    network: Mapped[str] = mapped_column(index=True)
    path: Mapped[str]
    fields: Mapped[list] = mapped_column(JSON)
    had_file: Mapped[bool]
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now(), index=True)

    @classmethod
    def of(cls, secret: str) -> "list[KeptForm]":
        """What is kept of the browser with this secret, the oldest first."""
        own = cls.secret_hash == _hash(secret), *cls._in_time()
        return [kept for kept in db.session.scalars(select(cls).where(*own).order_by(cls.id)) if can_be_sent(kept.path)]

    @classmethod
    def has_room(cls, network: str) -> bool:
        """Whether one more of this network can be kept."""
        of_network = func.count(cls.id).filter(cls.network == network)
        of_it, in_all = db.session.execute(select(of_network, func.count(cls.id))).one()
        return of_it < MOST_OF_A_NETWORK and in_all < MOST_ON_SITE

    @property
    def number(self) -> str:
        """By which it says, when it is sent, that it was kept."""
        return str(self.id)

    @classmethod
    def _in_time(cls):
        now = clock.now()
        return cls.kept_at > now - KEPT_FOR, cls.kept_at < now + KEPT_FOR


def keep(sent: SentForm, secret: str, network: str) -> str | None:
    """Keeps it under the secret that the browser has, if something is kept under it already, else under a new one.

    Returns the secret, or None where there is no room. The caller commits.
    """
    others = KeptForm.of(secret) if secret else []
    if any((kept.path, _pairs(kept)) == (sent.path, sent.fields) for kept in others):
        return secret
    if not KeptForm.has_room(network):
        return None
    secret = secret if others else secrets.token_urlsafe(32)
    what = {"path": sent.path, "fields": sent.fields, "had_file": sent.had_file}
    db.session.add(KeptForm(secret_hash=_hash(secret), network=network, **what))
    return secret


def drop(number: str, secret: str) -> None:
    """It goes, with what it causes in this transaction. Raises SentAlready if this browser has none of that number."""
    id = int(number) if number.isdecimal() and number.isascii() and len(number) < 19 else 0
    own = KeptForm.id == id, KeptForm.secret_hash == _hash(secret)
    if db.session.execute(delete(KeptForm).where(*own).returning(KeptForm.id)).first() is None:
        raise SentAlready


def can_be_sent(path: str) -> bool:
    """Whether a form of the desk sends there, and a person, not a page by itself."""
    try:
        endpoint, _values = current_app.url_map.bind("").match(path, method="POST")
    except HTTPException:  # also where it only leads on
        return False
    view = current_app.view_functions[endpoint]
    return endpoint.startswith("desk.") and not getattr(view, "is_never_kept", False)


def never_kept(view):
    """Marks a view to which nothing goes that somebody would miss."""
    view.is_never_kept = True
    return view


def sent_by_itself(view):
    """Marks a view to which htmx sends by itself, again and again, what stands in a form all the while."""
    view.is_sent_by_itself = True
    return view


def came_by_itself() -> bool:
    """Whether this is such a request."""
    view = current_app.view_functions.get(request.endpoint)
    return getattr(view, "is_sent_by_itself", False) and is_for_fragment(request.environ)


@goes(KeptForm)
def old(moment):
    """What nobody came back for."""
    return KeptForm.kept_at < moment


def _pairs(kept: KeptForm) -> list[tuple[str, str]]:
    return [(name, value) for name, value in kept.fields]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
