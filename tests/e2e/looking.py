"""Looking at a page as axe does, and with a ruler: rules broken, controls too small, lines that run out of sight."""

from axe_playwright_python.base import AXE_SCRIPT

NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 800}
LEAST_SIDE = 24

EVERYTHING = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
AXE = """rules => axe.run({runOnly: rules, resultTypes: ["violations"]}).then(result =>
    result.violations.flatMap(broken => broken.nodes.map(node => `${broken.id}: ${node.target} ${node.html}`)))"""

# A link within a sentence may be as small as its words (WCAG 2.5.8, "inline").
CONTROLS = (
    "button, summary, input:not([type=hidden]), select, textarea, nav a, header a, .button, .cancel, .thread li > a"
)
SMALL = """([controls, least]) => [...document.querySelectorAll(controls)]
    .filter(e => e.checkVisibility())
    .map(e => [e, (e.closest("label") || e).getBoundingClientRect()])
    .filter(([_, box]) => box.width > 1 && (box.width < least || box.height < least))
    .map(([e, box]) => `${e.outerHTML.slice(0, 90)} is ${box.width.toFixed()} by ${box.height.toFixed()}`)"""

WIDER = """() => { const root = document.scrollingElement, limit = root.clientWidth
    return root.scrollWidth <= limit ? [] : [`scrolls to ${root.scrollWidth} in ${limit}`].concat(
        [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > limit + 1)
            .map(e => e.outerHTML.slice(0, 90)).slice(0, 5)) }"""

DOUBLE_TEXT = """() => { const root = document.documentElement
    root.style.fontSize = 2 * parseFloat(getComputedStyle(root).fontSize) + "px" }"""


def faults(page):
    """All that is wrong with this page, light and dark, on a phone, on a desk, and with text twice as large.

    What does not hang on colour or width is looked for on the wide light page and on the narrow dark one.
    """
    page.evaluate(AXE_SCRIPT)
    found = [*_in(page, WIDE, light=EVERYTHING, dark=COLOURS), *_in(page, NARROW, light=COLOURS, dark=EVERYTHING)]
    page.evaluate(DOUBLE_TEXT)
    return found + [f"{NARROW['width']} px, text at 200 %: {fault}" for fault in page.evaluate(WIDER)]


def _in(page, window, **rules):
    page.set_viewport_size(window)
    for fault in page.evaluate(SMALL, [CONTROLS, LEAST_SIDE]) + page.evaluate(WIDER):
        yield f"{window['width']} px: {fault}"
    for colours, wanted in rules.items():
        page.emulate_media(color_scheme=colours)
        for fault in page.evaluate(AXE, wanted):
            yield f"{window['width']} px, {colours}: {fault}"
