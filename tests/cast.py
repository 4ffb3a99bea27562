"""The people and the places of our stories."""

import random
from datetime import UTC, datetime, timedelta
from io import BytesIO

from PIL import Image

from opm.accounts import access, dormancy, invitations, signing_in, staffing
from opm.accounts.abilities import Role
from opm.accounts.factors import emails as factor_emails
from opm.accounts.factors.models import Passkey, Purpose, Step
from opm.accounts.models import Person
from opm.comments import handing, moderation
from opm.comments.inbox.models import MailChoice, MailLink, When
from opm.comments.inbox.telling import ALL_MAIL, ONE_MAIL
from opm.comments.models import Act, Comment, State, Thread, address_hash
from opm.comments.submission import ALREADY_MAIL, CONFIRM_MAIL
from opm.complaints import complaining, handling
from opm.complaints import models as complaints
from opm.complaints.models import Complaint
from opm.extensions import db
from opm.holdings import requesting
from opm.holdings.models import DataRequest
from opm.lib import clock
from opm.outbox import posting
from opm.posts import publishing, writing
from opm.posts.models import Author, Category, Post, Series, Tag
from opm.posts.pages import StandingPage
from opm.posts.pictures import decoding, library
from opm.posts.writing import Words
from opm.reports import reporting, settling
from opm.reports.models import Ground, Outcome, Report
from opm.subscriptions import addresses, alerts, digests, following, signup, threads
from opm.subscriptions.models import Rhythm, Subscriber, Subscription, Told, Topic
from opm.subscriptions.topics import Followed

POST = "/2026/10/01/who-fills-the-sandbags/"
WORDS = "The lane floods first at the bottom, where the rota has nobody."


def ines():
    """Who edits, moderates and looks after the site."""
    return _staff("Ines Calder", "ines@northmere.example", ["editor", "moderator", "admin"])


def piotr():
    """Who moderates."""
    return _staff("Piotr Lund", "piotr@northmere.example", ["moderator"])


def rosa():
    """Who writes, and may not moderate."""
    return _staff("Rosa Menk", "rosa@northmere.example", ["author"])


def edith():
    """Who publishes what others write."""
    return _staff("Edith Varga", "edith@northmere.example", ["editor"])


def _staff(name, email, roles):
    person = Person.by_email(email)
    if person is None:
        person = Person(name=name, email=email, roles=roles)
        db.session.add(person)
        db.session.flush()
    return person


def a_passkey(person, name="An old laptop"):
    """A passkey that nobody can sign with any more."""
    passkey = Passkey(person=person, credential_id="b2xk", public_key="b2xk", sign_count=0, name=name)
    db.session.add(passkey)
    db.session.flush()
    return passkey


def every_step(person) -> dict[Purpose, str]:
    """A page of each kind on which this person shows or sets up a second factor, by its token."""
    steps = [
        Step(purpose=purpose, person=None if purpose == Purpose.PASSKEY_SIGN_IN else person, name="An old laptop")
        for purpose in Purpose
    ]
    db.session.add_all(steps)
    db.session.flush()
    return {step.purpose: step.token for step in steps}


def a_draft(title="Twelve benches", text="We walked with eleven people and counted.\n", by=None):
    """A post that Rosa is writing, saved once since she began it."""
    by = by or rosa()
    post = writing.begin(title, by)
    writing.save(post, Words(title, "", text), by, post.revision)
    return post


def a_post(slug="who-fills-the-sandbags", title="Who fills the sandbags?", on=(2026, 10, 1), category=None, **values):
    """A published post of Ines's with a thread."""
    author = db.session.query(Author).filter_by(slug="ines-calder").one_or_none()
    author = author or Author(slug="ines-calder", name="Ines Calder")
    post = Post(title=title, slug=slug, summary="Low Mill Lane is warned last.", authors=[author], **values)
    post.write("## The rota\n\nWho lives there **knows** the water.\n")
    if category:
        post.categories = [a_category(category)]
    db.session.add(post)
    publishing.publish(post, datetime(*on, 8, 0, tzinfo=UTC))
    return post


