"""Postfix, as Debian has it, with a configuration, a queue and mailboxes of its own, on loopback alone."""

import email.policy
import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
import time
from pathlib import Path

from tests.running import free_port

PROGRAM = shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
OWNER = pwd.getpwnam("nobody")
PATIENCE_SECONDS = 60
SENDER = "no-reply@opm.example"

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = mx.opm.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
default_transport = error:nothing leaves this machine
smtpd_reject_unlisted_recipient = no
virtual_mailbox_base = {home}/mail
virtual_mailbox_domains = texthash:{home}/domains
virtual_mailbox_maps = texthash:{home}/boxes
virtual_uid_maps = static:{owner.pw_uid}
virtual_gid_maps = static:{owner.pw_gid}
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Takes mail for every address of `domains` into one mailbox and answers to SENDER into another; knows nobody else.

    A mail for somebody unknown it takes at first, as a server behind others does, and says so by a mail (RFC 3464).
    """

    def __init__(self, *domains):
        self.port = free_port()
        self._home = Path(tempfile.mkdtemp(prefix="opm-postfix-"))
        self._home.chmod(0o755)  # its programs run as people of their own
        for name in ("queue", "data", "mail"):
            (self._home / name).mkdir()
        os.chown(self._home / "data", pwd.getpwnam("postfix").pw_uid, -1)
        os.chown(self._home / "mail", OWNER.pw_uid, OWNER.pw_gid)
        own = SENDER.partition("@")[2]
        self._write("domains", "".join(f"{domain} -\n" for domain in (*domains, own, "gone.example")))
        self._write("boxes", "".join(f"@{domain} everybody/\n" for domain in domains) + f"{SENDER} answers/\n")
        self._write("main.cf", MAIN)
        self._write("master.cf", MASTER)

    def start(self):
        self._run("start", check=True)
        for _ in range(PATIENCE_SECONDS * 10):
            try:
                smtplib.SMTP("127.0.0.1", self.port).quit()
                return
            except (OSError, smtplib.SMTPException):
                time.sleep(0.1)
        raise AssertionError("postfix does not answer")

    def stop(self):
        self._run("stop")
        shutil.rmtree(self._home)

    def received(self, box: str, count: int) -> list:
        """Takes the mails out of this box, "everybody" or "answers", once so many have come."""
        for _ in range(PATIENCE_SECONDS * 10):
            new = self._home / "mail" / box / "new"
            if new.exists() and len(found := list(new.iterdir())) >= count:
                mails = [file.read_bytes() for file in found]
                for file in found:
                    file.unlink()
                return mails
            time.sleep(0.1)
        log = self._home / "log"
        raise AssertionError(f"{count} mails have not come to {box}:\n{log.read_text() if log.exists() else ''}")

    def _run(self, what, **options):
        return subprocess.run([PROGRAM, "-c", str(self._home), what], capture_output=True, timeout=60, **options)

    def _write(self, name, text):
        (self._home / name).write_text(text.format(home=self._home, port=self.port, owner=OWNER))


def read(whole: bytes):
    """A mail as a program reads it. Fails if anything in it is not as it should be."""
    mail = email.message_from_bytes(whole, policy=email.policy.default)
    assert not [defect for part in mail.walk() for defect in part.defects]
    return mail
