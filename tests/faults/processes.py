"""The command line in a process of its own: what it said, how it ended, and the most memory it held."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

COMMAND = [sys.executable, "-m", "huedot.daemon.cli"]
PATIENCE_S = 100


class Ended(NamedTuple):
    code: int
    printed: str
    said: str
    seconds: float
    peak: int  # bytes


def huedot(*words, before=None, environment=None, patience=PATIENCE_S, command=COMMAND):
    """Run a command to its end. before: called in the process before the command; environment: added to ours."""
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as said:
        began = time.monotonic()
        process = subprocess.Popen(
            [*command, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=said,
            preexec_fn=before,
            env={**os.environ, **(environment or {})},
        )
        peak = _wait(process, began + patience)
        seconds = time.monotonic() - began
        printed.seek(0), said.seek(0)
        return Ended(process.returncode, printed.read(), said.read(), seconds, peak)


def _wait(process, deadline):
    """Wait for the end; returns the most memory seen. (What the system tells at the end counts our own, too.)"""
    peak = 0
    while process.poll() is None:
        peak = max(peak, peak_memory(process.pid))
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.005)
    return peak


def peak_memory(pid):
    """Return the most memory that a process has held, in bytes: Linux counts it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
