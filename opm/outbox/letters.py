"""What an email says: rendered late, from the rows as they stand, by the feature that knows its kind.

A feature writes its words once, as parts in their order. Two layouts draw them, as plain text and as HTML.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from flask import render_template

from opm import settings
from opm.lib.i18n import gettext as _
from opm.outbox.models import Email


@dataclass(frozen=True)
class Letter:
    """One email, ready to go, in plain text and in HTML that say the same.

    Nothing that a stranger typed stands in the subject, nor in any header. `one_click` is where a mail program asks, by
    POST alone, that no more of the kind come (RFC 8058): a path, for the header that it reads. Empty where mails are
    not sent to many.
    """

    subject: str
    text: str
    html: str
    one_click: str = ""


@dataclass(frozen=True)
class Code:
    """What is to be typed: large, on a line of its own."""

    shape: ClassVar = "code"
    words: str


@dataclass(frozen=True)
class Button:
    """The one thing that the mail asks for: a link as large as a thumb."""

    shape: ClassVar = "button"
    words: str
    path: str


@dataclass(frozen=True)
class Link:
    """One more page to look at. Its words say what is there; `before` may lead up to them."""

    shape: ClassVar = "link"
    words: str
    path: str
    before: str = ""


@dataclass(frozen=True)
class Group:
    """A heading over several parts of one mail."""

    shape: ClassVar = "group"
    words: str


@dataclass(frozen=True)
class Entry:
    """One of several things to read: what it is called is the link, and `note` says when and by whom."""

    shape: ClassVar = "entry"
    words: str
    path: str
    note: str = ""


@dataclass(frozen=True)
class Quote:
    """What somebody of the team wrote, as they wrote it."""

    shape: ClassVar = "quote"
    words: str


@dataclass(frozen=True)
class Typed:
    """What a stranger typed, for the team to read: as text, and no address in it is a link."""

    shape: ClassVar = "typed"
    words: str


@dataclass(frozen=True)
class Words:
    """Several paragraphs that somebody of the team sent, as the body of the letter."""

    shape: ClassVar = "words"
    words: str


Part = str | Code | Button | Link | Group | Entry | Quote | Typed | Words  # a plain string is a paragraph


def write(subject: str, heading: str, *parts: Part | None, one_click: str = "") -> Letter:
    """A letter of these parts, and below them who sends it and how addresses are looked after. None is left out.

    A phone shows about 90 characters of a mail before it is opened: what matters most comes first.
    """
    site = settings.current()
    sender = f"{site.site_name}, {site.organisation}" if site.organisation else site.site_name
    values = {
        "subject": subject,
        "heading": heading,
        "parts": [part for part in parts if part],
        "sender": sender,
        "privacy": Link(_("How we look after your address"), "/privacy/"),
        "settings": site,
    }
    text, html = (render_template(f"layouts/email.{ending}", **values) for ending in ("txt", "html"))
    return Letter(subject, text, html, one_click)


# Gives an email its words, or None if what it spoke of is no longer so and it must not go.
Renderer = Callable[[Email], Letter | None]


class Letterbox:
    """Which feature writes which kind of email. The app owns one and asks it when an email's turn comes."""

    def __init__(self):
        self._renderers: dict[str, Renderer] = {}

    def add(self, renderers: dict[str, Renderer]) -> None:
        """Takes a feature's kinds of email. Raises ValueError if two features claim one kind."""
        if taken := self._renderers.keys() & renderers.keys():
            raise ValueError(f"two features write {taken}")
        self._renderers.update(renderers)

    def render(self, email: Email) -> Letter | None:
        """The letter, or None if it must not go. A kind that nobody writes any more must not go either."""
        renderer = self._renderers.get(email.kind)
        return renderer(email) if renderer else None
