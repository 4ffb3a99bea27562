"""The queues in which comments wait, and the archives of what was decided."""

from flask import Blueprint, abort, g, render_template, request

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.comments import bulk, keys, queue_pages
from opm.comments.queues import LONGEST_SEARCH, NoSuchQueue, Queue, View
from opm.lib.i18n import lazy_gettext as _

bp = Blueprint("comments_desk", __name__, url_prefix="/comments")

LAST_DECIDED = 5
NAMES = {
    Queue.PENDING: _("Pending"),
    Queue.FLAGGED: _("Flagged"),
    Queue.PUBLISHED: _("Published"),
    Queue.REJECTED: _("Rejected"),
    Queue.SPAM: _("Spam"),
    Queue.UNCONFIRMED: _("Unconfirmed"),
    Queue.WITHDRAWN: _("Withdrawn"),
    Queue.ALL: _("All"),
}


@bp.get("/")
@requires(Ability.MODERATE)
def queue():
    """The comments in one queue, below what this moderator has just decided. `?q=` searches in it."""
    try:
        view = View.asked(request.args)
    except NoSuchQueue:
        abort(404)
    return render_template(
        "desk/comments/queue.html",
        view=view,
        page=queue_pages.page(view),
        counts=queue_pages.counts(view.words),
        names=NAMES,
        most=LONGEST_SEARCH,
        keys={act.value: key for act, key in keys.of(g.person).items()} if keys.are_on(g.person) else {},
        key_words=keys.IN_WORDS,
        decided=bulk.last_made(g.person, LAST_DECIDED),
    ), 422 if view.is_too_long else 200
