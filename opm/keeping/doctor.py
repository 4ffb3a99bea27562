"""`flask doctor`: looks at everything that can go wrong with a site, and says in plain sentences what to do.

It changes nothing, works while the site is down, the database away or the disk full, and takes a few seconds, and half
a minute more for each gigabyte in SQLite.
"""

import json
import textwrap
from collections.abc import Callable, Iterable
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from opm.keeping import database, machine, mailing, visiting
from opm.keeping.findings import Finding, Grade, bounded, broken
from opm.lib.i18n import gettext as _
from opm.lib.i18n import lazy_gettext as later
from opm.lib.schema import complaint

WITHIN_SECONDS = 2 * 60
INTEGRITY_WITHIN_SECONDS = 30 * 60  # it reads the whole database
WIDTH = 100
WRAPPING = {"break_long_words": False, "break_on_hyphens": False}

Looks = list[tuple[str, Callable[[], Iterable[Finding]]]]

AT_THE_MACHINE: Looks = [
    (later("user"), machine.user),
    (later("secret"), machine.secret),
    (later("files"), machine.files),
    (later("disk"), machine.disk),
    (later("SQLite"), machine.sqlite_library),
    (later("WAL"), machine.wal),
    (later("backup"), machine.backup),
]
AT_THE_DATABASE: Looks = [(later("database"), database.answers), (later("tables"), database.schema)]
INTO_THE_DATABASE: Looks = [  # where it is ours
    (later("integrity"), database.integrity),
    (later("clock"), database.now),
    (later("worker"), database.worker),
    (later("outbox"), database.outbox),
]
FROM_OUTSIDE: Looks = [(later("address"), visiting.visit), (later("mail"), mailing.server)]


def examine(mail_to: str | None = None) -> list[Finding]:
    """All that was found. With `mail_to` a test mail goes there. Where a look fails, the next needs none of it."""
    findings = _made(AT_THE_MACHINE)
    for looks in (AT_THE_DATABASE[:1], AT_THE_DATABASE[1:], INTO_THE_DATABASE):
        findings += (found := _made(looks))
        if worst(found) is Grade.BROKEN:
            break
    findings += _made(FROM_OUTSIDE)
    return findings + (_made([(later("test mail"), partial(mailing.trial, mail_to))]) if mail_to else [])


def worst(findings: list[Finding]) -> Grade:
    """How bad it is in all."""
    return max((finding.grade for finding in findings), key=list(Grade).index, default=Grade.OK)


def told(findings: list[Finding]) -> list[str]:
    """For people: the sum first, where monitors look for it, then a paragraph for each finding."""
    words = {Grade.OK: _("ok"), Grade.LOOK: _("look"), Grade.BROKEN: _("broken")}
    first = max(map(len, words.values())) + 2
    second = first + max(len(finding.about) for finding in findings) + 2
    lines = [_sum(findings), ""]
    for finding in findings:
        margin = f"{words[finding.grade]:{first}}{finding.about:{second - first}}"
        for text in filter(None, (finding.sentence, finding.advice)):
            lines.append(textwrap.fill(text, WIDTH, initial_indent=margin, subsequent_indent=" " * second, **WRAPPING))
            margin = " " * second
    return lines


def as_json(findings: list[Finding]) -> str:
    """For programs."""
    return json.dumps({"status": worst(findings), "findings": [finding.as_dict() for finding in findings]}, indent=2)


def _sum(findings: list[Finding]) -> str:
    bad = [finding.about for finding in findings if finding.grade is Grade.BROKEN]
    doubtful = [finding.about for finding in findings if finding.grade is Grade.LOOK]
    said = []
    if bad:
        said.append(_("%(count)s broken: %(about)s", count=len(bad), about=", ".join(dict.fromkeys(bad))))
    if doubtful:
        said.append(_("%(count)s to look at: %(about)s", count=len(doubtful), about=", ".join(dict.fromkeys(doubtful))))
    return f"{'; '.join(said)}." if said else _("All is well.")


def _made(looks: Looks) -> list[Finding]:
    return [finding for about, look in looks for finding in _look(str(about), look)]


def _look(about: str, look) -> list[Finding]:
    """What it finds, or why it could not be made."""
    try:
        seconds = INTEGRITY_WITHIN_SECONDS if look is database.integrity else WITHIN_SECONDS
        return bounded(lambda: list(look()), seconds)
    except SQLAlchemyError as error:
        if database.is_damaged(error):
            return [broken(about, *database.damage(error))]
        return [broken(about, _("The database did not say: %(why)s.", why=complaint(error)))]
    except TimeoutError:
        return [broken(about, _("This took too long to find out."))]
    except PermissionError as error:
        name = error.filename
        return [
            broken(
                about, _("You may not look at %(name)s.", name=name), _("Run this as the owner of the site’s folder.")
            )
        ]
    except Exception as error:  # whatever it is, the other looks must not suffer
        why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return [broken(about, _("This could not be found out: %(why)s.", why=why))]
