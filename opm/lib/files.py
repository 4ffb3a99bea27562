"""What a request may weigh beyond what everybody may send: files where a view says so, and long texts at the desk.

Both are taken from who is signed in alone. A file is no larger than its view says; anywhere else what stands in a file
is let go of while it is read: it takes no memory and no disk. What was typed beside a file that is too large is read
all the same, so that it can be given back.
"""

from tempfile import SpooledTemporaryFile

from flask import Request, current_app, request

MOST_SENT = 64 * 1024 * 1024  # what docs/deploy lets through to where files are taken
IN_MEMORY = 256 * 1024
# The longest text that a post has in any script, as a form sends it: nine bytes for a letter of three in UTF-8.
MOST_TYPED = 1024 * 1024
LONG_TEXTS = "/desk/posts/", "/desk/pages/"


class File(SpooledTemporaryFile):
    """A file as far as it is kept. `is_too_large` says that more came."""

    def __init__(self, most: int):
        super().__init__(max_size=IN_MEMORY)
        self.most, self.is_too_large = most, False

    def write(self, some: bytes) -> int:
        """Takes it, or lets go of it from where there is too much."""
        self.is_too_large = self.is_too_large or self.tell() + len(some) > self.most
        return len(some) if self.is_too_large else super().write(some)


class FileRequest(Request):
    """A request whose files are kept up to a size, which is none unless somebody raises it before they are read."""

    most_file_bytes = 0

    def _get_file_stream(self, total_content_length, content_type, filename=None, content_length=None):
        return File(self.most_file_bytes)


def takes_file(most_bytes: int):
    """Lets a view have a file of so many bytes."""

    def wrap(view):
        view.takes_file_of_bytes = most_bytes
        return view

    return wrap


def make_room(is_known) -> None:
    """Before a request is read: raises its limits where a file is taken, and keeps that of those who are known."""
    view = current_app.view_functions.get(request.endpoint)
    most = getattr(view, "takes_file_of_bytes", 0)
    if most and request.method == "POST":
        request.max_content_length = MOST_SENT
        request.most_file_bytes = most if is_known() else 0
    elif is_long_text() and is_known():
        request.max_content_length = request.max_form_memory_size = MOST_TYPED


def is_long_text() -> bool:
    """Whether more than everybody may send comes to where posts and pages are written."""
    is_written_there = request.method == "POST" and request.path.startswith(LONG_TEXTS)
    return is_written_there and (request.content_length or 0) > current_app.config["MAX_CONTENT_LENGTH"]
