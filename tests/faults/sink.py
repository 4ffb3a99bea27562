"""Mail servers on loopback: one that takes everything and remembers it, and one that never says a word."""

import asyncio
import collections
import contextlib
import email
import socket
import threading

from aiosmtpd.controller import Controller

from tests.running import free_port


class Sink:
    """Takes every mail, not too quickly. `message_ids` says for each recipient which mails came, in order."""

    def __init__(self, seconds_a_mail: float = 0.01):
        self.seconds_a_mail = seconds_a_mail
        self.message_ids = collections.defaultdict(list)
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.start, self.stop = self._controller.start, self._controller.stop

    @property
    def count(self) -> int:
        """How many mails came."""
        return sum(map(len, [*self.message_ids.values()]))

    @property
    def settings(self) -> dict[str, str]:
        """What a site needs to know of it."""
        return mail_settings(self.port)

    async def handle_DATA(self, server, session, envelope):
        """Remembers the mail before saying yes: whoever is killed while waiting for that has sent it all the same."""
        for recipient in envelope.rcpt_tos:
            self.message_ids[recipient].append(email.message_from_bytes(envelope.content)["Message-ID"])
        await asyncio.sleep(self.seconds_a_mail)
        return "250 taken"


@contextlib.contextmanager
def silent_server():
    """A mail server that takes connections and never says a word. Gives its port, and an event set at the first."""
    called = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        callers = []

        def listen():
            with contextlib.suppress(OSError):
                while True:
                    callers.append(listener.accept()[0])
                    called.set()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], called
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for caller in callers:
                caller.close()


def mail_settings(port: int) -> dict[str, str]:
    """A site's settings for a mail server on loopback."""
    return {"OPM_MAIL_SERVER": "127.0.0.1", "OPM_MAIL_PORT": str(port), "OPM_MAIL_USE_TLS": "0"}
