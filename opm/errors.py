"""One page for every refusal: what happened, what to do next, and whatever was typed.

Nothing that was typed is lost: a refused POST gives it back, ready to be sent again where that can help.
"""

import logging
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

from flask import g, make_response, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, NotFound

from opm import settings
from opm.accounts import access, kept_forms
from opm.accounts.access import FACTOR_PAGE, FactorOwed, NotAllowed, NotSignedIn, ProofNeeded, is_behind_the_door
from opm.accounts.elections import ElectionTime
from opm.accounts.kept_forms import SentAlready, SentForm
from opm.comments.models import ThreadClosed
from opm.extensions import SAFE_METHODS, Trouble, db, trouble
from opm.filters import day, length
from opm.lib import files, journal, moved, origin, throttle
from opm.lib.confirming import LinkEnded
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.lib.origin import ForeignOrigin
from opm.lib.respond import wants_fragment
from opm.lib.throttle import TooMany
from opm.posts.filing import NotHere
from opm.posts.models import Post, Withdrawn
from opm.posts.pages import PageWithdrawn
from opm.reports.models import NotPublic
from opm.subscriptions.leaving import SubscriptionLinkEnded

# What may be shown again of a public form, in this order. Never a code, a token, or a field that we do not know.
TYPED = (
    "on", "quote", "ground", "reason", "text", "untrue", "writer_unknown", "may_be_named", "name", "email", "is_true",
    "left", "note", "reply", "day", "parent", "next", "revision", "outcome", "alt", "credit", "licence",
    "licence_address", "what", "rhythm",
)  # fmt: skip
A_COMMENT = re.compile(r"/desk/comments/[0-9]+(?=/)")
BUSY_FOR_SECONDS = 5
MENDED_WITHIN_SECONDS = 60  # a full disk, perhaps
LATEST = 5  # posts, on a page that says that something is not there

WORDS = {
    400: (
        later("We could not read that"),
        later("Something in the request was not as a browser sends it. Go back and try again."),
    ),
    403: (
        later("This is not open to you"),
        later("You may need to sign in, or to ask somebody who may do this."),
    ),
    404: (
        later("There is no page at this address"),
        later("It may have moved, or the address may lack its last letters. Nothing is wrong with your connection."),
    ),
    405: (
        later("That cannot be done at this address"),
        later("Go back to the page you came from and use its buttons."),
    ),
    410: (
        later("This page has been taken away"),
        later("It stood here once and will not come back."),
    ),
    413: (
        later("That was too long to take"),
        later(
            "We take at most 256 KB at a time. Press Back in your browser: what you wrote should still be there. "
            "A comment has room for 10,000 characters."
        ),
    ),
    415: (
        later("We cannot read that kind of message"),
        later("This address takes what a form sends. Go back and use the form."),
    ),
    500: (
        later("Something went wrong here"),
        later("It is our fault, not yours. Try again in a minute; if it happens again, please tell us."),
    ),
}

