"""Every act of staff leaves a row in the audit log: while any test runs, each commit at the desk is looked at.

It looks at the statements themselves, so that it sees what is written past the models, too.
"""

import re

from flask import has_request_context, request
from sqlalchemy import event

from opm.accounts.audit import IN_WORDS, KINDS, Entry

LOG = "audit_entry"
WRITES = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)')
# What is no act of anybody’s, as long as nothing else is written with it.
BESIDE = {
    "post_draft": "what somebody has typed and not saved, and that they have a post open: only they see it",
    "page_draft": "the same of a page",
    "post_revision": "what a post from elsewhere says is kept before it changes; the change itself writes the post",
    "kept_form": "what was sent by somebody whose session had ended waits for them alone",
    "sign_in_attempt": "somebody asks for a link, or tries a code; that they came in is an act",
    "factor_step": "somebody is asked for a second factor, or tries one; that it was shown or set up is an act",
    "email": "a mail is what comes of an act",
    "tally": "how often something was sent is counted to know when it is too often",
}
# What staff alone add rows to, also where they need not sign in: by the links in their mails.
OF_STAFF = {"choice", "decision", "page_revision", "person", "post", "settlement", "thread_decision"}

unlogged: list[str] = []


def watch(engine) -> None:
    """Notes from now on, in `unlogged`, each commit of a request of staff that changed something and logged nothing."""
    event.listen(engine, "before_cursor_execute", _note)
    event.listen(engine, "begin", _forget)
    event.listen(engine, "rollback", _forget)
    event.listen(engine, "savepoint", lambda connection, name: _so_far(connection, name))
    event.listen(engine, "rollback_savepoint", lambda connection, name, _context: _back_to(connection, name))
    event.listen(engine, "commit", _look)
    event.listen(Entry, "before_insert", _expect_words)


def told() -> str:
    """What is missing, and what to do about it."""
    return (
        f"{'; '.join(unlogged)}. Every act of staff leaves a row: before the commit call "
        "audit.record(g.person, Did.X, kind, id, words), see opm/accounts/audit.py. "
        "What is no act belongs in BESIDE of tests/acts.py, with its reason."
    )


def _note(connection, _cursor, statement, *_):
    if found := WRITES.match(statement):
        connection.info.setdefault("written", set()).add(found.groups())


def _expect_words(_mapper, _connection, entry):
    if entry.did not in IN_WORDS or entry.kind not in KINDS:
        unlogged.append(f"{entry.did!r} or {entry.kind!r} is not known to the log: give it words in IN_WORDS or KINDS")


def _forget(connection):
    connection.info.pop("written", None)


def _so_far(connection, name):
    connection.info.setdefault("written by then", {})[name] = set(connection.info.get("written", ()))


def _back_to(connection, name):
    connection.info["written"] = connection.info.get("written by then", {}).pop(name, set())


def _look(connection):
    written = connection.info.pop("written", set())
    if not has_request_context():
        return
    tables = {table for _how, table in written}
    adds_what_staff_add = any(how == "INSERT INTO" and table in OF_STAFF for how, table in written)
    is_made_up = request.url_rule is None  # no address takes it
    is_of_staff = request.path.startswith("/desk/") or (adds_what_staff_add and not is_made_up)
    if is_of_staff and LOG not in tables and (changed := tables - set(BESIDE)):
        unlogged.append(f"{request.method} {request.url_rule or request.path} wrote {', '.join(sorted(changed))}")
