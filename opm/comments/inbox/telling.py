"""Telling moderators that comments wait: at once, or all of them together once a day.

A mail is a row that speaks of a link, or of a person and a day; what it says is read when it leaves, so that nothing
stands in it that somebody has decided meanwhile, and an empty one never goes.
"""

from datetime import timedelta

from sqlalchemy import or_, select, update

from opm import settings
from opm.accounts import audit
from opm.accounts.abilities import Ability
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.comments.inbox.models import LINK_LIVES, MailChoice, MailLink, When
from opm.comments.models import Comment, State
from opm.extensions import db, insert, reading
from opm.lib import clock, throttle
from opm.lib.going import goes
from opm.outbox import posting

ONE_MAIL = "comment waits"
ALL_MAIL = "comments wait"
MOST_IN_ONE = 20  # comments in a mail about several; how many more wait is said
RENEWED_AFTER = LINK_LIVES / 2  # a link that goes out once more lives at least so long from then on


def tell(comment: Comment) -> None:
    """A comment has just begun to wait: mails whoever wants to know at once. The caller commits.

    Strangers can cause no more mails to a moderator than to anybody else: those above the limit come together, at the
    end of the hour.
    """
    for choice in db.session.scalars(MailChoice.who_chose(When.AT_ONCE)):
        if choice.person.may(Ability.MODERATE):
            _tell_one(choice.person, comment)


def bundle_due() -> int:
    """Makes the daily mails whose hour has come: of each person and day one, by whichever worker is first. Commits.

    Returns how many were made: none where nothing waits.
    """
    with reading():
        zone = settings.current().timezone
        due = [c.person_id for c in db.session.scalars(MailChoice.who_chose(When.DAILY)) if c.due_on(zone)]
    made = 0
    for person_id in due:
        made += _bundle(db.session.get(MailChoice, person_id, populate_existing=True))
        db.session.commit()
    return made


@goes(MailLink)
def old_links(moment):
    """Links in moderators' mails that ended before that moment; until they go their pages say why."""
    return MailLink.made_at < moment - LINK_LIVES


def choose(person: Person, how: When, hour: int) -> None:
    """This person is mailed so from now on. Links that were mailed before go on. The caller commits."""
    values = {"how": how, "hour": hour, "chosen_at": clock.now()}
    statement = insert(MailChoice).values(person_id=person.id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=[MailChoice.person_id], set_=values))
    audit.record(person, Did.CHOSE_MAILS, "person", person.id, person.name, how)


def _tell_one(person: Person, comment: Comment) -> None:
    site = settings.current()
    limit = throttle.Allowance("moderators_mails", site.strangers_mails_per_address, refuses=False)
    count = throttle.spend({limit: str(person.id)}).get(limit.what, 0)
    link = MailLink(comment=comment, person=person)
    db.session.add(link)
    db.session.flush()
    if count <= limit.limit:
        posting.post(ONE_MAIL, person.email, link.id, nonce=link.nonce)
    elif count == limit.limit + 1:
        posting.post(ALL_MAIL, person.email, person.id, due_at=limit.window(clock.now()) + limit.per)


def _bundle(choice: MailChoice | None) -> int:
    day = choice and choice.due_on(settings.current().timezone)
    if not day or choice.how != When.DAILY or not _is_first(choice.person_id, day):
        return 0
    waiting = _waiting() if choice.person.may(Ability.MODERATE) else []
    if not waiting:
        return 0
    _link(choice.person, waiting)
    posting.post(ALL_MAIL, choice.person.email, choice.person_id, nonce=day.isoformat())
    return 1


def _is_first(person_id: int, day) -> bool:
    """Of two workers one alone changes the row."""
    not_yet = or_(
        MailChoice.bundled_on.is_(None), MailChoice.bundled_on < day, MailChoice.bundled_on > day + timedelta(days=1)
    )
    this_one = update(MailChoice).where(MailChoice.person_id == person_id, MailChoice.how == When.DAILY, not_yet)
    return db.session.execute(this_one.values(bundled_on=day)).rowcount == 1


def _waiting() -> list[Comment]:
    waits = (
        select(Comment)
        .where(Comment.state == State.PENDING)
        .order_by(Comment.waits_last, Comment.confirmed_at, Comment.id)
    )
    return list(db.session.scalars(waits.limit(MOST_IN_ONE)))


def _link(person: Person, comments: list[Comment]) -> None:
    """Each of these has a link of this person's that lives for a week at least."""
    known = select(MailLink).where(MailLink.person_id == person.id, MailLink.comment_id.in_([c.id for c in comments]))
    links = {link.comment_id: link for link in db.session.scalars(known)}
    for comment in comments:
        if comment.id not in links:
            db.session.add(MailLink(comment=comment, person=person))
        elif clock.now() - links[comment.id].made_at > RENEWED_AFTER or links[comment.id].decided:
            links[comment.id].renew()
