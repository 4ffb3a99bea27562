"""What is made for one request leaves compressed, too: refusals and fragments, which the page cache never holds."""

from flask import Response, request

from opm.lib.pressing import IDENTITY, chosen, pressed

TYPES = {"text/html", "text/css", "text/plain", "application/json", "application/atom+xml"}
LEAST_BYTES = 200  # what is smaller would hardly shrink


def finish(response: Response) -> Response:
    """After every request, whatever its status: the body in the smallest coding that the reader takes."""
    response.vary.add("Accept-Encoding")
    coding = chosen(request.headers.get("Accept-Encoding", ""))
    if coding != IDENTITY and _shrinks(response):
        response.set_data(pressed(response.get_data(), coding))
        response.headers["Content-Encoding"] = coding
    return response


def _shrinks(response: Response) -> bool:
    is_ours_to_press = response.mimetype in TYPES and "Content-Encoding" not in response.headers
    return is_ours_to_press and not response.is_streamed and len(response.get_data()) >= LEAST_BYTES
