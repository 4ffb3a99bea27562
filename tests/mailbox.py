"""Mail in a box: what the site would have sent, and the links and codes in it."""

import re

from opm.extensions import mail
from opm.outbox import delivery


class Mailbox:
    """Delivers what is due and remembers all of it."""

    def __init__(self, app):
        self.app = app
        self.messages = []

    def deliver(self):
        """Sends what is due now and returns it, oldest first."""
        with self.app.app_context(), mail.record_messages() as sent:
            while delivery.deliver(self.app.extensions["letterbox"]):
                pass
        self.messages += sent
        return sent

    def newest(self, to=None):
        """The last message, or the last to this address, after delivering what is due."""
        self.deliver()
        found = [message for message in self.messages if to in (None, *message.recipients)]
        assert found, f"no mail to {to}"
        return found[-1]


def code_in(message) -> str:
    """The six digits in a mail."""
    return "".join(re.search(r"^\s+(\d{3}) (\d{3})$", message.body, re.M).groups())


def letters_in(message) -> str:
    """The eight letters and digits in a mail."""
    return re.search(r"^\s+([A-Z2-7]{4}) ([A-Z2-7]{4})$", message.body, re.M)[0].replace(" ", "").strip()


def path_in(message, part: str) -> str:
    """The path of the link in a mail that holds this word, such as "confirm" or "receipt"."""
    found = re.search(rf"https?://[^/\s]+(/\S*{part}\S*)", message.body)
    assert found, f"no link with {part} in:\n{message.body}"
    return found[1]
