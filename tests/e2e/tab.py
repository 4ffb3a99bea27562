"""One tab of Chromium, and what it notes while it is used: where it went for anything, and what went wrong."""

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.mailbox import letters_in

# What differs between the databases is tested without browsers, which take their time.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")

# A refused form is answered with 4xx; Chromium notes that in its console as if it were a fault.
REFUSED = "Failed to load resource: the server responded with a status of 4"


class Tab:
    """A page of Playwright's, with the few things that our stories do again and again."""

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.requested = []
        self.complaints = []
        page.on("request", self._note_request)
        page.on("console", self._note_words)
        page.on("pageerror", lambda error: self.complaints.append(f"error on {page.url}: {error}"))

    def go(self, path):
        """Opens a page of the site."""
        return self.page.goto(path)

    def press(self, button):
        """Presses the button with exactly these words."""
        self.page.get_by_role("button", name=button, exact=True).click()

    def approach(self, label="Your comment"):
        """Goes into a field, and waits until what makes the page quick has come."""
        self.page.get_by_label(label).focus()
        self.wait_for_scripts()

    def wait_for_scripts(self):
        """Waits until htmx and our script are there."""
        # Asked from here: a page with our policy lets nobody wait inside it.
        for _ in range(200):
            if self.page.evaluate("!!window.htmx && htmx.config.history == 'reload'"):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("htmx and inline.js have not come")

    def fill_in(self, text=cast.WORDS, name="Jo Marsh", email="jo@example.org"):
        """Fills in the one comment form of the page."""
        self.page.get_by_label("Your comment").fill(text)
        self.page.get_by_label("Name to show").fill(name)
        self.page.get_by_label("Email address").fill(email)

    def sign_in(self, mailbox, email="ines@northmere.example"):
        """To the desk, by the code in the mail; ends at the queue of comments."""
        self.go("/desk/comments/")
        self.page.get_by_label("Your work email").fill(email)
        self.press("Mail me a link and a code")
        self.page.get_by_label("The 8 letters and digits").fill(letters_in(mailbox.newest(email)))
        self.press("Sign in")
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("comment")

    def focused(self, selector):
        """Fails unless what matches the selector has the focus."""
        expect(self.page.locator(selector)).to_be_focused()

    def forgive(self, words):
        """Takes back complaints with these words, which the story has called for."""
        self.page.wait_for_timeout(50)  # what the console says comes a moment later
        self.complaints = [complaint for complaint in self.complaints if words not in complaint]

    def _note_request(self, request):
        self.requested.append(request.url.removeprefix(self.address))
        if not request.url.startswith((self.address, "data:")):
            self.complaints.append(f"asked another host: {request.url}")

    def _note_words(self, message):
        if message.type in ("error", "warning") and not message.text.startswith(REFUSED):
            self.complaints.append(f"{message.type} on {self.page.url}: {message.text}")
