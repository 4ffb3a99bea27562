"""Who did what to what, and when: each act of staff leaves a row, in the transaction of what was done.

A row holds the names of people and of what the site itself publishes, and no other personal data: no address, no word
of a comment or of who wrote it. Who acted is called as they are called now; a thing, as it was called then.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import clock
from opm.lib.columns import BigId, UtcDateTime
from opm.lib.going import goes
from opm.lib.i18n import lazy_gettext as _

LONGEST_WORDS = 300


class Did(StrEnum):
    """What somebody did."""

    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    APPROVED = "approved"
    REJECTED = "rejected"
    MARKED_SPAM = "marked spam"
    TOOK_DOWN = "took down"
    REDACTED = "redacted"
    RESTORED = "restored"
    UNDID = "undid"
    CHOSE_MAILS = "chose mails"
    CHANGED_KEYS = "changed keys"
    ADDED_FACTOR = "added second factor"
    REMOVED_FACTOR = "removed second factor"
    SHOWED_FACTOR = "showed second factor"
    RENAMED_PASSKEY = "renamed passkey"
    RENEWED_CODES = "renewed recovery codes"
    USED_RECOVERY_CODE = "used recovery code"
    TOOK_AWAY_FACTOR = "took away second factor"
    REPLIED = "replied"
    ENTERED = "entered"
    HANDED_ON = "handed on"
    TOOK_FROM = "took from"
    CHANGED_SETTING = "changed setting"
    TOOK_BACK_SETTING = "took back setting"
    # Threads and reports
    CLOSED_THREAD = "closed thread"
    CLOSED_THREAD_AFTER = "closed thread after"
    OPENED_THREAD = "opened thread"
    LEFT_UP = "left up"
    ACTED_ON_REPORT = "acted on report"
    PASSED_ON_REPORT = "passed on report"
    UNDID_ANSWER = "undid answer"
    ENTERED_COMPLAINT = "entered complaint"
    NOTED_COMPLAINT = "noted complaint"
    ACKNOWLEDGED_COMPLAINT = "acknowledged complaint"
    TOLD_OF_COMPLAINT = "told of complaint"
    ANSWERED_COMPLAINT = "answered complaint"
    UNDID_COMPLAINT_ANSWER = "undid complaint answer"
    # Posts, pages, pictures, and what posts are filed under
    BEGAN = "began"
    SAVED = "saved"
    SUBMITTED = "submitted"
    SENT_BACK = "sent back"
    SCHEDULED = "scheduled"
    UNSCHEDULED = "unscheduled"
    PUBLISHED = "published"
    WITHDREW = "withdrew"
    PUT_BACK = "put back"
    SET_ASIDE = "set aside"
    READDRESSED = "readdressed"
    SET_COMMENTS = "set comments"
    FEATURED = "featured"
    STOPPED_FEATURING = "stopped featuring"
    NOTED_CHANGE = "noted change"
    CORRECTED_NOTE = "corrected note"
    TOOK_BACK_NOTE = "took back note"
    MADE_LINK = "made link"
    RENEWED_LINK = "renewed link"
    ENDED_LINK = "ended link"
    WENT_BACK = "went back"
    REVIEWED = "reviewed"
    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    MERGED = "merged"
    DELETED = "deleted"
    ARRANGED_PARTS = "arranged parts"
    REPLACED_FILE = "replaced file"
    # By commands, and about the log itself
    MADE_STAFF = "made staff"
    MADE_SIGN_IN_LINK = "made sign-in link"
    MAILS_AGAIN = "mails again"
    IMPORTED = "imported"
    LOADED_DEMO = "loaded demo"
    REMOVED_DEMO = "removed demo"
    EXPORTED_LOG = "exported log"
    # People
    INVITED = "invited"
    INVITED_AGAIN = "invited again"
    TOOK_BACK_INVITATION = "took back invitation"
    ACCEPTED_INVITATION = "accepted invitation"
    RENAMED_PERSON = "renamed person"
    CHANGED_ROLES = "changed roles"
    SUSPENDED = "suspended"
    LET_BACK_IN = "let back in"
    REMOVED_PERSON = "removed person"
    ENDED_SESSIONS = "ended sessions"
    WARNED_AWAY = "warned away"
    # Election and history mode
    MARKED_POLITICAL = "marked political"
    UNMARKED_POLITICAL = "unmarked political"
    MADE_QUIET = "made quiet"
    MADE_KNOWN = "made known"
    ELECTION_BEGAN = "election mode began"
    ELECTION_ENDED = "election mode ended"
    WENT_AHEAD = "went ahead in election time"


IN_WORDS = {
    Did.SIGNED_IN: _("Signed in"),
    Did.SIGNED_OUT: _("Signed out"),
    Did.APPROVED: _("Approved a comment"),
    Did.REJECTED: _("Rejected a comment"),
    Did.MARKED_SPAM: _("Marked a comment as spam"),
    Did.TOOK_DOWN: _("Took a comment down"),
    Did.REDACTED: _("Took words out of a comment"),
    Did.RESTORED: _("Restored a comment"),
    Did.UNDID: _("Undid a decision"),
    Did.CHOSE_MAILS: _("Chose when to be mailed"),
    Did.CHANGED_KEYS: _("Changed their keys for deciding"),
    Did.ADDED_FACTOR: _("Added a second factor"),
    Did.REMOVED_FACTOR: _("Removed a second factor"),
    Did.SHOWED_FACTOR: _("Showed a second factor once more"),
    Did.RENAMED_PASSKEY: _("Gave a passkey another name"),
    Did.RENEWED_CODES: _("Made new recovery codes"),
    Did.USED_RECOVERY_CODE: _("Used a recovery code"),
    Did.TOOK_AWAY_FACTOR: _("Took away somebody’s second factor"),
    Did.REPLIED: _("Replied as staff"),
    Did.ENTERED: _("Entered a comment that came by phone or on paper"),
    Did.HANDED_ON: _("Handed a comment to"),
    Did.TOOK_FROM: _("Took a comment back from"),
    Did.CHANGED_SETTING: _("Changed a setting"),
    Did.TOOK_BACK_SETTING: _("Took back a change of a setting"),
    Did.CLOSED_THREAD: _("Closed comments"),
    Did.CLOSED_THREAD_AFTER: _("Let comments close after a day"),
    Did.OPENED_THREAD: _("Opened comments again"),
    Did.LEFT_UP: _("Answered a report: left as it is"),
    Did.ACTED_ON_REPORT: _("Answered a report: acted on"),
    Did.PASSED_ON_REPORT: _("Answered a report: passed on"),
    Did.UNDID_ANSWER: _("Undid an answer to a report"),
    Did.ENTERED_COMPLAINT: _("Entered a complaint that came by phone or on paper"),
    Did.NOTED_COMPLAINT: _("Wrote a note beside a complaint"),
    Did.ACKNOWLEDGED_COMPLAINT: _("Acknowledged a complaint by other means than our mail"),
    Did.TOLD_OF_COMPLAINT: _("Told who complained how far it has come"),
    Did.ANSWERED_COMPLAINT: _("Answered a complaint"),
    Did.UNDID_COMPLAINT_ANSWER: _("Undid an answer to a complaint"),
    Did.BEGAN: _("Began"),
    Did.SAVED: _("Saved"),
    Did.SUBMITTED: _("Asked for review"),
    Did.SENT_BACK: _("Sent back to be worked on"),
    Did.SCHEDULED: _("Scheduled"),
    Did.UNSCHEDULED: _("Took off the schedule"),
    Did.PUBLISHED: _("Published"),
    Did.WITHDREW: _("Withdrew"),
    Did.PUT_BACK: _("Put back"),
    Did.SET_ASIDE: _("Set aside"),
    Did.READDRESSED: _("Gave another address"),
    Did.SET_COMMENTS: _("Chose whether comments will be open"),
    Did.FEATURED: _("Put first on the front page"),
    Did.STOPPED_FEATURING: _("Took from the first place on the front page"),
    Did.NOTED_CHANGE: _("Told readers of a change"),
    Did.CORRECTED_NOTE: _("Corrected what readers are told of a change"),
    Did.TOOK_BACK_NOTE: _("Took back what readers were told of a change"),
    Did.MADE_LINK: _("Made a preview link"),
    Did.RENEWED_LINK: _("Renewed a preview link"),
    Did.ENDED_LINK: _("Ended a preview link"),
    Did.WENT_BACK: _("Went back to an earlier version"),
    Did.REVIEWED: _("Read through, and found still true"),
    Did.ADDED: _("Added"),
    Did.CHANGED: _("Changed"),
    Did.MOVED: _("Moved to another place in the list"),
    Did.MERGED: _("Made one with another"),
    Did.DELETED: _("Deleted"),
    Did.ARRANGED_PARTS: _("Changed the parts of a series"),
    Did.REPLACED_FILE: _("Gave a picture another file"),
    Did.MADE_STAFF: _("Made somebody staff, or gave them roles"),
    Did.MADE_SIGN_IN_LINK: _("Made a link to sign in with"),
    Did.MAILS_AGAIN: _("Mails an address again that had asked for no mail"),
    Did.IMPORTED: _("Brought in posts from WordPress"),
    Did.LOADED_DEMO: _("Loaded the demo"),
    Did.REMOVED_DEMO: _("Took the demo away"),
    Did.EXPORTED_LOG: _("Exported this log"),
    Did.INVITED: _("Invited somebody"),
    Did.INVITED_AGAIN: _("Sent an invitation again"),
    Did.TOOK_BACK_INVITATION: _("Took an invitation back"),
    Did.ACCEPTED_INVITATION: _("Took up an invitation"),
    Did.RENAMED_PERSON: _("Changed somebody’s name"),
    Did.CHANGED_ROLES: _("Changed what somebody may do"),
    Did.SUSPENDED: _("Suspended somebody"),
    Did.LET_BACK_IN: _("Let somebody back in"),
    Did.REMOVED_PERSON: _("Removed somebody"),
    Did.ENDED_SESSIONS: _("Signed somebody out elsewhere"),
    Did.WARNED_AWAY: _("Warned somebody who was away"),
    Did.MARKED_POLITICAL: _("Marked as political"),
    Did.UNMARKED_POLITICAL: _("Took the mark “political” away"),
    Did.MADE_QUIET: _("Chose that subscribers are not told"),
    Did.MADE_KNOWN: _("Chose that subscribers are told"),
    Did.ELECTION_BEGAN: _("Election mode began"),
    Did.ELECTION_ENDED: _("Election mode ended"),
    Did.WENT_AHEAD: _("Made something public in election time"),
}


KINDS = {  # of things that something was done to
    "post": _("Post"),
    "page": _("Page"),
    "comment": _("Comment"),
    "thread": _("Comments under a post"),
    "report": _("Report"),
    "complaint": _("Complaint"),
    "picture": _("Picture"),
    "category": _("Category"),
    "tag": _("Tag"),
    "series": _("Series"),
    "author": _("Author"),
    "person": _("Person"),
    "setting": _("Setting"),
    "site": _("The site"),
    "invitation": _("Invitation"),
    "election": _("Election mode"),
}


class Entry(db.Model):
    """One act: by whom (nobody: the site itself, on time), what, on which thing, and that thing's name at the time."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_by", "by_id", "id"),
        Index("ix_audit_entry_thing", "kind", "thing_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    done_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now(), index=True)
    by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    by: Mapped[Person | None] = relationship()
    did: Mapped[Did] = mapped_column(String)
    kind: Mapped[str]  # of thing: one of KINDS
    thing_id: Mapped[int | None] = mapped_column(BigId)
    words: Mapped[str] = mapped_column(default="")  # what it is called; for a comment, where it stands
    detail: Mapped[str] = mapped_column(default="")  # such as "rule 3"


def record(
    by: Person | None, did: Did, kind: str, thing_id: int | None = None, words: str = "", detail: str = ""
) -> Entry:
    """Notes an act, as part of the transaction that carries it out. The caller commits.

    `by` is None for what the site does by itself, on time. Of words that are longer than the log shows, the beginning
    is kept: the thing itself has them whole.
    """
    entry = Entry(
        by=by, did=did, kind=kind, thing_id=thing_id, words=words[:LONGEST_WORDS], detail=detail[:LONGEST_WORDS]
    )
    db.session.add(entry)
    return entry


@goes(Entry)
def old(moment):
    """What was done before that moment."""
    return Entry.done_at < moment


def latest_of(kind: str, most: int):
    """The last acts on things of this kind, the newest first."""
    return select(Entry).where(Entry.kind == kind).order_by(Entry.id.desc()).limit(most).options(joinedload(Entry.by))
