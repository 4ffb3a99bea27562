"""A mail server on loopback that does as a test tells it: takes, refuses, is slow, says nothing, hangs up."""

import collections
import email
import threading
import time

from aiosmtpd.controller import Controller

from tests.running import free_port


class Server:
    """Takes mails and remembers them. What it says otherwise, a test sets before it delivers.

    `refuses` maps a recipient to the answers it gives, one a try; then it takes the mail. `always` maps one to the
    answer that never changes. `refuses_text` is the same for the text. At what stands in `hangs_up_on` it hangs up.
    """

    def __init__(self, **manners):
        self.taken = []  # (recipients, bytes), in order
        self.refuses = collections.defaultdict(list)
        self.refuses_text = collections.defaultdict(list)
        self.always = {}
        self.hangs_up_on = set()
        self.connection_count = 0
        self.most_a_connection = None
        self.seconds_a_mail = 0
        self.on_mail = lambda _: None
        self.is_busy = threading.Event()
        self.port = free_port()
        self._manners = manners
        self._controller = None

    def start(self):
        """Also after it was stopped, on the same port."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **self._manners)
        self._controller.start()

    def stop(self):
        if self._controller:
            self._controller.stop()
            self._controller = None

    @property
    def recipients(self) -> list[str]:
        """Whom it took mails for, in order."""
        return [recipient for recipients, _ in self.taken for recipient in recipients]

    @property
    def messages(self) -> list:
        """What it took, read."""
        return [email.message_from_bytes(content, policy=email.policy.default) for _, content in self.taken]

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connection_count += 1
        session.host_name, session.mail_count = hostname, 0
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        session.mail_count += 1
        if self.most_a_connection and session.mail_count > self.most_a_connection:
            return "421 too many mails on one connection"
        envelope.mail_from = address
        return "250 go on"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.always.get(address) or (self.refuses[address] or [None]).pop(0)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 go on"

    async def handle_DATA(self, server, session, envelope):
        recipient = envelope.rcpt_tos[0]
        self.is_busy.set()
        self.on_mail(recipient)
        if self.seconds_a_mail:
            time.sleep(self.seconds_a_mail)  # it has nothing else to do
        if recipient in self.hangs_up_on:
            server.transport.abort()
            return "421 good bye"
        if self.refuses_text[recipient]:
            return self.refuses_text[recipient].pop(0)
        self.taken.append((list(envelope.rcpt_tos), envelope.content))
        return "250 taken"
