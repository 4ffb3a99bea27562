"""Answers that several views give in the same way."""

from flask import Response, make_response, redirect, render_template, request


def wants_fragment() -> bool:
    """Whether htmx asked, so that only what is new is wanted. Whoever answers both ways says so in Vary."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def page_or_fragment(page: str, fragment: str, status: int = 200, **values) -> Response:
    """Renders the whole page, or, where htmx asked, the fragment that the page includes."""
    response = make_response(render_template(fragment if wants_fragment() else page, **values), status)
    response.vary.add("HX-Request")
    return response


def see_other(path: str) -> Response:
    """After a POST: look over there, with a GET, also after a reload."""
    return redirect(path, code=303)