def a_filed_post():
    """The same post as `a_post`, filed under all that there is."""
    post = a_post(category="rivers")
    post.series, post.series_position = Series(slug="floods", title="Floods"), 1
    post.tags = [Tag(slug="water", name="Water")]
    post.authors[0].about = "Ines drew the map."
    return post


def a_part_two(first):
    """The post that follows this one in its series, with the same tags, and a picture."""
    post = a_post("part-two", "And when the rain stops?", on=(2026, 10, 3))
    post.series, post.series_position, post.tags = first.series, 2, first.tags
    post.write(f"![The lane, drawn]({kept(a_picture((900, 300)), 'lane.png')})")
    return post


def a_page(slug="how-to-reach-us", title="How to reach us", text="By letter or by boat."):
    """A standing page."""
    page = StandingPage(slug=slug, title=title)
    page.write(text)
    db.session.add(page)
    return page


def a_picture(size=(40, 30), format="PNG", mode="RGB", colour=0, **how):
    """The bytes of a picture of one colour; or of noise, which is always the same."""
    out, picture = BytesIO(), Image.new(mode, size, 0 if colour == "noise" else colour)
    if colour == "noise":
        some = random.Random(5).randbytes(40 * 20 * 3)
        picture = Image.frombytes("RGB", (40, 20), some).resize(size, Image.Resampling.BICUBIC).convert(mode)
    picture.save(out, format, **how)
    return out.getvalue()


def kept(content=None, called="lane.png", **said) -> str:
    """The address of a picture in the library."""
    picture, _is_new = library.add(decoding.anew(a_picture() if content is None else content), called, **said)
    return picture.address


def a_category(slug="rivers"):
    """A category, made once."""
    found = Category.by_slug(slug)
    if found is None:
        found = Category(slug=slug, name=slug.capitalize(), description=f"All about {slug}.")
        db.session.add(found)
    return found


def a_comment(thread: Thread, state=State.PENDING, name="Jo Marsh", email="jo@example.org", text=WORDS, **values):
    """A comment that has come as far as this state."""
    comment = Comment(thread=thread, name=name, email=email, address_hash=address_hash(email), text=text, **values)
    db.session.add(comment)
    db.session.flush()
    if state != State.UNCONFIRMED:
        comment.confirm()
    if state == State.PUBLISHED:
        comment.publish(thread)
    elif state not in (State.UNCONFIRMED, State.PENDING):
        comment.move_to(state, thread)
    comment.remember_sameness()
    db.session.flush()
    return comment


def every_mail(title="Who fills the sandbags?", note="Come back without the shop.", words=WORDS, name="Jo Marsh"):
    """One mail of each kind and variant, put into the outbox: some are due at once, others after the undo window."""
    ines, thread = _staff("Ines Calder", "ines@northmere.example", ["admin"]), a_post("on-mails", title).thread

    def about(letter, state=State.PENDING):
        return a_comment(thread, state, email=f"{letter}@example.org", text=f"{words} {letter}", name=name)

    unconfirmed, confirmed = about("a", State.UNCONFIRMED), about("b")
    posting.post(CONFIRM_MAIL, unconfirmed.email, unconfirmed.id, nonce=unconfirmed.link_nonce)
    posting.post(ALREADY_MAIL, confirmed.email, confirmed.id, nonce=confirmed.receipt_nonce)
    moderation.decide(about("c"), Act.APPROVE, ines, revision=1)
    moderation.decide(about("d"), Act.REJECT, ines, revision=1, rule=2)
    moderation.decide(about("e"), Act.REJECT, ines, revision=1, rule=6, note=note)
    moderation.decide(about("f", State.PUBLISHED), Act.REMOVE, ines, revision=1, rule=1, note=note)
    redacted = about("j", State.PUBLISHED)
    moderation.decide(redacted, Act.REDACT, ines, revision=1, rule=4, note=note, left=redacted.text[:-1])
    handing.hand(about("k"), ines, piotr().id, note)
    _every_mail_about_reports(about("g", State.PUBLISHED), ines, note)
    _every_mail_about_complaints(ines, note)
    attempt = signing_in.begin(ines)
    posting.post(signing_in.MAIL, ines.email, attempt.id, nonce=attempt.link_nonce)
    for kind in factor_emails.WORDS:
        factor_emails.tell(ines, kind, ines)
    _every_mail_to_moderators(confirmed, ines)
    _every_mail_about_accounts(ines)
    _every_mail_about_addresses()
    _every_mail_to_subscribers(thread, about("p", State.PUBLISHED))


