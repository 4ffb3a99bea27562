"""The site's standing pages, made from the settings that the site obeys."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, render_template

from opm import settings
from opm.accounts import access
from opm.accounts.models import SIGNED_IN_FOR
from opm.comments.models import EDIT_WITHIN, LONGEST_TEXT, UNDO_WITHIN
from opm.lib import markdown
from opm.lib.caching import public_page
from opm.posts.pages import StandingPage
from opm.posts.pictures.showing import with_pictures

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


@bp.get("/privacy/")
@public_page
def privacy():
    """What is held about whom, why, and for how long: the numbers that the purge obeys."""
    return render_template("site/privacy.html", signed_in_days=SIGNED_IN_FOR.days)


@bp.get("/cookies/")
@public_page
def cookies():
    """Which cookie there is, and that readers and commenters get none."""
    names = {"name": access.cookie_name(), "kept_name": access.kept_cookie_name()}
    return render_template("site/cookies.html", **names, signed_in_days=SIGNED_IN_FOR.days)


@bp.get("/accessibility/")
@public_page
def accessibility():
    """How far everybody can use the site, how that is checked, and whom to tell where it fails."""
    return render_template("site/accessibility.html", written_at=STATEMENT_WRITTEN_AT)


@bp.get("/robots.txt")
@public_page
def robots():
    """What crawlers may read: all that is public, and nothing behind a private link."""
    closed = ("/desk/", "/preview/", "/receipt/", "/comment/", "/report/", "/*/report/")
    return Response("User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in closed), mimetype="text/plain")
