"""The site's standing pages, made from the settings that the site obeys."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, render_template

from opm import settings
from opm.accounts import access, kept_forms
from opm.accounts.models import SIGNED_IN_FOR
from opm.comments.models import EDIT_WITHIN, LONGEST_TEXT, UNDO_WITHIN
from opm.filters import length
from opm.holdings import clocks
from opm.lib import clock, markdown
from opm.lib.caching import changes_at, public_page
from opm.lib.i18n import gettext as _
from opm.posts.pages import StandingPage
from opm.posts.pictures.showing import with_pictures
from opm.reports.figures import FEWEST, Figures, count

bp = Blueprint("site", __name__)

MINUTE = timedelta(minutes=1)
STATEMENT_WRITTEN_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)  # move it on when the accessibility statement is reviewed


@bp.get("/about/")
@public_page
def about():
    """Who writes here and how the site works."""
    words = with_pictures(markdown.render(settings.current().about))
    return render_template("site/about.html", words=words, pages=StandingPage.by_title())


@bp.get("/moderation/")
@public_page
def moderation():
    """The rules for comments, and what happens to one."""
    lengths = {"undo_minutes": UNDO_WITHIN // MINUTE, "edit_minutes": EDIT_WITHIN // MINUTE}
    return render_template("site/moderation.html", longest_text=LONGEST_TEXT, **lengths)


@bp.get("/moderation/figures/")
@public_page
def figures():
    """How moderating goes, as it was counted last. A site that has yet to count does so here, for a minute."""
    last = Figures.last()
    if last is None:
        changes_at(clock.now() + MINUTE)
    counted = last.counted if last else count()
    return render_template(
        "site/figures.html",
        figures=counted,
        rules=_by_rule(counted["periods"]),
        waiting_since=counted["waiting_since"] and datetime.fromisoformat(counted["waiting_since"]),
        changed_at=last.changed_at if last else clock.now(),
        fewest=FEWEST,
    )


@bp.get("/privacy/")
@public_page
def privacy():
    """What is held about whom, why, and for how long: the numbers that the purge obeys."""
    return render_template("site/privacy.html", signed_in_days=SIGNED_IN_FOR.days, held=clocks.of)


@bp.get("/cookies/")
@public_page
def cookies():
    """Which cookie there is, and that readers and commenters get none."""
    names = {"name": access.cookie_name(), "kept_name": access.kept_cookie_name()}
    lengths = {"signed_in_days": SIGNED_IN_FOR.days, "kept_days": kept_forms.KEPT_FOR.days}
    return render_template("site/cookies.html", **names, **lengths)


@bp.get("/accessibility/")
@public_page
def accessibility():
    """How far everybody can use the site, how that is checked, and whom to tell where it fails."""
    return render_template("site/accessibility.html", written_at=STATEMENT_WRITTEN_AT)


@bp.get("/robots.txt")
@public_page
def robots():
    """What crawlers may read: all that is public, and nothing behind a private link."""
    closed = (
        "/desk/",
        "/preview/",
        "/receipt/",
        "/comment/",
        "/report/",
        "/*/report/",
        "/complaint/",
        "/privacy/data/",
        "/privacy/not-me/",
        "/subscriptions/",
        "/unsubscribe/",
    )
    return Response("User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in closed), mimetype="text/plain")


@bp.app_template_filter()
def wait_in_words(seconds: int) -> str:
    """A length of time in words."""
    return length(timedelta(seconds=seconds))


def _by_rule(periods: list[dict]) -> list[dict]:
    """How often each rule was named, in each period; with rules that are no more."""
    site, numbers = settings.current(), sorted({int(number) for period in periods for number in period["by_rule"]})
    rows = []
    for number in sorted({*numbers, *(rule.number for rule in site.rules)}):
        title = rule.title if (rule := site.rule(number)) else _("no rule any more")
        words = _("Rejected by rule %(number)s, %(title)s", number=number, title=title)
        rows.append({"words": words, "counts": [period["by_rule"].get(str(number), 0) for period in periods]})
    return rows
