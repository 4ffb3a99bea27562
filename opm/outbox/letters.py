"""What an email says: rendered late, from the rows as they stand, by the feature that knows its kind."""

from collections.abc import Callable
from dataclasses import dataclass

from opm.outbox.models import Email


@dataclass(frozen=True)
class Letter:
    """The words of one email. Nothing that a stranger typed stands in the subject, nor in any header."""

    subject: str
    text: str


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
