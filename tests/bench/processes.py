"""What a process and all its children have used so far, as the system counts it."""

import os
from pathlib import Path

from tests.running import family

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
MB = 1_000_000


def cpu_seconds(pid: int) -> float:
    """The processor's time that they have taken."""
    return sum(_cpu_seconds(each) for each in (pid, *family(pid)))


def memory_mb(pid: int) -> float:
    """The memory that is theirs; what they share is counted once (PSS)."""
    return sum(_pss_bytes(each) for each in (pid, *family(pid))) / MB


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def _pss_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
