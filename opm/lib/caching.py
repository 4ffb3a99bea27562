"""Who may keep an answer: nobody, unless its view wears @public_page."""

import hashlib
from functools import wraps

from flask import g, make_response, request


def public_page(view):
    """The answer is the same bytes for everyone: any cache may keep it, and asks each time whether it still holds.

    It carries an ETag made of its bytes, so a page that did not change keeps its tag.
    """

    @wraps(view)
    def answer(*args, **kwargs):
        response = make_response(view(*args, **kwargs))
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, no-cache"
            response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:20])
        return response

    return answer


def finish(response):
    """After every request: `no-store` where nothing else was said; 304 where the reader has these bytes.

    An answer that has a form for htmx says so in Vary. Our script relies on it: what does not say so is not from us
    (a proxy's error page, a hotel's sign-in page) and is never put in place of what somebody typed.
    """
    if g.get("varies_by_htmx"):
        response.vary.add("HX-Request")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    if response.get_etag()[0] and not response.is_streamed:
        response.make_conditional(request)
    return response
