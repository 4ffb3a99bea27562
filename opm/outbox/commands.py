"""Commands about mail."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from flask.cli import AppGroup

from opm.extensions import db
from opm.lib.i18n import gettext as _
from opm.lib.plainly import plainly
from opm.outbox import notices

outbox = AppGroup("outbox", help="Mail that the site sends.")


@outbox.command("bounces")
@click.option(
    "--maildir",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Read what is new in this maildir. Without it: one mail from standard input.",
)
@plainly
def read_bounces(maildir):
    """Read notices that a mail did not arrive (RFC 3464), and pause addresses from which three came.

    What was read in a maildir is moved from new/ to cur/. Read twice, a notice counts once.
    """
    counts: Counter = Counter()
    for raw in _new_in(maildir) if maildir else [sys.stdin.buffer.read(notices.LONGEST_NOTICE)]:
        verdict = notices.take(raw)
        db.session.commit()
        counts[verdict] += 1
    for verdict, count in counts.items():
        click.echo(f"{count:>6}  {verdict.value}")
    if not counts:
        click.echo(_("Nothing new."))


def _new_in(maildir: Path) -> Iterator[bytes]:
    """Each new mail. It is moved once the caller comes for the next: one that was not dealt with stays new."""
    (maildir / "cur").mkdir(exist_ok=True)
    new = maildir / "new"
    for path in sorted(new.iterdir()) if new.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            with path.open("rb") as file:
                yield file.read(notices.LONGEST_NOTICE)
            path.rename(maildir / "cur" / f"{path.name.partition(':')[0]}:2,S")
