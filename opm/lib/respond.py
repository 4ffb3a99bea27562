"""Answers that several views give in the same way."""

from flask import Response, make_response, redirect, render_template, request

from opm.lib.caching import varies_by


def wants_fragment() -> bool:
    """Whether htmx asked, so that only what is new is wanted. The answer then says in Vary that it was looked at."""
    varies_by("HX-Request", "HX-History-Restore-Request")
    return is_for_fragment(request.environ)


def is_for_fragment(environ: dict) -> bool:
    """Whether a request, as the server hands it over, is htmx's for what is new alone."""
    return environ.get("HTTP_HX_REQUEST") == "true" and "HTTP_HX_HISTORY_RESTORE_REQUEST" not in environ


def page_or_fragment(page: str, fragment: str, status: int = 200, /, **values) -> Response:
    """Renders the whole page, or, where htmx asked, the fragment that the page includes."""
    alone = wants_fragment()
    return make_response(render_template(fragment if alone else page, is_fragment=alone, **values), status)


def see_other(path: str) -> Response:
    """After a POST: look over there, with a GET, also after a reload."""
    return redirect(path, code=303)
