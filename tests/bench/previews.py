"""What the preview beside the text takes while somebody writes: asked as htmx asks, by one who is signed in."""

import http.client
import re
import time
from statistics import median
from urllib.parse import urlencode

from opm.accounts.access import cookie_name
from opm.accounts.models import Session
from opm.extensions import db
from tests import cast
from tests.bench.processes import cpu_seconds
from tests.bench.servers import Server
from tests.bench.table import PREVIEW, Figure, Goal
from tests.faults.database import looking
from tests.running import Site

TIMES = 40
WORDS_COUNT = 3_000
PARTS = (
    "## What we measured in week {number}",
    "Walk from the **market** to the [health centre](/2026/10/14/what-changed/) with somebody who is *eighty*. We did, "
    "{number} times. The distance is `900 steps`, and the benches are where the lawn is nice, not where legs give out. "
    "We wrote down each stop: who stopped, where, for how long, and what there was to lean on or to sit down on.",
    "- Most people stopped after 180 to 230 steps.\n- Nobody used the three benches by the fountain.\n- Four sat down.",
    "> I know every wall in this town, and I have sat on most of them.",
    "| Stop | People |\n|---|---|\n| The fountain | 0 |\n| The wall | {number} |",
)


def previewing(site: Site, server: Server) -> dict[Goal, Figure]:
    """The preview of a long post, asked for again and again by one connection."""
    path, name, secret = looking(site, _somebody_writes)
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    headers = {"Cookie": f"{name}={secret}", "Sec-Fetch-Site": "same-origin"}
    line.request("GET", path, headers=headers)
    token = re.search(r'name="csrf_token" value="([^"]+)"', line.getresponse().read().decode())[1]
    form = {"csrf_token": token, "title": "Benches", "summary": "", "revision": 1}
    headers |= {"HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}
    seconds, cpu = [], cpu_seconds(server.pid)
    for number in range(TIMES):
        body = urlencode(form | {"text": long_text(number)})
        begun = time.monotonic()
        line.request("POST", f"{path}/preview", body, headers)
        answer = line.getresponse()
        assert b"What we measured" in answer.read()
        assert answer.status == http.client.OK
        seconds.append(time.monotonic() - begun)
    cpu_ms = 1000 * (cpu_seconds(server.pid) - cpu) / TIMES
    slowest = f"the slowest of {TIMES} {1000 * max(seconds):.0f} ms; {cpu_ms:.0f} ms of processor each"
    return {PREVIEW: Figure(1000 * median(seconds), slowest)}


def long_text(number: int) -> str:
    """Some 3,000 words of Markdown, each time another text."""
    parts, count = [f"Written at {number}."], 0
    while count < WORDS_COUNT:
        parts.append(PARTS[len(parts) % len(PARTS)].format(number=len(parts)))
        count += len(parts[-1].split())
    return "\n\n".join(parts)


def _somebody_writes() -> tuple[str, str, str]:
    """The path of an editor, and the name and the secret of a session's cookie. Commits."""
    ines, post = cast.ines(), cast.a_draft()
    session, secret = Session.begin(ines, "")
    db.session.add(session)
    db.session.commit()
    return f"/desk/posts/{post.id}", cookie_name(), secret
