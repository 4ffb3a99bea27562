"""What the site may cost, row by row, and the table that sets what it does cost beside it."""

from dataclasses import dataclass

MISSED, MUST, WISH = "MISSED", "must", "wish"


@dataclass(frozen=True)
class Goal:
    """One row: what must hold, and what we wish for. Most figures are the better the smaller they are."""

    figure: str
    must: float
    wish: float | None = None
    unit: str = ""
    more_is_better: bool = False

    def verdict(self, ours: float) -> str:
        """Which of the two was reached. Where there is no wish, the must is all there is to reach."""
        if self.wish is not None and self._reaches(ours, self.wish):
            return WISH
        return MUST if self._reaches(ours, self.must) else MISSED

    def _reaches(self, ours, goal):
        return ours >= goal if self.more_is_better else ours <= goal


FIRST_VIEW = Goal("first view: page and style sheet", 14_600, 13_500, "B")
BLOCKING = Goal("  requests that it waits for", 2)
ALL_REQUESTS = Goal("all requests of a first view", 16_000, 14_600, "B")
REPEAT_VIEW = Goal("repeat view, unchanged: one 304", 300, unit="B")
SECOND_PAGE = Goal("second page: a post without comments", 5_000, 3_000, "B")
OF_BARE_WSGI = Goal("pages/s ÷ bare WSGI, same bytes", 0.5, 0.7, more_is_better=True)
OF_BARE_FLASK = Goal("pages/s ÷ bare Flask", 4, 6, more_is_better=True)
UNCACHED = Goal("uncached pages/s ÷ bare Flask", 0.08, 0.12, more_is_better=True)
FIRST_PAINT = Goal("first paint, slow line ÷ nginx static", 1.15, 1.05)
LARGEST_PAINT = Goal("largest paint, slow line ÷ nginx static", 1.15, 1.05)
READABLE = Goal("comments readable, slow line", 3.2, 2.8, "s")
SHIFT = Goal("layout shift", 0)
MEMORY = Goal("memory of all processes, warm", 250, 150, "MB")
COMMENTS = Goal("comments taken a second, 16 writers", 300, more_is_better=True)
SECOND_START = Goal("second start until it answers", 2, unit="s")
PREVIEW = Goal("preview of 3,000 words", 60, 30, "ms")
QUEUE_FIRST = Goal("the first of 10,000 comments that wait", 200, 80, "ms")
QUEUE_LAST = Goal("  the last of them", 200, 80, "ms")
QUEUE_SEARCH = Goal("  one found among all by its words", 400, 150, "ms")
LOOKING = Goal("a 12-megapixel picture, looked into", 5, 2, "s")
MAKING = Goal("  made at three widths by the worker", 20, 10, "s")
ALERTS_QUEUED = Goal("a post told to 100,000: queued", 20, unit="s")
ALERTS_MEMORY = Goal("  memory of the worker, at most", 200, unit="MB")
ALERTS_COMMENT = Goal("  the longest wait of who comments then", 1000, 250, "ms")
GOALS = [
    FIRST_VIEW, BLOCKING, ALL_REQUESTS, REPEAT_VIEW, SECOND_PAGE, OF_BARE_WSGI, OF_BARE_FLASK, UNCACHED, FIRST_PAINT,
    LARGEST_PAINT, READABLE, SHIFT, MEMORY, COMMENTS, SECOND_START,
    PREVIEW, QUEUE_FIRST, QUEUE_LAST, QUEUE_SEARCH, LOOKING, MAKING, ALERTS_QUEUED, ALERTS_MEMORY, ALERTS_COMMENT,
]  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """What was measured; None where it could not be, and the note says why."""

    ours: float | None
    note: str = ""


def table(figures: dict[Goal, Figure]) -> str:
    """Every goal with what was measured, in the goals' order. Raises KeyError if one is missing."""
    head = _line("", "must", "wish", "ours", "", "")
    return "\n".join([head, *(_row(goal, figures[goal]) for goal in GOALS)])


def _row(goal, figure):
    if figure.ours is None:
        return _line(goal.figure, _shown(goal.must, goal), _shown(goal.wish, goal), "", "-", figure.note)
    goals = (_shown(each, goal) for each in (goal.must, goal.wish, figure.ours))
    return _line(goal.figure, *goals, goal.verdict(figure.ours), figure.note)


def _line(figure, must, wish, ours, verdict, note):
    return f"{figure:<41}{must:>10}{wish:>10}{ours:>10}  {verdict:<7} {note}".rstrip()


def _shown(number, goal):
    """Whole above ten, otherwise with as many digits as tell it from a goal."""
    if number is None:
        return ""
    return (f"{number:,.0f}" if number >= 10 else f"{number:.3g}") + (f" {goal.unit}" if goal.unit else "")
