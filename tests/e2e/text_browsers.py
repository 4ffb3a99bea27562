"""Driving lynx by its keys, in a terminal of its own, and w3m by its command line."""

import os
import pty
import re
import select
import shutil
import subprocess
import termios
import time
from itertools import chain
from urllib.parse import urlencode

from tests.conftest import missing

WITHIN_SECONDS = 20
TAB, ENTER = ["key <tab>"], ["key ^M"]
QUIT = ["key Q", "key y"]


class Lynx:
    """What lynx shows of a page, and what happens when keys are pressed there."""

    def __init__(self, home):
        self.home = home
        self.program = shutil.which("lynx") or missing("lynx")

    def read(self, address):
        """The page as text."""
        return _run([self.program, "-dump", "-nolist", address], self.home)

    def links_before(self, address, words):
        """How many links stand before these words: so often one presses Tab, since a page opens on its first."""
        listed = _run([self.program, "-dump", address], self.home)
        return len(re.findall(r"\[\d+\]", listed.partition(words)[0]))

    def press(self, address, *keys):
        """Opens the page, presses these keys, and gives all that went over the screen and the address one ends at."""
        script = self.home / "keys"
        script.write_text("\n".join([*chain(*keys), *QUIT]) + "\n")
        screen = _in_a_terminal([self.program, "-nopause", f"-cmd_script={script}", address], self.home)
        return screen, re.findall(r"Getting (http://\S+?)(?:\x1b|\s)", screen)[-1]


class W3m:
    """What w3m shows of a page, and of the answer to a form."""

    def __init__(self, home):
        self.home = home
        self.program = shutil.which("w3m") or missing("w3m")

    def read(self, address):
        """The page as text."""
        return _run([self.program, "-dump", address], self.home)

    def send(self, address, **fields):
        """Sends a form, and gives the address of the page to which this leads."""
        file = self.home / "form"
        file.write_text(urlencode(fields))
        answer = _run([self.program, "-dump_extra", "-post", str(file), address], self.home)
        return re.findall(r"W3m-current-url: (\S+)", answer)[-1]


def typed(words):
    """The keys that write these words."""
    return [f"key {'<space>' if letter == ' ' else letter}" for letter in words]


def _run(command, home):
    done = subprocess.run(command, capture_output=True, check=True, timeout=WITHIN_SECONDS, env=_environment(home))
    return done.stdout.decode(errors="replace")


def _in_a_terminal(command, home):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, 200))  # wide enough for an address on one line
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=_environment(home), start_new_session=True
    )
    os.close(theirs)
    try:
        return _screen(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _screen(terminal, process):
    shown, ends = b"", time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < ends:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                shown += os.read(terminal, 65536)
            except OSError:  # it has closed its end
                return shown.decode(errors="replace")
        elif process.poll() is not None:
            return shown.decode(errors="replace")
    raise AssertionError(f"it did not end: {shown[-2000:]!r}")


def _environment(home):
    return {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "vt100", "LANG": "C.UTF-8"}
