"""How templates write moments, days and lengths of time: in the site's zone and language, in words."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup, escape

from opm import settings
from opm.lib import clock, links, markdown, redaction
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.lib.i18n import ngettext, remembered

MONTHS = [
    later("January"), later("February"), later("March"), later("April"), later("May"), later("June"), later("July"),
    later("August"), later("September"), later("October"), later("November"), later("December"),
]  # fmt: skip


def init(app) -> None:
    """Makes them known to templates."""
    app.jinja_env.filters.update(
        day=day, moment=moment, time=time, machine_day=machine_day, machine_time=machine_time,
        machine_moment=machine_moment, length=length, paragraphs=paragraphs, linked=links.linked, since=since,
        is_late=is_late, shorten=markdown.shorten, listed=listed, roughly=roughly, day_in_words=day_in_words,
        with_gaps=redaction.with_gaps, placed=placed,
    )  # fmt: skip
    app.jinja_env.globals["absolute"] = links.absolute


def day(at: datetime) -> str:
    """14 October 2026"""
    return day_in_words(settings.current().local(at).date())


@remembered
def day_in_words(on: date) -> str:
    """The same for a day that is one already."""
    return _("%(day)s %(month)s %(year)s", day=on.day, month=MONTHS[on.month - 1], year=on.year)


def moment(at: datetime) -> str:
    """14 October 2026, 18:22"""
    return _("%(day)s, %(time)s", day=day(at), time=time(at))


def time(at: datetime) -> str:
    """18:22"""
    return f"{settings.current().local(at):%H:%M}"


def machine_day(at: datetime) -> str:
    """2026-10-14, for a datetime attribute."""
    return f"{settings.current().local(at):%Y-%m-%d}"


def machine_time(at: datetime) -> str:
    """2026-10-14T18:22, for a datetime attribute."""
    return f"{settings.current().local(at):%Y-%m-%dT%H:%M}"


def machine_moment(at: datetime) -> str:
    """2026-10-14T17:22:05Z (RFC 3339), for machines elsewhere."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def since(at: datetime) -> str:
    """How long ago that was, in words."""
    return length(clock.now() - at)


def length(span: timedelta) -> str:
    """A length of time in its two largest units: "1 day 3 hours", "12 minutes"."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        (days, ngettext("%(num)s day", "%(num)s days", days)),
        (hours, ngettext("%(num)s hour", "%(num)s hours", hours)),
        (minutes, ngettext("%(num)s minute", "%(num)s minutes", minutes)),
    ]
    said = [words for count, words in (parts[:2] if days else parts[1:]) if count]
    return " ".join(said) or _("less than a minute")


def roughly(span: timedelta) -> str:
    """A length of time as people say it: "an hour", "5 hours", "3 days"; rounded up, to promise no less."""
    hours = -(-span // timedelta(hours=1))
    if hours <= 1:
        return _("an hour")
    days = -(-span // timedelta(days=1))
    return ngettext("%(num)s day", "%(num)s days", days) if hours > 48 else _("%(num)s hours", num=hours)


def paragraphs(text: str) -> Markup:
    """A stranger's plain text as HTML, with a word of ours where a moderator took words out."""
    html = links.paragraphs(text)
    return html.replace(redaction.MARK, taken_out()) if redaction.MARK in text else html


def taken_out() -> Markup:
    """What stands in a comment where words stood."""
    return Markup('<em class="gone">[{}]</em>').format(_("a moderator took words out"))


def listed(names: Iterable[str]) -> Markup:
    """Names, or links with them, as a sentence has them: "Ines, Piotr and Rosa"."""
    *others, last = names
    both = {"others": Markup(", ").join(others), "last": last}
    return Markup(_("%(others)s and %(last)s")) % both if others else escape(last)


def is_late(at: datetime, within_hours: int) -> bool:
    """Whether what has waited since then has waited longer than the site promises."""
    return clock.now() - at > timedelta(hours=within_hours)


def placed(menu: Iterable[settings.Link], path: str, among_posts: bool) -> list[tuple[settings.Link, str]]:
    """Each entry with what `aria-current` says of it on the page with this path: "page", "true" or nothing.

    Only the closest is marked: the page itself, else what it stands under. The front page stands for all posts.
    """
    around = [link.address for link in menu if _is_around(link.address, path, among_posts)]
    closest = max(around, key=len, default=None)
    here = "page" if closest == path else "true"
    return [(link, here if link.address == closest else "") for link in menu]


def _is_around(address: str, path: str, among_posts: bool) -> bool:
    if address == "/":
        return among_posts
    return path == address or (address.endswith("/") and path.startswith(address))
