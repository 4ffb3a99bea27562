"""The site's own colours: the one style sheet with them in it, at an address that says which they are.

The address alone tells what stands there, so every process gives the same, at once, and browsers keep it for ever.
"""

import re

from flask import Blueprint, Response, abort

from opm import settings
from opm.lib import assets, contrast

bp = Blueprint("look", __name__)

SHEET = "site.css"
NAME = re.compile(r"([0-9a-f]{10})-([0-9a-f]{6})-([0-9a-f]{6})\.css")
LIGHT, DARK = settings.OUR_COLOURS


@bp.app_template_global()
def style_sheet() -> str:
    """The address of the style sheet of every page."""
    if not (palette := settings.last_known().palette):
        return assets.address_of(SHEET)
    light, dark = (colour.removeprefix("#") for colour in palette)
    return f"/look/{assets.hash_of(SHEET)}-{light}-{dark}.css"


@bp.get("/look/<name>")
def sheet(name):
    """The style sheet in these colours, if text in them can be read. Of an older one: as it is now, and not kept."""
    found = NAME.fullmatch(name) or abort(404)
    version, light, dark = found[1], f"#{found[2]}", f"#{found[3]}"
    if min(contrast.least(light, settings.LIGHT_GROUNDS), contrast.least(dark, settings.DARK_GROUNDS)) < contrast.TEXT:
        abort(404)
    response = Response(_coloured(assets.text_of(SHEET), light, dark), mimetype="text/css")
    is_new = version == assets.hash_of(SHEET)
    kept = f"public, max-age={assets.FOREVER_SECONDS}, immutable"
    response.headers["Cache-Control"] = kept if is_new else "public, no-cache"
    return response


def _coloured(sheet: str, light: str, dark: str) -> str:
    return sheet.replace(f"--accent:{LIGHT}", f"--accent:{light}").replace(f"--accent:{DARK}", f"--accent:{dark}")
