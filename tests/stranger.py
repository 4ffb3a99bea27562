"""Somebody who sends what no browser would. Each answer is read all the same: a page, or for htmx a fragment."""

import re

import brotli
from bs4 import BeautifulSoup

from tests import cast
from tests.browser import FRAGMENT, check_page, check_parts

FORM = cast.POST + "comments/"
RANDOM = re.compile(r"(?<=/sent/)[\w-]+\.[\w-]+|(?<=panel-)[\w-]{6}")


class Answer:
    """What came back, read."""

    def __init__(self, response, is_fragment=False):
        self.status, self.headers, self.response = response.status_code, response.headers, response
        is_compressed = response.headers.get("Content-Encoding") == "br"
        self.page = BeautifulSoup(brotli.decompress(response.data) if is_compressed else response.data, "html.parser")
        if response.mimetype == "text/html" and response.status_code not in (301, 302, 303, 304, 308):
            self._check(is_fragment)

    @property
    def text(self) -> str:
        """What it says, on one line."""
        return " ".join(self.page.get_text(" ").split())

    @property
    def location(self) -> str:
        """Where it leads."""
        return self.headers["Location"]

    def typed(self, name: str) -> str | None:
        """What stands in the field of this name, to be sent again; None if there is no such field."""
        field = self.page.find(attrs={"name": name})
        return field and self._value(field)

    def given_back(self) -> list[str]:
        """What stands in fields that can be copied and not sent."""
        return [self._value(field) for field in self.page.find_all(["input", "textarea"], readonly=True)]

    def actions(self) -> list[str]:
        """Where its forms send to."""
        return [form["action"] for form in self.page.find_all("form")]

    @staticmethod
    def _value(field) -> str:
        # A parser drops the line end with which our templates begin a textarea; this one keeps it.
        return field.get("value", "") if field.name == "input" else field.get_text().removeprefix("\n")

    def _check(self, is_fragment):
        kept = self.headers.get("Set-Cookie", "").startswith("opm-8000-kept=")  # what was typed: for nobody but them
        assert "Set-Cookie" not in self.headers or (kept and self.status == 403)
        if is_fragment:
            assert self.page.html is None, "htmx was given a whole page"
            assert "HX-Request" in self.headers["Vary"], "our script would not trust this answer"
            check_parts(self.page)
        else:
            check_page(self.page)


def masked(answer: Answer) -> str:
    """The whole answer without what is random in a panel."""
    return RANDOM.sub("…", answer.response.text)


class Stranger:
    """Sends whatever it likes, from a network of its own. Browsers' headers only where a test names them."""

    def __init__(self, app, address="203.0.113.7"):
        self.client = app.test_client()
        self.environ = {"REMOTE_ADDR": address}

    def send(self, to=FORM, htmx=False, headers=None, **fields) -> Answer:
        """The comment form, well filled in but for what is named here. None leaves a field out."""
        filled = {"text": cast.WORDS, "name": "Jo Marsh", "email": "jo@example.org"} | fields
        data = {name: value for name, value in filled.items() if value is not None}
        return self.post(to, data=data, htmx=htmx, headers=headers)

    def post(self, path, htmx=False, headers=None, **values) -> Answer:
        """A POST of anything."""
        return self.ask("POST", path, htmx, headers, **values)

    def get(self, path, htmx=False, headers=None) -> Answer:
        """A GET."""
        return self.ask("GET", path, htmx, headers)

    def ask(self, method, path, htmx=False, headers=None, **values) -> Answer:
        """A request with any method. Redirects are not followed."""
        headers = (FRAGMENT if htmx else {}) | (headers or {})
        response = self.client.open(path, method=method, headers=headers, environ_base=self.environ, **values)
        return Answer(response, is_fragment=htmx)
