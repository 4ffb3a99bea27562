"""A real site for tests: its own processes, on a free port, in an instance of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 30


class Site:
    """One that was started with these settings. `log` holds what it has written so far, both kinds."""

    def __init__(self, instance: Path, **settings):
        self.instance = instance
        self.port = int(settings.setdefault("OPM_PORT", str(free_port())))
        self.environ = bare_environment(OPM_INSTANCE=str(instance), **settings)
        self.log_file = instance.with_name(f"{instance.name}-{self.port}.log")
        self.process = None

    @property
    def log(self) -> str:
        """All of it."""
        return self.log_file.read_text()

    def start(self) -> "Site":
        """Starts it and returns at once."""
        with self.log_file.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py"], cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )
        return self

    def up(self) -> "Site":
        """Waits until it answers."""
        eventually(lambda: self.process.poll() is not None or self.answers(), f"an answer; it said {self.log}")
        assert self.process.poll() is None, self.log
        return self

    def answers(self) -> bool:
        """Whether it is well now."""
        with contextlib.suppress(OSError):
            return bool(self.get("/healthz"))
        return False

    def get(self, path: str, **headers) -> str:
        """What it answers with. Raises OSError if that is no page."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def ended(self, within: float = PATIENCE_SECONDS) -> int:
        """Waits until it has ended. Returns its exit code."""
        return self.process.wait(within)

    def kill(self) -> None:
        """Ends it, whatever it is doing, and waits for its children."""
        if self.process and self.process.poll() is None:
            children = family(self.process.pid)
            self.process.kill()
            self.process.wait()
            eventually(lambda: not any(map(is_alive, children)), "the children's end")


def free_port() -> int:
    """A port on loopback that nobody uses."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def bare_environment(**settings) -> dict[str, str]:
    """No more than a fresh machine has."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings}


def eventually(true, what: str, within: float = PATIENCE_SECONDS):
    """Waits until it is true and returns that. Fails if it does not become so."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {within} s for {what}")


def children_of(pid: int) -> list[int]:
    """The processes that it started and that still run, the oldest first."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(entry.name))
    return sorted(found)


def family(pid: int) -> list[int]:
    """Its children, theirs, and so on."""
    return [each for child in children_of(pid) for each in (child, *family(child))]


def is_alive(pid: int) -> bool:
    """Whether it still runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(pid: int) -> None:
    """Kills a process that a test has started, as a power cut would."""
    os.kill(pid, signal.SIGKILL)