A_FILE_IS_TOO_LARGE = later(
    "We take pictures of at most 12 MB. Press Back in your browser: what you wrote should still be there. "
    "Save the picture smaller, and send that."
)
A_TEXT_IS_TOO_LONG = later(
    "We take at most 1 MB at a time here, which is more than the longest text. Press Back in your browser: what you "
    "wrote should still be there. Make two of it."
)
SIGN_IN_FOR_LONG = later(
    "You are not signed in any more, and this is too long to be kept for you meanwhile. Press Back in your browser: "
    "what you wrote should still be there. Leave that page open, sign in in another tab, and then send it again."
)
CAUSES = {
    Trouble.FULL: later("The disk is full."),
    Trouble.FAILING: later("The disk does not take what it is given."),
    Trouble.READ_ONLY: later("The database can be read and not changed."),
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refused:
    """How a refusal is told: its status, what happened, what to do next, and whether the same may be sent again."""

    status: int
    title: str
    advice: str
    again: bool = False
    headers: dict = field(default_factory=dict)
    sent: SentForm | None = None  # to the desk
    asks_to_sign_in: bool = False
    asks_whether: str = ""  # it shall be done all the same: what is to be ticked
    leads_to: tuple[str, str] | None = None  # an address, and what is there
    secret: str | None = None  # of what was kept, for the browser


def init(app) -> None:
    """Ties every refusal to its words."""
    telling = {
        HTTPException: _of_http,
        DBAPIError: _of_database,
        PoolTimeout: _database_busy,
        TooMany: _too_many,
        ForeignOrigin: _foreign_origin,
        CSRFError: _old_form,
        ThreadClosed: _thread_closed,
        LinkEnded: _link_ended,
        SubscriptionLinkEnded: _subscription_link_ended,
        NotPublic: _not_public,
        Withdrawn: _withdrawn,
        NotHere: _not_here,
        PageWithdrawn: _page_withdrawn,
        NotSignedIn: _not_signed_in,
        FactorOwed: _factor_owed,
        ProofNeeded: _proof_needed,
        SentAlready: _sent_already,
        NotAllowed: _not_allowed,
        ElectionTime: _election_time,
    }
    for error, tell in telling.items():
        app.register_error_handler(error, lambda error, tell=tell: answer(tell(error)))
    app.register_error_handler(NotFound, _not_found)


def answer(refused: Refused):
    """The page, or for htmx the fragment, that tells it."""
    db.session.expunge_all()  # what was read stays readable, such as who is signed in
    db.session.rollback()
    g.settings = settings.last_known()  # asked no more: the database may be the trouble
    if is_behind_the_door(request.path):
        refused = replace(refused, again=refused.again and refused.sent is not None, sent=refused.sent or _sent())
    number = journal.number() if refused.status >= 500 else None
    page = render_template(_template(), refused=refused, typed=_typed(), latest=_latest(refused), number=number)
    response = make_response(page, refused.status, refused.headers)
    return access.let_keep(response, refused.secret) if refused.secret else response


def _template() -> str:
    """What a page of the desk sends by itself is answered in a line: what was typed stands in its form."""
    if not wants_fragment():
        return "errors/page.html"
    return "errors/_line.html" if kept_forms.came_by_itself() else "errors/_refused.html"


def _latest(refused: Refused) -> list[Post]:
    """What who came for a page that is not there may like to read instead. None while the database is away."""
    is_reader = request.method in SAFE_METHODS and not is_behind_the_door(request.path) and not wants_fragment()
    is_lost = refused.status in (404, 410) and is_reader
    try:
        return list(db.session.scalars(Post.published().limit(LATEST))) if is_lost else []
    except (DBAPIError, PoolTimeout):
        db.session.rollback()
        return []


def _not_found(error):
    """What stood at this address may have moved: then that is where to look."""
    query = request.query_string.decode(errors="replace")
    try:
        to = moved.leads_to(request.path, query) if request.method in SAFE_METHODS else None
    except DBAPIError as refusal:
        return answer(_of_database(refusal))
    except PoolTimeout as busy:
        return answer(_database_busy(busy))
    return redirect(to, code=301) if to else answer(_of_http(error))


def _typed() -> dict[str, str]:
    """What the person typed into a public form, as far as it could be read."""
    if request.method != "POST" or is_behind_the_door(request.path):
        return {}
    try:
        return {name: request.form[name] for name in TYPED if request.form.get(name)}
    except HTTPException:
        return {}  # too large to be read


def _sent() -> SentForm | None:
    """The same of a form of the desk."""
    return SentForm.of_request() if request.method == "POST" else None


def _of_http(error: HTTPException) -> Refused:
    code = error.code or 500
    allowed = getattr(error, "valid_methods", None)
    title, advice = WORDS.get(code) or WORDS[500 if code >= 500 else 400]
    advice = _of_size(advice) if code == 413 else advice
    return Refused(
        code,
        str(title),
        str(advice),
        again=code == 500,
        headers={"Allow": ", ".join(sorted(allowed))} if allowed else {},
    )


def _of_size(advice):
    """What is too large depends on where it was sent, and by whom."""
    if request.max_content_length == files.MOST_SENT:
        return A_FILE_IS_TOO_LARGE
    if request.max_content_length == files.MOST_TYPED:
        return A_TEXT_IS_TOO_LONG
    return SIGN_IN_FOR_LONG if files.is_long_text() else advice


def _of_database(error: DBAPIError) -> Refused:
    """What the database cannot do just now. Raises the error again where it is our fault."""
    what = trouble(error)
    if what is None:
        raise error
    return _database_busy(error) if what == Trouble.BUSY else _nothing_is_saved(what)


def _database_busy(error) -> Refused:
    log.warning("database: %s", type(getattr(error, "orig", error)).__name__)
    if request.method in SAFE_METHODS:
        advice = _("Please try again in a few seconds.")
    else:
        advice = _("What you sent was not saved. Please send it again in a few seconds.")
    return Refused(
        503, _("The site is busy for a moment"), advice, again=True, headers={"Retry-After": BUSY_FOR_SECONDS}
    )


def _nothing_is_saved(what: Trouble) -> Refused:
    """The disk is full, say: people are told to come back, and at the desk why."""
    log.error("the database takes no changes: %s", what)
    advice = _(
        "What you sent was not saved: for the moment the site can only be read. Please keep a copy of what you wrote, "
        "and send it again later."
    )
    if request.path.startswith("/desk/"):
        advice = f"{advice} {CAUSES[what]} " + _("Whoever looks after the server learns more from “flask doctor”.")
    return Refused(
        503, _("Nothing can be saved just now"), advice, again=True, headers={"Retry-After": MENDED_WITHIN_SECONDS}
    )


def _too_many(error: TooMany) -> Refused:
    try:
        db.session.commit()  # a refusal counts, too
    except DBAPIError as refusal:
        return _of_database(refusal)
    return Refused(
        429,
        _("That was a lot at once"),
        _(
            "To keep the site open to everyone, we take only so much from one person or network at a time. "
            "Please try again in %(wait)s.",
            wait=length(timedelta(seconds=max(60, error.retry_after))),
        ),
        again=True,
        headers={"Retry-After": error.retry_after},
    )


def _foreign_origin(error) -> Refused:
    return Refused(
        403,
        _("This was sent from another site’s page"),
        _("We take forms from our own pages only, so that nobody can send something in your name. If you wrote this "
          "yourself, copy it and use the form on our page."),
    )  # fmt: skip


def _old_form(error) -> Refused:
    """Who is signed in may send it once more, if it was a page of ours that sent it."""
    title = _("This form was too old")
    sent = _sent()
    if sent and sent.can_be_sent and origin.is_known_to_be_ours():
        advice = _("You have signed in again since its page was opened. Nothing was done yet, and nothing is lost.")
        return Refused(400, title, advice, again=True, sent=sent)
    advice = _("You may have signed in again since it was opened. Please send it once more from a fresh page.")
    return Refused(400, title, advice, sent=sent)


def _thread_closed(error) -> Refused:
    typed = _("Your words were not sent. Copy them if you would like to keep them.")
    return Refused(
        403,
        _("Comments are closed here"),
        typed if _typed() else _("You can still read what was said, on the post’s page."),
    )


def _link_ended(error) -> Refused:
    return Refused(
        404,
        _("This link does not work any more"),
        _(
            "It may have been cut short, or it is too old: what nobody confirms is deleted after %(days)s, and a "
            "receipt ends when its data are erased or we let the address go. Open it from the mail once more. If you "
            "did not get to confirm what you wrote, please write it again.",
            days=length(settings.last_known().unconfirmed_for),
        ),
    )


def _subscription_link_ended(error) -> Refused:
    return Refused(
        404,
        _("This link does not work any more"),
        _(
            "It may have been cut short. Or no mails come by it any more: its subscription was erased, it ended a "
            "while ago, or its mails go to another address now. If mails from us still reach you, open the link in the "
            "newest of them."
        ),
    )


def _not_public(error) -> Refused:
    return Refused(
        410,
        _("This comment is not public any more"),
        _("Its writer or a moderator has taken it away, so there is nothing left to report. Thank you for looking."),
    )


def _withdrawn(error: Withdrawn) -> Refused:
    return Refused(
        410,
        _("This post has been taken away"),
        _("%(why)s Its comments have gone with it.", why=error.because)
        if error.because
        else _("It stood here once. Its comments have gone with it."),
    )


def _page_withdrawn(error: PageWithdrawn) -> Refused:
    title, advice = WORDS[410]
    return Refused(410, str(title), error.because or str(advice))


def _not_here(error: NotHere) -> Refused:
    return Refused(
        404,
        _("This is not here any more"),
        _("Somebody has merged it with another or deleted it. Go back to the list and look for it under another name."),
    )


def _not_signed_in(error) -> Refused:
    """What was sent is kept for when they are back."""
    sent = _sent()
    secret = _kept(sent) if sent and sent.can_be_sent and not kept_forms.came_by_itself() else None
    if secret:
        advice = _("What you typed is kept here, in this browser, for a day. Sign in, and send it with one press.")
    elif sent:
        advice = _("Sign in again at the desk. What you typed is below: copy it first.")
    else:
        advice = _("Sign in again at the desk.")
    title = _("You are not signed in any more")
    return Refused(403, title, advice, sent=sent, asks_to_sign_in=True, secret=secret)


def _factor_owed(error) -> Refused:
    """What was sent is kept, as for somebody whose session has ended."""
    page = FACTOR_PAGE, _("To your second factor")
    title = _("First your second factor")
    return _kept_for_later(title, _("This site demands one of you."), page)


def _proof_needed(error) -> Refused:
    page = FACTOR_PAGE, _("Prove that it is you")
    return _kept_for_later(_("First prove that it is you"), _("You signed in more than ten minutes ago."), page)


def _kept_for_later(title: str, because: str, page: tuple[str, str]) -> Refused:
    sent = _sent()
    secret = _kept(sent) if sent and sent.can_be_sent and not kept_forms.came_by_itself() else None
    if secret:
        because += " " + _("What you typed is kept here, in this browser, for a day: you find it at the desk.")
    elif sent:
        because += " " + _("What you typed is below: copy it first.")
    return Refused(403, title, because, sent=sent, leads_to=page, secret=secret)


def _kept(sent: SentForm) -> str | None:
    """Keeps it, and returns the secret for the browser; None where there is no room, or the database is away."""
    try:
        secret = _kept_if_few(sent, origin.network())
        db.session.commit()
    except (DBAPIError, PoolTimeout) as error:
        log.warning("what was sent could not be kept: %s", type(getattr(error, "orig", error)).__name__)
        return None
    return secret


def _kept_if_few(sent: SentForm, network: str) -> str | None:
    try:
        throttle.spend({settings.current().allowance("kept_forms_per_network"): network})
    except TooMany:
        return None
    return kept_forms.keep(sent, access.kept_secret(), network)


def _sent_already(error) -> Refused:
    return Refused(
        409,
        _("This was sent already"),
        _(
            "It was sent or thrown away meanwhile, perhaps in another tab. Look whether it has arrived before you "
            "write it again."
        ),
    )


def _not_allowed(error: NotAllowed) -> Refused:
    return Refused(
        403,
        _("Your role does not allow this"),
        _("To %(deed)s, ask %(people)s.", deed=error.in_words, people=error.whom_to_ask),
    )


def _the_comment() -> tuple[str, str] | None:
    """The way back to the comment about which something is asked: in place, the question stands where it stood."""
    found = A_COMMENT.match(request.path)
    return (found[0], _("Read the comment once more")) if found else None


def _election_time(error) -> Refused:
    """Who acts all the same says so. Until then nothing is done, and nothing is lost."""
    site = settings.current()
    until = site.election_last_moment
    whether = (
        _("It is election time until the end of %(day)s: make it public all the same", day=day(until))
        if until
        else _("It is election time: make it public all the same")
    )
    return Refused(
        409,
        _("It is election time"),
        _(
            "This would make something public. Nothing was done yet. Tick the box if it has to be public now. If not, "
            "do nothing: it stays as it is."
        ),
        again=True,
        sent=SentForm.of_request() or SentForm(request.path, []),  # a button alone is pressed again with the tick
        asks_whether=whether,
        leads_to=_the_comment(),
    )
