"""When a reader on a slow line sees something: in Chromium, beside the same bytes as static files of nginx."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.bench import servers, sizes
from tests.bench.table import BLOCKING, FIRST_PAINT, LARGEST_PAINT, READABLE, SHIFT, Figure, Goal

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
PHONE = {"width": 412, "height": 823}
SLOW_LINE = {"offline": False, "latency": 500, "downloadThroughput": 50_000 / 8, "uploadThroughput": 20_000 / 8}
ROUNDS = 3
SETTLED_MS = 500
# The form stands below the comments: once it is there, they are.
WATCH = """
    window.seen = {largest: 0, shift: 0};
    new PerformanceObserver(list => { for (const entry of list.getEntries()) seen.largest = entry.startTime; })
        .observe({type: "largest-contentful-paint", buffered: true});
    new PerformanceObserver(list => { for (const entry of list.getEntries()) seen.shift += entry.value; })
        .observe({type: "layout-shift", buffered: true});
    new MutationObserver((_, watch) => {
        if (document.getElementById("respond")) { seen.readable = performance.now(); watch.disconnect(); }
    }).observe(document, {childList: true, subtree: true});
"""
SEEN = """() => ({
    ...seen,
    first: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    blocking: performance.getEntriesByType("resource").filter(each => each.renderBlockingStatus == "blocking").length,
})"""


@dataclass(frozen=True)
class View:
    """A first view. Times in milliseconds from its beginning."""

    first: float
    largest: float
    readable: float
    shift: float
    blocking: int  # beside the page itself

    @property
    def comments(self) -> float:
        """When all comments were there and could be seen."""
        return max(self.first, self.readable)


def painting(port: int, address: str) -> dict[Goal, Figure]:
    """First views on a slow line, the site's and nginx's in turns."""
    if not CHROMIUM:
        return dict.fromkeys((BLOCKING, FIRST_PAINT, LARGEST_PAINT, READABLE, SHIFT), Figure(None, "needs chromium"))
    with _nginx(port, address) as static, _chromium() as browser:
        ports = [port, static] if static else [port]
        rounds = [[look(browser, each, address) for each in ports] for _ in range(ROUNDS)]
    ours, *theirs = (list(views) for views in zip(*rounds, strict=True))
    return _seen(ours) | _beside(ours, *theirs)


def look(browser: Browser, port: int, address: str) -> View:
    """A first view by somebody who was never here. Fails if there is none."""
    context = browser.new_context(viewport=PHONE)
    try:
        context.add_init_script(WATCH)
        page = context.new_page()
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", SLOW_LINE)
        answer = page.goto(f"http://127.0.0.1:{port}{address}", wait_until="load")
        assert answer.ok, answer.status
        page.wait_for_timeout(SETTLED_MS)
        return View(**page.evaluate(SEEN))
    finally:
        context.close()


def _seen(ours):
    return {
        BLOCKING: Figure(1 + max(view.blocking for view in ours), "counted in Chromium"),
        READABLE: Figure(median(view.comments for view in ours) / 1000, "50 kbit/s, 500 ms a request"),
        SHIFT: Figure(max(view.shift for view in ours)),
    }


def _beside(ours, theirs=None):
    if theirs is None:
        return dict.fromkeys((FIRST_PAINT, LARGEST_PAINT), Figure(None, "needs nginx"))
    return {FIRST_PAINT: _ratio(ours, theirs, "first"), LARGEST_PAINT: _ratio(ours, theirs, "largest")}


def _ratio(ours, theirs, which):
    each, other = ([getattr(view, which) for view in views] for views in (ours, theirs))
    ratio = median(one / another for one, another in zip(each, other, strict=True))
    return Figure(ratio, f"{median(each) / 1000:.2f} s ÷ {median(other) / 1000:.2f} s")


@contextlib.contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def _nginx(port, address):
    """The page and its parts as nginx gives them: its port, or None where there is no nginx."""
    if not servers.NGINX:
        return contextlib.nullcontext()
    page = sizes.settled(port, address)
    return servers.static({address: page} | {path: sizes.fetch(port, path) for path in sizes.parts_of(page)})
