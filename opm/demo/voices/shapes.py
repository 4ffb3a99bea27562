"""The shapes in which it is written down what people said."""

from dataclasses import dataclass
from datetime import timedelta

from opm.comments.models import Act
from opm.reports.models import Ground

Moment = tuple[int, str]  # so many days after the post, at that time


@dataclass(frozen=True, kw_only=True)
class Afterwards:
    """What a moderator did about something that was public: take it down, or words out of it, leaving `left`."""

    act: Act
    at: Moment
    by: str
    rule: int
    note: str
    left: str = ""


@dataclass(frozen=True, kw_only=True)
class Said:
    """Something that was decided about, or that the team said itself."""

    name: str
    at: Moment
    text: str
    answers: int | None = None  # the number of the comment that it answers
    act: Act = Act.APPROVE
    by: str = "Piotr Lund"
    decided_at: Moment | None = None  # by default soon after it was written
    rule: int | None = None
    note: str = ""
    afterwards: Afterwards | None = None
    withdrawn_at: Moment | None = None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Something that nobody has decided about yet; `ago` is when its address was confirmed, or it was written."""

    name: str
    ago: timedelta
    text: str
    answers: int | None = None
    is_confirmed: bool = True
    edited_ago: timedelta | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """A report of the comment with this number that waits to be answered; with a ground, a notice about the post."""

    name: str
    ago: timedelta
    text: str
    number: int | None = None
    ground: Ground | None = None
    quote: str = ""