def _every_mail_about_complaints(ines: Person, note: str):
    for outcome in complaints.ANSWERS:
        complaint = a_complaint(f"q-{outcome[:4].strip()}@example.org")
        handling.take_step(complaint, complaints.What.PROGRESS, note, ines)
        handling.answer(complaint, outcome, note, ines)


def _every_mail_about_addresses():
    a_data_request("t@example.org")
    a_sign_up("r@example.org")
    signup.confirm(a_sign_up("s@example.org"))
    addresses.begin(a_subscriber("l@example.org"), "m@example.org", "")
    addresses.confirm(addresses.begin(a_subscriber("n@example.org"), "o@example.org", ""))


def _every_mail_to_subscribers(thread: Thread, comment: Comment):
    post = db.session.query(Post).filter_by(thread=thread).one()
    other = a_post("also-new", "Also new", on=(2026, 10, 2))
    of_post = a_subscription("lou@example.org")
    of_thread = a_subscription("lou@example.org", Topic.THREAD, thread.id)
    daily = a_subscription("lou@example.org", Topic.AUTHOR, post.authors[0].id, Rhythm.DAILY)
    _told(alerts.MAIL, of_post, post_id=post.id)
    _told(threads.MAIL, of_thread, comment_id=comment.id)
    digest = _told(digests.MAIL, daily, post_id=other.id)
    db.session.add(Told(subscriber_id=daily.subscriber_id, subscription_id=daily.id, email_id=digest,
                        comment_id=a_comment(thread, State.PUBLISHED, text="Also so.").id))  # fmt: skip


def _told(kind: str, subscription: Subscription, **what) -> int:
    subscriber = db.session.get(Subscriber, subscription.subscriber_id)
    (id,) = posting.post_many(kind, [posting.Wanted(subscriber.email, subscriber.id, subscriber.nonce)])
    told = {"subscriber_id": subscriber.id, "subscription_id": subscription.id, "email_id": id}
    db.session.add(Told(**told, **what))
    return id


def _every_mail_to_moderators(comment: Comment, ines: Person):
    link, day = a_mail_link(comment, ines), clock.now().date()
    posting.post(ONE_MAIL, ines.email, link.id, nonce=link.nonce)
    a_mail_link(comment, piotr(), When.DAILY, bundled_on=day)
    posting.post(ALL_MAIL, piotr().email, piotr().id, nonce=str(day))


def a_mail_link(comment: Comment, person: Person, how=When.AT_ONCE, **values):
    """What this person was mailed, who wants to be mailed so."""
    if db.session.get(MailChoice, person.id) is None:
        db.session.add(MailChoice(person_id=person.id, how=how, **values))
    link = MailLink(comment=comment, person=person)
    db.session.add(link)
    db.session.flush()
    return link


def _every_mail_about_accounts(ines: Person):
    invitations.invite("edith@northmere.example", "Edith Varga", [Role.EDITOR, Role.MODERATOR], ines)
    pia, rosa, hal, eva, moe = (
        _staff(name, f"{name.lower()}@northmere.example", ["author"]) for name in ("Pia", "Rosa", "Hal", "Eva", "Moe")
    )
    staffing.change_roles(pia, ["author", "editor"], ines)
    staffing.suspend(rosa, ines)
    staffing.remove(hal, ines)
    staffing.suspend(eva, ines)
    staffing.let_back_in(eva, ines)
    moe.awake_at = clock.now() - timedelta(days=80)
    dormancy.suspend_who_is_away(90)


