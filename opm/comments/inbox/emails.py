"""What we write to moderators about comments that wait. What commenters typed stands in the text alone, as text."""

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from opm import settings
from opm.accounts import second_factor
from opm.accounts.abilities import Ability
from opm.accounts.models import Person
from opm.comments import redacting
from opm.comments.flags import flags_in_words
from opm.comments.inbox.models import MailChoice, MailLink, When
from opm.comments.inbox.telling import ALL_MAIL, MOST_IN_ONE, ONE_MAIL
from opm.comments.models import Comment, State
from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.i18n import ngettext
from opm.lib.markdown import shorten
from opm.lib.redaction import with_gaps
from opm.outbox.letters import Button, Letter, Link, Typed, write
from opm.outbox.models import Email

MOST_OF_ONE = 2_000  # characters that are mailed of a comment; the page has all of it
MOST_OF_EACH = 280


def one(email: Email) -> Letter | None:
    """One comment and the link to decide about it, while it waits and is this person's to decide."""
    link = db.session.get(MailLink, email.about_id)
    if link is None or link.nonce != email.nonce or not _is_wanted(email, link.person, When.AT_ONCE):
        return None
    comment = link.comment
    if comment.state != State.PENDING or link.decided:
        return None
    text = with_gaps(comment.text)
    return write(
        _("A comment waits on %(site)s", site=settings.current().site_name),
        _("A comment waits for a decision"),
        _("%(name)s wrote about “%(title)s”:", name=comment.name, title=comment.thread.title),
        Typed(text if len(text) <= MOST_OF_ONE else shorten(text, MOST_OF_ONE)),
        _("This is its beginning: the page has all of it.") if len(text) > MOST_OF_ONE else None,
        *_signs(comment),
        Button(
            _("Decide at the desk") if second_factor.is_demanded_of(link.person) else _("Decide about it"), link.path
        ),
        _how_it_works(link.person),
        _to_choice(),
    )


def several(email: Email) -> Letter | None:
    """What waits, each with its own link; nothing where nothing does, or where a later mail says it all."""
    person = db.session.get(Person, email.about_id)
    choice = person and db.session.get(MailChoice, person.id)
    wanted = When.DAILY if email.nonce else When.AT_ONCE
    if choice is None or not _is_wanted(email, person, wanted):
        return None
    if email.nonce and str(choice.bundled_on) != email.nonce:
        return None
    links = MailLink.to_decide(person).options(joinedload(MailLink.comment).joinedload(Comment.thread))
    links = [link for link in db.session.scalars(links.limit(MOST_IN_ONE)) if not link.decided]
    if not links:
        return None
    waiting = db.session.scalar(select(func.count(Comment.id)).where(Comment.state == State.PENDING))
    more = waiting - len(links)
    return write(
        _("Comments wait on %(site)s", site=settings.current().site_name),
        ngettext("%(num)s comment waits for a decision", "%(num)s comments wait for a decision", waiting),
        *(part for link in links for part in _in_short(link)),
        Link(
            _("See all that wait at the desk"),
            "/desk/comments/",
            before=ngettext("%(num)s more waits.", "%(num)s more wait.", more) if more > 0 else "",
        ),
        _how_it_works(person),
        _to_choice(),
    )


def _in_short(link: MailLink):
    comment = link.comment
    yield _("%(name)s wrote about “%(title)s”:", name=comment.name, title=comment.thread.title)
    yield Typed(shorten(with_gaps(comment.text), MOST_OF_EACH))
    yield from _signs(comment)
    yield Link(_("Read all of it and decide"), link.path)


def _signs(comment: Comment):
    if found := redacting.details(comment.text):
        yield _("It may hold %(what)s.", what=redacting.kinds_in_words(found))
    if signs := flags_in_words(comment.flags):
        yield _("Flagged: %(signs)s.", signs=", ".join(signs))


def _how_it_works(person: Person) -> str:
    if second_factor.is_demanded_of(person):
        return _("This site asks for a second factor, so the link leads to the desk.")
    return _(
        "The page behind the link has the buttons, and asks for no sign-in. What is decided there is decided in your "
        "name, so do not pass this mail on. The link works for 14 days, or until somebody has decided; "
        "then please delete the mail."
    )


def _to_choice() -> Link:
    return Link(_("Choose whether and when you are mailed"), "/desk/account/#mails")


def _is_wanted(email: Email, person: Person, how: When) -> bool:
    """Whether this person still has this address, decides on comments, and has not chosen otherwise meanwhile."""
    choice = db.session.get(MailChoice, person.id)
    return bool(
        choice and choice.how == how and person.email == email.recipient.lower() and person.may(Ability.MODERATE)
    )


RENDERERS = {ONE_MAIL: one, ALL_MAIL: several}
