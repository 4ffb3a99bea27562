"""The moment at which one site takes another's place, made so that whatever stops it, one of them is there whole.

All that is to come is first made ready in `.restoring/` folders beside its places. Then a plan is written, in one
rename: from then on it is decided, and each step is one more rename, which can be gone on with from wherever it
stopped. Whoever starts next on the instance (the site or any command) does so before it looks at anything else.

On PostgreSQL the commit of the new tables decides: the plan names the schema in which the old ones are then found.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from opm.config import RESTORING, ConfigError
from opm.keeping import archive, postgres_dumps
from opm.lib import running

PLAN = "plan.json"


@dataclass(frozen=True)
class Step:
    """What becomes of one place: what is there goes aside (or, without a place aside, away), what is ready comes."""

    place: Path
    ready: Path | None
    aside: Path | None

    def take(self) -> None:
        """Once more does no harm."""
        if self.ready and not self.ready.exists():
            return  # done before
        if self.place.exists() and self.aside:
            self.place.rename(self.aside)
        if self.ready:
            _gone(self.place)
            self.ready.replace(self.place)
        archive.sync(self.place.parent)

    def as_words(self) -> list[str | None]:
        """For a plan."""
        return [str(path) if path else None for path in (self.place, self.ready, self.aside)]


def _gone(place: Path) -> None:
    """An empty folder must make way by itself: a folder takes only an empty one's place, and a file none's."""
    if place.is_dir():
        place.rmdir()


def ready_for(place: Path) -> Path:
    """Where that which is to come to this place is made ready: on the same disk. The folder is made."""
    folder = place.parent / RESTORING
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / place.name


def clear(*folders: Path) -> None:
    """Forgets what was made ready and never decided."""
    for folder in folders:
        (folder / RESTORING / PLAN).unlink(missing_ok=True)
        shutil.rmtree(folder / RESTORING, ignore_errors=True)


def decide(instance: Path, steps: list[Step], schema: str | None = None) -> None:
    """Writes the plan: it is carried out from now on, or once the tables were set aside in that schema."""
    plan = {"schema": schema, "steps": [step.as_words() for step in steps]}
    draft = instance / RESTORING / f"{PLAN}.draft"
    draft.write_text(json.dumps(plan))
    archive.sync(draft)
    draft.rename(instance / RESTORING / PLAN)
    archive.sync(instance / RESTORING)
    archive.sync(instance)


def finish(instance: Path, database: str | None) -> None:
    """Goes on with what was decided and stopped. Raises ConfigError while it cannot, or somebody else is doing it."""
    if not (instance / RESTORING / PLAN).exists():
        return
    try:
        with running.alone(instance):
            if (instance / RESTORING / PLAN).exists():
                carry_out(instance, database)
    except running.InUse:
        raise ConfigError("A backup is being put back on this instance. Try again in a minute.") from None
    except postgres_dumps.psycopg.Error:
        raise ConfigError(
            "A backup was being put back when something stopped it. To go on, the database must answer, and does not."
        ) from None


def carry_out(instance: Path, database: str | None) -> bool:
    """Takes the steps of the plan; none if its transaction was never committed. Returns whether it was."""
    plan = json.loads((instance / RESTORING / PLAN).read_text())
    is_decided = plan["schema"] is None or postgres_dumps.has_been_put_aside(database, plan["schema"])
    steps = [Step(*(Path(path) if path else None for path in words)) for words in plan["steps"]]
    if is_decided:
        for step in steps:
            step.take()
    clear(instance, *{step.place.parent for step in steps} - {instance})
    os.sync()
    return is_decided