def _every_mail_about_reports(comment: Comment, ines: Person, note: str):
    for unconfirmed in (a_report(comment, False, "h@example.org"), a_notice(POST, False, "i@example.org")):
        posting.post(reporting.CONFIRM_MAIL, unconfirmed.email, unconfirmed.id, nonce=unconfirmed.link_nonce)
    for outcome in Outcome:
        settling.settle([a_notice(POST, text=outcome)], outcome, ines, note=note)
    settling.settle([a_report(comment)], Outcome.LEFT_UP, ines)
    settling.take_down([a_report(comment, text="Again.")], ines, revision=1, rule=1)


def a_subscription(email="kim@example.org", topic=Topic.EVERYTHING, topic_id=0, rhythm=Rhythm.AT_ONCE, **values):
    """One more thing that somebody follows, who need not be known yet."""
    subscriber = Subscriber.at(email)
    if subscriber is None:
        subscriber = Subscriber(email=email, address_hash=address_hash(email))
        db.session.add(subscriber)
        db.session.flush()
    subscription = following.follow(subscriber, topic, topic_id, rhythm, "Mail me this until I stop it.")
    for name, value in values.items():
        setattr(subscription, name, value)
    return subscription


def a_report(comment: Comment, confirmed=True, email="kit@example.org", rule_number=1, **values):
    """A report of this comment, which waits for a moderator unless it is not confirmed."""
    what = {"comment": comment, "address": f"/comment/{comment.id}", "rule_number": rule_number}
    return _stored(Report(email=email, **what, **values), confirmed)


def a_notice(address: str, confirmed=True, email="kit@example.org", ground=Ground.DEFAMATION, **values):
    """A notice that something at this address breaks the law."""
    what = {"quote": "He sold the boat.", "text": "It says that I steal.", "name": "Kit Vane"} | values
    return _stored(Report(email=email, address=address, ground=ground, **what), confirmed)


def a_complaint(email="kit@example.org", text="You keep my old address.", **values):
    """A complaint that waits, acknowledged by mail where there is an address."""
    complaint = Complaint(email=email, text=text, **values)
    complaint.sameness = complaint.mark
    db.session.add(complaint)
    db.session.flush()
    if email:
        complaining.acknowledge(complaint)
    return complaint


def a_data_request(email="kit@example.org"):
    """Somebody asked what is held about this address."""
    requesting.submit(email, "n")
    return db.session.query(DataRequest).order_by(DataRequest.id.desc()).first()


def a_sign_up(email="kit@example.org", rhythm=Rhythm.AT_ONCE):
    """Somebody who wants to hear of everything, and has a mail with the code."""
    return signup.submit(Followed(Topic.EVERYTHING), rhythm, email, "")


def a_subscriber(email="sam@example.org", *follows, rhythm=Rhythm.AT_ONCE):
    """Whose address is confirmed. They follow these pairs of a topic and a number; everything, if none is named."""
    subscriber = Subscriber(email=email, address_hash=address_hash(email))
    db.session.add(subscriber)
    db.session.flush()
    for topic, topic_id in follows or [(Topic.EVERYTHING, 0)]:
        following.follow(subscriber, topic, topic_id, rhythm, "Mail me this until I stop it.")
    return subscriber


def _stored(report: Report, confirmed: bool):
    report.sameness = report.mark
    db.session.add(report)
    db.session.flush()
    if confirmed:
        report.mark_confirmed()
    return report


def signed_in(browser, inside, who=ines):
    """This person at the desk, in this browser. How one gets in there is a story of its own (tests/accounts)."""
    with inside():
        secret = signing_in.enter(who(), network="")
        name = access.cookie_name()
    browser.client.set_cookie(name, secret)
    return browser


def through_the_door(browser, inside, who=ines):
    """The same by the mailed link, from the network of this browser; it stands at the desk's front page."""
    with inside():
        link = signing_in.begin(who()).link_token
    browser.visit(f"/desk/sign-in/link/{link}")
    browser.press("Sign in to the desk")
    return browser
